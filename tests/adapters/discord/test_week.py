"""A week in a Discord server, from the invitation to the recap, with a restart in the middle.

Knows no part of the service: everything is typed, pressed, filled in and read in the server.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from tests.rigs.simcord_hall import Town, components_of, labels, words

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)
DISCUSS = CHAPTER + timedelta(days=3)
RECAP = CHAPTER + timedelta(days=6)
OPTIONS = (
    "It halves, or better",
    "It falls, by less than half",
    "It barely moves (less than 5 %)",
    "It goes up",
)


async def start(town: Town) -> None:
    """A series, started as moderators do; its invitation is out."""
    await town.says("mia", "series start", series="an-eye-for-deep-learning")
    await town.presses("mia", "Start")
    await town.tick()


def chapter_post(town: Town) -> Any:
    return next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))


async def test_a_week_from_start_to_recap_with_a_restart_in_the_middle(town: Town) -> None:
    await town.says("mia", "series start")
    proposed = town.read("mia")
    assert "Start a series here?" in proposed
    assert "<t:1790607600:F>: chapter 1" in proposed
    assert town.seen["mia"].ephemeral
    assert town.posted() == []

    await town.presses("mia", "Start")
    await town.tick()
    assert "starts <t:1790607600:F>" in town.channel_words()[0]

    await town.presses("ada", "Join")
    assert "You're in" in town.read("ada")
    assert town.seen["ada"].ephemeral

    await town.until(CHAPTER)
    post = chapter_post(town)
    assert labels(components_of(post)) == [*OPTIONS, "Read the cards", "My challenges"]
    (thread,) = town.study.threads
    assert thread.name == "Week 1: Guess, look, be surprised"

    await town.restart()

    voters = {"ada": 1, "ben": 1, "cid": 0, "dan": 0, "eve": 2}
    for who, option in voters.items():
        await town.presses(who, OPTIONS[option], post)
        assert OPTIONS[option] in town.read(who)
        assert town.seen[who].ephemeral
    await town.presses("ada", "Certain")
    await town.until(CHAPTER + timedelta(seconds=30))
    assert "5 votes so far" in words(components_of(chapter_post(town)))
    assert labels(components_of(chapter_post(town)))[:4] == list(OPTIONS)

    await town.until(DISCUSS)
    assert "How you voted" in town.channel_words()[-1]
    await town.until(RECAP)
    assert "Week 1 in short" in town.channel_words()[-1]
    told = [text for text in town.channel_words() if text]
    assert len(told) == 4


async def test_the_cards_are_turned_in_place_and_end_with_the_challenges(town: Town) -> None:
    await start(town)
    await town.until(CHAPTER)
    await town.presses("ada", "Read the cards", chapter_post(town))
    assert "Card 1 of 5" in town.read("ada")
    first = town.messages["ada"].id

    for number in range(2, 6):
        await town.presses("ada", "Next")
        assert f"Card {number} of 5" in town.read("ada")
        assert town.messages["ada"].id == first

    assert "My challenges" in labels(components_of(town.messages["ada"]))
    await town.presses("ada", "Back")
    assert "Card 4 of 5" in town.read("ada")


async def test_a_chapter_can_be_previewed_before_it_starts(town: Town) -> None:
    await town.says("mia", "series start")
    await town.presses("mia", "Preview chapter 1")

    assert "A preview, only for you" in town.read("mia")
    assert town.messages["mia"].attachments
    assert town.posted() == []


async def test_every_command_is_answered_in_private(town: Town) -> None:
    await start(town)
    await town.until(CHAPTER)
    for command in ("join", "next", "lesson", "challenge", "progress", "help", "leave"):
        result = await town.says("ada", f"study {command}")
        assert (result.acknowledged, result.ephemeral) == (True, True), command
        assert town.read("ada"), command
    for command in ("status", "preview", "pause", "resume", "resend", "skip", "post-now", "stop"):
        result = await town.says("mia", f"series {command}")
        assert (result.acknowledged, result.ephemeral) == (True, True), command
        assert town.read("mia"), command
    moved = await town.says("mia", "series move", channel=town.study)
    assert moved.acknowledged


async def test_options_are_taken_and_wrong_ones_are_explained(town: Town) -> None:
    library = town.guild.create_text_channel("library")

    await town.says("mia", "series start", day="thursday", time="18:30", zone="Asia/Tokyo")
    assert "Asia/Tokyo" in town.read("mia")
    assert "<t:1790847000:F>: chapter 1" in town.read("mia")
    await town.says("mia", "series start", time="half past")
    assert "half past" in town.read("mia")
    await town.says("mia", "series start", zone="Europe/Berlln")
    assert "Europe/Berlin" in town.read("mia")
    await town.says("mia", "series start", channel=library)
    assert f"<#{library.id}>" in town.read("mia")
    await town.presses("mia", "Start")
    await town.tick()
    assert town.posted() == []
    assert "starts" in town.channel_words(library)[0]


async def test_a_second_start_in_the_channel_is_refused_with_a_pointer_to_the_first(
    town: Town,
) -> None:
    await start(town)
    await town.says("mia", "series start")

    assert "is running in" in town.read("mia")
    assert f"<#{town.study.id}>" in town.read("mia")
    await town.presses("mia", "Status")
    assert "is running in" in town.read("mia")


async def test_an_offer_that_comes_too_late_starts_no_second_series(town: Town) -> None:
    await town.says("mia", "series start")
    first = town.messages["mia"]
    await town.says("mia", "series start", day="friday")
    second = town.messages["mia"]
    await town.presses("mia", "Start", first)
    await town.presses("mia", "Start", second)
    assert "is running in" in town.read("mia")
    await town.tick()
    assert len(town.posted()) == 1


async def test_a_missing_right_is_named_before_anything_is_promised(town: Town) -> None:
    closed = town.guild.create_text_channel(
        "closed",
        overwrites={
            town.guild.me: discord.PermissionOverwrite(
                send_messages_in_threads=False, attach_files=False
            )
        },
    )
    await town.says("mia", "series start", channel=closed)

    assert "Send messages in threads" in town.read("mia")
    assert "Attach files" in town.read("mia")
    assert "Send messages," not in town.read("mia")
    assert "Start" not in labels(components_of(town.messages["mia"]))


async def test_one_role_is_told_of_each_chapter_and_nobody_else(town: Town) -> None:
    role = town.guild.create_role("Readers", mentionable=True)
    await town.says("mia", "series start", role=role)
    assert "The role you chose is told" in town.read("mia")
    await town.presses("mia", "Start")
    await town.until(CHAPTER)

    requests = [r for r in town.env.http_requests if r.path.endswith("/messages")]
    posts = [r.json for r in requests if r.json]
    (post,) = [one for one in posts if one["allowed_mentions"].get("roles")]
    assert post["allowed_mentions"] == {"parse": [], "roles": [str(role.id)]}
    assert f"<@&{role.id}>" in words(post["components"])
    chapter = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
    await town.presses("ada", "It goes up", chapter)
    await town.until(CHAPTER + timedelta(seconds=30))
    counted = next(m for m in town.posted() if m.id == chapter.id)
    assert "1 vote so far" in words(components_of(counted))
    assert f"<@&{role.id}>" in words(components_of(counted))
    assert all(one["allowed_mentions"]["parse"] == [] for one in posts)


async def test_everybody_is_no_role_that_can_be_told(town: Town) -> None:
    await town.says("mia", "series start", role=town.guild.default_role)

    assert "I never call everybody" in town.read("mia")


async def test_suggestions_come_while_a_moderator_types(town: Town) -> None:
    async def offered(who: str, command: str, option: str, begun: str) -> list[str]:
        result = await town.people[who].autocomplete(town.study, command, option, begun)
        return [str(one["value"]) for one in result]

    assert await offered("mia", "series start", "series", "eye") == ["an-eye-for-deep-learning"]
    assert (await offered("mia", "series start", "zone", "berlin"))[0] == "Europe/Berlin"
    assert (await offered("mia", "series start", "time", "17")) == ["17:00", "17:30"]
    assert await offered("mia", "series start", "first_chapter", "") == ["1"]
    assert await offered("ada", "study lesson", "chapter", "") == []
    await start(town)
    await town.until(CHAPTER)
    assert await offered("ada", "study lesson", "chapter", "gue") == ["1"]


async def test_a_forum_gets_one_post_a_chapter_with_everything_of_it_inside(town: Town) -> None:
    forum = town.guild.create_forum_channel("books")
    await town.says("mia", "series start", channel=forum)
    assert "Start a series here?" in town.read("mia")
    await town.presses("mia", "Start")
    await town.until(CHAPTER)
    await town.until(DISCUSS)
    await town.until(RECAP)

    by_name = {thread.name: thread for thread in forum.threads}
    assert len(by_name) == 2
    chapter = next(t for name, t in by_name.items() if "Guess, look" in name)
    said = [words(components_of(m)) for m in chapter.history() if m.components]
    assert "Before you read on" in said[0]
    assert "The place to talk" in said[1]
    assert "Week 1 · How you voted" in said[2]
    assert "Week 1 in short" in said[3]
    await town.presses("ada", OPTIONS[0], chapter.history()[0])
    assert town.read("ada")
