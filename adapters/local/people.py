"""Who sits in a study hall on this machine, where nobody has an account.

Knows no platform. Invariant: whoever moderates is one of the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lessons.actions import Typed
from lessons.commands import by_name, command_of

PEOPLE: Final[Mapping[str, str]] = {
    "mia": "Mia",
    "ada": "Ada",
    "ben": "Ben",
    "chi": "Chi",
    "dan": "Dan",
    "eve": "Eve",
}
"""Mia moderates, and the other five are enough for a vote to be shown."""

MODERATORS: Final = frozenset({"mia"})


def by_id(typed: Typed, people: Mapping[str, str]) -> Typed:
    """The same command, with the id of a person whom it names as they are called.

    Two people of one name are told apart by their ids alone.
    """
    command = command_of(typed.group, typed.name)
    given = None if command is None else by_name(command, typed)
    if command is None or given is None:
        return typed
    named = {
        option.name: _id_of(given[option.name], people)
        for option in command.options
        if option.completes == "member" and given.get(option.name)
    }
    return replace(typed, words=(), options={**given, **named}) if named else typed


def _id_of(given: str, people: Mapping[str, str]) -> str:
    name = given.strip().removeprefix("@")
    called = [person for person, known in people.items() if known.casefold() == name.casefold()]
    return called[0] if len(called) == 1 and name not in people else name
