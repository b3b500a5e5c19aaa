"""The web page behind its listener on a free port of this machine, and people who look at it.

Knows no test. Invariant: what people see comes over HTTP, as it comes to a browser.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from adapters.port import Host
from adapters.web.guard import Guard
from adapters.web.intake import Pages
from adapters.web.messenger import WebAdapter
from bot.listener import listening
from bot.local import known_zone
from lessons.document import Document, Paragraph, Text
from lessons.posts import Control, Part, Post
from tests.rigs.host import KeptHost, KeptShelf
from tests.rigs.page_text import Element, read

MONDAY = datetime(2026, 10, 5, 15, tzinfo=UTC)


def part(text: str, *controls: Control) -> Part:
    """A message of one paragraph."""
    return Part(Document((Paragraph((Text(text),)),)), text, controls)


def post(text: str, *controls: Control) -> Post:
    """An answer of one paragraph."""
    return Post(Document((Paragraph((Text(text),)),)), text, controls)


class Hands:
    """A clock that stands still until it is moved; the next slot is always a day away."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.coming = True

    def __call__(self) -> datetime:
        return self.now

    async def next_slot(self) -> datetime | None:
        return self.now + timedelta(days=1) if self.coming else None

    async def move_to(self, at: datetime) -> None:
        self.now = max(self.now, at)


@dataclass
class Hall:
    """A page that is open. `host` is behind it; `trying`: everybody may be anybody."""

    folder: Path
    trying: bool = True
    key_needed: bool = False
    names: frozenset[str] = frozenset()
    shelves: dict[str, KeptShelf] = field(default_factory=dict)
    hands: Hands = field(default_factory=Hands)

    async def __aenter__(self) -> Hall:
        self.host = KeptHost(self.shelves)
        await self.open(self.host)
        return self

    async def open(self, host: Host) -> None:
        self._stack = AsyncExitStack()
        hall = self.hands if self.trying else None
        self.adapter = WebAdapter(self.folder, zones=known_zone, clock=self.hands, hall=hall)
        await self.adapter.open(host)
        self._stack.push_async_callback(self.adapter.close)
        self.pages = Pages(self.adapter, Guard(self.names), key_needed=self.key_needed)
        self.port = await self._stack.enter_async_context(listening("127.0.0.1", 0, [self.pages]))
        self.address = f"http://127.0.0.1:{self.port}"
        # Cookies of 127.0.0.1 are only kept when that is asked for.
        jar = aiohttp.CookieJar(unsafe=True)
        self.browser = await self._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def page(self, path: str, **headers: str) -> Element:
        """A page as a browser gets it."""
        async with self.browser.get(self.address + path, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return read(await answer.text())

    async def post(
        self,
        path: str,
        fields: dict[str, str] | list[tuple[str, str]],
        *,
        script: bool = True,
        headers: dict[str, str] | None = None,
    ) -> aiohttp.ClientResponse:
        """A form as a browser sends it; the answer is read to its end."""
        sent = {"Origin": self.address, **({"X-Studyhall": "1"} if script else {})}
        answer = await self.browser.post(
            self.address + path,
            data=aiohttp.FormData(fields),
            headers={**sent, **(headers or {})},
            allow_redirects=False,
        )
        await answer.read()
        return answer
