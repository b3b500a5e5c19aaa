"""The clock that calls: at once, again and again, never twice at once, and whatever a job raises.

Knows no job of the service; the jobs here are events that tests wait for.
Invariant: no test depends on how long something takes, only on what happens.
"""

from __future__ import annotations

import asyncio
import logging

import pytest

from bot.scheduler import ClockWatch, Scheduler, steady_s

SOON = 0.01
NEVER = 86_400.0


class Counted:
    """A job that can be waited for, and that may be told to go wrong or to take its time."""

    def __init__(self) -> None:
        self.calls = 0
        self.at_once = 0
        self.most_at_once = 0
        self.wrong: set[int] = set()
        self.go_on = asyncio.Event()
        self.go_on.set()
        self._called = asyncio.Condition()

    async def __call__(self) -> None:
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        async with self._called:
            self._called.notify_all()
        try:
            await self.go_on.wait()
            if self.calls in self.wrong:
                raise ValueError("this call goes wrong")
        finally:
            self.at_once -= 1

    async def called(self, times: int) -> None:
        """Wait until it has been called so often. Raises TimeoutError when that never comes."""
        async with asyncio.timeout(10), self._called:
            await self._called.wait_for(lambda: self.calls >= times)


async def test_a_job_is_called_at_once_and_then_again() -> None:
    first, second = Counted(), Counted()
    scheduler = Scheduler([("often", SOON, first), ("seldom", NEVER, second)])
    scheduler.start()
    await first.called(3)
    await second.called(1)
    await scheduler.stop()
    assert second.calls == 1


async def test_an_error_is_logged_and_the_clock_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    job = Counted()
    job.wrong = {1, 2}
    scheduler = Scheduler([("breaks", SOON, job)])
    scheduler.start()
    await job.called(4)
    await scheduler.stop()
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert [(r.name, r.__dict__["job"]) for r in errors] == [("bot.scheduler", "breaks")] * 2


async def test_a_job_never_runs_twice_at_once_and_is_called_again_when_it_is_done() -> None:
    slow, often = Counted(), Counted()
    slow.go_on.clear()
    scheduler = Scheduler([("slow", SOON, slow), ("often", SOON, often)])
    scheduler.start()
    await often.called(10)
    assert (slow.calls, slow.most_at_once) == (1, 1)
    slow.go_on.set()
    await slow.called(2)
    await scheduler.stop()
    assert slow.most_at_once == 1


async def test_stopping_waits_for_a_call_under_way() -> None:
    job = Counted()
    job.go_on.clear()
    scheduler = Scheduler([("slow", SOON, job)])
    scheduler.start()
    await job.called(1)
    stopping = asyncio.create_task(scheduler.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    job.go_on.set()
    await stopping
    assert (job.calls, job.at_once) == (1, 0)


async def test_stopping_cancels_what_takes_too_long() -> None:
    job = Counted()
    job.go_on.clear()
    scheduler = Scheduler([("stuck", SOON, job)])
    scheduler.start()
    await job.called(1)
    await scheduler.stop(within_s=0)
    async with asyncio.timeout(10):
        while job.at_once:  # noqa: ASYNC110  (a cancelled call has no event to wait for)
            await asyncio.sleep(0)


async def test_stopping_twice_or_before_the_start_is_harmless() -> None:
    unused = Scheduler([])
    await unused.stop()
    used = Scheduler([("job", SOON, Counted())])
    used.start()
    await used.stop()
    await used.stop()


# -- the clock watch ------------------------------------------------------------------------------


class Readings:
    """Two clocks that a test sets."""

    def __init__(self) -> None:
        self.wall = 1_800_000_000.0
        self.steady = 50.0

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: self.wall, lambda: self.steady)

    def both(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_time_that_passes_on_both_clocks_is_trusted() -> None:
    readings = Readings()
    watch = readings.watch()
    readings.both(seconds=90 * 86_400)
    assert watch.trusted()


@pytest.mark.parametrize(
    ("jump_s", "trusted"), [(3_600, True), (3_601, False), (-3_600, True), (-3_601, False)]
)
def test_a_wall_clock_that_was_set_by_more_than_an_hour_is_not_trusted(
    jump_s: float, trusted: bool
) -> None:
    readings = Readings()
    watch = readings.watch()
    readings.both(seconds=10)
    readings.wall += jump_s
    assert watch.trusted() is trusted


def test_small_corrections_that_add_up_are_noticed() -> None:
    readings = Readings()
    watch = readings.watch()
    for _ in range(7):
        readings.both(seconds=60)
        readings.wall += 600
    assert not watch.trusted()


def test_a_clock_that_was_set_right_again_is_trusted_and_the_log_says_both_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    readings = Readings()
    watch = readings.watch()
    readings.wall += 7 * 86_400
    assert (watch.trusted(), watch.trusted()) == (False, False)
    readings.wall -= 7 * 86_400
    assert (watch.trusted(), watch.trusted()) == (True, True)
    assert ["7 days" in r.getMessage() for r in caplog.records] == [True, False]


def test_this_machines_clocks_agree_with_themselves() -> None:
    before = steady_s()
    assert ClockWatch().trusted()
    assert steady_s() >= before
