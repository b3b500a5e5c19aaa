"""What moderators are told: every trouble says what happened, what was kept, what to press.

Knows no store. Invariant: dates and numbers come from a run that the steps of lessons.runs made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from lessons import actions, runs
from lessons.document import ChannelName, Paragraph, walk
from lessons.posts import Post, Reply
from lessons.replies import moderating, reading
from lessons.replies.moderating import StatusView
from lessons.runs import Run, Status
from lessons.timetable import Beat, Slot, Weekday, default_timetable, next_slots
from tests.lessons.spoken import (
    CHAPTER,
    FOLDED,
    NOW,
    QUESTION,
    RUN,
    SERIES,
    VOICE,
    controls,
    figure,
    labels,
    post_of,
    wants,
    words,
)

BERLIN = ZoneInfo("Europe/Berlin")
TIMETABLE = default_timetable(Weekday.MONDAY, 17, 0)
BEFORE = NOW - timedelta(days=1)


def started() -> Run:
    run = Run(
        space="local:here",
        id=RUN,
        series=SERIES.slug,
        content_hash=SERIES.content_hash,
        channel="study",
        zone="Europe/Berlin",
        timetable=TIMETABLE,
        by_hand=False,
        status=Status.ACTIVE,
        chapters=tuple(chapter.slug for chapter in SERIES.chapters),
        position=0,
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mia",
        started_at=BEFORE,
        revision=4,
    )
    return runs.begin(run, BEFORE, BERLIN).run


def with_status(status: Status) -> Run:
    run = started()
    return run if status is Status.ACTIVE else replace(run, status=status, due=None)


def view(run: Run) -> StatusView:
    return StatusView(run, SERIES, SERIES.title, runs.ahead(run, BERLIN, 3), 12, 9, 3, 1, 0, 0)


# -- starting -------------------------------------------------------------------------------------


def proposal(*, by_hand: bool = False, slots: Sequence[Slot] | None = None) -> Reply:
    return moderating.proposal(
        VOICE,
        SERIES,
        "study",
        TIMETABLE,
        "Europe/Berlin",
        slots or next_slots(BEFORE, TIMETABLE, BERLIN, 3)[1:],
        first=CHAPTER,
        by_hand=by_hand,
    )


def test_a_proposal_shows_the_dates_and_carries_all_that_start_needs() -> None:
    said = proposal(slots=next_slots(NOW - timedelta(minutes=1), TIMETABLE, BERLIN, 4))
    assert words(said) == (
        "Start a series here?\n\n"
        "Reading maps · 2 weeks · posts in #study · Europe/Berlin · posts come by themselves\n\n"
        "This is what comes:\n\n"
        "- 2026-06-01 15:00 UTC: chapter 1\n"
        "- 2026-06-04 15:00 UTC: how the vote went\n"
        "- 2026-06-07 15:00 UTC: recap\n"
        "- 2026-06-08 15:00 UTC: chapter 2"
    )
    assert labels(said) == ["Start", "Preview chapter 1", "Cancel"]
    assert wants(said) == [
        actions.ConfirmStart(SERIES.slug, TIMETABLE, "Europe/Berlin", False, CHAPTER.slug, "study"),
        actions.Preview(chapter=CHAPTER.slug, series=SERIES.slug),
        actions.Cancel(),
    ]


def test_a_proposal_says_in_words_that_a_role_is_told_and_start_carries_it() -> None:
    with_role = moderating.proposal(
        VOICE,
        SERIES,
        "library",
        TIMETABLE,
        "Europe/Berlin",
        next_slots(BEFORE, TIMETABLE, BERLIN, 3)[1:],
        first=CHAPTER,
        by_hand=False,
        role="r7",
    )
    assert words(with_role).endswith("The role you chose is told of each chapter; nobody else is.")
    assert "r7" not in words(with_role)
    start = wants(with_role)[0]
    assert isinstance(start, actions.ConfirmStart)
    assert (start.channel, start.role) == ("library", "r7")


def test_a_run_by_hand_says_whose_hand() -> None:
    assert "you press the button for each post" in words(proposal(by_hand=True))


@pytest.mark.parametrize("what", ["series", "day", "time", "zone", "mode", "chapter"])
def test_a_wrong_choice_is_named_with_what_there_is(what: str) -> None:
    text = words(moderating.bad_choice(VOICE, what, "odd", ["this", "that"]))
    assert "odd" in text
    assert "this, that" in text


def test_a_choice_that_was_not_made_is_asked_for() -> None:
    assert words(moderating.bad_choice(VOICE, "series", "", ["maps", "nets"])) == (
        "Which series? There is: maps, nets."
    )
    assert words(moderating.bad_choice(VOICE, "chapter", "", ["1"])).startswith("Which chapter?")


def test_a_long_list_of_choices_says_that_it_goes_on() -> None:
    many = [str(number) for number in range(1, 31)]
    assert words(moderating.bad_choice(VOICE, "chapter", "99", many)).endswith("19, 20, ….")
    assert "16." in words(moderating.bad_choice(VOICE, "chapter", "99", many[:16]))


def test_what_is_missing_is_named_and_can_be_checked_again() -> None:
    again = actions.ProposeStart("maps")
    said = moderating.cannot_start(VOICE, "study", ["Send messages", "Pin"], False, again)
    assert "in #study I'm missing Send messages, Pin." in words(said)
    assert wants(said) == [again]
    assert labels(moderating.cannot_start(VOICE, "study", ["Pin"], False)) == []
    assert "I see no channel there" in words(moderating.cannot_start(VOICE, "study", [], True))


def test_a_channel_with_a_series_leads_to_its_status() -> None:
    said = moderating.already_running(VOICE, RUN, "Maps", "study")
    assert wants(said) == [actions.ShowStatus(RUN)]


def test_a_started_series_says_when_it_begins_in_place_of_the_proposal() -> None:
    said = moderating.started(VOICE, RUN, SERIES, next_slots(NOW, TIMETABLE, BERLIN, 3))
    assert said.edit
    assert words(said).startswith("Reading maps is set.")


# -- status ---------------------------------------------------------------------------------------


def test_the_status_tells_where_the_run_is_and_what_comes() -> None:
    said = moderating.status(VOICE, view(started()))
    assert words(said) == (
        "Reading maps is running in #study.\n\n"
        "- Chapters behind you: 0 of 2.\n"
        "- 12 taking part, 9 of them active in the last seven days.\n"
        "- Posts: 3 sent, 1 waiting, 0 in doubt.\n\n"
        "Next:\n\n"
        "- 2026-06-01 15:00 UTC: chapter 1\n"
        "- 2026-06-04 15:00 UTC: how the vote went\n"
        "- 2026-06-07 15:00 UTC: recap"
    )
    assert wants(said) == [actions.PostNow(RUN, 4), actions.Pause(RUN)]


def test_the_status_in_the_middle_of_a_week_counts_on_from_there() -> None:
    run = runs.pass_slots(started(), NOW, BERLIN).run
    text = words(moderating.status(VOICE, view(run)))
    assert "how the vote went\n" in text
    assert text.endswith("chapter 2")


def test_missed_slots_are_shown_if_there_are_any() -> None:
    run = replace(started(), missed=1)
    assert "- One slot passed without a post." in words(moderating.status(VOICE, view(run)))
    run = replace(run, missed=3)
    assert "- 3 slots passed without a post." in words(moderating.status(VOICE, view(run)))
    assert "slot" not in words(moderating.status(VOICE, view(started())))


@pytest.mark.parametrize(
    ("status", "offered"),
    [
        (Status.ACTIVE, ["Post now", "Pause"]),
        (Status.PAUSED, ["Resume"]),
        (Status.BLOCKED, ["Check again"]),
        (Status.FINISHED, []),
        (Status.STOPPED, []),
    ],
)
def test_every_state_offers_what_can_be_done_in_it(status: Status, offered: list[str]) -> None:
    run = with_status(status)
    if status is Status.FINISHED:
        run = replace(run, position=len(run.chapters))
    said = moderating.status(VOICE, view(run))
    assert labels(said) == offered
    assert ("Next:" in words(said)) == (status is Status.ACTIVE)
    refused = moderating.not_now(VOICE, with_status(status), SERIES.title)
    assert words(refused).startswith("Nothing was changed: Reading maps ")
    assert labels(refused) == ["Status"]


def test_an_ended_run_whose_series_has_grown_can_go_on() -> None:
    assert labels(moderating.status(VOICE, view(with_status(Status.FINISHED)))) == ["Resume"]


# -- steps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["paused", "resumed", "skipped", "moved", "stopped"])
def test_after_a_step_one_knows_what_comes_next(key: str) -> None:
    said = moderating.changed(VOICE, key, started(), SERIES.title)
    assert words(said).endswith("The next post comes 2026-06-01 15:00 UTC.")
    still = moderating.changed(VOICE, key, with_status(Status.PAUSED), SERIES.title)
    assert "The next post comes" not in words(still)
    assert labels(said) == ["Status"]


def test_skipping_names_the_chapter_and_its_button_skips_no_other() -> None:
    said = moderating.confirm_skip(VOICE, started(), FOLDED)
    assert "Leave out week 2, What it costs to fold, in the channel?" in words(said)
    assert wants(said) == [actions.SkipChapter(RUN, FOLDED.slug), actions.Cancel()]
    assert controls(said)[0].style == "danger"


def test_stopping_is_asked_about_and_names_the_milder_way() -> None:
    said = moderating.confirm_stop(VOICE, started(), SERIES.title)
    assert "/series pause" in words(said)
    assert wants(said) == [actions.StopRun(RUN, sure=True), actions.Cancel()]


def test_a_preview_is_the_post_with_its_pictures_and_without_its_buttons() -> None:
    real = reading.chapter_post(VOICE, "", CHAPTER, QUESTION, hero=figure("Hero"), votes=0)
    said = moderating.preview(VOICE, real)
    assert words(said).startswith("A preview, only for you.")
    assert post_of(said).document.blocks[1:] == real.document.blocks
    assert (labels(said), post_of(said).figures) == ([], real.figures)


@pytest.mark.parametrize(
    ("beat", "named"),
    [
        (Beat.CHAPTER, "week 1"),
        (Beat.DISCUSS, "the vote of week 1"),
        (Beat.RECAP, "the recap of week 1"),
    ],
)
def test_every_beat_has_a_name(beat: Beat, named: str) -> None:
    said = words(moderating.posted_now(VOICE, CHAPTER, beat, "study"))
    assert said == f"On its way to #study: {named}."
    assert named in words(moderating.offer(VOICE, started(), CHAPTER, beat))
    late = replace(started(), held=beat)
    assert named in words(moderating.too_late(VOICE, late, CHAPTER, NOW, 1))


def test_a_chapter_sent_once_more_is_named() -> None:
    assert words(moderating.resent(VOICE, FOLDED, "study")) == (
        "On its way to #study once more: week 2."
    )


# -- what comes unasked ---------------------------------------------------------------------------


def test_an_offered_chapter_can_be_posted_looked_at_and_skipped() -> None:
    said = moderating.offer(VOICE, started(), CHAPTER, Beat.CHAPTER)
    assert labels(said) == ["Post now", "Preview chapter 1", "Skip chapter 1"]
    assert wants(said) == [
        actions.PostNow(RUN, 4),
        actions.Preview(RUN, CHAPTER.slug),
        actions.SkipChapter(RUN),  # asks first
    ]
    assert labels(moderating.offer(VOICE, started(), CHAPTER, Beat.RECAP)) == ["Post now"]


def test_after_a_long_outage_a_moderator_is_asked_and_told_that_nothing_is_lost() -> None:
    step = runs.pass_slots(started(), NOW + timedelta(days=22), BERLIN)
    (event,) = step.events
    assert isinstance(event, runs.TooLate)
    said = moderating.too_late(VOICE, step.run, CHAPTER, event.planned, event.missed)
    text = words(said)
    assert "4 slots passed without a post. No chapter is lost" in text
    assert "week 1 was due in #study" in text
    assert text.endswith("The next post comes 2026-06-29 15:00 UTC.")
    assert labels(said) == ["Post now", "Pause"]
    assert "One slot passed" in words(moderating.too_late(VOICE, step.run, CHAPTER, NOW, 1))


def blocked(missing: str = "", *, gone: bool = False, waiting: int = 2) -> Post:
    return moderating.blocked(VOICE, started(), "Maps", missing=missing, gone=gone, waiting=waiting)


def test_who_is_back_says_what_waits_and_how_it_goes_on() -> None:
    said = moderating.back(VOICE, started(), "Maps", 1)
    assert words(said).startswith("I was removed and am here again. Maps in #study has waited")
    assert "1 post is waiting" in words(said)
    assert wants(said) == [actions.CheckAgain(RUN)]


def test_a_blocked_run_names_the_right_and_what_waits() -> None:
    text = words(blocked("Send messages"))
    assert "I'm missing Send messages there. 2 posts are waiting and nothing is lost." in text
    assert "1 post is waiting" in words(blocked("Send messages", waiting=1))
    assert "#study is gone" in words(blocked(gone=True))
    assert "/series move" in words(blocked(gone=True))
    assert "when it's mended" in words(blocked())
    assert wants(blocked()) == [actions.CheckAgain(RUN)]


def test_an_uncertain_post_is_settled_by_a_word() -> None:
    said = moderating.uncertain(VOICE, started(), "d1", 5)
    assert labels(said) == ["It's there", "Post again"]
    assert wants(said) == [actions.Settle("d1", True), actions.Settle("d1", False)]
    replies = (
        moderating.settled(VOICE, True),
        moderating.settled(VOICE, False),
        moderating.settled_before(VOICE),
    )
    assert len({words(reply) for reply in replies}) == 3
    assert all(reply.edit for reply in replies)


def test_what_is_still_missing_or_gone_is_said_again() -> None:
    assert "still missing Pin" in words(moderating.still_blocked(VOICE, "study", ["Pin"], False))
    assert "still gone" in words(moderating.still_blocked(VOICE, "study", [], True))


def test_channels_are_shown_by_the_name_that_the_platform_knows() -> None:
    for said in (moderating.status(VOICE, view(started())), blocked(gone=True)):
        named = [
            piece
            for block in walk(post_of(said).document.blocks)
            if isinstance(block, Paragraph)
            for piece in block.content
            if isinstance(piece, ChannelName)
        ]
        assert named == [ChannelName("study")]


def test_several_series_are_offered_with_a_button_each() -> None:
    starts = [actions.ProposeStart(series=slug) for slug in ("eye", "maps")]
    said = moderating.choose_series(VOICE, list(zip(("An eye", "Maps"), starts, strict=True)))
    assert labels(said) == ["An eye", "Maps"]
    assert wants(said) == starts
    assert "An eye, Maps" in words(said)


def test_a_series_that_can_not_move_stays_and_says_why() -> None:
    assert "Pin" in words(moderating.cannot_move(VOICE, "library", ["Pin"], False))
    assert "stays where it is" in words(moderating.cannot_move(VOICE, "library", [], True))


def test_an_invitation_in_doubt_is_not_called_a_week() -> None:
    assert "invitation" in words(moderating.uncertain(VOICE, started(), "d1", None))
