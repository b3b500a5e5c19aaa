"""A press in Discord, from the gateway's raw JSON into the store and back, beside a bare handler.

Knows the adapter and the whole service. Both clients read the same raw JSON with discord.py's own
gateway socket and give their answer to the same stub in place of the network; the bare one is a
DynamicItem that sends the same view and stores nothing. Medians of interleaved rounds; CPU is that
of the process, all threads included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord.gateway import DiscordWebSocket
    from discord.webhook.async_ import async_context

from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter, space_of
from bot.app import running
from bot.settings import Settings
from lessons.actions import Action, Pressed, Typed, What
from tests.rigs.dialogue import ask
from tests.rigs.hall import Hands
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord
from tests.rigs.loopback_discord_world import TOKEN, snowflake

AT_ONCE = 32
GOAL = 1.8
MONDAY = datetime(2026, 9, 28, 7, tzinfo=UTC)
CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)


class LoggedIn:
    async def start(self, adapter: DiscordAdapter) -> None:
        assert isinstance(adapter.client, Client)
        adapter.client.bind(adapter)
        await adapter.client.login(TOKEN)

    async def stop(self) -> None:
        pass


@dataclass
class Stub:
    """In place of the network: notes when which interaction was answered, and with what."""

    answered: dict[str, float] = field(default_factory=dict)
    waiting: dict[str, asyncio.Event] = field(default_factory=dict)
    last: Any = None

    async def request(self, route: Any, session: Any, **given: Any) -> Any:
        token = str(route.webhook_token)
        json.dumps(given.get("payload"))  # what the network would be given
        self.last = given.get("payload")
        self.answered[token] = time.perf_counter()
        self.waiting[token].set()
        return {
            "interaction": {"id": "1", "type": 3, "response_message_id": "1"},
            "resource": {"type": 4},
        }

    def __getattr__(self, name: str) -> Any:
        from discord.webhook.async_ import AsyncWebhookAdapter

        return getattr(AsyncWebhookAdapter, name).__get__(self)


class Bare(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"s:p:m:[0-9a-f:]+"):
    """What a button costs that answers with the same view and stores nothing."""

    def __init__(self, custom_id: str) -> None:
        super().__init__(discord.ui.Button(label="x", custom_id=custom_id))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: Any, match: Any, /
    ) -> Bare:
        return cls(item.custom_id)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(view=same_view(), ephemeral=True)


shown: list[dict[str, Any]] = []
"""The components that our own handler answered with."""


def same_view() -> discord.ui.LayoutView:
    view = discord.ui.LayoutView(timeout=60)
    for one in shown:
        if one["type"] == 10:
            view.add_item(discord.ui.TextDisplay(one["content"]))
        else:
            row: discord.ui.ActionRow[Any] = discord.ui.ActionRow()
            for button in one["components"]:
                style = discord.ButtonStyle(button["style"])
                row.add_item(
                    discord.ui.Button(
                        label=button["label"], style=style, custom_id=button["custom_id"]
                    )
                )
            view.add_item(row)
    return view


def line_of(client: discord.Client) -> DiscordWebSocket:
    """The gateway's socket of discord.py, fed by hand."""
    line = DiscordWebSocket(SimpleNamespace(), loop=asyncio.get_running_loop())  # type: ignore[arg-type]
    state = client._connection
    line._connection = state
    line._discord_parsers = state.parsers
    line._dispatch = client.dispatch
    line.call_hooks = state.call_hooks
    line._keep_alive = None
    line.shard_id = None
    return line


def press(world: LoopbackDiscord, guild: str, study: str, custom_id: str) -> tuple[str, str]:
    """Somebody new presses a button of the last message: raw JSON, and its token."""
    user = snowflake()
    world.users[user] = {"id": user, "username": "ada", "discriminator": "0", "avatar": None}
    message = next(m for m in reversed(world.text_of(study)) if custom_id in json.dumps(m))
    told = world.people.press(guild, study, user, message, custom_id)
    del world.users[user]
    return json.dumps({"op": 0, "t": "INTERACTION_CREATE", "s": 1, "d": told}), told["token"]


async def round_of(
    line: DiscordWebSocket, stub: Stub, presses: list[tuple[str, str]]
) -> tuple[float, list[float]]:
    """CPU seconds an answer, and how long each took."""
    took: list[float] = []
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(raw: str, token: str) -> None:
        async with turn:
            stub.waiting[token] = asyncio.Event()
            begun = time.perf_counter()
            await line.received_message(raw)
            await stub.waiting[token].wait()
            took.append(stub.answered[token] - begun)

    before = time.process_time()
    await asyncio.gather(*(one(*each) for each in presses))
    return (time.process_time() - before) / len(presses), took


async def measure(rounds: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with loopback_discord() as world:
            await _measure(world, Path(folder), rounds, number)


async def _measure(world: LoopbackDiscord, folder: Path, rounds: int, number: int) -> None:
    guild = world.guild("Study circle")
    study = world.channel(guild, "study")
    clock = Hands(MONDAY)
    client = Client(shards=1)
    adapter = DiscordAdapter(client, LoggedIn(), clock=clock)
    settings = Settings(home=str(folder), zone="Europe/Berlin")
    async with running(settings, [adapter], clock) as app:

        async def does(what: What) -> Any:
            action = Action("1", space_of(guild), study, "1", True, "en", clock(), what)
            return [one async for one in app.service.handle(action)][-1]

        proposed = await does(Typed("series", "start"))
        await does(Pressed(proposed.post.controls[0].id))
        await app.tick()
        clock.at = CHAPTER
        await app.tick()
        (post,) = [m for m in world.text_of(study) if "Week 1" in json.dumps(m)]
        custom_id = next(
            child["custom_id"]
            for one in post["components"][0]["components"]
            if one["type"] == 1
            for child in one["components"]
        )
        bare = discord.Client(intents=discord.Intents.none(), max_messages=None)
        await bare.login(TOKEN)
        bare.add_dynamic_items(Bare)
        stub = Stub()
        token = async_context.set(stub)  # type: ignore[arg-type]
        try:
            await _rounds(
                stub,
                line_of(client),
                line_of(bare),
                lambda: [press(world, guild, study, custom_id) for _ in range(number)],
                rounds,
            )
            votes = await app.db.run(lambda t: t.one(_COUNT))
        finally:
            async_context.reset(token)
            await bare.close()
        expected = rounds * number + number
        assert votes is not None
        print(f"votes in the store: {votes['n']} of {expected}")
        assert votes["n"] == expected
    await client.close()


_COUNT = ask("SELECT COUNT(*) AS n FROM vote")


async def _rounds(
    stub: Stub,
    ours: DiscordWebSocket,
    bare: DiscordWebSocket,
    presses: Callable[[], list[tuple[str, str]]],
    rounds: int,
) -> None:
    await round_of(ours, stub, presses())  # warm, and learn the view
    shown[:] = stub.last["data"]["components"]
    await round_of(bare, stub, presses())
    same = [_plain(one) for one in stub.last["data"]["components"]]
    assert same == [_plain(one) for one in shown], (same, shown)
    cpu: dict[str, list[float]] = {"ours": [], "bare": []}
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(rounds):
        for name, line in (("ours", ours), ("bare", bare)):
            each, times = await round_of(line, stub, presses())
            cpu[name].append(each)
            took[name] += times
    for name in cpu:
        p50, p99 = _quantiles(took[name])
        spent = statistics.median(cpu[name]) * 1e6
        print(f"{name:<6} p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   CPU {spent:6.0f} us an answer")
    ratio = statistics.median(cpu["ours"]) / statistics.median(cpu["bare"])
    print(f"CPU, ours against bare: x {ratio:.2f} (goal: at most {GOAL})")


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    """Without what discord.py writes out that is the default anyway."""
    kept = {k: v for k, v in one.items() if k in ("type", "content", "label", "style", "custom_id")}
    if "components" in one:
        kept["components"] = [_plain(child) for child in one["components"]]
    return kept


def _quantiles(times: list[float]) -> tuple[float, float]:
    cut = statistics.quantiles(times, n=100)
    return cut[49] * 1e3, cut[98] * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=1_000)
    given = parser.parse_args()
    asyncio.run(measure(given.rounds, given.presses))


if __name__ == "__main__":
    main()
