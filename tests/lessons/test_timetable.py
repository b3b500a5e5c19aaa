"""The timetable by example: instants worked out by hand, and what is refused.

Zones come from the pinned tzdata package, never from the machine's own database.
"""

from __future__ import annotations

import importlib.resources
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from lessons.timetable import (
    Beat,
    Slot,
    SlotRule,
    Timetable,
    Weekday,
    default_timetable,
    first_moment,
    next_slot,
    next_slots,
    parse_time,
    parse_weekday,
    slots_after,
    slots_between,
)


def pinned(key: str) -> ZoneInfo:
    """The zone as the tzdata package has it."""
    path = importlib.resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    with path.open("rb") as file:
        return ZoneInfo.from_file(file, key)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def once(beat: Beat, weekday: Weekday, hour: int, minute: int = 0) -> Timetable:
    return Timetable((SlotRule(beat, weekday, hour, minute),))


BERLIN = pinned("Europe/Berlin")
APIA = pinned("Pacific/Apia")
MONDAYS = once(Beat.CHAPTER, Weekday.MONDAY, 17)


# zone, what its clock should show, the first instant (UTC) at which it does or has gone past
MOMENTS = [
    # Berlin: +1, +2 from Sun 29 Mar 2026 01:00 UTC (02:00 -> 03:00) to Sun 25 Oct 01:00 UTC
    ("Europe/Berlin", "2026-03-28 02:30", "2026-03-28 01:30"),
    ("Europe/Berlin", "2026-03-29 01:59", "2026-03-29 00:59"),
    ("Europe/Berlin", "2026-03-29 02:00", "2026-03-29 01:00"),  # gap begins
    ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00"),  # gap
    ("Europe/Berlin", "2026-03-29 03:00", "2026-03-29 01:00"),  # the first that exists
    ("Europe/Berlin", "2026-03-29 03:01", "2026-03-29 01:01"),
    ("Europe/Berlin", "2026-10-25 01:59", "2026-10-24 23:59"),
    ("Europe/Berlin", "2026-10-25 02:00", "2026-10-25 00:00"),  # comes twice: the first
    ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),  # comes twice: the first
    ("Europe/Berlin", "2026-10-25 03:00", "2026-10-25 02:00"),  # once, two hours after 02:00
    # New York: -5, -4 from Sun 8 Mar 2026 07:00 UTC to Sun 1 Nov 06:00 UTC
    ("America/New_York", "2026-03-08 01:59", "2026-03-08 06:59"),
    ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),  # gap
    ("America/New_York", "2026-03-08 17:00", "2026-03-08 21:00"),
    ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),  # comes twice: the first
    ("America/New_York", "2026-11-01 02:00", "2026-11-01 07:00"),
    # Lord Howe: +11 in summer, half an hour less (+10:30) from Sun 5 Apr to Sun 4 Oct 2026
    ("Australia/Lord_Howe", "2026-04-05 01:29", "2026-04-04 14:29"),
    ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),  # comes twice: the first
    ("Australia/Lord_Howe", "2026-04-05 02:00", "2026-04-04 15:30"),
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # gap of half an hour
    ("Australia/Lord_Howe", "2026-10-04 02:30", "2026-10-03 15:30"),
    # Beirut: +2, +3 from Sun 29 Mar 2026 00:00 local, so that day has no midnight
    ("Asia/Beirut", "2026-03-28 23:59", "2026-03-28 21:59"),
    ("Asia/Beirut", "2026-03-29 00:00", "2026-03-28 22:00"),  # gap at midnight
    ("Asia/Beirut", "2026-03-29 00:30", "2026-03-28 22:00"),
    ("Asia/Beirut", "2026-03-29 01:00", "2026-03-28 22:00"),
    ("Asia/Beirut", "2026-10-24 23:30", "2026-10-24 20:30"),  # comes twice: the first
    ("Asia/Beirut", "2026-10-25 00:00", "2026-10-24 22:00"),
    # Apia: from -10 to +14 at the end of Thu 29 Dec 2011; there was no Friday the 30th
    ("Pacific/Apia", "2011-12-29 23:59", "2011-12-30 09:59"),
    ("Pacific/Apia", "2011-12-30 00:00", "2011-12-30 10:00"),  # the skipped day
    ("Pacific/Apia", "2011-12-30 17:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00"),
    ("Pacific/Apia", "2011-12-31 17:00", "2011-12-31 03:00"),
    ("Pacific/Apia", "2011-04-02 03:30", "2011-04-02 13:30"),  # -10 to -11: the first of two
    ("Pacific/Apia", "2011-09-24 03:30", "2011-09-24 14:00"),  # -11 to -10: gap
    # Kwajalein: from -12 to +12, so there was no Saturday 21 Aug 1993
    ("Pacific/Kwajalein", "1993-08-21 12:00", "1993-08-21 12:00"),
    ("Pacific/Kwajalein", "1993-08-22 12:00", "1993-08-22 00:00"),
    # Rules that are no daylight saving: Pyongyang +8:30 to +9, Caracas -4 to -4:30
    ("Asia/Pyongyang", "2018-05-04 23:45", "2018-05-04 15:00"),  # gap
    ("America/Caracas", "2007-12-09 02:45", "2007-12-09 06:45"),  # comes twice: the first
    ("America/Caracas", "2007-12-09 03:00", "2007-12-09 07:30"),
    # Midnight gaps elsewhere, and Morocco, which leaves +1 for the weeks of Ramadan
    ("America/Havana", "2026-03-08 00:30", "2026-03-08 05:00"),
    ("Africa/Cairo", "2026-04-24 00:00", "2026-04-23 22:00"),
    ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),  # comes twice: the first
    ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00"),  # gap
    # Sun time with odd seconds: Monrovia kept -0:44:30 until the midnight that began this day
    ("Africa/Monrovia", "1972-01-06 23:59", "1972-01-07 00:43:30"),
    ("Africa/Monrovia", "1972-01-07 00:30", "1972-01-07 00:44:30"),  # gap
    ("Africa/Monrovia", "1972-01-07 00:45", "1972-01-07 00:45"),
    # Alaska lived one Friday twice when it was sold: +15:02:19 became -8:57:41
    ("America/Juneau", "1867-10-18 17:00", "1867-10-18 01:57:41"),  # comes twice: the first
    ("America/Juneau", "1867-10-19 17:00", "1867-10-20 01:57:41"),
]


@pytest.mark.parametrize(("zone", "clock", "expected"), MOMENTS)
def test_a_local_time_is_the_first_instant_at_which_the_clock_has_reached_it(
    zone: str, clock: str, expected: str
) -> None:
    assert first_moment(local(clock), pinned(zone)) == utc(expected)


def test_local_time_stays_while_utc_moves_with_daylight_saving() -> None:
    found = next_slots(utc("2026-03-22 00:00"), MONDAYS, BERLIN, 3)
    assert [slot.at for slot in found] == [
        utc("2026-03-23 16:00"),
        utc("2026-03-30 15:00"),
        utc("2026-04-06 15:00"),
    ]


def test_the_storyboard_week_is_monday_thursday_sunday_at_the_same_time() -> None:
    week = default_timetable(Weekday.MONDAY, 17, 0)
    assert next_slots(utc("2026-10-05 07:10"), week, BERLIN, 3) == (
        Slot(utc("2026-10-05 15:00"), Beat.CHAPTER, local("2026-10-05 17:00")),
        Slot(utc("2026-10-08 15:00"), Beat.DISCUSS, local("2026-10-08 17:00")),
        Slot(utc("2026-10-11 15:00"), Beat.RECAP, local("2026-10-11 17:00")),
    )


def test_the_default_week_wraps_around_sunday() -> None:
    rules = default_timetable(Weekday.FRIDAY, 9, 5).rules
    assert [rule.weekday for rule in rules] == [Weekday.FRIDAY, Weekday.MONDAY, Weekday.THURSDAY]


def test_the_next_slot_is_strictly_later() -> None:
    first = next_slot(utc("2026-10-05 14:59:59.999999"), MONDAYS, BERLIN)
    assert first.at == utc("2026-10-05 15:00")
    assert next_slot(first.at, MONDAYS, BERLIN).at == utc("2026-10-12 15:00")


def test_a_sunday_midnight_slot_survives_the_night_without_midnight() -> None:
    sundays = once(Beat.RECAP, Weekday.SUNDAY, 0)
    found = next_slots(utc("2026-03-25 00:00"), sundays, pinned("Asia/Beirut"), 2)
    assert found == (
        Slot(utc("2026-03-28 22:00"), Beat.RECAP, local("2026-03-29 00:00")),
        Slot(utc("2026-04-04 21:00"), Beat.RECAP, local("2026-04-05 00:00")),
    )


def test_between_the_two_showings_of_a_time_the_next_slot_is_a_week_away() -> None:
    sundays = once(Beat.RECAP, Weekday.SUNDAY, 2, 30)
    between = utc("2026-10-25 00:45")  # 02:45 the first time; 02:30 comes again at 01:30 UTC
    assert next_slot(between, sundays, BERLIN).at == utc("2026-11-01 01:30")


def test_an_aware_local_cursor_means_its_own_showing_of_a_repeated_time() -> None:
    early = once(Beat.CHAPTER, Weekday.SUNDAY, 2, 45)
    clock = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert next_slot(clock, early, BERLIN).at == utc("2026-10-25 00:45")
    assert next_slot(clock.replace(fold=1), early, BERLIN).at == utc("2026-11-01 01:45")


SKIPPED = Timetable(
    (
        SlotRule(Beat.CHAPTER, Weekday.SATURDAY, 0, 0),
        SlotRule(Beat.RECAP, Weekday.FRIDAY, 17, 0),
        SlotRule(Beat.CHAPTER, Weekday.FRIDAY, 9, 0),
    )
)
MOVED = (  # all at the first moment of Saturday, in the order that the lost day had
    Slot(utc("2011-12-30 10:00"), Beat.CHAPTER, local("2011-12-30 09:00")),
    Slot(utc("2011-12-30 10:00"), Beat.RECAP, local("2011-12-30 17:00")),
    Slot(utc("2011-12-30 10:00"), Beat.CHAPTER, local("2011-12-31 00:00")),
)


def test_slots_of_a_skipped_day_share_an_instant_and_none_is_lost() -> None:
    start, end = utc("2011-12-30 09:59"), utc("2011-12-30 10:00")
    assert tuple(slots_between(start, end, SKIPPED, APIA)) == MOVED


def test_going_from_slot_to_slot_visits_each_slot_of_a_shared_instant_once() -> None:
    first = next_slot(utc("2011-12-30 00:00"), SKIPPED, APIA)
    second = next_slot(first, SKIPPED, APIA)
    third = next_slot(second, SKIPPED, APIA)
    assert (first, second, third) == MOVED
    assert next_slot(third, SKIPPED, APIA).at == utc("2012-01-05 19:00")


def test_an_instant_as_cursor_is_past_all_slots_of_that_instant() -> None:
    after = next_slot(MOVED[0].at, SKIPPED, APIA)
    assert after == Slot(utc("2012-01-05 19:00"), Beat.CHAPTER, local("2012-01-06 09:00"))


def test_at_one_local_time_what_ends_comes_before_what_begins() -> None:
    together = Timetable(tuple(SlotRule(beat, Weekday.MONDAY, 17, 0) for beat in Beat))
    found = next_slots(utc("2026-10-05 00:00"), together, BERLIN, 3)
    assert [slot.beat for slot in found] == [Beat.DISCUSS, Beat.RECAP, Beat.CHAPTER]
    assert next_slot(found[0], together, BERLIN) == found[1]


def test_an_interval_is_open_at_its_start_and_closed_at_its_end() -> None:
    at, week = utc("2026-10-05 15:00"), timedelta(days=7)
    found = slots_between(at, at + week, MONDAYS, BERLIN)
    assert [slot.at for slot in found] == [at + week]
    assert list(slots_between(at, at, MONDAYS, BERLIN)) == []
    assert list(slots_between(at, at - week, MONDAYS, BERLIN)) == []


def test_naive_datetimes_are_refused_before_the_first_slot_is_asked_for() -> None:
    naive, aware = local("2026-10-05 15:00"), utc("2026-10-05 15:00")
    with pytest.raises(ValueError, match="no time zone"):
        slots_after(naive, MONDAYS, BERLIN)
    with pytest.raises(ValueError, match="no time zone"):
        slots_between(naive, aware, MONDAYS, BERLIN)
    with pytest.raises(ValueError, match="no time zone"):
        slots_between(aware, naive, MONDAYS, BERLIN)


def test_an_empty_timetable_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one rule"):
        Timetable(())


def test_a_rule_named_twice_is_refused() -> None:
    rule = SlotRule(Beat.CHAPTER, Weekday.MONDAY, 17, 0)
    with pytest.raises(ValueError, match="twice"):
        Timetable((rule, rule))


@pytest.mark.parametrize(("hour", "minute"), [(24, 0), (-1, 0), (17, 60), (17, -1)])
def test_a_rule_needs_a_time_that_a_clock_can_show(hour: int, minute: int) -> None:
    with pytest.raises(ValueError, match="not a time"):
        SlotRule(Beat.CHAPTER, Weekday.MONDAY, hour, minute)


def test_a_timetable_comes_back_from_json_as_it_was() -> None:
    week = default_timetable(Weekday.SATURDAY, 8, 30)
    assert msgspec.json.decode(msgspec.json.encode(week), type=Timetable) == week


@pytest.mark.parametrize(
    "text",
    [
        '{"rules":[]}',
        '{"rules":[{"beat":"chapter","weekday":7,"hour":17,"minute":0}]}',
        '{"rules":[{"beat":"chapter","weekday":0,"hour":25,"minute":0}]}',
        '{"rules":[{"beat":"party","weekday":0,"hour":17,"minute":0}]}',
    ],
)
def test_json_that_is_no_timetable_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Timetable)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("17:00", (17, 0)), ("9:05", (9, 5)), ("00:00", (0, 0)), (" 23:59 ", (23, 59))],
)
def test_a_time_is_read_from_hours_and_minutes(text: str, expected: tuple[int, int]) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    "text", ["", "17", "24:00", "17:60", "5pm", "17:0", "-1:00", "\u0661\u0667:00"]
)
def test_what_is_no_time_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="from 00:00 to 23:59, like 17:00"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("monday", Weekday.MONDAY),
        ("Mon", Weekday.MONDAY),
        ("TUES", Weekday.TUESDAY),
        (" thu ", Weekday.THURSDAY),
        ("sun", Weekday.SUNDAY),
    ],
)
def test_a_weekday_is_read_from_its_name_or_its_start(text: str, expected: Weekday) -> None:
    assert parse_weekday(text) is expected


@pytest.mark.parametrize("text", ["", "m", "mo", "montag", "mondays", "1"])
def test_what_is_no_weekday_is_refused_with_the_list(text: str) -> None:
    with pytest.raises(ValueError, match=r"monday, tuesday, .*, sunday"):
        parse_weekday(text)


def test_a_long_wrong_input_is_not_repeated_whole() -> None:
    with pytest.raises(ValueError, match="not a time") as refused:
        parse_time("7" * 5_000)
    assert len(str(refused.value)) < 150
