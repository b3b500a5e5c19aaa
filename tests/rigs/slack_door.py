"""The door of a Slack on loopback: who a token is, tokens for codes and for refresh tokens.

Knows no adapter. Invariant: a code and a refresh token are good once, as in Slack itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

CLIENT_ID = "12345.67890"
CLIENT_SECRET = "0123456789abcdef" * 2
LASTS_S = 43_200
NEEDED = ("commands", "chat:write", "im:write", "files:write", "users:read")


@dataclass
class SlackDoor:
    """`troubles` are what the next requests get instead: an error's word, or "lost"."""

    address: str = ""
    rotates: bool = True
    scopes: tuple[str, ...] = NEEDED
    good: dict[str, str] = field(default_factory=dict)
    """The team of each token that is good."""

    codes: dict[str, str] = field(default_factory=dict)
    """The team that a code was given for."""

    refreshes: dict[str, str] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    whole_organisation: bool = False
    bot_token: bool = True
    ajar: asyncio.Event = field(default_factory=asyncio.Event)
    """While it is not set, nobody gets an answer."""

    _numbers: Any = field(default_factory=itertools.count)

    def client(self, token: str) -> AsyncWebClient:
        return AsyncWebClient(token=token, base_url=f"{self.address}/api/", retry_handlers=[])

    def token(self, team: str) -> str:
        """A token of this team that is good."""
        made = f"xoxb-{team}-{next(self._numbers)}-good"
        self.good[made] = team
        return made

    def code(self, team: str) -> str:
        made = f"code-{team}-{next(self._numbers)}"
        self.codes[made] = team
        return made

    def refresh(self, team: str) -> str:
        made = f"xoxe-1-{team}-{next(self._numbers)}"
        self.refreshes[made] = team
        return made

    async def answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.asked.append(method)
        await self.ajar.wait()
        given = {key: str(value) for key, value in (await request.post()).items()}
        if self.troubles:
            trouble = self.troubles.pop(0)
            if trouble == "lost":
                assert request.transport is not None
                request.transport.abort()
            if trouble == "nonsense":
                return web.Response(text="<html>oops</html>", content_type="text/html")
            return web.json_response({"ok": False, "error": trouble})
        said = request.headers.get("Authorization", "")
        if method == "oauth.v2.access":
            wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if said != f"Basic {wanted}":
                return web.json_response({"ok": False, "error": "bad_client_secret"})
            return web.json_response(self._access(given))
        team = self.good.get(said.removeprefix("Bearer "))
        if method == "apps.connections.open" and said.startswith("Bearer xapp-1-good"):
            return web.json_response({"ok": True, "url": "wss://127.0.0.1/"})
        if team is None:
            return web.json_response({"ok": False, "error": "invalid_auth"})
        told = {"ok": True, "team_id": team, "team": f"{team} & co", "user_id": f"U{team}"}
        told |= {"user": "studyhall", "bot_id": f"B{team}", "url": f"https://{team}.example/"}
        return web.json_response(told, headers={"x-oauth-scopes": ",".join(self.scopes)})

    def _access(self, given: dict[str, str]) -> dict[str, Any]:
        renewing = given.get("grant_type") == "refresh_token"
        if renewing:
            team = self.refreshes.pop(given.get("refresh_token", ""), None)
        else:
            team = self.codes.pop(given.get("code", ""), None)
        if team is None:
            error = "invalid_refresh_token" if renewing else "invalid_code"
            return {"ok": False, "error": error}
        told: dict[str, Any] = {"ok": True, "app_id": "A1", "token_type": "bot"}
        told |= {"bot_user_id": f"U{team}", "scope": ",".join(self.scopes), "enterprise": None}
        told |= {"team": {"id": team, "name": f"{team} & co"}, "authed_user": {"id": "U9"}}
        if self.bot_token:
            told["access_token"] = self.token(team)
        if self.whole_organisation:
            told |= {"is_enterprise_install": True, "enterprise": {"id": "E1"}, "team": None}
        if self.rotates and self.bot_token:
            told |= {"refresh_token": self.refresh(team), "expires_in": LASTS_S}
        return told


@contextlib.asynccontextmanager
async def slack_door() -> AsyncIterator[SlackDoor]:
    door = SlackDoor()
    door.ajar.set()
    app = web.Application()
    app.router.add_post("/api/{method}", door.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        door.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield door
    finally:
        await runner.cleanup()


async def until(happened: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for it."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.001)
