"""The study hall as a web page: the port's verbs, and what each person has in front of them.

Knows no lesson and no HTTP. Invariant: what a person is shown as answered is on the shelf.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Final, Protocol

import msgspec

from adapters.local.people import PEOPLE, by_id
from adapters.local.platform import CHANNELS, LocalPlatform
from adapters.local.transcript import Message, Said
from adapters.port import DeliveryFailure, Host, PostRef, Shelf, Unreachable
from adapters.web.guard import Keys
from adapters.web.pages import SAID, Posted, Visit
from adapters.web.pane import Entry, Opened, Pane, without_figures
from adapters.web.stream import Streams
from lessons.actions import Action, Pressed, Submitted, Typed, What
from lessons.document import plain
from lessons.fields import Raw, filled
from lessons.figure import Figure
from lessons.posts import Form, Part, Post, Reply

log = logging.getLogger(__name__)

NAME: Final = "web"
SPACE: Final = "web:hall"

MOST_PEOPLE: Final = 200
MOST_LETTERS: Final = 12
LONGEST_NAME: Final = 40


class LocalHall(Protocol):
    """What only a try-out has: a clock that people move."""

    async def next_slot(self) -> datetime | None:
        """When the next slot of any run comes."""

    async def move_to(self, at: datetime) -> None:
        """Move the clock forward, and let what is due happen."""


class NoRoom(Exception):
    """No more people fit in."""


class WebAdapter(LocalPlatform):
    """The channels of this machine as pages.

    With a `hall` it is a try-out: who looks says who they are, and the clock can be moved.
    `zones` finds a time zone by its name.
    """

    name = NAME

    def __init__(
        self,
        folder: Path,
        *,
        zones: Callable[[str], tzinfo | None],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "UTC",
        channels: tuple[str, ...] = CHANNELS,
        hall: LocalHall | None = None,
    ) -> None:
        people = PEOPLE if hall is not None else {}
        super().__init__(folder, clock=clock, channels=channels, people=people)
        self.zones = zones
        self.own_zone = zone
        self.hall = hall
        self.streams = Streams()
        self._keys: Keys | None = None
        self._panes: dict[str, Pane] = {}
        self._saving: dict[str, asyncio.Lock] = {}
        self._drawing: set[asyncio.Task[object]] = set()

    async def open(self, host: Host) -> None:
        """Read the transcript, and what lies on the shelf: the secret, people's names and panes."""
        await super().open(host)
        secret = await self._shelf.get("secret")
        if secret is None:
            secret = secrets.token_hex(32)
            await self._shelf.put("secret", secret)
        self._keys = Keys(bytes.fromhex(secret))
        if self.hall is None:
            people = await self._shelf.all("person:")
            self._people.update({name.partition(":")[2]: told for name, told in people.items()})

    async def close(self) -> None:
        """Let all pages go, and finish what is under way."""
        self.streams.hang_up()
        for task in tuple(self._drawing):
            task.cancel()
        await super().close()

    @property
    def keys(self) -> Keys:
        """What signs links, cookies and forms."""
        if self._keys is None:
            raise RuntimeError("the adapter is not open yet")
        return self._keys

    @property
    def _shelf(self) -> Shelf:
        return self.host.shelf(NAME)

    def added(self) -> None:
        """Every open page learns of it."""
        self.streams.wake()

    def now(self) -> datetime:
        """What time it is in this hall."""
        return self._clock()

    # -- people -----------------------------------------------------------------------------------

    async def come_in(self, name: str) -> str:
        """A new person of that name; returns their id. Raises NoRoom."""
        if len(self._people) >= MOST_PEOPLE:
            raise NoRoom
        person = secrets.token_hex(6)
        self._people[person] = name
        await self._shelf.put(f"person:{person}", name)
        return person

    # -- what stands in a channel -----------------------------------------------------------------

    def posted(self, channel: str, since: int = 0) -> list[Posted]:
        """The messages of a channel that changed after a version, in their order."""
        kept = self.transcript
        return [
            self._posted(message)
            for message in kept.messages()
            if message.address.channel == channel
            and not message.address.thread
            and not message.address.member
            and kept.changed(message.id) > since
        ]

    def _posted(self, message: Message) -> Posted:
        kept = self.transcript
        thread = kept.thread_under(message.id)
        talk = kept.talk(thread.id) if thread else ()
        version = kept.changed(message.id)
        return Posted(message, version, kept.pinned(message.id), thread, talk)

    async def say(self, visit: Visit, thread: str, text: str) -> None:
        """What a person writes in a thread of this channel. Raises Unreachable, TryLater."""
        found = self.transcript.thread(thread)
        if found is None or found.address.channel != visit.channel:
            raise Unreachable(gone=True)
        at_ms = self._now_ms()
        words = text[:SAID]
        await self._add(lambda n: Said(f"s{n}", thread, visit.person, words, at_ms))

    # -- what only one person sees ----------------------------------------------------------------

    async def pane(self, person: str) -> Pane:
        """What that person has in front of them; from the shelf the first time."""
        if person not in self._panes:
            kept = await self._shelf.get(f"pane:{person}")
            if person not in self._panes:  # another page of the same person may have been quicker
                self._panes[person] = _read(kept)
        return self._panes[person]

    def shown(self, person: str, pane: Pane) -> list[Entry | Message]:
        """Their answers and the letters to them, what changed last first."""
        changed = self.transcript.changed
        letters = [
            message
            for message in self.transcript.messages()
            if message.address.member == person and message.id not in pane.away
        ][-MOST_LETTERS:]
        return sorted(
            [*pane.newest_first(), *letters],
            key=lambda one: (one.at_ms, one.rev if isinstance(one, Entry) else changed(one.id)),
            reverse=True,
        )

    async def put_away(self, visit: Visit, name: str) -> None:
        """The entry or letter of that name is shown no more."""
        pane = await self.pane(visit.person)
        pane.put_away(name)
        await self._save(visit.person, pane)

    async def close_form(self, visit: Visit, name: str) -> None:
        """The form in that entry is put away; its buttons are back."""
        pane = await self.pane(visit.person)
        pane.open(name, None)
        await self._save(visit.person, pane)

    async def refill(self, visit: Visit, name: str, values: Raw, locked: Raw) -> None:
        """The form in that entry has these answers in it now; what is `locked` stays."""
        pane = await self.pane(visit.person)
        entry = pane.entries.get(name)
        if entry is not None and entry.opened is not None:
            opened = msgspec.structs.replace(
                entry.opened, values=dict(values), locked=dict(locked), errors=()
            )
            pane.open(name, opened)
            await self._save(visit.person, pane)

    async def _save(self, person: str, pane: Pane) -> None:
        """The newest state wins, whoever comes first."""
        async with self._saving.setdefault(person, asyncio.Lock()):
            await self._shelf.put(f"pane:{person}", pane.encode())
        self.streams.wake(person)

    # -- what people do ---------------------------------------------------------------------------

    async def act(self, visit: Visit, what: What, on: str = "") -> str:
        """One person does one thing; returns the entry in which the answer stands.

        `on` is the message or entry whose button was pressed. Every answer is on the shelf before
        the next one is waited for; all open pages of this person see each of them.
        """
        action = self._action(visit, what)
        pane = await self.pane(visit.person)
        place = _Place(pane, on)
        async for reply in self.host.handle(action):
            if reply.form is not None:
                self._prepare(reply.form.figures)
                place.show_form(reply.form, what, reply, self._now_ms())
            elif reply.post is not None:
                self._prepare(reply.post.figures)
                await self._show(place, visit, reply.post, edit=reply.edit)
            await self._save(visit.person, pane)
        return place.shown

    def _action(self, visit: Visit, what: What) -> Action:
        return Action(
            id=f"{NAME}-{secrets.token_hex(8)}",
            space=SPACE,
            channel=visit.channel,
            member=visit.person,
            moderator=visit.moderator,
            language="en",
            moment=self.now(),
            what=by_id(what, self.people) if isinstance(what, Typed) else what,
        )

    async def _show(self, place: _Place, visit: Visit, post: Post, *, edit: bool) -> None:
        part = Part(post.document, post.text, post.controls)
        letter = self.transcript.message(place.on)
        if edit and letter is not None and letter.address.member == visit.person:
            with contextlib.suppress(DeliveryFailure):  # then it stands beside the letter
                await self.edit(PostRef(letter.address, letter.id), part)
                place.shown = letter.id
                return
        place.show(part, edit=edit, at_ms=self._now_ms())

    def _prepare(self, figures: tuple[Figure, ...]) -> None:
        """Have pictures drawn while the words are on their way."""
        for figure in figures:
            task: asyncio.Task[object] = asyncio.create_task(self.host.picture(figure))
            self._drawing.add(task)
            task.add_done_callback(self._drawn)

    def _drawn(self, task: asyncio.Task[object]) -> None:
        self._drawing.discard(task)
        if not task.cancelled() and (failed := task.exception()) is not None:
            log.warning("a picture could not be drawn: %s", failed)

    async def status(self, visit: Visit) -> Part | None:
        """Where the run of this channel is; None for who does not moderate."""
        if not visit.moderator:
            return None
        last: Part | None = None
        async for reply in self.host.handle(self._action(visit, Typed("series", "status"))):
            if reply.post is not None:
                last = Part(reply.post.document, reply.post.text, reply.post.controls)
        return last


class _Place:
    """Where the answers to one action go: into the entry whose button was pressed, or a new one."""

    def __init__(self, pane: Pane, on: str) -> None:
        self._pane = pane
        self.on = on
        self.shown = ""
        self._mine = ""

    def show(self, part: Part, *, edit: bool, at_ms: int) -> None:
        """A word of patience gets an entry of its own; what comes after it takes its place."""
        into = self.on if edit and self.on in self._pane.entries else self._mine
        if self._mine and into != self._mine:
            self._pane.put_away(self._mine)
        if not into:
            into = self._mine = self._pane.new_id()
        self._pane.put(into, part, at_ms)
        self.shown = into

    def show_form(self, form: Form, what: What, reply: Reply, at_ms: int) -> None:
        """A form opens where its button stands, because what it asks about stands there, too."""
        kept = without_figures(form)
        into = self.on if self.on in self._pane.entries else self._pane.new_id()
        before = self._pane.entries.get(into)
        match what:
            case Submitted(_, raw):
                was = before.opened if before else None
                opened = Opened(
                    kept,
                    was.opener if was else "",
                    dict(raw),
                    was.locked if was else {},
                    reply.errors,
                )
            case Pressed(control):
                opened = Opened(kept, control, filled(kept.fields))
            case Typed():
                opened = Opened(kept, "", filled(kept.fields))
        if before is None:
            self._pane.put(into, Part(form.intro, form.title or plain(form.intro)), at_ms, opened)
        else:
            self._pane.open(into, opened)
        self.shown = into


def _read(kept: str | None) -> Pane:
    """A pane of a version that read differently begins anew: everything in it is a button away."""
    if kept is None:
        return Pane()
    try:
        return Pane.decode(kept)
    except msgspec.ValidationError:
        log.info("a pane was kept in another form and begins anew")
        return Pane()
