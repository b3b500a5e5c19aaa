"""The folder with the platforms' API references, which tests hold payloads against.

Knows no platform. Invariant: where the folder is not there, a person's machine skips with the
reason, and a build server fails.
"""

from __future__ import annotations

import os
from pathlib import Path

from tests.rigs.lacking import lacking


def specs() -> Path | None:
    """The folder, if this machine names one."""
    told = os.environ.get("STUDYHALL_SPECS")
    return Path(told) if told else None


def needs_specs() -> None:
    """Skips where the references are not there; on a build server that is a failure."""
    if specs() is None:
        lacking("STUDYHALL_SPECS does not name the folder with the platforms' API references")
