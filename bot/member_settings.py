"""What members say of how they want it: their time zone, reminders, or to be left alone.

Knows no platform and no words. Invariant: when to look whether somebody is to be reminded is
saved with every change, so that no reminder comes at an hour that is theirs no more.
"""

from __future__ import annotations

from datetime import datetime

from bot import ledger
from bot.library import UnknownZone, zone, zone_names
from bot.store import runs
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
    named = turn.zone_told()
    before = turn.settings()
    mine = steps.told(before, named if named in zone_names() else "")
    if mine != before:
        _save(turn, mine)
    return _shown(turn, mine)


def ask(turn: Turn) -> Reply:
    """The form, as it has to be at once: nobody is asked anything."""
    return replies.form(turn.voice, turn.settings(), zone_of(turn, turn.settings()))


def change(turn: Turn, raw: Raw) -> Reply:
    """What stands in the form; what is left empty stays as it is."""
    mine = turn.settings()
    given = replies.read(turn.voice, mine, raw)
    errors = list(given.errors)
    named = given.zone or zone_of(turn, mine)
    try:
        found = zone(named).key
    except UnknownZone as unknown:
        errors.insert(0, replies.bad_zone(turn.voice, named, unknown.nearest or (ANY_ZONE,)))
        found = ""
    if errors:
        return replies.form_again(turn.voice, mine, zone_of(turn, mine), tuple(errors))
    mine = steps.in_zone(mine, found, _otherwise(turn))
    mine = steps.remind(mine, on=given.reminders, hour=given.hour)
    _save(turn, mine)
    return _shown(turn, mine, "settings_saved")


def remind(turn: Turn, want: actions.Remind) -> Reply:
    mine = steps.remind(turn.settings(), on=want.on)
    _save(turn, mine)
    return _shown(turn, mine, "reminders_begin" if want.on else "reminders_end")


def leave_alone(turn: Turn, want: actions.LeaveAlone) -> Reply:
    mine = steps.leave_alone(turn.settings(), alone=want.alone)
    _save(turn, mine)
    return _shown(turn, mine, "alone_begin" if want.alone else "alone_end")


def zone_of(turn: Turn, mine: Settings) -> str:
    """The zone of the member's clock, else of the newest series they take part in."""
    return mine.zone_or(_otherwise(turn))


def _otherwise(turn: Turn) -> str:
    taking_part = runs.runs_of_member(turn.t, turn.action.space, turn.action.member)
    return taking_part[0].zone if taking_part else turn.voice.zone


def _save(turn: Turn, mine: Settings) -> None:
    look: datetime | None = None
    if mine.reminders:
        look = reminders.next_look(turn.now, mine.hour, zone(zone_of(turn, mine)))
    else:
        ledger.skip_reminders_of(turn.t, turn.action.space, turn.action.member, turn.now)
    save_settings(turn.t, turn.action.space, turn.action.member, mine, look)


def _shown(turn: Turn, mine: Settings, first: str = "") -> Reply:
    return replies.shown(turn.voice, mine, zone_of(turn, mine), first)
