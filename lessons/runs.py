"""A run: an ordered list of chapters and a stream of slots. Slots pass; chapters never do.

Knows no posts and no store: it says which beat of which chapter is to be told, and when.
Invariant: only `skip` drops a chapter; pause and outage move it to a later slot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TypeAlias

from lessons.timetable import Beat, Slot, Timetable, next_slot

AGE_LIMIT = timedelta(hours=24)
"""A missed slot is still posted by itself if it is younger than this; then a person is asked."""

SILENCE_LIMIT = timedelta(days=14)
"""After so long without a post a person decides, however young the newest slot is."""

ON_TIME = timedelta(minutes=15)
"""Up to this much later nobody would call it late."""


class Status(StrEnum):
    """`BLOCKED`: the platform refuses; posts wait until a moderator has mended it."""

    ACTIVE = "active"
    PAUSED = "paused"
    BLOCKED = "blocked"
    FINISHED = "finished"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Run:
    """A series being posted in one channel.

    `chapters` are slugs in order and `position` is the index of the next one to post; `current`
    is the one last posted ("" before the first) and `told` the beats it has had. `due` is the
    next slot that has something to tell, None when the run does not wait. `held` is a beat that
    moderators were asked to post, until somebody does or another is told or asked about;
    `missed` counts slots that passed without their post. In a `forum` every chapter is a thread
    of its own. `ping` is the one role that is told of each chapter.
    """

    space: str
    id: str
    series: str
    content_hash: str
    channel: str
    zone: str
    timetable: Timetable
    by_hand: bool
    status: Status
    chapters: tuple[str, ...]
    position: int
    current: str
    told: frozenset[Beat]
    held: Beat | None
    missed: int
    due: Slot | None
    started_by: str
    started_at: datetime
    revision: int = 0
    forum: bool = False
    ping: str = ""

    @property
    def upcoming(self) -> str | None:
        """The slug of the next chapter to post, None after the last."""
        return self.chapters[self.position] if self.position < len(self.chapters) else None

    @property
    def over(self) -> bool:
        """Whether nothing more will ever be posted."""
        return self.status in (Status.FINISHED, Status.STOPPED)


# -- what happens -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tell:
    """This beat of this chapter is to be posted. `late` is how long after its slot."""

    chapter: str
    beat: Beat
    planned: datetime
    late: timedelta = timedelta(0)
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A run by hand reached a slot: its moderators are asked to post this beat."""

    chapter: str
    beat: Beat
    planned: datetime


@dataclass(frozen=True, slots=True)
class TooLate:
    """What was missed is too old to post by itself: the moderators are asked.

    `beat` is the newest one missed, of `missed` in all. `restored`: nobody but a person can tell
    whether it was, because what is known comes from an older copy.
    """

    chapter: str
    beat: Beat
    planned: datetime
    missed: int
    restored: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """The last beat of the last chapter has been told, or there was none left to tell."""


RunEvent: TypeAlias = Tell | Offer | TooLate | Finished


@dataclass(frozen=True, slots=True)
class RunStep:
    """The run as it is now, and what happened on the way."""

    run: Run
    events: tuple[RunEvent, ...] = ()


class NotNow(ValueError):
    """The run is not in a state in which this can be done; `run` is as it was."""


# -- steps --------------------------------------------------------------------------------------


def begin(run: Run, now: datetime, zone: tzinfo) -> RunStep:
    """An active run that waits for its first chapter slot after `now`.

    Raises ValueError if its timetable has no slot for chapters.
    """
    if all(rule.beat is not Beat.CHAPTER for rule in run.timetable.rules):
        raise ValueError("a timetable without a chapter slot never posts anything")
    return _wait(replace(run, status=Status.ACTIVE), next_slot(now, run.timetable, zone), zone)


def follow(run: Run, chapters: Sequence[str], content_hash: str) -> Run:
    """The run with what its series holds now, `chapters` in order: what is past stays.

    To come is what was to come and is still there, and whatever is new after the newest of the
    past chapters; so an author may add, rename and reorder chapters that were not posted yet.
    """
    past, planned = run.chapters[: run.position], run.chapters[run.position :]
    newest = next((slug for slug in reversed(past) if slug in chapters), None)
    new_from = 0 if newest is None else chapters.index(newest) + 1
    coming = (
        slug
        for at, slug in enumerate(chapters)
        if slug not in past and (slug in planned or at >= new_from)
    )
    return replace(run, chapters=(*past, *coming), content_hash=content_hash)


def pass_slots(run: Run, now: datetime, zone: tzinfo, *, restored: bool = False) -> RunStep:
    """Let every slot up to `now` pass; of those missed only the newest one is told.

    Slots of one instant are told one after the other, in their turn; by hand, or if it is too
    late, the last of them is asked about. A beat that makes no sense any more (a discussion of a
    chapter that was never posted, a recap told already) is no miss: it passes. Nothing happens
    before `run.due`. `restored`: what is known of the run is old, so nothing is told by itself.
    """
    if run.status is not Status.ACTIVE or run.due is None or run.due.at > now:
        return RunStep(run)
    slot: Slot = run.due
    passed: list[Slot] = []
    while slot.at <= now:
        passed.append(slot)
        slot = next_slot(slot, run.timetable, zone)
    meant = [each for each in passed if _means_something(run, each.beat)]
    if not meant:
        return _wait(run, slot, zone)
    newest = meant[-1]
    if run.held is not None:  # asked about, and nobody posted it: now its slot is missed for good
        run = replace(run, held=None, missed=run.missed + 1)
    if restored or run.by_hand or _too_late(meant, now):
        return _ask(run, meant, slot, now, zone, restored)
    late = now - newest.at
    shown = late if late > ON_TIME else timedelta(0)
    missed = sum(each.at < newest.at for each in meant)
    step = RunStep(replace(run, missed=run.missed + missed))
    for each in passed:
        if each.at == newest.at and _means_something(step.run, each.beat):  # told so far counts
            told = _told(step.run, each.beat, each.at, late=shown)
            step = RunStep(told.run, step.events + told.events)
    waiting = _wait(step.run, slot, zone)
    return RunStep(waiting.run, step.events + waiting.events)


def _too_late(meant: list[Slot], now: datetime) -> bool:
    """Whether a person should decide: the newest slot is old, or the channel was silent long."""
    return now - meant[-1].at >= AGE_LIMIT or now - meant[0].at >= SILENCE_LIMIT


def _ask(
    run: Run, meant: list[Slot], following: Slot, now: datetime, zone: tzinfo, restored: bool
) -> RunStep:
    """The newest beat is held until somebody posts it or the next slot comes."""
    newest, older = meant[-1], len(meant) - 1
    chapter = _chapter_for(run, newest.beat)
    held = replace(run, held=newest.beat, missed=run.missed + older)
    asked: RunEvent = Offer(chapter, newest.beat, newest.at)
    if restored or _too_late(meant, now):
        asked = TooLate(chapter, newest.beat, newest.at, older + 1, restored)
    return RunStep(_wait(held, following, zone).run, (asked,))


def post_now(run: Run, now: datetime, zone: tzinfo) -> RunStep:
    """Tell the held beat, or else the one that the next slot is for; that slot then passes.

    A paused run waits for no slot, so none passes. Raises NotNow if the run is neither active
    nor paused, or has nothing left to tell.
    """
    if run.status not in (Status.ACTIVE, Status.PAUSED):
        raise NotNow(run.status)
    overdue = pass_slots(run, now, zone)
    if any(isinstance(event, Tell) for event in overdue.events):
        return overdue  # its slot has come between two ticks: told once, not twice
    run = overdue.run
    slot = next_slot(now, run.timetable, zone)
    if run.held is not None and _means_something(run, run.held):
        told, passing = _told(run, run.held, now, by_hand=True), slot
    else:
        found = _next_meant(run, run.due or slot, zone)
        if found is None:
            raise NotNow("nothing left")
        told = _told(run, found.beat, now, by_hand=True)
        passing = next_slot(found, run.timetable, zone)
    if told.run.status is not Status.ACTIVE:
        return told
    waiting = _wait(told.run, passing, zone)
    return RunStep(waiting.run, told.events + waiting.events)


def pause(run: Run) -> RunStep:
    """No slot is waited for until `resume`. Raises NotNow unless the run is active."""
    if run.status is not Status.ACTIVE:
        raise NotNow(run.status)
    return RunStep(replace(run, status=Status.PAUSED, due=None))


def block(run: Run) -> RunStep:
    """The platform refuses: posts wait, slots pass. What is over or paused stays that."""
    if run.over or run.status is Status.PAUSED:
        return RunStep(run)
    return RunStep(replace(run, status=Status.BLOCKED, due=None))


def resume(run: Run, now: datetime, zone: tzinfo) -> RunStep:
    """Go on with the first slot after `now`; no chapter was lost meanwhile.

    A finished run goes on if its series has grown. Raises NotNow unless the run is paused,
    blocked, or finished with a chapter to come.
    """
    grown = run.status is Status.FINISHED and run.upcoming is not None
    if run.status not in (Status.PAUSED, Status.BLOCKED) and not grown:
        raise NotNow(run.status)
    return _wait(replace(run, status=Status.ACTIVE), next_slot(now, run.timetable, zone), zone)


def skip(run: Run, chapter: str) -> RunStep:
    """Drop the next chapter from the channel; `chapter` names it, so no slip drops two.

    A held chapter beat then stands for the chapter after it. Raises NotNow if `chapter` is not
    the next one, or the run is over.
    """
    if run.over or run.upcoming != chapter:
        raise NotNow(run.status)
    return RunStep(replace(run, position=run.position + 1))


def move(run: Run, channel: str, *, forum: bool = False) -> RunStep:
    """From the next post on, the run goes to `channel`. Raises NotNow if the run is over."""
    if run.over:
        raise NotNow(run.status)
    return RunStep(replace(run, channel=channel, forum=forum))


def stop(run: Run) -> RunStep:
    """End the run for good; members keep what they have. Raises NotNow if it is over."""
    if run.over:
        raise NotNow(run.status)
    return RunStep(replace(run, status=Status.STOPPED, due=None, held=None))


# -- what comes, if nobody steps in ---------------------------------------------------------------


def ahead(run: Run, zone: tzinfo, most: int) -> tuple[Slot, ...]:
    """The next slots, `most` of them, at which something will be told; fewer at the end.

    Empty for a run that does not wait.
    """
    found: list[Slot] = []
    waiting = run if run.due is None else _wait(run, run.due, zone).run
    while waiting.due is not None and len(found) < most:
        slot = waiting.due
        found.append(slot)
        told = _told(waiting, slot.beat, slot.at).run
        if told.over:
            break
        waiting = _wait(told, next_slot(slot, run.timetable, zone), zone).run
    return tuple(found)


# -- rules ----------------------------------------------------------------------------------------


def _means_something(run: Run, beat: Beat) -> bool:
    if run.over:
        return False
    if beat is Beat.CHAPTER:
        return run.upcoming is not None
    return bool(run.current) and beat not in run.told


def _chapter_for(run: Run, beat: Beat) -> str:
    return run.upcoming or "" if beat is Beat.CHAPTER else run.current


def _wait(run: Run, slot: Slot, zone: tzinfo) -> RunStep:
    """Wait for the first slot from `slot` on that has something to tell; without one, finish.

    So that `due` is the date of the next post, which is what people are told.
    """
    if run.over:
        return RunStep(run)
    found = _next_meant(run, slot, zone)
    return _finish(run) if found is None else RunStep(replace(run, due=found))


def _next_meant(run: Run, slot: Slot, zone: tzinfo) -> Slot | None:
    for _ in run.timetable.rules:  # so many slots in a row are one of each rule
        if _means_something(run, slot.beat):
            return slot
        slot = next_slot(slot, run.timetable, zone)
    return None


def _told(
    run: Run,
    beat: Beat,
    planned: datetime,
    *,
    late: timedelta = timedelta(0),
    by_hand: bool = False,
) -> RunStep:
    """The beat is told. What was held is told with it or superseded, so nothing is held now."""
    tell = Tell(_chapter_for(run, beat), beat, planned, late, by_hand)
    if beat is Beat.CHAPTER:
        told = replace(
            run,
            current=tell.chapter,
            position=run.position + 1,
            told=frozenset({Beat.CHAPTER}),
            held=None,
        )
    else:
        told = replace(run, told=run.told | {beat}, held=None)
    last = max((rule.beat for rule in run.timetable.rules), key=list(Beat).index)
    if told.upcoming is None and last in told.told:
        done = _finish(told)
        return RunStep(done.run, (tell, *done.events))
    return RunStep(told, (tell,))


def _finish(run: Run) -> RunStep:
    return RunStep(replace(run, status=Status.FINISHED, due=None, held=None), (Finished(),))
