"""Runs and lessons as the store keeps them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from bot.store import runs
from bot.store.database import Database, Transaction
from bot.store.runs import StaleCount
from lessons.runs import Run, Status
from lessons.timetable import Beat, Slot
from tests.rigs.dialogue import CHAPTER_1, SPACE, Hall, change
from tests.rigs.hall import new_run

DUE = Slot(CHAPTER_1, Beat.DISCUSS, CHAPTER_1.replace(hour=17, tzinfo=None))
FULL = replace(
    new_run("eye"),
    told=frozenset({Beat.CHAPTER, Beat.DISCUSS}),
    held=Beat.RECAP,
    due=DUE,
    missed=3,
    by_hand=True,
    current="first",
    position=1,
    chapters=("first", "second"),
    zone="Europe/Berlin",
    forum=True,
    ping="r7",
)


@pytest.mark.parametrize("run", [new_run("eye"), FULL], ids=["fresh", "full"])
async def test_a_run_comes_back_as_it_was_kept(hall: Hall, run: Run) -> None:
    assert await hall.db.run(lambda t: runs.insert_run(t, run))

    kept = replace(run, revision=1)
    assert await hall.db.run(lambda t: runs.run_by_id(t, SPACE, "eye")) == kept
    other = replace(kept, missed=9, forum=not run.forum)
    assert await hall.db.run(lambda t: runs.save_run(t, other))
    changed = await hall.db.run(lambda t: runs.run_by_id(t, SPACE, "eye"))
    assert changed == replace(other, revision=2)


async def test_a_run_of_an_older_version_is_in_no_forum_and_tells_no_role(tmp_path: Path) -> None:
    shipped, before = resources.files("bot.store") / "migrations", tmp_path / "migrations"
    before.mkdir()
    first = "0001_week_one.sql"
    (before / first).write_text((shipped / first).read_text("utf-8"), "utf-8")
    home = tmp_path / "hall.sqlite3"
    columns = "space, run, series, content_hash, channel, zone, timetable, by_hand, status,"
    columns += " chapters, position, current, told, held, missed, due_local, due_beat,"
    columns += " started_by, started_at_ms, revision"
    timetable = msgspec.json.encode(FULL.timetable).decode()
    values = ":space, 'eye', 'maps', '', 'study', 'UTC', :timetable, 0, 'active', '[]', 0, '', '',"
    values += " '', 0, '', '', 'mia', 0, 1"
    old = change(f"INSERT INTO run ({columns}) VALUES ({values})", space=SPACE, timetable=timetable)
    async with await Database.open(home, before, now_ms=lambda: 0) as db:
        await db.run(old)

    async with await Database.open(home, shipped, now_ms=lambda: 0) as db:
        run = await db.run(lambda t: runs.run_by_id(t, SPACE, "eye"))
    assert run is not None
    assert (run.channel, run.forum, run.ping) == ("study", False, "")


async def test_who_saves_a_run_that_was_changed_meanwhile_is_told(hall: Hall) -> None:
    await hall.db.run(lambda t: runs.insert_run(t, FULL))
    seen = replace(FULL, revision=1)

    assert await hall.db.run(lambda t: runs.save_run(t, replace(seen, missed=4)))
    assert not await hall.db.run(lambda t: runs.save_run(t, replace(seen, missed=5)))
    assert await hall.rows("SELECT missed FROM run") == [(4,)]


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.PAUSED, Status.BLOCKED])
async def test_a_channel_has_one_run_that_is_not_over(hall: Hall, status: Status) -> None:
    await hall.db.run(lambda t: runs.insert_run(t, replace(FULL, status=status)))
    second = replace(FULL, id="second")

    assert not await hall.db.run(lambda t: runs.insert_run(t, second))
    assert await hall.db.run(lambda t: runs.insert_run(t, replace(second, channel="other")))


async def test_a_channels_run_is_the_one_that_is_not_over_else_the_newest(hall: Hall) -> None:
    def fill(t: Transaction) -> None:
        for number, status in enumerate([Status.STOPPED, Status.FINISHED]):
            day = FULL.started_at + timedelta(days=number)
            assert runs.insert_run(
                t, replace(FULL, id=f"run-{number}", status=status, started_at=day)
            )

    await hall.db.run(fill)
    newest = await hall.db.run(lambda t: runs.run_in_channel(t, SPACE, "eye"))
    assert newest is not None
    assert newest.id == "run-1"

    earlier = replace(FULL, id="live", started_at=FULL.started_at - timedelta(days=9))
    await hall.db.run(lambda t: runs.insert_run(t, earlier))
    live = await hall.db.run(lambda t: runs.run_in_channel(t, SPACE, "eye"))
    assert live is not None
    assert live.id == "live"


async def test_due_runs_come_longest_waiting_first_and_no_more_than_asked_for(hall: Hall) -> None:
    def fill(t: Transaction) -> None:
        for number in range(5):
            due = replace(DUE, at=CHAPTER_1 - timedelta(hours=number))
            assert runs.insert_run(t, replace(FULL, id=f"{number}", channel=f"{number}", due=due))
        assert runs.insert_run(t, replace(FULL, id="paused", channel="paused", due=None))

    await hall.db.run(fill)
    due = await hall.db.run(lambda t: runs.runs_due(t, CHAPTER_1 - timedelta(hours=1), 3))
    assert [run.id for run in due] == ["4", "3", "2"]
    assert await hall.db.run(runs.next_due) == CHAPTER_1 - timedelta(hours=4)


async def test_a_lesson_is_open_once_posted_and_keeps_its_first_instants(hall: Hall) -> None:
    later = CHAPTER_1 + timedelta(days=1)

    def live(t: Transaction) -> list[runs.Lesson]:
        runs.insert_run(t, FULL)
        runs.plan_lesson(t, FULL, "first", 1, late=timedelta(hours=2))
        seen = runs.lessons_of_run(t, SPACE, "eye")
        runs.plan_lesson(t, FULL, "first", 7, skipped=True)
        for at in (CHAPTER_1, later):
            runs.lesson_posted(t, SPACE, "eye", "first", at)
            runs.lesson_discussed(t, SPACE, "eye", "first", at)
        return seen + runs.lessons_of_run(t, SPACE, "eye")

    before, after = await hall.db.run(live)
    assert (before.open, after.open) == (False, True)
    assert (after.number, after.skipped, after.late) == (1, False, timedelta(hours=2))
    assert (after.posted_at, after.discussed_at) == (CHAPTER_1, CHAPTER_1)


async def test_a_chapter_that_was_left_out_is_open_at_once(hall: Hall) -> None:
    def live(t: Transaction) -> runs.Lesson | None:
        runs.insert_run(t, FULL)
        runs.plan_lesson(t, FULL, "first", 1, skipped=True)
        return runs.lesson_by_chapter(t, SPACE, "eye", "first")

    lesson = await hall.db.run(live)
    assert lesson is not None
    assert lesson.open


async def test_a_vote_makes_a_posted_chapters_count_stale_until_it_is_shown(hall: Hall) -> None:
    stale = StaleCount(SPACE, "eye", "first")

    def live(t: Transaction) -> list[list[StaleCount]]:
        runs.insert_run(t, FULL)
        runs.plan_lesson(t, FULL, "first", 1)
        runs.vote_added(t, SPACE, "eye", "first")
        unposted = runs.stale_vote_counts(t, CHAPTER_1, 9)
        runs.lesson_posted(t, SPACE, "eye", "first", CHAPTER_1)
        runs.vote_added(t, SPACE, "eye", "first")
        voted = runs.stale_vote_counts(t, CHAPTER_1, 9)
        runs.vote_count_shown(t, stale, CHAPTER_1)
        shown = runs.stale_vote_counts(t, CHAPTER_1, 9)
        runs.vote_added(t, SPACE, "eye", "first")
        too_early = runs.stale_vote_counts(t, CHAPTER_1 - timedelta(milliseconds=1), 9)
        return [unposted, voted, shown, too_early, runs.stale_vote_counts(t, CHAPTER_1, 9)]

    assert await hall.db.run(live) == [[], [stale], [], [], [stale]]


async def test_an_instant_survives_to_the_millisecond(hall: Hall) -> None:
    at = datetime(2026, 9, 28, 15, 0, 0, 123_000, tzinfo=UTC)
    await hall.db.run(lambda t: runs.insert_run(t, replace(FULL, due=replace(DUE, at=at))))

    assert await hall.db.run(runs.next_due) == at
