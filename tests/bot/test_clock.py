"""Clocks: whole milliseconds, in UTC, and one that a person moves forward only.

Knows no machine's time beyond that it has a zone. Invariant: nothing here waits.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.clock import LAST, MovableClock, frozen, machine_clock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Ticking:
    """A clock whose time the test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


def test_the_machine_clock_speaks_utc_in_whole_milliseconds() -> None:
    now = machine_clock()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0


def test_a_frozen_clock_stands() -> None:
    clock = frozen(NOON)
    assert (clock(), clock()) == (NOON, NOON)


def test_a_movable_clock_starts_where_it_is_put_and_ticks_on() -> None:
    ticking = Ticking(NOON)
    clock = MovableClock(NOON - timedelta(days=300), ticking)
    ticking.at += timedelta(seconds=90)
    assert clock() == NOON - timedelta(days=300) + timedelta(seconds=90)
    assert MovableClock(ticking=ticking)() == ticking.at


def test_it_moves_forward_and_never_back() -> None:
    clock = MovableClock(NOON, frozen(NOON))
    clock.move_to(NOON + timedelta(days=7))
    assert clock() == NOON + timedelta(days=7)
    clock.move_to(NOON + timedelta(days=7))
    clock.move_to(NOON + timedelta(days=6))
    assert clock() == NOON + timedelta(days=7)


def test_it_stops_at_the_last_day() -> None:
    clock = MovableClock(NOON, frozen(NOON))
    clock.move_to(LAST + timedelta(days=300_000))
    assert clock() == LAST


def test_what_is_not_a_whole_millisecond_is_rounded_down() -> None:
    clock = MovableClock(NOON, frozen(NOON))
    clock.move_to(NOON + timedelta(microseconds=1_999))
    assert clock() == NOON + timedelta(milliseconds=1)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-(10**9), 10**9))))
def test_whatever_is_done_to_it_a_movable_clock_never_runs_back(
    history: list[tuple[int, int]],
) -> None:
    ticking = Ticking(NOON)
    clock = MovableClock(NOON, ticking)
    seen = clock()
    for ticked, moved in history:
        ticking.at += timedelta(microseconds=ticked)
        with contextlib.suppress(ValueError):
            clock.move_to(seen + timedelta(microseconds=moved))
        assert clock() >= seen
        seen = clock()
