"""When a run posts: weekdays and local times of one zone turned into instants.

Knows no clock, no chapters and no time-zone database; "now" and the zone come in as arguments.
Invariant: for every rule, each local week has exactly one slot, and slots never run backwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import IntEnum, StrEnum
from itertools import count, islice, takewhile

import msgspec


class Beat(StrEnum):
    """What a slot is for, in the order in which a week tells them."""

    CHAPTER = "chapter"
    DISCUSS = "discuss"
    RECAP = "recap"


class Weekday(IntEnum):
    """Monday is 0, as in `date.weekday()`."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6

    def later(self, days: int) -> Weekday:
        """The weekday that many days later."""
        return Weekday((self + days) % 7)


class SlotRule(msgspec.Struct, frozen=True):
    """One beat, every week, on a weekday at a local time. Raises ValueError for no such time."""

    beat: Beat
    weekday: Weekday
    hour: int
    minute: int

    def __post_init__(self) -> None:
        if not (0 <= self.hour <= 23 and 0 <= self.minute <= 59):
            raise ValueError(f"{self.hour}:{self.minute} is not a time; use 00:00 to 23:59")


class Timetable(msgspec.Struct, frozen=True):
    """The week of a run. Raises ValueError if it is empty or names a rule twice."""

    rules: tuple[SlotRule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("a timetable needs at least one rule")
        if len(set(self.rules)) < len(self.rules):
            raise ValueError("a timetable names the same beat, weekday and time twice")


@dataclass(frozen=True, slots=True)
class Slot:
    """A planned instant of a run: `at` in UTC.

    `local` is the naive local clock time that the timetable names. It tells two slots apart
    that a skipped hour or day moves to the same instant, and shows that they were moved.
    """

    at: datetime
    beat: Beat
    local: datetime


# When several beats share one local time, what ends comes before what begins: otherwise a
# timetable with all three on Monday 17:00 would open a chapter and close it in the same breath.
_TURN = {Beat.DISCUSS: 0, Beat.RECAP: 1, Beat.CHAPTER: 2}

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_ECHO = 20  # characters of a wrong input that a message repeats


def default_timetable(weekday: Weekday, hour: int, minute: int) -> Timetable:
    """The chapter on that weekday, the discussion 3 days and the recap 6 days later, same time."""
    beats = ((Beat.CHAPTER, 0), (Beat.DISCUSS, 3), (Beat.RECAP, 6))
    return Timetable(
        tuple(SlotRule(beat, weekday.later(days), hour, minute) for beat, days in beats)
    )


def slots_after(after: Slot | datetime, timetable: Timetable, zone: tzinfo) -> Iterator[Slot]:
    """Every slot later than `after`, in order, without end.

    Local clock time is kept across daylight-saving changes; a moment that does not exist
    moves forward to the first that does, over a whole skipped day if need be; one that comes
    twice is taken once, the first time. So several slots can share an instant: after a Slot,
    those of the same instant whose turn comes later still follow; after a datetime, only
    slots that are strictly later do. The turn is local time, then discuss, recap, chapter.

    Raises ValueError if `after` is naive; OverflowError on leaving year 9999.
    """
    moment = _in_utc(after.at if isinstance(after, Slot) else after)
    return _stream(after if isinstance(after, Slot) else moment, moment, timetable, zone)


def next_slot(after: Slot | datetime, timetable: Timetable, zone: tzinfo) -> Slot:
    """The first of `slots_after`.

    Going from Slot to Slot visits every slot. Going from instant to instant visits one slot
    per instant: whoever keeps only an instant takes all that are due with `slots_between`.
    """
    return next(slots_after(after, timetable, zone))


def next_slots(
    after: Slot | datetime, timetable: Timetable, zone: tzinfo, count: int
) -> tuple[Slot, ...]:
    """The first `count` of `slots_after`."""
    return tuple(islice(slots_after(after, timetable, zone), count))


def slots_between(
    start: datetime, end: datetime, timetable: Timetable, zone: tzinfo
) -> Iterator[Slot]:
    """The slots with start < at <= end, in order.

    Intervals that touch share no slot and lose none, so a scheduler needs to remember only
    the end of the last one. Raises ValueError if `start` or `end` is naive.
    """
    last = _in_utc(end)
    return takewhile(lambda slot: slot.at <= last, slots_after(start, timetable, zone))


def first_moment(local: datetime, zone: tzinfo) -> datetime:
    """The first instant, in UTC, at which the clock of `zone` shows naive `local` or later.

    Never runs backwards: a later `local` gives a later instant, or the same one where clocks
    were put forward past both.
    """
    early = local - _offset(local, zone, fold=0)
    other = local - _offset(local, zone, fold=1)
    if early <= other:  # the usual moment, or one that comes twice: fold 0 is the first time
        return early.replace(tzinfo=UTC)

    # A gap (PEP 495): fold 1 applies the new offset and lands before the change, fold 0 the old
    # one and lands at or after it. Rules change on whole seconds, so halve down to the second.
    before, reached = 0, int((early - other).total_seconds())
    while reached - before > 1:
        middle = (before + reached) // 2
        if _local(_utc(other, middle), zone) < local:
            before = middle
        else:
            reached = middle
    return _utc(other, reached)


def parse_time(text: str) -> tuple[int, int]:
    """Hour and minute from 24-hour "17:00" or "9:05". Raises ValueError that says what to write."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{text[:_ECHO]!r} is not a time; write hours and minutes from 00:00 to 23:59,"
            " like 17:00"
        )
    return int(found[1]), int(found[2])


def parse_weekday(text: str) -> Weekday:
    """The weekday from its English name or its first three or more letters, in any case.

    Raises ValueError that lists the names.
    """
    start = text.strip().upper()
    for day in Weekday:
        if len(start) >= 3 and day.name.startswith(start):
            return day
    names = ", ".join(day.name.lower() for day in Weekday)
    raise ValueError(f"{text[:_ECHO]!r} is not a weekday; write one of {names}, or mon, tue, ...")


def _stream(
    after: Slot | datetime, moment: datetime, timetable: Timetable, zone: tzinfo
) -> Iterator[Slot]:
    # No slot at or after `moment` is planned before what the local clock showed just before it.
    first_day = _local(moment - timedelta(microseconds=1), zone).date()
    weekday = first_day.weekday()
    week = sorted(
        (
            ((rule.weekday - weekday) % 7, time(rule.hour, rule.minute), _TURN[rule.beat], rule)
            for rule in timetable.rules
        ),
        key=lambda planned: planned[:3],
    )
    for days in count(0, 7):
        for ahead, clock, _, rule in week:
            local = datetime.combine(first_day + timedelta(days=days + ahead), clock)
            slot = Slot(first_moment(local, zone), rule.beat, local)
            if _is_later(slot, after):
                yield slot


def _is_later(slot: Slot, after: Slot | datetime) -> bool:
    if isinstance(after, Slot):
        return _turn(slot) > _turn(after)
    return slot.at > after


def _turn(slot: Slot) -> tuple[datetime, datetime, int]:
    return slot.at, slot.local, _TURN[slot.beat]


def _in_utc(moment: datetime) -> datetime:
    # Arithmetic on an aware local time moves its clock, not its instant: leave the zone first.
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone; give an aware datetime")
    return moment.astimezone(UTC)


def _offset(local: datetime, zone: tzinfo, fold: int) -> timedelta:
    offset = local.replace(tzinfo=zone, fold=fold).utcoffset()
    if offset is None:
        raise ValueError(f"{zone} gives no offset from UTC")
    return offset


def _local(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def _utc(naive: datetime, seconds: int) -> datetime:
    return (naive + timedelta(seconds=seconds)).replace(tzinfo=UTC)
