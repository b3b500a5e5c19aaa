"""Every sentence is there, is used, gets what it needs, and is never read as more than words.

Knows the sources of lessons and bot as text: where a sentence is said, and with which pieces.
Invariant: a key that no code says, or that no language has, fails here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import lessons
from bot.starting import MODES
from lessons.commands import COMMANDS
from lessons.document import (
    CommandName,
    Document,
    Emphasis,
    Listing,
    Paragraph,
    Quote,
    Strong,
    Text,
    paragraph,
    plain,
    walk,
)
from lessons.kinds import CODES
from lessons.markdown import parse
from lessons.runs import Status
from lessons.timetable import Beat, Weekday
from lessons.votes import CERTAINTY
from lessons.wording import phrase
from lessons.wording.phrase import LANGUAGES, label, language_or_english, say

HOUSE = Path(lessons.__file__).parent.parent
SAYING = ("say", "label", "button")

# What stands in the places of keys that are put together.
FAMILIES = {
    "status_*": tuple(Status),
    "not_now_*": tuple(Status),
    "date_*": tuple(Beat),
    "beat_*": tuple(Beat),
    "format_*": CODES,
    "bad_*": ("series", "day", "time", "zone", "mode", "chapter"),
    "which_*": ("series", "chapter"),
    "discuss_*": ("few", "explain", "talk", "known"),
    "mode_choice_*": MODES,
    "week_*": ("first", "second", "own"),
    "settings_zone_*": ("own", "told", "series"),
    "level_*": tuple(CERTAINTY),
    "command_*_*": tuple(c.path[1:].replace(" ", "_") for c in COMMANDS),
    "command_*": tuple(c.path[1:].replace(" ", "_") for c in COMMANDS),
    "day_choice_*": tuple(day.name.lower() for day in Weekday),
    "group_*": tuple({c.group for c in COMMANDS}),
    "option_*": tuple(o.name for c in COMMANDS for o in c.options),
}
# Functions that hand on a key they were given.
HANDED_ON = {
    "shown": ("settings_saved", "reminders_begin", "reminders_end", "alone_begin", "alone_end"),
    "changed": ("paused", "resumed", "skipped", "moved", "stopped"),
    "_told": (
        *(f"day_choice_{day.name.lower()}" for day in Weekday),
        *(f"mode_choice_{mode}" for mode in MODES),
        *(f"group_{group}" for group in {c.group for c in COMMANDS}),
        *(f"option_{o.name}" for c in COMMANDS for o in c.options),
        *(f"command_{c.path[1:].replace(' ', '_')}" for c in COMMANDS),
    ),
}


@dataclass(frozen=True)
class Said:
    """One place in the sources at which one of `keys` is said with these pieces."""

    where: str
    how: str
    keys: tuple[str, ...]
    pieces: frozenset[str]


def places(text: str) -> set[str]:
    return set(re.findall(r"\{([a-z_]+)\}", text))


@cache
def all_said() -> tuple[Said, ...]:
    found: list[Said] = []
    for folder in ("lessons/replies", "bot", "adapters"):
        for path in sorted((HOUSE / folder).rglob("*.py")):
            found += _said_in(path)
    return tuple(found)


def _said_in(path: Path) -> Iterator[Said]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            where = f"{path.name}:{call.lineno}"
            match call.func, call.args:
                case ast.Attribute(ast.Name("voice" | "_voice"), name), [key, *_] if name in SAYING:
                    how, keys = name, tuple(_keys(key, function))
                case ast.Attribute(ast.Attribute(_, "voice"), name), [key, *_] if name in SAYING:
                    how, keys = name, tuple(_keys(key, function))
                case ast.Name("label"), [_, key, *_] if "adapters" in path.parts:
                    how, keys = "label", tuple(_keys(key, function))
                case ast.Name("count"), [_, ast.Constant(str(noun)), _]:
                    yield Said(
                        where, "label", (f"{noun}_one", f"{noun}_many"), frozenset({"number"})
                    )
                    continue
                case _:
                    continue
            pieces = frozenset(word.arg for word in call.keywords if word.arg)
            if keys:
                yield Said(where, how, keys, pieces)


def _keys(node: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    match node:
        case ast.Constant(str(key)):
            yield key
        case ast.IfExp(_, one, other):
            yield from _keys(one, function)
            yield from _keys(other, function)
        case ast.JoinedStr(values):
            pattern = "".join(str(v.value) if isinstance(v, ast.Constant) else "*" for v in values)
            yield from _family(pattern)
        case ast.BinOp(ast.Constant(str(start)), ast.Add(), _):
            yield from _family(start + "*")
        case ast.Name(name) if name in {each.arg for each in function.args.args}:
            yield from HANDED_ON.get(function.name, ())
        case ast.Name(name):
            yield from _assigned(name, function)
        case _:
            raise AssertionError(f"{function.name}: which sentence is {ast.unparse(node)}?")


def _family(pattern: str) -> Iterator[str]:
    if pattern in ("*_one", "*_many"):
        return  # `count`: its callers name the noun
    assert pattern in FAMILIES, f"say in this test what stands in {pattern}"
    first = pattern.partition("*")[0]
    yield from (first + each for each in FAMILIES[pattern])


def _assigned(name: str, function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Assign([ast.Name(target)], value) if target == name:
                yield from _keys(value, function)
            case ast.comprehension(ast.Name(target), ast.Tuple(each)) if target == name:
                for one in each:
                    yield from _keys(one, function)
            case _:
                pass


# -- keys and places ------------------------------------------------------------------------------


def test_many_places_say_something() -> None:
    assert len(all_said()) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_and_is_said(language: str) -> None:
    needed = {key for said in all_said() for key in said.keys}
    assert needed - set(LANGUAGES[language]) == set()
    assert set(LANGUAGES[language]) - needed == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_place_of_a_sentence_is_filled_where_it_is_said(language: str) -> None:
    for said in all_said():
        for key in said.keys:
            assert places(LANGUAGES[language][key]) <= said.pieces, f"{said.where}: {key}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_piece_is_given_that_no_sentence_takes(language: str) -> None:
    for said in all_said():
        taken = {place for key in said.keys for place in places(LANGUAGES[language][key])}
        assert said.pieces <= taken, said.where


def test_all_languages_have_the_same_places() -> None:
    for table in LANGUAGES.values():
        for key, english in LANGUAGES["en"].items():
            assert places(table[key]) == places(english), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_markdown_without_mistakes_and_without_stray_blanks(
    language: str,
) -> None:
    for key, text in LANGUAGES[language].items():
        assert parse(text)[1] == (), key
        assert "  " not in text, key
        assert text == text.strip(), key
        assert "{" not in re.sub(r"\{[a-z_]+\}", "", text), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said_with_words_in_its_places(language: str) -> None:
    for key, text in LANGUAGES[language].items():
        said = plain(say(language, key, **dict.fromkeys(places(text), "so")))
        assert "{" not in said, key
        assert "{" not in label(language, key, **dict.fromkeys(places(text), "so")), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_button_are_short_and_have_no_formatting(language: str) -> None:
    buttons = {key for said in all_said() if said.how == "button" for key in said.keys}
    assert {"join", "hunch", "stop"} <= buttons
    for key in buttons:
        text = LANGUAGES[language][key]
        assert len(text) <= 40, key
        assert not set("*_`[]#{}") & set(text), key


# -- pieces ---------------------------------------------------------------------------------------

HOSTILE = "**x** <!channel> @everyone [a](https://b.example) `c` {series} # d"


def test_what_is_filled_in_is_never_read_as_markdown() -> None:
    said = say("en", "vote_locked", option=HOSTILE)
    (found,) = said.blocks
    assert isinstance(found, Paragraph)
    assert found.content[1] == Strong((Text(f'"{HOSTILE}"'),))
    assert label("en", "chapter_title", number=1, title=HOSTILE) == f"Week 1 · {HOSTILE}"


def test_what_is_filled_in_is_not_filled_again() -> None:
    said = say("en", "bad_day", given="{choices}", choices="Monday")
    assert plain(said).startswith("{choices} is no weekday")


def test_a_piece_keeps_its_kind() -> None:
    said = say("en", "no_run", start=CommandName("/series start"))
    (found,) = said.blocks
    assert isinstance(found, Paragraph)
    assert CommandName("/series start") in found.content


def test_numbers_are_said_and_neighbouring_texts_are_one() -> None:
    said = say("en", "recap_here_many", active=3, enrolled=4)
    assert said == paragraph("3 of 4 were here this week.")


def test_a_document_fills_a_paragraph_of_its_own() -> None:
    prompt = paragraph("One.") + paragraph("Two.")
    said = say("en", "vote_first", prompt=prompt)
    assert said.blocks[1:] == prompt.blocks


def test_a_document_inside_a_sentence_is_refused() -> None:
    with pytest.raises(TypeError, match="paragraph of its own"):
        say("en", "vote_locked", option=paragraph("no"))


def test_an_unknown_sentence_or_a_missing_piece_is_refused() -> None:
    with pytest.raises(KeyError):
        say("en", "no such sentence")
    with pytest.raises(KeyError):
        say("en", "vote_locked")


def test_places_are_filled_in_every_block_and_inline(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "# {a}\n\n- *{a}*\n- [{a}](https://example.org)\n\n> {a}\n\n`{a}`"
    monkeypatch.setattr(phrase, "LANGUAGES", {"en": {}, "xx": {"all": text}})
    said = say("xx", "all", a="word")
    assert plain(said).count("word") == 4
    assert plain(said).count("{a}") == 1  # code is shown as it is written
    kinds = {type(block) for block in walk(said.blocks)}
    assert {Listing, Quote} <= kinds
    assert Emphasis((Text("word"),)) in [
        inline
        for block in walk(said.blocks)
        if isinstance(block, Paragraph)
        for inline in block.content
    ]


def test_a_language_without_words_is_answered_in_english() -> None:
    assert [language_or_english(code) for code in ("en-GB", "EN", "tlh", "")] == ["en"] * 4
    assert say("tlh", "never_mind") == say("en", "never_mind") != Document()
