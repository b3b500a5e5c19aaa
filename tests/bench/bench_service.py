"""Measures answers per second through the whole of `service.handle`: want, key, verdict, reply.

Knows the service from outside: actions in, replies out, a real file, no platform.
Invariant: every reply is a verdict on a new try, so nothing is measured that was answered before.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bot.library import Library
from bot.pictures import Pictures
from bot.planning import Planner
from bot.service import Service
from bot.starting import Defaults
from bot.store import challenges, content, members, runs
from bot.store.database import Database, Transaction
from bot.store.members import Place
from bot.workshop import Workshop
from lessons.actions import Action, Submitted, Try
from lessons.document import plain
from lessons.generators import pose, seed_of
from lessons.posts import control
from lessons.progress import Enrolment
from lessons.runs import Run, Status
from lessons.timetable import Weekday, default_timetable

CALLERS = (1, 64, 1_024)
SPACE = "bench:hall"
CHALLENGE = "first-loss"
NOW = datetime(2026, 9, 28, 15, tzinfo=UTC)
ANSWERS = ("0.5", "12", "3,25", "0.1", "7.75", "1,0", "42")
MOST_TRIES = {1: 3_000, 64: 300, 1_024: 24}
"""Buttons are made before the measurement; a member who has pressed all of theirs stops."""


class Measured(NamedTuple):
    """One cell of one round."""

    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(slots=True)
class Member:
    """One caller: their own variant, and how many tries they have made."""

    name: str
    variant: str
    tries: int = 0
    shown: int = 0

    def next_buttons(self, most: int) -> list[Try]:
        """The buttons of the tries to come that were not shown yet."""
        first, self.shown = self.shown, max(self.shown, self.tries + most)
        return [Try(self.variant, number + 1) for number in range(first, self.shown)]


class Hall:
    """A service on a file, with a chapter out and a variant posed to everybody."""

    def __init__(self, service: Service, members: list[Member]) -> None:
        self.service = service
        self.members = members

    async def show_buttons(self, callers: int) -> None:
        """What members would have pressed their way to; it is not measured."""
        wants = [w for m in self.members[:callers] for w in m.next_buttons(MOST_TRIES[callers])]
        for begin in range(0, len(wants), 2_000):
            some = [control(SPACE, "Send", want) for want in wants[begin : begin + 2_000]]
            await self.service.db.run(lambda t, some=some: content.save_controls(t, SPACE, some))  # type: ignore[misc]

    async def answer(self, member: Member) -> None:
        """The next try of a member, mostly wrong, graded and answered."""
        member.tries += 1
        given = ANSWERS[member.tries % len(ANSWERS)]
        button = control(SPACE, "Send", Try(member.variant, member.tries)).id
        what = Submitted(button, {"number": given})
        action = Action("1", SPACE, "study", member.name, False, "en", NOW, what)
        async for reply in self.service.handle(action):
            assert reply.post is not None
            assert len(reply.post.controls) >= 2, plain(reply.post.document)


async def furnish(db: Database, workshop: Workshop, folder: Path, number: int) -> Hall:
    """A run whose first chapter is out, and `number` members with the challenge before them."""
    library = Library()
    await asyncio.to_thread(library.load)
    series = next(iter(library.series.values()))
    planner = Planner(lambda: library.series, lambda space: lambda document: True)
    service = Service(
        db=db,
        workshop=workshop,
        pictures=Pictures(folder / "pictures", workshop),
        planner=planner,
        series=lambda: library.series,
        image_file=library.picture,
        adapters={},
        clock=lambda: NOW,
        defaults=Defaults(),
    )
    chapter = series.chapters[0]
    run = Run(
        space=SPACE,
        id="bench",
        series=series.slug,
        content_hash=series.content_hash,
        channel="study",
        zone="UTC",
        timetable=default_timetable(Weekday.MONDAY, 17, 0),
        by_hand=False,
        status=Status.ACTIVE,
        chapters=(chapter.slug,),
        position=1,
        current=chapter.slug,
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mia",
        started_at=NOW,
    )
    place = Place(SPACE, run.id, chapter.slug)
    spec = chapter.challenge(CHALLENGE)
    assert spec is not None
    posed = [pose(spec, seed_of(run.id, chapter.slug, CHALLENGE, "", n)) for n in range(32)]
    people = [f"member-{n}" for n in range(number)]

    def fill(t: Transaction) -> None:
        runs.insert_run(t, run)
        runs.plan_lesson(t, run, chapter.slug, chapter.number)
        runs.lesson_posted(t, SPACE, run.id, chapter.slug, NOW)
        for n, who in enumerate(people):
            members.save_enrolment(t, SPACE, run.id, Enrolment(who, NOW))
            # The body differs from member to member, as it does with numbers of their own.
            mine = msgspec.structs.replace(posed[n % len(posed)], seed=n)
            challenges.insert_variant(t, place, CHALLENGE, who, 1, mine, NOW)

    await db.run(fill)
    return Hall(
        service, [Member(who, challenges.variant_id(place, CHALLENGE, who, 1)) for who in people]
    )


async def measure(hall: Hall, callers: int, seconds: float) -> Measured:
    """Have `callers` answer as fast as they are let for `seconds`, each waiting for the reply."""
    await hall.show_buttons(callers)
    waits: list[float] = []
    begun = time.perf_counter()
    until = begun + seconds

    async def answering(member: Member) -> None:
        while member.tries < member.shown and (asked := time.perf_counter()) < until:
            await hall.answer(member)
            waits.append(time.perf_counter() - asked)

    await asyncio.gather(*(answering(member) for member in hall.members[:callers]))
    spent = time.perf_counter() - begun
    waits.sort()
    middle, late = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return Measured(len(waits) / spent, middle * 1_000, late * 1_000)


async def bench(folder: Path, rounds: int, seconds: float) -> dict[int, list[Measured]]:
    """Every number of callers, `rounds` times, taking turns at which goes first."""
    results: dict[int, list[Measured]] = {callers: [] for callers in CALLERS}
    workshop = Workshop()
    migrations = resources.files("bot.store") / "migrations"
    async with await Database.open(folder / "hall.sqlite3", migrations, now_ms=lambda: 0) as db:
        hall = await furnish(db, workshop, folder, max(CALLERS))
        for turn in range(rounds):
            start = turn % len(CALLERS)
            for callers in CALLERS[start:] + CALLERS[:start]:
                results[callers].append(await measure(hall, callers, seconds))
    await workshop.close()
    return results


def report(results: dict[int, list[Measured]], rounds: int, seconds: float) -> Table:
    """Medians over the rounds."""
    title = f"Answers through the whole service, medians of {rounds} rounds of {seconds:g} s"
    table = Table(title=title)
    for heading in ("callers", "per s", "p50 ms", "p99 ms"):
        table.add_column(heading, justify="right", no_wrap=True)
    for callers, measured in results.items():
        rate, middle, late = (statistics.median(column) for column in zip(*measured, strict=True))
        table.add_row(f"{callers:,}", f"{rate:,.0f}", f"{middle:,.1f}", f"{late:,.1f}")
    return table


def main() -> None:
    """Print the table; takes about `rounds` x 3 x `seconds`, and some seconds of preparation."""
    parser = argparse.ArgumentParser(description="Answers per second through the whole service.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    parser.add_argument("--folder", type=Path, help="where to put the file (a real disk)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        results = asyncio.run(bench(Path(folder), asked.rounds, asked.seconds))
    Console().print(report(results, asked.rounds, asked.seconds))


if __name__ == "__main__":
    main()
