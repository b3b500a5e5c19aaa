"""A small Slack on loopback, over real HTTP and WebSocket, that misbehaves when it is told to.

Knows no adapter: unmodified slack_sdk and slack_bolt talk to it. Its world outlives its clients,
which may be killed. Invariant: every request is on record, whether it was answered or not.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiohttp import web

from tests.rigs import loopback_slack_control as control
from tests.rigs import loopback_slack_grants as grants
from tests.rigs import loopback_slack_hooks as hooks
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_chat import CHAT, Call
from tests.rigs.loopback_slack_faults import POSTING, Fault, Plan, Request, cut
from tests.rigs.loopback_slack_grants import GRANTS
from tests.rigs.loopback_slack_line import Line
from tests.rigs.loopback_slack_people import People
from tests.rigs.loopback_slack_reading import READING
from tests.rigs.loopback_slack_things import Grant, Refusal
from tests.rigs.loopback_slack_views import VIEWS
from tests.rigs.loopback_slack_world import World

METHODS = {**CHAT, **READING, **VIEWS, **GRANTS}
BIGGEST = 64 * 1024 * 1024

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoopbackSlack(World):
    """`async with LoopbackSlack() as slack:`; then `slack.api` is the base_url of its API."""

    def __init__(self, clock: Callable[[], float] = time.time, port: int = 0) -> None:
        super().__init__(clock)
        self.port = port
        self.line = Line(self)
        self.plan = Plan()
        self.log: list[Request] = []
        self.heard: Callable[[Request], None] = lambda request: None
        """Told of every post that is about to be made, and again when it was (`done`)."""
        self._telling: set[asyncio.Task[object]] = set()

    # -- serving ----------------------------------------------------------------------------------

    async def __aenter__(self) -> LoopbackSlack:
        app = web.Application(client_max_size=BIGGEST, middlewares=[self._watched])
        app.router.add_route("*", "/api/{method}", self._serve)
        app.router.add_post("/{kind:commands|actions|app}/{team}/{hook}", self._hook)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/link", self.line.link)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        app.router.add_post("/_control", self._control)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = int(self._runner.addresses[0][1])
        self.base = f"http://127.0.0.1:{self.port}"
        self.api = f"{self.base}/api/"
        self.people = People(self, self.line, self.base)
        return self

    async def __aexit__(self, *_: object) -> None:
        for telling in self._telling:
            telling.cancel()
        await self.line.close()
        await self._runner.cleanup()

    def calls(self, method: str = "") -> list[Request]:
        """The requests to a method, in order; without one, all."""
        return [one for one in self.log if not method or one.method == method]

    def made(self) -> list[bool]:
        """Of every chat.postMessage, whether it posted."""
        return [one.done for one in self.calls("chat.postMessage")]

    @web.middleware
    async def _watched(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """What can't even be read is a fault of the app, not a 500 like any other."""
        try:
            return await handler(request)
        except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as trouble:
            self.complaints.append(f"{request.method} {request.path}: {trouble!r}")
            raise

    # -- the Web API ------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await _read(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = str(body.pop("token", "") or token)
        known = self.grants.get(token)
        record = Request(method, body, token, known.team if known else "", self.now())
        self.log.append(record)
        fault = self.plan.next(method)
        if fault is not None and not fault.done:
            if fault.what != "slow":
                return await self._misbehave(request, record, fault)
            await asyncio.sleep(fault.after_s)
        answer, status, headers = self._answer(record, known)
        if fault is not None and fault.done:
            if fault.what != "slow":
                return await self._misbehave(request, record, fault)
            await asyncio.sleep(fault.after_s)
        return web.json_response(answer, status=status, headers=headers)

    def _answer(self, record: Request, known: Grant | None) -> tuple[Json, int, dict[str, str]]:
        headers = {"x-slack-req-id": self.new_id("")}
        if known is not None:
            headers["x-oauth-scopes"] = ",".join(known.scopes)
        if record.method in POSTING:
            self.heard(record)
        try:
            answer = {"ok": True, **self._do(record, known)}
        except Refusal as refusal:
            record.error, record.status = refusal.error, refusal.status
            if refusal.after_s:
                headers["Retry-After"] = str(refusal.after_s)
            return {"ok": False, "error": refusal.error, **refusal.more}, refusal.status, headers
        record.done, record.ts = True, str(answer.get("ts", ""))
        if record.method in ("auth.revoke", "apps.uninstall"):
            self._tell_of_the_end(record)
        if record.method in POSTING:
            self.heard(record)
        return answer, 200, headers

    def _do(self, record: Request, known: Grant | None) -> Json:
        if record.method == "oauth.v2.access":
            return grants.access(self, record.body)
        if record.method == "apps.connections.open":
            return self._open_connection(record.token)
        method = METHODS.get(record.method)
        if method is None:
            self.complaints.append(f"unknown_method: {record.method}")
            raise Refusal("unknown_method", req_method=record.method)
        if not record.token:
            raise Refusal("not_authed")
        if record.token == self.app_token:
            raise Refusal("not_allowed_token_type")
        if known is None:
            raise Refusal("invalid_auth")
        if known.expires_at is not None and known.expires_at <= self.now():
            raise Refusal("token_expired")
        if known.trouble:
            raise Refusal(known.trouble)
        return method(Call(self, self.base, record.body, known))

    def _tell_of_the_end(self, record: Request) -> None:
        """Whoever removed the app, it hears of it by events."""
        end = (
            self.people.tokens_revoked if record.method == "auth.revoke" else self.people.uninstall
        )
        telling: asyncio.Task[object] = asyncio.create_task(end(record.team))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    def _open_connection(self, token: str) -> Json:
        if token != self.app_token:
            raise Refusal("not_allowed_token_type" if token in self.grants else "invalid_auth")
        ticket = self.new_id("ticket-")
        self.line.tickets.add(ticket)
        return {"url": f"ws://127.0.0.1:{self.port}/link?ticket={ticket}&app_id={self.app_id}"}

    async def _misbehave(
        self, request: web.Request, record: Request, fault: Fault
    ) -> web.StreamResponse:
        record.error = fault.error if fault.what == "error" else fault.what
        match fault.what:
            case "500" | "502" | "503":
                record.status = int(fault.what)
                return web.Response(status=record.status, text="<html>trouble</html>")
            case "429":
                record.status = 429
                headers = {"Retry-After": f"{fault.after_s:.0f}"}
                told = {"ok": False, "error": "ratelimited"}
                return web.json_response(told, status=429, headers=headers)
            case "error":
                return web.json_response({"ok": False, "error": fault.error})
            case "garbage":
                return web.Response(text="{not json", content_type="application/json")
            case "slow":
                raise AssertionError("what is slow is done all the same")
            case "lost" | "reset":
                record.status = 0
                transport = request.transport
                assert transport is not None
                if fault.what == "reset":
                    cut(transport.get_extra_info("socket"))
                    transport.abort()
                else:
                    transport.close()
                await asyncio.sleep(0.01)
                raise web.HTTPInternalServerError

    # -- other addresses --------------------------------------------------------------------------

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        body = await _read(request)
        record = Request("response_url", body, "", request.match_info["team"], self.now())
        self.log.append(record)
        fault = self.plan.next("response_url")
        if fault is not None and not fault.done and fault.what != "slow":
            return await self._misbehave(request, record, fault)
        if fault is not None and fault.what == "slow":
            await asyncio.sleep(fault.after_s)
        try:
            hooks.answer(self, request.match_info["hook"], body)
        except Refusal as refusal:
            record.error, record.status = refusal.error, refusal.status
            if refusal.status == 404:
                told = {"ok": False, "error": refusal.error}
                return web.json_response(told, status=404)
            return web.Response(status=refusal.status, text=refusal.error)
        record.done = True
        if fault is not None and fault.done and fault.what != "slow":
            return await self._misbehave(request, record, fault)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        content = await _upload_of(request)
        record = Request("upload", {"length": len(content)}, "", "", self.now())
        self.log.append(record)
        fault = self.plan.next("upload")
        if fault is not None and not fault.done and fault.what != "slow":
            return await self._misbehave(request, record, fault)
        file = self.files.get(request.match_info["file"])
        if file is None or len(content) != file.length:
            return web.Response(status=400, text="invalid upload")
        file.content, file.uploaded, record.done = content, True, True
        if fault is not None and fault.what != "slow":
            return await self._misbehave(request, record, fault)
        return web.Response(text=f"OK - {len(content)}")

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(grants.authorize(self, request.query))

    async def _control(self, request: web.Request) -> web.StreamResponse:
        told = json.dumps(await control.do(self, await request.json()), default=control.plain)
        return web.Response(text=told, content_type="application/json")


# -- decoding -------------------------------------------------------------------------------------


async def _read(request: web.Request) -> Json:
    """Arguments from the query, a form or JSON; objects that came as text are decoded."""
    body: Json = {**request.query}
    if request.content_type == "application/json":
        raw = await request.text()
        body |= json.loads(raw) if raw else {}
    elif request.body_exists:
        body |= dict((await request.post()).items())
    basic = request.headers.get("Authorization", "")
    if basic.startswith("Basic "):
        name, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
        body |= {"client_id": name, "client_secret": secret}
    return {name: _decoded(name, value) for name, value in body.items()}


def _decoded(name: str, value: Any) -> Any:
    if name in ("blocks", "view", "metadata", "files", "attachments") and isinstance(value, str):
        return json.loads(value)
    return value


async def _upload_of(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            return bytes(value.file.read())
    return b""


# -- for tests ------------------------------------------------------------------------------------


@asynccontextmanager
async def loopback_slack(there: LoopbackSlack | None = None) -> AsyncIterator[LoopbackSlack]:
    """A world; all that an app sent to it is judged in the end."""
    async with there or LoopbackSlack() as slack:
        yield slack
        assert not slack.complaints, "\n".join(slack.complaints)


async def until(happened: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait for it."""
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110 - what is waited for knows of no event
            await asyncio.sleep(0.01)


# -- in a process of its own ----------------------------------------------------------------------


async def _serve_alone(port: int) -> None:
    async with LoopbackSlack(port=port) as slack:
        told = {"base": slack.base, "api": slack.api, "app_token": slack.app_token}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    wanted = argparse.ArgumentParser(description="A small Slack; ends when it is told to.")
    wanted.add_argument("--port", type=int, default=0)
    asyncio.run(_serve_alone(wanted.parse_args().port))
