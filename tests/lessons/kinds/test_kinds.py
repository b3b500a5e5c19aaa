"""Every kind: what hand-written specs become, how answers are read, and how they are graded."""

from __future__ import annotations

import itertools
import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons import kinds
from lessons.challenge import (
    Answer,
    ChosenKey,
    ConfigKey,
    FormatError,
    MatchKey,
    NeedsRun,
    NumberKey,
    Option,
    OrderKey,
    SetKey,
    Tolerance,
    Trap,
    Variant,
    Verdict,
    decode_variant,
    encode_variant,
)
from lessons.document import Paragraph
from lessons.fields import ChoiceField, MatchField, Raw
from lessons.generators import pose, rng_of, run_job
from lessons.kinds import CODES, KINDS, config, kind_of, match, numeric, order, remarks
from lessons.kinds.spec import OptionSpec, PairSpec, Spec
from lessons.markdown import blocks

WRITTEN = {
    "choice": """
        id = "c"
        kind = "choice"
        prompt = "What colour is the sky?"
        answer = "Blue"
        explanation = "Short waves scatter more."
        options = [
          { text = "Blue" },
          { text = "Green", feedback = "That is the grass." },
          { text = "Red", feedback = "Only at dusk." },
        ]
    """,
    "multi": """
        id = "m"
        kind = "multi"
        prompt = "Which are even?"
        answer = ["Two", "Four"]
        explanation = "They divide by two."
        options = [
          { text = "Two" },
          { text = "Four" },
          { text = "Three", feedback = "Three leaves one over." },
          { text = "Five", feedback = "Five leaves one over." },
        ]
    """,
    "numeric": """
        id = "n"
        kind = "numeric"
        prompt = "ln 7?"
        answer = 1.946
        tolerance = { absolute = 0.05 }
        traps = [{ value = 0.143, within = 0.01, reason = "That is 1/7." }]
        explanation = "e to that power is 7."
    """,
    "order": """
        id = "o"
        kind = "order"
        prompt = "Small to large"
        items = ["Ant", "Mouse", "Dog", "Cow"]
        explanation = "By weight."
    """,
    "match": """
        id = "t"
        kind = "match"
        prompt = "Who eats what?"
        explanation = "Teeth tell."
        pairs = [
          { item = "Cow", option = "Grass" },
          { item = "Cat", option = "Mice" },
          { item = "Goat", option = "Grass" },
        ]
        options = [
          { text = "Grass", feedback = "Grass needs flat teeth." },
          { text = "Mice", feedback = "Mice need sharp teeth." },
          { text = "Stones", feedback = "Nobody eats stones." },
        ]
    """,
    "three": """
        id = "h"
        kind = "three"
        prompt = "Guess the loss"
        explanation = "Fast, then slow."
        tolerance = { absolute = 0.1 }
        numbers = [
          { label = "Start", answer = 0.69 },
          { label = "Middle", answer = 0.31, tolerance = { relative = 0.2 } },
          { label = "End", answer = 0.08 },
        ]
    """,
    "steps": """
        id = "s"
        kind = "steps"
        explanation = "Test first."
        [[steps]]
        prompt = "Which test?"
        answer = "Dead share"
        options = [
          { text = "Dead share" },
          { text = "Weather", feedback = "That changes nothing." },
        ]
        [[steps]]
        prompt = "It is 1.00. So?"
        answer = "All units are dead"
        options = [
          { text = "All units are dead" },
          { text = "All is well", feedback = "Then some would fire." },
        ]
    """,
    "config": """
        id = "g"
        kind = "config"
        prompt = "Train it"
        explanation = "Step size first."
        job = "spirals"
        goal = 0.9
        settings = [
          { id = "rate", label = "Step size", values = ["0.0001", "0.01", "10"] },
          { id = "width", label = "Units", values = ["2", "16"] },
        ]
    """,
}


def spec_of(kind: str, **changes: object) -> Spec:
    return msgspec.structs.replace(msgspec.toml.decode(WRITTEN[kind], type=Spec), **changes)


def posed(kind: str, seed: int = 0) -> Variant:
    return pose(spec_of(kind), seed)


def graded(variant: Variant, raw: Raw) -> Verdict:
    kind = kind_of(variant.kind)
    answer = kind.parse(variant, raw)
    assert isinstance(answer, Answer)
    verdict = kind.grade(variant, answer)
    assert isinstance(verdict, Verdict)
    return verdict


def letter_of(variant: Variant, text: str) -> str:
    return next(
        "abcdefghij"[place] for place, option in enumerate(variant.options) if option.text == text
    )


def test_every_kind_but_curve_can_be_written_by_hand() -> None:
    assert set(WRITTEN) | {"curve"} == set(KINDS)


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_sound_block_has_no_mistake(kind: str) -> None:
    assert kinds.check(spec_of(kind)) == ()


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize("seed", range(10))
def test_a_hand_written_variant_grades_its_own_selftest(kind: str, seed: int) -> None:
    variant = posed(kind, seed)
    assert kinds.faults(variant, rng_of(seed)) == ()
    assert len(kind_of(kind).selftest(variant, rng_of(seed))) >= 5


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_variant_survives_the_store_and_is_graded_the_same_after(kind: str) -> None:
    variant = posed(kind, 4)
    again = decode_variant(encode_variant(variant))
    assert again == variant
    assert kinds.faults(again, rng_of(0)) == ()


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_form_shows_neither_ids_nor_feedback(kind: str) -> None:
    variant = posed(kind)
    form = msgspec.json.encode(kind_of(kind).fields(variant)).decode()
    assert all(option.id not in form for option in variant.options if option.id != option.text)
    assert all(option.feedback not in form for option in variant.options if option.feedback)


@pytest.mark.parametrize("kind", ["choice", "multi", "order", "match"])
def test_members_get_the_options_in_different_orders(kind: str) -> None:
    orders = {tuple(option.text for option in posed(kind, seed).options) for seed in range(20)}
    assert len(orders) > 3


def test_options_keep_their_written_order_when_the_author_says_so() -> None:
    spec = spec_of("choice", shuffle=False)
    texts = [option.text for option in pose(spec, 5).options]
    assert texts == ["Blue", "Green", "Red"]


def test_an_ordering_is_never_shown_already_ordered() -> None:
    for seed in range(100):
        variant = posed("order", seed)
        assert isinstance(variant.key, OrderKey)
        assert tuple(option.id for option in variant.options) != variant.key.options


def test_option_ids_do_not_depend_on_the_shuffle() -> None:
    assert {
        frozenset(option.id for option in posed("choice", seed).options) for seed in range(9)
    } == {frozenset({"blue", "green", "red"})}


# -- reading --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", WRITTEN)
@given(typed=st.text(max_size=20))
def test_whatever_is_typed_is_an_answer_or_a_known_format_error(kind: str, typed: str) -> None:
    variant = posed(kind)
    raw = {field.id: typed for field in kind_of(kind).fields(variant)}
    read = kind_of(kind).parse(variant, raw)
    if isinstance(read, FormatError):
        assert read.code in CODES
        assert read.field in raw
    else:
        kind_of(kind).grade(variant, read)


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("choice", "", "choice_missing"),
        ("choice", ("a", "b"), "choice_too_many"),
        ("choice", "x", "choice_unknown"),
        ("order", "abc", "order_incomplete"),
        ("order", "abca", "order_repeats"),
        ("match", "ab", "match_incomplete"),
        ("match", "abab", "match_too_many"),
    ],
)
def test_a_format_error_says_what_is_wrong(
    kind: str, value: str | tuple[str, ...], code: str
) -> None:
    variant = posed(kind)
    (field,) = kind_of(kind).fields(variant)
    read = kind_of(kind).parse(variant, {field.id: value})
    assert isinstance(read, FormatError)
    assert (read.field, read.code) == (field.id, code)


def test_a_choice_is_taken_by_letter_in_either_case_or_by_its_text() -> None:
    variant = posed("choice", 3)
    letter = letter_of(variant, "Green")
    for typed in (letter, letter.upper(), f" {letter} ", "green", "Green"):
        assert kind_of("choice").parse(variant, {"choice": typed}) == Answer(("green",))


def test_a_lone_letter_is_a_place_even_when_another_option_reads_like_it() -> None:
    options = (Option("one", "B"), Option("two", "A"))
    variant = Variant("curve", "?", ChosenKey("one"), "", options=options)
    assert kind_of("curve").parse(variant, {"choice": "A"}) == Answer(("one",))


def test_a_setting_is_taken_by_letter_or_by_its_value() -> None:
    variant = posed("config")
    for raw in ({"rate": "b", "width": "b"}, {"rate": "0.01", "width": "16"}):
        assert config.parse(variant, raw) == Answer(("0.01", "16"))
    assert config.parse(variant, {"rate": "0.01", "width": "2"}) == Answer(("0.01", "2"))


def test_an_option_whose_text_is_a_piece_of_the_alphabet_is_taken_by_its_text() -> None:
    options = (Option("yes", "Yes"), Option("no", "No"))
    variant = Variant("choice", "?", ChosenKey("no"), "", options=options)
    assert kind_of("choice").parse(variant, {"choice": "no"}) == Answer(("no",))


# -- grading --------------------------------------------------------------------------------------


def test_a_wrong_option_is_answered_with_its_own_reason() -> None:
    variant = posed("choice")
    verdict = graded(variant, {"choice": letter_of(variant, "Green")})
    assert verdict == Verdict(0.0, False, "That is the grass.", trap="green")


AS_BLOCKS = {
    "a picture": "![two piers](images/harbour.png)",
    "a formula": "$$\nx^2\n$$",
    "code": "```python\nx = 1\n```",
    "a table": "| a | b |\n|---|---|\n| 1 | 2 |",
    "a list": "- one\n- two",
    "words, then a formula": "Look:\n\n$$x^2$$",
}


@pytest.mark.parametrize("said", AS_BLOCKS.values(), ids=AS_BLOCKS.keys())
@pytest.mark.parametrize("kind", ["choice", "multi", "match", "steps"])
def test_a_reason_may_be_any_block_and_stays_what_it_is(kind: str, said: str) -> None:
    wanted = [type(block) for block in blocks(said).blocks if not isinstance(block, Paragraph)]
    variant = pose(with_reasons(spec_of(kind), said), 1)
    told = []
    for probe in kind_of(kind).selftest(variant, rng_of(1)):
        if probe.fate in ("passes", "trapped"):
            document = blocks(graded(variant, probe.raw).feedback)  # raises for a mistake
            told += [type(block) for block in document.blocks]
    assert set(wanted) <= set(told)


def with_reasons(spec: Spec, said: str) -> Spec:
    """The block with this as every reason in it, those of the right options too."""

    def changed(written: object) -> object:
        match written:
            case {"text": text}:
                return {"text": text, "feedback": said}
            case dict():
                return {key: changed(value) for key, value in written.items()}
            case list() | tuple():
                return [changed(each) for each in written]
            case _:
                return written

    return msgspec.convert(changed(msgspec.to_builtins(spec)), Spec)


def test_a_reason_of_words_goes_on_in_the_same_line() -> None:
    said = remarks.followed("**Yes.**", "It is *so*.\n\nAnd so.")
    assert said == "**Yes.** It is *so*.\n\nAnd so."
    assert remarks.followed("**Yes.**", "") == "**Yes.**"
    assert remarks.listed(["1.", "2."], ["One.", "Two."]) == "1. One.\n2. Two."


def test_ticking_everything_scores_nothing() -> None:
    variant = posed("multi")
    verdict = graded(variant, {"choices": ("a", "b", "c", "d")})
    assert verdict.score == 0.0
    assert not verdict.passed


def test_no_set_of_ticks_beats_the_right_ones_and_only_they_pass() -> None:
    variant = posed("multi")
    assert isinstance(variant.key, SetKey)
    for size in range(1, 5):
        for ticks in itertools.combinations("abcd", size):
            verdict = graded(variant, {"choices": ticks})
            chosen = {variant.options["abcd".index(tick)].id for tick in ticks}
            right = chosen == set(variant.key.options)
            assert verdict.passed is right
            assert (verdict.score == 1.0) is right
            assert 0.0 <= verdict.score <= 1.0


def test_every_wrong_tick_gets_its_reason() -> None:
    variant = posed("multi")
    letters = (letter_of(variant, "Two"), letter_of(variant, "Three"), letter_of(variant, "Five"))
    verdict = graded(variant, {"choices": letters})
    assert "Three leaves one over." in verdict.feedback
    assert "Five leaves one over." in verdict.feedback


def test_a_missing_tick_is_counted_but_not_named() -> None:
    variant = posed("multi")
    verdict = graded(variant, {"choices": letter_of(variant, "Two")})
    assert (verdict.score, verdict.trap) == (0.5, "missing")
    assert "Four" not in verdict.feedback


@pytest.mark.parametrize(
    ("typed", "trap"),
    [
        ("1.946", ""),
        ("1,9", ""),
        ("1.996", ""),
        ("0.143", "trap:1"),
        ("1/7", "trap:1"),
        ("-1.946", "sign"),
        ("194.6", "hundredfold"),
        ("2.5", "too-high"),
        ("1.2", "too-low"),
    ],
)
def test_a_number_is_right_or_its_mistake_has_a_name(typed: str, trap: str) -> None:
    verdict = graded(posed("numeric"), {"number": typed})
    assert verdict.trap == trap
    assert verdict.passed is (trap == "")


@given(given_number=st.floats(min_value=-1e6, max_value=1e6, allow_nan=False))
def test_a_wrong_number_is_not_told_the_right_one(given_number: float) -> None:
    verdict = graded(posed("numeric"), {"number": f"{given_number:.6f}"})
    assert verdict.passed or "1.946" not in verdict.feedback


@given(
    value=st.floats(min_value=-1e3, max_value=1e3),
    width=st.floats(min_value=0, max_value=10),
    off=st.floats(min_value=-20, max_value=20),
)
def test_the_direction_is_true(value: float, width: float, off: float) -> None:
    key = NumberKey(value, Tolerance(absolute=width))
    verdict = numeric.judged(key, value + off, "en")
    if verdict.trap == "too-high":
        assert value + off > value
    if verdict.trap == "too-low":
        assert value + off < value
    if abs(off) < width * 0.999:
        assert verdict.passed


def test_a_wide_tolerance_around_a_small_key_does_not_take_everything_for_a_percentage() -> None:
    key = NumberKey(0.08, Tolerance(absolute=0.1))
    assert numeric.judged(key, 0.5, "en").trap == "too-high"
    assert numeric.judged(key, 8, "en").trap == "hundredfold"


def test_both_ends_of_a_tolerance_are_right_in_spite_of_binary_fractions() -> None:
    key = NumberKey(0.2, Tolerance(absolute=0.1))
    assert numeric.judged(key, 0.3, "en").passed
    assert numeric.judged(key, 0.1, "en").passed
    assert not numeric.judged(key, 0.301, "en").passed


def test_the_nearest_of_two_traps_gives_the_reason_and_the_first_wins_a_tie() -> None:
    traps = (Trap(1.0, 1.0, "one"), Trap(2.0, 1.0, "two"))
    key = NumberKey(9.0, Tolerance(absolute=0.5), traps)
    assert numeric.judged(key, 1.9, "en").feedback == "two"
    assert numeric.judged(key, 1.5, "en").feedback == "one"


def test_clear_traps_leaves_no_number_with_two_meanings() -> None:
    traps = (Trap(1.02, 0.01, "near"), Trap(2.0, 0.1, "kept"), Trap(2.15, 0.1, "overlaps"))
    kept = numeric.clear_traps(1.0, Tolerance(absolute=0.05), traps)
    assert [trap.reason for trap in kept] == ["kept"]


def test_three_numbers_pass_with_two_of_them() -> None:
    variant = posed("three")
    two = graded(variant, {"first": "0.7", "second": "0.3", "third": "0.5"})
    one = graded(variant, {"first": "0.7", "second": "0.9", "third": "0.5"})
    assert (round(two.score, 3), two.passed, two.trap) == (0.667, True, "third:too-high")
    assert (round(one.score, 3), one.passed) == (0.333, False)


def test_the_score_of_an_order_is_its_longest_right_run() -> None:
    variant = posed("order", 1)
    letters = {text: letter_of(variant, text) for text in ("Ant", "Mouse", "Dog", "Cow")}

    def score(*texts: str) -> float:
        return graded(variant, {"order": tuple(letters[text] for text in texts)}).score

    assert score("Ant", "Mouse", "Dog", "Cow") == 1.0
    assert score("Ant", "Mouse", "Cow", "Dog") == pytest.approx(2 / 3)
    assert score("Cow", "Ant", "Mouse", "Dog") == pytest.approx(2 / 3)
    assert score("Cow", "Dog", "Mouse", "Ant") == 0.0


def test_a_reversed_order_is_told_so() -> None:
    variant = posed("order")
    assert isinstance(variant.key, OrderKey)
    answer = Answer(tuple(reversed(variant.key.options)))
    verdict = order.grade(variant, answer)
    assert verdict.trap == "reversed"


@given(st.permutations(range(6)))
def test_the_longest_rising_run_is_the_one_found_by_trying_all(ranks: list[int]) -> None:
    tried = max(
        size
        for size in range(1, 7)
        for some in itertools.combinations(ranks, size)
        if list(some) == sorted(some)
    )
    assert order.longest_rising(ranks) == tried


def test_one_item_out_of_place_passes_from_five_items_on() -> None:
    def verdict(count: int) -> Verdict:
        spec = spec_of("order", items=tuple(f"item {number}" for number in range(count)))
        variant = pose(spec, 0)
        assert isinstance(variant.key, OrderKey)
        first, *rest = variant.key.options
        return order.grade(variant, Answer((*rest, first)))

    assert not verdict(4).passed
    assert verdict(5).passed
    assert verdict(5).score < 1.0


def test_one_slip_in_five_pairs_passes_and_two_do_not() -> None:
    pairs = tuple(PairSpec(f"item {at}", "Grass" if at % 2 else "Mice") for at in range(5))
    variant = pose(spec_of("match", pairs=pairs), 0)
    assert isinstance(variant.key, MatchKey)
    right = variant.key.options
    one = match.grade(variant, Answer(("stones", *right[1:])))
    two = match.grade(variant, Answer(("stones", "stones", *right[2:])))
    assert (one.score, one.passed) == (0.8, True)
    assert (two.score, two.passed) == (0.6, False)


@pytest.mark.parametrize("seed", range(5))
def test_long_lists_grade_their_own_selftest(seed: int) -> None:
    pairs = tuple(PairSpec(f"item {at}", "Grass" if at % 2 else "Mice") for at in range(6))
    long = spec_of("order", items=tuple(f"item {number}" for number in range(6)))
    for spec in (long, spec_of("match", pairs=pairs)):
        assert kinds.faults(pose(spec, seed), rng_of(seed)) == ()


def test_a_written_text_without_latin_letters_still_gets_an_id() -> None:
    options = (OptionSpec("Синий"), OptionSpec("Зелёный", "нет"), OptionSpec("Зелёный!", "нет"))
    variant = pose(spec_of("choice", options=options, answer="Синий", shuffle=False), 0)
    assert [option.id for option in variant.options] == ["o1", "o2", "o3"]


def test_another_kinds_key_is_refused() -> None:
    broken = msgspec.structs.replace(posed("choice"), key=SetKey(("blue",)))
    with pytest.raises(TypeError, match="ChosenKey"):
        kind_of("choice").grade(broken, Answer(("blue",)))


def test_a_sound_variant_has_no_fault_and_a_broken_one_is_named() -> None:
    variant = posed("numeric")
    assert isinstance(variant.key, NumberKey)
    swallowed = (Trap(variant.key.value, 0.01, "never reached"),)
    key = NumberKey(variant.key.value, variant.key.tolerance, swallowed)
    (fault,) = kinds.faults(msgspec.structs.replace(variant, key=key), rng_of(0))
    assert fault == "trap 1: expected trapped, got passes"


def test_a_pair_may_share_its_option_and_a_wrong_one_gets_its_reason() -> None:
    variant = posed("match")
    assert isinstance(variant.key, MatchKey)
    (field,) = kind_of("match").fields(variant)
    assert isinstance(field, MatchField)
    right = [
        letter_of(variant, {"Cow": "Grass", "Goat": "Grass", "Cat": "Mice"}[item])
        for item in field.items
    ]
    assert graded(variant, {"match": tuple(right)}).passed
    right[field.items.index("Cat")] = letter_of(variant, "Stones")
    wrong = graded(variant, {"match": tuple(right)})
    assert wrong.score == pytest.approx(2 / 3)
    assert "Nobody eats stones." in wrong.feedback
    assert wrong.trap == "mice>stones"


def test_a_later_step_waits_for_the_one_before() -> None:
    fields = kind_of("steps").fields(posed("steps"))
    assert [field.after for field in fields if isinstance(field, ChoiceField)] == ["", "step-1"]


def test_steps_score_by_share_and_pass_only_together() -> None:
    variant = posed("steps")
    (half,) = {
        graded(variant, {"step-1": "Weather", "step-2": "All units are dead"}).score,
        graded(variant, {"step-1": "Dead share", "step-2": "All is well"}).score,
    }
    assert half == 0.5
    verdict = graded(variant, {"step-1": "Dead share", "step-2": "All is well"})
    assert (verdict.passed, verdict.trap) == (False, "step-2:all-is-well")


# -- config: really trained -----------------------------------------------------------------------


def test_settings_are_trained_and_the_result_is_the_grade() -> None:
    variant = posed("config")
    good = config.parse(variant, {"rate": "0.01", "width": "16"})
    poor = config.parse(variant, {"rate": "0.0001", "width": "2"})
    assert isinstance(good, Answer)
    assert isinstance(poor, Answer)
    reached, short = run_job(config.grade(variant, good)), run_job(config.grade(variant, poor))
    assert reached > 0.9 > short
    assert config.grade_run(variant, good, reached).passed
    assert config.grade_run(variant, poor, short).trap == "short"
    assert config.grade_run(variant, poor, short).score < 1.0


def test_the_same_settings_train_to_the_same_result() -> None:
    needed = NeedsRun("spirals", 7, (("rate", "0.03"), ("width", "8"), ("optimiser", "momentum")))
    assert run_job(needed) == run_job(needed)


def test_a_run_that_blew_up_scores_nothing_and_is_told_why() -> None:
    verdict = config.grade_run(posed("config"), Answer(("10", "16")), math.nan)
    assert (verdict.score, verdict.passed, verdict.trap) == (0.0, False, "diverged")


def test_a_job_refuses_what_it_does_not_know() -> None:
    for settings in ((("width", "1000"),), (("rate", "nan"),), (("depth", "9"),)):
        with pytest.raises(ValueError, match=settings[0][0]):
            run_job(NeedsRun("spirals", 1, settings))


def test_a_config_variant_has_a_seed_of_its_own() -> None:
    seeds = set()
    for seed in range(5):
        key = posed("config", seed).key
        assert isinstance(key, ConfigKey)
        seeds.add(key.seed)
    assert len(seeds) == 5
