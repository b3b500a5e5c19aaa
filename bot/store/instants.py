"""Instants between Python and the store: aware datetimes here, integer milliseconds UTC there.

Knows no table. Invariant: a naive datetime never reaches the store.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC, rounded down. Raises ValueError for a naive datetime."""
    if at.tzinfo is None:
        raise ValueError(f"{at} has no time zone")
    return (at - _EPOCH) // timedelta(milliseconds=1)


def from_ms(at_ms: int) -> datetime:
    """The instant, in UTC."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def maybe_ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


def maybe_from_ms(at_ms: int | None) -> datetime | None:
    return None if at_ms is None else from_ms(at_ms)
