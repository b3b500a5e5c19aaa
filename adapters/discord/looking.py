"""Looks for what was posted: in a channel's history, and among a forum's posts.

Knows no lesson; a mark is all that it looks for. Invariant: "" means that it is not there; what
could not be looked at raises CannotLook (or Denied).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Final

from discord.utils import time_snowflake

from adapters.discord.messages import carries
from adapters.discord.wire import Wire
from adapters.port import CannotLook, Unreachable

PAGE: Final = 100
MOST_PAGES: Final = 50
A_FEW: Final = 10
"""So many of the app's own posts in a forum are looked at, whatever the clocks say."""


async def in_channel(wire: Wire, channel: str, mark: str, since: datetime) -> str:
    """The id of the message that carries the mark."""
    async for message in _history(wire, channel, time_snowflake(since)):
        if carries(message, mark):
            return str(message["id"])
    return ""


async def _history(wire: Wire, channel: str, after: int) -> AsyncIterator[Mapping[str, Any]]:
    """The messages since then, the newest first.

    The last hundred in any case: this machine's clock may be ahead of Discord's.
    """
    params: dict[str, int] = {"limit": PAGE}
    for _ in range(MOST_PAGES):
        page = await wire.get("/channels/{channel_id}/messages", {"channel_id": channel}, params)
        for message in page:
            yield message
        if len(page) < PAGE:
            return
        params["before"] = min(int(message["id"]) for message in page)
        if params["before"] < after:
            return
    raise CannotLook("too much was posted since")


async def in_forum(
    wire: Wire, guild: str, forum: str, mine: str, mark: str, since: datetime
) -> str:
    """The id of the post, begun by `mine`, whose first message carries the mark."""
    after = time_snowflake(since)
    looked_at = 0
    async for thread in _threads(wire, guild, forum, since):
        name = str(thread["id"])
        if str(thread["owner_id"]) != mine or (int(name) < after and looked_at >= A_FEW):
            continue
        looked_at += 1
        ids = {"channel_id": name, "message_id": name}
        try:
            opener = await wire.get("/channels/{channel_id}/messages/{message_id}", ids)
        except Unreachable:
            if int(name) < after:
                continue
            # Somebody has deleted its first message, which alone could tell which this is.
            raise CannotLook("a post of the forum has lost its first message") from None
        if carries(opener, mark):
            return name
    return ""


async def _threads(
    wire: Wire, guild: str, channel: str, since: datetime
) -> AsyncIterator[Mapping[str, Any]]:
    """The threads of a channel that are open, and those that were put away since then."""
    active = await wire.get("/guilds/{guild_id}/threads/active", {"guild_id": guild})
    for thread in active["threads"]:
        if str(thread["parent_id"]) == channel:
            yield thread
    path = "/channels/{channel_id}/threads/archived/public"
    params: dict[str, Any] = {"limit": PAGE}
    for _ in range(MOST_PAGES):
        page = await wire.get(path, {"channel_id": channel}, params)
        for thread in page["threads"]:
            yield thread
        if not page["has_more"]:
            return
        # The last that was put away comes first.
        params["before"] = page["threads"][-1]["thread_metadata"]["archive_timestamp"]
        if datetime.fromisoformat(params["before"]) < since:
            return
    raise CannotLook("too many threads were put away since")
