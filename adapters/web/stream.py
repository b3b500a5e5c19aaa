"""The open pages: each is woken when something changed, and asks for what is new.

Knows no message. A page that does not read is let go; nothing is queued for it, because what it
missed is known from the number it had last. Invariant: at most MOST streams are open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from aiohttp import web

MOST: Final = 400
"""Each costs a connection and a few kilobytes."""

STILL_HERE_S: Final = 15.0
"""A page that hears nothing for twice this long takes the line for dead."""

LOOK_S: Final = 2.0
"""So soon is it noticed that a page has gone, and its place is free for another."""

PATIENCE_S: Final = 10.0
"""So long may a page take to read what it was sent."""


class Full(Exception):
    """No more pages are kept up to date; this one has to be loaded again by hand."""


class Streams:
    """All streams that are open; `wake` goes to all of them, or to those of one person."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._events: dict[asyncio.Event, str] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._events)

    def wake(self, person: str | None = None) -> None:
        """Something changed for everybody, or for one person."""
        for event, whose in self._events.items():
            if person is None or person == whose:
                event.set()

    def hang_up(self) -> None:
        """End all streams; pages come back by themselves when there is somebody again."""
        self._closed = True
        self.wake()

    @contextmanager
    def _listening(self, person: str) -> Iterator[asyncio.Event]:
        if self._closed or len(self._events) >= self._most:
            raise Full
        event = asyncio.Event()
        self._events[event] = person
        try:
            yield event
        finally:
            del self._events[event]

    async def serve(
        self,
        request: web.Request,
        response: web.StreamResponse,
        person: str,
        news: Callable[[], Awaitable[bytes]],
    ) -> None:
        """Send what `news` gives, now and after every waking, until either side hangs up.

        Raises Full before anything was sent.
        """
        with self._listening(person) as event:
            response.force_close()
            await response.prepare(request)
            with suppress(ConnectionError, TimeoutError):
                while not self._closed:
                    event.clear()
                    await self._send(response, await news())
                    await self._rest(request, event)

    async def _rest(self, request: web.Request, event: asyncio.Event) -> None:
        """Until something is new, or it is time for a sign of life."""
        end = asyncio.get_running_loop().time() + STILL_HERE_S
        while (left := end - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(event.wait(), min(LOOK_S, left))
                return
            if request.transport is None:
                raise ConnectionResetError

    async def _send(self, response: web.StreamResponse, text: bytes) -> None:
        await asyncio.wait_for(response.write(text or b": still here\n\n"), PATIENCE_S)


def event(name: str, text: str) -> bytes:
    """One server-sent event; `text` has no line ends of its own."""
    return f"id: {name}\ndata: {text}\n\n".encode()
