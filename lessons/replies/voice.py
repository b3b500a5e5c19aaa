"""In whose language and for which space something is said; the few shapes all replies share.

Knows no sentence and no store. Invariant: every control made here belongs to the voice's space.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lessons.actions import AnyWant
from lessons.document import (
    Document,
    Heading,
    Inline,
    Moment,
    Paragraph,
    Plot,
    Text,
    inlines,
    plain,
)
from lessons.figure import Figure, digest
from lessons.posts import Control, Post, Reply, Style, control
from lessons.wording.phrase import Piece, label, say

LABEL = 75
"""So many characters fit on a button everywhere (Slack's limit)."""


@dataclass(frozen=True, slots=True)
class Voice:
    """The language to speak, the space controls belong to, the zone moments are shown in."""

    language: str
    space: str
    zone: str = "UTC"

    def say(self, key: str, **pieces: Piece) -> Document:
        """The sentence `key`, filled."""
        return say(self.language, key, **pieces)

    def label(self, key: str, **pieces: str | int) -> str:
        """The words of a button or title, filled."""
        return label(self.language, key, **pieces)

    def button(self, key: str, want: AnyWant, style: Style = "plain") -> Control:
        """A button labelled with the words of `key`."""
        return self.named(self.label(key), want, style)

    def named(self, words: str, want: AnyWant, style: Style = "plain") -> Control:
        """A button with words of its own, such as an option's."""
        return control(self.space, words, want, style)

    def moment(self, at: datetime) -> Moment:
        """An instant, shown in this voice's zone. Raises ValueError for a naive datetime."""
        if at.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return Moment(round(at.timestamp() * 1000), self.zone)


def private(
    document: Document,
    *controls: Control,
    edit: bool = False,
    figures: tuple[Figure, ...] = (),
) -> Reply:
    """A reply that only the asking member sees."""
    return Reply(post(document, *controls, figures=figures), edit=edit)


def post(document: Document, *controls: Control, figures: tuple[Figure, ...] = ()) -> Post:
    """A post whose notification text is the beginning of its words."""
    return Post(document, summary(document), controls, figures)


def summary(document: Document, length: int = 150) -> str:
    """The first words of a document on one line, for notifications and screen readers."""
    return shortened(" ".join(plain(document).split()), length)


def shortened(words: str, length: int) -> str:
    """At most `length` characters of a line of text, ending between two words and with "…"."""
    return words if len(words) <= length else words[: length - 1].rsplit(" ", 1)[0] + "…"


def run_on(opening: Document, more: Document) -> Document:
    """Both, as one paragraph where the first ends and the second begins with one."""
    match opening.blocks, more.blocks:
        case (*before, Paragraph(lead)), (Paragraph(rest), *after):
            joined = Paragraph((*lead, Text(" "), *rest))
            return Document((*before, joined, *after))
        case _:
            return opening + more


def heading(*content: Inline | str, level: int = 2) -> Document:
    """A document of one heading."""
    return Document((Heading(level, inlines(*content)),))


def plot(figure: Figure | None) -> Document:
    """The block that shows a figure, with its alt text; nothing for None."""
    return Document() if figure is None else Document((Plot(digest(figure), figure.alt),))
