"""What a member has done: enrolment, work on one variant, progress through one chapter.

Knows no clock, no store and no words. Each step takes the state, what was done and `now`.
Invariant: nothing a member has passed is ever taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from lessons.challenge import Verdict

ENOUGH = 2
"""So many passed challenges make a chapter done."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One member in one run; `left_at` None while they take part."""

    member: str
    joined_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """How far a member is with one variant. `best` is the highest score so far, 0 to 1."""

    variant: str
    challenge: str
    tries: int = 0
    hints: int = 0
    best: float = 0.0
    passed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a member is in one chapter; `passed` holds ids of challenges."""

    member: str
    chapter: str
    passed: frozenset[str] = frozenset()
    tries: int = 0
    hints: int = 0
    done_at: datetime | None = None


# -- what happens -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Joined:
    """`again`: they had left and are back."""

    member: str
    again: bool


@dataclass(frozen=True, slots=True)
class Left:
    member: str


@dataclass(frozen=True, slots=True)
class Graded:
    """`first_pass`: the challenge had not been passed before."""

    challenge: str
    score: float
    first_pass: bool


@dataclass(frozen=True, slots=True)
class ChapterDone:
    chapter: str


@dataclass(frozen=True, slots=True)
class HintTaken:
    """`number` counts from 1."""

    challenge: str
    number: int


@dataclass(frozen=True, slots=True)
class Posed:
    """A variant has to be posed; `issue` counts a member's variants of a challenge from 1."""

    issue: int


ProgressEvent: TypeAlias = Joined | Left | Graded | ChapterDone | HintTaken | Posed


# -- steps --------------------------------------------------------------------------------------


def join(
    enrolment: Enrolment | None, member: str, now: datetime
) -> tuple[Enrolment, tuple[Joined, ...]]:
    """Take part; joining twice changes nothing, coming back keeps the first day."""
    if enrolment is None:
        return Enrolment(member, now), (Joined(member, again=False),)
    if enrolment.left_at is None:
        return enrolment, ()
    return replace(enrolment, left_at=None), (Joined(member, again=True),)


def leave(enrolment: Enrolment, now: datetime) -> tuple[Enrolment, tuple[Left, ...]]:
    """Stop taking part; progress stays. Leaving twice changes nothing."""
    if enrolment.left_at is not None:
        return enrolment, ()
    return replace(enrolment, left_at=now), (Left(enrolment.member),)


def pose(newest: Work | None, issue: int, after: str = "") -> tuple[int, tuple[Posed, ...]]:
    """Which issue of a challenge a member works on, and whether it has to be posed first.

    `newest` is their work on issue `issue`, None (and 0) before the first. `after` is the variant
    that they want to go on from: only the newest leads to another, so two clicks make one.
    """
    if newest is None or (after and after == newest.variant):
        return issue + 1, (Posed(issue + 1),)
    return issue, ()


@dataclass(frozen=True, slots=True)
class TryStep:
    work: Work
    progress: Progress
    events: tuple[ProgressEvent, ...]


def tried(work: Work, progress: Progress, verdict: Verdict, now: datetime) -> TryStep:
    """One try with its verdict. Passing what is passed already adds a try and nothing else."""
    first = verdict.passed and work.challenge not in progress.passed
    passed = progress.passed | {work.challenge} if verdict.passed else progress.passed
    done = progress.done_at is None and len(passed) >= ENOUGH
    events: tuple[ProgressEvent, ...] = (Graded(work.challenge, verdict.score, first),)
    return TryStep(
        work=replace(
            work,
            tries=work.tries + 1,
            best=max(work.best, verdict.score),
            passed_at=work.passed_at or (now if verdict.passed else None),
        ),
        progress=replace(
            progress,
            passed=passed,
            tries=progress.tries + 1,
            done_at=now if done else progress.done_at,
        ),
        events=(*events, ChapterDone(progress.chapter)) if done else events,
    )


@dataclass(frozen=True, slots=True)
class HintStep:
    work: Work
    progress: Progress
    events: tuple[HintTaken, ...]


def hinted(work: Work, progress: Progress, seen: int, available: int) -> HintStep:
    """The hint after `seen`: a new one is counted, one that was seen already is not.

    Raises ValueError if there is no such hint.
    """
    if not 0 <= seen < available:
        raise ValueError(f"there is no hint {seen + 1} of {available}")
    if seen < work.hints:
        return HintStep(work, progress, ())
    taken = HintTaken(work.challenge, seen + 1)
    return HintStep(
        replace(work, hints=seen + 1), replace(progress, hints=progress.hints + 1), (taken,)
    )
