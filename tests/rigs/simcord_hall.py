"""A whole service in a simulated Discord: people type, press, choose and fill in forms there.

Knows every part of the running service and mocks none: the client is discord.py's own, the store
a file, the worker a process. Invariant: the service's clock moves only when a test says so.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
from simcord import Env

from adapters.discord import commands, limits
from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter, space_of
from bot.app import App, running
from bot.settings import Settings
from tests.rigs.discord_payloads import Worst, faults
from tests.rigs.hall import Hands

MORNING = datetime(2026, 9, 28, 7, 10, tzinfo=UTC)
"""A Monday; the default slots are at 17:00 in Berlin, two hours ahead of UTC."""


class Simulated:
    """The simulated gateway: the client is connected before the adapter is opened."""

    async def start(self, adapter: DiscordAdapter) -> None:
        client = adapter.client
        assert isinstance(client, Client)
        client.bind(adapter)
        adapter.commands = await commands.register(client, adapter.shelf)

    async def stop(self) -> None:
        pass


@dataclass
class Town:
    """A server with a channel, a forum, a moderator and members. `seen`: by person, the last."""

    env: Env
    clock: Hands
    folder: Path
    guild: Any
    study: Any
    series_path: tuple[str, ...] = ()
    app: App = field(init=False)
    adapter: DiscordAdapter = field(init=False)
    life: AsyncExitStack = field(default_factory=AsyncExitStack)
    worst: Worst = field(default_factory=Worst)
    people: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)

    @property
    def space(self) -> str:
        return space_of(self.guild.id)

    # -- what people do ---------------------------------------------------------------------------

    async def says(self, who: str, command: str, at: Any = None, **options: Any) -> Any:
        """A slash command: `says("mia", "series start", day="monday")`."""
        result = await self.people[who].slash(at or self.study, command, **options)
        return self._note(who, result)

    async def presses(self, who: str, label: str, message: Any = None) -> Any:
        """A button by its label: on that message, else where this person saw it last."""
        on = message or self._with(who, label)
        return self._note(who, await self.people[who].click(on, label=label))

    async def chooses(self, who: str, custom_id: str, *values: str) -> Any:
        """Something in a select of the last message."""
        return await self.people[who].select(self.messages[who], list(values), custom_id=custom_id)

    async def fills_in(self, who: str, *values: str | list[str]) -> Any:
        """The form that was opened last, field by field."""
        shown = self.seen[who]
        ids = [one["custom_id"] for one in fields_of(shown.modal)]
        result = await self.people[who].submit_modal(shown, dict(zip(ids, values, strict=True)))
        return self._note(who, result)

    def _note(self, who: str, result: Any) -> Any:
        self.seen[who] = result
        if result.followups:
            self.messages[who] = result.followups[-1].message
        elif result.response is not None:
            self.messages[who] = result.response.message
        return result

    def _with(self, who: str, label: str) -> Any:
        last = self.messages.get(who)
        if last is not None and label in labels(components_of(last)):
            return last
        for message in reversed(self.posted()):
            if label in labels(components_of(message)):
                return message
        raise AssertionError(f"nobody offers {who} {label!r}: {self.read(who)}")

    # -- what is seen -----------------------------------------------------------------------------

    def read(self, who: str) -> str:
        """What the last answer to this person says, with its buttons."""
        message = self.messages.get(who)
        return "" if message is None else words(components_of(message))

    def posted(self, channel: Any = None) -> list[Any]:
        """The messages of a channel, the oldest first."""
        return [m for m in (channel or self.study).history() if not m.flags.ephemeral]

    def channel_words(self, channel: Any = None) -> list[str]:
        return [words(components_of(message)) for message in self.posted(channel)]

    # -- what happens by itself -------------------------------------------------------------------

    async def until(self, at: datetime) -> None:
        """Time passes, and the service notices."""
        self.clock.at = at
        await self.app.tick()
        await self.env.settle()

    async def tick(self) -> None:
        await self.until(self.clock.at)

    async def restart(self) -> None:
        """The process ends, and another one begins on the same database."""
        await self.life.aclose()
        await self.env.restart_bot(Client(shards=1))
        await self.begin()

    async def begin(self) -> None:
        """A process on the database in the folder."""
        client = self.env.bot
        assert isinstance(client, Client)
        self.life = AsyncExitStack()
        self.adapter = DiscordAdapter(client, Simulated(), clock=self.clock)
        settings = Settings(
            home=str(self.folder), zone="Europe/Berlin", series_path=self.series_path
        )
        self.app = await self.life.enter_async_context(
            running(settings, [self.adapter], self.clock)
        )

    def complaints(self) -> list[str]:
        """What Discord would not have taken of all that was sent."""
        found = []
        for one in self.env.http_requests:
            if one.method in ("POST", "PUT", "PATCH") and one.json is not None:
                body = {"commands": one.json} if isinstance(one.json, list) else one.json
                said = faults(one.method, one.path, body, self.worst)
                found += [f"{one.method} {one.path}: {fault}" for fault in said]
        return found


def components_of(message: Any) -> list[dict[str, Any]]:
    return [one.to_dict() for one in message.components]


def words(components: Sequence[Mapping[str, Any]]) -> str:
    """All texts, pictures by their alt text, and buttons in brackets."""
    said = []
    for one in limits.everything(components):
        if one["type"] == 10:
            said.append(str(one["content"]))
        elif one["type"] == 12:
            said += [f"({item.get('description')})" for item in one["items"]]
        elif one["type"] == 2:
            said.append(f"[{one['label']}]")
        elif one["type"] == 3:
            chosen = [o["label"] for o in one["options"] if o.get("default")]
            said.append(f"<{one['custom_id']} {chosen}>")
    return "\n".join(said)


def labels(components: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(one["label"]) for one in limits.everything(components) if one["type"] == 2]


def selects(components: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in limits.everything(components) if one["type"] == 3]


def fields_of(modal: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The inputs of a modal."""
    for one in limits.everything(modal["components"]):
        if one["type"] in (3, 4, 21, 22):
            yield one


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+", text)


@asynccontextmanager
async def open_town(
    folder: Path, series_path: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Town]:
    """A server in which nothing is going on yet, on a Monday morning."""
    env = Env(Client(shards=1), **options)
    await env.start()
    try:
        guild = env.create_guild("Study circle")
        study = guild.create_text_channel("study")
        town = Town(env, Hands(MORNING), folder, guild, study, series_path)
        await town.begin()
        moderators = guild.create_role(
            "Moderators", permissions=discord.Permissions(manage_guild=True)
        )
        for name in ("mia", "ada", "ben", "cid", "dan", "eve"):
            roles = [moderators] if name == "mia" else []
            town.people[name] = guild.add_member(env.create_user(name), roles=roles)
        try:
            yield town
            complaints = sorted(set(town.complaints()))
            assert not complaints, "\n".join(complaints)
            if env.check_errors:
                env.raise_errors()
        finally:
            await town.life.aclose()
    finally:
        await env.shutdown()
