"""The timetable in every zone of the pinned tzdata package: no slot lost, none doubled.

The oracles never ask what offset a local time has: they watch the local clock while UTC runs.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from lessons.timetable import (
    Beat,
    Slot,
    SlotRule,
    Timetable,
    Weekday,
    next_slot,
    next_slots,
    slots_between,
)

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
QUARTER = 15 * MINUTE
FIRST_DAY, LAST_DAY = date(2025, 1, 1), date(2026, 12, 31)
FIRST, LAST = datetime.combine(FIRST_DAY, time()), datetime.combine(LAST_DAY, time.max)
START, END = (FIRST - 48 * HOUR).replace(tzinfo=UTC), (LAST + 48 * HOUR).replace(tzinfo=UTC)
EVERY_QUARTER = Timetable(
    tuple(
        SlotRule(Beat.CHAPTER, day, hour, minute)
        for day in Weekday
        for hour in range(24)
        for minute in (0, 15, 30, 45)
    )
)


@cache
def zones() -> dict[ZoneInfo, tuple[Change, ...]]:
    """Every zone that goes its own way in these years, and its changes: Berlin stands for Paris."""
    names = importlib.resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    files = {hashlib.sha256(packed(key)).digest(): key for key in names.split()}
    ways: dict[object, tuple[ZoneInfo, tuple[Change, ...]]] = {}
    for zone in map(pinned, files.values()):
        found = tuple(changes(zone, START, END))
        ways[START.astimezone(zone).utcoffset(), found] = zone, found
    return dict(ways.values())


class Change(NamedTuple):
    """At that instant a zone goes from one offset to another."""

    at: datetime
    before: timedelta | None
    after: timedelta | None


def packed(key: str) -> bytes:
    path = importlib.resources.files("tzdata").joinpath("zoneinfo", *key.split("/"))
    return path.read_bytes()


@cache
def pinned(key: str) -> ZoneInfo:
    """The zone as the tzdata package has it."""
    return ZoneInfo.from_file(io.BytesIO(packed(key)), key)


def shown(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the zone's clock shows."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Change]:
    """The instants in that time, to the minute, at which the zone's offset becomes another."""

    def offset(moment: datetime) -> timedelta | None:
        return moment.astimezone(zone).utcoffset()

    # Half a day at a time: no zone changed to and fro within that in these years.
    day = start
    while day < end:
        low, high = day, day + 12 * HOUR
        day = high
        if offset(low) != offset(high):
            while high - low > MINUTE:
                middle = low + (high - low) // MINUTE // 2 * MINUTE
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            yield Change(high, offset(low), offset(high))


def watched(zone: ZoneInfo, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Minute by minute: at which instant the clock first reaches each quarter of an hour."""
    found = []
    latest = shown(start, zone)
    due = latest - (latest - datetime.combine(latest, time())) % QUARTER + QUARTER
    for minute in range(1, (end - start) // MINUTE + 1):
        at = start + minute * MINUTE
        latest = shown(at, zone)
        while due <= latest:
            found.append((at, due))
            due += QUARTER
    return found


def around(zone: ZoneInfo, change: datetime) -> None:
    start, end = change - 26 * HOUR, change + 26 * HOUR
    slots = slots_between(start, end, EVERY_QUARTER, zone)
    assert [(slot.at, slot.local) for slot in slots] == watched(zone, start, end), zone.key


def test_around_every_change_of_two_years_each_quarter_of_an_hour_comes_once() -> None:
    different = {change: zone for zone, found in zones().items() for change in found}
    for change, zone in different.items():
        around(zone, change.at)
    assert len(different) > 60


def test_around_a_day_that_was_skipped_each_quarter_of_an_hour_comes_once() -> None:
    around(pinned("Pacific/Apia"), datetime(2011, 12, 30, 10, tzinfo=UTC))
    around(pinned("Pacific/Kwajalein"), datetime(1993, 8, 21, 12, tzinfo=UTC))


def test_every_local_week_of_two_years_has_each_rule_once_in_every_zone() -> None:
    for zone, found in zones().items():
        # The clock times that this zone's changes touch: just before, in the middle, just after.
        times = {(0, 0), (17, 0)}
        for change in found:
            before, after = shown(change.at - MINUTE, zone), shown(change.at, zone)
            middle = before + (after - before) / 2
            times |= {(clock.hour, clock.minute) for clock in (before, middle, after)}

        rules = tuple(
            SlotRule(Beat.RECAP, day, hour, minute) for day in Weekday for hour, minute in times
        )
        slots = list(slots_between(START, END, Timetable(rules), zone))
        expected = sorted(
            datetime.combine(FIRST_DAY + timedelta(days=days), time(hour, minute))
            for days in range((LAST_DAY - FIRST_DAY).days + 1)
            for hour, minute in times
        )
        assert [s.local for s in slots if FIRST <= s.local <= LAST] == expected, zone.key

        # Two slots share an instant only where the clock jumped over the earlier one.
        for one, other in pairwise(slots):
            assert one.at < other.at or (
                one.at == other.at and one.local < other.local <= shown(other.at, zone)
            ), zone.key


KEYS = [
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Kwajalein",
    "UTC",
]
HARD = [  # where changes are near, so that most examples meet one
    datetime(1993, 8, 21, 12, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2026, 3, 8, 6, tzinfo=UTC),
    datetime(2026, 3, 29, 0, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 25, 0, tzinfo=UTC),
]
some_zones = st.sampled_from(KEYS).map(pinned)
rules = st.builds(
    SlotRule,
    st.sampled_from(Beat),
    st.sampled_from(Weekday),
    st.integers(0, 23),
    st.sampled_from([0, 15, 30, 59]),
)
timetables = st.lists(rules, min_size=1, max_size=12, unique=True).map(
    lambda found: Timetable(tuple(found))
)
moments = st.builds(
    lambda near, minutes: near + minutes * MINUTE,
    st.sampled_from(HARD),
    st.integers(-20_000, 20_000),
)


@given(timetables, some_zones, moments, st.lists(st.integers(0, 6_000), max_size=12))
def test_intervals_that_touch_give_the_slots_of_the_whole(
    timetable: Timetable, zone: ZoneInfo, start: datetime, steps: list[int]
) -> None:
    stops = [start]
    for minutes in steps:
        stops.append(stops[-1] + minutes * MINUTE)
    pieces: list[Slot] = []
    for low, high in pairwise(stops):
        pieces += slots_between(low, high, timetable, zone)
    assert pieces == list(slots_between(start, stops[-1], timetable, zone))


@given(timetables, some_zones, moments)
def test_stops_on_the_slots_themselves_lose_and_double_none(
    timetable: Timetable, zone: ZoneInfo, start: datetime
) -> None:
    end = start + timedelta(days=21)
    whole = list(slots_between(start, end, timetable, zone))
    pieces: list[Slot] = []
    for low, high in pairwise([start, *(slot.at for slot in whole), end]):
        pieces += slots_between(low, high, timetable, zone)
    assert pieces == whole
    assert len(set(whole)) == len(whole)


@given(timetables, some_zones, moments)
def test_going_from_slot_to_slot_visits_what_the_interval_holds(
    timetable: Timetable, zone: ZoneInfo, start: datetime
) -> None:
    end = start + timedelta(days=21)
    chain: list[Slot] = []
    slot = next_slot(start, timetable, zone)
    while slot.at <= end:
        chain.append(slot)
        slot = next_slot(slot, timetable, zone)
    assert chain == list(slots_between(start, end, timetable, zone))
    assert tuple(chain) == next_slots(start, timetable, zone, len(chain))
