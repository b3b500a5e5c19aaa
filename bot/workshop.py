"""Poses variants and draws pictures in worker processes, away from the event loop.

Knows no store: a piece goes in, a Variant, a Figure or a PNG comes out. Plotting is imported only
there. Invariant: the same piece gives the same result, and nobody waits behind what is made ahead.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any, Final, ParamSpec, TypeVar

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
GRACE_S: Final = 5.0
"""A worker that has not stopped itself so long after its limit is killed."""

START_S: Final = 60.0
IDLE_S: Final = 60.0
MOST_WAITING: Final = 500
MOST_AHEAD: Final = 50
NICENESS: Final = 10
PRELOAD: Final = ["bot.figures", "lessons.generators"]


class TookTooLong(Exception):
    """A piece was not made within the limit; the worker has dropped it."""


class WorkshopFull(Exception):
    """So many pieces are waited for that another would only make it worse. Nothing was begun."""


class WorkshopClosed(Exception):
    """The service is ending, so the piece is not made."""


class WorkerDied(Exception):
    """Two workers in turn died over this piece."""


class CouldNotMake(Exception):
    """What went wrong in the worker, in words: an error that only the worker's libraries know."""


class UnreadableMaths(ValueError):
    """This formula can't be drawn."""


class Workshop:
    """`workers` processes, started when first needed, replaced if they die, ended when idle.

    The limit is on the work itself: a piece may wait as long as others stand before it. What a
    person waits for goes before what is made `ahead`, and a piece whose asker is cancelled before
    its turn is not made. Any event loop may ask.
    """

    def __init__(
        self,
        limit_s: float = LIMIT_S,
        workers: int = 1,
        idle_s: float = IDLE_S,
        most_waiting: int = MOST_WAITING,
        most_ahead: int = MOST_AHEAD,
    ) -> None:
        self._limit_s = limit_s
        self._workers = workers
        self._idle_s = idle_s
        self._asked = _Lane(most_waiting)
        self._ahead = _Lane(most_ahead)
        self._changed = threading.Condition()
        self._on_duty = 0
        self._idle = 0
        self._foremen: set[threading.Thread] = set()
        self._closed = False
        self._closing, self._open_end = multiprocessing.Pipe(duplex=False)

    async def make(self, piece: Piece, *, ahead: bool = False) -> Variant | Figure:
        """The variant or the figure that a piece stands for.

        Raises what its generator raises, TookTooLong, WorkerDied, WorkshopFull, WorkshopClosed.
        """
        match piece:
            case VariantPiece(place, spec, member, issue, language):
                seed = seed_of(place.run, place.chapter, spec.id, member, issue)
                posed = self._work(ahead, _pose, _spec(spec), seed, language)
                return decode_variant(await posed)
            case PreviewPiece(_, chapter, spec, language):
                seed = seed_of("", chapter, spec.id, "", 1)
                return decode_variant(await self._work(ahead, _pose, _spec(spec), seed, language))
            case DrawingPiece(generator, seed):
                return figures.decode(await self._work(ahead, _draw, generator, seed))

    async def picture(self, encoded: bytes, *, ahead: bool = False) -> bytes:
        """The PNG of a figure, given as `lessons.figure.encode` writes it. Raises as `make`."""
        return await self._work(ahead, _picture, encoded)

    async def maths(self, tex: str, *, ahead: bool = False) -> bytes:
        """The PNG of a formula. Raises UnreadableMaths, and as `make`."""
        return await self._work(ahead, _maths, tex)

    async def run(self, needed: NeedsRun) -> float:
        """Train what an answer asked for; nan if it blew up. Raises as `make`."""
        return await self._work(False, run_job, needed)

    async def close(self) -> None:
        """End the workers at once, whatever they are at; who still waits gets WorkshopClosed."""
        with self._changed:
            left = [] if self._closed else [*self._asked.tasks, *self._ahead.tasks]
            if not self._closed:
                self._closed = True
                self._open_end.close()  # every foreman who waits for a worker sees this
            self._changed.notify_all()
            foremen = tuple(self._foremen)
        for task in left:
            if task.answer.set_running_or_notify_cancel():
                task.answer.set_exception(WorkshopClosed())
        for foreman in foremen:
            await asyncio.to_thread(foreman.join)

    # -- lining up --------------------------------------------------------------------------------

    async def _work(self, ahead: bool, fn: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        work = partial(_limited, self._limit_s, partial(fn, *args, **named))
        answer: Future[T] = Future()
        self._line_up(_Task(work, answer), self._ahead if ahead else self._asked)
        return await asyncio.wrap_future(answer)

    def _line_up(self, task: _Task, lane: _Lane) -> None:
        with self._changed:
            if self._closed:
                raise WorkshopClosed
            lane.append(task)
            self._changed.notify()
            waiting = len(self._asked.tasks) + len(self._ahead.tasks)
            if waiting > self._idle and self._on_duty < self._workers:
                foreman = threading.Thread(target=self._lead, name="foreman", daemon=True)
                foreman.start()
                self._foremen.add(foreman)
                self._on_duty += 1

    # -- in a foreman's thread --------------------------------------------------------------------

    def _lead(self) -> None:
        """Have one worker do piece after piece; a thread, as starting a worker takes a while."""
        worker = _Worker(self._limit_s, self._closing)
        try:
            with _forking:
                try:
                    while self._do_next(worker):
                        pass
                finally:
                    worker.end()
        finally:
            with self._changed:
                self._foremen.discard(threading.current_thread())

    def _do_next(self, worker: _Worker) -> bool:
        """False when nothing came for so long that the worker's memory is better given back."""
        task = self._next()
        if task is None:
            return False
        try:
            made = _done_by(worker, task)
        except Exception as wrong:
            task.answer.set_exception(wrong)
        else:
            task.answer.set_result(made)
        return True

    def _next(self) -> _Task | None:
        """The first of those who wait. After None this foreman is off duty."""
        with self._changed:
            while not self._closed:
                task = self._asked.pop() or self._ahead.pop()
                if task is not None:
                    return task
                self._idle += 1
                came = self._changed.wait(self._idle_s)
                self._idle -= 1
                if not came and not self._asked.tasks and not self._ahead.tasks:
                    break
            self._on_duty -= 1
            return None


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Work for a worker, and where its result is waited for."""

    work: Callable[[], object]
    answer: Future[Any]


class _Lane:
    """Tasks in the order in which they came, at most so many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.tasks: deque[_Task] = deque()

    def append(self, task: _Task) -> None:
        """Raises WorkshopFull."""
        if len(self.tasks) >= self.most:
            # Who gave up meanwhile takes nobody's place.
            self.tasks = deque(task for task in self.tasks if not task.answer.cancelled())
        if len(self.tasks) >= self.most:
            raise WorkshopFull(f"{self.most} pieces are waited for")
        self.tasks.append(task)

    def pop(self) -> _Task | None:
        """The first that is still wanted; from here on it can't be cancelled."""
        while self.tasks:
            task = self.tasks.popleft()
            if task.answer.set_running_or_notify_cancel():
                return task
        return None


def _done_by(worker: _Worker, task: _Task) -> object:
    """Once more if the worker dies: it may have been killed for the machine's sake."""
    for last in (False, True):
        try:
            made = worker.do(task.work)
        except (EOFError, OSError) as gone:
            worker.end()
            if last:
                raise WorkerDied from gone
            continue
        except (TookTooLong, WorkshopClosed):
            worker.end()  # it did not stop by itself
            raise
        if isinstance(made, _Raised):
            raise made.error
        return made
    raise AssertionError("unreachable")


class _Worker:
    """One process and the pipe to it, used by one thread; started when there is work."""

    def __init__(self, limit_s: float, closing: Connection) -> None:
        self._limit_s = limit_s
        self._closing = closing
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None

    def do(self, work: Callable[[], object]) -> object:
        """What came of it, a _Raised if that is an error.

        Raises EOFError or OSError if the process has died, and TookTooLong or WorkshopClosed,
        after which the process must be ended.
        """
        pipe = self._pipe or self._start()
        pipe.send(work)
        return self._received(pipe, self._limit_s + GRACE_S)

    def _start(self) -> Connection:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(PRELOAD)
        self._pipe, theirs = context.Pipe()
        try:
            process = context.Process(target=_serve, args=(theirs,), daemon=True)
            process.start()
        finally:
            theirs.close()  # so that the worker's death is the end of the pipe
        self._process = process
        self._received(self._pipe, START_S)  # "I am ready"
        return self._pipe

    def _received(self, pipe: Connection, within_s: float) -> object:
        ready = wait([pipe, self._closing], within_s)
        if self._closing in ready:
            raise WorkshopClosed
        if not ready:
            raise TookTooLong(f"nothing came for {within_s:g} s")
        return pipe.recv()

    def end(self) -> None:
        """End the process, if there is one, and wait until it is gone."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        self._pipe = self._process = None


class _Forking:
    """Ends the process from which workers are forked when no foreman is on duty anywhere.

    It has imported all that workers need, and would keep that memory for good.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users:
                return
            # There is no public way. Where it is missing, the memory stays and nothing breaks.
            stop: Callable[[], None] | None = getattr(forkserver._forkserver, "_stop", None)
            if stop is not None:
                stop()


_forking = _Forking()


# -- in the worker --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Raised:
    """Came instead of a result."""

    error: Exception


def _serve(pipe: Connection) -> None:
    """Do what comes through the pipe until its other end is closed."""
    _end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C means the service, which ends us
    with contextlib.suppress(OSError):
        os.nice(NICENESS)  # answers keep their rate while the machine is busy with pictures
    with contextlib.suppress(Exception):  # what is wrong shows itself when something is drawn
        _warm()
    pipe.send("ready")
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(_outcome(pipe.recv()))


def _end_with_parent() -> None:
    """A worker whose service was killed would go on with its piece for nobody."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            wait([parent.sentinel])
            os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def _outcome(work: Callable[[], object]) -> object:
    try:
        return work()
    except Exception as wrong:
        told = f"In the worker:\n{traceback.format_exc()}"
        error = wrong if _known_outside(type(wrong)) else CouldNotMake(repr(wrong))
        error.add_note(told)
        return _Raised(error)


def _known_outside(error: type[Exception]) -> bool:
    """Whether the service can read this error without importing what only workers import."""
    return error.__module__ == "builtins" or error.__module__.startswith((__name__, "lessons."))


def _limited(limit_s: float, work: Callable[[], T]) -> T:
    """Killing a worker costs a start, so it stops by itself.

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


def _warm() -> None:
    from bot import figures as plotting

    plotting.warm()


def _picture(encoded: bytes) -> bytes:
    from bot import figures as plotting

    return plotting.figure_png(encoded)


def _maths(tex: str) -> bytes:
    from bot import figures as plotting

    try:
        return plotting.maths_png(tex)
    except plotting.BadMaths as bad:
        raise UnreadableMaths(str(bad)) from None
