"""Work for a worker process that no challenge would give it: getting stuck, dying, telling.

Knows no workshop. Invariant: functions only, so that a worker can import them by name.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path


def who() -> int:
    """The worker's process id."""
    return os.getpid()


def stuck_the_first_time(mark: str) -> int:
    """Writes the worker's id to `mark` and waits for ever; once `mark` is there, returns it."""
    if Path(mark).exists():
        return os.getpid()
    Path(mark).write_text(str(os.getpid()))
    signal.pause()
    return 0


def die() -> None:
    """As if the machine had run out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def spin() -> None:
    """Never ends by itself."""
    while True:
        pass


def held(mark: str, gate: str) -> int:
    """Writes the worker's id to `mark` and goes on when somebody opens the pipe `gate`."""
    Path(mark).write_text(str(os.getpid()))
    Path(gate).read_text()
    return os.getpid()


def note(word: str, book: str) -> None:
    """Writes a word into a file, after those that stand there."""
    with Path(book).open("a") as file:
        file.write(f"{word}\n")


def deaf() -> None:
    """Hears no alarm and never ends by itself."""
    signal.signal(signal.SIGALRM, signal.SIG_IGN)
    while True:
        pass


def stranger() -> None:
    """Raises what can't be read without importing this file."""
    raise Stranger("from afar")


class Stranger(Exception):
    """An error of the worker's own."""


def niceness() -> int:
    """How much the worker stands back."""
    return os.nice(0)
