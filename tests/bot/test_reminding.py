"""Members who asked for it are reminded, once a chapter, at their hour, and never late."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import restoring
from bot.planning import Fits, SwitchedOff
from bot.store.instants import from_ms
from bot.store.settings import Look, looks_due, save_settings
from lessons.reminders import LATE
from lessons.settings import Settings
from tests.rigs.dialogue import (
    CHAPTER_1,
    CHAPTER_2,
    DISCUSS_1,
    RECAP_1,
    SPACE,
    Hall,
    change,
    named,
    says,
    words,
)
from tests.rigs.flaky import Fault

SATURDAY = datetime(2026, 10, 3, 16, tzinfo=UTC)
"""18:00 in Berlin, on the day before the first recap."""

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@pytest.fixture
async def week_one(running: Hall) -> Hall:
    """Ada wants to be reminded, ben doesn't; both take part, and the vote has been discussed."""
    for who in ("ada", "ben"):
        await running.say(who, "/study join")
    await running.say("ada", "/study settings")
    await running.press("ada", "Remind me")
    await running.until(CHAPTER_1)
    await running.until(DISCUSS_1)
    running.seen.clear()
    return running


def letters(hall: Hall, who: str = "ada") -> list[str]:
    return [text for text in hall.stage.read(member=who) if says(text, "reminder")]


async def states(hall: Hall) -> list[tuple[object, ...]]:
    query = "SELECT state, reason FROM delivery WHERE purpose LIKE 'reminder %' ORDER BY chapter"
    return [*await hall.rows(query)]


async def do_a_chapter(hall: Hall, who: str) -> None:
    await hall.say(who, "/study challenge")
    await hall.answer(who, "250")
    await hall.say(who, "/study challenge")
    await hall.press(who, "Skip")
    await hall.answer(who, "Where the legend says")


# -- once, at the hour ----------------------------------------------------------------------------


async def test_who_asked_for_it_is_reminded_on_the_day_before_the_recap(week_one: Hall) -> None:
    await week_one.until(SATURDAY - SECOND)
    assert letters(week_one) == []

    await week_one.until(SATURDAY)
    (letter,) = letters(week_one)
    assert "What is left out" in letter
    assert "2 challenges to go" in letter
    assert named(RECAP_1) in letter
    assert letters(week_one, "ben") == []


async def test_the_letter_leads_to_the_challenges_and_to_its_end(week_one: Hall) -> None:
    await week_one.until(SATURDAY)
    assert [one.label for one in week_one.stage.controls("ada")] == [
        "My challenges",
        "Stop reminders",
    ]

    assert says(await week_one.press("ada", "My challenges", "her own"), "challenge_title")
    week_one.seen.clear()
    assert says(await week_one.press("ada", "Stop reminders", "her own"), "reminders_end")
    await week_one.until(RECAP_1)
    await week_one.until(CHAPTER_2)
    await week_one.until(SATURDAY + timedelta(days=7))
    assert len(letters(week_one)) == 1


async def test_there_is_one_letter_a_week_however_often_the_tick_looks(week_one: Hall) -> None:
    for minutes in range(0, 24 * 60, 20):
        await week_one.until(SATURDAY + timedelta(minutes=minutes))
        if minutes == 60:  # whoever asks for it again is not reminded again
            await week_one.say("ada", "/study settings")
            await week_one.press("ada", "Stop reminders")
            await week_one.press("ada", "Change")
            await week_one.submit("ada", "", "b", "20:00")
    assert len(letters(week_one)) == 1

    for at in (RECAP_1, CHAPTER_2, CHAPTER_2 + timedelta(days=3)):
        await week_one.until(at)
    await week_one.until(SATURDAY + timedelta(days=7, hours=2))
    assert len(letters(week_one)) == 2
    assert "What it costs to fold" in letters(week_one)[1]


async def test_the_hour_and_the_day_are_those_of_the_member_s_clock(week_one: Hall) -> None:
    await week_one.say("ada", "/study settings")
    await week_one.press("ada", "Change")
    await week_one.submit("ada", "Asia/Tokyo", "b", "8:00")

    await week_one.until(SATURDAY)
    assert letters(week_one) == []
    # In Tokyo the recap comes on Monday at midnight, so this is Sunday, 8:00.
    await week_one.until(datetime(2026, 10, 3, 23, tzinfo=UTC))
    assert len(letters(week_one)) == 1


# -- whose clock it is ----------------------------------------------------------------------------


async def remind_me(hall: Hall, who: str = "ada") -> None:
    await hall.say(who, "/study settings")
    await hall.press(who, "Remind me")


async def test_who_asked_before_joining_is_reminded_at_the_hour_that_was_shown(
    running: Hall,
) -> None:
    await remind_me(running)
    assert "Europe/Berlin" in words(running.seen["ada"])
    for at in (CHAPTER_1, DISCUSS_1, SATURDAY - timedelta(hours=6)):
        await running.until(at)
    await running.say("ada", "/study join")
    await running.until(SATURDAY - SECOND)
    assert letters(running) == []

    await running.until(SATURDAY)
    assert len(letters(running)) == 1


@pytest.mark.parametrize("how", ["joining", "voting"])
async def test_who_joins_a_series_of_another_zone_is_looked_at_by_its_clock(
    hall: Hall, how: str
) -> None:
    await hall.start("/series start reading-maps mon 17:00 Asia/Tokyo")
    await remind_me(hall)
    await hall.until(datetime(2026, 9, 28, 8, tzinfo=UTC))
    if how == "joining":
        await hall.say("ada", "/study join")
    else:
        await hall.press("ada", "Yes")

    assert await next_look(hall) == datetime(2026, 9, 28, 9, tzinfo=UTC), "18:00 in Tokyo"


async def test_who_leaves_it_is_looked_at_by_the_clock_of_what_is_left(hall: Hall) -> None:
    await hall.start("/series start reading-maps mon 17:00 Asia/Tokyo")
    await hall.say("ada", "/study join")
    hall.clock.at += SECOND
    await hall.say("mia", "/series start reading-maps mon 17:00 America/New_York", "library")
    await hall.press("mia", "Start", "library")
    await hall.say("ada", "/study join", "library")
    await remind_me(hall)
    assert await next_look(hall) == datetime(2026, 9, 28, 22, tzinfo=UTC), "18:00 in New York"

    await hall.say("ada", "/study leave", "library")
    await hall.press("ada", "Leave", "library")
    assert await next_look(hall) == datetime(2026, 9, 28, 9, tzinfo=UTC), "18:00 in Tokyo"


async def next_look(hall: Hall) -> datetime:
    ((at_ms,),) = await hall.rows("SELECT look_at_ms FROM settings WHERE member = 'ada'")
    assert isinstance(at_ms, int)
    return from_ms(at_ms)


# -- who is not reminded --------------------------------------------------------------------------


async def test_who_is_done_with_the_chapter_is_not_reminded(week_one: Hall) -> None:
    await do_a_chapter(week_one, "ada")
    await week_one.until(SATURDAY)

    assert letters(week_one) == []


@pytest.mark.parametrize(
    ("typed", "pressed"),
    [
        ("/study leave", "Leave"),
        ("/study settings", "Leave me alone"),
        ("/study settings", "Stop reminders"),
    ],
)
async def test_who_wants_none_any_more_gets_none(week_one: Hall, typed: str, pressed: str) -> None:
    await week_one.say("ada", typed)
    await week_one.press("ada", pressed)
    await week_one.until(SATURDAY)

    assert letters(week_one) == []


async def test_who_has_all_deleted_gets_none(week_one: Hall) -> None:
    await week_one.say("ada", "/study privacy")
    await week_one.press("ada", "Delete everything about me")
    await week_one.press("ada", "Delete it all")
    await week_one.until(SATURDAY)

    assert letters(week_one) == []


@pytest.mark.parametrize("command", ["pause", "stop"])
async def test_a_run_that_does_not_go_on_reminds_nobody(week_one: Hall, command: str) -> None:
    await week_one.say("mia", f"/series {command}")
    if command == "stop":
        await week_one.press("mia", "Stop for good")
    await week_one.until(SATURDAY)

    assert letters(week_one) == []


async def test_a_blocked_run_reminds_nobody_and_the_space_of_a_removed_app_neither(
    week_one: Hall,
) -> None:
    await week_one.service.space_gone(SPACE)
    await week_one.until(SATURDAY)

    assert letters(week_one) == []


async def test_before_the_first_chapter_is_out_there_is_nothing_to_remind_of(
    running: Hall,
) -> None:
    await running.say("ada", "/study join")
    await running.say("ada", "/study settings")
    await running.press("ada", "Remind me")
    running.stage.plan(*[Fault.BUSY] * 100)
    for at in (CHAPTER_1, DISCUSS_1, SATURDAY):
        await running.until(at)

    assert (await running.run()).current == "left-out"
    assert letters(running) == []
    assert await states(running) == []


async def test_a_series_whose_texts_are_gone_reminds_nobody_and_stops_nothing(
    week_one: Hall,
) -> None:
    week_one.shelf.clear()
    await week_one.until(SATURDAY)

    assert letters(week_one) == []
    assert await week_one.db.run(lambda t: looks_due(t, SATURDAY, 9)) == []


# -- never late, never in vain --------------------------------------------------------------------


async def test_after_a_short_outage_it_still_comes_and_after_a_long_one_not(
    week_one: Hall,
) -> None:
    await week_one.until(SATURDAY + LATE - SECOND)
    assert len(letters(week_one)) == 1


async def test_after_a_long_outage_it_is_dropped_and_the_next_one_comes(week_one: Hall) -> None:
    await week_one.until(SATURDAY + LATE)
    assert letters(week_one) == []

    for at in (RECAP_1, CHAPTER_2, CHAPTER_2 + timedelta(days=3), SATURDAY + timedelta(days=7)):
        await week_one.until(at)
    assert len(letters(week_one)) == 1


async def test_after_weeks_away_no_backlog_comes(week_one: Hall) -> None:
    await week_one.until(SATURDAY + timedelta(days=30))

    assert letters(week_one) == []


async def test_a_letter_that_waited_for_too_long_is_dropped(week_one: Hall) -> None:
    week_one.stage.plan(*[Fault.BUSY] * 100)
    await week_one.until(SATURDAY)
    for minutes in range(1, 30, 5):
        await week_one.until(SATURDAY + timedelta(minutes=minutes))
    week_one.stage.plan()
    assert await states(week_one) == [("pending", "busy")]

    await week_one.until(SATURDAY + LATE)
    assert await states(week_one) == [("skipped", "late")]
    assert letters(week_one) == []


async def test_a_letter_that_waits_is_dropped_when_its_run_is_paused_or_it_is_unwanted(
    week_one: Hall,
) -> None:
    week_one.stage.plan(*[Fault.BUSY] * 3)
    await week_one.until(SATURDAY)
    await week_one.say("mia", "/series pause")
    await week_one.until(SATURDAY + timedelta(minutes=5))
    assert await states(week_one) == [("skipped", "late")]


@pytest.mark.parametrize(
    ("typed", "pressed"), [("/study leave", "Leave"), ("/study settings", "Stop reminders")]
)
async def test_a_letter_that_waits_is_dropped_when_it_is_unwanted(
    week_one: Hall, typed: str, pressed: str
) -> None:
    week_one.stage.plan(*[Fault.BUSY] * 3)
    await week_one.until(SATURDAY)
    await week_one.say("ada", typed)
    await week_one.press("ada", pressed)

    assert await states(week_one) == [("skipped", "unwanted")]


async def test_a_letter_that_was_sent_stays_so_when_reminders_end(week_one: Hall) -> None:
    await week_one.until(SATURDAY)
    assert says(await week_one.press("ada", "Stop reminders", "her own"), "reminders_end")

    assert await states(week_one) == [("sent", "")]


async def test_who_leaves_one_series_is_still_reminded_of_the_other(running: Hall) -> None:
    await running.say("mia", "/series start", "library")
    await running.press("mia", "Start", "library")
    for channel in ("study", "library"):
        await running.say("ada", "/study join", channel)
    await remind_me(running)
    for at in (CHAPTER_1, DISCUSS_1):
        await running.until(at)
    running.stage.plan(*[Fault.BUSY] * 100)
    await running.until(SATURDAY)
    await running.say("ada", "/study leave", "library")
    await running.press("ada", "Leave", "library")

    assert await running.rows(
        "SELECT run.channel, d.state, d.reason FROM delivery AS d JOIN run USING (space, run)"
        " WHERE d.purpose LIKE 'reminder %' ORDER BY run.channel"
    ) == [("library", "skipped", "unwanted"), ("study", "pending", "busy")]


async def test_a_closed_inbox_switches_reminders_off_and_stops_no_run(week_one: Hall) -> None:
    week_one.stage.plan(Fault.CLOSED)
    await week_one.until(SATURDAY)

    ((state, _),) = await states(week_one)
    assert state == "failed"
    assert (await week_one.run()).status == "active"
    assert await week_one.rows("SELECT reminders, look_at_ms FROM settings") == [(0, None)]
    assert week_one.stage.read(member="mia") == []
    assert says(await week_one.say("ada", "/study settings"), "settings_reminders_off")


@pytest.mark.parametrize("fault", [Fault.REJECTED, Fault.FORBIDDEN])
async def test_a_letter_that_is_not_taken_switches_nothing_off(
    week_one: Hall, fault: Fault
) -> None:
    """Such as while the app's token is revoked: that is not what the member wants."""
    week_one.stage.plan(fault)
    await week_one.until(SATURDAY)

    assert await week_one.rows("SELECT reminders FROM settings") == [(1,)]
    assert week_one.stage.read(member="mia") == []


async def test_a_lost_reply_brings_no_second_letter(week_one: Hall) -> None:
    week_one.stage.plan(Fault.LOST_REPLY)
    await week_one.until(SATURDAY)
    for minutes in (1, 5, 30):
        await week_one.until(SATURDAY + timedelta(minutes=minutes))

    assert len(letters(week_one)) == 1
    assert week_one.stage.doubled == []


async def test_one_member_s_trouble_is_not_another_s(
    week_one: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    broken = Settings(zone="No/Such", reminders=True)
    await week_one.db.run(lambda t: save_settings(t, SPACE, "ben", broken, DISCUSS_1))
    await week_one.until(SATURDAY)

    assert len(letters(week_one)) == 1
    assert caplog.text.count("a member could not be reminded") == 1
    await week_one.until(SATURDAY + SECOND)
    assert caplog.text.count("a member could not be reminded") == 1
    assert await week_one.db.run(lambda t: looks_due(t, SATURDAY + DAY - SECOND, 9)) == []
    assert Look(SPACE, "ben") in await week_one.db.run(lambda t: looks_due(t, SATURDAY + DAY, 9))


async def test_while_a_platform_is_switched_off_nobody_is_reminded_and_the_next_one_comes(
    week_one: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    def switched_off(space: str) -> Fits:
        raise SwitchedOff(space)

    planner = replace(week_one.service.planner, fits=switched_off)
    off = replace(week_one.tick, service=replace(week_one.service, planner=planner))
    await off.remind(SATURDAY)
    assert await week_one.db.run(lambda t: looks_due(t, SATURDAY + DAY - SECOND, 9)) == []
    assert await week_one.db.run(lambda t: looks_due(t, SATURDAY + DAY, 9)) == [Look(SPACE, "ada")]
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []

    for at in (RECAP_1, CHAPTER_2, CHAPTER_2 + timedelta(days=3), SATURDAY + timedelta(days=7)):
        await week_one.until(at)
    assert len(letters(week_one)) == 1


async def test_many_members_are_reminded_batch_by_batch(week_one: Hall) -> None:
    many = [f"m{number}" for number in range(230)]
    for who in many:
        await week_one.db.run(
            change(
                "INSERT INTO enrolment (space, run, member, joined_at_ms)"
                " SELECT space, run, :who, 0 FROM run",
                who=who,
            )
        )
        await week_one.db.run(
            lambda t, who=who: save_settings(  # type: ignore[misc]
                t, SPACE, who, Settings(reminders=True), SATURDAY
            )
        )
    await week_one.until(SATURDAY)
    assert 0 < len(await states(week_one)) < len(many)
    for seconds in range(1, 4):
        await week_one.until(SATURDAY + timedelta(seconds=seconds))
    assert len(await states(week_one)) == len(many) + 1
    assert all(len(letters(week_one, who)) == 1 for who in many)


async def test_a_backup_that_was_put_back_reminds_of_nothing_again(week_one: Hall) -> None:
    week_one.stage.plan(*[Fault.BUSY] * 3)
    await week_one.until(SATURDAY)
    later = SATURDAY + timedelta(hours=1)
    await week_one.db.run(
        lambda t: save_settings(t, SPACE, "ben", Settings(reminders=True), SATURDAY)
    )
    planner = week_one.service.planner
    await week_one.db.run(lambda t: restoring._take_up(t, planner, "UTC", later))
    week_one.stage.plan()
    await week_one.until(later)

    assert letters(week_one) == letters(week_one, "ben") == []
    assert await week_one.db.run(lambda t: looks_due(t, later + timedelta(days=1), 9)) == [
        Look(SPACE, "ada"),
        Look(SPACE, "ben"),
    ]
