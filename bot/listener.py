"""The one HTTP listener: every adapter's routes on one port, opened last and closed first.

Knows no adapter. Invariant: while it is open, the service behind it is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Protocol

from aiohttp import web

log = logging.getLogger(__name__)

MOST_BYTES: Final = 1024 * 1024
"""What any route may be sent at most; most take far less."""

IDLE_S: Final = 75.0
"""So long is a line kept on which nothing is asked; whoever opens many can't keep them for ever."""

FAREWELL_S: Final = 3.0
"""So long may an answer take that is under way when the service ends."""


class Pages(Protocol):
    """What an adapter serves over HTTP."""

    def routes(self) -> Sequence[web.RouteDef]:
        """Guarded by the adapter itself."""

    def hang_up(self) -> None:
        """End what would go on for ever."""


class CannotListen(Exception):
    """The port is taken, or the address is not this machine's."""

    def __init__(self, host: str, port: int, detail: str) -> None:
        super().__init__(
            f"The page can't be opened at {host}:{port} ({detail}). Something else may be using "
            "that port: name another one with STUDYHALL_WEB, such as 127.0.0.1:8485."
        )


@contextlib.asynccontextmanager
async def listening(host: str, port: int, served: Iterable[Pages]) -> AsyncIterator[int]:
    """Serve these pages; gives the port, which is a free one for port 0. Raises CannotListen."""
    app = web.Application(client_max_size=MOST_BYTES)
    pages = tuple(served)
    for each in pages:
        app.add_routes(each.routes())

    async def hang_up(_app: web.Application) -> None:
        for each in pages:
            each.hang_up()

    app.on_shutdown.append(hang_up)
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=FAREWELL_S, keepalive_timeout=IDLE_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024)
        try:
            await site.start()
        except OSError as taken:
            raise CannotListen(host, port, (taken.strerror or str(taken)).lower()) from taken
        yield _port(runner)
    finally:
        with contextlib.suppress(asyncio.TimeoutError):
            await runner.cleanup()


def _port(runner: web.AppRunner) -> int:
    address = runner.addresses[0]
    return int(address[1])
