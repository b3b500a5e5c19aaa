"""One person's action inside one transaction: what handlers read, and how they turn away.

Knows no platform. Invariant: `Answered` and `NotYet` are raised before anything is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

import msgspec

from adapters.port import Address, Facts
from bot.hours import look_anew
from bot.library import zone
from bot.store import challenges, content, members, runs
from bot.store.challenges import SHARED, StoredVariant
from bot.store.database import Transaction
from bot.store.members import Place
from bot.store.runs import Lesson
from bot.store.settings import Look, settings
from lessons import actions
from lessons.actions import Action, AnyWant
from lessons.challenge import Variant
from lessons.commands import for_moderators
from lessons.curriculum import Chapter, Series
from lessons.figure import Figure
from lessons.kinds.spec import Spec
from lessons.posts import Reply
from lessons.progress import Enrolment, Joined, join, pose
from lessons.replies import membership, reading
from lessons.replies.membership import MOST_CHOICES
from lessons.replies.voice import Voice
from lessons.runs import Run, follow
from lessons.settings import Settings
from lessons.timetable import Beat, next_slot


class Answered(Exception):
    """The action has its answer already; nothing was written."""

    def __init__(self, reply: Reply) -> None:
        super().__init__("answered")
        self.reply = reply


@dataclass(frozen=True, slots=True)
class VariantPiece:
    """A variant that has to be posed first; `member` "" for the shared question."""

    place: Place
    spec: Spec
    member: str
    issue: int
    language: str


@dataclass(frozen=True, slots=True)
class DrawingPiece:
    """A card's figure that has to be drawn first."""

    generator: str
    seed: int


@dataclass(frozen=True, slots=True)
class PreviewPiece:
    """A question that has to be posed for a look at a series that is not started."""

    content_hash: str
    chapter: str
    spec: Spec
    language: str


Piece: TypeAlias = VariantPiece | DrawingPiece | PreviewPiece


class NotYet(Exception):
    """These pieces must be made by a worker first; then the same action is tried again."""

    def __init__(self, *pieces: Piece) -> None:
        super().__init__(f"{len(pieces)} pieces to make")
        self.pieces = pieces


class MustLook(Exception):
    """The platform has to be asked about a channel or a member first."""

    def __init__(self, at: Address) -> None:
        super().__init__(f"{at.channel} {at.member}")
        self.at = at


@dataclass(slots=True)
class Turn:
    """An action with everything that handling it may read.

    `looks` is what the platform was asked about so far, None where it did not say in time;
    `facts` are those of the channel that the want is about, if it is about one.
    `voice` shows moments in the member's zone, else in the zone of the run, as soon as it is known
    which run is meant. `usual_zone` is the one it had at first: of who names none and takes part in
    nothing.
    """

    t: Transaction
    action: Action
    series: Mapping[str, Series]
    voice: Voice
    looks: Mapping[Address, Facts | None] = field(default_factory=dict)
    facts: Facts | None = None
    previews: Mapping[PreviewPiece, Variant] = field(default_factory=dict)
    usual_zone: str = field(init=False)

    def __post_init__(self) -> None:
        self.usual_zone = self.voice.zone

    def voice_in(self, zone: str) -> Voice:
        """The same voice, showing moments in that zone."""
        return replace(self.voice, zone=zone)

    @property
    def now(self) -> datetime:
        """The moment of the action."""
        return self.action.moment

    # -- what the platform says -------------------------------------------------------------------

    def look(self, channel: str, member: str = "") -> Facts | None:
        """What the platform says of a channel, or of a member; None if it does not say in time.

        Raises MustLook to have it asked.
        """
        at = Address(self.action.space, channel, member=member)
        if at not in self.looks:
            raise MustLook(at)
        return self.looks[at]

    def asker(self) -> Facts | None:
        """What whoever acts may do in the whole space; None if the platform does not say."""
        action = self.action
        if action.moderator is None:
            return self.look(action.channel, action.member)
        return Facts(True, action.member, moderates=action.moderator, may_start=action.may_start)

    def moderates_all(self) -> bool:
        """Whether the platform says that they moderate everything in the space."""
        asker = self.asker()
        return asker is not None and asker.moderates

    def moderates_something(self) -> bool:
        """Whether there is anything for moderators that they may do."""
        action = self.action
        if action.moderator or runs.runs_of_moderator(self.t, action.space, action.member):
            return True
        asker = self.asker()
        return asker is not None and (asker.moderates or asker.may_start)

    # -- which run, which chapter -----------------------------------------------------------------

    def run(self, want: AnyWant, run: str) -> Run:
        """The run that is meant: the named one, this channel's, else the member's only one.

        With the chapters that its series has now, if that is on the shelf.
        """
        found = self._find(want, run)
        self.voice = self.voice_in(self.settings().zone_or(found.zone))
        series = self.series.get(found.series)
        return found if series is None else follow_series(found, series)

    def meant(self, named: str) -> str:
        """The id of the run that is named, else of this channel's; "" if that leaves it open.

        Rights are checked for that one as well, before any want is followed.
        """
        if named:
            return named
        here = runs.run_in_channel(self.t, self.action.space, self.action.channel)
        return here.id if here else ""

    def _find(self, want: AnyWant, run: str) -> Run:
        if meant := self.meant(run):
            found = runs.run_by_id(self.t, self.action.space, meant)
            if found is None:
                raise Answered(membership.moved_on(self.voice))
            return found
        mine = self._from_elsewhere(want)
        if not mine:
            raise Answered(membership.no_run(self.voice, self.moderates_something()))
        if len(mine) > 1:
            raise Answered(membership.which_run(self.voice, self._choices(want, mine)))
        return mine[0]

    def _from_elsewhere(self, want: AnyWant) -> list[Run]:
        """The runs that can be meant where the channel has none: what a moderator wants is about
        one that they moderate. The platform is asked only if that can make a difference.
        """
        space, member = self.action.space, self.action.member
        named = runs.runs_of_moderator(self.t, space, member)
        own = runs.runs_of_member(self.t, space, member) + named
        if for_moderators(want) and not self.moderates_all():
            own = named
        elif self.action.moderator or for_moderators(want) or (not own and self.moderates_all()):
            own += runs.runs_of_space(self.t, space)
        return list({one.id: one for one in own}.values())

    def _choices(
        self, want: AnyWant, found: list[Run]
    ) -> tuple[tuple[membership.RunName, AnyWant], ...]:
        return tuple(
            (
                membership.RunName(run.id, self.title(run), run.channel),
                _whole(want, run),
            )
            for run in found[:MOST_CHOICES]
        )

    def title(self, run: Run) -> str:
        """The title of the run's series, as `title_of` gives it."""
        return self.title_of(run.series)

    def title_of(self, slug: str) -> str:
        """The series' title, or its slug while it is not on the shelf."""
        series = self.series.get(slug)
        return series.title if series else slug

    def series_of(self, run: Run) -> Series:
        """The run's series as it stands on the shelf now."""
        series = self.series.get(run.series)
        if series is None:
            raise Answered(membership.series_gone(self.voice, run.series))
        return series

    def chapter_of(self, run: Run, slug: str) -> Chapter:
        """A chapter of the run's series by slug."""
        chapter = self.series_of(run).chapter(slug)
        if chapter is None:
            raise Answered(membership.moved_on(self.voice, run.id))
        return chapter

    def lesson(self, run: Run, named: str = "") -> tuple[Lesson, Chapter]:
        """A chapter that members may open, by slug or number; "" is the newest one posted."""
        lesson = self.newest_open(run, named)
        if lesson is None:
            raise Answered(reading.not_posted(self.voice, chapter_due(run)))
        return lesson, self.chapter_of(run, lesson.chapter)

    def newest_open(self, run: Run, named: str = "") -> Lesson | None:
        """Of the chapters that members may open the named one, else the newest.

        One that was left out in the channel is the newest only if there is no other.
        """
        open_ones = [one for one in runs.lessons_of_run(self.t, run.space, run.id) if one.open]
        if named:
            open_ones = [one for one in open_ones if named in (one.chapter, str(one.number))]
        else:
            open_ones = [one for one in open_ones if not one.skipped] or open_ones
        return open_ones[-1] if open_ones else None

    # -- the member -------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """How the member wants it in this space."""
        return settings(self.t, self.action.space, self.action.member)

    def zone_told(self) -> str:
        """The member's zone as the platform knows it, "" if it does not."""
        told = self.look(self.action.channel, self.action.member)
        return "" if told is None else told.zone

    def enrol(self, run: Run) -> tuple[Joined, ...]:
        """Taking part in anything is joining; who had left is back."""
        member = self.action.member
        before = members.enrolment(self.t, run.space, run.id, member)
        after, events = join(before, member, self.now)
        if events:
            self.save_enrolment(run, after)
        return events

    def save_enrolment(self, run: Run, enrolled: Enrolment) -> None:
        """What they take part in may decide by which clock they are reminded."""
        members.save_enrolment(self.t, run.space, run.id, enrolled)
        look_anew(self.t, Look(run.space, enrolled.member), self.usual_zone, self.now)

    # -- what must have been posed ----------------------------------------------------------------

    def question(self, run: Run, chapter: Chapter, *, figures: bool = False) -> Variant:
        """The shared question as posed to this run; asks for it to be posed if it was not."""
        return shared_question(self.t, run, chapter, self.voice.language, figures=figures)

    def preview_question(self, series: Series, chapter: Chapter) -> Variant:
        """The question as a series that is not started would pose it."""
        language = self.voice.language
        piece = PreviewPiece(series.content_hash, chapter.slug, chapter.question, language)
        posed = self.previews.get(piece)  # asked once: another thread may put another one there
        if posed is None:
            raise NotYet(piece)
        return posed

    def card_figure(self, chapter: Chapter, index: int) -> Figure | None:
        """The figure of a card; asks for it to be drawn if it was not."""
        return card_figure(self.t, chapter, index)

    def variant(self, run: Run, chapter: Chapter, challenge: str, after: str) -> StoredVariant:
        """The member's variant of a challenge; with `after`, the one that follows that variant."""
        spec = chapter.challenge(challenge)
        if spec is None:
            raise Answered(membership.moved_on(self.voice, run.id))
        place = Place(run.space, run.id, chapter.slug)
        member = self.action.member
        newest = challenges.newest_variant(self.t, place, challenge, member)
        work, issue = (newest.work, newest.issue) if newest else (None, 0)
        issue, missing = pose(work, issue, after)
        if newest is None or missing:
            raise NotYet(VariantPiece(place, spec, member, issue, self.voice.language))
        return newest


def _whole(want: AnyWant, run: Run) -> AnyWant:
    """The want with its run named; a button that posts says what it was shown for as well."""
    if isinstance(want, actions.PostNow):
        return actions.PostNow(run.id, run.revision)
    return msgspec.structs.replace(want, run=run.id)


def follow_series(run: Run, series: Series) -> Run:
    """The run with the chapters that the series has now."""
    slugs = [chapter.slug for chapter in series.chapters]
    return follow(run, slugs, series.content_hash)


def chapter_due(run: Run) -> datetime | None:
    """When the next chapter comes; None if the run waits for no slot or has no chapter left."""
    if run.due is None or run.upcoming is None:
        return None
    slot = run.due
    while slot.beat is not Beat.CHAPTER:
        slot = next_slot(slot, run.timetable, zone(run.zone))
    return slot.at


def shared_question(
    t: Transaction, run: Run, chapter: Chapter, language: str, *, figures: bool = False
) -> Variant:
    """The question posed to a run, one seed for all. Raises NotYet if it has to be posed."""
    place = Place(run.space, run.id, chapter.slug)
    stored = challenges.newest_variant(t, place, chapter.question.id, SHARED)
    if stored is None:
        raise NotYet(VariantPiece(place, chapter.question, SHARED, 1, language))
    return with_figures(t, stored) if figures else stored.variant


def with_figures(t: Transaction, stored: StoredVariant) -> Variant:
    """The variant as it was posed, its pictures included."""
    return msgspec.structs.replace(
        stored.variant,
        figure=content.figure(t, stored.figure),
        reveal=content.figure(t, stored.reveal),
    )


def card_figure(t: Transaction, chapter: Chapter, index: int) -> Figure | None:
    """The figure of card `index`, None if it has none. Raises NotYet if it has to be drawn."""
    wanted = chapter.cards[min(max(index, 0), len(chapter.cards) - 1)].figure
    if wanted is None:
        return None
    drawn = content.drawing(t, wanted.generator, wanted.seed)
    if drawn is None:
        raise NotYet(DrawingPiece(wanted.generator, wanted.seed))
    return drawn
