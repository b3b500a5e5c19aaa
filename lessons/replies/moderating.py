"""What moderators are told: a start proposed, the state of a run, trouble, and what to do.

Knows no store and no platform; rights are named in the platform's own words.
Invariant: every trouble says what happened, what was kept and what to press.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lessons import actions
from lessons.actions import AnyWant, RunId
from lessons.curriculum import Chapter, Series
from lessons.document import Block, ChannelName, CommandName, Document, Listing
from lessons.posts import Control, Post, Reply
from lessons.replies.membership import MOST_CHOICES, count
from lessons.replies.voice import Voice, post, private
from lessons.runs import Run, Status
from lessons.timetable import Beat, Slot, Timetable


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message of which only a person can tell whether it is there; `number`: of its week."""

    delivery: str
    number: int | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """A run as its moderator sees it; `series` None while it is not on the shelf.

    `sent` and the others count deliveries; `doubt` is the first of those in doubt.
    """

    run: Run
    series: Series | None
    title: str
    slots: tuple[Slot, ...]
    enrolled: int
    active: int
    sent: int
    waiting: int
    uncertain: int
    failed: int
    doubt: Doubt | None = None


def proposal(
    voice: Voice,
    series: Series,
    channel: str,
    timetable: Timetable,
    zone: str,
    slots: Sequence[Slot],
    *,
    first: Chapter,
    by_hand: bool,
    role: str = "",
) -> Reply:
    """The next three dates, and nothing happens before [Start]."""
    start = actions.ConfirmStart(series.slug, timetable, zone, by_hand, first.slug, channel, role)
    told = voice.say("proposal_role") if role else Document()
    return private(
        voice.say(
            "proposal",
            series=series.title,
            chapters=count(voice, "chapters", len(series.chapters)),
            channel=ChannelName(channel),
            zone=zone,
            mode=voice.label("mode_hand" if by_hand else "mode_timed"),
        )
        + _dates(voice, slots, first.number)
        + told,
        voice.button("start", start, "primary"),
        voice.named(
            voice.label("preview_number", number=first.number),
            actions.Preview(chapter=first.slug, series=series.slug),
        ),
        voice.button("cancel", actions.Cancel()),
    )


def _dates(voice: Voice, slots: Sequence[Slot], number: int) -> Document:
    lines: list[tuple[Block, ...]] = []
    for slot in slots:
        if slot.beat is Beat.CHAPTER and lines:
            number += 1
        lines.append(
            voice.say(f"date_{slot.beat}", when=voice.moment(slot.at), number=number).blocks
        )
    return Document((Listing(tuple(lines)),))


def bad_choice(voice: Voice, what: str, given: str, choices: Sequence[str]) -> Reply:
    """A series, day, time, zone, mode or chapter that does not exist; says what does."""
    shown = ", ".join(choices[:MOST_CHOICES]) + (", …" if len(choices) > MOST_CHOICES else "")
    if what in ("series", "chapter") and not given:  # the two that have no default
        return private(voice.say(f"which_{what}", choices=shown))
    return private(voice.say(f"bad_{what}", given=given, choices=shown))


def choose_series(voice: Voice, choices: Sequence[tuple[str, actions.ProposeStart]]) -> Reply:
    """Several series are on the shelf: one button each."""
    buttons = [voice.named(title[:75], want) for title, want in choices[:MOST_CHOICES]]
    titles = ", ".join(title for title, _ in choices)
    return private(voice.say("choose_series", titles=titles), *buttons)


def cannot_move(voice: Voice, channel: str, missing: Sequence[str], gone: bool) -> Reply:
    """The channel a run should go to can't be posted in; it stays where it is."""
    if gone:
        return private(voice.say("cannot_move_gone", channel=ChannelName(channel)))
    return private(
        voice.say("cannot_move", channel=ChannelName(channel), missing=", ".join(missing))
    )


def cannot_start(
    voice: Voice,
    channel: str,
    missing: Sequence[str],
    gone: bool,
    again: AnyWant | None = None,
) -> Reply:
    """What is missing in a channel; `again` is what was wanted, for when it is mended."""
    if gone:
        return private(voice.say("cannot_start_gone", channel=ChannelName(channel)))
    return private(
        voice.say("cannot_start", channel=ChannelName(channel), missing=", ".join(missing)),
        *([voice.button("check_again", again, "primary")] if again is not None else []),
    )


def could_not_look(voice: Voice, channel: str, again: AnyWant) -> Reply:
    """The platform did not say in time what may be done there, so nothing was done."""
    return private(
        voice.say("could_not_look", channel=ChannelName(channel)),
        voice.button("try_again", again, "primary"),
    )


def could_not_ask(voice: Voice, again: AnyWant) -> Reply:
    """The platform did not say in time what this person may do, so nothing was done."""
    return private(voice.say("could_not_ask"), voice.button("try_again", again, "primary"))


def already_running(voice: Voice, run: RunId, series: str, channel: str) -> Reply:
    return private(
        voice.say("already_running", series=series, channel=ChannelName(channel)),
        voice.button("status", actions.ShowStatus(run), "primary"),
    )


def started(voice: Voice, run: RunId, series: Series, slots: Sequence[Slot]) -> Reply:
    return private(
        voice.say("started", series=series.title, when=voice.moment(slots[0].at)),
        voice.button("status", actions.ShowStatus(run)),
        edit=True,
    )


def status(voice: Voice, view: StatusView) -> Reply:
    """Where the run is, what comes next, what became of the posts."""
    run = view.run
    said = voice.say(f"status_{run.status}", series=view.title, channel=ChannelName(run.channel))
    lines = [
        voice.say("status_position", past=run.position, chapters=len(run.chapters)),
        voice.say("status_people", enrolled=view.enrolled, active=view.active),
        voice.say("status_posts", sent=view.sent, waiting=view.waiting, uncertain=view.uncertain),
    ]
    if view.failed:
        lines.append(voice.say("status_failed", posts=count(voice, "messages", view.failed)))
    if view.series is None:
        lines.append(voice.say("status_gone"))
    if run.missed:
        lines.append(voice.say("status_missed", slots=count(voice, "slots", run.missed)))
    said += Document((Listing(tuple(line.blocks for line in lines)),))
    if view.slots:
        said += voice.say("status_next") + _dates(voice, view.slots, _number_at(view))
    if view.doubt is None:
        return private(said, *_status_controls(voice, run))
    # The letter that asks may itself have been lost.
    asked = uncertain(voice, run, view.doubt.delivery, view.doubt.number)
    return private(said + asked.document, *asked.controls, *_status_controls(voice, run))


def _number_at(view: StatusView) -> int:
    run = view.run
    slug = run.upcoming if view.slots[0].beat is Beat.CHAPTER else run.current or run.upcoming
    chapter = view.series.chapter(slug or "") if view.series else None
    return chapter.number if chapter else run.position + 1


def _status_controls(voice: Voice, run: Run) -> list[Control]:
    match run.status:
        case Status.ACTIVE:
            return [
                voice.button("post_now", actions.PostNow(run.id, run.revision)),
                voice.button("pause", actions.Pause(run.id)),
            ]
        case Status.PAUSED:
            return [voice.button("resume", actions.Resume(run.id), "primary")]
        case Status.BLOCKED:
            return [voice.button("check_again", actions.CheckAgain(run.id), "primary")]
        case Status.FINISHED if run.upcoming is not None:
            return [voice.button("resume", actions.Resume(run.id), "primary")]
        case Status.FINISHED | Status.STOPPED:
            return []


def preview(voice: Voice, what: Post) -> Reply:
    """A post as the channel would see it; its buttons are left out, they would be real."""
    return private(voice.say("preview") + what.document, figures=what.figures)


def changed(voice: Voice, key: str, run: Run, title: str) -> Reply:
    """After pause, resume, skip, move or stop: what is true now and what comes next."""
    said = voice.say(key, series=title, channel=ChannelName(run.channel))
    if run.due is not None:
        said += voice.say("next_post", when=voice.moment(run.due.at))
    return private(said, voice.button("status", actions.ShowStatus(run.id)))


def confirm_skip(voice: Voice, run: Run, chapter: Chapter) -> Reply:
    return private(
        voice.say("skip_sure", number=chapter.number, title=chapter.title),
        voice.named(
            voice.label("skip_number", number=chapter.number),
            actions.SkipChapter(run.id, chapter.slug),
            "danger",
        ),
        voice.button("cancel", actions.Cancel()),
    )


def confirm_stop(voice: Voice, run: Run, title: str) -> Reply:
    return private(
        voice.say("stop_sure", series=title, pause=CommandName("/series pause")),
        voice.button("stop", actions.StopRun(run.id, sure=True), "danger"),
        voice.button("cancel", actions.Cancel()),
    )


def not_now(voice: Voice, run: Run, title: str) -> Reply:
    """The run is not in a state for this; says in which it is."""
    return private(
        voice.say(f"not_now_{run.status}", series=title),
        voice.button("status", actions.ShowStatus(run.id)),
    )


def nothing_to_skip(voice: Voice, run: Run, title: str) -> Reply:
    """Every chapter was posted or left out."""
    return private(
        voice.say("nothing_to_skip", series=title),
        voice.button("status", actions.ShowStatus(run.id)),
    )


def posted_now(voice: Voice, chapter: Chapter, beat: Beat, channel: str) -> Reply:
    return private(
        voice.say("posted_now", post=_beat(voice, beat, chapter), channel=ChannelName(channel))
    )


def resent(voice: Voice, chapter: Chapter, channel: str) -> Reply:
    what = _beat(voice, Beat.CHAPTER, chapter)
    return private(voice.say("resent", post=what, channel=ChannelName(channel)))


# -- what comes unasked, in private ----------------------------------------------------------------


def offer(voice: Voice, run: Run, chapter: Chapter, beat: Beat) -> Post:
    """A run by hand has reached a slot. A chapter can be looked at and skipped from here."""
    controls = [voice.button("post_now", actions.PostNow(run.id, run.revision), "primary")]
    if beat is Beat.CHAPTER:
        words = voice.label("preview_number", number=chapter.number)
        controls.append(voice.named(words, actions.Preview(run.id, chapter.slug)))
        words = voice.label("skip_number", number=chapter.number)
        controls.append(voice.named(words, actions.SkipChapter(run.id)))  # which asks first
    return post(
        voice.say("offer", post=_beat(voice, beat, chapter), channel=ChannelName(run.channel)),
        *controls,
    )


def _beat(voice: Voice, beat: Beat, chapter: Chapter) -> str:
    """ "week 3", "the vote of week 3", "the recap of week 3"."""
    return voice.label(f"beat_{beat}", number=chapter.number)


def too_late(voice: Voice, run: Run, chapter: Chapter, planned: datetime, missed: int) -> Post:
    """After a long outage nothing is posted by itself; nothing is lost either."""
    said = voice.say(
        "too_late",
        post=_beat(voice, run.held or Beat.CHAPTER, chapter),
        channel=ChannelName(run.channel),
        planned=voice.moment(planned),
        slots=count(voice, "slots", missed),
    )
    if run.due is not None:
        said += voice.say("next_post", when=voice.moment(run.due.at))
    return post(
        said,
        voice.button("post_now", actions.PostNow(run.id, run.revision), "primary"),
        voice.button("pause", actions.Pause(run.id)),
    )


def restored(voice: Voice, run: Run, chapter: Chapter, planned: datetime, missed: int) -> Post:
    """What is known comes from an older copy: a person has to look what was posted since."""
    beat = run.held or Beat.CHAPTER
    said = voice.say(
        "restored",
        post=_beat(voice, beat, chapter),
        channel=ChannelName(run.channel),
        planned=voice.moment(planned),
        slots=count(voice, "slots", missed),
    )
    controls = [voice.button("post_now", actions.PostNow(run.id, run.revision))]
    if beat is Beat.CHAPTER:
        said += voice.say("restored_chapter", number=chapter.number)
        words = voice.label("skip_number", number=chapter.number)
        controls.append(voice.named(words, actions.SkipChapter(run.id)))  # which asks first
    return post(said, *controls)


def blocked(voice: Voice, run: Run, series: str, *, missing: str, gone: bool, waiting: int) -> Post:
    """The platform refuses to take posts there; tells once, names the right."""
    key = "blocked_gone" if gone else "blocked_missing" if missing else "blocked"
    return post(
        voice.say(
            key,
            series=series,
            channel=ChannelName(run.channel),
            missing=missing,
            waiting=count(voice, "posts", waiting),
            move=CommandName("/series move"),
        ),
        voice.button("check_again", actions.CheckAgain(run.id), "primary"),
    )


def back(voice: Voice, run: Run, series: str, waiting: int) -> Post:
    """The app was removed from the space and is there again; its run waits for a word."""
    return post(
        voice.say(
            "here_again",
            series=series,
            channel=ChannelName(run.channel),
            waiting=count(voice, "posts", waiting),
        ),
        voice.button("check_again", actions.CheckAgain(run.id), "primary"),
    )


def uncertain(voice: Voice, run: Run, delivery: str, number: int | None) -> Post:
    """It may or may not have been posted, and nobody but a person can tell."""
    return post(
        voice.say("uncertain_start", channel=ChannelName(run.channel))
        if number is None
        else voice.say("uncertain", number=number, channel=ChannelName(run.channel)),
        voice.button("it_is_there", actions.Settle(delivery, there=True)),
        voice.button("post_again", actions.Settle(delivery, there=False)),
    )


def failed(voice: Voice, run: Run, delivery: str, beat: str, number: int | None) -> Post:
    """The platform does not take the message as it is; the log has the platform's own words."""
    what = (
        voice.label("beat_start") if number is None else voice.label(f"beat_{beat}", number=number)
    )
    return post(
        voice.say("failed", post=what, channel=ChannelName(run.channel)),
        voice.button("post_again", actions.Settle(delivery, there=False)),
    )


def stuck(voice: Voice, run: Run, title: str, planned: datetime, *, gone: bool) -> Post:
    """A slot has come, and its post can't be made; it is tried again and again."""
    return post(
        voice.say(
            "stuck_gone" if gone else "stuck",
            series=title,
            channel=ChannelName(run.channel),
            planned=voice.moment(planned),
        ),
        voice.button("status", actions.ShowStatus(run.id), "primary"),
    )


def settled(voice: Voice, there: bool) -> Reply:
    return private(voice.say("settled_there" if there else "settled_again"), edit=True)


def settled_before(voice: Voice) -> Reply:
    return private(voice.say("settled_before"), edit=True)


def still_blocked(voice: Voice, channel: str, missing: Sequence[str], gone: bool) -> Reply:
    if gone:
        move = CommandName("/series move")
        return private(voice.say("still_gone", channel=ChannelName(channel), move=move))
    return private(
        voice.say("still_missing", channel=ChannelName(channel), missing=", ".join(missing))
    )
