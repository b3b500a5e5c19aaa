"""What members do with challenges of their own: answer, be told why, take hints, go on."""

from __future__ import annotations

import asyncio

import pytest

from lessons import actions
from lessons.actions import Pressed, Submitted
from tests.rigs.dialogue import CHAPTER_1, Hall, change, labels, says, words

ORDER = ("1 : 1 000", "1 : 25 000", "1 : 1 000 000")


@pytest.fixture
async def opened(running: Hall) -> Hall:
    """The first chapter is out, and ada has her first challenge before her."""
    await running.until(CHAPTER_1)
    await running.press("ada", "My challenges")
    return running


async def test_a_challenge_is_opened_with_its_prompt_and_buttons(opened: Hall) -> None:
    reply = opened.seen["ada"]

    assert "On 1 : 25 000, how many metres is a centimetre?" in words(reply)
    assert labels(reply) == ["Answer", "Hint (1 of 2)", "Skip"]
    assert "250" not in words(reply).replace("25 000", "")


async def test_who_opens_a_challenge_takes_part(opened: Hall) -> None:
    assert await opened.count("enrolment") == 1


async def test_what_is_no_number_uses_up_no_try(opened: Hall) -> None:
    reply = await opened.answer("ada", "abc")

    assert reply.form is not None
    assert says(reply, "format_not_a_number")
    assert says(reply, "did_not_count")
    assert await opened.count("attempt") == 0
    await opened.submit("ada", "250,0")
    assert await opened.rows("SELECT number, passed FROM attempt") == [(1, 1)]


async def test_where_a_form_is_gone_what_was_wrong_stands_below_the_challenge(
    opened: Hall,
) -> None:
    await opened.press("ada", "Answer")
    form = opened.seen["ada"].form
    assert form is not None
    keep = "DELETE FROM control WHERE control <> :form"
    await opened.db.run(change(keep, form=form.control.id))  # the buttons are shown anew
    reply = await opened.submit("ada", "abc")

    assert reply.form == form
    assert reply.edit
    assert "how many metres is a centimetre?" in words(reply)
    assert labels(reply) == ["Answer", "Hint (1 of 2)", "Skip"]
    assert says(await opened.press("ada", "Hint (1 of 2)"), "hint")
    await opened.press("ada", "Answer")
    await opened.submit("ada", "250")
    assert await opened.rows("SELECT number, passed FROM attempt") == [(1, 1)]


async def test_a_known_mistake_is_told_its_reason(opened: Hall) -> None:
    reply = await opened.answer("ada", "25000")

    assert says(reply, "not_yet")
    assert "Those are centimetres, not metres." in words(reply)
    assert labels(reply) == ["Try again", "Hint (1 of 2)", "Skip"]
    assert await opened.rows("SELECT trap FROM attempt") == [("trap:1",)]


async def test_hints_come_one_after_the_other_and_are_counted_once_each(opened: Hall) -> None:
    first = opened.button("ada", "Hint (1 of 2)").id
    assert "How many centimetres is it?" in words(await opened.press("ada", "Hint (1 of 2)"))
    again = await opened.act("ada", Pressed(first))
    assert "How many centimetres is it?" in words(again)
    assert await opened.rows("SELECT hints FROM progress") == [(1,)]

    last = await opened.press("ada", "Hint (2 of 2)")
    assert "A metre has a hundred of them." in words(last)
    assert labels(last) == ["Answer", "Skip"]
    assert await opened.rows("SELECT hints FROM progress") == [(2,)]


async def test_a_right_answer_is_explained_and_leads_on(opened: Hall) -> None:
    reply = await opened.answer("ada", "250")

    assert "25 000 centimetres are 250 metres." in words(reply)
    assert says(reply, "one_to_go")
    assert labels(reply) == ["Next challenge", "My progress"]  # no generator, no other numbers


@pytest.mark.parametrize("number", ["250", "25000"])
async def test_two_clicks_on_one_answer_count_once_and_get_the_same_reply(
    opened: Hall, number: str
) -> None:
    form = (await opened.press("ada", "Answer")).form
    assert form is not None
    sent = Submitted(form.control.id, {form.fields[0].id: number})

    first = await opened.act("ada", sent)
    assert await opened.act("ada", sent) == first
    assert await opened.rows("SELECT tries FROM progress") == [(1,)]


async def test_the_click_that_ends_a_chapter_says_so_twice_as_well(opened: Hall) -> None:
    await opened.answer("ada", "250")
    await opened.press("ada", "Next challenge")
    form = (await opened.press("ada", "Answer")).form
    assert form is not None
    sent = Submitted(form.control.id, {form.fields[0].id: ORDER})

    first = await opened.act("ada", sent)
    opened.clock.passes(minutes=1)
    assert says(first, "chapter_done")
    assert await opened.act("ada", sent) == first


async def test_a_stale_try_gets_the_verdict_it_got_then(opened: Hall) -> None:
    form = (await opened.press("ada", "Answer")).form
    assert form is not None
    await opened.submit("ada", "25000")
    await opened.answer("ada", "7")

    late = await opened.act("ada", Submitted(form.control.id, {form.fields[0].id: "250"}))
    assert "Those are centimetres, not metres." in words(late)
    assert await opened.count("attempt") == 2
    asked = await opened.want("ada", form.control.want)  # pressed without any answer
    assert "Those are centimetres, not metres." in words(asked)


async def test_a_try_that_is_not_the_next_one_has_moved_on(opened: Hall) -> None:
    ((variant,),) = await opened.rows("SELECT variant FROM variant WHERE member = 'ada'")
    for want in (actions.Try(str(variant), 5), actions.AskAnswer(str(variant), 5)):
        await opened.shown(want)
        assert says(await opened.want("ada", want), "moved_on")


async def test_another_one_is_a_new_variant_and_a_double_click_makes_one(opened: Hall) -> None:
    await opened.answer("ada", "250")
    another = await _another(opened)

    for _ in range(2):
        reply = await opened.want("ada", another)
        assert labels(reply) == ["Answer", "Hint (1 of 2)", "Skip"]
    assert await opened.rows(
        "SELECT issue, tries FROM variant WHERE challenge = 'centimetre' ORDER BY issue"
    ) == [(1, 1), (2, 0)]


async def test_what_was_passed_once_stays_passed(opened: Hall) -> None:
    await opened.answer("ada", "250")
    await opened.want("ada", await _another(opened))
    await opened.answer("ada", "7")

    assert await opened.rows("SELECT passed, tries FROM progress") == [("centimetre", 2)]


async def test_skipping_goes_round_and_leaves_the_challenge_open(opened: Hall) -> None:
    seen = [words(opened.seen["ada"])]
    for _ in range(4):
        seen.append(words(await opened.press("ada", "Skip")))

    assert len(set(seen)) == 4
    assert seen[4] == seen[0]


async def test_the_last_open_challenge_is_what_skipping_it_leads_to(opened: Hall) -> None:
    await _pass_all(opened, but_last=True)

    assert "two spirals" in words(await opened.press("ada", "Skip"))


async def test_settings_are_really_trained_and_graded_once(opened: Hall) -> None:
    await _pass_all(opened, but_last=True)

    slow = await opened.answer("ada", "sgd")
    assert "each weight at its own pace" not in words(slow)
    assert "Try again" in labels(slow)
    paced = await opened.answer("ada", "adam")
    assert "each weight at its own pace" in words(paced)
    assert says(paced, "chapter_all")
    ((low, high),) = await opened.rows(
        "SELECT MIN(score) AS a, MAX(score) AS b FROM attempt JOIN variant USING (space, variant)"
        " WHERE challenge = 'trained'"
    )
    assert isinstance(low, float)
    assert 0 < low < 1
    assert high == 1.0


async def test_when_all_are_passed_each_can_be_had_again(opened: Hall) -> None:
    await _pass_all(opened)

    reply = await opened.say("ada", "/study challenge")
    assert says(reply, "all_passed")
    assert labels(reply)[0] == "Challenge 1 again"
    assert "how many metres" in words(await opened.press("ada", "Challenge 1 again"))
    assert await opened.count("variant", "challenge = 'centimetre'") == 2


async def test_a_chapter_is_done_with_two_and_progress_says_so(opened: Hall) -> None:
    await opened.answer("ada", "7")
    await opened.answer("ada", "250")
    await opened.press("ada", "Next challenge")
    reply = await opened.answer("ada", ORDER)
    assert says(reply, "chapter_done")

    said = words(await opened.press("ada", "My progress"))
    assert "Chapters done: 1 of 1 posted so far." in said
    assert "Week 1, What is left out: done. 2 of 4 challenges, 3 tries, 0 hints, not voted." in said


async def test_nobody_can_use_another_members_variant(opened: Hall) -> None:
    answer = opened.button("ada", "Answer").id
    hint = opened.button("ada", "Hint (1 of 2)").id
    skip = opened.button("ada", "Skip").id
    form = (await opened.press("ada", "Answer")).form
    assert form is not None

    for what in (
        Pressed(answer),
        Pressed(hint),
        Pressed(skip),
        Submitted(form.control.id, {form.fields[0].id: "250"}),
    ):
        assert says(await opened.act("ben", what), "moved_on")
    assert await opened.count("attempt") == 0
    assert await opened.rows("SELECT hints FROM variant WHERE member = 'ada'") == [(0,)]


async def test_the_shared_question_is_not_answered_as_a_challenge(opened: Hall) -> None:
    ((shared,),) = await opened.rows("SELECT variant FROM variant WHERE member = ''")
    want = actions.Try(str(shared), 1)
    await opened.shown(want)

    assert says(await opened.want("ada", want), "moved_on")


async def test_the_key_is_in_no_reply_before_it_is_found(opened: Hall) -> None:
    shown = [opened.seen["ada"], await opened.press("ada", "Answer")]
    shown += [await opened.submit("ada", "abc"), await opened.submit("ada", "240")]
    shown += [
        await opened.press("ada", "Hint (1 of 2)"),
        await opened.press("ada", "Hint (2 of 2)"),
    ]

    assert not [w for w in map(words, shown) if "250" in w.replace("25 000", "")]


# -- many at once ---------------------------------------------------------------------------------


async def test_twenty_presses_of_one_answer_count_one_attempt(opened: Hall) -> None:
    form = (await opened.press("ada", "Answer")).form
    assert form is not None
    sent = Submitted(form.control.id, {form.fields[0].id: "25000"})

    replies = await asyncio.gather(*(opened.act("ada", sent) for _ in range(20)))
    assert all(reply == replies[0] for reply in replies)
    assert await opened.rows("SELECT tries FROM progress") == [(1,)]
    assert await opened.count("attempt") == 1


async def test_twenty_answers_that_are_trained_count_one_attempt(opened: Hall) -> None:
    await _pass_all(opened, but_last=True)
    form = (await opened.press("ada", "Answer")).form
    assert form is not None
    sent = Submitted(form.control.id, {form.fields[0].id: "sgd"})

    await asyncio.gather(*(opened.act("ada", sent) for _ in range(20)))
    assert await opened.count("attempt JOIN variant USING (space, variant)", "number = 1") == 4


async def test_twenty_members_open_and_each_gets_one_of_their_own(running: Hall) -> None:
    await running.until(CHAPTER_1)
    mine = running.button("ada", "My challenges").id

    await asyncio.gather(*(running.act(f"m{n % 10}", Pressed(mine)) for n in range(20)))
    assert await running.rows(
        "SELECT COUNT(*) AS n, COUNT(DISTINCT member) AS members FROM variant WHERE member <> ''"
    ) == [(10, 10)]


async def test_twenty_presses_for_another_one_give_one(opened: Hall) -> None:
    await opened.answer("ada", "250")
    another = await _another(opened)

    await asyncio.gather(*(opened.want("ada", another) for _ in range(20)))
    assert await opened.count("variant", "challenge = 'centimetre'") == 2


async def _another(hall: Hall) -> actions.OpenChallenge:
    """The button for other numbers, as it stands under a challenge that a generator made."""
    ((run, chapter, variant),) = await hall.rows(
        "SELECT run, chapter, variant FROM variant WHERE challenge = 'centimetre' AND issue = 1"
    )
    another = actions.OpenChallenge(str(run), str(chapter), "centimetre", str(variant))
    await hall.shown(another)
    return another


async def _pass_all(hall: Hall, *, but_last: bool = False) -> None:
    await hall.answer("ada", "250")
    await hall.press("ada", "Next challenge")
    await hall.answer("ada", ORDER)
    await hall.press("ada", "Next challenge")
    await hall.answer("ada", "Where the legend says")
    await hall.press("ada", "Next challenge")
    if not but_last:
        await hall.answer("ada", "adam")
