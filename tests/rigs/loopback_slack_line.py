"""How a small Slack reaches an app: by Socket Mode, or by signed requests to its endpoint.

Knows no payload: it brings what it is given. Invariant: an envelope goes down one line alone, and
what came of it is on record, answered or not.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_world import World

Sort: TypeAlias = Literal["events_api", "interactive", "slash_commands"]
Why: TypeAlias = Literal["", "operation_timeout", "dispatch_failed", "no_connection"]

MOST_CONNECTIONS = 10


@dataclass
class Ack:
    """What an app answered at once. `why` says what Slack shows its user if it did not."""

    sort: Sort
    sent: Json
    ok: bool
    why: Why = ""
    payload: Any = None
    latency_s: float = 0.0
    status: int = 200
    tries: int = 1
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Connection:
    """A WebSocket of an app. When it is `mute`, nothing goes down it though it stays open."""

    number: int
    socket: web.WebSocketResponse
    request: web.Request
    mute: bool = False
    pongs: bool = True
    leaving: bool = False
    envelopes: int = 0


class Line:
    """`endpoint` is the app's URL for signed requests; without one it is Socket Mode."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.endpoint = ""
        self.connections: list[Connection] = []
        self.acks: list[Ack] = []
        """Everything that was brought to the app, and how it answered."""
        self.opened = 0
        """So many WebSockets there have been."""
        self.ack_within_s = 3.0
        self.retry_after_s: tuple[float, ...] = (0.0, 60.0, 300.0)
        """When an event that was not acknowledged comes again."""
        self.resend_interactions = 0
        """So often an interaction is sent again when nobody acknowledged it."""
        self.ping_s = 5.0
        self.late = 0
        """So many acknowledgements came when nobody waited for them any more."""
        self.tickets: set[str] = set()
        self._given_up: set[str] = set()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = itertools.count()
        self._numbers = itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    @property
    def failed(self) -> list[Ack]:
        """What somebody saw go wrong."""
        return [ack for ack in self.acks if not ack.ok]

    # -- bringing ---------------------------------------------------------------------------------

    async def interact(self, sort: Sort, payload: Json) -> Ack:
        """A command or an interaction: once, unless `resend_interactions`."""
        ack = await self._bring(sort, payload, {})
        while not ack.ok and ack.tries <= self.resend_interactions:
            tries = ack.tries + 1
            ack = await self._bring(sort, payload, {})
            ack.tries = tries
        return ack

    async def event(self, payload: Json) -> Ack:
        """An event, until it is acknowledged or Slack has given up."""
        ack = await self._bring("events_api", payload, {"attempt": 0, "reason": ""})
        for number, pause_s in enumerate(self.retry_after_s, 1):
            if ack.ok or ack.headers.get("x-slack-no-retry") == "1":
                break
            await asyncio.sleep(pause_s)
            reason = {"operation_timeout": "timeout", "dispatch_failed": "http_error"}
            told = reason.get(ack.why, "connection_failed")
            if self.endpoint and told == "timeout":
                told = "http_timeout"
            ack = await self._bring("events_api", payload, {"attempt": number, "reason": told})
            ack.tries = number + 1
        return ack

    async def again(self, ack: Ack, attempt: int = 1) -> Ack:
        """The same once more, as if its acknowledgement had been lost."""
        reason = "http_timeout" if self.endpoint else "timeout"
        return await self._bring(ack.sort, ack.sent, {"attempt": attempt, "reason": reason})

    async def _bring(self, sort: Sort, payload: Json, retry: Json) -> Ack:
        bring = self._post if self.endpoint else self._send
        ack = await bring(sort, payload, retry)
        self.acks.append(ack)
        return ack

    # -- Socket Mode ------------------------------------------------------------------------------

    async def _send(self, sort: Sort, payload: Json, retry: Json) -> Ack:
        there = [one for one in self.connections if not one.leaving and not one.socket.closed]
        if not there:
            return Ack(sort, payload, False, "no_connection")
        line = there[next(self._turn) % len(there)]
        name = str(uuid.uuid4())
        envelope: Json = {
            "envelope_id": name,
            "type": sort,
            "payload": payload,
            "accepts_response_payload": sort != "events_api",
        }
        if sort == "events_api":
            envelope["retry_attempt"] = retry.get("attempt", 0)
            envelope["retry_reason"] = retry.get("reason", "")
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        began = time.perf_counter()
        try:
            if not line.mute:
                line.envelopes += 1
                await line.socket.send_str(json.dumps(envelope))
            told = await asyncio.wait_for(answer, self.ack_within_s)
        except (TimeoutError, ConnectionError):
            self._given_up.add(name)
            spent_s = time.perf_counter() - began
            return Ack(sort, payload, False, "operation_timeout", latency_s=spent_s)
        finally:
            del self._waiting[name]
        spent_s = time.perf_counter() - began
        return Ack(sort, payload, True, payload=told.get("payload"), latency_s=spent_s)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """An app connects with the ticket that it was given."""
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets:
            raise web.HTTPForbidden
        self.tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        line = Connection(next(self._numbers), socket, request)
        if len(self.connections) >= MOST_CONNECTIONS:
            await _tell(line, {"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        self.opened += 1
        self.connections.append(line)
        hello: Json = {
            "type": "hello",
            "num_connections": len(self.connections),
            "debug_info": {"host": "applink-loopback", "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self.world.app_id},
        }
        await _tell(line, hello)
        pings = asyncio.create_task(self._ping(line))
        try:
            async for message in socket:
                await self._heard(line, message)
        finally:
            pings.cancel()
            self.connections.remove(line)
        return socket

    async def _heard(self, line: Connection, message: aiohttp.WSMessage) -> None:
        if message.type == aiohttp.WSMsgType.PING:
            if line.pongs:
                await line.socket.pong(message.data)
        elif message.type == aiohttp.WSMsgType.TEXT and not line.mute:
            told = json.loads(message.data)
            name = str(told.get("envelope_id"))
            waiting = self._waiting.get(name)
            if waiting is None and name in self._given_up:
                self.late += 1
            elif waiting is None:
                self.world.complaints.append(f"an ack for nothing that waits: {message.data}")
            elif not waiting.done():
                waiting.set_result(told)

    async def _ping(self, line: Connection) -> None:
        while True:
            await asyncio.sleep(self.ping_s)
            if line.pongs:
                await line.socket.ping(b"Ping from applink-loopback")

    def go_mute(self, *, pongs: bool = True) -> None:
        """The connections there are stay open, but nothing comes any more, perhaps not a pong."""
        for line in self.connections:
            line.mute, line.pongs = True, pongs

    def drop(self) -> None:
        """Every connection is cut, without a word."""
        for line in list(self.connections):
            transport = line.request.transport
            if transport is not None:
                transport.abort()

    async def disconnect(
        self, reason: Literal["warning", "refresh_requested", "link_disabled"] = "warning"
    ) -> None:
        """Ask every app to connect anew; after a refresh nothing goes down the old line."""
        for line in list(self.connections):
            line.leaving = reason != "warning"
            told: Json = {"host": "applink-loopback"}
            await _tell(line, {"type": "disconnect", "reason": reason, "debug_info": told})

    # -- HTTP -------------------------------------------------------------------------------------

    async def _post(self, sort: Sort, payload: Json, retry: Json) -> Ack:
        if sort == "events_api":
            body, kind = json.dumps(payload), "application/json"
        elif sort == "interactive":
            body = urlencode({"payload": json.dumps(payload)})
            kind = "application/x-www-form-urlencoded"
        else:
            body, kind = urlencode(payload), "application/x-www-form-urlencoded"
        headers = {**self.signed(body.encode()), "Content-Type": kind}
        if retry.get("attempt"):
            headers["X-Slack-Retry-Num"] = str(retry["attempt"])
            headers["X-Slack-Retry-Reason"] = retry["reason"]
        began = time.perf_counter()
        try:
            status, told, text = await self.post(body.encode(), headers)
        except TimeoutError:
            spent_s = time.perf_counter() - began
            return Ack(sort, payload, False, "operation_timeout", latency_s=spent_s, status=0)
        except aiohttp.ClientError:
            return Ack(sort, payload, False, "no_connection", status=0)
        spent_s = time.perf_counter() - began
        answer: Any = text or None
        if told.get("content-type", "").startswith("application/json") and text:
            answer = json.loads(text)
        ok = 200 <= status < 300
        why: Why = "" if ok else "dispatch_failed"
        return Ack(sort, payload, ok, why, answer, spent_s, status, headers=told)

    async def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
        """Exactly this to the app's endpoint: status, headers and text of its answer."""
        if self._session is None:
            self._session = aiohttp.ClientSession()
        limit = aiohttp.ClientTimeout(total=self.ack_within_s)
        async with self._session.post(
            self.endpoint, data=body, headers=headers, timeout=limit, allow_redirects=False
        ) as answer:
            told = {name.lower(): value for name, value in answer.headers.items()}
            return answer.status, told, await answer.text()

    def signed(self, body: bytes, at_s: float | None = None, secret: str = "") -> dict[str, str]:
        """The headers that prove that a request comes from Slack."""
        stamp = str(int(self.world.clock() if at_s is None else at_s))
        base = f"v0:{stamp}:".encode() + body
        key = (secret or self.world.signing_secret).encode()
        return {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": "v0=" + hmac.new(key, base, hashlib.sha256).hexdigest(),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "Accept": "application/json,*/*",
        }

    async def verify_url(
        self, challenge: str = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7"
    ) -> bool:
        """Slack asks an endpoint that was just entered whether it is one; it says it back."""
        told = {"type": "url_verification", "challenge": challenge}
        ack = await self._post("events_api", {**told, "token": self.world.verification_token}, {})
        said = ack.payload
        return ack.ok and challenge == (said.get("challenge") if isinstance(said, dict) else said)

    async def check_tls(self) -> Ack:
        """Slack looks now and then whether the endpoint of commands has a good certificate."""
        sent = {"ssl_check": "1", "token": self.world.verification_token}
        return await self._post("slash_commands", sent, {})

    async def close(self) -> None:
        for line in list(self.connections):
            await line.socket.close()
        if self._session is not None:
            await self._session.close()


async def _tell(line: Connection, told: Json) -> None:
    if not line.socket.closed:
        await line.socket.send_str(json.dumps(told))
