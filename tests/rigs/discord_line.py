"""An adapter at the gateway of a loopback Discord, and somebody who presses what it posted.

Knows no service: the host keeps what comes in. Invariant: everything goes over a real line.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.discord.gateway import Client, Gateway
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.port import Address
from lessons.actions import Join
from lessons.document import Document, Paragraph, Text
from lessons.posts import Part, Post, Reply, control
from tests.rigs.host import KeptHost
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord, until
from tests.rigs.loopback_discord_world import TOKEN


@dataclass
class Bench:
    """A server with a channel, a post with a button in it, and Ada."""

    world: LoopbackDiscord
    adapter: DiscordAdapter
    host: KeptHost
    guild: str
    study: str
    ada: str

    async def press(self, custom_id: str = "", **more: Any) -> list[dict[str, Any]]:
        """Ada presses a button of the channel; everything that she is answered."""
        message = self.world.text_of(self.study)[-1]
        pressed = custom_id or button_of(message)
        told = self.world.people.press(self.guild, self.study, self.ada, message, pressed)
        return await self.happens({**told, **more})

    async def happens(self, told: dict[str, Any]) -> list[dict[str, Any]]:
        """An interaction comes in; everything that it is answered."""
        await self.world.gateway.happens("INTERACTION_CREATE", told)
        answers = self.world.interactions[told["token"]]
        await until(lambda: bool(answers))
        return answers


@asynccontextmanager
async def open_bench() -> AsyncIterator[Bench]:
    """The adapter is ready, and its first post is out."""
    async with loopback_discord() as world:
        ada = world.user("ada")
        guild = world.guild("Study circle", (ada,))
        study = world.channel(guild, "study")
        client = Client()
        adapter = DiscordAdapter(client, Gateway(client, TOKEN))
        host = KeptHost()
        await adapter.open(host)
        await until(lambda: bool(host.here))
        await adapter.send(Address(space_of(guild), study), join_post(guild), "key-1")
        yield Bench(world, adapter, host, guild, study, ada)
        await adapter.close()


def join_post(guild: str) -> Part:
    return part("Hello.", control(space_of(guild), "Join", Join("r")))


def part(words: str, *controls: Any) -> Part:
    return Part(Document((Paragraph((Text(words),)),)), words, controls)


def reply(words: str, *controls: Any, edit: bool = False) -> Reply:
    return Reply(Post(Document((Paragraph((Text(words),)),)), words, controls), edit=edit)


def button_of(message: dict[str, Any]) -> str:
    """The custom_id of the first button under a post."""
    return next(
        str(child["custom_id"])
        for one in message["components"][0]["components"]
        if one["type"] == 1
        for child in one["components"]
    )


def said(answer: dict[str, Any]) -> str:
    """The words of an answer."""
    return " ".join(str(one.get("content", "")) for one in answer["data"]["components"])
