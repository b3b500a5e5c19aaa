"""Buttons and fields as Slack's elements, and what comes back from them.

Knows no service. Invariant: an action_id is opaque and says only what kind of answer to expect,
whether it takes a window, and which control it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from adapters.slack.limits import (
    INPUT_LABEL,
    LABEL,
    OPTION,
    PLACEHOLDER,
    RADIO,
    TYPED,
)
from adapters.slack.markdown import Json, text
from adapters.slack.render import section
from adapters.slack.words import word
from lessons import fields as asked
from lessons.commands import Answers
from lessons.fields import Field, Raw, Shown
from lessons.letters import on_one_line
from lessons.posts import Control, FieldError

_STYLES: Final = {"plain": "", "choice": "", "primary": "primary", "danger": "danger"}
_ANSWERS: Final[Mapping[Answers, str]] = {"message": "m", "edit": "e", "form": "f"}
_EXPECTED: Final[Mapping[str, Answers]] = {letter: kind for kind, letter in _ANSWERS.items()}

PRESSED: Final = re.compile(r"s:p:([mef])([wh]):([0-9a-f]{24})(?:~\d+)?")
INPUT: Final = "s:i"
"""The action_id of everything that is filled in; it is read when the view is sent."""

_BLOCK: Final = re.compile(r"f:([0-9a-f]{8}):(-|\d{1,2}):(.{1,200})")


# -- buttons --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """A button. `window`: what it brings is shown in a window of its own."""

    control: str
    answers: Answers
    window: bool


def read(action_id: str) -> Press | None:
    """What an action_id stands for; None if it is none of ours."""
    press = PRESSED.fullmatch(action_id)
    if press is None:
        return None
    return Press(press[3], _EXPECTED[press[1]], press[2] == "w" or press[1] == "f")


def rows(controls: Sequence[Control]) -> list[Json]:
    """Rows of buttons; what is to choose from stands apart from the rest."""
    seen: dict[str, int] = {}
    choices = [_button(one, seen) for one in controls if one.style == "choice"]
    others = [_button(one, seen) for one in controls if one.style != "choice"]
    return [row for group in (choices, others) for row in actions(group)]


def actions(buttons: Sequence[Json], most: int = 5) -> list[Json]:
    """Buttons in rows; more than a few in one row are hard to look over."""
    return [
        {"type": "actions", "elements": list(buttons[at : at + most])}
        for at in range(0, len(buttons), most)
    ]


def _button(control: Control, seen: dict[str, int]) -> Json:
    window = "w" if control.window else "h"
    action_id = f"s:p:{_ANSWERS[control.answers]}{window}:{control.id}"
    number = seen[action_id] = seen.get(action_id, -1) + 1
    made = button(control.label, f"{action_id}~{number}" if number else action_id)
    style = _STYLES[control.style]
    return {**made, "style": style} if style else made


def button(label: str, action_id: str, value: str = "") -> Json:
    """One button."""
    made = {"type": "button", "text": plain(label, LABEL), "action_id": action_id}
    return {**made, "value": value} if value else made


def plain(words: str, most: int) -> Json:
    """Words that Slack takes as they are."""
    return {"type": "plain_text", "text": on_one_line(words, most) or "…", "emoji": False}


# -- fields ---------------------------------------------------------------------------------------


def inputs(control: str, fields: Iterable[Field], filled: Raw | None = None) -> list[Json]:
    """What is filled in, block by block; `filled` stands there already."""
    return [
        block for field in fields for block in _field(control, field, (filled or {}).get(field.id))
    ]


def _field(control: str, field: Field, filled: str | tuple[str, ...] | None) -> list[Json]:
    label = field.label.strip() or word("your_answer")

    def block(place: int | None, words: str, element: Json) -> Json:
        return {
            "type": "input",
            "block_id": block_id(control, field.id, place),
            "label": plain(words, INPUT_LABEL),
            "element": {**element, "action_id": INPUT},
        }

    match field:
        case asked.NumberField() | asked.TextField():
            number = isinstance(field, asked.NumberField)
            element: Json = {"type": "plain_text_input", "max_length": 200 if number else TYPED}
            if number:
                element["placeholder"] = plain(word("number_like"), PLACEHOLDER)
            if isinstance(filled, str) and filled:
                element["initial_value"] = filled
            return [block(None, label, element)]
        case asked.ChoiceField(_, _, options):
            return [*_legend(options), block(None, label, _one_of(options, filled))]
        case asked.ChoicesField(_, _, options):
            return [*_legend(options), block(None, label, _some_of(options))]
        case asked.OrderField(_, _, items):
            last = len(items) - 1
            named = {0: word("place_first"), last: word("place_last")}
            return [
                *_legend(items, label),
                *(
                    block(n, named.get(n, word("place", number=n + 1)), _select(items, True))
                    for n in range(len(items))
                ),
            ]
        case asked.MatchField(_, _, items, options):
            return [
                *_legend(options, label),
                *(block(n, item, _select(options, True)) for n, item in enumerate(items)),
            ]
        case _:
            assert_never(field)


def block_id(control: str, field: str, place: int | None = None) -> str:
    """Where an answer stands. It names the form, so that nothing is carried over from another."""
    return f"f:{control[:8]}:{'-' if place is None else place}:{field}"


def _legend(options: Sequence[Shown], label: str = "") -> list[Json]:
    """The options in full by letter, where they are asked for by letter or are too long."""
    if not label and all(len(one.text) <= OPTION for one in options):
        return []
    lines = [word("text_of", letter=one.letter.upper(), text=one.text) for one in options]
    parts = [section([*text(label, ("bold",)), *text("\n" if label else ""), *_lines(lines)])]
    return [{"type": "rich_text", "elements": parts}]


def _lines(lines: Sequence[str]) -> list[Json]:
    return text("\n".join(lines))


def _one_of(options: Sequence[Shown], chosen: object = None) -> Json:
    made: Json = _select(options)
    if len(options) <= RADIO:
        made = {"type": "radio_buttons", "options": made["options"]}
    begun = [one for one in made["options"] if one["value"] == chosen]
    return {**made, "initial_option": begun[0]} if begun else made


def _some_of(options: Sequence[Shown]) -> Json:
    if len(options) <= RADIO:
        return {"type": "checkboxes", "options": _options(options)}
    return {
        "type": "multi_static_select",
        "options": _options(options),
        "placeholder": plain(word("choose"), PLACEHOLDER),
    }


def _select(options: Sequence[Shown], lettered: bool = False) -> Json:
    return {
        "type": "static_select",
        "options": _options(options, lettered),
        "placeholder": plain(word("choose"), PLACEHOLDER),
    }


def _options(options: Sequence[Shown], lettered: bool = False) -> list[Json]:
    lettered = lettered or any(len(one.text) > OPTION for one in options)
    return [
        {
            "text": plain(
                word("text_of", letter=one.letter.upper(), text=one.text) if lettered else one.text,
                OPTION,
            ),
            "value": one.letter,
        }
        for one in options
    ]


# -- what came back -------------------------------------------------------------------------------


def answers(state: Mapping[str, Any]) -> Raw:
    """What a view was sent with: `state` is its `state.values`."""
    given: dict[str, str | tuple[str, ...]] = {}
    numbered: dict[str, dict[int, str]] = {}
    for block, elements in state.items():
        found = _BLOCK.fullmatch(block)
        if found is None or not isinstance(elements, Mapping):
            continue
        value = _value(elements.get(INPUT) or {})
        if found[2] == "-":
            given[found[3]] = value
        else:
            numbered.setdefault(found[3], {})[int(found[2])] = value if type(value) is str else ""
    for field, places in numbered.items():
        given[field] = tuple(places.get(n, "") for n in range(max(places) + 1))
    return given


def _value(element: Mapping[str, Any]) -> str | tuple[str, ...]:
    if "selected_options" in element:
        return tuple(str(one.get("value", "")) for one in element["selected_options"] or ())
    if "selected_option" in element:
        return str((element["selected_option"] or {}).get("value", ""))
    return str(element.get("value") or "")


def faults(
    control: str, errors: Iterable[tuple[FieldError, str]], fields: Iterable[Field]
) -> dict[str, str]:
    """What is wrong, by the block that it is shown at, on one line: Slack makes no other there.

    A field of several shows it at its first.
    """
    several = {f.id for f in fields if isinstance(f, asked.OrderField | asked.MatchField)}
    return {
        block_id(control, error.field, 0 if error.field in several else None): " ".join(
            words.split()
        )
        for error, words in errors
    }
