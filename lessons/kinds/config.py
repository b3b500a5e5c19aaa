"""config: choose settings, which are then really trained; the result is the grade.

Knows no training: it names a job, and is handed the number that the job brought.
Invariant: grading an answer never trains; only `grade_run` makes a verdict.
"""

from __future__ import annotations

import math

import numpy as np

from lessons.challenge import (
    Answer,
    ConfigKey,
    FormatError,
    NeedsRun,
    Setting,
    Variant,
    Verdict,
)
from lessons.experiments import jobs
from lessons.fields import LETTERS, ChoiceField, Field, Raw, shown
from lessons.kinds import checks, letters, posing, remarks
from lessons.kinds.checks import MAX_OPTIONS, Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec

_SEEDS = 2**31


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        return (*checks.generated(spec), *checks.unused(spec, ("settings", "job", "goal")))
    found = list(checks.unused(spec, ("settings", "job", "goal")))
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    job = jobs.JOBS.get(spec.job)
    if job is None:
        found.append(
            Mistake("job", f'there is no job "{spec.job}"', f"name one of {', '.join(jobs.JOBS)}")
        )
    if spec.goal is None or not (math.isfinite(spec.goal) and 0 < spec.goal <= 1):
        found.append(Mistake("goal", "the goal is not a share", "write a number up to 1"))
    if not spec.settings:
        found.append(Mistake("settings", "there is nothing to set", "write [[settings]] tables"))
    for setting in spec.settings:
        found += checks.texts(setting.values, "settings")
        if not 2 <= len(setting.values) <= MAX_OPTIONS:
            what = f'"{setting.id}" has {len(setting.values)} values'
            found.append(Mistake("settings", what, f"give it 2 to {MAX_OPTIONS} values"))
        for value in setting.values:
            if job is not None and (fault := job.fault(setting.id, value)):
                found.append(Mistake("settings", fault, "see what the job takes"))
    names = [setting.id for setting in spec.settings]
    if len(set(names)) < len(names):
        found.append(Mistake("settings", "two settings have one id", "rename one"))
    return tuple(found)


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    if spec.goal is None:
        raise TypeError(f"{spec.id}: there is no goal")
    settings = tuple(Setting(one.id, one.label, one.values) for one in spec.settings)
    seed = int(rng.integers(_SEEDS))
    return posing.variant(spec, ConfigKey(settings, spec.job, seed, spec.goal))


def fields(variant: Variant) -> tuple[Field, ...]:
    return tuple(
        ChoiceField(setting.id, setting.label, shown(setting.values))
        for setting in posing.key_of(variant, ConfigKey).settings
    )


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    """One value per setting, or the first setting that can't be read."""
    values: list[str] = []
    for setting in posing.key_of(variant, ConfigKey).settings:
        place = letters.one(setting.id, setting.values, raw)
        if isinstance(place, FormatError):
            return place
        values.append(setting.values[place])
    return Answer(tuple(values))


def grade(variant: Variant, answer: Answer) -> NeedsRun:
    """What must be trained; the seed is the variant's, so the same settings give the same."""
    key = posing.key_of(variant, ConfigKey)
    names = (setting.id for setting in key.settings)
    values = (str(value) for value in answer.values)
    return NeedsRun(key.job, key.seed, tuple(zip(names, values, strict=True)))


def grade_run(variant: Variant, answer: Answer, result: float) -> Verdict:
    """The verdict on what the job brought, 0 to 1; a result that is no number counts as 0.

    Score: the result's share of the goal, at most 1. Passes when the goal is reached.
    """
    key = posing.key_of(variant, ConfigKey)
    if not math.isfinite(result):
        return Verdict(0.0, False, remarks.blew_up(variant.language), trap="diverged")
    score = min(1.0, max(0.0, result / key.goal))
    if result >= key.goal:
        return Verdict(1.0, True, remarks.reached(result, key.goal, variant.language))
    return Verdict(
        min(score, 0.99),  # rounding in what is shown must not make a miss look like a hit
        False,
        remarks.fell_short(result, key.goal, variant.language),
        trap="short",
    )


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    settings = posing.key_of(variant, ConfigKey).settings
    first = {setting.id: "a" for setting in settings}
    last = {setting.id: LETTERS[len(setting.values) - 1] for setting in settings}
    return (
        Probe("the first value of each", first, "runs"),
        Probe("the last value of each", last, "runs"),
        Probe("nothing", {}, "malformed"),
        *(
            Probe(f"{setting.id} missing", {**first, setting.id: ""}, "malformed")
            for setting in settings
        ),
        *(
            Probe(f"{setting.id} not shown", {**first, setting.id: "z"}, "malformed")
            for setting in settings
        ),
    )
