"""The kinds of challenge: each asks, reads and grades in its own way, behind one protocol.

Knows no platform, member or chapter. To add a kind: one file here and one word in `KINDS`.
Invariant: what `pose` made, `fields`, `parse` and `grade` of the same kind understand.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np

from lessons.challenge import Answer, FormatError, NeedsRun, Variant, Verdict
from lessons.fields import Field, Raw
from lessons.kinds import choice, config, curve, match, multi, numeric, order, steps, three
from lessons.kinds.checks import Mistake
from lessons.kinds.probes import Probe
from lessons.kinds.spec import Spec

__all__ = ["CODES", "KINDS", "Kind", "Mistake", "Probe", "check", "faults", "kind_of"]


class Kind(Protocol):
    """One way of asking; the modules of this package are its implementations."""

    def check(self, spec: Spec) -> tuple[Mistake, ...]:
        """What is wrong in the block, hand-written or around a generator; never raises."""

    def pose(self, spec: Spec, rng: np.random.Generator) -> Variant:
        """A variant of a hand-written spec that `check` found nothing wrong with."""

    def fields(self, variant: Variant) -> tuple[Field, ...]:
        """What a form asks for, without a trace of the key."""

    def parse(self, variant: Variant, raw: Raw) -> Answer | FormatError:
        """The answer in the variant's own ids and numbers; a FormatError costs no try."""

    def grade(self, variant: Variant, answer: Answer) -> Verdict | NeedsRun:
        """The verdict, or what must be trained for it; the same arguments give the same."""

    def selftest(self, variant: Variant, rng: np.random.Generator) -> tuple[Probe, ...]:
        """Right, nearly right, known-wrong and malformed answers to this very variant."""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "choice": choice,
        "multi": multi,
        "numeric": numeric,
        "order": order,
        "match": match,
        "three": three,
        "curve": curve,
        "steps": steps,
        "config": config,
    }
)

CODES = (
    "number_missing",
    "not_a_number",
    "number_ambiguous",
    "number_percent",
    "number_formula",
    "number_by_zero",
    "number_out_of_range",
    "choice_missing",
    "choice_unknown",
    "choice_too_many",
    "order_repeats",
    "order_incomplete",
    "match_incomplete",
    "match_too_many",
)
"""Every code that a FormatError of these kinds can carry; the wording has a sentence for each."""


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises KeyError for a name that is not in KINDS."""
    return KINDS[name]


def check(spec: Spec) -> tuple[Mistake, ...]:
    """What is wrong in the block, as far as its kind can say."""
    kind = KINDS.get(spec.kind)
    if kind is None:
        return (Mistake("kind", f'there is no kind "{spec.kind}"', f"use {', '.join(KINDS)}"),)
    hints = tuple(
        Mistake("hints", f"hint {number} is empty", "write it, or take it out")
        for number, hint in enumerate(spec.hints, start=1)
        if not hint.strip()
    )
    return (*kind.check(spec), *hints)


def faults(variant: Variant, rng: np.random.Generator) -> tuple[str, ...]:
    """Where a variant grades its own self-test otherwise than it must; empty if it is sound."""
    kind = kind_of(variant.kind)
    return tuple(
        f"{probe.name}: expected {probe.fate}, got {fate}"
        for probe in kind.selftest(variant, rng)
        if not _met(probe, fate := _fate(kind, variant, probe.raw))
    )


def _fate(kind: Kind, variant: Variant, raw: Raw) -> str:
    answer = kind.parse(variant, raw)
    if isinstance(answer, FormatError):
        return "malformed"
    verdict = kind.grade(variant, answer)
    if isinstance(verdict, NeedsRun):
        return "runs"
    if not verdict.feedback:
        return "no feedback"
    if verdict.passed:
        return "passes" if verdict.score == 1.0 else f"passes with {verdict.score:.2f}"
    return "trapped" if verdict.trap else "fails"


def _met(probe: Probe, fate: str) -> bool:
    return fate == probe.fate or (probe.fate == "fails" and fate == "trapped")
