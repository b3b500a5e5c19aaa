"""The client, and the gateway as the way in: no public address is needed.

Knows no lesson. Invariant: no privileged intent is asked for, nothing of Discord is kept in memory
that is not needed, and nobody is pinged by default.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any, Final, Literal, TypeAlias

import aiohttp
import discord

from adapters.discord import commands
from adapters.discord.intake import Intake
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.discord.wire import trace
from adapters.port import Address, CannotConnect

log = logging.getLogger(__name__)

# Nobody speaks here, so nobody needs to be told that what that takes is not installed.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

Events: TypeAlias = Literal["guilds", "none"]

AGAIN_S: Final = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Between tries to get in when Discord can't be reached."""

FINISH_S: Final = 6.0
LOGIN_S: Final = 30.0
REGISTER_S: Final = 10.0
"""Discord may ask for hours of patience when commands were registered too often."""

REFUSALS: Final = range(400, 429)
COUNT_EVERY_S: Final = 6 * 3_600.0

OUT_OF_REACH: Final = (OSError, aiohttp.ClientError, discord.HTTPException)


class Client(discord.AutoShardedClient):
    """A client that keeps no messages and no members; one shard until Discord asks for more."""

    def __init__(self, *, events: Events = "guilds", shards: int | None = None) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True) if events == "guilds" else discord.Intents.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=trace(),
            shard_count=shards,
        )
        self.taken_by: DiscordAdapter | None = None
        self.intake: Intake | None = None
        self._chores: set[asyncio.Task[None]] = set()

    def bind(self, adapter: DiscordAdapter) -> None:
        """From now on, what comes in is answered by this adapter."""
        self.taken_by = adapter
        self.intake = Intake(adapter)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Commands, buttons, selects and forms all come this way."""
        if self.intake is not None:
            self.intake.take(interaction)

    def begin(self, chore: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Something that goes on beside all else, until it is done or the client is closed."""
        task = asyncio.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
        return task

    async def close(self) -> None:
        """End the line and what goes on beside it."""
        for chore in self._chores:
            chore.cancel()
        await super().close()

    async def on_ready(self) -> None:
        """A line that is new: what happened before it was not heard."""
        await self.count_servers()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Invited, for the first time or again."""
        await self.count_servers()

    async def count_servers(self) -> None:
        """Tell which servers the app is in; those that are missing were left unnoticed.

        Discord is asked, because what the library keeps in memory outlives a line that broke.
        """
        if self.taken_by is not None:
            await self._tell(self.taken_by.tell_servers())

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Removed; a server that only can't be reached is not among these."""
        if self.taken_by is not None:
            await self._tell(self.taken_by.host.space_gone(space_of(guild.id)))

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """A channel was deleted."""
        if self.taken_by is not None:
            at = Address(space_of(channel.guild.id), str(channel.id))
            await self._tell(self.taken_by.host.channel_gone(at))

    async def _tell(self, told: Any) -> None:
        try:
            await told
        except Exception:
            log.exception("news of Discord was not taken in")


class Gateway:
    """Keeps the line to Discord open; it comes back by itself."""

    def __init__(self, client: Client, token: str) -> None:
        self._client = client
        self._token = token
        self._line: asyncio.Task[None] | None = None

    async def start(self, adapter: DiscordAdapter) -> None:
        """Log in, register commands, connect. Raises CannotConnect if that can never succeed.

        If Discord can't be reached now, it is tried again in the background.
        """
        self._client.bind(adapter)
        logged_in = True
        try:
            await log_in(self._client, self._token, adapter)
        except OUT_OF_REACH as unreachable:
            log.warning("Discord can't be reached, I keep trying: %s", unreachable)
            logged_in = False
        self._line = asyncio.create_task(self._stay(adapter, logged_in))

    async def _stay(self, adapter: DiscordAdapter, logged_in: bool) -> None:
        tried = 0
        now = asyncio.get_running_loop().time
        while not self._client.is_closed():
            begun = now()
            try:
                if not logged_in:
                    await log_in(self._client, self._token, adapter)
                    logged_in = True
                await self._client.connect(reconnect=True)
            except asyncio.CancelledError:
                raise
            except CannotConnect as never:
                await adapter.host.cut_off(never)
                return
            except discord.ClientException as never:
                await adapter.host.cut_off(CannotConnect(f"Discord: {explained(never)}"))
                return
            except OUT_OF_REACH as unreachable:
                log.warning("Discord can't be reached, I keep trying: %s", unreachable)
            except Exception as trouble:
                log.warning("the line to Discord broke, I try again: %r", trouble)
            else:
                return
            tried = 0 if now() - begun > AGAIN_S[-1] else tried
            await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
            tried += 1

    async def stop(self) -> None:
        """Finish the answers under way, then hang up."""
        if self._client.intake is not None:
            await self._client.intake.finish(FINISH_S)
        if not self._client.is_closed():
            with contextlib.suppress(Exception):
                await self._client.close()
        if self._line is not None:
            self._line.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._line


async def log_in(client: Client, token: str, adapter: DiscordAdapter) -> None:
    """Log in, and register the commands, which goes on by itself where it takes long.

    May be called again after a failure. Raises CannotConnect, or what `OUT_OF_REACH` names.
    """
    try:
        async with asyncio.timeout(LOGIN_S):
            await client.login(token)
    except discord.LoginFailure as wrong:
        await client.close()
        raise CannotConnect(f"Discord: {explained(wrong)}") from wrong
    except OUT_OF_REACH:
        # Logging in again makes a session of its own, and leaves this one open.
        await client.http.close()
        client.http.connector = discord.utils.MISSING
        raise
    registering = client.begin(_register(client, adapter))
    await asyncio.wait({registering}, timeout=REGISTER_S)
    client.begin(_count_now_and_then(client))


async def _register(client: Client, adapter: DiscordAdapter) -> None:
    """Until it is done. What was registered before works meanwhile, and so does every button."""
    adapter.commands = await commands.registered(adapter.shelf)
    tried = 0
    while True:
        try:
            adapter.commands = await commands.register(client, adapter.shelf)
            return
        except OUT_OF_REACH as failed:
            if isinstance(failed, discord.HTTPException) and failed.status in REFUSALS:
                log.error("Discord does not take the commands; those it has stay: %s", failed)
                return
            log.warning("the commands could not be registered yet: %s", failed)
        await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
        tried += 1


async def _count_now_and_then(client: Client) -> None:
    """Where no event tells that the app was removed from a server, this finds out."""
    while True:
        await asyncio.sleep(COUNT_EVERY_S)
        await client.count_servers()


def explained(trouble: Exception) -> str:
    """What to do about it."""
    match trouble:
        case discord.LoginFailure():
            return (
                "the token is not valid. Copy it anew from the developer portal (Bot, Reset Token)"
                " into STUDYHALL_DISCORD_TOKEN."
            )
        case discord.PrivilegedIntentsRequired():
            return "it asks for a privileged intent, and Studyhall needs none: this is a fault."
        case discord.ConnectionClosed(code=4004):
            return explained(discord.LoginFailure())
        case discord.ConnectionClosed(code=4011):
            return (
                "the app is in more servers than one line can carry; a new start takes more lines."
            )
        case discord.ConnectionClosed(code=code):
            return f"it closed the line for good (code {code})."
        case _:
            return str(trouble)
