"""What a person can ask for: the closed set of wants, and the action that carries one.

Knows no platform's way of asking; `lessons.commands` maps words to wants, controls carry them.
Invariant: a want names everything it is about, so it can be stored and pressed years later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from lessons.timetable import Timetable

Confidence: TypeAlias = Literal["hunch", "fairly", "certain"]
RunId: TypeAlias = str


class Want(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Something a person wants. `run` "" means: this channel's, else the member's only one."""


# -- members ------------------------------------------------------------------------------------


class Join(Want, frozen=True):
    run: RunId = ""


class Leave(Want, frozen=True):
    run: RunId = ""
    sure: bool = False


class Explain(Want, frozen=True):
    """What is this series, for someone who has not joined."""

    run: RunId = ""


class ReadLesson(Want, frozen=True):
    """A posted chapter, card by card. `chapter` is a slug or a number, "" means the newest.

    `turned`: from another card, which this one takes the place of.
    """

    run: RunId = ""
    chapter: str = ""
    card: int = 0
    turned: bool = False


class Vote(Want, frozen=True):
    """A vote on the shared question; `round` 2 is the one after the talk."""

    run: RunId
    chapter: str
    option: str
    round: int = 1


class BeSure(Want, frozen=True):
    """How sure a member is of the vote they have just given."""

    run: RunId
    chapter: str
    level: Confidence
    round: int = 1


class Reveal(Want, frozen=True):
    """What really happened, for a member who has voted."""

    run: RunId
    chapter: str


class Challenges(Want, frozen=True):
    """The next open challenge. `chapter` "" means the newest posted chapter."""

    run: RunId = ""
    chapter: str = ""


class OpenChallenge(Want, frozen=True):
    """One challenge of a chapter. `another` names the variant to go on from: with new numbers.

    Naming the old one makes a double click harmless: both get the one variant after it.
    """

    run: RunId
    chapter: str
    challenge: str
    another: str = ""


class AskAnswer(Want, frozen=True):
    """Opens the form for a try; `number` is the try it is for."""

    variant: str
    number: int


class Try(Want, frozen=True):
    """An answer. A second one for the same `number` gets the first one's verdict back."""

    variant: str
    number: int


class TakeHint(Want, frozen=True):
    """The hint after `seen` hints; asking twice for the same one shows it twice."""

    variant: str
    seen: int


class SkipChallenge(Want, frozen=True):
    """On to the next challenge; this one stays open."""

    variant: str


class ShowProgress(Want, frozen=True):
    run: RunId = ""


class WhatNext(Want, frozen=True):
    """The one thing that is due for me now."""

    run: RunId = ""


class Help(Want, frozen=True):
    pass


class ShowHome(Want, frozen=True):
    """All that is mine in this space: my series, how far I am, what is due."""


class ShowPrivacy(Want, frozen=True):
    """What is kept of me, and what I can do about it."""


class ShowKept(Want, frozen=True):
    """All that is kept of me here, in plain words."""


class ExportMine(Want, frozen=True):
    """All that is kept of me here, for a machine."""


class DeleteMine(Want, frozen=True):
    """Delete all that is kept of me here."""

    sure: bool = False


class ShowSettings(Want, frozen=True):
    """How I want it: my time zone, reminders, or to be left alone."""


class AskSettings(Want, frozen=True):
    """Opens the form for them."""


class ChangeSettings(Want, frozen=True):
    """What stands in that form."""


class Remind(Want, frozen=True):
    """Be reminded, or no more."""

    on: bool


class LeaveAlone(Want, frozen=True):
    """Be left alone, or no more."""

    alone: bool


# -- moderators ---------------------------------------------------------------------------------


class ProposeStart(Want, frozen=True):
    """Shows what would be posted when, and asks before anything happens. All as typed.

    `channel` "" means where it was typed; `role` is the one that is told of each chapter.
    """

    series: str = ""
    day: str = ""
    time: str = ""
    zone: str = ""
    mode: str = ""
    first_chapter: str = ""
    channel: str = ""
    role: str = ""


class ConfirmStart(Want, frozen=True):
    series: str
    timetable: Timetable
    zone: str
    by_hand: bool
    first_chapter: str
    channel: str = ""
    role: str = ""


class Cancel(Want, frozen=True):
    """Never mind: nothing was changed."""


class ShowStatus(Want, frozen=True):
    run: RunId = ""


class Preview(Want, frozen=True):
    """A chapter as it will be posted, shown to the moderator alone."""

    run: RunId = ""
    chapter: str = ""
    series: str = ""


class PostNow(Want, frozen=True):
    """Post what the next slot would post, without waiting. `seen` is the run's revision shown."""

    run: RunId = ""
    seen: int | None = None


class Pause(Want, frozen=True):
    run: RunId = ""


class Resume(Want, frozen=True):
    run: RunId = ""


class SkipChapter(Want, frozen=True):
    """Drops the next chapter from the channel; it stays open to members. `chapter` guards it."""

    run: RunId = ""
    chapter: str = ""


class MoveRun(Want, frozen=True):
    """From the next post on, the run goes to another channel."""

    run: RunId = ""
    channel: str = ""


class StopRun(Want, frozen=True):
    run: RunId = ""
    sure: bool = False


class Resend(Want, frozen=True):
    """Posts a chapter's post once more, as a new issue. `chapter` "" means the newest."""

    run: RunId = ""
    chapter: str = ""


class Moderators(Want, frozen=True):
    """Who moderates a run; with a `member`, that one does as well from now on."""

    run: RunId = ""
    member: str = ""


class RemoveModerator(Want, frozen=True):
    """From now on a member moderates the run no more; `sure` for who removes themself."""

    run: RunId
    member: str
    sure: bool = False


class Settle(Want, frozen=True):
    """A moderator's word on an uncertain delivery: it is there, or post it again."""

    delivery: str
    there: bool


class CheckAgain(Want, frozen=True):
    """Take up a run again that a missing right or a deleted channel had stopped."""

    run: RunId = ""


AnyWant: TypeAlias = (
    Join
    | Leave
    | Explain
    | ReadLesson
    | Vote
    | BeSure
    | Reveal
    | Challenges
    | OpenChallenge
    | AskAnswer
    | Try
    | TakeHint
    | SkipChallenge
    | ShowProgress
    | WhatNext
    | Help
    | ShowHome
    | ShowPrivacy
    | ShowKept
    | ExportMine
    | DeleteMine
    | ShowSettings
    | AskSettings
    | ChangeSettings
    | Remind
    | LeaveAlone
    | ProposeStart
    | ConfirmStart
    | Cancel
    | ShowStatus
    | Preview
    | PostNow
    | Pause
    | Resume
    | SkipChapter
    | MoveRun
    | StopRun
    | Resend
    | Moderators
    | RemoveModerator
    | Settle
    | CheckAgain
)

MODERATOR_WANTS = (
    ProposeStart,
    ConfirmStart,
    ShowStatus,
    Preview,
    PostNow,
    Pause,
    Resume,
    SkipChapter,
    MoveRun,
    StopRun,
    Resend,
    Moderators,
    RemoveModerator,
    Settle,
    CheckAgain,
)

_decoder: msgspec.json.Decoder[AnyWant] = msgspec.json.Decoder(AnyWant)


def encode_want(want: AnyWant) -> str:
    """The want as canonical JSON, the form in which a control's meaning is stored."""
    return msgspec.json.encode(want, order="deterministic").decode()


def decode_want(text: str) -> AnyWant:
    """The inverse of `encode_want`. Raises msgspec.ValidationError."""
    return _decoder.decode(text)


# -- actions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Typed:
    """A command as typed: `/study lesson 2` is ("study", "lesson", ("2",)).

    Platforms with named options give them in `options`; words are taken in the table's order.
    """

    group: str
    name: str
    words: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pressed:
    """A control was pressed; `control` is its opaque id."""

    control: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """A form came back: `control` is the form's id, `raw` what stands in each field."""

    control: str
    raw: Mapping[str, str | tuple[str, ...]]


What: TypeAlias = Typed | Pressed | Submitted


@dataclass(frozen=True, slots=True)
class Action:
    """One thing one person did. `id` is the platform's own id of it.

    `moderator`: whether the platform lets them moderate everything in the space; None where it
    does not say so with the action, and is asked when it matters. `may_start`: they may start a
    series, and moderate what they started.
    """

    id: str
    space: str
    channel: str
    member: str
    moderator: bool | None
    language: str
    moment: datetime
    what: What
    may_start: bool = False
