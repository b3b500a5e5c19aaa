"""What an app does in the channels of a small Discord: posting, changing, reading, threads.

Knows no HTTP: a request comes in decoded. Invariant: a thread has the id of the message that it
began with.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

from tests.rigs.loopback_discord_world import Json, Refusal, World, snowflake


def get_channel(world: World, *_: Any, channel: str) -> tuple[int, Any, bool]:
    return 200, world.seen(channel), False


def dm(world: World, body: Json, *_: Any) -> tuple[int, Any, bool]:
    user = str(body["recipient_id"])
    if user not in world.users:
        raise Refusal(400, 50033, "Invalid Recipient(s)")
    for channel in world.channels.values():
        if channel["type"] == 1 and channel["user"] == user:
            return 200, channel, False
    made = snowflake()
    world.channels[made] = {"id": made, "type": 1, "user": user, "parent_id": None}
    world.messages[made] = []
    return 200, world.channels[made], False


def post(
    world: World, body: Json, files: list[tuple[str, bytes]], _query: Any, channel: str
) -> tuple[int, Any, bool]:
    place = world.seen(channel)
    _may_post(world, place, bool(files))
    nonce = (channel, str(body.get("nonce", "")))
    if nonce[1] and body.get("enforce_nonce") and nonce in world.nonces:
        at, name = world.nonces[nonce]
        if time.monotonic() - at <= world.nonce_window_s:
            for message in world.messages[channel]:
                if message["id"] == name:
                    return 200, {**message, "nonce": nonce[1]}, False
            raise Refusal(404, 10008, "Unknown Message")
    message = _message(world, channel, body, files)
    world.messages[channel].append(message)
    world.nonces[nonce] = (time.monotonic(), message["id"])
    return 200, {**message, "nonce": nonce[1]}, True


def _may_post(world: World, place: Json, with_files: bool) -> None:
    if place["type"] == 1:
        if world.users[place["user"]].get("closed"):
            raise Refusal(403, 50007, "Cannot send messages to this user")
        return
    if place["type"] == 15:
        raise Refusal(400, 50008, "Cannot send messages in a non-text channel")
    allowed = world.allowed(place)
    thread = place["type"] in (10, 11, 12)
    if not (allowed.send_messages_in_threads if thread else allowed.send_messages):
        raise Refusal(403, 50013, "Missing Permissions")
    if with_files and not allowed.attach_files:
        raise Refusal(403, 50013, "Missing Permissions")
    if place.get("locked"):
        raise Refusal(403, 160005, "Thread is locked")


def _message(
    world: World,
    channel: str,
    body: Json,
    files: list[tuple[str, bytes]],
    before: Json | None = None,
) -> Json:
    if not body.get("components") and not body.get("content"):
        raise Refusal(400, 50006, "Cannot send an empty message")
    kept = {one["id"]: one for one in before["attachments"]} if before else {}
    attachments = []
    for one in body.get("attachments", []):
        if str(one["id"]) in kept:
            attachments.append(kept[str(one["id"])])
            continue
        name, content = files[int(one["id"])]
        attachments.append(
            {
                "id": snowflake(),
                "filename": one.get("filename", name),
                "size": len(content),
                "url": f"https://cdn.invalid/{one.get('filename', name)}",
                "proxy_url": f"https://cdn.invalid/{one.get('filename', name)}",
                "description": one.get("description"),
                "content_type": "image/png",
            }
        )
    known = {one["filename"] for one in attachments}
    wanted = set(re.findall(r'"attachment://([^"]+)"', json.dumps(body.get("components", []))))
    if not wanted <= known:
        raise Refusal(400, 50035, f"unknown attachments {wanted - known}")
    return {
        "id": before["id"] if before else snowflake(world.clock()),
        "type": 0,
        "channel_id": channel,
        "author": world.bot,
        "content": body.get("content") or "",
        "components": body.get("components", []),
        "attachments": attachments,
        "embeds": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "flags": body.get("flags", 0),
    }


def edit(
    world: World, body: Json, files: list[tuple[str, bytes]], _q: Any, channel: str, message: str
) -> tuple[int, Any, bool]:
    before = world.find(channel, message)
    after = _message(world, channel, body, files, before)
    world.messages[channel][world.messages[channel].index(before)] = after
    return 200, after, False


def get_message(world: World, *_: Any, channel: str, message: str) -> tuple[int, Any, bool]:
    found = world.find(channel, message)
    _may_read(world, channel)
    return 200, found, False


def _may_read(world: World, channel: str) -> None:
    place = world.channels[channel]
    if place["type"] != 1 and not world.allowed(place).read_message_history:
        raise Refusal(403, 50013, "Missing Permissions")


def history(world: World, _b: Any, _f: Any, query: Any, channel: str) -> tuple[int, Any, bool]:
    place = world.seen(channel)
    if place["type"] != 1 and not world.allowed(place).read_message_history:
        return 200, [], False  # as documented: not refused, but nothing is shown
    before, limit = int(query.get("before", 1 << 63)), int(query.get("limit", 50))
    found = [one for one in world.messages[channel] if int(one["id"]) < before]
    return 200, found[::-1][:limit], False


def pin(world: World, *_: Any, channel: str, message: str) -> tuple[int, Any, bool]:
    world.find(channel, message)
    world.pinned.add(message)
    return 204, None, False


def thread(
    world: World, body: Json, _f: Any, _q: Any, channel: str, message: str
) -> tuple[int, Any, bool]:
    place = world.seen(channel)
    world.find(channel, message)
    if not world.allowed(place).create_public_threads:
        raise Refusal(403, 50013, "Missing Permissions")
    if message in world.channels:
        raise Refusal(400, 160004, "A thread has already been created for this message")
    return 201, _make_thread(world, place, message, body["name"]), True


def _make_thread(world: World, place: Json, name: str, title: str) -> Json:
    world.channels[name] = {
        "id": name,
        "guild_id": place["guild_id"],
        "parent_id": place["id"],
        "owner_id": world.app_id,
        "name": title,
        "type": 11,
        "message_count": 0,
        "member_count": 1,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 10080,
            "archive_timestamp": "2026-01-01T00:00:00+00:00",
            "locked": False,
        },
    }
    world.messages.setdefault(name, [])
    return world.channels[name]


def forum(
    world: World, body: Json, files: list[tuple[str, bytes]], _q: Any, channel: str
) -> tuple[int, Any, bool]:
    place = world.seen(channel)
    if not world.allowed(place).send_messages:
        raise Refusal(403, 50013, "Missing Permissions")
    tags = {tag["id"] for tag in place.get("available_tags", ()) if not tag["moderated"]}
    applied = body.get("applied_tags", [])
    if not tags.issuperset(applied):
        raise Refusal(400, 50035, "Invalid Form Body")
    if place["flags"] & (1 << 4) and not applied:
        raise Refusal(400, 40067, "A tag is required to create a forum post in this channel")
    message = _message(world, "", body["message"], files)
    thread = _make_thread(world, place, message["id"], body["name"])
    message["channel_id"] = thread["id"]
    world.messages[thread["id"]].append(message)
    return 201, {**thread, "message": message}, True


def active(world: World, *_: Any, guild: str) -> tuple[int, Any, bool]:
    world.known_guild(guild)
    found = [
        one
        for one in world.channels.values()
        if one["type"] == 11 and one["guild_id"] == guild and not one["thread_metadata"]["archived"]
    ]
    return 200, {"threads": found, "members": []}, False


def archived(world: World, _b: Any, _f: Any, query: Any, channel: str) -> tuple[int, Any, bool]:
    world.seen(channel)
    _may_read(world, channel)

    def put_away(thread: Json) -> str:
        return str(thread["thread_metadata"]["archive_timestamp"])

    before, limit = query.get("before", "9999"), int(query.get("limit", 50))
    found = [
        one
        for one in world.threads_of(channel)
        if one["type"] == 11 and one["thread_metadata"]["archived"] and put_away(one) < before
    ]
    found.sort(key=put_away, reverse=True)
    more = len(found) > limit
    return 200, {"threads": found[:limit], "members": [], "has_more": more}, False
