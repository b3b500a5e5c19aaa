"""Discord's Markdown as a person reads it: no signs, no escapes, moments as dates.

Knows no adapter; it reads as Discord's own client does, as far as documents need it.
Invariant: what is left is what stands on the screen.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_CODE = re.compile(r"```[^\n`]*\n(.*?)\n?```|``\s(.*?)\s``|`([^`\n]+)`", re.DOTALL)
_SIGNS = (
    (re.compile(r"^-# ", re.MULTILINE), ""),
    (re.compile(r"^#{1,3} ", re.MULTILINE), ""),
    (re.compile(r"(?<!\\)\[((?:\\.|[^\]\\])*)\]\((https?://[^\s()]+)\)"), r"\1 \2"),
    (re.compile(r"(?<!\\)</([^:>]+):\d+>"), r"/\1"),
    (re.compile(r"\\(.)|(?<!\\)\*+"), lambda found: found[1] or ""),
)


def read(text: str) -> str:
    """The words of a text display."""
    shown: list[str] = []
    quoted: list[str] = []
    plain: list[str] = []
    in_code = False
    for line in text.split("\n"):
        if not in_code and line.startswith(">"):
            shown += [_read("\n".join(plain))] if plain else []
            plain = []
            quoted.append(line[1:].removeprefix(" "))
            continue
        if quoted:
            shown.append(read("\n".join(quoted)))
            quoted = []
        if line.lstrip().startswith("```"):
            in_code = not in_code
        plain.append(line)
    shown += [read("\n".join(quoted))] if quoted else []
    shown += [_read("\n".join(plain))] if plain else []
    return "\n".join(shown)


def _read(text: str) -> str:
    shown = []
    at = begun = 0
    while code := _CODE.search(text, at):
        if _escaped(text, code.start()):
            at = code.start() + 1
            continue
        inside = next(group for group in code.groups() if group is not None)
        shown += [_words(text[begun : code.start()]), inside]
        at = begun = code.end()
    shown.append(_words(text[begun:]))
    return "".join(shown).replace("\u200b", "")


def _escaped(text: str, at: int) -> bool:
    return (len(text[:at]) - len(text[:at].rstrip("\\"))) % 2 == 1


def _words(text: str) -> str:
    for pattern, shown in _SIGNS:
        text = pattern.sub(shown, text)
    return re.sub(r"<t:(-?\d+):F>", lambda found: _date(int(found[1])), text)


def _date(seconds: int) -> str:
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%A, %d %b %Y %H:%M}"
    except (ValueError, OverflowError):
        return str(seconds)
