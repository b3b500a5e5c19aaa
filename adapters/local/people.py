"""Who sits in a study hall on this machine, where nobody has an account.

Knows no platform. Invariant: whoever moderates is one of the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PEOPLE: Final[Mapping[str, str]] = {
    "mia": "Mia",
    "ada": "Ada",
    "ben": "Ben",
    "chi": "Chi",
    "dan": "Dan",
    "eve": "Eve",
}
"""Mia moderates, and the other five are enough for a vote to be shown."""

MODERATORS: Final = frozenset({"mia"})
