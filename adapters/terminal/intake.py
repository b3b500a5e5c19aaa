"""What a person types becomes what they want: a command, a button, an answer, or the hall's own.

Knows no service and no clock. Invariant: while a form is open, what is typed answers it, unless
it begins with a slash; nothing typed is ever evaluated.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeAlias, assert_never

from adapters.terminal.controls import Board
from lessons import fields as asked
from lessons.actions import Pressed, Submitted, Typed
from lessons.fields import Field, Raw, Shown


@dataclass(frozen=True, slots=True)
class SwitchTo:
    """`as ada`: somebody else takes the keyboard."""

    person: str


@dataclass(frozen=True, slots=True)
class MoveClock:
    """`clock next`, or `clock +2d`; `by` None means to the next slot."""

    by: timedelta | None


@dataclass(frozen=True, slots=True)
class Local:
    """`help`, `look`, `reload`, `quit`, or leaving an open form."""

    what: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not understood; `key` and `given` are for `words`."""

    key: str
    given: str


@dataclass(frozen=True, slots=True)
class Locked:
    """Some fields of the open form were answered, and the rest comes now."""

    answers: Raw


HallCommand: TypeAlias = SwitchTo | MoveClock | Local | Locked | Unclear
Line: TypeAlias = Typed | Pressed | Submitted | HallCommand

_SPAN: Final = re.compile(r"\+(\d{1,4})\s*([dhm])", re.ASCII)
_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes"}
_NUMBER: Final = re.compile(r"\d{1,6}", re.ASCII)
_LOCAL: Final = frozenset({"help", "look", "reload", "quit", "exit"})


def parse_line(line: str, board: Board) -> Line:
    """What a typed line asks for, given what the person has in front of them."""
    text = line.strip()
    if text.startswith("/"):
        return _command(text[1:])
    if board.form is not None:
        if not text:
            return Local("leave form")
        return _answer(board, board.form.control.id, text)
    if _NUMBER.fullmatch(text):
        control = board.pressed(int(text))
        return Unclear("no_button", text) if control is None else Pressed(control.id)
    hall = _local(text)
    if hall == Unclear("not_understood", text) and (control := board.named(text)):
        return Pressed(control.id)
    return hall


def _answer(board: Board, control: str, text: str) -> Submitted | Locked | Unclear:
    now = answers(board.asked(), text)
    for field in board.asked():
        if stray := _stray(field, now[field.id]):
            return Unclear("not_a_letter", stray)
    if not board.later():
        return Submitted(control, {**board.draft, **now})
    for field in board.asked():
        if isinstance(field, asked.ChoiceField) and str(now[field.id]).lower() not in {
            option.letter for option in field.options
        }:
            return Unclear("not_a_letter", text)
    return Locked(now)


def _stray(field: Field, value: str | tuple[str, ...]) -> str:
    """The first lone character that is none of the field's letters, nor an option's words."""
    match field:
        case asked.NumberField() | asked.TextField():
            return ""
        case asked.OrderField(_, _, options):
            pass
        case asked.ChoiceField() | asked.ChoicesField() | asked.MatchField():
            options = field.options
        case _:
            assert_never(field)
    known = {word.casefold() for option in options for word in (option.letter, option.text)}
    words = (value,) if isinstance(value, str) else value
    return next((w for w in words if len(w) == 1 and w.casefold() not in known), "")


def _command(text: str) -> Line:
    try:
        words = shlex.split(text)
    except ValueError:  # a quote that is not closed
        words = text.split()
    group, name, *rest = [*words, "", ""][: max(2, len(words))]
    return Typed(group, name, tuple(rest))


def _local(text: str) -> Line:
    word, _, rest = " ".join(text.lower().split()).partition(" ")
    match word, rest:
        case "as", person if person:
            return SwitchTo(person)
        case "clock", "next":
            return MoveClock(None)
        case "clock", span:
            found = _SPAN.fullmatch(span)
            if found is None:
                return Unclear("bad_clock", text)
            return MoveClock(timedelta(**{_UNITS[found[2]]: int(found[1])}))
        case local, "" if local in _LOCAL:
            return Local("quit" if local == "exit" else local)
        case _:
            return Unclear("not_understood", text)


def answers(fields: Sequence[Field], text: str) -> Raw:
    """One typed line as the answers to these fields, in their order.

    Several numbers stand with spaces (or `;`) between them, several other answers with `;`.
    """
    if len(fields) == 1:
        return {fields[0].id: _value(fields[0], text)}
    if all(isinstance(field, asked.NumberField) for field in fields):
        pieces = _numbers(text, len(fields))
    else:
        pieces = [piece.strip() for piece in text.split(";")]
    return {
        field.id: _value(field, piece)
        for field, piece in zip(fields, _filled(pieces, len(fields)), strict=True)
    }


def _numbers(text: str, wanted: int) -> list[str]:
    """A comma within a number is a decimal comma; one after it, or the only thing between, not."""
    pieces = [piece.rstrip(",") for piece in text.replace(";", " ").split()]
    if len(pieces) == 1 and pieces[0].count(",") == wanted - 1:
        return pieces[0].split(",")
    return pieces


def _filled(pieces: Sequence[str], number: int) -> list[str]:
    """Exactly that many: what is missing is empty, what is too much stays in the last."""
    if len(pieces) > number:
        return [*pieces[: number - 1], " ".join(pieces[number - 1 :])]
    return [*pieces, *[""] * (number - len(pieces))]


def _value(field: Field, text: str) -> str | tuple[str, ...]:
    match field:
        case asked.ChoicesField(_, _, options) | asked.MatchField(_, _, _, options):
            return _letters(options, text)
        case asked.OrderField(_, _, items):
            return _letters(items, text)
        case asked.ChoiceField() | asked.NumberField() | asked.TextField():
            return text
        case _:
            assert_never(field)


def _letters(options: Sequence[Shown], text: str) -> tuple[str, ...]:
    """ "b a c", "b, a, c" and "bac" are the same."""
    words = text.replace(",", " ").replace(";", " ").split()
    known = {option.letter for option in options}
    if len(words) == 1 and set(words[0].lower()) <= known:
        return tuple(words[0])
    return tuple(words)
