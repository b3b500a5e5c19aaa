"""What Slack takes in one message or view, and what of a document fits into a message.

Knows no request. Invariant: a part of what fits, fits: the measure is a sum over the pieces.
Sources: Slack's developer documentation (Block Kit, views, messages); the 10,000 characters are
from reports of other developers, whose longer messages were refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.slack.markdown import Json, words_of
from adapters.slack.render import TABLE_WIDTH, Drawing, Image, Piece, Rich, in_words
from lessons.document import Block, Document, Listing, Table, encode, walk

CHARACTERS: Final = 10_000
BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
VIEW_BYTES: Final = 250_000
METADATA: Final = 3_000
TITLE: Final = 24
LABEL: Final = 75
OPTION: Final = 75
OPTIONS: Final = 100
RADIO: Final = 10
PLACEHOLDER: Final = 150
INPUT_LABEL: Final = 2_000
TYPED: Final = 3_000
FILE_ALT: Final = 1_000
"""The description of an uploaded file; that of the block in which it is shown may be longer."""

FALLBACK: Final = 3_900
"""So long may the text be that is shown in a notification and read out instead of the blocks."""

# What a document may take; the rest is for buttons, the names in them and the fallback text.
OWN_CHARACTERS: Final = 3_600
OWN_BLOCKS: Final = 36
OWN_VIEW_BLOCKS: Final = 50
OWN_VIEW_CHARACTERS: Final = 20_000
READ: Final = frozenset({"text", "alt_text", "fallback", "url"})
SIGN: Final = 8
"""So many characters the sign of a list's item can take."""


def fits(document: Document) -> bool:
    """Whether the words, pictures and blocks of this go into one message, controls and all."""
    return _within(document, OWN_BLOCKS, OWN_CHARACTERS)


def fits_view(document: Document) -> bool:
    """Whether they go into one window, with a form's fields below them."""
    return _within(document, OWN_VIEW_BLOCKS, OWN_VIEW_CHARACTERS)


def _within(document: Document, blocks: int, most: int) -> bool:
    nodes = list(walk(document.blocks))
    if len(nodes) > 4 * most:
        return False
    if _is_small(document, nodes, blocks, most):
        return True
    drawing = Drawing(private=True)
    pieces = drawing.pieces(document)
    if sum(map(_blocks, pieces)) > blocks:
        return False
    signs = sum(SIGN * len(node.items) for node in nodes if isinstance(node, Listing))
    tables = sum(_as_any_table(drawing, node) for node in nodes if isinstance(node, Table))
    return sum(map(characters, pieces)) + signs + tables <= most


def _is_small(document: Document, nodes: Sequence[Block], blocks: int, most: int) -> bool:
    """Whether it fits so well that it need not be drawn: nearly every answer does.

    A block is drawn as two at most, and no character of it is missing in its JSON.
    """
    tables = [node for node in nodes if isinstance(node, Table)]
    return not tables and 2 * len(nodes) <= blocks and 2 * len(encode(document)) <= most


def _blocks(piece: Piece) -> int:
    return 2 if isinstance(piece, Image) and piece.rest else 1


def characters(piece: Piece) -> int:
    """All characters of a piece, addresses of links and descriptions of pictures too."""
    match piece:
        case Rich(parts):
            return sum(_in_part(part) for part in parts)
        case Image(_, what, alt):
            return len(alt) + len(what) + 40
        case _:
            return len(in_words(piece))


def _in_part(part: Json) -> int:
    return sum(
        _in_part(one) if "elements" in one else len(words_of(one)) + len(one.get("url", "")) + 1
        for one in part["elements"]
    )


def _as_any_table(drawing: Drawing, table: Table) -> int:
    """A table is drawn in columns or told in lines, whichever suits: it counts as both."""
    columns = (TABLE_WIDTH + 1) * (len(table.rows) + 2)
    return columns + sum(map(_in_part, drawing.records(table.header, table.rows)))


# -- what goes out --------------------------------------------------------------------------------


def check_message(body: Mapping[str, Any]) -> list[str]:
    """What is too much in a message; empty if it can go out."""
    blocks = body.get("blocks", ())
    faults = []
    if not blocks:
        faults.append("there is nothing in it")
    if len(blocks) > BLOCKS:
        faults.append(f"{len(blocks)} blocks, {BLOCKS} are allowed")
    said = _length(blocks) + len(body.get("text", ""))
    if said > CHARACTERS:
        faults.append(f"{said} characters, {CHARACTERS} are allowed")
    if not body.get("text", "").strip():
        faults.append("no text that stands for it")
    return faults


def check_view(view: Mapping[str, Any]) -> list[str]:
    """What is too much in a modal or a Home; empty if it can go out."""
    faults = []
    if not 1 <= len(view["blocks"]) <= VIEW_BLOCKS:
        faults.append(f"{len(view['blocks'])} blocks, {VIEW_BLOCKS} are allowed")
    if (size := len(json.dumps(view))) > VIEW_BYTES:
        faults.append(f"{size} bytes, {VIEW_BYTES} are allowed")
    if len(view.get("private_metadata", "")) > METADATA:
        faults.append("private_metadata is too long")
    return faults


def _length(tree: Any) -> int:
    """The characters in a structure of Slack's that somebody reads or hears."""
    found = 0
    left = [tree]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            for name, inner in one.items():
                if not isinstance(inner, str):
                    left.append(inner)
                elif name in READ:
                    found += len(inner)
        elif isinstance(one, list | tuple):
            left += one
    return found
