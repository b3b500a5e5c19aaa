"""The study hall as a platform: the port's verbs on a transcript file.

Knows no lesson. Invariant: a message is in the transcript, on the disk, before `send` returns.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, assert_never

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
from adapters.terminal import limits
from adapters.terminal.transcript import (
    Edit,
    HalfWritten,
    Message,
    Pinned,
    R,
    Thread,
    Transcript,
)
from lessons.document import Document
from lessons.posts import Deed, OpenThread, Part, Pin

SPACE: Final = "terminal:hall"
CHANNELS: Final = ("study", "library")

PEOPLE: Final[Mapping[str, str]] = {
    "mia": "Mia",
    "ada": "Ada",
    "ben": "Ben",
    "chi": "Chi",
    "dan": "Dan",
    "eve": "Eve",
}
"""Who sits in the hall: Mia moderates it, and the other five are enough for a vote to be shown."""

MODERATORS: Final = frozenset({"mia"})

DISK_AGAIN_S: Final = 30.0
"""How soon to try again when the disk took nothing: somebody has to make room."""


class TerminalAdapter:
    """The local study hall. `zone` is what it says of its channels' time zone."""

    name = "terminal"

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: str = "",
        channels: tuple[str, ...] = CHANNELS,
    ) -> None:
        self._transcript = Transcript(folder / "transcript.jsonl")
        self._clock = clock
        self._zone = zone
        self._channels = set(channels)
        self._missing: dict[str, str] = {}
        self._host: Host | None = None
        self._under_way: set[asyncio.Task[object]] = set()
        self._closed = False

    def fits(self, document: Document) -> bool:
        """Whether this fits in one message."""
        return limits.fits(document)

    async def open(self, host: Host) -> None:
        """Read the transcript. Raises OSError or TranscriptDamaged if it can't be read."""
        await asyncio.to_thread(self._transcript.open)
        self._host = host

    @property
    def host(self) -> Host:
        """The service behind the hall."""
        if self._host is None:
            raise RuntimeError("the hall is not open yet")
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
        found = self._transcript.by_key(key)
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
            return Facts(at.member in PEOPLE, PEOPLE.get(at.member, at.member), zone=self._zone)
        missing = self._missing.get(at.channel)
        return Facts(
            at.channel in self._channels, at.channel, (missing,) if missing else (), self._zone
        )

    async def close(self) -> None:
        """Finish what is under way and free the file. May be repeated."""
        self._closed = True
        if self._under_way:
            await asyncio.wait(tuple(self._under_way))
        await asyncio.to_thread(self._transcript.close)

    # -- what people at the keyboard see and do ---------------------------------------------------

    def messages(self) -> tuple[Message, ...]:
        """All messages in the order in which they were posted, as they read now."""
        return self._transcript.messages()

    def thread(self, name: str) -> Thread | None:
        """A thread by its id."""
        return self._transcript.thread(name)

    def pinned(self, ref: PostRef) -> bool:
        """Whether a message is pinned."""
        return self._transcript.pinned(ref.id)

    def close_channel(self, channel: str, missing: str = "") -> None:
        """Take a channel away, or the right to post in it."""
        if missing:
            self._missing[channel] = missing
        else:
            self._channels.discard(channel)

    def open_channel(self, channel: str) -> None:
        """Bring a channel back, with every right."""
        self._channels.add(channel)
        self._missing.pop(channel, None)

    # -- within -----------------------------------------------------------------------------------

    def _check(self, to: Address) -> None:
        if to.member:
            if to.member not in PEOPLE:
                raise Unreachable(gone=True)
            return
        if to.channel not in self._channels:
            raise Unreachable(gone=True)
        if missing := self._missing.get(to.channel):
            raise Unreachable(missing=missing)
        if to.thread and self._transcript.thread(to.thread) is None:
            raise Unreachable(gone=True)

    def _check_message(self, name: str) -> None:
        if self._transcript.message(name) is None:
            raise Unreachable(gone=True)

    async def _add(self, make: Callable[[int], R]) -> R:
        """In a thread, and to its end even if the caller is cancelled."""
        if self._closed:
            raise TryLater(DISK_AGAIN_S)
        task = asyncio.create_task(asyncio.to_thread(self._transcript.add, make))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.shield(task)
        except HalfWritten as unclear:
            raise Ambiguous from unclear
        except OSError as full:
            raise TryLater(DISK_AGAIN_S) from full

    def _now_ms(self) -> int:
        return round(self._clock().timestamp() * 1000)
