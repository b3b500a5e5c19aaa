"""What happens to the database when its process is killed, ends carelessly or meets a limit.

Each story is a small program run as a child process on a file of the test's own.
Invariant: a child prints a number only after the database has acknowledged it.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.database import SCHEMA

ROOT = Path(__file__).parents[2]
PATIENCE_S = 20  # only ever waited for when something is broken

BEGIN = """
import asyncio, os, resource, sys
from pathlib import Path
from bot.store.database import Database
from bot.store.errors import DatabaseInUse, DiskFull
from tests.rigs.database import ADD, READ_ALL

def say(word):
    os.write(1, f"{word}\\n".encode())

def opening():
    return Database.open(Path(sys.argv[1]), Path(sys.argv[2]), now_ms=lambda: 0)

def add(database, number, text=""):
    return database.run(lambda t: t.run(ADD, id=number, text=text))
"""

WRITE_FOR_EVER = """
async def caller(database, number):
    while True:
        await add(database, number)
        say(number)
        number += 16

async def main():
    database = await opening()
    stored = await database.run(lambda t: len(t.all(READ_ALL)))
    first = 1_000_000 * int(sys.argv[3])
    await asyncio.gather(*(caller(database, first + n) for n in range(16)))

asyncio.run(main())
"""

NEVER_CLOSE = """
async def main():
    global database
    database = await opening()
    await add(database, 1)
    say(1)
    for number in range(2, 500):
        add(database, number)
    if sys.argv[3] == "raise":
        raise SystemExit(7)

asyncio.run(main())
"""

TRY_TO_OPEN = """
async def main():
    try:
        await opening()
    except DatabaseInUse as refusal:
        say(refusal)

asyncio.run(main())
"""

RUN_INTO_A_LIMIT = """
async def main():
    database = await opening()
    await add(database, 1)
    limit = os.stat(sys.argv[1] + "-wal").st_size + 30_000
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    refused = 0
    for first in range(10, 1_000, 10):
        calls = [add(database, first + n, "x" * 1_000) for n in range(10)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for n, answer in enumerate(answers):
            if answer == 1:
                say(first + n)
            else:
                assert isinstance(answer, DiskFull), repr(answer)
                refused += 1
        if refused >= 30:
            break
    assert refused >= 30
    rows = await database.run(lambda t: t.all(READ_ALL))
    assert rows[0]["id"] == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await add(database, 5_000, "x" * 100_000)
    say(5_000)
    await database.close()
    say(1)

asyncio.run(main())
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_notes.sql").write_text(SCHEMA)
    return tmp_path / "hall.sqlite3"


def start(story: str, path: Path, word: str = "") -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", BEGIN + story, path, path.parent / "migrations", word],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def tell(story: str, path: Path, word: str = "") -> tuple[int, list[str]]:
    """Run the story to its end; its exit code and what it said."""
    with start(story, path, word) as child:
        try:
            said, _ = child.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            raise
    return child.returncode, said.decode().splitlines()


def stored(path: Path) -> set[int]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {number for (number,) in connection.execute("SELECT id FROM note")}


def test_a_killed_process_keeps_every_acknowledged_write_and_frees_the_file(path: Path) -> None:
    acknowledged: set[int] = set()
    for life in range(1, 5):
        with start(WRITE_FOR_EVER, path, str(life)) as child:
            assert child.stdout is not None
            for _ in range(200):
                acknowledged.add(int(child.stdout.readline()))
            child.send_signal(signal.SIGKILL)
            whole = child.stdout.read().rpartition(b"\n")[0]
            acknowledged |= {int(line) for line in whole.split()}
        assert child.returncode == -signal.SIGKILL
    assert len(acknowledged) >= 800
    assert acknowledged <= stored(path)


@pytest.mark.parametrize(("ending", "code"), [("end", 0), ("raise", 7)])
def test_a_process_ends_though_its_database_was_never_closed(
    path: Path, ending: str, code: int
) -> None:
    assert tell(NEVER_CLOSE, path, ending) == (code, ["1"])
    assert 1 in stored(path)


def test_a_second_process_is_refused_with_the_way_out(path: Path) -> None:
    with start(WRITE_FOR_EVER, path, "1") as first:
        assert first.stdout is not None
        first.stdout.readline()
        code, said = tell(TRY_TO_OPEN, path)
        first.kill()
    assert code == 0
    assert "use PostgreSQL for several processes" in said[0]


def test_a_limit_of_the_file_system_is_a_full_disk_and_passes(path: Path) -> None:
    code, said = tell(RUN_INTO_A_LIMIT, path)
    assert code == 0
    assert stored(path) == {int(number) for number in said}
