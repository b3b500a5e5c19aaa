"""match: to each item the option that belongs to it; an option may serve twice.

Knows no platform and no chapter.
Invariant: `MatchKey.options` has one id per item, in the order of `Variant.items`.
"""

from __future__ import annotations

import numpy as np

from lessons.challenge import Answer, FormatError, MatchKey, Variant, Verdict
from lessons.fields import LETTERS, Field, MatchField, Raw
from lessons.kinds import checks, letters, posing, remarks
from lessons.kinds.checks import MAX_OPTIONS, Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec

FIELD = "match"


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        return (*checks.generated(spec), *checks.unused(spec, ("options", "pairs")))
    found = list(checks.unused(spec, ("pairs", "options", "shuffle")))
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    # Any option can be put to a wrong item, so each needs the reason that is then given.
    found += checks.options(spec.options, right=())
    found += checks.texts([pair.item for pair in spec.pairs], "pairs")
    for pair in spec.pairs:
        found += checks.right_text(pair.option, spec.options, "pairs")
    if not 2 <= len(spec.pairs) <= MAX_OPTIONS:
        found.append(
            Mistake("pairs", f"{len(spec.pairs)} pairs", f"write 2 to {MAX_OPTIONS} [[pairs]]")
        )
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    options = posing.options(spec.options)
    pairs = posing.shuffled(rng, spec.pairs)
    key = MatchKey(tuple(posing.by_text(options, pair.option) for pair in pairs))
    shown = posing.shuffled(rng, options) if spec.shuffle else options
    return posing.variant(spec, key, shown, items=tuple(pair.item for pair in pairs))


def fields(variant: Variant) -> tuple[Field, ...]:
    return (
        MatchField(
            FIELD,
            remarks.what_with_what(variant.language),
            variant.items,
            letters.show(variant.options),
        ),
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """One id per item. Codes beside those of `letters`: `match_incomplete`, `match_too_many`."""
    places = letters.several(FIELD, [option.text for option in variant.options], raw)
    if isinstance(places, FormatError):
        return places
    given = " ".join(LETTERS[place] for place in places)
    if len(places) < len(variant.items):
        return FormatError(FIELD, "match_incomplete", given)
    if len(places) > len(variant.items):
        return FormatError(FIELD, "match_too_many", given)
    return Answer(tuple(variant.options[place].id for place in places))


def grade(variant: Variant, answer: Answer) -> Verdict:
    """Score: the share of items with their own option.

    Passes when all are right, or all but one of five or more.
    """
    key = posing.key_of(variant, MatchKey)
    chosen = [str(value) for value in answer.values]
    wrong = [
        place
        for place, (given, right) in enumerate(zip(chosen, key.options, strict=True))
        if given != right
    ]
    total = len(key.options)
    if not wrong:
        return Verdict(1.0, True, remarks.right(variant.language))
    first = wrong[0]
    reason = next(option.feedback for option in variant.options if option.id == chosen[first])
    counted = remarks.pairs_right(total - len(wrong), total, variant.items[first], variant.language)
    passed = len(wrong) <= posing.allowed_slips(total)
    if passed:
        counted = f"{remarks.one_slip(variant.language)} {counted}"
    # Items are shuffled, so the trap names the right option and not the place.
    return Verdict(
        (total - len(wrong)) / total,
        passed,
        remarks.followed(counted, reason),
        trap=f"{key.options[first]}>{chosen[first]}",
    )


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    key = posing.key_of(variant, MatchKey)
    ids = [option.id for option in variant.options]
    right = tuple(LETTERS[ids.index(option)] for option in key.options)
    other = tuple(LETTERS[(ids.index(option) + 1) % len(ids)] for option in key.options)
    slips = posing.allowed_slips(len(right)) + 1
    return (
        Probe("all pairs right", {FIELD: right}, "passes"),
        Probe("typed with blanks", {FIELD: " ".join(right)}, "passes"),
        Probe("one pair too many wrong", {FIELD: other[:slips] + right[slips:]}, "trapped"),
        Probe("all pairs wrong", {FIELD: other}, "trapped"),
        Probe("nothing", {FIELD: ()}, "malformed"),
        Probe("one missing", {FIELD: right[1:]}, "malformed"),
        Probe("one too many", {FIELD: (*right, right[0])}, "malformed"),
        Probe("a letter that was not shown", {FIELD: (*right[1:], "z")}, "malformed"),
    )
