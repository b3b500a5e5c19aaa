"""Who was named a moderator, as the store keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import ledger
from bot.planning import Delivered
from bot.store import migrations, moderators, runs, spaces
from bot.store.database import Database, Transaction
from bot.store.migrations import SHIPPED
from lessons.document import Document, MemberName, Paragraph
from lessons.posts import Part
from lessons.runs import Run, Status
from tests.rigs.dialogue import CHAPTER_1, SPACE, Hall, ask, change
from tests.rigs.hall import new_run

NIN = ("nin", CHAPTER_1)
BEN = ("ben", CHAPTER_1 - timedelta(hours=1))
LETTERS = "SELECT purpose FROM delivery"


@pytest.fixture
async def kept(hall: Hall) -> Hall:
    """A store with two runs in it."""
    await hall.db.run(lambda t: [runs.insert_run(t, new_run(name)) for name in ("eye", "ear")])
    return hall


async def test_who_is_named_moderates_that_run_and_no_other(kept: Hall) -> None:
    def live(t: Transaction) -> list[object]:
        named = moderators.name(t, SPACE, "eye", *NIN)
        each = [moderators.is_named(t, SPACE, run, "nin") for run in ("eye", "ear")]
        found = [run.id for run in runs.runs_of_moderator(t, SPACE, "nin")]
        return [named, each, found, runs.runs_of_moderator(t, SPACE, "mia")]

    assert await kept.db.run(live) == [True, [True, False], ["eye"], []]


async def test_who_is_named_twice_stays_as_they_were(kept: Hall) -> None:
    def live(t: Transaction) -> tuple[bool, list[str]]:
        for named in (BEN, NIN):
            moderators.name(t, SPACE, "eye", *named)
        again = moderators.name(t, SPACE, "eye", "ben", CHAPTER_1 + timedelta(hours=1))
        return again, moderators.of_run(t, SPACE, "eye")

    assert await kept.db.run(live) == (False, ["ben", "nin"])


async def test_who_was_named_first_comes_first(kept: Hall) -> None:
    def live(t: Transaction) -> list[str]:
        for named in (NIN, BEN):
            moderators.name(t, SPACE, "eye", *named)
        return moderators.of_run(t, SPACE, "eye")

    assert await kept.db.run(live) == ["ben", "nin"]


async def test_who_is_removed_is_gone_and_nobody_else_is(kept: Hall) -> None:
    def live(t: Transaction) -> list[object]:
        for run in ("eye", "ear"):
            moderators.name(t, SPACE, run, *NIN)
        moderators.name(t, SPACE, "eye", *BEN)
        removed = [moderators.remove(t, SPACE, "eye", "nin") for _ in range(2)]
        return [removed, *(moderators.of_run(t, SPACE, run) for run in ("eye", "ear"))]

    assert await kept.db.run(live) == [[True, False], ["ben"], ["nin"]]


@pytest.mark.parametrize("status", Status)
async def test_of_somebodys_runs_those_are_found_that_are_not_over(
    kept: Hall, status: Status
) -> None:
    def live(t: Transaction) -> list[Run]:
        runs.save_run(t, replace(new_run("eye"), revision=1, status=status))
        moderators.name(t, SPACE, "eye", *NIN)
        return runs.runs_of_moderator(t, SPACE, "nin")

    found = [run.status for run in await kept.db.run(live)]
    assert found == ([] if status in (Status.FINISHED, Status.STOPPED) else [status])


async def test_with_a_space_its_moderators_are_forgotten(kept: Hall) -> None:
    def live(t: Transaction) -> list[list[str]]:
        other = new_run("eye", space="flaky:other")
        runs.insert_run(t, other)
        for space in (SPACE, other.space):
            moderators.name(t, space, "eye", *NIN)
        spaces.purge(t, SPACE)
        return [moderators.of_run(t, space, "eye") for space in (SPACE, other.space)]

    assert await kept.db.run(live) == [[], ["nin"]]


async def test_a_run_of_an_older_version_has_nobody_named_and_somebody_can_be(
    tmp_path: Path,
) -> None:
    home = tmp_path / "hall.sqlite3"
    async with await Database.open(home, up_to(3, tmp_path), now_ms=lambda: 0) as db:
        await db.run(lambda t: runs.insert_run(t, new_run("eye")))

    async with await Database.open(home, SHIPPED, now_ms=lambda: 0) as db:
        assert await db.run(lambda t: moderators.of_run(t, SPACE, "eye")) == []
        assert await db.run(lambda t: moderators.name(t, SPACE, "eye", *NIN))
        assert await db.run(lambda t: moderators.of_run(t, SPACE, "eye")) == ["nin"]


async def test_who_was_named_in_an_older_version_stays_and_who_named_them_is_gone(
    tmp_path: Path,
) -> None:
    home = tmp_path / "hall.sqlite3"
    named = "INSERT INTO moderator (space, run, member, named_by, named_at_ms)"
    named += " VALUES (:space, 'eye', 'nin', 'mia', 0)"
    run = new_run("eye")
    said = Part(Document((Paragraph((MemberName("mia"),)),)), "mia has named you")
    letters = [
        Delivered("", "", purpose, member="nin").delivery(run, said, 0, CHAPTER_1)
        for purpose in ("named nin 2026-09-28 07:10:00", "stuck nin")
    ]
    async with await Database.open(home, up_to(5, tmp_path), now_ms=lambda: 0) as db:
        await db.run(lambda t: runs.insert_run(t, run))
        await db.run(change(named, space=SPACE))
        await db.run(lambda t: ledger.plan(t, letters))
        await db.run(change("UPDATE delivery SET state = 'sent'"))

    async with await Database.open(home, SHIPPED, now_ms=lambda: 0) as db:
        assert await db.run(lambda t: moderators.of_run(t, SPACE, "eye")) == ["nin"]
        kept = await db.run(lambda t: [row["purpose"] for row in t.all(ask(LETTERS))])
    assert kept == ["stuck nin"]


def up_to(version: int, folder: Path) -> Path:
    """The migrations of an older version."""
    before = folder / "migrations"
    before.mkdir()
    for step in migrations.read(SHIPPED)[:version]:
        (before / step.file).write_text(step.text, "utf-8")
    return before
