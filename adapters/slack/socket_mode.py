"""Socket Mode as the way in: the app calls Slack, so no public address is needed.

Knows no lesson. Invariant: a line that is silent is found out and replaced, and one that can never
come back ends the process with words that say what to do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import TYPE_CHECKING, Any, Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.port import CannotConnect
from adapters.slack.installations import OUT_OF_REACH, refusal

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

PING_S: Final = 10.0
WATCH_S: Final = 5.0
SILENT_S: Final = 30.0
"""Slack answers a ping within moments; a line that does not for so long is dead."""

IDLE_S: Final = 1_800.0
"""A line on which nothing came for so long may have stalled, as others report: it is replaced."""

DOWN_S: Final = 60.0
"""A line that is down for so long may never come back: the token is tried."""

AGAIN_S: Final = (1.0, 5.0, 30.0, 120.0)

NEVER: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "not_allowed_token_type"}
)


class SocketMode:
    """One or more lines; Slack gives each envelope to one of them."""

    def __init__(self, app_token: str, connections: int = 1, *, watch_s: float = WATCH_S) -> None:
        self._app_token = app_token
        self._connections = connections
        self._watch_s = watch_s
        self._lines: list[Line] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, adapter: SlackAdapter) -> None:
        """Connect; if Slack can't be reached now, that is tried again in the background.

        Raises CannotConnect if the app token is refused.
        """
        self._lines = [
            Line(self._app_token, adapter, number) for number in range(self._connections)
        ]
        first, *others = self._lines
        if not await first.try_to_connect():
            log.warning("Slack can't be reached, I keep trying")
        self._tasks = [asyncio.create_task(line.stay(self._watch_s)) for line in [first, *others]]

    async def stop(self) -> None:
        """Take in nothing more. May be repeated."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lines, self._lines = self._lines, []
        for line in lines:
            await line.close()


class Line:
    """One connection, and who watches over it."""

    def __init__(self, app_token: str, adapter: SlackAdapter, number: int) -> None:
        self._app_token = app_token
        self._adapter = adapter
        self._name = f"line {number + 1}"
        self._handler = AsyncSocketModeHandler(
            adapter.bolt, app_token, web_client=adapter.wire.client(""), ping_interval=PING_S
        )
        self._client.socket_mode_request_listeners.insert(0, self._heard)
        self._last = time.monotonic()

    @property
    def _client(self) -> Any:
        return self._handler.client

    async def _heard(self, _client: object, _request: SocketModeRequest) -> None:
        self._last = time.monotonic()

    async def try_to_connect(self) -> bool:
        """Whether there is a line now. Raises CannotConnect if there never will be."""
        try:
            told = await self._adapter.wire.client(self._app_token).apps_connections_open(
                app_token=self._app_token
            )
        except OUT_OF_REACH as failed:
            if refusal(failed) in NEVER:
                raise CannotConnect(
                    "Slack: the app token is not valid. Make one with the scope connections:write"
                    " (Basic Information, App-Level Tokens) and copy it into"
                    " STUDYHALL_SLACK_APP_TOKEN."
                ) from None
            return False
        self._client.wss_uri = str(told["url"])
        self._last = time.monotonic()
        await self._client.connect()
        return True

    async def stay(self, watch_s: float) -> None:
        """Keep the line, and replace it when it is silent, until it is cancelled or cut off."""
        tried, down_since = 0, time.monotonic()
        while True:
            try:
                if await self._is_well():
                    tried, down_since = 0, time.monotonic()
                    await asyncio.sleep(watch_s)
                elif time.monotonic() - down_since < DOWN_S and self._connecting:
                    await asyncio.sleep(watch_s)
                else:
                    log.warning("Slack's %s is silent; I open another", self._name)
                    down_since = time.monotonic()
                    if not await self.try_to_connect():
                        await asyncio.sleep(AGAIN_S[min(tried, len(AGAIN_S) - 1)])
                        tried += 1
            except CannotConnect as never:
                await self._adapter.host.cut_off(never)
                return
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("watching over Slack's %s failed", self._name)
                await asyncio.sleep(watch_s)

    async def _is_well(self) -> bool:
        """Connected, its two tasks alive, its pings answered, and not without a word for long."""
        client = self._client
        if not await client.is_connected():
            return False
        if any(t is None or t.done() for t in (client.message_receiver, client.message_processor)):
            return False
        pinged = client.last_ping_pong_time
        if pinged is not None and time.time() - pinged > SILENT_S:
            return False
        return time.monotonic() - self._last < IDLE_S

    @property
    def _connecting(self) -> bool:
        """Whether the library is replacing the line by itself, as Slack asks it to now and then."""
        return bool(self._client.connect_operation_lock.locked())

    async def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(Exception):
            await self._client.close()
