"""What is said back, platform-neutral: posts, parts, controls, forms, replies and deeds.

Knows no platform and no words (those are in `lessons.wording`).
Invariant: a control's id is opaque and follows from its space and its want alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec

from lessons.actions import AnyWant, encode_want
from lessons.commands import Answers, answers_of, takes_window
from lessons.document import Document, plain
from lessons.fields import Field
from lessons.figure import Figure
from lessons.split import split

Style: TypeAlias = Literal["plain", "choice", "primary", "danger"]
"""`choice` is one of several things to choose from; platforms may set them apart."""


class Control(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button. `answers` says what comes back when it is pressed, so an adapter can get ready.

    `window`: what comes back is looked at for a while (`lessons.commands.takes_window`).
    """

    id: str
    label: str
    answers: Answers
    want: AnyWant
    style: Style = "plain"

    @property
    def window(self) -> bool:
        return takes_window(self.want)


def control(space: str, label: str, want: AnyWant, style: Style = "plain") -> Control:
    """A control whose id is the same whenever the same space offers the same want."""
    return Control(control_id(space, want), label, answers_of(want), want, style)


def control_id(space: str, want: AnyWant) -> str:
    """24 hex digits that mean nothing outside the store."""
    return hashlib.sha256(f"{space}\n{encode_want(want)}".encode()).hexdigest()[:24]


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """Exactly one message. `text` is what a notification or a screen reader gets first.

    `ping` names the one role that is told of it; nobody else is, whatever the words say.
    """

    document: Document
    text: str
    controls: tuple[Control, ...] = ()
    ping: str = ""


_part_decoder = msgspec.json.Decoder(Part)


def encode_part(part: Part) -> str:
    """The part as JSON, the form in which the ledger freezes it."""
    return msgspec.json.encode(part).decode()


def decode_part(text: str) -> Part:
    """The inverse of `encode_part`. Raises msgspec.ValidationError."""
    return _part_decoder.decode(text)


@dataclass(frozen=True, slots=True)
class Post:
    """Something to be posted in one or more parts; `figures` are those its Plots name."""

    document: Document
    text: str
    controls: tuple[Control, ...] = ()
    figures: tuple[Figure, ...] = ()


def parts_of(post: Post, fits: Callable[[Document], bool]) -> tuple[Part, ...]:
    """The post cut into messages that fit; the controls stand under the last one.

    Raises lessons.split.DoesNotFit if a single piece is larger than a message.
    """
    documents = split(post.document, fits) or (Document(),)
    last = len(documents) - 1
    return tuple(
        Part(
            document=document,
            text=post.text if number == 0 else plain(document)[:150],
            controls=post.controls if number == last else (),
        )
        for number, document in enumerate(documents)
    )


@dataclass(frozen=True, slots=True)
class Form:
    """Fields to fill in; `control` is the id under which the answers come back."""

    control: Control
    title: str
    intro: Document
    fields: tuple[Field, ...]
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong in one field of a form that came back; nothing was counted."""

    field: str
    words: Document


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer to one action: a post or a form.

    A form that comes back with `errors` has both: the form to be filled in again, and a post that
    says what was wrong, for platforms whose forms are gone once they were sent.
    `edit` replaces the message whose control was pressed instead of adding one.
    `patience`: the answer is being made, and takes the place of this as soon as it is there.
    `private` replies are seen by the asking member alone.
    """

    post: Post | None = None
    form: Form | None = None
    private: bool = True
    edit: bool = False
    patience: bool = False
    errors: tuple[FieldError, ...] = ()


class OpenThread(msgspec.Struct, frozen=True, tag=True):
    """Open a thread under the post that `Address.thread` comes after."""

    name: str


class Pin(msgspec.Struct, frozen=True, tag=True):
    """Pin a post."""


Deed: TypeAlias = OpenThread | Pin
