"""What a small Slack tells an app that asks: of a channel, of what was posted there, of somebody.

Knows no HTTP: a call comes in decoded. Invariant: nobody reads what was not granted to them.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_chat import Call, Method, place
from tests.rigs.loopback_slack_things import Channel, Message, Refusal, User

HISTORY = {"public": "channels:history", "private": "groups:history", "im": "im:history"}
READ = {"public": "channels:read", "private": "groups:read", "im": "im:read"}


def history(call: Call) -> Json:
    channel = place(call)
    _may_read(call, channel, "history")
    there = [
        one
        for one in call.world.messages(channel.id)
        if not one.only_for and not one.thread_ts and _within(call, one.ts)
    ]
    forward = bool(call.body.get("oldest")) and not call.body.get("latest")
    forward = forward and not call.world.history_from_latest
    page, cursor = _page(call, there if forward else there[::-1])
    page.sort(key=lambda one: one.ts, reverse=True)
    return _listed(call, page, cursor)


def replies(call: Call) -> Json:
    channel, ts = place(call), call.text("ts", "thread_not_found")
    _may_read(call, channel, "replies")
    there = [one for one in call.world.messages(channel.id) if not one.only_for]
    found = [one for one in there if one.ts == ts]
    if not found:
        raise Refusal("thread_not_found")
    inside = [one for one in there if one.thread_ts == ts and _within(call, one.ts)]
    page, cursor = _page(call, [*found, *inside] if not call.body.get("cursor") else inside)
    return _listed(call, page if page[:1] == found else [*found, *page], cursor)


def _may_read(call: Call, channel: Channel, what: str) -> None:
    call.need(HISTORY[channel.kind])
    world, team, now = call.world, call.team.id, call.world.now()
    lately = [at for who, read, at in world.reads if (who, read) == (team, what) and now - at < 60]
    if world.reads_per_min and len(lately) >= world.reads_per_min:
        raise Refusal("ratelimited", status=429, after_s=math.ceil(60 - (now - lately[0])))
    if world.reads_per_min:
        world.reads.append((team, what, now))


def _within(call: Call, ts: str) -> bool:
    oldest, latest = str(call.body.get("oldest") or "0"), call.body.get("latest")
    inclusive = call.yes("inclusive")
    low, high, at = float(oldest), float(str(latest or "inf")), float(ts)
    return low < at < high or (inclusive and ts in (oldest, latest))


def _page(call: Call, there: list[Message]) -> tuple[list[Message], str]:
    cursor = str(call.body.get("cursor") or "")
    if cursor:
        after = base64.b64decode(cursor).decode().removeprefix("next_ts:")
        tss = [one.ts for one in there]
        if after not in tss:
            raise Refusal("invalid_cursor")
        there = there[tss.index(after) :]
    most = min(int(call.body.get("limit") or 100), call.world.page)
    page, rest = there[:most], there[most:]
    ahead = base64.b64encode(f"next_ts:{rest[0].ts}".encode()).decode() if rest else ""
    return page, ahead


def _listed(call: Call, page: list[Message], cursor: str) -> Json:
    metadata = call.yes("include_all_metadata")
    listed = []
    for message in page:
        told = message.payload(metadata)
        inside = call.world.thread(message)
        if inside:
            told |= {
                "thread_ts": message.ts,
                "reply_count": len(inside),
                "latest_reply": inside[-1].ts,
            }
        listed.append(told)
    answer: Json = {"messages": listed, "has_more": bool(cursor), "pin_count": 0}
    if cursor:
        answer["response_metadata"] = {"next_cursor": cursor}
    return answer


def info(call: Call) -> Json:
    channel = place(call, inside=False)
    call.need(READ[channel.kind])
    inside = call.team.bot_user in channel.members
    told = {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_mpim": False,
        "is_private": channel.kind != "public",
        "is_archived": channel.archived,
        "is_general": False,
        "is_member": inside,
        "context_team_id": channel.team,
    }
    if channel.kind == "im":
        told |= {"user": channel.user}
    return {"channel": told}


def open_dm(call: Call) -> Json:
    call.need("im:write")
    users = call.body.get("users")
    name = users[0] if isinstance(users, list) else call.text("users", "user_not_found")
    user = call.world.users.get(name)
    if user is None or user.team != call.team.id:
        raise Refusal("user_not_found")
    if user.is_bot:
        raise Refusal("cannot_dm_bot")
    if user.deleted:
        raise Refusal("user_disabled")
    return {"channel": {"id": call.world.dm(name)}}


def user_info(call: Call) -> Json:
    call.need("users:read")
    user = call.world.users.get(call.text("user", "user_not_found"))
    if user is None or user.team != call.team.id:
        raise Refusal("user_not_found")
    return {"user": user_payload(user)}


def user_payload(user: User) -> Json:
    told: Json = {
        "id": user.id,
        "team_id": user.team,
        "name": user.name,
        "deleted": user.deleted,
        "profile": {"real_name": user.real_name, "display_name": user.name},
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if user.deleted:
        return told
    return told | {
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "is_admin": user.is_admin,
        "is_owner": user.is_owner,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
    }


READING: Mapping[str, Method] = {
    "conversations.history": history,
    "conversations.replies": replies,
    "conversations.info": info,
    "conversations.open": open_dm,
    "users.info": user_info,
}
