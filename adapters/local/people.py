"""Who sits in a study hall on this machine, where nobody has an account.

Knows no platform. Invariant: whoever moderates is one of the people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from lessons.actions import Typed
from lessons.commands import command_of

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
    if command is None or [option.completes for option in command.options] != ["member"]:
        return typed
    (option,) = command.options
    given = typed.options.get(option.name, " ".join(typed.words)).strip().removeprefix("@")
    if not given:
        return typed
    called = [person for person, name in people.items() if name.casefold() == given.casefold()]
    person = called[0] if len(called) == 1 and given not in people else given
    return replace(typed, words=(), options={**typed.options, option.name: person})
