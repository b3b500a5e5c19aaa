"""One delivery: a message to be made or a deed to be done, and what can become of it.

Knows no store and no platform; `bot.ledger` keeps these, `bot.dispatcher` carries them out.
Invariant: a delivery's id follows from its identity alone, so a marker can always be found again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from adapters.port import DeliveryKey, PostRef
from lessons.posts import Deed, Part

Lane: TypeAlias = tuple[str, str, str]
"""Space, channel, member: a place that is posted to by one message at a time."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to be made, or one deed to be done to a message.

    Its identity is (space, run, chapter, beat, purpose, part, issue). `issue` rises only when a
    person asks for the post once more. `member` set: in private; of a letter to several members
    the `purpose` names each. `after` is another delivery's
    id: a part goes into the thread which that deed opens, or which that message stands in; a deed
    is done to that message.
    """

    space: str
    run: str
    chapter: str
    beat: str
    purpose: str
    part: int
    issue: int
    content: Part | Deed
    channel: str
    planned: datetime
    due: datetime
    member: str = ""
    after: str | None = None

    @property
    def id(self) -> DeliveryKey:
        """24 hex digits that follow from the identity: the marker by which the post is found."""
        return delivery_id(
            self.space, self.run, self.chapter, self.beat, self.purpose, self.part, self.issue
        )


def delivery_id(
    space: str, run: str, chapter: str, beat: str, purpose: str, part: int, issue: int
) -> DeliveryKey:
    """The id of the delivery with this identity, whether it is planned or not."""
    identity = msgspec.json.encode((space, run, chapter, beat, purpose, part, issue))
    return hashlib.sha256(identity).hexdigest()[:24]


class State(StrEnum):
    """Where a delivery is. `UNCERTAIN`: only a person can tell whether it was posted."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger as people are shown it. `tries` counts those that may have posted."""

    delivery: Delivery
    state: State
    reason: str
    tries: int
    ref: PostRef | None
    settled: datetime | None


# -- on its way ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that `owner` may try until `lease_until`; then anybody may.

    `tries` includes this one; from the second on, look before sending. `unclear` counts those
    before it that had no clear answer, `first_try` is when a message can have been left at the
    earliest. `vouched`: a moderator says it is not there.
    `stopped`: its run has ended, send nothing new. `opener` is the reference of `after`: None
    without one, and also if that failed, was skipped, or is there only by a moderator's word.
    """

    delivery: Delivery
    owner: str
    lease_until: datetime
    tries: int
    unclear: int
    first_try: datetime
    vouched: bool
    stopped: bool
    opener: PostRef | None

    @property
    def lane(self) -> Lane:
        """Where it goes; the threads of a channel share its lane."""
        return self.delivery.space, self.delivery.channel, self.delivery.member


# -- what became of a try ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """It is there. `ref` is None for a deed that makes nothing."""

    ref: PostRef | None


@dataclass(frozen=True, slots=True)
class Later:
    """Again at `due`. `clean`: this try has certainly left nothing on the platform."""

    due: datetime
    reason: str
    clean: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The channel can't be posted to: a right is missing, or it is gone. The delivery waits.

    Whoever is told this blocks the run; the delivery goes out as soon as the run goes on.
    """

    missing: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """It will never be posted in this form. `reason` is a code with its parameter.

    `closed`: whom it is for can't be written to.
    """

    reason: str
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may be there, nobody can look, and a person has to say."""

    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """There is nothing left to do: its run was stopped, or what it was for is not there."""

    reason: str


Outcome: TypeAlias = Sent | Later | Refused | Failed | Uncertain | Skipped
