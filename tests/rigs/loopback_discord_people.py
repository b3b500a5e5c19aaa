"""What people do in a small Discord, as it tells an app of it.

Knows no line: it makes what is to be brought. Invariant: an interaction's token is known before
anybody is told of it.
"""

from __future__ import annotations

from typing import Any

import discord

from tests.rigs.loopback_discord_world import Json, World, snowflake


class People:
    """Whoever has something to do with the app, by the id of a user."""

    def __init__(self, world: World) -> None:
        self.world = world

    def interaction(
        self, kind: int, guild: str, channel: str, user: str, told: Json, **more: Any
    ) -> Json:
        """As Discord sends one; its token is known from now on."""
        token = f"token-{snowflake()}"
        self.world.interactions[token] = []
        place = self.world.channels[channel]
        moderator = bool(self.world.guilds[guild].get("moderators", {}).get(user))
        rights = discord.Permissions(manage_guild=moderator, send_messages=True).value
        return {
            "id": snowflake(),
            "application_id": self.world.app_id,
            "type": kind,
            "token": token,
            "version": 1,
            "data": told,
            "guild_id": guild,
            "guild": {"id": guild, "locale": "en-US", "features": []},
            "channel_id": channel,
            "channel": {**place, "permissions": "0"},
            "member": {
                "user": self.world.users[user],
                "roles": [],
                "permissions": str(rights),
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
                "nick": None,
            },
            "app_permissions": str(self.world.allowed(place).value),
            "locale": "en-GB",
            "guild_locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": {"0": guild},
            "context": 0,
            "attachment_size_limit": 10 * 1024 * 1024,
            **more,
        }

    def press(self, guild: str, channel: str, user: str, message: Json, custom_id: str) -> Json:
        """A button of a message was pressed."""
        told = {"custom_id": custom_id, "component_type": 2, "id": 1}
        return self.interaction(3, guild, channel, user, told, message=message)
