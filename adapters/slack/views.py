"""Windows and the Home: what Slack calls views.

Knows no request and no service. Invariant: a view remembers, in its private_metadata, where it was
opened and what it asks, so that nothing of it is kept in the process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from adapters.port import Rejected
from adapters.slack.controls import plain
from adapters.slack.limits import TITLE, check_view
from adapters.slack.markdown import Json
from adapters.slack.words import word

WINDOW: Final = "s:window"
"""The callback_id of every window."""

HOME: Final = "s:home"


class Memory(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a view knows: the channel it was opened in; of a form its control, the one that asks
    for it, and what is locked so far. `command` is set where a command is filled in."""

    channel: str = ""
    form: str = ""
    asks: str = ""
    locked: dict[str, str] = {}
    command: str = ""

    def kept(self) -> str:
        """As private_metadata."""
        return msgspec.json.encode(self).decode()


def memory(view: Mapping[str, Any]) -> Memory:
    """What this view kept; nothing if that can't be read."""
    try:
        return msgspec.json.decode(view.get("private_metadata") or "{}", type=Memory)
    except msgspec.MsgspecError:
        return Memory()


def has_room(view: Mapping[str, Any]) -> bool:
    """Whether another window can be laid on top of this one: Slack takes three."""
    return view.get("previous_view_id") in (None, "", view.get("root_view_id"))


def window(blocks: Sequence[Json], remembers: Memory, *, submit: str = "", title: str = "") -> Json:
    """A window with these blocks. Raises Rejected if it is too much for one."""
    made: Json = {
        "type": "modal",
        "callback_id": WINDOW,
        "title": plain(title if 0 < len(title) <= TITLE else word("title"), TITLE),
        "close": plain(word("close"), TITLE),
        "blocks": list(blocks),
        "private_metadata": remembers.kept(),
    }
    if submit:
        made["submit"] = plain(submit, TITLE)
    return _checked(made)


def loading(remembers: Memory) -> Json:
    """What is there at once, until the answer is."""
    return window([_line(word("loading"))], remembers)


def saying(words: str, remembers: Memory) -> Json:
    """A window that says one thing."""
    return window([_line(words)], remembers)


def home(blocks: Sequence[Json]) -> Json:
    """The Home."""
    return _checked({"type": "home", "callback_id": HOME, "blocks": list(blocks)})


def _line(words: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": words, "emoji": False}}


def _checked(view: Json) -> Json:
    if faults := check_view(view):
        raise Rejected("; ".join(faults))
    return view
