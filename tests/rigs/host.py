"""The service as an adapter sees it, for tests of adapters alone: it keeps what came in.

Knows no store. Invariant: nothing is answered that a test did not put there.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Collection, Mapping

from adapters.port import Address, CannotConnect, Suggestion
from lessons.actions import Action
from lessons.figure import Figure
from lessons.posts import Reply

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
"""The smallest PNG there is."""


class KeptShelf:
    """Records in memory."""

    def __init__(self) -> None:
        self._records: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self._records.get(key)

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            self._records.pop(key, None)
        else:
            self._records[key] = value

    async def all(self, prefix: str = "") -> Mapping[str, str]:
        return {key: value for key, value in self._records.items() if key.startswith(prefix)}


class KeptHost:
    """A Host. `replies` are what the next actions get, after `holds_s`."""

    def __init__(self, shelves: dict[str, KeptShelf] | None = None) -> None:
        self.actions: list[Action] = []
        self.replies: list[Reply] = []
        self.holds_s = 0.0
        self.figures: dict[str, Figure] = {}
        self.suggestions: tuple[Suggestion, ...] = ()
        self.asked: list[tuple[Action, str, str]] = []
        self.gone: list[Address | str] = []
        self.ended: list[str] = []
        self.here: list[tuple[str, ...]] = []
        self._shelves = {} if shelves is None else shelves

    async def handle(self, action: Action) -> AsyncIterator[Reply]:
        self.actions.append(action)
        await asyncio.sleep(self.holds_s)
        for reply in self.replies:
            yield reply

    async def suggest(
        self, action: Action, option: str, begun: str, most: int
    ) -> tuple[Suggestion, ...]:
        self.asked.append((action, option, begun))
        return self.suggestions[:most]

    async def channel_gone(self, at: Address) -> None:
        self.gone.append(at)

    async def space_gone(self, space: str) -> None:
        self.gone.append(space)

    async def cut_off(self, why: CannotConnect) -> None:
        self.ended.append(str(why))

    async def spaces_here(self, platform: str, spaces: Collection[str]) -> None:
        self.here.append(tuple(spaces))

    async def figure(self, digest: str) -> Figure | None:
        return self.figures.get(digest)

    async def picture(self, what: Figure | str) -> bytes | None:
        return PIXEL if not isinstance(what, str) or what in self.figures else None

    async def maths(self, tex: str) -> bytes | None:
        return PIXEL if "\\frac" in tex else None

    async def image(self, path: str) -> bytes | None:
        return PIXEL if path == "maps/images/quay.png" else None

    def shelf(self, adapter: str) -> KeptShelf:
        return self._shelves.setdefault(adapter, KeptShelf())
