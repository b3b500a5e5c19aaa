"""A member's own page: every series of theirs in a space, what is due, and where to go."""

from __future__ import annotations

import pytest

from adapters.port import Address, Facts
from bot.service import Service
from lessons.document import Heading, plain_inline
from lessons.posts import Reply
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, RECAP_1, Hall, labels, says, words


@pytest.fixture
async def week_one(running: Hall) -> Hall:
    """Ada takes part, and the first chapter is out."""
    await running.say("ada", "/study join")
    await running.until(CHAPTER_1)
    return running


def headings(reply: Reply) -> list[str]:
    assert reply.post is not None
    blocks = reply.post.document.blocks
    return [plain_inline(one.content) for one in blocks if isinstance(one, Heading)]


async def test_who_takes_part_in_nothing_is_shown_what_there_is(running: Hall) -> None:
    reply = await running.say("ada", "/study home", channel="elsewhere")
    assert says(reply, "home_join")

    assert says(await running.press("ada", "1 · Join: Reading maps"), "joined")
    assert headings(await running.say("ada", "/study home"))[1] == "Reading maps · #study"


async def test_where_nothing_runs_it_says_so(hall: Hall) -> None:
    assert says(await hall.say("ada", "/study home"), "home_empty")


async def test_before_the_first_chapter_it_says_when_that_comes(running: Hall) -> None:
    await running.say("ada", "/study join")
    reply = await running.say("ada", "/study home")

    assert says(reply, "first_comes")
    assert reply.post is not None
    assert reply.post.figures == ()


async def test_it_leads_to_the_vote_then_the_challenges_then_says_nothing_is_due(
    week_one: Hall,
) -> None:
    assert says(await week_one.say("ada", "/study home"), "home_vote")
    assert says(await week_one.press("ada", "What is due"), "vote_first")
    await week_one.press("ada", "Yes")

    assert says(await week_one.say("ada", "/study home"), "due")
    await week_one.press("ada", "My challenges")
    await week_one.answer("ada", "250")
    await week_one.say("ada", "/study challenge")
    await week_one.press("ada", "Skip")
    await week_one.answer("ada", "Where the legend says")

    done = await week_one.say("ada", "/study home")
    assert says(done, "nothing_due_until")
    assert "Chapters done: 1 of 1" in words(done)
    assert labels(done) == ["Read", "My challenges", "Settings", "Privacy"]
    assert says(await week_one.press("ada", "Read"), "card_of")


async def test_its_picture_shows_what_the_member_has_done_and_nobody_else(week_one: Hall) -> None:
    await week_one.press("ada", "Yes")
    await week_one.say("ada", "/study challenge")
    await week_one.answer("ada", "250")
    await week_one.say("ben", "/study join")

    for who, told in (("ada", "1 of 4 challenges passed, voted"), ("ben", "0 of 4")):
        reply = await week_one.say(who, "/study home")
        assert reply.post is not None
        (drawn,) = reply.post.figures
        assert told in drawn.alt


async def test_every_series_of_the_member_is_there_those_that_go_on_first(week_one: Hall) -> None:
    await week_one.say("mia", "/series start", channel="other")
    await week_one.press("mia", "Start", channel="other")
    await week_one.say("ada", "/study join", channel="other")
    await week_one.say("mia", "/series stop", channel="other")
    await week_one.press("mia", "Stop for good", channel="other")

    reply = await week_one.say("ada", "/study home", channel="elsewhere")
    assert headings(reply)[1:] == ["1 · Reading maps · #study", "2 · Reading maps · #other"]
    assert says(
        await week_one.press("ada", "1 · My challenges", channel="elsewhere"), "challenge_title"
    )


async def test_who_has_left_has_it_there_no_more(week_one: Hall) -> None:
    await week_one.say("ada", "/study leave")
    await week_one.press("ada", "Leave")

    assert says(await week_one.say("ada", "/study home"), "home_join")


async def test_a_series_whose_texts_are_gone_stops_nothing(week_one: Hall) -> None:
    week_one.shelf.clear()

    assert says(await week_one.say("ada", "/study home"), "home_gone")


async def test_it_asks_neither_the_platform_nor_a_worker(
    week_one: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    await week_one.until(DISCUSS_1)
    await week_one.until(RECAP_1)
    await week_one.until(CHAPTER_2)

    async def never(*_: object) -> Facts:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(Service, "make", never)
    monkeypatch.setattr(type(week_one.stage), "look", never)
    with pytest.raises(AssertionError):
        await week_one.stage.look(Address(week_one.space, "study"))
    assert says(await week_one.say("ada", "/study home"), "home_vote")


async def test_in_another_space_nothing_of_it_is_seen(week_one: Hall) -> None:
    other = week_one.in_space("flaky:other")

    assert says(await other.say("ada", "/study home"), "home_empty")
