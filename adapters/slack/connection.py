"""One WebSocket of Socket Mode: what comes down it is given to Bolt and acknowledged on it.

Knows no token, and nobody who watches over it. Invariant: what it has taken in is answered before
it closes by itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Final

import aiohttp
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

log = logging.getLogger(__name__)

ANSWER_S: Final = 3.0
"""Slack waits no longer for an acknowledgement."""


class Connection:
    """A line that is open. Slack gives each envelope to one of an app's lines.

    The library's own closes the old line before it has a new one, tries a ticket that was used
    up for ever, and logs what people wrote when it is asked what it does.
    """

    def __init__(self, app: AsyncApp, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._app = app
        self._socket = socket
        self._over = asyncio.Event()
        self._hello = asyncio.Event()
        self._deaf = False
        self._answering: set[asyncio.Task[None]] = set()
        self.opened_at = self._heard_at = asyncio.get_running_loop().time()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(
        cls, app: AsyncApp, session: aiohttp.ClientSession, url: str, ping_s: float, within_s: float
    ) -> Connection:
        """A line on which Slack has said hello.

        Raises OSError (a time-out is one) or aiohttp.ClientError if there is none by then.
        """
        async with asyncio.timeout(within_s):
            # Whoever does not answer a ping in half the time to the next is hung up on.
            opened = cls(app, await session.ws_connect(url, heartbeat=ping_s))
            try:
                await opened._greeted()
            except BaseException:
                await opened.close(0)
                raise
        return opened

    async def _greeted(self) -> None:
        greeted = asyncio.create_task(self._hello.wait())
        over = asyncio.create_task(self._over.wait())
        try:
            await asyncio.wait({greeted, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            greeted.cancel()
            over.cancel()
        if not self._hello.is_set():
            raise ConnectionError("Slack hung up without a hello")

    async def trouble(self, idle_s: float) -> str:
        """Returns, with what is the matter, when this line should be replaced."""
        while True:
            left = self._heard_at + idle_s - asyncio.get_running_loop().time()
            if left <= 0:
                return "was silent for long"
            try:
                async with asyncio.timeout(left):
                    await self._over.wait()
            except TimeoutError:
                continue
            return "was cut" if self._listening.done() else "is to be replaced, Slack says"

    async def close(self, linger_s: float) -> None:
        """Hang up when what came is answered; for so long, what is on its way is still taken."""
        try:
            await asyncio.wait({self._listening}, timeout=linger_s)
            self._deaf = True
            if self._answering:
                await asyncio.wait(tuple(self._answering), timeout=ANSWER_S)
        finally:
            await self._socket.close()
            left = [self._listening, *self._answering]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    # -- what comes -------------------------------------------------------------------------------

    async def _listen(self) -> None:
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._took(message.data)
        finally:
            self._over.set()

    def _took(self, text: str) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        try:
            told: dict[str, Any] = json.loads(text)
            kind, name, payload = told.get("type"), told.get("envelope_id"), told.get("payload")
        except (ValueError, AttributeError):
            log.warning("something came down Slack's line that can't be read")
            return
        if kind == "hello":
            self._hello.set()
        elif kind == "disconnect":
            self._over.set()
        elif name and isinstance(payload, dict) and not self._deaf:
            takes = bool(told.get("accepts_response_payload"))
            answering = asyncio.create_task(self._answer(str(name), payload, takes))
            self._answering.add(answering)
            answering.add_done_callback(self._answering.discard)

    async def _answer(self, name: str, payload: dict[str, Any], takes: bool) -> None:
        said = await self._answered(payload)
        answer = {"envelope_id": name, **(said if takes else {})}
        try:
            await self._socket.send_str(json.dumps(answer))
        except (ConnectionError, aiohttp.ClientError):
            log.info("an acknowledgement was lost with its line; Slack may send it again")

    async def _answered(self, payload: dict[str, Any]) -> dict[str, Any]:
        """What goes with the acknowledgement. What can't be taken now never can."""
        try:
            request = AsyncBoltRequest(mode="socket_mode", body=payload)
            response = await self._app.async_dispatch(request)
        except Exception:
            log.exception("something from Slack could not be read")
            return {}
        if not response.body:
            return {}
        kind = response.headers.get("content-type", [""])[0]
        is_json = kind.startswith("application/json")
        return {"payload": json.loads(response.body) if is_json else {"text": response.body}}
