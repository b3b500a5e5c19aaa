"""Trouble, kindly: refusals, doubts, a series that is gone, faults of ours, people who hang up."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.port import Facts
from bot import service as service_module
from lessons.actions import Pressed, Submitted, Typed
from lessons.runs import Status
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, Hall, change, labels, says, words
from tests.rigs.flaky import Fault

MISSING = Facts(True, "study", missing=("send messages",))


async def test_a_refused_post_blocks_the_run_and_tells_the_moderator_once(running: Hall) -> None:
    running.stage.facts["study"] = MISSING
    running.stage.plan(Fault.FORBIDDEN)
    await running.until(CHAPTER_1)

    assert (await running.run()).status is Status.BLOCKED
    (told,) = running.stage.read(member="mia")
    assert says(told, "blocked_missing")
    await running.until(CHAPTER_1 + timedelta(hours=5))
    assert len(running.stage.read(member="mia")) == 1


async def test_check_again_goes_on_only_when_the_right_is_there(running: Hall) -> None:
    running.stage.facts["study"] = MISSING
    running.stage.plan(Fault.FORBIDDEN)
    await running.until(CHAPTER_1)

    reply = await running.press("mia", "Check again")
    assert says(reply, "still_missing")
    assert (await running.run()).status is Status.BLOCKED

    del running.stage.facts["study"]
    running.seen.clear()
    assert says(await running.press("mia", "Check again"), "resumed")
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_resuming_a_blocked_run_checks_as_well(running: Hall) -> None:
    running.stage.facts["study"] = MISSING
    running.stage.plan(Fault.FORBIDDEN)
    await running.until(CHAPTER_1)

    assert says(await running.say("mia", "/series resume"), "still_missing")


async def test_a_run_whose_channel_is_gone_goes_on_where_it_is_moved(running: Hall) -> None:
    running.stage.facts["study"] = Facts(False, "")
    running.stage.plan(Fault.GONE)
    await running.until(CHAPTER_1)
    assert says(running.stage.read(member="mia")[0], "blocked_gone")

    assert says(await running.say("mia", "/series move study-2"), "moved")
    await running.tick()
    assert running.stage.read("study-2")[0].startswith("Week 1 ")
    assert (await running.run()).status is Status.ACTIVE


async def test_a_finished_run_that_is_refused_tells_its_moderator_once(hall: Hall) -> None:
    run = await hall.start("/series start reading-maps mon 17:00 Europe/Berlin timed 2")
    await hall.until(CHAPTER_1)
    await hall.until(DISCUSS_1)
    hall.stage.plan(*[Fault.FORBIDDEN, Fault.NONE] * 4)
    for hours in range(0, 30, 2):
        await hall.until(DISCUSS_1 + timedelta(days=3, hours=hours))

    assert await hall.rows("SELECT status FROM run WHERE run = :run", run=run.id) == [("finished",)]
    assert len(hall.stage.read(member="mia")) == 1


async def test_a_post_in_doubt_asks_the_moderator_who_settles_it(running: Hall) -> None:
    running.stage.readable = False
    running.stage.plan(Fault.LOST_REPLY)
    await running.until(CHAPTER_1)
    await running.until(CHAPTER_1 + timedelta(minutes=1))
    assert says(running.stage.read(member="mia")[0], "uncertain")
    assert says(await running.say("ada", "/study lesson"), "not_posted_until")

    assert says(await running.press("mia", "It's there"), "settled_there")
    assert "First card" in words(await running.say("ada", "/study lesson"))
    running.seen.clear()
    assert says(await running.press("mia", "Post again"), "settled_before")
    await running.tick()
    assert running.stage.doubled == []


async def test_post_again_posts_again(running: Hall) -> None:
    running.stage.readable = False
    running.stage.plan(Fault.LOST_REQUEST)
    await running.until(CHAPTER_1)
    await running.until(CHAPTER_1 + timedelta(minutes=1))
    assert len(running.stage.read()) == 1

    assert says(await running.press("mia", "Post again"), "settled_again")
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_a_doubt_that_nobody_was_told_of_is_settled_from_the_status(running: Hall) -> None:
    running.stage.readable = False
    running.stage.plan(Fault.LOST_REPLY, Fault.NONE, Fault.LOST_REQUEST)
    await running.until(CHAPTER_1)
    await running.until(CHAPTER_1 + timedelta(minutes=1))
    await running.until(CHAPTER_1 + timedelta(minutes=2))
    assert running.stage.read(member="mia") == []

    status = await running.say("mia", "/series status")
    assert says(status, "uncertain")
    assert labels(status)[:2] == ["It's there", "Post again"]
    assert says(await running.press("mia", "It's there"), "settled_there")
    assert "First card" in words(await running.say("ada", "/study lesson"))
    assert not says(await running.say("mia", "/series status"), "uncertain")


# -- a series that is not on the shelf ------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "/study join",
        "/study lesson",
        "/study challenge",
        "/study progress",
        "/series preview",
        "/series post-now",
        "/series skip",
        "/series resend",
    ],
)
async def test_without_its_series_a_run_says_so_and_stays_as_it_is(
    running: Hall, typed: str
) -> None:
    await running.until(CHAPTER_1)
    before = await running.rows("SELECT * FROM run")
    running.shelf.clear()

    assert says(await running.say("mia", typed), "series_gone")
    assert await running.rows("SELECT * FROM run") == before


async def test_a_chapter_that_was_taken_out_is_not_posted_and_nothing_changes(
    running: Hall, maps_without_second: None
) -> None:
    await running.until(CHAPTER_1)
    before = await running.rows("SELECT * FROM run")

    running.clock.at = CHAPTER_2 - timedelta(minutes=1)
    reply = await running.say("mia", "/series skip")
    assert not says(reply, "went_wrong")
    assert await running.rows("SELECT * FROM run") == before


@pytest.fixture
async def maps_without_second(running: Hall) -> None:
    """The series lost its second chapter after the run was started."""
    series = running.shelf["reading-maps"]
    running.shelf["reading-maps"] = replace(series, chapters=series.chapters[:1])


# -- faults of ours, and people who hang up -------------------------------------------------------


async def test_a_fault_of_ours_is_logged_and_answered_and_nothing_is_kept(
    running: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    await running.db.run(change("UPDATE run SET timetable = '[' WHERE 1 = 1"))

    with caplog.at_level(logging.ERROR):
        reply = await running.say("ada", "/study join")
    assert says(reply, "went_wrong")
    assert "an action failed" in caplog.text
    assert await running.count("enrolment") == 0


async def test_a_closed_store_is_answered_too(
    running: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    await running.db.close()

    with caplog.at_level(logging.ERROR):
        assert says(await running.say("ada", "/study join"), "went_wrong")


async def test_what_takes_long_is_announced_and_then_answered(
    running: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "PATIENCE_S", 0)
    action = running.action("ada", Typed("study", "join"))

    first, last = [reply async for reply in running.service.handle(action)]
    assert says(first, "being_posed")
    assert says(last, "joined")


@pytest.mark.parametrize("turns", range(12))
async def test_an_action_that_is_cancelled_is_done_whole_or_not_at_all(
    running: Hall, turns: int
) -> None:
    await running.until(CHAPTER_1)
    await running.press("ada", "My challenges")
    form = (await running.press("ada", "Answer")).form
    assert form is not None
    sent = Submitted(form.control.id, {form.fields[0].id: "7"})

    task = asyncio.create_task(running.act("ada", sent))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    attempts = await running.count("attempt")
    assert await running.rows("SELECT tries FROM variant WHERE member = 'ada'") == [(attempts,)]
    again = await running.act("ada", sent)
    assert says(again, "not_yet")
    assert await running.count("attempt") == 1


async def test_who_hangs_up_after_the_word_of_patience_leaves_nothing_running(
    running: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "PATIENCE_S", 0)
    before = asyncio.all_tasks()
    replies = running.service.handle(running.action("ada", Typed("study", "join")))
    await anext(replies)
    await replies.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)

    assert asyncio.all_tasks() == before


async def test_an_old_button_leads_to_where_the_member_is_now(running: Hall) -> None:
    await running.until(CHAPTER_1)

    assert says(await running.act("ada", Pressed("f" * 24)), "moved_on")
    assert labels(await running.press("ada", "My challenges"))[0] == "Answer"
