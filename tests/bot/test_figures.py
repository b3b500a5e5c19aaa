"""Figures as PNG: one width, small, the same bytes every time, whatever the numbers in them.

Knows the picture by its pixels alone. Invariant: nothing here compares with a picture that was
drawn before; what must be seen is looked for.
"""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot import figures as plotting
from bot.figures import MOST_BYTES, WIDE, BadMaths, figure_png, maths_png
from bot.library import Library
from lessons.figure import AnyMark, Bars, Field, Figure, Line, Panel, Points, encode
from lessons.generators import FIGURES, draw, over_answer, pose, rng_of, seed_of
from lessons.kinds import kind_of

ROOT = Path(__file__).parents[2]
PAPER = (251, 249, 244)


def drawn(figure: Figure) -> Image.Image:
    return Image.open(io.BytesIO(figure_png(encode(figure)))).convert("RGB")


def of(*marks: AnyMark, title: str = "", **panel: str | float) -> Figure:
    return Figure(title, "alt", (Panel(marks, **panel),))  # type: ignore[arg-type]


def colours(picture: Image.Image) -> set[tuple[int, int, int]]:
    counted = picture.getcolors(maxcolors=1 << 20)
    assert counted is not None
    return {colour for _, colour in counted if isinstance(colour, tuple)}  # type: ignore[misc]


def near(picture: Image.Image, colour: str) -> int:
    """How many pixels look like that colour."""
    want = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    counted = picture.getcolors(maxcolors=1 << 20) or []
    return sum(
        count
        for count, seen in counted
        if isinstance(seen, tuple)
        and all(abs(one - other) <= 12 for one, other in zip(seen, want, strict=True))
    )


def first_ink(picture: Image.Image) -> int:
    """The first column from the left with anything in it."""
    wide, tall = picture.size
    columns = (
        across
        for across in range(wide)
        if any(picture.getpixel((across, down)) != PAPER for down in range(tall))
    )
    return next(columns)


def test_the_name_of_a_panel_of_bars_begins_where_the_bars_do() -> None:
    bars = Bars(("How many", "How few"), (3.0, 1.0))
    named = Figure("", "alt", (Panel((bars,), "How many there were"),))
    assert abs(first_ink(drawn(named)) - first_ink(drawn(of(bars)))) <= 2


# -- what the shipped series draws ----------------------------------------------------------------


def shipped() -> list[tuple[str, Figure]]:
    library = Library()
    library.reload()
    found: list[tuple[str, Figure]] = []
    for series in library.series.values():
        for chapter in series.chapters:
            for card in chapter.cards:
                if card.figure:
                    found.append((card.title, draw(card.figure.generator, card.figure.seed)))
            for spec in (chapter.question, *chapter.challenges):
                variant = pose(spec, seed_of("run", chapter.slug, spec.id, "ada", 1))
                named = [("figure", variant.figure), ("reveal", variant.reveal)]
                found += [(f"{spec.id} {what}", figure) for what, figure in named if figure]
    return found


def test_every_picture_of_the_shipped_series_is_as_wide_as_said_and_small() -> None:
    pictures = shipped()
    assert len(pictures) >= 8
    for name, figure in pictures:
        png = figure_png(encode(figure))
        assert Image.open(io.BytesIO(png)).width == WIDE == 660, name
        assert len(png) < MOST_BYTES == 60_000, name
        assert figure.alt, name


def test_three_guesses_stand_on_the_real_curve() -> None:
    library = Library()
    library.reload()
    chapter = next(iter(library.series.values())).chapters[0]
    spec = next(one for one in chapter.challenges if one.kind == "three")
    variant = pose(spec, 7)
    probes = kind_of("three").selftest(variant, rng_of(0))
    answers = [kind_of("three").parse(variant, probe.raw) for probe in probes]
    answer = next(one for one in answers if hasattr(one, "values"))
    assert variant.reveal is not None
    alone = drawn(variant.reveal)
    over = drawn(over_answer(variant, answer))  # type: ignore[arg-type]
    guessed = plotting.COLOURS[1]
    assert near(alone, guessed) == 0
    assert near(over, guessed) > 40


# -- any figure ---------------------------------------------------------------------------------

numbers = st.floats(allow_nan=False, allow_infinity=False)
labels = st.text(max_size=30)
series_of_numbers = st.lists(numbers, max_size=8).map(tuple)
lines = st.builds(
    Line,
    labels,
    series_of_numbers,
    series_of_numbers,
    st.sampled_from(["solid", "dashed", "dotted"]),
)
points = st.builds(
    Points,
    labels,
    series_of_numbers,
    series_of_numbers,
    st.sampled_from(["dot", "cross", "ring", "square"]),
)
maps = st.builds(
    Field,
    labels,
    st.integers(0, 4).flatmap(
        lambda wide: st.lists(st.tuples(*[numbers] * wide), max_size=4).map(tuple)
    ),
    numbers,
    numbers,
    numbers,
    numbers,
)
bars = st.builds(
    Bars, st.lists(labels, max_size=4).map(tuple), series_of_numbers, labels, st.none() | numbers
)
limits = st.none() | numbers
panels = st.builds(
    Panel,
    st.lists(lines | points | maps | bars, max_size=4).map(tuple),
    labels,
    labels,
    labels,
    limits,
    limits,
    limits,
    limits,
)
any_figure = st.builds(
    Figure, st.text(max_size=90), labels, st.lists(panels, max_size=5).map(tuple)
)


@given(any_figure)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_figure_is_drawn_within_its_size(figure: Figure) -> None:
    png = figure_png(encode(figure))
    assert Image.open(io.BytesIO(png)).width == WIDE
    assert len(png) < MOST_BYTES


def test_the_same_figure_gives_the_same_bytes_in_another_process() -> None:
    figure = of(Line("loss", (0.0, 1.0, 2.0), (1.0, 0.4, 0.3)), title="Again", x_label="step")
    code = (
        "import sys, hashlib; from bot.figures import figure_png;"
        "print(hashlib.sha256(figure_png(sys.stdin.buffer.read())).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=encode(figure),
            capture_output=True,
            check=True,
            cwd=ROOT,
            timeout=60,
        ).stdout
        for _ in range(2)
    }
    assert len(said) == 1


# -- what must be seen --------------------------------------------------------------------------


def test_pictures_stand_on_paper_so_that_a_dark_chat_does_not_swallow_them() -> None:
    picture = drawn(of(Line("loss", (0.0, 1.0), (1.0, 0.0))))
    corners = {picture.getpixel((x, y)) for x in (2, 657) for y in (2, picture.height - 3)}
    assert len(corners) == 1
    (corner,) = corners
    assert isinstance(corner, tuple)
    assert all(abs(seen - want) <= 2 for seen, want in zip(corner, PAPER, strict=True))


def _gaps(stroke: str) -> int:
    """How often a level line is broken, looked at along its row."""
    figure = of(
        Line("a", (0.0, 10.0), (0.5, 0.5), stroke),  # type: ignore[arg-type]
        y_low=0.0,
        y_high=1.0,
    )
    picture = drawn(figure)
    ink = [
        [near_blue(picture.getpixel((x, y))) for x in range(picture.width)]
        for y in range(picture.height)
    ]
    row = max(ink, key=sum)
    return sum(1 for one, other in itertools.pairwise(row) if one and not other)


def near_blue(pixel: object) -> bool:
    assert isinstance(pixel, tuple)
    return bool(pixel[2] > 120 and pixel[0] < 100)


def test_strokes_differ_without_colour() -> None:
    solid, dashed, dotted = map(_gaps, ("solid", "dashed", "dotted"))
    assert solid == 1 < dashed < dotted


def test_validation_is_dashed_beside_a_solid_train_and_both_are_named_at_their_ends() -> None:
    both = of(
        Line("train", (0.0, 1.0, 2.0), (1.0, 0.5, 0.2)),
        Line("validation", (0.0, 1.0, 2.0), (1.0, 0.6, 0.5), "dashed"),
    )
    picture = drawn(both)
    right = picture.crop((560, 0, WIDE, picture.height))
    assert near(right, plotting.COLOURS[0]) > 20
    assert near(right, plotting.COLOURS[1]) > 20


def test_names_at_the_ends_of_curves_do_not_lie_on_each_other() -> None:
    names = ("one", "two", "three")
    same = of(*[Line(name, (0.0, 1.0), (1.0, 0.5)) for name in names])
    picture = drawn(same).crop((590, 0, WIDE, 360))
    rows = [
        {
            y
            for y in range(picture.height)
            for x in range(picture.width)
            if _like(picture.getpixel((x, y)), plotting.COLOURS[at])
        }
        for at in range(3)
    ]
    assert all(rows)
    assert not rows[0] & rows[1]
    assert not rows[1] & rows[2]


def _like(pixel: object, colour: str) -> bool:
    want = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 25 for one, other in zip(pixel, want, strict=True))


def test_a_map_goes_from_light_to_dark_so_that_grey_tells_as_much() -> None:
    ramp = tuple(tuple(column / 9 for column in range(10)) for _ in range(3))
    picture = drawn(of(Field("sure", ramp, 0.0, 1.0, 0.0, 1.0))).convert("L")
    middle = picture.height // 3
    greys = [picture.getpixel((x, middle)) for x in range(60, 600, 60)]
    assert greys == sorted(greys, reverse=True)  # type: ignore[type-var]
    assert greys[0] - greys[-1] > 120  # type: ignore[operator]


def test_a_longer_bar_stands_for_more() -> None:
    def blue(share: float) -> int:
        return near(drawn(of(Bars(("a", "b"), (100.0, share), " %"))), plotting.COLOURS[0])

    assert blue(10) < blue(50) < blue(90)


def test_a_bar_is_as_long_as_its_part_of_what_would_be_full() -> None:
    def blue(*values: float, full: float | None) -> int:
        return near(drawn(of(Bars(("a", "b"), values, " %", full))), plotting.COLOURS[0])

    assert blue(50.0, 50.0, full=100.0) == pytest.approx(blue(50.0, 50.0, full=None) / 2, rel=0.05)


def test_a_dollar_in_a_label_is_a_dollar() -> None:
    # As maths, both would be one italic x.
    one = figure_png(encode(of(Bars(("$x$",), (1.0,)))))
    other = figure_png(encode(of(Bars(("x",), (1.0,)))))
    assert one != other
    figure_png(encode(of(Line("$\\frac{", (0.0, 1.0), (0.0, 1.0)), title="$5 and $6 {")))


def test_a_loss_that_blew_up_leaves_room_for_the_one_that_did_not() -> None:
    boom = Line("3", (0.0, 1.0, 2.0, 3.0), (1.0, 50.0, 1e5, 1e300))
    calm = Line("0.1", (0.0, 1.0, 2.0, 3.0), (1.0, 0.9, 0.8, 0.7), "dashed")
    picture = drawn(of(boom, calm))
    rows = [
        y
        for y in range(picture.height)
        for x in range(200, 500)
        if _like(picture.getpixel((x, y)), plotting.COLOURS[1])
    ]
    # Not lost on the axis: between the bottom and the top there is a line of its own.
    assert rows
    assert max(rows) < 0.9 * picture.height


# -- formulas -----------------------------------------------------------------------------------


@pytest.mark.parametrize("tex", [r"\frac{a}{b}", r"L = -\log p_y", "x^2", r"\text{cost} = 5\$"])
def test_a_formula_becomes_a_small_picture(tex: str) -> None:
    png = maths_png(tex)
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    assert picture.width <= WIDE
    assert len(png) < MOST_BYTES
    assert min(sum(colour) for colour in colours(picture)) < 250


def test_a_long_formula_is_made_smaller_until_it_fits() -> None:
    assert Image.open(io.BytesIO(maths_png("x + " * 60 + "y"))).width <= WIDE


@pytest.mark.parametrize(
    "tex",
    ["", "  ", r"\frac{a}", "{" * 17 + "}" * 17, "x" * 301, "a $ b", r"\nonsense{x}", "}{", "{"],
)
def test_what_is_no_formula_is_refused_at_once(tex: str) -> None:
    with pytest.raises(BadMaths):
        maths_png(tex)


def test_every_registered_figure_can_be_drawn() -> None:
    for generator in FIGURES:
        assert figure_png(encode(draw(generator, 3)))
