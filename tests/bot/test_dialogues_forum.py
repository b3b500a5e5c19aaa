"""A series in a forum: every chapter is one post there, and all that belongs to it stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from lessons.document import Document, plain
from lessons.runs import Status
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, DISCUSS_1, RECAP_1, Hall
from tests.rigs.flaky import Fault, Posted

SMALL = 80


@pytest.fixture
def forum(hall: Hall) -> Hall:
    """A hall whose channel "study" is a forum."""
    hall.stage.forums.add("study")
    return hall


@pytest.fixture
def small(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are so short that every post has several parts."""

    def fits(document: Document) -> bool:
        return len(plain(document)) <= SMALL

    monkeypatch.setattr(hall.stage, "fits", fits)


def messages(hall: Hall, channel: str = "study") -> Iterator[Posted]:
    """What stands in a channel and its threads, without the threads' names."""
    for post in hall.stage.posts:
        if post.id in hall.stage.parts and (post.to.channel, post.to.member) == (channel, ""):
            yield post


def threads(hall: Hall, channel: str = "study") -> list[list[str]]:
    """Each forum post with all that is said in it; what stands in none is a list of its own."""
    found: dict[str, list[str]] = {}
    for post in messages(hall, channel):
        said = plain(hall.stage.parts[post.id].document)
        found.setdefault(post.ref.address.thread, []).append(said)
    return list(found.values())


async def order(hall: Hall, beat: str = "chapter") -> list[tuple[str, int, int, str]]:
    """Purpose, issue, part and thread of a beat's messages, as they were posted."""
    rows = await hall.rows(
        "SELECT delivery, purpose, issue, part FROM delivery WHERE beat = :beat", beat=beat
    )
    known = {key: (str(purpose), int(str(n)), int(str(part))) for key, purpose, n, part in rows}
    return [(*known[p.key], p.ref.address.thread) for p in messages(hall) if p.key in known]


async def in_its_order(hall: Hall) -> None:
    """The chapter's parts, then what opens the talk, all in one thread."""
    posted = await order(hall)
    parts = [part for purpose, _, part, _ in posted if purpose == "post"]
    opener = [part for purpose, _, part, _ in posted if purpose == "opener"]
    assert [purpose for purpose, *_ in posted] == ["post"] * len(parts) + ["opener"] * len(opener)
    assert (parts, opener) == (list(range(len(parts))), list(range(len(opener))))
    assert len(parts) > 2
    assert opener
    assert len({thread for *_, thread in posted}) == 1
    assert all(thread for *_, thread in posted)


# -- a week ---------------------------------------------------------------------------------------


async def test_a_week_is_one_post_with_everything_of_it_inside(forum: Hall) -> None:
    await forum.start()
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await forum.until(at)

    invitation, week = threads(forum)
    assert len(invitation) == 1
    assert week[0].startswith("Week 1 · What is left out")
    assert "The place to talk" in week[1]
    assert week[2].startswith("Week 1 · How you voted")
    assert week[3].startswith("Week 1 in short")
    assert len(week) == 4
    await forum.until(CHAPTER_2)
    assert [len(thread) for thread in threads(forum)] == [1, 4, 2]


async def test_a_channel_that_is_no_forum_has_its_talk_in_a_thread_as_before(hall: Hall) -> None:
    await hall.start()
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await hall.until(at)

    (in_channel, talk) = threads(hall)
    assert len(in_channel) == 4
    assert "The place to talk" in talk[0]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("by_hand", [False, True])
async def test_parts_go_into_the_thread_in_order_and_the_talk_opens_after_them(
    forum: Hall, by_hand: bool
) -> None:
    await forum.start()
    if by_hand:
        await forum.say("mia", "/series post-now")
        await forum.tick()
    else:
        await forum.until(CHAPTER_1)

    await in_its_order(forum)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("fault", [Fault.BUSY, Fault.LOST_REPLY, Fault.LOST_REQUEST])
@pytest.mark.parametrize("at", range(5))
async def test_order_holds_whatever_one_request_meets(forum: Hall, fault: Fault, at: int) -> None:
    await forum.start()
    forum.stage.plan(*[Fault.NONE] * at, fault)
    for seconds in (0, 10, 60, 120):
        await forum.until(CHAPTER_1 + timedelta(seconds=seconds))

    await in_its_order(forum)
    assert forum.stage.doubled == []
    assert await forum.count("delivery", "state <> 'sent'") == 0


@pytest.mark.usefixtures("small")
async def test_every_post_of_several_parts_stands_in_one_thread(forum: Hall) -> None:
    await forum.start()
    for at in (CHAPTER_1, DISCUSS_1, RECAP_1):
        await forum.until(at)

    assert len(threads(forum)) == 2
    for beat in ("", "discuss", "recap"):
        posted = await order(forum, beat)
        assert [part for _, _, part, _ in posted] == list(range(len(posted)))
        assert len(posted) > 1, beat


@pytest.mark.usefixtures("small")
async def test_the_count_of_votes_follows_in_the_last_part(forum: Hall) -> None:
    await forum.start()
    await forum.until(CHAPTER_1)
    await forum.press("ada", "Yes")
    await forum.until(CHAPTER_1 + timedelta(seconds=10))

    week = threads(forum)[1]
    (shown,) = [n for n, said in enumerate(week) if "1 vote" in said]
    assert shown > 1
    assert "The place to talk" in week[shown + 1]


# -- once more, refused, deleted ------------------------------------------------------------------


@pytest.mark.usefixtures("small")
async def test_a_resend_is_a_post_of_its_own_and_the_week_goes_on_in_the_first(
    forum: Hall,
) -> None:
    await forum.start()
    await forum.until(CHAPTER_1)
    await forum.say("mia", "/series resend")
    await forum.tick()
    await forum.until(DISCUSS_1)

    _, first, again = threads(forum)
    posted = [(purpose, part) for purpose, issue, part, _ in await order(forum) if issue == 2]
    assert posted == [("post", part) for part in range(len(again))]
    assert len(again) > 1
    assert any(said.startswith("Week 1 · How you voted") for said in first)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("at", [0, 2])
async def test_a_part_that_is_not_taken_keeps_the_rest_back_until_it_is_posted_again(
    forum: Hall, at: int
) -> None:
    await forum.start()
    forum.stage.plan(*[Fault.NONE] * at, Fault.REJECTED)
    await forum.until(CHAPTER_1)
    assert [purpose for purpose, *_ in await order(forum)] == ["post"] * min(at, 1)
    assert forum.stage.read(member="mia")

    forum.seen.clear()
    await forum.press("mia", "Post again")
    await forum.tick()
    await in_its_order(forum)


async def test_a_deleted_forum_post_does_not_stop_the_series(forum: Hall) -> None:
    await forum.start()
    await forum.until(CHAPTER_1)
    forum.stage.deleted.add(list(messages(forum))[-1].ref.address.thread)
    await forum.until(DISCUSS_1)

    assert (await forum.run()).status is Status.ACTIVE
    assert threads(forum)[-1][0].startswith("Week 1 · How you voted")
    assert len(threads(forum)) == 3


async def test_a_deleted_channel_still_does(forum: Hall) -> None:
    await forum.start()
    await forum.until(CHAPTER_1)
    forum.stage.plan(Fault.GONE, Fault.GONE)
    await forum.until(DISCUSS_1)

    assert (await forum.run()).status is Status.BLOCKED


# -- moved ----------------------------------------------------------------------------------------


async def test_a_run_knows_at_start_and_at_each_move_whether_it_is_in_a_forum(forum: Hall) -> None:
    assert (await forum.start()).forum
    await forum.say("mia", "/series move library")
    assert not (await forum.run()).forum
    await forum.say("mia", "/series move study", channel="library")
    assert (await forum.run()).forum


@pytest.mark.usefixtures("small")
async def test_what_follows_a_chapter_in_another_channel_is_a_post_of_its_own(hall: Hall) -> None:
    hall.stage.forums.add("books")
    await hall.start()
    await hall.until(CHAPTER_1)
    await hall.say("mia", "/series move books")
    await hall.until(DISCUSS_1)
    await hall.until(RECAP_1)

    discuss, recap = threads(hall, "books")
    assert discuss[0].startswith("Week 1 · How you voted")
    assert recap[0].startswith("Week 1 in short")
    assert len(discuss) > 1
    assert len(recap) > 1


async def test_where_the_chapter_was_posted_again_after_a_move_the_week_goes_on_there(
    hall: Hall,
) -> None:
    hall.stage.forums.add("books")
    await hall.start()
    await hall.until(CHAPTER_1)
    await hall.say("mia", "/series move books")
    await hall.say("mia", "/series resend", channel="books")
    await hall.until(DISCUSS_1)

    ((chapter, discuss),) = threads(hall, "books")
    assert chapter.startswith("Week 1 · What is left out")
    assert discuss.startswith("Week 1 · How you voted")


@pytest.mark.usefixtures("small")
async def test_out_of_a_forum_a_series_goes_on_as_in_any_channel(forum: Hall) -> None:
    await forum.start()
    await forum.until(CHAPTER_1)
    await forum.say("mia", "/series move library")
    for at in (DISCUSS_1, RECAP_1, CHAPTER_2):
        await forum.until(at)

    in_channel, talk = threads(forum, "library")
    assert in_channel[0].startswith("Week 1 · How you voted")
    assert "The place to talk about week 2" in talk[0]
