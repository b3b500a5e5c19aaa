"""Channels that were deleted, and spaces that the app was removed from or came back to.

Knows no platform: adapters tell. Invariant: what is known of a space goes only when it has been
left for `GRACE`, and then all of it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from adapters.port import Address
from bot import ledger
from bot.planning import Planner
from bot.store import runs, spaces
from bot.store.database import Transaction
from lessons import runs as steps
from lessons.replies import moderating
from lessons.replies.voice import Voice
from lessons.runs import Run, Status

log = logging.getLogger(__name__)

GRACE: Final = timedelta(days=30)
"""A mistaken kick, or a quarrel about rights, is over by then."""


def block(
    t: Transaction, planner: Planner, run: Run, now: datetime, *, missing: str = "", gone: bool
) -> None:
    """The run waits, and its moderator is told once, with what is missing."""
    # One that is over or paused can't be blocked: it keeps its revision, and so is told of
    # once, however often what it still owes is tried.
    blocked = steps.block(run).run
    if blocked is not run:
        runs.save_run(t, blocked)
    said = moderating.blocked(
        _voice(run),
        run,
        _title(planner, run),
        missing=missing,
        gone=gone,
        waiting=ledger.waiting_count(t, run.space, run.id),
    )
    planner.tell_moderators(t, run, said, f"blocked {run.revision}", now)


def channel_gone(t: Transaction, planner: Planner, at: Address, now: datetime) -> None:
    """A run that posts there waits for a moderator to move it."""
    run = runs.run_in_channel(t, at.space, at.channel)
    if run is not None and run.status in (Status.ACTIVE, Status.PAUSED):
        block(t, planner, run, now, gone=True)


def space_gone(t: Transaction, space: str, now: datetime) -> None:
    """Its runs wait, and there is nobody to tell."""
    spaces.departed(t, space, now)
    for run in runs.every_run_of_space(t, space):
        if run.status is Status.ACTIVE:
            runs.save_run(t, steps.block(run).run)


def spaces_here(
    t: Transaction, planner: Planner, platform: str, here: frozenset[str], now: datetime
) -> None:
    """Bring what is known of departures up to date with all spaces of a platform."""
    for space in spaces.known(t, platform):
        left = spaces.left_at(t, space) is not None
        if space not in here and not left:
            space_gone(t, space, now)
        elif space in here and left:
            _back(t, planner, space, now)


def _back(t: Transaction, planner: Planner, space: str, now: datetime) -> None:
    """The runs go on waiting: who started them may no longer want what was missed."""
    spaces.came_back(t, space)
    for run in runs.every_run_of_space(t, space):
        if run.status is Status.BLOCKED:
            waiting = ledger.waiting_count(t, run.space, run.id)
            said = moderating.back(_voice(run), run, _title(planner, run), waiting)
            planner.tell_moderators(t, run, said, f"back {now:%Y-%m-%d %H:%M:%S}", now)


def purge(t: Transaction, now: datetime) -> int:
    """Delete all that is known of spaces that were left long enough ago; says how many."""
    long_gone = spaces.departed_before(t, now - GRACE)
    for space in long_gone:
        spaces.purge(t, space)
    return len(long_gone)


def _title(planner: Planner, run: Run) -> str:
    series = planner.series().get(run.series)
    return series.title if series else run.series


def _voice(run: Run) -> Voice:
    return Voice("en", run.space, run.zone)
