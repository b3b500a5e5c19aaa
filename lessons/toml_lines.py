"""The line of every key in a piece of TOML, which tomllib does not tell.

Knows no types and judges nothing: a lenient scan beside the real parser. Invariant: it ends on
any text, in time proportional to its length, and for valid TOML it finds every key.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lessons.mistake import Mistake

KeyPath: TypeAlias = tuple[str | int, ...]

MAX_DEPTH = 60  # of tables and lists in each other; what lies deeper is placed where it begins

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_DELIMITER = re.compile(r'"""|\'\'\'|"|\'')


@dataclass(frozen=True, slots=True)
class TomlText:
    """A piece of TOML in a file. `first_line` is the line of its first character.

    `place` says which piece it is, as in 'unknown key "x" in the front matter'.
    """

    path: str
    first_line: int
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of every key of a piece of TOML, and where the piece begins."""

    path: str
    first_line: int
    of: Mapping[KeyPath, int]
    text_of: Mapping[KeyPath, int]

    def text_line(self, *key: str | int) -> int:
        """The line on which the text of that key begins, which for three quotes is the next."""
        return self.text_of.get(key, self.line(*key))

    def line(self, *key: str | int) -> int:
        """The line of that key, else of the table around it, else where the piece begins."""
        while key:
            if key in self.of:
                return self.of[key]
            key = key[:-1]
        return self.first_line

    def mistake(self, key: KeyPath, what: str, todo: str) -> Mistake:
        """A mistake at that key."""
        return Mistake(self.path, self.line(*key), what, todo)


@dataclass(slots=True)
class Scan:
    """Walks TOML and notes the line of every key; lenient, so that it also survives broken TOML.

    `repeated` is the first key that is there twice, `open_string` the line (0 for none) of the
    first text that is never closed.
    """

    text: str
    first_line: int
    at: int = 0
    lines: dict[KeyPath, int] = field(default_factory=dict)
    text_lines: dict[KeyPath, int] = field(default_factory=dict)
    repeated: tuple[str, int] | None = None
    open_string: int = 0
    _newlines: list[int] = field(init=False)
    _counts: dict[KeyPath, int] = field(default_factory=dict)
    _leaves: set[KeyPath] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._newlines = [at for at, letter in enumerate(self.text) if letter == "\n"]

    def places(self, path: str) -> Lines:
        """Scan it all; `path` is the file's. Once per Scan."""
        table: KeyPath = ()
        while self._skip(" \t\n"):
            if self._take("[["):
                table = self._header("]]", is_list=True)
            elif self._take("["):
                table = self._header("]", is_list=False)
            else:
                self._pair(table)
        return Lines(path, self.first_line, self.lines, self.text_lines)

    def _line(self) -> int:
        return self.first_line + bisect_left(self._newlines, self.at)

    def _skip(self, blanks: str) -> bool:
        """Over blanks and comments; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                return True
        return False

    def _take(self, mark: str) -> bool:
        if not self.text.startswith(mark, self.at):
            return False
        self.at += len(mark)
        return True

    def _header(self, close: str, *, is_list: bool) -> KeyPath:
        line = self._line()
        names = self._key()
        path: KeyPath = ()
        for depth, name in enumerate(names):
            path = (*path, name)
            last = depth == len(names) - 1
            if last and is_list:
                self.lines.setdefault(path, line)
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
            self.lines.setdefault(path, line)
        self._take(close)
        return path

    def _key(self) -> list[str]:
        """A dotted key; empty if there is none, with one character eaten so that we move on."""
        names = []
        while self._skip(" \t"):
            quoted = _DELIMITER.match(self.text, self.at)
            bare = _BARE_KEY.match(self.text, self.at)
            if quoted:
                names.append(self._string(quoted[0]))
            elif bare:
                names.append(bare[0])
                self.at = bare.end()
            else:
                self.at += 1
                break
            self._skip(" \t")
            if not self._take("."):
                break
        return names

    def _pair(self, table: KeyPath) -> None:
        line = self._line()
        path = (*table, *self._key())
        for end in range(len(table) + 1, len(path) + 1):
            self.lines.setdefault(path[:end], line)
        if path in self._leaves and self.repeated is None and len(path) > len(table):
            self.repeated = (str(path[-1]), line)
        self._leaves.add(path)
        self._skip(" \t")
        if self._take("="):
            self._value(path)

    def _value(self, path: KeyPath) -> None:
        if len(path) > MAX_DEPTH or not self._skip(" \t"):
            self.at = len(self.text)
        elif self._take("["):
            index = 0
            while self._skip(" \t\n,") and not self._take("]"):
                before = self.at
                self.lines[(*path, index)] = self._line()
                self._value((*path, index))
                index += 1
                if self.at == before:
                    return
        elif self._take("{"):
            while self._skip(" \t\n,") and not self._take("}"):
                before = self.at
                self._pair(path)
                if self.at == before:
                    return
        elif quotes := _DELIMITER.match(self.text, self.at):
            starts_below = len(quotes[0]) == 3 and self.text.startswith("\n", quotes.end())
            self.text_lines[path] = self._line() + starts_below
            self._string(quotes[0])
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _string(self, quotes: str) -> str:
        """Over a text and its quotes; its characters as written, escapes and all."""
        line = self._line()
        self.at += len(quotes)
        start = self.at
        while self.at < len(self.text):
            if quotes[0] == '"' and self.text[self.at] == "\\":
                self.at += 2
            elif len(quotes) == 1 and self.text[self.at] == "\n":
                break
            elif self._take(quotes):
                end = self.at - len(quotes)
                # Up to two quotes may stand right before the closing three.
                while len(quotes) == 3 and self._take(quotes[0]):
                    end += 1
                return self.text[start:end]
            else:
                self.at += 1
        self.open_string = self.open_string or line
        self.at = min(self.at, len(self.text))
        return self.text[start : self.at]
