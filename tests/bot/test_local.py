"""The clock of a hall that is kept: it goes on where it stood, and never runs back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import local
from bot.clock import LAST, Clock, MovableClock, frozen, machine_clock
from bot.local import AHEAD, CLOCK_FILE, noted, read_clock, write_clock

LATER = machine_clock() + timedelta(days=400)


def test_a_hall_without_a_kept_clock_begins_now(tmp_path: Path) -> None:
    assert read_clock(tmp_path) is None


@pytest.mark.parametrize("kept", ["", "soon", "2026-01-01", "2020-01-01T00:00:00+00:00"])
def test_what_is_no_time_to_come_is_no_clock(tmp_path: Path, kept: str) -> None:
    (tmp_path / CLOCK_FILE).write_text(kept, "ascii")
    assert read_clock(tmp_path) is None


def test_a_clock_that_ended_goes_on_exactly_there(tmp_path: Path) -> None:
    write_clock(tmp_path, frozen(LATER), ended=True)
    assert read_clock(tmp_path) == LATER


def test_one_that_was_cut_off_goes_on_no_earlier_than_anybody_saw(tmp_path: Path) -> None:
    write_clock(tmp_path, frozen(LATER))
    assert read_clock(tmp_path) == LATER + AHEAD
    write_clock(tmp_path, frozen(LAST))
    assert read_clock(tmp_path) == LAST
    assert timedelta(seconds=local.NOTE_S) < AHEAD


class Writing:
    """`write_clock`, and when it was last called; `trouble` is raised until the hall ends."""

    def __init__(self, trouble: OSError | None = None) -> None:
        self.trouble = trouble
        self._loop = asyncio.get_running_loop()
        self._called = asyncio.Event()

    def __call__(self, home: Path, clock: Clock, *, ended: bool = False) -> None:
        if self.trouble and not ended:
            self._loop.call_soon_threadsafe(self._called.set)
            raise self.trouble
        write_clock(home, clock, ended=ended)
        self._loop.call_soon_threadsafe(self._called.set)

    async def once_more(self) -> None:
        """Until it has begun and ended after now."""
        for _ in range(2):
            self._called.clear()
            await asyncio.wait_for(self._called.wait(), 30)


async def test_a_clock_is_noted_while_it_runs_and_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Writing()
    monkeypatch.setattr(local, "NOTE_S", 0.0)
    monkeypatch.setattr(local, "write_clock", writing)
    clock = MovableClock(LATER, frozen(datetime(2026, 1, 1, tzinfo=UTC)))
    async with noted(tmp_path, clock):
        for _ in range(3):
            clock.move_to(clock() + timedelta(hours=1))
            await writing.once_more()
            assert read_clock(tmp_path) == clock() + AHEAD
    assert read_clock(tmp_path) == clock()


async def test_a_disk_that_is_full_does_not_stop_the_hall(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = Writing(OSError(28, "No space left on device"))
    monkeypatch.setattr(local, "NOTE_S", 0.0)
    monkeypatch.setattr(local, "write_clock", writing)
    async with noted(tmp_path, frozen(LATER)):
        await writing.once_more()
        await writing.once_more()
    assert read_clock(tmp_path) == LATER
