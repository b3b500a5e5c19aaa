"""From the letters that a form shows to the options that a variant stores.

Knows no key. A letter is a place in the order shown; an option's text is taken as well.
Invariant: only options that were shown come out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lessons.challenge import FormatError, Option
from lessons.fields import LETTERS, Raw, Shown, shown

_BETWEEN = re.compile(r"[\s,;>]+")
_GIVEN_LENGTH = 80


def show(options: Sequence[Option]) -> tuple[Shown, ...]:
    """The options' texts by letter; neither ids nor feedback leave the variant."""
    return shown(tuple(option.text for option in options))


def one(field: str, texts: Sequence[str], raw: Raw) -> int | FormatError:
    """The place of the one option that was given.

    Codes: `choice_missing`, `choice_unknown`, `choice_too_many`.
    """
    places = several(field, texts, raw)
    if isinstance(places, FormatError):
        return places
    if len(places) > 1:
        return FormatError(field, "choice_too_many", _given(raw.get(field, "")))
    return places[0]


def several(field: str, texts: Sequence[str], raw: Raw) -> tuple[int, ...] | FormatError:
    """The places of the options that were given, as they came: one or more, maybe repeated.

    A text is read as one option's text, else as letters: `b`, `B D A`, `b, d`, `bda`.
    Codes: `choice_missing`, `choice_unknown`.
    """
    value = raw.get(field, "")
    tokens = _tokens(value, texts) if isinstance(value, str) else tuple(filter(str.strip, value))
    if not tokens:
        return FormatError(field, "choice_missing")
    places = tuple(_place(token, texts) for token in tokens)
    found = tuple(place for place in places if place is not None)
    if len(found) < len(places):
        return FormatError(field, "choice_unknown", _given(value))
    return found


def _tokens(value: str, texts: Sequence[str]) -> tuple[str, ...]:
    value = value.strip()
    if _by_text(value, texts) is not None:
        return (value,)
    tokens = tuple(token for token in _BETWEEN.split(value) if token)
    if len(tokens) == 1 and all(_by_letter(letter, texts) is not None for letter in tokens[0]):
        return tuple(tokens[0])
    return tokens


def _place(token: str, texts: Sequence[str]) -> int | None:
    place = _by_letter(token.strip(), texts)
    return place if place is not None else _by_text(token, texts)


def _by_letter(token: str, texts: Sequence[str]) -> int | None:
    if len(token) != 1:
        return None
    place = LETTERS.find(token.lower())
    return place if 0 <= place < len(texts) else None


def _by_text(token: str, texts: Sequence[str]) -> int | None:
    # A lone letter is always a place: the option whose text is "A" may well be shown third.
    token = token.strip().casefold()
    if not token or (len(token) == 1 and token in LETTERS):
        return None
    return next((at for at, text in enumerate(texts) if text.casefold() == token), None)


def _given(value: str | tuple[str, ...]) -> str:
    text = value if isinstance(value, str) else " ".join(value)
    return text.strip()[:_GIVEN_LENGTH]
