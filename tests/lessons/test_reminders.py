"""When a member is reminded: their hour on the day before the recap, whatever clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.reminders import LATE, closes, due, next_look, reminder_at
from lessons.runs import Run, Status, begin, block, pass_slots, pause, stop
from lessons.timetable import Beat, SlotRule, Timetable, Weekday, default_timetable

BERLIN = ZoneInfo("Europe/Berlin")
TOKYO = ZoneInfo("Asia/Tokyo")
LIMA = ZoneInfo("America/Lima")
APIA = ZoneInfo("Pacific/Apia")
NEW_YORK = ZoneInfo("America/New_York")

MONDAY = datetime(2026, 9, 28, 15, tzinfo=UTC)  # 17:00 in Berlin
SUNDAY = MONDAY + timedelta(days=6)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_run() -> Run:
    """A run of two chapters that was begun an hour before its first slot."""
    fresh = Run(
        space="local:here",
        id="run",
        series="maps",
        content_hash="",
        channel="study",
        zone="Europe/Berlin",
        timetable=default_timetable(Weekday.MONDAY, 17, 0),
        by_hand=False,
        status=Status.ACTIVE,
        chapters=("one", "two"),
        position=0,
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by="mia",
        started_at=MONDAY,
    )
    return begin(fresh, MONDAY - timedelta(hours=1), BERLIN).run


def passed(run: Run, *days: float) -> Run:
    """The run after its slots of these days have passed, each in time."""
    for day in days:
        run = pass_slots(run, MONDAY + timedelta(days=day), BERLIN).run
    return run


# -- what is reminded of --------------------------------------------------------------------------


def test_a_chapter_closes_with_its_recap_whatever_slot_comes_first() -> None:
    assert closes(passed(a_run(), 0), BERLIN) == SUNDAY
    assert closes(passed(a_run(), 0, 3), BERLIN) == SUNDAY


def test_before_the_first_chapter_and_after_a_recap_there_is_nothing_to_remind_of() -> None:
    assert closes(a_run(), BERLIN) is None
    assert closes(passed(a_run(), 0, 3, 6), BERLIN) is None


def test_after_the_last_recap_nobody_is_reminded_of_anything() -> None:
    assert closes(passed(a_run(), 0, 3, 6, 7, 10, 13), BERLIN) is None


@pytest.mark.parametrize("step", [pause, block, stop], ids=lambda step: step.__name__)
def test_a_run_that_does_not_go_on_reminds_nobody(step: object) -> None:
    assert callable(step)
    assert closes(step(passed(a_run(), 0)).run, BERLIN) is None


def test_without_a_recap_the_next_chapter_closes_the_one_before() -> None:
    only = Timetable((SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0),))
    run = begin(replace(a_run(), timetable=only), MONDAY - timedelta(hours=1), BERLIN).run
    assert closes(passed(run, 0), BERLIN) == MONDAY + timedelta(days=7)


# -- when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hour", "moment"),
    [
        (BERLIN, 18, "2026-10-03T16:00"),
        (BERLIN, 8, "2026-10-03T06:00"),
        # In Tokyo the recap is on Monday at midnight, so the day before it is Sunday.
        (TOKYO, 18, "2026-10-04T09:00"),
        (LIMA, 20, "2026-10-04T01:00"),
    ],
)
def test_the_hour_and_the_day_before_are_those_of_the_member_s_calendar(
    zone: ZoneInfo, hour: int, moment: str
) -> None:
    assert reminder_at(SUNDAY, hour, zone) == at(moment)


def test_an_hour_that_is_skipped_moves_to_the_first_that_is_not() -> None:
    # 29 March 2026: 2:00 becomes 3:00 in Berlin.
    assert reminder_at(at("2026-03-30T15:00"), 2, BERLIN) == at("2026-03-29T01:00")


def test_an_hour_that_comes_twice_is_taken_the_first_time() -> None:
    # 1 November 2026: 1:00 comes twice in New York.
    assert reminder_at(at("2026-11-02T15:00"), 1, NEW_YORK) == at("2026-11-01T05:00")


def test_the_clock_time_is_kept_when_clocks_change_between_it_and_the_recap() -> None:
    assert reminder_at(at("2026-03-29T15:00"), 18, BERLIN) == at("2026-03-28T17:00")
    assert reminder_at(at("2026-03-30T15:00"), 18, BERLIN) == at("2026-03-29T16:00")


def test_it_is_due_from_its_moment_on_until_it_is_late() -> None:
    moment = at("2026-10-03T16:00")
    times = [moment - timedelta(seconds=1), moment, moment + LATE - timedelta(seconds=1)]
    assert [due(SUNDAY, 18, BERLIN, now) for now in times] == [False, True, True]
    assert not due(SUNDAY, 18, BERLIN, moment + LATE)


def test_it_is_not_due_once_the_recap_is_out() -> None:
    early = at("2026-10-04T00:30")  # a recap at 2:30 in Berlin; 23:00 is less than LATE before it
    moment = reminder_at(early, 23, BERLIN)
    assert due(early, 23, BERLIN, moment)
    assert not due(early, 23, BERLIN, early)


# -- when to look ---------------------------------------------------------------------------------


def test_the_next_look_is_today_if_the_hour_is_still_to_come() -> None:
    assert next_look(at("2026-10-03T15:59"), 18, BERLIN) == at("2026-10-03T16:00")
    assert next_look(at("2026-10-03T16:00"), 18, BERLIN) == at("2026-10-04T16:00")


def test_a_day_that_was_left_out_is_passed_over() -> None:
    # Samoa had no 30 December 2011.
    looks = [at("2011-12-29T12:00")]
    for _ in range(3):
        looks.append(next_look(looks[-1], 18, APIA))
    assert looks == sorted(set(looks))


@given(
    st.integers(0, 37 * 365 * 86_400).map(lambda s: at("2000-01-01") + timedelta(seconds=s)),
    st.integers(0, 23),
    st.sampled_from([BERLIN, TOKYO, LIMA, APIA, NEW_YORK]),
)
def test_every_reminder_comes_at_a_moment_at_which_is_looked(
    closing: datetime, hour: int, zone: ZoneInfo
) -> None:
    moment = reminder_at(closing, hour, zone)
    look = next_look(moment - timedelta(seconds=1), hour, zone)

    assert look == moment
    assert next_look(look, hour, zone) - look <= timedelta(hours=26) or zone is APIA
