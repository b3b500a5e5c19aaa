"""Who was named a moderator of a run.

Knows nothing of those whom the platform lets moderate everything: they stand in no table.
Invariant: every function takes the space and finds nothing of another.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.database import Transaction
from bot.store.instants import to_ms
from bot.store.queries import QUERIES


def name(t: Transaction, space: str, run: str, member: str, now: datetime) -> bool:
    """False if they are one already."""
    touched = t.run(
        QUERIES["name_moderator"], space=space, run=run, member=member, named_at_ms=to_ms(now)
    )
    return touched == 1


def remove(t: Transaction, space: str, run: str, member: str) -> bool:
    """False if they are none."""
    return t.run(QUERIES["remove_moderator"], space=space, run=run, member=member) == 1


def is_named(t: Transaction, space: str, run: str, member: str) -> bool:
    return t.one(QUERIES["moderator"], space=space, run=run, member=member) is not None


def of_run(t: Transaction, space: str, run: str) -> list[str]:
    """Who was named first comes first."""
    return [row["member"] for row in t.all(QUERIES["moderators_of_run"], space=space, run=run)]
