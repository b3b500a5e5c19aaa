"""curve: which of the pictures A-D is it; a choice whose options are the panels of its figure.

Knows no plotting: the figure is data, and its panels are titled A, B, C ... in the order shown.
Invariant: the option in place n belongs to panel n of `Variant.figure`.
"""

from __future__ import annotations

import numpy as np

from lessons.challenge import Answer, ChosenKey, FormatError, Variant, Verdict
from lessons.fields import ChoiceField, Field, Raw
from lessons.kinds import checks, choice, letters, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec


def check(spec: Spec) -> tuple[Mistake, ...]:
    return (*checks.needs_generator(spec), *checks.unused(spec, ()))


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    raise ValueError(f"{spec.id}: a curve is posed by its generator, not by hand")


def fields(variant: Variant) -> tuple[Field, ...]:
    return (
        ChoiceField(
            choice.FIELD, remarks.one_picture(variant.language), letters.show(variant.options)
        ),
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    return choice.parse(variant, raw)


def grade(variant: Variant, answer: Answer) -> Verdict:
    key = posing.key_of(variant, ChosenKey)
    return choice.judged(variant.options, key.option, str(answer.values[0]), variant.language)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    return choice.selftest(variant, rng)
