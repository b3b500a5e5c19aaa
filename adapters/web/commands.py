"""The command table as buttons and small forms: the same commands as everywhere.

Knows no service. Invariant: every command of the table is on the page, once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

import htpy as h
from htpy import Element, Node

from adapters.web import controls
from adapters.web.render import one_line
from adapters.web.words import word
from lessons.actions import Typed
from lessons.commands import COMMANDS, Command, Option
from lessons.timetable import Weekday
from lessons.wording.phrase import label

OPTION: Final = "option."

START: Final = next(one for one in COMMANDS if one.path == "/series start")

FIRST: Final = ("next", "lesson", "challenge", "progress")
"""What a member looks for every week; the others come after it."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to choose from; people by their ids."""

    channels: Sequence[str]
    people: Mapping[str, str]


def week() -> Node:
    """A button for each of the members' commands."""
    members = [command for command in COMMANDS if command.group == "study"]
    order = {name: place for place, name in enumerate(FIRST)}
    members.sort(key=lambda command: order.get(command.name, len(FIRST)))
    return [_button(command, primary=command.name == FIRST[0]) for command in members]


def _button(command: Command, *, primary: bool = False) -> Element:
    return h.button(
        {"class": "primary" if primary else None},
        form=controls.ACT,
        name="typed",
        value=f"{command.group} {command.name}",
        title=_explained(command),
    )[word(f"{command.group}_{command.name}")]


def _explained(command: Command) -> str:
    return label("en", f"command_{command.group}_{command.name}")


def line(here: str, token: str) -> Element:
    """Every command as it is typed elsewhere."""
    return h.form(".command-line", method="post", action=f"{here}/act", autocomplete="off")[
        h.input(type="hidden", name="token", value=token),
        h.label(".hidden", for_="command")[word("command")],
        h.input(
            type="text",
            id="command",
            name="typed",
            placeholder=word("command"),
            list="commands",
            maxlength="300",
        ),
        h.datalist(id="commands")[[h.option(value=one.path) for one in COMMANDS]],
        h.button[word("command_go")],
    ]


def start(here: str, token: str, known: Known) -> Element:
    """The form that proposes a start; nothing happens before it is confirmed."""
    return h.div(".start")[
        h.h4[word("panel_start")],
        _form(START, here, token, known, button="panel_dates", primary=True),
    ]


def moderation(here: str, token: str, known: Known, *, started: bool) -> Node:
    """Every command for moderators, with a field for each option; a start where none is offered."""
    lines: list[Node] = []
    for command in COMMANDS:
        if command.moderators_only and (started or command is not START):
            name = f"{command.group}_{command.name}"
            lines.append(
                h.div(".command")[
                    h.p[h.strong[word(name)], " ", h.small[_explained(command)]],
                    _form(command, here, token, known, button=name),
                ]
            )
    return lines


def _form(
    command: Command,
    here: str,
    token: str,
    known: Known,
    *,
    button: str,
    primary: bool = False,
) -> Element:
    name = f"{command.group}-{command.name}-{button}"
    return h.form(".command-form", method="post", action=f"{here}/act", autocomplete="off")[
        h.input(type="hidden", name="token", value=token),
        h.input(type="hidden", name="typed", value=f"{command.group} {command.name}"),
        [
            _option(option, f"{name}-{option.name}", known)
            for option in command.options
            if option.completes != "role"  # nobody has one here
        ],
        h.button({"class": "primary" if primary else None})[word(button)],
    ]


def _option(option: Option, name: str, known: Known) -> Element:
    shown = word(f"option_{option.name}")
    return h.div(".option")[h.label(for_=name)[shown], _input(option, name, known)]


def _input(option: Option, name: str, known: Known) -> Node:
    field = OPTION + option.name
    match option.completes:
        case "weekday":
            return h.select(name=field, id=name)[
                [h.option(value=day.name.lower())[day.name.title()] for day in Weekday]
            ]
        case "mode":
            return h.select(name=field, id=name)[
                [h.option(value=mode)[word(f"mode_{mode}")] for mode in ("timed", "hand")]
            ]
        case "time":
            return h.input(type="time", name=field, id=name, value="17:00")
        case "zone":
            return h.input(
                {"class": "zone"}, type="text", name=field, id=name, placeholder="Europe/Berlin"
            )
        case "channel":
            return h.select(name=field, id=name)[
                None if option.required else h.option(value="")[word("here")],
                [h.option(value=channel)[f"#{one_line(channel)}"] for channel in known.channels],
            ]
        case "member":
            return h.select(name=field, id=name)[
                None if option.required else h.option(value="")[word("nobody_new")],
                [
                    h.option(value=person)[one_line(called)]
                    for person, called in known.people.items()
                ],
            ]
        case "chapter" | "series" | "text" | "role":
            return h.input(
                type="text",
                name=field,
                id=name,
                required=option.required,
                placeholder=None if option.required else word("as_usual"),
            )
        case _:
            assert_never(option.completes)


def typed(line: str, posted: Sequence[tuple[str, str]]) -> Typed:
    """What a button, a form of these or a typed line stands for; empty fields say nothing."""
    group, name, *words = [*line.strip().removeprefix("/").split(), "", ""]
    return Typed(group, name, tuple(filter(None, words)), dict(_options(posted)))


def _options(posted: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for field, value in posted:
        if field.startswith(OPTION) and value.strip():
            yield field.removeprefix(OPTION), value.strip()
