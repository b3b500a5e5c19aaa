"""Who may want what: whom the platform lets moderate or start a series, and whom moderators named.

Knows no platform: it says with an action what its person may do, or is asked when that matters.
Invariant: `check` comes before every want for moderators, whatever button or word it came from.
"""

from __future__ import annotations

import msgspec

from bot import ledger
from bot.store import moderators, runs
from bot.turn import Answered, Turn
from lessons import actions
from lessons.actions import AnyWant
from lessons.replies import membership, moderating


def check(turn: Turn, want: AnyWant) -> None:
    """Raises Answered if this person may not want this, or if nobody can tell at the moment."""
    allowed = may(turn, want)
    if allowed is None:
        raise Answered(moderating.could_not_ask(turn.voice, want))
    if not allowed:
        raise Answered(membership.moderators_only(turn.voice))


def may(turn: Turn, want: AnyWant) -> bool | None:
    """Whether this person may want this; None if the platform has to say and does not."""
    if turn.action.moderator:
        return True
    begins, run = _begins(want), _run(turn, want)
    if not begins and _is_named(turn, run):
        return True
    asker = turn.asker()
    if asker is None:
        return None
    # Who may start a series is told what to do where there is none.
    return asker.moderates or (asker.may_start and (begins or not run))


def _begins(want: AnyWant) -> bool:
    """Whether this is about a series that is not started yet."""
    match want:
        case actions.ProposeStart() | actions.ConfirmStart():
            return True
        case actions.Preview(series=series):
            return bool(series)
        case _:
            return False


def _run(turn: Turn, want: AnyWant) -> str:
    """The run that is meant; "" if that is left to the person."""
    if isinstance(want, actions.Settle):
        entry = ledger.entry_by_id(turn.t, turn.action.space, want.delivery)
        return entry.delivery.run if entry else ""
    named = str(msgspec.structs.asdict(want).get("run", ""))  # read so, no want can be forgotten
    return turn.meant(named)


def _is_named(turn: Turn, run: str) -> bool:
    space, member = turn.action.space, turn.action.member
    if run:
        return moderators.is_named(turn.t, space, run, member)
    return bool(runs.runs_of_moderator(turn.t, space, member))
