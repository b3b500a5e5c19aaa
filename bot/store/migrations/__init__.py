"""Numbered migrations, `0001_name.sql`, `0002_...`: reads them and brings a database up to date.

Knows no table but its own record of what was applied, and never goes backwards.
Invariant: a migration and its record are committed together, or neither is.
"""

from __future__ import annotations

import importlib.resources
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bot.store.errors import MigrationFailed

SHIPPED: Traversable = importlib.resources.files(__name__)
"""The folder with Studyhall's own migrations."""

_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_DEFERRED = re.compile(r"\bDEFERR(?:ED|ABLE)\b", re.IGNORECASE)

_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migration (
    version INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at_ms INTEGER NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema; `version` counts from 1 without a gap."""

    version: int
    name: str
    text: str

    @property
    def file(self) -> str:
        return f"{self.version:04}_{self.name}.sql"


def read(folder: Traversable) -> tuple[Migration, ...]:
    """The migrations in `folder`, in order. Files with a second dot are another dialect's.

    Raises MigrationFailed if a name, a number or a deferred constraint is wrong.
    """
    steps = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".sql") or file.name.count(".") > 1:
            continue
        parts = _FILE.fullmatch(file.name)
        if parts is None:
            raise MigrationFailed(file.name, "name it like 0007_what_changes.sql")
        steps.append(Migration(int(parts[1]), parts[2], file.read_text("utf-8")))
    for expected, step in enumerate(steps, start=1):
        if step.version != expected:
            raise MigrationFailed(
                step.file, f"number {expected:04} is due here; numbers go up by one from 0001"
            )
        # A deferred constraint fails at COMMIT, and with it everybody else's work in the batch.
        if _DEFERRED.search(step.text):
            raise MigrationFailed(step.file, "a constraint may not be deferred; remove that word")
    return tuple(steps)


def applied(connection: sqlite3.Connection) -> int | None:
    """The newest applied version, 0 for an empty database, None for another program's."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "schema_migration" not in tables:
        return None if tables else 0
    ((version,),) = connection.execute("SELECT coalesce(max(version), 0) FROM schema_migration")
    return int(version)


def apply(connection: sqlite3.Connection, steps: Sequence[Migration], at_ms: int) -> None:
    """Run `steps` in order, each in one transaction together with its record.

    `connection` must be in autocommit mode. Foreign keys are switched off meanwhile, so that a
    table can be rebuilt, and checked before each commit.

    Raises MigrationFailed (bad SQL, a broken reference, a table that is not STRICT) or
    sqlite3.Error (the disk); the steps before the failed one stay.
    """
    connection.execute("PRAGMA foreign_keys = OFF")
    for step in steps:
        connection.execute("BEGIN IMMEDIATE")
        try:
            _run(connection, step)
            connection.execute(_RECORD)
            connection.execute(
                "INSERT INTO schema_migration (version, name, applied_at_ms) VALUES (?, ?, ?)",
                (step.version, step.name, at_ms),
            )
            connection.execute("COMMIT")
        except BaseException:
            connection.rollback()
            raise
    connection.execute("PRAGMA foreign_keys = ON")


def _run(connection: sqlite3.Connection, step: Migration) -> None:
    for line, statement in _statements(step.text):
        try:
            connection.execute(statement)
        except sqlite3.Error as wrong:
            # A full disk is not the migration's fault; the caller gives it its own name.
            if wrong.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                raise
            raise MigrationFailed(f"{step.file}:{line}", str(wrong)) from wrong
        if not connection.in_transaction:
            raise MigrationFailed(
                f"{step.file}:{line}", "this ends the transaction; remove it, one is made for you"
            )
    loose = connection.execute("PRAGMA foreign_key_check").fetchone()
    if loose is not None:
        raise MigrationFailed(step.file, f"a row of {loose[0]} points to no row of {loose[2]}")
    lax = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND strict = 0 AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    ).fetchone()
    if lax is not None:
        raise MigrationFailed(
            step.file, f"table {lax[0]} is not STRICT; end its CREATE with STRICT"
        )


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line it begins on; `executescript` would commit before it starts."""
    begun, lines = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        if not lines and (not line.strip() or line.lstrip().startswith("--")):
            continue
        begun = begun if lines else number
        lines.append(line)
        if sqlite3.complete_statement("\n".join(lines)):
            yield begun, "\n".join(lines)
            lines = []
    if lines:
        yield begun, "\n".join(lines)
