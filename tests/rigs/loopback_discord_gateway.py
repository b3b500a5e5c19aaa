"""The gateway of a small Discord: its lines, and what goes down each.

Knows no route. Invariant: every event has a number and is kept with its session, sent or not.
"""

from __future__ import annotations

import itertools
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.rigs.loopback_discord_world import TOKEN, Json, World, snowflake


@dataclass
class Session:
    """A line of the gateway."""

    id: str
    socket: web.WebSocketResponse
    compress: Any
    intents: int
    sent: list[Json] = field(default_factory=list)


class Gateway:
    """Its sessions: those of a line that is open, and those that can be resumed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.identified = 0
        self.resumed = 0
        self.sessions: dict[str, Session] = {}
        self.lost_sessions: dict[str, Session] = {}
        self.resumable = True
        self._sequence = itertools.count(1)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        line = web.WebSocketResponse()
        await line.prepare(request)
        zipped = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        await _tell(line, zipped, {"op": 10, "d": {"heartbeat_interval": 41_250}})
        session: Session | None = None
        async for frame in line:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            told = json.loads(frame.data)
            if told["op"] == 1:
                await _tell(line, zipped, {"op": 11})
            elif told["op"] == 2:
                self.identified += 1
                if told["d"]["token"] != TOKEN:
                    await line.close(code=4004)
                    break
                session = Session(snowflake(), line, zipped, told["d"]["intents"])
                self.sessions[session.id] = session
                await self._ready(session)
            elif told["op"] == 6:
                before = self.lost_sessions.pop(told["d"]["session_id"], None)
                if before is None or not self.resumable:
                    await _tell(line, zipped, {"op": 9, "d": False})
                    continue
                self.resumed += 1
                session = Session(before.id, line, zipped, before.intents, before.sent)
                self.sessions[session.id] = session
                for event in before.sent:
                    if event["s"] > told["d"]["seq"]:
                        await _tell(line, zipped, event)
                await self._dispatch(session, "RESUMED", {})
        if session is not None and self.sessions.get(session.id) is session:
            self.lost_sessions[session.id] = self.sessions.pop(session.id)
        return line

    async def _ready(self, session: Session) -> None:
        guilds = [{"id": name, "unavailable": True} for name in self.world.guilds]
        await self._dispatch(
            session,
            "READY",
            {
                "v": 10,
                "user": self.world.bot,
                "guilds": guilds,
                "session_id": session.id,
                "resume_gateway_url": f"ws://127.0.0.1:{self.world.port}/gateway",
                "application": {"id": self.world.app_id, "flags": 0},
                "shard": [0, 1],
            },
        )
        if session.intents & 1:
            for name in self.world.guilds:
                await self._dispatch(session, "GUILD_CREATE", self.guild_payload(name))

    def guild_payload(self, name: str) -> Json:
        guild = self.world.guilds[name]
        roles = [
            {
                **role,
                "color": 0,
                "colors": {"primary_color": 0},
                "hoist": False,
                "position": 0,
                "managed": False,
                "mentionable": False,
                "flags": 0,
            }
            for role in guild["roles"]
        ]
        return {
            "id": name,
            "name": guild["name"],
            "owner_id": guild["owner_id"],
            "roles": roles,
            "members": [],
            "channels": [
                c
                for c in self.world.channels.values()
                if c.get("guild_id") == name and c["type"] in (0, 15)
            ],
            "threads": [],
            "emojis": [],
            "stickers": [],
            "features": [],
            "member_count": len(guild["members"]),
            "large": False,
            "unavailable": False,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "mfa_level": 0,
            "nsfw_level": 0,
            "premium_tier": 0,
            "preferred_locale": "en-US",
            "system_channel_flags": 0,
            "afk_timeout": 60,
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    async def _dispatch(self, session: Session, name: str, told: Json) -> None:
        event = {"op": 0, "t": name, "s": next(self._sequence), "d": told}
        session.sent.append(event)
        await _tell(session.socket, session.compress, event)

    async def happens(self, name: str, told: Json) -> None:
        """An event, to whoever listens; who is away gets it when the session is resumed."""
        for session in (*self.sessions.values(), *self.lost_sessions.values()):
            if session.socket.closed:
                session.sent.append({"op": 0, "t": name, "s": next(self._sequence), "d": told})
            else:
                await self._dispatch(session, name, told)

    async def ask_to_reconnect(self) -> None:
        for session in list(self.sessions.values()):
            await _tell(session.socket, session.compress, {"op": 7})

    async def invalidate(self) -> None:
        """Every session is over and can't be resumed."""
        for session in list(self.sessions.values()):
            await _tell(session.socket, session.compress, {"op": 9, "d": False})

    async def hang_up(self, code: int = 4000) -> None:
        for session in list(self.sessions.values()):
            await session.socket.close(code=code)


async def _tell(line: web.WebSocketResponse, zipped: Any, told: Json) -> None:
    if line.closed:
        return
    text = json.dumps(told)
    if zipped is None:
        await line.send_str(text)
    else:
        await line.send_bytes(zipped.compress(text.encode()) + zipped.flush(zlib.Z_SYNC_FLUSH))
