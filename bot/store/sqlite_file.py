"""Opens one SQLite file for the one process that may write to it, checked and up to date.

Knows no query and no event loop: all of it blocks, so it runs on the database's own thread.
Invariant: nothing in or about the file changes before it is locked, sound, ours and not too new.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from bot.store import backups, migrations
from bot.store.errors import (
    CannotOpen,
    CommitFailed,
    ConstraintBroken,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseInUse,
    DiskFull,
    SchemaTooNew,
    StatementFailed,
    StoreError,
)

BUSY_S: Final = 5.0
"""How long to wait for a program from outside, say the sqlite3 shell, that holds the file."""

_FULL: Final = frozenset(
    {
        "SQLITE_FULL",
        "SQLITE_IOERR_WRITE",  # SQLite's name for a quota or a file-size limit
        "SQLITE_IOERR_SHMSIZE",
        "SQLITE_IOERR_TRUNCATE",
    }
)
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class LockedConnection(sqlite3.Connection):
    """The one writing connection; closing it also frees the lock."""

    path: Path
    lock: int = -1
    restored: bool = False
    """The file is a copy that somebody put in the database's place."""

    def close(self) -> None:
        """Write everything into the main file, close it and free the lock. May be repeated."""
        try:
            super().close()
        finally:
            if self.lock >= 0:
                os.close(self.lock)
                self.lock = -1


def open_file(path: Path, folder: Traversable, at_ms: int) -> LockedConnection:
    """The database at `path`, created or migrated with `folder`; a copy is taken before migrating.

    Files get mode 0600, folders that have to be made 0700. `at_ms` is now, for the record.

    Raises CannotOpen, DatabaseInUse, DatabaseDamaged, DatabaseForeign, SchemaTooNew, DiskFull or
    MigrationFailed, after which nothing is held.
    """
    steps = migrations.read(folder)
    with ExitStack() as held:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _lock(path)
            held.callback(os.close, lock)
            version = _inspect(path, known=len(steps))
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite hasn't opened it yet
            path.chmod(0o600)
            connection = _connect(path)
            held.callback(connection.close)
            if version and version < len(steps):
                backups.take(path, _backup_name(path, steps[version].version, at_ms))
            migrations.apply(connection, steps[version:], at_ms)
        except sqlite3.Error as wrong:
            raise _not_opened(path, wrong) from wrong
        except OSError as wrong:
            raise CannotOpen(path, str(wrong)) from wrong
        held.pop_all()
        connection.lock = lock
        return connection


def _lock(path: Path) -> int:
    """The lock file is never removed: whoever waited on a removed one would hold nothing.

    The kernel frees it when the process ends, however it ends. SQLite's own locks would not do:
    they are taken per transaction.
    """
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DatabaseInUse(path) from None
    except OSError:
        os.close(lock)
        raise
    return lock


def _inspect(path: Path, known: int) -> int:
    """The schema version in the file (0: nothing yet), found without changing the file."""
    if not path.exists() or not path.stat().st_size:
        return 0
    # A process killed at the very first write leaves a journal, which only a writer can undo.
    mode = "rw" if Path(f"{path}-journal").exists() else "ro"
    try:
        with closing(backups.read_only(path, mode=mode)) as reader:
            ((verdict,),) = reader.execute("PRAGMA quick_check(1)").fetchall()
            if verdict != "ok":
                raise DatabaseDamaged(path, verdict.splitlines()[-1], backups.newest(path))
            version = migrations.applied(reader)
    except sqlite3.DatabaseError as wrong:
        if not is_damage(wrong):
            raise
        raise DatabaseDamaged(path, str(wrong), backups.newest(path)) from wrong
    if version is None:
        raise DatabaseForeign(path)
    if version > known:
        raise SchemaTooNew(path, found=version, known=known)
    return version


def _connect(path: Path) -> LockedConnection:
    connection = sqlite3.connect(
        path, timeout=BUSY_S, isolation_level=None, cached_statements=512, factory=LockedConnection
    )
    connection.path = path
    try:
        connection.restored = backups.is_copy(connection)
        connection.row_factory = sqlite3.Row
        ((journal,),) = connection.execute("PRAGMA journal_mode = WAL").fetchall()
        if journal != "wal":
            raise CannotOpen(path, "this file system has no shared memory; use a local disk")
        connection.execute("PRAGMA synchronous = FULL")  # acknowledged means safe from power cuts
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        # A backup holds the log open and lets it grow; give the room back afterwards.
        connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
    except BaseException:
        connection.close()
        raise
    return connection


def _backup_name(path: Path, version: int, at_ms: int) -> str:
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return f"{path.stem}-{moment:%Y%m%dT%H%M%SZ}-{at_ms % 1_000:03}-before-{version:04}"


# -- what SQLite says, in the store's own words ---------------------------------------------------


def is_damage(wrong: BaseException) -> bool:
    """Whether SQLite found its own file contradicting itself."""
    return (
        isinstance(wrong, sqlite3.Error)
        and getattr(wrong, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
    )


def is_full(wrong: BaseException) -> bool:
    """Whether SQLite could not write for want of room."""
    return getattr(wrong, "sqlite_errorname", "") in _FULL


def statement_error(path: Path, query: str, wrong: Exception) -> StoreError:
    """What a failed statement means for the function that ran it."""
    if is_full(wrong):
        return DiskFull(str(wrong))
    if is_damage(wrong):
        return DatabaseDamaged(path, str(wrong), backups.newest(path))
    if isinstance(wrong, sqlite3.IntegrityError):
        return ConstraintBroken(query, str(wrong))
    return StatementFailed(query, str(wrong))


def batch_error(wrong: BaseException) -> StoreError:
    """What a batch that was not committed means for each function in it; a new one for each."""
    if isinstance(wrong, DiskFull):
        return DiskFull(wrong.detail)
    return DiskFull(str(wrong)) if is_full(wrong) else CommitFailed(str(wrong))


def _not_opened(path: Path, wrong: sqlite3.Error) -> StoreError:
    if is_full(wrong):
        return DiskFull(str(wrong))
    if is_damage(wrong):
        return DatabaseDamaged(path, str(wrong), backups.newest(path))
    return CannotOpen(path, str(wrong))
