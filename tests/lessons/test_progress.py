"""What a member has done, step by step: nothing passed is taken back, nothing counts twice.

Knows no store. Invariant: each step is checked through what it returns, the argument unchanged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.challenge import Verdict
from lessons.progress import (
    ENOUGH,
    ChapterDone,
    Enrolment,
    Graded,
    HintTaken,
    Joined,
    Left,
    Posed,
    Progress,
    Work,
    hinted,
    join,
    leave,
    pose,
    tried,
)

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
RIGHT = Verdict(1.0, True, "Yes.")
HALF = Verdict(0.5, False, "Half.")
WRONG = Verdict(0.0, False, "No.")
WORK = Work("v1", "loss")
FRESH = Progress("ada", "one")


def test_joining_twice_changes_nothing() -> None:
    enrolled, events = join(None, "ada", NOW)
    assert events == (Joined("ada", again=False),)
    assert join(enrolled, "ada", LATER) == (enrolled, ())


def test_coming_back_keeps_the_first_day() -> None:
    gone, left = leave(Enrolment("ada", NOW), LATER)
    assert (gone.left_at, left) == (LATER, (Left("ada"),))
    assert leave(gone, LATER + timedelta(days=1)) == (gone, ())
    assert join(gone, "ada", LATER) == (Enrolment("ada", NOW), (Joined("ada", again=True),))


def test_a_wrong_try_is_counted_and_the_best_score_stays() -> None:
    step = tried(WORK, FRESH, HALF, NOW)
    step = tried(step.work, step.progress, WRONG, LATER)
    assert step.work == Work("v1", "loss", tries=2, best=0.5)
    assert step.progress == Progress("ada", "one", tries=2)
    assert step.events == (Graded("loss", 0.0, first_pass=False),)


def test_the_second_passed_challenge_makes_the_chapter_done_once() -> None:
    first = tried(WORK, FRESH, RIGHT, NOW)
    assert first.events == (Graded("loss", 1.0, first_pass=True),)
    second = tried(Work("v2", "order"), first.progress, RIGHT, LATER)
    assert second.events == (Graded("order", 1.0, True), ChapterDone("one"))
    assert second.progress.done_at == LATER
    third = tried(Work("v3", "curve"), second.progress, RIGHT, LATER + timedelta(days=1))
    assert third.events == (Graded("curve", 1.0, True),)
    assert third.progress.done_at == LATER


def test_passing_again_adds_a_try_and_nothing_else() -> None:
    once = tried(WORK, FRESH, RIGHT, NOW)
    again = tried(once.work, once.progress, RIGHT, LATER)
    assert again.work == replace(once.work, tries=2)
    assert again.progress == replace(once.progress, tries=2)
    assert again.events == (Graded("loss", 1.0, first_pass=False),)


def test_another_variant_of_a_passed_challenge_is_no_second_pass() -> None:
    once = tried(WORK, FRESH, RIGHT, NOW)
    fresh_numbers = tried(Work("v2", "loss"), once.progress, RIGHT, LATER)
    assert fresh_numbers.progress.passed == frozenset({"loss"})
    assert fresh_numbers.work.passed_at == LATER
    assert fresh_numbers.progress.done_at is None


def test_a_hint_is_counted_once_however_often_it_is_asked_for() -> None:
    step = hinted(WORK, FRESH, seen=0, available=2)
    assert step.events == (HintTaken("loss", 1),)
    assert (step.work.hints, step.progress.hints) == (1, 1)
    again = hinted(step.work, step.progress, seen=0, available=2)
    assert again.events == ()
    assert (again.work, again.progress) == (step.work, step.progress)


@pytest.mark.parametrize(("seen", "available"), [(2, 2), (-1, 2), (0, 0)])
def test_there_is_no_hint_past_the_last(seen: int, available: int) -> None:
    with pytest.raises(ValueError, match="no hint"):
        hinted(WORK, FRESH, seen, available)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([RIGHT, HALF, WRONG]))))
def test_nothing_passed_is_ever_taken_back(tries: list[tuple[str, Verdict]]) -> None:
    works = {name: Work(f"v-{name}", name) for name in "abcd"}
    progress, done = FRESH, 0
    for number, (name, verdict) in enumerate(tries):
        step = tried(works[name], progress, verdict, NOW + timedelta(minutes=number))
        assert progress.passed <= step.progress.passed
        assert step.work.best >= works[name].best
        assert progress.done_at in (None, step.progress.done_at)
        done += sum(isinstance(event, ChapterDone) for event in step.events)
        works[name], progress = step.work, step.progress
    assert done == (len(progress.passed) >= ENOUGH)
    assert progress.tries == len(tries) == sum(work.tries for work in works.values())


def test_another_variant_is_posed_only_from_the_newest_one() -> None:
    assert pose(None, 0) == (1, (Posed(1),))
    assert pose(WORK, 1) == (1, ())
    assert pose(WORK, 1, after=WORK.variant) == (2, (Posed(2),))
    assert pose(replace(WORK, variant="v2"), 2, after=WORK.variant) == (2, ())
