"""What moderators are told in private, with buttons that change the letter in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_world import BASIC
from tests.rigs.slack_hall import CHAPTER, Town, open_town
from tests.rigs.slack_people import read


@pytest.fixture
async def unreading(tmp_path: Path) -> AsyncIterator[Town]:
    """The app may not read what was posted."""
    async with open_town(tmp_path / "home", scopes=BASIC) as town:
        yield town


async def test_what_may_or_may_not_be_there_is_asked_and_the_letter_is_settled_in_place(
    unreading: Town,
) -> None:
    town = unreading
    await town.says("mia", "/series start an-eye-for-deep-learning")
    await town.presses("mia", "Start")
    await town.closes("mia")
    town.slack.plan.faults.append(Fault("lost", done=True))
    for _ in range(4):
        town.clock.passes(minutes=10)
        await town.tick()
    (letter,) = town.letters("mia")
    assert "I can't tell" in read(letter)
    assert letter.labels == ["It's there", "Post again"]

    await town.presses("mia", "It's there", letter)

    assert [one.ts for one in town.letters("mia")] == [letter.ts]
    assert letter.labels == []
    assert "I can't tell" not in read(letter)
    await town.tick()
    assert len(town.posted()) == 1


async def test_a_channel_that_was_archived_is_told_once_and_can_be_checked_again(
    town: Town,
) -> None:
    await town.starts()
    town.slack.channels[town.study].archived = True
    await town.until(CHAPTER)
    await town.tick()
    (letter,) = town.letters("mia")
    assert "a channel that is not archived" in read(letter)

    town.slack.channels[town.study].archived = False
    await town.presses("mia", "Check again", letter)
    assert "goes on" in town.read("mia")
    assert not town.has_window("mia")
    await town.tick()
    assert "Week 1 ·" in town.channel_words()[-1]


async def test_a_channel_that_was_deleted_is_told_of_and_the_series_can_move(town: Town) -> None:
    await town.starts()
    await town.slack.people.delete_channel(town.study)
    await town.settled()
    await town.tick()
    (letter,) = town.letters("mia")
    assert "is gone" in read(letter)
    assert "/series move" in read(letter)

    await town.says("mia", "/series move #library", town.library)
    await town.until(CHAPTER)
    assert "Week 1 ·" in town.channel_words(town.library)[-1]
