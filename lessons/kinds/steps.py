"""steps: two or three linked choices, as in a diagnosis: pick the test, then read it.

Knows no platform and no chapter.
Invariant: a later step is offered only after the one before was answered and is locked.
"""

from __future__ import annotations

import numpy as np

from lessons.challenge import Answer, FormatError, LinkedStep, StepsKey, Variant, Verdict
from lessons.fields import LETTERS, ChoiceField, Field, Raw
from lessons.kinds import checks, choice, letters, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        return (*checks.generated(spec), *checks.unused(spec, ("steps",)))
    found = list(checks.unused(spec, ("steps", "shuffle")))
    found += checks.explanation(spec)
    if not 2 <= len(spec.steps) <= 3:
        found.append(Mistake("steps", f"{len(spec.steps)} steps", "write two or three [[steps]]"))
    for number, step in enumerate(spec.steps, start=1):
        if not step.prompt.strip():
            found.append(Mistake("steps", f"step {number} has no prompt", "write what is asked"))
        found += checks.options(step.options, right=(step.answer,), key="steps")
        found += checks.right_text(step.answer, step.options, "steps")
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    steps: list[LinkedStep] = []
    for step in spec.steps:
        options = posing.options(step.options)
        shown = posing.shuffled(rng, options) if spec.shuffle else options
        steps.append(LinkedStep(step.prompt, shown, posing.by_text(options, step.answer)))
    return posing.variant(spec, StepsKey(tuple(steps)))


def fields(variant: Variant) -> tuple[Field, ...]:
    steps = posing.key_of(variant, StepsKey).steps
    return tuple(
        ChoiceField(
            _field(number),
            step.prompt,
            letters.show(step.options),
            after=_field(number - 1) if number > 1 else "",
        )
        for number, step in enumerate(steps, start=1)
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """One id per step, or the first step that can't be read."""
    chosen: list[str] = []
    for number, step in enumerate(posing.key_of(variant, StepsKey).steps, start=1):
        place = letters.one(_field(number), [option.text for option in step.options], raw)
        if isinstance(place, FormatError):
            return place
        chosen.append(step.options[place].id)
    return Answer(tuple(chosen))


def grade(variant: Variant, answer: Answer) -> Verdict:
    """Score: the share of steps that are right. Passes when all are."""
    steps = posing.key_of(variant, StepsKey).steps
    verdicts = [
        choice.judged(step.options, step.right, str(given), variant.language)
        for step, given in zip(steps, answer.values, strict=True)
    ]
    hits = sum(verdict.passed for verdict in verdicts)
    signs = [f"{number}." for number in range(1, len(verdicts) + 1)]
    feedback = remarks.listed(signs, [verdict.feedback for verdict in verdicts])
    trap = next(
        (f"{_field(at)}:{one.trap}" for at, one in enumerate(verdicts, start=1) if one.trap), ""
    )
    return Verdict(hits / len(steps), hits == len(steps), feedback, trap)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    steps = posing.key_of(variant, StepsKey).steps
    places = [[option.id for option in step.options].index(step.right) for step in steps]
    right = {_field(at): LETTERS[place] for at, place in enumerate(places, start=1)}
    probes = [Probe("all steps right", right, "passes"), Probe("nothing", {}, "malformed")]
    for number, (step, place) in enumerate(zip(steps, places, strict=True), start=1):
        name = _field(number)
        wrong = LETTERS[(place + 1) % len(step.options)]
        probes.append(Probe(f"step {number} wrong", {**right, name: wrong}, "trapped"))
        probes.append(Probe(f"step {number} empty", {**right, name: ""}, "malformed"))
    return tuple(probes)


def _field(number: int) -> str:
    return f"step-{number}"
