"""Lines from the keyboard, or whatever stands in for it, without holding up the event loop.

Knows no screen and no person. Invariant: a reader that waits never keeps the process from ending.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

CHUNK = 4096


class Keyboard:
    """One input, read by one thread of its own.

    A waiting read can't be cancelled. In a pool's thread it would make Ctrl-C wait for one more
    line; so the thread is a daemon, and reads the file descriptor itself: one that is stopped
    within `sys.stdin` leaves its lock taken, and the interpreter then aborts at its end.
    """

    def __init__(self, source: TextIO | None = None) -> None:
        self._source: TextIO | None = sys.stdin if source is None else source
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._reading = False
        self._ended = False

    @property
    def seen(self) -> bool:
        """Whether what is typed shows on the screen by itself."""
        return self._source is not None and self._source.isatty()

    async def line(self) -> str | None:
        """The next line without its end; None once the input has ended.

        Bytes that are no text are replaced by a sign that says so.
        """
        if self._ended or self._source is None:  # None: the process was started without any
            return None
        if not self._reading:
            self._reading = True
            loop = asyncio.get_running_loop()
            reading = (self._source, loop)
            threading.Thread(target=self._read, args=reading, daemon=True).start()
        found = await self._lines.get()
        self._ended = found is None
        return found

    def _read(self, source: TextIO, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # nobody waits any more: the loop is closed
            for line in _lines_of(source):
                loop.call_soon_threadsafe(self._lines.put_nowait, line)
            loop.call_soon_threadsafe(self._lines.put_nowait, None)


def _lines_of(source: TextIO) -> Iterator[str]:
    try:
        descriptor = source.fileno()
    except (OSError, ValueError):  # text in memory
        yield from (line.rstrip("\r\n") for line in source)
        return
    rest = b""
    while chunk := _chunk(descriptor):
        *lines, rest = (rest + chunk).split(b"\n")
        yield from map(_text, lines)
    if rest:
        yield _text(rest)


def _chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, CHUNK)
    except OSError:  # a terminal that was closed is an input that has ended
        return b""


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")
