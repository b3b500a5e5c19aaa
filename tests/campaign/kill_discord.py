"""kill -9 between send and settle, with lost replies and 5xx mixed in; then every post is counted.

Knows the service from outside: a process, its database file, and a Discord on loopback.
Invariant: what is counted is what the loopback Discord took in, POST by POST.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from adapters.port import mark_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from adapters.discord.messages import carries
    from tests.rigs.loopback_discord import LoopbackDiscord

from bot import ledger
from bot.delivery import Delivery
from bot.store import runs
from bot.store.database import Database
from lessons.actions import Join
from lessons.document import Document, Paragraph, Text
from lessons.posts import Control, OpenThread, Part, control
from lessons.runs import Run
from tests.rigs import hall

ROOT = Path(__file__).resolve().parents[2]
SPEED = 300.0
"""Five minutes a second: a lease ends within half a second, a nonce's window within one."""

SHARE = 0.2
PATIENCE_S = 240.0
KINDS = ("single", "parts", "thread", "forum")


@dataclass
class Unit:
    """What one slot plans: a few deliveries that belong together."""

    kind: str
    deliveries: list[Delivery]


@dataclass
class Books:
    """What was counted."""

    kills: int = 0
    after_window: int = 0
    units: Counter[str] = field(default_factory=Counter)
    posts: int = 0
    requests: int = 0
    faults: int = 0
    duplicates: int = 0
    asked: int = 0
    wrong: list[str] = field(default_factory=list)


def part(words: str, *controls: Control) -> Part:
    return Part(Document((Paragraph((Text(words),)),)), words, controls)


def units(run: Run, number: int, kind: str, due: datetime) -> Unit:
    """Deliveries of a kind: a message, several parts, a message with a thread, a forum post."""

    def row(purpose: str, content: Part | OpenThread, n: int = 0, after: str = "") -> Delivery:
        return Delivery(
            run.space, run.id, f"c{number}", "chapter", purpose, n, 1, content, run.channel,
            due, due, after=after or None,
        )  # fmt: skip

    join = control(run.space, "Join", Join(run.id))
    first = row("post", part(f"{kind} {number}", *((join,) if number % 2 else ())))
    if kind == "single":
        return Unit(kind, [first])
    if kind == "parts":
        more = [row("post", part(f"{kind} {number}.{n}"), n) for n in (1, 2)]
        return Unit(kind, [first, *more])
    deed = row("thread", OpenThread(f"talk {number}"), after=first.id)
    inside = row("opener", part(f"inside {number}"), after=deed.id)
    if kind == "thread":
        return Unit(kind, [first, deed, inside])
    second = row("post", part(f"{kind} {number}.1"), 1, after=deed.id)
    return Unit(kind, [first, deed, second, inside])


async def plan(home: Path, world: LoopbackDiscord, number: int, at: datetime) -> list[Unit]:
    """So many units of each kind, in channels of their own, so that several are under way."""
    guild = world.guild("Study circle")
    made: list[Unit] = []
    migrations = resources.files("bot.store") / "migrations"
    database = home / "studyhall.sqlite3"
    async with await Database.open(database, migrations, now_ms=lambda: 0) as db:
        for kind in KINDS:
            for lane in range(2):
                channel = world.channel(guild, f"{kind}-{lane}", 15 if kind == "forum" else 0)
                run = replace(hall.new_run(channel, f"discord:{guild}"), forum=kind == "forum")
                await db.run(lambda t, run=run: runs.insert_run(t, run))  # type: ignore[misc]
                for n in range(number):
                    unit = units(run, n, kind, at + timedelta(milliseconds=n))
                    made.append(unit)
                    rows = unit.deliveries
                    await db.run(lambda t, rows=rows: ledger.plan(t, rows))  # type: ignore[misc]
    return made


class Executioner:
    """Kills the process when a message is about to be made, or was just made."""

    def __init__(self, chance: random.Random, kills: int, books: Books) -> None:
        self.process: asyncio.subprocess.Process | None = None
        self._chance = chance
        self._kills = kills
        self._books = books
        self.killed = asyncio.Event()

    def heard(self, path: str, made: bool) -> None:
        running = self.process is not None and self.process.returncode is None
        if self._books.kills >= self._kills or not running or self.killed.is_set():
            return
        if self._chance.random() < (0.25 if made else 0.03):
            assert self.process is not None
            os.kill(self.process.pid, signal.SIGKILL)
            self._books.kills += 1
            self.killed.set()


async def play(home: Path, kills: int, seed: int, number: int, *, blind: bool = False) -> Books:
    """Post everything, while it is killed again and again; then count."""
    books = Books()
    chance = random.Random(seed)
    await asyncio.to_thread(home.mkdir)
    begun = time.time()
    async with LoopbackDiscord(lambda: begun + (time.time() - begun) * SPEED) as world:
        planned = await plan(home, world, number, datetime.fromtimestamp(begun, UTC))
        books.units.update(unit.kind for unit in planned)
        world.plan.share, world.plan.chance = SHARE, random.Random(seed + 1)
        executioner = Executioner(chance, kills, books)
        world.heard = executioner.heard
        until = time.monotonic() + PATIENCE_S + 4 * kills
        while time.monotonic() < until and _open(home):
            # The nonce's window is over for every second start: then only looking helps.
            inside = books.kills % 2 == 0
            world.nonce_window_s = 3600.0 if inside else 0.0
            executioner.killed.clear()
            fault = ("blind",) if blind else ()
            await _live(home, world, begun, executioner, until, fault)
            books.after_window += executioner.killed.is_set() and inside
        count(home, world, planned, books)
    return books


async def _live(
    home: Path,
    world: LoopbackDiscord,
    begun: float,
    executioner: Executioner,
    until: float,
    fault: tuple[str, ...],
) -> None:
    """One life of the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.campaign.discord_process",
        world.base, str(home), str(begun), str(SPEED), *fault,
        cwd=ROOT, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    executioner.process = process
    try:
        while process.returncode is None and time.monotonic() < until:
            await asyncio.sleep(0.05)
            if not executioner.killed.is_set() and not _open(home):
                break
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _open(home: Path) -> int:
    """How many deliveries are not over."""
    wanted = "SELECT COUNT(*) FROM delivery WHERE state IN ('pending', 'sending')"
    with closing(sqlite3.connect(home / "studyhall.sqlite3", timeout=20)) as db:
        return int(db.execute(wanted).fetchone()[0])


def count(home: Path, world: LoopbackDiscord, planned: list[Unit], books: Books) -> None:
    """Every message there once; every POST that came after the one that made it is a duplicate."""
    with closing(sqlite3.connect(home / "studyhall.sqlite3")) as db:
        states = dict(db.execute("SELECT delivery, state FROM delivery").fetchall())
    books.wrong += world.complaints()
    everything = [m for messages in world.messages.values() for m in messages]
    books.requests = len(world.made)
    books.faults = sum(made.status == 0 or made.status >= 429 for made in world.made)
    for unit in planned:
        for delivery in unit.deliveries:
            there, repeated = _fate(world, delivery, everything)
            books.posts += there
            books.duplicates += repeated
            state = states[delivery.id]
            what = f"{unit.kind} {delivery.purpose} {delivery.chapter}.{delivery.part}"
            if state == "uncertain":
                books.asked += 1
            elif state != "sent":
                books.wrong.append(f"{state}: {what}")
            if there > 1 or (there < 1 and state == "sent"):
                books.wrong.append(f"{there} times: {what}")


def _fate(
    world: LoopbackDiscord, delivery: Delivery, everything: list[dict[str, Any]]
) -> tuple[int, int]:
    """How often it is there, and how many POSTs came after it was."""
    if isinstance(delivery.content, OpenThread):
        named = [c for c in world.channels.values() if c.get("name") == delivery.content.name]
        inside = [c for c in named if c["parent_id"] == delivery.channel]
        if world.channels[delivery.channel]["type"] == 15:
            return 1, 0  # the forum post is the thread
        sent = [
            made.made
            for made in world.made
            if made.body.get("name") == delivery.content.name and delivery.channel in made.path
        ]
        return len(inside), _after_first(sent)
    mark = mark_of(delivery.id)
    there = sum(carries(message, mark) for message in everything)
    sent = [m.made for m in world.made if carries(_message_in(m.body), mark)]
    return there, _after_first(sent)


def _message_in(body: Mapping[str, Any]) -> dict[str, Any]:
    message = body.get("message", body)
    return {"attachments": [], "components": message.get("components", [])}


def _after_first(made: list[bool]) -> int:
    return len(made) - made.index(True) - 1 if True in made else 0


def closing_line(books: Books, seed: int) -> str:
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(books.units.items()))
    told = (
        f"{books.kills} kills ({books.after_window} with the nonce's window over at the next"
        f" start), {books.faults} faults in {books.requests} POSTs; {kinds}: {books.posts}"
        f" messages and threads, each exactly once, {books.duplicates} duplicate POSTs,"
        f" {books.asked} asked (--seed {seed})"
    )
    return f"WRONG: {'; '.join(books.wrong[:5])} | {told}" if books.wrong else told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--number", type=int, default=20, help="units of each kind and channel")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        books = asyncio.run(play(Path(folder) / "home", given.kills, given.seed, given.number))
    sys.stdout.write(closing_line(books, given.seed) + "\n")
    return 1 if books.wrong or books.kills < given.kills else 0


if __name__ == "__main__":
    sys.exit(main())
