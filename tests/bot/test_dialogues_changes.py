"""What changes while a run goes on: its series, its members, a post that is not taken.

Knows no rule by heart: it does what people do, and asks the channel and the store.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot import tick as ticking
from bot.turn import VariantPiece
from lessons.actions import Pressed, Submitted
from lessons.curriculum import Series
from lessons.runs import Status
from tests.rigs.dialogue import (
    CHAPTER_1,
    CHAPTER_2,
    DISCUSS_1,
    RECAP_1,
    Hall,
    labels,
    says,
    words,
)
from tests.rigs.flaky import Fault

# -- a series that changes ------------------------------------------------------------------------


def put(hall: Hall, maps: Series, *slugs: str, **renamed: str) -> None:
    """The shelf has the series with these chapters now, some under other names."""
    chapters = []
    for number, slug in enumerate(slugs, start=1):
        old = next(chapter for chapter in maps.chapters if chapter.slug == renamed.get(slug, slug))
        chapters.append(replace(old, slug=slug, number=number))
    hall.shelf[maps.slug] = replace(maps, chapters=tuple(chapters))


async def test_a_chapter_written_meanwhile_is_posted(hall: Hall, maps: Series) -> None:
    put(hall, maps, "left-out")
    await hall.start()
    await hall.until(CHAPTER_1)
    put(hall, maps, "left-out", "folding")
    for at in (DISCUSS_1, RECAP_1):
        await hall.until(at)

    assert "What it costs to fold" in hall.stage.read()[-1]
    await hall.until(CHAPTER_2)
    assert any(text.startswith("Week 2 ") for text in hall.stage.read())


async def test_a_chapter_renamed_before_its_post_is_posted_under_its_new_name(
    running: Hall, maps: Series
) -> None:
    await running.until(CHAPTER_1)
    put(running, maps, "left-out", "what-it-costs", **{"what-it-costs": "folding"})
    for at in (DISCUSS_1, RECAP_1, CHAPTER_2):
        await running.until(at)

    assert (await running.run()).current == "what-it-costs"
    assert any(text.startswith("Week 2 ") for text in running.stage.read())


async def test_an_ended_run_goes_on_with_what_was_written_since(hall: Hall, maps: Series) -> None:
    put(hall, maps, "left-out")
    await hall.start()
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await hall.until(at)
    assert says(await hall.say("mia", "/series resume"), "not_now_finished")

    put(hall, maps, "left-out", "folding")
    assert labels(await hall.say("mia", "/series status")) == ["Resume"]
    assert says(await hall.press("mia", "Resume"), "resumed")
    await hall.until(CHAPTER_2)
    assert any(text.startswith("Week 2 ") for text in hall.stage.read())


async def test_an_ended_run_does_not_go_on_beside_a_new_one(hall: Hall, maps: Series) -> None:
    put(hall, maps, "left-out")
    ended = await hall.start()
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await hall.until(at)
    put(hall, maps, "left-out", "folding")
    await hall.say("mia", "/series status")
    resume = hall.button("mia", "Resume")
    new = await hall.start()

    assert says(await hall.act("mia", Pressed(resume.id)), "already_running")
    assert (await hall.run()).id == new.id != ended.id


@pytest.mark.parametrize("typed", ["/series stop", "/series pause", "/series status"])
async def test_a_run_can_be_looked_at_and_ended_without_its_texts(
    running: Hall, typed: str
) -> None:
    await running.until(CHAPTER_1)
    running.shelf.clear()

    reply = await running.say("mia", typed)
    assert "reading-maps" in words(reply)
    assert not says(reply, "series_gone")
    if typed == "/series stop":
        assert says(await running.press("mia", "Stop for good"), "stopped")
        assert says(await running.say("mia", "/series status"), "status_gone")


async def test_members_can_leave_a_run_without_its_texts(running: Hall) -> None:
    await running.say("ada", "/study join")
    running.shelf.clear()

    await running.say("ada", "/study leave")
    assert says(await running.press("ada", "Leave"), "left")


async def test_a_moderator_is_told_once_that_a_slot_can_not_be_passed(
    running: Hall, maps: Series
) -> None:
    running.shelf.clear()
    for seconds in range(5):
        await running.until(CHAPTER_1 + timedelta(seconds=seconds))

    (told,) = running.stage.read(member="mia")
    assert says(told, "stuck_gone")
    running.shelf[maps.slug] = maps
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")


async def test_a_slow_worker_holds_up_only_its_own_run(
    running: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mia's question hangs in the worker; what another run has planned goes out all the same."""
    monkeypatch.setattr(ticking, "PASS_S", 0.05)
    hang = asyncio.Event()
    make = running.service.workshop.make

    async def slow(piece: object) -> object:
        if isinstance(piece, VariantPiece):
            await hang.wait()
        return await make(piece)  # type: ignore[arg-type]

    monkeypatch.setattr(type(running.service.workshop), "make", lambda _, piece: slow(piece))
    await running.until(CHAPTER_1)
    assert len(running.stage.posts) == 1

    await running.say("mia", "/series start", channel="library")
    await running.press("mia", "Start", channel="library")
    await running.tick()
    assert len(running.stage.read("library")) == 1

    hang.set()
    monkeypatch.setattr(ticking, "PASS_S", 10.0)
    await asyncio.gather(*running.tick._passing.values())
    await running.tick()
    assert running.stage.read()[1].startswith("Week 1 ")


# -- a post that is not taken ---------------------------------------------------------------------


async def rejected(hall: Hall) -> None:
    hall.stage.plan(Fault.REJECTED)
    await hall.until(CHAPTER_1)
    await hall.tick()


async def test_a_rejected_chapter_is_told_shown_and_kept_from_the_talk_about_it(
    running: Hall,
) -> None:
    await rejected(running)

    (told,) = running.stage.read(member="mia")
    assert says(told, "failed")
    assert "week 1" in told
    assert says(await running.say("mia", "/series status"), "status_failed")
    await running.until(DISCUSS_1)
    await running.until(RECAP_1)
    assert len(running.stage.read()) == 1, "the announcement, and nothing about what never came"


@pytest.mark.parametrize("again", ["the button", "the command"])
async def test_a_rejected_chapter_goes_out_whole_when_it_is_asked_for(
    running: Hall, again: str
) -> None:
    await rejected(running)
    assert says(await running.say("ada", "/study lesson"), "not_posted_until")

    if again == "the button":
        assert says(await running.press("mia", "Post again"), "settled_again")
    else:
        assert says(await running.say("mia", "/series resend"), "resent")
    await running.tick()

    _, post, opener = running.stage.read()
    assert post.startswith("Week 1 ")
    assert says(opener, "thread_opener")
    assert "First card" in words(await running.say("ada", "/study lesson"))
    await running.until(DISCUSS_1)
    assert says(running.stage.read()[-1], "discuss_few")
    assert running.stage.doubled == []


async def test_a_rejected_resend_does_not_silence_the_talk(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await running.say("mia", "/series resend")
    running.stage.plan(Fault.REJECTED)
    await running.tick()
    assert says(running.stage.read(member="mia")[0], "failed")

    await running.until(DISCUSS_1)
    assert says(running.stage.read()[-1], "discuss_few")


async def test_a_post_in_doubt_is_asked_about_no_more_once_the_run_is_moved(
    running: Hall,
) -> None:
    running.stage.readable = False
    running.stage.plan(Fault.LOST_REPLY)
    await running.until(CHAPTER_1)
    await running.until(CHAPTER_1 + timedelta(minutes=1))

    await running.say("mia", "/series move library")
    running.seen.clear()
    assert says(await running.press("mia", "It's there"), "settled_before")
    await running.tick()
    assert running.stage.read("library")[0].startswith("Week 1 ")


# -- refused, and paused --------------------------------------------------------------------------


async def test_a_blocked_run_is_not_paused_but_checked_again(running: Hall) -> None:
    running.stage.plan(Fault.FORBIDDEN)
    await running.until(CHAPTER_1)

    assert says(await running.say("mia", "/series pause"), "not_now_blocked")
    assert (await running.run()).status is Status.BLOCKED


async def test_a_paused_run_that_is_refused_stays_paused_and_tells_once(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await running.say("mia", "/series pause")
    await running.say("mia", "/series resend")
    running.stage.plan(*[Fault.FORBIDDEN, Fault.NONE] * 9)
    for hours in range(0, 18, 2):
        await running.until(CHAPTER_1 + timedelta(hours=hours))

    assert (await running.run()).status is Status.PAUSED
    assert len(running.stage.read(member="mia")) == 1


# -- members who come and go ----------------------------------------------------------------------


async def test_who_has_left_is_not_counted_as_here(running: Hall) -> None:
    await running.until(CHAPTER_1)
    for name in ("ada", "ben"):
        await running.press(name, "Yes")
    await running.say("ben", "/study leave")
    await running.press("ben", "Leave")
    await running.until(DISCUSS_1)
    await running.until(RECAP_1)

    assert "1 of 1 " in running.stage.read()[-1]


async def test_who_answers_after_leaving_takes_part_again(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await running.press("ada", "My challenges")
    form = (await running.press("ada", "Answer")).form
    assert form is not None
    await running.say("ada", "/study leave")
    await running.press("ada", "Leave")
    assert await running.count("enrolment", "left_at_ms IS NULL") == 0

    await running.act("ada", Submitted(form.control.id, {form.fields[0].id: "250"}))
    assert await running.count("enrolment", "left_at_ms IS NULL") == 1


async def test_who_is_in_is_not_asked_to_join(running: Hall) -> None:
    assert labels(await running.press("ada", "What is this?")) == ["Join"]
    await running.press("ada", "Join")
    running.seen.clear()
    assert labels(await running.press("ada", "What is this?")) == []


async def test_joining_names_the_newest_chapter_that_was_posted(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await running.say("mia", "/series skip")
    await running.press("mia", "Skip chapter 2")

    reply = await running.say("ada", "/study join")
    assert "What is left out" in words(reply)


# -- the second vote ------------------------------------------------------------------------------


@pytest.fixture
async def split(running: Hall) -> Hall:
    """Five have voted, two of them right, and the group was asked to talk."""
    await running.until(CHAPTER_1)
    for name, option in zip(
        ("ada", "ben", "chi", "dan", "eve"),
        ("Yes", "Yes", "Yes", "It depends", "It depends"),
        strict=True,
    ):
        await running.press(name, option)
    running.seen.clear()
    await running.until(DISCUSS_1)
    assert says(running.stage.read()[-1], "discuss_talk")
    return running


async def second_votes(hall: Hall) -> int:
    return await hall.count("vote", "round = 2")


async def test_who_has_seen_the_answer_gives_no_second_vote(split: Hall) -> None:
    await split.press("ada", "It depends")
    await split.press("ada", "Fairly")
    await split.press("ada", "Show me what happened")
    split.seen.clear()

    assert says(await split.press("ada", "Yes"), "vote_over")
    assert await second_votes(split) == 1


async def test_who_looked_after_the_first_vote_gives_no_second_one(running: Hall) -> None:
    await running.until(CHAPTER_1)
    for name in ("ada", "ben", "chi", "dan", "eve"):
        await running.press(name, "It depends" if name < "c" else "Yes")
    await running.press("ada", "Fairly")
    await running.press("ada", "Show me what happened")
    running.seen.clear()
    await running.until(DISCUSS_1)

    assert says(await running.press("ada", "Yes"), "vote_over")
    assert says(await running.press("ben", "Yes"), "vote_locked")
    assert await second_votes(running) == 1


async def test_who_has_not_voted_votes_before_looking_while_the_others_talk(split: Hall) -> None:
    await split.say("fay", "/study lesson 1")
    card = await split.press("fay", "Next")
    card = await split.press("fay", "Next")
    assert says(card, "vote_opens_this")

    await split.press("fay", "It depends")
    assert await second_votes(split) == 1
    await split.press("fay", "Fairly")
    assert "harder to read" in words(await split.press("fay", "Show me what happened"))


async def test_after_the_recap_nobody_votes_and_everybody_may_look(split: Hall) -> None:
    await split.until(RECAP_1)

    assert says(await split.press("ben", "It depends"), "vote_over")
    assert await second_votes(split) == 0
    await split.say("fay", "/study lesson 1")
    await split.press("fay", "Next")
    assert "at full size" in words(await split.press("fay", "Next"))
