"""The transcript: what was answered for is there, whatever happened to the process or the disk."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from adapters.local import transcript as transcripts
from adapters.local.transcript import Message, Transcript, TranscriptDamaged
from adapters.port import Address, Ambiguous, TryLater
from adapters.terminal.messenger import SPACE, TerminalAdapter
from lessons.document import paragraph
from lessons.posts import Part
from tests.rigs.host import KeptHost

STUDY = Address(SPACE, "study")


def part(text: str) -> Part:
    return Part(paragraph(text), text)


def message(text: str) -> Message:
    return Message("", STUDY, part(text), text, 0)


def opened(path: Path) -> Transcript:
    transcript = Transcript(path)
    transcript.open()
    return transcript


def add(transcript: Transcript, text: str) -> Message:
    return transcript.add(lambda n: msgspec.structs.replace(message(text), id=f"m{n}"))


def texts(path: Path) -> list[str]:
    transcript = opened(path)
    transcript.close()
    return [one.part.text for one in transcript.messages()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "transcript.jsonl"


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", [1, 20, -1])
def test_a_half_written_last_line_is_cut_off(path: Path, kept: int) -> None:
    transcript = opened(path)
    add(transcript, "one")
    add(transcript, "two")
    transcript.close()
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    path.write_bytes(whole[:first] + whole[first:][:kept])

    again = opened(path)
    assert [one.part.text for one in again.messages()] == ["one"]
    add(again, "three")
    again.close()
    assert texts(path) == ["one", "three"]


@pytest.mark.parametrize(
    "line", [b"{", b"", b"[]", b'{"type":"Letter"}', b'{"type":"Pinned"}', b'{"type":"Pinned\xff"}']
)
def test_a_whole_line_that_is_no_record_is_named_and_nothing_is_changed(
    path: Path, line: bytes
) -> None:
    transcript = opened(path)
    add(transcript, "one")
    transcript.close()
    damaged = path.read_bytes() + line + b"\n" + path.read_bytes() + b'{"half'
    path.write_bytes(damaged)

    with pytest.raises(TranscriptDamaged) as refused:
        opened(path)
    assert refused.value.line == 2
    assert f"Line 2 of the transcript {path}" in str(refused.value)
    assert "Nothing was changed" in str(refused.value)
    assert path.read_bytes() == damaged


def test_words_with_every_kind_of_line_end_are_one_record(path: Path) -> None:
    transcript = opened(path)
    add(transcript, "a\nb\rc\u2028d\u0085e\x1c")
    transcript.close()
    assert texts(path) == ["a\nb\rc\u2028d\u0085e\x1c"]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "hall" / "transcript.jsonl"
    opened(path).close()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


# -- a disk that fails ----------------------------------------------------------------------------


class Disk:
    """Stands between the transcript and the operating system, and fails as told."""

    def __init__(self) -> None:
        self.takes: int | None = None
        self.syncs = True
        self.cuts = True
        self.before_sync: Callable[[], object] = lambda: None

    def write(self, file: int, line: bytes) -> int:
        if self.takes is None:
            return os.write(file, line)
        if self.takes == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        some, self.takes = line[: self.takes], 0
        return os.write(file, some)

    def fdatasync(self, file: int) -> None:
        self.before_sync()
        if not self.syncs:
            raise OSError(errno.EIO, "Input/output error")
        os.fdatasync(file)

    def ftruncate(self, file: int, size: int) -> None:
        if not self.cuts:
            raise OSError(errno.EIO, "Input/output error")
        os.ftruncate(file, size)

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(transcripts, "os", disk)
    return disk


def test_a_disk_that_takes_half_a_line_at_a_time_gets_it_all(path: Path, disk: Disk) -> None:
    transcript = opened(path)
    add(transcript, "one")
    slow = disk.write

    def by_seven(file: int, line: bytes) -> int:
        return slow(file, line[:7])

    disk.write = by_seven  # type: ignore[method-assign]
    add(transcript, "two")
    transcript.close()
    assert texts(path) == ["one", "two"]


@pytest.mark.parametrize("taken", [0, 1, 50])
async def test_a_full_disk_is_try_later_and_leaves_no_half_message(
    tmp_path: Path, disk: Disk, taken: int
) -> None:
    adapter = TerminalAdapter(tmp_path)
    await adapter.open(KeptHost())
    await adapter.send(STUDY, part("one"), "key-1")
    disk.takes = taken
    with pytest.raises(TryLater):
        await adapter.send(STUDY, part("two"), "key-2")
    assert await adapter.find(STUDY, "key-2", adapter._clock()) is None
    disk.takes = None
    await adapter.send(STUDY, part("three"), "key-3")
    await adapter.close()
    assert texts(tmp_path / "transcript.jsonl") == ["one", "three"]


async def test_a_disk_that_cannot_take_a_message_back_is_ambiguous_and_heals(
    tmp_path: Path, disk: Disk
) -> None:
    adapter = TerminalAdapter(tmp_path)
    await adapter.open(KeptHost())
    await adapter.send(STUDY, part("one"), "key-1")
    disk.syncs = disk.cuts = False
    with pytest.raises(Ambiguous):
        await adapter.send(STUDY, part("two"), "key-2")
    disk.syncs = disk.cuts = True
    await adapter.send(STUDY, part("three"), "key-3")
    await adapter.close()
    assert texts(tmp_path / "transcript.jsonl") == ["one", "three"]


# -- a process that dies, a loop that goes on ----------------------------------------------------

WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from adapters.port import Address
from adapters.terminal.messenger import SPACE, TerminalAdapter
from lessons.document import paragraph
from lessons.posts import Part
from tests.rigs.host import KeptHost

async def write(folder):
    adapter = TerminalAdapter(folder)
    await adapter.open(KeptHost())
    async def sends(who):
        for n in itertools.count():
            text = f"{who}-{n} " + "x" * 2000
            ref = await adapter.send(Address(SPACE, "study"), Part(paragraph(text), text), text)
            print(ref.id, text.split()[0], flush=True)
    await asyncio.gather(*map(sends, "abcd"))

asyncio.run(write(Path(sys.argv[1])))
"""


def test_every_acknowledged_message_survives_kill_9(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    ) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(60)]
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
    acknowledged = [line.split() for line in told if line.endswith("\n") and len(line.split()) == 2]
    assert len(acknowledged) >= 60

    transcript = opened(tmp_path / "transcript.jsonl")
    kept = {one.id: one.part.text.split()[0] for one in transcript.messages()}
    transcript.close()
    assert {name: kept.get(name) for name, _ in acknowledged} == dict(acknowledged)
    assert len(set(kept.values())) == len(kept)


async def test_a_slow_disk_does_not_hold_up_the_loop(tmp_path: Path, disk: Disk) -> None:
    adapter = TerminalAdapter(tmp_path)
    await adapter.open(KeptHost())
    free = threading.Event()
    disk.before_sync = lambda: free.wait(10)
    sending = asyncio.create_task(adapter.send(STUDY, part("one"), "key-1"))
    for _ in range(100):  # the loop turns, and reads, while the disk is busy
        await asyncio.sleep(0)
        assert await adapter.find(STUDY, "key-1", adapter._clock()) is None
        assert adapter.messages() == ()
    assert not sending.done()
    free.set()
    await sending
    assert [one.part.text for one in adapter.messages()] == ["one"]
    await adapter.close()
