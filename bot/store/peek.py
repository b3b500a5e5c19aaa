"""What the doctor reads of a database, beside the service that may be using it.

Knows one question. Invariant: the file is opened read-only.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

BUSY_S = 5.0


def channels_in_use(path: Path, platform: str) -> list[tuple[str, str]]:
    """Space and channel of every run of a platform that is not over; none without a database."""
    if not path.exists():
        return []
    wanted = (
        "SELECT space, channel FROM run WHERE space LIKE ? || ':%'"
        " AND status NOT IN ('finished', 'stopped') ORDER BY space, channel"
    )
    try:
        address = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=BUSY_S)) as db:
            found = db.execute(wanted, (platform,)).fetchall()
    except sqlite3.Error:
        return []
    return [(str(space), str(channel)) for space, channel in found]
