"""What members are told about taking part, and when it is not clear what they meant.

Knows no store. Invariant: every reply is private and reads as one would say it.
"""

from __future__ import annotations

import pytest

from lessons import actions
from lessons.commands import COMMANDS, START_EXAMPLE, NotUnderstood, understand
from lessons.document import ChannelName, CommandName, Listing, Moment, Paragraph, Text
from lessons.posts import Reply
from lessons.replies import membership
from lessons.replies.membership import ChapterRow, RunName
from lessons.replies.voice import Voice, run_on, shortened, summary
from tests.lessons.spoken import (
    CHAPTER,
    HOSTILE,
    NOW,
    RUN,
    SERIES,
    VOICE,
    labels,
    post_of,
    wants,
    words,
)


def joined(
    *, new: bool = True, again: bool = False, out: bool = False, dated: bool = True
) -> Reply:
    return membership.joined(
        VOICE,
        RUN,
        SERIES,
        new=new,
        again=again,
        newest=CHAPTER if out else None,
        starts=NOW if dated else None,
    )


def test_joining_before_the_first_chapter_says_when_it_comes() -> None:
    assert words(joined()) == (
        "You're in. I'll keep quiet unless you ask me for something.\n\n"
        "The first chapter comes 2026-06-01 15:00 UTC."
    )
    assert "no date yet" in words(joined(dated=False))


def test_joining_later_leads_to_the_newest_chapter() -> None:
    said = joined(out=True)
    assert "Week 1 is out: What is left out." in words(said)
    assert wants(said) == [
        actions.ReadLesson(RUN, CHAPTER.slug),
        actions.Challenges(RUN, CHAPTER.slug),
    ]


def test_joining_twice_and_coming_back_are_told_apart() -> None:
    assert words(joined(new=False)).startswith("You're in already")
    assert words(joined(again=True)).startswith("Welcome back. Everything you did in Reading maps")


def test_leaving_is_asked_about_and_nothing_is_taken_away() -> None:
    asked = membership.confirm_leave(VOICE, RUN, SERIES.title)
    assert wants(asked) == [actions.Leave(RUN, sure=True), actions.Cancel()]
    assert "Your progress stays" in words(asked)
    gone = membership.left(VOICE, RUN, SERIES.title)
    assert (wants(gone), "kept" in words(gone)) == ([actions.Join(RUN)], True)


def test_who_is_not_in_is_invited() -> None:
    said = membership.not_in(VOICE, RUN, SERIES.title)
    assert labels(said) == ["Join", "What is this?"]
    assert "no one is told" in words(said)


def test_the_explanation_says_what_it_is_and_when_it_goes_on() -> None:
    said = membership.explain(VOICE, RUN, SERIES, NOW)
    assert SERIES.blurb in words(said)
    assert "The next chapter comes" in words(said)
    assert "next chapter" not in words(membership.explain(VOICE, RUN, SERIES, None))
    assert wants(said) == [actions.Join(RUN)]


def test_who_takes_part_already_is_not_asked_to_join() -> None:
    said = membership.explain(VOICE, RUN, SERIES, NOW, enrolled=True)
    assert SERIES.blurb in words(said)
    assert wants(said) == []


# -- progress -------------------------------------------------------------------------------------


def test_progress_is_one_line_a_chapter_in_words() -> None:
    rows = (
        ChapterRow(1, "Maps", 2, 4, 5, 1, True, True),
        ChapterRow(2, "Folds", 1, 4, 1, 0, False, False),
        ChapterRow(3, "Scales", 0, 4, 0, 0, False, True),
        ChapterRow(4, "Borders", 0, 4, 0, 0, False, False),
    )
    said = membership.progress(VOICE, RUN, SERIES, rows)
    assert words(said) == (
        "Your progress in Reading maps\n\n"
        "Chapters done: 1 of 4 posted so far.\n\n"
        "- Week 1, Maps: done. 2 of 4 challenges, 5 tries, 1 hint, voted.\n"
        "- Week 2, Folds: begun. 1 of 4 challenges, 1 try, 0 hints, not voted.\n"
        "- Week 3, Scales: voted; no challenge tried yet.\n"
        "- Week 4, Borders: still ahead of you."
    )
    assert wants(said) == [actions.Challenges(RUN)]


def test_without_a_chapter_there_is_no_progress_to_show() -> None:
    assert "nothing to show" in words(membership.progress(VOICE, RUN, SERIES, ()))


def test_nothing_due_is_good_news_with_a_date_if_there_is_one() -> None:
    assert words(membership.nothing_due(VOICE, None)) == "Nothing is due. Enjoy the quiet."
    assert "comes 2026-06-01" in words(membership.nothing_due(VOICE, NOW))


# -- commands -------------------------------------------------------------------------------------


@pytest.mark.parametrize("moderator", [False, True])
def test_help_lists_what_this_person_may_type(moderator: bool) -> None:
    said = membership.help_for(VOICE, moderator)
    text = words(said)
    for command in COMMANDS:
        line = f"- {command.usage}: "
        assert (line in text) == (moderator or not command.moderators_only)


def test_the_example_of_a_start_in_the_help_is_one_that_is_understood() -> None:
    group, name, *rest = START_EXAMPLE.removeprefix("/").split()
    start = understand(actions.Typed(group, name, tuple(rest)))
    assert isinstance(start, actions.ProposeStart)
    assert all((start.series, start.day, start.time, start.zone, start.mode, start.first_chapter))
    assert START_EXAMPLE in words(membership.help_for(VOICE, True))
    assert START_EXAMPLE not in words(membership.help_for(VOICE, False))


def test_a_command_that_does_not_exist_leads_to_help_or_to_the_nearest() -> None:
    near = membership.not_understood(VOICE, NotUnderstood("/study leson", "/study lesson"))
    assert "Did you mean /study lesson? /study help shows it all." in words(near)
    far = membership.not_understood(VOICE, NotUnderstood("/study xyzzy", ""))
    assert words(far) == "I don't know /study xyzzy. /study help shows what I can do."


def test_a_command_typed_with_too_much_or_too_little_is_shown_as_it_is_typed() -> None:
    found = understand(actions.Typed("series", "Move"))
    assert isinstance(found, NotUnderstood)
    said = words(membership.not_understood(VOICE, found))
    assert "It is typed like this: /series move channel." in said
    assert "Did you mean" not in said


def test_who_nearly_typed_help_is_not_told_of_it_twice() -> None:
    near = words(membership.not_understood(VOICE, NotUnderstood("/study hepl", "/study help")))
    assert near == "I don't know /study hepl like that. Did you mean /study help?"


def test_what_was_typed_is_shown_and_not_obeyed() -> None:
    said = membership.not_understood(VOICE, NotUnderstood(HOSTILE, ""))
    (block,) = post_of(said).document.blocks
    assert isinstance(block, Paragraph)
    assert [type(piece) for piece in block.content] == [Text, CommandName, Text]
    assert f"I don't know {HOSTILE}. " == block.content[0].text  # type: ignore[union-attr]


# -- which run ------------------------------------------------------------------------------------


def test_two_runs_are_told_apart_by_channel_with_one_button_each() -> None:
    name = "A series with quite a long title that goes on and on until nobody reads it any more"
    said = membership.which_run(
        VOICE,
        (
            (RunName("r1", name, "C1"), actions.Join("r1")),
            (RunName("r2", name, "C2"), actions.Join("r2")),
        ),
    )
    listing = post_of(said).document.blocks[1]
    assert isinstance(listing, Listing)
    named = [block.content[1] for (block,) in listing.items if isinstance(block, Paragraph)]
    assert named == [ChannelName("C1"), ChannelName("C2")]
    assert wants(said) == [actions.Join("r1"), actions.Join("r2")]
    first, second = labels(said)
    assert first != second
    assert all(len(label) <= 75 for label in (first, second))


def test_without_a_run_a_moderator_is_told_how_to_start_one() -> None:
    assert words(membership.no_run(VOICE, moderator=True)).endswith("Start one with /series start.")
    assert "A moderator can" in words(membership.no_run(VOICE, moderator=False))


def test_an_old_button_leads_to_where_one_is_now() -> None:
    said = membership.moved_on(VOICE, RUN)
    assert (labels(said), wants(said)) == (["My challenges"], [actions.Challenges(RUN)])


def test_every_trouble_says_that_nothing_was_lost() -> None:
    assert "Nothing was changed" in words(membership.moderators_only(VOICE))
    assert "nothing was changed" in words(membership.never_mind(VOICE))
    assert membership.never_mind(VOICE).edit
    assert "Nothing is lost" in words(membership.series_gone(VOICE, "maps"))
    assert "nothing is lost" in words(membership.went_wrong(VOICE))


# -- the voice ------------------------------------------------------------------------------------


def test_a_moment_is_shown_in_the_zone_of_the_voice_and_needs_one() -> None:
    assert Voice("en", "x", "Asia/Tokyo").moment(NOW) == Moment(1780326000000, "Asia/Tokyo")
    with pytest.raises(ValueError, match="time zone"):
        VOICE.moment(NOW.replace(tzinfo=None))


def test_a_notification_is_one_short_line_that_ends_between_words() -> None:
    text = summary(post_of(membership.help_for(VOICE, True)).document)
    assert "\n" not in text
    assert len(text) <= 150
    assert text.endswith("…")
    assert shortened("two words", 9) == "two words"
    assert shortened("two words", 8) == "two…"
    assert shortened("x" * 20, 8) == "x" * 7 + "…"


def test_sentences_run_on_only_from_paragraph_to_paragraph() -> None:
    one = VOICE.say("not_yet")
    two = VOICE.say("never_mind")
    assert len(run_on(one, two).blocks) == 1
    listing = VOICE.say("not_yet") + post_of(membership.help_for(VOICE, False)).document
    assert run_on(listing, two).blocks == listing.blocks + two.blocks
    assert run_on(one, type(one)()) == one
