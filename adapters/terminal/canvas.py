"""The inside of a plot: numbers put onto a grid of characters.

Knows no axis labels and no message. Invariant: whatever the numbers - none, one, flat, infinite,
not a number, far outside - it draws what can be drawn and ends.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeAlias, assert_never

from lessons.figure import AnyMark, Bars, Field, Line, Panel, Points

# The cross is no letter x; it is as wide as one, and stands in the middle.
MARKERS: Final = MappingProxyType({"dot": "•", "cross": "×", "ring": "○", "square": "▪"})  # noqa: RUF001
PLAIN_MARKERS: Final = MappingProxyType({"dot": ".", "cross": "x", "ring": "o", "square": "#"})
BOTH: Final = "⊗"
PLAIN_BOTH: Final = "&"
"""Points of two kinds in one place."""
SAMPLES: Final = MappingProxyType({"solid": "━━━", "dashed": "━ ━", "dotted": "· ·"})
PLAIN_SAMPLES: Final = MappingProxyType({"solid": "***", "dashed": "~~~", "dotted": ":::"})
SHADES: Final = " ░▒▓█"
PLAIN_SHADES: Final = " -=%@"
"""No shade of a plain map looks like a marker or a curve."""

_BRAILLE: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_ACROSS, _DOWN = 2, 4  # dots of a character
_DASHES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"solid": (1, 0), "dashed": (4, 3), "dotted": (1, 3)}
)

Place: TypeAlias = tuple[float, float]
"""In dots: from the left, from the top."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers to places between 0 and `cells` - 1; a flat range lies in the middle."""

    low: float
    high: float
    cells: int

    def at(self, value: float) -> float:
        """The place of a finite number; outside of 0 to `cells` - 1 if it lies outside."""
        span = self.high / 2 - self.low / 2  # halves: the ends may be 1e308 apart
        if not span > 0:
            return (self.cells - 1) / 2
        return (value / 2 - self.low / 2) / span * (self.cells - 1)

    def back(self, share: float) -> float:
        """The number that lies at that share of the range."""
        return self.low * (1 - share) + self.high * share


class Canvas:
    """A grid of characters with the limits of a panel; curves are drawn eight dots to one."""

    def __init__(self, panel: Panel, columns: int, rows: int, *, plain: bool) -> None:
        self.columns, self.rows, self._plain = columns, rows, plain
        self.x = Scale(*_limits(panel.marks, _xs, panel.x_low, panel.x_high), columns * _ACROSS)
        self.y = Scale(*_limits(panel.marks, _ys, panel.y_low, panel.y_high), rows * _DOWN)
        self._dots: dict[tuple[int, int], int] = {}
        self._cells: dict[tuple[int, int], str] = {}

    def add(self, mark: AnyMark) -> None:
        """Draw a mark over what is there."""
        match mark:
            case Line():
                self._line(mark)
            case Points():
                self._points(mark)
            case Field():
                self._field(mark)
            case Bars():
                pass  # these have no axes
            case _:
                assert_never(mark)

    def lines(self) -> list[str]:
        """Top row first."""
        return [
            "".join(self._char(column, row) for column in range(self.columns))
            for row in range(self.rows)
        ]

    def row_of(self, y: float) -> int:
        """The row, from the top, in which that height lies; the nearest if it lies outside."""
        place = self.rows * _DOWN - 1 - self.y.at(y)
        return int(min(self.rows * _DOWN - 1, max(0.0, place))) // _DOWN

    def _char(self, column: int, row: int) -> str:
        """A dot over a marker over a map."""
        dots = self._dots.get((column, row), 0)
        return chr(0x2800 + dots) if dots else self._cells.get((column, row), " ")

    def _place(self, x: float, y: float) -> Place:
        return self.x.at(x), self.rows * _DOWN - 1 - self.y.at(y)

    def _line(self, line: Line) -> None:
        places = [
            self._place(x, y) if math.isfinite(x) and math.isfinite(y) else None
            for x, y in zip(line.x, line.y, strict=False)
        ]
        drawn, left_out = (1, 0) if self._plain else _DASHES[line.stroke]
        step = 0
        for start, end in pairwise([*places, places[-1]] if places else []):
            if start is None or end is None:
                continue  # a number that is none leaves a gap
            seen = _clipped(start, end, self.columns * _ACROSS, self.rows * _DOWN)
            if seen is None:
                continue
            (x0, y0), (x1, y1) = seen
            steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
            for part in range(steps + (start == end)):
                if step % (drawn + left_out) < drawn:
                    share = part / steps
                    self._dot(x0 + share * (x1 - x0), y0 + share * (y1 - y0), line.stroke)
                step += 1

    def _dot(self, x: float, y: float, stroke: str) -> None:
        fine_x, fine_y = round(x), round(y)
        if not (0 <= fine_x < self.columns * _ACROSS and 0 <= fine_y < self.rows * _DOWN):
            return
        cell = (fine_x // _ACROSS, fine_y // _DOWN)
        if self._plain:
            self._cells[cell] = PLAIN_SAMPLES[stroke][0]
        else:
            self._cells.pop(cell, None)
            self._dots[cell] = self._dots.get(cell, 0) | _BRAILLE[fine_y % _DOWN][fine_x % _ACROSS]

    def _points(self, points: Points) -> None:
        markers, both = (PLAIN_MARKERS, PLAIN_BOTH) if self._plain else (MARKERS, BOTH)
        marker = markers[points.marker]
        others = {*markers.values(), both} - {marker}
        for x, y in zip(points.x, points.y, strict=False):
            if math.isfinite(x) and math.isfinite(y):
                place = self._place(x, y)
                if all(abs(at) < 1e6 for at in place):
                    column, row = round(place[0]) // _ACROSS, round(place[1]) // _DOWN
                    there = self._cells.get((column, row))
                    self._put(column, row, both if there in others else marker)

    def _put(self, column: int, row: int, char: str) -> None:
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self._dots.pop((column, row), None)
            self._cells[column, row] = char

    def _field(self, field: Field) -> None:
        """Every character shows the cell of the map that lies under its middle."""
        across = Scale(field.left, field.right, 2)
        up = Scale(field.bottom, field.top, 2)
        for row in range(self.rows):
            y = up.at(self.y.back(1 - (row + 0.5) / self.rows))
            for column in range(self.columns):
                x = across.at(self.x.back((column + 0.5) / self.columns))
                value = _cell(field, x, y)
                if value is not None and math.isfinite(value):
                    self._put(column, row, self._shade(value))

    def _shade(self, value: float) -> str:
        shades = PLAIN_SHADES if self._plain else SHADES
        return shades[int(min(1.0, max(0.0, value)) * (len(shades) - 1) + 0.5)]


def _cell(field: Field, x: float, y: float) -> float | None:
    """The value at these shares of the map's width and height; None outside."""
    if not (0 <= x <= 1 and 0 <= y <= 1 and field.values):
        return None
    line = field.values[min(len(field.values) - 1, int(y * len(field.values)))]
    return line[min(len(line) - 1, int(x * len(line)))] if line else None


def _clipped(start: Place, end: Place, across: int, down: int) -> tuple[Place, Place] | None:
    """The piece of a segment that lies on the canvas (Liang and Barsky 1984); None if none does."""
    (x0, y0), (x1, y1) = start, end
    first, last = 0.0, 1.0
    for change, room in (
        (x0 - x1, x0),
        (x1 - x0, across - 1 - x0),
        (y0 - y1, y0),
        (y1 - y0, down - 1 - y0),
    ):
        if change == 0:
            if room < 0:
                return None
        elif change < 0:
            first = max(first, room / change)
        else:
            last = min(last, room / change)
    if not (math.isfinite(x1 - x0) and math.isfinite(y1 - y0)) or first > last:
        return None
    return (
        (x0 + first * (x1 - x0), y0 + first * (y1 - y0)),
        (x0 + last * (x1 - x0), y0 + last * (y1 - y0)),
    )


# -- limits ---------------------------------------------------------------------------------------


def _xs(mark: AnyMark) -> Iterable[float]:
    match mark:
        case Line(_, x, _) | Points(_, x, _):
            return x
        case Field():
            return (mark.left, mark.right)
        case Bars():
            return ()
        case _:
            assert_never(mark)


def _ys(mark: AnyMark) -> Iterable[float]:
    match mark:
        case Line(_, _, y) | Points(_, _, y):
            return y
        case Field():
            return (mark.bottom, mark.top)
        case Bars():
            return ()
        case _:
            assert_never(mark)


def _limits(
    marks: Iterable[AnyMark],
    of: Callable[[AnyMark], Iterable[float]],
    low: float | None,
    high: float | None,
) -> tuple[float, float]:
    seen = [value for mark in marks for value in of(mark) if math.isfinite(value)]
    return (
        low if low is not None and math.isfinite(low) else min(seen, default=0.0),
        high if high is not None and math.isfinite(high) else max(seen, default=1.0),
    )
