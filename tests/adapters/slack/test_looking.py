"""Posts whose reply was lost are found again, fifteen messages a call, or a person is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from adapters.port import (
    Address,
    CannotLook,
    DeliveryFailure,
    PostRef,
    TryLater,
    Unreachable,
    mark_of,
)
from adapters.slack import looking
from adapters.slack.messages import metadata
from adapters.slack.words import RIGHTS
from lessons.posts import OpenThread
from tests.rigs.loopback_slack import until
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_world import BASIC, READING
from tests.rigs.slack_line import Bench, open_bench, part

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


def chatter(bench: Bench, most: int, thread: str = "", channel: str = "") -> None:
    for number in range(most):
        bench.slack.say(channel or bench.study, bench.ada, f"Talk {number}.", thread)


def reads(bench: Bench, what: str = "history") -> int:
    """So many pages were given out."""
    return sum(one.done for one in bench.slack.calls(f"conversations.{what}"))


async def patiently(bench: Bench, to: Address, key: str) -> PostRef | None:
    """As the dispatcher does it: whenever Slack asks for patience, it is asked again later."""
    for _ in range(20):
        try:
            return await bench.adapter.find(to, key, SINCE)
        except TryLater as later:
            bench.slack.skip(later.after_s)
    raise AssertionError("it got no further")


# -- where it looks -------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 14, 15, 31, 100])
async def test_a_post_is_found_at_any_page(bench: Bench, after: int) -> None:
    made = await bench.adapter.send(bench.at, part(), "key-1")
    chatter(bench, after)

    assert await bench.adapter.find(bench.at, "key-1", SINCE) == made
    assert reads(bench) == after // looking.PAGE + 1
    assert await bench.adapter.find(bench.at, "key-2", SINCE) is None


async def test_it_looks_no_further_back_than_the_first_try(bench: Bench) -> None:
    chatter(bench, 100)

    assert await bench.adapter.find(bench.at, "key-1", datetime.now(UTC)) is None

    assert reads(bench) == 1


async def test_the_newest_page_is_looked_at_though_this_clock_is_far_ahead(bench: Bench) -> None:
    made = await bench.adapter.send(bench.at, part(), "key-1")
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    assert await bench.adapter.find(bench.at, "key-1", tomorrow) == made


@pytest.mark.parametrize("after", [0, 40])
async def test_a_thread_is_looked_through_to_its_end(bench: Bench, after: int) -> None:
    post = await bench.adapter.send(bench.at, part(), "key-1")
    thread = await bench.adapter.do(OpenThread("talk"), post, "key-2")
    assert thread is not None
    chatter(bench, after, thread.address.thread)
    made = await bench.adapter.send(thread.address, part("A card."), "key-3")
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    assert await bench.adapter.find(thread.address, "key-3", tomorrow) == made
    assert await bench.adapter.find(bench.at, "key-3", SINCE) is None
    assert await bench.adapter.find(thread.address, "key-4", SINCE) is None


async def test_a_letter_is_found_among_the_persons_own(bench: Bench) -> None:
    to = Address(bench.at.space, "", member=bench.ada)
    made = await bench.adapter.send(to, part(), "key-1")
    chatter(bench, 20, channel=bench.slack.dm(bench.ada))

    assert await bench.adapter.find(to, "key-1", SINCE) == made


async def test_what_only_one_person_saw_never_counts(bench: Bench) -> None:
    body = {"channel": bench.study, "user": bench.ada, "text": "Psst."}
    marked = {**body, "metadata": metadata(mark_of("key-1"))}
    await bench.adapter.wire.tell(bench.team, "chat.postEphemeral", marked)

    assert await bench.adapter.find(bench.at, "key-1", SINCE) is None


async def test_a_mark_of_somebody_else_is_none(bench: Bench) -> None:
    message = bench.slack.say(bench.study, bench.ada, mark_of("key-1"))
    for odd in ({"event_type": "other", "event_payload": {"id": mark_of("key-1")}}, {}):
        message.metadata = odd
        assert await bench.adapter.find(bench.at, "key-1", SINCE) is None


# -- patience -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["channel", "thread"])
async def test_a_search_that_is_made_to_wait_goes_on_where_it_was(bench: Bench, place: str) -> None:
    post = await bench.adapter.send(bench.at, part(), "key-1")
    to, what = bench.at, "history"
    if place == "thread":
        thread = await bench.adapter.do(OpenThread("talk"), post, "key-2")
        assert thread is not None
        to, what = thread.address, "replies"
        chatter(bench, 40, to.thread)
    made = await bench.adapter.send(to, part("Look for me."), "key-3")
    if place == "channel":
        chatter(bench, 40)
    bench.slack.reads_per_min = 1

    assert await patiently(bench, to, "key-3") == made

    assert reads(bench, what) == 3


async def test_what_is_not_there_is_known_after_as_many_pages_and_the_newest_again(
    bench: Bench,
) -> None:
    chatter(bench, 40)
    bench.slack.reads_per_min = 1

    assert await patiently(bench, bench.at, "key-1") is None

    assert reads(bench) == 4
    assert bench.adapter._search._reached == {}


async def test_what_came_while_a_search_waited_is_not_skipped(bench: Bench) -> None:
    chatter(bench, 40)
    bench.slack.reads_per_min = 1
    with pytest.raises(TryLater):
        await bench.adapter.find(bench.at, "key-1", SINCE)
    made = await bench.adapter.send(bench.at, part("Late."), "key-1")
    bench.slack.skip(60)

    assert await patiently(bench, bench.at, "key-1") == made


async def test_a_search_that_is_given_up_goes_on_where_it_was(bench: Bench) -> None:
    made = await bench.adapter.send(bench.at, part(), "key-1")
    chatter(bench, 40)
    pages = bench.slack.plan.faults
    pages.append(Fault("slow", method=r"conversations\.history", after_s=0))
    pages.append(Fault("slow", method=r"conversations\.history", after_s=0.5))
    looking_for = asyncio.create_task(bench.adapter.find(bench.at, "key-1", SINCE))
    await until(lambda: len(bench.slack.calls("conversations.history")) == 2)
    looking_for.cancel()
    await asyncio.wait({looking_for})
    assert looking_for.cancelled()

    before = len(bench.slack.calls("conversations.history"))
    assert await bench.adapter.find(bench.at, "key-1", SINCE) == made
    assert len(bench.slack.calls("conversations.history")) - before == 2


async def test_a_search_whose_place_is_forgotten_begins_anew(bench: Bench) -> None:
    made = await bench.adapter.send(bench.at, part(), "key-1")
    chatter(bench, 40)
    bench.slack.reads_per_min = 1
    with pytest.raises(TryLater):
        await bench.adapter.find(bench.at, "key-1", SINCE)
    bench.slack.reads_per_min = 0
    odd = Fault("error", method=r"conversations\.history", error="invalid_cursor")
    bench.slack.plan.faults.append(odd)

    assert await patiently(bench, bench.at, "key-1") == made


async def test_of_searches_nothing_is_kept_beyond_a_measure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_KEPT", 3)
    chatter(bench, 20)
    for number in range(6):
        bench.slack.reads.clear()
        bench.slack.reads_per_min = 1
        with pytest.raises(TryLater):
            await bench.adapter.find(bench.at, f"key-{number}", SINCE)

    assert len(bench.adapter._search._reached) == 3


# -- what can't be looked at ----------------------------------------------------------------------


async def test_too_long_a_history_is_a_question_for_a_person_and_asked_anew(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "MOST_PAGES", 2)
    chatter(bench, 100)
    with pytest.raises(CannotLook):
        await bench.adapter.find(bench.at, "key-1", SINCE)

    made = await bench.adapter.send(bench.at, part(), "key-1")  # the person said so
    chatter(bench, 20)
    assert await bench.adapter.find(bench.at, "key-1", SINCE) == made


@pytest.mark.parametrize(
    ("private", "scope"), [(False, "channels:history"), (True, "groups:history")]
)
async def test_without_the_scope_of_its_history_only_a_person_can_tell(
    bench: Bench, private: bool, scope: str
) -> None:
    made = bench.slack.channel(bench.team, "books", bench.ada, private=private)
    bench.slack.scopes(bench.team, *BASIC, *(one for one in READING if one != scope))

    with pytest.raises(CannotLook, match=scope):
        await bench.adapter.find(Address(bench.at.space, made), "key-1", SINCE)


async def test_without_the_scope_of_letters_only_a_person_can_tell(bench: Bench) -> None:
    bench.slack.scopes(bench.team, *BASIC)

    with pytest.raises(CannotLook):
        await bench.adapter.find(Address(bench.at.space, "", member=bench.ada), "key-1", SINCE)


@pytest.mark.parametrize(
    "error", ["not_allowed_token_type", "access_denied", "no_permission", "missing_scope"]
)
@pytest.mark.parametrize("thread", ["", "1700000000.000100"])
async def test_what_an_app_may_not_read_is_a_question_for_a_person(
    bench: Bench, error: str, thread: str
) -> None:
    bench.slack.plan.faults.append(Fault("error", method=r"conversations\..*", error=error))

    with pytest.raises(CannotLook):
        await bench.adapter.find(Address(bench.at.space, bench.study, thread), "key-1", SINCE)


@pytest.mark.parametrize(
    ("error", "missing", "gone"),
    [
        ("not_in_channel", "member", False),
        ("token_revoked", "installed", False),
        ("thread_not_found", "", True),
    ],
)
async def test_a_place_that_can_not_be_posted_to_either_is_out_of_reach(
    bench: Bench, error: str, missing: str, gone: bool
) -> None:
    bench.slack.plan.faults.append(Fault("error", method=r"conversations\..*", error=error))

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.find(
            Address(bench.at.space, bench.study, "1700000000.000100"), "key-1", SINCE
        )

    assert refused.value.missing == (RIGHTS[missing] if missing else "")
    assert refused.value.gone == gone


@pytest.mark.parametrize("what", ["500", "503", "garbage"])
async def test_a_history_that_can_not_be_read_now_is_not_one_without_the_post(
    bench: Bench, what: str
) -> None:
    made = await bench.adapter.send(bench.at, part(), "key-1")
    bench.slack.plan.faults.append(Fault(what, method=r"conversations\.history"))  # type: ignore[arg-type]

    with pytest.raises(DeliveryFailure):
        await bench.adapter.find(bench.at, "key-1", SINCE)

    assert await bench.adapter.find(bench.at, "key-1", SINCE) == made
