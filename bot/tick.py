"""One tick: due runs pass their slots, deliveries go out, vote counts follow.

Knows no platform. Called by the scheduler every second, and by the local hall after its clock
was moved. Invariant: a run, its deliveries and its lessons change in one transaction.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import msgspec

from adapters.port import DeliveryFailure
from bot import ledger, reminding
from bot.delivery import Entry
from bot.dispatcher import Dispatcher
from bot.hours import look_anew
from bot.library import zone
from bot.planning import POST, SeriesGone, SwitchedOff, chapter_post
from bot.service import Service, platform_of
from bot.store import runs
from bot.store.database import Transaction
from bot.store.runs import StaleCount
from bot.store.settings import Look, looks_due
from bot.turn import NotYet, follow_series, shared_question
from lessons.posts import Part, Post, parts_of
from lessons.runs import Run, pass_slots
from lessons.timetable import Beat

log = logging.getLogger(__name__)

BATCH: Final = 100
PASS_S: Final = 10.0
EDIT_S: Final = 10.0
ROUNDS: Final = 8
VOTES_EVERY: Final = timedelta(seconds=10)
"""A public post's vote count is edited at most this often."""

RunKey: TypeAlias = tuple[str, str]
"""Space and run."""


@dataclass(frozen=True, slots=True)
class Tick:
    """The heartbeat of a running service. `troubles` is what the log was told of each run."""

    service: Service
    dispatcher: Dispatcher
    troubles: dict[RunKey, str] = field(default_factory=dict)
    _passing: dict[RunKey, asyncio.Task[None]] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def __call__(self) -> None:
        """Let due slots pass, remind members, send what is due, bring vote counts up to date."""
        async with self._one_at_a_time:
            now = self.service.clock()
            await self.pass_due_slots(now)
            await self.remind(now)
            await self.dispatcher.turn()
            await self.show_votes(now)

    # -- slots ------------------------------------------------------------------------------------

    async def pass_due_slots(self, now: datetime) -> None:
        """Every run whose slot has come, in batches; one run's trouble is not another's.

        Returns after PASS_S in any case: a run that waits for a slow worker goes on by itself,
        and does not keep the others' posts from going out.
        """
        seen = set(self._passing)
        until = asyncio.get_running_loop().time() + PASS_S
        while (left := until - asyncio.get_running_loop().time()) > 0:
            due = await self.service.db.run(lambda t: runs.runs_due(t, now, BATCH + len(seen)))
            fresh = [run for run in due if (run.space, run.id) not in seen][:BATCH]
            if not fresh:
                return
            seen.update((run.space, run.id) for run in fresh)
            # Together, so that they share commits.
            await asyncio.wait([self._begin(run, now) for run in fresh], timeout=left)

    def _begin(self, run: Run, now: datetime) -> asyncio.Task[None]:
        which = run.space, run.id
        task = asyncio.create_task(self._pass(run, now))
        self._passing[which] = task
        task.add_done_callback(lambda _: self._passing.pop(which, None))
        return task

    async def close(self) -> None:
        """Give up what waits for a worker; its slot comes again at the next start."""
        passing = tuple(self._passing.values())
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)

    async def _pass(self, run: Run, now: datetime) -> None:
        """The log and the moderator hear of trouble once, not every second that it lasts."""
        which = run.space, run.id
        try:
            # Before a question is posed, and kept, for a post that can't go out yet.
            self.service.planner.fits(run.space)
            await self._pass_with_pieces(run, now)
        except SwitchedOff as off:
            # Nobody can be told, and it goes on when the platform is switched on again.
            if self._is_new(which, off):
                log.warning("a run waits: its platform is switched off", extra={"run": run.id})
        except Exception as trouble:
            if self._is_new(which, trouble):
                log.exception("a run can't pass its slot and waits", extra={"run": run.id})
            elif run.due is not None:  # twice the same is no accident
                await self._tell(run, run.due.at, isinstance(trouble, SeriesGone), now)
        else:
            self.troubles.pop(which, None)

    def _is_new(self, which: RunKey, trouble: Exception) -> bool:
        """Whether this is not what was wrong with that run the last time."""
        known, self.troubles[which] = self.troubles.get(which), repr(trouble)
        return known != repr(trouble)

    async def _tell(self, run: Run, planned: datetime, gone: bool, now: datetime) -> None:
        """Once for each slot: the ledger takes a purpose once."""
        planner = self.service.planner
        try:
            await self.service.db.run(lambda t: planner.tell_stuck(t, run, planned, gone, now))
        except Exception:
            log.exception("a moderator could not be told", extra={"run": run.id})

    async def _pass_with_pieces(self, run: Run, now: datetime) -> None:
        for _ in range(ROUNDS):
            try:
                return await self.service.db.run(lambda t: self._pass_in(t, run, now))
            except NotYet as missing:
                await self.service.make(missing.pieces, now)
        raise RuntimeError("it asks for ever more pieces")

    def _pass_in(self, t: Transaction, seen: Run, now: datetime) -> None:
        run = runs.run_by_id(t, seen.space, seen.id)
        if run is None or run.due is None or run.due.at > now:
            return  # somebody paused or posted meanwhile
        series = self.service.series().get(run.series)
        if series is None:
            raise SeriesGone(run.series)
        step = pass_slots(follow_series(run, series), now, zone(run.zone))
        runs.save_run(t, step.run)
        saved = replace(step.run, revision=run.revision + 1)
        self.service.planner.plan(t, saved, step.events, now)

    # -- reminders --------------------------------------------------------------------------------

    async def remind(self, now: datetime) -> None:
        """Look at members whose hour has come, a batch a tick. One's trouble is not another's."""
        db = self.service.db
        await db.run(lambda t: reminding.drop_late(t, now, BATCH))
        looks = await db.run(lambda t: looks_due(t, now, BATCH))
        await asyncio.gather(*(self._look(at, now) for at in looks))

    async def _look(self, at: Look, now: datetime) -> None:
        db, planner, usual = self.service.db, self.service.planner, self.service.defaults.zone
        try:
            await db.run(lambda t: reminding.look(t, planner, at, usual, now))
        except SwitchedOff:
            await db.run(lambda t: look_anew(t, at, usual, now))
        except Exception:
            log.exception("a member could not be reminded", extra={"space": at.space})
            await db.run(lambda t: reminding.put_off(t, at, now))

    # -- vote counts ------------------------------------------------------------------------------

    async def show_votes(self, now: datetime) -> None:
        """Edit the posts whose count is behind. A failing edit waits for the next vote."""
        db = self.service.db
        behind = await db.run(lambda t: runs.stale_vote_counts(t, now - VOTES_EVERY, BATCH))
        await asyncio.gather(*(self._show(count, now) for count in behind))

    async def _show(self, count: StaleCount, now: datetime) -> None:
        try:
            async with asyncio.timeout(EDIT_S):
                await self._edit(count, now)
        except (DeliveryFailure, TimeoutError, SeriesGone) as why:
            log.info("a vote count was not shown", extra={"run": count.run, "why": repr(why)})
        except Exception:
            log.exception("a vote count was not shown", extra={"run": count.run})

    async def _edit(self, count: StaleCount, now: datetime) -> None:
        db, adapter = self.service.db, self.service.adapters.get(platform_of(count.space))
        await db.run(lambda t: runs.vote_count_shown(t, count, now))
        found = await db.run(lambda t: self._counted(t, count))
        if found is None or adapter is None:
            return
        last, said = found
        parts = parts_of(said, self.service.planner.fits(count.space))
        # The count stands at the end of the post, above its buttons.
        if last.ref is not None and len(parts) == last.delivery.part + 1:
            sent = last.delivery.content
            ping = sent.ping if isinstance(sent, Part) else ""
            await adapter.edit(last.ref, msgspec.structs.replace(parts[-1], ping=ping))

    def _counted(self, t: Transaction, count: StaleCount) -> tuple[Entry, Post] | None:
        """The last message of the chapter's post, and what the post says now."""
        run = runs.run_by_id(t, count.space, count.run)
        lesson = runs.lesson_by_chapter(t, count.space, count.run, count.chapter)
        entries = ledger.entries_of_post(
            t, count.space, count.run, count.chapter, Beat.CHAPTER, POST
        )
        if run is None or lesson is None or not entries:
            return None
        series = self.service.series().get(run.series)
        chapter = series.chapter(count.chapter) if series else None
        if chapter is None:
            raise SeriesGone(f"{run.series}/{count.chapter}")
        question = shared_question(t, run, chapter, "en", figures=True)
        late = lesson.late if entries[-1].delivery.issue == 1 else timedelta(0)
        return entries[-1], chapter_post(t, run, chapter, question, late)
