"""A whole service in a Slack on this machine: people type, press and fill in windows there.

Knows every part of the running service and mocks none: it is made from its settings as
`studyhall run` makes it, the store is a file, the worker a process, Slack's library the real one.
Invariant: the service's clock moves only when a test says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from adapters.slack.messenger import SlackAdapter
from bot import ledger
from bot.dispatcher import LEASE
from bot.page import OpenPage, serving
from bot.settings import load
from tests.rigs.browser import free_port
from tests.rigs.hall import Hands
from tests.rigs.local_slack import (
    APP_TOKEN,
    BOT_TOKEN,
    SECRET,
    LocalSlack,
    Submitted,
    Transport,
    open_slack,
)
from tests.rigs.slack_sight import Message, View, labels, read, words

MORNING = datetime(2026, 9, 28, 7, 10, tzinfo=UTC)
"""A Monday; the default slots are at 17:00 in Berlin, two hours ahead of UTC."""

SOON = timedelta(minutes=1)
"""What was put off for the sake of Slack's pace comes within that; what takes longer is being sent,
and is due again when its lease ends."""

PATIENCE_S = 240.0  # a busy machine is slow


@dataclass(frozen=True)
class Scene:
    """What somebody did, and what this person saw then; nobody's is the channel's."""

    who: str
    did: str
    seen: str


@dataclass
class Town:
    """A workspace with the channel #study. `scenes` is all that was done, in order."""

    slack: LocalSlack
    clock: Hands
    variables: Mapping[str, str]
    page: OpenPage = field(init=False)
    scenes: list[Scene] = field(default_factory=list)
    watching: Callable[[Scene], None] = lambda _: None
    life: AsyncExitStack = field(default_factory=AsyncExitStack)
    _posts: dict[str, str] = field(default_factory=dict)

    # -- the process ------------------------------------------------------------------------------

    async def begin(self) -> None:
        """A process on the database in the folder."""
        self.life = AsyncExitStack()
        serves = serving(load(self.variables), trying=False, clock=self.clock)
        self.page = await self.life.enter_async_context(serves)

    async def restart(self) -> None:
        """The process ends, and another one begins on the same database."""
        await self.life.aclose()
        await self.begin()

    @property
    def adapter(self) -> SlackAdapter:
        adapter = self.page.app.service.adapters["slack"]
        assert isinstance(adapter, SlackAdapter)
        return adapter

    async def until(self, at: datetime) -> None:
        """Time passes, and the service notices."""
        self.clock.at = at
        await self.tick(f"{at:%A %d %B, %H:%M:%S} UTC")

    async def tick(self, why: str = "a moment later") -> None:
        """All that is due happens, also what has to wait for its turn."""
        async with asyncio.timeout(PATIENCE_S):
            await self.page.app.tick()
            while (due := await self._due()) and due <= self.clock.at + LEASE:
                if due <= self.clock.at + SOON:
                    self.clock.at = max(self.clock.at, due)
                await self.page.app.tick()
        await self._noted("", why, "\n\n".join(await self._news()))

    async def _due(self) -> datetime | None:
        """When the next thing happens by itself."""
        app = self.page.app
        found = (await app.next_due(), await app.db.run(ledger.next_due))
        return min((at for at in found if at), default=None)

    async def _news(self) -> list[str]:
        """What is new or other in the channel and its threads."""
        news = []
        for post in await self.slack.posts():
            said = ("    in the thread: " if post.thread else "") + words(post.blocks)
            if self._posts.get(post.ts) != said:
                news.append(said)
            self._posts[post.ts] = said
        return news

    # -- what people do ---------------------------------------------------------------------------

    async def types(self, who: str, line: str) -> str:
        """A slash command; what came of it."""
        before = await self._whispers(who)
        await self.slack.command(who, line)
        return await self._saw(who, f"types {line}", before)

    async def presses(self, who: str, label: str, on: Message | View | None = None) -> str:
        """A button by its label: on that, else where this person sees it now."""
        before = await self._whispers(who)
        await self.slack.press(who, label, on or await self._with(who, label))
        return await self._saw(who, f"presses [{label}]", before)

    async def sends(self, who: str, typed: Mapping[str, Any]) -> Submitted:
        """The open window, filled in; fields are named by their labels."""
        window = self.window(who)
        told = {block_of(window, label): value for label, value in typed.items()}
        said = ", ".join(f"{label}: {value}" for label, value in typed.items())
        sent = await self.slack.submit(who, told)
        await self._settled()
        seen = read(self.window(who)) if self.slack.modal(who) else ""
        if sent.errors:
            seen = "\n".join(f"at the field: {wrong}" for wrong in sent.errors.values())
        await self._noted(who, f"fills in and sends: {said or 'nothing'}", seen)
        return sent

    async def opens_home(self, who: str) -> str:
        """The app's Home; what stands there."""
        await self.slack.open_home(who)
        await self._settled()
        home = await self.slack.until(lambda: self.slack.home(who), f"{who}'s Home")
        await self._noted(who, "opens the Home", words(home.blocks))
        return words(home.blocks)

    async def calls_the_menu(self, who: str) -> str:
        """The shortcut; what there is to choose from."""
        await self.slack.shortcut(who, "ask_the_study_hall")
        return await self._saw(who, "uses the shortcut Ask the study hall", {})

    async def closes(self, who: str) -> None:
        """The window that is open."""
        await self.slack.close_modal(who)

    async def is_removed(self) -> None:
        """Somebody removes the app from the workspace."""
        await self.slack.event("app_uninstalled")
        await self._settled()
        await self._noted("", "the app is removed from the workspace", "")

    # -- what is seen -----------------------------------------------------------------------------

    def window(self, who: str) -> View:
        """The window that is open for this person."""
        window = self.slack.modal(who)
        assert window is not None, f"{who} has no window open"
        return window

    async def whisper(self, who: str) -> Message:
        """What this person alone was told last in the channel."""
        return (await self.slack.private(who))[-1]

    async def channel(self) -> list[Message]:
        """What stands in the channel itself."""
        return [post for post in await self.slack.posts() if post.thread in (None, post.ts)]

    async def thread(self, post: Message) -> list[Message]:
        """The answers below a post."""
        return [one for one in await self.slack.posts() if one.thread == post.ts != one.ts]

    async def post(self, begins: str) -> Message:
        """The post in the channel that has these words."""
        return next(one for one in await self.channel() if begins in words(one.blocks))

    # -- how that is done -------------------------------------------------------------------------

    async def _settled(self) -> None:
        """What was acknowledged is answered a moment later."""
        await self.slack.until(lambda: not self.adapter.intake.busy, "the answer")

    async def _whispers(self, who: str) -> dict[str, str]:
        return {one.ts: words(one.blocks) for one in await self.slack.private(who)}

    async def _saw(self, who: str, did: str, before: Mapping[str, str]) -> str:
        await self._settled()
        if self.slack.modal(who) is not None:
            seen = read(self.window(who))
        else:
            after = await self._whispers(who)
            seen = "\n".join(said for ts, said in after.items() if before.get(ts) != said)
        await self._noted(who, did, seen)
        return seen

    async def _with(self, who: str, label: str) -> Message | View:
        """A window lies over everything else; what is told in private is nearer than posts."""
        if (window := self.slack.modal(who)) is not None:
            return window
        whispers = reversed(await self.slack.private(who))
        for one in (*whispers, *reversed(await self.slack.posts())):
            if label in labels(one.blocks):
                return one
        raise AssertionError(f"nobody offers {who} {label!r}")

    async def _noted(self, who: str, did: str, seen: str) -> None:
        scene = Scene(who, did, seen)
        self.scenes.append(scene)
        self.watching(scene)


def block_of(window: View, label: str) -> str:
    """The block of the field with this label."""
    for block in window.blocks:
        if block["type"] == "input" and block["label"]["text"] == label:
            return str(block["block_id"])
    raise AssertionError(f"there is no field {label!r}: {words(window.blocks)}")


@asynccontextmanager
async def open_town(folder: Path, transport: Transport) -> AsyncIterator[Town]:
    """A workspace in which nothing is going on yet, on a Monday morning."""
    port = free_port()
    events = f"http://127.0.0.1:{port}/slack/events" if transport == "http" else None
    async with open_slack(folder / "slack", transport=transport, app=events) as slack:
        clock = Hands(MORNING)
        slack.door.now = lambda: clock().timestamp()
        told = {
            "HOME": str(folder / "hall"),
            "ZONE": "Europe/Berlin",
            "WEB": f"127.0.0.1:{port}",
            "SLACK_API": slack.api,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_TRANSPORT": transport,
            **({"SLACK_APP_TOKEN": APP_TOKEN} if transport == "socket" else {}),
            **({"SLACK_SIGNING_SECRET": SECRET} if transport == "http" else {}),
        }
        town = Town(slack, clock, {f"STUDYHALL_{name}": value for name, value in told.items()})
        await town.begin()
        try:
            yield town
        finally:
            await town.life.aclose()
