"""What a person reads in blocks, and what can be pressed, chosen or filled in there.

Knows neither server nor app. Invariant: what is chosen is one of the options that are offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]
TYPED = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
ONE = ("static_select", "radio_buttons", "external_select", "overflow")
SEVERAL = ("checkboxes", "multi_static_select", "multi_external_select")
OTHERS = {
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "users_select": "selected_user",
    "channels_select": "selected_channel",
    "conversations_select": "selected_conversation",
}


@dataclass(frozen=True)
class Message:
    """A message of a channel, or one that a single person sees."""

    channel: str
    body: Body

    @property
    def ts(self) -> str:
        return str(self.body["ts"])

    @property
    def thread(self) -> str | None:
        return self.body.get("thread_ts")

    @property
    def only_for(self) -> str | None:
        return self.body.get("ephemeral_to")

    @property
    def blocks(self) -> list[Body]:
        return self.body.get("blocks") or []

    @property
    def text(self) -> str:
        return str(self.body.get("text") or "")


@dataclass(frozen=True)
class View:
    """A modal or a Home, as the app knows it."""

    body: Body

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def blocks(self) -> list[Body]:
        return self.body.get("blocks") or []

    @property
    def title(self) -> str:
        return str((self.body.get("title") or {}).get("text", ""))


def elements(blocks: Sequence[Body]) -> Iterator[tuple[Body, Body]]:
    """Everything that can be pressed, chosen or filled in, with its block."""
    for block in blocks:
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for one in inside:
            if isinstance(one, dict) and "action_id" in one:
                yield block, one


def labels(blocks: Sequence[Body]) -> list[str]:
    """What the buttons say."""
    found = [one for _, one in elements(blocks) if one["type"] == "button"]
    return [str(one["text"]["text"]) for one in found]


def words(blocks: Sequence[Body]) -> str:
    """All texts in their order, pictures by their alt text, buttons in brackets."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(one: Any) -> Iterator[str]:
    if isinstance(one, list):
        for inside in one:
            yield from _lines(inside)
    elif isinstance(one, dict):
        match one.get("type"):
            case "button":
                yield f"[{one['text']['text']}]"
            case "image":
                yield f"({one['alt_text']})"
            case "rich_text_section" | "rich_text_preformatted" | "rich_text_quote":
                yield "".join(_run(part) for part in one["elements"])
            case "mrkdwn" | "plain_text" | "markdown":
                yield str(one["text"])
            case kind if kind in (*ONE, *SEVERAL):
                offered = " | ".join(str(o["text"]["text"]) for o in options(one))
                yield f"<{one['action_id']}: {offered}>"
            case kind if kind in (*TYPED, *OTHERS):
                yield f"<{one['action_id']}>"
            case _:
                for key in ("text", "fields", "label", "elements", "accessory", "element", "hint"):
                    yield from _lines(one.get(key))


def _run(part: Body) -> str:
    match part["type"]:
        case "link":
            return str(part.get("text", part["url"]))
        case "emoji":
            return f":{part['name']}:"
        case "date":
            return str(part["fallback"])
        case "channel":
            return f"#{part['channel_id']}"
        case "user" | "usergroup":
            return f"@{part.get('user_id') or part['usergroup_id']}"
        case _:
            return str(part.get("text", ""))


def options(element: Mapping[str, Any]) -> list[Body]:
    grouped = [o for group in element.get("option_groups", []) for o in group["options"]]
    return [*element.get("options", []), *grouped]


def filled(element: Mapping[str, Any], chosen: Any) -> Body:
    """The element's part of the state. `chosen`: a text, a value, several values, or None."""
    kind = str(element["type"])
    told: Body = {"type": kind}
    if kind in TYPED:
        return told | {"value": element.get("initial_value") if chosen is None else str(chosen)}
    if kind in ONE:
        first = element.get("initial_option")
        return told | {"selected_option": first if chosen is None else _option(element, chosen)}
    if kind in SEVERAL:
        if chosen is None:
            return told | {"selected_options": element.get("initial_options", [])}
        several = [chosen] if isinstance(chosen, str) else chosen
        return told | {"selected_options": [_option(element, value) for value in several]}
    if kind in OTHERS:
        key = OTHERS[kind]
        return told | {key: element.get(key.replace("selected", "initial"), None) or chosen}
    raise AssertionError(f"nobody can fill in a {kind}")


def _option(element: Mapping[str, Any], value: str) -> Body:
    if element["type"] == "external_select":
        return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
    for one in options(element):
        if value in (one["value"], one["text"]["text"]):
            return one
    raise AssertionError(f"{value!r} is not offered: {[o['value'] for o in options(element)]}")


def read(view: View) -> str:
    """A window as words: its title, all that stands in it, and the button that sends it."""
    submit = view.body.get("submit")
    sends = [f"[[{submit['text']}]]"] if submit else []
    return "\n".join([f"== {view.title} ==", words(view.blocks), *sends])


def state(blocks: Sequence[Body], typed: Mapping[str, Any]) -> dict[str, dict[str, Body]]:
    """`state.values`, with what was typed by block_id or action_id, else what stands there."""
    left = dict(typed)
    told: dict[str, dict[str, Body]] = {}
    for block, one in elements(blocks):
        if one["type"] not in ("button", "overflow"):
            names = [n for n in (block.get("block_id"), one["action_id"]) if n in left]
            chosen = left.pop(names[0]) if names else None
            told.setdefault(named(blocks, block), {})[one["action_id"]] = filled(one, chosen)
    assert not left, f"there is nothing to fill in for {sorted(left)}: {words(blocks)}"
    return told


def named(blocks: Sequence[Body], block: Mapping[str, Any]) -> str:
    """The block's id; Slack makes one up where the app gave none."""
    return str(block.get("block_id") or f"made-up-{list(blocks).index(dict(block))}")
