"""Rules for hand-written blocks that several kinds share, and how a broken rule is named.

Knows no file and no line: a Mistake names the key, and the builder finds its line.
Invariant: a rule returns what is wrong, it never raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lessons.kinds.spec import OptionSpec, Spec, ToleranceSpec, TrapSpec

MAX_OPTION_CHARACTERS = 75  # Slack's limit for the text of a button or a select option
MAX_OPTIONS = 10
MIN_ORDER = 3
# What a generator makes, so that a block which names one may not write it too.
_GENERATED = ("traps", "numbers", "items", "pairs", "steps", "settings", "job", "goal")


class Mistake(NamedTuple):
    """The key of the block, what is wrong there, and what to do about it."""

    key: str
    what: str
    todo: str


def prompt(spec: Spec) -> Iterable[Mistake]:
    if not spec.prompt.strip():
        yield Mistake("prompt", "there is no prompt", "write what is asked")


def explanation(spec: Spec) -> Iterable[Mistake]:
    if not spec.explanation.strip():
        yield Mistake(
            "explanation", "there is no explanation", "say in a sentence or two why it is so"
        )


def unused(spec: Spec, used: Sequence[str]) -> Iterable[Mistake]:
    """Keys that are written but that this kind never reads, so the author would wonder."""
    always = ("id", "kind", "prompt", "explanation", "hints", "generator")
    for key in spec.__struct_fields__:
        written = getattr(spec, key) != getattr(Spec("", ""), key)
        if written and key not in (*always, *used):
            yield Mistake(key, f"{spec.kind} has no use for `{key}`", "take it out")


def generated(spec: Spec) -> Iterable[Mistake]:
    """What a block with a generator may not write by hand."""
    for key in _GENERATED:
        if getattr(spec, key) != getattr(Spec("", ""), key):
            yield Mistake(
                key,
                f"`{key}` is made by the generator {spec.generator}",
                "take it out, or take the generator out",
            )


def needs_generator(spec: Spec) -> Iterable[Mistake]:
    if not spec.generator:
        yield Mistake(
            "generator",
            f"{spec.kind} shows pictures that only a generator makes",
            "name a generator",
        )


def options(
    given: Sequence[OptionSpec], right: Sequence[str], key: str = "options"
) -> Iterable[Mistake]:
    """Two to ten different options; every wrong one with the reason why it is wrong."""
    if not 2 <= len(given) <= MAX_OPTIONS:
        yield Mistake(key, f"{len(given)} options", f"write 2 to {MAX_OPTIONS}")
    yield from texts([option.text for option in given], key)
    seen: set[str] = set()
    for option in given:
        if option.id and option.id in seen:
            yield Mistake(key, f'two options have the id "{option.id}"', "rename one")
        seen.add(option.id)
        if option.text not in right and not option.feedback.strip():
            yield Mistake(
                key,
                f'the wrong option "{option.text}" has no feedback',
                "say why it is wrong, in `feedback`",
            )


def texts(given: Sequence[str], key: str) -> Iterable[Mistake]:
    """Short, not empty, and no two that a reader would take for the same."""
    seen: set[str] = set()
    for text in given:
        plain = " ".join(text.split()).casefold()
        if not plain:
            yield Mistake(key, "an option is empty", "write its text")
        elif plain in seen:
            yield Mistake(key, f'"{text}" is there twice', "change one")
        if len(text) > MAX_OPTION_CHARACTERS:
            yield Mistake(
                key,
                f'"{text[:30]}..." has {len(text)} characters',
                f"shorten it to at most {MAX_OPTION_CHARACTERS}",
            )
        seen.add(plain)


def right_text(answer: object, given: Sequence[OptionSpec], key: str) -> Iterable[Mistake]:
    """The answer is the text of one of the options."""
    if answer is None:
        yield Mistake(key, "there is no answer", "write the text of the right option")
    elif not isinstance(answer, str):
        yield Mistake(key, "the answer is not a text", "write the text of the right option")
    elif answer not in [option.text for option in given]:
        yield Mistake(
            key,
            f'the answer "{answer}" is not one of the options',
            "copy the right option's text, letter by letter",
        )


def number(value: object, key: str) -> Iterable[Mistake]:
    if value is None:
        yield Mistake(key, "there is no answer", "write the right number")
    elif not isinstance(value, float) or not math.isfinite(value):
        yield Mistake(key, "the answer is not a number", "write a number without quotes")


def tolerance(given: ToleranceSpec | float | None, key: str = "tolerance") -> Iterable[Mistake]:
    """Exactly one of absolute and relative, a number of at least 0."""
    todo = "write { absolute = 0.05 } or { relative = 0.03 }"
    if given is None:
        yield Mistake(key, "there is no tolerance", todo)
        return
    if isinstance(given, float):
        yield Mistake(key, f"a bare tolerance of {given:g} can be read in two ways", todo)
        return
    written = [size for size in (given.absolute, given.relative) if size is not None]
    if len(written) != 1:
        yield Mistake(key, "a tolerance is either absolute or relative", todo)
    for size in written:
        if not (math.isfinite(size) and size >= 0):
            yield Mistake(key, f"a tolerance of {size:g}", "write a number of at least 0")


def traps(given: Sequence[TrapSpec], value: float, reach: float) -> Iterable[Mistake]:
    """Each with a reason and a width, and none that reaches into the right answer."""
    for trap in given:
        if not trap.reason.strip():
            yield Mistake("traps", f"the trap {trap.value:g} has no reason", "say what went wrong")
        if not (trap.within >= 0 and math.isfinite(trap.within) and math.isfinite(trap.value)):
            yield Mistake("traps", f"the trap {trap.value:g} is no number", "write finite numbers")
        elif abs(trap.value - value) <= trap.within + reach:
            yield Mistake(
                "traps",
                f"the trap {trap.value:g} overlaps the right answer",
                "narrow its `within` or the tolerance",
            )
