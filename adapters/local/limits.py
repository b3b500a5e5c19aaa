"""What fits in one message of a platform on this machine.

Knows no screen and no page. Invariant: a part of what fits, fits: the measure is a sum over the
pieces.
"""

from __future__ import annotations

from typing import Final, assert_never

from lessons.document import (
    Block,
    ChannelName,
    Code,
    CodeSpan,
    CommandName,
    Document,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    Listing,
    Maths,
    MemberName,
    Moment,
    Paragraph,
    Picture,
    Plot,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    walk,
)

CHARACTERS: Final = 6_000
"""About three screens: more than that nobody reads in one go."""

BLOCKS: Final = 80
MOMENT: Final = 20  # "Mon 5 Oct 17:00" and a little


def fits(document: Document) -> bool:
    """Whether the words and blocks of this go into one message."""
    blocks = tuple(walk(document.blocks))
    return len(blocks) <= BLOCKS and sum(map(_own, blocks)) <= CHARACTERS


def _own(block: Block) -> int:
    """The characters of a block; blocks within it are counted by themselves."""
    match block:
        case Paragraph(content) | Heading(_, content):
            return _letters(content)
        case Code(text, _) | Maths(text):
            return len(text)
        case Table(header, rows):
            return sum(_letters(cell) for row in (header, *rows) for cell in row)
        case Picture(path, alt):
            return len(path) + len(alt)
        case Plot(_, alt):
            return len(alt)
        case Listing(items, _):
            return len(items)
        case Quote() | Rule():
            return 1
        case _:
            assert_never(block)


def _letters(content: tuple[Inline, ...]) -> int:
    return sum(map(_width, content))


def _width(piece: Inline) -> int:
    match piece:
        case Text(text) | CodeSpan(text):
            return len(text)
        case Strong(content) | Emphasis(content):
            return _letters(content)
        case Link(content, url):
            # Always with the address, shown or not: half a link must not weigh more than the whole.
            return _letters(content) + len(url)
        case LineBreak():
            return 1
        case Moment():
            return MOMENT
        case MemberName(name) | ChannelName(name) | CommandName(name):
            return len(name)
        case _:
            assert_never(piece)
