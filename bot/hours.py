"""A member's clock, and when it next shows the hour at which they are looked at.

Knows no letter and no words. Invariant: whose zone counts is decided here alone, so that nobody is
reminded by another clock than the one that their settings show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.library import zone
from bot.store import runs
from bot.store.database import Transaction
from bot.store.settings import Look, look_again, settings
from lessons import reminders


@dataclass(frozen=True, slots=True)
class OwnHour:
    """The hour at which a member wants to be reminded, on their clock."""

    hour: int
    clock: ZoneInfo


def otherwise(t: Transaction, space: str, member: str, usual: str) -> str:
    """The zone of who has named none, nor has the platform: that of the newest series they take
    part in, else the `usual` one."""
    taking_part = runs.runs_of_member(t, space, member)
    return taking_part[0].zone if taking_part else usual


def look_anew(t: Transaction, at: Look, usual: str, now: datetime) -> OwnHour | None:
    """Look at a member when their hour comes next; never, and None, if they want no reminders.

    Is due after each look, and whenever what they take part in has changed, and so maybe their
    zone.
    """
    mine = settings(t, at.space, at.member)
    if not mine.reminders:
        look_again(t, at, None)
        return None
    clock = zone(mine.zone_or(otherwise(t, at.space, at.member, usual)))
    look_again(t, at, reminders.next_look(now, mine.hour, clock))
    return OwnHour(mine.hour, clock)
