"""Markdown text to a Document: CommonMark and tables, and a word about everything we refuse.

Knows no series, no TOML and no platform; it is the only user of markdown-it-py.
Invariant: what cannot be shown everywhere becomes a Mistake at its own line, never silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.common.normalize_url import normalizeLink
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_block import StateBlock, reference
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link
from markdown_it.token import Token

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
)
from lessons.mistake import Mistake

MAX_CHARACTERS = 200_000
MAX_DEPTH = 20  # of lists and quotes in each other, and of formatting in formatting
MAX_ALT = 1_000  # Discord takes 1,024, Slack 2,000
MAX_MATHS = 300  # more takes seconds to draw

_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WEB = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^@\s]+@[^@\s]+$", re.IGNORECASE)
_PATH_PIECE = re.compile(r"(?!\.\.?$)[^\x00-\x1f/\\:?#*\"<>|%]+")
_LANGUAGE = re.compile(r"[A-Za-z0-9+#._-]{0,40}")
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]+\](?!\()")
_CELL_BORDER = re.compile(r"(?<!\\)\|")


def parse(
    text: str, *, path: str = "", first_line: int = 1
) -> tuple[Document, tuple[Mistake, ...]]:
    """The text as a tree, and every mistake in it in the order of the lines.

    `first_line` is the number that the text's first line has in the file at `path`. With
    mistakes the Document holds what could be read; without, it holds everything.
    """
    reader = _Reader(path, first_line)
    text = reader.safe(text)
    reader.lines = text.split("\n")
    document = Document(reader.blocks(iter(_PARSER.parse(text)), until="", depth=0))
    return document, reader.found()


def parse_inline(
    text: str, *, path: str = "", line: int = 1
) -> tuple[tuple[Inline, ...], tuple[Mistake, ...]]:
    """The same for a text without blocks, such as an option: `#` or `-` begin nothing in it."""
    reader = _Reader(path, line)
    content: tuple[Inline, ...] = ()
    for token in _PARSER.parseInline(reader.safe(text).strip()):
        content = reader.content(token)
    return content, reader.found()


@lru_cache(maxsize=512)
def blocks(text: str) -> Document:
    """A text that was checked before, as a tree. Raises ValueError if it has mistakes."""
    document, mistakes = parse(text, path="text")
    _refuse(mistakes)
    return document


@lru_cache(maxsize=2_048)
def inline(text: str) -> tuple[Inline, ...]:
    """A text without blocks that was checked before. Raises ValueError if it has mistakes."""
    content, mistakes = parse_inline(text, path="text")
    _refuse(mistakes)
    return content


def _refuse(mistakes: tuple[Mistake, ...]) -> None:
    if mistakes:
        raise ValueError("\n".join(map(str, mistakes)))


# -- from tokens to the tree ------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Walks the tokens of one text and gathers its mistakes."""

    path: str
    first_line: int
    lines: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def found(self) -> tuple[Mistake, ...]:
        """The mistakes by line, each once."""
        return tuple(sorted(dict.fromkeys(self.mistakes), key=lambda mistake: mistake.line))

    def wrong(self, line: int, what: str, todo: str) -> None:
        """Note a mistake; `line` counts from 0 in the text."""
        self.mistakes.append(Mistake(self.path, self.first_line + line, what, todo))

    def safe(self, text: str) -> str:
        """The text with plain line ends and nothing in it that no platform could show."""
        text = re.sub(r"\r\n?", "\n", text)
        if len(text) > MAX_CHARACTERS:
            what = f"{len(text):,} characters are more than {MAX_CHARACTERS:,}"
            self.wrong(0, what, "cut the text into several files")
            return ""
        unsafe = {match.group() for match in _UNSAFE.finditer(text)}
        for number, line in enumerate(text.split("\n")) if unsafe else ():
            for character in sorted(unsafe & set(line)):
                what = f"a character that cannot be shown (U+{ord(character):04X})"
                self.wrong(number, what, "take it out")
        return _UNSAFE.sub("\ufffd", text)

    # -- blocks --

    def blocks(self, tokens: Iterator[Token], until: str, depth: int) -> tuple[Block, ...]:
        """The blocks up to the token of type `until`, which is used up."""
        found: list[Block] = []
        for token in tokens:
            if token.type == until:
                break
            found.extend(self.block(token, tokens, depth))
        return tuple(found)

    def block(self, token: Token, tokens: Iterator[Token], depth: int) -> Iterable[Block]:
        line = _line(token)
        match token.type:
            case "paragraph_open":
                return self.paragraph(_inside(tokens), depth)
            case "heading_open":
                return (Heading(int(token.tag[1:]), self.content(_inside(tokens))),)
            case "bullet_list_open" | "ordered_list_open":
                self.not_too_deep(line, depth)
                return (self.listing(token, tokens, depth + 1),)
            case "blockquote_open":
                self.not_too_deep(line, depth)
                return (Quote(self.blocks(tokens, "blockquote_close", depth + 1)),)
            case "fence":
                return (Code(token.content.removesuffix("\n"), self.language(token)),)
            case "code_block":
                return (Code(token.content.removesuffix("\n")),)
            case "table_open":
                return (self.table(tokens),)
            case "maths":
                return self.maths(token)
            case "hr":
                return (Rule(),)
            case "html_block":
                self.html(line, token.content)
                return ()
            case "refused":
                self.wrong(line, token.content, token.info)
                return ()
            case other:
                raise AssertionError(f"a block that nobody reads: {other}")

    def not_too_deep(self, line: int, depth: int) -> None:
        if depth == MAX_DEPTH:
            what = f"lists and quotes stand in each other more than {MAX_DEPTH} deep"
            self.wrong(line, what, "write it flatter")

    def paragraph(self, token: Token, depth: int) -> Iterable[Block]:
        match token.children:
            case [Token(type="image") as only]:
                return self.picture(only, _line(token), depth)
            case _:
                content = self.content(token)
                return (Paragraph(content),) if content else ()

    def picture(self, token: Token, line: int, depth: int) -> Iterable[Block]:
        path, alt = str(token.attrs["src"]), self.alt(token, line)
        sound = len(self.mistakes)
        if depth:
            todo = "move it out, with a blank line before and after"
            self.wrong(line, "a picture stands inside a list or a quote", todo)
        if not all(map(_PATH_PIECE.fullmatch, path.split("/"))):
            todo = "name a file of the series, such as images/pulse.png"
            self.wrong(line, f'the picture "{path}" is not in the folder of the series', todo)
        if not alt:
            todo = "say between the brackets what one sees: ![a curve that falls](...)"
            self.wrong(line, "a picture has no alt text", todo)
        if len(alt) > MAX_ALT:
            what = f"the alt text has {len(alt):,} characters"
            self.wrong(line, what, f"use at most {MAX_ALT:,}, and say the rest in the text")
        self.no_title(token, line)
        return (Picture(path, alt),) if len(self.mistakes) == sound else ()

    def alt(self, token: Token, line: int) -> str:
        words: list[str] = []
        for child in token.children or ():
            match child.type:
                case "text" | "code_inline" | "maths_inline":
                    words.append(child.content)
                case "softbreak" | "hardbreak":
                    words.append(" ")
                case "image":
                    words.append(self.alt(child, line))
                case "html_inline":
                    self.html(line, child.content)
                case "refused":
                    self.wrong(line, child.content, child.info)
        return " ".join("".join(words).split())

    def listing(self, token: Token, tokens: Iterator[Token], depth: int) -> Listing:
        ordered = token.type == "ordered_list_open"
        items: list[tuple[Block, ...]] = []
        for item in tokens:
            if item.type != "list_item_open":
                break
            items.append(self.blocks(tokens, "list_item_close", depth))
        return Listing(tuple(items), int(token.attrs.get("start", 1)) if ordered else None)

    def language(self, token: Token) -> str:
        begin, end = token.map or (0, 1)
        last = self.lines[end - 1].strip(" \t>") if end - begin > 1 else ""
        if len(last) < len(token.markup) or last.strip(token.markup[0]):
            todo = f"end it with a line of {token.markup}"
            self.wrong(begin, "a code block is never closed", todo)
        language = token.info.strip()
        if not _LANGUAGE.fullmatch(language):
            todo = "write only the language there, such as python, or nothing"
            self.wrong(begin, f'a code block begins with "{language}"', todo)
            return ""
        return language

    def table(self, tokens: Iterator[Token]) -> Table:
        rows: list[tuple[tuple[Inline, ...], ...]] = []
        row: list[tuple[Inline, ...]] = []
        for token in tokens:
            match token.type:
                case "tr_open":
                    row = []
                case "inline":
                    row.append(self.content(token))
                case "tr_close":
                    rows.append(tuple(row))
                case "table_close":
                    break
            if token.type == "tr_open" and rows:
                self.row_is_whole(_line(token), len(rows[0]))
        return Table(rows[0], tuple(rows[1:]))

    def row_is_whole(self, line: int, columns: int) -> None:
        """The parser would fill short rows up and drop what is too much; we say so instead."""
        cells = _CELL_BORDER.split(self.lines[line].strip(" \t>"))
        count = len(cells) - (cells[0] == "") - (len(cells) > 1 and cells[-1] == "")
        if count != columns:
            what = f"a row of {_counted(count, 'cell')} in a table of {_counted(columns, 'column')}"
            self.wrong(line, what, "give it as many, or end the table with a blank line")

    def maths(self, token: Token) -> Iterable[Block]:
        line, tex = _line(token), token.content
        if not tex:
            self.wrong(line, "a formula is empty", "write it between $$ and $$")
            return ()
        if len(tex) > MAX_MATHS:
            what = f"a formula has {len(tex):,} characters"
            self.wrong(line, what, f"use at most {MAX_MATHS}, or make several of it")
            return ()
        return (Maths(tex),)

    # -- inline --

    def content(self, token: Token) -> tuple[Inline, ...]:
        """The children of an inline token; a stack, since formatting may nest without bound."""
        stack: list[tuple[Token | None, list[Inline]]] = [(None, [])]
        for child in token.children or ():
            top = stack[-1][1]
            match child.type:
                case "text":
                    top.append(Text(re.sub(r"[\n\t]", " ", child.content)))
                case "softbreak":
                    top.append(Text(" "))
                case "hardbreak":
                    top.append(LineBreak())
                case "code_inline" | "maths_inline":
                    top.append(CodeSpan(child.content))
                case "em_open" | "strong_open" | "link_open":
                    if len(stack) == MAX_DEPTH + 1:
                        what = f"formatting in formatting more than {MAX_DEPTH} deep"
                        self.wrong(_line_of(child, token), what, "write it plainer")
                    stack.append((child, [] if len(stack) <= MAX_DEPTH else top))
                case "em_close" | "strong_close" | "link_close":
                    opened, inner = stack.pop()
                    outer = stack[-1][1]
                    if opened and outer is not inner:
                        outer.extend(self.formatted(opened, _joined(inner), token))
                case "image":
                    todo = "put it in a paragraph of its own, with a blank line before and after"
                    self.wrong(_line_of(child, token), "a picture stands between words", todo)
                case "html_inline":
                    self.html(_line_of(child, token), child.content)
                case "refused":
                    self.wrong(_line_of(child, token), child.content, child.info)
                case other:
                    raise AssertionError(f"an inline that nobody reads: {other}")
        return _joined(stack[0][1])

    def formatted(
        self, opened: Token, content: tuple[Inline, ...], token: Token
    ) -> Iterable[Inline]:
        match opened.type:
            case "em_open":
                return (Emphasis(content),) if content else ()
            case "strong_open":
                return (Strong(content),) if content else ()
            case _:
                return self.link(opened, content, token)

    def link(self, opened: Token, content: tuple[Inline, ...], token: Token) -> Iterable[Inline]:
        url = str(opened.attrs["href"])
        if "title" in opened.attrs:
            self.no_title(opened, _line_of(opened, token))
        if not content:
            todo = "write between the brackets where it leads"
            self.wrong(_line_of(opened, token), "a link has no words", todo)
            return ()
        if not (_WEB.match(url) or _MAIL.match(url)):
            todo = "begin it with https://, http:// or mailto:"
            self.wrong(_line_of(opened, token), f'a link leads to "{url}"', todo)
            return content
        return (Link(content, normalizeLink(url)),)

    def no_title(self, token: Token, line: int) -> None:
        if "title" in token.attrs:
            what = f'the title "{token.attrs["title"]}" would not be shown'
            self.wrong(line, what, "say it in the text")

    def html(self, line: int, source: str) -> None:
        shown = " ".join(source.split())
        shown = shown if len(shown) <= 40 else shown[:39] + "…"
        todo = "use Markdown, or put it between `backticks` to show it"
        self.wrong(line, f"raw HTML: {shown}", todo)


def _line(token: Token) -> int:
    """The line of the text that a token begins in, from 0."""
    return token.map[0] if token.map else 0


def _line_of(child: Token, token: Token) -> int:
    """The line that a child of an inline token begins in, if `_placed` has noted its place.

    Emphasis is placed by nobody: it is a mistake only when it is piled up, on one line mostly.
    """
    return _line(token) + token.content.count("\n", 0, child.meta.get("at", 0))


def _inside(tokens: Iterator[Token]) -> Token:
    """The one inline token of a paragraph or heading; its closing token is used up."""
    content = next(tokens)
    next(tokens)
    return content


def _joined(pieces: list[Inline]) -> tuple[Inline, ...]:
    """Neighbouring texts as one; empty texts are gone."""
    joined: list[Inline] = []
    words: list[str] = []
    for piece in (*pieces, None):
        if isinstance(piece, Text):
            words.append(piece.text)
            continue
        if text := "".join(words):
            joined.append(Text(text))
        words = []
        if piece is not None:
            joined.append(piece)
    return tuple(joined)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


# -- what we add to the parser -----------------------------------------------------------------


class _Parser(MarkdownIt):
    """Leaves addresses as they are written and takes them all: the reader judges them."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's own name for it
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        return link


def _placed(
    rule: Callable[[StateInline, bool], bool],
) -> Callable[[StateInline, bool], bool]:
    """The rule, noting where in the text its token begins: inline tokens carry no line."""

    def placed(state: StateInline, silent: bool) -> bool:
        begin, known = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found and not silent:
            for token in state.tokens[known : known + 2]:  # words that waited may come first
                token.meta.setdefault("at", begin)
        return found

    return placed


def _footnote(state: StateInline, silent: bool) -> bool:
    mark = _FOOTNOTE.match(state.src, state.pos, state.posMax)
    if mark is None:
        return False
    if not silent:
        token = state.push("refused", "", 0)
        token.content = f"a footnote {mark.group()}"
        token.info = "say it in the text, or write \\[ for a bracket"
    state.pos = mark.end()
    return True


def _reference(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Definitions of links, but not of footnotes: those must come before the reader's eye."""
    if state.src.startswith("[^", state.bMarks[line] + state.tShift[line]):
        return False
    return reference(state, line, end, silent)


def _inline_maths(state: StateInline, silent: bool) -> bool:
    """`$x^2$`: no space inside the signs and no digit behind, so that prices stay prices."""
    source, begin = state.src, state.pos
    if not source.startswith("$", begin):
        return False
    if source.startswith("$$", begin):
        if not silent:
            token = state.push("refused", "", 0)
            token.content = "$$ stands between words"
            token.info = "give the formula lines of its own, or write \\$\\$"
        state.pos += 2
        return True
    end = source.find("$", begin + 1, state.posMax)
    while end > 0 and source[end - 1] == "\\":
        end = source.find("$", end + 1, state.posMax)
    tex = source[begin + 1 : end] if end > 0 else ""
    if not tex or tex != tex.strip() or "`" in tex or source[end + 1 : end + 2].isdigit():
        return False
    if not silent:
        state.push("maths_inline", "", 0).content = tex.replace("\n", " ")
    state.pos = end + 1
    return True


def _display_maths(state: StateBlock, begin: int, end: int, silent: bool) -> bool:
    """`$$` to `$$` on lines of their own; a blank line ends the search for the second."""

    def content(line: int) -> str:
        return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip()

    if state.is_code_block(begin) or not content(begin).startswith("$$"):
        return False
    if silent:
        return True
    words, last = [content(begin)[2:]], begin
    while "$$" not in words[-1]:
        last += 1
        if last >= end or state.sCount[last] < state.blkIndent or not content(last):
            break
        words.append(content(last))
    tex = " ".join(words)
    if tex.endswith("$$") and tex.count("$$") == 1:
        token = state.push("maths", "", 0)
        token.content = tex.removesuffix("$$").strip()
        state.line = last + 1
    else:
        token = state.push("refused", "", 0)
        closed = "$$" in tex
        token.content = "words stand behind a formula" if closed else "a formula never ends"
        token.info = "end its last line with $$, or write \\$\\$ for two signs"
        state.line = last + 1 if closed else begin + 1
    token.map = [begin, state.line]
    return True


def _parser() -> MarkdownIt:
    # A list takes two levels and a quote one; what lies deeper than this is never read, but
    # by then the reader has met a list or quote that is too deep.
    parser = _Parser("commonmark", {"maxNesting": 2 * MAX_DEPTH + 4}).enable("table")
    interrupts: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote", "list"]}
    parser.block.ruler.before("fence", "maths", _display_maths, interrupts)
    parser.block.ruler.at("reference", _reference)
    for name, rule in (
        ("link", link),
        ("image", image),
        ("autolink", autolink),
        ("html_inline", html_inline),
    ):
        parser.inline.ruler.at(name, _placed(rule))
    parser.inline.ruler.before("link", "footnote", _placed(_footnote))
    parser.inline.ruler.after("backticks", "maths", _placed(_inline_maths))
    return parser


_PARSER = _parser()
