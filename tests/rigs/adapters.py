"""The platforms under test, each as a rig: its adapter, its accidents and what its people read.

Knows no test; a new platform joins by one more rig and its name in `RIGS`.
Invariant: what `read` gives is what a person sees there, not what an adapter remembers.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

import htpy as h
from rich.console import Console

from adapters.port import Adapter, Address, PostRef
from adapters.terminal.messenger import SPACE, TerminalAdapter
from adapters.terminal.screen import Screen
from adapters.web.messenger import SPACE as WEB
from adapters.web.messenger import WebAdapter
from adapters.web.render import Drawing
from lessons.document import Document
from lessons.posts import Control, Part
from tests.rigs.host import KeptHost, KeptShelf
from tests.rigs.page_text import Element, read
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


RIGS: dict[str, Callable[[Path], Rig]] = {"terminal": TerminalRig, "web": WebRig}
