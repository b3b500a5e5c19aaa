"""What the study halls of this machine share: a clock that is kept, and how they are ended.

Knows no adapter. Invariant: a hall's clock never runs back, also over restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from bot.app import App
from bot.clock import LAST, Clock, machine_clock
from bot.library import UnknownZone, zone

CLOCK_FILE: Final = "clock"

NOTE_S: Final = 1.0
"""So often it is noted where a hall's clock stands."""

AHEAD: Final = timedelta(seconds=2)
"""What is noted lies so far ahead, so that not even a power cut turns the clock back."""

_writing = threading.Lock()


def known_zone(name: str) -> tzinfo | None:
    """The zone of that name, None if there is none."""
    try:
        return zone(name)
    except UnknownZone:
        return None


def read_clock(home: Path) -> datetime | None:
    """Where the hall's clock stood; it never runs back, so it starts from there or from now."""
    try:
        kept = datetime.fromisoformat((home / CLOCK_FILE).read_text("ascii").strip())
    except (FileNotFoundError, ValueError):
        return None
    return min(kept, LAST) if kept.tzinfo is not None and kept > machine_clock() else None


def write_clock(home: Path, clock: Clock, *, ended: bool = False) -> None:
    """Note where the hall's clock stands, exactly if it `ended`. Blocks: call it in a thread."""
    with _writing:
        at = clock() if ended else min(clock() + AHEAD, LAST)
        fresh = home / f"{CLOCK_FILE}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(at.isoformat(), "ascii")
        fresh.replace(home / CLOCK_FILE)


@contextlib.asynccontextmanager
async def noted(home: Path, clock: Clock) -> AsyncIterator[None]:
    """The hall's clock is noted while it runs, and for the last time when it ends."""

    async def note() -> None:
        while True:
            await asyncio.sleep(NOTE_S)
            with contextlib.suppress(OSError):  # the tick tells of a disk that is full
                await asyncio.to_thread(write_clock, home, clock)

    noting = asyncio.create_task(note())
    try:
        yield
    finally:
        noting.cancel()
        await asyncio.gather(noting, return_exceptions=True)
        await asyncio.to_thread(write_clock, home, clock, ended=True)


@contextlib.contextmanager
def signals(app: App, stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C set `stop`; SIGHUP reads the series again."""
    loop = asyncio.get_running_loop()
    reloading: set[asyncio.Task[object]] = set()

    def reload() -> None:
        task: asyncio.Task[object] = loop.create_task(app.reload())
        reloading.add(task)
        task.add_done_callback(reloading.discard)

    handlers: dict[signal.Signals, Callable[[], None]] = {
        signal.SIGTERM: stop.set,
        signal.SIGINT: stop.set,
        signal.SIGHUP: reload,
    }
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)
