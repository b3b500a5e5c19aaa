"""The real gateway's protocol on loopback: interactions in, answers out, lines that break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import discord
import pytest

from adapters.discord import gateway, responder
from adapters.discord.gateway import Client, Gateway
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.discord.render import Image
from adapters.port import Address, CannotConnect, Suggestion
from lessons.actions import Explain, Join, Pressed, Typed
from lessons.document import Document, Paragraph, Plot, Text
from lessons.figure import Figure
from lessons.posts import Control, Part, Post, Reply, control
from lessons.replies.challenges import being_posed
from lessons.replies.voice import Voice
from tests.rigs.host import KeptHost
from tests.rigs.loopback_discord import (
    TOKEN,
    Fault,
    LoopbackDiscord,
    What,
    loopback_discord,
    until,
)

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Bench:
    world: LoopbackDiscord
    adapter: DiscordAdapter
    host: KeptHost
    guild: str
    study: str
    ada: str

    async def press(self, custom_id: str = "", **more: Any) -> list[dict[str, Any]]:
        """Ada presses a button of the channel; everything that she is answered."""
        message = self.world.text_of(self.study)[-1]
        told = self.world.press(
            self.guild, self.study, self.ada, message, custom_id or _custom_id(message)
        )
        told.update(more)
        await self.world.happens("INTERACTION_CREATE", told)
        answers = self.world.interactions[told["token"]]
        await until(lambda: bool(answers))
        return answers


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with loopback_discord() as world:
        ada = world.user("ada")
        guild = world.guild("Study circle", (ada,))
        study = world.channel(guild, "study")
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await adapter.open(host)
        await until(lambda: bool(host.here))
        join = control(space_of(guild), "Join", Join("r"))
        await adapter.send(Address(space_of(guild), study), part("Hello.", join), "key-1")
        yield Bench(world, adapter, host, guild, study, ada)
        await adapter.close()


def part(words: str, *controls: Any) -> Part:
    return Part(Document((Paragraph((Text(words),)),)), words, controls)


def reply(words: str, *controls: Any, edit: bool = False) -> Reply:
    return Reply(Post(Document((Paragraph((Text(words),)),)), words, controls), edit=edit)


def _custom_id(message: dict[str, Any]) -> str:
    return next(
        str(child["custom_id"])
        for one in message["components"][0]["components"]
        if one["type"] == 1
        for child in one["components"]
    )


def said(answer: dict[str, Any]) -> str:
    inside = answer["data"]
    return " ".join(str(one.get("content", "")) for one in inside["components"])


def hold_up_pictures(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is shown takes longer than there is time for."""
    monkeypatch.setattr(responder, "SOON_S", 0.05)
    pictures = bench.adapter.pictures

    async def slowly(pieces: Any) -> Any:
        await asyncio.sleep(0.3)
        return await pictures(pieces)

    monkeypatch.setattr(bench.adapter, "pictures", slowly)


def _many_buttons(guild: str) -> Iterator[Control]:
    for number in range(60):
        yield control(space_of(guild), str(number), Join(f"r{number}"))


# -- in and out -----------------------------------------------------------------------------------


async def test_a_press_is_an_action_and_its_reply_is_private(bench: Bench) -> None:
    bench.host.replies = [reply("You're in.")]

    (answer,) = await bench.press()

    (action,) = bench.host.actions
    assert isinstance(action.what, Pressed)
    assert (action.space, action.channel, action.member) == (
        space_of(bench.guild),
        bench.study,
        bench.ada,
    )
    assert (action.moderator, action.language) == (False, "en-GB")
    assert answer["type"] == 4
    assert answer["data"]["flags"] & 64
    assert said(answer) == "You're in."


async def test_a_press_in_a_thread_belongs_to_the_channel_of_the_thread(bench: Bench) -> None:
    thread = {"id": "123456789012345678", "type": 11, "parent_id": bench.study, "name": "talk"}
    meta = {"archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-01-01"}
    thread |= {"owner_id": "1", "message_count": 1, "member_count": 1, "thread_metadata": meta}
    bench.host.replies = [reply("Here.")]

    await bench.press(channel=thread, channel_id=thread["id"])

    assert bench.host.actions[0].channel == bench.study


async def test_a_later_reply_takes_the_place_of_the_first(bench: Bench) -> None:
    bench.host.replies = [reply("One moment."), reply("Done.")]

    answers = await bench.press()
    await until(lambda: len(answers) == 2)

    assert [one["type"] for one in answers] == [4, "later"]
    assert said(answers[1]) == "Done."


async def test_what_takes_long_is_announced_before_the_time_is_up(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_up_pictures(bench, monkeypatch)
    bench.host.replies = [reply("Drawn.")]

    answers = await bench.press()
    await until(lambda: len(answers) == 2)

    assert answers[0] == {"type": 5, "data": {"flags": 64}}
    assert said(answers[1]) == "Drawn."


async def test_a_form_in_a_message_is_announced_while_its_draft_is_read(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responder, "SOON_S", 0.05)
    shelf = bench.host.shelf("discord")
    kept = shelf.all

    async def slowly(prefix: str = "") -> Any:
        await asyncio.sleep(0.3)
        return await kept(prefix)

    monkeypatch.setattr(shelf, "all", slowly)
    bench.host.replies = [reply("Taken.")]

    answers = await bench.press("s:k:" + "a" * 24)
    await until(lambda: len(answers) == 2)

    assert answers[0]["type"] == 6


@pytest.mark.parametrize("slow", [False, True])
async def test_a_response_that_arrived_though_discord_said_no_is_followed_by_the_rest(
    bench: Bench, slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if slow:
        hold_up_pictures(bench, monkeypatch)
    bench.host.replies = [reply("One moment."), reply("Done.")]
    bench.world.faults.append(Fault("502", path=r".*/callback", done=True))

    answers = await bench.press()
    await until(lambda: len(answers) == (3 if slow else 2))

    assert said(answers[-1]) == "Done."


@pytest.mark.parametrize("what", ["reset", "close"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_response_that_may_be_lost_is_sent_again_and_shown_once(
    bench: Bench, what: What, done: bool
) -> None:
    bench.host.replies = [reply("One moment."), reply("Done.")]
    bench.world.faults.append(Fault(what, path=r".*/callback", done=done))

    answers = await bench.press()
    await until(lambda: len(answers) == 2)

    assert [one["type"] for one in answers] == [4, "later"]


async def test_an_answer_that_is_too_long_for_discord_is_owned_up_to(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    long = Part(Document(()), "", ())
    bench.host.replies = [Reply(Post(long.document, "", tuple(_many_buttons(bench.guild))))]

    (answer,) = await bench.press()

    assert "Something went wrong on my side" in said(answer)
    assert "components" in caplog.text


async def test_patience_and_then_feedback_stand_in_the_pressed_message_with_a_new_picture(
    bench: Bench,
) -> None:
    bench.host.figures["d"] = Figure("t", "Falling.", ())
    curve = Document((Plot("d", "Falling."),))
    name = Image("figure", "d", "Falling.").name
    there = {"id": "1234567890123456789", "filename": name, "size": 1, "url": "https://x.invalid/a"}
    there |= {"proxy_url": "https://x.invalid/a", "content_type": "image/png"}
    message = {**bench.world.text_of(bench.study)[-1], "flags": (1 << 15) | 64}
    message["attachments"] = [there]
    shown = Reply(Post(curve, "Falling."), edit=True)
    custom_id = "s:p:e:" + "a" * 24

    bench.host.replies = [shown]
    (kept,) = await bench.press(custom_id, message=message)
    bench.host.replies = [being_posed(Voice("en", "discord:1", "UTC")), shown]
    answers = await bench.press(custom_id, message=message)
    await until(lambda: len(answers) == 2)

    assert kept["data"]["attachments"] == [{"id": there["id"]}]
    assert answers[0]["type"] == 7
    assert "One moment" in said(answers[0])
    assert answers[1]["data"]["attachments"][0]["filename"] == name


async def test_an_edit_of_a_private_message_replaces_it_and_of_a_post_never(bench: Bench) -> None:
    bench.host.replies = [reply("Locked in.", edit=True)]
    custom_id = "s:p:e:" + "a" * 24

    (beside,) = await bench.press(custom_id)
    message = {**bench.world.text_of(bench.study)[-1], "flags": (1 << 15) | 64}
    (into,) = await bench.press(custom_id, message=message)

    assert (beside["type"], into["type"]) == (4, 7)


async def test_a_letter_to_a_moderator_carries_its_server_and_checks_who_presses(
    bench: Bench,
) -> None:
    space = space_of(bench.guild)
    again = control(space, "Check again", Explain("r"))
    letter = Address(space, bench.study, member=bench.ada)
    await bench.adapter.send(letter, part("Your channel is gone.", again), "key-2")
    dm = next(c for c in bench.world.channels.values() if c["type"] == 1)
    (message,) = bench.world.text_of(dm["id"])
    bench.host.replies = [reply("It goes on.")]
    told = bench.world.press(bench.guild, bench.study, bench.ada, message, _custom_id(message))
    for key in ("guild_id", "guild", "guild_locale"):
        del told[key]
    user = told.pop("member")["user"]
    channel = {"id": dm["id"], "type": 1, "recipients": [user]}
    told |= {"user": user, "channel": channel, "channel_id": dm["id"], "context": 1}

    for roles, moderates in ((), False), (("manage",), True):
        if roles:
            role = {"id": "999999999999999999", "name": "mods", "permissions": str(1 << 5)}
            bench.world.guilds[bench.guild]["roles"].append(role)
            bench.world.guilds[bench.guild]["members"][bench.ada]["roles"] = [role["id"]]
        bench.world.interactions[told["token"]] = []
        bench.host.actions.clear()
        await bench.world.happens("INTERACTION_CREATE", told)
        await until(lambda: bool(bench.world.interactions[told["token"]]))
        (action,) = bench.host.actions
        assert (action.space, action.moderator) == (space, moderates)


async def test_what_is_typed_in_private_is_sent_to_a_server(bench: Bench) -> None:
    data = {"name": "study", "id": "1", "type": 1, "options": [{"name": "help", "type": 1}]}
    told = bench.world.interaction(2, bench.guild, bench.study, bench.ada, data)
    for key in ("guild_id", "guild", "guild_locale"):
        del told[key]
    told |= {"user": told.pop("member")["user"], "channel": {"id": "1", "type": 1}, "context": 1}

    await bench.world.happens("INTERACTION_CREATE", told)
    answers = bench.world.interactions[told["token"]]
    await until(lambda: bool(answers))

    assert "in servers only" in said(answers[0])
    assert bench.host.actions == []


async def test_a_command_its_options_and_what_is_suggested(bench: Bench) -> None:
    bench.host.replies = [reply("Yes.")]
    bench.host.suggestions = (Suggestion("Berlin", "Europe/Berlin"),)
    options = [{"name": "zone", "type": 3, "value": "ber", "focused": True}]
    data = {
        "name": "series",
        "id": "1",
        "type": 1,
        "options": [{"name": "start", "type": 1, "options": options}],
    }
    typing = bench.world.interaction(4, bench.guild, bench.study, bench.ada, data)
    await bench.world.happens("INTERACTION_CREATE", typing)
    await until(lambda: bool(bench.world.interactions[typing["token"]]))
    sent = bench.world.interaction(2, bench.guild, bench.study, bench.ada, data)
    await bench.world.happens("INTERACTION_CREATE", sent)
    await until(lambda: bool(bench.world.interactions[sent["token"]]))

    (suggested,) = bench.world.interactions[typing["token"]]
    assert suggested["data"]["choices"] == [{"name": "Berlin", "value": "Europe/Berlin"}]
    ((asked, option, begun),) = bench.host.asked
    assert (option, begun) == ("zone", "ber")
    assert asked.what == Typed("series", "start")
    assert bench.host.actions[0].what == Typed("series", "start", (), {"zone": "ber"})


@pytest.mark.parametrize(
    ("mentionable", "everyone", "refused"),
    [(False, False, True), (True, False, False), (False, True, False)],
)
async def test_a_role_that_may_not_be_mentioned_is_refused_with_what_to_do(
    bench: Bench, mentionable: bool, everyone: bool, refused: bool
) -> None:
    bench.host.replies = [reply("Start a series here?")]
    role = {"id": "77", "name": "Quiet", "mentionable": mentionable}
    options = [{"name": "role", "type": 8, "value": "77"}]
    start = {"name": "start", "type": 1, "options": options}
    data = {"name": "series", "id": "1", "type": 1, "options": [start]}
    data["resolved"] = {"roles": {"77": role}}
    mine = discord.Permissions(mention_everyone=everyone).value
    told = bench.world.interaction(
        2, bench.guild, bench.study, bench.ada, data, app_permissions=str(mine)
    )

    await bench.world.happens("INTERACTION_CREATE", told)
    answers = bench.world.interactions[told["token"]]
    await until(lambda: bool(answers))

    assert ("that role can't be mentioned" in said(answers[0])) == refused
    assert len(bench.host.actions) == (0 if refused else 1)


async def test_a_service_that_fails_is_answered_kindly(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(action: object) -> AsyncIterator[Reply]:
        for _ in range(1):
            raise RuntimeError("broken")
        yield reply("never")

    monkeypatch.setattr(bench.host, "handle", broken)
    (answer,) = await bench.press()

    assert "Something went wrong on my side" in said(answer)
    assert "broken" in caplog.text


# -- the line -------------------------------------------------------------------------------------


async def test_a_line_that_is_asked_to_come_back_resumes_and_misses_nothing(bench: Bench) -> None:
    await bench.world.ask_to_reconnect()
    await until(lambda: bench.world.resumed == 1)
    bench.host.replies = [reply("Still here.")]

    (answer,) = await bench.press()

    assert said(answer) == "Still here."
    assert bench.world.identified == 1


async def test_what_was_pressed_while_the_line_was_down_is_answered_after_it(
    bench: Bench,
) -> None:
    bench.host.replies = [reply("Late, but here.")]
    await bench.world.hang_up()
    await until(lambda: not bench.world.sessions)
    message = bench.world.text_of(bench.study)[-1]
    told = bench.world.press(bench.guild, bench.study, bench.ada, message, _custom_id(message))
    await bench.world.happens("INTERACTION_CREATE", told)

    await until(lambda: bool(bench.world.interactions[told["token"]]), 20)

    assert bench.world.resumed == 1


async def test_a_session_that_is_invalid_begins_anew(bench: Bench) -> None:
    await bench.world.invalidate()

    await until(lambda: bench.world.identified == 2, 30)
    bench.host.replies = [reply("Here again.")]
    await until(lambda: bool(bench.world.sessions))
    (answer,) = await bench.press()
    assert said(answer) == "Here again."


@pytest.mark.parametrize(
    ("code", "words"), [(4004, "Copy it anew"), (4011, "more servers"), (4012, "4012")]
)
async def test_a_line_that_is_closed_for_good_ends_the_service_with_what_to_do(
    bench: Bench, code: int, words: str
) -> None:
    await bench.world.hang_up(code)

    await until(lambda: bool(bench.host.ended))

    assert words in bench.host.ended[0]


async def test_a_wrong_token_stops_the_start_and_says_what_to_do() -> None:
    async with loopback_discord():
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, "wrong"))
        with pytest.raises(CannotConnect, match="Copy it anew from the developer portal"):
            await adapter.open(KeptHost())
        await adapter.close()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/users/@me"), ("PUT", "/applications/.*/commands")]
)
async def test_a_discord_that_is_away_at_the_start_is_waited_for(method: str, path: str) -> None:
    async with loopback_discord() as world:
        world.faults.append(Fault("503", path=path, method=method))
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await adapter.open(host)
        await until(lambda: bool(host.here and adapter.commands), 20)
        assert world.faults == []
        assert adapter.commands["/study next"].isdigit()
        await adapter.close()


@pytest.mark.parametrize("what", ["429", "400"])
async def test_commands_that_discord_does_not_take_keep_nobody_out(
    what: What, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "REGISTER_S", 0.2)
    async with loopback_discord() as world:
        ada = world.user("ada")
        guild = world.guild("Study circle", (ada,))
        study = world.channel(guild, "study")
        world.faults.append(
            Fault(what, path="/applications/.*/commands", method="PUT", after_s=3_600)
        )
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await host.shelf("discord").put("command_ids", '{"study": "7"}')
        await adapter.open(host)
        await until(lambda: bool(host.here))
        assert adapter.commands["/study next"] == "7"
        join = control(space_of(guild), "Join", Join("r"))
        await adapter.send(Address(space_of(guild), study), part("Hello.", join), "key-1")
        host.replies = [reply("You're in.")]

        (answer,) = await Bench(world, adapter, host, guild, study, ada).press()

        assert said(answer) == "You're in."
        assert world.registered == 0
        await adapter.close()


async def test_commands_are_registered_only_when_they_changed() -> None:
    shelves: dict[str, Any] = {}
    async with loopback_discord() as world:
        world.guild("Study circle")
        for _ in range(3):
            client = Client()
            adapter = DiscordAdapter(client, Gateway(client, TOKEN))
            host = KeptHost(shelves)
            await adapter.open(host)
            assert adapter.commands["/study next"].isdigit()
            await adapter.close()
        assert world.registered == 1
        await shelves["discord"].put("commands", "another table")
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        await adapter.open(KeptHost(shelves))
        await adapter.close()
        assert world.registered == 2


# -- news -----------------------------------------------------------------------------------------


async def test_the_service_hears_of_servers_and_channels_that_are_gone(bench: Bench) -> None:
    space = space_of(bench.guild)
    assert bench.host.here[0] == (space,)
    channel = bench.world.channels[bench.study]

    await bench.world.happens("CHANNEL_DELETE", channel)
    await until(lambda: len(bench.host.gone) == 1)
    await bench.world.happens("GUILD_DELETE", {"id": bench.guild, "unavailable": True})
    await bench.world.happens("GUILD_CREATE", bench.world.guild_payload(bench.guild))
    await bench.world.happens("GUILD_DELETE", {"id": bench.guild})
    await until(lambda: len(bench.host.gone) == 2)

    assert bench.host.gone == [Address(space, bench.study), space]


async def test_a_server_that_was_left_while_the_line_was_down_is_missed_when_it_is_back(
    bench: Bench,
) -> None:
    other = bench.world.guild("Another circle")
    invited = bench.world.guild_payload(other)
    del invited["unavailable"]  # only one that was known before says whether it can be reached
    await bench.world.happens("GUILD_CREATE", invited)
    await until(lambda: set(bench.host.here[-1]) == {space_of(bench.guild), space_of(other)})
    await bench.world.hang_up()
    await until(lambda: not bench.world.sessions)
    bench.world.resumable = False
    del bench.world.guilds[other]

    await until(lambda: bench.host.here[-1] == (space_of(bench.guild),), 30)


async def test_no_privileged_intent_is_asked_for(bench: Bench) -> None:
    (session,) = bench.world.sessions.values()
    assert session.intents == 1
    assert Client(events="none").intents.value == 0
    assert list(bench.adapter.client.cached_messages) == []
