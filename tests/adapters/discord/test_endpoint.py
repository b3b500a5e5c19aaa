"""Interactions over HTTP: what Discord signed is answered, everything else reaches nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.discord import endpoint
from adapters.discord.endpoint import MOST_BYTES, PATH, Endpoint, public_key_of
from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.port import CannotConnect
from bot.listener import listening
from lessons.actions import Pressed
from lessons.document import Document, Paragraph, Text
from lessons.posts import Post, Reply
from tests.rigs.host import KeptHost
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord, until
from tests.rigs.loopback_discord_faults import Fault
from tests.rigs.loopback_discord_world import TOKEN

KEY = Ed25519PrivateKey.from_private_bytes(b"studyhall" * 3 + b"00000")
OTHER = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
PUBLIC = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


@dataclass
class Bench:
    world: LoopbackDiscord
    host: KeptHost
    address: str
    browser: aiohttp.ClientSession
    guild: str
    study: str
    ada: str

    def pressed(self) -> dict[str, Any]:
        message = {"id": "123456789012345678", "channel_id": self.study, "type": 0, "flags": 0}
        message |= {"author": self.world.bot, "components": [], "attachments": [], "embeds": []}
        message |= {"content": "", "mentions": [], "mention_roles": [], "pinned": False}
        message |= {"tts": False, "mention_everyone": False, "edited_timestamp": None}
        message |= {"timestamp": "2026-01-01T00:00:00+00:00"}
        custom_id = "s:p:m:" + "a" * 24
        return self.world.people.press(self.guild, self.study, self.ada, message, custom_id)

    async def post(
        self,
        told: object,
        *,
        key: Ed25519PrivateKey = KEY,
        stamp: str = "",
        signature: str | None = None,
        body: bytes | None = None,
    ) -> tuple[int, bytes]:
        body = json.dumps(told).encode() if body is None else body
        stamp = stamp or str(int(time.time()))
        signed = key.sign(stamp.encode("utf-8", "replace") + body).hex()
        headers = {
            "X-Signature-Ed25519": signed if signature is None else signature,
            "X-Signature-Timestamp": stamp,
            "Content-Type": "application/json",
        }
        async with self.browser.post(self.address + PATH, data=body, headers=headers) as answer:
            return answer.status, await answer.read()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with loopback_discord() as world, aiohttp.ClientSession() as browser:
        ada = world.user("ada")
        guild = world.guild("Study circle", (ada,))
        study = world.channel(guild, "study")
        client = Client()
        way_in = Endpoint(client, TOKEN, PUBLIC)
        adapter = DiscordAdapter(client, way_in)
        host = KeptHost()
        host.replies = [Reply(Post(Document((Paragraph((Text("You're in."),)),)), "in"))]
        await adapter.open(host)
        async with listening("127.0.0.1", 0, [way_in]) as port:
            address = f"http://127.0.0.1:{port}"
            yield Bench(world, host, address, browser, guild, study, ada)
        await adapter.close()


async def test_a_ping_is_answered(bench: Bench) -> None:
    status, body = await bench.post({"type": 1, "id": "1"})
    assert (status, json.loads(body)) == (200, {"type": 1})


async def test_a_press_is_answered_as_over_the_gateway(bench: Bench) -> None:
    told = bench.pressed()

    status, body = await bench.post(told)
    assert (status, body) == (202, b"")
    await until(lambda: bool(bench.world.interactions[told["token"]]))

    (answer,) = bench.world.interactions[told["token"]]
    assert answer["type"] == 4
    assert answer["data"]["components"][0]["content"] == "You're in."
    (action,) = bench.host.actions
    assert action.what == Pressed("a" * 24)
    assert (action.space, action.member) == (space_of(bench.guild), bench.ada)
    assert bench.world.gateway.identified == 0  # no gateway


async def test_a_replay_is_taken_and_does_nothing(bench: Bench) -> None:
    told = bench.pressed()
    stamp = str(int(time.time()))

    assert [(await bench.post(told, stamp=stamp))[0] for _ in range(3)] == [202, 202, 202]
    await until(lambda: bool(bench.world.interactions[told["token"]]))

    assert len(bench.host.actions) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"key": OTHER},
        {"signature": ""},
        {"signature": "0" * 128},
        {"signature": "x" * 128},
        {"signature": "é" * 64},
        {"signature": "0" * 4_000},
        {"stamp": "soon"},
        {"stamp": "12345678901234567890"},
        {"stamp": str(int(time.time()) - 3_600)},
        {"stamp": str(int(time.time()) + 3_600)},
        {"stamp": "\uff11" * 10},
    ],
)
async def test_what_discord_did_not_sign_now_is_refused(bench: Bench, how: dict[str, Any]) -> None:
    status, _ = await bench.post(bench.pressed(), **how)

    assert status == 401
    assert bench.host.actions == []


async def test_a_body_that_was_changed_is_refused(bench: Bench) -> None:
    told = bench.pressed()
    stamp = str(int(time.time()))
    signature = KEY.sign(stamp.encode() + json.dumps(told).encode()).hex()
    told["member"]["permissions"] = "32"

    status, _ = await bench.post(told, stamp=stamp, signature=signature)

    assert status == 401


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"type": 3}', b'{"type": 3, "id": "1", "token": 1}', b"\xff\xfe"],
)
async def test_what_is_signed_but_no_interaction_is_a_bad_request(
    bench: Bench, body: bytes
) -> None:
    status, _ = await bench.post(None, body=body)

    assert status == 400
    assert bench.host.actions == []


async def test_a_body_that_is_too_large_is_not_read(bench: Bench) -> None:
    status, _ = await bench.post(None, body=b"[" * (MOST_BYTES + 1))
    assert status == 413


async def test_a_body_that_does_not_end_is_not_waited_for_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(endpoint, "BODY_S", 0.1)
    host, port = bench.address.removeprefix("http://").split(":")
    half = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{".encode()
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(half)
    assert b" 408 " in await reader.readline()
    writer.close()

    monkeypatch.setattr(endpoint, "BODY_S", 5.0)
    _, leaving = await asyncio.open_connection(host, int(port))
    leaving.write(half)
    await leaving.drain()
    leaving.transport.abort()
    assert (await bench.post({"type": 1, "id": "1"}))[0] == 200
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_servers_are_counted_though_nothing_tells_of_them(bench: Bench) -> None:
    await until(lambda: bench.host.here == [(space_of(bench.guild),)])


async def test_other_methods_and_paths_are_none(bench: Bench) -> None:
    async with bench.browser.get(bench.address + PATH) as answer:
        assert answer.status == 405


async def test_before_it_has_logged_in_it_says_so_and_discord_is_not_answered_wrongly() -> None:
    async with loopback_discord() as world, aiohttp.ClientSession() as browser:
        world.plan.faults.append(Fault("503", path="/users/@me", method="GET", times=2))
        client = Client()
        way_in = Endpoint(client, TOKEN, PUBLIC)
        adapter = DiscordAdapter(client, way_in, clock=lambda: datetime.now(UTC))
        await adapter.open(KeptHost())
        async with listening("127.0.0.1", 0, [way_in]) as port:
            ada, guild = world.user("ada"), world.guild("Study circle")
            study = world.channel(guild, "study")
            bench = Bench(world, KeptHost(), f"http://127.0.0.1:{port}", browser, guild, study, ada)
            assert (await bench.post(bench.pressed()))[0] == 503
        await adapter.close()


@pytest.mark.parametrize("written", ["", "abc", "g" * 64, "0" * 63])
def test_a_key_that_is_none_is_refused_with_where_to_find_it(written: str) -> None:
    with pytest.raises(CannotConnect, match="Public Key"):
        public_key_of(written)
