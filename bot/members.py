"""What members do: join, leave, read, vote, look what happened, see their progress.

Knows no platform and no words: load, step of `lessons`, save, reply of `lessons.replies`.
Invariant: every function is one transaction's worth and writes only after it has decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from bot import ledger
from bot.planning import tally_of
from bot.store import members, runs
from bot.store.members import Place
from bot.store.runs import Lesson
from bot.turn import Turn, chapter_due
from lessons import actions, progress, votes
from lessons.curriculum import Chapter, Series
from lessons.posts import Reply
from lessons.replies import challenges as challenge_replies
from lessons.replies import membership, reading
from lessons.runs import Run
from lessons.timetable import Beat


def join(turn: Turn, want: actions.Join) -> Reply:
    run = turn.run(want, want.run)
    series = turn.series_of(run)
    events = turn.enrol(run)
    newest = turn.newest_open(run)
    return membership.joined(
        turn.voice,
        run.id,
        series,
        new=bool(events),
        again=any(event.again for event in events),
        newest=series.chapter(newest.chapter) if newest else None,
        starts=chapter_due(run),
    )


def leave(turn: Turn, want: actions.Leave) -> Reply:
    run = turn.run(want, want.run)
    title = turn.title(run)
    enrolled = members.enrolment(turn.t, run.space, run.id, turn.action.member)
    if enrolled is None or enrolled.left_at is not None:
        return membership.not_in(turn.voice, run.id, title)
    if not want.sure:
        return membership.confirm_leave(turn.voice, run.id, title)
    gone, _ = progress.leave(enrolled, turn.now)
    turn.save_enrolment(run, gone)
    ledger.skip_reminders_of(turn.t, run.space, turn.action.member, turn.now, run.id)
    return membership.left(turn.voice, run.id, title)


def explain(turn: Turn, want: actions.Explain) -> Reply:
    run = turn.run(want, want.run)
    mine = members.enrolment(turn.t, run.space, run.id, turn.action.member)
    return membership.explain(
        turn.voice,
        run.id,
        turn.series_of(run),
        chapter_due(run),
        enrolled=mine is not None and mine.left_at is None,
    )


def read_lesson(turn: Turn, want: actions.ReadLesson) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    index = min(max(want.card, 0), len(chapter.cards) - 1)
    place = Place(run.space, run.id, chapter.slug)
    ballot = _ballot(turn, place)
    revealed = ballot is not None or lesson.skipped or _shown_to_all(turn, run, lesson, chapter)
    shut = chapter.cards[index].reveal and not revealed
    figure = None if shut else turn.card_figure(chapter, index)
    if chapter.cards[index].reveal and ballot is not None:
        _look(turn, place)
    return reading.card(turn.voice, run.id, chapter, index, figure, revealed, turned=want.turned)


def _voted(turn: Turn, run: Run, chapter: str) -> bool:
    return _ballot(turn, Place(run.space, run.id, chapter)) is not None


def _ballot(turn: Turn, place: Place) -> votes.Ballot | None:
    """The member's first vote, or the second of somebody who gave no first one."""
    return next(iter(_ballots(turn, place)), None)


def _look(turn: Turn, place: Place) -> None:
    """Who has seen the answer keeps the votes as they are."""
    for ballot in _ballots(turn, place):
        looked, events = votes.reveal(ballot, turn.now)
        if events:
            members.save_ballot(turn.t, place, looked)


def _ballots(turn: Turn, place: Place) -> list[votes.Ballot]:
    """The member's votes, those of the first round first."""
    return members.ballots(turn.t, place, turn.action.member)


def _of_round(mine: Sequence[votes.Ballot], of_round: votes.Round) -> votes.Ballot | None:
    return next((ballot for ballot in mine if ballot.round == of_round), None)


def _shown_to_all(turn: Turn, run: Run, lesson: Lesson, chapter: Chapter) -> bool:
    """Whether what happened was posted: at the discuss beat, or after a talk with the recap."""
    if lesson.discussed_at is None:
        return False
    if _recapped(run, lesson):
        return True
    first = tally_of(turn.t, run, chapter, turn.question(run, chapter), 1)
    return votes.course(first) != "talk"


def _recapped(run: Run, lesson: Lesson) -> bool:
    return run.over or run.current != lesson.chapter or Beat.RECAP in run.told


def _closed(run: Run, lesson: Lesson, mine: Sequence[votes.Ballot], of_round: votes.Round) -> bool:
    """Whether the group has seen what this round would guess at, or the member has."""
    over = lesson.discussed_at is not None if of_round == 1 else _recapped(run, lesson)
    return over or any(ballot.looked_at is not None for ballot in mine)


# -- the shared question --------------------------------------------------------------------------


def vote(turn: Turn, want: actions.Vote) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    question = turn.question(run, chapter)
    place = Place(run.space, run.id, chapter.slug)
    of_round = cast(votes.Round, want.round)
    mine = _ballots(turn, place)
    before = _of_round(mine, of_round)
    try:
        ballot, events = votes.vote(
            before,
            turn.action.member,
            want.option,
            [option.id for option in question.options],
            closed=_closed(run, lesson, mine, of_round),
            now=turn.now,
            of_round=of_round,
        )
    except votes.VotingOver:
        return reading.vote_over(turn.voice, run.id, chapter)
    except votes.UnknownOption:
        return membership.moved_on(turn.voice, run.id)
    turn.enrol(run)
    if events:
        members.save_ballot(turn.t, place, ballot)
    if before is None and of_round == 1:
        runs.vote_added(turn.t, run.space, run.id, chapter.slug)
    option = next(one for one in question.options if one.id == ballot.option)
    changed = any(event.changed for event in events)
    return reading.locked_in(turn.voice, run.id, chapter, option, ballot, changed)


def be_sure(turn: Turn, want: actions.BeSure) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    question = turn.question(run, chapter)
    place = Place(run.space, run.id, chapter.slug)
    of_round = cast(votes.Round, want.round)
    mine = _ballots(turn, place)
    ballot = _of_round(mine, of_round)
    if ballot is None:
        return reading.vote_first(turn.voice, run.id, chapter, question, of_round)
    try:
        closed = _closed(run, lesson, mine, of_round)
        ballot, events = votes.be_sure(ballot, want.level, closed)
    except votes.VotingOver:
        return reading.vote_over(turn.voice, run.id, chapter)
    if events:
        members.save_ballot(turn.t, place, ballot)
    option = next(one for one in question.options if one.id == ballot.option)
    return reading.sure(turn.voice, run.id, chapter, option, want.level)


def reveal(turn: Turn, want: actions.Reveal) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    question = turn.question(run, chapter, figures=True)
    place = Place(run.space, run.id, chapter.slug)
    ballot = _ballot(turn, place)
    if ballot is None and not _shown_to_all(turn, run, lesson, chapter):
        of_round: votes.Round = 1 if lesson.discussed_at is None else 2
        return reading.vote_first(turn.voice, run.id, chapter, question, of_round)
    if ballot is not None:
        _look(turn, place)
    return reading.reveal(turn.voice, run.id, chapter, question, ballot)


# -- where I am -----------------------------------------------------------------------------------


def show_progress(turn: Turn, want: actions.ShowProgress) -> Reply:
    run = turn.run(want, want.run)
    series = turn.series_of(run)
    return membership.progress(turn.voice, run.id, series, chapter_rows(turn, run, series))


def chapter_rows(turn: Turn, run: Run, series: Series) -> tuple[membership.ChapterRow, ...]:
    """How far the member is, for each chapter that is open to them."""
    member = turn.action.member
    done = {
        one.chapter: one for one in members.progress_of_member(turn.t, run.space, run.id, member)
    }
    voted = members.voted_chapters(turn.t, run.space, run.id, member)
    rows = []
    for lesson in runs.lessons_of_run(turn.t, run.space, run.id):
        chapter = series.chapter(lesson.chapter)
        if not lesson.open or chapter is None:
            continue
        mine = done.get(lesson.chapter, progress.Progress(member, lesson.chapter))
        rows.append(
            membership.ChapterRow(
                lesson.number,
                chapter.title,
                len(mine.passed),
                len(chapter.challenges),
                mine.tries,
                mine.hints,
                mine.done_at is not None,
                lesson.chapter in voted,
            )
        )
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for a member in the newest chapter: their vote, or challenges."""

    what: Literal["vote", "challenges"]
    chapter: Chapter
    mine: progress.Progress


def due(turn: Turn, run: Run) -> Due | None:
    """The newest chapter first: vote, then challenges; then nothing, until the next one."""
    lesson = turn.newest_open(run)
    series = turn.series.get(run.series)
    chapter = series.chapter(lesson.chapter) if series and lesson else None
    if lesson is None or chapter is None:
        return None
    mine = members.progress(turn.t, Place(run.space, run.id, chapter.slug), turn.action.member)
    if lesson.discussed_at is None and not _voted(turn, run, chapter.slug):
        return Due("vote", chapter, mine)
    return Due("challenges", chapter, mine) if mine.done_at is None else None


def what_next(turn: Turn, want: actions.WhatNext) -> Reply:
    run = turn.run(want, want.run)
    found = due(turn, run)
    if found is None:
        return membership.nothing_due(turn.voice, chapter_due(run))
    if found.what == "vote":
        question = turn.question(run, found.chapter, figures=True)
        return reading.vote_first(turn.voice, run.id, found.chapter, question)
    return challenge_replies.due(turn.voice, run.id, found.chapter, found.mine)


def help_me(turn: Turn, want: actions.Help) -> Reply:
    return membership.help_for(turn.voice, turn.moderates_something())
