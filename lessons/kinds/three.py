"""three: three numbers about one thing, as start, middle and end of a curve.

Knows no platform and no chapter.
Invariant: each number is graded on its own, like a `numeric`; the score is their mean.
"""

from __future__ import annotations

import itertools

import numpy as np

from lessons.challenge import Answer, FormatError, NumbersKey, Variant, Verdict
from lessons.fields import Field, NumberField, Raw
from lessons.kinds import checks, numeric, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec
from lessons.numbers import read_number

FIELDS = ("first", "second", "third")
ENOUGH = 2  # of the three


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        return (*checks.generated(spec), *checks.unused(spec, ("numbers",)))
    found = list(checks.unused(spec, ("numbers", "tolerance")))
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    if len(spec.numbers) != 3:
        found.append(
            Mistake("numbers", f"{len(spec.numbers)} numbers", "write three [[numbers]] tables")
        )
    found += checks.texts([number.label for number in spec.numbers], "numbers")
    for number in spec.numbers:
        tolerance = spec.tolerance if number.tolerance is None else number.tolerance
        found += numeric.check_number(number.answer, tolerance, number.traps, "numbers")
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    first, second, third = (
        numeric.number_key(
            number.answer,
            spec.tolerance if number.tolerance is None else number.tolerance,
            number.traps,
        )
        for number in spec.numbers
    )
    one, two, three = (number.label for number in spec.numbers)
    return posing.variant(spec, NumbersKey((one, two, three), (first, second, third)))


def fields(variant: Variant) -> tuple[Field, ...]:
    labels = posing.key_of(variant, NumbersKey).labels
    return tuple(NumberField(field, label) for field, label in zip(FIELDS, labels, strict=True))


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """The three numbers, or the first of them that can't be read."""
    numbers: list[float] = []
    for field in FIELDS:
        typed = raw.get(field, "")
        number = read_number(field, typed if isinstance(typed, str) else " ".join(typed))
        if isinstance(number, FormatError):
            return number
        numbers.append(number)
    return Answer(tuple(numbers))


def grade(variant: Variant, answer: Answer) -> Verdict:
    """Score: the share of numbers within their tolerance. Passes with two of the three.

    The trap is that of the first wrong number, after its label.
    """
    key = posing.key_of(variant, NumbersKey)
    verdicts = [
        numeric.judged(number, float(given), variant.language)
        for number, given in zip(key.numbers, answer.values, strict=True)
    ]
    hits = sum(verdict.passed for verdict in verdicts)
    told = [
        remarks.labelled(label, verdict.feedback)
        for label, verdict in zip(key.labels, verdicts, strict=True)
    ]
    feedback = remarks.listed(["-"] * len(told), told)
    trap = next(
        (f"{field}:{one.trap}" for field, one in zip(FIELDS, verdicts, strict=True) if one.trap),
        "",
    )
    return Verdict(hits / 3, hits >= ENOUGH, feedback, trap)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    key = posing.key_of(variant, NumbersKey)
    right = [dict(numeric.right_texts(number)) for number in key.numbers]
    wrong = [dict(numeric.wrong_texts(number)) for number in key.numbers]
    good = dict(zip(FIELDS, (texts["the right answer"] for texts in right), strict=True))
    probes = [
        Probe(
            f"all three: {name}",
            dict(zip(FIELDS, (texts[name] for texts in right), strict=True)),
            "passes",
        )
        for name in right[0]
    ]
    for one, other in itertools.combinations(range(3), 2):
        for name in ("just outside, above", "just outside, below"):
            missed = {FIELDS[one]: wrong[one][name], FIELDS[other]: wrong[other][name]}
            probes.append(Probe(f"two of three {name}", {**good, **missed}, "trapped"))
    probes += [
        Probe(f"{text!r} for the {field} number", {**good, field: text}, "malformed")
        for field in FIELDS
        for text in numeric.MALFORMED
    ]
    return (*probes, Probe("nothing", {}, "malformed"))
