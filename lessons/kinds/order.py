"""order: put all of the items into their order; items in the right order to each other count.

Knows no platform and no chapter.
Invariant: the score depends only on the longest run of items that stand in the right order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from lessons.challenge import Answer, FormatError, OrderKey, Variant, Verdict
from lessons.fields import LETTERS, Field, OrderField, Raw
from lessons.kinds import checks, letters, posing, remarks
from lessons.kinds.checks import MAX_OPTIONS, MIN_ORDER, Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import OptionSpec, Spec

FIELD = "order"
REVERSED = "reversed"


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        return (*checks.generated(spec), *checks.unused(spec, ("items",)))
    found = list(checks.unused(spec, ("items",)))
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    found += checks.texts(spec.items, "items")
    if not MIN_ORDER <= len(spec.items) <= MAX_OPTIONS:
        found.append(
            Mistake(
                "items",
                f"an order of {len(spec.items)}",
                f"write {MIN_ORDER} to {MAX_OPTIONS} items, from first to last",
            )
        )
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    items = posing.options([OptionSpec(text) for text in spec.items])
    key = OrderKey(tuple(item.id for item in items))
    return posing.variant(spec, key, posing.shuffled_unlike(rng, items))


def fields(variant: Variant) -> tuple[Field, ...]:
    return (
        OrderField(FIELD, remarks.first_to_last(variant.language), letters.show(variant.options)),
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """All ids once each. Codes beside those of `letters`: `order_incomplete`, `order_repeats`."""
    places = letters.several(FIELD, [option.text for option in variant.options], raw)
    if isinstance(places, FormatError):
        return places
    given = " ".join(LETTERS[place] for place in places)
    if len(set(places)) < len(places):
        return FormatError(FIELD, "order_repeats", given)
    if len(places) < len(variant.options):
        return FormatError(FIELD, "order_incomplete", given)
    return Answer(tuple(variant.options[place].id for place in places))


def grade(variant: Variant, answer: Answer) -> Verdict:
    """Score: (longest common subsequence - 1) / (items - 1), so that a reversed order gets 0.

    Passes when all stand right, or all but one of five or more.
    """
    key = posing.key_of(variant, OrderKey)
    rank = {option: place for place, option in enumerate(key.options)}
    ranks = [rank[str(value)] for value in answer.values]
    kept = longest_rising(ranks)
    total = len(ranks)
    score = (kept - 1) / (total - 1)
    if kept == total:
        return Verdict(1.0, True, remarks.right(variant.language))
    text = {option.id: option.text for option in variant.options}
    after, before = _first_fall(ranks)
    trap = f"{key.options[before]}>{key.options[after]}"
    if ranks == sorted(ranks, reverse=True):
        return Verdict(score, False, remarks.reversed_order(variant.language), trap=REVERSED)
    feedback = remarks.in_order(
        kept, total, text[key.options[after]], text[key.options[before]], variant.language
    )
    passed = total - kept <= posing.allowed_slips(total)
    if passed:
        feedback = f"{remarks.one_slip(variant.language)} {feedback}"
    return Verdict(score, passed, feedback, trap=trap)


def longest_rising(ranks: Sequence[int]) -> int:
    """The length of the longest rising subsequence; of a permutation, its common part with 0..n."""
    ends = [1] * len(ranks)
    for late in range(len(ranks)):
        for early in range(late):
            if ranks[early] < ranks[late]:
                ends[late] = max(ends[late], ends[early] + 1)
    return max(ends, default=0)


def _first_fall(ranks: Sequence[int]) -> tuple[int, int]:
    """The first two neighbours that stand in the wrong order, as (given first, given second)."""
    return next((one, two) for one, two in itertools.pairwise(ranks) if one > two)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    key = posing.key_of(variant, OrderKey)
    letter = {
        option.id: shown.letter
        for option, shown in zip(variant.options, letters.show(variant.options), strict=True)
    }
    right = tuple(letter[option] for option in key.options)
    swapped = (right[1], right[0], *right[2:])
    near: Probe = Probe("two neighbours swapped", {FIELD: swapped}, "trapped")
    if posing.allowed_slips(len(right)):
        near = Probe(
            "two pairs swapped", {FIELD: (*swapped[:2], right[3], right[2], *right[4:])}, "trapped"
        )
    return (
        Probe("the right order", {FIELD: right}, "passes"),
        Probe("typed as one word", {FIELD: "".join(right)}, "passes"),
        Probe("typed with commas", {FIELD: ", ".join(right)}, "passes"),
        near,
        Probe("reversed", {FIELD: right[::-1]}, "trapped"),
        Probe("nothing", {FIELD: ()}, "malformed"),
        Probe("one missing", {FIELD: right[1:]}, "malformed"),
        Probe("one twice", {FIELD: (right[0], *right)}, "malformed"),
        Probe("a letter that was not shown", {FIELD: (*right[1:], "z")}, "malformed"),
    )
