"""A figure drawn with characters: curves, points, maps and bars, legible without colour.

Knows no message around it. Invariant: marks are told apart by their shape, every axis says what
it is, and any figure - empty, flat, one point - is drawn without an error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final, assert_never

from lessons.figure import AnyMark, Bars, Field, Figure, Line, Panel, Points

WIDE: Final = 68
"""A single panel is no wider than this; longer lines are hard to follow."""

TALL: Final = 14
SMALL_TALL: Final = 11
SMALL_WIDE: Final = 30
GAP: Final = 3
MOST_OF_A_NAME: Final = 12
LABEL: Final = 6

_MARKERS: Final = {"dot": "•", "cross": "\u00d7", "ring": "○", "square": "▪"}
_PLAIN_MARKERS: Final = {"dot": ".", "cross": "x", "ring": "o", "square": "#"}
_SHADES: Final = " ░▒▓█"
_PLAIN_SHADES: Final = " .:+#"
_BRAILLE: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_DASHES: Final = {"solid": (1, 0), "dashed": (4, 3), "dotted": (1, 3)}
_SAMPLES: Final = {"solid": "━━━", "dashed": "━ ━", "dotted": "· ·"}
_PLAIN_SAMPLES: Final = {"solid": "***", "dashed": "* *", "dotted": ". ."}


def draw(figure: Figure, width: int, *, plain: bool = False) -> str:
    """The figure as lines of text, at most `width` columns; `plain` keeps to ASCII."""
    title = [figure.title] if figure.title else []
    panels = figure.panels
    if not panels:
        return "\n".join(title)
    columns = min(len(panels), max(1, (width + GAP) // (SMALL_WIDE + GAP)))
    wide = min(WIDE, (width - GAP * (columns - 1)) // columns)
    tall = TALL if columns == 1 and len(panels) == 1 else SMALL_TALL
    drawn = [_panel(panel, max(wide, 16), tall, plain) for panel in panels]
    rows: list[str] = []
    for at in range(0, len(drawn), columns):
        rows += _beside(drawn[at : at + columns], max(wide, 16))
        rows.append("")
    return "\n".join([*title, *rows[:-1], *_legend(panels, plain)])


def _beside(blocks: Sequence[list[str]], wide: int) -> list[str]:
    return [
        (" " * GAP).join(f"{line:<{wide}}" for line in lines).rstrip()
        for lines in zip_longest(*blocks, fillvalue="")
    ]


# -- one panel ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scale:
    """Numbers to places between 0 and `cells` - 1; a flat range lies in the middle."""

    low: float
    high: float
    cells: int

    def at(self, value: float) -> float:
        if self.high <= self.low:
            return (self.cells - 1) / 2
        return (value - self.low) / (self.high - self.low) * (self.cells - 1)


def _panel(panel: Panel, wide: int, tall: int, plain: bool) -> list[str]:
    bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
    if bars:
        return _bars(panel, bars[0], wide, plain)
    ends = _ends(panel)
    room = max(map(len, ends), default=-1) + 1
    canvas = _Canvas(panel, wide - LABEL - 2 - room, tall, plain)
    for order, mark in enumerate(sorted(panel.marks, key=_depth)):
        canvas.add(mark, order)
    return _framed(panel, canvas, wide, plain, ends)


def _ends(panel: Panel) -> dict[str, float]:
    """Several curves are named where they end; one alone is named in the legend."""
    lines = [mark for mark in panel.marks if isinstance(mark, Line) and mark.y]
    if len(lines) < 2:
        return {}
    return {line.label[:MOST_OF_A_NAME]: line.y[-1] for line in lines}


def _depth(mark: AnyMark) -> int:
    """Maps lie below curves, curves below points."""
    match mark:
        case Field() | Bars():
            return 0
        case Line():
            return 1
        case Points():
            return 2
        case _:
            assert_never(mark)


class _Canvas:
    """A grid of characters; curves are drawn on finer dots, eight to a character."""

    def __init__(self, panel: Panel, columns: int, rows: int, plain: bool) -> None:
        self.columns, self.rows, self._plain = columns, rows, plain
        xs = _limits(panel.marks, _xs, panel.x_low, panel.x_high)
        ys = _limits(panel.marks, _ys, panel.y_low, panel.y_high)
        self.x_low, self.x_high = xs
        self.y_low, self.y_high = ys
        self._dots: dict[tuple[int, int], int] = {}
        self._cells: dict[tuple[int, int], str] = {}

    def add(self, mark: AnyMark, order: int) -> None:
        match mark:
            case Line():
                self._line(mark)
            case Points():
                self._points(mark)
            case Field():
                self._field(mark)
            case Bars():
                pass
            case _:
                assert_never(mark)

    def lines(self) -> list[str]:
        """Top row first."""
        return [
            "".join(self._char(column, row) for column in range(self.columns))
            for row in range(self.rows)
        ]

    def row_of(self, y: float) -> int:
        """The row, from the top, in which that height lies."""
        scale = _Scale(self.y_low, self.y_high, self.rows * 4)
        fine = self.rows * 4 - 1 - round(scale.at(y))
        return min(self.rows - 1, max(0, fine // 4))

    def _char(self, column: int, row: int) -> str:
        if (column, row) in self._cells:
            return self._cells[column, row]
        dots = self._dots.get((column, row), 0)
        if not dots:
            return " "
        return "*" if self._plain else chr(0x2800 + dots)

    def _line(self, line: Line) -> None:
        x = _Scale(self.x_low, self.x_high, self.columns * 2)
        y = _Scale(self.y_low, self.y_high, self.rows * 4)
        places = [
            (x.at(a), self.rows * 4 - 1 - y.at(b))
            for a, b in zip(line.x, line.y, strict=False)
            if math.isfinite(a) and math.isfinite(b)
        ]
        drawn, left_out = _DASHES[line.stroke]
        step = 0
        for (x0, y0), (x1, y1) in pairwise(places or [(0.0, -1.0)] * 2):
            steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
            for part in range(steps):
                if step % (drawn + left_out) < drawn:
                    share = part / steps
                    self._dot(x0 + share * (x1 - x0), y0 + share * (y1 - y0))
                step += 1
        if places:
            self._dot(*places[-1])

    def _dot(self, x: float, y: float) -> None:
        fine_x, fine_y = round(x), round(y)
        if 0 <= fine_x < self.columns * 2 and 0 <= fine_y < self.rows * 4:
            cell = (fine_x // 2, fine_y // 4)
            bit = _BRAILLE[fine_y % 4][fine_x % 2]
            self._dots[cell] = self._dots.get(cell, 0) | bit

    def _points(self, points: Points) -> None:
        x = _Scale(self.x_low, self.x_high, self.columns)
        y = _Scale(self.y_low, self.y_high, self.rows)
        marker = (_PLAIN_MARKERS if self._plain else _MARKERS)[points.marker]
        for a, b in zip(points.x, points.y, strict=False):
            if math.isfinite(a) and math.isfinite(b):
                cell = (round(x.at(a)), self.rows - 1 - round(y.at(b)))
                if 0 <= cell[0] < self.columns and 0 <= cell[1] < self.rows:
                    self._cells[cell] = marker

    def _field(self, field: Field) -> None:
        if not field.values or not field.values[0]:
            return
        shades = _PLAIN_SHADES if self._plain else _SHADES
        high, wide = len(field.values), len(field.values[0])
        for row in range(self.rows):
            for column in range(self.columns):
                line = field.values[min(high - 1, int((self.rows - 1 - row) * high / self.rows))]
                value = line[min(wide - 1, int(column * wide / self.columns))]
                level = min(len(shades) - 1, max(0, int(value * len(shades))))
                self._cells[column, row] = shades[level]


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
        low if low is not None else min(seen, default=0.0),
        high if high is not None else max(seen, default=1.0),
    )


# -- around it ------------------------------------------------------------------------------------


def _framed(
    panel: Panel, canvas: _Canvas, wide: int, plain: bool, ends: Mapping[str, float]
) -> list[str]:
    bar, corner, line = ("|", "+", "-") if plain else ("│", "└", "─")
    names: dict[int, str] = {}
    for name, y in ends.items():
        row = canvas.row_of(y)
        names[row] = f"{names[row]} {name}" if row in names else name
    lines = [f"{text} {names.get(row, '')}".rstrip() for row, text in enumerate(canvas.lines())]
    ticks = {
        0: _number(canvas.y_high),
        canvas.rows // 2: _number((canvas.y_low + canvas.y_high) / 2),
        canvas.rows - 1: _number(canvas.y_low),
    }
    head = [panel.title[:wide]] if panel.title else []
    if panel.y_label:
        head.append(f"{panel.y_label:>{LABEL}}"[:wide])
    body = [f"{ticks.get(row, ''):>{LABEL}} {bar}{text}" for row, text in enumerate(lines)]
    foot = f"{'':>{LABEL}} {corner}{line * canvas.columns}"
    return [*head, *body, foot, _x_axis(panel, canvas)]


def _x_axis(panel: Panel, canvas: _Canvas) -> str:
    low, high = _number(canvas.x_low), _number(canvas.x_high)
    room = canvas.columns - len(low) - len(high)
    label = panel.x_label[: max(0, room - 2)]
    return f"{'':>{LABEL}}  {low}{label:^{max(room, 1)}}{high}"


def _number(value: float) -> str:
    """Two digits are enough for an axis: 600, 0.7, -1.2."""
    if 0 < abs(value) < 0.005:
        return "0" if abs(value) < 5e-4 else f"{value:.0e}"
    text = f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
    return text if len(text) <= LABEL else f"{value:.0e}"


def _bars(panel: Panel, bars: Bars, wide: int, plain: bool) -> list[str]:
    full = "#" if plain else "█"
    labels = [label[: wide // 2] for label in bars.labels]
    margin = max(map(len, labels), default=0)
    numbers = [f"{_number(value)}{bars.unit}" for value in bars.values]
    room = wide - margin - max(map(len, numbers), default=0) - 3
    most = max((value for value in bars.values if math.isfinite(value)), default=0.0)
    lines = [panel.title] if panel.title else []
    for label, value, number in zip(labels, bars.values, numbers, strict=False):
        length = round(max(0.0, value) / most * room) if most > 0 else 0
        lines.append(f"{label:<{margin}}  {full * length}{' ' if length else ''}{number}")
    return lines


def _legend(panels: Sequence[Panel], plain: bool) -> list[str]:
    """What each mark means, once for all panels; a single unnamed mark needs no words."""
    entries: dict[str, None] = {}
    for mark in (mark for panel in panels for mark in panel.marks):
        match mark:
            case Line(label, _, _, stroke) if label:
                sample = (_PLAIN_SAMPLES if plain else _SAMPLES)[stroke]
                entries[f"{sample} {label}"] = None
            case Points(label, _, _, marker) if label:
                entries[f"{(_PLAIN_MARKERS if plain else _MARKERS)[marker]} {label}"] = None
            case Field(label, _, _, _, _, _) if label:
                shades = _PLAIN_SHADES if plain else _SHADES
                entries[f"{shades[1]}..{shades[-1]} {label}, from low to high"] = None
            case _:
                pass
    return ["   ".join(entries)] if entries else []
