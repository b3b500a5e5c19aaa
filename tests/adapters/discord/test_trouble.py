"""What goes wrong in a Discord server, and that it is answered kindly and counts nothing.

Knows no part of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from adapters.discord import limits
from adapters.port import Address
from bot import departures
from bot.departures import GRACE
from tests.rigs.dialogue import ask
from tests.rigs.simcord_hall import Town, components_of, labels, open_town, words

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)


async def start(town: Town) -> None:
    await town.says("mia", "series start", series="an-eye-for-deep-learning")
    await town.presses("mia", "Start")
    await town.tick()


def letters(town: Town, who: str) -> list[Any]:
    """What the app wrote to somebody in private."""
    backend = town.env.backend
    name = town.people[who].id
    channels = [c for c in backend.channels.values() if name in getattr(c, "recipient_ids", ())]
    found = [m for c in channels for m in backend.messages.get(c.id, {}).values()]
    return sorted(found, key=lambda message: message.id)


async def test_who_is_no_moderator_any_more_can_not_press_a_moderators_button(town: Town) -> None:
    await town.says("mia", "series start")
    backend = town.env.backend
    (role,) = backend.get_member(town.guild.id, town.people["mia"].id).role_ids
    backend.remove_member_role(town.guild.id, town.people["mia"].id, role)

    await town.presses("mia", "Start")

    assert "moderator" in town.read("mia").lower()
    await town.tick()
    assert town.posted() == []


async def test_a_member_can_not_press_what_a_moderator_was_shown(town: Town) -> None:
    await start(town)
    await town.says("mia", "series stop")
    danger = town.messages["mia"]
    button = next(b for b in _buttons(danger) if b["style"] == 4)

    answer = await _pressed(town, "ada", button["custom_id"])

    assert "moderator" in words(components_of(answer)).lower()
    await town.says("mia", "series status")
    assert "is running in" in town.read("mia")


async def test_a_button_of_another_server_means_nothing_here(town: Town) -> None:
    await start(town)
    await town.until(CHAPTER)
    post = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
    custom_id = _buttons(post)[0]["custom_id"]
    other = town.env.create_guild("Another circle")
    channel = other.create_text_channel("study")
    eve = other.add_member(town.env.create_user("eva"))
    fake = await _with_button(town, channel, custom_id)

    result = await eve.click(fake, custom_id=custom_id)

    assert result.acknowledged
    assert result.response is not None
    assert "moved on" in words(components_of(result.response.message))
    await town.until(CHAPTER.replace(second=30))
    assert "0 votes" in words(components_of(post))


@pytest.mark.parametrize(
    "custom_id",
    ["", "s:p:m:" + "0" * 24, "s:p:e:" + "f" * 24 + "@1", "vote-1", "s:k:" + "0" * 24, "s:d:x:y:z"],
)
async def test_a_button_that_nobody_knows_is_answered_kindly(town: Town, custom_id: str) -> None:
    await start(town)
    message = await _with_button(town, town.study, custom_id or "other")

    result = await town.people["ada"].click(message, custom_id=custom_id or "other")

    assert result.ephemeral
    assert "moved on" in words(components_of(result.response.message))


async def test_a_button_in_an_old_message_works_for_years(town: Town) -> None:
    await start(town)
    await town.until(CHAPTER)
    post = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
    town.clock.at = CHAPTER.replace(year=2031)
    await town.restart()

    await town.presses("ben", "My challenges", post)

    assert "Challenge 1 of 4" in town.read("ben")


@pytest.mark.parametrize("custom_id", ["s:d:" + "0" * 24 + ":order:0", "other"])
async def test_a_choice_in_a_form_that_nobody_knows_is_answered_kindly_and_not_kept(
    town: Town, custom_id: str
) -> None:
    await start(town)
    options = [{"label": "A", "value": "a"}]
    select = {"type": 3, "custom_id": custom_id, "options": options}
    message = await _with(town, town.study, select)

    result = await town.people["ada"].select(message, ["a"], custom_id=custom_id)

    assert result.ephemeral
    assert "moved on" in words(components_of(result.response.message))
    assert await town.adapter.shelf.all("draft:") == {}


async def test_two_quick_clicks_on_one_vote_count_once(town: Town) -> None:
    await start(town)
    await town.until(CHAPTER)
    post = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
    for _ in range(2):
        await town.presses("ada", "It goes up", post)
    await town.until(CHAPTER.replace(second=40))
    assert "1 vote so far" in words(
        components_of(next(m for m in town.posted() if m.id == post.id))
    )


async def test_an_answer_to_who_has_given_up_is_no_error(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    await start(town)
    town.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await town.people["ada"].click(town.posted()[0], label="Join")

    assert not [r for r in caplog.records if r.levelname == "ERROR"]
    await town.presses("ada", "Join", town.posted()[0])
    assert "in already" in town.read("ada")


async def test_a_deleted_channel_pauses_the_series_and_its_moderator_is_told(town: Town) -> None:
    await start(town)
    here = town.study
    talk = town.guild.create_text_channel("talk")
    await town.app.service.channel_gone(Address(town.space, str(here.id)))
    await town.tick()

    (letter,) = letters(town, "mia")
    assert "is gone, so **An eye for deep learning** is waiting" in words(letter.components)
    await town.says("mia", "series status", at=talk)
    assert "can't post in" in town.read("mia")
    await town.says("mia", "series move", at=talk, channel=talk)
    await town.until(CHAPTER)
    assert any("Week 1 ·" in said for said in town.channel_words(talk))


async def test_a_deleted_channel_is_noticed_by_itself(town: Town) -> None:
    await start(town)
    town.guild.create_text_channel("talk")
    town.env.backend.delete_channel(town.study.id)
    await town.env.settle()
    await town.tick()

    assert ["is gone" in words(one.components) for one in letters(town, "mia")] == [True]


async def test_a_lost_right_pauses_the_series_names_it_and_goes_on_when_it_is_back(
    town: Town,
) -> None:
    await start(town)
    me = town.guild.me.id
    deny = discord.Permissions(send_messages=True).value
    town.env.backend.set_overwrite(town.study.id, Overwrite(me, OverwriteType.MEMBER, 0, deny))
    await town.until(CHAPTER)

    (letter,) = letters(town, "mia")
    assert "I'm missing **Send messages** there" in words(letter.components)
    town.env.backend.delete_overwrite(town.study.id, me)
    await town.says("mia", "series resume")
    await town.tick()
    assert any("Week 1 ·" in said for said in town.channel_words())


async def test_a_server_that_was_left_is_forgotten_after_a_while(tmp_path: Path) -> None:
    async with open_town(tmp_path / "home") as town:
        await start(town)
        await town.presses("ada", "Join")
        service = town.app.service
        await service.space_gone(town.space)
        await town.until(town.clock.at + GRACE / 2)
        await service.spaces_here("discord", [town.space])
        await town.says("mia", "series status")
        assert "An eye for deep learning" in town.read("mia")
        await service.spaces_here("discord", [])
        assert await _rows(town) > 0
        town.clock.at += GRACE
        assert await town.app.db.run(lambda t: departures.purge(t, town.clock())) == 1
        assert await _rows(town) == 0


# -- pieces ---------------------------------------------------------------------------------------


async def _rows(town: Town) -> int:
    """How many rows know of this server."""

    def count(t: Any) -> int:
        tables = t.all(
            ask(
                "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
                " WHERE m.type = 'table' AND c.name = 'space'"
            )
        )
        found = 0
        for table in tables:
            query = f"SELECT COUNT(*) AS n FROM {table['name']} WHERE space = :space"
            found += t.one(ask(query), space=town.space)["n"]
        return found

    return await town.app.db.run(count)


def _buttons(message: Any) -> list[Mapping[str, Any]]:
    return [one for one in limits.everything(components_of(message)) if one["type"] == 2]


async def _with_button(town: Town, channel: Any, custom_id: str) -> Any:
    """A message of the app's with that button, as a version of it might have left one."""
    return await _with(
        town, channel, {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id}
    )


async def _with(town: Town, channel: Any, control: dict[str, Any]) -> Any:
    row = {"type": 1, "components": [control]}
    made = await town.adapter.wire.send(
        "POST",
        "/channels/{channel_id}/messages",
        {"channel_id": str(channel.id)},
        {"components": [row], "flags": 1 << 15, "allowed_mentions": {"parse": []}},
    )
    return next(m for m in channel.history() if m.id == int(made["id"]))


async def _pressed(town: Town, who: str, custom_id: str) -> Any:
    message = await _with_button(town, town.study, custom_id)
    result = await town.people[who].click(message, custom_id=custom_id)
    return result.response.message


def test_labels_are_read_from_components() -> None:
    row = {"type": 1, "components": [{"type": 2, "label": "Join", "custom_id": "a"}]}
    assert labels([row]) == ["Join"]
