"""What only one person sees: the answers to what they pressed, newest first, kept over restarts.

Knows no HTML and no service. Invariant: an entry's `rev` is higher whenever it reads differently.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import msgspec

from lessons.fields import Raw
from lessons.posts import FieldError, Form, Part

MOST: Final = 12
"""Older entries fall off: whatever they led to is a button away."""


class Opened(msgspec.Struct, frozen=True, omit_defaults=True):
    """A form that lies open in an entry, and what has been given so far.

    `opener` is the control that opened it. What is `locked` can't be changed any more.
    """

    form: Form
    opener: str
    values: Raw = MappingProxyType({})
    locked: Raw = MappingProxyType({})
    errors: tuple[FieldError, ...] = ()


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer. `rev` counts the changes of the whole pane, so it also orders its entries."""

    id: str
    part: Part
    rev: int
    at_ms: int
    opened: Opened | None = None


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pane as it lies on the shelf. `away` are letters that were put away."""

    entries: tuple[Entry, ...] = ()
    rev: int = 0
    numbers: int = 0
    away: tuple[str, ...] = ()


_decoder = msgspec.json.Decoder(Kept)


@dataclass(slots=True)
class Pane:
    """The entries of one person."""

    entries: dict[str, Entry] = field(default_factory=dict)
    rev: int = 0
    numbers: int = 0
    away: tuple[str, ...] = ()

    @classmethod
    def decode(cls, text: str) -> Pane:
        """The pane that `encode` made. Raises msgspec.ValidationError."""
        kept = _decoder.decode(text)
        return cls({one.id: one for one in kept.entries}, kept.rev, kept.numbers, kept.away)

    def encode(self) -> str:
        """The pane as JSON."""
        kept = Kept(tuple(self.entries.values()), self.rev, self.numbers, self.away)
        return msgspec.json.encode(kept).decode()

    def newest_first(self) -> tuple[Entry, ...]:
        """All entries in the order in which they are shown."""
        return tuple(sorted(self.entries.values(), key=lambda one: -one.rev))

    def new_id(self) -> str:
        """The id of an entry to come."""
        self.numbers += 1
        return f"p{self.numbers}"

    def put(self, name: str, part: Part, at_ms: int, opened: Opened | None = None) -> Entry:
        """The entry of that name says this now, and stands first; the oldest may fall off."""
        self.rev += 1
        entry = Entry(name, part, self.rev, at_ms, opened)
        self.entries[name] = entry
        for old in self.newest_first()[MOST:]:
            del self.entries[old.id]
        return entry

    def open(self, name: str, opened: Opened | None) -> None:
        """A form lies open in an entry now, or none."""
        if name in self.entries:
            self.rev += 1
            before = self.entries[name]
            self.entries[name] = msgspec.structs.replace(before, opened=opened, rev=self.rev)

    def put_away(self, name: str) -> None:
        """The entry, or the letter of that name, is shown no more."""
        self.rev += 1
        if self.entries.pop(name, None) is None:
            self.away = (*self.away, name)[-200:]


def without_figures(form: Form) -> Form:
    """The form as it is kept: its pictures are known by their digests."""
    return Form(form.control, form.title, form.intro, form.fields)
