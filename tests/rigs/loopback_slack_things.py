"""What there is in a small Slack: a workspace, a message, a view, a token, and a refusal.

Knows no app and no request. Invariant: each can say of itself what Slack would tell an app.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from tests.rigs.loopback_slack_blocks import (
    VALUE_OF,
    Json,
    elements,
    initial,
    label_of,
    pings,
    words,
)

HOOK_S = 1_800.0
HOOK_USES = 5

Kind: TypeAlias = Literal["public", "private", "im"]


class Refusal(Exception):
    """A call that Slack does not do."""

    def __init__(self, error: str, *, status: int = 200, after_s: int = 0, **more: object) -> None:
        super().__init__(error)
        self.error, self.status, self.after_s, self.more = error, status, after_s, more


@dataclass
class Team:
    """A workspace; the app's own user is there once it was installed."""

    id: str
    name: str
    domain: str
    bot_user: str = ""
    bot_id: str = ""


@dataclass
class Grant:
    """A token and what it may do. `trouble` is the error that it is answered with, if any."""

    token: str
    team: str
    scopes: tuple[str, ...]
    expires_at: float | None = None
    refresh: str = ""
    trouble: str = ""


@dataclass
class User:
    """A member of a workspace, or an app's own user."""

    id: str
    team: str
    name: str
    real_name: str = ""
    tz: str = "Europe/Berlin"
    tz_offset: int = 3_600
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False
    locale: str = "en-GB"


@dataclass
class Channel:
    """A place to post; of a direct message, `user` is the other one."""

    id: str
    team: str
    name: str
    kind: Kind = "public"
    members: set[str] = field(default_factory=set)
    archived: bool = False
    restricted: bool = False
    user: str = ""


@dataclass
class Message:
    """What people see. `only_for` names the one who sees an ephemeral message."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str = ""
    only_for: str = ""
    edited: bool = False
    deleted: bool = False
    pinned: bool = False
    bot_id: str = ""
    app_id: str = ""
    team: str = ""
    state: dict[str, Json] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """Everything that can be read in it."""
        return words(self.blocks) if self.blocks else words([{"text": self.text}])

    @property
    def labels(self) -> list[str]:
        """What can be pressed or chosen in it."""
        return [label_of(block, element) for block, element in elements(self.blocks)]

    @property
    def pings(self) -> list[str]:
        return pings(self.text, self.blocks)

    def payload(self, metadata: bool = False) -> Json:
        told: Json = {
            "type": "message",
            "user": self.user,
            "ts": self.ts,
            "text": self.text,
            "team": self.team,
        }
        if self.bot_id:
            told |= {"bot_id": self.bot_id, "app_id": self.app_id}
        if self.blocks:
            told["blocks"] = self.blocks
        if self.thread_ts:
            told["thread_ts"] = self.thread_ts
        if self.edited:
            told["edited"] = {"user": self.user, "ts": self.ts}
        if metadata and self.metadata:
            told["metadata"] = self.metadata
        return told


@dataclass
class View:
    """A modal or a Home tab, and what somebody has filled in so far."""

    id: str
    team: str
    user: str
    body: Json
    hash: str
    root: str
    previous: str = ""
    closed: bool = False
    state: dict[str, Json] = field(default_factory=dict)
    app_id: str = ""
    bot_id: str = ""

    @property
    def blocks(self) -> list[Json]:
        return list(self.body["blocks"])

    @property
    def words(self) -> str:
        return words([self.body.get("title", {}), *self.blocks])

    @property
    def labels(self) -> list[str]:
        return [label_of(block, element) for block, element in elements(self.blocks)]

    def payload(self) -> Json:
        return {
            "id": self.id,
            "team_id": self.team,
            "type": self.body["type"],
            "blocks": self.blocks,
            "private_metadata": self.body.get("private_metadata", ""),
            "callback_id": self.body.get("callback_id", ""),
            "state": {"values": values_of(self.blocks, self.state)},
            "hash": self.hash,
            "title": self.body.get("title") or {"type": "plain_text", "text": "View Title"},
            "clear_on_close": self.body.get("clear_on_close", False),
            "notify_on_close": self.body.get("notify_on_close", False),
            "close": self.body.get("close"),
            "submit": self.body.get("submit"),
            "previous_view_id": self.previous or None,
            "root_view_id": self.root,
            "app_id": self.app_id,
            "external_id": self.body.get("external_id", ""),
            "app_installed_team_id": self.team,
            "bot_id": self.bot_id,
        }


def values_of(blocks: list[Json], state: dict[str, Json]) -> Json:
    """`state.values`: what every element holds, chosen or as it was to begin with."""
    values: Json = {}
    for block, element in elements(blocks):
        if element["type"] in VALUE_OF:
            name = VALUE_OF[element["type"]]
            kept = state.get(block["block_id"], {})
            held = kept.get(element["action_id"], {}).get(name, initial(element))
            values.setdefault(block["block_id"], {})[element["action_id"]] = {
                "type": element["type"],
                name: held,
            }
    return values


@dataclass
class Trigger:
    """What lets an app open a view: once, within three seconds."""

    id: str
    team: str
    user: str
    made_at: float
    view: str = ""
    used: bool = False


@dataclass
class Hook:
    """A response_url. `on` is the message that was acted on."""

    id: str
    channel: str
    user: str
    made_at: float
    on: Message | None = None
    uses: int = 0


@dataclass
class File:
    """An upload; `uses` counts how often a message asked for it."""

    id: str
    team: str
    name: str
    length: int
    alt_text: str = ""
    content: bytes = b""
    uploaded: bool = False
    complete: bool = False
    uses: int = 0


@dataclass
class Code:
    """What OAuth's page gave an app to exchange for a token."""

    team: str
    user: str
    scopes: tuple[str, ...]
    redirect: str
