"""Documents as Hypothesis draws them: every block and inline, tame and hostile words.

Knows no renderer and no measure. Invariant: what is drawn is a tree as `lessons.markdown` could
make one or as wording code could: neighbouring texts are one, nothing is empty but code.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

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
)

# What has harmed renderers before: mentions, markup, signs that are several characters long.
HOSTILE = (
    "@everyone",
    "<!channel>",
    "<@U1>",
    "&amp;",
    "<b>",
    "*bold*",
    "_a_",
    "`x`",
    "```",
    "||spoiler||",
    "[a](b)",
    "# no",
    "- no",
    "1. no",
    "> no",
    "~~~",
    "|",
    "\\",
    "{Mia}",
    "$x$",
    "\N{FAMILY}",
    "\U0001f469\u200d\U0001f52c",
    "\U0001f1e9\U0001f1ea",
    "e\u0301",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u6df1\u5c64\u5b66\u7fd2\u3002",
    "a\u00a0b",
)
_WORDS = ("loss", "a", "gradient", "the net", "so", "Why?", "It falls.", "0.69", "backpropagation")
_VISIBLE: SearchStrategy[str] = st.characters(exclude_categories=["C", "Z"])
_PRINTABLE: SearchStrategy[str] = st.characters(exclude_categories=["C"])


def words() -> SearchStrategy[str]:
    """One to twelve words with single spaces between them."""
    word = st.one_of(
        st.sampled_from(_WORDS), st.sampled_from(HOSTILE), st.text(_VISIBLE, min_size=1)
    )
    return st.lists(word, min_size=1, max_size=12).map(" ".join)


def code_text() -> SearchStrategy[str]:
    """Code: lines with tabs, blank ones, fences in it, with and without an end of line."""
    line = st.one_of(
        st.sampled_from(("", "\tx = 1", "    return x", "```", "~~~~", "# loss", "x" * 70)),
        st.text(_PRINTABLE, max_size=20),
    )
    return st.lists(line, max_size=12).map("\n".join)


def urls() -> SearchStrategy[str]:
    """Addresses as the Markdown reader lets them through."""
    return st.sampled_from(
        ("https://example.org/a?b=c&d=%C3%A4", "http://example.org", "mailto:mia@example.org")
    )


def _atoms() -> SearchStrategy[Inline]:
    return st.one_of(
        st.builds(CodeSpan, words()),
        st.just(LineBreak()),
        st.builds(Moment, st.integers(0, 4_102_444_800_000), st.just("Europe/Berlin")),
        st.builds(MemberName, st.sampled_from(("hall:1/7", "hall:1/8"))),
        st.builds(ChannelName, st.just("hall:1/c1")),
        st.builds(CommandName, st.sampled_from(("/study next", "/series start"))),
    )


def _joined(pieces: list[Inline]) -> tuple[Inline, ...]:
    joined: list[Inline] = []
    for piece in pieces:
        if joined and isinstance(piece, Text) and isinstance(joined[-1], Text):
            joined[-1] = Text(f"{joined[-1].text} {piece.text}")
        else:
            joined.append(piece)
    return tuple(joined)


def inlines(depth: int = 2) -> SearchStrategy[tuple[Inline, ...]]:
    """A text with formatting, `depth` levels of it in each other."""
    pieces: SearchStrategy[Inline] = st.one_of(st.builds(Text, words()), _atoms())
    if depth:
        inner = inlines(depth - 1)
        pieces = st.one_of(
            pieces,
            st.builds(Strong, inner),
            st.builds(Emphasis, inner),
            st.builds(Link, st.builds(Text, words()).map(lambda text: (text,)), urls()),
        )
    return st.lists(pieces, min_size=1, max_size=5).map(_joined)


def tables() -> SearchStrategy[Table]:
    """Tables of one to three columns; cells may be empty, but for those of the header."""

    def of(columns: int) -> SearchStrategy[Table]:
        cell = st.one_of(st.just(()), inlines(1))
        row = st.tuples(*[cell] * columns)
        header = st.tuples(*[st.builds(Text, words()).map(lambda text: (text,))] * columns)
        return st.builds(Table, header, st.lists(row, max_size=5).map(tuple))

    return st.integers(1, 3).flatmap(of)


def leaves() -> SearchStrategy[Block]:
    """Blocks that hold no blocks, pictures aside."""
    return st.one_of(
        st.builds(Paragraph, inlines()),
        st.builds(Heading, st.integers(1, 6), inlines(1)),
        st.builds(Code, code_text(), st.sampled_from(("", "python", "c++"))),
        tables(),
        st.builds(Maths, st.sampled_from(("x^2", r"\frac{1}{n}\sum_i x_i", "a < b & c"))),
        st.just(Rule()),
    )


def pictures() -> SearchStrategy[Block]:
    """A picture of the series or a plot; only at the top of a document."""
    return st.one_of(
        st.builds(Picture, st.sampled_from(("images/pulse.png", "images/a b.svg")), words()),
        st.builds(Plot, st.just("0f" * 32), words()),
    )


def containers(inner: SearchStrategy[Block]) -> SearchStrategy[Block]:
    """Lists and quotes around blocks."""
    item = st.lists(inner, min_size=1, max_size=3).map(tuple)
    items = st.lists(item, min_size=1, max_size=4).map(tuple)
    start = st.one_of(st.none(), st.integers(0, 120))
    return st.one_of(st.builds(Listing, items, start), st.builds(Quote, item))


def blocks() -> SearchStrategy[Block]:
    """Any block, lists and quotes in each other up to two deep."""
    flat = leaves()
    nested = containers(flat)
    return st.one_of(flat, nested, containers(st.one_of(flat, nested)), pictures())


def documents(max_blocks: int = 6) -> SearchStrategy[Document]:
    """Documents of every kind of block."""
    return st.lists(blocks(), max_size=max_blocks).map(lambda found: Document(tuple(found)))
