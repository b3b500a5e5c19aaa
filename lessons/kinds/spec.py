"""A question or challenge as its author wrote it: the TOML of a chapter's block, typed.

Knows no file and no line. Every field is optional but `id` and `kind`; what a kind needs of the
rest its own `check` says. Invariant: decoding refuses keys that are not listed here.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Written: TypeAlias = str | float | tuple[str, ...]


class Authored(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A table in a block; a key that is not a field is an error."""


class ToleranceSpec(Authored, frozen=True):
    """How far off is still right: one of the two."""

    absolute: float | None = None
    relative: float | None = None


class OptionSpec(Authored, frozen=True):
    """`id` names the option in statistics; without one it is made from the text."""

    text: str
    feedback: str = ""
    id: str = ""


class PairSpec(Authored, frozen=True):
    """match: an item and the text of the option that belongs to it."""

    item: str
    option: str


class TrapSpec(Authored, frozen=True):
    """A known wrong number; `within` is absolute."""

    value: float
    within: float
    reason: str


class NumberSpec(Authored, frozen=True):
    """three: one of the numbers. `tolerance` falls back to the block's own."""

    label: str
    answer: float
    tolerance: ToleranceSpec | float | None = None
    traps: tuple[TrapSpec, ...] = ()


class StepSpec(Authored, frozen=True):
    """steps: one of the linked choices; `answer` is the text of the right option."""

    prompt: str
    answer: str
    options: tuple[OptionSpec, ...]


class SettingSpec(Authored, frozen=True):
    """config: one thing to set."""

    id: str
    label: str
    values: tuple[str, ...]


class Spec(Authored, frozen=True):
    """One block. Which fields matter depends on `kind`:

    choice   prompt, options, answer (the right option's text)
    multi    prompt, options, answer (a list of the right options' texts)
    numeric  prompt, answer (a number), tolerance, traps
    order    prompt, items (from first to last)
    match    prompt, pairs, options
    three    prompt, numbers (three of them), tolerance
    curve    generator
    steps    prompt, steps (two or three)
    config   prompt, settings, job, goal

    `generator` makes a fresh variant for each member; then prompt, options, explanation and
    hints, where written, go before what the generator says.
    A bare `tolerance = 0.05` decodes so that `check` can say kindly why it is refused.
    `shuffle = false` keeps the options in the order written, for those that have a natural one.
    """

    id: str
    kind: str
    prompt: str = ""
    answer: Written | None = None
    options: tuple[OptionSpec, ...] = ()
    shuffle: bool = True
    tolerance: ToleranceSpec | float | None = None
    traps: tuple[TrapSpec, ...] = ()
    numbers: tuple[NumberSpec, ...] = ()
    items: tuple[str, ...] = ()
    pairs: tuple[PairSpec, ...] = ()
    steps: tuple[StepSpec, ...] = ()
    settings: tuple[SettingSpec, ...] = ()
    job: str = ""
    goal: float | None = None
    generator: str = ""
    hints: tuple[str, ...] = ()
    explanation: str = ""
