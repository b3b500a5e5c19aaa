"""The platforms under test, each as a rig: its adapter, its accidents and what its people read.

Knows no test; a new platform joins by one more rig and its name in `RIGS`.
Invariant: what `read` gives is what a person sees there, not what an adapter remembers.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import htpy as h
from rich.console import Console

from adapters.discord import controls as discord_controls
from adapters.discord import limits
from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.discord.render import Drawing as DiscordDrawing
from adapters.discord.render import Words
from adapters.discord.words import word
from adapters.port import Adapter, Address, PostRef
from adapters.slack import controls as slack_controls
from adapters.slack import limits as slack_limits
from adapters.slack.installations import OneWorkspace
from adapters.slack.messages import blocks_of
from adapters.slack.messenger import SlackAdapter
from adapters.slack.render import Drawing as SlackDrawing
from adapters.slack.render import Image as SlackImage
from adapters.slack.words import RIGHTS as SLACK_RIGHTS
from adapters.slack.words import WORDS as SLACK_WORDS
from adapters.terminal.messenger import SPACE, TerminalAdapter
from adapters.terminal.screen import Screen
from adapters.web.messenger import SPACE as WEB
from adapters.web.messenger import WebAdapter
from adapters.web.render import Drawing
from lessons.document import Document
from lessons.posts import Control, Part
from tests.rigs.discord_reader import read as discord_words
from tests.rigs.host import KeptHost, KeptShelf
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord
from tests.rigs.loopback_discord_world import TOKEN
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack
from tests.rigs.loopback_slack_blocks import parts as slack_parts
from tests.rigs.loopback_slack_things import Message as SlackMessage
from tests.rigs.loopback_slack_world import BASIC, READING
from tests.rigs.page_text import Element, read
from tests.rigs.slack_reader import read_blocks
from tests.rigs.web import Hall


@dataclass(frozen=True, slots=True)
class Button:
    label: str
    control: str


@dataclass(frozen=True, slots=True)
class Seen:
    at: Address
    id: str
    words: str
    buttons: tuple[Button, ...]
    pinned: bool


class Rig(Protocol):
    right: str
    people: tuple[str, str]
    channel: Address
    nowhere: Address

    async def start(self) -> Adapter: ...
    def to(self, person: str) -> Address: ...
    async def read(self, person: str) -> tuple[Seen, ...]: ...
    def take_right(self, missing: str) -> None: ...
    def delete_channel(self) -> None: ...
    def fits(self, document: Document) -> bool: ...
    def drawn(self, document: Document) -> str: ...
    async def close(self) -> None: ...


class TerminalRig:
    right = "Send messages"
    people = ("ada", "ben")
    channel = Address(SPACE, "study")
    nowhere = Address(SPACE, "attic")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._adapters: list[TerminalAdapter] = []

    async def start(self) -> Adapter:
        adapter = TerminalAdapter(self._folder)
        self._adapters.append(adapter)
        await adapter.open(KeptHost())
        return adapter

    def to(self, person: str) -> Address:
        return Address(SPACE, "study", member=person)

    async def read(self, person: str) -> tuple[Seen, ...]:
        hall = self._adapters[-1]
        return tuple(
            Seen(
                message.address,
                message.id,
                *_on_screen(person, message.part),
                pinned=hall.pinned(PostRef(message.address, message.id)),
            )
            for message in hall.messages()
            if message.address.member in ("", person)
        )

    def take_right(self, missing: str) -> None:
        self._adapters[-1].close_channel("study", missing)

    def delete_channel(self) -> None:
        self._adapters[-1].close_channel("study")

    def fits(self, document: Document) -> bool:
        return TerminalAdapter(self._folder).fits(document)

    def drawn(self, document: Document) -> str:
        paper = io.StringIO()
        screen(paper).document(document, {})
        return paper.getvalue()

    async def close(self) -> None:
        for adapter in self._adapters:
            await adapter.close()


class WebRig:
    right = "Send messages"
    people = ("ada", "ben")
    channel = Address(WEB, "study")
    nowhere = Address(WEB, "attic")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shelves: dict[str, KeptShelf] = {}
        self._halls: list[Hall] = []

    async def start(self) -> Adapter:
        hall = await Hall(self._folder, shelves=self._shelves).__aenter__()
        self._halls.append(hall)
        return hall.adapter

    def to(self, person: str) -> Address:
        return Address(WEB, "study", member=person)

    async def read(self, person: str) -> tuple[Seen, ...]:
        page = await self._halls[-1].page(f"/as/{person}/study?all=1")
        seen = []
        for message in page.one(id="feed").all("article"):
            for thread in message.all("details", class_="thread"):
                message.inside.remove(thread)
                at = Address(WEB, "study", thread=thread["id"])
                seen += [_on_page(at, one) for one in thread.all("li") if one["id"]]
            seen.append(_on_page(self.channel, message))
        for letter in page.one(id="entries").all("section"):
            seen.append(_on_page(self.to(person), letter))
        return tuple(sorted(seen, key=lambda one: int(one.id[1:])))

    def take_right(self, missing: str) -> None:
        self._halls[-1].adapter.close_channel("study", missing)

    def delete_channel(self) -> None:
        self._halls[-1].adapter.close_channel("study")

    def fits(self, document: Document) -> bool:
        return self._adapter().fits(document)

    def _adapter(self) -> WebAdapter:
        return WebAdapter(self._folder, zones=lambda name: None)

    def drawn(self, document: Document) -> str:
        html = "".join(h.div[Drawing(lambda name: None).document(document)].iter_chunks())
        return read(html).words()

    async def close(self) -> None:
        for hall in self._halls:
            await hall.__aexit__()


class LoggedIn:
    """No gateway: the contract is about what goes out."""

    async def start(self, adapter: DiscordAdapter) -> None:
        await adapter.client.login(TOKEN)

    async def stop(self) -> None:
        pass


class DiscordRig:
    right = "Send messages"
    RIGHTS = MappingProxyType({"Send messages": "send_messages"})

    def __init__(self, folder: Path) -> None:
        self._stack = AsyncExitStack()
        self._shelves: dict[str, KeptShelf] = {}
        self._adapters: list[DiscordAdapter] = []
        self.world = LoopbackDiscord()
        self.people = (self.world.user("ada"), self.world.user("ben"))
        self._guild = self.world.guild("Study circle", self.people)
        self._study = self.world.channel(self._guild, "study")
        self.channel = Address(space_of(self._guild), self._study)
        self.nowhere = Address(self.channel.space, "100000000000000001")

    async def start(self) -> Adapter:
        if not self._adapters:
            await self._stack.enter_async_context(loopback_discord(self.world))
        adapter = DiscordAdapter(Client(), LoggedIn())
        self._adapters.append(adapter)
        await adapter.open(KeptHost(self._shelves))
        return adapter

    def to(self, person: str) -> Address:
        return Address(self.channel.space, self._study, member=person)

    async def read(self, person: str) -> tuple[Seen, ...]:
        seen = []
        for name, place in self.world.channels.items():
            if place["type"] == 1 and place["user"] != person:
                continue
            at = self.channel
            if place["type"] == 1:
                at = self.to(person)
            elif place["type"] == 11:
                at = Address(self.channel.space, self._study, thread=name)
            for message in self.world.text_of(name):
                seen.append((int(message["id"]), self._seen(at, message)))
        return tuple(one for _, one in sorted(seen, key=lambda pair: pair[0]))

    def _seen(self, at: Address, message: Mapping[str, Any]) -> Seen:
        everything = list(limits.everything(message["components"]))
        words = "\n".join(discord_words(str(c["content"])) for c in everything if c["type"] == 10)
        found = [c for c in everything if c["type"] == 2]
        buttons = tuple(Button(c["label"], _pressed(c["custom_id"])) for c in found)
        marks = {_marked(c["custom_id"]) for c in found} | {
            name.split("-")[0] for name in (a["filename"] for a in message["attachments"])
        }
        mark = next(iter(marks), "") or self._mark(message)
        pinned = message["id"] in self.world.pinned
        return Seen(at, f"{mark}.{message['id']}", words, buttons, pinned)

    def _mark(self, message: Mapping[str, Any]) -> str:
        """What the POST that made it was marked with."""
        for made in self.world.made:
            if made.made and made.body.get("nonce") and _same(made.body, message):
                return made.nonce
        return ""

    def take_right(self, missing: str) -> None:
        self.world.take_right(self._study, self.RIGHTS[missing])

    def delete_channel(self) -> None:
        self.world.delete_channel(self._study)

    def fits(self, document: Document) -> bool:
        return limits.fits(document)

    def drawn(self, document: Document) -> str:
        lines = []
        for piece in DiscordDrawing().pieces(document):
            if isinstance(piece, Words):
                lines.append(discord_words(piece.text))
            else:
                lines += [piece.description.replace(_GOES_ON, ""), piece.rest]
                lines += [piece.what] if piece.source == "image" else []
        return "\n".join(lines)

    async def close(self) -> None:
        for adapter in self._adapters:
            await adapter.close()
            await adapter.client.close()
        await self._stack.aclose()


class NoLine:
    """No way in: the contract is about what goes out."""

    async def start(self, adapter: SlackAdapter) -> None:
        pass

    async def stop(self) -> None:
        pass


class SlackRig:
    right = SLACK_RIGHTS["member"]

    def __init__(self, folder: Path) -> None:
        self._stack = AsyncExitStack()
        self._shelves: dict[str, KeptShelf] = {}
        self._adapters: list[SlackAdapter] = []
        self.world = LoopbackSlack()
        self._team = self.world.team("Study circle", (*BASIC, *READING, "pins:write"))
        self.people = (self.world.user(self._team, "ada"), self.world.user(self._team, "ben"))
        self._study = self.world.channel(self._team, "study", *self.people)
        self.channel = Address(f"slack:{self._team}", self._study)
        self.nowhere = Address(self.channel.space, "attic")

    async def start(self) -> Adapter:
        if not self._adapters:
            await self._stack.enter_async_context(loopback_slack(self.world))
        self.world.complaints.clear()
        one = OneWorkspace(self.world.token(self._team))
        adapter = SlackAdapter(one, NoLine(), api=self.world.api, pace_s=0)
        self._adapters.append(adapter)
        await adapter.open(KeptHost(self._shelves))
        return adapter

    def to(self, person: str) -> Address:
        return Address(self.channel.space, self._study, member=person)

    async def read(self, person: str) -> tuple[Seen, ...]:
        seen = []
        for name, channel in self.world.channels.items():
            if channel.kind == "im" and person not in channel.members:
                continue
            for message in self.world.messages(name, person):
                at = self.channel
                if channel.kind == "im":
                    at = self.to(person)
                elif message.thread_ts:
                    at = Address(self.channel.space, name, thread=message.thread_ts)
                seen.append((float(message.ts), self._seen(at, message)))
        return tuple(one for _, one in sorted(seen, key=lambda pair: pair[0]))

    def _seen(self, at: Address, message: SlackMessage) -> Seen:
        found = [part for part in slack_parts(message.blocks) if part.get("type") == "button"]
        buttons = tuple(
            Button(str(one["text"]["text"]), press.control)
            for one in found
            if (press := slack_controls.read(str(one["action_id"])))
        )
        mark = ((message.metadata or {}).get("event_payload") or {}).get("id", "")
        return Seen(
            at, f"{mark}.{message.ts}", read_blocks(message.blocks), buttons, message.pinned
        )

    def take_right(self, missing: str) -> None:
        team = self.world.teams[self._team]
        self.world.channels[self._study].members.discard(team.bot_user)

    def delete_channel(self) -> None:
        del self.world.channels[self._study]
        gone = f"deleted:{self._team}:{self._study}"
        self._shelves["slack"]._records[gone] = "deleted"  # as the event that Slack sends leaves it

    def fits(self, document: Document) -> bool:
        return slack_limits.fits(document)

    def drawn(self, document: Document) -> str:
        pieces = SlackDrawing().pieces(document)
        images = [piece for piece in pieces if isinstance(piece, SlackImage)]
        text = read_blocks(blocks_of(pieces, {image: image.name for image in images}))
        text = text.replace(SLACK_WORDS["alt_goes_on"].format(alt=""), "")
        return "\n".join([text, *(one.what for one in images if one.source == "image")])

    async def close(self) -> None:
        for adapter in self._adapters:
            await adapter.close()
        await self._stack.aclose()


_GOES_ON = word("alt_goes_on", alt="")


def _pressed(custom_id: str) -> str:
    pressed = discord_controls.read(custom_id)
    return pressed.control if isinstance(pressed, discord_controls.Press) else ""


def _marked(custom_id: str) -> str:
    return discord_controls.mark_in(custom_id)


def _same(body: Mapping[str, Any], message: Mapping[str, Any]) -> bool:
    """Whether this body made that message: the ids of its frame are the mark's."""
    sent, there = body["components"][-1], message["components"][-1]
    return bool(sent.get("id") == there.get("id"))


def _on_page(at: Address, shown: Element) -> Seen:
    found = tuple(
        Button(button.words(), button["value"].partition(":")[2])
        for button in shown.all("button", name="press")
    )
    pinned = bool(shown.all("span", class_="pinned"))
    return Seen(at, shown["id"], shown.words(), found, pinned)


def screen(
    paper: io.StringIO, width: int = 72, zone: Callable[[str], tzinfo | None] = lambda name: None
) -> Screen:
    return Screen(Console(file=paper, width=width, color_system=None), zone)


def _on_screen(person: str, part: Part) -> tuple[str, tuple[Button, ...]]:
    paper = io.StringIO()
    shown = screen(paper)
    shown.message(person, part, "#study", {})
    words = paper.getvalue()
    board = shown.board(person)
    found: list[Button] = []
    while (control := board.pressed(len(found) + 1)) is not None:
        found.append(_button(words, len(found) + 1, control))
    return words, tuple(found)


def _button(words: str, number: int, control: Control) -> Button:
    label = control.label if f"[{number}] {control.label}" in words else ""
    return Button(label, control.id)


RIGS: dict[str, Callable[[Path], Rig]] = {
    "terminal": TerminalRig,
    "web": WebRig,
    "discord": DiscordRig,
    "slack": SlackRig,
}
