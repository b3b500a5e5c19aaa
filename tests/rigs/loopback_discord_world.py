"""A small Discord's world: people, servers, channels, what was posted, and what the app may see.

Knows no request and no line. Invariant: a channel has its list of messages from the first, and
keeps it when it is deleted.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any, TypeAlias

import discord

Json: TypeAlias = dict[str, Any]

EPOCH_MS = 1_420_070_400_000
TOKEN = "loopback.token.0000000000000000000000000000"

_counter = itertools.count()


def snowflake(at_s: float | None = None) -> str:
    """A new id of that moment, else of now."""
    moment = time.time() if at_s is None else at_s
    return str(((round(moment * 1000) - EPOCH_MS) << 22) | (next(_counter) & 0x3FFFFF))


class Refusal(Exception):
    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


class World:
    """Everything that lasts."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.port = 0
        """Where it is served; 0 before it is."""
        self.app_id = snowflake()
        self.bot: Json = {
            "id": self.app_id,
            "username": "studyhall",
            "discriminator": "0",
            "avatar": None,
            "global_name": None,
            "bot": True,
        }
        self.users: dict[str, Json] = {self.app_id: self.bot}
        self.guilds: dict[str, Json] = {}
        self.channels: dict[str, Json] = {}
        self.messages: dict[str, list[Json]] = {}
        self.pinned: set[str] = set()
        self.interactions: dict[str, list[Json]] = {}
        self.answered: dict[str, float] = {}
        self.commands: list[Json] = []
        self.registered = 0
        self.nonce_window_s = 180.0
        self.verify_key = "0" * 64
        self.endpoint: str | None = None
        self.app_flags = 0
        self.nonces: dict[tuple[str, str], tuple[float, str]] = {}

    # -- making it --------------------------------------------------------------------------------

    def user(self, name: str) -> str:
        made = snowflake()
        self.users[made] = {
            "id": made,
            "username": name,
            "discriminator": "0",
            "avatar": None,
            "global_name": name.title(),
        }
        return made

    def guild(self, name: str, members: tuple[str, ...] = ()) -> str:
        made, role = snowflake(), snowflake()
        everyday = discord.Permissions(309237763072).value
        self.guilds[made] = {
            "id": made,
            "name": name,
            "owner_id": snowflake(),
            "roles": [
                {"id": made, "name": "@everyone", "permissions": "0"},
                {"id": role, "name": "Studyhall", "permissions": str(everyday)},
            ],
            "members": {self.app_id: {"user": self.bot, "roles": [role], "nick": None}},
        }
        for member in members:
            self.guilds[made]["members"][member] = {
                "user": self.users[member],
                "roles": [],
                "nick": None,
            }
        return made

    def channel(self, guild: str, name: str, kind: int = 0, **more: Any) -> str:
        made = snowflake()
        self.channels[made] = {
            "id": made,
            "guild_id": guild,
            "name": name,
            "type": kind,
            "permission_overwrites": [],
            "position": 0,
            "flags": 0,
            "parent_id": None,
            **more,
        }
        self.messages[made] = []
        return made

    def take_right(self, channel: str, right: str) -> None:
        bit = discord.Permissions(**{right: True}).value
        self.channels[channel]["permission_overwrites"] = [
            {"id": self.app_id, "type": 1, "allow": "0", "deny": str(bit)}
        ]

    def give_rights(self, channel: str) -> None:
        self.channels[channel]["permission_overwrites"] = []

    def delete_channel(self, channel: str) -> None:
        del self.channels[channel]

    # -- looking at it ----------------------------------------------------------------------------

    def allowed(self, channel: Json) -> discord.Permissions:
        """What the bot may do there."""
        guild = self.guilds[channel["guild_id"]]
        top = self.channels.get(channel["parent_id"] or "", channel)
        mine = guild["members"][self.app_id]["roles"]
        value = 0
        for role in guild["roles"]:
            if role["id"] in (guild["id"], *mine):
                value |= int(role["permissions"])
        for over in top["permission_overwrites"]:
            value = (value & ~int(over["deny"])) | int(over["allow"])
        return discord.Permissions(value)

    def text_of(self, channel: str) -> list[Json]:
        """The messages that people see there, the oldest first."""
        return [message for message in self.messages.get(channel, []) if message["components"]]

    def threads_of(self, channel: str) -> list[Json]:
        return [one for one in self.channels.values() if one.get("parent_id") == channel]

    # -- what the app may see ---------------------------------------------------------------------

    def known_guild(self, name: str) -> Json:
        if name not in self.guilds:
            raise Refusal(404, 10004, "Unknown Guild")
        return self.guilds[name]

    def seen(self, name: str) -> Json:
        place = self.channels.get(name)
        if place is None:
            raise Refusal(404, 10003, "Unknown Channel")
        if (
            place["type"] != 1
            and place.get("parent_id")
            and place["parent_id"] not in self.channels
        ):
            raise Refusal(404, 10003, "Unknown Channel")
        if place["type"] != 1 and not self.allowed(place).view_channel:
            raise Refusal(403, 50001, "Missing Access")
        return place

    def find(self, channel: str, name: str) -> Json:
        self.seen(channel)
        for message in self.messages[channel]:
            if message["id"] == name:
                return message
        raise Refusal(404, 10008, "Unknown Message")
