"""A week of a run, from its start to its recap, as moderator, channel and members see it."""

from __future__ import annotations

from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, RECAP_1, Hall, labels, says
from tests.rigs.map_series import map_series


async def test_a_week_goes_from_start_to_recap_by_itself(hall: Hall) -> None:
    proposed = await hall.say("mia", "/series start")
    assert labels(proposed) == ["Start", "Preview chapter 1", "Cancel"]
    assert hall.stage.posts == []
    await hall.press("mia", "Start")
    await hall.tick()
    assert "Reading maps starts" in hall.stage.read()[0]
    assert says(await hall.press("ada", "Join"), "joined")

    await hall.until(CHAPTER_1)
    _, chapter, opener = hall.stage.read()
    assert chapter.startswith("Week 1 · What is left out")
    assert "0 votes so far" in chapter
    assert opener.startswith("The place to talk about week 1")

    for who in ("ada", "ben", "cem"):
        await hall.press(who, "It depends")
    for who in ("dot", "eva"):
        await hall.press(who, "Yes")
    await hall.until(DISCUSS_1)
    assert "5 votes" in hall.stage.read()[1]
    discuss = hall.stage.read()[3]
    assert discuss.startswith("Week 1 · How you voted")
    assert "vote again" in discuss

    await hall.press("dot", "It depends")
    await hall.say("ada", "/study challenge")
    await hall.answer("ada", "250")
    await hall.until(RECAP_1)
    recap = hall.stage.read()[4]
    assert "First vote: 60 % right, 5 votes." in recap
    assert "After the talk: 100 % right." in recap
    assert "On your own numbers: 100 % of the challenges tried were passed." in recap
    assert "5 of 5 were here this week." in recap
    assert "What it costs to fold" in recap

    await hall.until(CHAPTER_2)
    assert hall.stage.read()[5].startswith("Week 2 · What it costs to fold")
    assert hall.stage.doubled == []


async def test_where_threads_disturb_nobody_the_cards_stand_in_the_thread_before_the_talk(
    hall: Hall,
) -> None:
    hall.stage.cards_in_thread = True
    await hall.say("mia", "/series start")
    await hall.press("mia", "Start")
    await hall.until(CHAPTER_1)

    chapter = map_series().chapters[0]
    (thread,) = {post.to.thread for post in hall.stage.posts if post.to.thread}
    *cards, talk = hall.stage.texts("study", thread)
    assert cards == [card.title for card in chapter.cards if not card.reveal]
    assert talk.startswith("The place to talk about week 1")


async def test_cards_that_give_the_answer_away_never_stand_in_the_thread(hall: Hall) -> None:
    hall.stage.cards_in_thread = True
    await hall.say("mia", "/series start")
    await hall.press("mia", "Start")
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await hall.until(at)

    shut = [
        card.title for chapter in map_series().chapters for card in chapter.cards if card.reveal
    ]
    assert shut
    assert not set(shut) & {post.text for post in hall.stage.posts}
