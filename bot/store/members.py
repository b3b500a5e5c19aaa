"""Enrolments, votes and progress in the store.

Knows no step; it keeps what `lessons.progress` and `lessons.votes` return.
Invariant: every function takes the space and finds nothing of another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from bot.store.database import Row, Transaction
from bot.store.instants import from_ms, maybe_from_ms, maybe_ms, to_ms
from bot.store.queries import QUERIES
from lessons.actions import Confidence
from lessons.progress import Enrolment, Progress
from lessons.votes import Ballot, Round


@dataclass(frozen=True, slots=True)
class Place:
    """A chapter of a run of a space: where votes and progress belong."""

    space: str
    run: str
    chapter: str


def enrolment(t: Transaction, space: str, run: str, member: str) -> Enrolment | None:
    row = t.one(QUERIES["enrolment"], space=space, run=run, member=member)
    if row is None:
        return None
    joined_at, left_at = from_ms(row["joined_at_ms"]), maybe_from_ms(row["left_at_ms"])
    return Enrolment(row["member"], joined_at, left_at)


def takes_part(t: Transaction, at: Place, member: str) -> bool:
    """Whether they have joined that run and not left it."""
    enrolled = enrolment(t, at.space, at.run, member)
    return enrolled is not None and enrolled.left_at is None


def save_enrolment(t: Transaction, space: str, run: str, enrolled: Enrolment) -> None:
    t.run(
        QUERIES["save_enrolment"],
        space=space,
        run=run,
        member=enrolled.member,
        joined_at_ms=to_ms(enrolled.joined_at),
        left_at_ms=maybe_ms(enrolled.left_at),
    )


def count_enrolled(t: Transaction, space: str, run: str) -> int:
    row = t.one(QUERIES["count_enrolled"], space=space, run=run)
    return int(row["members"]) if row else 0


def without_variant(t: Transaction, at: Place, challenge: str, most: int) -> list[str]:
    """Members of a run who have no numbers of their own for that challenge yet."""
    rows = t.all(
        QUERIES["members_without_variant"],
        space=at.space,
        run=at.run,
        chapter=at.chapter,
        challenge=challenge,
        most=most,
    )
    return [row["member"] for row in rows]


def count_active(t: Transaction, space: str, run: str, since: datetime) -> int:
    """Members who did anything since then."""
    row = t.one(QUERIES["count_active"], space=space, run=run, since_ms=to_ms(since))
    return int(row["members"]) if row else 0


# -- votes ----------------------------------------------------------------------------------------


def ballots(t: Transaction, at: Place, member: str) -> list[Ballot]:
    """A member's votes in a chapter, that of the first round first."""
    rows = t.all(QUERIES["ballots"], space=at.space, run=at.run, chapter=at.chapter, member=member)
    return [
        Ballot(
            row["member"],
            cast(Round, row["round"]),
            row["choice"],
            cast(Confidence, row["confidence"]),
            from_ms(row["voted_at_ms"]),
            maybe_from_ms(row["looked_at_ms"]),
        )
        for row in rows
    ]


def save_ballot(t: Transaction, at: Place, given: Ballot) -> None:
    t.run(
        QUERIES["save_ballot"],
        space=at.space,
        run=at.run,
        chapter=at.chapter,
        member=given.member,
        round=given.round,
        choice=given.option,
        confidence=given.confidence,
        voted_at_ms=to_ms(given.voted_at),
        looked_at_ms=maybe_ms(given.looked_at),
    )


def count_votes(t: Transaction, at: Place, of_round: Round) -> Mapping[str, int]:
    """Votes by option; options without one are left out."""
    rows = t.all(
        QUERIES["count_votes"], space=at.space, run=at.run, chapter=at.chapter, round=of_round
    )
    return {row["choice"]: row["votes"] for row in rows}


def voted_chapters(t: Transaction, space: str, run: str, member: str) -> frozenset[str]:
    rows = t.all(QUERIES["voted_chapters"], space=space, run=run, member=member)
    return frozenset(row["chapter"] for row in rows)


# -- progress -------------------------------------------------------------------------------------


def progress(t: Transaction, at: Place, member: str) -> Progress:
    """Where the member is in the chapter; a fresh Progress if they did nothing yet."""
    row = t.one(QUERIES["progress"], space=at.space, run=at.run, chapter=at.chapter, member=member)
    return Progress(member, at.chapter) if row is None else _progress(row)


def progress_of_member(t: Transaction, space: str, run: str, member: str) -> list[Progress]:
    rows = t.all(QUERIES["progress_of_member"], space=space, run=run, member=member)
    return [_progress(row) for row in rows]


def save_progress(t: Transaction, at: Place, made: Progress, now: datetime) -> None:
    t.run(
        QUERIES["save_progress"],
        space=at.space,
        run=at.run,
        chapter=at.chapter,
        member=made.member,
        passed=" ".join(sorted(made.passed)),
        tries=made.tries,
        hints=made.hints,
        done_at_ms=maybe_ms(made.done_at),
        seen_at_ms=to_ms(now),
    )


def _progress(row: Row) -> Progress:
    return Progress(
        row["member"],
        row["chapter"],
        frozenset(row["passed"].split()),
        row["tries"],
        row["hints"],
        maybe_from_ms(row["done_at_ms"]),
    )
