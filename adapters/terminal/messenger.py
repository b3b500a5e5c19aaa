"""The study hall in a terminal as a platform.

Knows no lesson and nothing of how its messages are drawn. Invariant: all it adds is its name.
"""

from __future__ import annotations

from typing import Final

from adapters.local.platform import LocalPlatform

SPACE: Final = "terminal:hall"


class TerminalAdapter(LocalPlatform):
    """The local study hall, at one keyboard."""

    name = "terminal"
