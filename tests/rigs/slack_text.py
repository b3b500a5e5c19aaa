"""Texts on their way to Slack: what it would read as its own signs, and what would ping somebody.

Knows no limits but those it is handed. Invariant: whatever is not a link, a channel, a moment or
an expected mention has to be escaped.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from tests.rigs.slack_limits import Say

PINGS = {"user": "user_id", "usergroup": "usergroup_id", "broadcast": "range", "team": "team_id"}
EVERYBODY = re.compile(r"@(?:here|channel|everyone|group)\b", re.IGNORECASE)
MENTION = re.compile(r"<[@!][^<>]*>")
MOMENT = re.compile(r"<!date\^[^<>]+>")
QUOTATION = re.compile(r"^>+ ?", re.MULTILINE)
LINK = re.compile(r"<((?:https?://|mailto:)[^\s<>|]+(?:\|[^<>\n]+)?|#C[A-Z0-9]+(?:\|[^<>\n]*)?)>")
RAW = re.compile(r"<|>|&(?!(?:amp|lt|gt);)")


def escaped(path: str, text: str, expected: Collection[str]) -> Iterator[str]:
    """Complaints about mrkdwn, which a message's top-level text is, too."""
    text = MOMENT.sub("", text)
    for mention in MENTION.findall(text):
        if not set(re.split(r"[|^]", mention[2:-1])) & set(expected):
            yield f"{path}: {mention} pings"
    rest = LINK.sub(r"\1", QUOTATION.sub("", MENTION.sub("", text)))
    raw = RAW.search(rest)
    if raw:
        around = rest[max(0, raw.start() - 20) : raw.end() + 20]
        yield f"{path}: {raw.group()!r} is not escaped in {around!r}"


def rich(path: str, one: Any, expected: Collection[str], say: Say) -> Iterator[str]:
    """Complaints about a rich_text and all that is in it; nothing is escaped there."""
    if isinstance(one, list):
        for n, inside in enumerate(one):
            yield from rich(f"{path}/{n}", inside, expected, say)
    if not isinstance(one, dict):
        return
    kind = str(one.get("type"))
    if kind in PINGS and str(one.get(PINGS[kind])) not in expected:
        yield f"{path}: a {kind} element pings"
    if kind == "text" and not one.get("text"):
        yield f"{path}: an empty text"
    if kind == "link" and not re.match(r"https?://|mailto:", str(one.get("url"))):
        yield f"{path}: the address {one.get('url')!r}"
    if kind in ("rich_text", "rich_text_list") and not one.get("elements"):
        yield f"{path}: an empty {kind}"
    if kind == "rich_text_list":
        yield from say(path, "indent of a list", int(one.get("indent", 0)))
    for key in ("elements", "rows"):
        if key in one:
            yield from rich(f"{path}/{key}", one[key], expected, say)


def texts(block: Any) -> Iterator[str]:
    """Every text that somebody reads or hears, and every link's address."""
    if isinstance(block, dict):
        button = block.get("type") == "button"
        for key, value in block.items():
            if not isinstance(value, str):
                yield from texts(value)
            elif key in ("text", "alt_text") or (key == "url" and not button):
                yield value
    elif isinstance(block, list):
        for one in block:
            yield from texts(one)
