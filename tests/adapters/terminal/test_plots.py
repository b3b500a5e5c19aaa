"""Figures drawn with characters."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from adapters.terminal.plots import NARROWEST, draw
from lessons.figure import AnyMark, Bars, Field, Figure, Line, Panel, Points
from lessons.generators import FIGURES, GENERATORS, rng_of
from lessons.generators import draw as draw_shipped

WIDTHS = (40, 60, 84)
SEEDS = (1, 2)


def figure(*marks: AnyMark, **axes: str | float) -> Figure:
    panel = Panel(marks, **axes)  # type: ignore[arg-type]
    return Figure("A title", "Words.", (panel,))


def shipped() -> dict[str, Figure]:
    """Every figure that the shipped generators make, for two seeds."""
    found = {f"{name}-{seed}": draw_shipped(name, seed) for name in FIGURES for seed in SEEDS}
    for name, made_by in GENERATORS.items():
        for seed in SEEDS:
            variant = made_by.make(rng_of(seed))
            for which, one in (("figure", variant.figure), ("reveal", variant.reveal)):
                if one is not None:
                    found[f"{name}-{which}-{seed}"] = one
    return found


def alone_on_its_curve(points: Points, panel: Panel) -> bool:
    """Whether nothing else is in the panel but the curve on which these points lie."""
    curves = [mark for mark in panel.marks if isinstance(mark, Line)]
    return len(panel.marks) == 2 and any(
        (x, y) in zip(curve.x, curve.y, strict=True)
        for curve in curves
        for x, y in zip(points.x[:1], points.y[:1], strict=True)
    )


@pytest.fixture(scope="module")
def real() -> dict[str, Figure]:
    return shipped()


# -- whatever the figure --------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_shipped_figure_keeps_to_the_width_and_says_what_it_shows(
    real: dict[str, Figure], width: int, plain: bool
) -> None:
    assert len(real) >= 12
    for name, one in real.items():
        drawn = draw(one, width, plain=plain)
        assert max(map(cell_len, drawn.splitlines())) <= width, name
        assert drawn.isascii() or not plain, name
        words = " ".join(drawn.split())
        assert one.title in words
        for panel in one.panels:
            assert panel.title in words
            assert panel.y_label in words
            for mark in panel.marks:
                if isinstance(mark, Field) or (
                    isinstance(mark, Points) and not alone_on_its_curve(mark, panel)
                ):
                    assert mark.label in words, name


HUGE = 1.7e308
NUMBERS = st.one_of(
    st.floats(-1e3, 1e3),
    st.sampled_from([0.0, -0.0, 1e-9, HUGE, -HUGE, math.inf, -math.inf, math.nan, 1e15]),
)
LABELS = st.sampled_from(
    ["", "loss", "a label that is a good deal longer than the room", "深層学習"]
)


@st.composite
def marks(draw_: st.DrawFn) -> AnyMark:
    label = draw_(LABELS)
    xs = tuple(draw_(st.lists(NUMBERS, max_size=8)))
    ys = tuple(draw_(st.lists(NUMBERS, min_size=len(xs), max_size=len(xs))))
    match draw_(st.integers(0, 3)):
        case 0:
            return Line(label, xs, ys, draw_(st.sampled_from(["solid", "dashed", "dotted"])))
        case 1:
            return Points(label, xs, ys, draw_(st.sampled_from(["dot", "cross", "ring", "square"])))
        case 2:
            rows = draw_(st.integers(0, 3))
            row = st.lists(NUMBERS, min_size=len(xs), max_size=len(xs)).map(tuple)
            values = tuple(draw_(row) for _ in range(rows))
            return Field(label, values, *(draw_(NUMBERS) for _ in range(4)))
        case _:
            labels = tuple(draw_(st.lists(LABELS, min_size=len(ys), max_size=len(ys))))
            unit = draw_(st.sampled_from(["", " %", " of the votes so far"]))
            return Bars(labels, ys, unit, draw_(st.none() | st.sampled_from([100.0, 0.0, -1.0])))


LIMITS = st.one_of(st.none(), NUMBERS)
PANELS = st.builds(
    Panel,
    st.lists(marks(), max_size=4).map(tuple),
    title=LABELS,
    x_label=LABELS,
    y_label=LABELS,
    x_low=LIMITS,
    x_high=LIMITS,
    y_low=LIMITS,
    y_high=LIMITS,
)
FIGURES_OF_ANY_KIND = st.builds(
    Figure, LABELS, st.just("Words."), st.lists(PANELS, max_size=9).map(tuple)
)


@given(one=FIGURES_OF_ANY_KIND, width=st.integers(1, 120), plain=st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_figure_is_drawn_within_the_width(one: Figure, width: int, plain: bool) -> None:
    for line in draw(one, width, plain=plain).splitlines():
        assert cell_len(line) <= max(width, NARROWEST)


def test_a_curve_far_beyond_the_axes_is_cut_at_them() -> None:
    steep = Line("loss", (0.0, 1.0), (-1e300, 1e300))
    drawn = draw(figure(steep, y_low=0.0, y_high=1.0), 60)
    assert any(0x2800 < ord(char) < 0x2900 for char in drawn)


def test_a_number_that_is_none_leaves_a_gap() -> None:
    x = tuple(map(float, range(9)))
    whole = draw(figure(Line("loss", x, (1.0,) * 9)), 60, plain=True)
    broken = draw(figure(Line("loss", x, (*[1.0] * 3, math.nan, *[1.0] * 5))), 60, plain=True)
    assert 0 < broken.count("*") < whole.count("*")


# -- what is told apart ---------------------------------------------------------------------------


def test_a_single_curve_needs_no_legend() -> None:
    drawn = draw(figure(Line("loss", (0.0, 1.0), (1.0, 0.0)), y_label="loss"), 60)
    assert drawn.count("loss") == 1


def test_points_on_a_curve_lie_on_it() -> None:
    """The marker takes the place of the character through which the curve runs."""
    x = tuple(map(float, range(0, 601, 5)))
    y = tuple(0.7 * math.exp(-at / 200) for at in x)
    curve = Line("loss", x, y)
    at = (0, 37, 60, 91, 120)
    dots = Points("measured", tuple(x[n] for n in at), tuple(y[n] for n in at), "ring")
    alone = draw(figure(curve, y_label="loss"), 60).splitlines()
    both = draw(figure(curve, dots, y_label="loss"), 60).splitlines()
    for line_alone, line_both in zip(alone, both, strict=False):
        for bare, marked in zip(line_alone, line_both, strict=False):
            if marked == "○":
                assert 0x2800 < ord(bare) < 0x2900


def test_points_of_a_lone_curve_need_no_name_and_a_guess_beside_it_does() -> None:
    curve = Line("loss", (0.0, 1.0, 2.0), (1.0, 0.5, 0.25))
    own = Points("measured", (0.0, 2.0), (1.0, 0.25), "ring")
    guess = Points("you", (0.0, 2.0), (1.0, 0.5), "cross")
    assert "measured" not in draw(figure(curve, own, y_label="loss"), 60)
    assert "you" in draw(figure(curve, guess, y_label="loss"), 60)
    legend = draw(figure(curve, own, guess, y_label="loss"), 60).splitlines()[-1]
    assert ("measured" in legend, "you" in legend) == (True, True)


@pytest.mark.parametrize(("plain", "signs"), [(False, "○×⊗"), (True, "ox&")])  # noqa: RUF001
def test_points_of_two_kinds_in_one_place_can_be_told(plain: bool, signs: str) -> None:
    rings = Points("rings", (0.0, 1.0), (0.0, 1.0), "ring")
    crosses = Points("crosses", (0.0, 2.0), (0.0, 0.5), "cross")
    for order in ((rings, crosses), (crosses, rings)):
        drawn = draw(figure(*order), 60, plain=plain)
        inside = "".join(line.partition("|" if plain else "│")[2] for line in drawn.splitlines())
        assert [inside.count(sign) for sign in signs] == [1, 1, 1]
        assert drawn.endswith(f"{signs[2]} both")


def test_two_points_of_one_kind_are_that_kind() -> None:
    twice = Points("rings", (0.0, 0.0, 1.0), (0.0, 0.0, 1.0), "ring")
    assert "both" not in draw(figure(twice), 60)


@pytest.mark.parametrize("plain", [False, True])
def test_every_kind_of_mark_has_a_shape_of_its_own(plain: bool) -> None:
    field = Field("a map", ((0.0, 0.3), (0.6, 1.0)), 0.0, 1.0, 0.0, 1.0)
    used: list[set[str]] = []
    shown: tuple[AnyMark, ...] = (
        *(Line("k", (0.0, 1.0), (0.0, 1.0), stroke) for stroke in ("solid", "dashed", "dotted")),
        *(Points("k", (0.5,), (0.5,), marker) for marker in ("dot", "cross", "ring", "square")),
        field,
    )
    for mark in shown:
        drawn = draw(Figure("", "", (Panel((mark,), x_low=-1, x_high=2),)), 60, plain=plain)
        inside = {line.partition("|" if plain else "│")[2] for line in drawn.splitlines()}
        used.append(set("".join(inside)) - {" "})
    if plain:  # curves are told by their character; drawn finer, by their gaps
        assert all(a.isdisjoint(b) for n, a in enumerate(used) for b in used[n + 1 :])
    else:
        assert all(a.isdisjoint(b) for n, a in enumerate(used) for b in used[max(3, n + 1) :])
        solid, dashed, dotted = (
            sum(
                (ord(char) - 0x2800).bit_count()
                for char in draw(figure(Line("k", (0.0, 1.0), (0.0, 1.0), stroke)), 60)
                if 0x2800 < ord(char) < 0x2900
            )
            for stroke in ("solid", "dashed", "dotted")
        )
        assert solid > dashed > dotted > 0


def test_curves_are_named_where_they_end_each_on_its_own_row() -> None:
    lines = [Line(name, (0.0, 1.0), (1.0, 0.01 * n)) for n, name in enumerate("ABCD")]
    drawn = draw(figure(*lines, y_label="loss"), 60).splitlines()
    rows = [next(n for n, line in enumerate(drawn) if line.endswith(f" {name}")) for name in "ABCD"]
    assert len(set(rows)) == 4
    assert rows == sorted(rows, reverse=True)


def test_curves_with_long_names_or_other_strokes_are_in_the_legend() -> None:
    names = ("what the net did in 600 steps", "what you guessed before you looked")
    lines = (
        Line(names[0], (0.0, 1.0), (1.0, 0.0)),
        Line(names[1], (0.0, 1.0), (1.0, 0.5), "dashed"),
    )
    words = " ".join(draw(figure(*lines), 60).split())
    assert f"━━━ {names[0]}" in words
    assert f"━ ━ {names[1]}" in words


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((-0.84, 0.83), {"-0.84", "0", "0.83"}),
        ((0.0, 600.0), {"0", "600", "300"}),
        ((99.7, 99.9), {"100"}),
        ((0.0, 12_345_678.0), {"0", "1e7", "6e6"}),
        ((0.0, 0.0004), {"0", "4e-4", "2e-4"}),
        ((5.0, 5.0), {"5"}),
    ],
)
def test_an_axis_says_its_numbers_shortly(ends: tuple[float, float], shown: set[str]) -> None:
    drawn = draw(figure(Points("p", (0.0, 1.0), ends)), 60).splitlines()
    ticks = {line.partition("│")[0].strip() for line in drawn if "│" in line} - {""}
    assert ticks == shown


def test_a_map_is_drawn_where_it_lies() -> None:
    dark_right = Field("sure", ((0.0, 1.0),), 0.0, 1.0, 0.0, 1.0)
    rows = [line for line in draw(figure(dark_right, x_low=-1.0), 60).splitlines() if "│" in line]
    inside = rows[0].partition("│")[2]
    assert inside.strip() == inside.lstrip()
    assert set(inside.strip()) == {"█"}
    assert len(inside.strip()) == pytest.approx(len(inside) / 4, abs=1)


def test_a_label_of_a_bar_is_never_cut() -> None:
    label = "It falls, but less than half of what there was at the start is gone"
    for width in WIDTHS:
        words = " ".join(draw(figure(Bars((label, "no"), (3.0, 1.0), " votes")), width).split())
        for piece in label.split():
            assert piece in words
        assert "3 votes" in words


# -- two to look at -------------------------------------------------------------------------------


def test_what_a_curve_looks_like() -> None:
    steps = tuple(map(float, range(0, 601, 20)))
    curve = Line("loss", steps, tuple(0.7 / (1 + step / 100) for step in steps))
    guess = Points("you", (0.0, 600.0), (0.7, 0.3), "cross")
    shown = figure(curve, guess, x_label="step", y_label="loss", y_low=0.0)
    assert draw(shown, 40) == "\n".join(
        [
            "A title",
            "  loss",
            "   0.7 │×",  # noqa: RUF001
            "       │⢸",
            "       │ ⡇",
            "       │ ⠸⡀",
            "       │  ⢣",
            "       │   ⢇",
            "       │   ⠈⢆",
            "  0.35 │    ⠈⠦⡀",
            "       │      ⠘⢤                       ×",  # noqa: RUF001
            "       │        ⠉⠢⣄",
            "       │           ⠑⠢⢤⣀",
            "       │               ⠉⠑⠒⠤⢄⣀⣀",
            "       │                     ⠈⠉⠉⠑⠒⠒⠲⠤⠤⠤⢄",
            "       │",
            "     0 │",
            "       └────────────────────────────────",
            "        0            step            600",
            "× you",  # noqa: RUF001
        ]
    )


def test_what_bars_look_like() -> None:
    shown = figure(Bars(("It halves", "It barely moves", "It goes up"), (41.0, 12.0, 0.0), " %"))
    assert draw(shown, 40, plain=True) == "\n".join(
        [
            "A title",
            "It halves        ################## 41 %",
            "It barely moves  ##### 12 %",
            "It goes up       0 %",
        ]
    )


def test_a_bar_is_as_long_as_its_part_of_what_would_be_full() -> None:
    shown = figure(Bars(("First", "Then"), (50.0, 100.0), " %", full=200.0))
    assert draw(shown, 40, plain=True).splitlines()[1:] == [
        "First  ####### 50 %",
        "Then   ############## 100 %",
    ]
