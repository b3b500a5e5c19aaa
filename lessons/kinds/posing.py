"""From written options to a variant's options, and the parts that all variants share.

Knows no kind. Invariant: an option's id depends on what the author wrote, not on where the
shuffle put it, so that statistics add up over members.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from lessons.challenge import AnyKey, Option, Variant
from lessons.kinds.spec import OptionSpec, Spec

_NOT_IN_ID = re.compile(r"[^a-z0-9]+")
_MAX_ID = 40

T = TypeVar("T")
K = TypeVar("K")


def option_id(text: str, place: int) -> str:
    """A short ASCII name made of the text; `o<place>` if the text has no ASCII letter or digit."""
    return _NOT_IN_ID.sub("-", text.lower()).strip("-")[:_MAX_ID].strip("-") or f"o{place}"


def options(given: Sequence[OptionSpec]) -> tuple[Option, ...]:
    """The written options with their ids, in the order written; equal ids get a number."""
    made: list[Option] = []
    for place, option in enumerate(given, start=1):
        name = option.id or option_id(option.text, place)
        if any(other.id == name for other in made):
            name = f"{name}-{place}"
        made.append(Option(name, option.text, option.feedback))
    return tuple(made)


def shuffled(rng: np.random.Generator, things: Sequence[T]) -> tuple[T, ...]:
    """The same things in an order drawn from `rng`."""
    return tuple(things[int(place)] for place in rng.permutation(len(things)))


def shuffled_unlike(rng: np.random.Generator, things: Sequence[T]) -> tuple[T, ...]:
    """Shuffled, but not into the order given: that one is the answer of an ordering."""
    drawn = shuffled(rng, things)
    return drawn[1:] + drawn[:1] if drawn == tuple(things) else drawn


def by_text(given: Sequence[Option], text: str) -> str:
    """The id of the option of that text. Raises ValueError if there is none."""
    for option in given:
        if option.text == text:
            return option.id
    raise ValueError(f"no option reads {text!r}")


def variant(
    spec: Spec, key: AnyKey, options: tuple[Option, ...] = (), items: tuple[str, ...] = ()
) -> Variant:
    """A variant with the spec's own words around `key`."""
    return Variant(
        kind=spec.kind,
        prompt=spec.prompt,
        key=key,
        explanation=spec.explanation,
        options=options,
        items=items,
        hints=spec.hints,
    )


def key_of(posed: Variant, wanted: type[K]) -> K:
    """The variant's key as the class its kind grades. Raises TypeError for another kind's key."""
    if not isinstance(posed.key, wanted):
        raise TypeError(f"a {posed.kind} needs a {wanted.__name__}, not {type(posed.key).__name__}")
    return posed.key


def allowed_slips(length: int) -> int:
    """How many of `length` may be wrong in a list that still passes: one from five up.

    With four items, four in ten blind orderings have at most one item out of place; with five it
    is one in seven, no more than a guess among seven options.
    """
    return 1 if length >= 5 else 0
