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
    return replies.shown(turn.voice, mine, _titles(turn, mine))


def export(turn: Turn) -> Reply:
    mine = _kept(turn)
    return replies.export(turn.voice, as_json(mine))


def delete(turn: Turn, want: actions.DeleteMine) -> Reply:
    """Asks first. Whoever presses twice is told twice that nothing is left."""
    mine = _kept(turn)
    titles = _titles(turn, mine)
    started = tuple(titles[run.run] for run in mine.runs if run.started)
    if not want.sure:
        return replies.confirm(turn.voice, started)
    privacy.forget(turn.t, turn.action.space, turn.action.member)
    return replies.deleted(turn.voice, started)


def _kept(turn: Turn) -> Kept:
    return privacy.kept(turn.t, turn.action.space, turn.action.member)


def _titles(turn: Turn, mine: Kept) -> dict[str, str]:
    found = (runs.run_by_id(turn.t, mine.space, one.run) for one in mine.runs)
    return {run.id: turn.title(run) for run in found if run is not None}
