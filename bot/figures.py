"""Figures and formulas as PNG, all in one style, with matplotlib.

Knows no store and no message, and is imported by worker processes alone: the plotting library is
large and slow to load. Invariant: the same figure gives the same bytes; whatever the numbers in
it - none, one, flat, huge, not a number - what can be drawn is drawn.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import math
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure as Sheet
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, MaxNLocator, SymmetricalLogLocator
from PIL import Image

from lessons import figure as figures
from lessons.figure import AnyMark, Bars, Field, Figure, Line, Marker, Panel, Points, Stroke

WIDE: Final = 660
"""Pixels: what the platforms show without scaling, and a phone at half of it."""

MOST_BYTES: Final = 60_000
"""A picture that would be larger gets fewer colours."""

DPI: Final = 100

PAPER: Final = "#fbf9f4"
INK: Final = "#23211d"
SOFT: Final = "#5f5a52"
GRID: Final = "#e6e1d6"

COLOURS: Final = ("#0072b2", "#d55e00", "#007a5a", "#a3437f", "#23211d")
"""After Okabe and Ito, "Color universal design" (2008), for all kinds of colour vision; the green
and the purple are darkened, and their yellows left out, for contrast on paper."""

SHADES: Final = LinearSegmentedColormap.from_list(
    "paper to ink", ["#f6f2e8", "#a9c3d6", "#4a7fa8", "#12304f"]
)
STROKES: Final[dict[Stroke, Any]] = {
    "solid": "solid",
    "dashed": (0, (4.5, 2.2)),
    "dotted": (0, (1.0, 1.8)),
}
MARKERS: Final[dict[Marker, str]] = {"dot": "o", "cross": "x", "ring": "o", "square": "s"}

TITLE: Final = 21
NAME: Final = 18
WORDS: Final = 16.5
"""Heights of letters in pixels; at half the size a phone's letters are still 8."""

TALL: Final = 320
SMALL_TALL: Final = 250
MAP_TALL: Final = 290
BAR_TALL: Final = 62
BEGIN: Final = 6
MOST_IN_TITLE: Final = 52
MOST_AT_END: Final = 12
MOST_ENDS: Final = 5
GAP: Final = 19
"""Pixels from one name at the end of a curve to the next."""

LARGEST: Final = 1e9
SMALLEST: Final = 1e-9
STEEP: Final = 100.0
"""From this height on an axis of losses grows by powers of ten."""

FEW: Final = 12
MOST_TEX: Final = 300
DEEPEST_TEX: Final = 16
TEX_SIZE: Final = 28

_STYLE: Final = {
    "axes.edgecolor": SOFT,
    "axes.facecolor": PAPER,
    "axes.labelcolor": SOFT,
    "axes.linewidth": 1.0,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.constrained_layout.h_pad": 0.10,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.dpi": DPI,
    "figure.facecolor": PAPER,
    "font.family": ["DejaVu Sans"],  # comes with matplotlib, so every machine draws the same
    "grid.color": GRID,
    "legend.borderpad": 0.1,
    "legend.columnspacing": 1.4,
    "legend.frameon": False,
    "legend.handletextpad": 0.5,
    "mathtext.fontset": "dejavusans",
    "text.color": INK,
    "text.parse_math": False,  # "$" in a label is a dollar
    "xtick.color": SOFT,
    "ytick.color": SOFT,
}


class BadMaths(ValueError):
    """This is no formula that can be drawn."""


def warm() -> None:
    """Load fonts and draw once, so that the first real picture takes no longer than the others."""
    panel = Panel((Line("loss", (0.0, 1.0), (1.0, 0.0)),), x_label="step", y_label="loss")
    figure_png(figures.encode(Figure("warm", "warm", (panel,))))


def figure_png(encoded: bytes) -> bytes:
    """The figure that `lessons.figure.encode` wrote, as a PNG of 660 pixels' width.

    Raises msgspec.ValidationError if the bytes are no figure.
    """
    figure = figures.decode(encoded)
    with _in_our_style():
        return _Drawing(figure).png()


def maths_png(tex: str) -> bytes:
    """A formula in the TeX that matplotlib's mathtext knows, as a PNG at most 660 pixels wide.

    Raises BadMaths if it can't be read, or is so long or deep that reading it would take seconds.
    """
    depth = deepest = 0
    for sign in re.findall(r"(?<!\\)[{}]", tex):
        depth += 1 if sign == "{" else -1
        deepest = max(deepest, depth)
    if not tex.strip() or len(tex) > MOST_TEX or deepest > DEEPEST_TEX:
        raise BadMaths(f"a formula has 1 to {MOST_TEX} characters, {DEEPEST_TEX} braces deep")
    if re.search(r"(?<!\\)\$", tex):
        raise BadMaths("a formula holds no dollar sign")
    with _in_our_style():
        try:
            return _formula(" ".join(tex.split()))
        except (ValueError, RecursionError) as bad:
            raise BadMaths("this formula can't be read") from bad


_PALETTES: Final = (
    (256, Image.Quantize.MEDIANCUT),
    (64, Image.Quantize.FASTOCTREE),
    (16, Image.Quantize.FASTOCTREE),
)


@contextlib.contextmanager
def _in_our_style() -> Iterator[None]:
    """And without warnings of letters that the font lacks: a box is shown in their place."""
    style: Any = {**matplotlib.rcParamsDefault, **_STYLE}
    with warnings.catch_warnings(), matplotlib.rc_context(style):
        warnings.simplefilter("ignore")
        yield


def _points(pixels: float) -> float:
    return pixels * 72 / DPI


def _small(sheet: Sheet) -> bytes:
    """As PNG with a palette: a third of the bytes, and no difference to the eye."""
    canvas: Any = FigureCanvasAgg(sheet)  # the library has no types for what this one can do
    canvas.draw()
    whole = Image.frombytes("RGBA", canvas.get_width_height(), bytes(canvas.buffer_rgba()))
    png = b""
    for colours, method in _PALETTES:
        picture = whole.convert("RGB").quantize(colours, method, dither=Image.Dither.NONE)
        out = io.BytesIO()
        picture.save(out, "PNG", optimize=True)
        png = out.getvalue()
        if len(png) < MOST_BYTES:
            break
    return png


def _formula(tex: str) -> bytes:
    sheet = Sheet(figsize=(WIDE / DPI, 1))
    canvas: Any = FigureCanvasAgg(sheet)
    text = sheet.text(0, 0, f"${tex}$", parse_math=True, fontsize=_points(TEX_SIZE))
    box = text.get_window_extent(canvas.get_renderer())
    room = WIDE - 2 * GAP - 4  # letters of the smaller size are not narrower to the pixel
    if box.width > room:
        text.set_fontsize(_points(TEX_SIZE) * room / box.width)
        box = text.get_window_extent(canvas.get_renderer())
    wide, tall = math.ceil(box.width) + 2 * GAP, math.ceil(box.height) + 2 * GAP
    sheet.set_size_inches(wide / DPI, tall / DPI)
    text.set_position(((GAP - box.x0) / wide, (GAP - box.y0) / tall))
    return _small(sheet)


# -- one figure -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line of the legend."""

    sign: Any
    words: str


class _Drawing:
    """A figure on its sheet: the title, the panels in rows, and below them what the marks mean."""

    def __init__(self, figure: Figure) -> None:
        self._panels = [part for panel in figure.panels for part in _parts(panel)]
        self._title = "\n".join(textwrap.wrap(figure.title, MOST_IN_TITLE))
        named = [
            mark
            for panel in self._panels
            for mark in panel.marks
            if isinstance(mark, Line | Points) and not _on_the_line(mark, panel)
        ]
        lines_first = sorted(named, key=lambda mark: not isinstance(mark, Line))
        labels = dict.fromkeys(mark.label for mark in lines_first)
        # The same name has the same colour in all panels.
        self._colours = dict(zip(labels, itertools.cycle(COLOURS)))
        self._names: list[tuple[Axes, list[Annotation]]] = []

    def png(self) -> bytes:
        columns = _columns(self._panels)
        rows = [self._panels[at : at + columns] for at in range(0, len(self._panels), columns)] or [
            []
        ]
        heights = [max(map(self._height, row), default=BAR_TALL) for row in rows]
        legend = list(self._legend())
        lines = self._title.count("\n") + 1 if self._title else 0
        tall = sum(heights) + lines * 27 + len(_in_lines(legend)) * 26 + 14
        sheet = Sheet(figsize=(WIDE / DPI, tall / DPI), layout="constrained")
        if self._title:
            sheet.suptitle(
                self._title, x=14 / WIDE, ha="left", fontsize=_points(TITLE), fontweight="bold"
            )
        grid = sheet.add_gridspec(len(rows), columns, height_ratios=heights)
        for down, row in enumerate(rows):
            for across, panel in enumerate(row):
                self._panel(sheet.add_subplot(grid[down, across]), panel)
        self._explain(sheet, legend)
        self._set_apart(sheet)
        return _small(sheet)

    def _height(self, panel: Panel) -> float:
        return _height(panel, alone=len(self._panels) == 1)

    # -- panels -----------------------------------------------------------------------------------

    def _panel(self, axes: Axes, panel: Panel) -> None:
        if panel.title:
            words = textwrap.fill(panel.title, MOST_IN_TITLE // _columns(self._panels))
            name = axes.set_title(
                words, loc="left", fontsize=_points(NAME), fontweight="bold", pad=7
            )
            if _is_bars(panel):
                name.set_x(BEGIN / WIDE)  # in line with the bars
        if _is_bars(panel):
            self._bars(axes, panel)
            return
        for mark in panel.marks:
            self._mark(axes, mark, panel)
        self._axes(axes, panel)

    def _mark(self, axes: Axes, mark: AnyMark, panel: Panel) -> None:
        match mark:
            case Line(label, x, y, stroke):
                axes.plot(
                    *_places(x, y),
                    color=self._colours[label],
                    linestyle=STROKES[stroke],
                    linewidth=_points(3.2),
                    zorder=2,
                )
            case Points(_, x, y):
                on = _on_the_line(mark, panel)
                axes.plot(*_places(x, y), **self._sign(mark, on=on))
                if on and len(x) <= MOST_ENDS:
                    _say_heights(axes, mark)
            case Field(_, values, left, right, bottom, top):
                shown = [[_bounded(value) for value in row] for row in values]
                left, right, bottom, top = map(_bounded, (left, right, bottom, top))
                if shown and shown[0] and _apart(left, right) and _apart(bottom, top):
                    axes.imshow(
                        shown,
                        cmap=SHADES,
                        vmin=0,
                        vmax=1,
                        origin="lower",
                        extent=(left, right, bottom, top),
                        aspect="auto",
                        interpolation="bilinear",
                        zorder=1,
                    )
            case Bars():
                pass  # these have a panel of their own
            case _:
                assert_never(mark)

    def _sign(self, points: Points, *, on: bool = False) -> dict[str, Any]:
        """How such points look; few of them are drawn large."""
        few = len(points.x) <= FEW
        colour = INK if on else self._colours[points.label]
        hollow = points.marker == "ring"
        return {
            "color": colour,
            "linestyle": "none",
            "marker": MARKERS[points.marker],
            "markerfacecolor": PAPER if hollow else colour,
            "markeredgecolor": colour,
            "markeredgewidth": _points(3.4 if few else 1.7),
            "markersize": _points(13 if few else 7.5),
            "zorder": 3,
        }

    def _axes(self, axes: Axes, panel: Panel) -> None:
        maps = _is_map(panel)
        small = _columns(self._panels) > 1
        axes.set_xlabel(panel.x_label, fontsize=_points(WORDS))
        axes.set_ylabel(panel.y_label, fontsize=_points(WORDS))
        if maps and not (panel.x_label or panel.y_label):
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_visible(True)
        else:
            _limits(axes, panel)
            if _steep(panel):
                axes.set_yscale("symlog", linthresh=1.0)
                powers = SymmetricalLogLocator(linthresh=1.0, base=10.0)
                powers.set_params(numticks=4)
                axes.yaxis.set_major_locator(powers)
                axes.set_ylim(bottom=0.0)
            else:
                axes.yaxis.set_major_locator(MaxNLocator(4))
            whole = all(at == round(at) for mark in panel.marks for at in _xs(mark))
            axes.xaxis.set_major_locator(MaxNLocator(3 if small else 6, integer=whole))
            axes.xaxis.set_major_formatter(FuncFormatter(_tick))
            axes.yaxis.set_major_formatter(FuncFormatter(_tick))
            axes.tick_params(labelsize=_points(WORDS), length=0, pad=5)
            axes.minorticks_off()
            axes.grid(visible=True, linewidth=1.0, zorder=0)
            axes.set_axisbelow(True)
        self._ends(axes, panel)

    def _ends(self, axes: Axes, panel: Panel) -> None:
        """Several curves are named where they end; one alone needs no name there."""
        names = [
            axes.annotate(
                line.label,
                (x[-1], y[-1]),
                xytext=(_points(8), 0),
                textcoords="offset points",
                va="center",
                fontsize=_points(WORDS),
                color=self._colours[line.label],
                annotation_clip=False,
            )
            for line in _named_at_end(panel)
            for x, y in [_finite(line.x, line.y)]
            if x
        ]
        if names:
            self._names.append((axes, names))

    def _bars(self, axes: Axes, panel: Panel) -> None:
        """The label above its bar, so that a long one has room; the number behind it."""
        axes.set_axis_off()
        bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
        rows = [
            (label, value, one.unit)
            for one in bars
            for label, value in zip(one.labels, one.values, strict=False)
        ]
        full = max((_bounded(one.full) for one in bars if one.full is not None), default=0.0)
        most = full or max((_bounded(value) for _, value, _ in rows), default=0.0)
        axes.set_xlim(-BEGIN / WIDE, 1)  # below the title's first letter
        axes.set_ylim(max(1, len(rows)), 0)
        for at, (label, value, unit) in enumerate(rows):
            share = min(1.0, max(0.0, _bounded(value) / most)) if most > 0 else 0.0
            axes.barh(at + 0.68, 0.86 * share, height=0.36, color=COLOURS[0])
            axes.plot([0, 0], [at + 0.48, at + 0.88], color=SOFT, linewidth=_points(1.5))
            axes.text(0, at + 0.40, label, va="bottom", fontsize=_points(WORDS))
            axes.text(
                0.86 * share + 0.012,
                at + 0.68,
                f"{_number(value)}{unit}",
                va="center",
                fontsize=_points(WORDS),
                fontweight="bold",
            )

    # -- what the marks mean ----------------------------------------------------------------------

    def _legend(self) -> Iterator[_Entry]:
        """Once for all panels. What is named at its end, or by its axis, is left out."""
        told: set[str] = set()
        for panel in self._panels:
            named = {line.label for line in _named_at_end(panel)}
            lines = [mark for mark in panel.marks if isinstance(mark, Line)]
            points = [mark for mark in panel.marks if isinstance(mark, Points)]
            for mark in panel.marks:
                if isinstance(mark, Bars) or not mark.label or mark.label in told | named:
                    continue
                if isinstance(mark, Line) and len(lines) == 1 and mark.label == panel.y_label:
                    continue
                if [mark] == points and _on_the_line(mark, panel):
                    continue  # the curve's own places: nothing to tell them from
                told.add(mark.label)
                yield _Entry(self._sample(mark, panel), mark.label)

    def _sample(self, mark: Line | Points | Field, panel: Panel) -> Any:
        match mark:
            case Line(label, stroke=stroke):
                return Line2D(
                    [],
                    [],
                    color=self._colours[label],
                    linestyle=STROKES[stroke],
                    linewidth=_points(3.2),
                )
            case Points():
                return Line2D([], [], **self._sign(mark, on=_on_the_line(mark, panel)))
            case Field():
                return tuple(Patch(color=SHADES(at / 3)) for at in range(4))
            case _:
                assert_never(mark)

    def _explain(self, sheet: Sheet, legend: Sequence[_Entry]) -> None:
        if not legend:
            return
        shades = any(isinstance(entry.sign, tuple) for entry in legend)
        drawn = sheet.legend(
            [entry.sign for entry in legend],
            # A label that begins with "_" would be left out.
            [f"\N{NO-BREAK SPACE}{_shades(entry)}" for entry in legend],
            loc="outside lower left",
            ncols=max(map(len, _in_lines(legend))),
            fontsize=_points(WORDS),
            handlelength=2.6 if shades else 2.0,
            handler_map={tuple: HandlerTuple(ndivide=None, pad=0)},
        )
        for words in drawn.get_texts():
            words.set_parse_math(False)

    def _set_apart(self, sheet: Sheet) -> None:
        """Names at the ends of curves that would lie on each other move up and down."""
        if not self._names:
            return
        sheet.draw_without_rendering()
        for axes, names in self._names:
            at = {name: float(axes.transData.transform(name.xy)[1]) for name in names}
            top = max(at.values()) + GAP * len(names)
            for name in sorted(names, key=at.__getitem__, reverse=True):
                top = min(top - GAP, at[name])
                name.set_position((_points(8), _points(top - at[name])))


# -- what kind of panel ---------------------------------------------------------------------------


def _parts(panel: Panel) -> Iterator[Panel]:
    """Bars have no axes, so they stand apart from what has."""
    bars = tuple(mark for mark in panel.marks if isinstance(mark, Bars))
    rest = tuple(mark for mark in panel.marks if not isinstance(mark, Bars))
    if bars:
        yield Panel(bars, panel.title)
    if rest or not bars:
        yield Panel(
            rest,
            "" if bars else panel.title,
            panel.x_label,
            panel.y_label,
            panel.x_low,
            panel.x_high,
            panel.y_low,
            panel.y_high,
        )


def _is_bars(panel: Panel) -> bool:
    return any(isinstance(mark, Bars) for mark in panel.marks)


def _is_map(panel: Panel) -> bool:
    """A map or a cloud of points: what counts is where things lie, not their numbers."""
    return not any(isinstance(mark, Line) for mark in panel.marks)


def _columns(panels: Sequence[Panel]) -> int:
    if len(panels) < 2 or any(map(_is_bars, panels)):
        return 1
    return 3 if len(panels) == 3 and all(map(_is_map, panels)) else 2


def _height(panel: Panel, *, alone: bool) -> float:
    named = 26 * len(textwrap.wrap(panel.title, MOST_IN_TITLE)) if panel.title else 0
    if _is_bars(panel):
        bars = [mark for mark in panel.marks if isinstance(mark, Bars)]
        return named + BAR_TALL * max(1, sum(len(mark.labels) for mark in bars))
    if alone:
        return TALL + named
    return named + (MAP_TALL if _is_map(panel) else SMALL_TALL)


def _named_at_end(panel: Panel) -> list[Line]:
    lines = [mark for mark in panel.marks if isinstance(mark, Line)]
    short = all(0 < len(line.label) <= MOST_AT_END for line in lines)
    return lines if 2 <= len(lines) <= MOST_ENDS and short else []


def _on_the_line(mark: AnyMark, panel: Panel) -> bool:
    """Whether a panel has one curve, and these are places on it."""
    curves = [other for other in panel.marks if isinstance(other, Line)]
    if not isinstance(mark, Points) or len(curves) != 1:
        return False
    on = set(zip(curves[0].x, curves[0].y, strict=False))
    return all(place in on for place in zip(mark.x, mark.y, strict=False))


def _shades(entry: _Entry) -> str:
    return f"{entry.words} (light: no, dark: yes)" if isinstance(entry.sign, tuple) else entry.words


def _in_lines(legend: Sequence[_Entry]) -> list[list[_Entry]]:
    """As many in a line as have room, all lines with as many columns."""
    most = max((len(_shades(entry)) for entry in legend), default=0)
    columns = max(1, min(len(legend), 62 // (most + 6)))
    return [list(legend[at : at + columns]) for at in range(0, len(legend), columns)]


# -- numbers --------------------------------------------------------------------------------------


def _bounded(value: float) -> float:
    """Within what the plotting library can reckon with; nothing is drawn for nan."""
    return value if math.isnan(value) else min(max(value, -LARGEST), LARGEST)


def _apart(one: float, other: float) -> bool:
    """Far enough from each other that there is room for numbers between them."""
    return abs(one - other) > SMALLEST * max(1.0, abs(one), abs(other))


def _places(x: Iterable[float], y: Iterable[float]) -> tuple[list[float], list[float]]:
    pairs = list(zip(x, y, strict=False))
    return [_bounded(across) for across, _ in pairs], [_bounded(up) for _, up in pairs]


def _finite(x: Iterable[float], y: Iterable[float]) -> tuple[list[float], list[float]]:
    kept = [
        (across, up)
        for across, up in zip(*_places(x, y), strict=True)
        if math.isfinite(across) and math.isfinite(up)
    ]
    return [across for across, _ in kept], [up for _, up in kept]


def _xs(mark: AnyMark) -> Iterator[float]:
    if isinstance(mark, Line | Points):
        yield from _finite(mark.x, mark.y)[0]


def _say_heights(axes: Axes, points: Points) -> None:
    """The number at each of a few places on a curve, where a falling curve leaves room."""
    x, y = _finite(points.x, points.y)
    for across, up in zip(x, y, strict=True):
        last = len(x) > 1 and across == max(x)
        axes.annotate(
            _number(up),
            (across, up),
            xytext=(_points(2 if last else 9), _points(11)),
            textcoords="offset points",
            ha="right" if last else "left",
            va="bottom",
            fontsize=_points(WORDS),
            fontweight="bold",
            zorder=4,
        )


def _steep(panel: Panel) -> bool:
    heights = [
        up for mark in panel.marks if isinstance(mark, Line) for up in _finite(mark.x, mark.y)[1]
    ]
    return max(heights, default=0.0) > STEEP and min(heights) >= 0


def _limits(axes: Axes, panel: Panel) -> None:
    """What the panel says; a limit that it leaves open follows from the marks, with some air."""
    for low, high, now, put in (
        (panel.x_low, panel.x_high, axes.get_xlim(), axes.set_xlim),
        (panel.y_low, panel.y_high, axes.get_ylim(), axes.set_ylim),
    ):
        bottom = now[0] if low is None or not math.isfinite(low) else _bounded(low)
        top = now[1] if high is None or not math.isfinite(high) else _bounded(high)
        air = 0.04 * (top - bottom) if _is_map(panel) else 0.0
        if top > bottom and _apart(bottom, top):
            put(bottom - air, top + air)


def _tick(value: float, _at: int | None = None) -> str:
    return _number(value)


_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _number(value: float) -> str:
    """Three digits are enough, and a real minus sign: 600, 0.7, 10⁹."""
    if not math.isfinite(value):
        return "?" if math.isnan(value) else f"{value:g}"
    if abs(value) >= 1000 and value == round(value) and abs(value) < 1e6:
        return f"{value:,.0f}".replace(",", "\N{THIN SPACE}").replace("-", "\N{MINUS SIGN}")
    digits, _, power = f"{value:.3g}".partition("e")
    if power:
        raised = str(int(power)).translate(_RAISED)
        digits = f"10{raised}" if digits == "1" else f"{digits}\N{MULTIPLICATION SIGN}10{raised}"
    return digits.replace("-", "\N{MINUS SIGN}")
