"""multi: tick all that are right; wrong ticks cost as much as right ones bring.

Knows no platform and no chapter.
Invariant: ticking everything scores 0, and so does ticking only what is wrong.
"""

from __future__ import annotations

import numpy as np

from lessons.challenge import Answer, FormatError, SetKey, Variant, Verdict
from lessons.fields import ChoicesField, Field, Raw
from lessons.kinds import checks, letters, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec

FIELD = "choices"
MISSING = "missing"


def check(spec: Spec) -> tuple[Mistake, ...]:
    found = list(checks.unused(spec, ("answer", "options", "shuffle")))
    if spec.generator and not spec.options:
        return tuple(found)
    right = spec.answer if isinstance(spec.answer, tuple) else ()
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    found += checks.options(spec.options, right)
    if not right:
        found.append(Mistake("answer", "there is no list of right options", 'write ["...", "..."]'))
    for text in right:
        found += checks.right_text(text, spec.options, "answer")
    if right and all(option.text in right for option in spec.options):
        found.append(Mistake("answer", "every option is right", "add one that is wrong"))
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    options = posing.options(spec.options)
    right = spec.answer if isinstance(spec.answer, tuple) else ()
    key = SetKey(tuple(posing.by_text(options, text) for text in right))
    return posing.variant(spec, key, posing.shuffled(rng, options) if spec.shuffle else options)


def fields(variant: Variant) -> tuple[Field, ...]:
    return (
        ChoicesField(
            FIELD, remarks.all_right_ones(variant.language), letters.show(variant.options)
        ),
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """Ids in the order shown; a letter given twice counts once."""
    places = letters.several(FIELD, [option.text for option in variant.options], raw)
    if isinstance(places, FormatError):
        return places
    return Answer(tuple(variant.options[place].id for place in sorted(set(places))))


def grade(variant: Variant, answer: Answer) -> Verdict:
    """Score: the share of right options ticked less the share of wrong ones, at least 0.

    Passes only when exactly the right ones are ticked.
    """
    right = set(posing.key_of(variant, SetKey).options)
    ticked = {str(value) for value in answer.values}
    wrong = [option for option in variant.options if option.id in ticked - right]
    missing = len(right - ticked)
    if not wrong and not missing:
        return Verdict(1.0, True, remarks.right(variant.language))
    score = len(right & ticked) / len(right) - len(wrong) / (len(variant.options) - len(right))
    if not wrong:
        return Verdict(score, False, remarks.still_missing(missing, variant.language), trap=MISSING)
    told = [remarks.labelled(option.text, option.feedback) for option in wrong]
    reasons = remarks.listed(["-"] * len(told), told)
    return Verdict(max(0.0, score), False, reasons, trap=wrong[0].id)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    right = set(posing.key_of(variant, SetKey).options)
    pairs = list(zip(variant.options, letters.show(variant.options), strict=True))
    good = tuple(shown.letter for option, shown in pairs if option.id in right)
    bad = tuple(shown.letter for option, shown in pairs if option.id not in right)
    probes = [
        Probe("exactly the right ones", {FIELD: good}, "passes"),
        Probe("everything", {FIELD: good + bad}, "trapped"),
        Probe("one wrong tick too many", {FIELD: (*good, bad[0])}, "trapped"),
        Probe("only what is wrong", {FIELD: bad}, "trapped"),
        Probe("nothing", {FIELD: ()}, "malformed"),
        Probe("a letter that was not shown", {FIELD: ("z",)}, "malformed"),
    ]
    if len(good) > 1:
        probes.append(Probe("one of the right ones missing", {FIELD: good[1:]}, "trapped"))
    return tuple(probes)
