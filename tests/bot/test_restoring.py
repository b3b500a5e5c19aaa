"""A backup is put back: what may be in the channel already is not posted again; people are asked.

Knows no schema. Invariant: the platform outlives the database, as it does when a disk dies.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import app, restoring
from bot.settings import Settings
from bot.store import backups, runs
from bot.workshop import Workshop
from lessons.curriculum import Series
from lessons.timetable import Beat
from tests.rigs.dialogue import (
    CHAPTER_1,
    CHAPTER_2,
    DISCUSS_1,
    RECAP_1,
    SPACE,
    Hall,
    open_hall,
    says,
    words,
)
from tests.rigs.flaky import Fault
from tests.rigs.map_series import SLUG, put_series


@asynccontextmanager
async def put_back(
    hall: Hall, copy: Path, folder: Path, workshop: Workshop, maps: Series
) -> AsyncIterator[Hall]:
    """The same platform and clock, on the copy."""
    folder.mkdir()  # noqa: ASYNC240 - a test waits for nobody
    shutil.copy(copy, folder / "hall.sqlite3")
    async with open_hall(folder, workshop, {maps.slug: maps}, beside=hall) as again:
        await restoring.take_up(again.db, again.service.planner, "UTC", again.clock())
        yield again


async def test_what_was_posted_after_the_copy_is_not_posted_again(
    running: Hall, tmp_path: Path, workshop: Workshop, maps: Series
) -> None:
    copy = backups.take(tmp_path / "hall.sqlite3", "monday")
    await running.until(CHAPTER_1)
    await running.db.close()
    before = running.stage.read()

    async with put_back(running, copy, tmp_path / "new", workshop, maps) as hall:
        for hours in range(1, 5):
            await hall.until(CHAPTER_1 + timedelta(hours=hours))
        assert hall.stage.read() == before
        (asked,) = hall.stage.read(member="mia")
        assert says(asked, "restored")
        assert says(asked, "restored_chapter")

        await hall.press("mia", "Skip chapter 1")
        await hall.press("mia", "Skip chapter 1")
        assert "First card" in words(await hall.say("ada", "/study lesson 1"))
        for at in (DISCUSS_1, RECAP_1, CHAPTER_2):
            await hall.until(at)
        posted = [text.partition("\n")[0] for text in hall.stage.read()]
        assert [text[:6] for text in posted].count("Week 1") == 1
        assert [text[:6] for text in posted].count("Week 2") == 1


async def test_what_did_not_come_out_is_posted_when_a_moderator_says_so(
    running: Hall, tmp_path: Path, workshop: Workshop, maps: Series
) -> None:
    copy = backups.take(tmp_path / "hall.sqlite3", "monday")
    await running.db.close()
    running.clock.at = CHAPTER_1 + timedelta(hours=1)

    async with put_back(running, copy, tmp_path / "new", workshop, maps) as hall:
        await hall.tick()
        assert says(await hall.press("mia", "Post now"), "posted_now")
        await hall.tick()
        assert hall.stage.read()[1].startswith("Week 1 ")
        assert (await hall.run()).current == "left-out"


async def test_what_the_copy_still_wanted_to_send_waits_for_a_resend(
    running: Hall, tmp_path: Path, workshop: Workshop, maps: Series
) -> None:
    running.stage.plan(Fault.BUSY)
    await running.until(CHAPTER_1)
    copy = backups.take(tmp_path / "hall.sqlite3", "monday")
    await running.db.close()
    running.clock.at = CHAPTER_1 + timedelta(hours=1)

    async with put_back(running, copy, tmp_path / "new", workshop, maps) as hall:
        await hall.tick()
        assert len(hall.stage.read()) == 1
        skipped = await hall.count("delivery", "state = 'skipped' AND reason = 'restored'")
        assert skipped == 3, "the post, its thread and the first words in it"

        assert says(await hall.say("mia", "/series resend"), "resent")
        await hall.tick()
        assert hall.stage.read()[1].startswith("Week 1 ")


async def test_a_run_whose_platform_is_switched_off_keeps_no_service_from_starting(
    running: Hall, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(home=str(tmp_path / "home"), series_path=(str(tmp_path / "shelf"),))
    put_series(tmp_path / "shelf" / SLUG)
    settings.database.parent.mkdir()
    shutil.copy(backups.take(tmp_path / "hall.sqlite3", "monday"), settings.database)
    running.clock.at = CHAPTER_1 + timedelta(hours=1)

    async with app.running(settings, [], running.clock) as service:
        assert not service.db.restored
        (run,) = await service.db.run(lambda t: runs.runs_of_space(t, SPACE))
        assert run.held is Beat.CHAPTER, "it is not posted by itself when the platform is back"
    warned = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert warned == [
        "its platform is switched off, so nobody could be asked",
        "a backup was put back: 0 posts were skipped, and the moderators of 0 runs are asked",
    ]


async def test_a_restore_that_is_begun_twice_asks_once(
    running: Hall,
    tmp_path: Path,
    workshop: Workshop,
    maps: Series,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copy = backups.take(tmp_path / "hall.sqlite3", "monday")
    await running.db.close()
    running.clock.at = CHAPTER_1 + timedelta(hours=1)

    async with put_back(running, copy, tmp_path / "new", workshop, maps) as hall:
        monkeypatch.setattr(type(hall.db), "restored", True)  # killed before it was noted
        await restoring.take_up(hall.db, hall.service.planner, "UTC", hall.clock())
        monkeypatch.undo()
        await hall.tick()
        assert len(hall.stage.read(member="mia")) == 1
        assert not hall.db.restored


async def test_a_database_that_is_no_copy_is_left_alone(running: Hall) -> None:
    running.clock.at = CHAPTER_1 + timedelta(minutes=1)
    assert not running.db.restored
    await restoring.take_up(running.db, running.service.planner, "UTC", running.clock())
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")
