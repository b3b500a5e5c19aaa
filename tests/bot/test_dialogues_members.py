"""What members say and press, and what comes back: taking part, reading, voting, looking."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lessons import actions
from lessons.actions import Pressed, Typed
from lessons.commands import COMMANDS, Command
from lessons.curriculum import Series
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, Hall, labels, named, says, words


@pytest.fixture
async def week_one(running: Hall) -> Hall:
    """The first chapter is out."""
    await running.until(CHAPTER_1)
    return running


# -- taking part ----------------------------------------------------------------------------------


async def test_joining_before_the_first_chapter_says_when_it_comes(running: Hall) -> None:
    said = words(await running.say("ada", "/study join"))

    assert says(said, "joined")
    assert says(said, "first_comes")


async def test_joining_twice_changes_nothing(running: Hall) -> None:
    await running.say("ada", "/study join")

    assert says(await running.say("ada", "/study join"), "in_already")
    assert await running.count("enrolment") == 1


async def test_joining_in_mid_week_leads_to_the_newest_chapter(week_one: Hall) -> None:
    reply = await week_one.say("ada", "/study join")

    assert says(reply, "newest_is")
    assert labels(reply) == ["Read the cards", "My challenges"]


async def test_leaving_asks_first_and_coming_back_keeps_everything(week_one: Hall) -> None:
    await week_one.press("ada", "It depends")
    await week_one.say("ada", "/study leave")
    await week_one.press("ada", "Stay")
    assert await week_one.count("enrolment", "left_at_ms IS NULL") == 1

    await week_one.say("ada", "/study leave")
    assert says(await week_one.press("ada", "Leave"), "left")
    assert await week_one.count("enrolment", "left_at_ms IS NULL") == 0

    assert says(await week_one.press("ada", "Join"), "welcome_back")
    assert await week_one.count("vote") == 1
    assert "voted;" in words(await week_one.say("ada", "/study progress"))


async def test_who_is_not_in_can_not_leave(running: Hall) -> None:
    reply = await running.say("ada", "/study leave")

    assert says(reply, "not_in")
    assert labels(reply) == ["Join", "What is this?"]


async def test_what_is_this_explains_and_enrols_nobody(running: Hall) -> None:
    said = words(await running.press("ada", "What is this?"))

    assert "How to look at a map" in said
    assert await running.count("enrolment") == 0


async def test_who_votes_takes_part(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")

    assert says(await week_one.say("ada", "/study join"), "in_already")


# -- reading --------------------------------------------------------------------------------------


async def test_no_chapter_can_be_read_before_its_post_is_out(running: Hall) -> None:
    assert says(await running.say("ada", "/study lesson"), "not_posted_until")


async def test_a_chapter_that_does_not_come_next_by_slot_is_not_promised(week_one: Hall) -> None:
    """The next slot is Thursday's, but the next chapter comes on Monday."""
    reply = await week_one.say("ada", "/study lesson 2")

    assert says(reply, "not_posted_until")
    assert named(CHAPTER_2) in words(reply)


async def test_cards_are_turned_forth_and_back(week_one: Hall) -> None:
    first = await week_one.say("ada", "/study lesson")
    assert "First card" in words(first)
    assert labels(first) == ["Next"]

    second = await week_one.press("ada", "Next")
    assert second.edit
    assert "Second card" in words(second)
    assert labels(second) == ["Back", "Next"]
    assert "First card" in words(await week_one.press("ada", "Back"))


async def test_the_reveal_card_stays_shut_until_the_vote(week_one: Hall) -> None:
    await week_one.say("ada", "/study lesson 1")
    await week_one.press("ada", "Next")
    shut = await week_one.press("ada", "Next")
    assert says(shut, "vote_opens_this")
    assert "no use" not in words(shut)

    await week_one.press("ada", "Yes")
    await week_one.say("ada", "/study lesson 1")
    await week_one.press("ada", "Next")
    opened = await week_one.press("ada", "Next")
    assert "A map at full size is no use." in words(opened)
    assert says(opened, "takeaway")


async def test_the_reveal_card_is_open_to_all_from_the_discuss_beat(week_one: Hall) -> None:
    await week_one.until(DISCUSS_1)

    await week_one.say("ada", "/study lesson")
    await week_one.press("ada", "Next")
    assert "no use" in words(await week_one.press("ada", "Next"))


async def test_a_card_past_the_end_is_the_last_one(week_one: Hall) -> None:
    run = await week_one.run()
    want = actions.ReadLesson(run.id, "", 99)
    await week_one.shown(want)

    assert says(await week_one.want("ada", want), "card_of")


# -- the shared question --------------------------------------------------------------------------


async def test_a_vote_is_locked_in_changed_and_made_sure(week_one: Hall) -> None:
    assert says(await week_one.press("ada", "Yes"), "vote_locked")
    await week_one.press("ada", "Certain")
    assert says(await week_one.act("ada", Pressed(_public(week_one, "It depends"))), "vote_changed")
    sure = await week_one.press("ada", "Just a hunch")

    assert says(sure, "sure")
    assert await week_one.rows("SELECT choice, confidence FROM vote") == [("it-depends", "hunch")]


async def test_a_new_choice_has_no_confidence_yet(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    await week_one.press("ada", "Certain")
    await week_one.act("ada", Pressed(_public(week_one, "It depends")))

    assert await week_one.rows("SELECT confidence FROM vote") == [("",)]


async def test_nobody_is_shown_what_happened_before_they_voted(week_one: Hall) -> None:
    run = await week_one.run()
    await week_one.press("ben", "Yes")
    await week_one.press("ben", "Fairly")  # this shows the button to ben

    reply = await week_one.want("ada", actions.Reveal(run.id, "left-out"))
    assert says(reply, "vote_first")
    assert "harder to read" not in words(reply)
    assert labels(reply) == ["Yes", "It depends"]

    told = words(await week_one.press("ben", "Show me what happened"))
    assert says(told, "reveal_wrong")
    assert "Only if you looked for what was added." in told
    assert "More on it is harder to read." in told


async def test_the_first_vote_is_closed_once_the_group_has_seen_it(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    vote = _public(week_one, "It depends")
    await week_one.until(DISCUSS_1)

    assert says(await week_one.act("ada", Pressed(vote)), "vote_over")
    assert await week_one.rows("SELECT choice FROM vote") == [("yes",)]


async def test_who_has_looked_at_what_happened_keeps_the_vote(week_one: Hall) -> None:
    vote = _public(week_one, "It depends")
    await week_one.press("ada", "Yes")
    await week_one.press("ada", "Certain")
    await week_one.press("ada", "Show me what happened")

    assert says(await week_one.act("ada", Pressed(vote)), "vote_over")
    assert await week_one.rows("SELECT choice, confidence FROM vote") == [("yes", "certain")]


async def test_who_missed_the_vote_is_still_shown_what_happened(week_one: Hall) -> None:
    vote = _public(week_one, "Yes")
    await week_one.until(DISCUSS_1)

    assert says(await week_one.act("ada", Pressed(vote)), "vote_over")
    assert "More on it is harder to read." in words(
        await week_one.press("ada", "Show me what happened")
    )
    assert await week_one.count("vote") == 0


async def test_a_second_vote_stands_beside_the_first(week_one: Hall) -> None:
    for who, choice in zip("abcdef", ("Yes", "It depends") * 3, strict=False):
        await week_one.press(who, choice)
    await week_one.until(DISCUSS_1)
    week_one.seen.clear()

    assert says(await week_one.press("a", "It depends"), "vote_locked")
    await week_one.press("a", "Fairly")
    assert await week_one.rows(
        "SELECT round, choice, confidence FROM vote WHERE member = 'a' ORDER BY round"
    ) == [(1, "yes", ""), (2, "it-depends", "fairly")]


async def test_who_says_how_sure_without_a_vote_is_asked_to_vote(week_one: Hall) -> None:
    run = await week_one.run()
    want = actions.BeSure(run.id, "left-out", "certain")
    await week_one.shown(want)

    assert says(await week_one.want("ada", want), "vote_first")
    assert await week_one.count("vote") == 0


async def test_an_option_that_was_taken_out_can_not_be_voted_for(week_one: Hall) -> None:
    run = await week_one.run()
    want = actions.Vote(run.id, "left-out", "perhaps")
    await week_one.shown(want)

    assert says(await week_one.want("ada", want), "moved_on")
    assert await week_one.count("vote") == 0
    assert await week_one.count("enrolment") == 0


async def test_how_sure_one_was_can_not_be_changed_after_the_fact(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    certain = week_one.button("ada", "Certain").id
    await week_one.press("ada", "Just a hunch")
    await week_one.until(DISCUSS_1)

    assert says(await week_one.act("ada", Pressed(certain)), "vote_over")
    assert await week_one.rows("SELECT confidence FROM vote") == [("hunch",)]


# -- where I am -----------------------------------------------------------------------------------


async def test_next_is_the_vote_then_the_challenges_then_nothing(week_one: Hall) -> None:
    assert says(await week_one.say("ada", "/study next"), "vote_first")
    await week_one.press("ada", "Yes")
    assert says(await week_one.say("ada", "/study next"), "due")

    await week_one.press("ada", "My challenges")
    await week_one.answer("ada", "250")
    await week_one.say("ada", "/study challenge")
    await week_one.press("ada", "Skip")
    await week_one.answer("ada", "Where the legend says")
    said = words(await week_one.say("ada", "/study next"))
    assert named(CHAPTER_2) in said


async def test_next_before_the_first_chapter_says_when_it_comes(running: Hall) -> None:
    said = words(await running.say("ada", "/study next"))

    assert named(CHAPTER_1) in said


async def test_progress_before_the_first_chapter_says_so(running: Hall) -> None:
    assert says(await running.say("ada", "/study progress"), "progress_none")


async def test_help_shows_members_their_commands_and_moderators_all(hall: Hall) -> None:
    member = words(await hall.say("ada", "/study help"))
    moderator = words(await hall.say("mia", "/study help"))

    assert [c.path for c in COMMANDS if c.path in member] == [
        c.path for c in COMMANDS if c.group == "study"
    ]
    assert all(command.path in moderator for command in COMMANDS)


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c.group == "study"], ids=lambda c: c.path
)
async def test_every_command_of_members_has_an_answer(week_one: Hall, command: Command) -> None:
    reply = await week_one.say("ada", command.path)

    assert reply.private
    assert "went wrong" not in words(reply)
    assert len(words(reply)) > 20


# -- when it is not clear what is meant -----------------------------------------------------------


async def test_a_misspelt_command_is_told_the_nearest_one(hall: Hall) -> None:
    assert "/study join" in words(await hall.say("ada", "/study jion"))


async def test_a_command_like_no_other_is_sent_to_the_help(hall: Hall) -> None:
    assert "/study help" in words(await hall.act("ada", Typed("xyzzy", "42")))


async def test_words_that_a_command_does_not_take_are_not_ignored(running: Hall) -> None:
    await running.say("ada", "/study join now please")

    assert await running.count("enrolment") == 0


async def test_without_a_run_members_and_moderators_are_told_different_things(hall: Hall) -> None:
    member = words(await hall.say("ada", "/study lesson"))
    moderator = words(await hall.say("mia", "/series status"))

    assert "/series start" in moderator
    assert member != moderator


async def test_with_two_runs_it_is_asked_which_is_meant(running: Hall) -> None:
    await running.say("mia", "/series start", channel="other")
    await running.press("mia", "Start", channel="other")
    for channel in ("study", "other"):
        await running.say("ada", "/study join", channel=channel)

    asked = await running.say("ada", "/study progress", channel="elsewhere")
    assert asked.post is not None
    assert len(asked.post.controls) == 2
    for choice in asked.post.controls:
        assert says(await running.act("ada", Pressed(choice.id), "elsewhere"), "progress_none")


async def test_in_another_channel_the_members_only_run_is_meant(running: Hall) -> None:
    await running.say("ada", "/study join")

    reply = await running.say("ada", "/study progress", channel="elsewhere")
    assert says(reply, "progress_none")


async def test_a_control_that_never_was_has_moved_on(running: Hall) -> None:
    reply = await running.act("ada", Pressed("0" * 24))

    assert says(reply, "moved_on")
    assert labels(reply) == ["My challenges"]


async def test_a_button_of_a_chapter_that_was_taken_out_has_moved_on(week_one: Hall) -> None:
    series = week_one.shelf["reading-maps"]
    vote = _public(week_one, "Yes")
    week_one.shelf["reading-maps"] = _without_first_chapter(series)

    assert says(await week_one.act("ada", Pressed(vote)), "moved_on")
    assert await week_one.count("vote") == 0


async def test_members_can_not_press_what_moderators_were_shown(running: Hall) -> None:
    await running.say("mia", "/series status")
    pause = running.button("mia", "Pause")

    reply = await running.act("ada", Pressed(pause.id))
    assert says(reply, "moderators_only")
    assert (await running.run()).status == "active"


@pytest.mark.parametrize(
    "command", [c for c in COMMANDS if c.group == "series"], ids=lambda c: c.path
)
async def test_no_command_of_moderators_works_for_members(running: Hall, command: Command) -> None:
    before = await running.rows("SELECT * FROM run")
    typed = f"{command.path} other" if "move" in command.path else command.path
    reply = await running.say("ada", typed)

    assert says(reply, "moderators_only")
    assert await running.rows("SELECT * FROM run") == before


# -- within ---------------------------------------------------------------------------------------


def _public(hall: Hall, label: str) -> str:
    return next(c.id for c in hall.stage.controls() if c.label == label)


def _without_first_chapter(series: Series) -> Series:
    return replace(series, chapters=series.chapters[1:])
