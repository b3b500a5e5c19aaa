"""A Document in parts that each fit a message: cuts the tree, never a string.

Knows no platform: an adapter says what fits, by its own rules (`adapters.port.Adapter.fits`).
Invariant: every part fits, and the parts in order say all that the whole said, once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, assert_never

from lessons.bisection import most
from lessons.document import (
    Block,
    Code,
    Document,
    Heading,
    Inline,
    Listing,
    Maths,
    Paragraph,
    Picture,
    Plot,
    Quote,
    Rule,
    Table,
)
from lessons.inline_cut import halve
from lessons.letters import boundaries

Fits: TypeAlias = Callable[[Document], bool]
"""Whether a document goes into one message. A part of what fits must fit as well."""

Blocks: TypeAlias = tuple[Block, ...]
Row: TypeAlias = tuple[tuple[Inline, ...], ...]


class DoesNotFit(Exception):
    """A block that is too big for a message and cannot be cut, such as a picture."""

    def __init__(self, block: Block) -> None:
        super().__init__(f"a {type(block).__name__} does not fit into one message")
        self.block = block


def split(document: Document, fits: Fits) -> tuple[Document, ...]:
    """The document in as few parts as it takes when each is filled before the next begins.

    What fits comes back whole, as the only part. Cuts lie between blocks where they can: a
    block is cut only if it is too big for a message of its own. Then

    - a list is cut between items, its numbers go on, and an item that is cut keeps its number;
    - a table is cut between rows, with its header in each part;
    - a text is cut after a sentence, else between words, else between letters, and its
      formatting goes on; the white space at the cut is gone;
    - code is cut after a line, else between letters. Not a byte is lost: a piece that ends
      with a line keeps its line end, so the pieces' texts joined are the code.

    A heading is not left behind at the end of a part if it can go with what follows it.
    `fits` is asked O(n log n) times for n characters, with documents about the size of a part.

    Raises DoesNotFit for a block that cannot be cut any smaller.
    """
    if not document.blocks or fits(document):
        return (document,)
    parts: list[Document] = []
    rest = document.blocks
    while rest:
        cut = _fill(rest, lambda blocks: fits(Document(blocks)))
        if cut is None:
            raise DoesNotFit(rest[0])
        head, rest = cut
        parts.append(Document(head))
    return tuple(parts)


# -- blocks -----------------------------------------------------------------------------------


def _fill(blocks: Blocks, room: Callable[[Blocks], bool]) -> tuple[Blocks, Blocks] | None:
    """The most of these blocks that there is room for, and the rest; None if there is none."""
    whole = most(len(blocks), lambda count: room(blocks[:count]))
    if whole == len(blocks):
        return blocks, ()
    keep = whole
    while keep and isinstance(blocks[keep - 1], Heading):
        keep -= 1
    if keep:
        return blocks[:keep], blocks[keep:]

    # Nothing but headings, if anything, goes in whole: they take a piece of the next block along.
    before, block, after = blocks[:whole], blocks[whole], blocks[whole + 1 :]
    pieces = _halve(block, lambda piece: room((*before, piece)))
    if pieces is not None:
        return (*before, pieces[0]), (pieces[1], *after)
    return (before, blocks[whole:]) if whole else None


def _halve(block: Block, room: Callable[[Block], bool]) -> tuple[Block, Block] | None:
    """The biggest piece of a block that there is room for, and the rest; None if there is none."""
    match block:
        case Paragraph(content):
            texts = halve(content, lambda piece: room(Paragraph(piece)))
            return (Paragraph(texts[0]), Paragraph(texts[1])) if texts else None
        case Heading(level, content):
            texts = halve(content, lambda piece: room(Heading(level, piece)))
            return (Heading(level, texts[0]), Heading(level, texts[1])) if texts else None
        case Listing():
            return _halve_listing(block, room)
        case Quote(blocks):
            cut = _fill(blocks, lambda head: room(Quote(head)))
            return (Quote(cut[0]), Quote(cut[1])) if cut and cut[1] else None
        case Code():
            return _halve_code(block, room)
        case Table():
            return _halve_table(block, room)
        case Picture() | Plot() | Maths() | Rule():
            return None
        case _:
            assert_never(block)


def _halve_listing(
    listing: Listing, room: Callable[[Block], bool]
) -> tuple[Listing, Listing] | None:
    items, start = listing.items, listing.start
    whole = most(len(items), lambda count: room(Listing(items[:count], start)))
    if whole == len(items):
        return None
    if whole:
        go_on = None if start is None else start + whole
        return Listing(items[:whole], start), Listing(items[whole:], go_on)
    cut = _fill(items[0], lambda head: room(Listing((head,), start))) if items else None
    if not cut or not cut[1]:
        return None
    return Listing((cut[0],), start), Listing((cut[1], *items[1:]), start)


def _halve_code(code: Code, room: Callable[[Block], bool]) -> tuple[Code, Code] | None:
    text, language = code.text, code.language
    reach = most(len(text) - 1, lambda at: room(Code(text[:at], language)))
    if not reach:
        return None
    line_end = text.rfind("\n", 0, reach) + 1
    letters = [at for at in boundaries(text[: reach + 1]) if at <= reach]
    at = line_end or (letters[-1] if letters else reach)
    return Code(text[:at], language), Code(text[at:], language)


def _halve_table(table: Table, room: Callable[[Block], bool]) -> tuple[Table, Table] | None:
    header, rows = table.header, table.rows
    whole = most(len(rows), lambda count: room(Table(header, rows[:count])))
    if whole == len(rows):
        return None
    if whole:
        return Table(header, rows[:whole]), Table(header, rows[whole:])
    cut = _halve_row(rows[0], lambda row: room(Table(header, (row,)))) if rows else None
    if cut is None:
        return None
    return Table(header, (cut[0],)), Table(header, (cut[1], *rows[1:]))


def _halve_row(row: Row, room: Callable[[Row], bool]) -> tuple[Row, Row] | None:
    """A row too big for a message as two: what is in one of them is an empty cell in the other."""
    blank: Row = ((),) * len(row)
    whole = most(len(row), lambda count: room(row[:count] + blank[count:]))
    if whole == len(row):
        return None
    if any(row[:whole]):
        return row[:whole] + blank[whole:], blank[:whole] + row[whole:]
    later = whole + 1
    texts = halve(row[whole], lambda piece: room((*blank[:whole], piece, *blank[later:])))
    if texts is None:
        return None
    return (*blank[:whole], texts[0], *blank[later:]), (*blank[:whole], texts[1], *row[later:])
