"""Replies as people in Slack see them: whispered in the channel, in a window, on the Home.

Knows no payload: where something was done comes in as `At`. Invariant: every reply of an action is
shown once, in the place of the one before it, and a failure is shown in kind words.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from adapters.port import Address, DeliveryFailure
from adapters.slack import controls, sheets, views
from adapters.slack.installations import space_of
from adapters.slack.limits import fits
from adapters.slack.markdown import Json, text
from adapters.slack.messages import Files, blocks_of, compose
from adapters.slack.render import Drawing, Rich, section
from adapters.slack.responder import At, Submission, Whisper, Window
from adapters.slack.sheets import Sheet
from adapters.slack.views import Memory
from adapters.slack.wire import Expired
from adapters.slack.words import word
from lessons.actions import Action, Pressed, What
from lessons.document import plain
from lessons.fields import linked
from lessons.posts import Form, Part, Post, Reply, parts_of

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

FAREWELL_S: Final = 1.0


class Showing:
    """Asks the service and shows what it says. One for each adapter."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter

    # -- asking -----------------------------------------------------------------------------------

    def address(self, at: At) -> Address:
        """Who did it, where."""
        return Address(space_of(at.team), at.channel, member=at.member)

    def action(self, at: At, what: What) -> Action:
        """What the service gets. Slack does not say with it who moderates."""
        return Action(
            id=f"slack-{at.trigger or at.member}",
            space=space_of(at.team),
            channel=at.channel,
            member=at.member,
            moderator=None,
            language="en",
            moment=self._adapter.clock().astimezone(UTC),
            what=what,
        )

    async def last(self, at: At, what: What) -> Reply:
        """The reply that stays."""
        last = Reply()
        async for reply in self._adapter.host.handle(self.action(at, what)):
            last = reply
        return last

    # -- in the channel, for one person -----------------------------------------------------------

    async def whispered(self, at: At, what: What, *, edit: bool = False) -> None:
        """Answer in the channel, for one person."""
        whisper = Whisper(self._adapter.wire, at)
        try:
            async for reply in self._adapter.host.handle(self.action(at, what)):
                if reply.post is not None:
                    instead = edit and (reply.edit or reply.patience)
                    await self._whisper_post(at, reply.post, whisper, edit=instead)
        except Expired:
            raise
        except Exception as failed:
            tell(failed)
            await self.say(at, word("went_wrong"))

    async def _whisper_post(self, at: At, post: Post, whisper: Whisper, *, edit: bool) -> None:
        for number, part in enumerate(parts_of(post, fits)):
            await self._write(at, part, partial(whisper.show, edit=edit and number == 0))

    async def _write(self, at: At, part: Part, put: Callable[[Json], Awaitable[object]]) -> None:
        """Put a part somewhere as one message, with its pictures."""
        pieces = Drawing(private=True).pieces(part.document)
        below = controls.rows(part.controls)

        async def write(files: Files) -> None:
            await put(compose(pieces, files, below, first=part.text))

        await self._adapter.pictures.shown(at.team, pieces, write)

    # -- in a window ------------------------------------------------------------------------------

    @asynccontextmanager
    async def opened(self, at: At, memory: Memory) -> AsyncIterator[Window]:
        """A new window, before anything else; if it is too late for one, that is said."""
        window = Window(self._adapter.wire, at.team)
        try:
            await window.open(at.trigger, memory)
        except (Expired, DeliveryFailure) as failed:
            await self.say(at, word("again" if isinstance(failed, Expired) else "went_wrong"))
            raise
        async with self.kindly(window, memory):
            yield window

    async def say(self, at: At, words: str) -> None:
        """Where it was done; what belongs to no channel is answered in private."""
        body = compose([Rich((section(text(words)),))], {}, first=words)
        if at.hook or at.channel:
            await Whisper(self._adapter.wire, at).show(body)
        else:
            inbox = await self._adapter.inbox(at.team, at.member)
            await self._adapter.wire.post(at.team, "chat.postMessage", {"channel": inbox, **body})

    async def next_window(self, at: At, view: Mapping[str, Any], *, on_top: bool) -> Window:
        """The one that was pressed in; or one `on_top`, so that closing it leads back to there."""
        window = Window(self._adapter.wire, at.team, str(view.get("id", "")))
        if on_top and views.has_room(view):
            try:
                await window.push(at.trigger, Memory(at.channel))
            except (Expired, DeliveryFailure) as failed:
                log.info(
                    "no window could be laid on another: %s", failed, extra={"action": at.trigger}
                )
        return window

    @asynccontextmanager
    async def kindly(self, place: Window | Submission, memory: Memory) -> AsyncIterator[None]:
        """What goes wrong is said there, in kind words."""
        sorry = views.saying(word("went_wrong"), Memory(memory.channel))
        try:
            yield
        except Expired:
            raise
        except asyncio.CancelledError:
            # The process ends; or the window would say for ever that it takes a moment.
            with suppress(Exception):
                async with asyncio.timeout(FAREWELL_S):
                    await place.show(sorry)
            raise
        except Exception as failed:
            tell(failed)
            await place.show(sorry)

    async def windowed(self, at: At, what: What) -> None:
        """Answer in a new window."""
        async with self.opened(at, Memory(at.channel)) as window:
            await self.answer(at, what, window)

    async def shown(self, at: At, what: What, place: Window | Submission) -> None:
        """Answer in a window that is there."""
        async with self.kindly(place, Memory(at.channel)):
            await self.answer(at, what, place)

    async def answer(self, at: At, what: What, place: Window | Submission) -> None:
        """Every reply in turn. Raises what goes wrong."""
        answered = False
        async for reply in self._adapter.host.handle(self.action(at, what)):
            if reply.errors and reply.form is not None and self._faulted(reply, place):
                answered = True
            elif reply.post is not None:
                await self._show_post(at, reply.post, place)
                answered = True
            elif reply.form is not None:
                form = sheets.of_form(reply.form, _asking(at, reply.form, what))
                await self.show_sheet(at, form, place)
                answered = True
        if not answered:  # or it would say for ever that it takes a moment
            await place.show(views.saying(word("went_wrong"), Memory(at.channel)))

    def _faulted(self, reply: Reply, place: Window | Submission) -> bool:
        """Say what is wrong at its field. A step that is locked by then has no field any more."""
        if reply.form is None or not isinstance(place, Submission) or linked(reply.form.fields):
            return False
        words = [(error, plain(error.words)) for error in reply.errors]
        return place.fault(controls.faults(reply.form.control.id, words, reply.form.fields))

    async def _show_post(self, at: At, post: Post, place: Window | Submission) -> None:
        """The post; the form of a challenge stands below what it asks, without another press."""
        form, memory = None, Memory(at.channel)
        if (ask := sheets.asking(post)) is not None:
            pressed = Pressed(ask.id)
            form = (await self.last(at, pressed)).form
            memory = memory if form is None else _asking(at, form, pressed)
        sheet, rest = sheets.of_post(post, form, memory)
        await self.show_sheet(at, sheet, place)
        for part in rest:
            await self._tell_the_rest(at, part)

    async def show_sheet(self, at: At, sheet: Sheet, place: Window | Submission) -> None:
        """A sheet with its pictures."""
        pictures = self._adapter.pictures
        if isinstance(place, Submission) and place.in_time:
            # What has to be uploaded first takes longer than Slack waits for a form's answer.
            known = await pictures.known(at.team, sheet.pieces)
            if known is not None:
                await place.show(sheet.view(known))
                return

        async def write(files: Files) -> None:
            await place.show(sheet.view(files))

        await pictures.shown(at.team, sheet.pieces, write)

    async def _tell_the_rest(self, at: At, part: Part) -> None:
        """What does not fit into a window goes on in private messages."""
        inbox = await self._adapter.inbox(at.team, at.member)

        async def put(body: Json) -> None:
            whole = {"channel": inbox, **body}
            await self._adapter.wire.post(at.team, "chat.postMessage", whole)

        for piece in parts_of(Post(part.document, part.text), fits):
            await self._write(at, piece, put)

    # -- on the Home ------------------------------------------------------------------------------

    async def publish(self, at: At, post: Post) -> None:
        """What stands on the Home now."""
        pieces = Drawing(private=True).pieces(post.document)
        below = controls.rows(post.controls)

        async def publish(files: Files) -> None:
            view = views.home([*blocks_of(pieces, files), *below])
            await self._adapter.wire.tell(
                at.team, "views.publish", {"user_id": at.member, "view": view}
            )

        if await self._adapter.pictures.known(at.team, pieces) is None:
            # Nobody looks at an empty page while a picture is drawn: its words are there first.
            await publish({})
        await self._adapter.pictures.shown(at.team, pieces, publish)


def _asking(at: At, form: Form, asked_by: What) -> Memory:
    """What the window of a form has to know."""
    asks = asked_by.control if isinstance(asked_by, Pressed) and linked(form.fields) else ""
    return Memory(at.channel, form.control.id, asks)


def tell(failed: Exception) -> None:
    """Note what went wrong, for whoever runs it."""
    if isinstance(failed, DeliveryFailure):
        log.warning("an answer was not taken: %s", failed)
    else:
        log.exception("something that was done failed")
