"""What people do comes in as interactions, and each is answered, in time, whatever goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import discord
import pytest

from adapters.discord import responder
from adapters.discord.messenger import space_of
from adapters.discord.render import Image
from adapters.port import Address, Suggestion
from lessons.actions import Explain, Join, Pressed, Typed
from lessons.document import Document, Plot
from lessons.figure import Figure
from lessons.posts import Control, Post, Reply, control
from lessons.replies.challenges import being_posed
from lessons.replies.voice import Voice
from tests.rigs.discord_line import Bench, button_of, open_bench, part, reply, said
from tests.rigs.loopback_discord import until
from tests.rigs.loopback_discord_faults import Fault, What


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as opened:
        yield opened


def hold_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer takes longer than there is time for."""
    monkeypatch.setattr(responder, "SOON_S", 0.05)
    bench.host.holds_s = 0.3


def _many_buttons(guild: str) -> Iterator[Control]:
    for number in range(60):
        yield control(space_of(guild), str(number), Join(f"r{number}"))


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
    hold_up(bench, monkeypatch)
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
        hold_up(bench, monkeypatch)
    bench.host.replies = [reply("One moment."), reply("Done.")]
    bench.world.plan.faults.append(Fault("502", path=r".*/callback", done=True))

    answers = await bench.press()
    await until(lambda: len(answers) == (3 if slow else 2))

    assert said(answers[-1]) == "Done."


@pytest.mark.parametrize("what", ["reset", "close"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_response_that_may_be_lost_is_sent_again_and_shown_once(
    bench: Bench, what: What, done: bool
) -> None:
    bench.host.replies = [reply("One moment."), reply("Done.")]
    bench.world.plan.faults.append(Fault(what, path=r".*/callback", done=done))

    answers = await bench.press()
    await until(lambda: len(answers) == 2)

    assert [one["type"] for one in answers] == [4, "later"]


async def test_an_answer_that_is_too_long_for_discord_is_owned_up_to(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.host.replies = [Reply(Post(Document(()), "", tuple(_many_buttons(bench.guild))))]

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
    told = bench.world.people.press(
        bench.guild, bench.study, bench.ada, message, button_of(message)
    )
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
        await bench.world.gateway.happens("INTERACTION_CREATE", told)
        await until(lambda: bool(bench.world.interactions[told["token"]]))
        (action,) = bench.host.actions
        assert (action.space, action.moderator) == (space, moderates)


async def test_what_is_typed_in_private_is_sent_to_a_server(bench: Bench) -> None:
    data = {"name": "study", "id": "1", "type": 1, "options": [{"name": "help", "type": 1}]}
    told = bench.world.people.interaction(2, bench.guild, bench.study, bench.ada, data)
    for key in ("guild_id", "guild", "guild_locale"):
        del told[key]
    told |= {"user": told.pop("member")["user"], "channel": {"id": "1", "type": 1}, "context": 1}

    answers = await bench.happens(told)

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
    typing = bench.world.people.interaction(4, bench.guild, bench.study, bench.ada, data)
    await bench.world.gateway.happens("INTERACTION_CREATE", typing)
    await until(lambda: bool(bench.world.interactions[typing["token"]]))
    sent = bench.world.people.interaction(2, bench.guild, bench.study, bench.ada, data)
    await bench.world.gateway.happens("INTERACTION_CREATE", sent)
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
    told = bench.world.people.interaction(
        2, bench.guild, bench.study, bench.ada, data, app_permissions=str(mine)
    )

    answers = await bench.happens(told)

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
