"""A whole service with people who talk to it: `say`, `press`, `submit`, and a clock to move.

Knows every part of the running service and mocks none: the store is a file, the worker a process.
Invariant: time passes only when a test says so, and every reply went through `service.handle`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from adapters.port import Address, DeliveryKey, Facts, PostRef, Unreachable
from bot.aftermath import Aftermath
from bot.dispatcher import Dispatcher
from bot.library import Library
from bot.pictures import Pictures
from bot.planning import Planner
from bot.service import Service
from bot.starting import Defaults
from bot.store import content, runs
from bot.store.database import Database, Transaction, Value
from bot.store.instants import to_ms
from bot.store.sql import Query
from bot.tick import Tick
from bot.workshop import Workshop
from lessons.actions import Action, AnyWant, Pressed, Submitted, Typed, What
from lessons.curriculum import Series
from lessons.document import Document, Moment, Paragraph, plain
from lessons.figure import digest
from lessons.markdown import blocks
from lessons.posts import Control, Part, Reply, control, control_id
from lessons.runs import Run
from lessons.wording.phrase import LANGUAGES
from tests.rigs.flaky import FlakyPlatform
from tests.rigs.hall import Hands
from tests.rigs.map_series import map_series

SPACE = "flaky:hall"
MODERATORS = frozenset({"mia", "max"})

PROPOSED = datetime(2026, 9, 28, 7, 10, tzinfo=UTC)
"""A Monday morning; the default slots are at 17:00 in Berlin, two hours ahead of UTC."""

CHAPTER_1 = datetime(2026, 9, 28, 15, tzinfo=UTC)
DISCUSS_1 = CHAPTER_1 + timedelta(days=3)
RECAP_1 = CHAPTER_1 + timedelta(days=6)
CHAPTER_2 = CHAPTER_1 + timedelta(days=7)


class Stage(FlakyPlatform):
    """A platform that also keeps the buttons, what was edited, and what it says of channels.

    Of people it says that they are there, and that mia and max moderate, unless `people` says else.
    """

    def __init__(self, clock: Hands) -> None:
        super().__init__(clock)
        self.parts: dict[str, Part] = {}
        self.edits: list[Part] = []
        self.facts: dict[str, Facts] = {}
        self.people: dict[str, Facts] = {}
        self.looked_at: list[str] = []
        self.looks_in_vain: Exception | None = None
        self.closed_to: set[str] = set()

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        if to.member in self.closed_to:
            raise Unreachable(missing="a private message")
        before = len(self.posts)
        try:
            return await super().send(to, part, key)
        finally:  # a message whose reply was lost is seen all the same
            made = [post.id for post in self.posts[before:] if post.key == key]
            self.parts |= dict.fromkeys(made, part)

    async def edit(self, ref: PostRef, part: Part) -> None:
        await super().edit(ref, part)
        assert ref.id in self.parts
        self.parts[ref.id] = part
        self.edits.append(part)

    async def look(self, at: Address) -> Facts:
        if self.looks_in_vain is not None:
            raise self.looks_in_vain
        self.looked_at.append(at.member or at.channel)
        if at.member:
            known = Facts(True, at.member.title(), moderates=at.member in MODERATORS)
            return self.people.get(at.member, known)
        return self.facts.get(at.channel, await super().look(at))

    def read(self, channel: str = "study", member: str = "") -> list[str]:
        """What people read in a channel and its threads, or one member in private."""
        return [
            plain(self.parts[post.id].document)
            for post in self.posts
            if post.id in self.parts and (post.to.channel, post.to.member) == (channel, member)
        ]

    def controls(self, member: str = "") -> list[Control]:
        """All buttons that the channels, or that member in private, were given; newest first."""
        posts = [p for p in reversed(self.posts) if p.id in self.parts and p.to.member == member]
        return [one for post in posts for one in self.parts[post.id].controls]


@dataclass(slots=True)
class Hall:
    """A study hall and the people in it.

    `reticent`: its platform does not say with an action whether somebody moderates; it can be
    asked.
    """

    db: Database
    service: Service
    tick: Tick
    clock: Hands
    stage: Stage
    shelf: dict[str, Series]
    space: str = SPACE
    reticent: bool = False
    seen: dict[str, Reply] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    # -- what people do ---------------------------------------------------------------------------

    async def say(self, who: str, typed: str, channel: str = "study") -> Reply:
        """Type a command: `say("ada", "/study lesson 2")`."""
        group, _, rest = typed.removeprefix("/").partition(" ")
        name, *words = rest.split() or [""]
        return await self.act(who, Typed(group, name, tuple(words)), channel)

    async def press(self, who: str, label: str, channel: str = "study") -> Reply:
        """Press a button of the last reply, else of a private message, else of the channel."""
        return await self.act(who, Pressed(self.button(who, label).id), channel)

    async def want(self, who: str, want: AnyWant, channel: str = "study") -> Reply:
        """Press the button that stands for this want, wherever it was shown."""
        return await self.act(who, Pressed(control_id(self.space, want)), channel)

    async def shown(self, want: AnyWant) -> Control:
        """A button with this want, as some reply in this space once showed it."""
        made = control(self.space, "shown once", want)
        await self.db.run(lambda t: content.save_controls(t, self.space, [made]))
        return made

    async def answer(self, who: str, *values: str | tuple[str, ...]) -> Reply:
        """Open the form with [Answer] or [Try again], and fill its fields in order."""
        label = "Answer" if "Answer" in labels(self.seen[who]) else "Try again"
        await self.press(who, label)
        return await self.submit(who, *values)

    async def submit(self, who: str, *values: str | tuple[str, ...]) -> Reply:
        """Send the form that was shown last."""
        form = self.seen[who].form
        assert form is not None, "there is no form to send"
        raw = dict(zip((f.id for f in form.fields), values, strict=True))
        return await self.act(who, Submitted(form.control.id, raw))

    async def act(self, who: str, what: What, channel: str = "study") -> Reply:
        """Anything; the last of the replies."""
        replies = [reply async for reply in self.service.handle(self.action(who, what, channel))]
        for reply in replies:
            for said in (reply.post, reply.form):
                for shown in said.figures if said else ():
                    # A page asks for the picture later, maybe after a restart.
                    assert await self.service.figure(digest(shown)) == shown, shown.title
        self.seen[who] = replies[-1]
        return replies[-1]

    def action(self, who: str, what: What, channel: str = "study") -> Action:
        return Action(
            id=str(next(self._ids)),
            space=self.space,
            channel=channel,
            member=who,
            moderator=None if self.reticent else who in MODERATORS,
            language="en",
            moment=self.clock(),
            what=what,
        )

    def button(self, who: str, label: str) -> Control:
        """The newest button with that label which this person can see."""
        reply = self.seen.get(who)
        shown = list(reply.post.controls) if reply and reply.post else []
        shown += self.stage.controls(who) + self.stage.controls()
        for one in shown:
            if one.label == label:
                return one
        raise AssertionError(f"no button {label!r} for {who}: {[c.label for c in shown]}")

    # -- what happens by itself -------------------------------------------------------------------

    async def start(self, typed: str = "/series start", who: str = "mia") -> Run:
        """A run, started as moderators do; its announcement is out."""
        await self.say(who, typed)
        await self.press(who, "Start")
        await self.tick()
        return await self.run()

    async def until(self, at: datetime) -> None:
        """Time passes, and the service notices."""
        self.clock.at = at
        await self.tick()

    # -- what is in the store ---------------------------------------------------------------------

    async def run(self) -> Run:
        """The only run of the space that is not over."""
        (run,) = await self.db.run(lambda t: runs.runs_of_space(t, self.space))
        return run

    async def rows(self, query: str, **values: Value) -> list[tuple[Value, ...]]:
        """What an SQL query finds."""
        return await self.db.run(
            lambda t: [tuple(dict(row).values()) for row in t.all(ask(query), **values)]
        )

    async def count(self, table: str, where: str = "1 = 1") -> int:
        ((number,),) = await self.rows(f"SELECT COUNT(*) AS n FROM {table} WHERE {where}")
        assert isinstance(number, int)
        return number

    def in_space(self, space: str) -> Hall:
        """The same service as people of another space meet it."""
        return replace(self, space=space, seen={})


def ask(query: str) -> Query:
    """A query that only a test asks."""
    return Query("asked_by_a_test", query, "Looks at what is stored.")


def change(query: str, **values: Value) -> Callable[[Transaction], None]:
    """For `db.run`: a change that no command makes, such as an accident."""

    def run(t: Transaction) -> None:
        t.run(ask(query), **values)

    return run


@asynccontextmanager
async def open_hall(
    folder: Path,
    workshop: Workshop,
    shelf: Mapping[str, Series] | None = None,
    beside: Hall | None = None,
) -> AsyncIterator[Hall]:
    """A hall with nothing going on yet, on a Monday morning.

    `beside`: with the platform and the clock of that hall, whose process is gone.
    """
    clock = beside.clock if beside else Hands(PROPOSED)
    series = dict(shelf) if shelf is not None else {"reading-maps": map_series()}
    migrations = resources.files("bot.store") / "migrations"
    async with await Database.open(
        folder / "hall.sqlite3", migrations, now_ms=lambda: to_ms(clock())
    ) as db:
        stage = beside.stage if beside else Stage(clock)
        planner = Planner(
            lambda: series, lambda space: stage.fits, lambda space: stage.cards_in_thread
        )
        service = Service(
            db=db,
            workshop=workshop,
            pictures=Pictures(folder / "pictures", workshop),
            planner=planner,
            series=lambda: series,
            image_file=Library(shipped=False).picture,
            adapters={stage.name: stage},
            clock=clock,
            defaults=Defaults(zone="Europe/Berlin"),
        )
        dispatcher = Dispatcher(db, {stage.name: stage}, clock, "test", Aftermath(planner))
        try:
            yield Hall(db, service, Tick(service, dispatcher), clock, stage, series)
        finally:
            await dispatcher.close()


# -- what a reply says ----------------------------------------------------------------------------


def words(reply: Reply) -> str:
    """A reply as plain text: its post, or its form with what is wrong in it."""
    if reply.post is not None:
        return plain(reply.post.document)
    assert reply.form is not None
    errors = [plain(error.words) for error in reply.errors]
    return "\n\n".join([reply.form.title, plain(reply.form.intro), *errors])


def labels(reply: Reply) -> list[str]:
    """The buttons under a reply."""
    return [control.label for control in reply.post.controls] if reply.post else []


def says(reply: Reply | str, key: str, language: str = "en") -> bool:
    """Whether the sentence `key` of the wording stands in the reply, whatever fills its places."""
    text = reply if isinstance(reply, str) else words(reply)
    template = plain(blocks(LANGUAGES[language][key]))
    pattern = ".+?".join(map(re.escape, re.split(r"\{[a-z_]+\}", template)))
    return re.search(pattern, text, re.DOTALL) is not None


def named(at: datetime) -> str:
    """An instant as plain text shows it."""
    return plain(Document((Paragraph((Moment(to_ms(at), "UTC"),)),)))
