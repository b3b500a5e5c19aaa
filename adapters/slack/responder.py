"""Where an answer is shown: in a message for one person, in a window, or in what a form becomes.

Knows no lesson. Invariant: a window is opened before anything else is asked, and every later
answer takes the place of the one before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from adapters.port import Ambiguous
from adapters.slack.markdown import Json
from adapters.slack.messages import without_word_of_links
from adapters.slack.views import Memory, loading
from adapters.slack.wire import Expired, Wire

log = logging.getLogger(__name__)

SOON_S: Final = 2.2
"""Slack waits 3 s for what becomes of a form; the way there needs the rest."""

SETTLED_S: Final = 0.5
"""So long Slack may need to show what it was told in time; the answer must not overtake it."""

HOOKS: Final = 5
"""So often may be answered where something was typed or pressed."""


@dataclass(frozen=True, slots=True)
class At:
    """Who did something, and where. `hook` answers there; `trigger` opens a window, once."""

    team: str
    member: str
    channel: str = ""
    thread: str = ""
    hook: str = ""
    trigger: str = ""
    private: bool = False


class Whisper:
    """Messages in the channel that one person sees."""

    def __init__(self, wire: Wire, place: At) -> None:
        self._wire = wire
        self._place = place
        self._used = 0

    async def show(self, body: Json, *, edit: bool = False) -> None:
        """One message; with `edit`, in the place of the one that was pressed."""
        if self._place.hook and self._used < HOOKS:
            self._used += 1
            how = {"response_type": "ephemeral", "replace_original": edit}
            try:
                await self._wire.respond(self._place.hook, {**body, **how})
                return
            except Expired:
                if not self._place.channel:
                    raise
                self._used = HOOKS
        where: Json = {"channel": self._place.channel, "user": self._place.member}
        if self._place.thread:
            where["thread_ts"] = self._place.thread
        whole = {**where, **without_word_of_links(body)}
        await self._wire.tell(self._place.team, "chat.postEphemeral", whole)


class Window:
    """A window of one person: a new one, or the one that was pressed in (`view`)."""

    def __init__(self, wire: Wire, team: str, view: str = "") -> None:
        self._wire = wire
        self._team = team
        self._view = view

    async def open(self, trigger: str, remembers: Memory) -> None:
        """Open it, before anything else is asked. Raises Expired if it is too late for one."""
        body = {"trigger_id": trigger, "view": loading(remembers)}
        made = await self._wire.tell(self._team, "views.open", body)
        self._view = str(made["view"]["id"])

    async def push(self, trigger: str, remembers: Memory) -> None:
        """Lay a new one on top of it, and go on in that. Raises Expired if it is too late."""
        body = {"trigger_id": trigger, "view": loading(remembers)}
        made = await self._wire.tell(self._team, "views.push", body)
        self._view = str(made["view"]["id"])

    async def show(self, view: Json) -> None:
        """What is in it now. A window that was closed stays closed."""
        body = {"view_id": self._view, "view": view}
        try:
            try:
                await self._wire.tell(self._team, "views.update", body)
            except Ambiguous:  # it does no harm to put the same there twice
                await self._wire.tell(self._team, "views.update", body)
        except Expired:
            log.info("a window was closed before its answer came")


class Submission:
    """A window whose form was sent: the first answer is what Slack shows in its place at once."""

    def __init__(
        self, wire: Wire, team: str, view: str, remembers: Memory, fields: Collection[str] = ()
    ) -> None:
        self._window = Window(wire, team, view)
        self._remembers = remembers
        self._fields = frozenset(fields)
        self._first: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._shown_at = 0.0

    async def becomes(self) -> Json:
        """What is said to Slack in time: the answer if it is there, else that it comes."""
        await asyncio.wait({self._first}, timeout=SOON_S)
        if not self._first.done():
            self._say(_update(loading(self._remembers)))
        return self._first.result()

    def _say(self, first: Json) -> None:
        """Slack shows this in the form's place; what comes after it waits until it does."""
        self._first.set_result(first)
        self._shown_at = asyncio.get_running_loop().time() + SETTLED_S

    @property
    def in_time(self) -> bool:
        """Whether nothing was said to Slack yet."""
        return not self._first.done()

    def fault(self, faults: dict[str, str]) -> bool:
        """Say what is wrong, block by block, in the form itself; False if it is too late for it.

        Or if the form is of another version and has no such field: Slack takes none of it then.
        """
        if self._first.done() or not faults.keys() <= self._fields:
            return False
        self._first.set_result({"response_action": "errors", "errors": faults})
        return True

    async def show(self, view: Json) -> None:
        """What is in the window now."""
        if not self._first.done():
            self._say(_update(view))
        else:
            await asyncio.sleep(self._shown_at - asyncio.get_running_loop().time())
            await self._window.show(view)


def _update(view: Json) -> Json:
    return {"response_action": "update", "view": view}
