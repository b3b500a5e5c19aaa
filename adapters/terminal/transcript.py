"""What stands in the study hall's channels: a file that outlives every process.

Knows no service: this is the "outside world" of the local hall, as Discord's servers are of
Discord. Invariant: a record that was answered for is on the disk; a torn last line never counts.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, TypeVar

import msgspec

from adapters.port import Address
from lessons.posts import Part


class Record(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """One line of the file."""


class Message(Record, frozen=True):
    """A message, findable by `key`; `at_ms` is when it was posted."""

    id: str
    address: Address
    part: Part
    key: str
    at_ms: int


class Edit(Record, frozen=True):
    """A message says something else now."""

    id: str
    part: Part


class Thread(Record, frozen=True):
    """A thread under a message, findable by `key`."""

    id: str
    address: Address
    under: str
    name: str
    key: str
    at_ms: int


class Pinned(Record, frozen=True):
    """A message was pinned."""

    id: str


AnyRecord: TypeAlias = Message | Edit | Thread | Pinned
R = TypeVar("R", Message, Edit, Thread, Pinned)

_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class Transcript:
    """The file, and what stands in it. Every method blocks on the disk; use it in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._messages: dict[str, Message] = {}
        self._threads: dict[str, Thread] = {}
        self._pinned: set[str] = set()
        self._keys: dict[str, str] = {}
        self._file: int | None = None

    def open(self) -> None:
        """Read what is there, and cut off a line that a dying process left half-written."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        text = self._path.read_bytes()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            os.ftruncate(self._file, whole)
        for line in text[:whole].splitlines():
            self._take(_decoder.decode(line))

    def add(self, make: Callable[[int], R]) -> R:
        """Add the record that `make` makes of its number; returns when it is on the disk.

        Raises OSError and then adds nothing.
        """
        with self._lock:
            record = make(len(self._messages) + len(self._threads) + 1)
            if self._file is None:
                raise OSError("the hall is closed")
            before = os.fstat(self._file).st_size
            try:
                os.write(self._file, msgspec.json.encode(record) + b"\n")
                os.fdatasync(self._file)
            except OSError:
                os.ftruncate(self._file, before)
                raise
            self._take(record)
            return record

    def _take(self, record: AnyRecord) -> None:
        match record:
            case Message(id, _, _, key, _):
                self._messages[id] = record
                self._keys[key] = id
            case Edit(id, part):
                if id in self._messages:
                    self._messages[id] = msgspec.structs.replace(self._messages[id], part=part)
            case Thread(id, _, _, _, key, _):
                self._threads[id] = record
                self._keys[key] = id
            case Pinned(id):
                self._pinned.add(id)

    def by_key(self, key: str) -> Message | Thread | None:
        """What carries this key."""
        name = self._keys.get(key, "")
        return self._messages.get(name) or self._threads.get(name)

    def message(self, name: str) -> Message | None:
        """The message of that id, as it reads now."""
        return self._messages.get(name)

    def thread(self, name: str) -> Thread | None:
        """The thread of that id."""
        return self._threads.get(name)

    def messages(self) -> tuple[Message, ...]:
        """All messages in the order in which they were posted, as they read now."""
        return tuple(self._messages.values())

    def close(self) -> None:
        """Free the file. May be repeated."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None
