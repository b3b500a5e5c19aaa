"""TOML blocks that know their lines: one syntax mistake per block, every other mistake at once.

Knows no series; `read` fills any frozen msgspec.Struct, and `lessons.toml_lines` finds the lines.
Invariant: a value comes out exactly when nothing is wrong, and then it has its type.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec
from msgspec import inspect

from lessons.mistake import Mistake
from lessons.toml_lines import KeyPath, Lines, Scan, TomlText

StructT = TypeVar("StructT", bound=msgspec.Struct)

LARGEST = 1e15

_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

# What tomllib says (the same words from Python 3.11 to 3.13) and what an author can do about it.
_SYNTAX = (
    ("Cannot overwrite", "a key stands here for the second time", "keep one of the two"),
    (
        "Cannot declare",
        "a table stands here for the second time",
        "write [[name]] to add to a list",
    ),
    ("Expected '='", "a key without a value", 'write it as key = "value"'),
    ("Unterminated string", "a text that is opened but not closed", "end it with its quotes"),
    ("Illegal character '\\n'", "a text that is opened but not closed", "end it with its quotes"),
    ("Unescaped '\\'", "a lone \\ in a text", "write \\\\, or put the text in 'single quotes'"),
    ("Unclosed array", "a list that is not closed", "end it with ]"),
    ("Unclosed inline", "a table that is not closed", "end it with }"),
    ("Expected newline", "something follows the value", "start a new line after each value"),
    (
        "Invalid value",
        "a value that is not TOML",
        'put text in "quotes"; numbers, true and false stand alone',
    ),
)


@dataclass(frozen=True, slots=True)
class Filled(Generic[StructT]):
    """What came out of a piece.

    With mistakes, `value` is what could be saved, so that more can be found out about it: the
    keys in `spoiled` hold a default or a stand-in there, and the rest what the author wrote. It
    is None if nothing could be saved. `raw` is what the piece says as far as it is TOML at all.
    """

    value: StructT | None
    raw: Mapping[str, object]
    lines: Lines
    mistakes: tuple[Mistake, ...] = ()
    spoiled: frozenset[str] = frozenset()


def read(piece: TomlText, wanted: type[StructT]) -> Filled[StructT]:
    """Fill `wanted` from the piece, strictly: no key unknown, none missing, each of its type.

    All such mistakes are reported together; a syntax mistake hides the others of this piece.
    """
    scan = Scan(piece.text, piece.first_line)
    lines = scan.places(piece.path)
    try:
        values = tomllib.loads(piece.text)
    except RecursionError:
        deep = lines.mistake((), f"{piece.place} is nested too deep", "write it flatter")
        return Filled(None, {}, lines, (deep,))
    except ValueError as error:  # a TOMLDecodeError, or a number of thousands of digits
        return Filled(None, {}, lines, (_syntax(piece, scan, str(error)),))
    shape = inspect.type_info(wanted)
    if not isinstance(shape, inspect.StructType):
        raise TypeError(f"a block cannot be read as {wanted}")
    spoiled: set[str] = set()
    mistakes = tuple(_check_table(values, shape, (), piece, lines, spoiled))
    sound = {name: value for name, value in values.items() if name not in spoiled}
    for field in shape.fields:
        if field.required and field.encode_name not in sound:
            sound[field.encode_name] = _stand_in(field.type)
    try:
        value = msgspec.convert(sound, wanted)
    except msgspec.ValidationError:
        return Filled(None, values, lines, mistakes, frozenset(spoiled))
    return Filled(value, values, lines, mistakes, frozenset(spoiled))


def _stand_in(shape: inspect.Type) -> object:
    """A harmless value for a required key that is missing or wrong."""
    return 1 if isinstance(shape, inspect.IntType | inspect.FloatType) else "x"


def nearest(name: str, names: tuple[str, ...]) -> str:
    """The name that was probably meant, or ""."""
    close = difflib.get_close_matches(name[:80], names, n=1, cutoff=0.6)
    return close[0] if close else ""


def choices(names: tuple[str, ...]) -> str:
    """The names as a phrase: `"a", "b" or "c"`."""
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


# -- shape -------------------------------------------------------------------------------------


def _check(
    value: object, shape: inspect.Type, key: KeyPath, piece: TomlText, lines: Lines
) -> list[Mistake]:
    match shape:
        case inspect.StructType():
            return _check_table(value, shape, key, piece, lines)
        case inspect.VarTupleType(item_type=item):
            if not isinstance(value, list):
                return [_wrong_type(value, shape, key, lines)]
            return [
                mistake
                for index, each in enumerate(value)
                for mistake in _check(each, item, (*key, index), piece, lines)
            ]
        case inspect.UnionType(types=types):
            found = [_check(value, option, key, piece, lines) for option in types]
            if any(not mistakes for mistakes in found):
                return []
            tables = [
                mistakes
                for option, mistakes in zip(types, found, strict=True)
                if isinstance(option, inspect.StructType) and isinstance(value, dict)
            ]
            return min(tables, key=len) if tables else [_wrong_type(value, shape, key, lines)]
        case _:
            return [] if _fits(value, shape) else [_wrong_type(value, shape, key, lines)]


def _check_table(
    value: object,
    shape: inspect.StructType,
    key: KeyPath,
    piece: TomlText,
    lines: Lines,
    spoiled: set[str] | None = None,
) -> list[Mistake]:
    """The mistakes of a table; the keys of it that they concern go into `spoiled`."""
    if not isinstance(value, dict):
        return [_wrong_type(value, shape, key, lines)]
    place = f"{_say_key(key)} in {piece.place}" if key else piece.place
    fields = {each.encode_name: each for each in shape.fields}
    missing = {name for name, each in fields.items() if each.required and name not in value}
    wrong = set(missing)
    mistakes = []
    for name, inner in value.items():
        if name in fields:
            found = _check(inner, fields[name].type, (*key, name), piece, lines)
        else:
            near = nearest(name, tuple(each for each in fields if each not in value))
            todo = f'did you mean "{near}"?' if near else f"it may have {choices(tuple(fields))}"
            found = [lines.mistake((*key, name), f'unknown key "{name}" in {place}', todo)]
            # What is misspelt is not missing as well.
            missing.discard(near)
            wrong.add(near)
        mistakes += found
        if found:
            wrong.add(name)
    for name in fields:
        if name in missing:
            todo = f"add {name} = {_example(fields[name].type)}"
            mistakes.append(lines.mistake(key, f'"{name}" is missing in {place}', todo))
    if spoiled is not None:
        spoiled |= wrong
    return mistakes


def _fits(value: object, shape: inspect.Type) -> bool:
    match shape:
        case inspect.StrType():
            return isinstance(value, str)
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST
        case inspect.FloatType():
            # TOML has inf and nan, and whole numbers beyond any float; a series needs none of them.
            if isinstance(value, bool) or not isinstance(value, int | float):
                return False
            return abs(value) < LARGEST
        case inspect.NoneType():
            return False
        case _:
            raise TypeError(f"a block cannot hold {shape}")


def _wrong_type(value: object, shape: inspect.Type, key: KeyPath, lines: Lines) -> Mistake:
    name = next((str(part) for part in reversed(key) if isinstance(part, str)), "")
    what = f"{_say_key(key)} must be {_say_type(shape)}, not {_say_value(value)}"
    prefix = "" if key and isinstance(key[-1], int) else f"{name} = "
    return lines.mistake(key, what, f"write {prefix}{_example(shape)}")


def _say_key(key: KeyPath) -> str:
    """`("options", 1, "text")` as words: `"text" in number 2 of "options"`."""
    words = ""
    for part in key:
        if isinstance(part, int):
            words = f"number {part + 1} of {words}"
        else:
            words = f'"{part}" in {words}' if words else f'"{part}"'
    return words


def _say_type(shape: inspect.Type) -> str:
    match shape:
        case inspect.StrType():
            return "text"
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            return "a whole number"
        case inspect.FloatType():
            return "a number"
        case inspect.VarTupleType():
            return "a list"
        case inspect.UnionType(types=types):
            named = (_say_type(each) for each in types if not isinstance(each, inspect.NoneType))
            return " or ".join(dict.fromkeys(named))
        case _:
            return "a table"


def _say_value(value: object) -> str:
    match value:
        case str():
            return "text"
        case bool():
            return "true or false"
        case int() | float():
            return "a number" if abs(value) < LARGEST else "an endless or huge one"
        case list():
            return f"a list of {len(value)}"
        case dict():
            return "a table"
        case _:
            return "a date"


def _example(shape: inspect.Type) -> str:
    match shape:
        case inspect.StrType():
            return '"..."'
        case inspect.BoolType():
            return "true"
        case inspect.IntType():
            return "1"
        case inspect.FloatType():
            return "0.5"
        case inspect.VarTupleType(item_type=item):
            return f"[{_example(item)}]"
        case inspect.StructType(fields=fields):
            shown = [each for each in fields if each.required] or list(fields[:1])
            return (
                "{ "
                + ", ".join(f"{each.encode_name} = {_example(each.type)}" for each in shown)
                + " }"
            )
        case inspect.UnionType(types=types):
            return _example(next(each for each in types if not isinstance(each, inspect.NoneType)))
        case _:
            return "{ ... }"


# -- syntax ------------------------------------------------------------------------------------


def _syntax(piece: TomlText, scan: Scan, words: str) -> Mistake:
    place = _PLACE.search(words)
    said = words[: place.start()] if place else words
    last = piece.first_line + piece.text.rstrip("\n").count("\n")
    line = piece.first_line + int(place[1]) - 1 if place and place[1] else last
    if said.startswith("Cannot overwrite") and scan.repeated:
        name, line = scan.repeated
        return Mistake(
            piece.path, line, f'"{name}" stands twice in {piece.place}', "keep one of the two"
        )
    if said.startswith("Unterminated string") and scan.open_string:
        line = scan.open_string
    for start, what, todo in _SYNTAX:
        if said.startswith(start):
            return Mistake(piece.path, line, f"{what} in {piece.place}", todo)
    what = f"{piece.place} is not TOML here ({said[:1].lower()}{said[1:]})"
    return Mistake(piece.path, line, what, 'write each line as key = "value"')
