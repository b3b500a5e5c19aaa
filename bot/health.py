"""Whether a running service is well: a heartbeat file that every tick touches.

Knows no part of the service. Invariant: the file says when the last tick ended, nothing more.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE: Final = "heartbeat"
OLD_S: Final = 60.0
"""A service ticks every second; one that has not for this long is stuck or gone."""


@dataclass(frozen=True, slots=True)
class Health:
    """`age_s` is None if there never was a heartbeat."""

    age_s: float | None

    @property
    def well(self) -> bool:
        """Whether the service ticked lately."""
        return self.age_s is not None and self.age_s < OLD_S


def beat(home: Path) -> None:
    """Note that a tick has ended. Blocks on the disk: call it in a thread."""
    (home / FILE).touch(mode=0o600)


def look(home: Path) -> Health:
    """How long ago the last tick ended."""
    try:
        return Health(max(0.0, time.time() - (home / FILE).stat().st_mtime))
    except FileNotFoundError:
        return Health(None)


def leave(home: Path) -> None:
    """A service that was ended on purpose takes its heartbeat with it."""
    (home / FILE).unlink(missing_ok=True)
