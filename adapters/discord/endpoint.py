"""HTTP as the way in: Discord posts each interaction, signed, to any of several processes.

Knows no lesson. Invariant: what is not signed by Discord, or is old, reaches nothing.
Sources: Discord's developer documentation, "Receiving and Responding"; RFC 8032 (Ed25519).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from aiohttp import web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adapters.discord.gateway import AGAIN_S, FINISH_S, OUT_OF_REACH, Client, explained, log_in
from adapters.discord.messenger import DiscordAdapter
from adapters.port import CannotConnect
from adapters.seen import Seen

log = logging.getLogger(__name__)

PATH: Final = "/discord/interactions"
PING: Final = 1
OLD_S: Final = 300
"""A signature of an older moment is one that somebody kept."""

MOST_BYTES: Final = 256 * 1024
BODY_S: Final = 5.0

_STAMP: Final = re.compile(r"\d{9,11}", re.ASCII)
_SIGNATURE: Final = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)
_KEY: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


class Endpoint:
    """The route, and the transport: posts go out as ever, interactions come in by HTTP."""

    def __init__(self, client: Client, token: str, public_key: str) -> None:
        self._client = client
        self._token = token
        self._key = public_key_of(public_key)
        self._adapter: DiscordAdapter | None = None
        self._seen = Seen()
        self._trying: asyncio.Task[None] | None = None

    # -- transport --------------------------------------------------------------------------------

    async def start(self, adapter: DiscordAdapter) -> None:
        """Log in and register commands. Raises CannotConnect."""
        self._client.bind(adapter)
        self._adapter = adapter
        try:
            await self._log_in(adapter)
        except OUT_OF_REACH as unreachable:
            log.warning("Discord can't be reached, I keep trying: %s", unreachable)
            self._trying = asyncio.create_task(self._keep_trying(adapter))

    async def _log_in(self, adapter: DiscordAdapter) -> None:
        await log_in(self._client, self._token, adapter)
        # Here nothing tells of servers that were left while nobody looked.
        self._client.begin(self._client.count_servers())

    async def _keep_trying(self, adapter: DiscordAdapter) -> None:
        tried = 0
        while True:
            await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
            tried += 1
            try:
                return await self._log_in(adapter)
            except CannotConnect as never:
                return await adapter.host.cut_off(never)
            except Exception as trouble:
                log.warning("Discord can't be reached: %s", explained(trouble))

    async def stop(self) -> None:
        """Finish the answers under way."""
        if self._trying is not None:
            self._trying.cancel()
        if self._client.intake is not None:
            await self._client.intake.finish(FINISH_S)
        if not self._client.is_closed():
            with contextlib.suppress(Exception):
                await self._client.close()

    # -- the route --------------------------------------------------------------------------------

    def routes(self) -> Sequence[web.RouteDef]:
        """Where Discord posts to."""
        return [web.post(PATH, self._receive)]

    def hang_up(self) -> None:
        """Nothing here goes on for ever."""

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES, request.content_length or 0)
        try:
            async with asyncio.timeout(BODY_S):
                body = await _whole(request)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the request did not come to an end") from None
        except ConnectionError:
            raise web.HTTPBadRequest(text="the request was broken off") from None
        if len(body) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES, len(body))
        stamp = request.headers.get("X-Signature-Timestamp", "")
        signature = request.headers.get("X-Signature-Ed25519", "")
        if not self._genuine(stamp, signature, body):
            raise web.HTTPUnauthorized(text="the signature is not Discord's")
        told = _json(body)
        if told is None:
            raise web.HTTPBadRequest(text="this is no interaction")
        if told.get("type") == PING:
            return web.json_response({"type": PING})
        if not self._ready:
            raise web.HTTPServiceUnavailable(text="not logged in yet")
        # This process alone remembers it; what it asks for counts once in any case.
        if not self._seen.all_new(str(told.get("id", ""))):
            return web.Response(status=202)
        try:
            # The library reads interactions of the gateway only; this is what its socket calls.
            self._client._connection.parse_interaction_create(told)  # type: ignore[arg-type]
        except (KeyError, TypeError, ValueError, AttributeError):
            log.warning("an interaction could not be read", exc_info=True)
            raise web.HTTPBadRequest(text="this is no interaction") from None
        # The answer goes out as a request of its own, the same as over the gateway.
        return web.Response(status=202)

    @property
    def _ready(self) -> bool:
        return self._adapter is not None and self._client.application_id is not None

    def _genuine(self, stamp: str, signature: str, body: bytes) -> bool:
        if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
            return False
        now = self._now()
        if now is not None and abs(now.timestamp() - int(stamp)) > OLD_S:
            return False
        try:
            self._key.verify(bytes.fromhex(signature), stamp.encode() + body)
        except InvalidSignature:
            return False
        return True

    def _now(self) -> datetime | None:
        return None if self._adapter is None else self._adapter.clock()


def public_key_of(written: str) -> Ed25519PublicKey:
    """The key from the developer portal. Raises CannotConnect."""
    try:
        if not _KEY.fullmatch(written):
            raise ValueError
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(written))
    except ValueError:
        raise CannotConnect(
            "Discord: the public key is not one: copy the 64 characters called Public Key from the"
            " developer portal into STUDYHALL_DISCORD_PUBLIC_KEY."
        ) from None


async def _whole(request: web.Request) -> bytes:
    """The body, or a little more of it than is taken."""
    body = b""
    while len(body) <= MOST_BYTES and (more := await request.content.read(MOST_BYTES)):
        body += more
    return body


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
