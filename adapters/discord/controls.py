"""Buttons, selects and forms as Discord's components, and what comes back as answers.

Knows no service. Invariant: a custom_id is opaque and says only what kind of answer to expect,
which control it is, and what marks its message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, assert_never

import msgspec

from adapters.discord.limits import (
    CHOICES,
    LABEL,
    MODAL_DESCRIPTION,
    MODAL_FIELDS,
    MODAL_LABEL,
    MODAL_TITLE,
    OPTION,
    ROW,
    Json,
)
from adapters.discord.render import Drawing, Words
from adapters.discord.words import word
from lessons import fields as asked
from lessons.commands import Answers
from lessons.document import Text
from lessons.fields import Field, Raw, Shown
from lessons.letters import on_one_line
from lessons.posts import Control, FieldError, Form

BUTTON, SELECT, TEXT_INPUT, TEXT, LABELLED, RADIO, TICKS = 2, 3, 4, 10, 18, 21, 22
"""Types of Discord's components."""

_STYLES: Final = {"plain": 2, "choice": 2, "primary": 1, "danger": 4}
_ANSWERS: Final[Mapping[Answers, str]] = {"message": "m", "edit": "e", "form": "f"}
_EXPECTED: Final[Mapping[str, Answers]] = {letter: kind for kind, letter in _ANSWERS.items()}

PROMPT: Final = 1_200
"""A longer prompt is not repeated in a form; it stands in the message behind it."""

LOCKED: Final = 150
"""So much of a question that is locked is repeated where there is no room for all of it."""

_PRESS = re.compile(r"s:p:([mef]):([0-9a-f]{24})(?::([0-9a-f]{24}))?(?:~\d+)?(?:@(\d{1,20}))?")
_PICK = re.compile(r"s:d:([0-9a-f]{24}):(.{1,60}):(\d{1,2}|[-*])")
_SEND = re.compile(r"s:k:([0-9a-f]{24})")
_FORM = re.compile(r"s:f:([0-9a-f]{24})")
_FIELD: Final = "f:"


# -- what was pressed -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """A button. `guild` is set where Discord does not say it, in private messages."""

    control: str
    answers: Answers
    guild: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """Something was chosen in a form that stands in a message."""

    control: str
    field: str
    place: str


@dataclass(frozen=True, slots=True)
class Send:
    """A form that stands in a message is done."""

    control: str


Pressed: TypeAlias = Press | Pick | Send


def read(custom_id: str) -> Pressed | None:
    """What a custom_id stands for; None if it is none of ours."""
    if press := _PRESS.fullmatch(custom_id):
        return Press(press[2], _EXPECTED[press[1]], press[4] or "")
    if pick := _PICK.fullmatch(custom_id):
        return Pick(pick[1], pick[2], pick[3])
    if send := _SEND.fullmatch(custom_id):
        return Send(send[1])
    return None


def form_of(custom_id: str) -> str | None:
    """The control under which a modal's answers come back."""
    found = _FORM.fullmatch(custom_id)
    return found[1] if found else None


def mark_in(custom_id: str) -> str:
    """What marks the message that this button stands under."""
    press = _PRESS.fullmatch(custom_id)
    return (press[3] or "") if press else ""


# -- buttons --------------------------------------------------------------------------------------


def rows(controls: Sequence[Control], mark: str = "", guild: str = "") -> list[Json]:
    """Rows of buttons; what is to choose from stands apart from the rest."""
    choices = [one for one in controls if one.style == "choice"]
    others = [one for one in controls if one.style != "choice"]
    seen: dict[str, int] = {}
    made = []
    for group in (choices, others):
        buttons = [_button(one, mark, guild, seen) for one in group]
        made += [row(buttons[at : at + ROW]) for at in range(0, len(buttons), ROW)]
    return made


def row(components: Sequence[Json]) -> Json:
    """One row."""
    return {"type": 1, "components": list(components)}


def _button(control: Control, mark: str, guild: str, seen: dict[str, int]) -> Json:
    custom_id = f"s:p:{_ANSWERS[control.answers]}:{control.id}"
    number = seen[custom_id] = seen.get(custom_id, -1) + 1
    custom_id += (f":{mark}" if mark else "") + (f"~{number}" if number else "")
    return {
        "type": BUTTON,
        "style": _STYLES[control.style],
        "label": on_one_line(control.label, LABEL) or "…",
        "custom_id": custom_id + (f"@{guild}" if guild else ""),
    }


# -- forms that open ------------------------------------------------------------------------------


def opens(form: Form) -> bool:
    """Whether the form can be a modal; else it stands in a message, over selects."""
    return 1 <= len(form.fields) <= MODAL_FIELDS and all(map(_opens, form.fields))


def _opens(field: Field) -> bool:
    match field:
        case asked.NumberField() | asked.TextField():
            return True
        case asked.ChoiceField(_, _, options, after):
            return not after and 2 <= len(options) <= CHOICES
        case asked.ChoicesField(_, _, options):
            return 1 <= len(options) <= CHOICES
        case asked.OrderField() | asked.MatchField():
            return False
        case _:
            assert_never(field)


def modal(form: Form, drawing: Drawing) -> Json:
    """The form as a modal, with the prompt in it if there is room."""
    said = "\n\n".join(p.text for p in drawing.pieces(form.intro) if isinstance(p, Words))
    prompt = said if len(form.fields) < MODAL_FIELDS and len(said) <= PROMPT else ""
    shown: list[Json] = [{"type": TEXT, "content": prompt}] if prompt.strip() else []
    return {
        "custom_id": f"s:f:{form.control.id}",
        "title": on_one_line(form.title, MODAL_TITLE),
        "components": [*shown, *map(_labelled, form.fields)],
    }


def _labelled(field: Field) -> Json:
    label = field.label or word("your_answer")
    made: Json = {"type": LABELLED, "label": on_one_line(label, MODAL_LABEL)}
    if len(label) > MODAL_LABEL:
        made["description"] = on_one_line(label, MODAL_DESCRIPTION)
    made["component"] = {"custom_id": f"{_FIELD}{field.id}", **_input(field)}
    return made


def _input(field: Field) -> Json:
    match field:
        case asked.NumberField():
            return {
                "type": TEXT_INPUT,
                "style": 1,
                "placeholder": word("number_like"),
                "max_length": 200,
                "required": True,
            }
        case asked.TextField(value=value):
            made: Json = {"type": TEXT_INPUT, "style": 1, "max_length": 1_000, "required": True}
            return {**made, "value": value[:1_000]} if value else made
        case asked.ChoiceField(_, _, options, chosen=chosen):
            return {"type": RADIO, "options": _options(options, chosen), "required": True}
        case asked.ChoicesField(_, _, options):
            return {
                "type": TICKS,
                "options": _options(options),
                "min_values": 1,
                "max_values": len(options),
                "required": True,
            }
        case asked.OrderField() | asked.MatchField():
            raise ValueError("this stands in a message")
        case _:
            assert_never(field)


def _options(
    options: Iterable[Shown], chosen: Iterable[str] = (), letters: bool = False
) -> list[Json]:
    given = frozenset(chosen)
    made: list[Json] = []
    for one in options:
        text = word("text_of", letter=one.letter.upper(), text=one.text) if letters else one.text
        made.append({"label": on_one_line(text, OPTION) or one.letter, "value": one.letter})
        if one.letter in given:
            made[-1]["default"] = True
    return made


def answers(components: Iterable[Mapping[str, Any]]) -> Raw:
    """What a modal came back with."""
    given: dict[str, str | tuple[str, ...]] = {}
    for outer in components:
        for one in (outer.get("component"), *outer.get("components", ())):
            if not one or not str(one.get("custom_id", "")).startswith(_FIELD):
                continue
            value = one.get("values") if "values" in one else one.get("value")
            field = str(one["custom_id"]).removeprefix(_FIELD)
            given[field] = tuple(map(str, value)) if isinstance(value, list) else str(value or "")
    return given


# -- forms that stand in a message ----------------------------------------------------------------

Draft: TypeAlias = Mapping[tuple[str, str], tuple[str, ...]]
"""What was chosen so far: by field and place the letters."""


def draft_key(pick: Pick) -> str:
    """Under which name a choice is kept."""
    return f"{pick.field}:{pick.place}"


def draft_of(kept: Mapping[str, str]) -> Draft:
    """What `draft_key` and `kept_letters` kept."""
    draft = {}
    for key, letters in kept.items():
        field, _, place = key.rpartition(":")
        draft[field, place] = tuple(msgspec.json.decode(letters, type=list[str]))
    return draft


def kept_letters(letters: Iterable[str]) -> str:
    """Letters as they are kept in a draft."""
    return msgspec.json.encode(list(letters)).decode()


def answers_so_far(draft: Draft) -> Raw:
    """The draft as the answers of a form; what was not chosen is empty."""
    given: dict[str, str | tuple[str, ...]] = {}
    numbered: dict[str, dict[int, str]] = {}
    for (field, place), letters in draft.items():
        if place == "-":
            given[field] = letters[0] if letters else ""
        elif place == "*":
            given[field] = letters
        else:
            numbered.setdefault(field, {})[int(place)] = letters[0] if letters else ""
    for field, places in numbered.items():
        given[field] = tuple(places.get(n, "") for n in range(max(places) + 1))
    return given


def turn(form: Form, draft: Draft) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    """The fields that are locked, and those whose turn it is.

    Only a form with linked fields locks any: what is answered is locked when the next one shows.
    """
    if not asked.linked(form.fields):
        return (), form.fields
    locked: list[Field] = []
    while True:
        due = asked.due(form.fields, {field.id for field in locked})
        if not due or not all((f.id, "-") in draft for f in due):
            return tuple(locked), due
        locked += due


def fullest(form: Form) -> Draft:
    """The draft with which most is locked: the longest text chosen of all that is linked."""
    linked = [field for field in form.fields if isinstance(field, asked.ChoiceField)]
    return {
        (field.id, "-"): (max(field.options, key=lambda one: len(one.text)).letter,)
        for field in linked
    }


def standing(
    form: Form,
    draft: Draft,
    drawing: Drawing,
    errors: Sequence[FieldError] = (),
    *,
    brief: bool = False,
) -> list[Json]:
    """What comes below the prompt: what is locked, a select for each choice, and [Send answer].

    `brief`: of what is locked only the beginning, because there is no room for all of it.
    """
    locked, due = turn(form, draft)
    wrong = {error.field: error for error in errors}
    made: list[Json] = []
    if locked:
        said = "\n".join(_said(f, draft, LOCKED if brief else None) for f in locked)
        made.append({"type": TEXT, "content": said})
    for field in due:
        error = wrong.get(field.id)
        made += _field(form.control.id, field, draft)
        if error is not None:
            made.append({"type": TEXT, "content": drawing.words(error.words)})
    more = len(locked) + len(due) < len(form.fields)
    label = word("lock_in") if more else form.control.label or word("send_answer")
    send = {
        "type": BUTTON,
        "style": 1,
        "label": on_one_line(label, LABEL),
        "custom_id": f"s:k:{form.control.id}",
    }
    return [*made, row([send])]


def _said(field: Field, draft: Draft, most: int | None) -> str:
    options = field.options if isinstance(field, asked.ChoiceField) else ()
    chosen = draft.get((field.id, "-"), ())
    text = ", ".join(one.text for one in options if one.letter in chosen)
    label = field.label if most is None else on_one_line(field.label, most)
    line = Drawing().line
    return word("locked", label=line((Text(label),)), text=line((Text(text),)))


def _field(control: str, field: Field, draft: Draft) -> list[Json]:
    label = Drawing().line((Text(field.label),)).strip()
    heard: list[Json] = [{"type": TEXT, "content": f"**{label}**"}] if label else []

    def select(place: str, placeholder: str, options: Sequence[Shown], most: int = 1) -> Json:
        chosen = draft.get((field.id, place), ())
        lettered = isinstance(field, asked.OrderField | asked.MatchField)
        return row(
            [
                {
                    "type": SELECT,
                    "custom_id": f"s:d:{control}:{field.id}:{place}",
                    "placeholder": on_one_line(placeholder, 150),
                    "min_values": 1,
                    "max_values": most,
                    "options": _options(options, chosen, lettered),
                }
            ]
        )

    match field:
        case asked.ChoiceField(_, _, options):
            return [*heard, select("-", word("choose"), options)]
        case asked.ChoicesField(_, _, options):
            return [*heard, select("*", word("choose_several"), options, len(options))]
        case asked.OrderField(_, _, items):
            last = len(items) - 1
            named = {0: word("place_first"), last: word("place_last")}
            return [
                *heard,
                *(
                    select(str(n), named.get(n, word("place", number=n + 1)), items)
                    for n in range(len(items))
                ),
            ]
        case asked.MatchField(_, _, items, options):
            made = heard
            for n, item in enumerate(items):
                made.append({"type": TEXT, "content": Drawing().line((Text(item),)) or "…"})
                made.append(
                    select(str(n), word("choose_for", item=on_one_line(item, 100)), options)
                )
            return made
        case asked.NumberField() | asked.TextField():
            raise ValueError("what is typed needs a form that opens")
        case _:
            assert_never(field)


def fields_shown(custom_ids: Iterable[str]) -> frozenset[str]:
    """The fields that a message asks for."""
    return frozenset(pick[2] for one in custom_ids if (pick := _PICK.fullmatch(one)))
