"""Runs and their lessons in the store.

Knows no step of a run; it keeps what `lessons.runs` returns.
Invariant: every function that acts for a person takes the space and finds nothing of another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import msgspec

from bot.store.database import Row, Transaction, Value
from bot.store.instants import from_ms, maybe_from_ms, to_ms
from bot.store.queries import QUERIES
from lessons.runs import Run, Status
from lessons.timetable import Beat, Slot, Timetable

# A run is read at nearly every action, and these two parts of it hardly ever change.
_timetable = lru_cache(maxsize=512)(msgspec.json.Decoder(Timetable).decode)
_names = lru_cache(maxsize=512)(msgspec.json.Decoder(tuple[str, ...]).decode)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A chapter of a run: planned or dropped, posted or not, discussed or not.

    `late` is what its post says of how late it came.
    """

    chapter: str
    number: int
    content_hash: str
    skipped: bool
    posted_at: datetime | None
    discussed_at: datetime | None
    late: timedelta

    @property
    def open(self) -> bool:
        """Whether members may read it: its post is out, or it was dropped from the channel."""
        return self.skipped or self.posted_at is not None


def insert_run(t: Transaction, run: Run) -> bool:
    """False if the channel has a run already that is not over."""
    return (
        t.run(
            QUERIES["insert_run"],
            space=run.space,
            run=run.id,
            series=run.series,
            zone=run.zone,
            timetable=msgspec.json.encode(run.timetable).decode(),
            by_hand=int(run.by_hand),
            started_by=run.started_by,
            started_at_ms=to_ms(run.started_at),
            ping=run.ping,
            **_changing(run),
        )
        == 1
    )


def save_run(t: Transaction, run: Run) -> bool:
    """False if somebody else saved it since it was read."""
    touched = t.run(
        QUERIES["update_run"], space=run.space, run=run.id, revision=run.revision, **_changing(run)
    )
    return touched == 1


def _changing(run: Run) -> dict[str, Value]:
    return {
        "content_hash": run.content_hash,
        "channel": run.channel,
        "status": run.status.value,
        "chapters": msgspec.json.encode(run.chapters).decode(),
        "position": run.position,
        "current": run.current,
        "told": " ".join(sorted(run.told)),
        "held": run.held or "",
        "missed": run.missed,
        "forum": int(run.forum),
        "due_at_ms": None if run.due is None else to_ms(run.due.at),
        "due_local": "" if run.due is None else run.due.local.isoformat(),
        "due_beat": "" if run.due is None else run.due.beat.value,
    }


def run_by_id(t: Transaction, space: str, run: str) -> Run | None:
    return _run(t.one(QUERIES["run_by_id"], space=space, run=run))


def run_in_channel(t: Transaction, space: str, channel: str) -> Run | None:
    """The channel's run; one that is over only if there is no other."""
    return _run(t.one(QUERIES["run_in_channel"], space=space, channel=channel))


def runs_of_member(t: Transaction, space: str, member: str) -> list[Run]:
    return _runs(t.all(QUERIES["runs_of_member"], space=space, member=member))


def runs_of_moderator(t: Transaction, space: str, member: str) -> list[Run]:
    """The runs that somebody was named for and that are not over."""
    return _runs(t.all(QUERIES["runs_of_moderator"], space=space, member=member))


def runs_started_by(t: Transaction, space: str, member: str) -> list[Run]:
    """The runs that somebody has started, those that are over included."""
    return _runs(t.all(QUERIES["runs_started_by"], space=space, member=member))


def runs_of_space(t: Transaction, space: str) -> list[Run]:
    """The newest runs that are not over, as many as anybody chooses from."""
    return _runs(t.all(QUERIES["runs_of_space"], space=space))


def every_run_of_space(t: Transaction, space: str) -> list[Run]:
    """All runs that are not over."""
    return _runs(t.all(QUERIES["every_run_of_space"], space=space))


def runs_due(t: Transaction, now: datetime, most: int) -> list[Run]:
    """Runs of every space whose slot has come, the longest waiting first."""
    return _runs(t.all(QUERIES["runs_due"], now_ms=to_ms(now), most=most))


def runs_under_way(t: Transaction, space: str, channel: str, most: int) -> list[Run]:
    """The next few runs that are not over, of every space, after that channel."""
    return _runs(t.all(QUERIES["runs_under_way"], space=space, channel=channel, most=most))


def next_due(t: Transaction) -> datetime | None:
    """The next slot of any run."""
    row = t.one(QUERIES["next_due"])
    return None if row is None else maybe_from_ms(row["due_at_ms"])


def _runs(rows: Sequence[Row]) -> list[Run]:
    return [run_of(row) for row in rows]


def _run(row: Row | None) -> Run | None:
    return None if row is None else run_of(row)


def run_of(row: Row) -> Run:
    """The run of a whole row."""
    due = row["due_at_ms"]
    return Run(
        space=row["space"],
        id=row["run"],
        series=row["series"],
        content_hash=row["content_hash"],
        channel=row["channel"],
        zone=row["zone"],
        timetable=_timetable(row["timetable"]),
        by_hand=bool(row["by_hand"]),
        status=Status(row["status"]),
        chapters=_names(row["chapters"]),
        position=row["position"],
        current=row["current"],
        told=frozenset(map(Beat, row["told"].split())),
        held=Beat(row["held"]) if row["held"] else None,
        missed=row["missed"],
        due=None if due is None else _slot(due, row["due_local"], row["due_beat"]),
        started_by=row["started_by"],
        started_at=from_ms(row["started_at_ms"]),
        revision=row["revision"],
        forum=bool(row["forum"]),
        ping=row["ping"],
    )


def _slot(at_ms: int, local: str, beat: str) -> Slot:
    return Slot(from_ms(at_ms), Beat(beat), datetime.fromisoformat(local))


# -- lessons --------------------------------------------------------------------------------------


def plan_lesson(
    t: Transaction,
    run: Run,
    chapter: str,
    number: int,
    *,
    late: timedelta = timedelta(0),
    skipped: bool = False,
) -> None:
    """Note that a chapter was planned, or dropped from the channel."""
    t.run(
        QUERIES["plan_lesson"],
        space=run.space,
        run=run.id,
        chapter=chapter,
        number=number,
        content_hash=run.content_hash,
        skipped=int(skipped),
        late_ms=late // timedelta(milliseconds=1),
    )


def lesson_posted(t: Transaction, space: str, run: str, chapter: str, at: datetime) -> None:
    t.run(QUERIES["lesson_posted"], space=space, run=run, chapter=chapter, at_ms=to_ms(at))


def lesson_discussed(t: Transaction, space: str, run: str, chapter: str, at: datetime) -> None:
    t.run(QUERIES["lesson_discussed"], space=space, run=run, chapter=chapter, at_ms=to_ms(at))


def lessons_of_run(t: Transaction, space: str, run: str) -> list[Lesson]:
    """In the order of the chapters."""
    return [_lesson(row) for row in t.all(QUERIES["lessons_of_run"], space=space, run=run)]


def lesson_by_chapter(t: Transaction, space: str, run: str, chapter: str) -> Lesson | None:
    row = t.one(QUERIES["lesson_by_chapter"], space=space, run=run, chapter=chapter)
    return None if row is None else _lesson(row)


def _lesson(row: Row) -> Lesson:
    return Lesson(
        row["chapter"],
        row["number"],
        row["content_hash"],
        bool(row["skipped"]),
        maybe_from_ms(row["posted_at_ms"]),
        maybe_from_ms(row["discussed_at_ms"]),
        timedelta(milliseconds=row["late_ms"]),
    )


@dataclass(frozen=True, slots=True)
class StaleCount:
    """A chapter's post that shows fewer votes than there are."""

    space: str
    run: str
    chapter: str


def vote_added(t: Transaction, space: str, run: str, chapter: str) -> None:
    """Note that the post of the chapter, if it is out, shows one vote too few."""
    t.run(QUERIES["vote_added"], space=space, run=run, chapter=chapter)


def stale_vote_counts(t: Transaction, before: datetime, most: int) -> list[StaleCount]:
    """Counts that are behind and were last shown before that instant."""
    rows = t.all(QUERIES["stale_vote_counts"], before_ms=to_ms(before), most=most)
    return [StaleCount(row["space"], row["run"], row["chapter"]) for row in rows]


def vote_count_shown(t: Transaction, count: StaleCount, at: datetime) -> None:
    t.run(
        QUERIES["vote_count_shown"],
        space=count.space,
        run=count.run,
        chapter=count.chapter,
        at_ms=to_ms(at),
    )


def count_posts(t: Transaction, space: str, run: str) -> Mapping[str, int]:
    """Public messages of a run by the state of their delivery."""
    rows = t.all(QUERIES["count_posts"], space=space, run=run)
    return {row["state"]: row["posts"] for row in rows}
