"""What goes out to a Discord that misbehaves: once, and with the truth about what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from adapters.discord import wire
from adapters.discord.gateway import Client
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.port import (
    Address,
    Ambiguous,
    CannotLook,
    DeliveryFailure,
    Facts,
    PostRef,
    Rejected,
    TryLater,
    Unreachable,
    mark_of,
)
from lessons.actions import Join
from lessons.document import Document, Paragraph, Plot, Text
from lessons.figure import Figure
from lessons.posts import OpenThread, Part, control
from tests.rigs.adapters import LoggedIn
from tests.rigs.host import KeptHost
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord, until
from tests.rigs.loopback_discord_faults import Fault, What

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Bench:
    world: LoopbackDiscord
    adapter: DiscordAdapter
    host: KeptHost
    guild: str
    study: Address
    forum: Address
    ada: str


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with loopback_discord() as world:
        ada = world.user("ada")
        guild = world.guild("Study circle", (ada,))
        space = space_of(guild)
        study = Address(space, world.channel(guild, "study"))
        forum = Address(space, world.channel(guild, "books", 15))
        adapter = DiscordAdapter(Client(), LoggedIn())
        host = KeptHost()
        await adapter.open(host)
        yield Bench(world, adapter, host, guild, study, forum, ada)
        await adapter.close()
        await adapter.client.close()


def part(words: str = "Guess first.", *, button: bool = False) -> Part:
    controls = (control("discord:1", "Join", Join("r")),) if button else ()
    return Part(Document((Paragraph((Text(words),)),)), words, controls)


def makers(bench: Bench) -> list[bool]:
    return [one.made for one in bench.world.made]


# -- one POST, whatever happens -------------------------------------------------------------------


@pytest.mark.parametrize("what", ["500", "502", "503", "reset", "close"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_reply_that_is_lost_is_ambiguous_and_nothing_is_sent_twice(
    bench: Bench, what: What, done: bool
) -> None:
    bench.world.plan.faults.append(Fault(what, done=done))

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.study, part(), "key-1")
    await _longer_than_the_library_waits(what)

    assert makers(bench) == [done]
    found = await bench.adapter.find(bench.study, "key-1", SINCE)
    assert (found is not None) == done


@pytest.mark.parametrize("what", ["500", "502", "503", "reset", "close"])
async def test_a_forum_post_whose_reply_is_lost_is_found_and_not_made_again(
    bench: Bench, what: What
) -> None:
    bench.world.plan.faults.append(Fault(what, done=True))

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.forum, part(), "key-1")
    await _longer_than_the_library_waits(what)

    assert makers(bench) == [True]
    found = await bench.adapter.find(bench.forum, "key-1", SINCE)
    assert found is not None
    assert found.address.thread
    assert len(bench.world.threads_of(bench.forum.channel)) == 1


@pytest.mark.parametrize("what", ["500", "503", "reset", "close"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_thread_whose_reply_is_lost_is_looked_for(
    bench: Bench, what: What, done: bool
) -> None:
    post = await bench.adapter.send(bench.study, part(), "key-1")
    bench.world.plan.faults.append(Fault(what, done=done))

    with pytest.raises(Ambiguous):
        await bench.adapter.do(OpenThread("talk"), post, "key-2")
    found = await bench.adapter.find(bench.study, "key-2", SINCE)
    assert (found is not None) == done
    again = await bench.adapter.do(OpenThread("talk"), post, "key-2")
    assert again is not None
    assert len(bench.world.threads_of(bench.study.channel)) == 1


async def test_a_nonce_is_the_same_for_the_same_delivery_and_makes_one_message(
    bench: Bench,
) -> None:
    first = await bench.adapter.send(bench.study, part(), "key-1")
    second = await bench.adapter.send(bench.study, part(), "key-1")
    other = await bench.adapter.send(bench.study, part(), "key-2")

    assert first == second != other
    assert makers(bench) == [True, False, True]
    nonces = [one.nonce for one in bench.world.made]
    assert nonces[0] == nonces[1] == mark_of("key-1")
    assert len(nonces[0]) <= 25


async def test_a_message_that_was_deleted_is_not_posted_again(bench: Bench) -> None:
    await bench.adapter.send(bench.study, part(), "key-1")
    bench.world.messages[bench.study.channel].clear()

    with pytest.raises(Rejected, match="somebody has deleted it"):
        await bench.adapter.send(bench.study, part(), "key-1")

    assert bench.world.text_of(bench.study.channel) == []


async def _longer_than_the_library_waits(what: What) -> None:
    """It would try again by itself after a second; after 503 it never does."""
    if what in ("500", "502"):
        await asyncio.sleep(1.2)


@asynccontextmanager
async def the_last_for(bench: Bench, patience_s: float) -> AsyncIterator[None]:
    """A post that used up the limit of its route: the library sends no other before it is over."""
    bench.world.patience_s = patience_s
    first = asyncio.ensure_future(bench.adapter.send(bench.forum, part(), "key-1"))
    await until(lambda: makers(bench) == [True])
    await asyncio.sleep(0.05)
    yield
    await first
    bench.world.patience_s = 0


# -- patience -------------------------------------------------------------------------------------


async def test_a_rate_limit_says_how_long_to_wait_and_nothing_is_sent_meanwhile(
    bench: Bench,
) -> None:
    bench.world.plan.faults.append(Fault("429", after_s=2.5))

    with pytest.raises(TryLater) as later:
        await bench.adapter.send(bench.study, part(), "key-1")

    assert later.value.after_s == 2.5
    assert makers(bench) == [False]
    assert await bench.adapter.send(bench.study, part(), "key-1")


async def test_what_waits_too_long_for_its_turn_is_taken_back_unsent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "QUEUE_S", 0.1)
    async with the_last_for(bench, 0.8):
        with pytest.raises(TryLater):
            await bench.adapter.send(bench.forum, part(), "key-2")

    await asyncio.sleep(0.2)
    assert makers(bench) == [True]
    await bench.adapter.send(bench.forum, part(), "key-2")
    assert makers(bench) == [True, True]


async def test_what_nobody_waits_for_any_more_does_not_go_out_later(bench: Bench) -> None:
    async with the_last_for(bench, 0.5):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await bench.adapter.send(bench.forum, part(), "key-2")

    await asyncio.sleep(0.2)
    assert makers(bench) == [True]


@pytest.mark.parametrize("place", ["study", "forum"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_slow_reply_is_not_overtaken_by_a_second_request(
    bench: Bench, place: str, done: bool
) -> None:
    at = bench.study if place == "study" else bench.forum
    bench.world.plan.faults.append(Fault("slow", done=done, after_s=0.8))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await bench.adapter.send(at, part(), "key-1")

    if await bench.adapter.find(at, "key-1", SINCE) is None:
        with pytest.raises(Ambiguous):
            await bench.adapter.send(at, part(), "key-1")
    await asyncio.sleep(0.8)

    assert makers(bench) == [True]
    assert await bench.adapter.find(at, "key-1", SINCE) is not None


async def test_being_banned_for_too_many_requests_means_a_long_wait(bench: Bench) -> None:
    bench.world.plan.faults.append(Fault("banned"))

    with pytest.raises(TryLater) as later:
        await bench.adapter.send(bench.study, part(), "key-1")

    assert later.value.after_s >= 600


async def test_nobody_home_is_no_message_and_no_doubt(bench: Bench) -> None:
    bench.adapter._known.clear()
    await bench.adapter.send(bench.study, part(), "key-0")
    await bench.world._runner.cleanup()

    with pytest.raises((TryLater, Ambiguous)):
        await bench.adapter.send(bench.study, part(), "key-1")


async def test_an_answer_that_is_given_up_leaves_the_line_usable(bench: Bench) -> None:
    bench.world.plan.faults.append(Fault("429", after_s=0.3))
    sending = asyncio.ensure_future(bench.adapter.send(bench.study, part(), "key-1"))
    await until(lambda: bool(bench.world.made))
    sending.cancel()
    with pytest.raises((asyncio.CancelledError, DeliveryFailure)):
        await sending

    async with asyncio.timeout(5):
        await bench.adapter.send(bench.study, part(), "key-2")


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "named"),
    [
        ("send_messages", "Send messages"),
        ("attach_files", "Attach files"),
        ("view_channel", "View channel"),
    ],
)
async def test_a_missing_right_is_named(bench: Bench, right: str, named: str) -> None:
    bench.host.figures["d"] = Figure("t", "Falling.", ())
    bench.world.take_right(bench.study.channel, right)
    drawn = Part(Document((Plot("d", "Falling."),)), "A curve.")

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(bench.study, drawn, "key-1")

    assert (refused.value.missing, refused.value.gone) == (named, False)
    assert named in (await bench.adapter.look(bench.study)).missing


@pytest.mark.parametrize(
    ("what", "code", "missing", "gone"),
    [
        ("404", 10003, "", True),
        ("404", 10004, "", True),
        ("403", 50001, "", False),
        ("403", 50013, "", False),
        ("403", 160005, "a thread that is not locked", False),
        ("400", 40067, "a tag that everybody may use", False),
        ("400", 240000, "an AutoMod that lets my posts through", False),
        ("400", 200000, "an AutoMod that lets my posts through", False),
    ],
)
async def test_what_discord_refuses_for_good_is_told_with_what_is_missing(
    bench: Bench, what: What, code: int, missing: str, gone: bool
) -> None:
    bench.world.plan.faults.append(Fault(what, code=code))

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(bench.study, part(), "key-1")

    assert (refused.value.missing, refused.value.gone) == (missing, gone)
    assert makers(bench) == [False]


async def test_a_thread_needs_a_right_of_its_own(bench: Bench) -> None:
    post = await bench.adapter.send(bench.study, part(), "key-1")
    bench.world.take_right(bench.study.channel, "create_public_threads")

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.do(OpenThread("talk"), post, "key-2")

    assert refused.value.missing == "Create public threads"


async def test_history_that_may_not_be_read_is_a_question_for_a_person(bench: Bench) -> None:
    await bench.adapter.send(bench.study, part(), "key-1")
    bench.world.take_right(bench.study.channel, "read_message_history")

    with pytest.raises(CannotLook):
        await bench.adapter.find(bench.study, "key-1", SINCE)


async def test_a_history_that_shows_nothing_for_want_of_a_right_is_one_too(bench: Bench) -> None:
    await bench.adapter.send(bench.forum, part(), "key-1")
    bench.world.take_right(bench.forum.channel, "read_message_history")

    with pytest.raises(CannotLook):
        await bench.adapter.find(bench.forum, "key-1", SINCE)


async def test_a_closed_inbox_is_no_missing_right(bench: Bench) -> None:
    bench.world.users[bench.ada]["closed"] = True

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(Address(bench.study.space, "", member=bench.ada), part(), "k")

    assert (refused.value.missing, refused.value.gone) == ("", False)


async def test_a_forum_that_asks_for_a_tag_and_a_locked_thread_say_so(bench: Bench) -> None:
    forum = bench.world.channels[bench.forum.channel]
    forum["flags"] = 1 << 4
    forum["available_tags"] = [{"id": "11", "name": "news", "moderated": True}]
    assert "tag" in (await bench.adapter.look(bench.forum)).missing[0]
    with pytest.raises(Unreachable) as tag:
        await bench.adapter.send(bench.forum, part(), "key-1")
    assert "tag" in tag.value.missing

    post = await bench.adapter.send(bench.study, part(), "key-2")
    thread = await bench.adapter.do(OpenThread("talk"), post, "key-3")
    assert thread is not None
    bench.world.channels[thread.id]["locked"] = True
    with pytest.raises(Unreachable) as locked:
        await bench.adapter.send(thread.address, part(), "key-4")
    assert "locked" in locked.value.missing


async def test_a_forum_that_asks_for_a_tag_gets_the_first_that_everybody_may_use(
    bench: Bench,
) -> None:
    forum = bench.world.channels[bench.forum.channel]
    forum["flags"] = 1 << 4
    forum["available_tags"] = [
        {"id": "11", "name": "news", "moderated": True},
        {"id": "12", "name": "reading", "moderated": False},
    ]

    assert (await bench.adapter.look(bench.forum)).missing == ()
    await bench.adapter.send(bench.forum, part(), "key-1")

    assert [one.body["applied_tags"] for one in bench.world.made] == [["12"]]


async def test_a_channel_of_another_server_is_not_posted_to(bench: Bench) -> None:
    other = bench.world.guild("Another circle")
    theirs = bench.world.channel(other, "study")

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(Address(bench.study.space, theirs), part(), "key-1")

    assert refused.value.gone
    assert not (await bench.adapter.look(Address(bench.study.space, theirs))).exists
    assert makers(bench) == []


async def test_a_forum_is_told_from_a_channel(bench: Bench) -> None:
    assert await bench.adapter.look(bench.forum) == Facts(True, "books", forum=True)
    assert await bench.adapter.look(bench.study) == Facts(True, "study")


async def test_a_bot_is_there_and_is_no_member_for_it_presses_nothing(bench: Bench) -> None:
    at = Address(bench.study.space, bench.study.channel, member=bench.world.app_id)

    assert not (await bench.adapter.look(at)).exists


# -- found again ----------------------------------------------------------------------------------


async def test_every_shape_of_message_is_found_after_its_nonce_is_forgotten(
    bench: Bench,
) -> None:
    bench.host.figures["d"] = Figure("t", "Falling.", ())
    shapes = {
        "words": part(),
        "button": part(button=True),
        "picture": Part(Document((Plot("d", "Falling."),)), "A curve."),
    }
    bench.world.nonce_window_s = 0
    for key, shape in shapes.items():
        await bench.adapter.send(bench.study, shape, key)
    for number in range(250):
        await bench.adapter.send(bench.study, part(f"Talk {number}."), f"talk-{number}")

    for key in shapes:
        found = await bench.adapter.find(bench.study, key, SINCE)
        assert isinstance(found, PostRef), key
    assert await bench.adapter.find(bench.study, "unknown", SINCE) is None


async def test_an_archived_forum_post_is_found(bench: Bench) -> None:
    made = await bench.adapter.send(bench.forum, part(), "key-1")
    thread = bench.world.channels[made.address.thread]
    thread["thread_metadata"]["archived"] = True

    assert await bench.adapter.find(bench.forum, "key-1", SINCE) == made


async def test_a_forum_post_is_found_behind_hundreds_that_were_put_away_later(
    bench: Bench,
) -> None:
    made = await bench.adapter.send(bench.forum, part(), "key-1")
    for number in range(250):
        await bench.adapter.send(bench.forum, part(), f"other-{number}")
    threads = bench.world.threads_of(bench.forum.channel)
    for number, thread in enumerate(threads):
        thread["thread_metadata"] |= {
            "archived": True,
            "archive_timestamp": f"2026-10-01T10:{number // 60:02}:{number % 60:02}+00:00",
        }
        if number:
            thread["owner_id"] = bench.ada

    assert await bench.adapter.find(bench.forum, "key-1", SINCE) == made


async def test_a_forum_post_without_its_first_message_is_a_question_for_a_person(
    bench: Bench,
) -> None:
    made = await bench.adapter.send(bench.forum, part(), "key-1")
    bench.world.messages[made.address.thread].clear()

    with pytest.raises(CannotLook):
        await bench.adapter.find(bench.forum, "key-1", SINCE)


@pytest.mark.parametrize("place", ["study", "forum"])
async def test_a_post_is_found_though_this_clock_is_far_ahead(bench: Bench, place: str) -> None:
    at = bench.study if place == "study" else bench.forum
    made = await bench.adapter.send(at, part(), "key-1")

    assert await bench.adapter.find(at, "key-1", datetime.now(UTC) + timedelta(days=1)) == made


async def test_an_edit_keeps_its_pictures_without_sending_them_again(bench: Bench) -> None:
    bench.host.figures["d"] = Figure("t", "Falling.", ())
    curve = Plot("d", "Falling.")
    ref = await bench.adapter.send(bench.study, Part(Document((curve,)), "A curve."), "key-1")
    before = bench.world.text_of(bench.study.channel)[0]["attachments"]
    again = DiscordAdapter(Client(), LoggedIn())
    await again.open(bench.host)

    for adapter in (bench.adapter, again):
        more = Document((curve, Paragraph((Text("5 votes."),))))
        await adapter.edit(ref, Part(more, "A curve."))
        (message,) = bench.world.text_of(bench.study.channel)
        assert message["attachments"] == before
    await again.close()
    await again.client.close()
    assert await bench.adapter.find(bench.study, "key-1", SINCE) == ref
