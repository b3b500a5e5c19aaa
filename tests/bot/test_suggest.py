"""What is suggested while somebody types a command: what fits, what they may see, and no more."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from adapters.port import Suggestion
from bot.library import zone_names
from lessons.actions import Pressed, Typed
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, Hall, says
from tests.rigs.map_series import map_series

FIRST = Suggestion("1 · What is left out", "1")
SECOND = Suggestion("2 · What it costs to fold", "2")


async def offered(
    hall: Hall,
    who: str,
    typed: str,
    option: str,
    begun: str = "",
    *,
    most: int = 25,
    channel: str = "study",
    **options: str,
) -> tuple[Suggestion, ...]:
    """What is suggested for an option of a command: `offered(hall, "ada", "study lesson", ...)`."""
    group, name = typed.split()
    action = hall.action(who, Typed(group, name, (), options), channel)
    return await hall.service.suggest(action, option, begun, most)


async def values(hall: Hall, option: str, begun: str = "", most: int = 25) -> list[str]:
    """What a moderator may type for an option of `/series start`."""
    found = await offered(hall, "mia", "series start", option, begun, most=most)
    return [one.value for one in found]


# -- series and chapters --------------------------------------------------------------------------


async def test_a_series_is_found_by_its_title_or_its_name(hall: Hall) -> None:
    hall.shelf["eye"] = map_series(slug="eye", title="Looking twice")

    found = await offered(hall, "mia", "series start", "series")
    assert found == (
        Suggestion("Reading maps", "reading-maps"),
        Suggestion("Looking twice", "eye"),
    )
    assert await values(hall, "series", "TWICE") == ["eye"]
    assert await values(hall, "series", "reading-m") == ["reading-maps"]
    assert await values(hall, "series", "nowhere") == []


async def test_members_are_suggested_the_chapters_that_are_out_and_no_others(
    running: Hall,
) -> None:
    for command in ("study lesson", "study challenge"):
        assert await offered(running, "ada", command, "chapter") == ()
    await running.until(CHAPTER_1)
    for command in ("study lesson", "study challenge"):
        for who in ("ada", "mia"):
            assert await offered(running, who, command, "chapter") == (FIRST,)
    await running.until(CHAPTER_2)
    assert await offered(running, "ada", "study lesson", "chapter") == (FIRST, SECOND)
    assert await offered(running, "ada", "study lesson", "chapter", "FOLD") == (SECOND,)


async def test_a_chapter_that_was_left_out_can_be_opened_and_so_is_suggested(
    running: Hall,
) -> None:
    await running.say("mia", "/series skip")
    await running.press("mia", "Skip chapter 1")

    assert await offered(running, "ada", "study lesson", "chapter") == (FIRST,)


@pytest.mark.parametrize("command", ["preview", "resend"])
async def test_moderators_are_suggested_all_chapters_of_their_run(
    running: Hall, command: str
) -> None:
    assert await offered(running, "mia", f"series {command}", "chapter") == (FIRST, SECOND)
    assert await offered(running, "mia", f"series {command}", "chapter", "2") == (SECOND,)


async def test_a_first_chapter_is_one_of_the_series_that_was_named(hall: Hall) -> None:
    start = "series start"
    assert await offered(hall, "mia", start, "first_chapter") == (FIRST, SECOND)  # the only series

    maps = hall.shelf["reading-maps"]
    short = replace(maps, slug="short", title="Short", chapters=maps.chapters[:1])
    hall.shelf["short"] = short
    assert await offered(hall, "mia", start, "first_chapter") == ()
    assert await offered(hall, "mia", start, "first_chapter", series="short") == (FIRST,)
    both = await offered(hall, "mia", start, "first_chapter", series="reading-maps")
    assert both == (FIRST, SECOND)


async def test_from_another_channel_it_is_the_members_only_run_that_is_meant(
    running: Hall,
) -> None:
    await running.until(CHAPTER_1)
    assert await offered(running, "ada", "study lesson", "chapter", channel="else") == ()
    await running.say("ada", "/study join")
    assert await offered(running, "ada", "study lesson", "chapter", channel="else") == (FIRST,)


async def test_nothing_is_known_of_another_spaces_chapters(running: Hall) -> None:
    await running.until(CHAPTER_1)
    other = running.in_space("flaky:other")

    assert await offered(other, "mia", "series preview", "chapter") == ()
    assert await offered(other, "ada", "study lesson", "chapter") == ()


# -- times ----------------------------------------------------------------------------------------


async def test_times_begin_like_what_was_typed(hall: Hall) -> None:
    assert (await values(hall, "time"))[0] == "17:00"
    assert await values(hall, "time", "17") == ["17:00", "17:30"]
    assert await values(hall, "time", "9") == ["09:00", "09:30"]
    assert await values(hall, "time", "9:1") == ["09:10", "09:15"]
    assert await values(hall, "time", "17:4") == ["17:40", "17:45"]
    assert await values(hall, "time", "25") == []
    assert len(await values(hall, "time", "1")) == 22


async def test_what_is_suggested_can_be_typed(hall: Hall) -> None:
    for option in ("series", "day", "time", "zone", "mode", "first_chapter"):
        found = await values(hall, option)
        assert found, option
        for value in found:
            action = Typed("series", "start", (), {option: value})
            assert says(await hall.act("mia", action), "proposal"), (option, value)


async def test_zones_are_found_by_city_by_region_or_in_the_middle(hall: Hall) -> None:
    assert (await values(hall, "zone"))[0] == "Europe/Berlin"
    assert (await values(hall, "zone", "paris")) == ["Europe/Paris"]
    assert (await values(hall, "zone", "new york")) == ["America/New_York"]
    assert (await values(hall, "zone", "US/"))[0].startswith("US/")
    assert "Asia/Tokyo" in await values(hall, "zone", "kyo")
    assert await values(hall, "zone", "Atlantis") == []


async def test_places_that_begin_like_what_was_typed_come_before_those_that_hold_it(
    hall: Hall,
) -> None:
    found = await values(hall, "zone", "lo")

    assert found[0] == "Europe/London"
    begin = [name.rpartition("/")[2].casefold().startswith("lo") for name in found]
    assert begin == sorted(begin, reverse=True)
    assert not all(begin)
    days = await offered(hall, "mia", "series start", "day", "s")
    assert [day.label for day in days][:2] == ["Saturday", "Sunday"]
    assert len(days) == 5


async def test_days_and_modes_are_shown_in_words(hall: Hall) -> None:
    assert await offered(hall, "mia", "series start", "day", "mon") == (
        Suggestion("Monday", "monday"),
    )
    modes = await offered(hall, "mia", "series start", "mode")
    assert [mode.value for mode in modes] == ["timed", "hand"]
    assert all(" " in mode.label for mode in modes)
    assert await values(hall, "mode", "button") == ["hand"]


# -- and no more ----------------------------------------------------------------------------------


async def test_members_are_suggested_nothing_for_moderators_commands(running: Hall) -> None:
    await running.until(CHAPTER_1)
    for typed, option in (
        ("series start", "series"),
        ("series start", "zone"),
        ("series start", "first_chapter"),
        ("series preview", "chapter"),
    ):
        assert await offered(running, "mia", typed, option)
        assert await offered(running, "ada", typed, option) == ()


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        ("series start", "channel"),  # the platform knows them better
        ("series start", "role"),
        ("series start", "nonsense"),
        ("study lesson", "series"),
        ("study nonsense", "chapter"),
    ],
)
async def test_for_what_nobody_can_know_nothing_is_suggested(
    running: Hall, typed: str, option: str
) -> None:
    assert await offered(running, "mia", typed, option) == ()


async def test_no_more_come_than_were_asked_for_and_none_too_long(hall: Hall) -> None:
    assert len(zone_names()) > 400
    assert len(await values(hall, "zone", most=25)) == 25
    assert len(await values(hall, "zone", most=3)) == 3

    hall.shelf["x" * 101] = map_series(slug="x" * 101, title="Too long to be typed")
    hall.shelf["long"] = map_series(slug="long", title="Long " * 40)
    found = await offered(hall, "mia", "series start", "series", "long")
    assert [one.value for one in found] == ["long"]
    assert len(found[0].label) == 100


@pytest.mark.parametrize("begun", ["'; DROP TABLE run; --", "%", "\x00", "é" * 500, "  "])
async def test_whatever_is_begun_is_only_looked_for(running: Hall, begun: str) -> None:
    before = await running.rows("SELECT * FROM run")
    for option in ("series", "day", "time", "zone", "mode", "first_chapter"):
        await offered(running, "mia", "series start", option, begun)
    assert await running.rows("SELECT * FROM run") == before


async def test_suggesting_writes_nothing(running: Hall) -> None:
    await running.until(CHAPTER_1)
    tables = ("run", "control", "enrolment", "variant", "progress", "delivery")
    before = [await running.rows(f"SELECT * FROM {table}") for table in tables]
    await offered(running, "cleo", "study lesson", "chapter")
    await offered(running, "mia", "series resend", "chapter")

    assert [await running.rows(f"SELECT * FROM {table}") for table in tables] == before


async def test_what_is_no_command_gets_no_suggestion(running: Hall) -> None:
    action = running.action("mia", Pressed("f" * 24))

    assert await running.service.suggest(action, "chapter", "", 25) == ()


async def test_without_its_series_a_run_suggests_no_chapter(running: Hall) -> None:
    await running.until(CHAPTER_1)
    running.shelf.clear()

    assert await offered(running, "ada", "study lesson", "chapter") == ()
    assert await offered(running, "mia", "series start", "first_chapter") == ()


async def test_a_fault_of_ours_is_logged_and_nothing_is_suggested(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    await hall.db.close()

    with caplog.at_level(logging.ERROR):
        assert await offered(hall, "mia", "series start", "series") == ()
    assert "nothing could be suggested" in caplog.text
