"""What time it is: the machine's clock, or one that a person moves.

Knows no run. Invariant: every moment the service uses comes from one Clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""The moment now, in UTC, in whole milliseconds as the store keeps them."""


LAST: Final = datetime(2999, 12, 31, tzinfo=UTC)
"""Nobody waits longer, and dates have an end."""


def machine_clock() -> datetime:
    """The machine's clock."""
    return _whole_ms(datetime.now(UTC))


class MovableClock:
    """A clock that stands where it was put and ticks on from there with another clock.

    For the local study hall, where a week takes a minute.
    """

    def __init__(self, start: datetime | None = None, ticking: Clock = machine_clock) -> None:
        self._ticking = ticking
        self._ahead = timedelta(0) if start is None else start - ticking()

    def __call__(self) -> datetime:
        return _whole_ms(self._ticking() + self._ahead)

    def move_to(self, at: datetime) -> None:
        """Go forward to `at`, or to LAST; it never runs back."""
        self._ahead += max(timedelta(0), min(at, LAST) - self())


def frozen(at: datetime) -> Clock:
    """A clock that does not tick by itself: for tours, where every instant is told."""
    return lambda: at


def _whole_ms(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
