"""How much Slack takes of everything, and the most that was seen of it.

Knows no adapter and no body. Lengths come from the reference in STUDYHALL_SPECS; what stands here
is what that file lacks, from the design's table. Invariant: every limit has one name, in words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.rigs.specs import specs

OWN = {
    "blocks in a message": 50,
    "characters of a message's blocks": 9_999,  # "under 10,000"; refused from about 11,300 on
    "characters of the text beside them": 4_000,  # what Slack asks for; it cuts at 40,000
    "bytes of the metadata": 8_000,
    "characters of all markdown blocks": 12_000,
    "bytes of a view": 250_000,
    "rows of a table": 100,
    "columns of a table": 20,
    "title of a picture": 2_000,
    "indent of a list": 8,
    "suggestions": 100,
}
FROM_FILE = {
    "block_id": "block_id.max_length",
    "action_id": "action_id.max_length",
    "text of a section": "section.text.max_length",
    "fields of a section": "section.fields.max_items",
    "text of a field": "section.fields.item_max_length",
    "header": "header.text.max_length",
    "elements of a context": "context.elements.max_items",
    "text in a context": "text.max_length",
    "text of a markdown block": "markdown.text.max_length",
    "elements in a row": "actions.elements.max_items",
    "label of a button": "button.text.max_length",
    "value of a button": "button.value.max_length",
    "address of a button": "button.url.max_length",
    "accessibility label": "button.accessibility_label.max_length",
    "title of a question back": "confirmation.title.max_length",
    "text of a question back": "confirmation.text.max_length",
    "yes of a question back": "confirmation.confirm.max_length",
    "no of a question back": "confirmation.deny.max_length",
    "placeholder": "select.placeholder.max_length",
    "options of a select": "select.options.max_items",
    "groups of a select": "select.option_groups.max_items",
    "options of a group": "option_group.options.max_items",
    "label of a group": "option_group.label.max_length",
    "radio buttons": "radio_buttons.options.max_items",
    "checkboxes": "checkboxes.options.max_items",
    "entries of an overflow menu": "overflow.options.max_items",
    "text of an option": "option.text.max_length",
    "value of an option": "option.value.max_length",
    "description of an option": "option.description.max_length",
    "address of an option": "option.url.max_length",
    "alt text": "image.alt_text.max_length",
    "address of a picture": "image.image_url.max_length",
    "label of an input": "input.label.max_length",
    "hint of an input": "input.hint.max_length",
    "characters to type in": "plain_text_input.max_length.max",
    "title of a view": "view.title.max_length",
    "submit of a view": "view.submit.max_length",
    "close of a view": "view.close.max_length",
    "callback_id": "view.callback_id.max_length",
    "private_metadata": "view.private_metadata.max_length",
    "blocks in a view": "view.blocks.max_items",
}
NAMES = (*OWN, *FROM_FILE)


@cache
def allowed() -> dict[str, int]:
    """How much of everything; without the reference, only what stands here."""
    folder = specs()
    if folder is None:
        return OWN
    told: dict[str, Any] = json.loads((folder / "slack-limits.json").read_text("utf-8"))
    return OWN | {name: _at(told, path) for name, path in FROM_FILE.items()}


def _at(told: Any, path: str) -> int:
    for step in path.split("."):
        told = told[step]
    return int(told)


@dataclass
class Worst:
    """The most that was seen of everything that is limited, and where that was."""

    seen: dict[str, int] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)

    def note(self, what: str, value: int, where: str = "") -> None:
        if what not in self.seen or value > self.seen[what]:
            self.seen[what], self.where[what] = value, where

    def table(self) -> str:
        return side_by_side(worst=self)


def side_by_side(**columns: Worst) -> str:
    """What is allowed of everything, the most in each of these, and where the very most was."""
    most = list(columns.values())
    lines = [_line("limit", "allowed", list(columns), "where the most was")]
    for name in NAMES:
        seen = [column for column in most if name in column.seen]
        if seen:
            top = max(seen, key=lambda column: column.seen[name])
            values = [str(column.seen.get(name, "-")) for column in most]
            lines.append(_line(name, str(allowed().get(name, "-")), values, top.where[name]))
    return "\n".join(lines)


def _line(name: str, limit: str, values: list[str], where: str) -> str:
    return "".join((f"{name:<36}{limit:>8}", *(f"{v:>9}" for v in values), f"  {where}")).rstrip()


class Say:
    """Notes a size and complains if it is too much, or too little. `where` is said with both."""

    def __init__(self, worst: Worst, where: str) -> None:
        self.worst = worst
        self.where = where

    def __call__(self, path: str, what: str, value: int, least: int = 0) -> Iterator[str]:
        self.worst.note(what, value, f"{self.where} {path}".strip())
        most = allowed().get(what)
        if value < least or (most is not None and value > most):
            yield f"{path}: {what}: {value}, allowed are {least} to {most}"
