"""A platform in memory that misbehaves as planned: lost replies, missing rights, no patience.

Knows nothing of the service; it keeps what was posted, as a platform does when its client dies.
Invariant: what is in `posts` was visible to people, so a key that is there twice is a double post.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from adapters.port import (
    Address,
    Ambiguous,
    CannotLook,
    DeliveryKey,
    Facts,
    Host,
    PostRef,
    Rejected,
    TryLater,
    Unreachable,
)
from bot.clock import Clock
from lessons.document import Document
from lessons.posts import Deed, OpenThread, Part, Pin


class Fault(Enum):
    """What happens to one request. A request without a fault is answered."""

    NONE = "answered"
    LOST_REPLY = "done, but the reply is lost"
    LOST_REQUEST = "not done, and nobody can tell"
    BROKEN = "done, but the adapter breaks on the reply"
    SILENT = "done, but no reply ever comes"
    BUSY = "not done, patience is asked for"
    FORBIDDEN = "not done, a right is missing"
    CLOSED = "not done, whom it is for takes no messages"
    GONE = "not done, the channel is deleted"
    REJECTED = "not done, the message is not taken"
    UNREADABLE = "the history can't be read"


AFTER_DOING = (Fault.NONE, Fault.LOST_REPLY, Fault.BROKEN, Fault.SILENT)


@dataclass(frozen=True, slots=True)
class Posted:
    """A message or a thread that people can see; `begins`: it is a thread, or a forum post."""

    key: DeliveryKey
    to: Address
    text: str
    at: datetime
    id: str
    begins: bool = False

    @property
    def ref(self) -> PostRef:
        """What `begins` a thread is in that thread itself."""
        to = Address(self.to.space, self.to.channel, thread=self.id) if self.begins else self.to
        return PostRef(to, self.id)


class FlakyPlatform:
    """An Adapter. `faults` are what the next requests meet, in order; then all goes well."""

    name = "flaky"
    cards_in_thread = False

    def __init__(self, clock: Clock, faults: Iterable[Fault] = ()) -> None:
        self._clock = clock
        self._faults: Iterator[Fault] = iter(faults)
        self.posts: list[Posted] = []
        self.pins: list[PostRef] = []
        self.requests: list[tuple[str, DeliveryKey]] = []
        self.readable = True
        self.open_channels = True
        self.forums: set[str] = set()
        self.deleted: set[str] = set()
        self.most_at_once = 0
        self._at_once: Counter[tuple[str, str]] = Counter()

    # -- what tests ask -----------------------------------------------------------------------

    def plan(self, *faults: Fault) -> None:
        """What the next requests meet, instead of what was planned before."""
        self._faults = iter(faults)

    def texts(self, channel: str, thread: str = "") -> list[str]:
        """What people read in a channel or thread, in order."""
        return [p.text for p in self.posts if (p.to.channel, p.to.thread) == (channel, thread)]

    def asked(self, verb: str) -> int:
        """How many requests of a kind there were."""
        return sum(1 for asked, _ in self.requests if asked == verb)

    @property
    def doubled(self) -> list[DeliveryKey]:
        """Keys of which there is more than one message."""
        return [key for key, n in Counter(p.key for p in self.posts).items() if n > 1]

    # -- the port -----------------------------------------------------------------------------

    def repeats(self, deed: Deed) -> bool:
        """Pinning makes nothing that could be found or doubled."""
        return isinstance(deed, Pin)

    def fits(self, document: Document) -> bool:
        return True

    async def open(self, host: Host) -> None:
        return None

    async def close(self) -> None:
        return None

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        lane = (to.channel, to.member)
        self._at_once[lane] += 1
        self.most_at_once = max(self.most_at_once, self._at_once[lane])
        try:
            if to.thread in self.deleted:
                raise Unreachable(gone=True)
            begins = to.channel in self.forums and not (to.thread or to.member)
            return await self._make("send", to, part.text, key, begins=begins)
        finally:
            self._at_once[lane] -= 1

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        if on.id in self.deleted:
            raise Unreachable(gone=True)
        if isinstance(deed, OpenThread) and not on.address.thread:
            return await self._make("do", on.address, deed.name, key, begins=True)
        await self._meet("do", key)
        if isinstance(deed, OpenThread):
            return PostRef(on.address, on.address.thread)  # a forum post is a thread already
        if on not in self.pins:
            self.pins.append(on)
        return None

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        await self._meet("find", key)
        if not self.readable:
            raise CannotLook
        for post in self.posts:
            if post.key == key and post.at >= since and post.to == to:
                return post.ref
        return None

    async def edit(self, ref: PostRef, part: Part) -> None:
        await asyncio.sleep(0)

    async def look(self, at: Address) -> Facts:
        return Facts(exists=True, name=at.channel, forum=at.channel in self.forums)

    # -- within -------------------------------------------------------------------------------

    async def _meet(self, verb: str, key: DeliveryKey) -> Fault:
        """Let the next fault happen, if it is one that happens before anything is done."""
        await asyncio.sleep(0)
        self.requests.append((verb, key))
        if not self.open_channels:
            raise Unreachable(missing="Send Messages")
        fault = next(self._faults, Fault.NONE)
        match fault:
            case Fault.LOST_REQUEST:
                raise Ambiguous
            case Fault.BUSY:
                raise TryLater(after_s=5)
            case Fault.FORBIDDEN:
                raise Unreachable(missing="Send Messages")
            case Fault.CLOSED:
                raise Unreachable()
            case Fault.GONE:
                raise Unreachable(gone=True)
            case Fault.REJECTED if verb != "find":
                raise Rejected("invalid form body")
            case Fault.UNREADABLE:
                raise CannotLook if verb == "find" else Ambiguous
            case _:
                return fault

    async def _make(
        self, verb: str, to: Address, text: str, key: DeliveryKey, *, begins: bool = False
    ) -> PostRef:
        fault = await self._meet(verb, key)
        post = Posted(key, to, text, self._clock(), f"m{len(self.posts) + 1}", begins)
        self.posts.append(post)
        await asyncio.sleep(0)
        match fault:
            case Fault.LOST_REPLY:
                raise Ambiguous
            case Fault.BROKEN:
                raise KeyError("message_id")
            case Fault.SILENT:
                await asyncio.Event().wait()
            case _:
                pass
        return post.ref
