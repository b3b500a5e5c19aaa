"""A member's own page: what it says, where it leads, and a picture made of the same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons import actions
from lessons.document import Moment, Paragraph
from lessons.figure import Bars, Figure
from lessons.replies import home as replies
from lessons.replies.home import MOST_BARS, MOST_DRAWN, RunView, figure
from lessons.replies.membership import ChapterRow, RunName
from tests.lessons.spoken import CHAPTER, HOSTILE, NOW, RUN, VOICE, labels, post_of, wants, words


def row(number: int, passed: int = 0, challenges: int = 4, *, voted: bool = False) -> ChapterRow:
    return ChapterRow(
        number, f"Chapter {number}", passed, challenges, passed, 0, passed >= 2, voted
    )


def view(rows: int = 1, series: str = "Maps", run: str = RUN, **changed: object) -> RunView:
    some = tuple(row(number, number % 3, voted=number % 2 == 0) for number in range(1, rows + 1))
    made = RunView(RunName(run, series, "study"), "Asia/Tokyo", some, following=NOW)
    return replace(made, **changed)  # type: ignore[arg-type]


def bars(drawn: Figure | None) -> list[list[tuple[str, float, str]]]:
    """Of each panel the bars: what stands above, how long, what stands behind."""
    assert drawn is not None
    return [
        [(one.labels[0], one.values[0], one.unit) for one in panel.marks if isinstance(one, Bars)]
        for panel in drawn.panels
    ]


# -- what is due ----------------------------------------------------------------------------------


def test_the_vote_is_due_before_challenges_and_both_lead_there() -> None:
    vote = replies.home(VOICE, (view(chapter=CHAPTER),))
    assert "the question waits for your guess" in words(vote)
    assert wants(vote) == [
        actions.WhatNext(RUN),
        actions.ReadLesson(RUN),
        actions.Challenges(RUN),
        actions.ShowSettings(),
        actions.ShowPrivacy(),
    ]
    more = replies.home(VOICE, (view(chapter=CHAPTER, missing=2),))
    assert "2 challenges to go" in words(more)


def test_when_nothing_is_due_the_next_chapter_is_named_in_the_member_s_zone() -> None:
    quiet = replies.home(VOICE, (view(),))
    assert "Nothing is due. The next chapter comes 2026-06-01 15:00 UTC." in words(quiet)
    assert labels(quiet) == ["Read", "My challenges", "Settings", "Privacy"]
    moments = [
        piece
        for block in post_of(quiet).document.blocks
        if isinstance(block, Paragraph)
        for piece in block.content
        if isinstance(piece, Moment)
    ]
    assert [moment.zone for moment in moments] == ["Asia/Tokyo"]


def test_what_is_over_what_has_not_begun_and_what_is_gone_are_told_apart() -> None:
    assert "come to its end" in words(replies.home(VOICE, (view(over=True, following=None),)))
    assert "Nothing is due." in words(replies.home(VOICE, (view(following=None),)))
    assert "first chapter comes" in words(replies.home(VOICE, (view(0),)))
    assert "no date yet" in words(replies.home(VOICE, (view(0, following=None),)))
    gone = replies.home(VOICE, (view(0, gone=True),))
    assert "Nothing is lost" in words(gone)
    assert labels(gone) == ["Settings", "Privacy"]


def test_with_several_series_each_button_says_which() -> None:
    both = replies.home(
        VOICE, (view(run="a", chapter=CHAPTER), view(run="b", series="Rivers")), more=3
    )
    assert labels(both) == [
        "1 · What is due",
        "1 · Read",
        "1 · My challenges",
        "2 · Read",
        "2 · My challenges",
        "Settings",
        "Privacy",
    ]
    assert "And 3 series more" in words(both)


def test_who_takes_part_in_nothing_is_shown_what_there_is() -> None:
    names = (RunName("a", "Maps", "study"), RunName("b", HOSTILE * 3, "lounge"))
    offered = replies.nothing_yet(VOICE, names)
    assert wants(offered) == [
        actions.Join("a"),
        actions.Join("b"),
        actions.ShowSettings(),
        actions.ShowPrivacy(),
    ]
    assert labels(offered)[0] == "1 · Join: Maps"
    assert max(map(len, labels(offered))) <= 75
    assert "No series is running" in words(replies.nothing_yet(VOICE, ()))


# -- the picture ----------------------------------------------------------------------------------


def test_the_picture_has_a_bar_a_chapter_and_its_words_the_same_numbers() -> None:
    mine = (row(1, 4, voted=True), row(2, 1, 2))
    drawn = figure(VOICE, (view(rows=0, series="Maps", run=RUN),))
    assert drawn is None
    drawn = figure(VOICE, (replace(view(), rows=mine),))
    assert drawn is not None
    assert drawn.title == "Your progress in Maps"
    assert bars(drawn) == [
        [
            ("Week 1 · Chapter 1 · voted", 4.0, " of 4"),
            ("Week 2 · Chapter 2 · not voted", 1.0, " of 2"),
        ]
    ]
    assert drawn.alt == (
        "Maps: week 1: 4 of 4 challenges passed, voted;"
        " week 2: 1 of 2 challenges passed, not voted."
    )


def test_one_challenge_is_as_long_in_every_bar_of_a_series() -> None:
    drawn = figure(VOICE, (replace(view(), rows=(row(1, 1, 2), row(2, 1, 8))),))
    assert drawn is not None
    assert {mark.full for mark in drawn.panels[0].marks if isinstance(mark, Bars)} == {8.0}


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_however_many_series_there_are_the_picture_stays_one_that_can_be_looked_at(
    number: int,
) -> None:
    many = figure(VOICE, tuple(view(16, f"Series {n}") for n in range(number)))
    shown = bars(many)
    assert len(shown) == min(number, MOST_DRAWN)
    assert sum(map(len, shown)) <= MOST_BARS
    for panel in shown:
        assert panel[-1][0].startswith("Week 16 · ")


def test_a_long_title_leaves_room_for_whether_one_has_voted() -> None:
    long = replace(row(1, voted=True), title="A title " * 30)
    ((only,),) = bars(figure(VOICE, (replace(view(), rows=(long,)),)))
    assert len(only[0]) <= 60
    assert only[0].endswith("… · voted")


def test_the_picture_belongs_to_the_reply() -> None:
    shown = post_of(replies.home(VOICE, (view(3),)))
    assert len(shown.figures) == 1
    assert post_of(replies.home(VOICE, (view(0),))).figures == ()
