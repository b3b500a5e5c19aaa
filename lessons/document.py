"""The closed tree that every text for people becomes, and that every renderer must cover.

Knows no platform and no Markdown; `lessons.markdown` makes it, adapters draw it.
Invariant: a Document survives a trip through JSON unchanged (`encode`, `decode`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeAlias, assert_never

import msgspec


class Node(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """A piece of the tree; subclasses are tagged with their name in JSON."""


# -- inline -----------------------------------------------------------------------------------


class Text(Node, frozen=True):
    text: str


class Strong(Node, frozen=True):
    content: tuple[Inline, ...]


class Emphasis(Node, frozen=True):
    content: tuple[Inline, ...]


class CodeSpan(Node, frozen=True):
    text: str


class Link(Node, frozen=True):
    content: tuple[Inline, ...]
    url: str


class LineBreak(Node, frozen=True):
    """A hard break; soft breaks of the source are spaces."""


class Moment(Node, frozen=True):
    """An instant that each platform shows in the reader's own way. Milliseconds since 1970, UTC."""

    at_ms: int
    zone: str = "UTC"


class MemberName(Node, frozen=True):
    """A member, shown by the name the platform knows now; names are never stored."""

    member: str


class ChannelName(Node, frozen=True):
    """A channel, shown by the name the platform knows now."""

    channel: str


class CommandName(Node, frozen=True):
    """A command such as `/study next`, shown the way the platform shows commands."""

    name: str


Inline: TypeAlias = (
    Text
    | Strong
    | Emphasis
    | CodeSpan
    | Link
    | LineBreak
    | Moment
    | MemberName
    | ChannelName
    | CommandName
)


# -- blocks -----------------------------------------------------------------------------------


class Paragraph(Node, frozen=True):
    content: tuple[Inline, ...]


class Heading(Node, frozen=True):
    level: int
    content: tuple[Inline, ...]


class Listing(Node, frozen=True):
    """Bullets, or a numbered list when `start` is set."""

    items: tuple[tuple[Block, ...], ...]
    start: int | None = None


class Quote(Node, frozen=True):
    blocks: tuple[Block, ...]


class Code(Node, frozen=True):
    text: str
    language: str = ""


class Table(Node, frozen=True):
    header: tuple[tuple[Inline, ...], ...]
    rows: tuple[tuple[tuple[Inline, ...], ...], ...]


class Picture(Node, frozen=True):
    """A picture file of the series; `path` is relative to the series' folder."""

    path: str
    alt: str


class Plot(Node, frozen=True):
    """A Figure that the store holds under `digest`; `alt` is made from its numbers."""

    digest: str
    alt: str


class Maths(Node, frozen=True):
    """Display mathematics; the TeX source is also its text alternative."""

    tex: str


class Rule(Node, frozen=True):
    """A thematic break."""


Block: TypeAlias = (
    Paragraph | Heading | Listing | Quote | Code | Table | Picture | Plot | Maths | Rule
)


class Document(Node, frozen=True):
    blocks: tuple[Block, ...] = ()

    def __add__(self, other: Document) -> Document:
        return Document(self.blocks + other.blocks)


_decoder = msgspec.json.Decoder(Document)


def encode(document: Document) -> str:
    """The document as JSON text, the form in which it is frozen into the ledger."""
    return msgspec.json.encode(document).decode()


def decode(text: str) -> Document:
    """The inverse of `encode`. Raises msgspec.ValidationError if the text is no document."""
    return _decoder.decode(text)


def paragraph(*content: Inline | str) -> Document:
    """A document of one paragraph; plain strings become Text."""
    return Document((Paragraph(inlines(*content)),))


def inlines(*content: Inline | str) -> tuple[Inline, ...]:
    """Plain strings become Text, everything else stays."""
    return tuple(Text(piece) if isinstance(piece, str) else piece for piece in content)


def plain_inline(content: tuple[Inline, ...]) -> str:
    """The words alone: what a screen reader or a notification gets."""
    return "".join(_words(piece) for piece in content)


def _words(piece: Inline) -> str:
    match piece:
        case Text(text) | CodeSpan(text):
            return text
        case Strong(content) | Emphasis(content):
            return plain_inline(content)
        case Link(content, url):
            words = plain_inline(content)
            return words if words == url else f"{words} ({url})"
        case LineBreak():
            return "\n"
        case Moment(at_ms, _):
            return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
        case MemberName(member):
            return f"@{member}"
        case ChannelName(channel):
            return f"#{channel}"
        case CommandName(name):
            return name
        case _:
            assert_never(piece)


def plain(document: Document) -> str:
    """The document's words with a blank line between blocks; pictures give their alt text."""
    return "\n\n".join(_plain_block(block) for block in document.blocks)


def _plain_block(block: Block) -> str:
    match block:
        case Paragraph(content) | Heading(_, content):
            return plain_inline(content)
        case Listing(items, start):
            return "\n".join(
                f"{'-' if start is None else f'{start + number}.'} {plain(Document(item))}"
                for number, item in enumerate(items)
            )
        case Quote(blocks):
            return plain(Document(blocks))
        case Code(text, _) | Maths(text):
            return text
        case Table(header, rows):
            return "\n".join(
                " | ".join(plain_inline(cell) for cell in row) for row in (header, *rows)
            )
        case Picture(_, alt) | Plot(_, alt):
            return alt
        case Rule():
            return "---"
        case _:
            assert_never(block)


def walk(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Every block, depth first, in reading order."""
    for block in blocks:
        yield block
        match block:
            case Listing(items, _):
                for item in items:
                    yield from walk(item)
            case Quote(inner):
                yield from walk(inner)
            case _:
                pass
