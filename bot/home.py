"""All that is a member's own in a space: their series, how far they are, and what is due.

Knows no platform and no words. Invariant: it asks no platform and no worker, because some
platforms show it whenever somebody looks.
"""

from __future__ import annotations

from bot.members import chapter_rows, due
from bot.store import runs
from bot.turn import Turn, chapter_due, follow_series
from lessons.posts import Reply
from lessons.replies import challenges as challenge_replies
from lessons.replies import home as replies
from lessons.replies.home import RunView
from lessons.replies.membership import MOST_CHOICES, RunName
from lessons.runs import Run


def show(turn: Turn) -> Reply:
    """Those that go on before those that have ended; without any, those that could be joined."""
    space = turn.action.space
    mine = runs.runs_of_member(turn.t, space, turn.action.member)
    if not mine:
        there = runs.runs_of_space(turn.t, space)[:MOST_CHOICES]
        return replies.nothing_yet(turn.voice, tuple(_name(turn, run) for run in there))
    mine.sort(key=lambda run: run.over)
    shown = tuple(_view(turn, run) for run in mine[: replies.MOST_RUNS])
    return replies.home(turn.voice, shown, more=len(mine) - len(shown))


def _name(turn: Turn, run: Run) -> RunName:
    return RunName(run.id, turn.title(run), run.channel)


def _view(turn: Turn, run: Run) -> RunView:
    series = turn.series.get(run.series)
    zone = turn.settings().zone_or(run.zone)
    if series is None:
        return RunView(_name(turn, run), zone, gone=True)
    run = follow_series(run, series)
    rows = chapter_rows(turn, run, series)
    found = due(turn, run) if rows else None
    missing = 0
    if found is not None and found.what == "challenges":
        missing = challenge_replies.missing(found.mine)
    return RunView(
        _name(turn, run),
        zone,
        rows=rows,
        chapter=None if found is None else found.chapter,
        missing=missing,
        following=chapter_due(run),
        over=run.over,
    )
