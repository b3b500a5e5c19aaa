"""What the study halls of this machine share: a clock that is kept, and how they are ended.

Knows no adapter. Invariant: a hall's clock never runs back, also over restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from bot.app import App
from bot.clock import LAST, machine_clock
from bot.library import UnknownZone, zone

CLOCK_FILE: Final = "clock"


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


def write_clock(home: Path, at: datetime) -> None:
    """Note where the hall's clock stands. Blocks on the disk: call it in a thread."""
    fresh = home / f"{CLOCK_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(at.isoformat(), "ascii")
    fresh.replace(home / CLOCK_FILE)


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
