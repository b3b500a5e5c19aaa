"""Makes what members will soon ask for while nobody waits: their variants, and the pictures.

Knows no person's answers. Called by the scheduler; everything is made by the workshop, behind
what somebody waits for. Invariant: only chapters that are posted are prepared, so that an edit of
one that is not yet still counts for everybody.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.service import Service
from bot.store import challenges, content, members, runs
from bot.store.database import Transaction
from bot.store.members import Place
from bot.turn import DrawingPiece, Piece, VariantPiece
from bot.workshop import WorkshopClosed, WorkshopFull
from lessons.challenge import Variant
from lessons.figure import Figure, digest
from lessons.runs import Run

log = logging.getLogger(__name__)

EVERY_S: Final = 15.0
RUNS: Final = 20
PIECES: Final = 50
"""So many of one run in a round; the next round goes on with the next runs."""

MOST_KNOWN: Final = 5_000
LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True)
class _Missing:
    """What a run's newest chapter lacks: pieces to make, and figures to draw as pictures."""

    pieces: Sequence[Piece]
    figures: Sequence[Figure]


class Ahead:
    """One round at each call, a few runs further each time; `close` gives up what is under way."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._after = ("", "")
        self._drawn: set[Piece | str] = set()
        self._failed: set[Piece | str] = set()
        self._round: asyncio.Task[None] | None = None
        self._closed = False

    async def __call__(self) -> None:
        """Make what is missing in the next runs. One piece that can't be made stops no other."""
        if self._closed:
            return
        self._round = asyncio.create_task(self._make_round())
        await asyncio.wait({self._round})
        if not self._round.cancelled():
            self._round.result()

    def close(self) -> None:
        """Begin nothing more; who is cut short here loses nothing that anybody waits for."""
        self._closed = True
        if self._round is not None:
            self._round.cancel()

    async def _make_round(self) -> None:
        db = self._service.db
        found = await db.run(lambda t: runs.runs_under_way(t, *self._after, RUNS))
        self._after = (found[-1].space, found[-1].channel) if len(found) == RUNS else ("", "")
        for run in found:
            missing = await db.run(partial(self._missing, run=run))
            try:
                await self._make(missing)
            except (WorkshopFull, WorkshopClosed):
                return  # there is enough to do

    # -- what is missing --------------------------------------------------------------------------

    def _missing(self, t: Transaction, run: Run) -> _Missing:
        series = self._service.series().get(run.series)
        posted = [one for one in runs.lessons_of_run(t, run.space, run.id) if one.posted_at]
        chapter = series.chapter(posted[-1].chapter) if series and posted else None
        if chapter is None:
            return _Missing((), ())
        place = Place(run.space, run.id, chapter.slug)
        pieces: list[Piece] = []
        shown: list[Figure | None] = []
        question = challenges.newest_variant(t, place, chapter.question.id, challenges.SHARED)
        if question is not None:
            shown += [content.figure(t, self._new(d)) for d in (question.figure, question.reveal)]
        for wanted in (card.figure for card in chapter.cards if card.figure is not None):
            drawn = content.drawing(t, wanted.generator, wanted.seed)
            shown.append(drawn)
            if drawn is None:
                pieces.append(DrawingPiece(wanted.generator, wanted.seed))
        for spec in chapter.challenges:
            waiting = members.without_variant(t, place, spec.id, PIECES)
            pieces += [VariantPiece(place, spec, member, 1, LANGUAGE) for member in waiting]
        wanted_pieces = [piece for piece in pieces if piece not in self._failed][:PIECES]
        undrawn = [one for one in shown if one is not None and self._new(digest(one))]
        return _Missing(wanted_pieces, undrawn)

    def _new(self, name: str | None) -> str | None:
        return None if name in self._drawn or name in self._failed else name

    # -- making it --------------------------------------------------------------------------------

    async def _make(self, missing: _Missing) -> None:
        for figure in missing.figures:
            await self._picture(figure)
        for piece in missing.pieces:
            try:
                made = await self._service.make_ahead(piece)
            except (WorkshopFull, WorkshopClosed):
                raise
            except Exception:
                log.warning("could not be made ahead, and is left to who asks", exc_info=True)
                self._remember(self._failed, piece)
                continue
            match made:
                case Variant(figure=Figure() as figure) | (Figure() as figure):
                    await self._picture(figure)

    async def _picture(self, figure: Figure) -> None:
        name = digest(figure)
        try:
            await self._service.pictures.figure(figure, ahead=True)
        except (WorkshopFull, WorkshopClosed):
            raise
        except Exception:
            log.warning("could not be drawn ahead, and is left to who asks", exc_info=True)
            self._remember(self._failed, name)
        else:
            self._remember(self._drawn, name)

    @staticmethod
    def _remember(known: set[Piece | str], what: Piece | str) -> None:
        if len(known) >= MOST_KNOWN:
            known.clear()
        known.add(what)
