"""What stands in the channels of a local platform: a file that outlives every process.

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


class Said(Record, frozen=True):
    """What a person wrote in a thread; the service never sees it."""

    id: str
    thread: str
    member: str
    text: str
    at_ms: int


AnyRecord: TypeAlias = Message | Edit | Thread | Pinned | Said
R = TypeVar("R", Message, Edit, Thread, Pinned, Said)

_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


class TranscriptDamaged(Exception):
    """A whole line of the file is no record. The file was left as it is."""

    def __init__(self, path: Path, line: int, detail: str) -> None:
        super().__init__(
            f"Line {line} of the transcript {path} can't be read ({detail}). Nothing was changed. "
            f"Put a copy of yours in its place, or move {path.name} away: then the hall's channels "
            "are empty, and the database still has every answer and all progress."
        )
        self.path = path
        self.line = line


class HalfWritten(OSError):
    """The disk failed, and then would not even take the half-written record back."""


class Transcript:
    """The file, and what stands in it. `open`, `add` and `close` block on the disk; use them in a
    thread. What only reads does not."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._messages: dict[str, Message] = {}
        self._threads: dict[str, Thread] = {}
        self._pinned: set[str] = set()
        self._talk: dict[str, tuple[Message | Said, ...]] = {}
        self._under: dict[str, str] = {}
        self._changed: dict[str, int] = {}
        self._said = 0
        self._version = 0
        self._keys: dict[str, str] = {}
        self._file: int | None = None
        self._size = 0

    def open(self) -> None:
        """Read what is there, and cut off a line that a dying process left half-written.

        Raises TranscriptDamaged if any other line can't be read, OSError if the file can't be.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            text = self._path.read_bytes()
            whole = text.rfind(b"\n") + 1
            # Read before anything is cut: a file that is not ours stays as it was.
            for number, line in enumerate(text[:whole].split(b"\n")[:-1], start=1):
                self._take(self._record(number, line))
            if whole < len(text):
                os.ftruncate(file, whole)
            _sync_folder(self._path.parent)
        except BaseException:
            os.close(file)
            raise
        self._file, self._size = file, whole

    def _record(self, number: int, line: bytes) -> AnyRecord:
        try:
            return _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
            raise TranscriptDamaged(self._path, number, str(wrong)) from wrong

    def add(self, make: Callable[[int], R]) -> R:
        """Add the record that `make` makes of its number; returns when it is on the disk.

        Raises OSError and then adds nothing; HalfWritten if that is not certain.
        """
        with self._lock:
            if self._file is None:
                raise OSError("the hall is closed")
            record = make(len(self._messages) + len(self._threads) + self._said + 1)
            line = msgspec.json.encode(record) + b"\n"
            _cut(self._file, self._size)
            try:
                _write(self._file, line)
                os.fdatasync(self._file)
            except OSError as failed:
                try:
                    _cut(self._file, self._size)
                except OSError:
                    raise HalfWritten(*failed.args) from failed
                raise
            self._size += len(line)
            self._take(record)
            return record

    def _take(self, record: AnyRecord) -> None:
        self._version += 1
        match record:
            case Message(id, address, _, key, _):
                self._messages[id] = record
                self._keys[key] = id
                self._put(id, address.thread, record)
            case Edit(id, part):
                if id in self._messages:
                    changed = msgspec.structs.replace(self._messages[id], part=part)
                    self._messages[id] = changed
                    self._put(id, changed.address.thread, changed)
            case Thread(id, _, under, _, key, _):
                self._threads[id] = record
                self._keys[key] = id
                self._under[under] = id
                self._changed[under] = self._version
            case Pinned(id):
                self._pinned.add(id)
                self._changed[id] = self._version
            case Said(id, thread, _, _, _):
                self._said += 1
                self._put(id, thread, record)

    def _put(self, name: str, thread: str, record: Message | Said) -> None:
        """What stands in a thread changes the message that the thread is under."""
        if thread not in self._threads:
            self._changed[name] = self._version
            return
        before = self._talk.get(thread, ())
        if any(one.id == name for one in before):
            self._talk[thread] = tuple(record if one.id == name else one for one in before)
        else:
            self._talk[thread] = (*before, record)
        self._changed[self._threads[thread].under] = self._version

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

    def thread_under(self, name: str) -> Thread | None:
        """The newest thread under the message of that id."""
        return self._threads.get(self._under.get(name, ""))

    def talk(self, thread: str) -> tuple[Message | Said, ...]:
        """What stands in a thread, in its order, as it reads now."""
        return self._talk.get(thread, ())

    @property
    def version(self) -> int:
        """How many records there are: it grows with every change, also over restarts."""
        return self._version

    def changed(self, name: str) -> int:
        """The version in which a message, or the thread under it, last changed."""
        return self._changed.get(name, 0)

    def pinned(self, name: str) -> bool:
        """Whether that message is pinned."""
        return name in self._pinned

    def messages(self) -> tuple[Message, ...]:
        """All messages in the order in which they were posted, as they read now."""
        return tuple(self._messages.values())

    def close(self) -> None:
        """Free the file. May be repeated."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None


def _write(file: int, line: bytes) -> None:
    """All of it: a disk that is nearly full takes a part and says how much."""
    while line:
        line = line[os.write(file, line) :]


def _cut(file: int, size: int) -> None:
    """Nothing beyond what was answered for; also after an earlier cut that failed."""
    if os.fstat(file).st_size > size:
        os.ftruncate(file, size)


def _sync_folder(folder: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
