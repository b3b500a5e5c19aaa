"""The databases under test, each as a rig: how to open it and how to let its disk run full.

Knows no test; a new database joins by one more rig and its name in `RIGS`.
Invariant: every rig has the same table, and `close` closes all that it opened.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from bot.store.database import Database
from bot.store.sql import Query

NOW_MS = 1_800_000_000_000

SCHEMA = """
CREATE TABLE note (
    id INTEGER NOT NULL PRIMARY KEY,
    text TEXT NOT NULL,
    parent INTEGER REFERENCES note (id)
) STRICT;
"""

ADD = Query("add", "INSERT INTO note (id, text) VALUES (:id, :text)", "One note.")
ADD_UNDER = Query(
    "add_under", "INSERT INTO note (id, text, parent) VALUES (:id, '', :parent)", "A reference."
)
CHANGE = Query("change", "UPDATE note SET text = :text WHERE id >= :id", "Many at once.")
CHANGE_BACK = Query(
    "change_back",
    "UPDATE note SET text = :text WHERE id = :id RETURNING id, text",
    "A change that answers.",
)
READ = Query("read", "SELECT id, text FROM note WHERE id = :id", "One note.")
READ_ALL = Query("read_all", "SELECT id, text FROM note ORDER BY id", "Every note.")


class Rig(Protocol):
    """A kind of database under test, with the accidents that can be arranged for it."""

    async def open(self) -> Database: ...

    async def fill_disk(self, database: Database) -> None:
        """From now on nothing larger than what is there fits in."""

    async def free_disk(self, database: Database) -> None:
        """Undo `fill_disk`."""

    async def close(self) -> None: ...


class SqliteRig:
    """A file in the test's own folder. Its full disk is SQLite's own limit of pages."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store" / "hall.sqlite3"
        self.migrations = folder / "migrations"
        self.migrations.mkdir()
        (self.migrations / "0001_notes.sql").write_text(SCHEMA)
        self._opened: list[Database] = []

    async def open(self) -> Database:
        database = await Database.open(self.path, self.migrations, now_ms=lambda: NOW_MS)
        self._opened.append(database)
        return database

    async def fill_disk(self, database: Database) -> None:
        await database.run(lambda t: t._cursor.execute("PRAGMA max_page_count = 1") and None)

    async def free_disk(self, database: Database) -> None:
        await database.run(lambda t: t._cursor.execute("PRAGMA max_page_count = 1000000") and None)

    async def close(self) -> None:
        for database in self._opened:
            await database.close()


RIGS: dict[str, Callable[[Path], Rig]] = {"sqlite": SqliteRig}
