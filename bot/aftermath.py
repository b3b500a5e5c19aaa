"""What follows from a delivery: a lesson is open, a run is blocked, a moderator is asked.

Knows no platform. Runs in the transaction that settles the delivery, so progress follows
delivery. Invariant: trouble with a private message to a moderator makes no further message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot import departures, ledger, reminding
from bot.delivery import Claimed, Delivery, Failed, Outcome, Refused, Sent, State, Uncertain
from bot.planning import POST, Planner
from bot.store import runs
from bot.store.database import Transaction
from lessons import runs as steps
from lessons.posts import Part
from lessons.replies import moderating
from lessons.replies.voice import Voice
from lessons.runs import Run
from lessons.timetable import Beat


@dataclass(frozen=True, slots=True)
class Aftermath:
    """Handed to the dispatcher; `planner` is asked to tell moderators."""

    planner: Planner

    def __call__(self, t: Transaction, claimed: Claimed, outcome: Outcome, now: datetime) -> None:
        """What follows, in the same transaction."""
        delivery = claimed.delivery
        match outcome:
            case Sent():
                follow_sent(t, delivery, now)
            case Refused(missing, gone) if not delivery.member:
                self._block(t, delivery, missing, gone, now)
            case Uncertain() if not delivery.member:
                self._ask(t, delivery, now)
            case Failed() if not delivery.member and isinstance(delivery.content, Part):
                self._own_up(t, delivery, now)
            case Failed(closed=True) if ledger.is_reminder(delivery):
                reminding.switch_off(t, delivery.space, delivery.member)
            case _:
                pass

    def _block(
        self, t: Transaction, delivery: Delivery, missing: str, gone: bool, now: datetime
    ) -> None:
        run = runs.run_by_id(t, delivery.space, delivery.run)
        # The channel may have been changed meanwhile; then the refusal is no news.
        if run is None or run.status is steps.Status.BLOCKED or run.channel != delivery.channel:
            return
        departures.block(t, self.planner, run, now, missing=missing, gone=gone)

    def _own_up(self, t: Transaction, delivery: Delivery, now: datetime) -> None:
        """A message that the platform does not take: our fault, and a person has to know."""
        run = runs.run_by_id(t, delivery.space, delivery.run)
        if run is None:
            return
        lesson = runs.lesson_by_chapter(t, run.space, run.id, delivery.chapter)
        said = moderating.failed(
            _voice(run), run, delivery.id, delivery.beat, lesson.number if lesson else None
        )
        purpose = f"failed {delivery.id} {now:%Y-%m-%d %H:%M:%S}"
        self.planner.tell_moderators(t, run, said, purpose, now)

    def _ask(self, t: Transaction, delivery: Delivery, now: datetime) -> None:
        run = runs.run_by_id(t, delivery.space, delivery.run)
        if run is None:
            return
        lesson = runs.lesson_by_chapter(t, run.space, run.id, delivery.chapter)
        said = moderating.uncertain(
            _voice(run), run, delivery.id, lesson.number if lesson else None
        )
        purpose = f"uncertain {delivery.id} {now:%Y-%m-%d %H:%M:%S}"
        self.planner.tell_moderators(t, run, said, purpose, now)


def follow_sent(t: Transaction, delivery: Delivery, now: datetime) -> None:
    """A message is out: with the last part of a chapter's post its lesson is open."""
    if (delivery.beat, delivery.purpose) != (Beat.CHAPTER, POST):
        return
    parts = ledger.entries_of_post(
        t, delivery.space, delivery.run, delivery.chapter, delivery.beat, delivery.purpose
    )
    if all(entry.state is State.SENT for entry in parts):
        runs.lesson_posted(t, delivery.space, delivery.run, delivery.chapter, now)


def _voice(run: Run) -> Voice:
    return Voice("en", run.space, run.zone)
