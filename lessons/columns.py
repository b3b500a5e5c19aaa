"""A table as text in columns, for platforms that have no tables of their own.

Knows no platform. Invariant: what stands in a column begins below its heading, wide letters too.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import combining, east_asian_width

from lessons.document import Inline, plain_inline


def in_columns(
    header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]], most: int
) -> str | None:
    """The table with a rule below its header; None if a line would be wider than `most` letters."""
    cells = [[" ".join(plain_inline(cell).split()) for cell in row] for row in (header, *rows)]
    widths = [
        max((_width(row[n]) for row in cells if n < len(row)), default=0)
        for n in range(max(map(len, cells)))
    ]
    if sum(widths) + 2 * (len(widths) - 1) > most:
        return None
    lines = [
        "  ".join(cell + " " * (widths[n] - _width(cell)) for n, cell in enumerate(row)).rstrip()
        for row in cells
    ]
    return "\n".join([lines[0], "  ".join("─" * width for width in widths), *lines[1:]])


def _width(text: str) -> int:
    """In letters of a font whose letters are all as wide as one another, but for Asian ones."""
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
