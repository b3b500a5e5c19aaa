"""The tree's words as Discord's Markdown: escaped, so that text formats nothing and pings nobody.

Knows no message. Invariant: what was Text comes out as the same letters when Discord has read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from types import MappingProxyType
from typing import Final, assert_never

from lessons.document import (
    ChannelName,
    CodeSpan,
    CommandName,
    Emphasis,
    Inline,
    LineBreak,
    Link,
    MemberName,
    Moment,
    Strong,
    Text,
    plain_inline,
)

JOINER: Final = "\u200b"
"""Zero width: keeps apart what Discord would read together."""

_URL: Final = re.compile(r"https?://[^\s<]+", re.IGNORECASE)
_SPECIAL: Final = re.compile(r"[\\*_~`|<>\[\]]")
_LINE_START: Final = re.compile(r"^(\s*)(#{1,3}(?=\s)|-(?=#|\s)|\+(?=\s)|>)", re.MULTILINE)
_NUMBERED: Final = re.compile(r"^(\s*\d+)(\.)(?=\s)", re.MULTILINE)
_ALL: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_MASKABLE: Final = re.compile(r"https?://[^\s<>()]+", re.IGNORECASE)
_TICKS: Final = re.compile(r"`+")
_SNOWFLAKE: Final = re.compile(r"\d{15,20}", re.ASCII)


def is_id(text: str) -> bool:
    """Whether this is an id as Discord gives them."""
    return _SNOWFLAKE.fullmatch(text) is not None


def escaped(text: str) -> str:
    """Plain words; addresses stay as they are, because Discord reads none of its signs in them."""
    pieces = []
    at = 0
    for url in _URL.finditer(text):
        pieces += [_escaped(text[at : url.start()]), url[0]]
        at = url.end()
    pieces.append(_escaped(text[at:]))
    return "".join(pieces)


def _escaped(text: str) -> str:
    return _ALL.sub("@" + JOINER, _SPECIAL.sub(r"\\\g<0>", text))


def at_line_starts(text: str) -> str:
    """Escaped words whose lines begin nothing: no heading, no list, no quote."""
    return _NUMBERED.sub(r"\1\\\2", _LINE_START.sub(r"\1\\\2", text))


class Inlines:
    """How a message writes words; `commands` has the ids of registered commands by their paths."""

    def __init__(self, commands: Mapping[str, str] = MappingProxyType({})) -> None:
        self._commands = commands

    def line(self, content: Iterable[Inline]) -> str:
        """Words with their emphasis, such as stand in one paragraph."""
        return at_line_starts(self._all(content, frozenset()))

    def _all(self, content: Iterable[Inline], within: frozenset[str]) -> str:
        text = ""
        for piece in content:
            text = _beside(text, self._one(piece, within))
        return text

    def _one(self, piece: Inline, within: frozenset[str]) -> str:
        match piece:
            case Text(text):
                return escaped(text)
            case Strong(content):
                return self._marked("**", content, within)
            case Emphasis(content):
                return self._marked("*", content, within)
            case CodeSpan(text):
                return code_span(text)
            case Link(content, url):
                return self._link(content, url, within)
            case LineBreak():
                return "\n"
            case Moment(at_ms, _):
                return f"<t:{at_ms // 1000}:F>"
            case MemberName(member):
                return f"<@{member}>" if is_id(member) else escaped(f"@{member}")
            case ChannelName(channel):
                return f"<#{channel}>" if is_id(channel) else escaped(f"#{channel}")
            case CommandName(name):
                known = self._commands.get(name)
                return f"<{name}:{known}>" if known else code_span(name)
            case _:
                assert_never(piece)

    def _marked(self, mark: str, content: tuple[Inline, ...], within: frozenset[str]) -> str:
        if mark in within:
            return self._all(content, within)
        text = ""
        for starred, pieces in groupby(content, _has_starred_code):
            if starred:
                # Discord takes a star in code for the end of the emphasis that it stands in.
                text = _beside(text, self._all(pieces, within))
            else:
                text = _beside(text, _wrapped(mark, self._all(pieces, within | {mark})))
        return text

    def _link(self, content: tuple[Inline, ...], url: str, within: frozenset[str]) -> str:
        words = self._all(content, within)
        if plain_inline(content) == url:
            return escaped(url)
        if not _MASKABLE.fullmatch(url) or "://" in words or "\n" in words or not words.strip():
            return f"{words} ({escaped(url)})"
        return f"[{words}]({url})"


def _beside(before: str, text: str) -> str:
    """ "*a*" right beside "**b**" would be read as something else."""
    apart = before and text and before[-1] in "*`" and text[0] in "*`"
    return f"{before}{JOINER}{text}" if apart else before + text


def _wrapped(mark: str, inner: str) -> str:
    """Discord opens and closes emphasis at letters only."""
    words = inner.strip()
    if not words:
        return inner
    start, end = len(inner) - len(inner.lstrip()), len(inner.rstrip())
    return f"{inner[:start]}{mark}{words}{mark}{inner[end:]}"


def _has_starred_code(piece: Inline) -> bool:
    match piece:
        case CodeSpan(text):
            return "*" in text
        case Strong(content) | Emphasis(content) | Link(content, _):
            return any(map(_has_starred_code, content))
        case _:
            return False


def code_span(text: str) -> str:
    """Code within a line; ticks in it make its own ticks two, which is all that Discord knows."""
    flat = text.replace("\n", " ")
    if not flat.strip():
        return escaped(text)
    longest = max((len(run[0]) for run in _TICKS.finditer(flat)), default=0)
    if longest == 0:
        return f"`{flat}`"
    if longest == 1:
        return f"`` {flat} ``"
    return escaped(text)


def code_block(text: str, language: str = "") -> str:
    """Lines as they are. A fence within is broken by what nobody sees."""
    named = language if re.fullmatch(r"[\w+#.-]{1,20}", language, re.ASCII) else ""
    whole = text.replace("```", f"`{JOINER}`{JOINER}`")
    if whole.endswith("`") or not whole.strip("\n"):
        whole += JOINER  # and a block of nothing is no block
    return f"```{named}\n{whole}{'' if whole.endswith(chr(10)) else chr(10)}```"
