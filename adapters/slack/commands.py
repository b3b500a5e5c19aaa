"""The command table as what is typed in Slack, and as a menu and small forms for who'd rather not.

Knows no service. Invariant: every command of the table is in the menu, once, with a field for each
of its options that Slack can ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from adapters.port import Suggestion
from adapters.slack.controls import INPUT, actions, button, plain
from adapters.slack.limits import INPUT_LABEL, OPTION, OPTIONS, PLACEHOLDER
from adapters.slack.markdown import Json, escaped, is_group, text, typed
from adapters.slack.render import section
from adapters.slack.words import word
from lessons.actions import Typed
from lessons.commands import COMMANDS, Command, Option, command_of, understand
from lessons.timetable import Weekday
from lessons.wording.phrase import label

CHOSEN: Final = re.compile(r"s:m:([a-z]+):([a-z-]+)")
MODERATORS: Final = "s:m:moderators:menu"
MEMBERS: Final = "s:m:members:menu"

ASKED: Final = ("chapter", "series")
"""What is offered as the service suggests it."""

UNASKED: Final = ("role",)
"""Slack has no field for a user group; it can be typed."""

_BLOCK: Final = "o:"


# -- what is typed --------------------------------------------------------------------------------


def of_line(command: str, words: str) -> Typed | None:
    """What was typed after a slash command; None if nothing was.

    An option may be named, as in "role:@readers"; the others fill the rest in their order.
    """
    name, *rest = [*typed(words).split(), ""]
    group = command.removeprefix("/")
    meant = command_of(group, name)
    names = {option.name for option in meant.options} if meant else set()
    given, others = {}, []
    for one in filter(None, rest):
        option, colon, value = one.partition(":")
        if colon and option in names:
            given[option] = value
        else:
            others.append(one)
    return Typed(group, name, tuple(others), given) if name else None


def refused_group(line: Typed) -> bool:
    """Whether a group was named that Slack does not know as one: nobody would be told."""
    role = getattr(understand(line), "role", "")
    return bool(role) and not is_group(role)


# -- the menu -------------------------------------------------------------------------------------


def menu(*, moderators: bool) -> list[Json]:
    """Every command with what it does, and a button that does it."""
    group = "series" if moderators else "study"
    blocks: list[Json] = [_words(word("menu_intro"))]
    for command in COMMANDS:
        if command.group == group:
            blocks.append(_entry(command))
    here, other = (MEMBERS, "menu_members") if moderators else (MODERATORS, "menu_moderators")
    return [*blocks, {"type": "divider"}, *actions([button(word(other), here)])]


def _entry(command: Command) -> Json:
    described = _described(command)
    go = button(word("menu_go"), f"s:m:{command.group}:{command.name}")
    said = f"{escaped(described)}\n`{command.path}`"
    return {
        "type": "section",
        "text": {"type": "mrkdwn", "text": said, "verbatim": True},
        "accessory": {**go, "accessibility_label": described[:75]},
    }


def _described(command: Command) -> str:
    """What a command does, as a line of its own."""
    return _as_a_line(label("en", f"command_{command.group}_{command.name}"))


def _as_a_line(words: str) -> str:
    return words[:1].upper() + words[1:]


def _words(words: str) -> Json:
    return {"type": "rich_text", "elements": [section(text(words))]}


# -- a form for a command's options ---------------------------------------------------------------


def asks(command: Command) -> list[Option]:
    """The options that a form asks for."""
    return [option for option in command.options if option.completes not in UNASKED]


def form(
    command: Command,
    offered: Mapping[str, Sequence[Suggestion]],
    zone: str = "",
    *,
    here: bool = True,
) -> list[Json]:
    """A field for each option. `offered` has by option's name what may be chosen.

    `here`: it was asked for in a channel, which need not be named. A shortcut stands in none.
    """
    return [
        _words(_described(command)),
        *(
            _field(option, offered.get(option.name, ()), zone, needed=_is_needed(option, here))
            for option in asks(command)
        ),
    ]


def _is_needed(option: Option, here: bool) -> bool:
    return option.required or (option.completes == "channel" and not here)


def _field(option: Option, offered: Sequence[Suggestion], zone: str, *, needed: bool) -> Json:
    """Slack itself says of one that may be left empty that it is optional."""
    return {
        "type": "input",
        "block_id": f"{_BLOCK}{option.name}",
        "label": plain(_label(option), INPUT_LABEL),
        "optional": not needed,
        "element": {**_element(option, offered, zone), "action_id": INPUT},
    }


def _label(option: Option) -> str:
    """What a field asks for. Slack knows no forums, so of a channel it is said in its own words."""
    if option.completes == "channel":
        return word("channel")
    return _as_a_line(label("en", f"option_{option.name}"))


def _element(option: Option, offered: Sequence[Suggestion], zone: str) -> Json:
    match option.completes:
        case "channel":
            return {
                "type": "conversations_select",
                "filter": {"include": ["public", "private"]},
                "default_to_current_conversation": not option.required,
            }
        case "member":
            return {"type": "users_select"}
        case "time":
            return {"type": "timepicker"}
        case "weekday":
            days = [day.name.lower() for day in Weekday]
            return _select([Suggestion(label("en", f"day_choice_{day}"), day) for day in days])
        case "mode":
            modes = ("timed", "hand")
            return _select([Suggestion(label("en", f"mode_choice_{one}"), one) for one in modes])
        case _ if offered:
            return _select(offered)
        case _:
            element: Json = {"type": "plain_text_input", "max_length": 200}
            if option.completes == "zone" and zone:
                element["initial_value"] = zone
            return element


def _select(offered: Iterable[Suggestion]) -> Json:
    options = [
        {"text": plain(one.label, OPTION), "value": one.value} for one in list(offered)[:OPTIONS]
    ]
    placeholder = plain(word("choose"), PLACEHOLDER)
    return {"type": "static_select", "options": options, "placeholder": placeholder}


def filled(command: Command, state: Mapping[str, Any]) -> Typed:
    """What a form was sent with; empty fields say nothing."""
    given = {}
    for option in asks(command):
        element = (state.get(f"{_BLOCK}{option.name}") or {}).get(INPUT) or {}
        value = (
            (element.get("selected_option") or {}).get("value")
            or element.get("selected_conversation")
            or element.get("selected_user")
            or element.get("selected_time")
            or element.get("value")
        )
        if isinstance(value, str) and value.strip():
            given[option.name] = value.strip()
    return Typed(command.group, command.name, (), given)
