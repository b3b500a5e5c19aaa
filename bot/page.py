"""The study hall in a browser: the service, its page, and in a try-out a clock that people move.

Knows the web adapter and no other. Invariant: the page is open only while the service is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from adapters.local.transcript import TranscriptDamaged
from adapters.port import CannotConnect
from adapters.web.guard import Guard
from adapters.web.intake import Pages
from adapters.web.messenger import WebAdapter
from bot.app import App, running
from bot.clock import Clock, MovableClock, machine_clock
from bot.listener import CannotListen, listening
from bot.listener import Pages as Served
from bot.local import known_zone, noted, read_clock, signals, write_clock
from bot.platforms import switched_on
from bot.settings import Settings

log = logging.getLogger(__name__)

GREETING = {
    "try": "The study hall is open: {link}",
    "moderator": "For whoever moderates: {link}",
    "member": "For everybody else:   {link}",
}
LEAVING = "Ctrl-C closes it; everything is kept in {home}."

# Nothing listens on these because of this line: they are only recognised.
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
"""Where a page can be looked at from this machine that listens on all of its addresses."""


class TryOut:
    """The clock of a try-out; the service of it is known only once it runs."""

    def __init__(self, home: Path, clock: MovableClock) -> None:
        self.app: App | None = None
        self.clock = clock
        self._home = home

    async def next_slot(self) -> datetime | None:
        """When the next slot of any run comes."""
        return None if self.app is None else await self.app.next_due()

    async def move_to(self, at: datetime) -> None:
        """Move the clock forward, never back, and let what is due happen."""
        self.clock.move_to(at)
        await asyncio.to_thread(write_clock, self._home, self.clock)
        if self.app is not None:
            await self.app.tick()


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page that is being served; `links` says by role how to come in."""

    app: App
    adapter: WebAdapter
    links: Mapping[str, str]


@contextlib.asynccontextmanager
async def serving(
    settings: Settings, *, trying: bool, clock: Clock = machine_clock
) -> AsyncIterator[OpenPage]:
    """The service with its page on the address of the settings.

    Outside a try-out the chat platforms that are switched on are served as well. A try-out has a
    clock of its own.

    Raises the store's errors, TranscriptDamaged, CannotListen and CannotConnect.
    """
    home = Path(settings.home)
    await asyncio.to_thread(home.mkdir, mode=0o700, parents=True, exist_ok=True)
    moved = MovableClock(await asyncio.to_thread(read_clock, home)) if trying else None
    clock = moved or clock
    hall = TryOut(home, moved) if moved else None
    adapter = WebAdapter(
        settings.page, zones=known_zone, clock=clock, zone=settings.zone, hall=hall
    )
    host, port = settings.web_address
    pages = Pages(adapter, Guard(settings.web_hosts), key_needed=not _loopback(host))
    platforms = () if trying else switched_on(settings, clock)
    adapters = [adapter, *(platform.adapter for platform in platforms)]
    # The page's routes come last: it has an answer to every path.
    served: list[Served] = [platform.pages for platform in platforms if platform.pages]
    async with contextlib.AsyncExitStack() as stack:
        app = await stack.enter_async_context(running(settings, adapters, clock))
        if hall is not None:
            hall.app = app
            await stack.enter_async_context(noted(home, clock))
        async with listening(host, port, [*served, pages]) as opened:
            name = EVERYWHERE.get(host, host)
            shown = f"[{name}]" if ":" in name else name
            yield OpenPage(app, adapter, pages.links(f"http://{shown}:{opened}"))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def open_page(settings: Settings, *, trying: bool) -> int:
    """Serve the page until SIGTERM or Ctrl-C. Returns 1, with words, if it can't be opened."""
    stop = asyncio.Event()
    try:
        async with serving(settings, trying=trying) as page:
            with signals(page.app, stop):
                _greet(settings, page)
                await page.app.run_until(stop)
                log.info("stopping; what is under way is finished")
    except (TranscriptDamaged, CannotListen, CannotConnect) as wrong:
        sys.stderr.write(f"studyhall: {wrong}\n")
        return 1
    return 0


def _greet(settings: Settings, page: OpenPage) -> None:
    """The links are for whoever started it, so they go to the terminal and never to the log."""
    lines = [GREETING[role].format(link=link) for role, link in page.links.items()]
    lines.append(LEAVING.format(home=settings.home))
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    log.info("running", extra={"home": settings.home, "series": len(page.app.library.series)})
