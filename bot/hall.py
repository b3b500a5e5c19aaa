"""The local study hall: people at one keyboard, a clock that can be moved, the real service.

Knows the terminal adapter and no other. Invariant: what a person does here takes the same road
as on any platform: an action to the service, replies back, posts through the ledger.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, assert_never

from adapters.local.people import MODERATORS, PEOPLE, by_id
from adapters.local.transcript import Message, TranscriptDamaged
from adapters.terminal.intake import (
    HallCommand,
    Local,
    Locked,
    MoveClock,
    SwitchTo,
    Unclear,
    parse_line,
)
from adapters.terminal.messenger import SPACE, TerminalAdapter
from adapters.terminal.screen import Screen, terminal
from adapters.terminal.words import word
from bot.app import App, running
from bot.clock import LAST, Clock, MovableClock
from bot.local import known_zone, noted, read_clock, signals, write_clock
from bot.settings import Settings
from lessons.actions import Action, Pressed, Submitted, Typed, What
from lessons.document import Document, Plot, walk
from lessons.figure import Figure
from lessons.posts import Reply

CHANNEL: Final = "study"
FIRST: Final = "mia"


class Hall:
    """The people, the clock and the screen around a running service.

    `sitting` sets the ids of this sitting's actions apart from those of every other. `keep` notes
    where the clock stands before anything happens at that time. Without `waits` nothing is said of
    an answer that takes a moment: where time is compressed, nobody waits.
    """

    def __init__(
        self,
        app: App,
        adapter: TerminalAdapter,
        clock: MovableClock,
        screen: Screen,
        sitting: str,
        keep: Callable[[], None] = lambda: None,
        *,
        waits: bool = True,
    ) -> None:
        self.app = app
        self.clock = clock
        self.screen = screen
        self.person = FIRST
        self._adapter = adapter
        self._sitting = sitting
        self._keep = keep
        self._waits = waits
        self._numbers = itertools.count(1)
        self._shown: set[str] = set()

    # -- people do things -------------------------------------------------------------------------

    async def act(self, person: str, what: What, *, told: str = "", shown: bool = True) -> Reply:
        """One person does one thing, and sees the answers; the last of them comes back.

        Without `shown` the answers are not printed: a scene need not repeat what was seen before.
        """
        action = Action(
            id=f"{self._sitting}-{next(self._numbers)}",
            space=SPACE,
            channel=CHANNEL,
            member=person,
            moderator=person in MODERATORS,
            language="en",
            moment=self.clock(),
            what=by_id(what, PEOPLE) if isinstance(what, Typed) else what,
        )
        if told:
            self.screen.typed(PEOPLE[person], told)
        last: Reply | None = None
        async for reply in self.app.service.handle(action):
            if shown and (self._waits or not reply.patience):
                self.screen.reply(person, PEOPLE[person], reply, f"#{CHANNEL}")
            last = reply
        if last is None:
            raise RuntimeError("the service gave no reply")
        return last

    # -- time passes ------------------------------------------------------------------------------

    async def tick(self) -> None:
        """One heartbeat of the service, and whatever it posted is shown."""
        await asyncio.to_thread(self._keep)
        await self.app.tick()
        await self.show_new()

    async def to_next_slot(self) -> datetime | None:
        """Move the clock to the next slot of any run; None if none is coming."""
        due = await self.app.next_due()
        if due is None:
            return None
        await self.move_to(due)
        return due

    async def move_to(self, at: datetime) -> None:
        """Move the clock forward, never back, and let what is due happen."""
        self.clock.move_to(at)
        await self.tick()

    # -- what stands in the channel ---------------------------------------------------------------

    def messages(self, person: str) -> list[Message]:
        """What that person can see, in the order in which it was posted, as it reads now."""
        return [
            message
            for message in self._adapter.messages()
            if message.address.member in ("", person)
        ]

    async def show_new(self) -> None:
        """Show what was posted since this was last called, each to whom it is meant for."""
        for message in self._adapter.messages():
            if message.id not in self._shown:
                self._shown.add(message.id)
                await self._show(message)

    async def show_again(self, most: int = 6) -> None:
        """The newest messages of the channel once more, with fresh numbers on their buttons."""
        seen = self.messages(self.person)
        if not seen:
            self.screen.say(word("empty"))
        for message in seen[-most:]:
            await self._show(message)

    def skip_old(self) -> None:
        """What stood there before this sitting is not new."""
        self._shown.update(message.id for message in self._adapter.messages())

    async def _show(self, message: Message) -> None:
        to = message.address
        figures = await self._figures(message.part.document)
        if to.member:
            name = PEOPLE.get(to.member, to.member)
            self.screen.letter(to.member, name, message.part, figures)
            return
        where = f"#{to.channel}"
        if to.thread and (thread := self._adapter.thread(to.thread)):
            where = f"{where}, {word('thread', name=thread.name)}"
        self.screen.message(self.person, message.part, where, figures)

    async def _figures(self, document: Document) -> Mapping[str, Figure]:
        wanted = {block.digest for block in walk(document.blocks) if isinstance(block, Plot)}
        found = {digest: await self.app.service.figure(digest) for digest in wanted}
        return {digest: figure for digest, figure in found.items() if figure is not None}


# -- at the keyboard ------------------------------------------------------------------------------


async def open_hall(settings: Settings, screen: Screen | None = None) -> int:
    """Open the study hall in this terminal until somebody leaves it, or SIGTERM comes.

    Returns 1, with words, if what stands in its channels can't be read.
    """
    home = Path(settings.home)
    await asyncio.to_thread(home.mkdir, mode=0o700, parents=True, exist_ok=True)
    clock = MovableClock(await asyncio.to_thread(read_clock, home))
    screen = screen or terminal(known_zone, PEOPLE)
    adapter = adapter_for(settings, clock)
    try:
        async with running(settings, [adapter], clock) as app, noted(home, clock):
            keep = functools.partial(write_clock, home, clock)
            hall = Hall(app, adapter, clock, screen, secrets.token_hex(6), keep)
            hall.skip_old()
            await _until_left(app, _Sitting(hall, settings))
    except TranscriptDamaged as damaged:
        screen.say(str(damaged))
        return 1
    return 0


async def _until_left(app: App, sitting: _Sitting) -> None:
    """The service ticks by itself while somebody types; whoever ends first ends the other."""
    stop = asyncio.Event()
    typing = asyncio.create_task(sitting.sit())
    typing.add_done_callback(lambda _: stop.set())
    try:
        with signals(app, stop):
            await app.run_until(stop)
    finally:
        typing.cancel()
        await asyncio.gather(typing, return_exceptions=True)
    if not typing.cancelled():
        typing.result()


class _Sitting:
    """Reads lines, one after another, and does what they ask for."""

    def __init__(self, hall: Hall, settings: Settings) -> None:
        self._hall = hall
        self._settings = settings
        self._open = True

    async def sit(self) -> None:
        screen = self._hall.screen
        screen.say(word("welcome", who=self._name, channel=CHANNEL))
        screen.say(word("help", people=", ".join(PEOPLE)))
        await self._hall.tick()
        if self._hall.messages(self._hall.person):
            await self._hall.show_again()
        while self._open:
            line = await screen.ask(f"{self._name} > ")
            if line is None:
                break
            if line.strip() or screen.board(self._hall.person).form is not None:
                await self._do(line)
        screen.say(word("bye"))

    @property
    def _name(self) -> str:
        return PEOPLE[self._hall.person]

    async def _do(self, line: str) -> None:
        asked = parse_line(line, self._hall.screen.board(self._hall.person))
        match asked:
            case Typed() | Pressed() | Submitted():
                await self._hall.act(self._hall.person, asked)
                await self._hall.tick()
            case _:
                await self._local(asked)

    async def _local(self, asked: HallCommand) -> None:
        screen = self._hall.screen
        match asked:
            case SwitchTo(person):
                if person in PEOPLE:
                    self._hall.person = person
                    screen.say(word("you_are", who=self._name))
                    await self._hall.show_again(2)
                else:
                    screen.say(word("nobody", who=person, people=", ".join(PEOPLE)))
            case MoveClock(None):
                due = await self._hall.to_next_slot()
                screen.say(word("no_slot") if due is None else self._time())
            case MoveClock(by):
                now = self._hall.clock()
                await self._hall.move_to(now + min(by or timedelta(0), LAST - now))
                screen.say(self._time())
            case Local(what):
                await self._own(what)
            case Locked(answers):
                screen.board(self._hall.person).draft |= answers
                screen.form(self._hall.person, word("only", who=self._name))
            case Unclear(key, given):
                screen.say(word(key, given=given))
            case _:
                assert_never(asked)

    async def _own(self, what: str) -> None:
        screen = self._hall.screen
        match what:
            case "help":
                screen.say(word("help", people=", ".join(PEOPLE)))
            case "look":
                await self._hall.show_again()
            case "reload":
                mistakes = await self._hall.app.reload()
                screen.say("\n".join(map(str, mistakes)) or word("reloaded"))
            case "leave form":
                screen.board(self._hall.person).open(None)
                screen.say(word("left_form"))
            case "quit":
                self._open = False
            case _:
                raise ValueError(f"unknown local command {what!r}")

    def _time(self) -> str:
        return word("clock", at=self._hall.screen.moment(self._hall.clock(), self._settings.zone))


# -- pieces ---------------------------------------------------------------------------------------


def adapter_for(settings: Settings, clock: Clock) -> TerminalAdapter:
    """The hall's channels, kept in the home folder."""
    return TerminalAdapter(settings.hall, clock=clock)
