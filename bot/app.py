"""The composition root: every part of a running service, made, joined and taken down here.

Knows all parts and decides nothing. To run one: `async with running(settings, adapters, clock)`,
then either call `app.tick()` oneself (tours, tests, the local hall) or `app.run_until(stop)`.
Invariant: what was opened is closed in the opposite order, whatever fails on the way.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path

from adapters.port import Adapter
from bot import departures, health, restoring
from bot.aftermath import Aftermath
from bot.ahead import EVERY_S, Ahead
from bot.clock import Clock, machine_clock
from bot.dispatcher import Dispatcher
from bot.library import Library
from bot.pictures import Pictures
from bot.planning import Planner, SwitchedOff
from bot.scheduler import ClockWatch, Scheduler
from bot.service import Service, platform_of
from bot.settings import Settings
from bot.starting import Defaults
from bot.store import backups, content, runs
from bot.store.database import Database
from bot.store.instants import to_ms
from bot.tick import Tick
from bot.workshop import Workshop
from lessons.mistake import Mistake

log = logging.getLogger(__name__)

TICK_S = 1.0
BACKUP_LOOK_S = 3_600.0
"""How often to see whether the day has its backup; the first hour of a day (UTC) brings one."""


@dataclass(frozen=True, slots=True)
class App:
    """A running service. `tick` is one heartbeat."""

    settings: Settings
    db: Database
    library: Library
    service: Service
    tick: Tick
    clock: Clock

    async def next_due(self) -> datetime | None:
        """When the next slot of any run comes."""
        return await self.db.run(runs.next_due)

    async def reload(self) -> tuple[Mistake, ...]:
        """Read the series again; what is wrong comes back, and the last good text stays."""
        return await read_shelf(self.db, self.library)

    async def run_until(self, stop: asyncio.Event) -> None:
        """Tick every second until `stop` is set; a tick under way is finished.

        Raises CannotConnect when a platform lets the app in no more.
        """
        home = Path(self.settings.home)
        # A clock that people move is meant to jump; the machine's own is not.
        watch = ClockWatch() if self.clock is machine_clock else None

        async def tick() -> None:
            if watch is None or watch.trusted():
                await self.tick()
            await asyncio.to_thread(health.beat, home)

        async def backup() -> None:
            today = self.clock().date()
            taken = await asyncio.to_thread(backups.nightly, self.settings.database, today)
            if taken is not None:
                log.debug("today's backup is taken", extra={"backup": str(taken)})

        async def purge() -> None:
            purged = await self.db.run(lambda t: departures.purge(t, self.clock()))
            if purged:
                log.info("everything of %d spaces that were left is deleted", purged)

        ahead = Ahead(self.service)
        jobs = (
            ("tick", TICK_S, tick),
            ("ahead", EVERY_S, ahead),
            ("backup", BACKUP_LOOK_S, backup),
            ("purge", BACKUP_LOOK_S, purge),
        )
        scheduler = Scheduler(jobs)
        scheduler.start()
        stopped = asyncio.ensure_future(stop.wait())
        cut_off = asyncio.ensure_future(self.service.cut_offs.get())
        try:
            await asyncio.wait({stopped, cut_off}, return_when=asyncio.FIRST_COMPLETED)
            if cut_off.done():
                raise cut_off.result()
        finally:
            stopped.cancel()
            cut_off.cancel()
            ahead.close()
            await scheduler.stop()
            await asyncio.to_thread(health.leave, home)


@asynccontextmanager
async def running(
    settings: Settings, adapters: Sequence[Adapter], clock: Clock = machine_clock
) -> AsyncIterator[App]:
    """The service over these adapters, on the store in `settings.home`.

    Raises the store's errors (in use, damaged, newer than the code) before any adapter is opened.
    """
    by_name = {adapter.name: adapter for adapter in adapters}
    library = Library(tuple(map(Path, settings.series_path)))
    async with AsyncExitStack() as stack:
        migrations = resources.files("bot.store") / "migrations"
        settings.database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        db = await Database.open(settings.database, migrations, now_ms=lambda: to_ms(clock()))
        stack.push_async_callback(db.close)
        await read_shelf(db, library)
        workshop = Workshop()
        stack.push_async_callback(workshop.close)
        pictures = Pictures(settings.pictures, workshop)
        planner = Planner(
            lambda: library.series,
            lambda space: _adapter_of(space, by_name).fits,
            lambda space: _adapter_of(space, by_name).cards_in_thread,
        )
        service = Service(
            db=db,
            workshop=workshop,
            pictures=pictures,
            planner=planner,
            series=lambda: library.series,
            image_file=library.picture,
            adapters=by_name,
            clock=clock,
            defaults=Defaults(zone=settings.zone),
        )
        await restoring.take_up(db, planner, settings.zone, clock())
        owner = f"{os.getpid()}-{secrets.token_hex(4)}"
        dispatcher = Dispatcher(db, by_name, clock, owner, Aftermath(planner))
        for adapter in adapters:
            await adapter.open(service)
            stack.push_async_callback(adapter.close)
        # Closed before the adapters, so that what is being sent can still be sent.
        stack.push_async_callback(dispatcher.close)
        tick = Tick(service, dispatcher)
        stack.push_async_callback(tick.close)
        yield App(settings, db, library, service, tick, clock)


def _adapter_of(space: str, by_name: Mapping[str, Adapter]) -> Adapter:
    adapter = by_name.get(platform_of(space))
    if adapter is None:
        raise SwitchedOff(space)
    return adapter


async def read_shelf(db: Database, library: Library) -> tuple[Mistake, ...]:
    """Read the series, holding them to the ids that were published; mistakes are logged."""
    published = await db.run(content.published)
    shelf = await asyncio.to_thread(library.reload, published)
    for mistake in shelf.mistakes:
        log.warning("a series has a mistake and was not taken: %s", mistake)
    return shelf.mistakes
