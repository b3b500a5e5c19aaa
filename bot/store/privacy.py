"""All that the store has of one member of a space: read whole, or deleted whole.

Knows every table in which a member can be. Invariant: what `forget` leaves of a member's id is
who started a run, and the letters about that run; a test looks into every table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.store import members, moderators
from bot.store.database import Row, Transaction
from bot.store.instants import from_ms, maybe_from_ms
from bot.store.queries import QUERIES
from bot.store.runs import run_of
from bot.store.settings import REMINDER, kept_settings
from lessons.kept import (
    Kept,
    KeptAnswer,
    KeptChallenge,
    KeptChapter,
    KeptLetter,
    KeptRun,
    KeptSettings,
    KeptVote,
)
from lessons.runs import Run

FORGOTTEN: Final = ("votes", "progress", "variants", "enrolments", "moderators", "settings")

_values = msgspec.json.Decoder(tuple[str | float, ...])


def kept(t: Transaction, space: str, member: str) -> Kept:
    """Everything, run by run."""
    rows = t.all(QUERIES["runs_with_member"], space=space, member=member)
    mine = kept_settings(t, space, member)
    wanted = None
    if mine is not None:
        wanted = KeptSettings(mine.zone, mine.told, mine.reminders, mine.hour, mine.alone)
    records = t.all(QUERIES["shelf_of_member"], **_on_shelf(space, member))
    return Kept(
        space,
        member,
        wanted,
        tuple(_run(t, run_of(row), member) for row in rows),
        {row["name"]: row["value"] for row in records},
    )


def forget(t: Transaction, space: str, member: str) -> None:
    """Delete everything; posts that still count votes will show one fewer."""
    t.run(QUERIES["votes_to_count_again"], space=space, member=member)
    for what in FORGOTTEN:
        t.run(QUERIES[f"forget_{what}"], space=space, member=member)
    t.run(QUERIES["forget_letters"], space=space, member=member, reminders=f"{REMINDER} %")
    about = f'"member":{msgspec.json.encode(member).decode()}'
    t.run(QUERIES["forget_controls"], space=space, about=about)
    t.run(QUERIES["forget_shelf"], **_on_shelf(space, member))


def _on_shelf(space: str, member: str) -> dict[str, str]:
    platform, _, own = space.partition(":")
    return {"adapter": platform, "own": f":{own}:", "who": f":{member}:"}


# -- one run --------------------------------------------------------------------------------------


def _run(t: Transaction, run: Run, member: str) -> KeptRun:
    where = {"space": run.space, "run": run.id, "member": member}
    enrolled = members.enrolment(t, run.space, run.id, member)
    progress = members.progress_of_member(t, run.space, run.id, member)
    answers = t.all(QUERIES["attempts_of_member"], **where)
    return KeptRun(
        run.id,
        run.series,
        run.channel,
        None if enrolled is None else enrolled.joined_at,
        None if enrolled is None else enrolled.left_at,
        run.started_by == member,
        votes=tuple(map(_vote, t.all(QUERIES["ballots_of_member"], **where))),
        chapters=tuple(
            KeptChapter(one.chapter, tuple(sorted(one.passed)), one.tries, one.hints, one.done_at)
            for one in progress
        ),
        challenges=tuple(
            _challenge(row, answers) for row in t.all(QUERIES["variants_of_member"], **where)
        ),
        letters=tuple(map(_letter, t.all(QUERIES["letters_of_member"], **where))),
        moderates=moderators.is_named(t, run.space, run.id, member),
    )


def _vote(row: Row) -> KeptVote:
    return KeptVote(
        row["chapter"],
        row["round"],
        row["choice"],
        row["confidence"],
        from_ms(row["voted_at_ms"]),
        maybe_from_ms(row["looked_at_ms"]),
    )


def _challenge(row: Row, answers: Sequence[Row]) -> KeptChallenge:
    return KeptChallenge(
        row["chapter"],
        row["challenge"],
        row["issue"],
        from_ms(row["posed_at_ms"]),
        row["hints"],
        row["best"],
        maybe_from_ms(row["passed_at_ms"]),
        tuple(_answer(one) for one in answers if one["variant"] == row["variant"]),
    )


def _answer(row: Row) -> KeptAnswer:
    return KeptAnswer(
        row["number"],
        _values.decode(row["answer"]),
        row["score"],
        bool(row["passed"]),
        row["trap"],
        from_ms(row["answered_at_ms"]),
    )


def _letter(row: Row) -> KeptLetter:
    return KeptLetter(
        "you" if row["purpose"].startswith(f"{REMINDER} ") else "the series",
        row["chapter"],
        row["state"],
        from_ms(row["planned_at_ms"]),
        maybe_from_ms(row["settled_at_ms"]),
    )
