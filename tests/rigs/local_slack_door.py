"""Stands between an app and local-slack, and makes right what that does unlike Slack.

Knows no app. To the app it is Slack: its Web API, its Socket Mode and its response URLs; over HTTP
it signs and posts what it completed. What it completes: a press in a view carries that view, one
on a private message says so, shortcuts and suggestions exist, a view keeps its id when it is
updated, one that is gone is `not_found`, an envelope goes to one socket, users have their zone and
their rights. Everything the app sends is held against slack_payloads.
Invariant: what passed is kept in order in `sent`; what Slack would not have taken is a complaint.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from tests.rigs.slack_limits import Worst
from tests.rigs.slack_payloads import KEYS, faults
from tests.rigs.slack_sight import Body

Completed = tuple[str, Body]  # the type of the envelope, and what is in it
WITHIN_S = 3.0  # Slack waits no longer for an acknowledgement
SIGN = "\0"  # before the token in what local-slack carries for us


@dataclass
class Sent:
    """A call of the app's: a method of the Web API, or "response_url"."""

    method: str
    body: Body
    answer: Body


@dataclass
class Answer:
    """What the app was asked, and how it acknowledged: with a body, an empty one, or not at all."""

    asked: Body
    ack: Any = None
    acknowledged: bool = False
    status: int | None = None
    after_s: float = 0.0


def signature(secret: str, body: str, at: str) -> str:
    told = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256)
    return f"v0={told.hexdigest()}"


@dataclass
class Door:
    """`upstream` is local-slack; `app` is where the app takes HTTP, none with Socket Mode."""

    secret: str
    people: Mapping[str, Body]
    app: str | None = None
    upstream: str = ""
    port: int = 0
    sent: list[Sent] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    worst: Worst = field(default_factory=Worst)
    expected: tuple[str, ...] = ()
    """Who may be mentioned by id."""

    on_call: list[Callable[[str, Body], Body | None]] = field(default_factory=list)
    """Asked before a call goes on; the first that answers is the answer."""

    disguises: dict[str, Callable[[Body], Completed]] = field(default_factory=dict)
    """By token: what a carried payload really is."""

    shown_as: dict[str, str] = field(default_factory=dict)
    """By local-slack's id of a view: the id the app knows."""

    opened_by: dict[str, str] = field(default_factory=dict)
    """By the id the app knows: whose modal that is."""

    stack: list[Body] = field(default_factory=list)
    """The open modals, as local-slack keeps them; LocalSlack brings this up to date."""

    now: Callable[[], float] = time.time
    """When what is posted over HTTP is signed."""

    triggers: dict[str, str] = field(default_factory=dict)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    asked: dict[str, tuple[Answer, float]] = field(default_factory=dict)
    turn: int = 0
    _line: aiohttp.ClientWebSocketResponse | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _runner: web.AppRunner | None = None
    _http: aiohttp.ClientSession | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def http(self) -> aiohttp.ClientSession:
        assert self._http is not None, "the door is closed"
        return self._http

    async def open(self) -> None:
        self._http = aiohttp.ClientSession()
        room = web.Application(client_max_size=32 * 1024**2)
        room.router.add_route("*", "/api/{method}", self._api)
        room.router.add_post("/_hooks/response/{id}", self._response_url)
        room.router.add_post("/slack/events", self._posted)
        room.router.add_get("/socket", self._socket)
        self._runner = web.AppRunner(room)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.drop()
        if self._line is not None:
            await self._line.close()
        if self._http is not None:
            await self._http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def drop(self) -> None:
        """All sockets of the app are closed; it has to come again."""
        for socket in list(self.sockets):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(socket.close(), 2)

    # -- what the app calls -----------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        raw = await request.read()
        body = _parsed(raw, request.content_type) | dict(request.query)
        self._check(method, body)
        for asked in self.on_call:
            told = asked(method, body)
            if told is not None:
                return self._tell(method, body, told)
        wrong = self._refused(method, body)
        if wrong is not None:
            return self._tell(method, body, {"ok": False, "error": wrong})
        if method == "apps.connections.open":
            await self._connect()
            url = f"ws://127.0.0.1:{self.port}/socket"
            return self._tell(method, body, {"ok": True, "url": url})
        headers = {k: v for k, v in request.headers.items() if k in ("Authorization",)}
        if method == "views.update":
            body["view_id"] = self.real_id(body["view_id"])
            headers["Content-Type"], raw = "application/json", json.dumps(body).encode()
        elif request.content_type != "application/octet-stream":
            headers["Content-Type"] = request.headers["Content-Type"]
        address = f"{self.upstream}/api/{method}"
        async with self.http.request(
            request.method, address, params=dict(request.query), data=raw or None, headers=headers
        ) as said:
            told = await said.json()
        return self._tell(method, body, self._amended(method, body, told))

    def _tell(self, method: str, body: Body, told: Body) -> web.Response:
        self.sent.append(Sent(method, body, told))
        return web.json_response(told)

    def _check(self, method: str, body: Body) -> None:
        if method in KEYS:
            where = f"{method} {str(body.get('text', ''))[:24]!r}" if "text" in body else method
            said = faults(method, body, self.worst, where=where, expected=self.expected)
            self.complaints += [f"{method}: {fault}" for fault in said]

    def _refused(self, method: str, body: Body) -> str | None:
        """What Slack refuses of a view that is gone, or newer than its writer knows."""
        if method != "views.update":
            return None
        open_now = {self.shown(one["id"]): one for one in self.stack}
        view = open_now.get(str(body.get("view_id")))
        if view is None:
            return "not_found"
        return "hash_conflict" if body.get("hash") not in (None, view["hash"]) else None

    def _amended(self, method: str, body: Body, told: Body) -> Body:
        if not told.get("ok"):
            return told
        if method == "users.info":
            told["user"] |= self.people.get(str(body.get("user")), {})
        elif method in ("views.open", "views.push"):
            user = self.triggers.get(str(body.get("trigger_id")), "")
            others = {self.owner(view) for view in self.stack}
            if others - {user}:
                self.complaints.append(f"{user} opened a modal while {others} had one open")
            self.opened_by[told["view"]["id"]] = user
            self.stack = [*(self.stack if method == "views.push" else []), told["view"]]
        elif method == "views.update":
            self.renamed(str(body["view_id"]), told["view"])
            told = told | {"view": self.with_shown_ids(told["view"])}
        return told

    # -- views keep their ids ---------------------------------------------------------------------

    def owner(self, view: Body) -> str:
        """Who has that modal open."""
        return self.opened_by.get(self.shown(view["id"]), "")

    def shown(self, real: str) -> str:
        return self.shown_as.get(real, real)

    def renamed(self, before: str, view: Body) -> None:
        """local-slack gives an updated view another id; the app goes on with the one it knows."""
        self.shown_as[view["id"]] = self.shown(before)
        self.stack = [view if one["id"] == before else one for one in self.stack]

    def real_id(self, shown: str) -> str:
        for one in self.stack:
            if self.shown(one["id"]) == shown:
                return str(one["id"])
        return shown

    def with_shown_ids(self, view: Body) -> Body:
        named = {
            key: self.shown(view[key])
            for key in ("id", "root_view_id", "previous_view_id")
            if view.get(key)
        }
        return view | named

    async def _response_url(self, request: web.Request) -> web.Response:
        raw = await request.read()
        body = _parsed(raw, request.content_type)
        self._check("response_url", body)
        address = f"{self.upstream}/_hooks/response/{request.match_info['id']}"
        async with self.http.post(address, json=body) as said:
            text = await said.text()
        ok = said.status == 200
        self.sent.append(Sent("response_url", body, {"ok": ok, "said": text}))
        return web.Response(status=said.status, text="ok" if ok else text)

    # -- what the app is asked --------------------------------------------------------------------

    def completed(self, kind: str, payload: Body) -> tuple[str, Body, Answer]:
        """As Slack would have sent it, and where its answer goes."""
        token = _token(payload)
        if token in self.disguises:
            kind, payload = self.disguises.pop(token)(payload)
        user = payload.get("user_id") or (payload.get("user") or {}).get("id")
        if "trigger_id" in payload:
            self.triggers[payload["trigger_id"]] = str(user)
        if "response_url" in payload:
            path = urllib.parse.urlsplit(payload["response_url"]).path
            payload["response_url"] = f"{self.base}{path}"
        if payload.get("type") == "block_actions" and "message" in payload:
            _as_on_a_message(payload)
        if "view" in payload:
            payload["view"] = self.with_shown_ids(payload["view"])
        answer = Answer(payload)
        if token:
            self.answers[token] = answer
        return kind, payload, answer

    def _acknowledged(self, answer: Answer, began: float, ack: Any) -> None:
        answer.ack, answer.acknowledged = ack, True
        answer.after_s = time.perf_counter() - began
        what = answer.asked.get("type") or answer.asked.get("command")
        if answer.after_s > WITHIN_S:
            self.complaints.append(f"{what}: acknowledged after {answer.after_s:.1f} s")
        if isinstance(ack, dict) and ack:
            method = "response_action" if "response_action" in ack else "options"
            if method == "response_action" or "options" in ack or "option_groups" in ack:
                said = faults(method, ack, self.worst, expected=self.expected)
                self.complaints += [f"{method}: {fault}" for fault in said]

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append(socket)
        hello = {"type": "hello", "num_connections": len(self.sockets), "debug_info": {}}
        await socket.send_json(hello | {"connection_info": {"app_id": "A0HALL"}})
        try:
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT and frame.data.startswith("{"):
                    await self._from_app(json.loads(frame.data))
        finally:
            self.sockets.remove(socket)
        return socket

    async def _from_app(self, told: Body) -> None:
        answer, began = self.asked.pop(told.get("envelope_id", ""), (None, 0.0))
        if answer is not None:
            self._acknowledged(answer, began, told.get("payload"))
        if self._line is not None and not self._line.closed:
            await self._line.send_json(told)

    async def _connect(self) -> None:
        """One line to local-slack, however many sockets the app has."""
        if self._line is not None and not self._line.closed:
            return
        async with self.http.post(f"{self.upstream}/api/apps.connections.open") as said:
            url = (await said.json())["url"]
        self._line = await self.http.ws_connect(url, max_msg_size=0)
        await self._line.receive_json()  # hello
        task = asyncio.create_task(self._listen(self._line))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, line: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in line:
            envelope = json.loads(frame.data)
            kind, payload, answer = self.completed(envelope["type"], envelope["payload"])
            there = [socket for socket in self.sockets if not socket.closed]
            if not there:
                self._unheard(answer)
                await line.send_json({"envelope_id": envelope["envelope_id"]})
                continue
            self.asked[envelope["envelope_id"]] = (answer, time.perf_counter())
            self.turn += 1
            socket = there[self.turn % len(there)]
            await socket.send_json(envelope | {"type": kind, "payload": payload})

    def _unheard(self, answer: Answer) -> None:
        """The app was not there: whoever waits for its answer finds none."""
        self.answers = {key: one for key, one in self.answers.items() if one is not answer}

    async def _posted(self, request: web.Request) -> web.Response:
        """local-slack's post, completed and signed anew."""
        raw = (await request.read()).decode()
        assert self.app is not None, "the app takes no HTTP"
        form = request.content_type == "application/x-www-form-urlencoded"
        body = _parsed(raw.encode(), request.content_type)
        body = json.loads(body["payload"]) if "payload" in body else body
        kind = (
            "events_api" if not form else "slash_commands" if "command" in body else "interactive"
        )
        kind, payload, answer = self.completed(kind, body)
        if kind == "events_api":
            raw, sort = json.dumps(payload), "application/json"
        else:
            told = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            raw, sort = urllib.parse.urlencode(told), "application/x-www-form-urlencoded"
        at = str(int(self.now()))
        headers = {
            "Content-Type": sort,
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature(self.secret, raw, at),
        }
        began = time.perf_counter()
        try:
            async with self.http.post(self.app, data=raw.encode(), headers=headers) as said:
                text, answer.status = await said.text(), said.status
        except aiohttp.ClientError as away:
            self._unheard(answer)
            return web.Response(status=502, text=str(away))
        if answer.status == 200:
            self._acknowledged(answer, began, _maybe_json(text))
        return web.Response(status=answer.status, text=text, content_type="application/json")


def _as_on_a_message(payload: Body) -> None:
    """What Slack says of the message that something was pressed on."""
    message = payload["message"]
    private = message.get("subtype") == "ephemeral"
    payload["container"]["is_ephemeral"] = private
    if message.get("thread_ts"):
        payload["container"]["thread_ts"] = message["thread_ts"]
    if private:
        del payload["message"]


def _token(payload: Body) -> str:
    """The token in what local-slack carried; it is taken out."""
    if "command" in payload:
        text, _, token = payload.get("text", "").partition(SIGN)
        payload["text"] = text
        return str(token)
    if payload.get("type") == "block_actions":
        return str((payload["actions"][0].get("text") or {}).get("token", ""))
    if payload.get("type") in ("view_submission", "view_closed"):
        name, _, token = payload["user"]["id"].partition(SIGN)
        payload["user"] |= {"id": name, "name": name.lower(), "username": name.lower()}
        return str(token)
    return ""


def _parsed(raw: bytes, sort: str) -> Body:
    if sort == "application/json":
        told: Body = json.loads(raw or b"{}")
        return told
    if sort == "application/x-www-form-urlencoded":
        return dict(urllib.parse.parse_qsl(raw.decode(), keep_blank_values=True))
    return {}


def _maybe_json(text: str) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
