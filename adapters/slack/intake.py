"""What people do in Slack becomes an action, and the replies become what they see.

Knows no transport: payloads come over Socket Mode or HTTP, in the same shape. Invariant: everything
is acknowledged at once and answered once, and whatever goes wrong is answered kindly.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from adapters.port import Address, DeliveryFailure
from adapters.slack import commands, controls, sheets, views
from adapters.slack.limits import fits
from adapters.slack.markdown import Json, text
from adapters.slack.messages import Files, blocks_of, compose
from adapters.slack.render import Drawing, Rich, section
from adapters.slack.responder import At, Submission, Whisper, Window
from adapters.slack.sheets import Sheet
from adapters.slack.views import Memory
from adapters.slack.wire import Expired
from adapters.slack.words import word
from lessons.actions import Action, Pressed, Submitted, Typed, What
from lessons.commands import Command, NotUnderstood, takes_window, understand
from lessons.document import Document, Paragraph, Text, plain
from lessons.fields import due, linked
from lessons.posts import Form, Part, Post, Reply, parts_of

if TYPE_CHECKING:
    from adapters.slack.messenger import SlackAdapter

log = logging.getLogger(__name__)

MOST_SEEN: Final = 20_000
FAREWELL_S: Final = 1.0
NAME: Final = "slack"

HOME: Final = Typed("study", "home")
"""What the Home shows."""


class Intake:
    """Answers what people do. One for each adapter, whatever brings it."""

    def __init__(self, adapter: SlackAdapter) -> None:
        self._adapter = adapter
        self._under_way: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[str, None] = OrderedDict()

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
        if name in self._seen:
            return False
        self._seen[name] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return True

    # -- what is typed ----------------------------------------------------------------------------

    async def command(self, at: At, command: str, words: str) -> None:
        """A slash command, with or without words after it."""
        typed = commands.of_line(command, words)
        if typed is None:
            await self.menu(at, moderators=command == "/series")
            return
        if commands.refused_group(typed):
            await self._say(at, word("no_group"))
            return
        asked = commands.command_of(typed.group, typed.name)
        if asked is not None and not typed.words and any(o.required for o in asked.options):
            async with self._opened(at, Memory(at.channel)) as window:
                await window.show(await self._command_form(at, asked))
            return
        want = understand(typed)
        if isinstance(want, NotUnderstood) or not takes_window(want):
            await self._whispered(at, typed)
        else:
            await self._windowed(at, typed)

    async def menu(self, at: At, *, moderators: bool = False) -> None:
        """Everything that can be done, to choose from."""
        memory = Memory(at.channel)
        async with self._opened(at, memory) as window:
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
            window = await self._next_window(at, view, on_top=another)
            await self._shown(at, Pressed(control), window)
            await self._home_behind(at)
        elif view is not None or (press is not None and press.window):
            await self._windowed(at, Pressed(control))
        else:
            edit = edits and press is not None and press.answers == "edit"
            await self._whispered(at, Pressed(control), edit=edit)
        if view is not None and view.get("type") == "home":
            await self.home(at)

    async def _chosen(self, at: At, group: str, name: str, view: Mapping[str, Any] | None) -> None:
        """Something of the menu."""
        if view is None:  # only a window has a menu
            await self.menu(at, moderators=group == "moderators")
            return
        memory = views.memory(view)
        at = replace(at, channel=memory.channel)
        command = commands.command_of(group, name)
        window = await self._next_window(at, view, on_top=command is not None)
        if command is None:
            blocks = commands.menu(moderators=group == "moderators")
            await window.show(views.window(blocks, memory))
        elif commands.asks(command):
            async with self._kindly(window, memory):
                await window.show(await self._command_form(at, command))
        else:
            await self._shown(at, Typed(group, name), window)

    async def _command_form(self, at: At, command: Command) -> Json:
        action = self._action(at, Typed(command.group, command.name))
        offered = {
            option.name: await self._adapter.host.suggest(action, option.name, "", 100)
            for option in commands.asks(command)
            if option.completes in commands.ASKED
        }
        zone = ""
        if any(option.completes == "zone" for option in command.options):
            try:
                zone = (await self._adapter.look(self._address(at))).zone
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
        command = commands.command_of(group, name)
        async with self._kindly(place, memory):
            if command is not None:
                await self._answer(at, commands.filled(command, state), place)
            elif memory.asks:
                await self._next_step(at, memory, state, place)
            else:
                await self._answer(at, Submitted(memory.form, controls.answers(state)), place)
        await self._home_behind(at)

    async def _next_step(
        self, at: At, memory: Memory, state: Mapping[str, Any], place: Submission
    ) -> None:
        """Of linked fields one was answered: it is locked, and the next is asked."""
        given = {name: value for name, value in controls.answers(state).items() if value}
        locked = {**memory.locked, **{k: v for k, v in given.items() if isinstance(v, str)}}
        reply = await self._last(at, Pressed(memory.asks))
        if reply.form is not None and due(reply.form.fields, locked):
            asking = replace(memory, locked=locked)
            await self._show_sheet(at, sheets.of_form(reply.form, asking), place)
        else:
            await self._answer(at, Submitted(memory.form, locked), place)

    # -- the Home ---------------------------------------------------------------------------------

    async def home(self, at: At) -> None:
        """What somebody sees who opens the app."""
        try:
            reply = await self._last(at, HOME)
            if reply.post is not None:
                await self._publish(at, reply.post)
        except Exception as failed:
            _log(failed)
            await self._publish(at, _said(word("went_wrong")))

    async def _home_behind(self, at: At) -> None:
        """A window that belongs to no channel lies on the Home, which shows what became of it."""
        if not at.channel:
            await self.home(at)

    async def _publish(self, at: At, post: Post) -> None:
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

    # -- acting -----------------------------------------------------------------------------------

    def _address(self, at: At) -> Address:
        return Address(f"{NAME}:{at.team}", at.channel, member=at.member)

    def _action(self, at: At, what: What) -> Action:
        return Action(
            id=f"slack-{at.trigger or at.member}",
            space=f"{NAME}:{at.team}",
            channel=at.channel,
            member=at.member,
            moderator=None,
            language="en",
            moment=self._adapter.clock().astimezone(UTC),
            what=what,
        )

    async def _last(self, at: At, what: What) -> Reply:
        last = Reply()
        async for reply in self._adapter.host.handle(self._action(at, what)):
            last = reply
        return last

    # -- in the channel, for one person -----------------------------------------------------------

    async def _whispered(self, at: At, what: What, *, edit: bool = False) -> None:
        whisper = Whisper(self._adapter.wire, at)
        try:
            async for reply in self._adapter.host.handle(self._action(at, what)):
                if reply.post is not None:
                    instead = edit and (reply.edit or reply.patience)
                    await self._whisper_post(at, reply.post, whisper, edit=instead)
        except Expired:
            raise
        except Exception as failed:
            _log(failed)
            await self._say(at, word("went_wrong"))

    async def _whisper_post(self, at: At, post: Post, whisper: Whisper, *, edit: bool) -> None:
        for number, part in enumerate(parts_of(post, fits)):
            pieces = Drawing(private=True).pieces(part.document)
            below = controls.rows(part.controls)
            instead = edit and number == 0

            async def write(files: Files) -> None:
                body = compose(pieces, files, below, first=part.text)  # noqa: B023
                await whisper.show(body, edit=instead)  # noqa: B023

            await self._adapter.pictures.shown(at.team, pieces, write)

    # -- in a window ------------------------------------------------------------------------------

    @asynccontextmanager
    async def _opened(self, at: At, memory: Memory) -> AsyncIterator[Window]:
        """A new window, before anything else; if it is too late for one, that is said."""
        window = Window(self._adapter.wire, at.team)
        try:
            await window.open(at.trigger, memory)
        except (Expired, DeliveryFailure) as failed:
            await self._say(at, word("again" if isinstance(failed, Expired) else "went_wrong"))
            raise
        async with self._kindly(window, memory):
            yield window

    async def _say(self, at: At, words: str) -> None:
        """Where it was done; what belongs to no channel is answered in private."""
        body = compose([Rich((section(text(words)),))], {}, first=words)
        if at.hook or at.channel:
            await Whisper(self._adapter.wire, at).show(body)
        else:
            inbox = await self._adapter.inbox(at.team, at.member)
            await self._adapter.wire.post(at.team, "chat.postMessage", {"channel": inbox, **body})

    async def _next_window(self, at: At, view: Mapping[str, Any], *, on_top: bool) -> Window:
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
    async def _kindly(self, place: Window | Submission, memory: Memory) -> AsyncIterator[None]:
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
            _log(failed)
            await place.show(sorry)

    async def _windowed(self, at: At, what: What) -> None:
        async with self._opened(at, Memory(at.channel)) as window:
            await self._answer(at, what, window)

    async def _shown(self, at: At, what: What, place: Window | Submission) -> None:
        async with self._kindly(place, Memory(at.channel)):
            await self._answer(at, what, place)

    async def _answer(self, at: At, what: What, place: Window | Submission) -> None:
        answered = False
        async for reply in self._adapter.host.handle(self._action(at, what)):
            if reply.errors and reply.form is not None and self._faulted(reply, place):
                answered = True
            elif reply.post is not None:
                await self._show_post(at, reply.post, place)
                answered = True
            elif reply.form is not None:
                form = sheets.of_form(reply.form, _asking(at, reply.form, what))
                await self._show_sheet(at, form, place)
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
            form = (await self._last(at, pressed)).form
            memory = memory if form is None else _asking(at, form, pressed)
        sheet, rest = sheets.of_post(post, form, memory)
        await self._show_sheet(at, sheet, place)
        for part in rest:
            await self._tell_the_rest(at, part)

    async def _show_sheet(self, at: At, sheet: Sheet, place: Window | Submission) -> None:
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
        for piece in parts_of(Post(part.document, part.text), fits):
            pieces = Drawing(private=True).pieces(piece.document)

            async def write(files: Files) -> None:
                body = compose(pieces, files, first=piece.text)  # noqa: B023
                await self._adapter.wire.post(
                    at.team, "chat.postMessage", {"channel": inbox, **body}
                )

            await self._adapter.pictures.shown(at.team, pieces, write)


def _asking(at: At, form: Form, asked_by: What) -> Memory:
    """What the window of a form has to know."""
    asks = asked_by.control if isinstance(asked_by, Pressed) and linked(form.fields) else ""
    return Memory(at.channel, form.control.id, asks)


def _said(words: str) -> Post:
    return Post(Document((Paragraph((Text(words),)),)), words)


def _log(failed: Exception) -> None:
    if isinstance(failed, DeliveryFailure):
        log.warning("an answer was not taken: %s", failed)
    else:
        log.exception("something that was done failed")
