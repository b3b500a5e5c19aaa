"""A whole service in a small Slack: people type, press, choose and fill in windows there.

Knows every part of the running service and mocks none: Slack is a server on loopback, its clients
are the real ones, the store is a file. Invariant: the service's clock moves only when a test says
so, and whatever was sent is judged in the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import App, running
from bot.settings import Settings
from tests.rigs.hall import Hands
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack
from tests.rigs.slack_people import Workspace

MORNING = datetime(2026, 9, 28, 7, 10, tzinfo=UTC)
"""A Monday; the default slots are at 17:00 in Berlin, two hours ahead of UTC."""

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)


@dataclass
class Town(Workspace):
    """A workspace in which the study hall is at home."""

    folder: Path = Path()
    series_path: tuple[str, ...] = ()
    app: App = field(init=False)
    life: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def starts(self, series: str = "an-eye-for-deep-learning") -> None:
        """A series, started as moderators do; its invitation is out."""
        await self.says("mia", f"/series start {series}")
        await self.presses("mia", "Start")
        await self.closes("mia")
        await self.tick()

    # -- what happens by itself -------------------------------------------------------------------

    async def until(self, at: datetime) -> None:
        """Time passes, and the service notices."""
        self.clock.at = at
        await self.tick()

    async def tick(self) -> None:
        """On a busy machine a run may wait for its pictures longer than one tick does."""
        while True:
            await self.app.tick()
            due = await self.app.next_due()
            if due is None or due > self.clock.at:
                break
        await self.app.tick()
        await self.settled()

    async def restart(self) -> None:
        """The process ends, and another one begins on the same database."""
        await self.life.aclose()
        await self.begin()

    async def begin(self) -> None:
        """A process on the database in the folder."""
        self.life = AsyncExitStack()
        adapter = self.new_adapter()
        settings = Settings(
            home=str(self.folder), zone="Europe/Berlin", series_path=self.series_path
        )
        self.app = await self.life.enter_async_context(running(settings, [adapter], self.clock))
        await self.connected(self.life)


@asynccontextmanager
async def open_town(
    folder: Path, series_path: tuple[str, ...] = (), **facts: Any
) -> AsyncIterator[Town]:
    """A workspace in which nothing is going on yet, on a Monday morning."""
    clock = Hands(MORNING)
    async with loopback_slack(LoopbackSlack(clock=lambda: clock().timestamp())) as slack:
        town = Town(slack, clock, folder=folder, series_path=series_path, **facts)
        await town.begin()
        try:
            yield town
            complaints = sorted(set(town.complaints()))
            assert not complaints, "\n".join(complaints)
        finally:
            await town.life.aclose()
