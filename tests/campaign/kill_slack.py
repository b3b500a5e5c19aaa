"""kill -9 between send and settle, with lost replies, 5xx and 429 mixed in; then every post is
counted: in a workspace whose history the app may read, and in one where a person has to look.

Knows the service from outside: a process, its database file, and a Slack on loopback.
Invariant: what is counted are the messages in that Slack, by the mark that they carry.
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
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from adapters.port import mark_of
from adapters.slack import controls
from lessons.actions import Settle
from tests.campaign.slack_stage import Stage, plan, times
from tests.rigs.loopback_slack import LoopbackSlack
from tests.rigs.loopback_slack_blocks import elements
from tests.rigs.loopback_slack_faults import Fault, Request, What
from tests.rigs.loopback_slack_things import Message, View
from tests.rigs.loopback_slack_world import TRIGGER_S

ROOT = Path(__file__).resolve().parents[2]
SPEED = 300.0
"""Five minutes a second: a lease ends within half a second."""

SHARE = 0.2
COME_BACK_S = 20.0
PATIENCE_S = 240.0
QUIET_S = 3.0
ANSWER_S = 2.0
LOOK_S = 0.05
READS = r"conversations\.(history|replies)"
TROUBLES: tuple[What, ...] = ("429", "503", "lost")

STARTED = "SELECT COUNT(*) FROM delivery WHERE state IN ('pending', 'sending')"
DOUBTED = " OR (state = 'uncertain' AND member = '')"


@dataclass
class Books:
    """What was counted. `reads`: the app may read the workspace's history."""

    reads: bool
    kills: int = 0
    elsewhere: int = 0
    units: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    faults: int = 0
    once: int = 0
    duplicates: int = 0
    missing: int = 0
    uncertain: int = 0
    asked: int = 0
    unasked: int = 0
    """Doubts whose letter was lost too: the moderator found them in the status."""
    words: Counter[str] = field(default_factory=Counter)
    """What a moderator answered."""
    wrong: list[str] = field(default_factory=list)


# -- who kills, and who looks ---------------------------------------------------------------------


class Executioner:
    """Kills the process when a message is about to be made, was just made, or at any moment."""

    def __init__(self, chance: random.Random, kills: int, books: Books) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._chance = chance
        self._kills = kills
        self._books = books
        self._at = 0.0
        self.killed = asyncio.Event()

    def follow(self, process: asyncio.subprocess.Process) -> None:
        """From now on this one; every fourth is killed at a moment that nothing marks."""
        self.killed.clear()
        self._process = process
        at_random = self._chance.random() < 0.25
        self._at = time.monotonic() + self._chance.uniform(0.5, 4.0) if at_random else 0.0

    def heard(self, request: Request) -> None:
        """A message is about to be made, or (`done`) was."""
        if self._chance.random() < (0.25 if request.done else 0.03):
            self._kill()

    def looks_at_the_clock(self) -> None:
        if self._at and time.monotonic() > self._at and self._kill():
            self._books.elsewhere += 1

    def _kill(self) -> bool:
        process = self._process
        if process is None or process.returncode is not None or self.killed.is_set():
            return False
        if self._books.kills >= self._kills:
            return False
        os.kill(process.pid, signal.SIGKILL)
        self._books.kills += 1
        self.killed.set()
        return True


class Moderator:
    """Reads what she is asked in private, looks into the channel, and says what she saw there.

    If no letter comes for a while she asks how her series are: a letter may be lost as well.
    """

    def __init__(self, stage: Stage, books: Books) -> None:
        self._stage = stage
        self._books = books
        self._inbox = stage.world.dm(stage.mia)
        self._letters: dict[str, str] = {}
        """By timestamp, of every letter that asks: the delivery."""
        self._said: dict[str, tuple[str, str]] = {}
        """By timestamp, or by window: the delivery that she was asked about, and her word."""

    async def work(self) -> None:
        """Answer whatever asks, one after the other, for ever."""
        quiet_since = time.monotonic()
        while True:
            for letter in self._letters_that_ask():
                quiet_since = time.monotonic()
                await self._answer(letter)
            if time.monotonic() - quiet_since > QUIET_S:
                await self._asks_herself()
                quiet_since = time.monotonic()
            await asyncio.sleep(LOOK_S)

    async def _asks_herself(self) -> None:
        world, mia = self._stage.world, self._stage.mia
        for channel in [one.id for one in world.channels.values() if one.kind != "im"]:
            if not world.line.connections:
                return
            await world.people.command(mia, channel, "/series status")
            await _soon(lambda: bool((window := world.modal(mia)) and window.labels))
            if window := world.modal(mia):
                await self._answer(window)
                await world.people.close(mia, window)

    def _letters_that_ask(self) -> list[Message]:
        """What waits for her word."""
        there = self._stage.world.messages(self._inbox)
        found = [letter for letter in there if self._wants(letter)]
        for letter in found:
            self._letters[letter.ts] = next(iter(self._wants(letter).values())).delivery
        return found

    def _wants(self, where: Message | View) -> dict[str, Settle]:
        """By button, what she can say in answer to it."""
        pressed = [str(one.get("action_id", "")) for _, one in elements(where.blocks)]
        read = {action_id: controls.read(action_id) for action_id in pressed}
        known = {action_id: press.control for action_id, press in read.items() if press}
        asked = self._stage.asked
        return {action_id: asked[name] for action_id, name in known.items() if name in asked}

    async def _answer(self, where: Message | View) -> None:
        wants = self._wants(where)
        if not wants or not self._stage.world.line.connections:
            return
        delivery = next(iter(wants.values())).delivery
        there = times(self._stage.world, delivery) > 0
        action_id = next(button for button, want in wants.items() if want.there is there)
        ack = await self._stage.world.people.press(self._stage.mia, where, action_id)
        if not ack.ok:
            return
        # Pressed again if a kill swallowed the answer; what counts is what she said first.
        name = where.id if isinstance(where, View) else where.ts
        self._said.setdefault(name, (delivery, "there" if there else "again"))
        await _soon(lambda: not self._wants(where))

    def close(self) -> None:
        """Add up what she was asked and what she said; one doubt is asked about once."""
        self._books.asked = len(self._letters)
        self._books.words.update(word for _, word in self._said.values())
        self._books.unasked = len(self._said.keys() - self._letters.keys())
        again = Counter(delivery for delivery, word in self._said.values() if word == "again")
        for delivery, letters in Counter(self._letters.values()).items():
            if letters > 1 + again[delivery]:
                self._books.wrong.append(f"{letters} letters ask about {delivery}")


async def _soon(happened: Callable[[], bool]) -> None:
    """Wait for it, but not for ever: a kill may have come between."""
    for _ in range(round(ANSWER_S / LOOK_S)):
        if happened():
            break
        await asyncio.sleep(LOOK_S)


# -- the campaign ---------------------------------------------------------------------------------


async def play(
    home: Path, kills: int, seed: int, number: int, *, reads: bool, fault: str = "", lost: int = 0
) -> Books:
    """Post everything, while it is killed again and again; then count.

    The first `lost` posts are made and get no answer, whatever chance says.
    """
    books = Books(reads)
    chance = random.Random(seed)
    await asyncio.to_thread(home.mkdir)
    begun = time.time()
    async with LoopbackSlack(lambda: begun + (time.time() - begun) * SPEED) as world:
        stage = await plan(home, world, number, datetime.fromtimestamp(begun, UTC), reads)
        books.units.update(one.kind for one in stage.units)
        world.posts_per_s = 1.0
        world.trigger_s = TRIGGER_S * SPEED  # people are as slow as ever
        world.plan.share, world.plan.chance = SHARE, random.Random(seed + 1)
        world.plan.after_s = COME_BACK_S
        if lost:
            world.plan.faults.append(Fault("lost", done=True, times=lost))
        executioner = Executioner(chance, kills, books)
        world.heard = executioner.heard
        moderator = Moderator(stage, books)
        until = time.monotonic() + PATIENCE_S + 30 * kills
        looking = asyncio.create_task(moderator.work())
        while time.monotonic() < until and not over(home):
            # Some apps may read once a minute; and reading, too, goes wrong now and then.
            world.reads_per_min = books.kills % 2
            if reads and not world.plan.faults:
                world.plan.faults.append(Fault(chance.choice(TROUBLES), READS, after_s=30))
            await _live(home, world, stage, begun, executioner, until, fault)
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        moderator.close()
        count(home, stage, books)
    return books


async def _live(
    home: Path,
    world: LoopbackSlack,
    stage: Stage,
    begun: float,
    executioner: Executioner,
    until: float,
    fault: str,
) -> None:
    """One life of the process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "ignore", "-m", "tests.campaign.slack_process",
        world.api, world.app_token, world.token(stage.team), str(home), str(begun), str(SPEED),
        *filter(None, [fault]),
        cwd=ROOT, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    executioner.follow(process)
    try:
        while process.returncode is None and time.monotonic() < until:
            await asyncio.sleep(LOOK_S)
            executioner.looks_at_the_clock()
            if not executioner.killed.is_set() and over(home):
                break
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def over(home: Path) -> bool:
    """Whether nothing is to be posted any more, and nobody has to say anything."""
    with closing(sqlite3.connect(home / "studyhall.sqlite3", timeout=20)) as db:
        return not db.execute(STARTED + DOUBTED).fetchone()[0]


# -- counting -------------------------------------------------------------------------------------


def count(home: Path, stage: Stage, books: Books) -> None:
    """Every message of the ledger, letters to the moderator included, against what is there."""
    with closing(sqlite3.connect(home / "studyhall.sqlite3")) as db:
        rows = db.execute("SELECT delivery, kind, purpose, member, state FROM delivery").fetchall()
    world = stage.world
    books.wrong += world.complaints
    posts = world.calls("chat.postMessage")
    books.requests = len(posts)
    books.faults = sum(one.status != 200 for one in posts)
    for delivery, kind, purpose, member, state in rows:
        what = f"{purpose} of {member or 'the channel'} ({delivery}, {state})"
        if kind == "deed":
            fine = state == "sent" or (state == "skipped" and not books.reads)
            books.wrong += [] if fine else [f"not done: {what}"]
            continue
        there = times(world, delivery)
        books.once += there == 1
        books.duplicates += max(there - 1, 0)
        books.uncertain += state == "uncertain"
        if there > 1:
            books.wrong.append(f"{there} times: {what}")
        if not there and state != "uncertain":
            books.missing += 1
            books.wrong.append(f"missing: {what}")
        # Nobody is asked about a letter; about anything else, somebody was, and has said.
        if state not in ("sent", "uncertain") or (state == "uncertain" and not member):
            books.wrong.append(f"not settled: {what}")
        if state == "uncertain" and books.reads:
            books.wrong.append(f"in doubt, though it could be looked for: {what}")
    if books.reads and books.asked + books.unasked:
        books.wrong.append(f"{books.asked + books.unasked} asked, though it could be looked for")
    strangers = _marks(world) - {mark_of(row[0]) for row in rows}
    books.wrong += [f"posted without being planned: {mark}" for mark in strangers]


def _marks(world: LoopbackSlack) -> set[str]:
    everything = [message for posts in world.posts.values() for message in posts]
    return {str(one.metadata["event_payload"]["id"]) for one in everything if one.metadata}


def told(books: Books) -> str:
    """What one workspace has seen."""
    kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(books.units.items()))
    where = "history can be read" if books.reads else "history can't be read"
    line = (
        f"{where}: {books.kills} kills ({books.elsewhere} elsewhere than at a post),"
        f" {books.faults} faults in {books.requests} posts; {kinds}: {books.once} messages there"
        f" exactly once, {books.duplicates} duplicates, {books.missing} missing"
    )
    if books.reads:
        return f"{line}, {books.asked} asked"
    return (
        f"{line}; {books.asked} letters asked and {books.unasked} doubts were found in the status:"
        f" {books.words['there']} were there, {books.words['again']} posted again, nobody was asked"
        f" twice; {books.uncertain} letters in doubt"
    )


def closing_line(both: list[Books], seed: int) -> str:
    wrong = [one for books in both for one in books.wrong]
    line = " | ".join(map(told, both)) + f" (--seed {seed})"
    return f"WRONG: {'; '.join(wrong[:5])} | {line}" if wrong else line


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="in each of the two workspaces")
    parser.add_argument("--number", type=int, default=20, help="units of each kind and channel")
    parser.add_argument("--seed", type=int, default=random.randrange(10_000))
    given = parser.parse_args()
    both: list[Books] = []
    with tempfile.TemporaryDirectory() as folder:
        for reads in (True, False):
            home = Path(folder) / f"home-{reads}"
            playing = play(home, given.kills, given.seed, given.number, reads=reads)
            both.append(asyncio.run(playing))
    sys.stdout.write(closing_line(both, given.seed) + "\n")
    return 1 if any(books.wrong or books.kills < given.kills for books in both) else 0


if __name__ == "__main__":
    sys.exit(main())
