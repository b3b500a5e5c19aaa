"""What happens when a person does something: load, step, save and answer, in one transaction.

Knows no platform; adapters bring actions and get replies. Training is done by the workshop.
Invariant: a reply is given only after everything it says is in the store.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeVar, assert_never

from adapters.port import Adapter, Address, CannotConnect, DeliveryFailure, Facts, Suggestion
from bot import (
    challenges,
    departures,
    home,
    member_settings,
    members,
    moderators,
    naming,
    privacy,
    rights,
    starting,
    suggesting,
)
from bot.challenges import MustRun
from bot.moderators import ChangedMeanwhile
from bot.pictures import Pictures
from bot.planning import Planner, SeriesGone
from bot.starting import Defaults
from bot.store import challenges as stored_challenges
from bot.store import content
from bot.store import members as stored_members
from bot.store.database import Database, Transaction
from bot.turn import (
    Answered,
    DrawingPiece,
    MustLook,
    NotYet,
    Piece,
    PreviewPiece,
    Turn,
    VariantPiece,
)
from bot.workshop import Workshop
from lessons import actions
from lessons.actions import Action, AnyWant, Pressed, Submitted, Typed
from lessons.challenge import Variant
from lessons.commands import NotUnderstood, for_moderators, understand
from lessons.curriculum import Series
from lessons.fields import Raw
from lessons.figure import Figure
from lessons.posts import Control, Reply
from lessons.replies import challenges as challenge_replies
from lessons.replies import membership, moderating
from lessons.replies.voice import Voice

log = logging.getLogger(__name__)

T = TypeVar("T")
Looks: TypeAlias = dict[Address, Facts | None]

PATIENCE_S = 1.5
"""A reply that takes longer is announced first; the platforms wait no longer than 3 s."""

LOOK_S = 10.0
ROUNDS = 8
"""Pieces are asked for a few at a time; more rounds than this is a fault of ours."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the service is made of; `series` gives the shelf as it is now, `image_file` blocks."""

    db: Database
    workshop: Workshop
    pictures: Pictures
    planner: Planner
    series: Callable[[], Mapping[str, Series]]
    image_file: Callable[[str], bytes]
    adapters: Mapping[str, Adapter]
    clock: Callable[[], datetime]
    defaults: Defaults
    previews: dict[PreviewPiece, Variant] = field(default_factory=dict)
    cut_offs: asyncio.Queue[CannotConnect] = field(default_factory=asyncio.Queue)

    # -- Host -------------------------------------------------------------------------------------

    async def handle(self, action: Action) -> AsyncIterator[Reply]:
        """The answers to an action: one, or a word of patience first and then the answer."""
        answer = asyncio.ensure_future(self._answer(action))
        try:
            done, _ = await asyncio.wait({answer}, timeout=PATIENCE_S)
            if not done:
                yield challenge_replies.being_posed(self._voice(action))
            reply = await answer
        except Exception:
            log.exception("an action failed", extra={"action": action.id, "space": action.space})
            reply = membership.went_wrong(self._voice(action))
        finally:
            answer.cancel()  # who no longer waits for the answer no longer wants it made
        yield reply

    async def suggest(
        self, action: Action, option: str, begun: str, most: int
    ) -> tuple[Suggestion, ...]:
        """What may be typed; nothing at all rather than an error."""
        looks: Looks = {}
        try:
            return await self._looking(
                looks,
                lambda t: suggesting.suggest(
                    Turn(t, action, self.series(), self._voice(action), looks),
                    option,
                    begun,
                    self.defaults,
                )[:most],
            )
        except Exception:
            log.exception("nothing could be suggested", extra={"action": action.id})
            return ()

    async def channel_gone(self, at: Address) -> None:
        """What is posted there waits, and its moderator is told."""
        now = self.clock()
        await self.db.run(lambda t: departures.channel_gone(t, self.planner, at, now))

    async def space_gone(self, space: str) -> None:
        """Note when; its runs wait."""
        now = self.clock()
        await self.db.run(lambda t: departures.space_gone(t, space, now))

    async def cut_off(self, why: CannotConnect) -> None:
        """A platform lets the app in no more: the process ends and says why."""
        self.cut_offs.put_nowait(why)

    async def spaces_here(self, platform: str, spaces: Collection[str]) -> None:
        """Those known besides are gone; those that are back are told so."""
        now = self.clock()
        await self.db.run(
            lambda t: departures.spaces_here(t, self.planner, platform, frozenset(spaces), now)
        )

    async def figure(self, digest: str) -> Figure | None:
        """The figure of a Plot."""
        return await self.db.run(lambda t: content.figure(t, digest))

    async def picture(self, what: Figure | str) -> bytes | None:
        """A figure as PNG; one that was drawn before is not read from the store."""
        if isinstance(what, str):
            drawn = await self.pictures.known(what)
            if drawn is not None:
                return drawn
            kept = await self.figure(what)
            return None if kept is None else await self.pictures.figure(kept)
        return await self.pictures.figure(what)

    async def maths(self, tex: str) -> bytes | None:
        """A formula as PNG."""
        return await self.pictures.maths(tex)

    async def image(self, path: str) -> bytes | None:
        """A picture file of a series on the shelf."""
        try:
            return await asyncio.to_thread(self.image_file, path)
        except (KeyError, OSError):
            return None

    def shelf(self, adapter: str) -> StoredShelf:
        """The records of one adapter."""
        return StoredShelf(self.db, adapter)

    # -- one action -------------------------------------------------------------------------------

    async def _answer(self, action: Action) -> Reply:
        looks: Looks = {}
        result: float | None = None
        for _ in range(ROUNDS):
            try:
                return await self._looking(looks, partial(self._turn, action, looks, result))
            except NotYet as missing:
                await self.make(missing.pieces, action.moment)
            except MustRun as must_run:
                result = await self.workshop.run(must_run.needed)
            except ChangedMeanwhile:
                continue
            except SeriesGone as gone:
                return membership.series_gone(self._voice(action), str(gone))
        raise RuntimeError(f"action {action.id} did not come to an end")

    def _turn(
        self,
        action: Action,
        looks: Looks,
        result: float | None,
        t: Transaction,
    ) -> Reply:
        """One transaction: everything is decided and written here, or nothing is."""
        voice = self._voice(action)
        turn = Turn(t, action, self.series(), voice, looks, previews=self.previews)
        try:
            want = self._want(turn)
            if for_moderators(want):
                rights.check(turn, want)
            if channel := _looks_at(turn, want):
                turn.facts = turn.look(channel)
                if turn.facts is None:
                    raise Answered(moderating.could_not_look(turn.voice, channel, want))
            reply = self._handle(turn, want, result)
        except Answered as answered:
            reply = answered.reply
        content.save_controls(t, action.space, _controls(reply))
        content.keep_figures(t, _figures(reply))
        return reply

    def _want(self, turn: Turn) -> AnyWant:
        match turn.action.what:
            case Typed() as typed:
                want = understand(typed)
                if isinstance(want, NotUnderstood):
                    raise Answered(membership.not_understood(turn.voice, want))
                return want
            case Pressed(control) | Submitted(control, _):
                found = content.want_of(turn.t, turn.action.space, control)
                if found is None:
                    raise Answered(membership.moved_on(turn.voice))
                return found
            case _:
                assert_never(turn.action.what)

    def _handle(self, turn: Turn, want: AnyWant, result: float | None) -> Reply:
        planner = self.planner
        match want:
            case actions.Join():
                return members.join(turn, want)
            case actions.Leave():
                return members.leave(turn, want)
            case actions.Explain():
                return members.explain(turn, want)
            case actions.ReadLesson():
                return members.read_lesson(turn, want)
            case actions.Vote():
                return members.vote(turn, want)
            case actions.BeSure():
                return members.be_sure(turn, want)
            case actions.Reveal():
                return members.reveal(turn, want)
            case actions.ShowProgress():
                return members.show_progress(turn, want)
            case actions.WhatNext():
                return members.what_next(turn, want)
            case actions.Help():
                return members.help_me(turn, want)
            case actions.ShowHome():
                return home.show(turn)
            case actions.ShowPrivacy():
                return privacy.overview(turn)
            case actions.ShowKept():
                return privacy.show(turn)
            case actions.ExportMine():
                return privacy.export(turn)
            case actions.DeleteMine():
                return privacy.delete(turn, want)
            case actions.ShowSettings():
                return member_settings.show(turn)
            case actions.AskSettings():
                return member_settings.ask(turn)
            case actions.ChangeSettings():
                return member_settings.change(turn, _raw(turn.action))
            case actions.Remind():
                return member_settings.remind(turn, want)
            case actions.LeaveAlone():
                return member_settings.leave_alone(turn, want)
            case actions.Cancel():
                return membership.never_mind(turn.voice)
            case actions.Challenges():
                return challenges.next_challenge(turn, want)
            case actions.OpenChallenge():
                return challenges.open_challenge(turn, want)
            case actions.SkipChallenge():
                return challenges.skip(turn, want)
            case actions.AskAnswer():
                return challenges.ask_answer(turn, want)
            case actions.Try():
                return challenges.try_answer(turn, want, _raw(turn.action), result)
            case actions.TakeHint():
                return challenges.take_hint(turn, want)
            case actions.ProposeStart():
                return starting.propose(turn, want, self.defaults)
            case actions.ConfirmStart():
                return starting.start(turn, want, planner)
            case actions.ShowStatus():
                return moderators.show_status(turn, want)
            case actions.Preview():
                return moderators.preview(turn, want)
            case actions.PostNow():
                return moderators.post_now(turn, want, planner)
            case actions.Resend():
                return moderators.resend(turn, want, planner)
            case actions.Pause():
                return moderators.pause(turn, want, planner)
            case actions.Resume():
                return moderators.resume(turn, want, planner)
            case actions.SkipChapter():
                return moderators.skip(turn, want, planner)
            case actions.MoveRun():
                return moderators.move(turn, want, planner)
            case actions.StopRun():
                return moderators.stop(turn, want, planner)
            case actions.CheckAgain():
                return moderators.check_again(turn, want, planner)
            case actions.Settle():
                return moderators.settle(turn, want)
            case actions.Moderators():
                return naming.moderators_of(turn, want, planner)
            case actions.RemoveModerator():
                return naming.remove(turn, want)
            case _:
                assert_never(want)

    def _voice(self, action: Action) -> Voice:
        return Voice(action.language, action.space, self.defaults.zone)

    # -- what workers and platforms add -----------------------------------------------------------

    async def make(self, pieces: Sequence[Piece], now: datetime) -> None:
        """Have pieces made by the workshop and keep them; one made twice is kept once."""
        for piece in pieces:
            made = await self.workshop.make(piece)
            await self.keep(piece, made, now)

    async def make_ahead(self, piece: Piece) -> Variant | Figure:
        """Have a piece made and kept behind all that somebody waits for. Raises as the workshop."""
        made = await self.workshop.make(piece, ahead=True)
        await self.keep(piece, made, self.clock(), ahead=True)
        return made

    async def keep(
        self, piece: Piece, made: Variant | Figure, now: datetime, *, ahead: bool = False
    ) -> None:
        """Put a piece into the store (a preview only into memory).

        What was made `ahead` for who has left meanwhile, or had all deleted, is dropped.
        """
        match piece, made:
            case VariantPiece(place, spec, member, issue, _), Variant():

                def insert(t: Transaction) -> None:
                    if not ahead or stored_members.takes_part(t, place, member):
                        stored_challenges.insert_variant(
                            t, place, spec.id, member, issue, made, now
                        )

                await self.db.run(insert)
            case DrawingPiece(generator, seed), Figure():
                await self.db.run(lambda t: content.save_drawing(t, generator, seed, made))
            case PreviewPiece(), Variant():
                self.previews.clear()  # one is enough, and they are quick to make
                self.previews[piece] = made
            case _:
                raise TypeError(f"{type(made).__name__} is not what {piece} asks for")

    async def _looking(self, looks: Looks, do: Callable[[Transaction], T]) -> T:
        """A transaction that may need what the platform says, which is asked outside of it."""
        while True:
            try:
                return await self.db.run(do)
            except MustLook as must:
                looks[must.at] = await self._look(must.at)

    async def _look(self, at: Address) -> Facts | None:
        """What the platform says of a channel or a member; None if it does not say in time."""
        adapter = self.adapters.get(platform_of(at.space))
        if adapter is None:
            return None
        try:
            return await asyncio.wait_for(adapter.look(at), LOOK_S)
        except (TimeoutError, DeliveryFailure):
            what = "member" if at.member else "channel"
            log.warning("could not look at the %s", what, extra={"space": at.space})
            return None


@dataclass(frozen=True, slots=True)
class StoredShelf:
    """An adapter's own small records, in the store."""

    db: Database
    adapter: str

    async def get(self, key: str) -> str | None:
        return await self.db.run(lambda t: content.shelf_get(t, self.adapter, key))

    async def put(self, key: str, value: str | None) -> None:
        await self.db.run(lambda t: content.shelf_put(t, self.adapter, key, value))

    async def all(self, prefix: str = "") -> Mapping[str, str]:
        return await self.db.run(lambda t: content.shelf_all(t, self.adapter, prefix))


def platform_of(space: str) -> str:
    """ "discord:4217" belongs to the adapter "discord"."""
    return space.split(":", 1)[0]


def _looks_at(turn: Turn, want: AnyWant) -> str:
    """The channel whose rights decide about this want, "" if none does."""
    match want:
        case actions.ProposeStart() | actions.ConfirmStart():
            return want.channel or turn.action.channel
        case actions.MoveRun(_, channel):
            return channel
        case actions.CheckAgain(run) | actions.Resume(run):
            return turn.run(want, run).channel
        case _:
            return ""


def _raw(action: Action) -> Raw:
    return action.what.raw if isinstance(action.what, Submitted) else {}


def _controls(reply: Reply) -> Iterator[Control]:
    if reply.post is not None:
        yield from reply.post.controls
    if reply.form is not None:
        yield reply.form.control


def _figures(reply: Reply) -> Iterator[Figure]:
    for said in (reply.post, reply.form):
        if said is not None:
            yield from said.figures
