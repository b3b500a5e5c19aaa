"""How many answers a second the store takes, and how long the slowest wait: `make bench`.

Knows no lesson: an answer is two reads, one insert and one update on tables of its own.
Invariant: all three ways run the same statements, PRAGMAs and one transaction per answer.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, Protocol

import aiosqlite
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from bot.store.database import Database, Transaction
from bot.store.sql import Query

CALLERS = (1, 64, 1_024)
MEMBERS = 1_024

SCHEMA = """
CREATE TABLE IF NOT EXISTS variant (
    space TEXT NOT NULL, variant TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (space, variant)
) STRICT;
CREATE TABLE IF NOT EXISTS attempt (
    space TEXT NOT NULL, variant TEXT NOT NULL, number INTEGER NOT NULL,
    answer TEXT NOT NULL, score REAL NOT NULL, answered_at_ms INTEGER NOT NULL,
    PRIMARY KEY (space, variant, number),
    FOREIGN KEY (space, variant) REFERENCES variant (space, variant)
) STRICT;
CREATE TABLE IF NOT EXISTS progress (
    space TEXT NOT NULL, member TEXT NOT NULL, tries INTEGER NOT NULL, seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (space, member)
) STRICT;
"""

READ_VARIANT = Query(
    "read_variant",
    "SELECT body FROM variant WHERE space = :space AND variant = :variant",
    "The stored key decides whether the answer is right.",
)
READ_PROGRESS = Query(
    "read_progress",
    "SELECT tries FROM progress WHERE space = :space AND member = :member",
    "The next step depends on how far the member is.",
)
ADD_ATTEMPT = Query(
    "add_attempt",
    "INSERT INTO attempt (space, variant, number, answer, score, answered_at_ms)"
    " VALUES (:space, :variant, :number, :answer, :score, :now_ms)",
    "Every try is kept.",
)
SAVE_PROGRESS = Query(
    "save_progress",
    "UPDATE progress SET tries = :tries, seen_at_ms = :now_ms"
    " WHERE space = :space AND member = :member",
    "The step's result.",
)
FILL_VARIANT = Query(
    "fill_variant", "INSERT INTO variant VALUES (:space, :variant, :body)", "Something to answer."
)
FILL_PROGRESS = Query(
    "fill_progress", "INSERT INTO progress VALUES (:space, :member, 0, 0)", "Someone to answer."
)
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    f"PRAGMA journal_size_limit = {64 * 1024 * 1024}",
)
SPACE = "bench:1"
BODY = '{"prompt": "' + "What is the first loss? " * 20 + '", "key": 1.0986}'


class Way(Protocol):
    """One way to store answers."""

    async def answer(self, member: str) -> None: ...
    async def close(self) -> None: ...


class Store:
    """Studyhall's own: functions on the database's thread, many to a commit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, path: Path) -> Store:
        folder = path.parent / f"{path.stem}-migrations"
        folder.mkdir(exist_ok=True)
        (folder / "0001_bench.sql").write_text(SCHEMA)
        return cls(await Database.open(path, folder, now_ms=lambda: 0))

    async def answer(self, member: str) -> None:
        def step(t: Transaction) -> None:
            t.one(READ_VARIANT, space=SPACE, variant=member)
            row = t.one(READ_PROGRESS, space=SPACE, member=member)
            assert row is not None
            tries = row["tries"] + 1
            t.run(
                ADD_ATTEMPT,
                space=SPACE,
                variant=member,
                number=tries,
                answer="1.1",
                score=1.0,
                now_ms=tries,
            )
            t.run(SAVE_PROGRESS, space=SPACE, member=member, tries=tries, now_ms=tries)

        await self._database.run(step)

    async def close(self) -> None:
        await self._database.close()


def _file(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def _values(member: str, tries: int) -> dict[str, str | int | float]:
    return {
        "space": SPACE,
        "variant": member,
        "member": member,
        "number": tries,
        "tries": tries,
        "answer": "1.1",
        "score": 1.0,
        "now_ms": tries,
    }


class Stdlib:
    """sqlite3 called straight from the event loop, one commit per answer."""

    def __init__(self, path: Path) -> None:
        self._connection = _file(path)
        self._connection.executescript(SCHEMA)

    async def answer(self, member: str) -> None:
        await asyncio.sleep(0)  # stand in line behind the other callers, as the other ways do
        execute = self._connection.execute
        key = {"space": SPACE, "variant": member, "member": member}
        execute("BEGIN IMMEDIATE")
        execute(READ_VARIANT.text, key).fetchone()
        tries = execute(READ_PROGRESS.text, key).fetchone()[0] + 1
        values = _values(member, tries)
        execute(ADD_ATTEMPT.text, values)
        execute(SAVE_PROGRESS.text, values)
        execute("COMMIT")

    async def close(self) -> None:
        self._connection.close()


class AwaitEach:
    """aiosqlite as its README shows it; a lock keeps the callers' transactions apart."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> AwaitEach:
        connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=512)
        for pragma in PRAGMAS:
            await connection.execute(pragma)
        await connection.executescript(SCHEMA)
        return cls(connection)

    async def answer(self, member: str) -> None:
        execute = self._connection.execute
        key = {"space": SPACE, "variant": member, "member": member}
        async with self._lock:
            await execute("BEGIN IMMEDIATE")
            await self._connection.execute_fetchall(READ_VARIANT.text, key)
            rows = list(await self._connection.execute_fetchall(READ_PROGRESS.text, key))
            tries = rows[0][0] + 1
            values = _values(member, tries)
            await execute(ADD_ATTEMPT.text, values)
            await execute(SAVE_PROGRESS.text, values)
            await execute("COMMIT")

    async def close(self) -> None:
        await self._connection.close()


async def _open_stdlib(path: Path) -> Stdlib:
    return Stdlib(path)


WAYS: dict[str, Callable[[Path], Awaitable[Way]]] = {
    "store": Store.open,
    "sqlite3, commit each": _open_stdlib,
    "aiosqlite, await each": AwaitEach.open,
}


class Measured(NamedTuple):
    """One cell of one round."""

    per_s: float
    p99_ms: float


async def measure(way: Way, callers: int, seconds: float) -> Measured:
    """Have `callers` answer as fast as they are let for `seconds`, each waiting for its answer."""
    waits: list[float] = []
    begun = time.perf_counter()
    until = begun + seconds

    async def member(number: int) -> None:
        name = f"member-{number}"
        while (asked := time.perf_counter()) < until:
            await way.answer(name)
            waits.append(time.perf_counter() - asked)

    await asyncio.gather(*(member(number) for number in range(callers)))
    spent = time.perf_counter() - begun
    p99 = sorted(waits)[int(len(waits) * 0.99)]
    return Measured(len(waits) / spent, p99 * 1_000)


def _fill(path: Path) -> None:
    connection = sqlite3.connect(path)
    people = [{"space": SPACE, "variant": f"member-{n}", "body": BODY} for n in range(MEMBERS)]
    with connection:
        connection.executemany(FILL_VARIANT.text, people)
        connection.executemany(
            FILL_PROGRESS.text, [{"space": SPACE, "member": who["variant"]} for who in people]
        )
    connection.close()


async def bench(folder: Path, rounds: int, seconds: float) -> dict[tuple[str, int], list[Measured]]:
    """Every way at every number of callers, `rounds` times, taking turns at who goes first."""
    ways: dict[str, Way] = {}
    for number, (name, opening) in enumerate(WAYS.items()):
        path = folder / f"way-{number}.sqlite3"
        await (await opening(path)).close()  # makes the tables
        _fill(path)  # while no other connection writes
        ways[name] = await opening(path)
    results: dict[tuple[str, int], list[Measured]] = {}
    names = list(ways)
    for turn in range(rounds):
        order = names[turn % len(names) :] + names[: turn % len(names)]
        for callers in CALLERS:
            for name in order:
                measured = await measure(ways[name], callers, seconds)
                results.setdefault((name, callers), []).append(measured)
    for way in ways.values():
        await way.close()
    return results


def report(results: dict[tuple[str, int], list[Measured]], rounds: int, seconds: float) -> Table:
    """Medians over the rounds, and how many times the store is faster than the others."""
    table = Table(
        title=f"Answers through the store, medians of {rounds} rounds of {seconds:g} s", box=SIMPLE
    )
    table.add_column("callers", no_wrap=True)
    for callers in CALLERS:
        table.add_column(f"{callers:,}\nper s", justify="right", no_wrap=True)
        table.add_column("\np99 ms", justify="right", no_wrap=True)
    rate = {cell: statistics.median(m.per_s for m in ms) for cell, ms in results.items()}
    wait = {cell: statistics.median(m.p99_ms for m in ms) for cell, ms in results.items()}
    for name in WAYS:
        cells = [(f"{rate[name, n]:,.0f}", f"{wait[name, n]:,.1f}") for n in CALLERS]
        table.add_row(name, *(text for cell in cells for text in cell))
    table.add_section()
    for name in list(WAYS)[1:]:
        ratios = [(f"x {rate['store', n] / rate[name, n]:.1f}", "") for n in CALLERS]
        table.add_row(f"store : {name}", *(text for cell in ratios for text in cell))
    return table


def main() -> None:
    """Print the table; takes about `rounds` x 9 x `seconds`."""
    parser = argparse.ArgumentParser(description="Answers per second through the store.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    parser.add_argument("--folder", type=Path, help="where to put the files (a real disk)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        results = asyncio.run(bench(Path(folder), asked.rounds, asked.seconds))
    Console(width=100).print(report(results, asked.rounds, asked.seconds))


if __name__ == "__main__":
    main()
