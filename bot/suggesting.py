"""What may be typed for an option: series, chapters, times, zones, as far as somebody may see them.

Knows no platform. Invariant: nothing is written, and nothing is suggested that is not yet to be
seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from adapters.port import Suggestion
from bot import rights
from bot.library import zone_names
from bot.starting import MODES, Defaults
from bot.store import runs
from bot.turn import Answered, Turn
from lessons import actions
from lessons.actions import Typed
from lessons.commands import Command, Option, command_of
from lessons.curriculum import Chapter
from lessons.timetable import Weekday

LONGEST: Final = 100
TIMES: Final = tuple(f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(0, 60, 5))
HALF_HOURS: Final = TIMES[::6]
USUAL_TIMES: Final = ("17:00", "18:00", "12:00", "09:00")
POSTED_ONLY: Final = ("lesson", "challenge")
"""Members are not told what is still to come."""

CONTINENTS: Final = ("Europe/", "America/", "Asia/", "Australia/", "Africa/", "Pacific/")


def suggest(turn: Turn, option: str, begun: str, defaults: Defaults) -> tuple[Suggestion, ...]:
    """Everything that fits what is begun, the likeliest first."""
    typed = turn.action.what
    if not isinstance(typed, Typed):
        return ()
    command = command_of(typed.group, typed.name)
    meant = next((o for o in command.options if o.name == option), None) if command else None
    if command is None or meant is None or not _may(turn, command):
        return ()
    word = begun.strip().casefold()
    return tuple(
        Suggestion(shown[:LONGEST], value)
        for shown, value in _all(turn, typed, meant, word, defaults)
        if len(value) <= LONGEST
    )


def _may(turn: Turn, command: Command) -> bool:
    want = msgspec.convert({"type": command.want.__name__}, command.want)
    return not command.moderators_only or bool(rights.may(turn, want))


def _all(
    turn: Turn, typed: Typed, option: Option, word: str, defaults: Defaults
) -> Iterable[tuple[str, str]]:
    match option.completes:
        case "series":
            found = [(series.title, slug) for slug, series in turn.series.items()]
            return _fitting(found, word)
        case "chapter":
            found = [(f"{c.number} · {c.title}", str(c.number)) for c in _chapters(turn, typed)]
            return _fitting(found, word)
        case "time":
            return ((time, time) for time in _times(word))
        case "zone":
            return _zones(word, defaults.zone)
        case "weekday":
            return _fitting([(d.name.title(), d.name.lower()) for d in Weekday], word)
        case "mode":
            found = [(turn.voice.label(f"mode_choice_{mode}"), mode) for mode in MODES]
            return _fitting(found, word)
        case _:
            return ()


def _fitting(found: Iterable[tuple[str, str]], word: str) -> list[tuple[str, str]]:
    """What holds the word anywhere; what begins with it comes first."""
    fitting = [
        (shown, value)
        for shown, value in found
        if word in shown.casefold() or word in value.casefold()
    ]
    return sorted(
        fitting,
        key=lambda one: not (one[0].casefold().startswith(word) or one[1].startswith(word)),
    )


def _times(word: str) -> Iterator[str]:
    """Half hours; every five minutes once the hour is typed. Nobody has to type a zero first."""
    times = (TIMES if ":" in word else HALF_HOURS) if word else USUAL_TIMES
    return (time for time in times if time.startswith((word, f"0{word}")))


def _chapters(turn: Turn, typed: Typed) -> tuple[Chapter, ...]:
    named, posted_only = typed.options.get("series", ""), typed.name in POSTED_ONLY
    if typed.name == "start":
        if named not in turn.series and len(turn.series) != 1:
            return ()
        series = turn.series.get(named) or next(iter(turn.series.values()))
        return series.chapters
    try:
        run = turn.run(actions.ReadLesson() if posted_only else actions.ShowStatus(), "")
        series = turn.series_of(run)
    except Answered:
        return ()
    if not posted_only:
        return series.chapters
    lessons = runs.lessons_of_run(turn.t, run.space, run.id)
    open_ones = {lesson.chapter for lesson in lessons if lesson.open}
    return tuple(chapter for chapter in series.chapters if chapter.slug in open_ones)


def _zones(word: str, default: str) -> Iterator[tuple[str, str]]:
    """The default first; then names, or cities, that begin like that, then all that hold it."""
    wanted = word.replace(" ", "_")
    found = [name for name in zone_names() if wanted in name.casefold()]

    def far(name: str) -> tuple[bool, bool, int, str]:
        whole = name.casefold()
        begins = whole.startswith(wanted) or whole.rpartition("/")[2].startswith(wanted)
        known = next((n for n, place in enumerate(CONTINENTS) if name.startswith(place)), 99)
        return name != default, not begins, known, name

    for name in sorted(found, key=far):
        yield name.replace("_", " "), name
