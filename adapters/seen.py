"""What was there before: platforms send the same thing again when they saw no answer in time.

Knows no platform. Invariant: so much is kept and no more, the newest of it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

MOST_SEEN: Final = 20_000


class Seen:
    """What this process has had."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._most = most

    def all_new(self, *marks: str) -> bool:
        """Whether none of these was there before; then they are from now on."""
        if any(mark in self._seen for mark in marks):
            return False
        self._seen.update(dict.fromkeys(marks))
        while len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True

    def forget(self, marks: Iterable[str]) -> None:
        """It came to nothing: it may be sent again."""
        for mark in marks:
            self._seen.pop(mark, None)
