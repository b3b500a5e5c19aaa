"""What authors may write, what it becomes, and what they are told when they may not.

Knows no series. Invariant: every mistake is at its own line, in lists, quotes and tables too.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lessons.document import (
    Block,
    Code,
    CodeSpan,
    Document,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    Listing,
    Maths,
    Paragraph,
    Picture,
    Quote,
    Rule,
    Strong,
    Table,
    Text,
    decode,
    encode,
    walk,
)
from lessons.markdown import MAX_CHARACTERS, MAX_DEPTH, blocks, inline, parse, parse_inline
from lessons.mistake import Mistake
from tests.lessons import strategies


def p(*content: Inline | str) -> Paragraph:
    return Paragraph(t(*content))


def t(*content: Inline | str) -> tuple[Inline, ...]:
    return tuple(Text(piece) if isinstance(piece, str) else piece for piece in content)


def q(*inner: Block) -> Quote:
    return Quote(inner)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", ()),
        ("one\ntwo", (p("one two"),)),
        ("one\r\ntwo\rthree", (p("one two three"),)),
        ("one  \ntwo\\\nthree", (p("one", LineBreak(), "two", LineBreak(), "three"),)),
        ("a &amp; b &lt;c&gt; &#228; &copy;", (p("a & b <c> ä ©"),)),
        (r"\*no\* \# \$1 \[x\]", (p("*no* # $1 [x]"),)),
        ("**a *b* c**", (p(Strong(t("a ", Emphasis(t("b")), " c"))),)),
        ("***a***", (p(Emphasis((Strong(t("a")),))),)),
        ("*a **b*", (p("*a *", Emphasis(t("b"))),)),
        ("snake_case_name", (p("snake_case_name"),)),
        ("`a  b` ``c`d``", (p(CodeSpan("a  b"), " ", CodeSpan("c`d")),)),
        ("`*a*`&amp;", (p(CodeSpan("*a*"), "&"),)),
        ("# One\n\nTwo\n===\n\n### *Three* ###", (
            Heading(1, t("One")),
            Heading(1, t("Two")),
            Heading(3, (Emphasis(t("Three")),)),
        )),
        ("####### seven", (p("####### seven"),)),
        ("a\n\n---\n***\n\nb", (p("a"), Rule(), Rule(), p("b"))),
        ("```python\nx = 1\n\n\ty\n```", (Code("x = 1\n\n\ty", "python"),)),
        ("~~~\n```\n\n~~~", (Code("```\n"),)),
        ("````\n```\n````", (Code("```"),)),
        ("```\n```", (Code(""),)),
        ("    four\n      six", (Code("four\n  six"),)),
        ("- a\n- b", (Listing(((p("a"),), (p("b"),))),)),
        ("7. a\n8. b", (Listing(((p("a"),), (p("b"),)), 7),)),
        ("0) a", (Listing(((p("a"),),), 0),)),
        ("1. a\n\n   b\n2. c", (Listing(((p("a"), p("b")), (p("c"),)), 1),)),
        ("- a\n  - b\n    1. c\n- d", (
            Listing((
                (p("a"), Listing(((p("b"), Listing(((p("c"),),), 1)),))),
                (p("d"),),
            )),
        )),
        ("-\n- a", (Listing(((), (p("a"),))),)),
        ("- a\n* b", (Listing(((p("a"),),)), Listing(((p("b"),),)))),
        ("> a\nb\n> > c", (q(p("a b"), q(p("c"))),)),
        ("> - a\n>\n>   ```\n>   b\n>   ```", (q(Listing(((p("a"), Code("b")),))),)),
        ("- > a\n  > b\n\n  c", (Listing(((q(p("a b")), p("c")),)),)),
        ("10. a\n\n        b", (Listing(((p("a"), Code("b")),), 10),)),
        ("| a | *b* |\n|---|:-:|\n| 1 | `x\\|y` |\n| | 2 |", (
            Table(
                (t("a"), (Emphasis(t("b")),)),
                ((t("1"), (CodeSpan("x|y"),)), ((), t("2"))),
            ),
        )),
        ("a|b\n-|-", (Table((t("a"), t("b")), ()),)),
        ("> |a|\n> |-|\n> |1|", (q(Table((t("a"),), ((t("1"),),))),)),
        ("[a *b*](https://x.org/ä?q=1)", (
            p(Link(t("a ", Emphasis(t("b"))), "https://x.org/%C3%A4?q=1")),
        )),
        ("<https://x.org/a_b>", (p(Link(t("https://x.org/a_b"), "https://x.org/a_b")),)),
        ("<mia@x.org>", (p(Link(t("mia@x.org"), "mailto:mia@x.org")),)),
        ("[a][r] [r]\n\n[r]: http://x.org", (
            p(Link(t("a"), "http://x.org"), " ", Link(t("r"), "http://x.org")),
        )),
        ("[no link] [x]", (p("[no link] [x]"),)),
        ("![a `b`](images/a.png)", (Picture("images/a.png", "a b"),)),
        ("![grün\nund blau](<images/grün 2.png>)", (
            Picture("images/grün 2.png", "grün und blau"),
        )),
        ("$$ x^2 $$", (Maths("x^2"),)),
        ("a\n$$\nx_1 +\n*y*\n$$\nb", (p("a"), Maths("x_1 + *y*"), p("b"))),
        ("- a\n\n  $$\n  x\n  $$", (Listing(((p("a"), Maths("x")),)),)),
        ("> $$x$$", (q(Maths("x")),)),
        ("so $x_1*y_1*z$ is", (p("so ", CodeSpan("x_1*y_1*z"), " is"),)),
        ("from $5 to $6, or $5-$6", (p("from $5 to $6, or $5-$6"),)),
        ("`$a` and `b$`", (p(CodeSpan("$a"), " and ", CodeSpan("b$")),)),
        ("Hello {Mia}, $n$ is {n}", (p("Hello {Mia}, ", CodeSpan("n"), " is {n}"),)),
    ],
)  # fmt: skip
def test_markdown_becomes_this_tree(text: str, tree: tuple[Block, ...]) -> None:
    assert parse(text) == (Document(tree), ())


HTML = "use Markdown, or put it between `backticks` to show it"
FLAT = "put it in a paragraph of its own, with a blank line before and after"
MAILTO = "begin it with https://, http:// or mailto:"
NOTE = "say it in the text, or write \\[ for a bracket"
SIGNS = "end its last line with $$, or write \\$\\$ for two signs"
WHOLE_ROWS = "give it as many, or end the table with a blank line"
FOLDER = "name a file of the series, such as images/pulse.png"


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a\nb <b>c</b>", ((2, "raw HTML: <b>", HTML), (2, "raw HTML: </b>", HTML))),
        ("a\n\n<div>\nx\n</div>", ((3, "raw HTML: <div> x </div>", HTML),)),
        ("- a\n- b\n\n  > c\n  > <br>", ((5, "raw HTML: <br>", HTML),)),
        (
            "a <!-- note\nmore -->\n<i>",
            ((1, "raw HTML: <!-- note more -->", HTML), (3, "raw HTML: <i>", HTML)),
        ),
        ("# a <b>", ((1, "raw HTML: <b>", HTML),)),
        ("|a|\n|-|\n|b|\n|<b>|", ((4, "raw HTML: <b>", HTML),)),
        ("a[^1]\n\n[^1]: note", ((1, "a footnote [^1]", NOTE), (3, "a footnote [^1]", NOTE))),
        ("a\n![b](c.png) d", ((2, "a picture stands between words", FLAT),)),
        (
            "[![b](c.png)](https://x.org)",
            (
                (1, "a picture stands between words", FLAT),
                (1, "a link has no words", "write between the brackets where it leads"),
            ),
        ),
        (
            "![](a.png)",
            (
                (
                    1,
                    "a picture has no alt text",
                    "say between the brackets what one sees: ![a curve that falls](...)",
                ),
            ),
        ),
        (
            "- ![b](c.png)",
            (
                (
                    1,
                    "a picture stands inside a list or a quote",
                    "move it out, with a blank line before and after",
                ),
            ),
        ),
        (
            "![b](../c.png)",
            ((1, 'the picture "../c.png" is not in the folder of the series', FOLDER),),
        ),
        ("![b](/c.png)", ((1, 'the picture "/c.png" is not in the folder of the series', FOLDER),)),
        (
            "![b](https://x.org/c.png)",
            ((1, 'the picture "https://x.org/c.png" is not in the folder of the series', FOLDER),),
        ),
        (
            "![b](a\\\\b.png)",
            ((1, 'the picture "a\\b.png" is not in the folder of the series', FOLDER),),
        ),
        (
            "![b](a%2fb.png)",
            ((1, 'the picture "a%2fb.png" is not in the folder of the series', FOLDER),),
        ),
        ('![b](c.png "d")', ((1, 'the title "d" would not be shown', "say it in the text"),)),
        (
            f"![{'b' * 1001}](c.png)",
            (
                (
                    1,
                    "the alt text has 1,001 characters",
                    "use at most 1,000, and say the rest in the text",
                ),
            ),
        ),
        ("a\n[b](c.md)", ((2, 'a link leads to "c.md"', MAILTO),)),
        ("a **b\nc [d](javascript:e)**", ((2, 'a link leads to "javascript:e"', MAILTO),)),
        ("<ftp://x.org>", ((1, 'a link leads to "ftp://x.org"', MAILTO),)),
        ("[a](https:///b)", ((1, 'a link leads to "https:///b"', MAILTO),)),
        ("[a](//x.org)", ((1, 'a link leads to "//x.org"', MAILTO),)),
        ("> a\n> [b][r]\n\n[r]: data:x", ((2, 'a link leads to "data:x"', MAILTO),)),
        ("a\n\n$$\nx\n\ny", ((3, "a formula never ends", SIGNS),)),
        ("$$x$$ y", ((1, "words stand behind a formula", SIGNS),)),
        ("$$\n$$", ((1, "a formula is empty", "write it between $$ and $$"),)),
        (
            f"a\n\n$$\n{'x' * 301}\n$$",
            ((3, "a formula has 301 characters", "use at most 300, or make several of it"),),
        ),
        (
            "a\nb $$x$$",
            ((2, "$$ stands between words", "give the formula lines of its own, or write \\$\\$"),),
        ),
        ("a\n\n```py\nx", ((3, "a code block is never closed", "end it with a line of ```"),)),
        ("- ```\n  x\n\nb", ((1, "a code block is never closed", "end it with a line of ```"),)),
        (
            "```py title=x\n```",
            (
                (
                    1,
                    'a code block begins with "py title=x"',
                    "write only the language there, such as python, or nothing",
                ),
            ),
        ),
        (
            "|a|b|\n|-|-|\n|1|2|\n|1|2|3|\nwords",
            (
                (4, "a row of 3 cells in a table of 2 columns", WHOLE_ROWS),
                (5, "a row of 1 cell in a table of 2 columns", WHOLE_ROWS),
            ),
        ),
        (
            "a\nb\0\x1bc",
            (
                (2, "a character that cannot be shown (U+0000)", "take it out"),
                (2, "a character that cannot be shown (U+001B)", "take it out"),
            ),
        ),
        (
            "> " * 21 + "a",
            ((1, "lists and quotes stand in each other more than 20 deep", "write it flatter"),),
        ),
        (
            "x" * 200_001,
            ((1, "200,001 characters are more than 200,000", "cut the text into several files"),),
        ),
    ],
)
def test_a_mistake_has_its_line_what_and_what_to_do(
    text: str, mistakes: tuple[tuple[int, str, str], ...]
) -> None:
    found = parse(text, path="01-a.md", first_line=41)[1]
    assert found == tuple(
        Mistake("01-a.md", 40 + line, what, todo) for line, what, todo in mistakes
    )


def test_a_mistake_reads_as_file_and_line() -> None:
    mistake = Mistake("01-a.md", 7, "a formula is empty", "write it")
    assert str(mistake) == "01-a.md:7: a formula is empty; write it"


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    text = "a [x](y)\n\n![](z.png)\n\n- b\n\n  <i>c\n\nd[^2]"
    assert [mistake.line for mistake in parse(text)[1]] == [1, 3, 7, 9]


def test_one_line_texts_have_no_blocks() -> None:
    assert inline("# not a *heading*") == t("# not a ", Emphasis(t("heading")))
    assert inline("- 1. $x$ ") == t("- 1. ", CodeSpan("x"))
    assert inline("") == ()
    mistake = Mistake("a.md", 3, "raw HTML: <b>", HTML)
    assert parse_inline("a <b>", path="a.md", line=3) == (t("a "), (mistake,))


@pytest.mark.parametrize("text", ["a <b>", "![a](b.png) c", "[a](b)"])
def test_texts_that_were_not_checked_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="text:1: "):
        inline(text)
    with pytest.raises(ValueError, match="text:1: "):
        blocks(text)


def test_twenty_levels_are_read_and_none_is_dropped_in_silence() -> None:
    for depth in (MAX_DEPTH, MAX_DEPTH + 1, 3 * MAX_DEPTH):
        document, mistakes = parse("> " * depth + "end")
        assert bool(mistakes) == (depth > MAX_DEPTH)
        if not mistakes:
            assert list(walk(document.blocks))[-1] == p("end")


@pytest.mark.parametrize(
    "piece",
    ["*", "**a ", "[", "![", "](", "> ", "- ", "`", "<", "<!--", "$", "$$\n", "&", "|a", "\\",
     "_a*", "[^a]", "a\n=", "<b>", "1) ", "``` \n", "[a]: b\n"],
)  # fmt: skip
def test_hostile_repetition_is_read_to_the_end(piece: str) -> None:
    for count in (50, 3_000):
        document, _ = parse(piece * count)
        assert decode(encode(document)) == document


def test_formatting_nested_without_bound_is_a_mistake() -> None:
    text = "".join("*_"[n % 2] for n in range(400)) + "a"
    text += "".join("_*"[n % 2] for n in range(400))
    document, mistakes = parse(text.replace("*_", "*a _").replace("_*", "_ a*"))
    assert decode(encode(document)) == document
    assert len(mistakes) <= 1
    document, (mistake,) = parse("*" * 100 + "a" + "*" * 100)
    assert mistake.what == "formatting in formatting more than 20 deep"


MARKS = st.sampled_from(
    ("\n", "\n\n", "- ", "1. ", "> ", "    ", "```", "~~~", "$$", "$", "|", "|-|", "*", "**", "_",
     "`", "[", "](", ")", "![", "<b>", "<!--", "-->", "[^1]", "[^1]: ", "# ", "---", "\\", "&amp;",
     "&#0;", "\t", "\r", "\0", "https://x.org", "a", "b.png", " ", "é", "\u2028")
)  # fmt: skip
ANY_TEXT = st.one_of(st.text(max_size=200), st.lists(MARKS, max_size=60).map("".join))


@given(ANY_TEXT, st.integers(1, 500))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_and_mistakes_are_at_lines_of_it(text: str, first_line: int) -> None:
    document, mistakes = parse(text, path="a.md", first_line=first_line)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(first_line <= mistake.line < first_line + lines for mistake in mistakes)
    assert list(mistakes) == sorted(mistakes, key=lambda mistake: mistake.line)
    assert decode(encode(document)) == document
    for block in walk(document.blocks):
        if isinstance(block, Paragraph):
            assert block.content


@given(ANY_TEXT, st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_lines_above_move_mistakes_down_by_as_many(text: str, above: int) -> None:
    _, mistakes = parse(text)
    _, lower = parse(text, first_line=1 + above)
    assert [mistake.line + above for mistake in mistakes] == [mistake.line for mistake in lower]


@given(strategies.code_text())
@settings(max_examples=60, deadline=None)
def test_code_between_fences_comes_out_byte_for_byte(text: str) -> None:
    fence = "`" * (1 + max(map(len, text.split("\n"))) + 3)
    written = "\n".join(f"  {line}" for line in (fence + "c", *text.split("\n"), fence))
    assert parse(f"- a\n\n{written}") == (Document((Listing(((p("a"), Code(text, "c")),)),)), ())


def test_the_longest_text_is_read() -> None:
    text = ("word " * 200 + "\n\n") * 400
    document, mistakes = parse(text[:MAX_CHARACTERS])
    assert mistakes == ()
    assert len(document.blocks) == 200
