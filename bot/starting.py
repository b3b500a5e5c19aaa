"""How a series is started: what a moderator typed becomes a proposal, a confirmed one a run.

Knows no platform; what it says of the channel came in as facts.
Invariant: nothing is written before [Start], and two clicks on it start one run.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import msgspec

from bot.library import UnknownZone, zone
from bot.planning import Planner
from bot.store import moderators, runs
from bot.turn import Answered, Turn
from lessons import actions
from lessons import runs as steps
from lessons.curriculum import Chapter, Series
from lessons.posts import Reply
from lessons.replies import moderating
from lessons.runs import Run, Status
from lessons.timetable import (
    Beat,
    Slot,
    Timetable,
    Weekday,
    default_timetable,
    next_slots,
    parse_time,
    parse_weekday,
)

MODES = ("timed", "hand")
SHOWN_SLOTS = 3


@dataclass(frozen=True, slots=True)
class Defaults:
    """What `/series start` takes where nothing was typed."""

    day: str = "monday"
    time: str = "17:00"
    zone: str = "UTC"


def propose(turn: Turn, want: actions.ProposeStart, defaults: Defaults) -> Reply:
    """The next three dates, to be confirmed; everything typed is checked first."""
    _check_channel(turn, want)
    series = _series(turn, want.series, want)
    first = _first_chapter(turn, series, want.first_chapter)
    timetable = _timetable(turn, want.day or defaults.day, want.time or defaults.time)
    known = turn.facts.zone if turn.facts else ""
    zone_name = _zone(turn, want.zone or known or defaults.zone)
    mode = want.mode.lower() or "timed"
    if mode not in MODES:
        raise Answered(moderating.bad_choice(turn.voice, "mode", want.mode, MODES))
    return moderating.proposal(
        turn.voice_in(zone_name),
        series,
        _channel(turn, want),
        timetable,
        zone_name,
        _first_slots(turn, timetable, zone_name),
        first=first,
        by_hand=mode == "hand",
        role=want.role,
    )


def start(turn: Turn, want: actions.ConfirmStart, planner: Planner) -> Reply:
    """A run, from a confirmed proposal. Pressing [Start] twice is told that it runs already."""
    _check_channel(turn, want)
    series = _series(turn, want.series)
    first = _first_chapter(turn, series, want.first_chapter)
    slots = _first_slots(turn, want.timetable, want.zone)
    run = steps.begin(_new_run(turn, want, series, first), turn.now, zone(want.zone)).run
    asker = turn.asker()
    if not runs.insert_run(turn.t, run):
        return moderating.already_running(turn.voice, "", series.title, run.channel)
    if asker is not None and asker.may_start:
        moderators.name(turn.t, run.space, run.id, run.started_by, turn.now)
    planner.announce(turn.t, run, slots[0].at, turn.now)
    voice = turn.voice_in(want.zone)
    return moderating.started(voice, run.id, series, slots)


def _new_run(turn: Turn, want: actions.ConfirmStart, series: Series, first: Chapter) -> Run:
    channel = _channel(turn, want)
    identity = "\n".join((turn.action.space, channel, turn.action.id))
    return Run(
        space=turn.action.space,
        id=hashlib.sha256(identity.encode()).hexdigest()[:16],
        series=series.slug,
        content_hash=series.content_hash,
        channel=channel,
        zone=want.zone,
        timetable=want.timetable,
        by_hand=want.by_hand,
        status=Status.ACTIVE,
        chapters=tuple(chapter.slug for chapter in series.chapters),
        position=series.chapters.index(first),
        current="",
        told=frozenset(),
        held=None,
        missed=0,
        due=None,
        started_by=turn.action.member,
        started_at=turn.now,
        forum=turn.facts is not None and turn.facts.forum,
        ping=want.role,
    )


def _channel(turn: Turn, want: actions.ProposeStart | actions.ConfirmStart) -> str:
    """Where the series is to run: where it was typed, unless another channel was named."""
    return want.channel or turn.action.channel


# -- what was typed -------------------------------------------------------------------------------


def _check_channel(turn: Turn, want: actions.ProposeStart | actions.ConfirmStart) -> None:
    channel = _channel(turn, want)
    there = runs.run_in_channel(turn.t, turn.action.space, channel)
    if there is not None and not there.over:
        raise Answered(
            moderating.already_running(turn.voice, there.id, turn.title(there), there.channel)
        )
    facts = turn.facts
    if facts is not None and (facts.missing or not facts.exists):
        raise Answered(
            moderating.cannot_start(
                turn.voice, channel, facts.missing, not facts.exists, again=want
            )
        )


def _series(turn: Turn, named: str, want: actions.ProposeStart | None = None) -> Series:
    """The series of that name; without a name the only one, or a question with a button each."""
    shelf = turn.series
    if not named and len(shelf) == 1:
        return next(iter(shelf.values()))
    if not named and shelf and want is not None:
        choices = [
            (shelf[slug].title, msgspec.structs.replace(want, series=slug))
            for slug in sorted(shelf)
        ]
        raise Answered(moderating.choose_series(turn.voice, choices))
    if named not in shelf:
        raise Answered(moderating.bad_choice(turn.voice, "series", named, sorted(shelf)))
    return shelf[named]


def _first_chapter(turn: Turn, series: Series, named: str) -> Chapter:
    if not named:
        return series.chapters[0]
    for chapter in series.chapters:
        if named in (chapter.slug, str(chapter.number)):
            return chapter
    known = [str(chapter.number) for chapter in series.chapters]
    raise Answered(moderating.bad_choice(turn.voice, "chapter", named, known))


def _timetable(turn: Turn, day: str, time: str) -> Timetable:
    try:
        weekday = parse_weekday(day)
    except ValueError:
        names = [each.name.capitalize() for each in Weekday]
        raise Answered(moderating.bad_choice(turn.voice, "day", day, names)) from None
    try:
        hour, minute = parse_time(time)
    except ValueError:
        raise Answered(moderating.bad_choice(turn.voice, "time", time, ["17:00"])) from None
    return default_timetable(weekday, hour, minute)


def _zone(turn: Turn, name: str) -> str:
    try:
        return zone(name).key
    except UnknownZone as unknown:
        raise Answered(
            moderating.bad_choice(turn.voice, "zone", name, unknown.nearest or ("Europe/Berlin",))
        ) from None


def _first_slots(turn: Turn, timetable: Timetable, zone_name: str) -> tuple[Slot, ...]:
    """From the first chapter slot on: what comes before it has nothing to tell."""
    ahead = next_slots(turn.now, timetable, zone(zone_name), SHOWN_SLOTS + len(timetable.rules))
    slots = list(ahead)
    while slots[0].beat is not Beat.CHAPTER:
        del slots[0]
    return tuple(slots[:SHOWN_SLOTS])
