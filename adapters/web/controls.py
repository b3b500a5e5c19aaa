"""Buttons and forms as HTML, and what a browser sends back as answers.

Knows no service. Invariant: whatever script does here can be done without it: every button posts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, assert_never

import htpy as h
from htpy import Element, Node

from adapters.web.render import Drawing, one_line
from adapters.web.words import word
from lessons import fields as asked
from lessons.fields import Field, Raw, Shown
from lessons.posts import Control, FieldError, Form

FIELD: Final = "field."
"""Before the name of a field, so that no field is taken for one of the page's own."""

ACT: Final = "act"
"""The id of the form that all buttons outside of forms belong to."""

MOVE_UP, MOVE_DOWN = "up", "down"


def buttons(controls: Sequence[Control], on: str) -> Node:
    """The buttons under a message; `on` names it, so that an answer can take its place."""
    choices = [one for one in controls if one.style == "choice"]
    others = [one for one in controls if one.style != "choice"]
    return [
        _row(".choices", word("choices"), choices, on),
        _row(".controls", word("buttons"), others, on),
    ]


def _row(style: str, label: str, row: Sequence[Control], on: str) -> Node:
    if not row:
        return None
    return h.div(style, role="group", aria_label=label)[
        [
            h.button(f".{one.style}", form=ACT, name="press", value=f"{on}:{one.id}")[
                one_line(one.label)
            ]
            for one in row
        ]
    ]


# -- forms ----------------------------------------------------------------------------------------


def form(
    form: Form,
    on: str,
    draw: Drawing,
    *,
    action: str,
    token: str,
    values: Raw,
    locked: Raw,
    errors: Sequence[FieldError] = (),
) -> Element:
    """The fields whose turn it is, each with what is wrong in it right beside it."""
    wrong = {error.field: error for error in errors}
    turn = asked.due(form.fields, locked)
    name = f"form-{on}"
    more = len(locked) + len(turn) < len(form.fields)
    return h.form(".answer", id=name, method="post", action=action, autocomplete="off")[
        h.input(type="hidden", name="token", value=token),
        h.input(type="hidden", name="on", value=on),
        h.input(type="hidden", name="submit", value=form.control.id),
        [_locked(field, locked[field.id]) for field in form.fields if field.id in locked],
        [
            _field(field, name, values.get(field.id, ""), wrong.get(field.id), draw)
            for field in turn
        ],
        h.div(".controls")[
            h.button(".primary", type="submit", name="send", value="1")[
                word("form_next") if more else one_line(form.control.label)
            ],
            h.button(type="submit", name="close", value=on, formnovalidate=True)[
                word("close_form")
            ],
        ],
    ]


def _locked(field: Field, given: str | tuple[str, ...]) -> Element:
    letters = (given,) if isinstance(given, str) else given
    texts = {one.letter: one.text for one in _options(field)}
    chosen = ", ".join(texts.get(letter, letter) for letter in letters)
    return h.div(".locked")[
        h.p[one_line(field.label)], h.p[h.strong[word("locked", what=one_line(chosen))]]
    ]


def _options(field: Field) -> tuple[Shown, ...]:
    match field:
        case asked.ChoiceField() | asked.ChoicesField() | asked.MatchField():
            return field.options
        case asked.OrderField():
            return field.items
        case asked.NumberField() | asked.TextField():
            return ()
        case _:
            assert_never(field)


def _field(
    field: Field, form: str, value: str | tuple[str, ...], error: FieldError | None, draw: Drawing
) -> Element:
    name = f"{form}-{field.id}"
    told = _Told(name, error)
    given = (value,) if isinstance(value, str) else value
    match field:
        case asked.ChoiceField(_, label, options):
            inside = _ticks("radio", field, name, options, given)
            return _group(label, told, draw, inside)
        case asked.ChoicesField(_, label, options):
            inside = _ticks("checkbox", field, name, options, given)
            return _group(label, told, draw, inside)
        case asked.OrderField(_, label, items):
            return _group(label, told, draw, _order(field, name, items, given))
        case asked.MatchField(_, label, items, options):
            return _group(label, told, draw, _match(field, name, items, options, given))
        case asked.NumberField(_, label):
            return _line(field, name, label, given, told, draw, inputmode="decimal")
        case asked.TextField(_, label):
            return _line(field, name, label, given, told, draw, inputmode="text")
        case _:
            assert_never(field)


class _Told:
    """What is wrong in a field, and how the field points to it."""

    def __init__(self, name: str, error: FieldError | None) -> None:
        self.error = error
        self.id = f"{name}-wrong"

    @property
    def described(self) -> str | None:
        return self.id if self.error else None

    @property
    def invalid(self) -> str | None:
        return "true" if self.error else None

    def shown(self, draw: Drawing) -> Node:
        if self.error is None:
            return None
        return h.div(".wrong", id=self.id)[draw.document(self.error.words)]


def _group(label: str, told: _Told, draw: Drawing, inside: Node) -> Element:
    return h.fieldset(
        {"class": "field invalid" if told.error else "field"},
        aria_describedby=told.described,
        aria_invalid=told.invalid,
    )[h.legend[one_line(label)], told.shown(draw), inside]


def _ticks(
    kind: str, field: Field, name: str, options: Sequence[Shown], given: Sequence[str]
) -> Node:
    return [
        h.label(".tick")[
            h.input(
                type=kind,
                name=FIELD + field.id,
                id=f"{name}-{one.letter}",
                value=one.letter,
                checked=one.letter in given,
            ),
            h.span[one_line(one.text)],
        ]
        for one in options
    ]


def _order(field: Field, name: str, items: Sequence[Shown], given: Sequence[str]) -> Element:
    """A list whose lines go up and down; without script each move is a post of its own."""
    by_letter = {one.letter: one for one in items}
    known = [by_letter[letter] for letter in given if letter in by_letter]
    lines = [*known, *(one for one in items if one not in known)]
    return h.ol(".order")[
        [
            h.li[
                h.span[one_line(one.text)],
                h.input(type="hidden", name=FIELD + field.id, value=one.letter),
                _mover(field, one, MOVE_UP, "↑", disabled=place == 0),
                _mover(field, one, MOVE_DOWN, "↓", disabled=place == len(lines) - 1),
            ]
            for place, one in enumerate(lines)
        ]
    ]


def _mover(field: Field, one: Shown, way: str, sign: str, *, disabled: bool) -> Element:
    return h.button(
        ".mover",
        type="submit",
        name="move",
        value=f"{field.id}:{one.letter}:{way}",
        formnovalidate=True,
        disabled=disabled,
        aria_label=word(f"move_{way}", what=one_line(one.text)),
    )[sign]


def _match(
    field: Field,
    name: str,
    items: Sequence[str],
    options: Sequence[Shown],
    given: Sequence[str],
) -> Node:
    lines = []
    for place, item in enumerate(items):
        chosen = given[place] if place < len(given) else ""
        lines.append(
            h.div(".match")[
                h.label(for_=f"{name}-{place}")[word("match_item", item=one_line(item))],
                h.select(name=FIELD + field.id, id=f"{name}-{place}")[
                    h.option(value="")[word("choose")],
                    [
                        h.option(value=one.letter, selected=one.letter == chosen)[
                            one_line(one.text)
                        ]
                        for one in options
                    ],
                ],
            ]
        )
    return lines


def _line(
    field: Field,
    name: str,
    label: str,
    given: Sequence[str],
    told: _Told,
    draw: Drawing,
    *,
    inputmode: str,
) -> Element:
    return h.div({"class": "field invalid" if told.error else "field"})[
        h.label(for_=name)[one_line(label)],
        told.shown(draw),
        h.input(
            type="text",
            name=FIELD + field.id,
            id=name,
            value=" ".join(given),
            inputmode=inputmode,
            maxlength="200",
            aria_invalid=told.invalid,
            aria_describedby=told.described,
        ),
    ]


# -- what comes back ------------------------------------------------------------------------------


def answers(posted: Sequence[tuple[str, str]]) -> Raw:
    """What stands in each field: one value as it is, several in the order of the page."""
    given: dict[str, tuple[str, ...]] = {}
    for name, value in posted:
        if name.startswith(FIELD):
            field = name.removeprefix(FIELD)
            given[field] = (*given.get(field, ()), value)
    return {field: values[0] if len(values) == 1 else values for field, values in given.items()}


def moved(values: Raw, move: str) -> Mapping[str, str | tuple[str, ...]]:
    """The answers with one line of an order moved; as they were if the move means nothing."""
    field, letter, way = [*move.split(":"), "", "", ""][:3]
    order = values.get(field, "")
    if not isinstance(order, tuple) or letter not in order:
        return values
    lines = list(order)
    place = lines.index(letter)
    other = place + (1 if way == MOVE_DOWN else -1)
    if 0 <= other < len(lines):
        lines[place], lines[other] = lines[other], lines[place]
    return {**values, field: tuple(lines)}
