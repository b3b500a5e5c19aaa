"""What moderators do: start, look, pause, post by hand, skip, move, stop, settle.

Knows no platform and no words. Rights were checked before any of these is called.
Invariant: a step of `lessons.runs` is saved only if nobody else changed the run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot import ledger
from bot.aftermath import follow_sent
from bot.delivery import Delivery, Entry, State
from bot.library import zone
from bot.planning import POST, Planner, chapter_post, hero
from bot.store import members, runs
from bot.turn import Answered, Turn
from lessons import actions
from lessons import runs as steps
from lessons.curriculum import Chapter, Series
from lessons.posts import Reply
from lessons.replies import membership, moderating, reading
from lessons.runs import NotNow, Run, RunStep, Status
from lessons.timetable import Beat

ACTIVE_WITHIN = timedelta(days=7)
SHOWN_SLOTS = 3


class ChangedMeanwhile(Exception):
    """Somebody else changed the run since it was read: the action is tried again."""


def _save(turn: Turn, planner: Planner, step: RunStep) -> Run:
    """What is planned carries the revision that the run has from now on."""
    if not runs.save_run(turn.t, step.run):
        raise ChangedMeanwhile
    saved = replace(step.run, revision=step.run.revision + 1)
    planner.plan(turn.t, saved, step.events, turn.now)
    return saved


def show_status(turn: Turn, want: actions.ShowStatus) -> Reply:
    run = turn.run(want, want.run)
    counts = runs.count_posts(turn.t, run.space, run.id)
    since = turn.now - ACTIVE_WITHIN
    view = moderating.StatusView(
        run=run,
        series=turn.series.get(run.series),
        title=turn.title(run),
        slots=steps.ahead(run, zone(run.zone), SHOWN_SLOTS),
        enrolled=members.count_enrolled(turn.t, run.space, run.id),
        active=members.count_active(turn.t, run.space, run.id, since),
        sent=counts.get(State.SENT, 0),
        waiting=ledger.waiting_count(turn.t, run.space, run.id),
        uncertain=counts.get(State.UNCERTAIN, 0),
        failed=counts.get(State.FAILED, 0),
        doubt=_doubt(turn, run) if counts.get(State.UNCERTAIN) else None,
    )
    return moderating.status(turn.voice, view)


def _doubt(turn: Turn, run: Run) -> moderating.Doubt | None:
    """The first message in doubt: what comes after it waits for a word."""
    owed = ledger.open_of_run(turn.t, run.space, run.id)
    doubted = (one.delivery for one in owed if one.state is State.UNCERTAIN)
    delivery = next((one for one in doubted if not one.member), None)
    if delivery is None:
        return None
    lesson = runs.lesson_by_chapter(turn.t, run.space, run.id, delivery.chapter)
    return moderating.Doubt(delivery.id, lesson.number if lesson else None)


def preview(turn: Turn, want: actions.Preview) -> Reply:
    """A chapter as it will be posted: of a run, or of a series that is not started yet."""
    if want.series:
        series = turn.series.get(want.series)
        if series is None:
            raise Answered(membership.series_gone(turn.voice, want.series))
        chapter = _named_chapter(turn, series, want.chapter)
        question = turn.preview_question(series, chapter)
        picture = hero(turn.t, chapter, question)
        said = reading.chapter_post(turn.voice, "", chapter, question, hero=picture, votes=0)
        return moderating.preview(turn.voice, said)
    run = turn.run(want, want.run)
    series = turn.series_of(run)
    chapter = _named_chapter(turn, series, want.chapter or run.upcoming or run.current)
    question = turn.question(run, chapter, figures=True)
    return moderating.preview(turn.voice, chapter_post(turn.t, run, chapter, question))


def _named_chapter(turn: Turn, series: Series, named: str) -> Chapter:
    for chapter in series.chapters:
        if named in (chapter.slug, str(chapter.number)):
            return chapter
    known = [f"{chapter.number} ({chapter.title})" for chapter in series.chapters]
    raise Answered(moderating.bad_choice(turn.voice, "chapter", named, known))


def post_now(turn: Turn, want: actions.PostNow, planner: Planner) -> Reply:
    """Post what comes next. A button carries the revision it was shown for: pressed twice, once."""
    run = turn.run(want, want.run)
    turn.series_of(run)  # without its texts there is nothing to post
    if want.seen is not None and want.seen != run.revision:
        return show_status(turn, actions.ShowStatus(run.id))
    try:
        step = steps.post_now(run, turn.now, zone(run.zone))
    except NotNow:
        return moderating.not_now(turn.voice, run, turn.title(run))
    told = next(event for event in step.events if isinstance(event, steps.Tell))
    saved = _save(turn, planner, step)
    chapter = turn.chapter_of(run, told.chapter)
    return moderating.posted_now(turn.voice, chapter, told.beat, saved.channel)


def resend(turn: Turn, want: actions.Resend, planner: Planner) -> Reply:
    """A chapter's post once more; one that the platform did not take goes out after all."""
    run = turn.run(want, want.run)
    if run.status is Status.STOPPED:
        return moderating.not_now(turn.voice, run, turn.title(run))
    failed = _failed_post(turn, run, want.chapter)
    if failed is not None:
        ledger.resolve(turn.t, run.space, failed.id, there=False, now=turn.now)
        return moderating.resent(turn.voice, turn.chapter_of(run, failed.chapter), run.channel)
    _, chapter = turn.lesson(run, want.chapter)
    planner.resend(turn.t, run, chapter, turn.now)
    return moderating.resent(turn.voice, chapter, run.channel)


def _failed_post(turn: Turn, run: Run, named: str) -> Delivery | None:
    """The part of the named chapter's post, or of the newest one's, that did not go out."""
    lessons = [one for one in runs.lessons_of_run(turn.t, run.space, run.id) if not one.skipped]
    if named:
        lessons = [one for one in lessons if named in (one.chapter, str(one.number))]
    if not lessons or lessons[-1].open:
        return None
    post = ledger.entries_of_post(
        turn.t, run.space, run.id, lessons[-1].chapter, Beat.CHAPTER, POST
    )
    return next((entry.delivery for entry in post if _given_up(entry)), None)


def _given_up(entry: Entry) -> bool:
    return entry.state is State.FAILED or entry.reason == ledger.RESTORED


def pause(turn: Turn, want: actions.Pause, planner: Planner) -> Reply:
    run = turn.run(want, want.run)
    return _stepped(turn, planner, run, "paused", lambda: steps.pause(run))


def resume(turn: Turn, want: actions.Resume, planner: Planner) -> Reply:
    run = turn.run(want, want.run)
    if run.status is Status.BLOCKED:
        return check_again(turn, actions.CheckAgain(run.id), planner)
    there = runs.run_in_channel(turn.t, run.space, run.channel)
    if there is not None and there.id != run.id and not there.over:
        return moderating.already_running(turn.voice, there.id, turn.title(there), there.channel)
    return _stepped(
        turn, planner, run, "resumed", lambda: steps.resume(run, turn.now, zone(run.zone))
    )


def _stepped(
    turn: Turn, planner: Planner, run: Run, said: str, step: Callable[[], RunStep]
) -> Reply:
    title = turn.title(run)
    try:
        saved = _save(turn, planner, step())
    except NotNow:
        return moderating.not_now(turn.voice, run, title)
    return moderating.changed(turn.voice, said, saved, title)


def skip(turn: Turn, want: actions.SkipChapter, planner: Planner) -> Reply:
    """Asks first, naming the chapter; the button skips that one and no other."""
    run = turn.run(want, want.run)
    if not want.chapter:
        if run.over:
            return moderating.not_now(turn.voice, run, turn.title(run))
        if run.upcoming is None:
            return moderating.nothing_to_skip(turn.voice, run, turn.title(run))
        chapter = turn.chapter_of(run, run.upcoming)
        return moderating.confirm_skip(turn.voice, run, chapter)
    chapter = turn.chapter_of(run, want.chapter)

    def skipped() -> RunStep:
        step = steps.skip(run, chapter.slug)
        runs.plan_lesson(turn.t, run, chapter.slug, chapter.number, skipped=True)
        return step

    return _stepped(turn, planner, run, "skipped", skipped)


def move(turn: Turn, want: actions.MoveRun, planner: Planner) -> Reply:
    """To another channel, with everything that is still waiting; a blocked run goes on there."""
    run = turn.run(want, want.run)
    refused = _refused(turn, want.channel)
    if refused is not None:
        return refused
    there = runs.run_in_channel(turn.t, run.space, want.channel)
    if there is not None and not there.over and there.id != run.id:
        return moderating.already_running(turn.voice, there.id, turn.title(there), there.channel)
    try:
        forum = turn.facts is not None and turn.facts.forum
        moved = steps.move(run, want.channel, forum=forum).run
        if moved.status is Status.BLOCKED:
            moved = steps.resume(moved, turn.now, zone(run.zone)).run
    except NotNow:
        return moderating.not_now(turn.voice, run, turn.title(run))
    saved = _save(turn, planner, RunStep(moved))
    ledger.redirect(turn.t, run.space, run.id, want.channel)
    return moderating.changed(turn.voice, "moved", saved, turn.title(run))


def _refused(turn: Turn, channel: str) -> Reply | None:
    facts = turn.facts
    if facts is None or (facts.exists and not facts.missing):
        return None
    return moderating.cannot_move(turn.voice, channel, facts.missing, not facts.exists)


def stop(turn: Turn, want: actions.StopRun, planner: Planner) -> Reply:
    run = turn.run(want, want.run)
    if run.over:
        return moderating.not_now(turn.voice, run, turn.title(run))
    if not want.sure:
        return moderating.confirm_stop(turn.voice, run, turn.title(run))
    saved = _save(turn, planner, steps.stop(run))
    ledger.skip_run(turn.t, run.space, run.id, ledger.STOPPED, turn.now)
    return moderating.changed(turn.voice, "stopped", saved, turn.title(run))


def check_again(turn: Turn, want: actions.CheckAgain, planner: Planner) -> Reply:
    """Take a blocked run up again, if what was missing is there now."""
    run = turn.run(want, want.run)
    facts = turn.facts
    if facts is not None and (facts.missing or not facts.exists):
        return moderating.still_blocked(turn.voice, run.channel, facts.missing, not facts.exists)
    if run.status is not Status.BLOCKED:
        return moderating.not_now(turn.voice, run, turn.title(run))
    return _stepped(
        turn, planner, run, "resumed", lambda: steps.resume(run, turn.now, zone(run.zone))
    )


def settle(turn: Turn, want: actions.Settle) -> Reply:
    """A moderator's word on a delivery that nobody else can tell about."""
    settled = ledger.resolve(
        turn.t, turn.action.space, want.delivery, there=want.there, now=turn.now
    )
    if settled is None:
        return moderating.settled_before(turn.voice)
    if want.there:
        follow_sent(turn.t, settled, turn.now)
    return moderating.settled(turn.voice, want.there)
