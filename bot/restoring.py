"""After a backup was put back: nothing that it knows of is posted by itself; people are asked.

Knows no file. Runs before the first tick. Invariant: begun twice, it asks and skips once.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from bot import ledger, reminding
from bot.library import zone
from bot.planning import Planner, SeriesGone, SwitchedOff
from bot.store import runs
from bot.store.database import Database, Transaction
from lessons.runs import Run, pass_slots

log = logging.getLogger(__name__)

ALL: Final = 1_000_000


async def take_up(db: Database, planner: Planner, usual_zone: str, now: datetime) -> None:
    """Skip what the copy still wanted to post, and ask about the slots since it was taken.

    A restored copy can't know what was posted after it; to post that again would be worse than
    to ask. Does nothing to a database that is no copy.
    """
    if not db.restored:
        return
    skipped, asked = await db.run(lambda t: _take_up(t, planner, usual_zone, now))
    await db.take_up()
    log.warning(
        "a backup was put back: %d posts were skipped, and the moderators of %d runs are asked",
        skipped,
        asked,
    )


def _take_up(t: Transaction, planner: Planner, usual_zone: str, now: datetime) -> tuple[int, int]:
    asked = [_ask(t, planner, run, now) for run in runs.runs_due(t, now, ALL)]
    reminding.take_up(t, usual_zone, now)
    return ledger.skip_restored(t, now), sum(asked)


def _ask(t: Transaction, planner: Planner, run: Run, now: datetime) -> bool:
    """Whether anybody could be asked; in any case nothing is posted by itself."""
    step = pass_slots(run, now, zone(run.zone), restored=True)
    runs.save_run(t, step.run)
    saved = runs.run_by_id(t, run.space, run.id)
    try:
        planner.plan(t, saved or step.run, step.events, now)
    except SeriesGone:
        log.warning("its texts are gone, so nobody could be asked", extra={"run": run.id})
        return False
    except SwitchedOff:
        log.warning("its platform is switched off, so nobody could be asked", extra={"run": run.id})
        return False
    return True
