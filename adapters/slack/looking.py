"""Looks for what was posted: in a channel's history, or in a thread.

Knows no lesson; a mark is all that it looks for. Invariant: "" means that it is not there; what
could not be looked at raises CannotLook, and what takes patience TryLater.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from adapters.port import Ambiguous, CannotLook, Rejected, TryLater
from adapters.slack.messages import carries
from adapters.slack.wire import Wire

PAGE: Final = 15
"""Slack gives some apps no more, whatever is asked for."""

MOST_PAGES: Final = 60
MOST_KEPT: Final = 500
AGAIN_S: Final = 5.0

NEWEST: Final = ""
"""Where a search is that has only the newest page left to look at."""


class Search:
    """Looks page by page; one that Slack made wait goes on where it was."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._reached: OrderedDict[tuple[str, ...], str] = OrderedDict()

    async def find(self, team: str, channel: str, thread: str, mark: str, since: datetime) -> str:
        """The timestamp of the message that carries the mark.

        The newest page is looked at whatever the clock says: this machine's may be ahead.
        """
        where = (team, channel, thread, mark)
        try:
            found = await self._found(where, since)
        except (TryLater, Ambiguous, asyncio.CancelledError):
            raise  # nothing is sent before it was looked through to the end
        except Rejected as refused:
            if self._reached.pop(where, None) and "invalid_cursor" in refused.detail:
                raise TryLater(AGAIN_S) from refused
            raise
        except Exception:
            self._reached.pop(where, None)
            raise
        self._reached.pop(where, None)
        return found

    async def _found(self, where: tuple[str, ...], since: datetime) -> str:
        team, channel, thread, mark = where
        method = "conversations.replies" if thread else "conversations.history"
        wanted: dict[str, str | int] = {
            "channel": channel,
            "limit": PAGE,
            "include_all_metadata": 1,
            **({"ts": thread} if thread else {}),
        }
        went_on = where in self._reached
        cursor = self._reached.get(where, NEWEST)
        for _ in range(MOST_PAGES):
            asked = {**wanted, "cursor": cursor} if cursor else wanted
            page = await self._wire.ask(team, method, asked, patient=False)
            messages: list[Mapping[str, Any]] = page.get("messages", [])
            if found := next((str(one["ts"]) for one in messages if carries(one, mark)), ""):
                return found
            if went_on and cursor == NEWEST:
                return ""
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            # A thread comes from its beginning, a channel from its end.
            past = not thread and messages and _before(messages[-1], since)
            if not cursor or not page.get("has_more", True) or past:
                if thread or not went_on:
                    return ""
                cursor = NEWEST  # it was looked at long ago
            self._keep(where, cursor)
        raise CannotLook("too much was posted since")

    def _keep(self, where: tuple[str, ...], cursor: str) -> None:
        self._reached[where] = cursor
        if len(self._reached) > MOST_KEPT:
            self._reached.popitem(last=False)


def _before(message: Mapping[str, Any], since: datetime) -> bool:
    return float(message["ts"]) < since.timestamp()
