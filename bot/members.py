"""What members do: join, leave, read, vote, look what happened, see their progress.

Knows no platform and no words: load, step of `lessons`, save, reply of `lessons.replies`.
Invariant: every function is one transaction's worth and writes only after it has decided.
"""

from __future__ import annotations

from typing import cast

from bot.store import members, runs
from bot.store.members import Place
from bot.turn import Answered, Turn, chapter_due
from lessons import actions, progress, votes
from lessons.posts import Reply
from lessons.replies import challenges as challenge_replies
from lessons.replies import membership, reading
from lessons.runs import Run


def join(turn: Turn, want: actions.Join) -> Reply:
    run = turn.run(want, want.run)
    series = turn.series_of(run)
    member = turn.action.member
    before = members.enrolment(turn.t, run.space, run.id, member)
    after, events = progress.join(before, member, turn.now)
    if events:
        members.save_enrolment(turn.t, run.space, run.id, after)
    open_ones = [one for one in runs.lessons_of_run(turn.t, run.space, run.id) if one.open]
    newest = series.chapter(open_ones[-1].chapter) if open_ones else None
    return membership.joined(
        turn.voice,
        run.id,
        series,
        new=bool(events),
        again=any(event.again for event in events),
        newest=newest,
        starts=chapter_due(run),
    )


def leave(turn: Turn, want: actions.Leave) -> Reply:
    run = turn.run(want, want.run)
    series = turn.series_of(run)
    enrolled = members.enrolment(turn.t, run.space, run.id, turn.action.member)
    if enrolled is None or enrolled.left_at is not None:
        return membership.not_in(turn.voice, run.id, series)
    if not want.sure:
        return membership.confirm_leave(turn.voice, run.id, series)
    gone, _ = progress.leave(enrolled, turn.now)
    members.save_enrolment(turn.t, run.space, run.id, gone)
    return membership.left(turn.voice, run.id, series)


def explain(turn: Turn, want: actions.Explain) -> Reply:
    run = turn.run(want, want.run)
    return membership.explain(turn.voice, run.id, turn.series_of(run), chapter_due(run))


def read_lesson(turn: Turn, want: actions.ReadLesson) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    index = min(max(want.card, 0), len(chapter.cards) - 1)
    place = Place(run.space, run.id, chapter.slug)
    ballot = _ballot(turn, place)
    revealed = lesson.discussed_at is not None or lesson.skipped or ballot is not None
    shut = chapter.cards[index].reveal and not revealed
    figure = None if shut else turn.card_figure(chapter, index)
    if chapter.cards[index].reveal and ballot is not None:
        _look(turn, place, ballot)
    return reading.card(turn.voice, run.id, chapter, index, figure, revealed, turned=want.turned)


def _voted(turn: Turn, run: Run, chapter: str) -> bool:
    return _ballot(turn, Place(run.space, run.id, chapter)) is not None


def _ballot(turn: Turn, place: Place) -> votes.Ballot | None:
    """The member's first vote, or the second of somebody who gave no first one."""
    member = turn.action.member
    return members.ballot(turn.t, place, member, 1) or members.ballot(turn.t, place, member, 2)


def _look(turn: Turn, place: Place, ballot: votes.Ballot) -> None:
    """Who has seen the answer keeps the vote as it is."""
    looked, events = votes.reveal(ballot, turn.now)
    if events:
        members.save_ballot(turn.t, place, looked)


# -- the shared question --------------------------------------------------------------------------


def vote(turn: Turn, want: actions.Vote) -> Reply:
    run = turn.run(want, want.run)
    lesson, chapter = turn.lesson(run, want.chapter)
    question = turn.question(run, chapter)
    place = Place(run.space, run.id, chapter.slug)
    of_round = cast(votes.Round, want.round)
    before = members.ballot(turn.t, place, turn.action.member, of_round)
    try:
        ballot, events = votes.vote(
            before,
            turn.action.member,
            want.option,
            [option.id for option in question.options],
            closed=of_round == 1 and lesson.discussed_at is not None,
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
    ballot = members.ballot(turn.t, place, turn.action.member, of_round)
    if ballot is None:
        return reading.vote_first(turn.voice, run.id, chapter, question)
    try:
        closed = of_round == 1 and lesson.discussed_at is not None
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
    if ballot is None and lesson.discussed_at is None:
        return reading.vote_first(turn.voice, run.id, chapter, question)
    if ballot is not None:
        _look(turn, place, ballot)
    return reading.reveal(turn.voice, run.id, chapter, question, ballot)


# -- where I am -----------------------------------------------------------------------------------


def show_progress(turn: Turn, want: actions.ShowProgress) -> Reply:
    run = turn.run(want, want.run)
    series = turn.series_of(run)
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
    return membership.progress(turn.voice, run.id, series, tuple(rows))


def what_next(turn: Turn, want: actions.WhatNext) -> Reply:
    """The newest chapter first: vote, then challenges; then nothing, until the next one."""
    run = turn.run(want, want.run)
    try:
        lesson, chapter = turn.lesson(run)
    except Answered:
        return membership.nothing_due(turn.voice, chapter_due(run))
    if lesson.discussed_at is None and not _voted(turn, run, chapter.slug):
        return reading.vote_first(
            turn.voice, run.id, chapter, turn.question(run, chapter, figures=True)
        )
    place = Place(run.space, run.id, chapter.slug)
    mine = members.progress(turn.t, place, turn.action.member)
    if mine.done_at is None:
        return challenge_replies.due(turn.voice, run.id, chapter, mine)
    return membership.nothing_due(turn.voice, chapter_due(run))


def help_me(turn: Turn, want: actions.Help) -> Reply:
    return membership.help_for(turn.voice, turn.action.moderator)
