"""Turns what happened to a run into deliveries: which posts, in which parts, after what.

Knows no platform beyond what fits in one of its messages. Runs inside the transaction that moved
the run. Invariant: a beat is planned whole, with its thread and its lesson, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

import msgspec

from bot import ledger
from bot.delivery import Delivery, State, delivery_id
from bot.store import challenges, content, members, moderators, runs
from bot.store.database import Transaction
from bot.store.members import Place
from bot.store.settings import REMINDER
from bot.turn import NotYet, Piece, card_figure, chapter_due, shared_question
from lessons import votes
from lessons.challenge import ChosenKey, Variant
from lessons.curriculum import Chapter, Series
from lessons.document import Document
from lessons.figure import Figure
from lessons.posts import Deed, OpenThread, Part, Post, parts_of
from lessons.replies import moderating, reading
from lessons.replies.voice import Voice
from lessons.runs import Finished, Offer, Run, RunEvent, Tell, TooLate
from lessons.timetable import Beat

Fits: TypeAlias = Callable[[Document], bool]

POST = "post"
THREAD = "thread"
OPENER = "opener"
CARDS = "cards"
ANNOUNCEMENT = "announcement"


class SeriesGone(LookupError):
    """The run's series, or this chapter of it, is not on the shelf now."""


class SwitchedOff(LookupError):
    """The space's platform is not switched on, so nobody knows what fits in its messages."""


@dataclass(frozen=True, slots=True)
class Planner:
    """`series` gives the shelf as it is now, `fits` what one message of a space can take.

    `cards_in_thread` says of a space whether a chapter's cards also stand in its thread. Both
    raise SwitchedOff for a space whose platform is not there, and so does all that plans a post.
    """

    series: Callable[[], Mapping[str, Series]]
    fits: Callable[[str], Fits]
    cards_in_thread: Callable[[str], bool] = lambda _space: False

    def plan(self, t: Transaction, run: Run, events: Sequence[RunEvent], now: datetime) -> None:
        """Plan what these events call for. Raises NotYet for pieces to make, and SeriesGone."""
        for event in events:
            match event:
                case Tell():
                    self._tell(t, run, event, now)
                case Offer(chapter, beat, planned):
                    offer = moderating.offer(_voice(run), run, self._chapter(run, chapter), beat)
                    self.tell_moderators(t, run, offer, f"offer {planned:%Y-%m-%d %H:%M}", now)
                case TooLate(chapter, beat, planned, missed, restored):
                    ask = moderating.restored if restored else moderating.too_late
                    asked = ask(_voice(run), run, self._chapter(run, chapter), planned, missed)
                    self.tell_moderators(t, run, asked, f"late {planned:%Y-%m-%d %H:%M}", now)
                case Finished():
                    pass  # the last recap says so
                case _:
                    assert_never(event)

    def announce(self, t: Transaction, run: Run, first_at: datetime, now: datetime) -> None:
        """The post that invites to a run that has just been started."""
        series = self._series(run)
        said = reading.announcement(_voice(run), run.id, series, first_at)
        self._begin(t, run, Delivered("", "", ANNOUNCEMENT), said, series.title, now)

    def resend(self, t: Transaction, run: Run, chapter: Chapter, now: datetime) -> None:
        """A chapter's post once more, as a new issue; its thread stays the first one."""
        what = Delivered(chapter.slug, Beat.CHAPTER, POST, self._next_issue(t, run, chapter))
        question = shared_question(t, run, chapter, "en", figures=True)
        name = reading.thread_name(_voice(run), chapter)
        self._begin(t, run, what, chapter_post(t, run, chapter, question), name, now)

    def _next_issue(self, t: Transaction, run: Run, chapter: Chapter) -> int:
        before = ledger.entries_of_post(t, run.space, run.id, chapter.slug, Beat.CHAPTER, POST)
        return 1 + max((entry.delivery.issue for entry in before), default=0)

    def tell_moderators(
        self, t: Transaction, run: Run, said: Post, purpose: str, now: datetime
    ) -> None:
        """Something only the run's moderators see, each once per `purpose`.

        Told are those who are named; while nobody is, who started it.
        """
        named = moderators.of_run(t, run.space, run.id)
        told = {member: f"{purpose} {member}" for member in named} or {run.started_by: purpose}
        # Cut once for all of them: a run that is stuck comes here every second.
        parts = self._parts(t, run, said)
        for member, why in told.items():
            self._plan(t, run, Delivered(run.current, "", why, member=member), parts, now)

    def tell_named(self, t: Transaction, run: Run, said: Post, member: str, now: datetime) -> None:
        """Tell a member that they moderate the run now."""
        what = Delivered(run.current, "", f"named {member} {now:%Y-%m-%d %H:%M:%S}", member=member)
        self._post(t, run, what, said, now)

    def remind(self, t: Transaction, run: Run, member: str, said: Post, now: datetime) -> None:
        """Something that one member asked to be reminded of; once a chapter."""
        purpose = f"{REMINDER} {member}"
        self._post(t, run, Delivered(run.current, "", purpose, member=member), said, now)

    def tell_stuck(
        self, t: Transaction, run: Run, planned: datetime, gone: bool, now: datetime
    ) -> None:
        """A slot has come and its post can't be made, `gone`: for want of the series."""
        series = self.series().get(run.series)
        title = series.title if series else run.series
        said = moderating.stuck(_voice(run), run, title, planned, gone=gone)
        self.tell_moderators(t, run, said, f"stuck {planned:%Y-%m-%d %H:%M}", now)

    # -- beats ------------------------------------------------------------------------------------

    def _tell(self, t: Transaction, run: Run, tell: Tell, now: datetime) -> None:
        chapter = self._chapter(run, tell.chapter)
        what = Delivered(chapter.slug, tell.beat, POST, planned=tell.planned)
        if tell.beat is not Beat.CHAPTER and self._never_came(t, run, chapter):
            return  # its moderator was told, and can still post it; there is nothing to talk about
        match tell.beat:
            case Beat.CHAPTER:
                question = shared_question(t, run, chapter, "en", figures=True)
                said = chapter_post(t, run, chapter, question, tell.late)
                runs.plan_lesson(t, run, chapter.slug, chapter.number, late=tell.late)
                name = reading.thread_name(_voice(run), chapter)
                last = self._begin(t, run, what, said, name, now, ping=run.ping)
                self._talk(t, run, chapter, last, name, now)
            case Beat.DISCUSS:
                said = _discuss_post(t, run, chapter, tell.late)
                # The vote is closed with the count that is shown, not when the post arrives.
                runs.lesson_discussed(t, run.space, run.id, chapter.slug, now)
                self._go_on(t, run, chapter, what, said, now)
            case Beat.RECAP:
                # Where the discuss beat was missed, what happened is shown from now on.
                runs.lesson_discussed(t, run.space, run.id, chapter.slug, now)
                recap = self._recap(t, run, chapter, tell, now)
                self._go_on(t, run, chapter, what, recap, now)
            case _:
                assert_never(tell.beat)

    def _never_came(self, t: Transaction, run: Run, chapter: Chapter) -> bool:
        lesson = runs.lesson_by_chapter(t, run.space, run.id, chapter.slug)
        if lesson is not None and lesson.posted_at is not None:
            return False  # at most a resend failed
        post = ledger.entries_of_post(t, run.space, run.id, chapter.slug, Beat.CHAPTER, POST)
        return any(entry.state is State.FAILED for entry in post)

    def _recap(self, t: Transaction, run: Run, chapter: Chapter, tell: Tell, now: datetime) -> Post:
        question = shared_question(t, run, chapter, "en", figures=True)
        place = Place(run.space, run.id, chapter.slug)
        tried, passed = challenges.own_numbers(t, place)
        lesson = runs.lesson_by_chapter(t, run.space, run.id, chapter.slug)
        since = lesson.posted_at if lesson and lesson.posted_at else now - timedelta(days=7)
        second = tally_of(t, run, chapter, question, 2)
        week = reading.Week(
            active=members.count_active(t, run.space, run.id, since),
            enrolled=members.count_enrolled(t, run.space, run.id),
            first=tally_of(t, run, chapter, question, 1),
            second=second if second.voters else None,
            own_right=passed / tried if tried else None,
            fooled=challenges.most_fooled(t, place),
        )
        upcoming = self._upcoming(run)
        return reading.recap_post(_voice(run), run.id, chapter, question, week, upcoming, tell.late)

    def _upcoming(self, run: Run) -> tuple[Chapter, datetime | None] | None:
        if run.upcoming is None:
            return None
        return self._chapter(run, run.upcoming), chapter_due(run)

    # -- the ledger -------------------------------------------------------------------------------

    def _post(self, t: Transaction, run: Run, what: Delivered, said: Post, now: datetime) -> str:
        """Plan a post in as many parts as it takes; returns the id of the last one."""
        return self._plan(t, run, what, self._parts(t, run, said), now)

    def _parts(self, t: Transaction, run: Run, said: Post) -> tuple[Part, ...]:
        parts = parts_of(said, self.fits(run.space))
        for figure in said.figures:
            content.save_figure(t, figure)
        for part in parts:
            content.save_controls(t, run.space, part.controls)
        return parts

    def _plan(
        self,
        t: Transaction,
        run: Run,
        what: Delivered,
        parts: Sequence[Part],
        now: datetime,
        first: int = 0,
    ) -> str:
        planned = [what.delivery(run, part, n, now) for n, part in enumerate(parts, start=first)]
        ledger.plan(t, planned)
        return planned[-1].id

    def _begin(
        self,
        t: Transaction,
        run: Run,
        what: Delivered,
        said: Post,
        name: str,
        now: datetime,
        *,
        ping: str = "",
    ) -> str:
        """A post that stands by itself in its channel; returns what the next message comes after.

        That is its last part. In a forum the first part makes the thread that the others go into,
        and where there are none, that is the thread.
        """
        head, *rest = self._parts(t, run, said)
        if ping:
            head = msgspec.structs.replace(head, ping=ping)
        if not run.forum:
            return self._plan(t, run, what, (head, *rest), now)
        opener = self._plan(t, run, what, (head,), now)
        thread = replace(what, purpose=_thread_of(what), after=opener)
        deed = thread.delivery(run, OpenThread(name), 0, now)
        ledger.plan(t, [deed])
        if not rest:
            return deed.id
        return self._plan(t, run, replace(what, after=deed.id), rest, now, first=1)

    def _go_on(
        self, t: Transaction, run: Run, chapter: Chapter, what: Delivered, said: Post, now: datetime
    ) -> None:
        """A post about a chapter that was told: in a forum, in the thread that its post is.

        Where that is in another channel, or nowhere, it stands by itself.
        """
        thread = self._thread_here(t, run, chapter) if run.forum else None
        if run.forum and thread is None:
            self._begin(t, run, what, said, reading.thread_name(_voice(run), chapter), now)
        else:
            self._post(t, run, replace(what, after=thread), said, now)

    def _thread_here(self, t: Transaction, run: Run, chapter: Chapter) -> str | None:
        """The chapter's first thread, else its newest, if the run's channel has it or will."""
        first = ledger.entry_by_id(
            t, run.space, Delivered(chapter.slug, Beat.CHAPTER, THREAD).id(run)
        )
        again = ledger.entries_of_post(t, run.space, run.id, chapter.slug, Beat.CHAPTER, THREAD)
        for deed in (first, *again):
            if deed is None or deed.delivery.channel != run.channel:
                continue
            if deed.settled is None or deed.ref is not None:
                return deed.delivery.id
        return None

    def _talk(
        self, t: Transaction, run: Run, chapter: Chapter, last: str, name: str, now: datetime
    ) -> None:
        """The thread for the talk, and what stands first in it; a forum post is its own thread.

        Cards that give nothing away come before the talk, where they disturb nobody.
        """
        if not run.forum:
            thread = Delivered(chapter.slug, Beat.CHAPTER, THREAD, after=last)
            ledger.plan(t, [thread.delivery(run, OpenThread(name), 0, now)])
            last = thread.id(run)
        if self.cards_in_thread(run.space):
            last = self._cards(t, run, chapter, last, now)
        first = reading.thread_opener(_voice(run), chapter)
        self._post(t, run, Delivered(chapter.slug, Beat.CHAPTER, OPENER, after=last), first, now)

    def _cards(self, t: Transaction, run: Run, chapter: Chapter, after: str, now: datetime) -> str:
        open_ones = [index for index, card in enumerate(chapter.cards) if not card.reveal]
        figures = _card_figures(t, chapter, open_ones)
        parts = [
            part
            for index in open_ones
            for part in self._parts(t, run, reading.thread_card(chapter, index, figures[index]))
        ]
        what = Delivered(chapter.slug, Beat.CHAPTER, CARDS, after=after)
        return self._plan(t, run, what, parts, now) if parts else after

    # -- the shelf --------------------------------------------------------------------------------

    def _series(self, run: Run) -> Series:
        series = self.series().get(run.series)
        if series is None:
            raise SeriesGone(run.series)
        return series

    def _chapter(self, run: Run, slug: str) -> Chapter:
        chapter = self._series(run).chapter(slug)
        if chapter is None:
            raise SeriesGone(f"{run.series}/{slug}")
        return chapter


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery is for: its identity but for run and part, and where it stands."""

    chapter: str
    beat: str
    purpose: str
    issue: int = 1
    after: str | None = None
    member: str = ""
    planned: datetime | None = None

    def id(self, run: Run) -> str:
        """The id of its first part's delivery."""
        return delivery_id(run.space, run.id, self.chapter, self.beat, self.purpose, 0, self.issue)

    def delivery(self, run: Run, content: Part | Deed, part: int, now: datetime) -> Delivery:
        """The row of the ledger, due at once."""
        return Delivery(
            space=run.space,
            run=run.id,
            chapter=self.chapter,
            beat=self.beat,
            purpose=self.purpose,
            part=part,
            issue=self.issue,
            channel=run.channel,
            member=self.member,
            after=self.after,
            content=content,
            planned=self.planned or now,
            due=now,
        )


def _thread_of(what: Delivered) -> str:
    """The purpose of the deed that a forum post's thread is known by."""
    return THREAD if what.purpose == POST else f"{what.purpose} {THREAD}"


def chapter_post(
    t: Transaction, run: Run, chapter: Chapter, question: Variant, late: timedelta = timedelta(0)
) -> Post:
    """The chapter's post as it would go out now. Raises NotYet for pieces to make."""
    cast = members.count_votes(t, Place(run.space, run.id, chapter.slug), 1)
    return reading.chapter_post(
        _voice(run),
        run.id,
        chapter,
        question,
        hero=hero(t, chapter, question),
        votes=sum(cast.values()),
        late=late,
    )


def _discuss_post(t: Transaction, run: Run, chapter: Chapter, late: timedelta) -> Post:
    question = shared_question(t, run, chapter, "en", figures=True)
    first = tally_of(t, run, chapter, question, 1)
    return reading.discuss_post(_voice(run), run.id, chapter, question, first, late)


def _voice(run: Run) -> Voice:
    return Voice("en", run.space, run.zone)


def hero(t: Transaction, chapter: Chapter, question: Variant) -> Figure | None:
    """The figure of `reading.hero_card`. Raises NotYet if it has to be drawn."""
    index = reading.hero_card(chapter, question)
    return None if index is None else card_figure(t, chapter, index)


def _card_figures(
    t: Transaction, chapter: Chapter, indices: Sequence[int]
) -> Mapping[int, Figure | None]:
    """The figures of cards. Raises NotYet for all that have to be drawn, at once."""
    figures: dict[int, Figure | None] = {}
    missing: list[Piece] = []
    for index in indices:
        try:
            figures[index] = card_figure(t, chapter, index)
        except NotYet as not_yet:
            missing += not_yet.pieces
    if missing:
        raise NotYet(*missing)
    return figures


def tally_of(
    t: Transaction, run: Run, chapter: Chapter, question: Variant, of_round: votes.Round
) -> votes.Tally:
    """The votes of one round so far."""
    right = question.key.option if isinstance(question.key, ChosenKey) else ""
    cast = members.count_votes(t, Place(run.space, run.id, chapter.slug), of_round)
    return votes.tally(cast, [option.id for option in question.options], right)
