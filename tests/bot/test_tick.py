"""The heartbeat: slots pass, late posts say so, counts follow, one run's trouble is its own."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from adapters.port import PostRef, Unreachable
from bot.store import runs
from bot.store.database import Transaction
from lessons.actions import Pressed
from lessons.curriculum import Series
from lessons.posts import Part
from lessons.runs import Status
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, Hall, change, named, says

# -- slots ----------------------------------------------------------------------------------------


async def test_nothing_happens_before_a_slot(running: Hall) -> None:
    before = await running.rows("SELECT * FROM run")
    await running.until(CHAPTER_1 - timedelta(milliseconds=1))

    assert await running.rows("SELECT * FROM run") == before
    assert len(running.stage.posts) == 1


async def test_a_second_tick_at_the_same_moment_posts_nothing_more(running: Hall) -> None:
    await running.until(CHAPTER_1)
    before = len(running.stage.posts), await running.rows("SELECT * FROM run")
    await running.tick()

    assert (len(running.stage.posts), await running.rows("SELECT * FROM run")) == before


async def test_a_post_that_comes_hours_late_says_so_and_goes_on_saying_it(running: Hall) -> None:
    await running.until(CHAPTER_1 + timedelta(hours=2))
    assert "(2 hours late)" in running.stage.read()[1]

    await running.press("ada", "Yes")
    await running.tick()
    assert "1 vote" in running.stage.read()[1]
    assert "(2 hours late)" in running.stage.read()[1]


async def test_a_slot_missed_by_more_than_a_day_asks_and_loses_no_chapter(running: Hall) -> None:
    await running.until(CHAPTER_1 + timedelta(hours=25))
    assert len(running.stage.read()) == 1
    (asked,) = running.stage.read(member="mia")
    assert says(asked, "too_late")
    assert named(CHAPTER_1) in asked

    running.seen.clear()
    await running.press("mia", "Post now")
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_after_three_weeks_away_one_question_is_asked(running: Hall) -> None:
    await running.until(CHAPTER_1 + timedelta(days=22))

    assert len(running.stage.read()) == 1
    assert len(running.stage.read(member="mia")) == 1
    assert (await running.run()).upcoming == "left-out"


async def test_the_question_is_posed_before_its_post_is_planned(
    running: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    make = type(running.service).make

    async def noting(*arguments: object) -> None:
        asked.append(await running.count("delivery", "beat = 'chapter'"))
        await make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(running.service), "make", noting)
    await running.until(CHAPTER_1)

    assert asked == [0]
    assert await running.count("variant", "member = ''") == 1


async def test_a_run_notes_the_text_that_it_was_posted_from(running: Hall, maps: Series) -> None:
    running.shelf[maps.slug] = replace(maps, content_hash="edited")
    await running.until(CHAPTER_1)

    assert await running.rows("SELECT content_hash FROM run") == [("edited",)]
    assert await running.rows("SELECT content_hash FROM lesson") == [("edited",)]


async def test_posting_by_hand_notes_the_text_as_well(running: Hall, maps: Series) -> None:
    running.shelf[maps.slug] = replace(maps, content_hash="edited")
    await running.say("mia", "/series post-now")

    assert await running.rows("SELECT content_hash FROM lesson") == [("edited",)]


async def test_the_last_recap_ends_the_run(hall: Hall) -> None:
    run = await hall.start("/series start reading-maps mon 17:00 Europe/Berlin timed 2")
    for days in (0, 3, 6):
        await hall.until(CHAPTER_1 + timedelta(days=days))

    assert says(hall.stage.read()[-1], "recap_last")
    found = await hall.db.run(lambda t: runs.run_by_id(t, hall.space, run.id))
    assert found is not None
    assert (found.status, found.due) == (Status.FINISHED, None)


# -- many runs ------------------------------------------------------------------------------------


async def test_a_run_without_its_series_waits_and_does_not_stop_the_others(
    running: Hall, maps: Series, caplog: pytest.LogCaptureFixture
) -> None:
    running.shelf["other-maps"] = replace(maps, slug="other-maps", title="Other maps")
    await running.say("mia", "/series start other-maps", channel="other")
    await running.press("mia", "Start", channel="other")
    gone = running.shelf.pop("reading-maps")

    with caplog.at_level(logging.ERROR):
        await running.until(CHAPTER_1)
        await running.until(CHAPTER_1 + timedelta(seconds=1))
    assert running.stage.read("other")[1].startswith("Week 1 ")
    assert len(running.stage.read("study")) == 1
    assert len(caplog.records) == 1, "the log is told once, not at every tick"

    running.shelf["reading-maps"] = gone
    await running.until(CHAPTER_1 + timedelta(hours=1))
    assert running.stage.read("study")[1].startswith("Week 1 ")


async def test_a_generator_that_fails_does_not_stop_the_others(
    running: Hall, maps: Series, caplog: pytest.LogCaptureFixture
) -> None:
    chapter = maps.chapters[0]
    broken = replace(
        chapter, question=msgspec.structs.replace(chapter.question, generator="w01.gone")
    )
    # "a-" sorts before "reading-maps", and its run is the first one due.
    running.shelf["a-maps"] = replace(maps, slug="a-maps", chapters=(broken, *maps.chapters[1:]))
    await running.say("mia", "/series start a-maps mon 16:59", channel="other")
    await running.press("mia", "Start", channel="other")

    with caplog.at_level(logging.ERROR):
        await running.until(CHAPTER_1)
    assert running.stage.read("study")[1].startswith("Week 1 ")
    assert [r.message for r in caplog.records] == ["a run can't pass its slot and waits"]


async def test_more_runs_than_fit_in_a_batch_are_all_posted_in_one_tick(running: Hall) -> None:
    first = await running.run()

    def add(t: Transaction) -> None:
        for number in range(120):
            added = replace(first, id=f"run-{number:03}", channel=f"channel-{number:03}")
            assert runs.insert_run(t, added)

    await running.db.run(add)
    running.clock.at = CHAPTER_1
    await running.tick.pass_due_slots(CHAPTER_1)

    assert await running.count("lesson") == 121
    assert await running.count("run", "position = 1") == 121


async def test_two_ticks_at_once_plan_each_post_once(running: Hall) -> None:
    running.clock.at = CHAPTER_1
    await asyncio.gather(*(running.tick.pass_due_slots(CHAPTER_1) for _ in range(5)))

    assert await running.count("delivery", "purpose = 'post' AND beat = 'chapter'") == 1
    assert (await running.run()).position == 1


async def test_a_pause_that_comes_between_is_respected(running: Hall) -> None:
    seen = await running.run()
    await running.say("mia", "/series pause")
    paused = await running.run()
    running.clock.at = CHAPTER_1
    await running.db.run(lambda t: running.tick._pass_in(t, seen, CHAPTER_1))

    assert await running.count("lesson") == 0
    assert await running.run() == paused


# -- vote counts ----------------------------------------------------------------------------------


@pytest.fixture
async def week_one(running: Hall) -> Hall:
    """The first chapter is out."""
    await running.until(CHAPTER_1)
    return running


async def test_a_vote_count_is_edited_at_most_every_ten_seconds(week_one: Hall) -> None:
    for second in range(25):
        vote = next(c for c in week_one.stage.controls() if c.label == "Yes")
        await week_one.act(f"m{second}", Pressed(vote.id))
        await week_one.until(CHAPTER_1 + timedelta(seconds=second))

    assert len(week_one.stage.edits) == 3
    await week_one.until(CHAPTER_1 + timedelta(seconds=40))
    assert "25 votes" in week_one.stage.read()[1]
    await week_one.until(CHAPTER_1 + timedelta(seconds=60))
    assert len(week_one.stage.edits) == 4, "what is up to date is not edited"


async def test_a_changed_vote_changes_no_count(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    await week_one.tick()
    await week_one.act("ada", Pressed(_vote(week_one, "It depends")))
    await week_one.press("ada", "Certain")
    await week_one.until(CHAPTER_1 + timedelta(minutes=1))

    assert len(week_one.stage.edits) == 1


async def test_a_vote_edit_says_what_the_post_said_and_keeps_its_buttons(week_one: Hall) -> None:
    before = week_one.stage.read()[1]
    buttons = week_one.stage.controls()
    await week_one.press("ada", "Yes")
    await week_one.tick()

    assert week_one.stage.read()[1] == before.replace("0 votes", "1 vote")
    assert week_one.stage.controls() == buttons


async def test_a_failing_edit_waits_for_the_next_vote_and_stops_nothing(
    week_one: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[PostRef] = []

    async def closed(ref: PostRef, part: Part) -> None:
        tried.append(ref)
        raise Unreachable(gone=True)

    monkeypatch.setattr(week_one.stage, "edit", closed)
    await week_one.press("ada", "Yes")
    await week_one.until(CHAPTER_1 + timedelta(seconds=1))
    await week_one.until(CHAPTER_1 + timedelta(minutes=1))
    assert len(tried) == 1


async def test_a_count_whose_series_is_gone_stops_nothing(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    week_one.shelf.clear()
    await week_one.tick()

    assert week_one.stage.edits == []


async def test_votes_on_a_chapter_that_was_left_out_have_no_post_to_show_them(
    running: Hall,
) -> None:
    await running.say("mia", "/series skip")
    await running.press("mia", "Skip chapter 1")
    await running.say("ada", "/study next")
    await running.press("ada", "Yes")
    await running.tick()

    assert await running.count("vote") == 1
    assert await running.count("lesson", "votes_behind = 1") == 0


async def test_the_discuss_beat_freezes_the_count_that_it_shows(week_one: Hall) -> None:
    for number in range(5):
        await week_one.act(f"m{number}", Pressed(_vote(week_one, "It depends")))
    await week_one.until(DISCUSS_1)

    assert says(week_one.stage.read()[-1], "discuss_known")
    assert "5 votes" in week_one.stage.read()[-1]


async def test_a_beat_without_sense_passes_in_silence(running: Hall) -> None:
    """The first chapter was paused over, so there is nothing to discuss on Thursday."""
    await running.say("mia", "/series pause")
    await running.until(CHAPTER_1 + timedelta(hours=1))
    await running.say("mia", "/series resume")
    await running.until(DISCUSS_1)
    assert len(running.stage.posts) == 1

    run = await running.run()
    assert run.missed == 0
    await running.until(CHAPTER_2)
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_a_damaged_run_is_logged_and_stops_no_other(
    running: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    await running.say("mia", "/series start reading-maps mon 16:59", channel="other")
    await running.press("mia", "Start", channel="other")
    await running.db.run(change("UPDATE run SET zone = 'Nowhere' WHERE channel = 'other'"))

    with caplog.at_level(logging.ERROR):
        await running.until(CHAPTER_1)
    assert running.stage.read("study")[1].startswith("Week 1 ")
    assert [r.message for r in caplog.records] == ["a run can't pass its slot and waits"]


def _vote(hall: Hall, label: str) -> str:
    return next(c.id for c in hall.stage.controls() if c.label == label)
