"""A week in a Slack workspace, from the invitation to the recap, with a restart in the middle.

Knows no part of the service: everything is typed, pressed, filled in and read in Slack.
"""

from __future__ import annotations

from datetime import timedelta

from tests.rigs.loopback_slack_things import Message
from tests.rigs.slack_hall import CHAPTER, Town
from tests.rigs.slack_people import read

DISCUSS = CHAPTER + timedelta(days=3)
RECAP = CHAPTER + timedelta(days=6)
OPTIONS = [
    "It halves, or better",
    "It falls, by less than half",
    "It barely moves (less than 5 %)",
    "It goes up",
]


def chapter_post(town: Town) -> Message:
    return town.post_with("Week 1 ·")


async def test_a_week_from_start_to_recap_with_a_restart_in_the_middle(town_by: Town) -> None:
    town = town_by
    await town.says("mia", "/series start")
    assert "Start a series here?" in town.read("mia")
    assert "Monday, Sep 28, 15:00: chapter 1" in town.read("mia")
    assert town.posted() == []

    await town.presses("mia", "Start")
    assert "is set. The first chapter comes Monday" in town.read("mia")
    await town.tick()
    (invitation,) = town.posted()
    assert "starts Monday, Sep 28, 15:00" in read(invitation)
    assert invitation.labels == ["Join", "What is this?"]

    await town.presses("ada", "Join")
    assert "You're in" in town.read("ada")
    assert not town.has_window("ada")

    await town.until(CHAPTER)
    post = chapter_post(town)
    assert post.labels == [*OPTIONS, "Read the cards", "My challenges"]
    assert "0 votes so far" in read(post)

    await town.restart()

    voters = {"ada": 1, "ben": 1, "cid": 0, "dan": 0, "eve": 2}
    for who, option in voters.items():
        await town.presses(who, OPTIONS[option], post)
        assert f'Locked in: "{OPTIONS[option]}"' in town.read(who)
    await town.presses("ada", "Certain")
    assert "you are certain" in town.read("ada")
    await town.presses("ben", "My challenges", post)
    wrong = await town.submits("ben", "abc")
    assert "I need a number" in next(iter(wrong.errors.values()))
    await town.submits("ben", "1000")
    assert "Not yet" in town.read("ben")
    await town.until(CHAPTER + timedelta(seconds=30))
    assert "5 votes so far" in read(post)
    assert post.labels == [*OPTIONS, "Read the cards", "My challenges"]

    await town.until(DISCUSS)
    split = town.post_with("How you voted")
    assert "5 votes, and you are split" in read(split)
    for who in ("ada", "ben", "cid", "dan"):
        await town.presses(who, OPTIONS[1], split)
    await town.until(DISCUSS + timedelta(days=1))

    await town.until(RECAP)
    recap = read(town.posted()[-1])
    assert "Week 1 in short" in recap
    assert "First vote: 40 % right, 5 votes" in recap
    assert "After the talk: 100 % right" in recap
    assert len(town.posted()) == 4


async def test_a_vote_is_seen_by_its_voter_alone_and_its_window_takes_its_place(
    town: Town,
) -> None:
    await town.starts()
    await town.until(CHAPTER)
    await town.presses("ada", OPTIONS[3], chapter_post(town))
    assert town.private("ben") == []
    (asked,) = town.private("ada")
    assert asked.labels == ["Just a hunch", "Fairly", "Certain"]

    await town.presses("ada", "Fairly")
    assert [one.ts for one in town.private("ada")] == [asked.ts]
    assert "fairly sure" in town.read("ada")
    assert "Show me what happened" in town.labels("ada")

    await town.presses("ada", "Show me what happened")
    assert town.has_window("ada")
    assert "the next 300" in town.read("ada")


async def test_the_cards_stand_in_the_thread_and_can_be_turned_in_a_window(town: Town) -> None:
    await town.starts()
    await town.until(CHAPTER)
    post = chapter_post(town)
    told = [read(one) for one in town.thread(post)]
    assert "Bridges came before mechanics" in told[0]
    assert "The place to talk about week 1" in told[-1]
    assert not any("After the vote" in one for one in told)

    await town.presses("ada", "Read the cards", post)
    view = town.window("ada")
    for number in range(1, 6):
        assert f"Card {number} of 5" in town.read("ada")
        assert town.window("ada") is view
        if number < 5:
            await town.presses("ada", "Next")
    assert town.labels("ada") == ["Back", "My challenges"]
    await town.presses("ada", "Back")
    assert "Card 4 of 5" in town.read("ada")


async def test_the_recap_offers_to_catch_up_and_to_join_late(town: Town) -> None:
    await town.starts()
    await town.until(CHAPTER)
    await town.until(DISCUSS)
    await town.until(RECAP)
    recap = town.posted()[-1]
    assert "Week 1 in short" in read(recap)

    await town.presses("eve", "Join", recap)
    assert "You're in" in town.read("eve")
    await town.presses("eve", "Catch up on this week", recap)
    assert "Card 1 of 5" in town.read("eve")
    assert town.has_window("eve")


async def test_progress_grows_with_what_was_done(town: Town) -> None:
    await town.starts()
    await town.until(CHAPTER)
    await town.presses("ada", "My challenges", chapter_post(town))
    await town.submits("ada", "1000")
    await town.says("ada", "/study progress")

    assert "0 of 4 challenges, 1 try" in town.read("ada")
    await town.presses("ada", "My challenges")
    assert "Challenge 1 of 4" in town.read("ada")


async def test_a_second_start_in_the_channel_is_refused_with_a_pointer_to_the_first(
    town: Town,
) -> None:
    await town.starts()
    await town.says("mia", "/series start an-eye-for-deep-learning")

    assert f"is running in #{town.study}" in town.read("mia")
    await town.presses("mia", "Status")
    assert "Chapters behind you: 0 of 1" in town.read("mia")


async def test_a_channel_that_the_app_is_not_in_is_named_before_anything_is_promised(
    town: Town,
) -> None:
    closed = town.slack.channel(town.team, "closed", town.people["mia"], joined=False)
    await town.says("mia", "/series start", closed)
    assert "/invite @Studyhall" in town.read("mia")

    town.slack.channels[closed].members.add(town.slack.teams[town.team].bot_user)
    await town.presses("mia", "Check again")
    await town.presses("mia", "Start")
    await town.tick()
    assert "starts Monday" in town.channel_words(closed)[0]
