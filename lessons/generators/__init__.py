"""The generators by name, and the one way from a written block and a seed to a variant.

Knows no member and no run; a generator is a function of a numpy Generator.
Invariant: the same block and the same seed give the same variant, key and pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import msgspec
import numpy as np

from lessons.challenge import Answer, ChosenKey, NeedsRun, NumberKey, Option, Tolerance, Variant
from lessons.experiments import jobs
from lessons.figure import Figure
from lessons.generators import w01, w01_looks
from lessons.generators.seeds import rng_of, seed_of
from lessons.kinds import kind_of, posing
from lessons.kinds.checks import Mistake
from lessons.kinds.numeric import clear_traps
from lessons.kinds.spec import Spec, ToleranceSpec

__all__ = [
    "FIGURES",
    "GENERATORS",
    "Generator",
    "check",
    "draw",
    "generator",
    "over_answer",
    "pose",
    "rng_of",
    "run_job",
    "seed_of",
]

Draw: TypeAlias = Callable[[np.random.Generator], Figure]


@dataclass(frozen=True, slots=True)
class Generator:
    """`version` rises whenever the same seed would give another variant.

    `over`, where there is one, draws a member's answer into the reveal figure.
    """

    kind: str
    make: Callable[[np.random.Generator], Variant]
    version: int = 1
    over: Callable[[Variant, Answer], Figure] | None = None


GENERATORS: Mapping[str, Generator] = MappingProxyType(
    {
        "w01.three_guesses": Generator("three", w01.three_guesses, over=w01.over_guesses),
        "w01.first_loss": Generator("numeric", w01.first_loss),
        "w01.order_appears": Generator("curve", w01_looks.order_appears),
        "w01.where_it_stops": Generator("order", w01_looks.where_it_stops),
        "w01.twice_the_steps": Generator("choice", w01.twice_the_steps),
    }
)

FIGURES: Mapping[str, Draw] = MappingProxyType({"w01.pulse": w01.pulse})
"""What a card may show: `generator` and `seed` in its ```figure block."""


def generator(name: str) -> Generator:
    """The generator of that name. Raises KeyError for a name that is not in GENERATORS."""
    return GENERATORS[name]


def check(spec: Spec) -> tuple[Mistake, ...]:
    """What is wrong between the block and the generator that it names, if it names one."""
    if not spec.generator:
        return ()
    made_by = GENERATORS.get(spec.generator)
    if made_by is None:
        known = ", ".join(GENERATORS)
        what = f'there is no generator "{spec.generator}"'
        return (Mistake("generator", what, f"name one of {known}"),)
    if made_by.kind != spec.kind:
        what = f"{spec.generator} makes a {made_by.kind}, not a {spec.kind}"
        return (Mistake("kind", what, f'write kind = "{made_by.kind}"'),)
    return _check_options(spec, made_by) if spec.options else ()


def _check_options(spec: Spec, made_by: Generator) -> tuple[Mistake, ...]:
    """The author's words must name the generator's options, and the right one of them."""
    made = made_by.make(rng_of(0))
    known = sorted(option.id for option in made.options)
    written = posing.options(spec.options)
    if sorted(option.id for option in written) != known:
        what = f"{spec.generator} knows the options {', '.join(known)}"
        return (Mistake("options", what, "give each option one of these as its `id`"),)
    if isinstance(made.key, ChosenKey):
        right = next(option.text for option in written if option.id == made.key.option)
        if right != spec.answer:
            what = f'the run proves "{right}", not "{spec.answer}"'
            return (Mistake("answer", what, "write the option that the run proves"),)
    return ()


def pose(spec: Spec, seed: int, language: str = "en") -> Variant:
    """The variant of that block for that seed: generated, or the hand-written one shuffled.

    The author's prompt, options, hints and tolerance win over the generator's; the explanation
    is the author's reason first, and then what was measured.
    Raises ValueError if the author's answer is not the one that the generator measured.
    """
    rng = rng_of(seed)
    if not spec.generator:
        posed = kind_of(spec.kind).pose(spec, rng)
        return msgspec.structs.replace(posed, seed=seed, language=language)
    made_by = generator(spec.generator)
    made = made_by.make(rng)
    return msgspec.structs.replace(
        made,
        prompt=spec.prompt or made.prompt,
        options=_options(spec, made, rng),
        key=_tolerant(spec, made.key) if isinstance(made.key, NumberKey) else made.key,
        hints=spec.hints or made.hints,
        explanation="\n\n".join(filter(None, (spec.explanation.strip(), made.explanation))),
        generator=spec.generator,
        version=made_by.version,
        seed=seed,
        language=language,
    )


def _options(spec: Spec, made: Variant, rng: np.random.Generator) -> tuple[Option, ...]:
    """The author's words for the generator's options, matched by id."""
    if not spec.options:
        return made.options
    written = posing.options(spec.options)
    if isinstance(made.key, ChosenKey):
        right = next((option.text for option in written if option.id == made.key.option), None)
        if right != spec.answer:
            raise ValueError(
                f"{spec.id}: the answer is written as {spec.answer!r}, but the run proved "
                f"{right!r} ({made.key.option})"
            )
    return posing.shuffled(rng, written) if spec.shuffle else written


def _tolerant(spec: Spec, key: NumberKey) -> NumberKey:
    """The key with the author's tolerance, and without the traps that this swallows."""
    if not isinstance(spec.tolerance, ToleranceSpec):
        return key
    tolerance = Tolerance(spec.tolerance.absolute, spec.tolerance.relative)
    return NumberKey(key.value, tolerance, clear_traps(key.value, tolerance, key.traps))


def draw(name: str, seed: int) -> Figure:
    """The figure of that name for that seed. Raises KeyError for a name not in FIGURES."""
    return FIGURES[name](rng_of(seed))


def over_answer(variant: Variant, answer: Answer) -> Figure | None:
    """What to show with the verdict that ends a challenge: the reveal, with the member's own
    answer drawn in where the generator can do that; None if there is nothing to show."""
    made_by = GENERATORS.get(variant.generator)
    if made_by is None or made_by.over is None or variant.reveal is None:
        return variant.reveal
    return made_by.over(variant, answer)


def run_job(needed: NeedsRun) -> float:
    """Train what an answer asked for: 0 to 1, or nan if it blew up. The same gives the same."""
    return jobs.run(needed.job, rng_of(needed.seed), dict(needed.settings))
