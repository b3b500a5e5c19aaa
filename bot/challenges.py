"""What members do with their own challenges: open, answer, take a hint, go on.

Knows no kind: `lessons.kinds` parses and grades, this loads and saves around it.
Invariant: a try has one verdict, whoever sends it how often; a malformed answer writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.store import challenges, members
from bot.store.challenges import Attempt, StoredVariant
from bot.store.members import Place
from bot.turn import Answered, Turn, with_figures
from lessons import actions, progress
from lessons.challenge import Answer, FormatError, NeedsRun, Verdict
from lessons.curriculum import Chapter
from lessons.fields import Raw
from lessons.figure import Figure
from lessons.generators import over_answer
from lessons.kinds import config, kind_of
from lessons.posts import Reply
from lessons.replies import challenges as replies
from lessons.replies import membership
from lessons.replies.challenges import Posed
from lessons.runs import Run


class MustRun(Exception):
    """The answer has to be trained by a worker; then the same try is made with its result."""

    def __init__(self, needed: NeedsRun) -> None:
        super().__init__(needed.job)
        self.needed = needed


@dataclass(frozen=True, slots=True)
class _Opened:
    run: Run
    chapter: Chapter
    place: Place
    stored: StoredVariant

    @property
    def posed(self) -> Posed:
        return Posed(self.run.id, self.chapter, self.stored.variant, self.stored.work)

    def shown(self, turn: Turn) -> Posed:
        """The same with its pictures, for a reply that shows the prompt."""
        return replace(self.posed, variant=with_figures(turn.t, self.stored))


def next_challenge(turn: Turn, want: actions.Challenges) -> Reply:
    """The first challenge of the chapter that is not passed."""
    run = turn.run(want, want.run)
    _, chapter = turn.lesson(run, want.chapter)
    return _next(turn, run, chapter, after="", edit=False)


def open_challenge(turn: Turn, want: actions.OpenChallenge) -> Reply:
    run = turn.run(want, want.run)
    _, chapter = turn.lesson(run, want.chapter)
    return _open(turn, run, chapter, want.challenge, want.another, edit=True)


def skip(turn: Turn, want: actions.SkipChallenge) -> Reply:
    opened = _by_id(turn, want.variant)
    return _next(turn, opened.run, opened.chapter, opened.stored.work.challenge, edit=True)


def _next(turn: Turn, run: Run, chapter: Chapter, after: str, *, edit: bool) -> Reply:
    place = Place(run.space, run.id, chapter.slug)
    mine = members.progress(turn.t, place, turn.action.member)
    following = replies.next_open(chapter, mine, after)
    if following is None and after and after not in mine.passed:
        following = after  # it is the last one open, and skipping it comes back to it
    if following is not None:
        return _open(turn, run, chapter, following, "", edit=edit)
    passed = {
        spec.id: stored.work.variant
        for spec in chapter.challenges
        if (stored := challenges.newest_variant(turn.t, place, spec.id, turn.action.member))
    }
    return replies.all_passed(turn.voice, run.id, chapter, passed)


def _open(
    turn: Turn, run: Run, chapter: Chapter, challenge: str, another: str, *, edit: bool
) -> Reply:
    stored = turn.variant(run, chapter, challenge, another)
    turn.enrol(run)
    posed = Posed(run.id, chapter, with_figures(turn.t, stored), stored.work)
    return replies.challenge(turn.voice, posed, edit=edit)


def _by_id(turn: Turn, variant: str) -> _Opened:
    """The member's own variant. Anybody else's, or another space's, has "moved on"."""
    stored = challenges.variant_by_id(turn.t, turn.action.space, variant, turn.action.member)
    if stored is None or stored.member != turn.action.member:
        raise Answered(membership.moved_on(turn.voice))
    run = turn.run(actions.Challenges(), stored.run)
    place = Place(run.space, run.id, stored.chapter)
    return _Opened(run, turn.chapter_of(run, stored.chapter), place, stored)


def ask_answer(turn: Turn, want: actions.AskAnswer) -> Reply:
    """The form for a try; for a try that was made already, the verdict it got."""
    opened = _by_id(turn, want.variant)
    made = challenges.attempt(turn.t, turn.action.space, want.variant, want.number)
    if made is not None:
        return _verdict_again(turn, opened, made)
    if want.number != opened.posed.next_try:
        raise Answered(membership.moved_on(turn.voice, opened.run.id))
    return replies.answer_form(turn.voice, opened.shown(turn), want.number)


def try_answer(turn: Turn, want: actions.Try, raw: Raw, result: float | None = None) -> Reply:
    """Grade an answer, once. Raises MustRun if it has to be trained and `result` is None."""
    opened = _by_id(turn, want.variant)
    made = challenges.attempt(turn.t, turn.action.space, want.variant, want.number)
    if made is not None:
        return _verdict_again(turn, opened, made)
    if want.number != opened.posed.next_try:
        raise Answered(membership.moved_on(turn.voice, opened.run.id))
    variant = opened.stored.variant
    kind = kind_of(variant.kind)
    answer = kind.parse(variant, raw)
    if isinstance(answer, FormatError):
        return replies.format_error(turn.voice, opened.shown(turn), want.number, answer)
    graded = kind.grade(variant, answer)
    if isinstance(graded, NeedsRun):
        if result is None:
            raise MustRun(graded)
        graded = config.grade_run(variant, answer, result)
    return _count(turn, opened, want.number, answer, graded)


def _count(turn: Turn, opened: _Opened, number: int, answer: Answer, verdict: Verdict) -> Reply:
    before = members.progress(turn.t, opened.place, turn.action.member)
    step = progress.tried(opened.stored.work, before, verdict, turn.now)
    space = turn.action.space
    challenges.insert_attempt(
        turn.t, space, opened.stored.work.variant, number, answer, verdict, turn.now
    )
    challenges.save_work(turn.t, space, step.work)
    members.save_progress(turn.t, opened.place, step.progress, turn.now)
    turn.enrol(opened.run)
    posed = replace(opened.posed if verdict.passed else opened.shown(turn), work=step.work)
    return replies.verdict(
        turn.voice,
        posed,
        verdict,
        step.progress,
        reveal=_reveal(turn, opened, answer) if verdict.passed else None,
        just_done=any(isinstance(event, progress.ChapterDone) for event in step.events),
    )


def _verdict_again(turn: Turn, opened: _Opened, made: Attempt) -> Reply:
    """The reply that the try got, word for word, unless the member went on meanwhile."""
    mine = members.progress(turn.t, opened.place, turn.action.member)
    passed = made.verdict.passed
    return replies.verdict(
        turn.voice,
        opened.posed if passed else opened.shown(turn),
        made.verdict,
        mine,
        reveal=_reveal(turn, opened, made.answer) if passed else None,
        just_done=passed and mine.done_at == made.at,
    )


def _reveal(turn: Turn, opened: _Opened, answer: Answer) -> Figure | None:
    if opened.stored.reveal is None:
        return None
    return over_answer(with_figures(turn.t, opened.stored), answer)


def take_hint(turn: Turn, want: actions.TakeHint) -> Reply:
    opened = _by_id(turn, want.variant)
    before = members.progress(turn.t, opened.place, turn.action.member)
    hints = len(opened.stored.variant.hints)
    try:
        step = progress.hinted(opened.stored.work, before, want.seen, hints)
    except ValueError:
        raise Answered(membership.moved_on(turn.voice, opened.run.id)) from None
    if step.events:
        challenges.save_work(turn.t, turn.action.space, step.work)
        members.save_progress(turn.t, opened.place, step.progress, turn.now)
        turn.enrol(opened.run)
    posed = Posed(opened.run.id, opened.chapter, with_figures(turn.t, opened.stored), step.work)
    return replies.hint(turn.voice, posed, want.seen)
