"""A chapter as its author wants to see it: scene by scene, as the channel and its members will.

Knows no store and no screen; the chapter is posed here and now. Invariant: it goes through the
same replies as the real thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from lessons.challenge import Answer, ChosenKey, Option, Variant, Verdict
from lessons.curriculum import Card, Chapter
from lessons.document import Document, Strong, Text, paragraph
from lessons.figure import Figure
from lessons.generators import draw, over_answer, pose, rng_of, seed_of
from lessons.kinds import kind_of
from lessons.kinds.spec import Spec
from lessons.markdown import blocks
from lessons.posts import Post, Reply
from lessons.progress import Progress, Work
from lessons.replies import challenges as challenge_replies
from lessons.replies import reading
from lessons.replies.challenges import Posed
from lessons.replies.voice import Voice, run_on

READER: Final = "you"
RIGHT: Final = " (this is the right one)"
NEVER_MIND: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When the chapter was done: a preview does not tell after each challenge how many are left."""

Shown: TypeAlias = Post | Reply | Document


@dataclass(frozen=True, slots=True)
class Scene:
    """Something an author looks at: a post for all, replies for one, or words about them."""

    title: str
    shown: tuple[Shown, ...]


def scenes(chapter: Chapter, seed: int, space: str, *, challenges: bool) -> tuple[Scene, ...]:
    """The post, what follows the vote, the cards, and each challenge where it is wanted.

    Trains what the chapter draws. Raises what its generators raise.
    """
    return tuple(_Preview(chapter, seed, space).scenes(challenges=challenges))


def _figure(card: Card) -> Figure | None:
    return draw(card.figure.generator, card.figure.seed) if card.figure else None


class _Preview:
    """One chapter, posed for one seed."""

    def __init__(self, chapter: Chapter, seed: int, space: str) -> None:
        self._chapter = chapter
        self._run = f"preview-{seed}"
        self._voice = Voice("en", space)

    def scenes(self, *, challenges: bool) -> Iterator[Scene]:
        question = pose(self._chapter.question, self._seed(self._chapter.question))
        yield Scene("In the channel", (self._post(question),))
        yield Scene("After the vote", (_explained(question),))
        yield Scene("The cards", tuple(self._cards()))
        if challenges:
            for spec in self._chapter.challenges:
                yield Scene(f"{spec.id} ({spec.kind})", tuple(self._challenge(spec)))

    def _post(self, question: Variant) -> Post:
        index = reading.hero_card(self._chapter, question)
        hero = None if index is None else _figure(self._chapter.cards[index])
        return reading.chapter_post(
            self._voice, self._run, self._chapter, question, hero=hero, votes=0
        )

    def _cards(self) -> Iterator[Reply]:
        """Every card, the reveal cards open."""
        for index, card in enumerate(self._chapter.cards):
            figure = _figure(card)
            yield reading.card(self._voice, self._run, self._chapter, index, figure, True)

    def _challenge(self, spec: Spec) -> Iterator[Shown]:
        """A variant with its form, its hints and the answer that passes."""
        variant = pose(spec, self._seed(spec))
        posed = Posed(self._run, self._chapter, variant, Work(spec.id, spec.id))
        kind = kind_of(variant.kind)
        yield challenge_replies.challenge(self._voice, posed)
        yield challenge_replies.answer_form(self._voice, posed, 1)
        for number, words in enumerate(variant.hints, start=1):
            yield run_on(self._voice.say("hint", number=number), blocks(words))
        passing = next(
            (p.raw for p in kind.selftest(variant, rng_of(0)) if p.fate == "passes"), None
        )
        answer = kind.parse(variant, passing) if passing is not None else None
        verdict = kind.grade(variant, answer) if isinstance(answer, Answer) else None
        if isinstance(answer, Answer) and isinstance(verdict, Verdict):
            done = Progress(READER, self._chapter.slug, frozenset({spec.id}), done_at=NEVER_MIND)
            reveal = over_answer(variant, answer)
            yield challenge_replies.verdict(self._voice, posed, verdict, done, reveal=reveal)

    def _seed(self, spec: Spec) -> int:
        return seed_of(self._run, self._chapter.slug, spec.id, READER, 1)


def _explained(question: Variant) -> Document:
    """The explanation, and what is said to each option."""
    said = blocks(question.explanation)
    for option in question.options:
        said += _option(option, question) + blocks(option.feedback)
    return said


def _option(option: Option, question: Variant) -> Document:
    right = isinstance(question.key, ChosenKey) and question.key.option == option.id
    return paragraph(Strong((Text(option.text),)), RIGHT if right else "")
