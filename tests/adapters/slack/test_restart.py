"""What was shown before a restart can be used after it: nothing is kept in the process."""

from __future__ import annotations

import logging

import pytest

from bot.app import running
from bot.settings import Settings
from tests.rigs.slack_hall import CHAPTER, Town
from tests.rigs.slack_people import fields_of, read


async def test_buttons_in_messages_whispers_windows_and_letters_outlive_the_process(
    town: Town,
) -> None:
    await town.starts()
    await town.until(CHAPTER)
    post = town.post_with("Week 1 ·")
    await town.presses("ada", "It goes up", post)
    await town.presses("ben", "My challenges", post)
    await town.says("cid", "/study")
    await town.presses("dan", "Join", town.posted()[0])
    await town.says("dan", "/study leave")
    window, menu = town.window("ben"), town.window("cid")

    await town.restart()

    await town.presses("ada", "Fairly")
    assert "fairly sure" in town.read("ada")
    await town.submits("ben", "1000")
    assert "Not yet" in read(window)
    await town.presses("ben", "Skip")
    assert "Challenge 2 of 4" in read(window)
    await town.presses("cid", "For moderators")
    assert "/series status" in read(menu)
    await town.presses("dan", "Stay")
    assert "nothing was changed" in town.read("dan")
    await town.presses("eve", "Read the cards", post)
    assert "Card 1 of 5" in town.read("eve")


async def test_a_form_for_a_command_outlives_the_process(town: Town) -> None:
    await town.says("mia", "/series")
    await town.slack.people.press(town.people["mia"], town.window("mia"), "s:m:series:start")
    await town.settled()
    form = town.window("mia")

    await town.restart()
    day = next(f["block_id"] for f in fields_of(form) if "day" in f["label"]["text"])
    await town.submits("mia", by_label={day: "friday"})

    assert "Friday, Oct 2, 15:00: chapter 1" in town.read("mia")


async def test_what_was_due_meanwhile_is_posted_once_and_says_that_it_is_late(town: Town) -> None:
    await town.starts()
    await town.life.aclose()
    town.clock.at = CHAPTER.replace(hour=18)
    await town.begin()
    await town.tick()
    await town.restart()
    await town.tick()

    late = [one for one in town.channel_words() if "Week 1 ·" in one]
    assert len(late) == 1
    assert "late" in late[0]


async def test_while_slack_is_switched_off_its_runs_wait_and_the_log_hears_it_once(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await town.starts()
    await town.life.aclose()
    town.clock.at = CHAPTER

    async with running(Settings(home=str(town.folder)), [], town.clock) as app:
        for _ in range(3):
            await app.tick()
    told = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    assert told == ["a run waits: its platform is switched off"]

    await town.begin()
    await town.tick()
    assert "Week 1" in town.channel_words()[-1]
