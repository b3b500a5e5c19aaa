"""What is sent to Discord, held against its limits and its API description.

Knows no adapter: the limits stand here a second time, read from Discord's documentation and the
design's table, so that a wrong number in the code is found. The API description is found through
STUDYHALL_SPECS. Invariant: a complaint says where in the body it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from tests.rigs.specs import specs

V2 = 1 << 15
EPHEMERAL = 1 << 6


@dataclass
class Worst:
    """The most that was seen of everything that is limited."""

    seen: dict[str, int] = field(default_factory=dict)

    def note(self, what: str, value: int) -> None:
        self.seen[what] = max(value, self.seen.get(what, 0))

    def table(self) -> str:
        return side_by_side(worst=self)


def side_by_side(**columns: Worst) -> str:
    """What is allowed of everything, and what the most was, in each of these."""
    seen = [name for name in ALLOWED if any(name in column.seen for column in columns.values())]
    lines = ["".join((f"{'limit':<34}{'allowed':>8}", *(f"{name:>9}" for name in columns)))]
    for name in seen:
        most = (f"{column.seen.get(name, '-'):>9}" for column in columns.values())
        lines.append("".join((f"{name:<34}{ALLOWED[name]:>8}", *most)))
    return "\n".join(lines)


ALLOWED = {
    "components in a message": 40,
    "characters of a message's text": 4_000,
    "bytes of it, and 12 a text": 10_170,
    "pictures in a message": 10,
    "buttons in a row": 5,
    "label of a button": 80,
    "custom_id": 100,
    "options of a select": 25,
    "label of an option": 100,
    "placeholder": 150,
    "alt text": 1_024,
    "items of a gallery": 10,
    "title of a form": 45,
    "components of a form": 5,
    "label in a form": 45,
    "description in a form": 100,
    "choices of a group": 10,
    "text in a form": 4_000,
    "name of a thread": 100,
    "nonce": 25,
    "suggestions": 25,
    "label of a suggestion": 100,
    "characters of a command": 8_000,
    "options of a command": 25,
    "description of a command": 100,
    "name of a command": 32,
    "choices of an option": 25,
}


def faults(
    method: str, path: str, body: Mapping[str, Any], worst: Worst | None = None
) -> list[str]:
    """Everything that Discord would not take."""
    found = list(limits(method, path, body, worst or Worst()))
    if specs() is not None:
        found += schema(method, path, body)
    return found


# -- limits ---------------------------------------------------------------------------------------


def limits(method: str, path: str, body: Mapping[str, Any], worst: Worst) -> Iterator[str]:
    """The project's own checker."""
    say = _Say(worst)
    if path.endswith("/callback"):
        inside = body.get("data") or {}
        match body["type"]:
            case 4 | 7:
                yield from _message(inside, say, answer=True)
            case 8:
                yield from say("suggestions", len(inside["choices"]))
                for one in inside["choices"]:
                    yield from say("label of a suggestion", len(one["name"]), 1)
                    yield from say("label of a suggestion", len(one["value"]), 1)
            case 9:
                yield from _form(inside, say)
    elif path.startswith("/webhooks/"):
        yield from _message(body, say, answer=True)
    elif re.fullmatch(r"/channels/\d+/threads", path) and "message" in body:
        yield from say("name of a thread", len(body["name"]), 1)
        yield from _message(body["message"], say)
    elif path.endswith("/threads"):
        yield from say("name of a thread", len(body["name"]), 1)
    elif path.endswith("/commands"):
        for command in body["commands"]:
            yield from _command(command, say)
    elif "/messages" in path and method in ("POST", "PATCH"):
        yield from say("nonce", len(str(body.get("nonce", ""))))
        yield from _message(body, say)


class _Say:
    """Notes a size and complains if it is too much, or too little."""

    def __init__(self, worst: Worst) -> None:
        self.worst = worst

    def __call__(self, what: str, value: int, least: int = 0) -> Iterator[str]:
        self.worst.note(what, value)
        if not least <= value <= ALLOWED[what]:
            yield f"{what}: {value}, allowed are {least} to {ALLOWED[what]}"


def everything(components: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in components:
        yield one
        yield from everything(one.get("components", ()))
        for single in ("component", "accessory"):
            if single in one:
                yield from everything((one[single],))


def _message(body: Mapping[str, Any], say: _Say, *, answer: bool = False) -> Iterator[str]:
    flags = int(body.get("flags", 0))
    if not flags & V2:
        yield "it has no flag for Components V2"
    if flags & EPHEMERAL and not answer:
        yield "a post can't be private"
    for beside in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(beside):
            yield f"{beside} beside Components V2"
    if body.get("allowed_mentions", {}).get("parse") != []:
        yield "it does not forbid pings"
    components = list(everything(body["components"]))
    texts = [str(one["content"]) for one in components if one["type"] == 10]
    yield from say("components in a message", len(components), 1)
    yield from say("characters of a message's text", sum(map(len, texts)))
    yield from say("bytes of it, and 12 a text", sum(len(t.encode()) + 12 for t in texts))
    attachments = body.get("attachments", [])
    yield from say("pictures in a message", len(attachments))
    names = {one["filename"] for one in attachments if "filename" in one}
    kept = {one["id"] for one in attachments if "filename" not in one}
    for url in re.findall(r'"attachment://([^"]+)"', json.dumps(body["components"])):
        if url not in names and not kept:
            yield f"no attachment is called {url}"
    for name in names:
        if not re.fullmatch(r"[\w.-]+", name, re.ASCII):
            yield f"the name {name}"
    ids = [one["id"] for one in components if "id" in one]
    if len(ids) != len(set(ids)) or any(not 0 < one < 2**31 for one in ids):
        yield "component ids"
    for one in body["components"]:
        if one["type"] not in (1, 9, 10, 12, 13, 14, 17):
            yield f"a component of type {one['type']} at the top"
    yield from _each(components, say)


def _each(components: Sequence[Mapping[str, Any]], say: _Say) -> Iterator[str]:
    names = [one["custom_id"] for one in components if "custom_id" in one]
    if len(names) != len(set(names)):
        yield "two components with one custom_id"
    for name in names:
        yield from say("custom_id", len(name), 1)
    for one in components:
        match one["type"]:
            case 1:
                kinds = {child["type"] for child in one["components"]}
                if kinds == {2}:
                    yield from say("buttons in a row", len(one["components"]), 1)
                elif not (len(one["components"]) == 1 and kinds <= {3, 5, 6, 7, 8}):
                    yield f"a row of {kinds}"
            case 2:
                yield from say("label of a button", len(one.get("label", "")), 1)
                if "custom_id" not in one and "url" not in one:
                    yield "a button that does nothing"
            case 3:
                yield from _options(one, say, "options of a select", 1)
                yield from say("placeholder", len(one.get("placeholder", "")))
                if not one.get("min_values", 1) <= one.get("max_values", 1) <= len(one["options"]):
                    yield "min_values and max_values"
            case 4:
                yield from say("text in a form", int(one.get("max_length", 1)), 1)
                yield from say("description in a form", len(one.get("placeholder", "")))
            case 10:
                if not one["content"].strip():
                    yield "an empty text"
            case 12:
                yield from say("items of a gallery", len(one["items"]), 1)
                for item in one["items"]:
                    if "description" in item:
                        yield from say("alt text", len(item["description"]), 1)
            case 17:
                if not one["components"]:
                    yield "an empty container"
            case 21 | 22:
                yield from _options(one, say, "choices of a group", 2 if one["type"] == 21 else 1)


def _options(one: Mapping[str, Any], say: _Say, what: str, least: int) -> Iterator[str]:
    yield from say(what, len(one["options"]), least)
    for option in one["options"]:
        yield from say("label of an option", len(option["label"]), 1)
        yield from say("label of an option", len(option["value"]), 1)
    if len({option["value"] for option in one["options"]}) != len(one["options"]):
        yield "two options with one value"


def _form(form: Mapping[str, Any], say: _Say) -> Iterator[str]:
    yield from say("title of a form", len(form["title"]), 1)
    yield from say("components of a form", len(form["components"]), 1)
    yield from say("custom_id", len(form["custom_id"]), 1)
    for one in form["components"]:
        if one["type"] == 18:
            yield from say("label in a form", len(one["label"]), 1)
            yield from say("description in a form", len(one.get("description", "")))
        elif one["type"] == 10:
            yield from say("text in a form", len(one["content"]), 1)
        else:
            yield f"a component of type {one['type']} in a form"
    yield from _each(list(everything(form["components"])), say)


def _command(command: Mapping[str, Any], say: _Say) -> Iterator[str]:
    total = 0
    stack = [command]
    while stack:
        one = stack.pop()
        if not re.fullmatch(r"[-_\w]+", one["name"]) or one["name"] != one["name"].lower():
            yield f"the name {one['name']}"
        yield from say("name of a command", len(one["name"]), 1)
        said = [one["description"], *one.get("description_localizations", {}).values()]
        for words in said:
            yield from say("description of a command", len(words), 1)
        options = one.get("options", [])
        choices = one.get("choices", [])
        yield from say("options of a command", len(options))
        yield from say("choices of an option", len(choices))
        for choice in choices:
            yield from say("label of an option", len(choice["name"]), 1)
        required = [bool(option.get("required")) for option in options]
        if required != sorted(required, reverse=True):
            yield "a required option after one that is not"
        total += len(one["name"]) + max(map(len, said))
        total += sum(len(c["name"]) + len(str(c["value"])) for c in choices)
        stack += options
    yield from say("characters of a command", total)


# -- the API description --------------------------------------------------------------------------


@cache
def _description() -> dict[str, Any]:
    folder = specs()
    assert folder is not None
    told: dict[str, Any] = json.loads((folder / "discord-openapi.json").read_text("utf-8"))
    return told


@cache
def _validator(method: str, template: str) -> Any:
    told = _description()["paths"][template][method.lower()]["requestBody"]["content"]
    wanted = told["application/json"]["schema"]
    whole = {**wanted, "components": _description()["components"]}
    return jsonschema.Draft202012Validator(whole)


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    return [
        (path, re.compile(re.sub(r"\\{[^}]+\\}|\{[^}]+\}", "[^/]+", path)))
        for path in sorted(_description()["paths"], key=lambda p: p.count("{"))
    ]


def schema(method: str, path: str, body: Mapping[str, Any]) -> list[str]:
    """What the API description does not allow."""
    found = [path_ for path_, pattern in _templates() if pattern.fullmatch(path)]
    with_body = [
        one
        for one in found
        if "requestBody" in _description()["paths"][one].get(method.lower(), {})
    ]
    if not with_body:
        there = [one for one in found if method.lower() in _description()["paths"][one]]
        if there and not body:
            return []
        return [f"there is no {method} {path}"]
    told: Any = body["commands"] if path.endswith("/commands") else _with_text_ids(body)
    errors = _validator(method, with_body[0]).iter_errors(told)
    return [f"{method} {with_body[0]}: {_deepest(error)}"[:600] for error in errors]


def _with_text_ids(body: Any) -> Any:
    """The description takes ids of attachments as text alone; Discord takes numbers as well."""
    if isinstance(body, dict):
        made = {key: _with_text_ids(value) for key, value in body.items()}
        if isinstance(made.get("attachments"), list):
            made["attachments"] = [{**one, "id": str(one["id"])} for one in made["attachments"]]
        return made
    return [_with_text_ids(one) for one in body] if isinstance(body, list) else body


def _deepest(error: Any) -> str:
    best = jsonschema.exceptions.best_match([error])
    return f"{'/'.join(map(str, best.absolute_path))}: {best.message[:300]}"
