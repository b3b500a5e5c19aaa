"""Pictures as PNG: drawn once by the workshop, kept under what they show, always rebuildable.

Knows no store and no plotting library. Invariant: what is given out is a whole picture, whatever
happened to the folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import tempfile
import threading
import zlib
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from bot.workshop import UnreadableMaths, Workshop
from lessons import figure as figures
from lessons.figure import Figure

log = logging.getLogger(__name__)

STYLE: Final = 1
"""Raised whenever the same figure would be drawn otherwise; pictures of another style go."""

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
MOST_UNREADABLE: Final = 1_000

_DIGEST: Final = re.compile(r"[0-9a-f]{32}")
_OURS: Final = re.compile(rf"{_DIGEST.pattern}-(\d+)\.png(\.\w+)?")

Draw: TypeAlias = Callable[[], Coroutine[Any, Any, bytes]]


@dataclass(slots=True)
class _Drawing:
    """A picture that is being drawn, and how many wait for it."""

    task: asyncio.Task[bytes]
    waiting: int = 0


class Pictures:
    """The cache in `folder`, which is made when the first picture is.

    Belongs to one event loop and is the only user of its folder.
    """

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self._files = _Files(folder)
        self._workshop = workshop
        self._drawings: dict[tuple[str, bool], _Drawing] = {}
        self._unreadable: set[str] = set()

    async def known(self, digest: str) -> bytes | None:
        """The picture of the figure with that digest, if it was drawn before."""
        if not _DIGEST.fullmatch(digest):
            return None  # it may come from outside, and becomes a file's name
        return await asyncio.to_thread(self._files.read, digest)

    async def figure(self, figure: Figure, *, ahead: bool = False) -> bytes:
        """The figure as PNG. Raises what `Workshop.picture` raises."""
        name = figures.digest(figure)
        return await self._picture(
            name, ahead, lambda: self._workshop.picture(figures.encode(figure), ahead=ahead)
        )

    async def maths(self, tex: str, *, ahead: bool = False) -> bytes | None:
        """The formula as PNG; None if it can't be read. Raises what `Workshop.maths` raises."""
        name = hashlib.sha256(b"maths\n" + tex.encode()).hexdigest()[:32]
        if name in self._unreadable:
            return None
        try:
            return await self._picture(name, ahead, lambda: self._workshop.maths(tex, ahead=ahead))
        except UnreadableMaths:
            if len(self._unreadable) >= MOST_UNREADABLE:
                self._unreadable.clear()
            self._unreadable.add(name)
            return None

    async def _picture(self, name: str, ahead: bool, draw: Draw) -> bytes:
        return await asyncio.to_thread(self._files.read, name) or await self._drawn(
            name, ahead, draw
        )

    async def _drawn(self, name: str, ahead: bool, draw: Draw) -> bytes:
        """Wait for the one drawing of this picture; it goes on as long as anybody does."""
        # Nobody waits for what is drawn ahead of its time: it stands behind all others.
        key = name, ahead
        drawing = self._drawings.get(key)
        if drawing is None:
            drawing = _Drawing(asyncio.create_task(self._draw(name, draw)))
            self._drawings[key] = drawing
        drawing.waiting += 1
        try:
            return await asyncio.shield(drawing.task)
        finally:
            drawing.waiting -= 1
            if not drawing.waiting:
                drawing.task.cancel()
            over = drawing.task.done() or not drawing.waiting
            if over and self._drawings.get(key) is drawing:
                del self._drawings[key]  # at once: nobody joins what was just given up

    async def _draw(self, name: str, draw: Draw) -> bytes:
        drawn = await draw()
        await asyncio.to_thread(self._files.write, name, drawn)
        return drawn


class _Files:
    """The folder, used from several threads. Not to be able to keep a picture loses only time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = threading.Lock()
        self._opened = False
        self._in_trouble = False

    def read(self, name: str) -> bytes | None:
        """The picture kept under that name; None if there is none, or not a whole one."""
        try:
            kept = self._path(name).read_bytes()
        except OSError:
            return None
        return kept if _whole(kept) else None

    def write(self, name: str, picture: bytes) -> None:
        """Keep a picture. Trouble is logged once, until it is over."""
        try:
            self._open()
            self._replace(self._path(name), picture)
        except OSError as trouble:
            if not self._in_trouble:
                log.warning("pictures can't be kept and are drawn again each time: %s", trouble)
            self._in_trouble = True
            self._opened = False  # it may have been thrown away
        else:
            self._in_trouble = False

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}-{STYLE}.png"

    def _open(self) -> None:
        with self._opening:
            if self._opened:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._folder.iterdir():
                ours = _OURS.fullmatch(path.name)
                if ours and (ours[1] != str(STYLE) or ours[2]):
                    path.unlink(missing_ok=True)
            self._opened = True

    def _replace(self, path: Path, picture: bytes) -> None:
        # Not synced: half a picture after a power cut is found out when it is read.
        handle, made = tempfile.mkstemp(prefix=f"{path.name}.", dir=self._folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(picture)
            Path(made).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(made).unlink()
            raise


def _whole(png: bytes) -> bool:
    """Whether these bytes are a PNG with all its chunks, each as its checksum says.

    The PNG specification, third edition, section 5.
    """
    if not png.startswith(SIGNATURE):
        return False
    at = len(SIGNATURE)
    while at + 12 <= len(png):
        length = int.from_bytes(png[at : at + 4])
        kind, end = png[at + 4 : at + 8], at + 8 + length
        if zlib.crc32(png[at + 4 : end]).to_bytes(4) != png[end : end + 4]:
            return False
        at = end + 4
        if kind == b"IEND":
            return at == len(png)
    return False
