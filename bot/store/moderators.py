"""Who was named a moderator of a run.

Knows nothing of those whom the platform lets moderate everything: they stand in no table.
Invariant: every function takes the space and finds nothing of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.store.database import Row, Transaction
from bot.store.instants import from_ms, to_ms
from bot.store.queries import QUERIES


@dataclass(frozen=True, slots=True)
class Named:
    """A member who moderates one run; `by` is themself for who started it."""

    member: str
    by: str
    at: datetime


def name(t: Transaction, space: str, run: str, named: Named) -> bool:
    """False if they are one already."""
    touched = t.run(
        QUERIES["name_moderator"],
        space=space,
        run=run,
        member=named.member,
        named_by=named.by,
        named_at_ms=to_ms(named.at),
    )
    return touched == 1


def remove(t: Transaction, space: str, run: str, member: str) -> bool:
    """False if they are none."""
    return t.run(QUERIES["remove_moderator"], space=space, run=run, member=member) == 1


def is_named(t: Transaction, space: str, run: str, member: str) -> bool:
    return t.one(QUERIES["moderator"], space=space, run=run, member=member) is not None


def of_run(t: Transaction, space: str, run: str) -> list[Named]:
    """Who was named first comes first."""
    return [_named(row) for row in t.all(QUERIES["moderators_of_run"], space=space, run=run)]


def _named(row: Row) -> Named:
    return Named(row["member"], row["named_by"], from_ms(row["named_at_ms"]))
