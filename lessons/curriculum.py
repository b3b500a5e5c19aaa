"""What an author wrote: a series of chapters with cards, a shared question and challenges.

Knows no files and no runs; `lessons.build` makes it from {path: text}.
Invariant: a Series that exists has no mistakes; ids are unique within it.
"""

from __future__ import annotations

from dataclasses import dataclass

from lessons.document import Document
from lessons.kinds.spec import Spec


@dataclass(frozen=True, slots=True)
class CardFigure:
    """A figure that a registered generator draws from one fixed seed, the same for all."""

    generator: str
    seed: int


@dataclass(frozen=True, slots=True)
class Card:
    """A piece of the excerpt: at most 900 characters and one picture.

    A `reveal` card opens for a member once they voted, and for all at the discuss beat.
    """

    title: str
    body: Document
    reveal: bool
    figure: CardFigure | None


@dataclass(frozen=True, slots=True)
class Further:
    """Something to read or watch next."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One week. `number` counts from 1; `slug` is stable and names it in the store."""

    number: int
    slug: str
    title: str
    short: bool
    follows: str
    takeaway: str
    discuss: str
    further: tuple[Further, ...]
    in_short: Document
    cards: tuple[Card, ...]
    question: Spec
    challenges: tuple[Spec, ...]

    def challenge(self, name: str) -> Spec | None:
        """The challenge of that id, or None."""
        return next((spec for spec in self.challenges if spec.id == name), None)


@dataclass(frozen=True, slots=True)
class Series:
    """A whole series. `content_hash` changes when any text of it does."""

    slug: str
    title: str
    blurb: str
    language: str
    license: str
    attribution: str
    source_url: str
    chapters: tuple[Chapter, ...]
    content_hash: str

    def chapter(self, slug: str) -> Chapter | None:
        """The chapter of that slug, or None."""
        return next((chapter for chapter in self.chapters if chapter.slug == slug), None)
