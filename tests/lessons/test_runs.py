"""A run under pause, outage, hand and hazard: slots pass, chapters never do.

Knows no store and no post. Invariant: every moment is given, so each test runs the same for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons import runs
from lessons.runs import Finished, NotNow, Offer, Run, RunEvent, RunStep, Status, Tell, TooLate
from lessons.timetable import Beat, SlotRule, Timetable, Weekday, default_timetable

BERLIN = ZoneInfo("Europe/Berlin")
APIA = ZoneInfo("Pacific/Apia")

SATURDAY = datetime(2026, 5, 30, 8, tzinfo=UTC)
MONDAY = datetime(2026, 6, 1, 15, tzinfo=UTC)  # 17:00 in Berlin, all summer
THURSDAY = MONDAY + timedelta(days=3)
SUNDAY = MONDAY + timedelta(days=6)
WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
CHAPTERS = ("one", "two", "three")


def new_run(
    chapters: tuple[str, ...] = CHAPTERS,
    *,
    by_hand: bool = False,
    timetable: Timetable | None = None,
) -> Run:
    return Run(
        space="local:here",
        id="run",
        series="maps",
        content_hash="hash",
        channel="study",
        zone="Europe/Berlin",
        timetable=timetable or default_timetable(Weekday.MONDAY, 17, 0),
        by_hand=by_hand,
        status=Status.ACTIVE,
        chapters=chapters,
        position=0,
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mia",
        started_at=SATURDAY,
    )


def begun(chapters: tuple[str, ...] = CHAPTERS, *, by_hand: bool = False) -> Run:
    return runs.begin(new_run(chapters, by_hand=by_hand), SATURDAY, BERLIN).run


def after(run: Run, *moments: datetime) -> Run:
    """The run after slots passed at these moments, one after the other."""
    for moment in moments:
        run = runs.pass_slots(run, moment, BERLIN).run
    return run


def told(events: tuple[RunEvent, ...]) -> list[tuple[str, Beat]]:
    return [(event.chapter, event.beat) for event in events if isinstance(event, Tell)]


def due_at(run: Run) -> datetime:
    assert run.due is not None
    return run.due.at


# -- on time --------------------------------------------------------------------------------------


def test_a_run_waits_for_its_first_chapter_slot() -> None:
    run = runs.begin(new_run(), MONDAY + HOUR, BERLIN).run
    assert run.due is not None
    assert (run.status, run.due.beat, run.due.at) == (Status.ACTIVE, Beat.CHAPTER, MONDAY + WEEK)


def test_a_run_that_would_never_post_a_chapter_is_refused() -> None:
    discuss = Timetable((SlotRule(Beat.DISCUSS, Weekday.MONDAY, 17, 0),))
    with pytest.raises(ValueError, match="chapter slot"):
        runs.begin(new_run(timetable=discuss), SATURDAY, BERLIN)


def test_nothing_happens_before_the_slot_and_nothing_twice_at_it() -> None:
    run = begun()
    assert runs.pass_slots(run, MONDAY - timedelta(milliseconds=1), BERLIN) == RunStep(run)
    step = runs.pass_slots(run, MONDAY, BERLIN)
    assert step.events == (Tell("one", Beat.CHAPTER, MONDAY),)
    assert runs.pass_slots(step.run, MONDAY, BERLIN) == RunStep(step.run)


def test_a_week_is_chapter_discuss_recap_and_then_the_next_chapter() -> None:
    run = begun()
    heard = []
    for moment in (MONDAY, THURSDAY, SUNDAY, MONDAY + WEEK):
        step = runs.pass_slots(run, moment, BERLIN)
        heard += told(step.events)
        run = step.run
    assert heard == [
        ("one", Beat.CHAPTER),
        ("one", Beat.DISCUSS),
        ("one", Beat.RECAP),
        ("two", Beat.CHAPTER),
    ]
    assert (run.position, run.current, run.told) == (2, "two", frozenset({Beat.CHAPTER}))


def test_the_same_step_taken_twice_gives_the_same() -> None:
    run = after(begun(), MONDAY)
    late = SUNDAY + 2 * HOUR
    assert runs.pass_slots(run, late, BERLIN) == runs.pass_slots(run, late, BERLIN)


def test_the_last_recap_finishes_the_run() -> None:
    run = after(begun(("one",)), MONDAY, THURSDAY)
    step = runs.pass_slots(run, SUNDAY, BERLIN)
    assert step.events == (Tell("one", Beat.RECAP, SUNDAY), Finished())
    assert (step.run.status, step.run.due, step.run.over) == (Status.FINISHED, None, True)
    assert runs.pass_slots(step.run, SUNDAY + 9 * WEEK, BERLIN) == RunStep(step.run)


def test_the_last_chapter_ends_with_its_recap_even_if_its_discussion_was_missed() -> None:
    run = after(begun(("one",)), MONDAY)
    step = runs.pass_slots(run, SUNDAY + HOUR, BERLIN)
    assert told(step.events) == [("one", Beat.RECAP)]
    assert (step.run.status, step.run.missed) == (Status.FINISHED, 1)


def test_a_last_recap_that_came_too_late_still_comes_a_week_later() -> None:
    run = after(begun(("one",)), MONDAY, THURSDAY)
    asked = runs.pass_slots(run, SUNDAY + timedelta(hours=24), BERLIN)
    assert asked.events == (TooLate("one", Beat.RECAP, SUNDAY, 1),)
    assert due_at(asked.run) == SUNDAY + WEEK  # the Monday between has nothing to tell
    step = runs.pass_slots(asked.run, SUNDAY + WEEK, BERLIN)
    assert step.events == (Tell("one", Beat.RECAP, SUNDAY + WEEK), Finished())
    assert step.run.missed == 1


def test_a_timetable_of_chapters_alone_finishes_with_the_last_one() -> None:
    weekly = Timetable((SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0),))
    run = runs.begin(new_run(("one", "two"), timetable=weekly), SATURDAY, BERLIN).run
    run = after(run, MONDAY)
    step = runs.pass_slots(run, MONDAY + WEEK, BERLIN)
    assert step.events == (Tell("two", Beat.CHAPTER, MONDAY + WEEK), Finished())


# -- outage ---------------------------------------------------------------------------------------


def test_after_a_short_outage_the_post_comes_once_and_is_marked_late() -> None:
    step = runs.pass_slots(begun(), MONDAY + 2 * HOUR, BERLIN)
    assert step.events == (Tell("one", Beat.CHAPTER, MONDAY, late=2 * HOUR),)
    assert (due_at(step.run), step.run.missed) == (THURSDAY, 0)


def test_a_few_minutes_are_not_late() -> None:
    step = runs.pass_slots(begun(), MONDAY + runs.ON_TIME, BERLIN)
    assert step.events == (Tell("one", Beat.CHAPTER, MONDAY),)


def test_only_the_newest_missed_slot_is_told_and_the_others_are_counted() -> None:
    run = after(begun(), MONDAY)
    step = runs.pass_slots(run, SUNDAY + HOUR, BERLIN)
    assert step.events == (Tell("one", Beat.RECAP, SUNDAY, late=HOUR),)
    assert (step.run.missed, step.run.told) == (1, frozenset({Beat.CHAPTER, Beat.RECAP}))


def test_slots_with_nothing_to_tell_are_no_misses() -> None:
    run = after(begun(), MONDAY, THURSDAY, SUNDAY)
    step = runs.pass_slots(run, MONDAY + WEEK + timedelta(hours=23), BERLIN)
    assert (told(step.events), step.run.missed) == ([("two", Beat.CHAPTER)], 0)


def test_what_is_a_day_late_is_asked_about_and_nothing_is_lost() -> None:
    step = runs.pass_slots(begun(), MONDAY + runs.AGE_LIMIT, BERLIN)
    assert step.events == (TooLate("one", Beat.CHAPTER, MONDAY, 1),)
    assert (step.run.upcoming, step.run.held, due_at(step.run)) == (
        "one",
        Beat.CHAPTER,
        MONDAY + WEEK,
    )


def test_what_was_asked_about_can_be_posted_and_the_week_goes_on_from_there() -> None:
    asked = after(begun(), MONDAY + 30 * HOUR)
    tuesday = MONDAY + 31 * HOUR
    step = runs.post_now(asked, tuesday, BERLIN)
    assert step.events == (Tell("one", Beat.CHAPTER, tuesday, by_hand=True),)
    assert (step.run.held, step.run.missed, due_at(step.run)) == (None, 0, THURSDAY)


def test_what_was_asked_about_comes_with_the_next_slot_if_nobody_answers() -> None:
    asked = after(begun(), MONDAY + 30 * HOUR)
    step = runs.pass_slots(asked, MONDAY + WEEK, BERLIN)
    assert told(step.events) == [("one", Beat.CHAPTER)]
    assert (step.run.held, step.run.missed) == (None, 1)


def test_an_answer_after_the_next_slot_posts_what_comes_next() -> None:
    missed_talk = after(begun(), MONDAY, THURSDAY + 30 * HOUR)
    assert missed_talk.held is Beat.DISCUSS
    recapped = after(missed_talk, SUNDAY)
    assert recapped.held is None
    step = runs.post_now(recapped, SUNDAY + HOUR, BERLIN)
    assert told(step.events) == [("two", Beat.CHAPTER)]


@pytest.mark.parametrize("back_at", [19, 30, 100], ids=lambda hours: f"{hours} h after a slot")
def test_after_three_weeks_nothing_is_posted_by_itself(back_at: int) -> None:
    run = after(begun(), MONDAY, THURSDAY, SUNDAY)
    step = runs.pass_slots(run, MONDAY + 4 * WEEK + back_at * HOUR, BERLIN)
    assert step.events == (TooLate("two", Beat.CHAPTER, MONDAY + 4 * WEEK, 4),)
    assert (step.run.upcoming, step.run.position) == ("two", 1)
    assert due_at(step.run) == MONDAY + 5 * WEEK


def test_after_a_missed_week_the_newest_slot_still_comes_by_itself() -> None:
    step = runs.pass_slots(begun(), MONDAY + WEEK + HOUR, BERLIN)
    assert (told(step.events), step.run.missed) == ([("one", Beat.CHAPTER)], 1)


# -- several slots at one instant -----------------------------------------------------------------

ALL_AT_ONCE = Timetable(tuple(SlotRule(beat, Weekday.MONDAY, 17, 0) for beat in Beat))


def test_beats_of_one_instant_are_all_told_and_the_old_week_ends_before_the_new_one() -> None:
    run = runs.begin(new_run(timetable=ALL_AT_ONCE), SATURDAY, BERLIN).run
    run = after(run, MONDAY)
    step = runs.pass_slots(run, MONDAY + WEEK + HOUR, BERLIN)
    assert told(step.events) == [
        ("one", Beat.DISCUSS),
        ("one", Beat.RECAP),
        ("two", Beat.CHAPTER),
    ]
    assert step.run.missed == 0


def test_after_an_outage_only_the_newest_instant_is_told_but_that_one_whole() -> None:
    run = runs.begin(new_run(timetable=ALL_AT_ONCE), SATURDAY, BERLIN).run
    run = after(run, MONDAY)
    step = runs.pass_slots(run, MONDAY + 2 * WEEK, BERLIN)
    assert told(step.events) == [
        ("one", Beat.DISCUSS),
        ("one", Beat.RECAP),
        ("two", Beat.CHAPTER),
    ]
    assert step.run.missed == 3


def test_the_last_week_of_such_a_run_ends_it() -> None:
    run = runs.begin(new_run(("one",), timetable=ALL_AT_ONCE), SATURDAY, BERLIN).run
    step = runs.pass_slots(after(run, MONDAY), MONDAY + WEEK, BERLIN)
    assert told(step.events) == [("one", Beat.DISCUSS), ("one", Beat.RECAP)]
    assert step.events[-1] == Finished()


def test_a_day_that_is_skipped_loses_no_beat() -> None:
    """Samoa had no 30 December 2011: Thursday was followed by Saturday."""
    friday_and_saturday = Timetable(
        (
            SlotRule(Beat.CHAPTER, Weekday.FRIDAY, 8, 0),
            SlotRule(Beat.DISCUSS, Weekday.SATURDAY, 0, 0),
            SlotRule(Beat.RECAP, Weekday.SUNDAY, 8, 0),
        )
    )
    before = datetime(2011, 12, 28, 12, tzinfo=UTC)
    run = runs.begin(new_run(("one",), timetable=friday_and_saturday), before, APIA).run
    step = runs.pass_slots(run, datetime(2011, 12, 30, 10, tzinfo=UTC), APIA)
    assert told(step.events) == [("one", Beat.CHAPTER), ("one", Beat.DISCUSS)]


# -- by hand --------------------------------------------------------------------------------------


def test_a_run_by_hand_offers_and_posts_only_when_told_to() -> None:
    offered = runs.pass_slots(begun(by_hand=True), MONDAY, BERLIN)
    assert offered.events == (Offer("one", Beat.CHAPTER, MONDAY),)
    assert (offered.run.held, offered.run.upcoming) == (Beat.CHAPTER, "one")
    step = runs.post_now(offered.run, MONDAY + HOUR, BERLIN)
    assert told(step.events) == [("one", Beat.CHAPTER)]
    assert (step.run.held, due_at(step.run)) == (None, THURSDAY)


def test_an_offer_that_nobody_took_is_made_again_at_the_next_slot() -> None:
    offered = after(begun(by_hand=True), MONDAY)
    again = runs.pass_slots(offered, MONDAY + WEEK, BERLIN)
    assert again.events == (Offer("one", Beat.CHAPTER, MONDAY + WEEK),)
    assert again.run.missed == 1


def test_skipping_the_offered_chapter_leaves_the_slot_to_the_next_one() -> None:
    offered = after(begun(by_hand=True), MONDAY)
    skipped = runs.skip(offered, "one").run
    step = runs.post_now(skipped, MONDAY + HOUR, BERLIN)
    assert (told(step.events), due_at(step.run)) == ([("two", Beat.CHAPTER)], THURSDAY)


# -- post now -------------------------------------------------------------------------------------


def test_posting_early_takes_the_next_slot() -> None:
    step = runs.post_now(begun(), SATURDAY, BERLIN)
    assert step.events == (Tell("one", Beat.CHAPTER, SATURDAY, by_hand=True),)
    assert due_at(step.run) == THURSDAY  # Monday's slot is used up
    again = runs.post_now(step.run, SATURDAY, BERLIN)
    assert (told(again.events), due_at(again.run)) == ([("one", Beat.DISCUSS)], SUNDAY)


def test_posting_in_the_instant_between_slot_and_tick_posts_once() -> None:
    step = runs.post_now(begun(), MONDAY + timedelta(seconds=1), BERLIN)
    assert (told(step.events), due_at(step.run)) == ([("one", Beat.CHAPTER)], THURSDAY)
    assert runs.pass_slots(step.run, MONDAY + HOUR, BERLIN).events == ()


def test_posting_right_after_a_long_outage_posts_what_was_missed_and_no_more() -> None:
    back = MONDAY + 3 * WEEK + 30 * HOUR
    step = runs.post_now(begun(), back, BERLIN)
    assert told(step.events) == [("one", Beat.CHAPTER)]
    assert due_at(step.run) > back


def test_a_paused_run_can_be_posted_by_hand_and_stays_paused() -> None:
    paused = runs.pause(begun()).run
    step = runs.post_now(paused, SATURDAY, BERLIN)
    assert told(step.events) == [("one", Beat.CHAPTER)]
    assert (step.run.status, step.run.due) == (Status.PAUSED, None)


def test_the_last_beat_by_hand_finishes_the_run() -> None:
    run = after(begun(("one",)), MONDAY, THURSDAY)
    step = runs.post_now(run, THURSDAY + HOUR, BERLIN)
    assert step.events[-1] == Finished()
    with pytest.raises(NotNow):
        runs.post_now(step.run, THURSDAY + HOUR, BERLIN)


def test_a_blocked_or_ended_run_posts_nothing_by_hand() -> None:
    for run in (runs.block(begun()).run, runs.stop(begun()).run):
        with pytest.raises(NotNow):
            runs.post_now(run, SATURDAY, BERLIN)


def test_posting_by_hand_waits_for_the_next_slot_that_has_something_to_tell() -> None:
    two_talks = Timetable(
        (
            SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0),
            SlotRule(Beat.DISCUSS, Weekday.WEDNESDAY, 17, 0),
            SlotRule(Beat.DISCUSS, Weekday.THURSDAY, 17, 0),
            SlotRule(Beat.RECAP, Weekday.SUNDAY, 17, 0),
        )
    )
    run = after(runs.begin(new_run(timetable=two_talks), SATURDAY, BERLIN).run, MONDAY)
    step = runs.post_now(run, MONDAY + HOUR, BERLIN)
    assert (told(step.events), due_at(step.run)) == ([("one", Beat.DISCUSS)], SUNDAY)


def test_a_talk_posted_by_hand_is_no_longer_held() -> None:
    run = runs.post_now(after(begun(by_hand=True), MONDAY), MONDAY, BERLIN).run
    offered = after(run, THURSDAY)
    assert offered.held is Beat.DISCUSS
    step = runs.post_now(offered, THURSDAY + HOUR, BERLIN)
    assert (step.run.held, due_at(step.run)) == (None, SUNDAY)


# -- pause, block, skip, move, stop ---------------------------------------------------------------


def test_a_pause_shifts_chapters_and_loses_none() -> None:
    paused = runs.pause(after(begun(), MONDAY, THURSDAY, SUNDAY)).run
    assert runs.pass_slots(paused, MONDAY + 5 * WEEK, BERLIN) == RunStep(paused)
    resumed = runs.resume(paused, MONDAY + 5 * WEEK + HOUR, BERLIN).run
    assert (due_at(resumed), resumed.upcoming) == (MONDAY + 6 * WEEK, "two")


def test_a_run_paused_before_its_talk_goes_on_with_the_talk() -> None:
    paused = runs.pause(after(begun(), MONDAY)).run
    resumed = runs.resume(paused, MONDAY + WEEK + HOUR, BERLIN).run
    assert due_at(resumed) == THURSDAY + WEEK
    assert told(runs.pass_slots(resumed, THURSDAY + WEEK, BERLIN).events) == [("one", Beat.DISCUSS)]


def test_resuming_at_the_instant_of_a_slot_waits_for_the_next_one() -> None:
    resumed = runs.resume(runs.pause(begun()).run, MONDAY, BERLIN).run
    assert due_at(resumed) == MONDAY + WEEK


def test_a_blocked_run_lets_slots_pass_until_it_is_mended() -> None:
    blocked = runs.block(begun()).run
    assert runs.pass_slots(blocked, MONDAY + WEEK, BERLIN) == RunStep(blocked)
    assert runs.resume(blocked, MONDAY + WEEK, BERLIN).run.upcoming == "one"


def test_what_is_over_stays_over() -> None:
    stopped = runs.stop(begun()).run
    assert runs.block(stopped) == RunStep(stopped)
    for step in (runs.stop, runs.pause, lambda run: runs.move(run, "attic")):
        with pytest.raises(NotNow):
            step(stopped)
    with pytest.raises(NotNow):
        runs.resume(stopped, SATURDAY, BERLIN)
    with pytest.raises(NotNow):
        runs.skip(stopped, "one")


def test_only_a_waiting_run_can_be_paused_and_only_a_paused_one_resumed() -> None:
    paused = runs.pause(begun()).run
    with pytest.raises(NotNow):
        runs.pause(paused)
    with pytest.raises(NotNow):
        runs.resume(begun(), SATURDAY, BERLIN)
    blocked = runs.block(begun()).run
    with pytest.raises(NotNow):
        runs.pause(blocked)
    assert runs.resume(blocked, SATURDAY, BERLIN).run.status is Status.ACTIVE
    assert runs.block(paused).run is paused


# -- a series that changes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "now", "chapters"),
    [
        (0, ("one", "two"), ("one", "two")),
        (1, ("one", "two", "three"), ("one", "two", "three")),  # written meanwhile
        (2, ("one", "two", "three"), ("one", "two", "three")),  # after the last one
        (1, ("one", "deux"), ("one", "deux")),  # renamed
        (1, ("one",), ("one",)),  # taken out
        (1, ("two", "one"), ("one", "two")),  # reordered: none is lost
        (1, ("zero", "one", "two"), ("one", "two")),  # before what is past: its time is over
        (1, ("half", "two"), ("one", "half", "two")),  # the past one is gone from the folder
    ],
)
def test_what_is_past_stays_and_what_comes_is_what_the_series_has_now(
    position: int, now: tuple[str, ...], chapters: tuple[str, ...]
) -> None:
    run = replace(begun(("one", "two")), position=position)
    followed = runs.follow(run, now, "new")
    assert followed.chapters == chapters
    assert followed == replace(run, chapters=chapters, content_hash="new")


def test_a_run_at_its_end_goes_on_when_its_series_has_grown() -> None:
    over = after(begun(("one",)), MONDAY, THURSDAY, SUNDAY)
    assert over.status is Status.FINISHED
    with pytest.raises(NotNow):
        runs.resume(over, SUNDAY, BERLIN)
    grown = runs.follow(over, ("one", "two"), "new")
    again = runs.resume(grown, SUNDAY + HOUR, BERLIN).run
    assert again.due is not None
    assert (again.status, again.upcoming, again.due.at) == (Status.ACTIVE, "two", MONDAY + WEEK)


def test_skip_drops_the_named_chapter_and_no_second_one() -> None:
    skipped = runs.skip(begun(), "one").run
    assert skipped.upcoming == "two"
    with pytest.raises(NotNow):
        runs.skip(skipped, "one")


def test_skipping_all_that_is_left_ends_the_run_at_its_next_slot() -> None:
    skipped = runs.skip(after(begun(("one", "two")), MONDAY, THURSDAY, SUNDAY), "two").run
    step = runs.pass_slots(skipped, MONDAY + WEEK, BERLIN)
    assert (step.events, step.run.status) == ((Finished(),), Status.FINISHED)
    paused = runs.pause(skipped).run
    assert runs.resume(paused, SUNDAY + HOUR, BERLIN).events == (Finished(),)


def test_a_moved_run_keeps_its_place_and_its_date() -> None:
    run = after(begun(), MONDAY)
    assert runs.move(run, "attic") == RunStep(replace(run, channel="attic"))


# -- what comes -----------------------------------------------------------------------------------


def test_what_lies_ahead_is_what_will_be_told() -> None:
    run = after(begun(("one", "two")), MONDAY)
    promised = runs.ahead(run, BERLIN, 99)
    assert [slot.beat for slot in promised] == [
        Beat.DISCUSS,
        Beat.RECAP,
        Beat.CHAPTER,
        Beat.DISCUSS,
        Beat.RECAP,
    ]
    for slot in promised:
        step = runs.pass_slots(run, slot.at, BERLIN)
        assert [event.beat for event in step.events if isinstance(event, Tell)] == [slot.beat]
        run = step.run
    assert run.status is Status.FINISHED


def test_nothing_lies_ahead_of_a_run_that_does_not_wait() -> None:
    assert runs.ahead(runs.pause(begun()).run, BERLIN, 3) == ()
    assert runs.ahead(runs.stop(begun()).run, BERLIN, 3) == ()


# -- over any history -----------------------------------------------------------------------------

SPANS = st.one_of(
    st.integers(0, 3 * 24 * 60), st.integers(0, 40 * 24 * 60), st.sampled_from([0, 1, 24 * 60])
).map(lambda minutes: timedelta(minutes=minutes))
DEEDS = st.sampled_from(["wait", "wait", "wait", "pause", "resume", "skip", "post", "block"])
HISTORIES = st.lists(st.tuples(DEEDS, SPANS), max_size=40)
RULES = st.builds(
    SlotRule,
    st.sampled_from(Beat),
    st.sampled_from(Weekday),
    st.sampled_from([0, 2, 17]),
    st.sampled_from([0, 30]),
)
TIMETABLES = st.lists(RULES, max_size=4, unique=True).map(
    lambda rules: Timetable(
        tuple({*rules, SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0)}),
    )
)


def do(run: Run, deed: str, now: datetime) -> RunStep:
    match deed:
        case "pause":
            return runs.pause(run)
        case "resume":
            return runs.resume(run, now, BERLIN)
        case "skip":
            return runs.skip(run, run.upcoming or "")
        case "post":
            return runs.post_now(run, now, BERLIN)
        case "block":
            return runs.block(run)
        case _:
            return runs.pass_slots(run, now, BERLIN)


@settings(max_examples=300, deadline=None)
@given(HISTORIES, st.booleans(), TIMETABLES)
def test_no_chapter_is_ever_lost_or_told_twice(
    history: list[tuple[str, timedelta]], by_hand: bool, timetable: Timetable
) -> None:
    chapters = tuple("abcdefgh")
    now = SATURDAY
    run = runs.begin(new_run(chapters, by_hand=by_hand, timetable=timetable), now, BERLIN).run
    posted: list[str] = []
    gone: list[str] = []
    heard: list[tuple[str, Beat]] = []

    for deed, span in history:
        now += span
        before = run
        try:
            step = do(run, deed, now)
        except NotNow:
            continue
        assert step == do(run, deed, now)
        run = step.run
        if deed == "skip" and before.upcoming is not None:
            gone.append(before.upcoming)
        heard += told(step.events)
        posted += [chapter for chapter, beat in told(step.events) if beat is Beat.CHAPTER]

        if deed == "wait":
            assert run.due is None or run.due.at > now
            assert not by_hand or not told(step.events)
        if told(step.events):
            assert run.held is None
        if run.due is not None and run.upcoming is not None:
            assert runs.ahead(run, BERLIN, 1) == (run.due,)  # the date that people are told
        assert (run.due is not None) == (run.status is Status.ACTIVE)
        assert run.missed >= before.missed
        assert run.current == (posted[-1] if posted else "")
        assert sorted((*posted, *gone)) == list(chapters[: run.position])

    assert posted == sorted(posted)
    assert len(set(heard)) == len(heard)
    assert not (set(posted) & set(gone))
    if run.status is Status.FINISHED:
        assert {*posted, *gone} == set(chapters)


@settings(max_examples=100, deadline=None)
@given(HISTORIES, TIMETABLES)
def test_left_alone_again_every_run_comes_to_its_end(
    history: list[tuple[str, timedelta]], timetable: Timetable
) -> None:
    chapters = tuple("abcd")
    now = SATURDAY
    run = runs.begin(new_run(chapters, timetable=timetable), now, BERLIN).run
    for deed, span in history:
        now += span
        try:
            run = do(run, deed, now).run
        except NotNow:
            continue
    if run.status in (Status.PAUSED, Status.BLOCKED):
        run = runs.resume(run, now, BERLIN).run
    left = list(chapters[run.position :])
    heard: list[tuple[str, Beat]] = []
    for _ in range(6 * 8):
        if run.due is None:
            break
        step = runs.pass_slots(run, max(now, run.due.at), BERLIN)
        now = max(now, run.due.at)
        run = step.run
        heard += told(step.events)
    assert run.status is Status.FINISHED
    assert [chapter for chapter, beat in heard if beat is Beat.CHAPTER] == left
