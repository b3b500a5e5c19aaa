"""What a member sees of their own challenges: the prompt, the form, hints and the verdict.

Knows no store. Invariant: the key is in no reply before the challenge is passed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lessons import actions
from lessons.actions import RunId
from lessons.challenge import FormatError, Variant, Verdict
from lessons.curriculum import Chapter
from lessons.document import Document, Paragraph, Strong
from lessons.figure import Figure
from lessons.kinds import kind_of
from lessons.markdown import blocks
from lessons.posts import Control, FieldError, Form, Reply, control
from lessons.progress import ENOUGH, Progress, Work
from lessons.replies.membership import count
from lessons.replies.voice import Voice, heading, plot, post, private, run_on


@dataclass(frozen=True, slots=True)
class Posed:
    """A variant in its place: the run, the chapter, and how far the member is with it."""

    run: RunId
    chapter: Chapter
    variant: Variant
    work: Work

    @property
    def id(self) -> str:
        """The variant's opaque id."""
        return self.work.variant

    @property
    def place(self) -> int:
        """Which of the chapter's challenges this is, from 1."""
        ids = [spec.id for spec in self.chapter.challenges]
        return ids.index(self.work.challenge) + 1 if self.work.challenge in ids else 1

    @property
    def has_others(self) -> bool:
        """Whether another variant would be another one: what is written by hand stays the same."""
        return any(
            spec.id == self.work.challenge and spec.generator for spec in self.chapter.challenges
        )

    @property
    def next_try(self) -> int:
        """The number the next try will have."""
        return self.work.tries + 1


def challenge(voice: Voice, posed: Posed, *, edit: bool = False) -> Reply:
    """The prompt with its picture and [Answer] [Hint] [Skip]."""
    said = _asked(voice, posed)
    if posed.work.passed_at is not None:
        said += voice.say("passed_before")
    controls = _open_controls(voice, posed)
    return private(said, *controls, edit=edit, figures=_pictures(posed.variant))


def _asked(voice: Voice, posed: Posed) -> Document:
    """What is asked, with its picture: it stays in sight until the challenge is passed."""
    variant = posed.variant
    return _title(voice, posed) + blocks(variant.prompt) + plot(variant.figure)


def _pictures(variant: Variant) -> tuple[Figure, ...]:
    return () if variant.figure is None else (variant.figure,)


def _title(voice: Voice, posed: Posed) -> Document:
    words = voice.label(
        "challenge_title", place=posed.place, challenges=len(posed.chapter.challenges)
    )
    return heading(words, level=3)


def _open_controls(voice: Voice, posed: Posed, hints_seen: int | None = None) -> list[Control]:
    seen = posed.work.hints if hints_seen is None else hints_seen
    answer = actions.AskAnswer(posed.id, posed.next_try)
    controls = [voice.button("answer" if not posed.work.tries else "try_again", answer, "primary")]
    hints = len(posed.variant.hints)
    if seen < hints:
        words = voice.label("hint_of", number=seen + 1, hints=hints)
        controls.append(voice.named(words, actions.TakeHint(posed.id, seen)))
    controls.append(voice.button("skip", actions.SkipChallenge(posed.id)))
    return controls


def answer_form(voice: Voice, posed: Posed, number: int) -> Reply:
    """The form for try `number`, with the prompt in it so that nobody answers from memory."""
    variant = posed.variant
    title = voice.label("form_title", place=posed.place)
    submit = control(voice.space, voice.label("submit"), actions.Try(posed.id, number))
    intro = blocks(variant.prompt) + plot(variant.figure)
    fields = kind_of(variant.kind).fields(variant)
    return Reply(form=Form(submit, title, intro, fields, _pictures(variant)))


def format_error(voice: Voice, posed: Posed, number: int, error: FormatError) -> Reply:
    """The same form again, with what is wrong at the field; no try was used up.

    Where a form is gone once it was sent, the words stand below the challenge and its buttons.
    """
    again = answer_form(voice, posed, number)
    words = voice.say(f"format_{error.code}", given=error.given) + voice.say("did_not_count")
    below = post(
        _asked(voice, posed) + words,
        *_open_controls(voice, posed),
        figures=_pictures(posed.variant),
    )
    return Reply(below, again.form, edit=True, errors=(FieldError(error.field, words),))


def hint(voice: Voice, posed: Posed, seen: int) -> Reply:
    """The hint after `seen`, below the prompt."""
    said = _asked(voice, posed)
    for number, words in enumerate(posed.variant.hints[: seen + 1], start=1):
        said += run_on(voice.say("hint", number=number), blocks(words))
    controls = _open_controls(voice, posed, max(seen + 1, posed.work.hints))
    return private(said, *controls, edit=True, figures=_pictures(posed.variant))


def verdict(
    voice: Voice,
    posed: Posed,
    given: Verdict,
    progress: Progress,
    *,
    reveal: Figure | None = None,
    just_done: bool = False,
) -> Reply:
    """What the answer was worth and why; the same for a try that had been graded before."""
    if given.passed:
        return _passed(voice, posed, given, progress, reveal, just_done)
    key = "partly" if given.score > 0 else "not_yet"
    said = run_on(voice.say(key, percent=round(100 * given.score)), blocks(given.feedback))
    controls = _open_controls(voice, posed)
    return private(
        _asked(voice, posed) + said, *controls, edit=True, figures=_pictures(posed.variant)
    )


def _passed(
    voice: Voice,
    posed: Posed,
    given: Verdict,
    progress: Progress,
    reveal: Figure | None,
    just_done: bool,
) -> Reply:
    variant = posed.variant
    said = _title(voice, posed) + _yes(voice, blocks(given.feedback))
    if variant.explanation and variant.explanation.strip() != given.feedback.strip():
        said += blocks(variant.explanation)
    said += plot(reveal) + _standing(voice, posed.chapter, progress, just_done)
    following = next_open(posed.chapter, progress, after=posed.work.challenge)
    controls = []
    if following is not None:
        onward = actions.OpenChallenge(posed.run, posed.chapter.slug, following)
        controls.append(voice.button("next_challenge", onward, "primary"))
    if posed.has_others:
        another = actions.OpenChallenge(
            posed.run, posed.chapter.slug, posed.work.challenge, posed.work.variant
        )
        controls.append(voice.button("another_one", another))
    controls.append(voice.button("my_progress", actions.ShowProgress(posed.run)))
    figures = () if reveal is None else (reveal,)
    return private(said, *controls, edit=True, figures=figures)


def _yes(voice: Voice, feedback: Document) -> Document:
    """Most kinds open with a yes of their own, in bold; one is enough."""
    match feedback.blocks:
        case (Paragraph((Strong(), *_)), *_):
            return feedback
        case _:
            return voice.say("yes") + feedback


def _standing(voice: Voice, chapter: Chapter, progress: Progress, just_done: bool) -> Document:
    left = sum(spec.id not in progress.passed for spec in chapter.challenges)
    if not left:
        return voice.say("chapter_all", number=chapter.number)
    if just_done:
        more = count(voice, "more", left)
        return voice.say("chapter_done", number=chapter.number, more=more)
    if progress.done_at is None:
        left = missing(progress)
        return voice.say("one_to_go" if left == 1 else "some_to_go", number=left)
    return Document()


def missing(progress: Progress) -> int:
    """So many challenges, until the chapter is done."""
    return max(ENOUGH - len(progress.passed), 1)


def next_open(chapter: Chapter, progress: Progress, after: str = "") -> str | None:
    """The id of the next challenge not passed, going round from `after`; None if all are."""
    ids = [spec.id for spec in chapter.challenges]
    start = ids.index(after) + 1 if after in ids else 0
    turn = ids[start:] + ids[:start]
    return next((one for one in turn if one not in progress.passed and one != after), None)


def all_passed(voice: Voice, run: RunId, chapter: Chapter, variants: Mapping[str, str]) -> Reply:
    """Every challenge is passed; each can be had again, with new numbers if it has a generator.

    `variants` names the variant each challenge was passed with.
    """
    return private(
        voice.say("all_passed", number=chapter.number, title=chapter.title),
        *(
            voice.named(
                voice.label("again_with_new" if spec.generator else "again", place=place),
                actions.OpenChallenge(run, chapter.slug, spec.id, variants.get(spec.id, "")),
            )
            for place, spec in enumerate(chapter.challenges, start=1)
        ),
        voice.button("my_progress", actions.ShowProgress(run)),
    )


def due(voice: Voice, run: RunId, chapter: Chapter, progress: Progress) -> Reply:
    """So many challenges are missing until this chapter is done."""
    left = count(voice, "challenges", missing(progress))
    return private(
        voice.say("due", number=chapter.number, title=chapter.title, challenges=left),
        voice.button("my_challenges", actions.Challenges(run, chapter.slug), "primary"),
    )


def being_posed(voice: Voice) -> Reply:
    """Something takes a moment; the answer follows in this same reply."""
    return Reply(post(voice.say("being_posed")), patience=True)
