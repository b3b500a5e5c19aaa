"""What a member can do about what is kept of them: see it, take it along, have it deleted.

Knows no platform and no words. Invariant: it is about whoever asks, in the space where they ask.
"""

from __future__ import annotations

from bot.store import privacy, runs
from bot.turn import Turn
from lessons import actions
from lessons.kept import Kept, as_json
from lessons.posts import Reply
from lessons.replies import privacy as replies


def overview(turn: Turn) -> Reply:
    return replies.overview(turn.voice)


def show(turn: Turn) -> Reply:
    mine = _kept(turn)
    titles = {one.run: turn.title_of(one.series) for one in mine.runs}
    return replies.shown(turn.voice, mine, titles)


def export(turn: Turn) -> Reply:
    mine = _kept(turn)
    return replies.export(turn.voice, as_json(mine))


def delete(turn: Turn, want: actions.DeleteMine) -> Reply:
    """Asks first. Whoever presses twice is told twice that nothing is left."""
    theirs = runs.runs_started_by(turn.t, turn.action.space, turn.action.member)
    started = tuple(turn.title(run) for run in theirs)
    if not want.sure:
        return replies.confirm(turn.voice, started)
    privacy.forget(turn.t, turn.action.space, turn.action.member)
    return replies.deleted(turn.voice, started)


def _kept(turn: Turn) -> Kept:
    return privacy.kept(turn.t, turn.action.space, turn.action.member)
