"""The tree drawn for a terminal: every block and inline, posts, replies and forms.

Knows no service. Invariant: nothing that stands in a text can steer the terminal or be read as
markup, and nothing is told by colour alone.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final, assert_never

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule as Line
from rich.table import Table as Grid
from rich.text import Text as Words

from adapters.terminal.plots import draw
from adapters.terminal.words import word
from lessons import document as tree
from lessons import fields as asked
from lessons.document import Block, Document, Inline
from lessons.fields import Field
from lessons.figure import Figure
from lessons.posts import Control, Form

STEERING: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Control and format characters, escape sequences and turned writing among them, and line ends
that a terminal does not know as such."""

KEPT: Final = frozenset("\n\t\u200d\u200c")
INVISIBLE: Final = frozenset("\u00ad\u200b\u2060\ufeff")
"""Hints where a line may break: nothing is lost without them."""


def harmless(text: str) -> str:
    """The text without characters that steer a terminal or turn the direction of writing."""
    return "".join(
        "�" if unicodedata.category(char) in STEERING and char not in KEPT else char
        for char in text
        if char not in INVISIBLE
    )


def one_line(text: str) -> str:
    """Harmless, and on one line: for a label or a title."""
    return " ".join(harmless(text).split())


class Drawing:
    """How one reader sees things: the figures at hand, zones by name, the width, people's names.

    A figure of which the digest is in `above` stands on the screen already and is only named.
    """

    def __init__(
        self,
        figures: Mapping[str, Figure],
        zone: Callable[[str], tzinfo | None],
        width: int,
        *,
        names: Mapping[str, str] = MappingProxyType({}),
        plain: bool = False,
        above: frozenset[str] = frozenset(),
    ) -> None:
        self._figures = figures
        self._zone = zone
        self._width = width
        self._names = names
        self._plain = plain
        self._above = above

    # -- blocks -----------------------------------------------------------------------------------

    def document(self, document: Document) -> RenderableType:
        """All blocks below each other, with an empty line between them."""
        return self._blocks(document.blocks)

    def _blocks(self, blocks: Sequence[Block]) -> RenderableType:
        drawn: list[RenderableType] = []
        for block in blocks:
            if drawn:
                drawn.append(Words(""))
            drawn.append(self.block(block))
        return Group(*drawn)

    def block(self, block: Block) -> RenderableType:
        """One block."""
        match block:
            case tree.Paragraph(content):
                return self.inline(content)
            case tree.Heading(level, content):
                words = self.inline(content)
                words.stylize("bold" if level > 2 else "bold underline")
                return words
            case tree.Listing(items, start):
                return self._listing(items, start)
            case tree.Quote(blocks):
                return Padding(self._blocks(blocks), (0, 0, 0, 4))
            case tree.Code(text, _):
                return Padding(Words(harmless(text.removesuffix("\n")), "cyan"), (0, 0, 0, 4))
            case tree.Table(header, rows):
                return self._table(header, rows)
            case tree.Picture(path, alt):
                where = Words(f"[{word('picture', path=one_line(path))}]")
                return Group(where, self._alt(alt))
            case tree.Plot(digest, alt):
                return self._plot(digest, alt)
            case tree.Maths(tex):
                return Padding(Words(harmless(tex), style="italic"), (0, 0, 0, 4))
            case tree.Rule():
                return Line(style="dim", characters="-" if self._plain else "─")
            case _:
                assert_never(block)

    def _listing(self, items: Sequence[Sequence[Block]], start: int | None) -> RenderableType:
        bullet = "-" if self._plain else "•"
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(justify="right", no_wrap=True)
        grid.add_column(overflow="fold")  # a long address goes on in the next line
        for number, item in enumerate(items):
            mark = bullet if start is None else f"{start + number}."
            grid.add_row(Words(f" {mark}"), self._blocks(item))
        return grid

    def _table(
        self, header: Sequence[tuple[Inline, ...]], rows: Sequence[Sequence[tuple[Inline, ...]]]
    ) -> RenderableType:
        grid = Grid(box=box.SIMPLE, pad_edge=False, show_edge=False, header_style="bold")
        for cell in header:
            grid.add_column(self.inline(cell), overflow="fold")
        for row in rows:
            grid.add_row(*(self.inline(cell) for cell in row))
        return grid

    def _plot(self, digest: str, alt: str) -> RenderableType:
        figure = self._figures.get(digest)
        if figure is None:
            return self._alt(alt)
        if digest in self._above:
            return Words(word("above", title=one_line(figure.title)), style="dim")
        lines = harmless(draw(figure, self._width, plain=self._plain))
        return Group(Words(lines, no_wrap=True), Words(""), self._alt(alt))

    def _alt(self, alt: str) -> RenderableType:
        return Words(word("alt", alt=one_line(alt)), style="dim")

    # -- inlines ----------------------------------------------------------------------------------

    def inline(self, content: Iterable[Inline]) -> Words:
        """Words with their emphasis; never read as markup."""
        words = Words()
        for piece in content:
            words.append_text(self._inline(piece))
        return words

    def _inline(self, piece: Inline) -> Words:
        match piece:
            case tree.Text(text):
                return Words(harmless(text))
            case tree.Strong(content):
                words = self.inline(content)
                words.stylize("bold")
                return words
            case tree.Emphasis(content):
                words = self.inline(content)
                words.stylize("italic")
                return words
            case tree.CodeSpan(text):
                return Words(harmless(text), style="cyan")
            case tree.Link(content, url):
                words = self.inline(content)
                shown = one_line(url)
                return words if words.plain == shown else words.append(f" <{shown}>")
            case tree.LineBreak():
                return Words("\n")
            case tree.Moment(at_ms, zone):
                return Words(self.moment(at_ms, zone), style="bold")
            case tree.MemberName(member):
                return Words(f"@{one_line(self._names.get(member, member))}")
            case tree.ChannelName(channel):
                return Words(f"#{one_line(channel)}")
            case tree.CommandName(name):
                return Words(one_line(name), style="bold cyan")
            case _:
                assert_never(piece)

    def moment(self, at_ms: int, zone: str) -> str:
        """ "Mon 5 Oct 17:00", in that zone if it is known, else in UTC and saying so."""
        known = self._zone(zone)
        at = datetime.fromtimestamp(at_ms / 1000, known or UTC)
        told = f"{at:%a} {at.day} {at:%b %H:%M}"
        return told if known is not None else f"{told} UTC"

    # -- what stands below a text -----------------------------------------------------------------

    def controls(self, controls: Sequence[Control], first: int) -> RenderableType:
        """Buttons as [number] label, as many in a line as fit."""
        shown = [f"[{first + n}] {one_line(c.label)}" for n, c in enumerate(controls)]
        lines: list[str] = []
        for one in shown:
            if lines and cell_len(lines[-1]) + cell_len(one) + 3 <= self._width:
                lines[-1] += f"   {one}"
            else:
                lines.append(one)
        return Words("\n".join(lines), style="bold")

    def form(
        self, form: Form, fields: Sequence[Field], *, more: bool = False, brief: bool = False
    ) -> RenderableType:
        """What is asked now, field by field, and how to type it; `more` comes after it.

        `brief` leaves out what the form begins with: it stands right above.
        """
        drawn: list[RenderableType] = [Words(one_line(form.title), style="bold underline")]
        if not brief:
            drawn += [Words(""), self.document(form.intro)]
        for field in fields:
            drawn += [Words(""), self._field(field)]
        drawn += [Words(""), Words(how_to_answer(fields, more=more), style="dim")]
        return Group(*drawn)

    def _field(self, field: Field) -> RenderableType:
        match field:
            case asked.ChoiceField(_, label, options, chosen=chosen):
                return self._options(label, options, chosen)
            case asked.ChoicesField(_, label, options):
                return self._options(label, options)
            case asked.OrderField(_, label, items):
                return self._options(label, items)
            case asked.MatchField(_, label, items, options):
                lines = [f"{n}. {one_line(item)}" for n, item in enumerate(items, start=1)]
                return Group(Words("\n".join(lines)), Words(""), self._options(label, options))
            case asked.NumberField(_, label):
                return Words(f"{one_line(label)}: ____")
            case asked.TextField(_, label, value):
                return Words(f"{one_line(label)}: {one_line(value) or '____'}")
            case _:
                assert_never(field)

    def _options(
        self, label: str, options: Sequence[asked.Shown], chosen: str = ""
    ) -> RenderableType:
        lines = [f"{one_line(label)}:"]
        for option in options:
            now = word("chosen_now") if option.letter == chosen else ""
            lines += textwrap.wrap(
                f"{one_line(option.text)} {now}".rstrip(),
                max(self._width - 6, 20),
                initial_indent=f"  {option.letter}  ",
                subsequent_indent="     ",
            )
        return Words("\n".join(lines))


def how_to_answer(fields: Sequence[Field], *, more: bool = False) -> str:
    """One line on how to type an answer to these fields."""
    if len(fields) > 1:
        numbers = all(isinstance(field, asked.NumberField) for field in fields)
        key = "form_numbers" if numbers else "form_lines"
    else:
        match fields[0]:
            case asked.ChoiceField():
                key = "form_letter"
            case asked.ChoicesField():
                key = "form_letters"
            case asked.OrderField():
                key = "form_order"
            case asked.MatchField():
                key = "form_match"
            case asked.NumberField() | asked.TextField():
                key = "form_one"
            case _:
                assert_never(fields[0])
    return word("form_next" if more else "form", how=word(key))


def boxed(
    content: RenderableType, title: str, width: int, *, private: bool, plain: bool
) -> RenderableType:
    """A message in its frame; private ones say for whom in words, and look different.

    A title that has no room in the frame's upper line stands below it.
    """
    named = one_line(title)
    frame = box.ASCII if plain else box.SQUARE if private else box.ROUNDED
    long = cell_len(named) > width - 6
    return Panel(
        Group(Words(named, style="bold"), Words(""), content) if long else content,
        title=None if long else Words(named),
        title_align="left",
        box=frame,
        border_style="dim" if private else "",
        padding=(0, 1),
    )
