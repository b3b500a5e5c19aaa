"""The one command table: what can be typed, who may, and what a platform should expect back.

Knows no platform: Discord's slash commands, Slack's words and the page are made from this.
Invariant: every command makes exactly one kind of want, and every want says what it answers.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from lessons import actions
from lessons.actions import AnyWant, Typed

Answers: TypeAlias = Literal["message", "edit", "form"]
Completes: TypeAlias = Literal[
    "chapter", "series", "channel", "weekday", "time", "zone", "mode", "role", "member", "text"
]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may follow a command; `name` is the field of the want that it fills."""

    name: str
    completes: Completes
    required: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """`/group name option ...`; wording has its one-line description under `path`."""

    group: Literal["study", "series"]
    name: str
    want: type[AnyWant]
    options: tuple[Option, ...] = ()

    @property
    def moderators_only(self) -> bool:
        """Commands of `/series` act on the whole channel."""
        return self.group == "series"

    @property
    def path(self) -> str:
        """As typed, `/study next`."""
        return f"/{self.group} {self.name}"

    @property
    def usage(self) -> str:
        """The path with its options: `/study lesson [chapter]`, brackets where one may leave it."""
        options = (o.name if o.required else f"[{o.name}]" for o in self.options)
        return " ".join((self.path, *options))


HELP = "/study help"
START_EXAMPLE = "/series start an-eye-for-deep-learning thursday 18:30 Europe/Berlin timed 1"

_CHAPTER = Option("chapter", "chapter")

COMMANDS: tuple[Command, ...] = (
    Command("study", "join", actions.Join),
    Command("study", "leave", actions.Leave),
    Command("study", "next", actions.WhatNext),
    Command("study", "lesson", actions.ReadLesson, (_CHAPTER,)),
    Command("study", "challenge", actions.Challenges, (_CHAPTER,)),
    Command("study", "progress", actions.ShowProgress),
    Command("study", "home", actions.ShowHome),
    Command("study", "settings", actions.ShowSettings),
    Command("study", "privacy", actions.ShowPrivacy),
    Command("study", "help", actions.Help),
    Command(
        "series",
        "start",
        actions.ProposeStart,
        (
            Option("series", "series"),
            Option("day", "weekday"),
            Option("time", "time"),
            Option("zone", "zone"),
            Option("mode", "mode"),
            Option("first_chapter", "chapter"),
            Option("channel", "channel"),
            Option("role", "role"),
        ),
    ),
    Command("series", "status", actions.ShowStatus),
    Command("series", "preview", actions.Preview, (_CHAPTER,)),
    Command("series", "post-now", actions.PostNow),
    Command("series", "resend", actions.Resend, (_CHAPTER,)),
    Command("series", "pause", actions.Pause),
    Command("series", "resume", actions.Resume),
    Command("series", "skip", actions.SkipChapter),
    Command("series", "move", actions.MoveRun, (Option("channel", "channel", required=True),)),
    Command("series", "moderators", actions.Moderators, (Option("member", "member"),)),
    Command("series", "stop", actions.StopRun),
)


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """What was typed is no command; `nearest` is the path of the one probably meant, or ""."""

    typed: str
    nearest: str


def command_of(group: str, name: str) -> Command | None:
    """The command of the table with this name, in whatever case it was typed."""
    asked = (group.lower(), name.lower())
    return next((one for one in COMMANDS if (one.group, one.name) == asked), None)


def understand(typed: Typed) -> AnyWant | NotUnderstood:
    """The want behind a typed command.

    Words fill the command's options in the table's order; the last option takes what is left.
    A word too many for a command without options, an option it does not have or one that it
    needs and was not given make it NotUnderstood, with its own path as the nearest. Help may be
    asked for without saying for what: `/help` and `/series help` are `/study help`.
    """
    asked = (typed.group.lower(), typed.name.lower())
    if asked in (("help", ""), ("series", "help")) and not typed.words:
        return actions.Help()
    command = command_of(typed.group, typed.name)
    path = f"/{typed.group} {typed.name}".strip()
    if command is None:
        return NotUnderstood(path, _nearest(typed))
    given = by_name(command, typed)
    if given is None or any(o.required and not given.get(o.name) for o in command.options):
        return NotUnderstood(path, command.path)
    return msgspec.convert({"type": command.want.__name__, **given}, command.want)


def _nearest(typed: Typed) -> str:
    """By name alone: half of every path is its group, so as paths all of a group look alike."""
    own_last = sorted(COMMANDS, key=lambda command: command.group == typed.group.lower())
    paths = {command.name: command.path for command in own_last}
    close = difflib.get_close_matches(typed.name.lower(), paths, n=1)
    return paths[close[0]] if close else ""


def by_name(command: Command, typed: Typed) -> Mapping[str, str] | None:
    """What was given for each option; None if the command does not take all of it."""
    names = [option.name for option in command.options]
    words = list(typed.words)
    if len(words) > len(names):
        if not names:
            return None
        words[len(names) - 1 :] = [" ".join(words[len(names) - 1 :])]
    given = dict(zip(names, words, strict=False)) | dict(typed.options)
    return given if set(given) <= set(names) else None


_FORMS = (actions.AskAnswer, actions.AskSettings)
_EDITS = (
    actions.BeSure,
    actions.OpenChallenge,
    actions.Try,
    actions.TakeHint,
    actions.SkipChallenge,
    actions.ChangeSettings,
    actions.Remind,
    actions.LeaveAlone,
    actions.ConfirmStart,
    actions.Cancel,
    actions.RemoveModerator,
    actions.Settle,
)


def answers_of(want: AnyWant) -> Answers:
    """What pressing a control with this want brings: a new message, an edited one, or a form."""
    match want:
        case actions.ReadLesson(turned=turned):
            return "edit" if turned else "message"
        case _ if isinstance(want, _FORMS):
            return "form"
        case _:
            return "edit" if isinstance(want, _EDITS) else "message"


_BRIEF = (
    actions.Join,
    actions.Leave,
    actions.Explain,
    actions.Vote,
    actions.BeSure,
    actions.Cancel,
    actions.PostNow,
    actions.Resend,
    actions.Pause,
    actions.Resume,
    actions.SkipChapter,
    actions.MoveRun,
    actions.StopRun,
    actions.Settle,
    actions.CheckAgain,
)


def takes_window(want: AnyWant) -> bool:
    """Whether what this brings is read or worked on for a while, and may take time to make.

    A platform that has windows of its own shows it in one; a word or two stand in the channel.
    """
    return not isinstance(want, _BRIEF)


def for_moderators(want: AnyWant) -> bool:
    """Whether only moderators may want this; checked again at every control."""
    return isinstance(want, actions.MODERATOR_WANTS)
