"""The port's verbs on a transcript file: what the platforms of this machine have in common.

Knows no lesson and no way of showing anything. Invariant: a message is in the transcript, on the
disk, before `send` returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

from adapters.local import limits
from adapters.local.people import PEOPLE
from adapters.local.transcript import (
    Edit,
    HalfWritten,
    Message,
    Pinned,
    R,
    Thread,
    Transcript,
)
from adapters.port import (
    Address,
    Ambiguous,
    DeliveryKey,
    Facts,
    Host,
    PostRef,
    TryLater,
    Unreachable,
)
from lessons.document import Document
from lessons.posts import Deed, OpenThread, Part, Pin

CHANNELS: Final = ("study", "library")

DISK_AGAIN_S: Final = 30.0
"""How soon to try again when the disk took nothing: somebody has to make room."""


class LocalPlatform:
    """Channels in a folder. `zone` is what it says of its channels' time zone."""

    cards_in_thread = False

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "",
        channels: tuple[str, ...] = CHANNELS,
        people: Mapping[str, str] = PEOPLE,
    ) -> None:
        self.transcript = Transcript(folder / "transcript.jsonl")
        self._clock = clock
        self._zone = zone
        self._channels = dict.fromkeys(channels)
        self._people = dict(people)
        self._missing: dict[str, str] = {}
        self._host: Host | None = None
        self._under_way: set[asyncio.Task[object]] = set()
        self._closed = False

    def repeats(self, deed: Deed) -> bool:
        """Pinning makes nothing that could be found or doubled."""
        return isinstance(deed, Pin)

    def fits(self, document: Document) -> bool:
        """Whether this fits in one message."""
        return limits.fits(document)

    async def open(self, host: Host) -> None:
        """Read the transcript. Raises OSError or TranscriptDamaged if it can't be read."""
        await asyncio.to_thread(self.transcript.open)
        self._host = host

    @property
    def host(self) -> Host:
        """The service behind the channels."""
        if self._host is None:
            raise RuntimeError("the adapter is not open yet")
        return self._host

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        """Put one message into a channel, a thread or a person's hand.

        A full or failing disk is TryLater, because the record is taken back; Ambiguous only if
        even that failed. A cancelled send is there whole or not at all.
        """
        self._check(to)
        at_ms = self._now_ms()
        message = await self._add(lambda n: Message(f"m{n}", to, part, key, at_ms))
        return PostRef(to, message.id)

    async def edit(self, ref: PostRef, part: Part) -> None:
        """Replace what a message says."""
        self._check(ref.address)
        self._check_message(ref.id)
        await self._add(lambda _: Edit(ref.id, part))

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        """What carries this key; the whole transcript is known, so `since` saves nothing."""
        found = self.transcript.by_key(key)
        return None if found is None else PostRef(found.address, found.id)

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        """Open a thread under a message, or pin it."""
        self._check(on.address)
        self._check_message(on.id)
        space, channel, at_ms = on.address.space, on.address.channel, self._now_ms()
        match deed:
            case OpenThread(name):
                thread = await self._add(
                    lambda n: Thread(
                        f"t{n}", Address(space, channel, thread=f"t{n}"), on.id, name, key, at_ms
                    )
                )
                return PostRef(thread.address, thread.id)
            case Pin():
                await self._add(lambda _: Pinned(on.id))
                return None
            case _:
                assert_never(deed)

    async def look(self, at: Address) -> Facts:
        """What there is to know of a channel or a person."""
        if at.member:
            known = self._people.get(at.member)
            return Facts(known is not None, known or at.member, zone=self._zone)
        missing = self._missing.get(at.channel)
        return Facts(
            at.channel in self._channels, at.channel, (missing,) if missing else (), self._zone
        )

    async def close(self) -> None:
        """Finish what is under way and free the file. May be repeated."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(tuple(self._under_way))
        await asyncio.to_thread(self.transcript.close)

    # -- what people see and do ---------------------------------------------------

    def messages(self) -> tuple[Message, ...]:
        """All messages in the order in which they were posted, as they read now."""
        return self.transcript.messages()

    def thread(self, name: str) -> Thread | None:
        """A thread by its id."""
        return self.transcript.thread(name)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels there are, in their order."""
        return tuple(self._channels)

    @property
    def people(self) -> Mapping[str, str]:
        """Who is here, by id: their names."""
        return self._people

    def pinned(self, ref: PostRef) -> bool:
        """Whether a message is pinned."""
        return self.transcript.pinned(ref.id)

    def close_channel(self, channel: str, missing: str = "") -> None:
        """Take a channel away, or the right to post in it."""
        if missing:
            self._missing[channel] = missing
        else:
            self._channels.pop(channel, None)

    def open_channel(self, channel: str) -> None:
        """Bring a channel back, with every right."""
        self._channels[channel] = None
        self._missing.pop(channel, None)

    # -- within -----------------------------------------------------------------------------------

    def _check(self, to: Address) -> None:
        if to.member:
            if to.member not in self._people:
                raise Unreachable(gone=True)
            return
        if to.channel not in self._channels:
            raise Unreachable(gone=True)
        if missing := self._missing.get(to.channel):
            raise Unreachable(missing=missing)
        if to.thread and self.transcript.thread(to.thread) is None:
            raise Unreachable(gone=True)

    def _check_message(self, name: str) -> None:
        if self.transcript.message(name) is None:
            raise Unreachable(gone=True)

    def added(self) -> None:
        """Called on the event loop when the transcript has grown."""

    async def _add(self, make: Callable[[int], R]) -> R:
        """In a thread, and to its end even if the caller is cancelled."""
        if self._closed:
            raise TryLater(DISK_AGAIN_S)
        task = asyncio.create_task(asyncio.to_thread(self.transcript.add, make))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        try:
            return await asyncio.shield(task)
        except HalfWritten as unclear:
            raise Ambiguous from unclear
        except OSError as full:
            raise TryLater(DISK_AGAIN_S) from full

    def _done(self, task: asyncio.Task[R]) -> None:
        self._under_way.discard(task)
        self.added()

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
