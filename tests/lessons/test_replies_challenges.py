"""What a member sees of a challenge: the prompt stays in sight, the key stays out of it.

Knows no store. Invariant: every kind that can be written by hand is looked through for its key.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from lessons import actions
from lessons.challenge import (
    Answer,
    ChosenKey,
    FormatError,
    NumberKey,
    Variant,
    Verdict,
)
from lessons.document import plain
from lessons.generators import pose, rng_of
from lessons.kinds import CODES, kind_of
from lessons.kinds.spec import Spec
from lessons.posts import Reply
from lessons.progress import Progress, Work
from lessons.replies import challenges as replies
from lessons.replies.challenges import Posed
from tests.lessons.kinds.test_kinds import WRITTEN
from tests.lessons.spoken import (
    CHAPTER,
    NOW,
    RUN,
    VOICE,
    controls,
    everything,
    figure,
    labels,
    post_of,
    wants,
    words,
)

METRES, SCALES = (spec.id for spec in CHAPTER.challenges)
HINTS = ("Think of a ruler.", "Multiply.")
FRESH = Progress("ada", CHAPTER.slug)
MADE = replace(
    CHAPTER,
    challenges=tuple(msgspec.structs.replace(spec, generator="any") for spec in CHAPTER.challenges),
)
"""The same chapter, as if a generator made its challenges."""


def a_variant(number: int = 0) -> Variant:
    return msgspec.structs.replace(
        pose(CHAPTER.challenges[number], 7), hints=HINTS, figure=figure("Asked")
    )


def posed(
    *, tries: int = 0, hints: int = 0, passed: bool = False, variant: Variant | None = None
) -> Posed:
    work = Work("v1", METRES, tries, hints, passed_at=NOW if passed else None)
    return Posed(RUN, CHAPTER, variant or a_variant(), work)


def graded(variant: Variant, fate: str) -> Verdict:
    """The verdict on the first probe of that fate."""
    kind = kind_of(variant.kind)
    for probe in kind.selftest(variant, rng_of(1)):
        answer = kind.parse(variant, probe.raw)
        if probe.fate == fate and isinstance(answer, Answer):
            verdict = kind.grade(variant, answer)
            if isinstance(verdict, Verdict):
                return verdict
    raise AssertionError(f"{variant.kind} has no probe that {fate}")


# -- asking ---------------------------------------------------------------------------------------


def test_a_challenge_shows_its_place_prompt_picture_and_what_can_be_done() -> None:
    said = replies.challenge(VOICE, posed())
    assert words(said).startswith("Challenge 1 of 2\n\nOn 1 : 25 000")
    assert labels(said) == ["Answer", "Hint (1 of 2)", "Skip"]
    assert wants(said) == [
        actions.AskAnswer("v1", 1),
        actions.TakeHint("v1", 0),
        actions.SkipChallenge("v1"),
    ]
    assert [each.answers for each in controls(said)] == ["form", "edit", "edit"]
    assert post_of(said).figures == (figure("Asked"),)
    assert (said.edit, replies.challenge(VOICE, posed(), edit=True).edit) == (False, True)


def test_after_a_try_it_is_tried_again_under_the_next_number() -> None:
    said = replies.challenge(VOICE, posed(tries=2, hints=2))
    assert labels(said) == ["Try again", "Skip"]
    assert wants(said)[0] == actions.AskAnswer("v1", 3)


def test_a_passed_challenge_can_be_opened_without_fear() -> None:
    assert "can't take that away" in words(replies.challenge(VOICE, posed(tries=1, passed=True)))


def test_the_form_asks_with_the_prompt_and_the_picture() -> None:
    form = replies.answer_form(VOICE, posed(), 1).form
    assert form is not None
    assert (form.title, form.control.label) == ("Challenge 1", "Send")
    assert form.control.want == actions.Try("v1", 1)
    assert plain(form.intro).startswith("On 1 : 25 000")
    assert form.figures == (figure("Asked"),)
    assert [field.id for field in form.fields] == ["number"]


@pytest.mark.parametrize("code", CODES)
def test_what_is_no_answer_is_said_at_its_field_and_costs_nothing(code: str) -> None:
    said = replies.format_error(VOICE, posed(), 1, FormatError("number", code, "**abc**"))
    again = replies.answer_form(VOICE, posed(), 1)
    assert said.form == again.form
    (error,) = said.errors
    assert error.field == "number"
    text = plain(error.words)
    assert text.endswith("That did not count as a try.")
    assert "{" not in text
    assert "**abc**" in text or "abc" not in text


def test_what_was_no_answer_stands_below_the_challenge_where_forms_are_gone() -> None:
    wrong = FormatError("number", "not_a_number", "abc")
    said = replies.format_error(VOICE, posed(tries=1, hints=1), 2, wrong)
    (error,) = said.errors
    asked = words(replies.challenge(VOICE, posed(tries=1, hints=1)))
    assert words(said) == f"{asked}\n\n{plain(error.words)}"
    assert labels(said) == ["Try again", "Hint (2 of 2)", "Skip"]
    assert wants(said)[0] == actions.AskAnswer("v1", 2)
    assert post_of(said).figures == (figure("Asked"),)
    assert said.edit


def test_hints_stand_under_the_prompt_up_to_the_one_asked_for() -> None:
    first = replies.hint(VOICE, posed(hints=1), 0)
    assert words(first).endswith("Hint 1. Think of a ruler.")
    assert HINTS[1] not in everything(first)
    assert labels(first) == ["Answer", "Hint (2 of 2)", "Skip"]
    both = replies.hint(VOICE, posed(hints=2), 1)
    assert words(both).endswith("Hint 1. Think of a ruler.\n\nHint 2. Multiply.")
    assert labels(both) == ["Answer", "Skip"]
    again = replies.hint(VOICE, posed(hints=2), 0)
    assert labels(again) == ["Answer", "Skip"]
    assert first.edit


# -- the key --------------------------------------------------------------------------------------


def secrets(variant: Variant) -> list[str]:
    """What would give the answer away, word for word."""
    found = [variant.explanation]
    match variant.key:
        case ChosenKey(option):
            found += [f'"{option}"', *(o.feedback for o in variant.options if o.id == option)]
        case NumberKey(value):
            found.append(str(value))
        case _:
            pass
    return [secret for secret in found if secret]


@pytest.mark.parametrize("kind", WRITTEN)
def test_no_reply_before_the_pass_carries_the_key(kind: str) -> None:
    spec = msgspec.toml.decode(WRITTEN[kind], type=Spec)
    variant = msgspec.structs.replace(pose(spec, 3), reveal=figure("Revealed"), hints=HINTS)
    here = posed(variant=variant)
    said: list[Reply] = [
        replies.challenge(VOICE, here),
        replies.answer_form(VOICE, here, 1),
        replies.format_error(VOICE, here, 1, FormatError("number", "choice_missing")),
        replies.hint(VOICE, here, 1),
    ]
    if kind != "config":  # nothing is trained here
        failed = Verdict(0.0, False, "No.") if kind == "steps" else graded(variant, "trapped")
        said.append(replies.verdict(VOICE, posed(tries=1, variant=variant), failed, FRESH))
    for each in said:
        text = everything(each)
        for secret in (*secrets(variant), "Revealed", '"key"'):
            assert secret not in text, secret


# -- the verdict ----------------------------------------------------------------------------------


def test_a_wrong_answer_gets_a_reason_and_keeps_the_prompt_in_sight() -> None:
    said = replies.verdict(
        VOICE, posed(tries=1), Verdict(0.0, False, "That is the scale itself."), FRESH
    )
    text = words(said)
    assert "On 1 : 25 000" in text
    assert text.endswith("Not yet. That is the scale itself.")
    assert post_of(said).figures == (figure("Asked"),)
    assert labels(said) == ["Try again", "Hint (1 of 2)", "Skip"]
    assert wants(said)[0] == actions.AskAnswer("v1", 2)
    assert said.edit


def test_a_partly_right_answer_says_how_much() -> None:
    said = replies.verdict(VOICE, posed(tries=1), Verdict(2 / 3, False, "Look again."), FRESH)
    assert "Not quite yet: 67 % of it is right. Look again." in words(said)


def passed(given: Verdict, progress: Progress, *, just_done: bool = False) -> Reply:
    return replies.verdict(
        VOICE,
        posed(tries=1, passed=True),
        given,
        progress,
        reveal=figure("Revealed"),
        just_done=just_done,
    )


def test_a_pass_says_yes_once_explains_reveals_and_leads_on() -> None:
    given = graded(a_variant(), "passes")
    said = passed(given, replace(FRESH, passed=frozenset({METRES})))
    text = words(said)
    assert text.lower().count("yes") == 1
    assert "25 000 centimetres are 250 metres." in text
    assert text.endswith("One more, and this week is done.")
    assert labels(said) == ["Next challenge", "My progress"]
    assert wants(said) == [
        actions.OpenChallenge(RUN, CHAPTER.slug, SCALES),
        actions.ShowProgress(RUN),
    ]
    assert post_of(said).figures == (figure("Revealed"),)
    assert "Revealed, in words." in text


def test_new_numbers_are_offered_only_where_there_are_any() -> None:
    one = replace(FRESH, passed=frozenset({METRES}))
    made = replace(posed(tries=1), chapter=MADE)
    said = replies.verdict(VOICE, made, Verdict(1.0, True, "**Yes.**"), one)
    assert labels(said) == ["Next challenge", "Another one, new numbers", "My progress"]
    assert wants(said)[1] == actions.OpenChallenge(RUN, CHAPTER.slug, METRES, "v1")
    assert "new numbers" not in " ".join(labels(passed(Verdict(1.0, True, "**Yes.**"), one)))


def test_a_pass_whose_feedback_opens_without_a_yes_gets_one() -> None:
    said = passed(Verdict(1.0, True, "- **Start:** near"), FRESH)
    assert words(said).startswith("Challenge 1 of 2\n\nYes.\n\n- Start:")


def test_an_explanation_that_was_the_feedback_is_not_said_twice() -> None:
    said = passed(Verdict(1.0, True, "25 000 centimetres are 250 metres."), FRESH)
    assert words(said).count("250 metres") == 1


def test_the_second_pass_finishes_the_week_and_the_last_one_says_it_was_the_last() -> None:
    spare = replace(CHAPTER, challenges=(*CHAPTER.challenges, *_spare(1)))
    work = Work("v1", METRES, 1, passed_at=NOW)
    two = replace(FRESH, passed=frozenset({METRES, SCALES}), done_at=NOW)
    given = Verdict(1.0, True, "**Yes.**")
    done = replies.verdict(VOICE, Posed(RUN, spare, a_variant(), work), given, two, just_done=True)
    assert words(done).endswith("Week 1 is done. There is one more if you like.")
    more = replace(CHAPTER, challenges=(*CHAPTER.challenges, *_spare(2)))
    done = replies.verdict(VOICE, Posed(RUN, more, a_variant(), work), given, two, just_done=True)
    assert words(done).endswith("Week 1 is done. There are 2 more if you like.")
    every = passed(given, two, just_done=True)
    assert words(every).endswith("Week 1: every challenge passed.")
    assert labels(every) == ["My progress"]


def _spare(count: int) -> tuple[Spec, ...]:
    return tuple(
        msgspec.structs.replace(CHAPTER.challenges[0], id=f"spare-{n}") for n in range(count)
    )


def test_a_challenge_that_was_taken_out_of_the_chapter_does_not_count_as_open() -> None:
    gone = replace(FRESH, passed=frozenset({"gone", METRES}), done_at=NOW)
    assert "every challenge" not in words(passed(Verdict(1.0, True, "**Yes.**"), gone))
    work = Work("v1", "gone")
    assert words(replies.challenge(VOICE, Posed(RUN, CHAPTER, a_variant(), work)))


# -- going on -------------------------------------------------------------------------------------


def test_the_next_open_challenge_goes_round_from_where_one_is() -> None:
    nothing = FRESH
    assert replies.next_open(CHAPTER, nothing) == METRES
    assert replies.next_open(CHAPTER, nothing, after=METRES) == SCALES
    assert replies.next_open(CHAPTER, nothing, after=SCALES) == METRES
    one = replace(FRESH, passed=frozenset({METRES}))
    assert replies.next_open(CHAPTER, one, after=SCALES) is None
    assert replies.next_open(CHAPTER, one, after="gone") == SCALES


def test_when_all_are_passed_each_can_be_had_again() -> None:
    made = replies.all_passed(VOICE, RUN, MADE, {METRES: "v1"})
    assert labels(made) == ["Challenge 1, new numbers", "Challenge 2, new numbers", "My progress"]
    said = replies.all_passed(VOICE, RUN, CHAPTER, {METRES: "v1"})
    assert labels(said) == ["Challenge 1 again", "Challenge 2 again", "My progress"]
    assert wants(said)[:2] == [
        actions.OpenChallenge(RUN, CHAPTER.slug, METRES, "v1"),
        actions.OpenChallenge(RUN, CHAPTER.slug, SCALES),
    ]
    assert words(said)


def test_what_is_due_is_counted_in_words() -> None:
    assert "2 challenges to go" in words(replies.due(VOICE, RUN, CHAPTER, FRESH))
    one = replies.due(VOICE, RUN, CHAPTER, replace(FRESH, passed=frozenset({METRES})))
    assert "one challenge to go" in words(one)
    assert wants(one) == [actions.Challenges(RUN, CHAPTER.slug)]


def test_a_word_of_patience_offers_nothing_to_press() -> None:
    said = replies.being_posed(VOICE)
    assert (labels(said), words(said)) == ([], "One moment, I'm working it out.")
