"""Who moderates a run: named, shown and removed, by commands and buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.port import Address, Facts, TryLater
from lessons.actions import Pressed, RemoveModerator
from lessons.document import Document
from lessons.replies.naming import MOST_MODERATORS
from tests.rigs.dialogue import CHAPTER_1, Hall, labels, says, words
from tests.rigs.flaky import Fault

NOBODY = Facts(False, "nobody")


async def named(hall: Hall) -> list[str]:
    return [str(one) for (one,) in await hall.rows("SELECT member FROM moderator ORDER BY member")]


@pytest.fixture
async def bens(running: Hall) -> Hall:
    """Mia, an admin, has started the series and named ben."""
    await running.say("mia", "/series moderators ben")
    await running.tick()
    return running


# -- named ----------------------------------------------------------------------------------------


async def test_while_nobody_is_named_one_is_told_who_moderates_and_how_to_name_somebody(
    running: Hall,
) -> None:
    reply = await running.say("mia", "/series moderators")

    assert says(reply, "named_none")
    assert says(reply, "named_how")
    assert "@mia, who started it" in words(reply)
    assert labels(reply) == []
    assert reply.private


async def test_who_is_named_may_do_all_that_moderators_do_with_the_run(bens: Hall) -> None:
    assert await named(bens) == ["ben"]
    assert says(await bens.say("ben", "/series status"), "status_active")
    assert says(await bens.press("ben", "Pause"), "paused")
    assert says(await bens.say("ben", "/series resume", "attic"), "resumed")
    assert "/series pause" in words(await bens.say("ben", "/study help"))
    assert says(await bens.say("ben", "/series moderators nin"), "named")
    assert says(await bens.say("nin", "/series status"), "status_active")
    assert says(await bens.say("ben", "/series start", "attic"), "moderators_only")


async def test_the_answer_shows_who_moderates_now(bens: Hall) -> None:
    await bens.say("mia", "/series moderators nin")
    reply = await bens.say("mia", "/series moderators")

    assert says(reply, "named_are")
    assert "1. @ben\n2. @nin" in words(reply)
    assert labels(reply) == ["Remove number 1", "Remove number 2"]


async def test_who_is_named_is_told_in_private_with_a_way_in(bens: Hall) -> None:
    (letter,) = bens.stage.read(member="ben")

    assert says(letter, "you_are_named")
    assert "@mia" not in letter, "a letter to one member says nothing of another"
    bens.seen.clear()
    assert says(await bens.press("ben", "Status"), "status_active")


async def test_who_is_named_already_stays_so_and_is_not_told_again(bens: Hall) -> None:
    reply = await bens.say("mia", "/series moderators ben")
    await bens.tick()

    assert says(reply, "named_already")
    assert len(bens.stage.read(member="ben")) == 1
    assert await named(bens) == ["ben"]


async def test_who_names_somebody_can_be_named_with_one_press(running: Hall) -> None:
    reply = await running.say("mia", "/series moderators ben")
    assert says(reply, "named_told")
    assert labels(reply) == ["Tell me as well", "Remove number 1"]

    assert says(await running.press("mia", "Tell me as well"), "named_you")
    assert await named(running) == ["ben", "mia"]
    await running.tick()
    assert running.stage.read(member="mia") == []
    reply = await running.say("mia", "/series moderators nin")
    assert "Tell me as well" not in labels(reply)


@pytest.mark.parametrize("typed", ["nonsense", "<@12>", "nonsense and more of it"])
async def test_what_is_no_person_is_named_by_nobody(running: Hall, typed: str) -> None:
    running.stage.people[typed] = NOBODY

    reply = await running.say("mia", f"/series moderators {typed}")
    assert says(reply, "named_unknown")
    assert typed in words(reply)
    assert await named(running) == []


async def test_where_the_platform_does_not_say_who_that_is_nobody_is_named(running: Hall) -> None:
    running.stage.looks_in_vain = TryLater(5)

    assert says(await running.say("mia", "/series moderators ben"), "could_not_find")
    assert await named(running) == []
    running.stage.looks_in_vain = None
    assert says(await running.press("mia", "Try again"), "named")
    assert await named(running) == ["ben"]


async def test_there_are_no_more_moderators_than_buttons_to_remove_them(running: Hall) -> None:
    for number in range(MOST_MODERATORS):
        await running.say("mia", f"/series moderators m{number}")
    reply = await running.say("mia", "/series moderators ben")

    assert says(reply, "named_enough")
    assert len(labels(reply)) == len(await named(running)) == MOST_MODERATORS


async def test_for_a_series_that_was_stopped_nobody_is_named(bens: Hall) -> None:
    await bens.say("mia", "/series stop")
    await bens.press("mia", "Stop for good")

    assert says(await bens.say("mia", "/series moderators nin"), "not_now_stopped")
    assert says(await bens.say("ben", "/series moderators"), "named_are")
    assert await named(bens) == ["ben"]


async def test_members_name_nobody(running: Hall) -> None:
    assert says(await running.say("ada", "/series moderators ada"), "moderators_only")
    assert says(await running.say("ada", "/series moderators"), "moderators_only")
    assert await named(running) == []


# -- removed --------------------------------------------------------------------------------------


async def test_a_moderator_is_removed_and_what_they_were_shown_does_nothing(bens: Hall) -> None:
    await bens.say("ben", "/series status")
    pause = bens.button("ben", "Pause").id
    await bens.say("mia", "/series moderators")

    reply = await bens.press("mia", "Remove number 1")
    assert says(reply, "removed")
    assert says(reply, "named_none")
    assert reply.edit
    assert says(await bens.act("ben", Pressed(pause)), "moderators_only")
    assert says(await bens.say("ben", "/series status"), "moderators_only")
    assert await bens.rows("SELECT status FROM run") == [("active",)]


async def test_a_button_removes_whom_it_was_shown_for_whoever_came_and_went(bens: Hall) -> None:
    await bens.say("mia", "/series moderators nin")
    await bens.say("max", "/series moderators")
    second = bens.button("max", "Remove number 2").id
    await bens.press("mia", "Remove number 1")

    assert says(await bens.act("max", Pressed(second)), "removed")
    assert says(await bens.act("max", Pressed(second)), "removed_before")
    assert await named(bens) == []


async def test_who_removes_themself_is_asked_first(bens: Hall) -> None:
    await bens.say("ben", "/series moderators")
    assert says(await bens.press("ben", "Remove number 1"), "remove_sure")
    assert await named(bens) == ["ben"]
    assert says(await bens.press("ben", "Cancel"), "never_mind")

    await bens.say("ben", "/series moderators")
    await bens.press("ben", "Remove number 1")
    stop = bens.button("ben", "Stop moderating").id
    assert says(await bens.press("ben", "Stop moderating"), "removed_you")
    assert says(await bens.act("ben", Pressed(stop)), "moderators_only")
    assert await named(bens) == []


async def test_an_admin_who_removes_themself_is_not_asked_about_what_is_done(bens: Hall) -> None:
    await bens.say("mia", "/series moderators mia")
    await bens.say("mia", "/series moderators")
    remove = bens.button("mia", "Remove number 2").id
    await bens.act("mia", Pressed(remove))
    stop = bens.button("mia", "Stop moderating").id
    assert says(await bens.act("mia", Pressed(stop)), "removed_you")

    assert says(await bens.act("mia", Pressed(remove)), "removed_before")
    assert says(await bens.act("mia", Pressed(stop)), "removed_before")


async def test_who_moderates_one_run_removes_nobody_from_another(bens: Hall) -> None:
    await bens.say("mia", "/series start", "library")
    await bens.press("mia", "Start", "library")
    await bens.say("mia", "/series moderators nin", "library")
    ((run,),) = await bens.rows("SELECT run FROM run WHERE channel = 'library'")
    button = await bens.shown(RemoveModerator(str(run), "nin"))

    assert says(await bens.act("ben", Pressed(button.id)), "moderators_only")
    assert await named(bens) == ["ben", "nin"]


# -- what comes up --------------------------------------------------------------------------------


def letters(hall: Hall, who: str) -> list[str]:
    """What somebody was told in private, but that they were named."""
    told = hall.stage.read(member=who)
    return [letter for letter in told if not says(letter, "you_are_named")]


async def trouble(hall: Hall) -> None:
    """Something that a moderator has to know."""
    await hall.service.channel_gone(Address(hall.space, "study"))
    await hall.tick()


async def test_what_comes_up_is_told_to_everybody_who_is_named_each_once(bens: Hall) -> None:
    await bens.say("mia", "/series moderators nin")
    for _ in range(2):
        await trouble(bens)

    for who in ("ben", "nin"):
        (letter,) = letters(bens, who)
        assert says(letter, "blocked_gone"), who
    assert letters(bens, "mia") == []
    rows = await bens.rows("SELECT delivery FROM delivery WHERE purpose LIKE 'blocked%'")
    assert len(set(rows)) == 2


async def test_a_letter_to_several_is_cut_once(bens: Hall) -> None:
    asked: list[Document] = []

    def fits(document: Document) -> bool:
        asked.append(document)
        return bens.stage.fits(document)

    run, now = await bens.run(), bens.clock()
    planner = replace(bens.service.planner, fits=lambda space: fits)
    await bens.db.run(lambda t: planner.tell_stuck(t, run, now, False, now))
    for_one = len(asked)
    for who in ("nin", "ada"):
        await bens.say("mia", f"/series moderators {who}")
    asked.clear()
    later = now + timedelta(minutes=1)
    await bens.db.run(lambda t: planner.tell_stuck(t, run, later, False, now))

    assert len(asked) == for_one > 0
    await bens.tick()
    assert [len(letters(bens, who)) for who in ("ben", "nin", "ada")] == [2, 1, 1]


async def test_while_nobody_is_named_who_started_it_is_told(bens: Hall) -> None:
    await bens.say("mia", "/series moderators")
    await bens.press("mia", "Remove number 1")
    await trouble(bens)

    (letter,) = letters(bens, "mia")
    assert says(letter, "blocked_gone")
    assert letters(bens, "ben") == []


async def test_the_button_in_a_letter_works_for_each_and_posts_once(hall: Hall) -> None:
    await hall.start("/series start reading-maps mon 17:00 UTC hand")
    for who in ("ben", "nin"):
        await hall.say("mia", f"/series moderators {who}")
    await hall.until(CHAPTER_1.replace(hour=17))
    hall.seen.clear()
    buttons = [hall.button(who, "Post now").id for who in ("ben", "nin")]

    assert says(await hall.act("ben", Pressed(buttons[0])), "posted_now")
    assert says(await hall.act("nin", Pressed(buttons[1])), "status_active")
    await hall.tick()
    assert len([post for post in hall.stage.read() if post.startswith("Week 1 ·")]) == 1


async def test_a_letter_that_one_can_not_get_is_no_trouble_for_the_others(bens: Hall) -> None:
    await bens.say("mia", "/series moderators nin")
    await bens.tick()
    bens.stage.closed_to.add("ben")
    await trouble(bens)

    assert letters(bens, "ben") == []
    assert len(letters(bens, "nin")) == 1
    assert await bens.rows(
        "SELECT member, state FROM delivery WHERE purpose LIKE 'blocked%' ORDER BY member"
    ) == [("ben", "failed"), ("nin", "sent")]


async def test_a_letter_to_a_moderator_that_finds_a_closed_inbox_ends_no_reminders(
    bens: Hall,
) -> None:
    await bens.say("ben", "/study settings")
    await bens.press("ben", "Remind me")
    bens.stage.plan(Fault.CLOSED)
    await trouble(bens)

    assert await bens.rows(
        "SELECT member, state, reason FROM delivery WHERE purpose LIKE 'blocked%'"
    ) == [("ben", "failed", "closed")]
    assert await bens.rows("SELECT reminders FROM settings WHERE member = 'ben'") == [(1,)]
