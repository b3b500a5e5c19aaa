"""What one person sees now, and what is new for a page since it last heard.

Knows no HTTP. Invariant: a page that applies all news in order shows what a fresh page would.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from htpy import Element
from markupsafe import Markup

from adapters.local.people import MODERATORS
from adapters.local.transcript import Message
from adapters.web import pages
from adapters.web.commands import Known
from adapters.web.messenger import WebAdapter
from adapters.web.pages import Hands, Posted, View, Visit
from adapters.web.pane import Entry
from adapters.web.render import Drawing

RECENT: Final = 20
"""Messages that a page shows at once; a link shows the others."""

MOST_FORMULAS: Final = 500

_NUMBER: Final = re.compile(r"[0-9]{1,15}", re.ASCII)


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the page under its id. Without `html` the page has it already.

    The `rev` of a message or a letter counts the channel's changes, that of an entry the pane's.
    """

    id: str
    rev: int
    html: str = ""
    letter: bool = False


class News(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to put where. `feed` are messages that are new or changed; `pane` is all of the pane
    in its order; `reload`: the page belongs to another hall."""

    feed: tuple[Piece, ...] = ()
    pane: tuple[Piece, ...] | None = None
    panel: str = ""
    clock: str = ""
    show: str = ""
    reload: bool = False

    def __bool__(self) -> bool:
        return self != News()


class Sight:
    """Draws for all pages; a message of the channel is drawn once for all who see it."""

    def __init__(self, adapter: WebAdapter) -> None:
        self.adapter = adapter
        self._formulas: dict[str, str] = {}
        self._messages: dict[str, tuple[int, str]] = {}
        self._draw = Drawing(adapter.zones, names=adapter.people, maths=self._address_of)

    async def page(self, visit: Visit, *, everything: bool) -> str:
        """The whole page for one person."""
        seen = await self.now(visit)
        posted = self.adapter.posted(visit.channel)
        shown = posted if everything else posted[-RECENT:]
        view = View(
            visit=visit,
            channels=self.adapter.channels,
            people=self.adapter.people,
            moderators=MODERATORS,
            feed=[_drawn(self.message(one)) for one in shown],
            earlier=len(shown) < len(posted),
            entries=[_drawn(one.html) for one in await self.pane(visit)],
            panel=_drawn(await self.panel(visit)),
            hands=await self.hands(),
            version=str(seen),
        )
        return pages.page(view, self._draw)

    async def now(self, visit: Visit) -> Seen:
        """Where a page stands that has everything."""
        pane = await self.adapter.pane(visit.person)
        return Seen(self.adapter.keys.hall, self.adapter.transcript.version, pane.rev)

    # -- pieces -----------------------------------------------------------------------------------

    def message(self, posted: Posted) -> str:
        """A message of the channel."""
        name = posted.message.id
        drawn = self._messages.get(name)
        if drawn is None or drawn[0] != posted.version:
            adapter = self.adapter
            html = pages.message(posted, self._draw, adapter.own_zone, adapter.people)
            drawn = self._messages[name] = posted.version, _text(html)
        return drawn[1]

    async def pane(self, visit: Visit) -> list[Piece]:
        """What only this person sees, the newest first and open."""
        adapter = self.adapter
        pieces = []
        shown = adapter.shown(visit.person, await adapter.pane(visit.person))
        for place, one in enumerate(shown):
            match one:
                case Entry():
                    html = pages.entry(one, visit, self._draw, first=place == 0)
                    pieces.append(Piece(one.id, one.rev, _text(html)))
                case Message():
                    version = adapter.transcript.changed(one.id)
                    html = pages.letter(one, version, self._draw, first=place == 0)
                    pieces.append(Piece(one.id, version, _text(html), letter=True))
        return pieces

    async def panel(self, visit: Visit) -> str:
        """What a moderator has beside it, "" for others."""
        status = await self.adapter.status(visit)
        if status is None:
            return ""
        known = Known(self.adapter.channels, self.adapter.people)
        return _text(pages.panel(visit, status, known, self._draw))

    async def hands(self) -> Hands | None:
        """The clock of a try-out."""
        hall = self.adapter.hall
        if hall is None:
            return None
        return Hands(self.adapter.now(), await hall.next_slot(), self.adapter.own_zone)

    async def clock(self, visit: Visit) -> str:
        """The clock as it stands, "" where there is none."""
        hands = await self.hands()
        return "" if hands is None else _text(pages.clock(visit, hands, self._draw))

    # -- formulas ---------------------------------------------------------------------------------

    def _address_of(self, tex: str) -> str:
        name = hashlib.sha256(tex.encode()).hexdigest()[:32]
        if name not in self._formulas and len(self._formulas) >= MOST_FORMULAS:
            self._formulas.pop(next(iter(self._formulas)))
        self._formulas[name] = tex
        return f"/maths/{name}.png"

    def formula(self, name: str) -> str | None:
        """The formula that was given this name."""
        return self._formulas.get(name)


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a page stands: in which hall, up to which version of it and of its person's pane."""

    hall: str
    version: int
    rev: int

    def __str__(self) -> str:
        return f"{self.hall}.{self.version}.{self.rev}"

    @classmethod
    def read(cls, text: str) -> Seen | None:
        """The inverse of `str`; None for anything else."""
        hall, _, numbers = text.partition(".")
        version, _, rev = numbers.partition(".")
        if not (_NUMBER.fullmatch(version) and _NUMBER.fullmatch(rev)):
            return None
        return cls(hall, int(version), int(rev))


class Watcher:
    """One open page: what it was told, and so what is news to it."""

    def __init__(self, sight: Sight, visit: Visit, seen: Seen) -> None:
        self._sight = sight
        self._visit = visit
        self._panel: str | None = None
        self._clock = ""
        self.seen = seen

    async def news(self, show: str = "") -> News:
        """What changed since the last time; `seen` is where the page stands with it."""
        sight, visit, before = self._sight, self._visit, self.seen
        now = await sight.now(visit)
        if before.hall != now.hall or before.version > now.version or before.rev > now.rev:
            return News(reload=True)
        self.seen = now
        panel, clock = await sight.panel(visit), await sight.clock(visit)
        changed = sight.adapter.posted(visit.channel, before.version)
        told = News(
            feed=tuple(Piece(one.message.id, one.version, sight.message(one)) for one in changed),
            pane=None if before == now else tuple(_known(await sight.pane(visit), before)),
            panel="" if panel == self._panel else panel,
            clock="" if clock == self._clock else clock,
            show=show,
        )
        self._panel, self._clock = panel, clock
        return told


def _known(pieces: Iterable[Piece], seen: Seen) -> Iterator[Piece]:
    """Of what the page has already only that it is still there."""
    for one in pieces:
        known = one.rev <= (seen.version if one.letter else seen.rev)
        yield msgspec.structs.replace(one, html="") if known else one


def _text(drawn: Element) -> str:
    return "".join(drawn.iter_chunks())


def _drawn(html: str) -> Markup:
    """What htpy has written is escaped already."""
    return Markup(html)  # noqa: S704
