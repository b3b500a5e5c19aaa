"""Every way in which the store can fail, as one small closed family.

Knows no driver: what SQLite or PostgreSQL says is translated before it gets here.
Invariant: whoever catches StoreError has caught everything the store raises on purpose.
"""

from __future__ import annotations

from pathlib import Path


class StoreError(Exception):
    """Any failure of the store; the message says what happened, what was kept and what to do."""


# -- opening: the service must not start ----------------------------------------------------------


class CannotOpen(StoreError):
    """The file or its folder cannot be used at all: rights, a missing disk, a wrong file system."""

    def __init__(self, path: Path, detail: str) -> None:
        super().__init__(f"The database {path} cannot be opened: {detail}.")
        self.path = path
        self.detail = detail


class DatabaseInUse(StoreError):
    """Another process holds the file, which allows only one."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"The database {path} is in use by another process, and SQLite here serves only one. "
            "Stop the other one first, or use PostgreSQL for several processes."
        )
        self.path = path


class DatabaseDamaged(StoreError):
    """The file is no database, or its pages contradict each other. It was left as it is."""

    def __init__(self, path: Path, detail: str, backup: Path | None) -> None:
        restore = (
            f"To restore, move {path.name}, {path.name}-wal and {path.name}-shm away and copy "
            f"the newest backup, {backup}, to {path}; then start again. What came due since that "
            "copy was taken is not posted by itself: moderators are asked."
            if backup is not None
            else f"There is no backup in {path.parent / 'backups'}: put a copy of your own at "
            f"{path}, or move the file away to start with an empty one."
        )
        super().__init__(
            f"The database {path} is damaged ({detail}). Nothing was changed. {restore}"
        )
        self.path = path
        self.detail = detail
        self.backup = backup


class DatabaseForeign(StoreError):
    """The file is a sound SQLite database, but of another program."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} is the database of another program. Nothing was changed. "
            "Give Studyhall a path of its own."
        )
        self.path = path


class SchemaTooNew(StoreError):
    """The file was last used by a newer version of the code."""

    def __init__(self, path: Path, found: int, known: int) -> None:
        super().__init__(
            f"The database {path} has schema {found}, and this version knows only up to {known}. "
            "Nothing was changed. Start the newer version again, or go back to a backup from "
            f"before the change in {path.parent / 'backups'}."
        )
        self.path = path
        self.found = found
        self.known = known


class MigrationFailed(StoreError):
    """A numbered migration is malformed or did not run; the database is as it was before it."""

    def __init__(self, where: str, detail: str) -> None:
        super().__init__(f"{where}: {detail}")
        self.where = where
        self.detail = detail


# -- running: one function failed, or one batch ---------------------------------------------------


class DatabaseClosed(StoreError):
    """`run` was called after `close`."""

    def __init__(self) -> None:
        super().__init__("The database is closed, so nothing was run.")


class DiskFull(StoreError):
    """The disk takes no more: it is full, over a quota, or failing. Nothing of it was kept."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"The disk of the database takes no more ({detail}). This change was not kept, all "
            "earlier ones are. Make room on it; no restart is needed."
        )
        self.detail = detail


class CommitFailed(StoreError):
    """The batch could not be begun or committed; none of its functions left anything behind."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"The database could not commit ({detail}). This change was not kept.")
        self.detail = detail


class ConstraintBroken(StoreError):
    """A statement broke a UNIQUE, CHECK, NOT NULL, type or foreign-key rule of the schema."""

    def __init__(self, query: str, detail: str) -> None:
        super().__init__(f"Query {query} broke a rule of the schema: {detail}.")
        self.query = query
        self.detail = detail


class StatementFailed(StoreError):
    """A statement could not be run: its text, its values or the database are at fault."""

    def __init__(self, query: str, detail: str) -> None:
        super().__init__(f"Query {query} failed: {detail}.")
        self.query = query
        self.detail = detail


class Misuse(StoreError):
    """The calling code is wrong, whatever the database holds: a bug, never a person's mistake."""


class BadQueryFile(StoreError):
    """`.sql` files that cannot be loaded; `mistakes` has one `file:line: what, and what to do`."""

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes
