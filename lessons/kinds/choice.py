"""choice: one of several options is right, and each wrong one has its reason.

Knows no platform and no chapter.
Invariant: the score is 1 for the right option and 0 for any other.
"""

from __future__ import annotations

import numpy as np

from lessons.challenge import Answer, ChosenKey, FormatError, Option, Variant, Verdict
from lessons.fields import ChoiceField, Field, Raw
from lessons.kinds import checks, letters, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec

FIELD = "choice"


def check(spec: Spec) -> tuple[Mistake, ...]:
    """What is wrong in a hand-written choice, or in the words around a generated one."""
    found = list(checks.unused(spec, ("answer", "options", "shuffle")))
    if spec.options or not spec.generator:
        found += checks.prompt(spec)
        found += checks.options(spec.options, right=(str(spec.answer),))
        found += checks.right_text(spec.answer, spec.options, "answer")
    elif spec.answer is not None:
        found.append(Mistake("answer", "there is an answer, but no options", "write the options"))
    if not spec.generator:
        found += checks.explanation(spec)
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    options = posing.options(spec.options)
    key = ChosenKey(posing.by_text(options, str(spec.answer)))
    return posing.variant(spec, key, posing.shuffled(rng, options) if spec.shuffle else options)


def fields(variant: Variant) -> tuple[Field, ...]:
    return (
        ChoiceField(FIELD, remarks.one_choice(variant.language), letters.show(variant.options)),
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    place = letters.one(FIELD, [option.text for option in variant.options], raw)
    if isinstance(place, FormatError):
        return place
    return Answer((variant.options[place].id,))


def grade(variant: Variant, answer: Answer) -> Verdict:
    key = posing.key_of(variant, ChosenKey)
    return judged(variant.options, key.option, str(answer.values[0]), variant.language)


def judged(options: tuple[Option, ...], right: str, chosen: str, language: str) -> Verdict:
    """The verdict on one chosen id; its trap is that id."""
    feedback = next(option.feedback for option in options if option.id == chosen)
    if chosen == right:
        return Verdict(1.0, True, remarks.followed(remarks.right(language), feedback))
    return Verdict(0.0, False, feedback or remarks.not_this_one(language), trap=chosen)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    key = posing.key_of(variant, ChosenKey)
    probes = [
        Probe(
            f"option {shown.letter}",
            {FIELD: shown.letter},
            "passes" if option.id == key.option else "trapped",
        )
        for option, shown in zip(variant.options, letters.show(variant.options), strict=True)
    ]
    return (*probes, *malformed(FIELD, probes[0].raw[FIELD], probes[1].raw[FIELD]))


def malformed(field: str, *two: str | tuple[str, ...]) -> tuple[Probe, ...]:
    """What no form of one choice may take: nothing, a letter not shown, two letters."""
    both = tuple(letter for letter in two if isinstance(letter, str))
    return (
        Probe("nothing", {}, "malformed"),
        Probe("an empty choice", {field: ""}, "malformed"),
        Probe("a letter that was not shown", {field: "z"}, "malformed"),
        Probe("two letters", {field: both}, "malformed"),
    )
