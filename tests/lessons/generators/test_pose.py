"""From a written block and a seed to a variant, and from names to a seed."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lessons
from lessons import generators, kinds
from lessons.challenge import ChosenKey, NumberKey, Tolerance, encode_variant
from lessons.figure import Line, Points
from lessons.generators import GENERATORS, draw, pose, rng_of, seed_of
from lessons.kinds.spec import OptionSpec, Spec, ToleranceSpec

CHAPTER = (
    Path(inspect.getfile(lessons)).parent
    / "series/an-eye-for-deep-learning/01-guess-look-be-surprised.md"
).read_text(encoding="utf-8")
SPECS = tuple(
    msgspec.toml.decode(block, type=Spec)
    for block in re.findall(r"^```(?:question|challenge)\n(.*?)^```", CHAPTER, re.M | re.S)
)


# -- seeds ----------------------------------------------------------------------------------------


def test_a_seed_is_the_same_on_every_machine() -> None:
    assert seed_of("run-1", "guess", "first-loss", "ada", 0) == 2998800248478129310


@given(st.lists(st.text(max_size=8), min_size=4, max_size=4), st.integers(0, 99), st.integers(0, 3))
def test_a_change_of_any_name_changes_the_seed(names: list[str], issue: int, place: int) -> None:
    seed = seed_of(names[0], names[1], names[2], names[3], issue)
    changed = [*names]
    changed[place] += "x"
    assert seed != seed_of(changed[0], changed[1], changed[2], changed[3], issue)
    assert seed != seed_of(names[0], names[1], names[2], names[3], issue + 1)
    assert 0 <= seed < 2**63


def test_names_that_run_together_alike_give_different_seeds() -> None:
    assert seed_of("a", "bc", "d", "e", 1) != seed_of("ab", "c", "d", "e", 1)


def test_a_seed_gives_numpys_own_pcg64() -> None:
    assert rng_of(7).random() == np.random.Generator(np.random.PCG64(7)).random()


# -- posing ---------------------------------------------------------------------------------------


def test_a_generated_variant_says_where_it_comes_from() -> None:
    spec = Spec("first-loss", "numeric", generator="w01.first_loss")
    variant = pose(spec, 11, language="de")
    assert (variant.generator, variant.version, variant.seed) == ("w01.first_loss", 1, 11)
    assert variant.language == "de"


def test_the_authors_hints_prompt_and_reason_win_over_the_generators() -> None:
    bare = Spec("x", "numeric", generator="w01.first_loss")
    spec = msgspec.structs.replace(
        bare, hints=("Think.",), prompt="How much?", explanation="Because."
    )
    made, variant = pose(bare, 3), pose(spec, 3)
    assert (variant.hints, variant.prompt) == (("Think.",), "How much?")
    assert variant.explanation == f"Because.\n\n{made.explanation}"
    assert variant.key == made.key


def test_the_authors_tolerance_wins_and_swallows_no_trap() -> None:
    spec = Spec("x", "numeric", generator="w01.first_loss", tolerance=ToleranceSpec(relative=0.5))
    for seed in range(40):
        variant = pose(spec, seed)
        assert isinstance(variant.key, NumberKey)
        assert variant.key.tolerance == Tolerance(relative=0.5)
        assert kinds.faults(variant, rng_of(seed)) == ()


def question() -> Spec:
    return next(spec for spec in SPECS if spec.id == "twice-the-steps")


def test_the_authors_words_stand_on_the_generators_options() -> None:
    variant = pose(question(), 0)
    assert [option.text for option in variant.options] == [
        option.text for option in question().options
    ]
    assert variant.key == ChosenKey("less-than-half")
    assert all(option.feedback for option in variant.options)


def test_an_answer_that_the_run_does_not_prove_is_refused() -> None:
    wrong = msgspec.structs.replace(question(), answer="It goes up")
    with pytest.raises(ValueError, match="proved"):
        pose(wrong, 0)
    (mistake,) = generators.check(wrong)
    assert mistake.key == "answer"


def test_words_for_options_that_the_generator_does_not_know_are_a_mistake() -> None:
    options = (*question().options[:3], OptionSpec("Maybe", "no", "maybe"))
    (mistake,) = generators.check(msgspec.structs.replace(question(), options=options))
    assert mistake.key == "options"
    assert "rises" in mistake.what


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        (Spec("x", "numeric", generator="w01.frist_loss"), "generator"),
        (Spec("x", "choice", generator="w01.first_loss"), "kind"),
    ],
)
def test_a_generator_must_exist_and_make_that_kind(spec: Spec, key: str) -> None:
    assert [mistake.key for mistake in generators.check(spec)] == [key]


# -- the chapter ----------------------------------------------------------------------------------


def test_week_1_has_a_question_and_four_challenges_from_all_generators() -> None:
    assert [spec.id for spec in SPECS] == [
        "twice-the-steps",
        "first-loss",
        "three-guesses",
        "order-appears",
        "where-it-stops",
    ]
    assert {spec.generator for spec in SPECS} == set(GENERATORS)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.id)
def test_the_written_blocks_are_sound_and_pose(spec: Spec) -> None:
    assert kinds.check(spec) == ()
    assert generators.check(spec) == ()
    for seed in (0, 1, 2):
        variant = pose(spec, seed)
        assert kinds.faults(variant, rng_of(seed)) == ()
        assert encode_variant(variant) == encode_variant(pose(spec, seed))
        assert (len(variant.hints) >= 2) is (spec is not SPECS[0])


def test_the_card_says_what_its_picture_shows() -> None:
    (seed,) = re.findall(r'generator = "w01.pulse"\nseed = (\d+)', CHAPTER)
    (panel,) = draw("w01.pulse", int(seed)).panels
    line, marked = panel.marks
    assert isinstance(line, Line)
    assert isinstance(marked, Points)
    loss = dict(zip(line.x, line.y, strict=True))
    start, floor = loss[0.0], loss[600.0]
    assert "starts** near 0.7" in CHAPTER
    assert abs(start - 0.7) < 0.05
    assert "two thirds of all it ever gained came in the first 60 steps" in CHAPTER
    assert (start - loss[60.0]) / (start - floor) == pytest.approx(2 / 3, abs=0.04)
    assert "Around step 200" in CHAPTER
    assert loss[60.0] - loss[130.0] < 0.02 < 0.07 < loss[150.0] - loss[250.0]
    assert loss[500.0] - floor < 0.01
    assert marked.x == (0.0, 60.0, 600.0)
