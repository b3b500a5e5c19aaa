"""HTTP as the way in: Slack posts everything, signed, to one address, from any workspace.

Knows no lesson. Invariant: what is not signed by Slack, is old, or was there before reaches no
listener. Source: Slack's developer documentation, "Verifying requests from Slack".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

from adapters.seen import Seen
from adapters.slack.guard import Guard, Json, is_ssl_check, read
from adapters.slack.manifest import EVENTS_PATH
from adapters.slack.oauth import OAuth, answered

log = logging.getLogger(__name__)

MOST_BYTES: Final = 1024 * 1024
BODY_S: Final = 5.0

UNREADABLE: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What Bolt's reading of a body ends with that is of another kind than it takes it for."""


class Served(Protocol):
    """The adapter, as this way in sees it."""

    @property
    def bolt(self) -> AsyncApp:
        """Its listeners; they acknowledge at once, and the rest goes on in tasks."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is."""

    async def tell_workspaces(self) -> None:
        """Tell the service in which workspaces the app is."""


class Endpoint:
    """The routes, and the transport: posts go out as ever, what people do comes in by HTTP."""

    def __init__(self, signing_secret: str, oauth: OAuth | None = None) -> None:
        self._guard = Guard(signing_secret)
        self._oauth = oauth
        self._adapter: Served | None = None
        self._seen = Seen()

    # -- transport --------------------------------------------------------------------------------

    async def start(self, adapter: Served) -> None:
        """From now on, what comes in is answered by this adapter."""
        self._adapter = adapter
        if self._oauth is not None:
            self._oauth.installed = adapter.tell_workspaces

    async def stop(self) -> None:
        """Take in no more: Slack sends it again."""
        self._adapter = None

    # -- the routes -------------------------------------------------------------------------------

    def routes(self) -> Sequence[web.RouteDef]:
        """Where Slack posts to, and where a workspace installs the app."""
        own = [web.post(EVENTS_PATH, self._receive)]
        return own if self._oauth is None else [*own, *self._oauth.routes()]

    def hang_up(self) -> None:
        """Nothing here goes on for ever."""

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        adapter = self._adapter
        if adapter is None:
            raise web.HTTPServiceUnavailable(text="not open yet", headers={"Retry-After": "5"})
        body = await _whole(request)
        if is_ssl_check(body):
            return web.Response()
        stamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not self._guard.genuine(stamp, signature, body, adapter.clock()):
            raise web.HTTPUnauthorized(text="the signature is not Slack's, or it is old")
        told = read(body)
        if told is None:
            raise web.HTTPBadRequest(text="this is nothing that Slack sends")
        if told.get("type") == "url_verification":
            return web.json_response({"challenge": str(told.get("challenge", ""))})
        marks = _marks(told, signature)
        if not self._seen.all_new(*marks):
            return web.Response()
        try:
            answer = await self._answer(adapter.bolt, told)
        except BaseException:
            self._seen.forget(marks)
            raise
        if answer.status >= 500:
            self._seen.forget(marks)
        return answer

    async def _answer(self, bolt: AsyncApp, told: Json) -> web.Response:
        # The body is read already, as in Socket Mode; no header of the sender's gets through that
        # Bolt might take for one of its own.
        try:
            asked = AsyncBoltRequest(body=told, mode="socket_mode")
        except UNREADABLE:
            raise web.HTTPBadRequest(text="this is nothing that Slack sends") from None
        try:
            return answered(await bolt.async_dispatch(asked))
        except Exception:
            log.exception("what Slack sent could not be taken in")
            return web.Response(status=500, text="this went wrong here")


def _marks(told: Json, signature: str) -> tuple[str, ...]:
    """By what the same is known again: the signature has the moment and the whole body in it, and
    an event that Slack sends again keeps its id."""
    event = told.get("event_id") if told.get("type") == "event_callback" else None
    return (signature, f"event {event}") if event else (signature,)


async def _whole(request: web.Request) -> bytes:
    """The body, if it is not too large and comes to an end."""
    if (request.content_length or 0) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, request.content_length or 0)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        # It would be unpacked before anybody knows who sent it.
        raise web.HTTPUnsupportedMediaType(text="Slack does not send this packed")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_S):
            while len(body) <= MOST_BYTES and (more := await request.content.read(MOST_BYTES)):
                body += more
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="the request did not come to an end") from None
    except (ConnectionError, web.HTTPException, ValueError):
        raise web.HTTPBadRequest(text="the request was broken off") from None
    if len(body) > MOST_BYTES:
        raise web.HTTPRequestEntityTooLarge(MOST_BYTES, len(body))
    return bytes(body)
