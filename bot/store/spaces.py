"""Spaces that were left, and how everything of one is deleted.

Knows no run. Invariant: `purge` leaves no row of the space in any table.
"""

from __future__ import annotations

from datetime import datetime

from bot.store.database import Transaction
from bot.store.instants import maybe_from_ms, to_ms
from bot.store.queries import QUERIES

PURGED = ("purge_runs", "purge_settings", "purge_controls", "purge_departure")
"""What belongs to a run goes with it, by its foreign keys."""


def departed(t: Transaction, space: str, at: datetime) -> None:
    """Note since when; a second time changes nothing."""
    t.run(QUERIES["space_departed"], space=space, at_ms=to_ms(at))


def came_back(t: Transaction, space: str) -> None:
    t.run(QUERIES["purge_departure"], space=space)


def left_at(t: Transaction, space: str) -> datetime | None:
    """When the space was left; None for one that was not."""
    row = t.one(QUERIES["departure"], space=space)
    return None if row is None else maybe_from_ms(row["left_at_ms"])


def departed_before(t: Transaction, at: datetime) -> list[str]:
    return [row["space"] for row in t.all(QUERIES["departed_before"], at_ms=to_ms(at))]


def known(t: Transaction, platform: str) -> list[str]:
    """The spaces of a platform that have a run or somebody's settings, or that were left."""
    rows = t.all(QUERIES["spaces_of_platform"], begin=f"{platform}:", end=f"{platform};")
    return [row["space"] for row in rows]


def purge(t: Transaction, space: str) -> None:
    """Delete every row of a space, and the adapter's own records of it."""
    for query in PURGED:
        t.run(QUERIES[query], space=space)
    platform, _, own = space.partition(":")
    t.run(QUERIES["purge_shelf"], adapter=platform, own=f":{own}:")
