"""A small Discord on loopback, over real HTTP and WebSocket, that misbehaves when it is told to.

Knows no adapter: an unmodified discord.py talks to it. Its world outlives its clients, which may
be killed. Invariant: every request is counted, whether it was answered or not.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import socket
import struct
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import aiohttp
import discord
from aiohttp import web
from discord.gateway import DiscordWebSocket
from yarl import URL

from tests.rigs.discord_payloads import faults

Json: TypeAlias = dict[str, Any]
What: TypeAlias = Literal[
    "400", "403", "404", "429", "500", "502", "503", "reset", "close", "slow", "banned"
]

EPOCH_MS = 1_420_070_400_000
API = "/api/v10"
TOKEN = "loopback.token.0000000000000000000000000000"
EVERYTHING = discord.Permissions.all().value

_counter = itertools.count()


def snowflake(at_s: float | None = None) -> str:
    """A new id of that moment, else of now."""
    moment = time.time() if at_s is None else at_s
    return str(((round(moment * 1000) - EPOCH_MS) << 22) | (next(_counter) & 0x3FFFFF))


@dataclass
class Fault:
    """What goes wrong `times` times with matching requests, `done` or not done before it does.

    What is slow is always done: before or after it was slow.
    """

    what: What
    path: str = r".*/(messages|threads)$"
    method: str = "POST"
    done: bool = False
    times: int = 1
    after_s: float = 0.3
    code: int = 0


@dataclass(frozen=True)
class Made:
    """A request that makes a message or thread: what came of it."""

    method: str
    path: str
    body: Json
    status: int
    made: bool
    nonce: str


class Refusal(Exception):
    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.code, self.words = status, code, words


@dataclass
class Session:
    """A line of the gateway."""

    id: str
    socket: web.WebSocketResponse
    compress: Any
    intents: int
    sent: list[Json] = field(default_factory=list)


class LoopbackDiscord:
    """`async with LoopbackDiscord() as discord:`; then `discord.base` is where its API is."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.heard: Callable[[str, bool], None] = lambda path, made: None
        """Told of every message and thread that is about to be made, and that was just made."""
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
        self.faults: list[Fault] = []
        self.share = 0.0
        self.chance = random.Random(1)
        self.nonce_window_s = 180.0
        self.patience_s = 0.0
        """So long every message that was made uses up its route's limit; 0: there is none."""
        self.made: list[Made] = []
        self.requests: list[tuple[str, str, int]] = []
        self.bodies: list[tuple[str, str, Json]] = []
        self.identified = 0
        self.resumed = 0
        self.sessions: dict[str, Session] = {}
        self.lost_sessions: dict[str, Session] = {}
        self.resumable = True
        self.verify_key = "0" * 64
        self.endpoint: str | None = None
        self.app_flags = 0
        self._nonces: dict[tuple[str, str], tuple[float, str]] = {}
        self._sequence = itertools.count(1)

    # -- its world --------------------------------------------------------------------------------

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

    def complaints(self) -> list[str]:
        """What Discord would not have taken of all that came in."""
        return [
            f"{method} {path}: {fault}"
            for method, path, body in self.bodies
            for fault in faults(method, path, body)
        ]

    def threads_of(self, channel: str) -> list[Json]:
        return [one for one in self.channels.values() if one.get("parent_id") == channel]

    # -- serving ----------------------------------------------------------------------------------

    async def __aenter__(self) -> LoopbackDiscord:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self._gateway)
        app.router.add_route("*", API + "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.base = f"http://127.0.0.1:{self.port}{API}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in list(self.sessions.values()):
            await session.socket.close()
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        body, files = await _read(request)
        fault = self._fault(request.method, path)
        if fault is not None and fault.what == "slow" and not fault.done:
            await asyncio.sleep(fault.after_s)
        elif fault is not None and not fault.done:
            return await self._misbehave(request, path, fault, body)
        making = request.method == "POST" and re.fullmatch(r".*/(messages|threads)", path)
        if making:
            self.heard(path, False)
        try:
            status, answer, made = self._do(request, path, body, files)
        except Refusal as refusal:
            status, made = refusal.status, False
            answer = {"message": refusal.words, "code": refusal.code}
        if making:
            nonce = str(body.get("nonce", ""))
            self.made.append(Made("POST", path, body, status, made, nonce))
            self.heard(path, made)
        if fault is not None and fault.what == "slow":
            await asyncio.sleep(fault.after_s if fault.done else 0)
        elif fault is not None:
            return await self._misbehave(request, path, fault, body)
        self.requests.append((request.method, path, status))
        used_up = {
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset-After": str(self.patience_s),
        }
        return _json(status, answer, used_up if making and self.patience_s else None)

    def _fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and re.fullmatch(fault.path, path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        making = method == "POST" and re.fullmatch(r".*/(messages|threads)", path)
        if making and self.chance.random() < self.share:
            what: What = self.chance.choice(["500", "502", "503", "reset", "close", "429"])
            return Fault(what, done=what != "429" and self.chance.random() < 0.6)
        return None

    async def _misbehave(
        self, request: web.Request, path: str, fault: Fault, body: Json
    ) -> web.StreamResponse:
        status = int(fault.what) if fault.what.isdigit() else 0
        self.requests.append((request.method, path, status))
        if not fault.done and re.fullmatch(r".*/(messages|threads)", path):
            self.made.append(Made("POST", path, body, status, False, str(body.get("nonce", ""))))
        match fault.what:
            case "429":
                answer = {"message": "slow", "retry_after": fault.after_s, "global": False}
                return _json(429, answer, {"Retry-After": str(fault.after_s)})
            case "banned":
                return web.Response(status=429, text="banned", content_type="text/html")
            case "400" | "403" | "404" | "500" | "502" | "503":
                return _json(status, {"message": "trouble", "code": fault.code})
            case "slow":
                raise AssertionError("what is slow is done all the same")
            case "reset" | "close":
                transport = request.transport
                assert transport is not None
                if fault.what == "reset":
                    line = transport.get_extra_info("socket")
                    linger = struct.pack("ii", 1, 0)
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    transport.abort()
                else:
                    transport.close()
                await asyncio.sleep(0.01)
                raise web.HTTPInternalServerError

    def _do(
        self, request: web.Request, path: str, body: Any, files: list[tuple[str, bytes]]
    ) -> tuple[int, Any, bool]:
        open_to_all = path.startswith(("/interactions/", "/webhooks/"))
        if not open_to_all and request.headers.get("Authorization") != f"Bot {TOKEN}":
            raise Refusal(401, 0, "401: Unauthorized")
        if request.method in ("POST", "PATCH", "PUT") and isinstance(body, dict):
            self.bodies.append((request.method, path, body))
        elif isinstance(body, list):
            self.bodies.append((request.method, path, {"commands": body}))
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, path)
            if method == request.method and found:
                return handler(self, body, files, request.query, **found.groupdict())
        raise Refusal(404, 0, f"404: no route {request.method} {path}")

    # -- routes -----------------------------------------------------------------------------------

    def _me(self, *_: Any) -> tuple[int, Any, bool]:
        return 200, self.bot, False

    def _servers(self, _b: Any, _f: Any, query: Any) -> tuple[int, Any, bool]:
        after, limit = int(query.get("after", 0)), int(query.get("limit", 200))
        found = [one for name, one in sorted(self.guilds.items()) if int(name) > after]
        return 200, [{"id": one["id"], "name": one["name"]} for one in found[:limit]], False

    def _application(self, *_: Any) -> tuple[int, Any, bool]:
        told: Json = {
            "id": self.app_id,
            "name": "Studyhall",
            "icon": None,
            "description": "",
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": self.verify_key,
            "owner": self.bot,
            "team": None,
            "flags": self.app_flags,
            "summary": "",
            "rpc_origins": [],
            "hook": True,
            "interactions_endpoint_url": self.endpoint,
        }
        return 200, told, False

    def _gateway_url(self, *_: Any) -> tuple[int, Any, bool]:
        limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
        url = f"ws://127.0.0.1:{self.port}/gateway"
        return 200, {"url": url, "shards": 1, "session_start_limit": limit}, False

    def _put_commands(self, body: Any, *_: Any, **__: str) -> tuple[int, Any, bool]:
        self.registered += 1
        self.commands = [
            {**one, "id": snowflake(), "application_id": self.app_id, "version": "1"}
            for one in body
        ]
        return 200, self.commands, False

    def _get_commands(self, *_: Any, **__: str) -> tuple[int, Any, bool]:
        return 200, self.commands, False

    def _get_guild(self, *_: Any, guild: str) -> tuple[int, Any, bool]:
        found = self._guild(guild)
        return 200, {key: found[key] for key in ("id", "name", "owner_id", "roles")}, False

    def _get_roles(self, *_: Any, guild: str) -> tuple[int, Any, bool]:
        return 200, self._guild(guild)["roles"], False

    def _get_member(self, *_: Any, guild: str, user: str) -> tuple[int, Any, bool]:
        found = self._guild(guild)["members"].get(user)
        if found is None:
            raise Refusal(404, 10007, "Unknown Member")
        return 200, found, False

    def _get_channel(self, *_: Any, channel: str) -> tuple[int, Any, bool]:
        return 200, self._seen(channel), False

    def _dm(self, body: Json, *_: Any) -> tuple[int, Any, bool]:
        user = str(body["recipient_id"])
        if user not in self.users:
            raise Refusal(400, 50033, "Invalid Recipient(s)")
        for channel in self.channels.values():
            if channel["type"] == 1 and channel["user"] == user:
                return 200, channel, False
        made = snowflake()
        self.channels[made] = {"id": made, "type": 1, "user": user, "parent_id": None}
        self.messages[made] = []
        return 200, self.channels[made], False

    def _post(
        self, body: Json, files: list[tuple[str, bytes]], _query: Any, channel: str
    ) -> tuple[int, Any, bool]:
        place = self._seen(channel)
        self._may_post(place, bool(files))
        nonce = (channel, str(body.get("nonce", "")))
        if nonce[1] and body.get("enforce_nonce") and nonce in self._nonces:
            at, name = self._nonces[nonce]
            if time.monotonic() - at <= self.nonce_window_s:
                for message in self.messages[channel]:
                    if message["id"] == name:
                        return 200, {**message, "nonce": nonce[1]}, False
                raise Refusal(404, 10008, "Unknown Message")
        message = self._message(channel, body, files)
        self.messages[channel].append(message)
        self._nonces[nonce] = (time.monotonic(), message["id"])
        return 200, {**message, "nonce": nonce[1]}, True

    def _may_post(self, place: Json, with_files: bool) -> None:
        if place["type"] == 1:
            if self.users[place["user"]].get("closed"):
                raise Refusal(403, 50007, "Cannot send messages to this user")
            return
        if place["type"] == 15:
            raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
        allowed = self.allowed(place)
        thread = place["type"] in (10, 11, 12)
        if not (allowed.send_messages_in_threads if thread else allowed.send_messages):
            raise Refusal(403, 50013, "Missing Permissions")
        if with_files and not allowed.attach_files:
            raise Refusal(403, 50013, "Missing Permissions")
        if place.get("locked"):
            raise Refusal(403, 160005, "Thread is locked")

    def _message(
        self,
        channel: str,
        body: Json,
        files: list[tuple[str, bytes]],
        before: Json | None = None,
    ) -> Json:
        if not body.get("components") and not body.get("content"):
            raise Refusal(400, 50006, "Cannot send an empty message")
        kept = {one["id"]: one for one in before["attachments"]} if before else {}
        attachments = []
        for one in body.get("attachments", []):
            if str(one["id"]) in kept:
                attachments.append(kept[str(one["id"])])
                continue
            name, content = files[int(one["id"])]
            attachments.append(
                {
                    "id": snowflake(),
                    "filename": one.get("filename", name),
                    "size": len(content),
                    "url": f"https://cdn.invalid/{one.get('filename', name)}",
                    "proxy_url": f"https://cdn.invalid/{one.get('filename', name)}",
                    "description": one.get("description"),
                    "content_type": "image/png",
                }
            )
        known = {one["filename"] for one in attachments}
        wanted = set(re.findall(r'"attachment://([^"]+)"', json.dumps(body.get("components", []))))
        if not wanted <= known:
            raise Refusal(400, 50035, f"unknown attachments {wanted - known}")
        return {
            "id": before["id"] if before else snowflake(self.clock()),
            "type": 0,
            "channel_id": channel,
            "author": self.bot,
            "content": body.get("content") or "",
            "components": body.get("components", []),
            "attachments": attachments,
            "embeds": [],
            "mentions": [],
            "mention_roles": [],
            "mention_everyone": False,
            "pinned": False,
            "tts": False,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "flags": body.get("flags", 0),
        }

    def _edit(
        self, body: Json, files: list[tuple[str, bytes]], _q: Any, channel: str, message: str
    ) -> tuple[int, Any, bool]:
        before = self._find(channel, message)
        after = self._message(channel, body, files, before)
        self.messages[channel][self.messages[channel].index(before)] = after
        return 200, after, False

    def _get_message(self, *_: Any, channel: str, message: str) -> tuple[int, Any, bool]:
        found = self._find(channel, message)
        self._may_read(channel)
        return 200, found, False

    def _may_read(self, channel: str) -> None:
        place = self.channels[channel]
        if place["type"] != 1 and not self.allowed(place).read_message_history:
            raise Refusal(403, 50013, "Missing Permissions")

    def _history(self, _b: Any, _f: Any, query: Any, channel: str) -> tuple[int, Any, bool]:
        place = self._seen(channel)
        if place["type"] != 1 and not self.allowed(place).read_message_history:
            return 200, [], False  # as documented: not refused, but nothing is shown
        before, limit = int(query.get("before", 1 << 63)), int(query.get("limit", 50))
        found = [one for one in self.messages[channel] if int(one["id"]) < before]
        return 200, found[::-1][:limit], False

    def _pin(self, *_: Any, channel: str, message: str) -> tuple[int, Any, bool]:
        self._find(channel, message)
        self.pinned.add(message)
        return 204, None, False

    def _thread(
        self, body: Json, _f: Any, _q: Any, channel: str, message: str
    ) -> tuple[int, Any, bool]:
        place = self._seen(channel)
        self._find(channel, message)
        if not self.allowed(place).create_public_threads:
            raise Refusal(403, 50013, "Missing Permissions")
        if message in self.channels:
            raise Refusal(400, 160004, "A thread has already been created for this message")
        return 201, self._make_thread(place, message, body["name"]), True

    def _make_thread(self, place: Json, name: str, title: str) -> Json:
        self.channels[name] = {
            "id": name,
            "guild_id": place["guild_id"],
            "parent_id": place["id"],
            "owner_id": self.app_id,
            "name": title,
            "type": 11,
            "message_count": 0,
            "member_count": 1,
            "thread_metadata": {
                "archived": False,
                "auto_archive_duration": 10080,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
                "locked": False,
            },
        }
        self.messages.setdefault(name, [])
        return self.channels[name]

    def _forum(
        self, body: Json, files: list[tuple[str, bytes]], _q: Any, channel: str
    ) -> tuple[int, Any, bool]:
        place = self._seen(channel)
        if not self.allowed(place).send_messages:
            raise Refusal(403, 50013, "Missing Permissions")
        tags = {tag["id"] for tag in place.get("available_tags", ()) if not tag["moderated"]}
        applied = body.get("applied_tags", [])
        if not tags.issuperset(applied):
            raise Refusal(400, 50035, "Invalid Form Body")
        if place["flags"] & (1 << 4) and not applied:
            raise Refusal(400, 40067, "A tag is required to create a forum post in this channel")
        message = self._message("", body["message"], files)
        thread = self._make_thread(place, message["id"], body["name"])
        message["channel_id"] = thread["id"]
        self.messages[thread["id"]].append(message)
        return 201, {**thread, "message": message}, True

    def _active(self, *_: Any, guild: str) -> tuple[int, Any, bool]:
        self._guild(guild)
        found = [
            one
            for one in self.channels.values()
            if one["type"] == 11
            and one["guild_id"] == guild
            and not one["thread_metadata"]["archived"]
        ]
        return 200, {"threads": found, "members": []}, False

    def _archived(self, _b: Any, _f: Any, query: Any, channel: str) -> tuple[int, Any, bool]:
        self._seen(channel)
        self._may_read(channel)

        def put_away(thread: Json) -> str:
            return str(thread["thread_metadata"]["archive_timestamp"])

        before, limit = query.get("before", "9999"), int(query.get("limit", 50))
        found = [
            one
            for one in self.threads_of(channel)
            if one["type"] == 11 and one["thread_metadata"]["archived"] and put_away(one) < before
        ]
        found.sort(key=put_away, reverse=True)
        more = len(found) > limit
        return 200, {"threads": found[:limit], "members": [], "has_more": more}, False

    def _respond(
        self, body: Json, files: list[tuple[str, bytes]], _q: Any, interaction: str, token: str
    ) -> tuple[int, Any, bool]:
        if token not in self.interactions:
            raise Refusal(404, 10062, "Unknown interaction")
        if self.interactions[token]:
            raise Refusal(400, 40060, "Interaction has already been acknowledged.")
        self.interactions[token].append(body)
        self.answered[token] = time.monotonic()
        callback = {"id": interaction, "type": 3, "response_message_id": snowflake()}
        return 200, {"interaction": callback}, False

    def _followed(
        self, body: Json, files: list[tuple[str, bytes]], _q: Any, token: str, **_: str
    ) -> tuple[int, Any, bool]:
        if token not in self.interactions:
            raise Refusal(404, 10015, "Unknown Webhook")
        self.interactions[token].append({"type": "later", "data": body})
        return 200, {"id": snowflake()}, False

    # -- pieces -----------------------------------------------------------------------------------

    def _guild(self, name: str) -> Json:
        if name not in self.guilds:
            raise Refusal(404, 10004, "Unknown Guild")
        return self.guilds[name]

    def _seen(self, name: str) -> Json:
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

    def _find(self, channel: str, name: str) -> Json:
        self._seen(channel)
        for message in self.messages[channel]:
            if message["id"] == name:
                return message
        raise Refusal(404, 10008, "Unknown Message")

    # -- the gateway ------------------------------------------------------------------------------

    async def _gateway(self, request: web.Request) -> web.StreamResponse:
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
        guilds = [{"id": name, "unavailable": True} for name in self.guilds]
        await self._dispatch(
            session,
            "READY",
            {
                "v": 10,
                "user": self.bot,
                "guilds": guilds,
                "session_id": session.id,
                "resume_gateway_url": f"ws://127.0.0.1:{self.port}/gateway",
                "application": {"id": self.app_id, "flags": 0},
                "shard": [0, 1],
            },
        )
        if session.intents & 1:
            for name in self.guilds:
                await self._dispatch(session, "GUILD_CREATE", self.guild_payload(name))

    def guild_payload(self, name: str) -> Json:
        guild = self.guilds[name]
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
                for c in self.channels.values()
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

    # -- interactions -----------------------------------------------------------------------------

    def interaction(
        self, kind: int, guild: str, channel: str, user: str, told: Json, **more: Any
    ) -> Json:
        """As Discord sends one; its token is known from now on."""
        token = f"token-{snowflake()}"
        self.interactions[token] = []
        place = self.channels[channel]
        moderator = bool(self.guilds[guild].get("moderators", {}).get(user))
        rights = discord.Permissions(manage_guild=moderator, send_messages=True).value
        return {
            "id": snowflake(),
            "application_id": self.app_id,
            "type": kind,
            "token": token,
            "version": 1,
            "data": told,
            "guild_id": guild,
            "guild": {"id": guild, "locale": "en-US", "features": []},
            "channel_id": channel,
            "channel": {**place, "permissions": "0"},
            "member": {
                "user": self.users[user],
                "roles": [],
                "permissions": str(rights),
                "joined_at": "2026-01-01T00:00:00+00:00",
                "deaf": False,
                "mute": False,
                "flags": 0,
                "nick": None,
            },
            "app_permissions": str(self.allowed(place).value),
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


async def _read(request: web.Request) -> tuple[Any, list[tuple[str, bytes]]]:
    if request.content_type == "multipart/form-data":
        body: Any = {}
        files = []
        async for part in await request.multipart():
            assert isinstance(part, aiohttp.BodyPartReader)
            if part.name == "payload_json":
                body = json.loads(await part.text())
            else:
                files.append((part.filename or "", bytes(await part.read())))
        return body, files
    raw = await request.read()
    return (json.loads(raw) if raw else {}), []


def _json(status: int, answer: Any, more: Mapping[str, str] | None = None) -> web.Response:
    headers = {
        "Via": "1.1 loopback",
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "49",
        "X-RateLimit-Reset-After": "1.0",
        **(more or {}),
    }
    if status == 204:
        return web.Response(status=204, headers=headers)
    body = json.dumps(answer).encode()
    headers["Content-Type"] = "application/json"
    return web.Response(status=status, body=body, headers=headers)


async def _tell(line: web.WebSocketResponse, zipped: Any, told: Json) -> None:
    if line.closed:
        return
    text = json.dumps(told)
    if zipped is None:
        await line.send_str(text)
    else:
        await line.send_bytes(zipped.compress(text.encode()) + zipped.flush(zlib.Z_SYNC_FLUSH))


_Handler: TypeAlias = Callable[..., tuple[int, Any, bool]]

_C, _M, _G = r"/channels/(?P<channel>\d+)", r"/messages/(?P<message>\d+)", r"/guilds/(?P<guild>\d+)"
_ROUTES: tuple[tuple[str, str, _Handler], ...] = (
    ("GET", "/users/@me", LoopbackDiscord._me),
    ("GET", "/users/@me/guilds", LoopbackDiscord._servers),
    ("GET", "/(oauth2/)?applications/@me", LoopbackDiscord._application),
    ("GET", "/gateway(/bot)?", LoopbackDiscord._gateway_url),
    ("PUT", r"/applications/(?P<application>\d+)/commands", LoopbackDiscord._put_commands),
    ("GET", r"/applications/(?P<application>\d+)/commands", LoopbackDiscord._get_commands),
    ("GET", _G, LoopbackDiscord._get_guild),
    ("GET", _G + "/roles", LoopbackDiscord._get_roles),
    ("GET", _G + r"/members/(?P<user>\d+)", LoopbackDiscord._get_member),
    ("GET", _G + "/threads/active", LoopbackDiscord._active),
    ("GET", _C, LoopbackDiscord._get_channel),
    ("POST", "/users/@me/channels", LoopbackDiscord._dm),
    ("POST", _C + "/messages", LoopbackDiscord._post),
    ("GET", _C + "/messages", LoopbackDiscord._history),
    ("PUT", _C + r"/messages/pins/(?P<message>\d+)", LoopbackDiscord._pin),
    ("GET", _C + _M, LoopbackDiscord._get_message),
    ("PATCH", _C + _M, LoopbackDiscord._edit),
    ("POST", _C + _M + "/threads", LoopbackDiscord._thread),
    ("POST", _C + "/threads", LoopbackDiscord._forum),
    ("GET", _C + "/threads/archived/public", LoopbackDiscord._archived),
    (
        "POST",
        r"/interactions/(?P<interaction>\d+)/(?P<token>[^/]+)/callback",
        LoopbackDiscord._respond,
    ),
    (
        "PATCH",
        r"/webhooks/(?P<app>\d+)/(?P<token>[^/]+)/messages/@original",
        LoopbackDiscord._followed,
    ),
    ("POST", r"/webhooks/(?P<app>\d+)/(?P<token>[^/]+)", LoopbackDiscord._followed),
)


@asynccontextmanager
async def loopback_discord(
    there: LoopbackDiscord | None = None,
) -> AsyncIterator[LoopbackDiscord]:
    """A world, to which discord.py of this process talks; all that it sent is judged in the end."""
    before = discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    async with there or LoopbackDiscord() as world:
        discord.http.Route.BASE = world.base
        # Where the library begins anew after an invalid session, without asking.
        DiscordWebSocket.DEFAULT_GATEWAY = URL(f"ws://127.0.0.1:{world.port}/gateway")
        try:
            yield world
        finally:
            discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
        complaints = world.complaints()
        assert not complaints, "\n".join(complaints)


async def until(happened: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for it."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.01)
