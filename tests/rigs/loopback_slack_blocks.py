"""Block Kit as a small Slack reads it: what it shows, what can be used, what it would not take.

Knows no app and no world. Invariant: what it settles is a copy; what came in stays as it was.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

VALUE_OF = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
"""Where each kind of element that keeps a value has it in `state.values`."""

ACTIVE = {*VALUE_OF, "button", "overflow", "workflow_button", "rich_text_input", "file_input"}
IN_MESSAGES = {
    *("actions", "alert", "card", "carousel", "container", "context", "context_actions"),
    *("data_table", "data_visualization", "divider", "file", "header", "image", "input"),
    *("markdown", "plan", "rich_text", "section", "table", "task_card", "video"),
}
NOT_IN_VIEWS = {"markdown", "table", "file", "plan", "task_card", "context_actions"}
MOST_TEXT = 13_000
MOST_MARKDOWN = 12_000


# -- what it shows --------------------------------------------------------------------------------


def parts(thing: Any) -> Iterator[Json]:
    """Every object in it, the outer before the inner."""
    if isinstance(thing, dict):
        yield thing
        for value in thing.values():
            yield from parts(value)
    elif isinstance(thing, list):
        for value in thing:
            yield from parts(value)


def texts(blocks: Any) -> Iterator[str]:
    """Every piece of text that people read, in order, as it was sent."""
    for part in parts(blocks):
        if isinstance(part.get("text"), str):
            yield part["text"]
        elif part.get("type") == "link":
            yield str(part.get("url", ""))


def words(blocks: Any) -> str:
    """What people read there, without its escapes."""
    return plain(" ".join(texts(blocks)))


def plain(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


PING = re.compile(r"<(!channel|!here|!everyone|!subteam\^\w+|@[UW]\w+)(\|[^>]*)?>")


def pings(text: str, blocks: Any) -> list[str]:
    """Whom a message would call: "!channel", "@U0123"; nobody is the good answer."""
    found = [match[1] for match in PING.finditer(text)] if not blocks else []
    for part in parts(blocks):
        kind = part.get("type")
        if kind in ("mrkdwn", "markdown"):
            found += [match[1] for match in PING.finditer(str(part.get("text", "")))]
        elif kind == "user":
            found.append("@" + str(part.get("user_id")))
        elif kind == "broadcast":
            found.append("!" + str(part.get("range")))
        elif kind == "usergroup":
            found.append("!subteam^" + str(part.get("usergroup_id")))
    return found


# -- what can be used -----------------------------------------------------------------------------


def elements(blocks: Any) -> Iterator[tuple[Json, Json]]:
    """Every element that somebody can use, with its block."""
    for block in blocks or []:
        for part in parts(block):
            if part.get("type") in ACTIVE and "action_id" in part:
                yield block, part


def label_of(block: Json, element: Json) -> str:
    """What people call an element: its text, else the label of its field."""
    text = element.get("text") or block.get("label") or element.get("placeholder") or {}
    return plain(str(text.get("text", "")))


def find_element(blocks: Any, called: str) -> tuple[Json, Json]:
    """The element of that action_id, else of that block_id, else with that label."""
    there = list(elements(blocks))
    ways: tuple[Callable[[Json, Json], str], ...] = (
        lambda block, element: str(element["action_id"]),
        lambda block, element: str(block.get("block_id")),
        label_of,
    )
    for way in ways:
        for block, element in there:
            if way(block, element) == called:
                return block, element
    names = [f"{element['action_id']} ({label_of(block, element)})" for block, element in there]
    raise LookupError(f"nothing there is called {called!r}; there are: {', '.join(names)}")


def options_of(element: Json) -> list[Json]:
    groups = element.get("option_groups") or []
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def option(options: list[Json], called: str) -> Json:
    """The option of that value, else with that text."""
    for one in options:
        if one.get("value") == called:
            return one
    for one in options:
        if plain(one["text"]["text"]) == called:
            return one
    raise LookupError(f"no option {called!r} among {[one['text']['text'] for one in options]}")


def initial(element: Json) -> Any:
    """What an element holds before anybody has used it."""
    kind = element["type"]
    name = VALUE_OF[kind]
    begun = element.get(name.replace("selected", "initial") if name != "value" else "initial_value")
    return begun if begun is not None or not name.endswith("s") else []


# -- what it makes of them ------------------------------------------------------------------------


def escaped(text: str) -> str:
    """Bare ampersands are escaped, as Slack hands every text back."""
    return re.sub(r"&(?!amp;|lt;|gt;)", "&amp;", text)


def settled(blocks: Any, new_id: Callable[[], str]) -> list[Json]:
    """The blocks as Slack keeps them: every block and element has an id, texts are escaped."""
    kept: list[Json] = copy.deepcopy(list(blocks or []))
    for block in kept:
        block.setdefault("block_id", new_id())
        for part in parts(block):
            if part.get("type") in ACTIVE:
                part.setdefault("action_id", new_id())
            if part.get("type") == "plain_text":
                part.setdefault("emoji", True)
                part["text"] = escaped(part["text"])
            elif part.get("type") == "mrkdwn":
                part.setdefault("verbatim", False)
                part["text"] = escaped(part["text"])
    return kept


# -- what it would not take -----------------------------------------------------------------------


def faults(blocks: Any, *, most: int, view: bool, usable: Callable[[Json], bool]) -> list[str]:
    """Why Slack would refuse these blocks, in its own words as far as they are known.

    `usable` says of a `slack_file` whether it can be shown already.
    """
    if not isinstance(blocks, list):
        return ["blocks must be a list [json-pointer:/blocks]"]
    found = []
    if len(blocks) > most:
        found.append(f"no more than {most} items allowed [json-pointer:/blocks]")
    seen: set[str] = set()
    for number, block in enumerate(blocks):
        at = f"/blocks/{number}"
        if not isinstance(block, dict) or block.get("type") not in IN_MESSAGES:
            found.append(f"unsupported type: {block} [json-pointer:{at}/type]")
            continue
        if view and block["type"] in NOT_IN_VIEWS:
            found.append(f"unsupported type: {block['type']} [json-pointer:{at}/type]")
        name = block.get("block_id")
        if name is not None and name in seen:
            found.append(f"`block_id` {name} already exists [json-pointer:{at}/block_id]")
        seen.add(str(name))
        found += [f"{fault} [json-pointer:{at}]" for fault in _block_faults(block, usable)]
    return found


def _block_faults(block: Json, usable: Callable[[Json], bool]) -> Iterator[str]:
    yield from _too_long("block_id", block.get("block_id", ""), 255)
    match block["type"]:
        case "header":
            yield from _text("text", block.get("text"), 150, {"plain_text"})
        case "section":
            if not block.get("text") and not block.get("fields"):
                yield "missing required field: text"
            if block.get("text"):
                yield from _text("text", block["text"], 3_000)
            yield from _too_many("fields", block.get("fields", []), 10)
            for field in block.get("fields", []):
                yield from _text("fields", field, 2_000)
        case "context":
            yield from _too_many("elements", block.get("elements", []), 10, least=1)
            for one in block.get("elements", []):
                if one.get("type") != "image":
                    yield from _text("elements", one, 3_000)
        case "actions":
            yield from _too_many("elements", block.get("elements", []), 25, least=1)
        case "markdown":
            yield from _too_long("text", block.get("text", ""), MOST_MARKDOWN)
        case "input":
            yield from _text("label", block.get("label"), 2_000, {"plain_text"})
            if block.get("hint"):
                yield from _text("hint", block["hint"], 2_000, {"plain_text"})
    ids = [str(one["action_id"]) for _, one in elements([block])]
    if len(ids) != len(set(ids)):
        yield "action_id used twice"
    for part in parts(block):
        yield from _part_faults(part, usable)


def _part_faults(part: Json, usable: Callable[[Json], bool]) -> Iterator[str]:
    kind = part.get("type")
    yield from _too_long("action_id", part.get("action_id", ""), 255)
    if kind == "image":
        yield from _too_long("alt_text", part.get("alt_text", ""), 2_000)
        if not part.get("alt_text"):
            yield "missing required field: alt_text"
        if "slack_file" in part and not usable(part["slack_file"]):
            yield "invalid slack file"
        if "slack_file" not in part and not part.get("image_url"):
            yield "missing required field: image_url"
    elif kind == "button":
        yield from _text("text", part.get("text"), 75, {"plain_text"})
        yield from _too_long("value", part.get("value", ""), 2_000)
        yield from _too_long("url", part.get("url", ""), 3_000)
    elif kind in ("radio_buttons", "checkboxes"):
        yield from _options(part, 10)
    elif kind == "overflow":
        yield from _options(part, 5)
    elif kind in ("static_select", "multi_static_select"):
        yield from _options(part, 100)
    if part.get("placeholder"):
        yield from _text("placeholder", part["placeholder"], 150, {"plain_text"})


def _options(element: Json, most: int) -> Iterator[str]:
    options = options_of(element)
    if not element.get("option_groups"):
        yield from _too_many("options", options, most, least=1)
    for one in options:
        yield from option_faults(one)
    values = [one.get("value") for one in options]
    for name in ("initial_option", "initial_options"):
        begun = element.get(name, [])
        for one in begun if isinstance(begun, list) else [begun]:
            if one.get("value") not in values:
                yield f"{name} is none of the options"


def option_faults(one: Json) -> Iterator[str]:
    yield from _text("option text", one.get("text"), 75)
    yield from _too_long("option value", one.get("value", ""), 150)
    if one.get("description"):
        yield from _text("option description", one["description"], 75)


def _text(
    name: str, text: Any, most: int, kinds: Collection[str] = ("plain_text", "mrkdwn")
) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"{name} must be one of {sorted(kinds)}"
    elif not text.get("text"):
        yield f"{name} must be more than 0 characters"
    else:
        yield from _too_long(name, text["text"], most)


def _too_long(name: str, text: str, most: int) -> Iterator[str]:
    if len(text) > most:
        yield f"{name} must be less than {most + 1} characters, it has {len(text)}"


def _too_many(name: str, items: list[Any], most: int, least: int = 0) -> Iterator[str]:
    if not least <= len(items) <= most:
        yield f"{name} must be {least} to {most} items, there are {len(items)}"
