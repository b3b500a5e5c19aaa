"""Who moderates a run besides admins: shown, named and removed.

Knows no platform and no words. Rights were checked before any of these is called.
Invariant: nobody is named whom the platform does not know.
"""

from __future__ import annotations

from bot.planning import Planner
from bot.store import moderators
from bot.turn import Answered, Turn
from lessons import actions
from lessons.posts import Reply
from lessons.replies import moderating, naming
from lessons.replies.naming import MOST_MODERATORS, NamingView
from lessons.runs import Run, Status


def moderators_of(turn: Turn, want: actions.Moderators, planner: Planner) -> Reply:
    """Who moderates the run; with a member, after having named that one."""
    run = turn.run(want, want.run)
    member, before = want.member, _view(turn, run)
    if not member:
        return naming.moderators(turn.voice, before)
    if member in before.named:
        return naming.named_already(turn.voice, before, member)
    if run.status is Status.STOPPED:
        return moderating.not_now(turn.voice, run, before.title)
    _check_member(turn, run, member)
    if len(before.named) >= MOST_MODERATORS:
        return naming.enough(turn.voice, before)
    moderators.name(turn.t, run.space, run.id, member, turn.now)
    if member != turn.action.member:
        letter = naming.you_are_named(turn.voice, run, before.title)
        planner.tell_named(turn.t, run, letter, member, turn.now)
    return naming.named(turn.voice, _view(turn, run), member)


def _check_member(turn: Turn, run: Run, member: str) -> None:
    """Raises Answered unless there is such a person."""
    facts = turn.look(turn.action.channel, member)
    if facts is None:
        again = actions.Moderators(run.id, member)
        raise Answered(naming.could_not_find(turn.voice, again))
    if not facts.exists:
        raise Answered(naming.unknown(turn.voice, member))


def remove(turn: Turn, want: actions.RemoveModerator) -> Reply:
    """Somebody moderates the run no more; who removes themself is asked first."""
    run = turn.run(want, want.run)
    before = _view(turn, run)
    if want.member == turn.action.member and want.member in before.named and not want.sure:
        return naming.confirm_remove(turn.voice, before)
    was = moderators.remove(turn.t, run.space, run.id, want.member)
    return naming.removed(turn.voice, _view(turn, run), want.member, was=was)


def _view(turn: Turn, run: Run) -> NamingView:
    named = moderators.of_run(turn.t, run.space, run.id)
    return NamingView(run, turn.title(run), named, turn.action.member)
