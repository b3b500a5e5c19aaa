"""What members say of how they want it: their time zone, reminders, or to be left alone.

Knows no platform and no words. Invariant: when to look whether somebody is to be reminded is
saved with every change, so that no reminder comes at an hour that is theirs no more.
"""

from __future__ import annotations

from datetime import datetime

from bot import hours, ledger
from bot.library import UnknownZone, zone, zone_names
from bot.store.settings import save_settings
from bot.turn import Turn
from lessons import actions, reminders
from lessons import settings as steps
from lessons.fields import Raw
from lessons.posts import Reply
from lessons.replies import settings as replies
from lessons.settings import Settings

ANY_ZONE = "Europe/Berlin"


def show(turn: Turn) -> Reply:
    """How it is now; the platform is asked for the zone, because it may have changed there."""
    named, otherwise = turn.zone_told(), _otherwise(turn)
    before = turn.settings()
    mine = steps.told(before, named if named in zone_names() else "")
    if mine != before:
        _save(turn, mine, otherwise)
    return replies.shown(turn.voice, mine, mine.zone_or(otherwise))


def ask(turn: Turn) -> Reply:
    """The form, as it has to be at once: nobody is asked anything."""
    mine = turn.settings()
    return replies.form(turn.voice, mine, mine.zone_or(_otherwise(turn)))


def change(turn: Turn, raw: Raw) -> Reply:
    """What stands in the form; what is left empty stays as it is."""
    mine, otherwise = turn.settings(), _otherwise(turn)
    given = replies.read(turn.voice, mine, raw)
    errors = list(given.errors)
    named = given.zone or mine.zone_or(otherwise)
    try:
        found = zone(named).key
    except UnknownZone as unknown:
        errors.insert(0, replies.bad_zone(turn.voice, named, unknown.nearest or (ANY_ZONE,)))
        found = ""
    if errors:
        return replies.form_again(turn.voice, mine, mine.zone_or(otherwise), tuple(errors))
    mine = steps.in_zone(mine, found, otherwise)
    mine = steps.remind(mine, on=given.reminders, hour=given.hour)
    return _saved(turn, mine, otherwise, "settings_saved")


def remind(turn: Turn, want: actions.Remind) -> Reply:
    mine = steps.remind(turn.settings(), on=want.on)
    return _saved(turn, mine, _otherwise(turn), "reminders_begin" if want.on else "reminders_end")


def leave_alone(turn: Turn, want: actions.LeaveAlone) -> Reply:
    mine = steps.leave_alone(turn.settings(), alone=want.alone)
    return _saved(turn, mine, _otherwise(turn), "alone_begin" if want.alone else "alone_end")


def _otherwise(turn: Turn) -> str:
    """The zone of the member's clock where neither they nor the platform named one."""
    return hours.otherwise(turn.t, turn.action.space, turn.action.member, turn.usual_zone)


def _saved(turn: Turn, mine: Settings, otherwise: str, first: str) -> Reply:
    _save(turn, mine, otherwise)
    return replies.shown(turn.voice, mine, mine.zone_or(otherwise), first)


def _save(turn: Turn, mine: Settings, otherwise: str) -> None:
    look: datetime | None = None
    if mine.reminders:
        look = reminders.next_look(turn.now, mine.hour, zone(mine.zone_or(otherwise)))
    else:
        ledger.skip_reminders_of(turn.t, turn.action.space, turn.action.member, turn.now)
    save_settings(turn.t, turn.action.space, turn.action.member, mine, look)
