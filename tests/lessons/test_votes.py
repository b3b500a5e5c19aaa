"""Votes on the shared question: private, changeable until the talk, counted by option.

Knows no store. Invariant: shares are of those who voted, never of all who are there.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lessons.votes import (
    Ballot,
    Course,
    Looked,
    Stated,
    Tally,
    UnknownOption,
    Voted,
    VotingOver,
    be_sure,
    course,
    reveal,
    stated_chance,
    tally,
    vote,
)

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
OPTIONS = ("halves", "less", "rises")


def test_a_first_vote_is_kept_without_a_confidence() -> None:
    ballot, events = vote(None, "ada", "less", OPTIONS, closed=False, now=NOW)
    assert ballot == Ballot("ada", 1, "less", "", NOW)
    assert events == (Voted("ada", "less", changed=False),)


def test_a_vote_can_be_changed_until_the_talk_and_the_confidence_goes_with_it() -> None:
    first = Ballot("ada", 1, "less", "certain", NOW)
    ballot, events = vote(first, "ada", "rises", OPTIONS, closed=False, now=LATER)
    assert ballot == Ballot("ada", 1, "rises", "", LATER)
    assert events == (Voted("ada", "rises", changed=True),)


def test_the_same_vote_twice_changes_nothing_even_after_the_talk() -> None:
    first = Ballot("ada", 1, "less", "certain", NOW)
    for closed in (False, True):
        assert vote(first, "ada", "less", OPTIONS, closed=closed, now=LATER) == (first, ())


def test_after_the_talk_a_first_vote_is_neither_given_nor_changed() -> None:
    for before in (None, Ballot("ada", 1, "less", "", NOW)):
        with pytest.raises(VotingOver):
            vote(before, "ada", "rises", OPTIONS, closed=True, now=LATER)


def test_an_option_of_another_question_is_no_vote() -> None:
    with pytest.raises(UnknownOption):
        vote(None, "ada", "sideways", iter(OPTIONS), closed=False, now=NOW)


def test_the_second_round_is_a_ballot_of_its_own() -> None:
    ballot, _ = vote(None, "ada", "less", OPTIONS, closed=False, now=LATER, of_round=2)
    assert ballot.round == 2


def test_how_sure_can_be_said_until_the_talk_and_repeated_after_it() -> None:
    ballot, events = be_sure(Ballot("ada", 1, "less", "", NOW), "fairly", closed=False)
    assert events == (Stated("ada", "fairly"),)
    assert ballot.confidence == "fairly"
    assert be_sure(ballot, "fairly", closed=True) == (ballot, ())
    with pytest.raises(VotingOver):
        be_sure(ballot, "certain", closed=True)


def test_between_two_options_a_confidence_is_taken_at_its_word() -> None:
    stated = [stated_chance(level, 2) for level in ("hunch", "fairly", "certain")]
    assert stated == pytest.approx([0.5, 0.75, 0.95])


@pytest.mark.parametrize("options", [2, 3, 4, 5, 10, 26])
def test_more_certain_is_always_more_and_a_hunch_is_worth_a_guess(options: int) -> None:
    hunch = stated_chance("hunch", options)
    fairly = stated_chance("fairly", options)
    certain = stated_chance("certain", options)
    assert hunch == pytest.approx(1 / options)
    assert hunch < fairly < certain < 1
    assert fairly == pytest.approx((1 + 1 / options) / 2)


def test_among_fewer_than_two_options_nothing_can_be_stated() -> None:
    with pytest.raises(ValueError, match="nothing to choose"):
        stated_chance("certain", 1)


def test_an_option_nobody_chose_counts_nothing_and_an_unknown_one_is_left_out() -> None:
    counted = tally({"less": 3, "gone": 5}, OPTIONS, "less")
    assert counted.counts == (("halves", 0), ("less", 3), ("rises", 0))
    assert (counted.voters, counted.share_right) == (3, 1.0)


def test_nobody_right_among_nobody() -> None:
    assert tally({}, OPTIONS, "less").share_right == 0.0


@pytest.mark.parametrize(
    ("right", "wrong", "way"),
    [
        (0, 0, "few"),
        (4, 0, "few"),
        (5, 0, "known"),
        (0, 5, "explain"),
        (34, 66, "explain"),
        (35, 65, "talk"),
        (70, 30, "talk"),
        (71, 29, "known"),
    ],
)
def test_the_share_that_was_right_decides_how_the_talk_goes(
    right: int, wrong: int, way: Course
) -> None:
    assert course(Tally((("yes", right), ("no", wrong)), "yes")) == way


def test_who_has_looked_keeps_the_vote_and_how_sure_it_was() -> None:
    voted = Ballot("ada", 1, "less", "fairly", NOW)
    looked, events = reveal(voted, LATER)
    assert events == (Looked("ada"),)
    assert reveal(looked, LATER) == (looked, ())
    with pytest.raises(VotingOver):
        vote(looked, "ada", "rises", OPTIONS, closed=False, now=LATER)
    with pytest.raises(VotingOver):
        be_sure(looked, "certain", closed=False)
    assert vote(looked, "ada", "less", OPTIONS, closed=False, now=LATER) == (looked, ())
    assert be_sure(looked, "fairly", closed=False) == (looked, ())
