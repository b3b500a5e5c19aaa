"""A small hall for the ledger's tests: a database with a run, a clock with hands, deliveries.

Knows the store and the ledger, no platform.
Invariant: time passes only when a test says so.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

from bot import ledger
from bot.delivery import Claimed, Delivery, Entry, Outcome, Refused
from bot.store import runs
from bot.store.database import Database, Transaction
from lessons import runs as steps
from lessons.document import Document, Paragraph, Text
from lessons.posts import Deed, OpenThread, Part, Pin
from lessons.runs import Run, Status
from lessons.timetable import Beat, SlotRule, Timetable, Weekday

MONDAY = datetime(2026, 9, 7, 17, tzinfo=UTC)
SPACE = "flaky:hall"
WEEKLY = Timetable((SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0),))


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        """So much time passes: `passes(minutes=5)`."""
        self.at += timedelta(**time)


@dataclass(slots=True)
class Witness:
    """What a service does on hearing what became of a delivery: notes it, blocks a refused run."""

    heard: list[tuple[str, Outcome]] = field(default_factory=list)

    def __call__(self, t: Transaction, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
        self.heard.append((claimed.delivery.id, outcome))
        if isinstance(outcome, Refused):
            run = run_of(t, claimed.delivery.run)
            runs.save_run(t, steps.block(run).run)

    def outcomes(self, kind: type) -> list[Outcome]:
        """What was heard of one kind, in order."""
        return [outcome for _, outcome in self.heard if isinstance(outcome, kind)]


@asynccontextmanager
async def hall(folder: Path, *names: str) -> AsyncIterator[Database]:
    """A database with one active run per name, each in the channel of that name."""
    migrations = resources.files("bot.store") / "migrations"
    async with await Database.open(folder / "hall.db", migrations, now_ms=lambda: 0) as db:
        for name in names:
            await db.run(lambda t, name=name: runs.insert_run(t, new_run(name)))  # type: ignore[misc]
        yield db


def new_run(name: str, space: str = SPACE) -> Run:
    """An active run called `name` in the channel `name`."""
    return Run(
        space=space,
        id=name,
        series="eye",
        content_hash="",
        channel=name,
        zone="UTC",
        timetable=WEEKLY,
        by_hand=False,
        status=Status.ACTIVE,
        chapters=("first",),
        position=0,
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mia",
        started_at=MONDAY,
    )


def run_of(t: Transaction, name: str) -> Run:
    """The run as it is stored."""
    run = runs.run_by_id(t, SPACE, name)
    assert run is not None
    return run


def set_status(t: Transaction, name: str, status: Status) -> None:
    """As a moderator's command leaves it."""
    assert runs.save_run(t, replace(run_of(t, name), status=status))


def part(text: str) -> Part:
    return Part(Document((Paragraph((Text(text),)),)), text)


def message(
    run: str,
    text: str = "hello",
    number: int = 0,
    *,
    purpose: str = "post",
    issue: int = 1,
    after: str | None = None,
    member: str = "",
    due: datetime = MONDAY,
    space: str = SPACE,
) -> Delivery:
    """A part of the first chapter's post."""
    return row(run, part(text), number, purpose, issue, after, member, due, space)


def thread(run: str, after: str, purpose: str = "thread") -> Delivery:
    """The deed that opens a thread under the message `after`."""
    return row(run, OpenThread("talk"), 0, purpose, 1, after)


def pin(run: str, after: str) -> Delivery:
    return row(run, Pin(), 0, "pin", 1, after)


def row(
    run: str,
    content: Part | Deed,
    number: int,
    purpose: str,
    issue: int = 1,
    after: str | None = None,
    member: str = "",
    due: datetime = MONDAY,
    space: str = SPACE,
) -> Delivery:
    return Delivery(
        space=space,
        run=run,
        chapter="first",
        beat=Beat.CHAPTER,
        purpose=purpose,
        part=number,
        issue=issue,
        content=content,
        channel=run,
        planned=due,
        due=due,
        member=member,
        after=after,
    )


def week(run: str) -> list[Delivery]:
    """What a chapter's slot plans: a post in three parts, pinned, and a thread with an opener."""
    parts = [message(run, f"{run} part {number}", number) for number in range(3)]
    talk = thread(run, parts[-1].id)
    opener = message(run, f"{run} opener", purpose="opener", after=talk.id)
    return [*parts, pin(run, parts[0].id), talk, opener]


async def planned(db: Database, *deliveries: Delivery) -> int:
    return await db.run(lambda t: ledger.plan(t, deliveries))


async def entry(db: Database, delivery: Delivery) -> Entry:
    """The row as it is stored."""
    found = await db.run(lambda t: ledger.entry_by_id(t, delivery.space, delivery.id))
    assert found is not None
    return found
