"""The tree's words as elements of Slack's rich text, which need no escaping and ping nobody.

Knows no message. Invariant: what was Text comes out as the same letters, and no element names a
person or a group unless it is shown to one person alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias, assert_never

from adapters.slack.words import word
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

Json: TypeAlias = dict[str, Any]

URL: Final = 3_000
"""So long may an address be that can be followed."""

DATE: Final = "{date_long_pretty}, {time}"
"""Each reader sees it in their own zone, "today" and "tomorrow" by name."""

_CHANNEL: Final = re.compile(r"[CG][A-Z0-9]{2,20}", re.ASCII)
_PRIVATE: Final = re.compile(r"D[A-Z0-9]{2,20}", re.ASCII)
_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)
_GROUP: Final = re.compile(r"S[A-Z0-9]{2,20}", re.ASCII)
_STAMP: Final = re.compile(r"\d{1,12}\.\d{1,9}", re.ASCII)
_WEB: Final = re.compile(r"https?://[^\s<>|]+", re.IGNORECASE)
_REFERENCE: Final = re.compile(r"<([#@!])(?:subteam\^)?([A-Z0-9]+)(?:\|[^>]*)?>", re.ASCII)


def is_channel(text: str) -> bool:
    """Whether this is a channel's id as Slack gives them."""
    return _CHANNEL.fullmatch(text) is not None


def is_member(text: str) -> bool:
    """Whether this is a person's id as Slack gives them."""
    return _MEMBER.fullmatch(text) is not None


def is_group(text: str) -> bool:
    """Whether this is the id of a user group."""
    return _GROUP.fullmatch(text) is not None


def is_stamp(text: str) -> bool:
    """Whether this is the timestamp by which Slack knows a message."""
    return _STAMP.fullmatch(text) is not None


def escaped(text: str) -> str:
    """Plain words where Slack would read its own Markdown: they format and ping nothing there."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What somebody typed after a slash command: references as ids, the rest as it was typed."""
    bare = _REFERENCE.sub(r"\2", text)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class Inlines:
    """How words are written; `private`: for one person alone, so that a name can be shown live."""

    def __init__(self, *, private: bool = False) -> None:
        self._private = private

    def line(self, content: Iterable[Inline]) -> list[Json]:
        """The elements of one line or paragraph."""
        return [made for piece in content for made in self._one(piece, frozenset())]

    def _one(self, piece: Inline, style: frozenset[str]) -> list[Json]:
        match piece:
            case Text(words):
                return text(words, style)
            case Strong(content):
                return self._all(content, style | {"bold"})
            case Emphasis(content):
                return self._all(content, style | {"italic"})
            case CodeSpan(words) | CommandName(words):
                return text(words, style | {"code"})
            case Link(content, url):
                return self._link(content, url, style)
            case LineBreak():
                return text("\n", style)
            case Moment(at_ms, _):
                made = {"type": "date", "timestamp": at_ms // 1000, "format": DATE}
                return [_styled({**made, "fallback": plain_inline((piece,))}, style)]
            case MemberName(member):
                if self._private and is_member(member):
                    return [_styled({"type": "user", "user_id": member}, style)]
                return text(f"@{member}", style)
            case ChannelName(channel):
                if is_channel(channel):
                    return [_styled({"type": "channel", "channel_id": channel}, style)]
                if _PRIVATE.fullmatch(channel):
                    return text(word("private_place"), style)
                return text(f"#{channel.removeprefix('#')}", style)
            case _:
                assert_never(piece)

    def _all(self, content: Iterable[Inline], style: frozenset[str]) -> list[Json]:
        return [made for piece in content for made in self._one(piece, style)]

    def _link(self, content: tuple[Inline, ...], url: str, style: frozenset[str]) -> list[Json]:
        words = plain_inline(content)
        if len(url) > URL or not _WEB.fullmatch(url):
            return [*self._all(content, style), *(text(f" ({url})", style) if words != url else [])]
        made = {"type": "link", "url": url, "text": words if words.strip() else url}
        inner = _common_style(content)
        return [_styled(made, style | inner)]


def text(words: str, style: Iterable[str] = ()) -> list[Json]:
    """Words as one element; none for no words, which Slack does not take."""
    return [_styled({"type": "text", "text": words}, style)] if words else []


def _styled(made: Json, style: Iterable[str]) -> Json:
    names = sorted(style)
    return {**made, "style": dict.fromkeys(names, True)} if names else made


def _common_style(content: tuple[Inline, ...]) -> frozenset[str]:
    """The style of a link whose words have only one."""
    match content:
        case (CodeSpan(),):
            return frozenset({"code"})
        case (Strong(inner),):
            return _common_style(inner) | {"bold"}
        case (Emphasis(inner),):
            return _common_style(inner) | {"italic"}
        case _:
            return frozenset()


def words_of(element: Json) -> str:
    """What an element shows, as text: for counting, and for pictures that can't be had."""
    match element["type"]:
        case "text":
            return str(element["text"])
        case "link":
            return str(element.get("text") or element["url"])
        case "date":
            return str(element["fallback"])
        case "channel":
            return f"#{element['channel_id']}"
        case "user":
            return f"@{element['user_id']}"
        case "usergroup":
            return f"@{element['usergroup_id']}"
        case kind:
            raise ValueError(f"no element of type {kind} is made here")


def heard(element: Json) -> str:
    """The same where Slack reads its own Markdown, as it does in the text beside the blocks.

    A moment is told in the reader's zone there, too, and a channel by its name.
    """
    match element["type"]:
        case "date":
            moment = f"{element['timestamp']}^{element['format']}"
            return f"<!date^{moment}|{escaped(words_of(element))}>"
        case "channel":
            return f"<#{element['channel_id']}>"
        case _:
            return escaped(words_of(element))
