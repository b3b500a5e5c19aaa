"""A small Discord on loopback, over real HTTP and WebSocket, that misbehaves when it is told to.

Knows no adapter: an unmodified discord.py talks to it. Its world outlives its clients, which may
be killed. Invariant: every request is counted, whether it was answered or not.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from aiohttp import web
from discord.gateway import DiscordWebSocket
from yarl import URL

from tests.rigs.discord_payloads import faults
from tests.rigs.loopback_discord_faults import Fault, Plan
from tests.rigs.loopback_discord_gateway import Gateway
from tests.rigs.loopback_discord_people import People
from tests.rigs.loopback_discord_rest import ROUTES
from tests.rigs.loopback_discord_world import TOKEN, Json, Refusal, World

API = "/api/v10"


@dataclass(frozen=True)
class Made:
    """A request that makes a message or thread: what came of it."""

    method: str
    path: str
    body: Json
    status: int
    made: bool
    nonce: str


class LoopbackDiscord(World):
    """`async with LoopbackDiscord() as discord:`; then `discord.base` is where its API is."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__(clock)
        self.gateway = Gateway(self)
        self.people = People(self)
        self.plan = Plan()
        self.heard: Callable[[str, bool], None] = lambda path, made: None
        """Told of every message and thread that is about to be made, and that was just made."""
        self.patience_s = 0.0
        """So long every message that was made uses up its route's limit; 0: there is none."""
        self.made: list[Made] = []
        self.requests: list[tuple[str, str, int]] = []
        self.bodies: list[tuple[str, str, Json]] = []

    # -- serving ----------------------------------------------------------------------------------

    async def __aenter__(self) -> LoopbackDiscord:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_route("*", API + "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        self.base = f"http://127.0.0.1:{self.port}{API}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for session in list(self.gateway.sessions.values()):
            await session.socket.close()
        await self._runner.cleanup()

    def complaints(self) -> list[str]:
        """What Discord would not have taken of all that came in."""
        return [
            f"{method} {path}: {fault}"
            for method, path, body in self.bodies
            for fault in faults(method, path, body)
        ]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        body, files = await _read(request)
        fault = self.plan.next(request.method, path)
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
        for method, pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if method == request.method and found:
                return handler(self, body, files, request.query, **found.groupdict())
        raise Refusal(404, 0, f"404: no route {request.method} {path}")


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
