"""A Document becomes pieces of a Discord message: texts and pictures, in their order.

Knows no request. Invariant: nothing of the tree is dropped; what Discord can't show stands there
in words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from adapters import pictures
from adapters.discord.markdown import Inlines, code_block
from adapters.discord.words import word
from lessons.columns import in_columns
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
    Text,
)

ALT: Final = 1_024
"""So many characters may describe a picture."""

TABLE_WIDTH: Final = 46
"""A wider table breaks its lines on a phone; its rows are then told one by one."""

_HEADING: Final = re.compile(r"#{1,3} ")


@dataclass(frozen=True, slots=True)
class Words:
    """Markdown of one or more blocks; `alone` is what Discord reads at the start of a line only."""

    text: str
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Image(pictures.Image):
    """A picture to upload."""

    @property
    def description(self) -> str:
        """What Discord tells those who do not see it."""
        return self.told(ALT, _goes_on)[0]

    @property
    def rest(self) -> str:
        """What of the alt text did not fit into the description; it stands below the picture."""
        return self.told(ALT, _goes_on)[1]


def _goes_on(alt: str) -> str:
    return word("alt_goes_on", alt=alt)


Piece: TypeAlias = Words | Image


class Drawing:
    """How documents are written; `inlines` knows the ids of commands."""

    def __init__(self, inlines: Inlines | None = None) -> None:
        self._inlines = inlines or Inlines()

    def pieces(self, document: Document) -> list[Piece]:
        """The document in its order; texts that follow one another are one."""
        return _joined(piece for block in document.blocks for piece in self._block(block, ""))

    def line(self, content: Iterable[Inline]) -> str:
        """Words on their own."""
        return self._inlines.line(content)

    def words(self, document: Document) -> str:
        """All of it as text, pictures by their alt text."""
        return "\n\n".join(in_words(piece) for piece in self.pieces(document))

    def _block(self, block: Block, indent: str) -> list[Piece]:
        match block:
            case Paragraph(content):
                return [Words(self.line(content))]
            case Heading(level, content):
                return [Words(_heading(level, self.line(content)))]
            case Listing(items, start):
                return self._listing(items, start, indent)
            case Quote(blocks):
                inner = _joined(p for one in blocks for p in self._block(one, ""))
                return [Words(_quoted(p.text), True) if isinstance(p, Words) else p for p in inner]
            case Code(text, language):
                return [Words(code_block(text, language), True)]
            case Table(header, rows):
                table = self.table(header, rows)
                return [Words(table, alone=table.startswith("```"))]
            case Picture(path, alt):
                return [Image("image", path, alt)]
            case Plot(digest, alt):
                return [Image("figure", digest, alt)]
            case Maths(tex):
                return [Image("maths", tex, tex)]
            case Rule():
                return [Words("⎯⎯⎯")]
            case _:
                assert_never(block)

    def _listing(
        self, items: Sequence[Sequence[Block]], start: int | None, indent: str
    ) -> list[Piece]:
        """Each item on its lines; pictures, quotes and code interrupt the list."""
        pieces: list[Piece] = []
        lines = ""
        for number, item in enumerate(items):
            sign = "-" if start is None else f"{start + number}."
            parts = (p for block in item for p in self._block(block, indent + "  "))
            first = True
            for piece in _joined(parts, in_list=True) or [Words("")]:
                if isinstance(piece, Words) and not piece.alone:
                    text = _hanging(piece.text, sign if first else "")
                    lines = f"{lines}\n{text}" if lines else text
                else:
                    if first:
                        lines = f"{lines}\n{sign} " if lines else f"{sign} "
                    pieces += [Words(lines), piece] if lines.strip() else [piece]
                    lines = ""
                first = False
        return [*pieces, Words(lines)] if lines else pieces

    def table(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> str:
        """In columns if it is narrow, else each row as lines "heading: cell"."""
        told = in_columns(header, rows, TABLE_WIDTH)
        if told is not None and "`" not in told:
            return code_block(told)
        return self.records(header, rows)

    def records(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> str:
        """The table as a list with a line for each cell."""
        heads = [self.line(cell).replace("\n", " ") for cell in header]
        if not rows:
            return " · ".join(f"**{head}**" if head.strip() else head for head in heads)
        told = []
        for row in rows:
            lines = []
            for place, cell in enumerate(row):
                head = heads[place] if place < len(heads) else ""
                said = self.line(cell).replace("\n", " ")
                lines.append(f"**{head}**: {said}" if head.strip() else said)
            told.append("- " + "\n  ".join(lines))
        return "\n".join(told)


def in_words(piece: Piece) -> str:
    """A piece as text: what stands there if its picture can't be had."""
    match piece:
        case Words(text):
            return text
        case Image("maths", what):
            return code_block(what)
        case Image(_, _, alt):
            return word("alt", alt=Inlines().line((Text(alt),)))
        case _:
            assert_never(piece)


def below(image: Image) -> str:
    """The small print below a picture: what of its alt text found no room."""
    return f"-# {' '.join(Inlines().line((Text(image.rest),)).split())}" if image.rest else ""


def _heading(level: int, line: str) -> str:
    words = " ".join(line.split())
    return f"{'#' * min(level + 1, 3)} {words}" if level <= 2 else f"**{words}**"


def _joined(pieces: Iterable[Piece], *, in_list: bool = False) -> list[Piece]:
    """Neighbouring texts as one; a blank line between paragraphs, none after a heading.

    None within a list either, which a blank line would end.
    """
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if (
            isinstance(piece, Words)
            and isinstance(before, Words)
            and (piece.alone == before.alone or not in_list)
        ):
            room = "\n" if in_list else _between(before.text, piece.text)
            text = f"{before.text}{room}{piece.text}"
            joined[-1] = Words(text, piece.alone)
        else:
            joined.append(piece)
    return joined


def _between(above: str, text: str) -> str:
    """Discord leaves room by itself below headings, and around lists and code."""
    last = above.rpartition("\n")[2]
    return "\n" if _HEADING.match(last) or _HEADING.match(text) else "\n\n"


def _hanging(text: str, sign: str) -> str:
    """The lines of an item, below its sign."""
    room = " " * max(len(sign) + 1, 2)
    lines = text.split("\n")
    first = f"{sign} {lines[0]}" if sign else f"{room}{lines[0]}"
    return "\n".join([first, *(f"  {line}" if line else "" for line in lines[1:])])


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.split("\n"))
