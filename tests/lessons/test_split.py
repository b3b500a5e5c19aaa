"""What the splitter promises, on documents and measures that nobody chose by hand.

Knows no platform: its measures count characters, bytes and blocks of a plain Markdown renderer
of its own. Invariant: every property here is said in the docstring of `split`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import assert_never

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
    plain_inline,
    walk,
)
from lessons.letters import boundaries
from lessons.split import DoesNotFit, Fits, split
from tests.lessons import strategies

BOUNDED = settings(max_examples=40, deadline=None)


# -- a renderer to measure with --------------------------------------------------------------


def markdown(document: Document) -> str:
    return "\n\n".join(map(_block, document.blocks))


def _block(block: Block) -> str:
    match block:
        case Paragraph(content):
            return _inlines(content)
        case Heading(level, content):
            return "#" * level + " " + _inlines(content)
        case Listing(items, start):
            marks = (["-"] if start is None else [f"{start + n}."] for n in range(len(items)))
            return "\n".join(
                _indented(mark + " ", markdown(Document(item)))
                for (mark,), item in zip(marks, items, strict=True)
            )
        case Quote(blocks):
            return "\n".join("> " + line for line in markdown(Document(blocks)).split("\n"))
        case Code(text, language):
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}"
        case Table(header, rows):
            lines = (header, ((Text("-"),),) * len(header), *rows)
            return "\n".join("|" + "|".join(map(_inlines, line)) + "|" for line in lines)
        case Picture(path, alt):
            return f"![{alt}]({path})"
        case Plot(digest, alt):
            return f"![{alt}]({digest})"
        case Maths(tex):
            return f"$${tex}$$"
        case Rule():
            return "---"
        case _:
            assert_never(block)


def _indented(mark: str, text: str) -> str:
    return mark + text.replace("\n", "\n" + " " * len(mark))


def _inlines(content: tuple[Inline, ...]) -> str:
    return "".join(map(_inline, content))


def _inline(node: Inline) -> str:
    match node:
        case Text(text):
            return text
        case CodeSpan(text):
            return f"`{text}`"
        case Strong(content):
            return f"**{_inlines(content)}**"
        case Emphasis(content):
            return f"*{_inlines(content)}*"
        case Link(content, url):
            return f"[{_inlines(content)}]({url})"
        case LineBreak():
            return "\\\n"
        case Moment(at_ms, zone):
            return f"<t:{at_ms}:{zone}>"
        case MemberName(name) | ChannelName(name) | CommandName(name):
            return f"<{name}>"
        case _:
            assert_never(node)


# -- measures ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Limits:
    characters: int = 10**9
    utf8_bytes: int = 10**9
    blocks: int = 10**9
    pictures: int = 10**9

    def __call__(self, document: Document) -> bool:
        text = markdown(document)
        blocks = list(walk(document.blocks))
        return (
            len(text) <= self.characters
            and len(text.encode()) <= self.utf8_bytes
            and len(blocks) <= self.blocks
            and sum(isinstance(block, Picture | Plot) for block in blocks) <= self.pictures
        )


ROOMY = st.one_of(
    st.builds(Limits, characters=st.integers(60, 600)),
    st.builds(Limits, utf8_bytes=st.integers(120, 900)),
    st.builds(Limits, blocks=st.integers(3, 12), characters=st.integers(150, 2_000)),
    st.builds(Limits, pictures=st.just(1), characters=st.integers(300, 4_000)),
)
TIGHT = st.one_of(ROOMY, st.builds(Limits, characters=st.integers(1, 60)))


def parts_of(document: Document, fits: Fits) -> tuple[Document, ...]:
    """The parts; a block that cannot be cut is tested on its own, and taken out here."""
    while True:
        try:
            return split(document, fits)
        except DoesNotFit as big:
            kept = tuple(block for block in document.blocks if not _holds(block, big.block))
            assert len(kept) < len(document.blocks)
            document = Document(kept)


def _holds(block: Block, big: Block) -> bool:
    """Whether the splitter could have come to `big` from this block."""
    if block == big or type(block) is not type(big):
        return block == big
    return _letters(Document((block,))).endswith(_letters(Document((big,))))


# -- what a document says ----------------------------------------------------------------------


def _letters(document: Document) -> str:
    """All that is said but white space, numbers of lists and headers of tables."""
    return "".join(re.sub(r"\s", "", text) for text in _sayings(document.blocks))


def _sayings(blocks: tuple[Block, ...]) -> Iterator[str]:
    for block in walk(blocks):
        match block:
            case Paragraph(content) | Heading(_, content):
                yield _inlines_bare(content)
            case Code(text, _) | Maths(text):
                yield text
            case Table(_, rows):
                yield from (_inlines_bare(cell) for row in rows for cell in row)
            case Picture(name, alt) | Plot(name, alt):
                yield f"{name}{alt}"
            case Rule():
                yield "---"
            case Listing() | Quote():
                pass
            case _:
                assert_never(block)


def _inlines_bare(content: tuple[Inline, ...]) -> str:
    """The words and atoms without the signs of formatting, which both sides of a cut have."""
    bare = []
    for node in content:
        match node:
            case Strong(inner) | Emphasis(inner) | Link(inner, _):
                bare.append(_inlines_bare(inner))
            case CodeSpan(text):
                bare.append(text)
            case LineBreak():
                pass
            case _:
                bare.append(_inline(node))
    return "".join(bare)


def _codes(document: Document) -> str:
    return "".join(block.text for block in walk(document.blocks) if isinstance(block, Code))


def _formats(content: tuple[Inline, ...], around: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Every letter with the formatting around it."""
    for node in content:
        match node:
            case Strong(inner) | Emphasis(inner):
                yield from _formats(inner, around | {type(node).__name__})
            case Link(inner, url):
                yield from _formats(inner, around | {url})
            case LineBreak():
                pass
            case _:
                spoken = _inlines_bare((node,))
                kind = "code" if isinstance(node, CodeSpan) else ""
                for letter in re.sub(r"\s", "", spoken):
                    yield letter, ",".join(sorted(around | {kind}))


def _formatted(document: Document) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for block in walk(document.blocks):
        match block:
            case Paragraph(content) | Heading(_, content):
                found.extend(_formats(content, frozenset({type(block).__name__})))
            case Table(_, rows):
                for row in rows:
                    for cell in row:
                        found.extend(_formats(cell, frozenset({"cell"})))
            case _:
                pass
    return found


# -- properties --------------------------------------------------------------------------------


@BOUNDED
@given(strategies.documents(4), TIGHT)
def test_every_part_fits(document: Document, fits: Limits) -> None:
    for part in parts_of(document, fits):
        assert fits(part) or part == Document()


@BOUNDED
@given(strategies.documents(4), ROOMY)
def test_nothing_is_lost_and_the_order_is_kept(document: Document, fits: Limits) -> None:
    try:
        parts = split(document, fits)
    except DoesNotFit:
        return
    assert "".join(map(_letters, parts)) == _letters(document)
    assert [pair for part in parts for pair in _formatted(part)] == _formatted(document)


@BOUNDED
@given(strategies.code_text(), st.sampled_from(("", "python")), st.integers(12, 80))
def test_code_survives_byte_for_byte(text: str, language: str, room: int) -> None:
    document = Document((Code(text, language),))
    fits = Limits(utf8_bytes=room * 4)
    parts = split(document, fits)
    assert "".join(map(_codes, parts)) == text
    assert {code.language for part in parts for code in part.blocks if isinstance(code, Code)} == {
        language
    }


@BOUNDED
@given(strategies.documents(4), ROOMY)
def test_code_among_other_blocks_survives_byte_for_byte(document: Document, fits: Limits) -> None:
    try:
        parts = split(document, fits)
    except DoesNotFit:
        return
    assert "".join(map(_codes, parts)) == _codes(document)


@BOUNDED
@given(strategies.code_text().filter(bool), st.integers(16, 60))
def test_fences_balance_in_every_part(text: str, room: int) -> None:
    for part in split(Document((Code(text), Paragraph((Text("after"),)))), Limits(room)):
        opened = ""
        for line in markdown(part).split("\n"):
            if opened:
                opened = "" if line == opened else opened
            elif fence := re.match("`{3,}", line):
                opened = fence.group()
        assert opened == ""


@BOUNDED
@given(strategies.documents(4), TIGHT)
def test_a_part_is_not_split_again(document: Document, fits: Limits) -> None:
    for part in parts_of(document, fits):
        assert split(part, fits) == (part,)


@given(strategies.documents(3))
@settings(max_examples=40, deadline=None)
def test_what_fits_comes_back_whole(document: Document) -> None:
    assert split(document, lambda _: True) == (document,)


@BOUNDED
@given(
    st.lists(strategies.words(), min_size=1, max_size=30), st.integers(0, 200), st.integers(20, 90)
)
def test_numbers_go_on_and_a_cut_item_keeps_its_number(
    texts: list[str], start: int, room: int
) -> None:
    listing = Listing(tuple((Paragraph((Text(text),)),) for text in texts), start)
    said: dict[int, str] = {}
    for part in split(Document((listing,)), Limits(room)):
        (piece,) = part.blocks
        assert isinstance(piece, Listing)
        assert piece.start is not None
        for number, item in enumerate(piece.items, piece.start):
            said[number] = said.get(number, "") + _letters(Document(item))
    wanted = enumerate((re.sub(r"\s", "", text) for text in texts), start)
    assert said == dict(wanted)


@BOUNDED
@given(strategies.tables(), st.integers(60, 400))
def test_a_table_has_its_header_in_each_part(table: Table, room: int) -> None:
    try:
        parts = split(Document((table,)), Limits(room))
    except DoesNotFit:
        return
    for part in parts:
        (piece,) = part.blocks
        assert isinstance(piece, Table)
        assert piece.header == table.header
        assert all(len(row) == len(table.header) for row in piece.rows)


@BOUNDED
@given(strategies.documents(4), ROOMY)
def test_a_heading_goes_with_what_follows_it(document: Document, fits: Limits) -> None:
    for part, following in pairwise(parts_of(document, fits)):
        if isinstance(part.blocks[-1], Heading) and not isinstance(following.blocks[0], Heading):
            assert all(isinstance(block, Heading) for block in part.blocks)
            assert not fits(Document((*part.blocks, following.blocks[0])))


@BOUNDED
@given(strategies.documents(4), ROOMY)
def test_the_same_document_is_cut_the_same_way(document: Document, fits: Limits) -> None:
    assert parts_of(document, fits) == parts_of(document, fits)


@pytest.mark.parametrize("letters", [1_000, 10_000])
@pytest.mark.parametrize("room", [1, 7, 100])
def test_the_measure_is_asked_about_once_per_cut_and_bit(letters: int, room: int) -> None:
    asked = 0

    def fits(document: Document) -> bool:
        nonlocal asked
        asked += 1
        return len(plain_inline(document.blocks[0].content)) <= room  # type: ignore[union-attr]

    parts = split(Document((Paragraph((Text("x" * letters),)),)), fits)
    assert len(parts) == -(-letters // room)
    assert asked <= len(parts) * (2 * room.bit_length() + 8)


# -- examples ----------------------------------------------------------------------------------


def _texts(*texts: str) -> tuple[Document, ...]:
    return tuple(Document((Paragraph((Text(text),)),)) for text in texts)


@pytest.mark.parametrize(
    ("text", "room", "parts"),
    [
        ("One two. Three four. Five.", 21, ("One two. Three four.", "Five.")),
        ("One two. Three four. Five.", 15, ("One two.", "Three four.", "Five.")),
        ("See e.g. the loss of a net", 20, ("See e.g. the loss of", "a net")),
        ("Gradients vanish slowly", 12, ("Gradients", "vanish", "slowly")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("深い学習。それは網。", 5, ("深い学習。", "それは網。")),
        ("ae\u0301", 2, ("a", "e\u0301")),
        ("x\U0001f469\u200d\U0001f52cy", 3, ("x", "\U0001f469\u200d\U0001f52c", "y")),
        (
            "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7",
            3,
            ("\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7"),
        ),
        ("e" + "\u0301" * 5, 4, ("e" + "\u0301" * 3, "\u0301" * 2)),
    ],
)
def test_a_text_is_cut_after_sentences_then_words_then_letters(
    text: str, room: int, parts: tuple[str, ...]
) -> None:
    assert split(_texts(text)[0], Limits(room)) == _texts(*parts)


def test_formatting_goes_on_after_a_cut() -> None:
    inner = (Text("Read this. "), Link((Text("All of it."),), "https://x.org"))
    whole = Document((Paragraph((Strong(inner),)),))
    assert split(whole, Limits(38)) == (
        Document((Paragraph((Strong((Text("Read this."),)),)),)),
        Document((Paragraph((Strong((Link((Text("All of it."),), "https://x.org"),)),)),)),
    )


def test_a_link_that_is_cut_leads_there_on_both_sides() -> None:
    link = Paragraph((Link((Text("over there"),), "http://x"),))
    assert split(Document((link,)), Limits(18)) == (
        Document((Paragraph((Link((Text("over"),), "http://x"),)),)),
        Document((Paragraph((Link((Text("there"),), "http://x"),)),)),
    )


def test_white_space_in_a_code_span_is_not_a_place_to_cut() -> None:
    whole = Document((Paragraph((Text("so "), CodeSpan("a  b"), Text(" c"))),))
    assert split(whole, Limits(8)) == (
        Document((Paragraph((Text("so"),)),)),
        Document((Paragraph((CodeSpan("a  b"), Text(" c"))),)),
    )


def test_cuts_lie_between_blocks_where_they_can() -> None:
    first, second = _texts("Short.", "A sentence. Another one.")
    assert split(first + second, Limits(25)) == (first, second)


def test_code_is_cut_after_a_line_and_keeps_the_line_end() -> None:
    whole = Document((Code("ab\ncd\n\nefghijkl", "c"),))
    assert [part.blocks[0] for part in split(whole, Limits(13))] == [
        Code("ab\n", "c"),
        Code("cd\n\n", "c"),
        Code("efgh", "c"),
        Code("ijkl", "c"),
    ]


def test_a_heading_moves_to_the_next_part_with_its_text() -> None:
    before, after = _texts("Words before it.", "And words after it.")
    heading = Document((Heading(2, (Text("Next"),)),))
    assert split(before + heading + after, Limits(30)) == (before, heading + after)


def test_a_heading_takes_the_beginning_of_a_text_that_is_too_long() -> None:
    text = _texts("One two three. Four five six.")[0]
    heading = Document((Heading(1, (Text("Top"),)),))
    assert split(heading + text, Limits(25)) == (
        heading + _texts("One two three.")[0],
        _texts("Four five six.")[0],
    )


def test_a_long_item_is_cut_between_its_blocks_and_keeps_its_number() -> None:
    one, two, three = (Paragraph((Text(text),)) for text in ("One.", "Two.", "Three."))
    whole = Document((Listing(((one, two), (three,)), 9),))
    assert split(whole, Limits(10)) == (
        Document((Listing(((one,),), 9),)),
        Document((Listing(((two,),), 9),)),
        Document((Listing(((three,),), 10),)),
    )


def test_a_row_too_long_is_cut_between_its_cells_and_in_them() -> None:
    cells = [(Text(text),) for text in ("H", "G", "One two.", "Three four. Five six.")]
    whole = Document((Table((cells[0], cells[1]), ((cells[2], cells[3]),)),))
    rows = [part.blocks[0].rows for part in split(whole, Limits(30))]  # type: ignore[union-attr]
    assert rows == [
        (((Text("One two."),), ()),),
        (((), (Text("Three four."),)),),
        (((), (Text("Five six."),)),),
    ]


@pytest.mark.parametrize(
    "block",
    [
        Picture("images/a.png", "a long description of what one sees"),
        Plot("00", "a long description of what one sees"),
        Maths("x" * 40),
        Quote((Maths("x" * 40),)),
        Table(((Text("a header that is too long"),),), ()),
        Listing(((Picture("images/a.png", "a long description of it"),),)),
    ],
)
def test_a_block_that_cannot_be_cut_is_named(block: Block) -> None:
    with pytest.raises(DoesNotFit) as caught:
        split(Document((Rule(), block)), Limits(20))
    assert caught.value.block == block


def test_nothing_said_is_one_part() -> None:
    assert split(Document(), lambda _: False) == (Document(),)


def test_a_measure_that_is_not_even_still_gets_parts_that_fit() -> None:
    """Bigger may fit where smaller does not; nothing unmeasured leaves the splitter."""

    def odd(document: Document) -> bool:
        return len(markdown(document)) % 2 == 1 and len(markdown(document)) < 10

    for part in split(_texts("One. Two three. Four five six seven eight.")[0], odd):
        assert odd(part)


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_pieces_between_boundaries_are_the_text(text: str) -> None:
    places = [0, *boundaries(text), len(text)]
    assert "".join(text[left:right] for left, right in pairwise(places)) == text
    assert places == sorted(places)
