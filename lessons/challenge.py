"""A challenge as posed to one member, the answer that came, and the verdict on it.

Knows neither how a kind asks and grades (`lessons.kinds`) nor who the member is.
Invariant: a Variant holds everything that is needed to grade it; nothing is computed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import msgspec

from lessons.figure import Figure


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to choose or to place. `feedback` is Markdown: why it is wrong, or right."""

    id: str
    text: str
    feedback: str = ""


class Tolerance(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far a number may be off: exactly one of the two is set, both are at least 0."""

    absolute: float | None = None
    relative: float | None = None


class Trap(msgspec.Struct, frozen=True, omit_defaults=True):
    """A known wrong number and, in Markdown, the thought that leads there."""

    value: float
    within: float
    reason: str


# -- keys: what is right, one class per way of grading ------------------------------------------


class Key(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """What the right answer is."""


class ChosenKey(Key, frozen=True):
    """choice and curve: the id of the one right option."""

    option: str


class SetKey(Key, frozen=True):
    """multi: the ids of all right options."""

    options: tuple[str, ...]


class NumberKey(Key, frozen=True):
    """numeric: the right number."""

    value: float
    tolerance: Tolerance
    traps: tuple[Trap, ...] = ()


class NumbersKey(Key, frozen=True):
    """three: three numbers, each with its label, tolerance and traps."""

    labels: tuple[str, str, str]
    numbers: tuple[NumberKey, NumberKey, NumberKey]


class OrderKey(Key, frozen=True):
    """order: the option ids from first to last."""

    options: tuple[str, ...]


class MatchKey(Key, frozen=True):
    """match: for each of `Variant.items`, in order, the id of the option that belongs to it."""

    options: tuple[str, ...]


class LinkedStep(msgspec.Struct, frozen=True):
    """One of the linked choices of `steps`."""

    prompt: str
    options: tuple[Option, ...]
    right: str


class StepsKey(Key, frozen=True):
    """steps: two or three linked choices, each shown after the one before was answered."""

    steps: tuple[LinkedStep, ...]


class Setting(msgspec.Struct, frozen=True):
    """config: one thing to set, and what it may be set to."""

    id: str
    label: str
    values: tuple[str, ...]


class ConfigKey(Key, frozen=True):
    """config: settings that are really trained by `job`; a score of at least `goal` passes."""

    settings: tuple[Setting, ...]
    job: str
    seed: int
    goal: float


AnyKey: TypeAlias = (
    ChosenKey | SetKey | NumberKey | NumbersKey | OrderKey | MatchKey | StepsKey | ConfigKey
)


class Variant(msgspec.Struct, frozen=True, omit_defaults=True):
    """A challenge as posed to one member (or to all, for the shared question).

    `prompt`, `hints` and `explanation` are Markdown. `figure` is shown with the prompt,
    `reveal` with the verdict that ends it. `generator`, `version` and `seed` say where it comes
    from; `params` are the member's own numbers, for people who look into the store. `language`
    is the author's, so that a verdict's own sentences match the texts around them.
    """

    kind: str
    prompt: str
    key: AnyKey
    explanation: str
    options: tuple[Option, ...] = ()
    items: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    figure: Figure | None = None
    reveal: Figure | None = None
    generator: str = ""
    version: int = 1
    seed: int = 0
    params: dict[str, float | int | str] = {}
    language: str = "en"


_variant_decoder = msgspec.json.Decoder(Variant)


def encode_variant(variant: Variant) -> str:
    """The variant as JSON text, the form in which it is stored."""
    return msgspec.json.encode(variant, order="deterministic").decode()


def decode_variant(text: str | bytes) -> Variant:
    """The inverse of `encode_variant`. Raises msgspec.ValidationError if the text is no variant."""
    return _variant_decoder.decode(text)


# -- answers -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """A well-formed answer: strings for ids, floats for numbers, in the order of the fields."""

    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class FormatError:
    """Not an answer at all, so no try is used up. `code` names a sentence of `lessons.wording`."""

    field: str
    code: str
    given: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score` is 0 to 1; `passed` says whether it counts as done. `feedback` is Markdown.

    `trap` is the stable name of the known mistake that was made (an option's id, or
    `trap:<n>`), or "" - what the moderator's desk counts.
    """

    score: float
    passed: bool
    feedback: str
    trap: str = ""


@dataclass(frozen=True, slots=True)
class NeedsRun:
    """The answer must be trained first: `job` names the function, `settings` are its arguments."""

    job: str
    seed: int
    settings: tuple[tuple[str, str], ...]
