"""Pieces, pictures and buttons as the body of one Slack message, marked so that it is found.

Knows no request and no service. Invariant: every body has a text that says it all to who hears it,
and calls nobody but the one group that was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.port import Rejected
from adapters.slack import limits
from adapters.slack.limits import FALLBACK
from adapters.slack.markdown import Json, escaped, heard, is_group, text
from adapters.slack.render import Head, Image, Line, Piece, Rich, in_words, instead, section
from adapters.slack.words import word

EVENT: Final = "studyhall_delivery"
"""The type of the metadata by which a message is found."""

QUIET: Final[Mapping[str, bool]] = {"unfurl_links": False, "unfurl_media": False}
"""Of what is behind a link, nothing is shown below a message."""

CHANNEL: Final = re.compile(r"#([CG](?=[A-Z]*\d)[A-Z0-9]{8,20})(?!\w)", re.ASCII)
"""A channel by its id; in a text Slack reads out its name for it, and calls nobody."""

Files = Mapping[Image, str | None]
"""The ids of uploaded pictures; None for one that can't be had."""


def metadata(mark: str) -> Json:
    """The mark as it rides along with a message."""
    return {"event_type": EVENT, "event_payload": {"id": mark}}


def carries(message: Mapping[str, Any], mark: str) -> bool:
    """Whether a message that Slack gave back carries this mark."""
    rides = message.get("metadata") or {}
    payload = rides.get("event_payload") or {}
    return rides.get("event_type") == EVENT and payload.get("id") == mark


def blocks_of(pieces: Sequence[Piece], files: Files) -> list[Json]:
    """The pieces as Slack's blocks."""
    return [block for piece in pieces for block in _blocks(piece, files)]


def _blocks(piece: Piece, files: Files) -> list[Json]:
    match piece:
        case Head(words):
            plain = {"type": "plain_text", "text": words, "emoji": False}
            return [{"type": "header", "text": plain}]
        case Rich(parts):
            return [{"type": "rich_text", "elements": list(parts)}]
        case Line():
            return [{"type": "divider"}]
        case Image():
            file = files.get(piece)
            if file is None:
                return _blocks(instead(piece), files)
            picture = {
                "type": "image",
                "slack_file": {"id": file},
                "alt_text": piece.description,
            }
            rest = [section(text(piece.rest, ("italic",)))]
            return [picture, *([{"type": "rich_text", "elements": rest}] if piece.rest else [])]


def spoken(first: str, pieces: Sequence[Piece]) -> str:
    """The whole message as text: what a notification shows and a screen reader reads.

    Slack's clients read this instead of the blocks. Too long a one ends early; it is all below.
    """
    whole = "\n".join(filter(None, (in_words(piece, heard).strip() for piece in pieces)))
    begins = " ".join(first.rstrip("… ").split())
    if not _plain(pieces, len(begins)).startswith(begins):
        named = CHANNEL.sub(r"<#\1>", escaped(first.strip()))
        whole = f"{named}\n{whole}"
    return _to_the_end_or_nearly(whole.strip()) or word("post")


def _plain(pieces: Sequence[Piece], least: int) -> str:
    """The beginning of what is said, in words alone and at least so long if there is as much."""
    said = ""
    for piece in pieces:
        said = " ".join(f"{said} {in_words(piece)}".split())
        if len(said) >= least:
            break
    return said


def _to_the_end_or_nearly(marked: str) -> str:
    """Cut between words, and never within what stands for one sign, a moment or a channel."""
    if len(marked) <= FALLBACK:
        return marked
    head = marked[: FALLBACK - 1]
    for opens, closes in (("<", ">"), ("&", ";")):
        if head.rfind(opens) > head.rfind(closes):
            head = head[: head.rfind(opens)]
    before = head.rpartition(" ")[0]
    return f"{head if before.count('<') > before.count('>') else before or head}…"


def compose(
    pieces: Sequence[Piece],
    files: Files,
    below: Sequence[Json] = (),
    *,
    first: str = "",
    mark: str = "",
    ping: str = "",
) -> Json:
    """One message. With a `mark` it is found by it. Raises Rejected if it is too much."""
    blocks = [*blocks_of(pieces, files), *below]
    if is_group(ping):
        group = {"type": "usergroup", "usergroup_id": ping}
        blocks.insert(0, {"type": "rich_text", "elements": [section([group])]})
    body: Json = {
        "text": spoken(first, pieces),
        "blocks": blocks,
        **QUIET,
    }
    if mark:
        body["metadata"] = metadata(mark)
    if faults := limits.check_message(body):
        raise Rejected("; ".join(faults))
    return body


def without_word_of_links(body: Json) -> Json:
    """The same for methods that show nothing of what is behind a link, and take no word of it."""
    return {name: value for name, value in body.items() if name not in QUIET}
