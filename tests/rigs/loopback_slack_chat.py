"""What a small Slack does when it is asked to post something or to take a file.

Knows no HTTP: a call comes in decoded. Invariant: whoever is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tests.rigs import loopback_slack_blocks as kit
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_things import Channel, File, Grant, Message, Refusal, Team
from tests.rigs.loopback_slack_world import World

MOST_BLOCKS = 50
MOST_CHARACTERS = 40_000
MOST_ALT = 1_000


@dataclass
class Call:
    """A request to a method, by whoever holds the grant."""

    world: World
    base: str
    body: Json
    grant: Grant
    files: list[bytes] = field(default_factory=list)

    @property
    def team(self) -> Team:
        return self.world.teams[self.grant.team]

    def need(self, scope: str) -> None:
        if scope not in self.grant.scopes:
            raise Refusal("missing_scope", needed=scope, provided=",".join(self.grant.scopes))

    def text(self, name: str, error: str = "invalid_arguments") -> str:
        """An argument that must be there."""
        value = self.body.get(name)
        if not isinstance(value, str) or not value:
            words = f"[ERROR] missing required field: {name}"
            raise Refusal(error, response_metadata={"messages": [words]})
        return value

    def yes(self, name: str) -> bool:
        return self.body.get(name) in (True, "1", "true", "True", 1)


Method: TypeAlias = Callable[[Call], Json]


# -- posting --------------------------------------------------------------------------------------


def place(call: Call, *, inside: bool = True) -> Channel:
    """The channel that is named, if the app may know it, and if it is in it."""
    world, name = call.world, call.text("channel", "channel_not_found")
    if name.startswith("U"):
        user = world.users.get(name)
        if user is None or user.team != call.team.id:
            raise Refusal("channel_not_found")
        name = world.dm(name)
    channel = world.channels.get(name)
    if channel is None or channel.team != call.team.id:
        raise Refusal("channel_not_found")
    if call.team.bot_user not in channel.members:
        if channel.kind != "public":
            raise Refusal("channel_not_found")
        if inside:
            raise Refusal("not_in_channel")
    return channel


def post_message(call: Call) -> Json:
    call.need("chat:write")
    channel = place(call)
    _may_post(call, channel)
    message = written(call.world, channel, call.body)
    thread = str(call.body.get("thread_ts") or "")
    if thread and all(one.ts != thread for one in call.world.messages(channel.id)):
        raise Refusal("thread_not_found")
    message.thread_ts = thread
    _sign(call, message)
    call.world.posts[channel.id].append(message)
    told = message.payload(metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": told}


def _may_post(call: Call, channel: Channel) -> None:
    world = call.world
    if channel.archived:
        raise Refusal("is_archived")
    if channel.restricted:
        raise Refusal("restricted_action")
    ours = [one for one in world.posts[channel.id] if one.bot_id]
    if world.posts_per_s and ours and not ours[-1].only_for:
        since_s = world.now() - float(ours[-1].ts)
        if since_s < 1 / world.posts_per_s:
            raise Refusal("ratelimited", status=429, after_s=1)


def written(world: World, channel: Channel, body: Json) -> Message:
    """A message of what came in, if Slack takes it."""
    text, blocks = str(body.get("text") or ""), body.get("blocks") or []
    if not text and not blocks and not body.get("attachments") and not body.get("markdown_text"):
        raise Refusal("no_text")
    if len(text) > MOST_CHARACTERS:
        raise Refusal("msg_too_long")
    check_blocks(world, blocks, channel.team)
    metadata = body.get("metadata") or None
    if metadata is not None and not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    return Message(
        channel.id,
        world.ts(),
        "",
        kit.escaped(text or str(body.get("markdown_text") or "")),
        kit.settled(blocks, lambda: world.new_id("b")),
        metadata,
        team=channel.team,
    )


def check_blocks(world: World, blocks: object, team: str) -> None:
    """Raises as Slack does; every file that is shown counts as used once."""
    faults = kit.faults(blocks, most=MOST_BLOCKS, view=False, usable=_usable(world, team))
    if faults:
        messages = [f"[ERROR] {fault}" for fault in faults]
        if faults != [fault for fault in faults if "invalid slack file" in fault]:
            world.complaints.append(f"invalid_blocks: {'; '.join(faults)}")
        raise Refusal("invalid_blocks", errors=faults, response_metadata={"messages": messages})
    if sum(len(text) for text in kit.texts(blocks)) > kit.MOST_TEXT:
        world.complaints.append("msg_blocks_too_long")
        raise Refusal("msg_blocks_too_long")


def _usable(world: World, team: str) -> Callable[[Json], bool]:
    def usable(named: Json) -> bool:
        file = world.files.get(str(named.get("id")))
        if file is None or file.team != team or not file.complete:
            return False
        file.uses += 1
        return file.uses > world.files_not_ready

    return usable


def _sign(call: Call, message: Message) -> None:
    message.user, message.bot_id = call.team.bot_user, call.team.bot_id
    message.app_id = call.world.app_id


def post_ephemeral(call: Call) -> Json:
    call.need("chat:write")
    channel, user = place(call), call.text("user", "user_not_found")
    if channel.archived:
        raise Refusal("is_archived")
    if user not in call.world.users:
        raise Refusal("user_not_found")
    if user not in channel.members:
        raise Refusal("user_not_in_channel")
    message = written(call.world, channel, call.body)
    message.thread_ts = str(call.body.get("thread_ts") or "")
    message.only_for, message.metadata = user, None
    _sign(call, message)
    call.world.posts[channel.id].append(message)
    return {"message_ts": message.ts}


def _own(call: Call, error: str) -> tuple[Channel, Message]:
    channel, ts = place(call, inside=False), call.text("ts", "message_not_found")
    for message in call.world.messages(channel.id):
        if message.ts == ts and not message.only_for:
            if message.bot_id != call.team.bot_id:
                raise Refusal(error)
            return channel, message
    raise Refusal("message_not_found")


def update(call: Call) -> Json:
    call.need("chat:write")
    channel, message = _own(call, "cant_update_message")
    if channel.archived:
        raise Refusal("is_archived")
    change(call.world, message, call.body)
    told = message.payload(metadata=True)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": told}


def change(world: World, message: Message, body: Json) -> None:
    """What is not said stays, but blocks go when a text comes without them."""
    said = {name: value for name, value in body.items() if value is not None}
    if not said.keys() & {"text", "blocks", "attachments"}:
        raise Refusal("no_text")
    fresh = written(world, world.channels[message.channel], {"text": message.text, **said})
    message.text, message.blocks = fresh.text, fresh.blocks
    if "metadata" in said:
        message.metadata = fresh.metadata
    message.edited = True


def delete(call: Call) -> Json:
    call.need("chat:write")
    channel, message = _own(call, "cant_delete_message")
    message.deleted = True
    return {"channel": channel.id, "ts": message.ts}


# -- files ----------------------------------------------------------------------------------------


def upload_url(call: Call) -> Json:
    call.need("files:write")
    name, length = call.text("filename"), int(call.body.get("length") or 0)
    if length <= 0:
        raise Refusal("invalid_arguments")
    made = call.world.new_id("F")
    alt = str(call.body.get("alt_txt") or "")
    if len(alt) > MOST_ALT:
        raise Refusal("alt_txt_too_large")
    call.world.files[made] = File(made, call.team.id, name, length, alt)
    return {"upload_url": f"{call.base}/upload/v1/{made}", "file_id": made}


def complete_upload(call: Call) -> Json:
    call.need("files:write")
    named, done = call.body.get("files") or [], []
    for one in named:
        file = call.world.files.get(str(one.get("id")))
        if file is None or not file.uploaded:
            raise Refusal("file_not_found")
        done.append((file, str(one.get("title") or file.name)))
    for file, _ in done:
        file.complete = True
    files: list[Json] = [
        {"id": file.id, "title": title, "name": file.name, "alt_txt": file.alt_text}
        for file, title in done
    ]
    return {"files": files}


def permalink(call: Call) -> Json:
    channel = place(call, inside=False)
    stamp = call.text("message_ts", "message_not_found")
    if all(one.ts != stamp or one.deleted for one in call.world.messages(channel.id)):
        raise Refusal("message_not_found")
    return {"channel": channel.id, "permalink": f"{call.base}/archives/{channel.id}/p{stamp}"}


def pin(call: Call) -> Json:
    call.need("pins:write")
    channel = place(call)
    stamp = call.text("timestamp", "no_item_specified")
    found = [one for one in call.world.messages(channel.id) if one.ts == stamp]
    if not found or found[0].only_for:
        raise Refusal("message_not_found")
    if found[0].pinned:
        raise Refusal("already_pinned")
    found[0].pinned = True
    return {}


CHAT: Mapping[str, Method] = {
    "chat.postMessage": post_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.update": update,
    "chat.delete": delete,
    "chat.getPermalink": permalink,
    "pins.add": pin,
    "files.getUploadURLExternal": upload_url,
    "files.completeUploadExternal": complete_upload,
}
