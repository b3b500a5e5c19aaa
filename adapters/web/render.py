"""A Document becomes HTML: one element per block, escaped by construction.

Knows no request and no person. Invariant: nothing of the tree is dropped, and nothing in it is
read as markup or as a script's address.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final, assert_never

import htpy as h
from htpy import Element, Node

from adapters.web.words import word
from lessons import document as tree
from lessons.document import Block, Document, Inline

WIDTH: Final = 660
"""Pixels; every figure is drawn this wide."""

TOP: Final = 3
"""The level of a message's first heading: above it are the page's and its part's."""

SAFE: Final = ("https://", "http://", "mailto:")

_STEERING: Final = frozenset({"Cc", "Cs", "Co"})
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def harmless(text: str) -> str:
    """The text without characters that steer a screen or turn the direction of what follows."""
    return "".join("�" if char in _TURNING or _steers(char) else char for char in text)


def _steers(char: str) -> bool:
    return unicodedata.category(char) in _STEERING and char not in "\n\t"


def one_line(text: str) -> str:
    """Harmless, and on one line: for a label or a title."""
    return " ".join(harmless(text).split())


class Drawing:
    """How the page draws trees: zones and names by lookup, pictures by address.

    `maths` is told every formula and gives the address of its picture.
    """

    def __init__(
        self,
        zone: Callable[[str], tzinfo | None],
        *,
        names: Mapping[str, str] = MappingProxyType({}),
        maths: Callable[[str], str] = lambda tex: "",
    ) -> None:
        self._zone = zone
        self._names = names
        self._maths = maths

    # -- blocks -----------------------------------------------------------------------------------

    def document(self, document: Document) -> Node:
        """All blocks; the highest heading gets level `TOP`."""
        levels = [b.level for b in tree.walk(document.blocks) if isinstance(b, tree.Heading)]
        down = TOP - min(levels, default=TOP)
        return [self.block(block, down) for block in document.blocks]

    def block(self, block: Block, down: int = 0) -> Node:
        """One block; `down` moves headings to where they belong on the page."""
        match block:
            case tree.Paragraph(content):
                return h.p[self.inline(content)]
            case tree.Heading(level, content):
                return _heading(level + down)[self.inline(content)]
            case tree.Listing(items, start):
                return self._listing(items, start, down)
            case tree.Quote(blocks):
                return h.blockquote[[self.block(one, down) for one in blocks]]
            case tree.Code(text, language):
                return h.pre(tabindex="0", role="region", aria_label=_code(language))[
                    h.code[harmless(text)]
                ]
            case tree.Table(header, rows):
                return self._table(header, rows)
            case tree.Picture(path, alt):
                return picture(f"/images/{path}", alt)
            case tree.Plot(digest, alt):
                return picture(f"/pictures/{digest}.png", alt, wide=True)
            case tree.Maths(tex):
                source = self._maths(tex)
                words = harmless(tex)
                shown = h.img(src=source, alt=words) if source else h.code[words]
                return h.p(".maths")[shown]
            case tree.Rule():
                return h.hr
            case _:
                assert_never(block)

    def _listing(self, items: Sequence[Sequence[Block]], start: int | None, down: int) -> Element:
        lines = [h.li[self._item(item, down)] for item in items]
        if start is None:
            return h.ul[lines]
        return h.ol(start=start if start != 1 else None)[lines]

    def _item(self, item: Sequence[Block], down: int) -> Node:
        """A line of a list is not a paragraph of its own unless more stands in it."""
        match item:
            case (tree.Paragraph(content),):
                return self.inline(content)
            case _:
                return [self.block(one, down) for one in item]

    def _table(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> Element:
        return h.div(".table", tabindex="0", role="region", aria_label=word("table"))[
            h.table[
                h.thead[h.tr[[h.th(scope="col")[self.inline(cell)] for cell in header]]],
                h.tbody[[h.tr[[h.td[self.inline(cell)] for cell in row]] for row in rows]],
            ]
        ]

    # -- inlines ----------------------------------------------------------------------------------

    def inline(self, content: Iterable[Inline]) -> Node:
        """Words with their emphasis."""
        return [self._inline(piece) for piece in content]

    def _inline(self, piece: Inline) -> Node:
        match piece:
            case tree.Text(text):
                return harmless(text)
            case tree.Strong(content):
                return h.strong[self.inline(content)]
            case tree.Emphasis(content):
                return h.em[self.inline(content)]
            case tree.CodeSpan(text):
                return h.code[harmless(text)]
            case tree.Link(content, url):
                if not url.lower().startswith(SAFE):
                    return [self.inline(content), f" ({one_line(url)})"]
                return h.a(href=url, rel="noopener noreferrer", target="_blank")[
                    self.inline(content)
                ]
            case tree.LineBreak():
                return h.br
            case tree.Moment(at_ms, zone):
                return self.moment(at_ms, zone)
            case tree.MemberName(member):
                return h.bdi(".name")[f"@{one_line(self._names.get(member, member))}"]
            case tree.ChannelName(channel):
                return h.bdi(".name")[f"#{one_line(channel)}"]
            case tree.CommandName(name):
                return h.kbd[one_line(name)]
            case _:
                assert_never(piece)

    def moment(self, at_ms: int, zone: str, *, readers: bool = False) -> Element:
        """ "Mon 5 Oct 17:00", in that zone if it is known, else in UTC and saying so.

        `readers`: the page's script shows it in the reader's own zone instead.
        """
        known = self._zone(zone)
        at = datetime.fromtimestamp(at_ms / 1000, known or UTC)
        told = f"{at:%a} {at.day} {at:%b %H:%M}"
        instant = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
        return h.time(
            {"class": "readers" if readers else None},
            datetime=instant,
            title=one_line(zone) if known and not readers else None,
        )[told if known is not None else f"{told} UTC"]


def picture(source: str, alt: str, *, wide: bool = False) -> Element:
    """A picture, and what it shows in words for everybody who wants them."""
    words = harmless(alt)
    return h.figure[
        h.img(src=source, alt=words, width=WIDTH if wide else None, decoding="async"),
        h.details(".alt")[h.summary[word("alt")], h.p[words]],
    ]


def _heading(level: int) -> Element:
    return (h.h1, h.h2, h.h3, h.h4, h.h5, h.h6)[min(max(level, 1), 6) - 1]


def _code(language: str) -> str:
    return word("code_in", language=one_line(language)) if language else word("code")
