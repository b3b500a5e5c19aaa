"""What fits in one message of the study hall.

Knows no terminal. Invariant: a part of what fits, fits.
"""

from __future__ import annotations

from typing import Final

from lessons.document import Document, plain, walk

CHARACTERS: Final = 6_000
"""About three screens: more than that nobody reads in one go."""

BLOCKS: Final = 80


def fits(document: Document) -> bool:
    """Whether the words and blocks of this go into one message."""
    if sum(1 for _ in walk(document.blocks)) > BLOCKS:
        return False
    return len(plain(document)) <= CHARACTERS
