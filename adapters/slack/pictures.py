"""Pictures in Slack: each is uploaded to a workspace once, and known there by its file's id.

Knows no message's shape. Invariant: what is shown is a picture that is there, or its words.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from adapters.pictures import drawn
from adapters.port import Ambiguous, DeliveryFailure, Rejected, TryLater
from adapters.slack.limits import FILE_ALT
from adapters.slack.messages import Files
from adapters.slack.render import Image, Piece
from lessons.letters import on_one_line

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

UPLOAD_S: Final = 12.0
"""So long an upload is waited for; it goes on, and is there for the next who needs it."""

MOST_KEPT: Final = 20_000

ABOUT_A_FILE: Final = ("slack_file", "slack file", "file_not_found")
NO_REASON: Final = "invalid_blocks"
"""Where Slack gives no reason, it may be about a file."""


class Pictures:
    """Uploads and remembers; two who need the same picture wait for one upload."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter
        self._kept: dict[tuple[str, str], str] = {}
        self._uploading: dict[tuple[str, str], asyncio.Task[str | None]] = {}
        self._trouble: dict[tuple[str, str], int] = {}
        """So often in a row a picture could not be uploaded or shown."""

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
        files = await self._files(team, images, waits=waits)
        for wait in UNREADY_S:
            try:
                return await self._written(team, files, write)
            except Rejected as refused:
                if not _about_a_file(refused):
                    raise
                log.info("a picture can't be shown yet: %s", refused.detail)
            await asyncio.sleep(wait)
        await self._forget(team, images)
        files = await self._files(team, images, waits=waits)
        try:
            return await self._written(team, files, write)
        except Rejected as refused:
            if not _about_a_file(refused):
                raise
            for image in images:
                self._count(team, image)
            self._wait_or_not(team, images, waits=waits)
            log.warning("pictures can't be shown; their words stand there: %s", refused.detail)
            await self._forget(team, images)
        return await write(dict.fromkeys(images))

    async def _written(self, team: str, files: Files, write: Callable[[Files], Awaitable[T]]) -> T:
        written = await write(files)
        for image, file in files.items():
            if file is not None:
                self._trouble.pop((team, image.name), None)
        return written

    async def close(self) -> None:
        """Break off what is still being uploaded: nobody waits for it any more."""
        uploading = tuple(self._uploading.values())
        for task in uploading:
            task.cancel()
        await asyncio.gather(*uploading, return_exceptions=True)

    def forget(self, team: str) -> None:
        """The app is no longer in that workspace; what is on its shelf goes with the space."""
        self._kept = {place: file for place, file in self._kept.items() if place[0] != team}
        self._trouble = {place: n for place, n in self._trouble.items() if place[0] != team}

    async def _files(self, team: str, images: Sequence[Image], *, waits: bool) -> Files:
        found = await asyncio.gather(*(self._file(team, image) for image in images))
        files = dict(zip(images, found, strict=True))
        self._wait_or_not(team, [one for one, file in files.items() if file is None], waits=waits)
        return files

    def _wait_or_not(self, team: str, missing: Sequence[Image], *, waits: bool) -> None:
        """Raises TryLater if a picture may still come, and is worth waiting for."""
        places = [(team, image.name) for image in missing]
        uploading = any(place in self._uploading for place in places)
        trouble = any(0 < self._trouble.get(place, 0) < ENOUGH for place in places)
        if waits and (uploading or trouble):
            raise TryLater(LATER_S)

    def _count(self, team: str, image: Image) -> None:
        if len(self._trouble) >= MOST_KEPT:
            self._trouble.clear()
        self._trouble[team, image.name] = self._trouble.get((team, image.name), 0) + 1

    async def _there(self, team: str, image: Image) -> str | None:
        place, now = (team, image.name), await self._edition(image)
        if place not in self._kept:
            kept = await self._adapter.shelf.get(_record(team, image))
            if kept is not None and place not in self._kept:
                self._keep(place, kept)
        file, _, was = self._kept.get(place, "").partition(" ")
        return file if file and now in (None, was) else None

    async def _edition(self, image: Image) -> str | None:
        """Which picture it is: its author may put another in the place of one of a series.

        None if that can't be said, because it is not there any more.
        """
        if image.source != "image":
            return ""
        now = await self._adapter.host.image(image.what)
        return None if now is None else _digest(now)

    def _keep(self, place: tuple[str, str], file: str) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[place] = file

    async def _file(self, team: str, image: Image) -> str | None:
        kept = await self._there(team, image)
        if kept is not None:
            return kept
        place = (team, image.name)
        uploading = self._uploading.get(place)
        if uploading is None:
            uploading = self._uploading[place] = asyncio.create_task(self._upload(team, image))
            uploading.add_done_callback(lambda _: self._uploading.pop(place, None))
        await asyncio.wait({uploading}, timeout=UPLOAD_S)
        done = uploading.done() and not uploading.cancelled()
        return uploading.result() if done else None

    async def _upload(self, team: str, image: Image) -> str | None:
        try:
            shown = await drawn(self._adapter.host, image)
            if not shown or len(shown) > BIGGEST:
                return None
            described = on_one_line(image.description, FILE_ALT)
            file = await self._adapter.wire.upload(team, image.name, shown, described)
            kept = f"{file} {_digest(shown)}" if image.source == "image" else file
            self._keep((team, image.name), kept)
            await self._adapter.shelf.put(_record(team, image), kept)
        except DeliveryFailure as failed:
            log.warning("a picture could not be uploaded: %s", failed)
            if isinstance(failed, TryLater | Ambiguous):
                self._count(team, image)
            return None
        except Exception:
            log.exception("a picture can't be drawn; its words stand in its place")
            return None
        return file

    async def _forget(self, team: str, images: Iterable[Image]) -> None:
        for image in images:
            self._kept.pop((team, image.name), None)
            await self._adapter.shelf.put(_record(team, image), None)


def _images(pieces: Iterable[Piece]) -> list[Image]:
    return list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Image)))


def _about_a_file(refused: Rejected) -> bool:
    named = any(about in refused.detail.lower() for about in ABOUT_A_FILE)
    return named or refused.detail == NO_REASON


def _digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()[:16]


def _record(team: str, image: Image) -> str:
    return f"file:{team}:{image.name}"
