"""Poses variants and draws figures in a worker process, away from the event loop.

Knows no store: a piece goes in, a Variant or a Figure comes out. Making ahead and pictures
are not its concern yet. Invariant: the same piece gives the same result.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from typing import Final, ParamSpec, TypeVar

import msgspec

from bot.turn import DrawingPiece, Piece, PreviewPiece, VariantPiece
from lessons import figure as figures
from lessons.challenge import NeedsRun, Variant, decode_variant, encode_variant
from lessons.figure import Figure
from lessons.generators import draw, pose, run_job, seed_of
from lessons.kinds.spec import Spec

P = ParamSpec("P")
T = TypeVar("T")
LIMIT_S: Final = 60.0


class TookTooLong(Exception):
    """A piece was not made within the limit; the worker has dropped it."""


class Workshop:
    """One worker process, started when first needed and again if it dies.

    The limit is on the work itself: a piece may wait as long as others stand before it.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._pool: ProcessPoolExecutor | None = None
        self._opening = threading.Lock()

    async def make(self, piece: Piece) -> Variant | Figure:
        """The variant or the figure that a piece stands for. Raises TookTooLong, ValueError."""
        match piece:
            case VariantPiece(place, spec, member, issue, language):
                seed = seed_of(place.run, place.chapter, spec.id, member, issue)
                return decode_variant(await self._work(_pose, _spec(spec), seed, language))
            case PreviewPiece(_, chapter, spec, language):
                seed = seed_of("", chapter, spec.id, "", 1)
                return decode_variant(await self._work(_pose, _spec(spec), seed, language))
            case DrawingPiece(generator, seed):
                return figures.decode(await self._work(_draw, generator, seed))

    async def run(self, needed: NeedsRun) -> float:
        """Train what an answer asked for; nan if it blew up. Raises TookTooLong."""
        return await self._work(run_job, needed)

    async def _work(self, fn: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Once more if the worker had died: it may have been killed for another piece."""
        work = partial(_limited, self._limit_s, partial(fn, *args, **named))
        for last in (False, True):
            pool = await asyncio.to_thread(self._open)  # starting a worker takes a while
            try:
                return await asyncio.wrap_future(pool.submit(work))
            except BrokenProcessPool:
                self._give_up(pool)
                if last:
                    raise
        raise AssertionError("unreachable")

    def _open(self) -> ProcessPoolExecutor:
        with self._opening:
            if self._pool is None:
                context = multiprocessing.get_context("forkserver")
                context.set_forkserver_preload(["lessons.generators"])
                self._pool = ProcessPoolExecutor(
                    1, mp_context=context, initializer=_end_with_parent
                )
                self._pool.submit(_nothing)  # starts the worker, here and not on the event loop
            return self._pool

    def _give_up(self, broken: ProcessPoolExecutor) -> None:
        """Leave a broken pool behind; all who waited in it come here, and one opens the next."""
        with self._opening:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=False)

    async def close(self) -> None:
        """End the worker, after the piece that it is at."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)


# -- in the worker --------------------------------------------------------------------------------


def _end_with_parent() -> None:
    """A worker whose service was killed would wait for its next task for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _nothing() -> None:
    """The first task of a worker."""


def _limited(limit_s: float, work: Callable[[], T]) -> T:
    """Killing a worker would break its pool for all who wait, so it stops by itself.

    Steps of a training are short, and the alarm comes between two of them.
    """

    def ring(_signal: int, _frame: object) -> None:
        raise TookTooLong(f"not done after {limit_s:g} s")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _spec(spec: Spec) -> bytes:
    return msgspec.json.encode(spec)


def _pose(spec: bytes, seed: int, language: str) -> str:
    return encode_variant(pose(msgspec.json.decode(spec, type=Spec), seed, language))


def _draw(generator: str, seed: int) -> bytes:
    return figures.encode(draw(generator, seed))
