"""What a form asks for: one type of field per way of answering, the same on every platform.

Knows no key: a field shows options by letter, so neither a page's source nor a message gives
away which one is right. Invariant: letters run a, b, c ... in the order in which they are shown.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import TypeAlias

import msgspec

LETTERS = "abcdefghijklmnopqrstuvwxyz"

Raw: TypeAlias = Mapping[str, str | tuple[str, ...]]
"""What came back from a form: field id -> the letter, letters or text that was given."""


class Shown(msgspec.Struct, frozen=True):
    """One option as a form shows it."""

    letter: str
    text: str


class FormField(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """One thing a form asks for; `id` names it in the answer."""

    id: str
    label: str


class ChoiceField(FormField, frozen=True):
    """One of the options; answered by a letter.

    A field with `after` is shown only once the field of that id was answered and is locked.
    `chosen` is the letter of the one that is chosen as it opens.
    """

    options: tuple[Shown, ...]
    after: str = ""
    chosen: str = ""


class ChoicesField(FormField, frozen=True):
    """One or more of the options; answered by letters."""

    options: tuple[Shown, ...]


class NumberField(FormField, frozen=True):
    """A number as typed."""


class TextField(FormField, frozen=True):
    """A line of text; `value` stands there as it opens."""

    value: str = ""


class OrderField(FormField, frozen=True):
    """All of the items, from first to last; answered by their letters in that order."""

    items: tuple[Shown, ...]


class MatchField(FormField, frozen=True):
    """For each item one option (an option may serve twice); one letter per item, in order."""

    items: tuple[str, ...]
    options: tuple[Shown, ...]


Field: TypeAlias = ChoiceField | ChoicesField | NumberField | TextField | OrderField | MatchField


def filled(fields: Iterable[Field]) -> Raw:
    """What stands in the fields of a form as it opens; nothing of those that are empty."""
    before = {
        field.id: field.chosen if isinstance(field, ChoiceField) else field.value
        for field in fields
        if isinstance(field, ChoiceField | TextField)
    }
    return {field: value for field, value in before.items() if value}


def shown(texts: tuple[str, ...]) -> tuple[Shown, ...]:
    """The texts with their letters. Raises ValueError for more texts than there are letters."""
    if len(texts) > len(LETTERS):
        raise ValueError(f"{len(texts)} options, but only {len(LETTERS)} letters")
    return tuple(map(Shown, LETTERS, texts))


def due(fields: Iterable[Field], answered: Container[str]) -> tuple[Field, ...]:
    """The fields that are asked now: those not answered whose turn has come."""
    return tuple(
        field
        for field in fields
        if field.id not in answered
        and not (isinstance(field, ChoiceField) and field.after and field.after not in answered)
    )


def linked(fields: Iterable[Field]) -> bool:
    """Whether some of them are shown only once others were answered."""
    return any(isinstance(field, ChoiceField) and field.after for field in fields)
