"""Reminds members who asked for it: looks at each at their hour, and plans at most a letter a run.

Knows no platform and no words. Runs inside the tick's transactions. Invariant: a member has one
reminder of a chapter, by its identity in the ledger, and none goes out late.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot import ledger
from bot.hours import look_anew
from bot.library import zone
from bot.planning import Planner
from bot.store import members, runs
from bot.store.database import Transaction
from bot.store.members import Place
from bot.store.settings import Look, look_again, looks_due, save_settings, settings
from lessons import reminders
from lessons import settings as steps
from lessons.replies import reminding as replies
from lessons.replies.challenges import missing
from lessons.replies.voice import Voice
from lessons.runs import Run

ALL: Final = 1_000_000


def look(t: Transaction, planner: Planner, at: Look, usual: str, now: datetime) -> None:
    """Plan what there is to remind a member of, and when to look again.

    `usual` is the zone of who has no other. Raises SwitchedOff.
    """
    own = look_anew(t, at, usual, now)
    if own is None:
        return
    for run in runs.runs_of_member(t, at.space, at.member):
        closing = reminders.closes(run, zone(run.zone))
        if closing is not None and reminders.due(closing, own.hour, own.clock, now):
            _remind(t, planner, run, at.member, closing, own.clock, now)


def _remind(
    t: Transaction,
    planner: Planner,
    run: Run,
    member: str,
    closing: datetime,
    clock: ZoneInfo,
    now: datetime,
) -> None:
    """Unless the chapter's post is not out, its texts are gone, or the member is done with it."""
    series = planner.series().get(run.series)
    chapter = series.chapter(run.current) if series else None
    lesson = runs.lesson_by_chapter(t, run.space, run.id, run.current)
    if series is None or chapter is None or lesson is None or not lesson.open:
        return
    mine = members.progress(t, Place(run.space, run.id, chapter.slug), member)
    if mine.done_at is not None:
        return
    voice = Voice("en", run.space, clock.key)
    said = replies.reminder(voice, run.id, series.title, chapter, missing(mine), closing)
    planner.remind(t, run, member, said, now)


def put_off(t: Transaction, at: Look, now: datetime) -> None:
    """Something is wrong with this one: tomorrow is soon enough to try again."""
    look_again(t, at, now + timedelta(days=1))


def drop_late(t: Transaction, now: datetime, most: int) -> int:
    """Skip what waits for too long, or whose run does not go on; says how many."""
    return ledger.skip_reminders(t, now - reminders.LATE, now, most)


def switch_off(t: Transaction, space: str, member: str) -> None:
    """Their inbox is closed: nothing is tried again until they ask for it anew."""
    mine = steps.remind(settings(t, space, member), on=False)
    save_settings(t, space, member, mine, None)


def take_up(t: Transaction, usual: str, now: datetime) -> None:
    """After a restore: what an old copy would remind of may have been written already."""
    ledger.skip_reminders(t, now, now, ALL)
    for at in looks_due(t, now, ALL):
        look_anew(t, at, usual, now)
