"""Cuts a text with formatting in two.

Knows no platform: the caller says what is good. Invariant: but for white space at the cut, the
two sides have all that the whole had, in order, and each keeps the formatting around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeAlias, assert_never

from lessons.bisection import most
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
)
from lessons.letters import boundaries

Content: TypeAlias = tuple[Inline, ...]

_SPACE = r"[^\S\u00a0\u2007\u202f]"  # white space that a line may break at
_SPACES = re.compile(rf"{_SPACE}+")
_SENTENCE = re.compile(
    rf"[.!?\u2026][\"')\]\u2019\u201d\u00bb]*{_SPACE}+"  # closing quotes and brackets may follow
    rf"|[\u3002\uff01\uff1f][\u300d\u300f\uff09]*"  # Chinese and Japanese write no space
    rf"|{_SPACE}*\n{_SPACE}*"
)
_WHOLE = "\ufffc"  # stands for what cannot be cut: a name, a moment


def halve(content: Content, good: Callable[[Content], bool]) -> tuple[Content, Content] | None:
    """As much of the text's beginning as is good, and the rest; None if nothing is.

    The cut lies after a sentence if it can, else between words, else between letters, else
    anywhere. `good` holds for a part of what it holds for.
    """
    outline = "".join(map(_outline, content))
    length = len(outline)
    reach = most(length - 1, lambda at: good(_piece(content, 0, at)))
    if not reach:
        return None
    for end, begin in _cuts(outline, reach):
        before = _piece(content, 0, end)
        if good(before):
            return before, _piece(content, begin, length)
    return _piece(content, 0, reach), _piece(content, reach, length)


def _cuts(outline: str, reach: int) -> Iterator[tuple[int, int]]:
    """Where the first side may end within reach and the second begin, the best cut first.

    The white space between the two is dropped; neither side is empty or blank.
    """
    after = _SPACES.match(outline, reach)
    window = outline[: after.end() if after else reach]
    sentences = [match.end() for match in _SENTENCE.finditer(window)]
    yield from _last(outline, [at for at in sentences if not outline[at : at + 1].islower()])
    yield from _last(outline, [match.end() for match in _SPACES.finditer(window)])
    yield from _last(outline, [at for at in boundaries(outline[: reach + 1]) if at <= reach])


def _last(outline: str, places: list[int]) -> Iterator[tuple[int, int]]:
    """The last of these places that leaves something on both sides, if there is one."""
    for place in reversed(places):
        left = outline[:place]
        end = len(left) - _blank_end(left)
        after = _SPACES.match(outline, place)
        begin = after.end() if after else place
        if not left.strip():
            return
        if outline[begin:].strip():
            yield end, begin
            return


def _blank_end(text: str) -> int:
    """How much white space to break at the text ends with."""
    ends = _SPACES.match(text[::-1])
    return ends.end() if ends else 0


def _outline(node: Inline) -> str:
    """One character for each place a node can be cut at; a line break is a line's end.

    White space in code is masked: it is not ours to drop, nor a border between words.
    """
    match node:
        case Text(text):
            return text
        case CodeSpan(text):
            return re.sub(r"\s", "_", text)
        case Strong(content) | Emphasis(content):
            return "".join(map(_outline, content))
        case Link(content, _):
            return "".join(map(_outline, content)) or _WHOLE
        case LineBreak():
            return "\n"
        case Moment() | MemberName() | ChannelName() | CommandName():
            return _WHOLE
        case _:
            assert_never(node)


def _piece(content: Content, begin: int, end: int) -> Content:
    """What lies between two places of the outline; formatting that is cut is on both sides."""
    found: list[Inline] = []
    at = 0
    for node in content:
        if at >= end:
            break
        size = len(_outline(node))
        low, high = max(begin - at, 0), min(end - at, size)
        if low < high:
            found.append(node if high - low == size else _part(node, low, high))
        at += size
    return tuple(found)


def _part(node: Inline, begin: int, end: int) -> Inline:
    match node:
        case Text(text):
            return Text(text[begin:end])
        case CodeSpan(text):
            return CodeSpan(text[begin:end])
        case Strong(content):
            return Strong(_piece(content, begin, end))
        case Emphasis(content):
            return Emphasis(_piece(content, begin, end))
        case Link(content, url):
            return Link(_piece(content, begin, end), url)
        case LineBreak() | Moment() | MemberName() | ChannelName() | CommandName():
            return node
        case _:
            assert_never(node)
