"""The client, and the gateway as the way in: no public address is needed.

Knows no lesson. Invariant: no privileged intent is asked for, nothing of Discord is kept in memory
that is not needed, and nobody is pinged by default.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final, Literal, TypeAlias

import aiohttp
import discord

from adapters.discord import commands
from adapters.discord.intake import Intake
from adapters.discord.messenger import NAME, DiscordAdapter, space_of
from adapters.discord.wire import trace
from adapters.port import Address, CannotConnect

log = logging.getLogger(__name__)

# Nobody speaks here, so nobody needs to be told that what that takes is not installed.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

Events: TypeAlias = Literal["guilds", "none"]

AGAIN_S: Final = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Between tries to get in when Discord can't be reached."""

FINISH_S: Final = 6.0

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
        self._telling: set[asyncio.Task[None]] = set()

    def bind(self, adapter: DiscordAdapter) -> None:
        """From now on, what comes in is answered by this adapter."""
        self.taken_by = adapter
        self.intake = Intake(adapter)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Commands, buttons, selects and forms all come this way."""
        if self.intake is not None:
            self.intake.take(interaction)

    async def on_ready(self) -> None:
        """All servers are known now; those that are missing were left while nobody looked."""
        whole = len(self.shards) == (self.shard_count or 1)
        if self.taken_by is not None and self.intents.guilds and whole:
            here = [space_of(guild.id) for guild in self.guilds]
            await self._tell(self.taken_by.host.spaces_here(NAME, here))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Invited, for the first time or again."""
        await self.on_ready()

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
        try:
            await log_in(self._client, self._token, adapter)
        except OUT_OF_REACH as unreachable:
            log.warning("Discord can't be reached, I keep trying: %s", unreachable)
        self._line = asyncio.create_task(self._stay(adapter))

    async def _stay(self, adapter: DiscordAdapter) -> None:
        tried = 0
        while not self._client.is_closed():
            try:
                if not adapter.commands:
                    await log_in(self._client, self._token, adapter)
                await self._client.connect(reconnect=True)
            except asyncio.CancelledError:
                raise
            except (CannotConnect, discord.ClientException) as never:
                log.error("Discord does not let me in: %s", explained(never))
                return
            except OUT_OF_REACH as unreachable:
                log.warning("Discord can't be reached, I keep trying: %s", unreachable)
            except Exception as trouble:
                log.warning("the line to Discord broke, I try again: %r", trouble)
            else:
                return
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


async def log_in(client: discord.Client, token: str, adapter: DiscordAdapter) -> None:
    """Log in and register the commands. Raises CannotConnect, or what `OUT_OF_REACH` names.

    May be called again after a failure, whichever of the two failed.
    """
    try:
        if client.user is None:
            await client.login(token)
    except discord.LoginFailure as wrong:
        await client.close()
        raise CannotConnect(f"Discord: {explained(wrong)}") from wrong
    except OUT_OF_REACH:
        # Logging in again makes a session of its own, and leaves this one open.
        await client.http.close()
        client.http.connector = discord.utils.MISSING
        raise
    adapter.commands = await commands.register(client, adapter.shelf)


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
        case discord.ConnectionClosed(code=code):
            return f"it closed the line for good (code {code})."
        case _:
            return str(trouble)
