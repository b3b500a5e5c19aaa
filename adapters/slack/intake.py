"""What people do in Slack becomes an action, and the replies become what they see.

Knows no transport: payloads come over Socket Mode or HTTP, in the same shape. Invariant: everything
is acknowledged at once and answered once, and whatever goes wrong is answered kindly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from adapters.port import DeliveryFailure
from adapters.seen import Seen
from adapters.slack import commands, controls, sheets, views
from adapters.slack.markdown import Json
from adapters.slack.responder import At, Submission
from adapters.slack.showing import Showing, tell
from adapters.slack.views import Memory
from adapters.slack.wire import Expired
from adapters.slack.words import word
from lessons.actions import Pressed, Submitted, Typed
from lessons.commands import Command, NotUnderstood, command_of, takes_window, understand
from lessons.document import Document, Paragraph, Text
from lessons.fields import due
from lessons.posts import Post

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

HOME: Final = Typed("study", "home")
"""What the Home shows."""


class Intake:
    """Answers what people do. One for each adapter, whatever brings it."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter
        self._showing = Showing(adapter)
        self._under_way: set[asyncio.Task[None]] = set()
        self._seen = Seen()

    def begin(self, work: Coroutine[Any, Any, None], at: str) -> None:
        """Go on with this; who brought it need not wait."""
        task = asyncio.create_task(self._guarded(work, at))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None], at: str) -> None:
        try:
            await work
        except Expired:
            log.info("an answer came too late", extra={"action": at})
        except DeliveryFailure as failed:
            log.warning("an answer was not taken: %s", failed, extra={"action": at})
        except Exception:
            log.exception("something that was done failed", extra={"action": at})

    @property
    def busy(self) -> bool:
        """Whether answers are under way."""
        return bool(self._under_way)

    async def finish(self, within_s: float) -> None:
        """Wait for the answers that are under way."""
        if self._under_way:
            _, late = await asyncio.wait(tuple(self._under_way), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def first_time(self, name: str) -> bool:
        """Whether this was not taken before: Slack sends again what it saw no answer to."""
        return self._seen.all_new(name)

    # -- what is typed ----------------------------------------------------------------------------

    async def command(self, at: At, command: str, words: str) -> None:
        """A slash command, with or without words after it."""
        typed = commands.of_line(command, words)
        if typed is None:
            await self.menu(at, moderators=command == "/series")
            return
        if commands.refused_group(typed):
            await self._showing.say(at, word("no_group"))
            return
        asked = command_of(typed.group, typed.name)
        if asked is not None and not typed.words and _lacks_something(asked, typed):
            async with self._showing.opened(at, Memory(at.channel)) as window:
                await window.show(await self._command_form(at, asked))
            return
        want = understand(typed)
        if isinstance(want, NotUnderstood) or not takes_window(want):
            await self._showing.whispered(at, typed)
        else:
            await self._showing.windowed(at, typed)

    async def menu(self, at: At, *, moderators: bool = False) -> None:
        """Everything that can be done, to choose from."""
        memory = Memory(at.channel)
        async with self._showing.opened(at, memory) as window:
            blocks = commands.menu(moderators=moderators)
            await window.show(views.window(blocks, memory))

    # -- what is pressed --------------------------------------------------------------------------

    async def pressed(
        self, at: At, action_id: str, *, edits: bool, view: Mapping[str, Any] | None
    ) -> None:
        """A button in a message (`view` is None), in a window or on the Home."""
        if chosen := commands.CHOSEN.fullmatch(action_id):
            await self._chosen(at, chosen[1], chosen[2], view)
            return
        press = controls.read(action_id)
        control = press.control if press else ""  # of a version that nobody remembers
        if view is not None and view.get("type") == "modal":
            at = replace(at, channel=views.memory(view).channel)
            another = press is not None and press.answers == "message"
            window = await self._showing.next_window(at, view, on_top=another)
            await self._showing.shown(at, Pressed(control), window)
            await self._home_behind(at)
        elif view is not None or (press is not None and press.window):
            await self._showing.windowed(at, Pressed(control))
        else:
            edit = edits and press is not None and press.answers == "edit"
            await self._showing.whispered(at, Pressed(control), edit=edit)
        if view is not None and view.get("type") == "home":
            await self.home(at)

    async def _chosen(self, at: At, group: str, name: str, view: Mapping[str, Any] | None) -> None:
        """Something of the menu."""
        if view is None:  # only a window has a menu
            await self.menu(at, moderators=group == "moderators")
            return
        memory = views.memory(view)
        at = replace(at, channel=memory.channel)
        command = command_of(group, name)
        window = await self._showing.next_window(at, view, on_top=command is not None)
        if command is None:
            blocks = commands.menu(moderators=group == "moderators")
            await window.show(views.window(blocks, memory))
        elif commands.asks(command):
            async with self._showing.kindly(window, memory):
                await window.show(await self._command_form(at, command))
        else:
            await self._showing.shown(at, Typed(group, name), window)

    async def _command_form(self, at: At, command: Command) -> Json:
        action = self._showing.action(at, Typed(command.group, command.name))
        offered = {
            option.name: await self._adapter.host.suggest(action, option.name, "", 100)
            for option in commands.asks(command)
            if option.completes in commands.ASKED
        }
        zone = ""
        if any(option.completes == "zone" for option in command.options):
            try:
                zone = (await self._adapter.look(self._showing.address(at))).zone
            except DeliveryFailure:
                log.info("somebody's zone could not be asked for")
        memory = Memory(at.channel, command=f"{command.group} {command.name}")
        blocks = commands.form(command, offered, zone, here=bool(at.channel))
        return views.window(blocks, memory, submit=word("menu_go"))

    # -- what is sent -----------------------------------------------------------------------------

    async def submitted(self, at: At, view: Mapping[str, Any]) -> Json:
        """What becomes of a window whose form was sent; it goes on by itself if it takes long."""
        memory = views.memory(view)
        at = replace(at, channel=memory.channel)
        state = (view.get("state") or {}).get("values") or {}
        closed = Memory(memory.channel)
        place = Submission(self._adapter.wire, at.team, str(view["id"]), closed, state)
        self.begin(self._sent(at, memory, state, place), at.trigger)
        return await place.becomes()

    async def _sent(
        self, at: At, memory: Memory, state: Mapping[str, Any], place: Submission
    ) -> None:
        group, _, name = memory.command.partition(" ")
        command = command_of(group, name)
        async with self._showing.kindly(place, memory):
            if command is not None:
                await self._showing.answer(at, commands.filled(command, state), place)
            elif memory.asks:
                await self._next_step(at, memory, state, place)
            else:
                await self._showing.answer(
                    at, Submitted(memory.form, controls.answers(state)), place
                )
        await self._home_behind(at)

    async def _next_step(
        self, at: At, memory: Memory, state: Mapping[str, Any], place: Submission
    ) -> None:
        """Of linked fields one was answered: it is locked, and the next is asked."""
        given = {name: value for name, value in controls.answers(state).items() if value}
        locked = {**memory.locked, **{k: v for k, v in given.items() if isinstance(v, str)}}
        reply = await self._showing.last(at, Pressed(memory.asks))
        if reply.form is not None and due(reply.form.fields, locked):
            asking = msgspec.structs.replace(memory, locked=locked)
            await self._showing.show_sheet(at, sheets.of_form(reply.form, asking), place)
        else:
            await self._showing.answer(at, Submitted(memory.form, locked), place)

    # -- the Home ---------------------------------------------------------------------------------

    async def home(self, at: At) -> None:
        """What somebody sees who opens the app."""
        try:
            reply = await self._showing.last(at, HOME)
            if reply.post is not None:
                await self._showing.publish(at, reply.post)
        except Exception as failed:
            tell(failed)
            await self._showing.publish(at, _said(word("went_wrong")))

    async def _home_behind(self, at: At) -> None:
        """A window that belongs to no channel lies on the Home, which shows what became of it."""
        if not at.channel:
            await self.home(at)


def _lacks_something(asked: Command, typed: Typed) -> bool:
    """Whether an option that is needed was not given by name."""
    return any(one.required and one.name not in typed.options for one in asked.options)


def _said(words: str) -> Post:
    return Post(Document((Paragraph((Text(words),)),)), words)
