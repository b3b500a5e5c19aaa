"""What is sent to Slack, held against the structure of Block Kit and of app manifests.

Knows no lengths: slack_payloads.py does. A block is held against the one definition its `type`
names, which is quick and says what is wrong with it instead of naming every other block.
Invariant: a complaint says where in the body it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]

from tests.rigs.specs import specs


def structure(definition: str, body: Any) -> list[str]:
    """What the schema does not allow: "SlackMessagePayload", "ModalView", "HomeView", a block."""
    return [_told(error) for error in _blocks(definition).iter_errors(body)]


def manifest_faults(manifest: Mapping[str, Any]) -> list[str]:
    """What Slack's schema of manifests does not allow."""
    return [_told(error) for error in _manifests().iter_errors(manifest)]


def _told(error: Any) -> str:
    best = jsonschema.exceptions.best_match([error])
    return f"{'/'.join(map(str, best.absolute_path)) or 'it'}: {best.message[:300]}"


@cache
def _read(name: str) -> dict[str, Any]:
    folder = specs()
    assert folder is not None, "STUDYHALL_SPECS does not name the folder with the references"
    told: dict[str, Any] = json.loads((folder / name).read_text("utf-8"))
    return told


@cache
def _manifests() -> Any:
    return jsonschema.Draft7Validator(_read("slack-manifest.schema.json"))


@cache
def _definitions() -> dict[str, Any]:
    told = dict(_read("slack-blocks.schema.json")["definitions"])
    # It lets any object with a `type` pass for a block; here a block is one that Slack knows.
    told["AnyBlock"] = told["KnownBlock"]
    return told


@cache
def _blocks(definition: str) -> Any:
    kind = jsonschema.validators.extend(
        jsonschema.Draft7Validator, {"anyOf": _the_named_one, "$ref": _defined}
    )
    return kind(_definitions()[definition])


def _defined(validator: Any, ref: str, instance: Any, _schema: Any) -> Iterator[Any]:
    yield from validator.descend(instance, _definitions()[ref.rpartition("/")[2]])


def _the_named_one(validator: Any, choices: list[Any], instance: Any, schema: Any) -> Iterator[Any]:
    """Of many forms, the one that the instance says it has."""
    named = instance.get("type") if isinstance(instance, dict) else None
    forms = list(_forms(choices))
    fitting = [form for name, form in forms if name == named or name is None]
    if not fitting:
        names = sorted({str(name) for name, _ in forms})
        yield jsonschema.ValidationError(f"{named!r} can't be here, but one of {names}")
        return
    wrong = []
    for form in fitting:
        errors = list(validator.descend(instance, form))
        if not errors:
            return
        wrong.append(errors)
    yield from min(wrong, key=len)


def _forms(choices: list[Any]) -> Iterator[tuple[str | None, Any]]:
    """Every form with the `type` it has; forms of forms, too."""
    for choice in choices:
        form = choice
        while "$ref" in form:
            form = _definitions()[form["$ref"].rpartition("/")[2]]
        if "anyOf" in form:
            yield from _forms(form["anyOf"])
        else:
            yield form.get("properties", {}).get("type", {}).get("const"), form
