"""The shared question: private votes with confidence, and what the group's votes say.

Knows no store and no words. Invariant: a vote is given before its answer is seen: it can be
given and changed until the member looks, a first one never after the discuss beat, a second one
never after the recap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from lessons.actions import Confidence

ENOUGH_VOTERS = 5
"""With fewer, shares say nothing and give people away."""

HARD = 0.35
EASY = 0.70

Round: TypeAlias = Literal[1, 2]
Course: TypeAlias = Literal["few", "explain", "talk", "known"]

CERTAINTY: Mapping[Confidence, float] = {"hunch": 0.5, "fairly": 0.75, "certain": 0.95}
"""How often someone who says so would be right if there were two options."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's vote in one round; `confidence` "" until they said.

    Who has looked at what happened (`looked_at`) has seen the answer, so the vote stays.
    """

    member: str
    round: Round
    option: str
    confidence: Confidence | Literal[""]
    voted_at: datetime
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Voted:
    """`changed`: there was another choice before."""

    member: str
    option: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """How sure a member is of their vote."""

    member: str
    level: Confidence


@dataclass(frozen=True, slots=True)
class Looked:
    """A member has seen what happened, for the first time."""

    member: str


class VotingOver(ValueError):
    """The member has seen the answer, or the group its votes; the vote stays as it is."""


class UnknownOption(ValueError):
    """The question has no such option."""


def vote(
    ballot: Ballot | None,
    member: str,
    option: str,
    options: Iterable[str],
    closed: bool,
    now: datetime,
    of_round: Round = 1,
) -> tuple[Ballot, tuple[Voted, ...]]:
    """Vote, or change the vote; choosing the same again changes nothing.

    Raises VotingOver if the round is closed or the answer was looked at, UnknownOption for no
    option of the question.
    """
    if option not in options:
        raise UnknownOption(option)
    if ballot is not None and ballot.option == option:
        return ballot, ()
    if closed or (ballot is not None and ballot.looked_at is not None):
        raise VotingOver(option)
    changed = ballot is not None
    return Ballot(member, of_round, option, "", now), (Voted(member, option, changed),)


def be_sure(ballot: Ballot, level: Confidence, closed: bool) -> tuple[Ballot, tuple[Stated, ...]]:
    """Say how sure; saying the same again changes nothing.

    Raises VotingOver if the round is closed or the answer was looked at, and this is not what
    was said before.
    """
    if ballot.confidence == level:
        return ballot, ()
    if closed or ballot.looked_at is not None:
        raise VotingOver(ballot.option)
    return replace(ballot, confidence=level), (Stated(ballot.member, level),)


def reveal(ballot: Ballot, now: datetime) -> tuple[Ballot, tuple[Looked, ...]]:
    """Look at what happened; from then on the vote stays. Looking again changes nothing."""
    if ballot.looked_at is not None:
        return ballot, ()
    return replace(ballot, looked_at=now), (Looked(ballot.member),)


def stated_chance(level: Confidence, options: int) -> float:
    """The chance of being right that a confidence stands for, among `options` choices.

    Between two options guessing gives 0.5 and knowing 1, and `CERTAINTY` is meant there. Among
    more, it keeps its place on the way from guessing (1/options) to knowing: a hunch is worth a
    guess, "fairly" goes half of the way, "certain" nine tenths of it.

    Raises ValueError for fewer than two options.
    """
    if options < 2:
        raise ValueError(f"{options} options leave nothing to choose")
    guess = 1 / options
    way = (CERTAINTY[level] - 0.5) / 0.5
    return guess + (1 - guess) * way


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes per option, in the question's order."""

    counts: tuple[tuple[str, int], ...]
    right: str

    @property
    def voters(self) -> int:
        return sum(count for _, count in self.counts)

    @property
    def share_right(self) -> float:
        """0 to 1; 0 if nobody voted."""
        return dict(self.counts).get(self.right, 0) / self.voters if self.voters else 0.0


def tally(votes: Mapping[str, int], options: Iterable[str], right: str) -> Tally:
    """Count by option; an option that nobody chose counts 0."""
    return Tally(tuple((option, votes.get(option, 0)) for option in options), right)


def course(first: Tally) -> Course:
    """How the discuss beat goes on, by the share that was right (peer instruction).

    Below 35 % there is too little to talk from, above 70 % too little to talk about
    (Crouch & Mazur 2001, "Peer Instruction: Ten years of experience and results").
    """
    if first.voters < ENOUGH_VOTERS:
        return "few"
    if first.share_right < HARD:
        return "explain"
    return "known" if first.share_right > EASY else "talk"
