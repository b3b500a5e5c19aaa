"""What a small Slack does with an answer to a response_url: post it, or change what was acted on.

Knows no HTTP beyond what was decoded. Invariant: an address is good five times, for half an hour.
"""

from __future__ import annotations

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_chat import change, written
from tests.rigs.loopback_slack_things import HOOK_S, HOOK_USES, Hook, Message, Refusal
from tests.rigs.loopback_slack_world import World


def answer(world: World, name: str, body: Json) -> None:
    """Do what an app sent to a response_url. Raises Refusal, status 404 if it is used up."""
    hook = world.hooks.get(name)
    if hook is None:
        raise Refusal("invalid_url", status=404)
    if world.now() - hook.made_at > HOOK_S:
        raise Refusal("expired_url", status=404)
    if hook.uses >= HOOK_USES:
        raise Refusal("used_url", status=404)
    try:
        _do(world, hook, body)
    except Refusal as refusal:
        raise Refusal(refusal.error, status=400) from refusal
    hook.uses += 1


def _do(world: World, hook: Hook, body: Json) -> None:
    there = hook.on is not None and not hook.on.deleted
    if body.get("delete_original"):
        if there and hook.on is not None:
            hook.on.deleted = True
    elif body.get("replace_original") and there and hook.on is not None:
        change(world, hook.on, body)
    else:
        world.posts[hook.channel].append(_posted(world, hook, body))


def _posted(world: World, hook: Hook, body: Json) -> Message:
    channel = world.channels[hook.channel]
    message = written(world, channel, body)
    team = world.teams[channel.team]
    message.user, message.bot_id, message.app_id = team.bot_user, team.bot_id, world.app_id
    message.thread_ts = str(body.get("thread_ts") or "")
    if body.get("response_type", "ephemeral") != "in_channel":
        message.only_for, message.metadata = hook.user, None
    return message
