"""A figure drawn with characters: curves, points, maps and bars, legible without colour.

Knows no message around it. Invariant: marks are told apart by their shape, every axis says what
it is, no line is wider than asked, and any figure - empty, flat, one point - is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final, assert_never

from rich.cells import cell_len, chop_cells, set_cell_size

from adapters.terminal.canvas import (
    BOTH,
    MARKERS,
    PLAIN_BOTH,
    PLAIN_MARKERS,
    PLAIN_SAMPLES,
    PLAIN_SHADES,
    SAMPLES,
    SHADES,
    Canvas,
    Scale,
)
from lessons.figure import AnyMark, Bars, Field, Figure, Line, Panel, Points

WIDE: Final = 68
"""A single panel is no wider than this; longer lines are hard to follow."""

NARROWEST: Final = 24
TALL: Final = 15
SMALL_TALL: Final = 11
"""Odd, so that there is a row in the middle."""
SMALL_WIDE: Final = 30
MOST_OF_MANY: Final = 42
GAP: Final = 3
MOST_OF_A_NAME: Final = 12
TICK: Final = 6
NEXT_TO_NOTHING: Final = 0.04
"""A number this small beside the length of its axis is 0 to the eye."""


def draw(figure: Figure, width: int, *, plain: bool = False) -> str:
    """The figure as lines of text, at most `width` columns (from 24 on); `plain` keeps the drawing
    to ASCII."""
    width = max(width, NARROWEST)
    panels = figure.panels
    columns = min(max(1, len(panels)), max(1, (width + GAP) // (SMALL_WIDE + GAP)))
    most = WIDE if len(panels) == 1 else MOST_OF_MANY
    wide = min(most, (width - GAP * (columns - 1)) // columns)
    tall = TALL if len(panels) == 1 else SMALL_TALL
    drawn = [_panel(panel, wide, tall, plain) for panel in panels]
    rows: list[str] = []
    for at in range(0, len(drawn), columns):
        rows += ["", *_beside(drawn[at : at + columns], wide)]
    signs = _legend(panels, plain)
    both = PLAIN_BOTH if plain else BOTH
    if any(both in line for lines in drawn for line in lines):
        signs.append(f"{both} both")
    legend = _wrapped("   ".join(signs), width)
    return "\n".join([*_wrapped(figure.title, width), *rows[1:], *legend])


def _wrapped(text: str, wide: int) -> list[str]:
    """Lines of whole words, where a letter may take two columns; `textwrap` counts letters."""
    lines: list[str] = []
    for word in text.split(" "):
        for piece in chop_cells(word, wide) or [""]:
            if lines and cell_len(lines[-1]) + 1 + cell_len(piece) <= wide:
                lines[-1] += f" {piece}"
            elif piece:
                lines.append(piece)
    return [line.rstrip() for line in lines]


def _beside(blocks: Sequence[list[str]], wide: int) -> list[str]:
    return [
        (" " * GAP).join(set_cell_size(line, wide) for line in lines).rstrip()
        for lines in zip_longest(*blocks, fillvalue="")
    ]


def _short(text: str, most: int) -> str:
    return text if cell_len(text) <= most else set_cell_size(text, max(0, most)).rstrip()


# -- one panel ------------------------------------------------------------------------------------


def _panel(panel: Panel, wide: int, tall: int, plain: bool) -> list[str]:
    lines = [_short(panel.title, wide)] if panel.title else []
    for mark in panel.marks:
        if isinstance(mark, Bars):
            lines += _bars(mark, wide, plain)
    on_axes = [mark for mark in panel.marks if not isinstance(mark, Bars)]
    return lines + (_axes(panel, wide, tall, plain) if on_axes or not panel.marks else [])


def _axes(panel: Panel, wide: int, tall: int, plain: bool) -> list[str]:
    ends = _ends(panel, wide // 4)
    room = max(map(cell_len, ends), default=-1) + 1
    ticks = _ticks(Canvas(panel, 1, tall, plain=plain))
    margin = max(TICK, *map(len, ticks.values()))
    canvas = Canvas(panel, max(4, wide - margin - 2 - room), tall, plain=plain)
    for mark in sorted(panel.marks, key=_depth):
        canvas.add(mark)

    bar, corner, dash = ("|", "+", "-") if plain else ("│", "└", "─")
    names = _places(ends, canvas)
    head = [_short(f"{panel.y_label:>{margin}}", wide)] if panel.y_label else []
    body = [
        f"{ticks.get(row, ''):>{margin}} {bar}{text} {names.get(row, '')}".rstrip()
        for row, text in enumerate(canvas.lines())
    ]
    foot = f"{'':>{margin}} {corner}{dash * canvas.columns}"
    return [*head, *body, foot, f"{'':>{margin}}  {_x_axis(panel, canvas)}".rstrip()]


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


def _ends(panel: Panel, most: int) -> dict[str, float]:
    """Several curves are named where they end; one alone needs no name there."""
    lines = [mark for mark in panel.marks if isinstance(mark, Line)]
    if len(lines) < 2:
        return {}
    finite = {line.label: [y for y in line.y if math.isfinite(y)] for line in lines}
    return {
        _short(label, min(most, MOST_OF_A_NAME)): values[-1]
        for label, values in finite.items()
        if values and label
    }


def _places(ends: Mapping[str, float], canvas: Canvas) -> dict[int, str]:
    """Each name on a row of its own, near its curve's end and in the order of the ends."""
    ordered = sorted(ends.items(), key=lambda end: -end[1])[: canvas.rows]
    names: dict[int, str] = {}
    free = 0
    for at, (name, y) in enumerate(ordered):
        last = canvas.rows - len(ordered) + at  # the ones below need a row each, too
        row = min(max(canvas.row_of(y), free), last)
        names[row] = name
        free = row + 1
    return names


def _ticks(canvas: Canvas) -> dict[int, str]:
    """Numbers for the top, middle and bottom row; a flat axis has but one."""
    scale = canvas.y
    middle = canvas.rows // 2
    if not scale.high > scale.low:
        return {middle: _number(scale.low)}
    return {
        row: _tick(scale, scale.back(at))
        for row, at in ((0, 1.0), (middle, 0.5), (canvas.rows - 1, 0.0))
    }


def _x_axis(panel: Panel, canvas: Canvas) -> str:
    scale, columns = canvas.x, canvas.columns
    if not scale.high > scale.low:
        return _short(f"{_number(scale.low)} {panel.x_label}".center(columns).rstrip(), columns)
    low, high = _tick(scale, scale.low), _tick(scale, scale.high)
    room = columns - len(low) - len(high)
    if room < 1:
        return _short(low, columns)
    return f"{low}{_short(panel.x_label, room - 2):^{room}}{high}"


def _tick(scale: Scale, value: float) -> str:
    nothing = abs(value) / 2 < NEXT_TO_NOTHING * (scale.high / 2 - scale.low / 2)
    return "0" if nothing else _number(value)


def _number(value: float) -> str:
    """Two digits are enough for an axis: 600, 0.7, -1.2, 5e-4."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if 10 <= abs(value) < 99_999.5:
        return f"{value:.0f}"
    if 0.005 <= abs(value) < 10:
        return f"{value:.2g}"
    digit, _, power = f"{value:.0e}".partition("e")
    return f"{digit}e{int(power)}"


# -- bars -----------------------------------------------------------------------------------------


def _bars(bars: Bars, wide: int, plain: bool) -> list[str]:
    """A label that is too long goes over several lines; the bar stands beside the last of them."""
    full = "#" if plain else "█"
    numbers = [_short(f"{_number(value)}{bars.unit}", wide // 4) for value in bars.values]
    labels = [_wrapped(label, wide // 2) or [""] for label in bars.labels]
    margin = max((cell_len(line) for lines in labels for line in lines), default=0)
    room = max(0, wide - margin - max(map(cell_len, numbers), default=0) - 3)
    most = bars.full or max((v for v in bars.values if math.isfinite(v)), default=0.0)
    drawn: list[str] = []
    for lines, value, number in zip(labels, bars.values, numbers, strict=False):
        share = value / most if most > 0 and not math.isnan(value) else 0.0
        length = round(min(1.0, max(0.0, share)) * room)
        drawn += lines[:-1]
        bar = f"{full * length} " if length else ""
        drawn.append(_short(f"{set_cell_size(lines[-1], margin)}  {bar}{number}", wide))
    return drawn


# -- legend ---------------------------------------------------------------------------------------


def _legend(panels: Sequence[Panel], plain: bool) -> list[str]:
    """What each mark means, once for all panels; what says itself is left out.

    That is a curve that stands alone under its axis' name, or is named where it ends.
    """
    entries: dict[str, None] = {}
    for panel in panels:
        lines = [mark for mark in panel.marks if isinstance(mark, Line)]
        alone = len(lines) == 1
        for mark in panel.marks:
            match mark:
                case Line(label, _, _, stroke):
                    said = label in ("", panel.y_label) if alone else _named(label, lines)
                    sample = (PLAIN_SAMPLES if plain else SAMPLES)[stroke]
                    entry = "" if said or (alone and len(panel.marks) == 1) else f"{sample} {label}"
                case Points(label, _, _, marker) if _on_the_line(mark, panel):
                    entry = ""  # the curve's own points: nothing to tell it from
                case Points(label, _, _, marker):
                    entry = f"{(PLAIN_MARKERS if plain else MARKERS)[marker]} {label}"
                    entry = entry if label else ""
                case Field(label):
                    shades = PLAIN_SHADES if plain else SHADES
                    entry = f"blank, {shades[1]} to {shades[-1]}: {label}, from not at all to fully"
                    entry = entry if label else ""
                case Bars():
                    entry = ""
                case _:
                    assert_never(mark)
            if entry:
                entries[entry] = None
    return list(entries)


def _on_the_line(points: Points, panel: Panel) -> bool:
    """Whether a panel is one curve, and these are places on it."""
    match panel.marks:
        case (Line(_, x, y), Points()) | (Points(), Line(_, x, y)):
            on = set(zip(x, y, strict=False))
            return all(place in on for place in zip(points.x, points.y, strict=False))
        case _:
            return False


def _named(label: str, lines: Sequence[Line]) -> bool:
    """Whether a curve among others is told by the name at its end alone."""
    same_stroke = len({line.stroke for line in lines}) == 1
    return not label or (same_stroke and cell_len(label) <= MOST_OF_A_NAME // 2)
