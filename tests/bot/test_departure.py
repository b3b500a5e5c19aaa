"""Channels that are deleted, spaces that the app is removed from, and what is deleted when."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.port import Address, CannotConnect, Facts
from adapters.terminal.messenger import TerminalAdapter
from bot import departures
from bot.app import running as running_service
from bot.departures import GRACE
from bot.settings import Settings
from bot.store import runs, spaces
from bot.store.database import Value
from lessons.runs import Status
from tests.rigs.dialogue import CHAPTER_1, SPACE, Hall, ask, change, labels, says
from tests.rigs.hall import new_run

OTHER = "flaky:other"
STUDY = Address(SPACE, "study")


async def departed(hall: Hall) -> list[str]:
    return [str(space) for (space,) in await hall.rows("SELECT space FROM departure")]


async def status(hall: Hall, space: str = SPACE) -> list[Status]:
    found = await hall.rows(
        "SELECT status FROM run WHERE space = :space ORDER BY channel", space=space
    )
    return [Status(str(one)) for (one,) in found]


def told(hall: Hall) -> list[str]:
    """What the moderator was told in private."""
    return hall.stage.read(member="mia")


# -- a channel ------------------------------------------------------------------------------------


async def test_a_deleted_channel_stops_its_run_at_once_and_its_moderator_is_told_once(
    running: Hall,
) -> None:
    running.stage.facts["study"] = Facts(False, "")
    for _ in range(2):
        await running.service.channel_gone(STUDY)
        await running.tick()

    assert await status(running) == [Status.BLOCKED]
    (letter,) = told(running)
    assert says(letter, "blocked_gone")
    assert says(await running.press("mia", "Check again"), "still_gone")
    posted = len(running.stage.posts)
    await running.until(CHAPTER_1)
    assert len(running.stage.posts) == posted


@pytest.mark.parametrize("at", [Address(SPACE, "library"), Address(OTHER, "study")])
async def test_a_channel_that_no_run_posts_to_may_go(running: Hall, at: Address) -> None:
    await running.service.channel_gone(at)
    await running.tick()

    assert await status(running) == [Status.ACTIVE]
    assert told(running) == []


async def test_only_the_run_of_that_channel_is_stopped(running: Hall) -> None:
    await running.say("mia", "/series start", channel="library")
    await running.press("mia", "Start", channel="library")
    await running.service.channel_gone(STUDY)

    assert await status(running) == [Status.ACTIVE, Status.BLOCKED]  # library, study


async def test_a_paused_run_stays_paused_when_its_channel_goes(running: Hall) -> None:
    await running.say("mia", "/series pause")
    for _ in range(2):
        await running.service.channel_gone(STUDY)
        await running.tick()

    assert await status(running) == [Status.PAUSED]
    assert [says(letter, "blocked_gone") for letter in told(running)] == [True]


async def test_nobody_is_told_of_the_channel_of_a_run_that_is_over(running: Hall) -> None:
    await running.say("mia", "/series stop")
    await running.press("mia", "Stop for good")
    await running.service.channel_gone(STUDY)
    await running.tick()

    assert await status(running) == [Status.STOPPED]
    assert told(running) == []


# -- a space --------------------------------------------------------------------------------------


async def test_in_a_space_that_was_left_nothing_is_posted_and_nobody_told(running: Hall) -> None:
    await running.in_space(OTHER).start()
    posted = len(running.stage.posts)
    await running.service.space_gone(SPACE)
    await running.until(CHAPTER_1 + timedelta(days=6))

    assert await status(running) == [Status.BLOCKED]
    assert await status(running, OTHER) == [Status.ACTIVE]
    assert {post.to.space for post in running.stage.posts[posted:]} == {OTHER}


async def test_the_first_time_that_a_space_was_left_counts(running: Hall) -> None:
    await running.service.space_gone(SPACE)
    first = running.clock()
    await running.until(first + timedelta(days=2))
    await running.service.space_gone(SPACE)

    assert await running.db.run(lambda t: spaces.left_at(t, SPACE)) == first


async def test_however_many_runs_there_are_all_of_them_wait(hall: Hall) -> None:
    many = [replace(new_run(f"r{n}"), channel=f"c{n}", space=SPACE) for n in range(25)]
    assert await hall.db.run(lambda t: all(runs.insert_run(t, run) for run in many))
    await hall.service.space_gone(SPACE)

    assert await status(hall) == [Status.BLOCKED] * 25


async def test_who_is_back_in_time_goes_on_when_a_moderator_says_so(running: Hall) -> None:
    await running.service.space_gone(SPACE)
    await running.until(CHAPTER_1 + timedelta(hours=1))
    for _ in range(2):
        await running.service.spaces_here("flaky", [SPACE])
        await running.tick()

    assert await departed(running) == []
    assert await status(running) == [Status.BLOCKED]
    (letter,) = told(running)
    assert says(letter, "here_again")
    running.seen.clear()
    assert says(await running.press("mia", "Check again"), "resumed")
    assert await status(running) == [Status.ACTIVE]
    running.clock.at += GRACE
    assert await running.db.run(lambda t: departures.purge(t, running.clock())) == 0


async def test_each_return_is_told_even_if_nobody_pressed_the_button_before(running: Hall) -> None:
    for _ in range(2):
        await running.service.space_gone(SPACE)
        await running.service.spaces_here("flaky", [SPACE])
        await running.until(running.clock() + timedelta(minutes=1))

    assert [says(letter, "here_again") for letter in told(running)] == [True, True]


async def test_a_paused_run_is_still_paused_after_a_return_and_that_is_no_news(
    running: Hall,
) -> None:
    await running.say("mia", "/series pause")
    await running.service.space_gone(SPACE)
    await running.service.spaces_here("flaky", [SPACE])
    await running.tick()

    assert await status(running) == [Status.PAUSED]
    assert told(running) == []


async def test_spaces_that_the_app_is_no_more_in_are_noted_as_gone(running: Hall) -> None:
    await running.in_space(OTHER).start()
    for platform in ("flak", "flaky:hall", "else"):  # none of these is the platform of a space
        await running.service.spaces_here(platform, [])
        assert await departed(running) == []

    await running.service.spaces_here("flaky", [OTHER, "flaky:new"])
    assert await departed(running) == [SPACE]
    assert await status(running) == [Status.BLOCKED]
    assert await status(running, OTHER) == [Status.ACTIVE]


async def test_a_space_without_a_series_is_as_much_there_again_as_any_other(hall: Hall) -> None:
    await hall.say("mia", "/series start")  # buttons were shown, and nothing was started
    await hall.service.space_gone(SPACE)
    await hall.service.spaces_here("flaky", [SPACE])
    hall.clock.at += GRACE

    assert await hall.db.run(lambda t: departures.purge(t, hall.clock())) == 0
    assert labels(hall.seen["mia"])[0] == "Start"
    assert says(await hall.press("mia", "Start"), "started")


async def test_a_space_of_which_only_settings_are_known_is_noted_as_gone_and_purged(
    hall: Hall,
) -> None:
    await hall.say("ada", "/study settings")
    await hall.press("ada", "Remind me")
    assert await hall.count("run") == 0
    await hall.service.spaces_here("flaky", [])
    assert await departed(hall) == [SPACE]

    hall.clock.at += GRACE
    assert await hall.db.run(lambda t: departures.purge(t, hall.clock())) == 1
    assert await hall.count("settings") == 0


# -- and all that is known of it ------------------------------------------------------------------


async def rows(hall: Hall, space: str) -> dict[str, list[tuple[Value, ...]]]:
    """All rows of a space, for every table that has one to tell."""
    tables = await hall.rows(
        "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND c.name = 'space' ORDER BY m.name"
    )
    return {
        name: await hall.rows(f"SELECT * FROM {name} WHERE space = :space", space=space)
        for name in (str(one) for (one,) in tables)
    }


async def live(hall: Hall) -> None:
    """Something of every kind happens in a space."""
    await hall.start()
    await hall.until(CHAPTER_1)
    await hall.press("ada", "Yes")
    await hall.say("ada", "/study challenge")
    await hall.answer("ada", "250")
    await hall.say("mia", "/series moderators nin")
    await hall.say("ada", "/study settings")
    await hall.press("ada", "Remind me")
    shelf = hall.service.shelf("flaky")
    await shelf.put(f"draft:{hall.space.partition(':')[2]}:ada", "begun")


async def test_after_the_time_of_grace_no_row_of_the_space_is_left_in_any_table(
    hall: Hall,
) -> None:
    other = hall.in_space(OTHER)
    hall.stage.forums.add("study")
    await live(hall)
    hall.clock.at = CHAPTER_1 - timedelta(hours=1)
    await live(other)
    await hall.service.space_gone(SPACE)
    before, others = await rows(hall, SPACE), await rows(hall, OTHER)
    assert all(before.values()), "a table without a row proves nothing: let one be made"

    left = hall.clock()
    soon, then = left + GRACE - timedelta(milliseconds=1), left + GRACE
    assert await hall.db.run(lambda t: departures.purge(t, soon)) == 0
    assert await rows(hall, SPACE) == before
    assert await hall.db.run(lambda t: departures.purge(t, then)) == 1
    assert await rows(hall, SPACE) == {table: [] for table in before}
    assert await rows(hall, OTHER) == others
    assert list(await hall.service.shelf("flaky").all()) == ["draft:other:ada"]
    assert await hall.db.run(lambda t: departures.purge(t, then)) == 0


async def test_a_space_that_was_purged_can_begin_anew(running: Hall) -> None:
    await running.service.space_gone(SPACE)
    running.clock.at += GRACE
    await running.db.run(lambda t: departures.purge(t, running.clock()))
    await running.service.spaces_here("flaky", [SPACE])

    assert (await running.start()).status is Status.ACTIVE


async def test_a_platform_that_lets_the_app_in_no_more_ends_the_service(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    async with running_service(settings, [TerminalAdapter(tmp_path / "hall")]) as app:
        serving = asyncio.create_task(app.run_until(asyncio.Event()))
        await app.service.cut_off(CannotConnect("Discord: the token is not valid."))

        with pytest.raises(CannotConnect, match="the token is not valid"):
            async with asyncio.timeout(20):
                await serving


async def test_a_running_service_purges_by_itself(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    stop = asyncio.Event()
    async with running_service(settings, [TerminalAdapter(tmp_path / "hall")]) as app:
        note = "INSERT INTO departure (space, left_at_ms) VALUES (:space, :at_ms)"
        now_ms = round(app.clock().timestamp() * 1000)
        for space, at_ms in (("terminal:old", 0), ("terminal:new", now_ms)):
            await app.db.run(change(note, space=space, at_ms=at_ms))
        serving = asyncio.create_task(app.run_until(stop))
        left = ask("SELECT space FROM departure")
        async with asyncio.timeout(20):
            while len(found := await app.db.run(lambda t: t.all(left))) > 1:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # a row has no event
        stop.set()
        await serving
    assert [row["space"] for row in found] == ["terminal:new"]
