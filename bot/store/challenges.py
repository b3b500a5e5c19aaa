"""Posed challenges with their keys, the work on them, and every attempt.

Knows no kind and no generator: a variant is stored as it was posed and graded from here.
Invariant: a variant's key never changes; one try number has one verdict.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import msgspec

from bot.store.content import save_figure
from bot.store.database import Row, Transaction
from bot.store.instants import from_ms, maybe_from_ms, maybe_ms, to_ms
from bot.store.members import Place
from bot.store.queries import QUERIES
from lessons.challenge import Answer, Variant, Verdict, decode_variant, encode_variant
from lessons.progress import Work

_values = msgspec.json.Decoder(tuple[str | float, ...])

SHARED = ""
"""The member a shared question is posed to: nobody in particular."""


@dataclass(frozen=True, slots=True)
class StoredVariant:
    """A variant as it is stored; its figures are named by digest and not loaded."""

    run: str
    chapter: str
    member: str
    issue: int
    variant: Variant
    figure: str | None
    reveal: str | None
    work: Work


def variant_id(at: Place, challenge: str, member: str, issue: int) -> str:
    """24 hex digits that mean nothing outside the store."""
    identity = "\n".join((at.space, at.run, at.chapter, challenge, member, str(issue)))
    return hashlib.sha256(identity.encode()).hexdigest()[:24]


def variant_by_id(t: Transaction, space: str, variant: str, member: str) -> StoredVariant | None:
    """A variant of this member's own, or a shared one; None for anybody else's."""
    return _stored(t.one(QUERIES["variant_by_id"], space=space, variant=variant, member=member))


def newest_variant(t: Transaction, at: Place, challenge: str, member: str) -> StoredVariant | None:
    """The issue the member is working on."""
    return _stored(
        t.one(
            QUERIES["newest_variant"],
            space=at.space,
            run=at.run,
            chapter=at.chapter,
            challenge=challenge,
            member=member,
        )
    )


def insert_variant(
    t: Transaction,
    at: Place,
    challenge: str,
    member: str,
    issue: int,
    posed: Variant,
    now: datetime,
) -> None:
    """Keep a variant as posed; if that issue is there already, the first one stays."""
    figure = None if posed.figure is None else save_figure(t, posed.figure)
    reveal = None if posed.reveal is None else save_figure(t, posed.reveal)
    bare = msgspec.structs.replace(posed, figure=None, reveal=None)
    t.run(
        QUERIES["insert_variant"],
        space=at.space,
        variant=variant_id(at, challenge, member, issue),
        run=at.run,
        chapter=at.chapter,
        challenge=challenge,
        member=member,
        issue=issue,
        body=encode_variant(bare),
        figure=figure,
        reveal=reveal,
        posed_at_ms=to_ms(now),
    )


def save_work(t: Transaction, space: str, work: Work) -> None:
    t.run(
        QUERIES["save_work"],
        space=space,
        variant=work.variant,
        tries=work.tries,
        hints=work.hints,
        best=work.best,
        passed_at_ms=maybe_ms(work.passed_at),
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was answered at a try, the verdict it got, and when."""

    answer: Answer
    verdict: Verdict
    at: datetime


def attempt(t: Transaction, space: str, variant: str, number: int) -> Attempt | None:
    """That try, if it was made."""
    row = t.one(QUERIES["attempt"], space=space, variant=variant, number=number)
    if row is None:
        return None
    verdict = Verdict(row["score"], bool(row["passed"]), row["feedback"], row["trap"])
    return Attempt(Answer(_values.decode(row["answer"])), verdict, from_ms(row["answered_at_ms"]))


def insert_attempt(
    t: Transaction,
    space: str,
    variant: str,
    number: int,
    answer: Answer,
    verdict: Verdict,
    now: datetime,
) -> None:
    t.run(
        QUERIES["insert_attempt"],
        space=space,
        variant=variant,
        number=number,
        answer=msgspec.json.encode(answer.values).decode(),
        score=verdict.score,
        passed=int(verdict.passed),
        feedback=verdict.feedback,
        trap=verdict.trap,
        answered_at_ms=to_ms(now),
    )


def own_numbers(t: Transaction, at: Place) -> tuple[int, int]:
    """How many posed challenges of a chapter were tried, and how many of those passed."""
    row = t.one(QUERIES["own_numbers"], space=at.space, run=at.run, chapter=at.chapter)
    return (int(row["tried"]), int(row["passed"])) if row else (0, 0)


def most_fooled(t: Transaction, at: Place) -> str:
    """The explanation of the known mistake that most members made, or ""."""
    row = t.one(QUERIES["most_fooled"], space=at.space, run=at.run, chapter=at.chapter)
    return str(row["feedback"]) if row else ""


@lru_cache(maxsize=2048)
def _decoded(body: str) -> Variant:
    """Variants are frozen and asked for again at every try, so the last ones are kept."""
    return decode_variant(body)


def _stored(row: Row | None) -> StoredVariant | None:
    if row is None:
        return None
    work = Work(
        row["variant"],
        row["challenge"],
        row["tries"],
        row["hints"],
        row["best"],
        maybe_from_ms(row["passed_at_ms"]),
    )
    return StoredVariant(
        row["run"],
        row["chapter"],
        row["member"],
        row["issue"],
        _decoded(row["body"]),
        row["figure"],
        row["reveal"],
        work,
    )
