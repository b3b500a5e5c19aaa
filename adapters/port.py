"""The port: what every platform must be able to do, and what it may ask of the service.

Knows no platform and no store; bot implements `Host` and hands it to `open`.
Invariant: `send` makes exactly one message or raises one of the four failures.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from lessons.actions import Action
from lessons.document import Document
from lessons.figure import Figure
from lessons.posts import Deed, Part, Reply

# -- where things go ------------------------------------------------------------------------------


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """A channel of a space, or a thread in it, or one member in private."""

    space: str
    channel: str
    thread: str = ""
    member: str = ""


class PostRef(msgspec.Struct, frozen=True):
    """A message (or thread) that exists on the platform."""

    address: Address
    id: str


DeliveryKey: TypeAlias = str
"""Opaque marker of one delivery; the adapter makes the message findable by it."""


def mark_of(key: DeliveryKey) -> str:
    """24 hex digits by which the message of a delivery is found where it was posted.

    They stand in messages and in references that are kept, so they never change.
    """
    return hashlib.sha256(key.encode()).hexdigest()[:24]


# -- what a platform knows ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Facts:
    """What `look` found. `missing` names rights, such as "Send messages in threads".

    `forum`: there every post is a thread of its own, so a chapter's later messages go into it.
    Of a member, `moderates` says that they moderate everything in the space, and `may_start` that
    they may start a series in it; asked for where `Action.moderator` is None.
    """

    exists: bool
    name: str
    missing: tuple[str, ...] = ()
    zone: str = ""
    forum: bool = False
    moderates: bool = False
    may_start: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something that may be typed for an option: what is shown, and what is typed."""

    label: str
    value: str


# -- the four ways to fail ------------------------------------------------------------------------


class DeliveryFailure(Exception):
    """One of the four ways in which a platform does not do what it was asked."""


class TryLater(DeliveryFailure):
    """Nothing was posted; the platform asks for patience."""

    def __init__(self, after_s: float) -> None:
        super().__init__(f"try again in {after_s:g} s")
        self.after_s = after_s


class Unreachable(DeliveryFailure):
    """Nothing was posted and trying again will not help: a right is missing, or it is gone."""

    def __init__(self, *, missing: str = "", gone: bool = False) -> None:
        super().__init__(f"missing right: {missing}" if missing else "gone" if gone else "closed")
        self.missing = missing
        self.gone = gone


class Rejected(DeliveryFailure):
    """Nothing was posted: the platform does not take this message, a fault of ours."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Ambiguous(DeliveryFailure):
    """It may have been posted; `find` before trying again."""


class CannotLook(DeliveryFailure):
    """`find` could not read the history, so only a person can tell."""


class CannotConnect(Exception):
    """The platform does not let the app in, and trying again will not help; says what will."""


# -- the two sides --------------------------------------------------------------------------------


class Adapter(Protocol):
    """A platform. None of these is optional."""

    @property
    def name(self) -> str:
        """The platform's name, the first part of its spaces: "terminal:hall"."""

    @property
    def cards_in_thread(self) -> bool:
        """Whether a chapter's cards also stand in its thread, where they disturb nobody."""

    def fits(self, document: Document) -> bool:
        """Whether this fits in one message, controls and all; a part of what fits, fits."""

    async def open(self, host: Host) -> None:
        """Begin to take in actions. Called once, before anything else. Raises CannotConnect."""

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        """Post exactly one message, findable by `key`."""

    async def edit(self, ref: PostRef, part: Part) -> None:
        """Replace what a message says."""

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        """The message or thread that carries `key`, if it is there. Raises CannotLook."""

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        """Do a deed to a post; the reference of what it made comes back, findable by `key`."""

    def repeats(self, deed: Deed) -> bool:
        """Whether doing this twice is the same as doing it once; then `find` need not be asked."""

    async def look(self, at: Address) -> Facts:
        """What the platform says of a channel, or of a member where one is named."""

    async def close(self) -> None:
        """Stop taking in, finish what is under way."""


class Shelf(Protocol):
    """An adapter's own small records.

    What is about one space has the space's own name between colons in its key, as in
    "draft:4217:ada": it goes when all that is known of the space does. What is about one member
    has their id between colons as well, or at the end: it goes when they have all deleted.
    """

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str | None) -> None:
        """None takes the record away."""

    async def all(self, prefix: str = "") -> Mapping[str, str]: ...


class Host(Protocol):
    """The service, as an adapter sees it."""

    def handle(self, action: Action) -> AsyncIterator[Reply]:
        """Every reply to an action, the first within two seconds; later ones edit it."""

    async def suggest(
        self, action: Action, option: str, begun: str, most: int
    ) -> tuple[Suggestion, ...]:
        """What may be typed for an option of the command in `action`, given what is begun."""

    async def channel_gone(self, at: Address) -> None:
        """A channel was deleted: what is posted there waits, and its moderator is told."""

    async def space_gone(self, space: str) -> None:
        """The app was removed from a space; what is known of it goes, some time from now."""

    async def cut_off(self, why: CannotConnect) -> None:
        """A platform lets the app in no more, and trying again will not help."""

    async def spaces_here(self, platform: str, spaces: Collection[str]) -> None:
        """All spaces of a platform that the app is in; those it knows besides are gone."""

    async def figure(self, digest: str) -> Figure | None:
        """The figure of a Plot; its digest is known to nobody who was not shown it."""

    async def picture(self, what: Figure | str) -> bytes | None:
        """A figure, or the one of this digest, as PNG; None if it can't be had."""

    async def maths(self, tex: str) -> bytes | None:
        """Display mathematics as PNG; None if it can't be drawn."""

    async def image(self, path: str) -> bytes | None:
        """A picture file of a series, by the path of its Picture; None if there is none."""

    def shelf(self, adapter: str) -> Shelf:
        """The records of one adapter."""
