"""Blocks as a person reads them, line by line: rich text with its list signs, pictures by alt text.

Knows no adapter. Invariant: every word of the blocks is in what is read, where it is shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any


def read_blocks(blocks: Sequence[Mapping[str, Any]]) -> str:
    """What stands there, with buttons in brackets and addresses of links beside them."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header" | "section":
            yield str(block["text"]["text"])
            if "accessory" in block:
                yield f"[{block['accessory']['text']['text']}]"
        case "rich_text":
            for part in block["elements"]:
                yield from _part(part)
        case "image":
            yield str(block["alt_text"])
        case "divider":
            yield "---"
        case "actions":
            for element in block["elements"]:
                yield f"[{element['text']['text']}]"
        case "input":
            yield str(block["label"]["text"])
            for option in block["element"].get("options", ()):
                yield f"( ) {option['text']['text']}"
        case kind:
            raise ValueError(f"nobody has said how a {kind} is read")


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    if part["type"] != "rich_text_list":
        yield from "".join(map(_words, part["elements"])).split("\n")
        return
    for number, item in enumerate(part["elements"], start=1):
        sign = f"{number}." if part["style"] == "ordered" else "•"
        first, *more = "".join(map(_words, item["elements"])).split("\n")
        room = "  " * int(part.get("indent", 0))
        yield f"{room}{sign} {first}"
        yield from (f"{room}  {line}" for line in more)


def _words(element: Mapping[str, Any]) -> str:
    match element["type"]:
        case "text":
            return str(element["text"])
        case "link":
            words = str(element.get("text") or element["url"])
            return words if words == element["url"] else f"{words} ({element['url']})"
        case "date":
            at = datetime.fromtimestamp(element["timestamp"], UTC)
            return f"{at:%A, %b %-d, %H:%M}"
        case "channel":
            return f"#{element['channel_id']}"
        case "user":
            return f"@{element['user_id']}"
        case "usergroup":
            return f"@{element['usergroup_id']}"
        case kind:
            raise ValueError(f"nobody has said how a {kind} is read")
