"""What `studyhall preview` shows an author: a chapter as the channel and its members will see it.

Knows no store: the chapter is posed here and now, from its folder. Invariant: it goes through the
same replies and the same renderer as the real thing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from adapters.terminal.messenger import SPACE
from adapters.terminal.screen import Screen, terminal
from bot.hall import CHANNEL, known_zone
from bot.library import Library
from lessons.challenge import Answer, ChosenKey, Verdict
from lessons.curriculum import Card, Chapter, Series
from lessons.figure import Figure, digest
from lessons.generators import draw, over_answer, pose, rng_of, seed_of
from lessons.kinds import kind_of
from lessons.kinds.spec import Spec
from lessons.markdown import blocks
from lessons.posts import Part, Post
from lessons.progress import Progress, Work
from lessons.replies import challenges as challenge_replies
from lessons.replies import reading
from lessons.replies.challenges import Posed
from lessons.replies.voice import Voice, run_on

READER: Final = "you"
RIGHT: Final = "  (this is the right one)"
NEVER_MIND: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When the chapter was done: a preview does not tell after each challenge how many are left."""


def show(named: str, *, series: str, path: Path | None, challenges: bool, seed: int) -> int:
    """Print the chapter; 0, or 1 with words if there is none like that or its text is wrong."""
    shelf = Library(() if path is None else (path,), shipped=path is None).reload()
    if shelf.mistakes:
        sys.stdout.write("".join(f"{mistake}\n" for mistake in shelf.mistakes))
        return 1
    offered = [one for one in shelf.series.values() if series in ("", one.slug)]
    found = [
        chapter
        for one in offered
        for chapter in one.chapters
        if named in (chapter.slug, str(chapter.number))
    ]
    if len(found) != 1:
        sys.stdout.write(_which(named, shelf.series.values(), several=len(found) > 1))
        return 1
    preview = _Preview(terminal(known_zone), found[0], seed)
    preview.channel()
    preview.cards()
    if challenges:
        preview.challenges()
    return 0


def _which(named: str, shelf: Iterable[Series], *, several: bool) -> str:
    known = "".join(
        f"  {one.slug}: {chapter.number} ({chapter.slug})\n"
        for one in shelf
        for chapter in one.chapters
    )
    what = "Several series have a chapter" if several else "There is no chapter"
    return f"{what} {named}. Name one of these, with --series where there are several:\n{known}"


def _figure(card: Card) -> Figure | None:
    return draw(card.figure.generator, card.figure.seed) if card.figure else None


class _Preview:
    """One chapter, posed for one seed."""

    def __init__(self, screen: Screen, chapter: Chapter, seed: int) -> None:
        self._screen = screen
        self._chapter = chapter
        self._run = f"preview-{seed}"
        self._voice = Voice("en", SPACE)

    def channel(self) -> None:
        """The weekly post, and what happened."""
        question = pose(self._chapter.question, self._seed(self._chapter.question))
        index = reading.hero_card(self._chapter, question)
        hero = None if index is None else _figure(self._chapter.cards[index])
        said = reading.chapter_post(
            self._voice, self._run, self._chapter, question, hero=hero, votes=0
        )
        self._screen.scene("In the channel")
        self._post(said)
        self._screen.scene("After the vote")
        self._screen.document(blocks(question.explanation), {})
        for option in question.options:
            right = isinstance(question.key, ChosenKey) and question.key.option == option.id
            self._screen.say(f"\n{option.text}{RIGHT if right else ''}")
            self._screen.document(blocks(option.feedback), {})

    def cards(self) -> None:
        """Every card, the reveal cards open."""
        self._screen.scene("The cards")
        for index, card in enumerate(self._chapter.cards):
            figure = _figure(card)
            reply = reading.card(self._voice, self._run, self._chapter, index, figure, True)
            self._screen.reply(READER, READER, reply)

    def challenges(self) -> None:
        """A variant of each challenge with its form, its hints and the answer that passes."""
        for spec in self._chapter.challenges:
            self._screen.scene(f"{spec.id} ({spec.kind})")
            self._challenge(spec)

    def _challenge(self, spec: Spec) -> None:
        variant = pose(spec, self._seed(spec))
        work = Work(spec.id, spec.id)
        posed = Posed(self._run, self._chapter, variant, work)
        kind = kind_of(variant.kind)
        self._screen.reply(READER, READER, challenge_replies.challenge(self._voice, posed))
        self._screen.reply(READER, READER, challenge_replies.answer_form(self._voice, posed, 1))
        for number, words in enumerate(variant.hints, start=1):
            hint = run_on(self._voice.say("hint", number=number), blocks(words))
            self._screen.document(hint, {})
        passing = next(
            (p.raw for p in kind.selftest(variant, rng_of(0)) if p.fate == "passes"), None
        )
        answer = kind.parse(variant, passing) if passing is not None else None
        if not isinstance(answer, Answer):
            return
        verdict = kind.grade(variant, answer)
        if isinstance(verdict, Verdict):
            reply = challenge_replies.verdict(
                self._voice,
                posed,
                verdict,
                Progress(READER, self._chapter.slug, frozenset({spec.id}), done_at=NEVER_MIND),
                reveal=over_answer(variant, answer),
            )
            self._screen.reply(READER, READER, reply)

    def _seed(self, spec: Spec) -> int:
        return seed_of(self._run, self._chapter.slug, spec.id, READER, 1)

    def _post(self, said: Post) -> None:
        figures: dict[str, Figure] = {digest(figure): figure for figure in said.figures}
        part = Part(said.document, said.text, said.controls)
        self._screen.message(READER, part, f"#{CHANNEL}", figures)
