"""Members' settings in the store.

Knows no step; it keeps what `lessons.settings` returns.
Invariant: every function that acts for a person takes the space and finds nothing of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.store.database import Transaction
from bot.store.instants import maybe_ms, to_ms
from bot.store.queries import QUERIES
from lessons.settings import Settings

REMINDER: Final = "reminder"
"""With a member's id behind it the purpose of a letter that reminds them."""


def settings(t: Transaction, space: str, member: str) -> Settings:
    """The member's own, or those of who never said anything."""
    return kept_settings(t, space, member) or Settings()


def kept_settings(t: Transaction, space: str, member: str) -> Settings | None:
    """What is kept of them; None for who never said anything."""
    row = t.one(QUERIES["settings"], space=space, member=member)
    if row is None:
        return None
    return Settings(
        row["zone"], row["told"], bool(row["reminders"]), row["hour"], bool(row["alone"])
    )


@dataclass(frozen=True, slots=True)
class Look:
    """A member whose hour has come."""

    space: str
    member: str


def looks_due(t: Transaction, now: datetime, most: int) -> list[Look]:
    """Members of every space whose hour has come, the longest waiting first."""
    rows = t.all(QUERIES["looks_due"], now_ms=to_ms(now), most=most)
    return [Look(row["space"], row["member"]) for row in rows]


def look_again(t: Transaction, at: Look, when: datetime | None) -> None:
    """Not before then; None for never."""
    t.run(QUERIES["look_again"], space=at.space, member=at.member, look_at_ms=maybe_ms(when))


def save_settings(
    t: Transaction, space: str, member: str, wanted: Settings, look_at: datetime | None
) -> None:
    """Keep them; `look_at` is when to look whether there is anything to remind of."""
    t.run(
        QUERIES["save_settings"],
        space=space,
        member=member,
        zone=wanted.zone,
        told=wanted.told,
        reminders=int(wanted.reminders),
        hour=wanted.hour,
        alone=int(wanted.alone),
        look_at_ms=maybe_ms(look_at),
    )
