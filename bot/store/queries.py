"""Every named query of the service, read once when the service is imported.

Knows no table; the typed functions beside it give them meaning.
Invariant: a query that is not in `sql/*.sql` cannot be run.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

from bot.store.sql import Query, load

QUERIES: Final[Mapping[str, Query]] = load(resources.files("bot.store") / "sql")
