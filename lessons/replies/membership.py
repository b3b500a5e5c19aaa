"""What members are told about taking part: joining, leaving, progress, what is next, help.

Knows no store: the views it speaks of come in as arguments.
Invariant: every reply names a next thing to do, or says that there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lessons import actions
from lessons.actions import AnyWant, RunId
from lessons.commands import COMMANDS, HELP, START_EXAMPLE, Command, NotUnderstood
from lessons.curriculum import Chapter, Series
from lessons.document import (
    ChannelName,
    CodeSpan,
    CommandName,
    Document,
    Listing,
    Paragraph,
    inlines,
)
from lessons.posts import Reply
from lessons.replies.voice import LABEL, Voice, heading, private, run_on, shortened

MOST_CHOICES = 20
"""No message asks for a choice among more: every platform has room for so many buttons."""


@dataclass(frozen=True, slots=True)
class RunName:
    """A run as people know it."""

    run: RunId
    series: str
    channel: str


@dataclass(frozen=True, slots=True)
class ChapterRow:
    """One line of a member's progress; `passed` of `challenges`, `done` with two of them."""

    number: int
    title: str
    passed: int
    challenges: int
    tries: int
    hints: int
    done: bool
    voted: bool


def joined(
    voice: Voice,
    run: RunId,
    series: Series,
    *,
    new: bool,
    again: bool,
    newest: Chapter | None,
    starts: datetime | None,
) -> Reply:
    """The answer to [Join]; `newest` is the chapter posted last, `starts` the next chapter."""
    key = "welcome_back" if again else "joined" if new else "in_already"
    said = voice.say(key, series=series.title)
    if newest is not None:
        said += voice.say("newest_is", number=newest.number, title=newest.title)
        return private(
            said,
            voice.button("read_cards", actions.ReadLesson(run, newest.slug), "primary"),
            voice.button("my_challenges", actions.Challenges(run, newest.slug)),
        )
    if starts is None:
        return private(said + voice.say("no_date_yet"))
    return private(said + voice.say("first_comes", when=voice.moment(starts)))


def confirm_leave(voice: Voice, run: RunId, title: str) -> Reply:
    return private(
        voice.say("leave_sure", series=title),
        voice.button("leave_yes", actions.Leave(run, sure=True), "danger"),
        voice.button("stay", actions.Cancel()),
    )


def left(voice: Voice, run: RunId, title: str) -> Reply:
    return private(voice.say("left", series=title), voice.button("join", actions.Join(run)))


def not_in(voice: Voice, run: RunId, title: str) -> Reply:
    """For someone who wants a member's thing without having joined."""
    return private(
        voice.say("not_in", series=title),
        voice.button("join", actions.Join(run), "primary"),
        voice.button("what_is_this", actions.Explain(run)),
    )


def explain(
    voice: Voice, run: RunId, series: Series, starts: datetime | None, *, enrolled: bool = False
) -> Reply:
    """What a series is; who takes part already is not asked to join."""
    said = voice.say("explain", series=series.title, blurb=series.blurb)
    if starts is not None:
        said += voice.say("next_comes", when=voice.moment(starts))
    if enrolled:
        return private(said)
    return private(said, voice.button("join", actions.Join(run), "primary"))


def progress(voice: Voice, run: RunId, series: Series, rows: tuple[ChapterRow, ...]) -> Reply:
    """One line a chapter, in words; nothing is told by colour or by a number alone."""
    if not rows:
        return private(voice.say("progress_none", series=series.title))
    lines = Document((Listing(tuple(_row(voice, row).blocks for row in rows)),))
    done = sum(row.done for row in rows)
    return private(
        heading(voice.label("progress_title", series=series.title))
        + voice.say("progress_sum", done=done, posted=len(rows))
        + lines,
        voice.button("my_challenges", actions.Challenges(run)),
    )


def _row(voice: Voice, row: ChapterRow) -> Document:
    begun = row.passed or row.tries
    ahead = "row_voted" if row.voted else "row_new"
    state = "row_done" if row.done else "row_open" if begun else ahead
    return voice.say(
        state,
        number=row.number,
        title=row.title,
        passed=row.passed,
        challenges=row.challenges,
        tries=count(voice, "tries", row.tries),
        hints=count(voice, "hints", row.hints),
        voted=voice.label("voted_yes" if row.voted else "voted_no"),
    )


def count(voice: Voice, noun: str, number: int) -> str:
    """ "1 try", "3 tries": the noun's wording key ends in _one or _many."""
    return voice.label(f"{noun}_one" if number == 1 else f"{noun}_many", number=number)


def nothing_due(voice: Voice, starts: datetime | None) -> Reply:
    if starts is None:
        return private(voice.say("nothing_due"))
    return private(voice.say("nothing_due_until", when=voice.moment(starts)))


def help_for(voice: Voice, moderator: bool) -> Reply:
    """Every command that this person may use, with what may follow it and its one line."""
    shown = [c for c in COMMANDS if moderator or not c.moderators_only]
    said = voice.say("help") + Document((Listing(tuple((_command(voice, c),) for c in shown)),))
    if moderator:
        said += voice.say("help_start", example=CodeSpan(START_EXAMPLE))
    return private(said)


def _command(voice: Voice, command: Command) -> Paragraph:
    does = f": {voice.label('command_' + command.path[1:].replace(' ', '_'))}"
    if not command.options:
        return Paragraph(inlines(CommandName(command.path), does))
    follows = CodeSpan(command.usage.removeprefix(command.path).strip())
    return Paragraph(inlines(CommandName(command.path), " ", follows, does))


# -- when it is not clear what is meant ------------------------------------------------------------


def which_run(voice: Voice, choices: tuple[tuple[RunName, AnyWant], ...]) -> Reply:
    """Several runs could be meant: one button each, with the want made whole.

    Only a document can show a channel by its name, so the list does, and buttons are numbered.
    """
    lines = tuple(
        (Paragraph(inlines(f"{name.series} · ", ChannelName(name.channel))),) for name, _ in choices
    )
    buttons = [
        voice.named(shortened(f"{number} · {name.series}", LABEL), want)
        for number, (name, want) in enumerate(choices, start=1)
    ]
    return private(voice.say("which_run") + Document((Listing(lines, start=1),)), *buttons)


def no_run(voice: Voice, moderator: bool) -> Reply:
    return private(
        voice.say("no_run_moderator" if moderator else "no_run", start=CommandName("/series start"))
    )


def not_understood(voice: Voice, typed: NotUnderstood) -> Reply:
    help_name = CommandName(HELP)
    known = next((c for c in COMMANDS if c.path == typed.typed.lower()), None)
    if known is None and not typed.nearest:
        return private(voice.say("not_understood", typed=typed.typed, help=help_name))
    if known is not None:  # the command is right, what follows it is not
        said = voice.say("typed_like", usage=CodeSpan(known.usage))
    else:
        said = voice.say("did_you_mean", typed=typed.typed, nearest=CommandName(typed.nearest))
    if typed.nearest != HELP:
        said = run_on(said, voice.say("shows_it_all", help=help_name))
    return private(said)


def moderators_only(voice: Voice) -> Reply:
    return private(voice.say("moderators_only"))


def moved_on(voice: Voice, run: RunId = "") -> Reply:
    """An old or foreign button: no error, and the way to where the member is now."""
    return private(
        voice.say("moved_on"), voice.button("my_challenges", actions.Challenges(run), "primary")
    )


def never_mind(voice: Voice) -> Reply:
    return private(voice.say("never_mind"), edit=True)


def series_gone(voice: Voice, series: str) -> Reply:
    """The run is there, its series is not: a folder was moved or has mistakes."""
    return private(voice.say("series_gone", series=series))


def went_wrong(voice: Voice) -> Reply:
    """Something of ours failed; nothing was counted."""
    return private(voice.say("went_wrong"))
