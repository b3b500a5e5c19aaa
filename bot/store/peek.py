"""What the doctor reads of a database, beside the service that may be using it.

Knows two questions. Invariant: the file is opened read-only.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

BUSY_S = 5.0


def channels_in_use(path: Path, platform: str) -> list[tuple[str, str]]:
    """Space and channel of every run of a platform that is not over; none without a database."""
    wanted = (
        "SELECT space, channel FROM run WHERE space LIKE ? || ':%'"
        " AND status NOT IN ('finished', 'stopped') ORDER BY space, channel"
    )
    return _pairs(path, wanted, platform)


def records(path: Path, adapter: str, begin: str) -> dict[str, str]:
    """What an adapter keeps under names that begin so."""
    wanted = "SELECT name, value FROM shelf WHERE adapter = ? AND instr(name, ?) = 1 ORDER BY name"
    return dict(_pairs(path, wanted, adapter, begin))


def _pairs(path: Path, wanted: str, *given: str) -> list[tuple[str, str]]:
    if not path.exists():
        return []
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_S)) as db:
            found = db.execute(wanted, given).fetchall()
    except sqlite3.Error:
        return []
    return [(str(first), str(second)) for first, second in found]
