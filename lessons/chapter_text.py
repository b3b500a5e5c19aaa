"""A chapter's file cut into its pieces: front matter, opening, cards, and the TOML blocks.

Knows no TOML and no Markdown but fences and headings. Invariant: every piece keeps the line it
came from, and no line of the file is lost: it is in a piece, or in a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lessons.mistake import Mistake
from lessons.strict_toml import nearest
from lessons.toml_lines import TomlText

BLOCKS = ("question", "challenge", "figure")

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})([^`]*)")


@dataclass(frozen=True, slots=True)
class Piece:
    """Markdown from a file; lines that belong to a block are blank in it."""

    first_line: int
    text: str


@dataclass(frozen=True, slots=True)
class CardText:
    """A card as written; `line` is that of its heading."""

    line: int
    title: str
    reveal: bool
    body: Piece
    figures: tuple[TomlText, ...]


@dataclass(frozen=True, slots=True)
class ChapterText:
    """The pieces of one chapter's file, each in the order of the file.

    `unread` are the words of blocks that are misspelt or not closed; nobody looks into them.
    """

    path: str
    front: TomlText | None
    opening: Piece
    cards: tuple[CardText, ...]
    questions: tuple[TomlText, ...]
    challenges: tuple[TomlText, ...]
    unread: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def cut(path: str, text: str) -> ChapterText:
    """Cut a chapter's text (lines end with a newline character alone)."""
    knife = _Knife(path, text.split("\n"))
    front = knife.front_matter()
    knife.body()
    return ChapterText(
        path,
        front,
        knife.sections[0].piece(),
        tuple(section.card() for section in knife.sections[1:]),
        tuple(knife.questions),
        tuple(knife.challenges),
        tuple(knife.unread),
        tuple(knife.mistakes),
    )


@dataclass(slots=True)
class _Section:
    """The opening, or a card that is still being read."""

    line: int
    title: str = ""
    reveal: bool = False
    lines: list[str] = field(default_factory=list)
    figures: list[TomlText] = field(default_factory=list)

    def piece(self) -> Piece:
        return Piece(self.line + 1, "\n".join(self.lines))

    def card(self) -> CardText:
        return CardText(self.line, self.title, self.reveal, self.piece(), tuple(self.figures))


@dataclass(slots=True)
class _Knife:
    path: str
    lines: list[str]
    at: int = 0
    sections: list[_Section] = field(default_factory=list)
    questions: list[TomlText] = field(default_factory=list)
    challenges: list[TomlText] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    # The block after which text would be read as part of a card it does not belong to.
    _after: str = ""

    def _wrong(self, line: int, what: str, todo: str) -> None:
        self.mistakes.append(Mistake(self.path, line, what, todo))

    def front_matter(self) -> TomlText | None:
        """The lines between the first `+++` and the next; what follows is left to `body`."""
        if not self.lines or self.lines[0].rstrip() != "+++":
            todo = "write +++ on line 1, then title, takeaway and discuss, then +++"
            self._wrong(1, "the front matter is missing", todo)
            return None
        for end in range(1, len(self.lines)):
            if self.lines[end].rstrip() == "+++":
                self.at = end + 1
                text = "\n".join(self.lines[1:end])
                return TomlText(self.path, 2, text, "the front matter")
            if self.lines[end].startswith(("**", "## ", "```")):
                self.at = end
                break
        else:
            self.at = len(self.lines)
        todo = "write +++ on a line of its own after the last key"
        self._wrong(1, "the front matter is opened but not closed", todo)
        return None

    def body(self) -> None:
        """Everything after the front matter."""
        self.sections.append(_Section(self.at))
        while self.at < len(self.lines):
            line = self.lines[self.at]
            fence = _FENCE.fullmatch(line)
            if fence:
                self._fenced(fence[1], fence[2], fence[3].strip())
            elif _is_card(line):
                self._heading(line)
            elif line.startswith("# "):
                todo = 'put the title into the front matter, and start each card with "## "'
                self._wrong(self.at + 1, 'a heading with one "#"', todo)
                self._blank()
            else:
                self._text(line)

    def _blank(self) -> None:
        self.sections[-1].lines.append("")
        self.at += 1

    def _text(self, line: str) -> None:
        if self._after and line.strip():
            todo = "move it up into a card, or give it a heading of its own"
            self._wrong(self.at + 1, f"text after {self._after} belongs to no card", todo)
            self._after = ""
        self.sections[-1].lines.append(line)
        self.at += 1

    def _heading(self, source: str) -> None:
        number = self.at + 1
        title, mark = _title(source)
        if mark not in ("", "reveal"):
            todo = "write {reveal}, or leave the braces away"
            self._wrong(number, f'a card cannot be marked "{{{mark}}}"', todo)
        if not title:
            self._wrong(number, "a card without a title", 'write it after the "## "')
        self.sections.append(_Section(number, title, mark == "reveal"))
        self._after = ""
        self.at += 1

    def _fenced(self, indent: str, fence: str, language: str) -> None:
        start = self.at
        word = language.split()[0] if language else ""
        end = self._close(indent, fence)
        after = self._guess_end(start) if end is None else end + 1
        inner = self.lines[start + 1 : end]
        if end is None:
            todo = f"write {fence} on a line of its own where it ends"
            name = f"the {word} block" if word in BLOCKS else "a code block"
            self._wrong(start + 1, f"{name} is opened but not closed", todo)
            self.unread.append(word)
        elif word in BLOCKS:
            self._block(start, word, "\n".join(inner))
        elif self._looks_like_block(word, inner):
            todo = f'did you mean "{nearest(word, BLOCKS)}"?'
            self._wrong(start + 1, f'unknown block "{word}"', todo)
            self.unread.append(nearest(word, BLOCKS))
        else:
            for line in self.lines[start:after]:
                self._text(line)
            return
        while self.at < after:
            self._blank()

    def _close(self, indent: str, fence: str) -> int | None:
        """The line that closes the fence; another block's opening means that it was forgotten."""
        for number in range(self.at + 1, len(self.lines)):
            found = _FENCE.fullmatch(self.lines[number])
            if found and found[2].startswith(fence) and not found[3].strip():
                return number
            if found and not indent and found[3].split()[:1] in [[word] for word in BLOCKS]:
                return None
        return None

    def _guess_end(self, start: int) -> int:
        """Where an unread block probably ends: before the next heading or fence."""
        for number in range(start + 1, len(self.lines)):
            if _is_card(self.lines[number]) or _FENCE.fullmatch(self.lines[number]):
                return number
        return len(self.lines)

    def _block(self, start: int, word: str, text: str) -> None:
        piece = TomlText(self.path, start + 2, text, f"this {word}")
        match word:
            case "question":
                self.questions.append(piece)
                self._after = "a question"
            case "challenge":
                self.challenges.append(piece)
                self._after = "a challenge"
            case _ if len(self.sections) > 1 and not self._after:
                self.sections[-1].figures.append(piece)
            case _:
                todo = 'move it into a card, below its "## " heading'
                self._wrong(start + 1, "this figure belongs to no card", todo)

    @staticmethod
    def _looks_like_block(word: str, inner: list[str]) -> bool:
        """A misspelt block: nearly one of our words, with keys in it."""
        return bool(word and nearest(word, BLOCKS)) and any(
            re.match(r"(id|kind|generator)[ \t]*=", line) for line in inner
        )


def _is_card(line: str) -> bool:
    return line.startswith("##") and not line.startswith("###")


def _title(source: str) -> tuple[str, str]:
    """`## After the vote {reveal}` -> ("After the vote", "reveal")."""
    title = source.strip().strip("#").strip()
    if title.endswith("}") and "{" in title:
        title, _, mark = title[:-1].rpartition("{")
        return title.rstrip(), mark.strip()
    return title, ""
