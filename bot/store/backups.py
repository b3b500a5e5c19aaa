"""Whole copies of a SQLite file, taken while the service writes to it.

Knows no schema and no clock; the caller says when, and what the copy is called.
Invariant: a file named `*.sqlite3` in a backups folder is sound, complete and on the disk, and
says of itself that it is a copy.
"""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Final

SUFFIX: Final = ".sqlite3"
COPY: Final = 0x53746479
"""SQLite's `application_id` in a copy ("Stdy"); 0 in the file that is in use."""

KEPT: Final = 7
_NIGHTLY: Final = re.compile(r"-\d{8}$")


def folder_of(path: Path) -> Path:
    """Where the backups of the database at `path` are kept: beside it."""
    return path.parent / "backups"


def newest(path: Path) -> Path | None:
    """The backup of the database at `path` that was written last, if there is any."""
    copies = [copy for copy in folder_of(path).glob(f"*{SUFFIX}") if copy.is_file()]
    return max(copies, key=lambda copy: (copy.stat().st_mtime_ns, copy.name), default=None)


def read_only(path: Path, *, mode: str = "ro") -> sqlite3.Connection:
    """A connection that never writes a page or a checkpoint, so the writer stays the only one."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None
    )


def take(path: Path, name: str) -> Path:
    """Copy the committed state of the database at `path` to `name` in its backups folder.

    The copy is compact, readable by its owner only, and appears under its name when it is whole.
    Blocks for as long as the copying takes. Raises sqlite3.Error or OSError, and FileExistsError
    if `name` is taken; then no new file is left behind.
    """
    folder = folder_of(path)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = folder / f"{name}{SUFFIX}"
    if copy.exists():
        raise FileExistsError(copy)
    part = folder / f"{name}.part"
    part.unlink(missing_ok=True)  # left by a process that was killed while copying
    # VACUUM INTO accepts an empty file and keeps its mode, so the copy is never public.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(read_only(path)) as source:
            source.execute("VACUUM INTO ?", (str(part),))
        _check_and_mark(part)
        _to_disk(part)
        part.rename(copy)
        _to_disk(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return copy


def nightly(path: Path, day: date) -> Path | None:
    """The day's copy of the database at `path`, if there is none yet; older ones beyond KEPT go.

    Only copies made here are removed. Blocks, and raises, as `take` does.
    """
    name = f"{path.stem}-{day:%Y%m%d}"
    copy = folder_of(path) / f"{name}{SUFFIX}"
    if copy.exists():
        return None
    taken = take(path, name)
    copies = folder_of(path).glob(f"{path.stem}-*{SUFFIX}")
    by_day = sorted(copy for copy in copies if _NIGHTLY.search(copy.stem))
    for old in by_day[:-KEPT]:
        old.unlink(missing_ok=True)
    return taken


def is_copy(connection: sqlite3.Connection) -> bool:
    """Whether somebody put a copy in the database's place and nobody has taken it up yet."""
    ((mark,),) = connection.execute("PRAGMA application_id").fetchall()
    return bool(mark == COPY)


def take_up(connection: sqlite3.Connection) -> None:
    """From now on this is the database, and no copy of one."""
    connection.execute("PRAGMA application_id = 0")


def _check_and_mark(part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        ((verdict,),) = copy.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"the copy is not sound: {verdict}")
        copy.execute(f"PRAGMA application_id = {COPY}")


def _to_disk(path: Path) -> None:
    """VACUUM INTO does not sync what it writes; a backup that a power cut can empty is none."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
