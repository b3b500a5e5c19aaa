"""Week 1: every answer is recounted another way, for many seeds."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable

import numpy as np
import pytest

from lessons.challenge import (
    Answer,
    ChosenKey,
    NumberKey,
    NumbersKey,
    OrderKey,
    Variant,
    encode_variant,
)
from lessons.experiments import mlp, toy
from lessons.experiments.losses import cross_entropy
from lessons.experiments.toy import Toy
from lessons.figure import Field, Figure, Line, Points
from lessons.generators import (
    GENERATORS,
    draw,
    generator,
    over_answer,
    pictures,
    rng_of,
    w01,
    w01_looks,
)
from lessons.generators.drawing import CAP, drawn
from lessons.kinds import faults, kind_of
from lessons.kinds.numeric import reach
from lessons.numbers import say_number
from tests.lessons.generators.plain_training import adam, descend

TRAINED = 25
CHEAP = 200
SEEDS = {name: CHEAP if name == "w01.first_loss" else TRAINED for name in GENERATORS}
TRAINED_NAMES = [name for name in GENERATORS if SEEDS[name] == TRAINED]


@functools.cache
def made(name: str) -> tuple[Variant, ...]:
    """One variant for each seed, made once for all tests of this file."""
    return tuple(generator(name).make(rng_of(seed)) for seed in range(SEEDS[name]))


@functools.cache
def typical_moons(seed: int) -> w01.Moons:
    """What three guesses are made of, drawn once for all tests of this file."""
    return drawn(rng_of(seed), w01._typical_moons, w01.CHECKED_MOONS)[0]


def draws_of(variant: Variant) -> int:
    draws = variant.params["draws"]
    assert isinstance(draws, int)
    return draws


def texts_before_the_answer(variant: Variant) -> str:
    """All that a member reads before answering."""
    alt = variant.figure.alt if variant.figure else ""
    return " ".join((variant.prompt, alt, *(option.text for option in variant.options)))


def number_keys(variant: Variant) -> tuple[NumberKey, ...]:
    match variant.key:
        case NumberKey():
            return (variant.key,)
        case NumbersKey(numbers=numbers):
            return numbers
        case _:
            return ()


# -- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GENERATORS)
def test_a_variant_grades_its_own_selftest(name: str) -> None:
    for seed, variant in enumerate(made(name)):
        assert faults(variant, rng_of(seed)) == (), seed


@pytest.mark.parametrize("name", GENERATORS)
def test_the_same_seed_makes_the_same_variant(name: str) -> None:
    for seed in (0, 1, 2):
        again = generator(name).make(rng_of(seed))
        assert encode_variant(again) == encode_variant(made(name)[seed])


@pytest.mark.parametrize("name", GENERATORS)
def test_members_get_different_variants(name: str) -> None:
    distinct = len({encode_variant(variant) for variant in made(name)})
    possible = 19 * 8 if name == "w01.first_loss" else TRAINED
    assert distinct >= min(possible * 0.6, len(made(name)))


@pytest.mark.parametrize("name", GENERATORS)
def test_a_variant_is_of_its_generators_kind(name: str) -> None:
    assert {variant.kind for variant in made(name)} == {generator(name).kind}
    for variant in made(name)[:3]:
        assert kind_of(variant.kind).fields(variant)


@pytest.mark.parametrize("name", TRAINED_NAMES)
def test_the_signature_is_met_within_a_few_draws(name: str) -> None:
    draws = [draws_of(variant) for variant in made(name)]
    assert np.mean(draws) < 5  # most are refused before anything is trained
    assert max(draws) <= CAP


@pytest.mark.parametrize(
    ("attempt", "checked"),
    [
        (w01._typical_moons, w01.CHECKED_MOONS),
        (w01._typical_doubling, w01.CHECKED_DOUBLING),
        (w01._pulse, w01.CHECKED_PULSE),
        (w01_looks._typical_spiral, w01_looks.CHECKED),
        (w01_looks._clear_floors, w01_looks.CHECKED),
    ],
)
def test_the_checked_seed_shows_the_signature(
    attempt: Callable[[np.random.Generator], object], checked: int
) -> None:
    assert attempt(rng_of(checked)) is not None


def test_after_the_cap_the_checked_seed_is_taken() -> None:
    tries: list[float] = []

    def never_from_this_rng(rng: np.random.Generator) -> float | None:
        tries.append(rng.random())
        return tries[-1] if len(tries) > CAP else None

    value, draws = drawn(rng_of(5), never_from_this_rng, checked=1)
    assert (value, draws) == (rng_of(1).random(), CAP + 1)
    with pytest.raises(ValueError, match="checked seed"):
        drawn(rng_of(5), lambda rng: None, checked=1)


@pytest.mark.parametrize("name", GENERATORS)
def test_traps_lie_clear_of_the_right_answer_and_of_each_other(name: str) -> None:
    for variant in made(name):
        for key in number_keys(variant):
            spans = [(key.value, reach(key)), *((trap.value, trap.within) for trap in key.traps)]
            for place, (value, width) in enumerate(spans):
                for other, breadth in spans[place + 1 :]:
                    assert abs(value - other) > width + breadth


# -- first loss -----------------------------------------------------------------------------------


def test_the_first_loss_is_what_an_untrained_net_really_shows() -> None:
    for seed, variant in enumerate(made("w01.first_loss")):
        found = re.search(r"\*\*(\d+)\*\*", variant.prompt)
        assert found
        classes = int(found[1])
        rng = rng_of(seed)
        net = mlp.init(rng, (3, classes), scheme="zeros")
        labels = np.arange(3 * classes) % classes
        cost = cross_entropy(mlp.forward(net, rng.standard_normal((3 * classes, 3))), labels)
        assert isinstance(variant.key, NumberKey)
        assert variant.key.value == pytest.approx(cost.value)
        assert say_number(variant.key.value) not in texts_before_the_answer(variant)


def test_one_over_k_is_told_that_chance_is_not_cost() -> None:
    for variant in made("w01.first_loss"):
        classes = int(variant.params["classes"])
        verdict = kind_of("numeric").grade(variant, Answer((1 / classes,)))
        assert verdict == kind_of("numeric").grade(variant, Answer((round(1 / classes, 3),)))
        assert "the chance of being right" in str(getattr(verdict, "feedback", ""))


def test_all_class_counts_from_2_to_20_come_up() -> None:
    counts = {variant.params["classes"] for variant in made("w01.first_loss")}
    assert counts == set(range(2, 21))


# -- three guesses --------------------------------------------------------------------------------


def test_the_three_losses_are_those_of_a_net_trained_by_plain_loops() -> None:
    for seed, variant in enumerate(made("w01.three_guesses")):
        rng = rng_of(seed)
        for _ in range(draws_of(variant)):
            noise = round(float(rng.uniform(0.08, 0.3)), 2)
            dots = toy.moons(rng, 120, noise)
            net = mlp.init(rng, (2, 8, 2), "tanh", "fan-in")
        losses = descend(net, dots, 0.5, 600)
        assert isinstance(variant.key, NumbersKey)
        wanted = [losses[0], losses[300], losses[600]]
        assert [key.value for key in variant.key.numbers] == pytest.approx(wanted, abs=1e-6)
        assert abs(losses[0] - math.log(2)) <= 0.06
        assert variant.figure is not None
        marks = variant.figure.panels[0].marks
        assert sum(len(mark.x) for mark in marks if isinstance(mark, Points)) == len(dots.y)


def test_nothing_read_before_guessing_names_the_losses() -> None:
    for variant in made("w01.three_guesses"):
        assert isinstance(variant.key, NumbersKey)
        before = texts_before_the_answer(variant)
        assert all(say_number(key.value) not in before for key in variant.key.numbers)


def test_the_guesses_are_drawn_over_the_real_curve() -> None:
    variant = made("w01.three_guesses")[0]
    figure = w01.over_guesses(variant, Answer((0.7, 0.5, 0.3)))
    (panel,) = figure.panels
    (yours,) = (mark for mark in panel.marks if isinstance(mark, Points) and mark.label == "you")
    assert (yours.x, yours.y) == ((0.0, 300.0, 600.0), (0.7, 0.5, 0.3))
    assert "Your guesses at the same steps: 0.7, 0.5, 0.3." in figure.alt
    assert variant.reveal is not None
    assert panel.marks[:-1] == variant.reveal.panels[0].marks


def test_only_a_posed_variant_of_three_guesses_gets_the_answer_drawn_in() -> None:
    variant = made("w01.where_it_stops")[0]
    assert over_answer(variant, Answer(())) == variant.reveal


# -- order appears --------------------------------------------------------------------------------


def test_the_picture_asked_for_is_that_of_a_net_trained_by_plain_loops() -> None:
    for seed, variant in enumerate(made("w01.order_appears")):
        rng = rng_of(seed)
        for _ in range(draws_of(variant)):
            dots = toy.spirals(rng, 120, turns=1.25)
            net = mlp.init(rng, (2, 16, 16, 2), "tanh", "fan-in")
        found = re.search(r"\*\*step (\d+)\*\*", variant.prompt)
        assert found
        step = int(found[1])
        assert isinstance(variant.key, ChosenKey)
        assert variant.figure is not None
        place = [option.id for option in variant.options].index(variant.key.option)
        (field,) = variant.figure.panels[place].marks
        assert isinstance(field, Field)
        centres = -1.2 + 2.4 * (np.arange(24) + 0.5) / 24
        places = np.array([(x, y) for y in centres for x in centres])
        wanted = adam(net, dots, 0.01, step).chances(places)[:, 1].reshape(24, 24)
        assert np.abs(np.array(field.values) - wanted).max() < 0.02


def test_a_picture_is_named_only_by_its_letter() -> None:
    for variant in made("w01.order_appears"):
        assert [option.text for option in variant.options] == list("ABCD")
        assert variant.figure is not None
        assert [panel.title for panel in variant.figure.panels] == list("ABCD")
        assert "step" not in variant.figure.alt


def test_every_place_and_every_later_step_is_right_for_somebody() -> None:
    places = set()
    asked = set()
    for variant in made("w01.order_appears"):
        assert isinstance(variant.key, ChosenKey)
        places.add([option.id for option in variant.options].index(variant.key.option))
        asked.add(str(variant.params["steps"]).split().index(str(variant.params["asked"])))
    assert (places, asked) == ({0, 1, 2, 3}, {1, 2, 3})


# -- where it stops -------------------------------------------------------------------------------


def test_the_order_of_the_floors_is_that_of_nets_trained_by_plain_loops() -> None:
    for seed, variant in enumerate(made("w01.where_it_stops")):
        rng = rng_of(seed)
        for _ in range(draws_of(variant)):
            clean = toy.moons(rng, 120, 0.0)
            jitter = rng.standard_normal(clean.x.shape)
            net = mlp.init(rng, (2, 8, 2), "tanh", "fan-in")
        ends = {
            f"noise-{place}": descend(net, Toy(clean.x + noise * jitter, clean.y), 0.7, 600)[-1]
            for place, noise in enumerate((0.05, 0.15, 0.25, 0.4), start=1)
        }
        assert isinstance(variant.key, OrderKey)
        assert list(variant.key.options) == sorted(ends, key=ends.__getitem__)
        gaps = np.diff([ends[option] for option in variant.key.options])
        assert gaps.min() > 0.049


def test_the_pictures_are_never_shown_in_their_order() -> None:
    for variant in made("w01.where_it_stops"):
        assert isinstance(variant.key, OrderKey)
        assert tuple(option.id for option in variant.options) != variant.key.options
        before = texts_before_the_answer(variant)
        floors = [float(variant.params[f"floor_{place}"]) for place in (1, 2, 3, 4)]
        assert all(say_number(floor) not in before for floor in floors)


# -- twice the steps ------------------------------------------------------------------------------


def test_twice_the_steps_is_answered_by_a_net_trained_by_plain_loops() -> None:
    for seed, variant in enumerate(made("w01.twice_the_steps")):
        rng = rng_of(seed)
        for _ in range(draws_of(variant)):
            dots = toy.moons(rng, 120, 0.2)
            net = mlp.init(rng, (2, 8, 2), "tanh", "fan-in")
        losses = descend(net, dots, 0.7, 600)
        assert 0.5 < losses[600] / losses[300] < 0.95
        assert variant.key == ChosenKey("less-than-half")
        assert f"**{say_number(losses[300])}**" in variant.explanation
        assert f"**{say_number(losses[600])}**" in variant.explanation


@pytest.mark.parametrize(
    ("once", "twice", "option"),
    [
        (0.4, 0.2, "halves"),
        (0.4, 0.1, "halves"),
        (0.4, 0.3, "less-than-half"),
        (0.4, 0.39, "barely"),
        (0.4, 0.5, "rises"),
    ],
)
def test_two_losses_prove_one_option(once: float, twice: float, option: str) -> None:
    assert w01.doubling(once, twice) == option


# -- figures --------------------------------------------------------------------------------------


def all_figures() -> list[Figure]:
    posed = [one for name in GENERATORS for one in made(name)]
    both = [figure for variant in posed for figure in (variant.figure, variant.reveal)]
    return [figure for figure in both if figure] + [draw("w01.pulse", 1)]


def test_every_figure_has_words_that_fit_under_a_picture() -> None:
    for figure in all_figures():
        assert 40 <= len(figure.alt) <= 1000
        assert figure.title


def test_every_number_in_a_figure_is_finite_and_every_mark_is_whole() -> None:
    for figure in all_figures():
        for panel in figure.panels:
            for mark in panel.marks:
                if isinstance(mark, Line | Points):
                    assert len(mark.x) == len(mark.y) > 0
                    assert np.isfinite([*mark.x, *mark.y]).all()
                if isinstance(mark, Field):
                    assert 0 <= np.min(mark.values) <= np.max(mark.values) <= 1


# -- what the pictures say in words ---------------------------------------------------------------


def test_the_words_of_the_four_moons_tell_them_apart_and_count_nothing() -> None:
    for variant in made("w01.where_it_stops"):
        assert variant.figure is not None
        told = re.findall(r"\b([ABCD]): ([^.]+)\.", variant.figure.alt)
        assert [name for name, _ in told] == list("ABCD")
        assert len({words for _, words in told}) == 4
        assert not any(char.isdigit() for char in variant.figure.alt)


def test_the_words_of_the_four_maps_tell_them_apart_by_what_an_eye_sees() -> None:
    for variant in made("w01.order_appears"):
        assert variant.figure is not None
        words = dict(re.findall(r"\b([ABCD]): ([^.]+)\.", variant.figure.alt))
        looks = {option.id.removeprefix("step-"): words[option.text] for option in variant.options}
        untrained, early, middle, late = (looks[step] for step in sorted(looks, key=int))
        assert untrained.startswith("grey")
        assert "one plain border" in early
        assert "a border that bends" in middle
        assert "a border that bends" in late
        assert middle != late
        assert "%" not in variant.figure.alt
        assert "dots" not in variant.figure.alt


def test_the_four_moons_are_drawn_to_one_scale() -> None:
    for variant in made("w01.where_it_stops"):
        assert variant.figure is not None
        scales = {
            (panel.x_low, panel.x_high, panel.y_low, panel.y_high)
            for panel in variant.figure.panels
        }
        ((left, right, low, high),) = scales
        assert None not in (left, right, low, high)


def test_every_net_of_week_1_starts_as_the_chapter_says() -> None:
    for name in ("w01.where_it_stops", "w01.three_guesses", "w01.twice_the_steps"):
        for variant in made(name):
            assert variant.reveal is not None
            for panel in variant.reveal.panels:
                (line,) = (mark for mark in panel.marks if isinstance(mark, Line))
                assert line.y[0] == pytest.approx(math.log(2), abs=0.0605)


@pytest.mark.parametrize(
    ("strangers", "expected"), [((0, 3), 0.1), ((8, 12), 0.15), ((18, 22), 0.3)]
)
def test_the_hint_on_where_it_stops_is_true_of_most(
    strangers: tuple[int, int], expected: float
) -> None:
    """The chapter's second hint of three-guesses, counted over the figure's own words."""
    ends = []
    for seed in range(120):
        moons = typical_moons(seed)
        low, high = strangers
        if low <= pictures.strangers(moons.toy) <= high:
            ends.append(float(moons.losses[-1]))
    assert len(ends) >= 8
    within = [abs(end - expected) <= 0.1 for end in ends]
    assert sum(within) >= 0.8 * len(within)
