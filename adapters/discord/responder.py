"""One interaction's answer, in time: shown at once if it can be, announced first if it can't.

Knows no lesson. Invariant: Discord hears something within `SOON_S` of the press, and every later
answer takes the place of the one before it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Literal, TypeAlias

from adapters.discord.limits import Json
from adapters.discord.messages import EPHEMERAL, V2, Outgoing
from adapters.discord.wire import AnsweredBefore, Expired, Wire
from adapters.port import Ambiguous, DeliveryFailure

log = logging.getLogger(__name__)

SOON_S: Final = 1.9
"""Discord waits 3 s; the way there and the loop's own hold-ups need the rest."""

TRIES: Final = 2
"""Of the first response: Discord takes one, so a second does no harm."""

MESSAGE, WAIT_MESSAGE, WAIT_EDIT, EDIT, SUGGESTIONS, FORM = 4, 5, 6, 7, 8, 9
"""Types of responses."""

Into: TypeAlias = Literal["new", "edit"]


class Responder:
    """Answers one interaction. `edits`: what is expected takes the place of the pressed message."""

    def __init__(
        self, wire: Wire, interaction: int, token: str, *, edits: bool, waits: bool = True
    ) -> None:
        self._wire = wire
        self._id = interaction
        self._token = token
        self._into: Into = "edit" if edits else "new"
        self._said: Literal["nothing", "wait", "message"] = "nothing"
        self._one = asyncio.Lock()
        self._announcing: asyncio.Task[None] | None = None
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(SOON_S, self._begin) if waits else None

    def close(self) -> None:
        """Nothing more comes."""
        if self._late is not None:
            self._late.cancel()

    def _begin(self) -> None:
        self._announcing = asyncio.create_task(self._announce())

    async def _announce(self) -> None:
        async with self._one:
            if self._said != "nothing":
                return
            waiting = WAIT_EDIT if self._into == "edit" else WAIT_MESSAGE
            try:
                await self._respond(waiting, {"flags": EPHEMERAL} if self._into == "new" else None)
            except (Expired, DeliveryFailure):
                log.info("an interaction could not be announced in time")
                return
            self._said = "wait"

    async def show(self, *parts: Outgoing, edit: bool) -> None:
        """A message in one or more parts; with `edit`, in the place of the pressed message."""
        async with self._one:
            first, *more = parts
            await self._show(first, "edit" if edit else "new")
            for part in more:
                await self._wire.follow_up(self._token, part.body, part.uploads)

    async def tell(self, part: Outgoing) -> None:
        """Something that stands by itself: what the person has before them stays as it is."""
        async with self._one:
            if self._said == "nothing" or (self._said, self._into) == ("wait", "new"):
                await self._show(part, "new")
            else:
                await self._wire.follow_up(self._token, part.body, part.uploads)

    async def _show(self, part: Outgoing, into: Into) -> None:
        if self._said == "nothing":
            self._into = into
            kind = EDIT if into == "edit" else MESSAGE
            await self._respond(kind, part.body, part)
            self._said = "message"
        elif self._into == "edit" and into == "new" and self._said == "wait":
            # The pressed message stays as it is; the waiting is over without a word.
            self._into, self._said = "new", "message"
            await self._wire.follow_up(self._token, part.body, part.uploads)
        else:
            await self._wire.change_response(
                self._token, _without_ephemeral(part.body), part.uploads
            )
            self._said = "message"

    async def _respond(self, kind: int, body: Json | None, part: Outgoing | None = None) -> None:
        whole: Json = {"type": kind} if body is None else {"type": kind, "data": body}
        uploads = part.uploads if part else ()
        for _ in range(TRIES):
            try:
                await self._wire.respond(self._id, self._token, whole, uploads)
                break
            except Ambiguous:
                log.info("a response may not have arrived")
            except AnsweredBefore:
                break  # it had arrived

    async def open_form(self, form: Json) -> bool:
        """A modal, which must be the first response; False if it is too late for one."""
        async with self._one:
            if self._said != "nothing":
                return False
            await self._respond(FORM, form)
            self._said = "message"
            return True

    async def nod(self) -> None:
        """Heard, and nothing to be seen."""
        async with self._one:
            if self._said == "nothing":
                await self._respond(WAIT_EDIT, None)
                self._said = "message"

    async def suggest(self, choices: list[Json]) -> None:
        """What may be typed."""
        async with self._one:
            if self._said == "nothing":
                await self._respond(SUGGESTIONS, {"choices": choices})
                self._said = "message"

    @property
    def in_place(self) -> bool:
        """Whether an edit that is shown next replaces the pressed message as the person sees it."""
        return self._said == "nothing" or (self._said, self._into) == ("wait", "edit")


def _without_ephemeral(body: Json) -> Json:
    """A message can't become private or public once it is there."""
    return {**body, "flags": V2}
