"""What moderators say and press: start, look, pause, post by hand, skip, move, stop."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.port import Facts, TryLater, Unreachable
from lessons.actions import Pressed, Typed
from lessons.commands import COMMANDS, Command
from lessons.document import plain
from lessons.posts import decode_part
from lessons.runs import Status
from tests.rigs.dialogue import (
    CHAPTER_1,
    CHAPTER_2,
    DISCUSS_1,
    RECAP_1,
    Hall,
    labels,
    named,
    says,
    words,
)
from tests.rigs.map_series import map_series

# -- starting -------------------------------------------------------------------------------------


async def test_a_proposal_names_the_next_three_dates_and_starts_nothing(hall: Hall) -> None:
    reply = await hall.say("mia", "/series start")

    assert says(reply, "proposal")
    assert all(named(at) in words(reply) for at in (CHAPTER_1, DISCUSS_1))
    assert await hall.count("run") == 0


async def test_day_time_zone_mode_and_chapter_can_be_typed(hall: Hall) -> None:
    run = await hall.start("/series start reading-maps tue 8:30 America/New_York hand 2")

    assert (run.zone, run.by_hand, run.upcoming) == ("America/New_York", True, "folding")
    assert run.due is not None
    assert run.due.local.strftime("%A %H:%M") == "Tuesday 08:30"


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("nonsense", "bad_series"),
        ("reading-maps someday", "bad_day"),
        ("reading-maps mon 25:00", "bad_time"),
        ("reading-maps mon 17:00 Atlantis/Harbour", "bad_zone"),
        ("reading-maps mon 17:00 UTC perhaps", "bad_mode"),
        ("reading-maps mon 17:00 UTC timed 99", "bad_chapter"),
    ],
)
async def test_what_can_not_be_used_is_named_and_nothing_is_started(
    hall: Hall, typed: str, key: str
) -> None:
    reply = await hall.say("mia", f"/series start {typed}")

    assert says(reply, key)
    assert "Start" not in labels(reply)


async def test_a_missing_right_is_named_before_the_start(hall: Hall) -> None:
    hall.stage.facts["study"] = Facts(True, "study", missing=("send messages in threads",))

    reply = await hall.say("mia", "/series start")
    assert says(reply, "cannot_start")
    assert "send messages in threads" in words(reply)


@pytest.mark.parametrize("failure", [Unreachable(gone=True), TryLater(5), TimeoutError()])
async def test_nothing_is_started_or_moved_where_the_platform_does_not_say_what_may_be_done(
    hall: Hall, failure: Exception
) -> None:
    await hall.say("mia", "/series start")
    hall.stage.looks_in_vain = failure

    assert says(await hall.press("mia", "Start"), "could_not_look")
    assert says(await hall.say("mia", "/series start"), "could_not_look")
    hall.stage.looks_in_vain = None
    assert "Start" in labels(await hall.press("mia", "Try again"))
    await hall.press("mia", "Start")
    hall.stage.looks_in_vain = failure
    assert says(await hall.say("mia", "/series move library"), "could_not_look")
    assert await hall.rows("SELECT channel FROM run") == [("study",)]


async def test_a_right_that_was_lost_meanwhile_stops_the_start(hall: Hall) -> None:
    await hall.say("mia", "/series start")
    hall.stage.facts["study"] = Facts(True, "study", missing=("send messages",))

    assert says(await hall.press("mia", "Start"), "cannot_start")
    assert await hall.count("run") == 0


async def test_the_platforms_own_zone_is_proposed_where_it_knows_one(hall: Hall) -> None:
    hall.stage.facts["study"] = Facts(True, "study", zone="Asia/Tokyo")

    assert (await hall.start()).zone == "Asia/Tokyo"


async def test_a_second_start_in_a_channel_is_refused_with_a_pointer(running: Hall) -> None:
    reply = await running.say("max", "/series start")

    assert says(reply, "already_running")
    assert says(await running.press("max", "Status"), "status_active")


async def test_pressing_start_twice_starts_one_run(hall: Hall) -> None:
    await hall.say("mia", "/series start")
    start = hall.button("mia", "Start").id

    replies = await asyncio.gather(*(hall.act("mia", Pressed(start)) for _ in range(5)))
    assert sum(says(reply, "already_running") for reply in replies) == 4
    assert await hall.count("run") == 1
    await hall.tick()
    assert len(hall.stage.posts) == 1


async def test_a_series_can_be_started_for_another_channel(hall: Hall) -> None:
    reply = await hall.act("mia", Typed("series", "start", (), {"channel": "library"}))
    assert "posts in #library" in words(reply)

    await hall.press("mia", "Start")
    await hall.tick()
    assert (await hall.run()).channel == "library"
    assert hall.stage.read("study") == []
    assert len(hall.stage.read("library")) == 1
    assert says(await hall.say("mia", "/series start"), "proposal")  # here there is none


async def test_a_confirmed_start_is_where_it_was_proposed_wherever_it_is_pressed(
    hall: Hall,
) -> None:
    await hall.say("mia", "/series start")
    await hall.press("mia", "Start", channel="library")

    assert (await hall.run()).channel == "study"


async def test_the_channel_that_was_named_is_looked_at_and_not_the_one_it_was_typed_in(
    hall: Hall,
) -> None:
    there = Typed("series", "start", (), {"channel": "library"})
    hall.stage.facts["study"] = Facts(True, "study", missing=("send messages",))
    assert says(await hall.act("mia", there), "proposal")

    hall.stage.facts["library"] = Facts(True, "library", missing=("attach files",))
    reply = await hall.act("mia", there)
    assert says(reply, "cannot_start")
    assert "#library" in words(reply)
    assert "attach files" in words(reply)
    del hall.stage.facts["library"]
    assert says(await hall.press("mia", "Check again"), "proposal")
    assert "posts in #library" in words(hall.seen["mia"])


async def test_what_runs_in_the_channel_that_was_named_is_found_there(running: Hall) -> None:
    there = Typed("series", "start", (), {"channel": "study"})

    assert says(await running.act("max", there, channel="library"), "already_running")


async def test_a_role_is_told_of_each_chapter_and_of_nothing_else(hall: Hall) -> None:
    reply = await hall.act("mia", Typed("series", "start", (), {"role": "r7"}))
    assert says(reply, "proposal_role")
    assert not says(await hall.say("max", "/series start"), "proposal_role")
    await hall.press("mia", "Start")
    assert (await hall.run()).ping == "r7"

    for at in (CHAPTER_1, DISCUSS_1, RECAP_1, CHAPTER_2):
        await hall.until(at)
    await hall.press("ada", "Yes")
    await hall.say("mia", "/series resend")
    await hall.until(CHAPTER_2 + timedelta(minutes=1))
    parts = [hall.stage.parts[post.id] for post in hall.stage.posts if post.id in hall.stage.parts]
    assert [plain(part.document)[:6] for part in parts if part.ping] == ["Week 1", "Week 2"]
    assert {part.ping for part in parts if part.ping} == {"r7"}
    assert hall.stage.edits
    assert not any(part.ping for part in hall.stage.edits)


async def test_of_a_chapter_in_several_parts_only_the_first_tells_the_role(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall.stage, "fits", lambda document: len(plain(document)) <= 80)
    await hall.act("mia", Typed("series", "start", (), {"role": "r7"}))
    await hall.press("mia", "Start")
    await hall.until(CHAPTER_1)

    rows = await hall.rows("SELECT part, body FROM delivery WHERE purpose = 'post' ORDER BY part")
    pings = [decode_part(str(body)).ping for _, body in rows]
    assert pings == ["r7"] + [""] * (len(rows) - 1)
    assert len(rows) > 2


async def test_never_mind_starts_nothing(hall: Hall) -> None:
    await hall.say("mia", "/series start")

    assert says(await hall.press("mia", "Cancel"), "never_mind")
    assert await hall.count("run") == 0


# -- looking --------------------------------------------------------------------------------------


async def test_status_tells_people_posts_and_dates(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await running.press("ada", "Yes")
    await running.say("ben", "/study join")

    reply = await running.say("mia", "/series status")
    assert says(reply, "status_active")
    assert named(DISCUSS_1) in words(reply)
    assert "2 taking part" in words(reply)


async def test_a_chapter_can_be_previewed_before_the_start_and_leaves_nothing(hall: Hall) -> None:
    await hall.say("mia", "/series start")

    reply = await hall.press("mia", "Preview chapter 1")
    assert says(reply, "preview")
    assert "Is the fuller map the better one?" in words(reply)
    assert labels(reply) == []
    assert await hall.count("variant") == 0


async def test_a_preview_is_the_post_that_comes(running: Hall) -> None:
    reply = await running.say("mia", "/series preview")
    await running.until(CHAPTER_1)

    assert running.stage.read()[1] in words(reply)


async def test_any_chapter_of_a_run_can_be_previewed(running: Hall) -> None:
    assert "orange" not in words(await running.say("mia", "/series preview 2"))
    assert "Can a flat map" in words(await running.say("mia", "/series preview folding"))
    assert says(await running.say("mia", "/series preview 9"), "bad_chapter")


# -- holding and going on -------------------------------------------------------------------------


async def test_a_pause_holds_slots_and_loses_no_chapter(running: Hall) -> None:
    assert says(await running.say("mia", "/series pause"), "paused")
    await running.until(CHAPTER_1)
    assert len(running.stage.posts) == 1
    assert says(await running.say("mia", "/series pause"), "not_now_paused")

    assert says(await running.say("mia", "/series resume"), "resumed")
    await running.until(CHAPTER_2)
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_resuming_what_runs_does_nothing(running: Hall) -> None:
    before = await running.run()

    assert says(await running.say("mia", "/series resume"), "not_now_active")
    assert await running.run() == before


async def test_skipping_asks_and_then_leaves_out_that_chapter_and_no_other(running: Hall) -> None:
    await running.say("mia", "/series skip")
    skip = running.button("mia", "Skip chapter 1").id
    assert (await running.run()).upcoming == "left-out"

    assert says(await running.act("mia", Pressed(skip)), "skipped")
    await running.act("mia", Pressed(skip))
    assert (await running.run()).upcoming == "folding"
    await running.until(CHAPTER_1)
    assert running.stage.read()[1].startswith("Week 2 ")
    assert "First card" in words(await running.say("ada", "/study lesson 1"))


async def test_a_move_takes_along_what_waits(running: Hall) -> None:
    await running.say("mia", "/series resend")
    await running.say("mia", "/series move hall-2")
    await running.until(CHAPTER_1)

    assert running.stage.read("hall-2")[0].startswith("Week 1 ")
    assert len(running.stage.read("study")) == 1


async def test_a_move_needs_a_channel_that_is_there_and_free(running: Hall) -> None:
    running.stage.facts["nowhere"] = Facts(False, "")
    await running.say("mia", "/series start", channel="other")
    await running.press("mia", "Start", channel="other")
    before = await running.rows("SELECT * FROM run ORDER BY run")

    assert says(await running.say("mia", "/series move nowhere"), "cannot_move_gone")
    assert says(await running.say("mia", "/series move other"), "already_running")
    assert "/series move" in words(await running.say("mia", "/series move"))
    assert await running.rows("SELECT * FROM run ORDER BY run") == before


async def test_stopping_asks_and_then_is_for_good(running: Hall) -> None:
    await running.say("mia", "/series stop")
    assert (await running.run()).status is Status.ACTIVE
    assert says(await running.press("mia", "Stop for good"), "stopped")

    for command in ("resume", "pause", "post-now", "skip", "stop", "resend", "move other"):
        assert says(await running.say("mia", f"/series {command}"), "not_now_stopped"), command
    await running.until(CHAPTER_1)
    assert len(running.stage.posts) == 1


async def test_after_a_stop_the_channel_is_free_for_another_run(running: Hall) -> None:
    await running.say("mia", "/series stop")
    await running.press("mia", "Stop for good")

    assert (await running.start()).status is Status.ACTIVE
    assert says(await running.say("mia", "/series status"), "status_active")


# -- posting --------------------------------------------------------------------------------------


async def test_post_now_posts_what_the_next_slot_is_for_and_the_slot_passes(running: Hall) -> None:
    assert says(await running.say("mia", "/series post-now"), "posted_now")
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")

    await running.until(CHAPTER_1)
    assert [t for t in running.stage.read() if t.startswith("Week 2")] == []


async def test_post_now_pressed_twice_posts_once(running: Hall) -> None:
    await running.say("mia", "/series status")
    button = running.button("mia", "Post now").id

    assert says(await running.act("mia", Pressed(button)), "posted_now")
    assert says(await running.act("max", Pressed(button)), "status_active")
    await running.tick()
    assert len([t for t in running.stage.read() if t.startswith("Week 1 ·")]) == 1


async def test_post_now_for_one_of_two_runs_pressed_twice_posts_once(running: Hall) -> None:
    await running.say("mia", "/series start", channel="other")
    await running.press("mia", "Start", channel="other")
    asked = await running.say("mia", "/series post-now", channel="elsewhere")
    assert asked.post is not None
    button = asked.post.controls[0].id

    await running.act("mia", Pressed(button), "elsewhere")
    assert says(await running.act("mia", Pressed(button), "elsewhere"), "status_active")
    assert await running.count("lesson") == 1


async def test_a_run_by_hand_offers_each_beat_and_posts_when_told(hall: Hall) -> None:
    await hall.start("/series start reading-maps mon 17:00 UTC hand")
    await hall.until(CHAPTER_1.replace(hour=17))
    assert len(hall.stage.read()) == 1
    (offer,) = hall.stage.read(member="mia")
    assert "week 1" in offer.lower()

    hall.seen.clear()
    button = hall.button("mia", "Post now").id
    assert says(await hall.act("mia", Pressed(button)), "posted_now")
    assert says(await hall.act("mia", Pressed(button)), "status_active")
    await hall.tick()
    assert hall.stage.read()[1].startswith("Week 1 ")


async def test_resend_posts_once_more_with_the_same_buttons(running: Hall) -> None:
    assert says(await running.say("mia", "/series resend"), "not_posted_until")
    await running.until(CHAPTER_1)
    await running.press("ada", "Yes")

    assert says(await running.say("mia", "/series resend"), "resent")
    await running.tick()
    again = running.stage.read()[-1]
    assert again.startswith("Week 1 ·")
    assert "1 vote" in again
    assert says(await running.press("ben", "Yes"), "vote_locked")


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c.group == "series"], ids=lambda c: c.path
)
async def test_every_command_of_moderators_has_an_answer(running: Hall, command: Command) -> None:
    await running.until(CHAPTER_1)

    reply = await running.say("mia", f"{command.path}{' other' if 'move' in command.path else ''}")
    assert not says(reply, "went_wrong")
    assert reply.private


async def test_with_several_series_on_the_shelf_one_has_to_be_named(hall: Hall) -> None:
    hall.shelf["other-maps"] = map_series(slug="other-maps", title="Other maps")

    reply = await hall.say("mia", "/series start")
    assert labels(reply) == ["Other maps", "Reading maps"]
    assert says(await hall.press("mia", "Other maps"), "proposal")
    assert says(await hall.say("mia", "/series start other-maps"), "proposal")


async def test_a_resend_of_what_was_posted_late_is_not_late(running: Hall) -> None:
    await running.until(CHAPTER_1 + timedelta(hours=2))
    await running.say("mia", "/series resend")
    await running.tick()
    assert "late" not in running.stage.read()[-1]

    await running.press("ada", "Yes")
    await running.tick()
    assert len(running.stage.edits) == 1
    assert "late" not in running.stage.read()[-1]
    assert "1 vote" in running.stage.read()[-1]
