"""A preview in the browser: the chapter is drawn again whenever a file of its series is saved.

Knows the web adapter and no store. Invariant: nothing is kept, and no study hall is touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final

from adapters.web.guard import Guard
from adapters.web.preview import SPACE, Look, PreviewPages
from bot.library import Library
from bot.listener import CannotListen, listening
from bot.local import known_zone
from bot.pictures import Pictures
from bot.preview import Asked, NoChapter, find, library_of
from bot.settings import Settings
from bot.workshop import Workshop
from lessons.figure import Figure
from lessons.preview import scenes

Stamps = Mapping[Path, tuple[int, int]]

LOOK_S: Final = 0.5
"""How often the files are looked at; nobody saves more often."""

GREETING: Final = "The preview is open: {link}"
LEAVING: Final = "Save a file of the series, and the page follows. Ctrl-C closes it."


class Author:
    """What the page shows, made anew from the files each time it is asked for."""

    def __init__(self, asked: Asked, library: Library, pictures: Pictures) -> None:
        self._asked = asked
        self._library = library
        self._pictures = pictures

    async def look(self) -> Look:
        """The chapter, or what is wrong in it. Reads and trains in a thread."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> Look:
        asked = self._asked
        try:
            chapter = find(asked, self._library)
        except NoChapter as none:
            return Look(asked.chapter, mistakes=str(none))
        shown = scenes(chapter, asked.seed, SPACE, challenges=asked.challenges)
        return Look(f"{chapter.number} · {chapter.title}", shown)

    async def picture(self, figure: Figure) -> bytes:
        return await self._pictures.figure(figure)

    async def maths(self, tex: str) -> bytes | None:
        return await self._pictures.maths(tex)

    async def image(self, path: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self._library.picture, path)
        except (KeyError, OSError):
            return None

    async def follow(self, pages: PreviewPages, before: Stamps) -> None:
        """Tell the pages whenever a file is no longer as it was. Never ends by itself."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = await asyncio.to_thread(self.stamps)
            if now != before:
                before = now
                pages.changed()

    def stamps(self) -> Stamps:
        """When each file was written, and its size; one that vanishes meanwhile is left out."""
        stamps: dict[Path, tuple[int, int]] = {}
        for folder in self._library.places:
            for path in folder.rglob("*"):
                with contextlib.suppress(OSError):
                    seen = path.stat()
                    stamps[path] = (seen.st_mtime_ns, seen.st_size)
        return stamps


@contextlib.asynccontextmanager
async def previewing(settings: Settings, asked: Asked) -> AsyncIterator[str]:
    """The preview's link: on the address of the settings, or a free port if that one is taken.

    Raises NoChapter if there is no such chapter at all, and CannotListen.
    """
    library = library_of(asked)
    try:
        await asyncio.to_thread(find, asked, library)
    except NoChapter:
        there = asked.path is None or await asyncio.to_thread(asked.path.is_dir)
        if not library.mistakes or not there:
            raise  # a mistake can be mended while the page is open; a wrong name can't
    host, port = settings.web_address
    workshop = Workshop()
    with tempfile.TemporaryDirectory(prefix="studyhall-preview-") as folder:
        author = Author(asked, library, Pictures(Path(folder), workshop))
        pages = PreviewPages(author, Guard(settings.web_hosts), known_zone)
        # Looked at before a page can be open, so that no save after that is missed.
        before = await asyncio.to_thread(author.stamps)
        following = asyncio.create_task(author.follow(pages, before))
        try:
            async with _listening(host, port, pages) as opened:
                yield f"http://{host}:{opened}/"
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await workshop.close()


@contextlib.asynccontextmanager
async def _listening(host: str, port: int, pages: PreviewPages) -> AsyncIterator[int]:
    """A study hall may be open beside the preview, so a port that is taken is no trouble."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(listening(host, port, [pages]))
        except CannotListen:
            opened = await stack.enter_async_context(listening(host, 0, [pages]))
        yield opened


async def open_preview(settings: Settings, asked: Asked) -> int:
    """Serve the preview until Ctrl-C or SIGTERM. Returns 1, with words, if there is none."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with previewing(settings, asked) as link:
            sys.stdout.write(f"{GREETING.format(link=link)}\n{LEAVING}\n")
            sys.stdout.flush()
            await stop.wait()
    except (NoChapter, CannotListen) as wrong:
        sys.stdout.write(f"{wrong}\n")
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return 0
