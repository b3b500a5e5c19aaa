"""Pictures in Slack: each is uploaded to a workspace once, and known there by its file's id.

Knows no message's shape. Invariant: what is shown is a picture that is there, or its words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar, assert_never

from adapters.port import Ambiguous, DeliveryFailure, Rejected, TryLater
from adapters.slack.messages import Files
from adapters.slack.render import Image, Piece

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

T = TypeVar("T")

BIGGEST: Final = 10 * 1024 * 1024
"""Bytes of a picture; Slack takes more, people on a phone do not."""

UNREADY_S: Final = (0.5, 1.0, 2.0)
"""Slack may need a moment before a file that was just uploaded can be shown."""

LATER_S: Final = 20.0
ENOUGH: Final = 5
"""After so many uploads that failed, the words do."""

MOST_KEPT: Final = 20_000

ABOUT_A_FILE: Final = ("slack_file", "invalid slack file", "file_not_found", "invalid_blocks")


class Pictures:
    """Uploads and remembers; two who need the same picture wait for one upload."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter
        self._kept: dict[tuple[str, str], str] = {}
        self._uploading: dict[tuple[str, str], asyncio.Task[str | None]] = {}
        self._failed: dict[tuple[str, str], int] = {}

    async def known(self, team: str, pieces: Iterable[Piece]) -> Files | None:
        """The files of all pictures, if they are there already."""
        files: dict[Image, str | None] = {}
        for image in _images(pieces):
            file = await self._there(team, image)
            if file is None:
                return None
            files[image] = file
        return files

    async def shown(
        self,
        team: str,
        pieces: Sequence[Piece],
        write: Callable[[Files], Awaitable[T]],
        *,
        waits: bool = False,
    ) -> T:
        """Write what shows these pictures. A refusal that is about a file made nothing: where one
        is not ready yet that is waited for, and where one is gone it is uploaded again.

        `waits`: rather not now than without a picture. Raises TryLater then.
        """
        images = _images(pieces)
        if not images:
            return await write({})
        files = await self._files(team, images)
        missing = [image for image, file in files.items() if file is None]
        if waits and any(0 < self._failed.get((team, one.name), 0) < ENOUGH for one in missing):
            raise TryLater(LATER_S)
        for wait in UNREADY_S:
            try:
                return await write(files)
            except Rejected as refused:
                if not any(about in refused.detail for about in ABOUT_A_FILE):
                    raise
                log.info("a picture can't be shown yet: %s", refused.detail)
            await asyncio.sleep(wait)
        await self._forget(team, images)
        try:
            return await write(await self._files(team, images))
        except Rejected as refused:
            if not any(about in refused.detail for about in ABOUT_A_FILE):
                raise
            log.warning("pictures can't be shown; their words stand there: %s", refused.detail)
            await self._forget(team, images)
        return await write(dict.fromkeys(images))

    def forget(self, team: str) -> None:
        """The app is no longer in that workspace; what is on its shelf goes with the space."""
        self._kept = {place: file for place, file in self._kept.items() if place[0] != team}
        self._failed = {place: n for place, n in self._failed.items() if place[0] != team}

    async def _files(self, team: str, images: Sequence[Image]) -> Files:
        found = await asyncio.gather(*(self._file(team, image) for image in images))
        return dict(zip(images, found, strict=True))

    async def _there(self, team: str, image: Image) -> str | None:
        place = (team, image.name)
        if place not in self._kept:
            kept = await self._adapter.shelf.get(_record(team, image))
            if kept is None:
                return None
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[place] = kept
        return self._kept[place]

    async def _file(self, team: str, image: Image) -> str | None:
        kept = await self._there(team, image)
        if kept is not None:
            return kept
        place = (team, image.name)
        uploading = self._uploading.get(place)
        if uploading is None:
            uploading = self._uploading[place] = asyncio.create_task(self._upload(team, image))
            uploading.add_done_callback(lambda _: self._uploading.pop(place, None))
        return await asyncio.shield(uploading)

    async def _upload(self, team: str, image: Image) -> str | None:
        try:
            drawn = await self._drawn(image)
            if not drawn or len(drawn) > BIGGEST:
                return None
            file = await self._adapter.wire.upload(team, image.name, drawn, image.description)
            await self._adapter.shelf.put(_record(team, image), file)
        except DeliveryFailure as failed:
            log.warning("a picture could not be uploaded: %s", failed)
            if isinstance(failed, TryLater | Ambiguous):
                self._failed[team, image.name] = self._failed.get((team, image.name), 0) + 1
            return None
        except Exception:
            log.exception("a picture can't be drawn; its words stand in its place")
            return None
        self._failed.pop((team, image.name), None)
        return file

    async def _drawn(self, image: Image) -> bytes | None:
        host = self._adapter.host
        match image.source:
            case "figure":
                return await host.picture(image.what)
            case "image":
                return await host.image(image.what)
            case "maths":
                return await host.maths(image.what)
            case _:
                assert_never(image.source)

    async def _forget(self, team: str, images: Iterable[Image]) -> None:
        for image in images:
            self._kept.pop((team, image.name), None)
            await self._adapter.shelf.put(_record(team, image), None)


def _images(pieces: Iterable[Piece]) -> list[Image]:
    return list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Image)))


def _record(team: str, image: Image) -> str:
    return f"file:{team}:{image.name}"
