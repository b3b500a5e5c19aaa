"""The clock that calls: a few jobs, each every so many seconds. The only home of APScheduler.

Knows no job and computes no dates; a run's slots are `lessons.timetable`'s.
Invariant: a job never runs twice at once, and what it raises is logged and stops nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from apscheduler.schedulers.asyncio import AsyncIOScheduler  # type: ignore[import-untyped]  # it has none

log = logging.getLogger(__name__)

Job: TypeAlias = tuple[str, float, Callable[[], Awaitable[object]]]
"""A name for the log, how often in seconds, and what to call."""

STOP_S: Final = 30.0


class Scheduler:
    """Calls each job at once and then every so many seconds, on the running event loop.

    A job that takes longer than that is called again when it is done: what was missed
    meanwhile counts as one call, and none is ever dropped for being late.
    """

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._jobs = tuple(jobs)
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = False
        self._clock = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin. Needs a running event loop; may be called once."""
        _expect_skipped_calls()
        for name, every_s, job in self._jobs:
            self._clock.add_job(
                self._call,
                "interval",
                seconds=every_s,
                args=(name, job),
                id=name,
                next_run_time=datetime.now(UTC),
            )
        self._clock.start()

    async def stop(self, within_s: float = STOP_S) -> None:
        """Call nothing more, and wait for jobs under way; what takes longer is cancelled."""
        self._stopping = True
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            log.warning("jobs were still under way when the clock was stopped")
        if self._clock.running:
            self._clock.shutdown()
            await asyncio.sleep(0)  # APScheduler shuts down, and cancels, in the loop's next round

    async def _call(self, name: str, job: Callable[[], Awaitable[object]]) -> None:
        if self._stopping:
            return
        self._running += 1
        self._idle.clear()
        try:
            await job()
        except Exception:
            log.exception("a job failed and will be called again", extra={"job": name})
        finally:
            self._running -= 1
            if not self._running:
                self._idle.set()


def _expect_skipped_calls() -> None:
    """A long job makes APScheduler warn every second that it is not called a second time."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


# -- can the clock be trusted ---------------------------------------------------------------------

DISAGREE: Final = timedelta(hours=1)


def wall_s() -> float:
    """The machine's wall clock, in seconds since 1970 UTC."""
    return time.time()


def steady_s() -> float:
    """Seconds that nobody can set, counted on while the machine sleeps where it can tell.

    `time.monotonic` stands still in suspend on Linux and macOS, so that every closed lid would
    look like a clock that jumped.
    """
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        clock = getattr(time, name, None)
        if clock is not None:
            return time.clock_gettime(clock)
    return time.monotonic()


class ClockWatch:
    """Notices a wall clock that was set while the process ran, so that posting can be held.

    A clock set wrongly by a week would post a week's beats at once. The local hall's movable
    clock is moved on purpose and needs no watch.
    """

    def __init__(
        self, wall: Callable[[], float] = wall_s, steady: Callable[[], float] = steady_s
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()
        self._trusted = True

    @property
    def jumped(self) -> timedelta:
        """How far the wall clock was set since the start; backwards is negative."""
        return timedelta(seconds=self._wall() - self._steady() - self._apart)

    def trusted(self) -> bool:
        """Whether both clocks still agree to within DISAGREE. Says in the log when that changes."""
        jumped = self.jumped
        trusted = abs(jumped) <= DISAGREE
        if trusted != self._trusted:
            self._trusted = trusted
            if trusted:
                log.warning("the clock is right again; posting goes on")
            else:
                log.error(
                    "the machine's clock was set by %s, so posting is held; set it right, "
                    "or restart if it is right now",
                    jumped,
                )
        return trusted
