"""The command table as Discord's slash commands, and what is typed as words of the table.

Knows no service. Invariant: every command of the table is registered, with every option, and is
registered again only when what is registered would change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import discord

from adapters.discord import limits
from adapters.discord.limits import Json
from adapters.port import Shelf
from lessons.actions import Typed
from lessons.commands import COMMANDS, Command, Completes, Option
from lessons.letters import on_one_line
from lessons.timetable import Weekday
from lessons.wording.phrase import LANGUAGES, label

SUGGESTIONS: Final = limits.SUGGESTIONS

SUB, STRING, USER, CHANNEL, ROLE = 1, 3, 6, 7, 8
"""Types of options."""

_PICKED: Final[Mapping[Completes, int]] = {"channel": CHANNEL, "role": ROLE, "member": USER}
"""Discord lets one pick these, and tells their ids."""

IN_SERVERS: Final = 0
POSTABLE: Final = [0, 5, 15]

_LOCALES: Final[Mapping[str, tuple[str, ...]]] = {
    "de": ("de",),
    "es": ("es-ES", "es-419"),
    "fr": ("fr",),
    "it": ("it",),
    "nl": ("nl",),
    "pt": ("pt-BR",),
    "sv": ("sv-SE",),
    "zh": ("zh-CN",),
}
"""By the language of a wording, what Discord calls it where that differs or is several."""


def payload(commands: Sequence[Command] = COMMANDS) -> list[Json]:
    """What is registered: a command for each group, with the table's commands below it."""
    groups: dict[str, list[Command]] = {}
    for command in commands:
        groups.setdefault(command.group, []).append(command)
    return [_group(name, members) for name, members in groups.items()]


def _group(name: str, members: Sequence[Command]) -> Json:
    made: Json = {
        "name": name,
        "type": 1,
        **_described(f"group_{name}"),
        "contexts": [IN_SERVERS],
        "integration_types": [0],
        "options": [_command(command) for command in members],
    }
    if all(command.moderators_only for command in members):
        # A default that admins can change; every moderator's control is checked again.
        made["default_member_permissions"] = discord.Permissions(manage_guild=True).value
    return made


def _command(command: Command) -> Json:
    options = sorted(command.options, key=lambda option: not option.required)
    return {
        "name": command.name,
        "type": SUB,
        **_described(f"command_{command.group}_{command.name}"),
        "options": [_option(option) for option in options],
    }


def _option(option: Option) -> Json:
    made: Json = {
        "name": option.name,
        "type": _PICKED.get(option.completes, STRING),
        **_described(f"option_{option.name}"),
        "required": option.required,
    }
    if option.completes == "channel":
        made["channel_types"] = POSTABLE
    elif fixed := _fixed(option.completes):
        made["choices"] = fixed
    elif option.completes in ("chapter", "series", "time", "zone"):
        made["autocomplete"] = True
    return made


def _fixed(completes: Completes) -> list[Json]:
    if completes == "weekday":
        days = [day.name.lower() for day in Weekday]
        return [{**_told("name", f"day_choice_{day}"), "value": day} for day in days]
    if completes == "mode":
        modes = ("timed", "hand")
        return [{**_told("name", f"mode_choice_{mode}"), "value": mode} for mode in modes]
    return []


def _described(key: str) -> Json:
    return _told("description", key)


def _told(what: str, key: str) -> Json:
    """Words in English, and in every other language that there are words in."""
    said: Json = {what: on_one_line(label("en", key), 100)}
    others = {
        locale: on_one_line(label(language, key), 100)
        for language in LANGUAGES
        if language != "en"
        for locale in _LOCALES.get(language, (language,))
    }
    return {**said, f"{what}_localizations": others} if others else said


def fingerprint(commands: Sequence[Json]) -> str:
    """Changes exactly when what is registered would."""
    return hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()


# -- registering ----------------------------------------------------------------------------------


async def register(client: discord.Client, shelf: Shelf) -> dict[str, str]:
    """Register what changed; returns the commands' ids by path. Raises discord.HTTPException.

    Discord allows 200 new commands a day, so nothing is sent for an unchanged table.
    """
    wanted = payload()
    application = client.application_id or 0
    print_of_it = f"{application}:{fingerprint(wanted)}"
    if await shelf.get("commands") != print_of_it:
        told = await client.http.bulk_upsert_global_commands(application, wanted)
        ids = {str(one["name"]): str(one["id"]) for one in told}
        await shelf.put("command_ids", json.dumps(ids))
        await shelf.put("commands", print_of_it)
    return await registered(shelf)


async def registered(shelf: Shelf) -> dict[str, str]:
    """The ids of the commands that were registered last, by path."""
    ids = json.loads(await shelf.get("command_ids") or "{}")
    return {one.path: ids[one.group] for one in COMMANDS if one.group in ids}


# -- what is typed --------------------------------------------------------------------------------


def typed(given: Mapping[str, Any]) -> Typed:
    """The command of an interaction, with its options by name."""
    name, options = _below(given)
    told = {str(one["name"]): str(one["value"]) for one in options if "value" in one}
    return Typed(str(given.get("name", "")), name, (), told)


def being_typed(given: Mapping[str, Any]) -> tuple[Typed, str, str]:
    """The command so far, the option that is being typed, and what stands there."""
    _, options = _below(given)
    for one in options:
        if one.get("focused"):
            whole = typed(given)
            others = {n: v for n, v in whole.options.items() if n != one["name"]}
            begun = Typed(whole.group, whole.name, (), others)
            return begun, str(one["name"]), str(one.get("value", ""))
    return typed(given), "", ""


def _below(given: Mapping[str, Any]) -> tuple[str, Iterable[Mapping[str, Any]]]:
    for one in given.get("options", ()):
        if one.get("type") == SUB:
            return str(one["name"]), one.get("options", ())
    return "", ()
