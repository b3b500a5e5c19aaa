"""Modals and Home tabs of a small Slack: opened by a trigger, updated, pushed, published.

Knows no HTTP and no person. Invariant: what is closed can't be updated, and is not seen again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal

from tests.rigs import loopback_slack_blocks as kit
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_chat import Call, Method
from tests.rigs.loopback_slack_things import Refusal, View, values_of
from tests.rigs.loopback_slack_world import World

MOST_BLOCKS = 100
MOST_PUSHED = 3
MOST_BYTES = 250_000


def check_view(world: World, body: object, kind: Literal["modal", "home"]) -> Json:
    """The view, if Slack takes it."""
    if not isinstance(body, dict):
        raise Refusal("invalid_arguments")
    if len(json.dumps(body)) > MOST_BYTES:
        world.complaints.append("view_too_large")
        raise Refusal("view_too_large")
    found = []
    if body.get("type") != kind:
        found.append(f"type must be {kind} [json-pointer:/view/type]")
    if kind == "modal" and not body.get("title"):
        found.append("missing required field: title [json-pointer:/view]")
    for name in ("title", "submit", "close"):
        text = body.get(name)
        if text is not None:
            written = str(text.get("text", ""))
            if text.get("type") != "plain_text" or not 0 < len(written) <= 24:
                found.append(f"must be plain text of 1 to 24 [json-pointer:/view/{name}]")
    for name, most in (("private_metadata", 3_000), ("callback_id", 255), ("external_id", 255)):
        if len(str(body.get(name) or "")) > most:
            found.append(f"must be less than {most + 1} [json-pointer:/view/{name}]")
    blocks = body.get("blocks")
    found += kit.faults(blocks, most=MOST_BLOCKS, view=True, usable=lambda file: True)
    inputs = [one for one in blocks or [] if isinstance(one, dict) and one.get("type") == "input"]
    if kind == "modal" and inputs and not body.get("submit"):
        found.append("must define `submit` to use an `input` block in modals [json-pointer:/view]")
    if found:
        world.complaints.append(f"invalid view: {'; '.join(found)}")
        messages = [f"[ERROR] {fault}" for fault in found]
        raise Refusal("invalid_arguments", response_metadata={"messages": messages})
    return {**body, "blocks": kit.settled(blocks, lambda: world.new_id("b"))}


def made(world: World, team: str, user: str, body: Json, over: View | None = None) -> View:
    """A view that somebody has before them from now on."""
    name = world.new_id("V")
    view = View(
        name,
        team,
        user,
        body,
        _hash(world),
        root=over.root if over else name,
        previous=over.id if over else "",
        app_id=world.app_id,
        bot_id=world.teams[team].bot_id,
    )
    world.views[name] = view
    return view


def _hash(world: World) -> str:
    return f"{world.ts()}.{world.new_id('')}"


def renew(world: World, view: View, body: Json) -> None:
    """New content; what was filled in stays where block_id and action_id are the same."""
    kept = {(block["block_id"], one["action_id"]) for block, one in kit.elements(body["blocks"])}
    view.state = {
        block_id: {one: held for one, held in held_by.items() if (block_id, one) in kept}
        for block_id, held_by in view.state.items()
    }
    view.body, view.hash = body, _hash(world)


def close(world: World, view: View) -> None:
    """The view is gone, and what lay on top of it."""
    stack = world.stacks.get(view.user, [])
    while view in stack:
        stack.pop().closed = True


def clear(world: World, user: str) -> None:
    """All modals of somebody are gone."""
    for view in world.stacks.pop(user, []):
        view.closed = True


def push(world: World, view: View, body: Json) -> View:
    """Another view on top of it."""
    stack = world.stacks[view.user]
    if len(stack) >= MOST_PUSHED:
        raise Refusal("push_limit_reached")
    above = made(world, view.team, view.user, body, over=view)
    stack.append(above)
    return above


def held_back(view: View) -> dict[str, str]:
    """What Slack itself says of a form before anything is sent, by block_id."""
    values, found = values_of(view.blocks, view.state), {}
    for block, element in kit.elements(view.blocks):
        if block["type"] != "input" or element["type"] not in kit.VALUE_OF:
            continue
        held = values[block["block_id"]][element["action_id"]][kit.VALUE_OF[element["type"]]]
        if held in (None, "", []):
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
        elif element["type"] == "number_input" and not _is_number(held, element):
            found[block["block_id"]] = "Please enter a valid number."
        elif element["type"] == "plain_text_input":
            least, most = element.get("min_length", 0), element.get("max_length", 3_000)
            if not least <= len(held) <= most:
                found[block["block_id"]] = f"Must be {least} to {most} characters."
    return found


def _is_number(held: str, element: Json) -> bool:
    try:
        value = float(held)
    except ValueError:
        return False
    whole = element.get("is_decimal_allowed") or value.is_integer()
    low = float(element.get("min_value", "-inf"))
    return bool(whole and low <= value <= float(element.get("max_value", "inf")))


# -- the methods ----------------------------------------------------------------------------------


def _unique(call: Call, body: Json, itself: View | None = None) -> None:
    named = body.get("external_id")
    for view in call.world.views.values():
        mine = view is itself or view.closed or view.team != call.team.id
        if named and not mine and view.body.get("external_id") == named:
            raise Refusal("duplicate_external_id")


def open_view(call: Call) -> Json:
    body = check_view(call.world, call.body.get("view"), "modal")
    _unique(call, body)
    trigger = call.world.take_trigger(call.text("trigger_id"), call.team.id)
    clear(call.world, trigger.user)
    view = made(call.world, call.team.id, trigger.user, body)
    call.world.stacks[trigger.user] = [view]
    return {"view": view.payload()}


def push_view(call: Call) -> Json:
    body = check_view(call.world, call.body.get("view"), "modal")
    _unique(call, body)
    trigger = call.world.take_trigger(call.text("trigger_id"), call.team.id)
    under = call.world.modal(trigger.user)
    if under is None or not trigger.view:
        raise Refusal("not_found")
    return {"view": push(call.world, under, body).payload()}


def update_view(call: Call) -> Json:
    view = _named(call)
    body = check_view(call.world, call.body.get("view"), view.body["type"])
    _unique(call, body, view)
    _same_hash(call, view)
    renew(call.world, view, body)
    return {"view": view.payload()}


def _named(call: Call) -> View:
    by_id, external = call.body.get("view_id"), call.body.get("external_id")
    if not by_id and not external:
        raise Refusal("invalid_arguments")
    for view in call.world.views.values():
        named = view.id == by_id or (external and view.body.get("external_id") == external)
        if named and view.team == call.team.id and not view.closed:
            return view
    raise Refusal("not_found")


def _same_hash(call: Call, view: View) -> None:
    if call.body.get("hash") and call.body["hash"] != view.hash:
        raise Refusal("hash_conflict")


def publish(call: Call) -> Json:
    user = call.world.users.get(call.text("user_id"))
    if user is None or user.team != call.team.id:
        raise Refusal("user_not_found")
    body = check_view(call.world, call.body.get("view"), "home")
    view = call.world.homes.get(user.id)
    if view is None:
        view = made(call.world, call.team.id, user.id, body)
        call.world.homes[user.id] = view
    else:
        _same_hash(call, view)
        renew(call.world, view, body)
    return {"view": view.payload()}


VIEWS: Mapping[str, Method] = {
    "views.open": open_view,
    "views.push": push_view,
    "views.update": update_view,
    "views.publish": publish,
}
