"""All that is kept of one member of a space, as data: what they can read, and take along as JSON.

Knows no store and no words. Invariant: there is nothing here of anybody else, and no key of a
challenge.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

About: TypeAlias = Literal["you", "the series"]


class Plain(msgspec.Struct, frozen=True):
    """Something that is written as it is, with every field."""


class KeptVote(Plain, frozen=True):
    """`looked_at`: when they looked at what happened."""

    chapter: str
    round: int
    choice: str
    confidence: str
    at: datetime
    looked_at: datetime | None


class KeptAnswer(Plain, frozen=True):
    """`mistake` is the name of a known one, "" for none."""

    number: int
    answer: tuple[str | float, ...]
    score: float
    passed: bool
    mistake: str
    at: datetime


class KeptChallenge(Plain, frozen=True):
    """A challenge as it was posed to them; `issue` counts those with other numbers."""

    chapter: str
    challenge: str
    issue: int
    posed_at: datetime
    hints: int
    best: float
    passed_at: datetime | None
    answers: tuple[KeptAnswer, ...]


class KeptChapter(Plain, frozen=True):
    """How far they are in a chapter."""

    chapter: str
    passed: tuple[str, ...]
    tries: int
    hints: int
    done_at: datetime | None


class KeptLetter(Plain, frozen=True):
    """What was written to them in private; what became of it."""

    about: About
    chapter: str
    state: str
    planned: datetime
    settled: datetime | None


class KeptRun(Plain, frozen=True):
    """All of one run. `joined_at` None: they don't take part. `started`: they have started it;
    `moderates`: they are named for it."""

    run: str
    series: str
    channel: str
    joined_at: datetime | None
    left_at: datetime | None
    started: bool
    votes: tuple[KeptVote, ...] = ()
    chapters: tuple[KeptChapter, ...] = ()
    challenges: tuple[KeptChallenge, ...] = ()
    letters: tuple[KeptLetter, ...] = ()
    moderates: bool = False

    @property
    def answers(self) -> int:
        """How often they answered."""
        return sum(len(challenge.answers) for challenge in self.challenges)

    @property
    def done(self) -> int:
        """Chapters that are done."""
        return sum(chapter.done_at is not None for chapter in self.chapters)

    @property
    def theirs(self) -> bool:
        """Whether anything is kept here but that they started it, and letters about that."""
        letters = any(letter.about == "you" for letter in self.letters)
        some = self.votes or self.chapters or self.challenges or letters
        named = self.moderates and not self.started
        return bool(self.joined_at or named or some)


class KeptSettings(Plain, frozen=True):
    """How they want it; `zone` is the one they chose, `told` what the platform said."""

    zone: str
    told: str
    reminders: bool
    hour: int
    alone: bool


class Kept(Plain, frozen=True):
    """All of one space. `records` are an adapter's own, such as half-filled forms."""

    space: str
    member: str
    settings: KeptSettings | None
    runs: tuple[KeptRun, ...]
    records: Mapping[str, str]


def as_json(kept: Kept) -> str:
    """The same for a machine; instants are ISO 8601 in UTC."""
    return msgspec.json.format(msgspec.json.encode(kept), indent=1).decode()
