"""The process that the Discord campaign kills: a service that posts to a Discord on loopback.

Knows the running service as a whole. Usage: discord_process.py BASE HOME BEGUN SPEED [blind]; the
clock runs SPEED times as fast as the machine's, from BEGUN on, in every process alike. A blind one
finds nothing that it has posted: the fault that the campaign must notice.
"""

from __future__ import annotations

import asyncio
import sys
import time
import warnings
from datetime import UTC, datetime, timedelta

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord

from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter
from bot.app import running
from bot.settings import Settings

TOKEN = "loopback.token.0000000000000000000000000000"
PAUSE_S = 0.02


class LoggedIn:
    """No gateway: the campaign is about what goes out."""

    async def start(self, adapter: DiscordAdapter) -> None:
        await adapter.client.login(TOKEN)

    async def stop(self) -> None:
        pass


async def nothing_there(*_: object) -> None:
    return None


async def serve(home: str, begun: float, speed: float) -> None:
    def clock() -> datetime:
        now = time.time()
        return datetime.fromtimestamp(begun, UTC) + timedelta(seconds=(now - begun) * speed)

    adapter = DiscordAdapter(Client(), LoggedIn(), clock=clock)
    async with running(Settings(home=home), [adapter], clock) as app:
        while True:
            await app.tick()
            await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    discord.http.Route.BASE = sys.argv[1]
    if "blind" in sys.argv:
        DiscordAdapter.find = nothing_there  # type: ignore[assignment,method-assign]
    asyncio.run(serve(sys.argv[2], float(sys.argv[3]), float(sys.argv[4])))
