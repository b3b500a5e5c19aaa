"""A Document becomes pieces of a Slack message or view: headings, rich text, pictures, rules.

Knows no request. Invariant: nothing of the tree is dropped; what Slack can't show stands there in
words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from typing import Final, TypeAlias, assert_never

from adapters import pictures
from adapters.slack.markdown import Inlines, Json, text, words_of
from adapters.slack.words import word
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
    Strong,
    Table,
    Text,
    plain_inline,
)

HEADER: Final = 150
ALT: Final = 2_000
"""So many characters may describe a picture."""

TABLE_WIDTH: Final = 60
"""A wider table breaks its lines in a narrow window; its rows are then told one by one."""

DEEPEST: Final = 5
"""So deep may a list be indented."""


@dataclass(frozen=True, slots=True)
class Head:
    """A heading, plain words."""

    text: str


@dataclass(frozen=True, slots=True)
class Rich:
    """Parts of one rich text: sections, lists, quotes and code.

    `leads`: it ends with a heading, and what follows stands right below that.
    """

    parts: tuple[Json, ...]
    leads: bool = False


@dataclass(frozen=True, slots=True)
class Image(pictures.Image):
    """A picture to upload."""

    @property
    def description(self) -> str:
        """What Slack tells those who do not see it. Never empty."""
        return self.told(ALT, _goes_on)[0] or word("picture")

    @property
    def rest(self) -> str:
        """What of the alt text did not fit into the description; it stands below the picture."""
        return self.told(ALT, _goes_on)[1]


def _goes_on(alt: str) -> str:
    return word("alt_goes_on", alt=alt)


@dataclass(frozen=True, slots=True)
class Line:
    """A rule across."""


Piece: TypeAlias = Head | Rich | Image | Line


class Drawing:
    """How documents are drawn; `private`: for one person alone."""

    def __init__(self, *, private: bool = False) -> None:
        self._inlines = Inlines(private=private)

    def pieces(self, document: Document) -> list[Piece]:
        """The document in its order."""
        return _joined(piece for block in document.blocks for piece in self._block(block, 0))

    def _block(self, block: Block, indent: int) -> list[Piece]:
        match block:
            case Paragraph(content):
                # A line in bold alone is a small heading, as wordings write them.
                leads = len(content) == 1 and isinstance(content[0], Strong)
                return [Rich((section(self._inlines.line(content)),), leads)]
            case Heading(level, content):
                return self._heading(level, content)
            case Listing(items, start):
                return self._listing(items, start, indent)
            case Quote(blocks):
                return self._quote(blocks)
            case Code(code, _):
                return _rich(preformatted(code))
            case Table(header, rows):
                return _rich(*self.table(header, rows))
            case Picture(path, alt):
                return [Image("image", path, alt)]
            case Plot(digest, alt):
                return [Image("figure", digest, alt)]
            case Maths(tex):
                return [Image("maths", tex, tex)]
            case Rule():
                return [Line()]
            case _:
                assert_never(block)

    def _heading(self, level: int, content: Sequence[Inline]) -> list[Piece]:
        words = " ".join(plain_inline(tuple(content)).split())
        if level <= 2 and len(words) <= HEADER and all(map(is_plain, content)):
            return [Head(words)] if words else []
        return [Rich((section(self._inlines.line((Strong(tuple(content)),))),), leads=True)]

    def _listing(
        self, items: Sequence[Sequence[Block]], start: int | None, indent: int
    ) -> list[Piece]:
        """Items as a list of Slack's; what can't stand in one interrupts it.

        Slack counts every list from 1, so numbers are written out where that would be wrong.
        """
        simple = all(isinstance(block, Paragraph) for item in items for block in item)
        if start == 1 and simple:
            told = [section(self._lines(item)) for item in items]
            return _rich(_list("ordered", told, indent)) if told else []
        return [
            piece
            for number, item in enumerate(items, start=start or 1)
            for piece in self._item(item, "" if start is None else f"{number}. ", indent)
        ]

    def _lines(self, item: Sequence[Block]) -> list[Json]:
        """The paragraphs at the start of an item, each on a line of its own."""
        begun = takewhile(lambda block: isinstance(block, Paragraph), item)
        lines = [self._inlines.line(b.content) for b in begun if isinstance(b, Paragraph)]
        return _between(lines, "\n")

    def _item(self, item: Sequence[Block], sign: str, indent: int) -> list[Piece]:
        first = section([*text(sign), *self._lines(item)])
        others = dropwhile(lambda block: isinstance(block, Paragraph), item)
        inner = [piece for block in others for piece in self._block(block, indent + 1)]
        return [*_rich(first if sign else _list("bullet", [first], indent)), *inner]

    def _quote(self, blocks: Sequence[Block]) -> list[Piece]:
        """Slack quotes words only; a list or code in a quote is told in its lines."""
        pieces = _joined(piece for block in blocks for piece in self._block(block, 0))
        made: list[Piece] = []
        for piece in pieces:
            match piece:
                case Rich(parts):
                    told = _between([list(_told(part)) for part in parts], "\n\n")
                    made += _rich({"type": "rich_text_quote", "elements": told}) if told else []
                case Head(words):
                    quoted = text(words, ("bold",))
                    made += _rich({"type": "rich_text_quote", "elements": quoted})
                case _:
                    made.append(piece)
        return made

    def table(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> list[Json]:
        """In columns if it is narrow, else each row as lines "heading: cell"."""
        told = in_columns(header, rows, TABLE_WIDTH)
        if told is not None:
            return [preformatted(told)]
        return self.records(header, rows)

    def records(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> list[Json]:
        """The table as a list with a line for each cell."""
        if not rows:
            heads = [self._inlines.line((Strong(cell),)) for cell in header]
            return [section(_between(heads, " · "))]
        told = []
        for row in rows:
            lines = []
            for place, cell in enumerate(row):
                head = header[place] if place < len(header) else ()
                named = [*self._inlines.line((Strong(head),)), *text(": ")] if head else []
                lines.append([*named, *self._inlines.line(cell)])
            told.append(section(_between(lines, "\n")))
        return [_list("bullet", told, 0)]


# -- parts of rich text ---------------------------------------------------------------------------


def section(elements: Sequence[Json]) -> Json:
    """A paragraph. Slack wants something in it."""
    return {"type": "rich_text_section", "elements": list(elements) or text(" ")}


def preformatted(code: str) -> Json:
    """Lines as they are."""
    return {"type": "rich_text_preformatted", "elements": text(code.rstrip("\n") or " ")}


def _list(style: str, items: Sequence[Json], indent: int) -> Json:
    made: Json = {"type": "rich_text_list", "style": style, "elements": list(items)}
    return {**made, "indent": min(indent, DEEPEST)} if indent else made


def _rich(*parts: Json) -> list[Piece]:
    return [Rich(parts)]


def _between(lines: Iterable[Sequence[Json]], room: str) -> list[Json]:
    """Lines as one, with that between them."""
    made: list[Json] = []
    for line in lines:
        made += [*(text(room) if made else []), *line]
    return made


def _told(part: Json) -> Iterator[Json]:
    """A part of rich text as the elements of a quote, which has no parts."""
    if part["type"] != "rich_text_list":
        code = part["type"] == "rich_text_preformatted"
        for one in part["elements"]:
            yield {**one, "style": {"code": True}} if code and one["text"].strip() else one
        return
    for number, item in enumerate(part["elements"], start=1):
        sign = f"{number}. " if part["style"] == "ordered" else "• "
        room = "    " * int(part.get("indent", 0))
        yield from text(("\n" if number > 1 else "") + room + sign)
        yield from item["elements"]


def _joined(pieces: Iterable[Piece], *, apart: bool = True) -> list[Piece]:
    """Rich texts that follow one another are one, and so are paragraphs and lists in them.

    `apart`: a paragraph after anything else begins a text of its own, for Slack leaves room there.
    """
    joined: list[Piece] = []
    for piece in pieces:
        before = joined[-1] if joined else None
        if not isinstance(piece, Rich) or not isinstance(before, Rich):
            joined.append(piece)
            continue
        last, first = before.parts[-1], piece.parts[0]
        if first["type"] == last["type"] == "rich_text_section":
            room = text("\n" if before.leads else "\n\n")
            both = section([*last["elements"], *room, *first["elements"]])
            joined[-1] = Rich((*before.parts[:-1], both, *piece.parts[1:]), piece.leads)
        elif _same_list(last, first):
            both = {**last, "elements": [*last["elements"], *first["elements"]]}
            joined[-1] = Rich((*before.parts[:-1], both, *piece.parts[1:]))
        elif apart and first["type"] == "rich_text_section":
            joined.append(piece)
        else:
            joined[-1] = Rich((*before.parts, *piece.parts), piece.leads)
    return joined


def _same_list(one: Json, other: Json) -> bool:
    """Whether the one goes on with the other. Numbered ones are made whole."""
    bullets = (one.get("style"), other.get("style")) == ("bullet", "bullet")
    return bullets and one.get("indent", 0) == other.get("indent", 0)


def is_plain(piece: Inline) -> bool:
    """Whether this is words and nothing to follow, to press or to work out."""
    return isinstance(piece, Text | Strong) and (
        isinstance(piece, Text) or all(map(is_plain, piece.content))
    )


# -- as text --------------------------------------------------------------------------------------


def in_words(piece: Piece, said: Callable[[Json], str] = words_of) -> str:
    """A piece as text; of a picture its description. `said` tells an element of rich text."""
    match piece:
        case Rich(parts):
            return "\n".join("".join(map(said, _told(part))) for part in parts)
        case Head(words):
            told = words
        case Image("maths", what):
            told = what
        case Image(_, _, alt):
            told = word("alt", alt=alt.strip() or word("picture"))
        case Line():
            told = ""
        case _:
            assert_never(piece)
    return said({"type": "text", "text": told})


def instead(image: Image) -> Rich:
    """What stands there if a picture can't be had."""
    if image.source == "maths":
        return Rich((preformatted(image.what),))
    return Rich((section(text(in_words(image))),))


def dense(pieces: Iterable[Piece], pictures: int) -> list[Piece]:
    """The same in as few blocks as it takes: headings and rules as words, and of the pictures all
    but the first so many as their descriptions."""
    made: list[Piece] = []
    for piece in pieces:
        match piece:
            case Head(words):
                made += _rich(section(text(words, ("bold",))))
            case Line():
                made += _rich(section(text("⎯⎯⎯")))
            case Image():
                pictures -= 1
                made.append(piece if pictures >= 0 else instead(piece))
            case _:
                made.append(piece)
    return _joined(made, apart=False)
