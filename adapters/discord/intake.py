"""What people do in Discord becomes an action, and the replies become what they see.

Knows no transport: interactions come from the gateway or over HTTP, in the same shape.
Invariant: every interaction is answered, and whatever goes wrong is answered kindly.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Final

import discord

from adapters.discord import commands, controls, rights
from adapters.discord.controls import Pick, Press, Send
from adapters.discord.limits import fits
from adapters.discord.messages import Outgoing, compose, compose_form
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.discord.render import Words
from adapters.discord.responder import Responder
from adapters.discord.wire import Expired
from adapters.discord.words import word
from adapters.port import DeliveryFailure
from lessons.actions import Action, Pressed, Submitted, What
from lessons.fields import linked
from lessons.posts import Form, Part, Post, Reply, parts_of

log = logging.getLogger(__name__)

COMMAND, COMPONENT, TYPING, FORM = 2, 3, 4, 5
"""Types of interactions."""

SHOWN: Final = "shown"
"""Stands in a draft from the moment its form is shown until it is sent."""


class Intake:
    """Answers interactions. One for each adapter, whatever brings them."""

    def __init__(self, adapter: DiscordAdapter) -> None:
        self._adapter = adapter
        self._under_way: set[asyncio.Task[None]] = set()

    def take(self, interaction: discord.Interaction[Any]) -> None:
        """Begin to answer; whoever brought it need not wait."""
        task = asyncio.create_task(self.answer(interaction))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def finish(self, within_s: float) -> None:
        """Wait for the answers that are under way."""
        if self._under_way:
            _, late = await asyncio.wait(tuple(self._under_way), timeout=within_s)
            for task in late:
                task.cancel()

    async def answer(self, interaction: discord.Interaction[Any]) -> None:
        """Everything that one interaction brings. Never raises."""
        kind = int(interaction.type.value)
        try:
            if kind == COMMAND:
                await self._command(interaction)
            elif kind == COMPONENT:
                await self._component(interaction)
            elif kind == TYPING:
                await self._suggest(interaction)
            elif kind == FORM:
                await self._form(interaction)
        except Expired:
            log.info("an answer came too late", extra=_about(interaction))
        except DeliveryFailure as failed:
            log.warning("an answer was not taken: %s", failed, extra=_about(interaction))
        except Exception:
            log.exception("an interaction failed", extra=_about(interaction))

    # -- the four kinds ---------------------------------------------------------------------------

    async def _command(self, interaction: discord.Interaction[Any]) -> None:
        typed = commands.typed(_data(interaction))
        async with self._answering(interaction, edits=False) as responder:
            if refusal := _refused_role(interaction, typed.options.get("role", "")):
                await self._say(responder, refusal)
            else:
                await self._act(interaction, responder, typed)

    async def _component(self, interaction: discord.Interaction[Any]) -> None:
        pressed = controls.read(str(_data(interaction).get("custom_id", "")))
        match pressed:
            case Press(control, answers, guild):
                edits = answers == "edit" and _is_private(interaction)
                async with self._answering(interaction, edits=edits) as responder:
                    await self._act(interaction, responder, Pressed(control), guild, edits=edits)
            case Pick():
                await self._pick(interaction, pressed)
            case Send(control):
                async with self._answering(interaction, edits=True) as responder:
                    draft = await self._draft(interaction, control)
                    sent = Submitted(control, controls.answers_so_far(draft))
                    await self._act(interaction, responder, sent, edits=True, form=control)
            case None:
                # Another app's, or one of a version that nobody remembers: it has moved on.
                async with self._answering(interaction, edits=False) as responder:
                    await self._act(interaction, responder, Pressed(""))

    async def _form(self, interaction: discord.Interaction[Any]) -> None:
        found = _data(interaction)
        control = controls.form_of(str(found.get("custom_id", ""))) or ""
        raw = controls.answers(found.get("components", ()))
        edits = _is_private(interaction)
        async with self._answering(interaction, edits=edits) as responder:
            await self._act(interaction, responder, Submitted(control, raw), edits=edits)

    async def _suggest(self, interaction: discord.Interaction[Any]) -> None:
        typed, option, begun = commands.being_typed(_data(interaction))
        responder = self._responder(interaction, edits=False, waits=False)
        found = await self._adapter.host.suggest(
            await self._action(interaction, typed), option, begun, commands.SUGGESTIONS
        )
        await responder.suggest([{"name": one.label, "value": one.value} for one in found])

    async def _pick(self, interaction: discord.Interaction[Any], pick: Pick) -> None:
        """Kept at once, one row a choice, so that two at the same time are both kept."""
        shelf = self._adapter.shelf
        draft = self._draft_name(interaction, pick.control)
        async with self._answering(interaction, edits=True) as responder:
            if await shelf.get(draft + SHOWN) is None:
                # A form that was sent, or never shown: it has moved on.
                await self._act(interaction, responder, Pressed(""))
                return
            letters = controls.kept_letters(map(str, _data(interaction).get("values", ())))
            await shelf.put(draft + controls.draft_key(pick), letters)
            await responder.nod()

    # -- acting -----------------------------------------------------------------------------------

    def _responder(
        self, interaction: discord.Interaction[Any], *, edits: bool, waits: bool = True
    ) -> Responder:
        return Responder(
            self._adapter.wire, interaction.id, interaction.token, edits=edits, waits=waits
        )

    @asynccontextmanager
    async def _answering(
        self, interaction: discord.Interaction[Any], *, edits: bool
    ) -> AsyncIterator[Responder]:
        """In time, and with kind words if it fails on the way."""
        responder = self._responder(interaction, edits=edits)
        try:
            yield responder
        except Expired:
            raise
        except Exception as failed:
            if isinstance(failed, DeliveryFailure):
                log.warning("an answer was not taken: %s", failed, extra=_about(interaction))
            else:
                log.exception("an interaction failed", extra=_about(interaction))
            await self._say(responder, word("went_wrong"))
        finally:
            responder.close()

    async def _act(
        self,
        interaction: discord.Interaction[Any],
        responder: Responder,
        what: What,
        guild: str = "",
        *,
        edits: bool = False,
        form: str = "",
    ) -> None:
        if interaction.guild_id is None and not guild:
            await self._say(responder, word("only_in_servers"))
            return
        action = await self._action(interaction, what, guild)
        async for reply in self._adapter.host.handle(action):
            await self._show(interaction, responder, reply, edits=edits, form=form)

    async def _action(
        self, interaction: discord.Interaction[Any], what: What, guild: str = ""
    ) -> Action:
        if interaction.guild_id is not None:
            guild = str(interaction.guild_id)
            moderator = rights.moderates(interaction.permissions)
        else:
            moderator = await self._moderates(guild, str(interaction.user.id))
        return Action(
            id=f"discord-{interaction.id}",
            space=space_of(guild),
            channel=_channel(interaction),
            member=str(interaction.user.id),
            moderator=moderator,
            language=str(interaction.locale.value),
            moment=self._adapter.clock().astimezone(UTC),
            what=what,
        )

    async def _moderates(self, guild: str, member: str) -> bool:
        """In a private message Discord does not say what somebody may do in the server."""
        try:
            return rights.moderates(await self._adapter.rights_of(guild, member))
        except DeliveryFailure:
            return False

    # -- showing ----------------------------------------------------------------------------------

    async def _show(
        self,
        interaction: discord.Interaction[Any],
        responder: Responder,
        reply: Reply,
        *,
        edits: bool,
        form: str,
    ) -> None:
        if reply.form is not None and not (reply.errors and controls.opens(reply.form)):
            await self._show_form(interaction, responder, reply.form, reply, form)
        elif reply.post is not None:
            if form:
                await self._forget(interaction, form)
            edit = edits and (reply.edit or reply.patience)
            await self._show_post(interaction, responder, reply.post, edit=edit)

    async def _show_post(
        self,
        interaction: discord.Interaction[Any],
        responder: Responder,
        post: Post,
        *,
        edit: bool,
    ) -> None:
        there = _attached(interaction) if edit and responder.in_place else {}
        first, *more = parts_of(post, fits)
        shown = [
            await self._compose(interaction, first, there),
            *[await self._compose(interaction, part, {}) for part in more],
        ]
        await responder.show(*shown, edit=edit)

    async def _compose(
        self, interaction: discord.Interaction[Any], part: Part, there: Mapping[str, str]
    ) -> Outgoing:
        pieces = self._adapter.drawing.pieces(part.document)
        guild = "" if interaction.guild_id is not None else _guild_in(interaction)
        below = controls.rows(part.controls, guild=guild)
        pictures = await self._adapter.pictures(pieces)
        return compose(pieces, pictures, below, private=True, there=there)

    async def _show_form(
        self,
        interaction: discord.Interaction[Any],
        responder: Responder,
        form: Form,
        reply: Reply,
        sent: str,
    ) -> None:
        """A modal where it can be one; else over selects, in the message whose button it was.

        That message stays where there is no room for its prompt beside the form.
        """
        drawing = self._adapter.drawing
        if controls.opens(form):
            if not await responder.open_form(controls.modal(form, drawing)):
                await self._say(responder, word("again"))
            return
        draft = await self._draft(interaction, form.control.id)
        await self._adapter.shelf.put(self._draft_name(interaction, form.control.id) + SHOWN, "")
        before = controls.fields_shown(_custom_ids(interaction)) if sent else frozenset()
        errors = [
            error for error in reply.errors if error.field in before or not linked(form.fields)
        ]
        pictures = await self._adapter.pictures(drawing.pieces(form.intro))
        private = _is_private(interaction)
        there = _attached(interaction) if private and responder.in_place else {}
        shown, together = compose_form(form, draft, drawing, pictures, errors, there=there)
        # What was sent stood by itself already, if it had to.
        await responder.show(shown, edit=private and (together or bool(sent)))

    async def _say(self, responder: Responder, words: str) -> None:
        await responder.tell(compose([Words(words)], {}, private=True))

    # -- drafts -----------------------------------------------------------------------------------

    def _draft_name(self, interaction: discord.Interaction[Any], control: str) -> str:
        return f"draft:{interaction.guild_id}:{interaction.user.id}:{control}:"

    async def _draft(self, interaction: discord.Interaction[Any], control: str) -> controls.Draft:
        prefix = self._draft_name(interaction, control)
        kept = await self._adapter.shelf.all(prefix)
        chosen = {name.removeprefix(prefix): letters for name, letters in kept.items()}
        chosen.pop(SHOWN, None)
        return controls.draft_of(chosen)

    async def _forget(self, interaction: discord.Interaction[Any], control: str) -> None:
        for name in await self._adapter.shelf.all(self._draft_name(interaction, control)):
            await self._adapter.shelf.put(name, None)


# -- what Discord sent ----------------------------------------------------------------------------


def _about(interaction: discord.Interaction[Any]) -> dict[str, str]:
    return {"action": str(interaction.id)}


def _data(interaction: discord.Interaction[Any]) -> Mapping[str, Any]:
    return interaction.data or {}


def _refused_role(interaction: discord.Interaction[Any], role: str) -> str:
    """Why this role can't be told of chapters; nothing if it can be, or none was chosen."""
    if role and role == str(interaction.guild_id):
        return word("not_everyone")
    found = _data(interaction).get("resolved", {}).get("roles", {}).get(role)
    if found and not (found.get("mentionable") or interaction.app_permissions.mention_everyone):
        return word("role_closed")
    return ""


def _channel(interaction: discord.Interaction[Any]) -> str:
    """The channel it happened in; a thread's is the one that it belongs to."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        return str(channel.parent_id)
    return "" if channel is None else str(channel.id)


def _is_private(interaction: discord.Interaction[Any]) -> bool:
    """Whether what was pressed stands in a message that this person alone sees."""
    message = interaction.message
    if message is None:
        return False
    return interaction.guild_id is None or message.flags.ephemeral


def _attached(interaction: discord.Interaction[Any]) -> dict[str, str]:
    message = interaction.message
    return {one.filename: str(one.id) for one in message.attachments} if message else {}


def _custom_ids(interaction: discord.Interaction[Any]) -> Iterator[str]:
    """Of everything that can be pressed or chosen in the message."""

    def below(components: Sequence[Any]) -> Iterator[str]:
        for one in components:
            if isinstance(name := getattr(one, "custom_id", None), str):
                yield name
            yield from below(getattr(one, "children", ()))

    return below(interaction.message.components if interaction.message else ())


def _guild_in(interaction: discord.Interaction[Any]) -> str:
    """The server that a button in a private message belongs to."""
    pressed = controls.read(str(_data(interaction).get("custom_id", "")))
    return pressed.guild if isinstance(pressed, Press) else ""
