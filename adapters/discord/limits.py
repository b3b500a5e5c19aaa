"""What Discord takes in one message or form, and what of a document fits into it.

Knows no request. Invariant: a part of what fits, fits: the measure is a sum over the pieces.
Sources: Discord's developer documentation (components, messages, modals); the 10,170 bytes are
from reports of other developers, and are kept with a reserve.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from adapters.discord.markdown import Inlines
from adapters.discord.render import TABLE_WIDTH, Drawing, Image, Words, in_words
from lessons.document import Document, Table, walk

Json: TypeAlias = dict[str, Any]

CHARACTERS: Final = 4_000
BYTES: Final = 10_170
BYTES_A_TEXT: Final = 12
COMPONENTS: Final = 40
FILES: Final = 10
ALT: Final = 1_024
LABEL: Final = 80
OPTION: Final = 100
OPTIONS: Final = 25
CUSTOM_ID: Final = 100
ROW: Final = 5
MODAL_TITLE: Final = 45
MODAL_FIELDS: Final = 5
MODAL_LABEL: Final = 45
MODAL_DESCRIPTION: Final = 100
CHOICES: Final = 10
THREAD_NAME: Final = 100
SUGGESTIONS: Final = 25

# What a document may take; the rest is for buttons, the names in them and the ping.
OWN_CHARACTERS: Final = 3_600
OWN_BYTES: Final = 9_400
OWN_PIECES: Final = 12
COMMAND_ID: Final = 24
"""A command that is known is written with its id: so much longer than its name."""


class Measured(Inlines):
    """Writes every command as long as it can become."""

    def __init__(self) -> None:
        super().__init__(_AnyCommand())


class _AnyCommand(Mapping[str, str]):
    def __getitem__(self, name: str) -> str:
        return "0" * COMMAND_ID

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def fits(document: Document) -> bool:
    """Whether the words, pictures and blocks of this go into one message, controls and all."""
    if sum(1 for _ in walk(document.blocks)) > 4 * OWN_CHARACTERS:
        return False
    pieces = Drawing(Measured()).pieces(document)
    if len(pieces) > OWN_PIECES or sum(isinstance(p, Image) for p in pieces) > FILES:
        return False
    texts = [in_words(piece) for piece in pieces]
    tables = sum(map(_as_any_table, (b for b in walk(document.blocks) if isinstance(b, Table))))
    characters = sum(map(len, texts)) + tables
    size = sum(len(text.encode()) + BYTES_A_TEXT for text in texts) + 3 * tables
    return characters <= OWN_CHARACTERS and size <= OWN_BYTES


def _as_any_table(table: Table) -> int:
    """A table is drawn in columns or told in lines, whichever suits: it counts as both."""
    drawing = Drawing(Measured())
    columns = (TABLE_WIDTH + 1) * (len(table.rows) + 2)
    return columns + len(drawing.records(table.header, table.rows))


# -- what goes out --------------------------------------------------------------------------------


def check(body: Mapping[str, Any]) -> list[str]:
    """What is too much in a message; empty if it can go out."""
    components = list(everything(body.get("components", ())))
    texts = [str(one["content"]) for one in components if one["type"] == 10]
    faults = []
    if not components:
        faults.append("there is nothing in it")
    if len(components) > COMPONENTS:
        faults.append(f"{len(components)} components, {COMPONENTS} are allowed")
    if (characters := sum(map(len, texts))) > CHARACTERS:
        faults.append(f"{characters} characters, {CHARACTERS} are allowed")
    if (size := sum(len(t.encode()) + BYTES_A_TEXT for t in texts)) > BYTES:
        faults.append(f"{size} bytes of text, {BYTES} are allowed")
    faults += [fault for one in components for fault in _of_one(one)]
    ids = [str(one["custom_id"]) for one in components if "custom_id" in one]
    if len(ids) != len(set(ids)):
        faults.append("two components have the same custom_id")
    if len(body.get("attachments", ())) > FILES:
        faults.append(f"more than {FILES} files")
    return faults


def _of_one(one: Mapping[str, Any]) -> Iterator[str]:
    match one["type"]:
        case 1:
            if not 1 <= len(one["components"]) <= ROW:
                yield f"a row of {len(one['components'])}"
        case 2:
            if not 1 <= len(one.get("label", "")) <= LABEL:
                yield f'the label "{one.get("label", "")}"'
        case 3:
            if not 1 <= len(one["options"]) <= OPTIONS:
                yield f"{len(one['options'])} options"
            if any(not 1 <= len(option["label"]) <= OPTION for option in one["options"]):
                yield "an option's label"
        case 10:
            if not one["content"].strip():
                yield "an empty text"
        case 12:
            for item in one["items"]:
                if len(item.get("description") or "") > ALT:
                    yield "an alt text that is too long"
        case _:
            pass
    if len(one.get("custom_id", "")) > CUSTOM_ID:
        yield "a custom_id that is too long"


def everything(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """All components, nested ones too."""
    for one in components:
        yield one
        yield from everything(one.get("components", ()))
        if "component" in one:
            yield from everything((one["component"],))
        if "accessory" in one:
            yield from everything((one["accessory"],))


def words_of(pieces: Sequence[Words | Image]) -> str:
    """The pieces as one text."""
    return "\n\n".join(in_words(piece) for piece in pieces)
