"""numeric: one number within a tolerance; known wrong numbers get their reason.

Knows no platform and no chapter.
Invariant: a wrong number is told its direction and whether it is close, never the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from lessons.challenge import (
    Answer,
    FormatError,
    NumberKey,
    Tolerance,
    Trap,
    Variant,
    Verdict,
)
from lessons.fields import Field, NumberField, Raw
from lessons.kinds import checks, posing, remarks
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec, ToleranceSpec, TrapSpec
from lessons.numbers import read_number

FIELD = "number"
CLOSE = 1.5  # within so many tolerances a wrong number is called close
# Decimal numbers are not exact in binary: 0.1 + 0.2 must be within 0.1 of 0.2.
_SLACK = 1e-9


def check(spec: Spec) -> tuple[Mistake, ...]:
    if spec.generator:
        found = [*checks.generated(spec), *checks.unused(spec, ("tolerance",))]
        if spec.tolerance is not None:
            found += checks.tolerance(spec.tolerance)
        return tuple(dict.fromkeys(found))
    found = list(checks.unused(spec, ("answer", "tolerance", "traps")))
    found += checks.prompt(spec)
    found += checks.explanation(spec)
    found += check_number(spec.answer, spec.tolerance, spec.traps)
    return tuple(found)


def check_number(
    answer: object,
    tolerance: ToleranceSpec | float | None,
    traps: tuple[TrapSpec, ...],
    key: str = "answer",
) -> tuple[Mistake, ...]:
    """The answer, its tolerance and its traps, for this kind and for `three`."""
    faults = (*checks.number(answer, key), *checks.tolerance(tolerance))
    if faults or not isinstance(answer, float):
        return faults
    wanted = number_key(answer, tolerance, ())
    return tuple(checks.traps(traps, answer, reach(wanted)))


def pose(spec: Spec, rng: np.random.Generator) -> Variant:
    if not isinstance(spec.answer, float):
        raise TypeError(f"{spec.id}: the answer {spec.answer!r} is not a number")
    return posing.variant(spec, number_key(spec.answer, spec.tolerance, spec.traps))


def number_key(
    answer: float, tolerance: ToleranceSpec | float | None, traps: tuple[TrapSpec, ...]
) -> NumberKey:
    """A key of the written parts. Raises TypeError for a tolerance that `check` refuses."""
    if not isinstance(tolerance, ToleranceSpec):
        raise TypeError(f"a tolerance is absolute or relative, not {tolerance!r}")
    return NumberKey(
        answer,
        Tolerance(tolerance.absolute, tolerance.relative),
        tuple(Trap(trap.value, trap.within, trap.reason) for trap in traps),
    )


def fields(variant: Variant) -> tuple[Field, ...]:
    return (NumberField(FIELD, remarks.one_number(variant.language)),)


def parse(variant: Variant, raw: Raw) -> Answer | FormatError:
    number = read_number(FIELD, _typed(raw, FIELD))
    return number if isinstance(number, FormatError) else Answer((number,))


def grade(variant: Variant, answer: Answer) -> Verdict:
    return judged(posing.key_of(variant, NumberKey), float(answer.values[0]), variant.language)


def judged(key: NumberKey, given: float, language: str) -> Verdict:
    """Right within the tolerance, both ends included; else the nearest trap that covers it,
    else the sign, else a factor of 100, else the direction. A tie between two traps goes to the
    one written first."""
    if is_right(key, given):
        return Verdict(1.0, True, remarks.right_number(key.value, given, language))
    covering = [
        (abs(given - trap.value), place)
        for place, trap in enumerate(key.traps)
        if abs(given - trap.value) <= trap.within + _SLACK
    ]
    if covering:
        place = min(covering)[1]
        return Verdict(0.0, False, key.traps[place].reason, trap=f"trap:{place + 1}")
    if key.value != 0 and is_right(key, -given):
        return Verdict(0.0, False, remarks.wrong_sign(language), trap="sign")
    if _is_hundredfold(key, given):
        return Verdict(0.0, False, remarks.hundredfold(language), trap="hundredfold")
    close = abs(given - key.value) <= CLOSE * reach(key)
    if given > key.value:
        return Verdict(0.0, False, remarks.too_high(close, language), trap="too-high")
    return Verdict(0.0, False, remarks.too_low(close, language), trap="too-low")


def is_right(key: NumberKey, given: float) -> bool:
    return abs(given - key.value) <= reach(key) + _SLACK * max(1.0, abs(key.value))


def _is_hundredfold(key: NumberKey, given: float) -> bool:
    # A wide tolerance around a small key would cover a hundredth of nearly anything.
    near = min(reach(key), 0.05 * abs(key.value)) + _SLACK
    return any(abs(moved - key.value) <= near for moved in (given / 100, given * 100))


def reach(key: NumberKey) -> float:
    """How far from the key is still right, in the key's unit."""
    match key.tolerance:
        case Tolerance(absolute=float(absolute)):
            return absolute
        case Tolerance(relative=float(relative)):
            return relative * abs(key.value)
        case _:
            raise ValueError("a tolerance is absolute or relative")


def clear_traps(value: float, tolerance: Tolerance, traps: Iterable[Trap]) -> tuple[Trap, ...]:
    """The traps that overlap neither the right answer nor a trap before them.

    For generators, where a member's numbers can bring two wrong ways to the same place."""
    kept: list[Trap] = []
    width = reach(NumberKey(value, tolerance))
    for trap in traps:
        clear = abs(trap.value - value) > trap.within + width + _SLACK
        apart = all(abs(trap.value - one.value) > trap.within + one.within for one in kept)
        if clear and apart:
            kept.append(trap)
    return tuple(kept)


def selftest(variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
    key = posing.key_of(variant, NumberKey)
    return (
        *(Probe(name, {FIELD: text}, "passes") for name, text in right_texts(key)),
        *(Probe(name, {FIELD: text}, "trapped") for name, text in wrong_texts(key)),
        *(Probe(f"{text!r}", {FIELD: text}, "malformed") for text in MALFORMED),
        Probe("no field at all", {}, "malformed"),
    )


MALFORMED = ("", "abc", "nan", "1e999", "१२", "1_000", "1,234.5")


def right_texts(key: NumberKey) -> Iterator[tuple[str, str]]:
    """The right answer in several ways of writing, and just inside both ends of the tolerance."""
    plain = f"{key.value:.9f}"
    yield "the right answer", plain
    yield "a comma for the point", plain.replace(".", ",")
    yield "a Unicode minus", plain.replace("-", "\u2212")
    yield "blanks around it", f" {plain} "
    yield "just inside, above", f"{key.value + 0.99 * reach(key):.9f}"
    yield "just inside, below", f"{key.value - 0.99 * reach(key):.9f}"


def wrong_texts(key: NumberKey) -> Iterator[tuple[str, str]]:
    """Just outside both ends, and the middle of every trap."""
    step = max(1.01 * reach(key), reach(key) + 1e-6)
    yield "just outside, above", f"{key.value + step:.9f}"
    yield "just outside, below", f"{key.value - step:.9f}"
    for place, trap in enumerate(key.traps, start=1):
        yield f"trap {place}", f"{trap.value:.9f}"


def _typed(raw: Raw, field: str) -> str:
    value = raw.get(field, "")
    return value if isinstance(value, str) else " ".join(value)
