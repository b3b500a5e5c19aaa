"""The gateway on loopback: lines that break, doors that stay shut, and news of servers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.discord import gateway
from adapters.discord.gateway import Client, Gateway
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.port import Address, CannotConnect
from tests.rigs.discord_line import Bench, button_of, join_post, open_bench, reply, said
from tests.rigs.host import KeptHost
from tests.rigs.loopback_discord import loopback_discord, until
from tests.rigs.loopback_discord_faults import Fault, What
from tests.rigs.loopback_discord_world import TOKEN


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as opened:
        yield opened


# -- the line -------------------------------------------------------------------------------------


async def test_a_line_that_is_asked_to_come_back_resumes_and_misses_nothing(bench: Bench) -> None:
    await bench.world.gateway.ask_to_reconnect()
    await until(lambda: bench.world.gateway.resumed == 1)
    bench.host.replies = [reply("Still here.")]

    (answer,) = await bench.press()

    assert said(answer) == "Still here."
    assert bench.world.gateway.identified == 1


async def test_what_was_pressed_while_the_line_was_down_is_answered_after_it(
    bench: Bench,
) -> None:
    bench.host.replies = [reply("Late, but here.")]
    await bench.world.gateway.hang_up()
    await until(lambda: not bench.world.gateway.sessions)
    message = bench.world.text_of(bench.study)[-1]
    told = bench.world.people.press(
        bench.guild, bench.study, bench.ada, message, button_of(message)
    )
    await bench.world.gateway.happens("INTERACTION_CREATE", told)

    await until(lambda: bool(bench.world.interactions[told["token"]]), 20)

    assert bench.world.gateway.resumed == 1


async def test_a_session_that_is_invalid_begins_anew(bench: Bench) -> None:
    await bench.world.gateway.invalidate()

    await until(lambda: bench.world.gateway.identified == 2, 30)
    bench.host.replies = [reply("Here again.")]
    await until(lambda: bool(bench.world.gateway.sessions))
    (answer,) = await bench.press()
    assert said(answer) == "Here again."


@pytest.mark.parametrize(
    ("code", "words"), [(4004, "Copy it anew"), (4011, "more servers"), (4012, "4012")]
)
async def test_a_line_that_is_closed_for_good_ends_the_service_with_what_to_do(
    bench: Bench, code: int, words: str
) -> None:
    await bench.world.gateway.hang_up(code)

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
        world.plan.faults.append(Fault("503", path=path, method=method))
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await adapter.open(host)
        await until(lambda: bool(host.here and adapter.commands), 20)
        assert world.plan.faults == []
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
        world.plan.faults.append(
            Fault(what, path="/applications/.*/commands", method="PUT", after_s=3_600)
        )
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await host.shelf("discord").put("command_ids", '{"study": "7"}')
        await adapter.open(host)
        await until(lambda: bool(host.here))
        assert adapter.commands["/study next"] == "7"
        await adapter.send(Address(space_of(guild), study), join_post(guild), "key-1")
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

    await bench.world.gateway.happens("CHANNEL_DELETE", channel)
    await until(lambda: len(bench.host.gone) == 1)
    await bench.world.gateway.happens("GUILD_DELETE", {"id": bench.guild, "unavailable": True})
    await bench.world.gateway.happens(
        "GUILD_CREATE", bench.world.gateway.guild_payload(bench.guild)
    )
    await bench.world.gateway.happens("GUILD_DELETE", {"id": bench.guild})
    await until(lambda: len(bench.host.gone) == 2)

    assert bench.host.gone == [Address(space, bench.study), space]


async def test_a_server_that_was_left_while_the_line_was_down_is_missed_when_it_is_back(
    bench: Bench,
) -> None:
    other = bench.world.guild("Another circle")
    invited = bench.world.gateway.guild_payload(other)
    del invited["unavailable"]  # only one that was known before says whether it can be reached
    await bench.world.gateway.happens("GUILD_CREATE", invited)
    await until(lambda: set(bench.host.here[-1]) == {space_of(bench.guild), space_of(other)})
    await bench.world.gateway.hang_up()
    await until(lambda: not bench.world.gateway.sessions)
    bench.world.gateway.resumable = False
    del bench.world.guilds[other]

    await until(lambda: bench.host.here[-1] == (space_of(bench.guild),), 30)


async def test_no_privileged_intent_is_asked_for(bench: Bench) -> None:
    (session,) = bench.world.gateway.sessions.values()
    assert session.intents == 1
    assert Client(events="none").intents.value == 0
    assert list(bench.adapter.client.cached_messages) == []
