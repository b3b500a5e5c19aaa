"""When a member is reminded of a chapter: at their hour, on the day before its recap.

Knows no clock, no store and no words; "now" and zones come in as arguments.
Invariant: a chapter has one moment at which a member may be reminded of it, or none.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from itertools import count
from typing import Final

from lessons.runs import Run, Status
from lessons.timetable import Beat, first_moment, next_slot

LATE: Final = timedelta(hours=6)
"""A reminder that could not go out for so long is dropped: by then it is another day's matter."""


def closes(run: Run, zone: tzinfo) -> datetime | None:
    """When the chapter that is out gets its recap, or where there is none the next one comes.

    None if the run does not wait, or has no chapter that is still open. `zone` is the run's.
    """
    if run.status is not Status.ACTIVE or run.due is None or not run.current:
        return None
    if Beat.RECAP in run.told:
        return None
    slot = run.due
    while slot.beat is Beat.DISCUSS:
        slot = next_slot(slot, run.timetable, zone)
    return slot.at


def reminder_at(closing: datetime, hour: int, zone: tzinfo) -> datetime:
    """The member's hour on the day before, as the calendar of their `zone` has it; in UTC.

    An hour that does not exist that day moves to the first that does; one that comes twice is
    taken the first time.
    """
    day = closing.astimezone(zone).date() - timedelta(days=1)
    return first_moment(datetime.combine(day, time(hour)), zone)


def due(closing: datetime, hour: int, zone: tzinfo, now: datetime) -> bool:
    """Whether now is the time: not before it, not LATE after it, and the chapter still open."""
    at = reminder_at(closing, hour, zone)
    return at <= now < closing and now - at < LATE


def next_look(after: datetime, hour: int, zone: tzinfo) -> datetime:
    """The first time later than `after` that the clock of `zone` shows that hour; in UTC."""
    day = after.astimezone(zone).date()
    looks = (
        first_moment(datetime.combine(day + timedelta(days=n), time(hour)), zone) for n in count()
    )
    return next(look for look in looks if look > after)
