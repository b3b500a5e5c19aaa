"""What the channel and a reader see of a chapter, and what they must not see before they vote.

Knows no store. Invariant: the right option's words are looked for in everything that leaves.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lessons import actions
from lessons.curriculum import Further
from lessons.document import Heading, Listing, Moment, Plot, Quote, plain, walk
from lessons.figure import Bars, digest
from lessons.posts import Post, Reply, parts_of
from lessons.replies import reading
from lessons.replies.reading import Week
from lessons.votes import Ballot, Tally, tally
from tests.lessons.spoken import (
    CHAPTER,
    FOLDED,
    HOSTILE,
    NOW,
    QUESTION,
    RIGHT_WORDS,
    RUN,
    SERIES,
    VOICE,
    controls,
    everything,
    figure,
    labels,
    post_of,
    wants,
    words,
)

SLUG = CHAPTER.slug
OPTIONS = [option.id for option in QUESTION.options]
RIGHT, WRONG = "it-depends", "yes"
LATER = timedelta(hours=2)


def votes(right: int, wrong: int) -> Tally:
    return tally({RIGHT: right, WRONG: wrong}, OPTIONS, RIGHT)


def ballot(name: str, of_round: int = 1) -> Ballot:
    return Ballot("ada", 2 if of_round == 2 else 1, name, "", NOW)


def chapter_post(cast: int = 0, late: timedelta = timedelta(0)) -> Post:
    return reading.chapter_post(
        VOICE, RUN, CHAPTER, QUESTION, hero=figure("Hero"), votes=cast, late=late
    )


def week(
    first: Tally,
    *,
    second: Tally | None = None,
    active: int = 31,
    enrolled: int = 44,
    own_right: float | None = 0.74,
    fooled: str = "",
) -> Week:
    return Week(active, enrolled, first, second, own_right, fooled)


def recap(told: Week, *, last: bool = False, dated: bool = True) -> Post:
    upcoming = None if last else (FOLDED, NOW if dated else None)
    return reading.recap_post(VOICE, RUN, CHAPTER, QUESTION, told, upcoming)


# -- the announcement and the chapter -------------------------------------------------------------


def test_the_announcement_says_what_when_and_how_long_and_invites() -> None:
    said = reading.announcement(VOICE, RUN, SERIES, NOW)
    assert words(said).startswith("Reading maps starts 2026-06-01 15:00 UTC.")
    assert "2 weeks" in words(said)
    assert labels(said) == ["Join", "What is this?"]
    assert wants(said) == [actions.Join(RUN), actions.Explain(RUN)]
    moments = [p for b in post_of(said).document.blocks for p in getattr(b, "content", ())]
    assert Moment(round(NOW.timestamp() * 1000), "Europe/Berlin") in moments


def test_the_weekly_post_is_bullets_a_picture_a_question_and_no_answer() -> None:
    said = chapter_post()
    kinds = [type(block).__name__ for block in said.document.blocks]
    assert kinds == ["Heading", "Listing", "Plot", *["Paragraph"] * 2, "Plot", "Paragraph"]
    assert words(said).endswith("0 votes so far. What you choose stays between us.")
    assert said.text == "Week 1: What is left out. Vote before you read on."
    assert said.figures == (figure("Hero"), figure("Asked"))


def test_the_weekly_post_lets_one_vote_read_and_go_to_the_challenges() -> None:
    said = chapter_post()
    assert labels(said) == [*(o.text for o in QUESTION.options), "Read the cards", "My challenges"]
    assert wants(said) == [
        *(actions.Vote(RUN, SLUG, name) for name in OPTIONS),
        actions.ReadLesson(RUN, SLUG),
        actions.Challenges(RUN, SLUG),
    ]
    assert {each.answers for each in controls(said)} == {"message"}


@pytest.mark.parametrize(("cast", "said"), [(0, "0 votes"), (1, "1 vote"), (12, "12 votes")])
def test_votes_are_counted_in_words(cast: int, said: str) -> None:
    assert f"{said} so far" in words(chapter_post(cast))


@pytest.mark.parametrize(
    ("late", "said"),
    [
        (timedelta(minutes=20), "(less than an hour late)"),
        (timedelta(minutes=50), "(one hour late)"),
        (timedelta(hours=2, minutes=10), "(2 hours late)"),
        (timedelta(hours=23, minutes=50), "(24 hours late)"),
    ],
)
def test_a_late_post_says_so_as_people_would(late: timedelta, said: str) -> None:
    assert said in words(chapter_post(late=late))
    assert said in words(reading.discuss_post(VOICE, RUN, CHAPTER, QUESTION, votes(0, 0), late))
    assert "late" not in words(chapter_post())


def test_the_thread_has_a_short_name_and_an_opener() -> None:
    assert reading.thread_name(VOICE, CHAPTER) == "Week 1: What is left out"
    assert "What is left out" in words(reading.thread_opener(VOICE, CHAPTER))


def test_a_long_chapter_post_keeps_its_buttons_under_the_last_part() -> None:
    parts = parts_of(chapter_post(), lambda document: len(plain(document)) <= 120)
    assert len(parts) > 1
    assert [len(part.controls) for part in parts[:-1]] == [0] * (len(parts) - 1)
    assert len(parts[-1].controls) == len(OPTIONS) + 2


# -- cards ----------------------------------------------------------------------------------------


def card(index: int, *, revealed: bool = False, turned: bool = False) -> Reply:
    return reading.card(VOICE, RUN, CHAPTER, index, figure("Card"), revealed, turned=turned)


def test_cards_are_turned_one_by_one_in_place() -> None:
    first, middle, last = (card(n, revealed=True) for n in range(3))
    assert (labels(first), labels(middle)) == (["Next"], ["Back", "Next"])
    assert labels(last) == ["Back", "My challenges"]
    assert wants(middle) == [
        actions.ReadLesson(RUN, SLUG, 0, turned=True),
        actions.ReadLesson(RUN, SLUG, 2, turned=True),
    ]
    assert {each.answers for each in controls(middle)} == {"edit"}
    assert wants(last)[-1] == actions.Challenges(RUN, SLUG)


def test_the_first_opening_is_a_message_and_every_turn_an_edit_back_to_the_first_too() -> None:
    assert not card(0).edit
    assert card(0, turned=True).edit
    assert card(1, turned=True).edit


@pytest.mark.parametrize(("asked", "shown"), [(-5, "Card 1 of 3"), (99, "Card 3 of 3")])
def test_past_either_end_the_nearest_card_is_shown(asked: int, shown: str) -> None:
    assert words(card(asked)).startswith(shown)


def test_a_reveal_card_is_shut_before_the_vote_with_its_picture() -> None:
    shut = card(2)
    assert "A map at full size" not in everything(shut)
    assert "Guess first" in words(shut)
    assert (post_of(shut).figures, "Card, in words" in everything(shut)) == ((), False)
    assert CHAPTER.takeaway not in everything(shut)
    opened = card(2, revealed=True)
    assert "A map at full size" in words(opened)
    assert post_of(opened).figures == (figure("Card"),)
    assert CHAPTER.takeaway in words(opened)


def test_the_last_card_names_what_to_read_next() -> None:
    chapter = replace(
        CHAPTER,
        follows="https://example.org/1",
        further=(Further("A class", "https://example.org/class"),),
    )
    said = reading.card(VOICE, RUN, chapter, 9, None, True)
    assert "If you want more:" in words(said)
    listing = next(b for b in post_of(said).document.blocks if isinstance(b, Listing))
    assert len(listing.items) == 2
    assert "If you want more" not in words(card(9, revealed=True))


def test_what_is_not_posted_says_when_if_that_is_known() -> None:
    assert words(reading.not_posted(VOICE, None)) == "That chapter has not been posted here yet."
    assert "The next one comes" in words(reading.not_posted(VOICE, NOW))


# -- the vote -------------------------------------------------------------------------------------


def test_a_vote_is_locked_in_privately_and_asked_how_sure() -> None:
    said = reading.locked_in(VOICE, RUN, CHAPTER, QUESTION.options[0], ballot(WRONG), False)
    assert words(said).startswith(f'Locked in: "{QUESTION.options[0].text}". How sure are you?')
    assert "until you look at what happened" in words(said)
    assert labels(said) == ["Just a hunch", "Fairly", "Certain"]
    assert wants(said) == [
        actions.BeSure(RUN, SLUG, level) for level in ("hunch", "fairly", "certain")
    ]
    assert said.private


def test_a_changed_vote_and_a_second_vote_say_so() -> None:
    changed = reading.locked_in(VOICE, RUN, CHAPTER, QUESTION.options[0], ballot(WRONG), True)
    assert words(changed).startswith("Changed to")
    second = reading.locked_in(VOICE, RUN, CHAPTER, QUESTION.options[0], ballot(WRONG, 2), False)
    assert "until the group" not in words(second)
    assert wants(second)[0] == actions.BeSure(RUN, SLUG, "hunch", 2)


def test_after_the_confidence_one_may_look() -> None:
    said = reading.sure(VOICE, RUN, CHAPTER, QUESTION.options[0], "fairly")
    assert words(said) == (
        f'Noted: "{QUESTION.options[0].text}", and you are fairly sure. Now you may look.'
    )
    assert wants(said) == [actions.Reveal(RUN, SLUG), actions.ReadLesson(RUN, SLUG)]
    assert said.edit


def test_who_asks_before_voting_gets_the_question_with_its_picture() -> None:
    said = reading.vote_first(VOICE, RUN, CHAPTER, QUESTION)
    assert QUESTION.prompt in words(said)
    assert wants(said) == [actions.Vote(RUN, SLUG, name) for name in OPTIONS]
    assert post_of(said).figures == (figure("Asked"),)


def test_nothing_before_the_vote_carries_the_answer() -> None:
    choice = next(each for each in QUESTION.options if each.id == WRONG)
    before: tuple[Reply | Post, ...] = (
        chapter_post(3),
        reading.announcement(VOICE, RUN, SERIES, NOW),
        reading.thread_opener(VOICE, CHAPTER),
        reading.vote_first(VOICE, RUN, CHAPTER, QUESTION),
        reading.locked_in(VOICE, RUN, CHAPTER, choice, ballot(WRONG), False),
        reading.sure(VOICE, RUN, CHAPTER, choice, "certain"),
        reading.vote_over(VOICE, RUN, CHAPTER),
        *(card(index) for index in range(3)),
    )
    for said in before:
        text = everything(said)
        for secret in (*RIGHT_WORDS, choice.feedback, "Revealed"):
            assert secret not in text


def test_the_reveal_speaks_to_the_vote_that_was_given() -> None:
    right = words(reading.reveal(VOICE, RUN, CHAPTER, QUESTION, ballot(RIGHT)))
    assert right.startswith('You said "It depends", and that is what happened.')
    assert RIGHT_WORDS[1] in right
    wrong = reading.reveal(VOICE, RUN, CHAPTER, QUESTION, ballot(WRONG))
    assert words(wrong).startswith('You said "Yes". What happened: "It depends".')
    assert "Only if you looked" in words(wrong)
    assert RIGHT_WORDS[0] in words(wrong)
    assert RIGHT_WORDS[1] not in words(wrong)
    assert post_of(wrong).figures == (figure("Revealed"),)
    assert wants(wrong) == [actions.Challenges(RUN, SLUG)]


def test_a_vote_for_an_option_that_was_taken_out_is_still_answered() -> None:
    said = reading.reveal(VOICE, RUN, CHAPTER, QUESTION, ballot("gone"))
    assert 'You said "gone".' in words(said)


# -- the talk -------------------------------------------------------------------------------------


def discuss(right: int, wrong: int) -> Post:
    return reading.discuss_post(VOICE, RUN, CHAPTER, QUESTION, votes(right, wrong))


def test_a_split_group_talks_and_votes_again_without_the_answer() -> None:
    said = discuss(6, 6)
    assert "vote again" in words(said)
    assert labels(said)[:-1] == [each.text for each in QUESTION.options]
    assert wants(said)[0] == actions.Vote(RUN, SLUG, OPTIONS[0], 2)
    for secret in (*RIGHT_WORDS, "Revealed"):
        assert secret not in everything(said)


@pytest.mark.parametrize(("right", "wrong"), [(1, 9), (9, 1), (2, 1), (0, 0)])
def test_otherwise_the_run_and_the_explanation_come_and_no_second_vote(
    right: int, wrong: int
) -> None:
    said = discuss(right, wrong)
    assert RIGHT_WORDS[0] in words(said)
    assert figure("Revealed") in said.figures
    assert wants(said) == [actions.Challenges(RUN, SLUG)]
    assert CHAPTER.discuss in words(said)


def test_fewer_than_five_votes_are_not_shown_by_option() -> None:
    said = discuss(3, 1)
    assert not any("How you voted" in each.title for each in said.figures)
    assert "4 votes so far, too few" in words(said)
    assert "%" not in words(said)


def test_the_bars_say_how_many_chose_what_and_not_which_is_right() -> None:
    bars = reading.vote_figure(VOICE, QUESTION, votes(7, 5))
    assert bars.alt.startswith("How you voted: ")
    assert "It depends: 7" in bars.alt
    assert "Yes: 5" in bars.alt
    assert "right" not in bars.alt.lower()


def test_every_figure_a_post_shows_comes_with_it() -> None:
    for said in (chapter_post(), discuss(6, 6), discuss(9, 1), recap(week(votes(6, 6)))):
        shown = {b.digest for b in walk(said.document.blocks) if isinstance(b, Plot)}
        assert shown == {digest(each) for each in said.figures}


# -- the recap ------------------------------------------------------------------------------------


def test_the_recap_tells_the_week_in_a_few_lines() -> None:
    told = week(votes(6, 6), second=votes(7, 3), fooled="*1/7* is a **chance**.")
    said = recap(told)
    text = words(said)
    for line in (
        "- First vote: 50 % right, 12 votes.",
        "- After the talk: 70 % right.",
        "- On your own numbers: 74 % of the challenges tried were passed.",
        "- 31 of 44 were here this week.",
        "1/7 is a chance.",
        "Next, 2026-06-01 15:00 UTC: What it costs to fold.",
        CHAPTER.takeaway,
    ):
        assert line in text
    assert wants(said) == [
        actions.ReadLesson(RUN, SLUG),
        actions.Challenges(RUN, SLUG),
        actions.Join(RUN),
    ]
    quote = next(b for b in said.document.blocks if isinstance(b, Quote))
    assert "**" not in plain(said.document)
    assert quote.blocks


def test_the_recap_tells_the_answer_only_if_the_talk_left_it_open() -> None:
    assert RIGHT_WORDS[0] in words(recap(week(votes(6, 6))))
    assert RIGHT_WORDS[0] not in words(recap(week(votes(1, 9))))
    assert recap(week(votes(1, 9), own_right=None)).figures == ()


def test_the_recap_draws_how_much_was_right_from_the_first_vote_on() -> None:
    said = recap(week(votes(6, 6), second=votes(7, 3)))
    drawn = said.figures[0]
    assert drawn.panels[0].marks == (
        Bars(
            ("First vote", "After the talk", "On your own numbers"),
            (50.0, 70.0, 74.0),
            unit=" %",
            full=100.0,
        ),
    )
    assert drawn.alt.endswith("First vote: 50 %; After the talk: 70 %; On your own numbers: 74 %.")
    assert drawn.alt in words(said)


@pytest.mark.parametrize(
    "told",
    [
        week(votes(1, 1), active=2, own_right=0.5),
        week(votes(6, 6), own_right=None),
        week(votes(6, 6), active=2, own_right=0.5),
    ],
)
def test_a_share_that_stands_alone_or_gives_somebody_away_is_not_drawn(told: Week) -> None:
    assert reading.week_figure(VOICE, told) is None


def test_among_few_the_recap_gives_nobody_away() -> None:
    told = week(votes(1, 1), active=2, enrolled=3, own_right=0.0, fooled="Somebody's mistake.")
    text = words(recap(told))
    assert "%" not in text
    assert "mistake" not in text
    assert "2 people voted." in text


def test_an_empty_week_is_told_without_a_list_of_noughts() -> None:
    text = words(recap(week(votes(0, 0), active=0, enrolled=2, own_right=None), last=True))
    assert "0" not in text
    assert "That was the last chapter." in text


def test_a_paused_run_promises_no_date_and_does_not_say_it_is_over() -> None:
    text = words(recap(week(votes(6, 6)), dated=False))
    assert "Next, once the series goes on: What it costs to fold." in text
    assert "last chapter" not in text


def test_a_title_is_never_read_as_markdown() -> None:
    hostile = replace(CHAPTER, title=HOSTILE, takeaway=HOSTILE)
    said = reading.chapter_post(VOICE, RUN, hostile, QUESTION, hero=None, votes=0)
    heading = said.document.blocks[0]
    assert isinstance(heading, Heading)
    assert plain(said.document).startswith(f"Week 1 · {HOSTILE}")
    assert HOSTILE in plain(reading.thread_opener(VOICE, hostile).document)
