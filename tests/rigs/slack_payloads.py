"""What is sent to Slack, held against its structure, its limits and the rules of this project.

Knows no adapter, and nothing that the adapter's code counts: structure and lengths come from the
references in STUDYHALL_SPECS, the rest from the design's table. None of it was checked against
the live service. Invariant: a complaint says where in the body it is.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.rigs.slack_limits import Say, Worst
from tests.rigs.slack_schema import structure
from tests.rigs.slack_text import EVERYBODY, escaped, rich, texts
from tests.rigs.specs import specs

KEYS = {
    "chat.postMessage": (
        "channel text blocks metadata thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn"
    ),
    "chat.update": "channel ts text blocks metadata file_ids",
    "chat.postEphemeral": "channel user text blocks thread_ts",
    "response_url": (
        "text blocks response_type replace_original delete_original thread_ts metadata "
        "unfurl_links unfurl_media"
    ),
    "views.open": "trigger_id view",
    "views.push": "trigger_id view",
    "views.update": "view_id external_id hash view",
    "views.publish": "user_id view hash",
    "response_action": "response_action view errors",
    "options": "options option_groups",
}
"""By method, or by what answers a request of Slack's: the keys that may be there."""

NEEDED = {
    "chat.postMessage": "channel text",
    "chat.update": "channel ts text",
    "chat.postEphemeral": "channel user text",
    "response_url": "text",
    "views.open": "trigger_id view",
    "views.push": "trigger_id view",
    "views.update": "view",
    "views.publish": "user_id view",
    "response_action": "response_action",
    "options": "",
}
OF_CLIENTS = ("token", "team_id")  # bolt's clients name the workspace; Slack takes it everywhere
MESSAGES = ("chat.postMessage", "chat.update", "chat.postEphemeral", "response_url")
NOT_IN_VIEWS = {
    *("markdown", "table", "video", "file", "card", "carousel", "context_actions", "plan"),
    *("data_table", "data_visualization", "task_card"),
}
LISTS = {
    "static_select": "options of a select",
    "multi_static_select": "options of a select",
    "radio_buttons": "radio buttons",
    "checkboxes": "checkboxes",
    "overflow": "entries of an overflow menu",
}


def faults(
    method: str,
    body: Mapping[str, Any],
    worst: Worst | None = None,
    *,
    where: str = "",
    expected: Collection[str] = (),
) -> list[str]:
    """Everything that Slack would not take, or that this project does not send.

    `method` is one of KEYS. `expected` are the ids that may be mentioned ("U1", "S1", "here").
    """
    if method not in KEYS:
        return [f"nothing is known of {method}"]
    told = {key: _read(key, value) for key, value in body.items() if key not in OF_CLIENTS}
    say = Say(worst or Worst(), where or method)
    found = list(_Body(say, frozenset(expected)).check(method, told))
    if specs() is not None:
        found += _structure(method, told)
    return found


def _read(key: str, value: Any) -> Any:
    """What was sent as a form is text, and holds its blocks as JSON."""
    if key.startswith("unfurl_") and value in ("false", "0"):
        return False
    if isinstance(value, str) and key in ("blocks", "view", "metadata"):
        return json.loads(value)
    return value


def _structure(method: str, body: Mapping[str, Any]) -> list[str]:
    if method in MESSAGES:
        kept = {key: body[key] for key in ("text", "blocks", "metadata") if key in body}
        return structure("SlackMessagePayload", kept)
    if isinstance(body.get("view"), dict):
        home = body["view"].get("type") == "home"
        return structure("HomeView" if home else "ModalView", body["view"])
    return []


@dataclass
class _Body:
    """The walker over one body."""

    say: Say
    expected: frozenset[str]

    def check(self, method: str, body: Mapping[str, Any]) -> Iterator[str]:
        for key in body:
            if key not in KEYS[method].split():
                yield f"{key}: {method} has no such key here"
        gone = method == "response_url" and body.get("delete_original") is True
        for key in NEEDED[method].split():
            if not body.get(key) and not gone:
                yield f"{key}: {method} needs it"
        if method in MESSAGES:
            yield from self.message(method, body)
        elif method == "options":
            yield from self.choices("", body, "suggestions", least=0)
        elif method == "response_action":
            yield from self.answer(body)
        else:
            if method == "views.update" and not (body.get("view_id") or body.get("external_id")):
                yield "view_id: views.update needs it"
            wanted = "home" if method == "views.publish" else "modal"
            if method != "views.update" and body.get("view", {}).get("type") != wanted:
                yield f"view/type: {method} takes a {wanted}"
            yield from self.view(body.get("view") or {})

    # -- messages and views -----------------------------------------------------------------------

    def message(self, method: str, body: Mapping[str, Any]) -> Iterator[str]:
        text = str(body.get("text") or "")
        yield from self.say("text", "characters of the text beside them", len(text))
        if body.get("text") is not None and not text.strip():
            yield "text: it is empty"
        yield from escaped("text", text, self.expected)
        for key in ("unfurl_links", "unfurl_media"):
            if body.get(key) is not False and (method == "chat.postMessage" or key in body):
                yield f"{key}: it is not false"
        if body.get("response_type") not in (None, "ephemeral", "in_channel"):
            yield f"response_type: {body['response_type']}"
        size = len(json.dumps(body.get("metadata") or {}, ensure_ascii=False).encode())
        yield from self.say("metadata", "bytes of the metadata", size)
        blocks = body.get("blocks") or []
        yield from self.say("blocks", "blocks in a message", len(blocks))
        total = sum(map(len, texts(blocks)))
        yield from self.say("blocks", "characters of a message's blocks", total)
        if sum(block.get("type") in ("table", "data_table") for block in blocks) > 1:
            yield "blocks: a message has one table"
        yield from self.blocks("blocks", blocks)

    def answer(self, body: Mapping[str, Any]) -> Iterator[str]:
        match body.get("response_action"):
            case "update" | "push":
                yield from self.view(body.get("view") or {})
            case "errors":
                errors = body.get("errors") or {}
                if not errors or not all(isinstance(e, str) and e.strip() for e in errors.values()):
                    yield "errors: it does not say what is wrong where"
            case "clear":
                pass
            case other:
                yield f"response_action: {other}"

    def view(self, view: Mapping[str, Any]) -> Iterator[str]:
        blocks = view.get("blocks") or []
        yield from self.say("view/blocks", "blocks in a view", len(blocks), 1)
        size = len(json.dumps(view, ensure_ascii=False).encode())
        yield from self.say("view", "bytes of a view", size)
        for key in ("callback_id", "private_metadata"):
            yield from self.say(f"view/{key}", key, len(view.get(key, "")))
        for key in ("title", "submit", "close"):
            if key in view:
                yield from self.plain(f"view/{key}", view[key], f"{key} of a view")
        kinds = [block.get("type") for block in blocks]
        if view.get("type") == "modal" and "input" in kinds and "submit" not in view:
            yield "view/submit: a modal with inputs needs it"
        for n, kind in enumerate(kinds):
            if kind in NOT_IN_VIEWS:
                yield f"view/blocks/{n}: {kind} can't be in a view"
        if json.dumps(view).count('"focus_on_load": true') > 1:
            yield "view: two elements have focus_on_load"
        yield from self.blocks("view/blocks", blocks)

    # -- blocks -----------------------------------------------------------------------------------

    def blocks(self, path: str, blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        ids = [str(block["block_id"]) for block in blocks if "block_id" in block]
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            yield f"{path}: two blocks with the block_id {twice}"
        marks = [str(b.get("text", "")) for b in blocks if b.get("type") == "markdown"]
        if marks:
            total = sum(map(len, marks))
            yield from self.say(path, "characters of all markdown blocks", total)
        for n, block in enumerate(blocks):
            yield from self.block(f"{path}/{n}", block)

    def block(self, path: str, block: Mapping[str, Any]) -> Iterator[str]:
        if "block_id" in block:
            yield from self.say(f"{path}/block_id", "block_id", len(str(block["block_id"])), 1)
        inside = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        ids = [e["action_id"] for e in inside if isinstance(e, dict) and "action_id" in e]
        if len(ids) != len(set(ids)):
            yield f"{path}: two elements with one action_id"
        match block.get("type"):
            case "section":
                yield from self.section(path, block)
            case "header":
                yield from self.plain(f"{path}/text", block.get("text"), "header")
            case "context":
                elements = block.get("elements", [])
                yield from self.say(path, "elements of a context", len(elements), 1)
                for n, one in enumerate(elements):
                    there = f"{path}/elements/{n}"
                    if one.get("type") == "image":
                        yield from self.picture(there, one)
                    else:
                        yield from self.text(there, one, "text in a context")
            case "actions":
                elements = block.get("elements", [])
                yield from self.say(path, "elements in a row", len(elements), 1)
                for n, one in enumerate(elements):
                    yield from self.element(f"{path}/elements/{n}", one)
            case "image":
                yield from self.picture(path, block)
            case "input":
                yield from self.input(path, block)
            case "rich_text":
                yield from rich(path, block, self.expected, self.say)
            case "markdown":
                text = str(block.get("text", ""))
                yield from self.say(path, "text of a markdown block", len(text), 1)
            case "table":
                rows = block.get("rows", [])
                yield from self.say(path, "rows of a table", len(rows), 1)
                columns = max(map(len, rows), default=0)
                yield from self.say(path, "columns of a table", columns, 1)
                yield from rich(path, block, self.expected, self.say)

    def section(self, path: str, block: Mapping[str, Any]) -> Iterator[str]:
        fields = block.get("fields", [])
        if "text" not in block and not fields:
            yield f"{path}: a section without text"
        if "text" in block:
            yield from self.text(f"{path}/text", block["text"], "text of a section")
        if "fields" in block:
            yield from self.say(f"{path}/fields", "fields of a section", len(fields), 1)
        for n, one in enumerate(fields):
            yield from self.text(f"{path}/fields/{n}", one, "text of a field")
        accessory = block.get("accessory")
        if accessory is not None:
            there = f"{path}/accessory"
            picture = accessory.get("type") == "image"
            yield from (self.picture if picture else self.element)(there, accessory)

    def input(self, path: str, block: Mapping[str, Any]) -> Iterator[str]:
        yield from self.plain(f"{path}/label", block.get("label"), "label of an input")
        if "hint" in block:
            yield from self.plain(f"{path}/hint", block["hint"], "hint of an input")
        element = block.get("element") or {}
        if "block_id" not in block or "action_id" not in element:
            yield f"{path}: its answer can't be found without block_id and action_id"
        yield from self.element(f"{path}/element", element)

    def picture(self, path: str, image: Mapping[str, Any]) -> Iterator[str]:
        alt = str(image.get("alt_text") or "").strip()
        yield from self.say(f"{path}/alt_text", "alt text", len(alt), 1)
        if ("image_url" in image) == ("slack_file" in image):
            yield f"{path}: a picture is either an address or a file"
        if "image_url" in image:
            url = str(image["image_url"])
            yield from self.say(f"{path}/image_url", "address of a picture", len(url), 1)
        if "title" in image:
            yield from self.plain(f"{path}/title", image["title"], "title of a picture")

    # -- what can be pressed, chosen or filled in -------------------------------------------------

    def element(self, path: str, one: Mapping[str, Any]) -> Iterator[str]:
        kind = str(one.get("type"))
        if "action_id" not in one:
            yield f"{path}: nothing comes of it without an action_id"
        yield from self.say(f"{path}/action_id", "action_id", len(one.get("action_id", "x")), 1)
        if "placeholder" in one:
            yield from self.plain(f"{path}/placeholder", one["placeholder"], "placeholder")
        if "confirm" in one:
            yield from self.confirm(f"{path}/confirm", one["confirm"])
        if kind == "button":
            yield from self.plain(f"{path}/text", one.get("text"), "label of a button")
            for key, what in (
                ("value", "value of a button"),
                ("url", "address of a button"),
                ("accessibility_label", "accessibility label"),
            ):
                if key in one:
                    yield from self.say(f"{path}/{key}", what, len(one[key]))
        elif kind in LISTS:
            yield from self.choices(path, one, LISTS[kind], least=1)
        elif kind == "plain_text_input":
            most = one.get("max_length", 1)
            yield from self.say(f"{path}/max_length", "characters to type in", most, 1)
            there = len(one.get("initial_value", ""))
            yield from self.say(f"{path}/initial_value", "characters to type in", there)
            if "max_length" in one and not one.get("min_length", 0) <= most >= there:
                yield f"{path}: max_length is less than what has to be there"

    def confirm(self, path: str, dialog: Mapping[str, Any]) -> Iterator[str]:
        yield from self.plain(f"{path}/title", dialog.get("title"), "title of a question back")
        yield from self.text(f"{path}/text", dialog.get("text") or {}, "text of a question back")
        yield from self.plain(f"{path}/confirm", dialog.get("confirm"), "yes of a question back")
        yield from self.plain(f"{path}/deny", dialog.get("deny"), "no of a question back")

    def choices(self, path: str, one: Mapping[str, Any], what: str, *, least: int) -> Iterator[str]:
        if ("options" in one) == ("option_groups" in one):
            yield f"{path}: either options or option_groups"
        options = list(one.get("options") or [])
        if "options" in one:
            yield from self.say(f"{path}/options", what, len(options), least)
        groups = one.get("option_groups") or []
        if groups:
            yield from self.say(f"{path}/option_groups", "groups of a select", len(groups))
        for n, group in enumerate(groups):
            there = f"{path}/option_groups/{n}"
            yield from self.plain(f"{there}/label", group.get("label"), "label of a group")
            inside = group.get("options") or []
            yield from self.say(f"{there}/options", "options of a group", len(inside), 1)
            options += inside
        for n, option in enumerate(options):
            yield from self.option(f"{path}/options/{n}", option, str(one.get("type")))
        values = [option.get("value") for option in options]
        if len(values) != len(set(values)):
            yield f"{path}: two options with one value"
        chosen = [*one.get("initial_options", []), one.get("initial_option", None)]
        if any(option is not None and option not in options for option in chosen):
            yield f"{path}: what is chosen at first is none of the options"

    def option(self, path: str, option: Mapping[str, Any], kind: str) -> Iterator[str]:
        formatted = kind in ("radio_buttons", "checkboxes")  # these may have mrkdwn
        for key in ("text", "description"):
            if key in option or key == "text":
                said = self.text if formatted else self.plain
                yield from said(f"{path}/{key}", option.get(key) or {}, f"{key} of an option")
        yield from self.say(f"{path}/value", "value of an option", len(option.get("value", "")), 1)
        if "url" in option:
            yield from self.say(f"{path}/url", "address of an option", len(option["url"]))

    # -- texts ------------------------------------------------------------------------------------

    def plain(self, path: str, text: Any, what: str) -> Iterator[str]:
        """A text that Slack shows as it is."""
        if not isinstance(text, dict) or text.get("type") != "plain_text":
            yield f"{path}: it has to be plain_text"
        else:
            yield from self.text(path, text, what)

    def text(self, path: str, text: Mapping[str, Any], what: str) -> Iterator[str]:
        said = str(text.get("text") or "")
        yield from self.say(path, what, len(said), 1)
        if said and not said.strip():
            yield f"{path}: it is empty"
        if text.get("type") == "plain_text":
            if "emoji" not in text:
                yield f"{path}: it does not say whether :colons: are emoji"
        else:
            if "emoji" in text:
                yield f"{path}: only plain_text has emoji"
            yield from escaped(path, said, self.expected)
            if EVERYBODY.search(said) and text.get("verbatim") is not True:
                yield f"{path}: {EVERYBODY.findall(said)} may be parsed: it is not verbatim"
