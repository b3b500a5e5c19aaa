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
