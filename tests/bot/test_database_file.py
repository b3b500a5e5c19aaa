"""The SQLite file itself: what is refused untouched, what is migrated, and what lies beside it.

Knows the file's format where damage has to be done to it.
Invariant: a refused file is compared byte for byte with what it was.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store import backups, migrations
from bot.store.database import Database, Transaction
from bot.store.errors import (
    CannotOpen,
    CommitFailed,
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseInUse,
    MigrationFailed,
    SchemaTooNew,
)
from tests.rigs.database import ADD, ADD_UNDER, NOW_MS, READ_ALL, SCHEMA

TITLES = "ALTER TABLE note ADD COLUMN title TEXT NOT NULL DEFAULT '';\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "hall.sqlite3"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_notes.sql").write_text(SCHEMA)
    return folder


def opened(path: Path, folder: Path) -> asyncio.Task[Database]:
    return asyncio.ensure_future(Database.open(path, folder, now_ms=lambda: NOW_MS))


async def filled(path: Path, folder: Path, rows: int = 3) -> None:
    """Leave a closed database with some rows at `path`."""
    async with await opened(path, folder) as database:
        await database.run(
            lambda t: t.many(ADD, [{"id": n, "text": "word " * 50} for n in range(rows)])
        )


async def ids(path: Path, folder: Path) -> list[int]:
    async with await opened(path, folder) as database:
        return await database.run(lambda t: [row["id"] for row in t.all(READ_ALL)])


def adding(number: int) -> Callable[[Transaction], int]:
    return lambda t: t.run(ADD, id=number, text="")


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def content(path: Path) -> bytes:
    return path.read_bytes()


def put(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- one process, private files -------------------------------------------------------------------


async def test_a_second_opening_is_refused_and_the_first_goes_on(path: Path, folder: Path) -> None:
    async with await opened(path, folder) as database:
        with pytest.raises(DatabaseInUse, match="use PostgreSQL for several processes"):
            await opened(path, folder)
        assert await database.run(adding(1)) == 1
    assert await ids(path, folder) == [1]


async def test_files_are_private_and_so_is_a_folder_made_for_them(path: Path, folder: Path) -> None:
    before = os.umask(0o000)
    try:
        async with await opened(path, folder) as database:
            await database.run(adding(1))
            modes = {file.name: mode(file) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) == {path.name + end for end in ("", "-wal", "-shm", ".lock")}
    assert set(modes.values()) == {0o600}
    assert mode(path.parent) == 0o700


async def test_a_path_that_cannot_be_used_is_a_typed_error(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotOpen):
        await opened(tmp_path / "file" / "hall.sqlite3", folder)
    (tmp_path / "folder.sqlite3").mkdir()
    with pytest.raises(CannotOpen):
        await opened(tmp_path / "folder.sqlite3", folder)


async def test_a_path_may_hold_characters_that_mean_something_in_a_uri(
    tmp_path: Path, folder: Path
) -> None:
    path = tmp_path / "a?b#c %41" / "hall&mode=rw.sqlite3"
    await filled(path, folder)
    (folder / "0002_titles.sql").write_text(TITLES)
    assert await ids(path, folder) == [0, 1, 2]
    assert backups.newest(path) is not None


async def test_the_settings_that_answers_rely_on_are_on(path: Path, folder: Path) -> None:
    async with await opened(path, folder) as database:
        connection = database._connection

        def setting(name: str) -> object:
            return connection.execute(f"PRAGMA {name}").fetchone()[0]

        found = await database.run(
            lambda t: [setting(n) for n in ("journal_mode", "synchronous", "foreign_keys")]
        )
    assert found == ["wal", 2, 1]


async def test_opening_waits_for_a_foreign_lock_without_holding_up_the_loop(
    path: Path, folder: Path
) -> None:
    await filled(path, folder)
    with closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("PRAGMA locking_mode = EXCLUSIVE")
        shell.execute("BEGIN EXCLUSIVE")
        opening = opened(path, folder)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not opening.done()
        shell.execute("COMMIT")
    async with await opening as database:
        assert len(await database.run(lambda t: t.all(READ_ALL))) == 3


async def test_a_cancelled_opening_leaves_the_file_free(path: Path, folder: Path) -> None:
    await filled(path, folder)
    for turns in range(6):
        opening = opened(path, folder)
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        (outcome,) = await asyncio.gather(opening, return_exceptions=True)
        if isinstance(outcome, Database):  # it was quicker than the test
            await outcome.close()
        else:  # refused, if the thread of the one before still holds the file
            assert isinstance(outcome, (asyncio.CancelledError, DatabaseInUse))
    while True:  # the thread may still be about to let go
        try:
            assert await ids(path, folder) == [0, 1, 2]
        except DatabaseInUse:
            await asyncio.sleep(0.01)
        else:
            break


async def test_a_batch_that_cannot_begin_fails_and_the_next_goes_on(
    path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.sqlite_file.BUSY_S", 0.05)
    async with await opened(path, folder) as database:
        with closing(sqlite3.connect(path, isolation_level=None)) as shell:
            shell.execute("BEGIN IMMEDIATE")
            calls = [database.run(adding(n)) for n in range(3)]
            failed = await asyncio.gather(*calls, return_exceptions=True)
            shell.execute("ROLLBACK")
        assert [type(error) for error in failed] == [CommitFailed] * 3
        assert len(set(map(id, failed))) == 3
        assert await database.run(adding(1)) == 1
    assert await ids(path, folder) == [1]


async def test_a_failed_commit_fails_its_whole_batch_and_the_next_goes_on(
    path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.database.BATCH_S", 60.0)  # all of them are one batch

    def dangling(t: Transaction) -> None:
        # The one way to a COMMIT that SQLite refuses while the disk is well.
        t._cursor.execute("PRAGMA defer_foreign_keys = ON")
        t.run(ADD_UNDER, id=7, parent=99)

    async with await opened(path, folder) as database:
        held = threading.Event()
        reading = database.run(lambda t: held.wait(30) and t.all(READ_ALL))
        calls: list[asyncio.Future[Any]] = [
            database.run(adding(1)),
            database.run(dangling),
            database.run(adding(2)),
        ]
        held.set()
        failed = await asyncio.gather(*calls, return_exceptions=True)
        assert await reading == []
        assert [type(error) for error in failed] == [CommitFailed] * 3
        assert len(set(map(id, failed))) == 3
        assert await database.run(adding(3)) == 1
    assert await ids(path, folder) == [3]


# -- damage ---------------------------------------------------------------------------------------


async def damaged(path: Path, folder: Path) -> DatabaseDamaged:
    """The refusal of `path`; fails if a byte of the file was changed by it."""
    before = content(path)
    with pytest.raises(DatabaseDamaged) as refusal:
        await opened(path, folder)
    assert content(path) == before
    return refusal.value


@pytest.mark.parametrize("found", [b"this was never a database. " * 400, b"short"])
async def test_a_file_that_is_no_database_is_refused_untouched(
    path: Path, folder: Path, found: bytes
) -> None:
    path.parent.mkdir()
    put(path, found)
    refusal = await damaged(path, folder)
    assert refusal.backup is None
    assert "There is no backup" in str(refusal)


@pytest.mark.parametrize("page", [1, 2, 3, 5])
async def test_a_damaged_page_is_found_before_the_service_starts(
    path: Path, folder: Path, page: int
) -> None:
    await filled(path, folder, rows=500)
    with path.open("r+b") as file:
        file.seek(page * 4_096)
        file.write(b"\xde\xad" * 1_000)
    await damaged(path, folder)


async def test_a_truncated_file_is_refused(path: Path, folder: Path) -> None:
    await filled(path, folder, rows=500)
    put(path, content(path)[: len(content(path)) // 2])
    await damaged(path, folder)


async def test_damage_is_answered_with_the_newest_backup_which_restores(
    path: Path, folder: Path
) -> None:
    await filled(path, folder)
    older = backups.take(path, "older")
    newer = backups.take(path, "newer")
    os.utime(older, (1, 1))
    put(path, b"\0" * 8_192)
    refusal = await damaged(path, folder)
    assert refusal.backup == newer
    assert str(newer) in str(refusal)
    put(path, content(newer))
    assert await ids(path, folder) == [0, 1, 2]


async def test_the_database_of_another_program_is_refused_untouched(
    path: Path, folder: Path
) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cookie (host TEXT)")
    before = content(path)
    with pytest.raises(DatabaseForeign):
        await opened(path, folder)
    assert content(path) == before


# -- migrations and backups -----------------------------------------------------------------------


async def test_a_newer_schema_is_refused_untouched(path: Path, folder: Path) -> None:
    later = folder / "0002_titles.sql"
    later.write_text(TITLES)
    await filled(path, folder)
    later.unlink()
    before = content(path)
    with pytest.raises(SchemaTooNew, match="schema 2, and this version knows only up to 1") as new:
        await opened(path, folder)
    assert (new.value.found, new.value.known) == (2, 1)
    assert content(path) == before


async def test_migrating_step_by_step_ends_in_the_schema_of_a_new_database(
    path: Path, folder: Path, tmp_path: Path
) -> None:
    await filled(path, folder)
    (folder / "0002_titles.sql").write_text(TITLES)
    await filled(tmp_path / "new.sqlite3", folder)
    assert await ids(path, folder) == [0, 1, 2]
    assert schema(path) == schema(tmp_path / "new.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        record = connection.execute("SELECT * FROM schema_migration").fetchall()
    assert record == [(1, "notes", NOW_MS), (2, "titles", NOW_MS)]


async def test_a_private_copy_is_taken_before_migrating_and_only_then(
    path: Path, folder: Path
) -> None:
    await filled(path, folder)
    await ids(path, folder)
    assert backups.newest(path) is None
    (folder / "0002_titles.sql").write_text(TITLES)
    before = os.umask(0o000)
    try:
        await ids(path, folder)
    finally:
        os.umask(before)
    await ids(path, folder)
    (copy,) = backups.folder_of(path).iterdir()
    assert copy.name == "hall-20270115T080000Z-000-before-0002.sqlite3"
    assert (mode(copy), mode(copy.parent)) == (0o600, 0o700)
    assert "title" not in dict(schema(copy))["note"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (3,)


async def test_a_failed_migration_leaves_the_database_as_it_was(path: Path, folder: Path) -> None:
    await filled(path, folder)
    before = schema(path)
    wrong = folder / "0002_wrong.sql"
    wrong.write_text(TITLES + "\n-- why\nCREATE TABLE more (\n    id INTEGR\n) STRICT;\n")
    with pytest.raises(MigrationFailed, match=r"^0002_wrong\.sql:4: "):
        await opened(path, folder)
    assert schema(path) == before
    wrong.unlink()
    assert await ids(path, folder) == [0, 1, 2]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("2_short.sql", "", r"^2_short\.sql: name it like"),
        ("0003_gap.sql", "", r"^0003_gap\.sql: number 0002 is due here"),
        ("0002_loose.sql", "CREATE TABLE loose (id INTEGER);", "table loose is not STRICT"),
        ("0002_end.sql", "CREATE TABLE a (b INT) STRICT;\nCOMMIT;", r"^0002_end\.sql:2: this ends"),
        ("0002_late.sql", "-- DEFERRABLE", "may not be deferred"),
        (
            "0002_dangling.sql",
            "INSERT INTO note (id, text, parent) VALUES (9, '', 99);",
            "a row of note points to no row of note",
        ),
    ],
)
async def test_a_migration_that_breaks_the_rules_is_refused(
    path: Path, folder: Path, name: str, text: str, said: str
) -> None:
    await filled(path, folder)
    (folder / name).write_text(text)
    with pytest.raises(MigrationFailed, match=said):
        await opened(path, folder)
    (folder / name).unlink()
    assert await ids(path, folder) == [0, 1, 2]


async def test_another_dialects_migrations_are_passed_over(path: Path, folder: Path) -> None:
    (folder / "0001_notes.postgres.sql").write_text("CREATE TABLE note (id BIGINT);")
    await filled(path, folder)
    assert await ids(path, folder) == [0, 1, 2]


async def test_studyhalls_own_migrations_make_a_database(path: Path) -> None:
    steps = migrations.read(migrations.SHIPPED)
    async with await Database.open(path, migrations.SHIPPED, now_ms=lambda: NOW_MS):
        pass
    with closing(sqlite3.connect(path)) as connection:
        assert migrations.applied(connection) == len(steps) > 0


async def test_a_copy_is_whole_while_others_write(path: Path, folder: Path) -> None:
    async with await opened(path, folder) as database:
        await database.run(lambda t: t.many(ADD, [{"id": n, "text": ""} for n in range(100)]))
        copying = asyncio.create_task(asyncio.to_thread(backups.take, path, "now"))
        for number in range(100, 200):
            await database.run(adding(number))
        copy = await copying
    with closing(sqlite3.connect(copy)) as connection:
        found = [number for (number,) in connection.execute("SELECT id FROM note ORDER BY id")]
    assert found == list(range(len(found)))
    assert len(found) >= 100
    with pytest.raises(FileExistsError):
        backups.take(path, "now")


def test_a_copy_that_fails_leaves_no_file(path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        backups.take(path, "nothing")
    assert list(backups.folder_of(path).iterdir()) == []


async def test_a_copy_says_that_it_is_one_until_it_is_taken_up(path: Path, folder: Path) -> None:
    await filled(path, folder)
    copy = backups.take(path, "monday")
    async with await opened(path, folder) as database:
        assert not database.restored
    put(path, content(copy))
    found = []
    for _ in range(3):
        async with await opened(path, folder) as database:
            found.append(database.restored)
            if len(found) > 1:  # the first process was killed before it took it up
                await database.take_up()
    assert found == [True, True, False]
    assert await ids(path, folder) == [0, 1, 2]


async def test_a_day_has_one_copy_and_seven_days_are_kept(path: Path, folder: Path) -> None:
    await filled(path, folder)
    mine = backups.take(path, "before-the-holidays")
    days = [date(2026, 12, 26) + timedelta(days=n) for n in range(9)]
    for day in days:
        assert backups.nightly(path, day) is not None
        assert backups.nightly(path, day) is None
    kept = {copy.stem for copy in backups.folder_of(path).iterdir()}
    assert kept == {mine.stem} | {f"{path.stem}-{day:%Y%m%d}" for day in days[-7:]}
