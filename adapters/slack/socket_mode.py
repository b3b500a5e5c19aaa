"""Socket Mode as the way in: the app calls Slack, so no public address is needed.

Knows no lesson. Invariant: a line that is silent is found out and replaced, and one that can never
come back ends the service with words that say what to do.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aiohttp
from slack_bolt.app.async_app import AsyncApp

from adapters.port import Ambiguous, CannotConnect, DeliveryFailure, Rejected, TryLater, Unreachable
from adapters.slack.connection import Connection
from adapters.slack.wire import NO_LINE_S, NoScope
from adapters.slack.words import RIGHTS

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

NOT_VALID: Final = (
    "Slack: the app token is not valid. Make one with the scope connections:write (Basic"
    " Information, App-Level Tokens) and copy it into STUDYHALL_SLACK_APP_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Watch:
    """How lines are watched over, in seconds."""

    ping_s: float = 10.0
    """Slack answers a ping within moments: a line that does not in half of this is dead."""

    idle_s: float = 1_800.0
    """A line may stall though its pings are answered, as others report: after so long without
    anything it is replaced."""

    open_s: float = 15.0
    linger_s: float = 3.0
    """So long an old line is kept beside the new one, for what is on its way down it."""

    steady_s: float = 30.0
    """A line that did not hold so long is not replaced at once, lest it go on and on."""

    again_s: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0)


class SocketMode:
    """One or more lines; Slack gives each envelope to one of them."""

    def __init__(self, app_token: str, connections: int = 1, watch: Watch | None = None) -> None:
        self._app_token = app_token
        self._connections = connections
        self._watch = watch or Watch()
        self._session: aiohttp.ClientSession | None = None
        self._lines: list[Line] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, adapter: SlackAdapter) -> None:
        """Connect; if Slack can't be reached now, that is tried again in the background.

        Raises CannotConnect if the app token is refused.
        """
        self._session = aiohttp.ClientSession(trust_env=True)
        self._lines = [
            Line(adapter.bolt, self._session, self._app_token, adapter, self._watch, number + 1)
            for number in range(self._connections)
        ]
        try:
            opened = await self._lines[0].renew()
        except CannotConnect:
            await self.stop()
            raise
        if not opened:
            log.warning("Slack can't be reached, I keep trying")
        first, *others = self._lines
        self._tasks = [
            asyncio.create_task(first.stay(tried=not opened)),
            *(asyncio.create_task(line.stay()) for line in others),
        ]

    async def stop(self) -> None:
        """Take in nothing more. May be repeated."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        lines, self._lines = self._lines, []
        await asyncio.gather(*(line.close() for line in lines), return_exceptions=True)
        if self._session is not None:
            await self._session.close()


class Line:
    """A way in that is there, whichever connection it is made of."""

    def __init__(
        self,
        app: AsyncApp,
        session: aiohttp.ClientSession,
        app_token: str,
        adapter: SlackAdapter,
        watch: Watch,
        number: int,
    ) -> None:
        self._app = app
        self._session = session
        self._app_token = app_token
        self._adapter = adapter
        self._watch = watch
        self._name = f"line {number}"
        self._connection: Connection | None = None
        self._leaving: dict[asyncio.Task[None], Connection] = {}
        self._patience_s = 0.0

    async def renew(self) -> bool:
        """Whether there is a new connection now. The old one is left only after that.

        Raises CannotConnect if there never will be one.
        """
        self._patience_s = 0.0
        try:
            url = await self._adapter.wire.ticket(self._app_token)
            made = await Connection.open(
                self._app, self._session, url, self._watch.ping_s, self._watch.open_s
            )
        except DeliveryFailure as failed:
            if _is_final(failed):
                raise CannotConnect(NOT_VALID) from None
            if isinstance(failed, TryLater) and failed.after_s > NO_LINE_S:
                self._patience_s = failed.after_s
            # A trouble of the network says nothing that helps; a word of Slack's may.
            told = log.info if isinstance(failed, TryLater | Ambiguous) else log.warning
            told("Slack's %s could not be opened: %s", self._name, failed)
            return False
        except (OSError, aiohttp.ClientError, ValueError) as failed:
            # Its own words have the ticket in them.
            log.info("Slack's %s could not be opened: %s", self._name, type(failed).__name__)
            return False
        except Exception:
            log.exception("Slack's %s could not be opened", self._name)
            return False
        old, self._connection = self._connection, made
        if old is not None:
            leaving = asyncio.create_task(old.close(self._watch.linger_s))
            self._leaving[leaving] = old
            leaving.add_done_callback(lambda done: self._leaving.pop(done, None))
        return True

    async def stay(self, *, tried: bool = False) -> None:
        """Keep the line, and replace it when it is silent, until it is cancelled or cut off.

        `tried`: it could not be opened a moment ago, so that is not tried again at once.
        """
        try:
            if tried:
                await self._pause(0)
            await self._keep(int(tried))
        except CannotConnect as never:
            await self._adapter.host.cut_off(never)

    async def _keep(self, tried: int) -> None:
        while True:
            if self._connection is not None:
                trouble = await self._connection.trouble(self._watch.idle_s)
                log.info("Slack's %s %s; I open another", self._name, trouble)
                if self._was_steady(self._connection):
                    tried = 0
                else:
                    await self._pause(tried)
                    tried += 1
            while not await self.renew():
                await self._pause(tried)
                tried += 1

    def _was_steady(self, connection: Connection) -> bool:
        held_s = asyncio.get_running_loop().time() - connection.opened_at
        return held_s >= self._watch.steady_s

    async def _pause(self, tried: int) -> None:
        again_s = self._watch.again_s
        await asyncio.sleep(max(again_s[min(tried, len(again_s) - 1)], self._patience_s))

    async def close(self) -> None:
        """Hang up when what came is answered."""
        there = [*self._leaving.values(), *([self._connection] if self._connection else [])]
        self._connection = None
        await asyncio.gather(*(one.close(0) for one in there), return_exceptions=True)
        await asyncio.gather(*self._leaving, return_exceptions=True)


def _is_final(failed: DeliveryFailure) -> bool:
    """Whether Slack refuses the app token, and not the moment."""
    if isinstance(failed, Unreachable):
        return isinstance(failed, NoScope) or failed.missing == RIGHTS["installed"]
    return isinstance(failed, Rejected) and failed.detail.startswith("not_allowed_token_type")
