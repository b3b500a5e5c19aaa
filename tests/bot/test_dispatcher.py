"""The dispatcher on a platform that misbehaves: each message once, in order, whatever happens.

Knows no lessons; the platform is tests/rigs/flaky.py, the database is real.
Invariant: time passes only by the hands of the hall's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from bot import dispatcher as dispatching
from bot import ledger
from bot.delivery import Claimed, Delivery, Failed, Outcome, Refused, State, Uncertain
from bot.dispatcher import Dispatcher
from bot.store.database import Database, Transaction
from lessons.runs import Status
from tests.rigs.flaky import Fault, FlakyPlatform
from tests.rigs.hall import (
    SPACE,
    Hands,
    Witness,
    entry,
    hall,
    message,
    pin,
    planned,
    set_status,
    thread,
    week,
)


class Bench:
    """A dispatcher, the platform it posts to, and the clock both look at."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.hands = Hands()
        self.platform = FlakyPlatform(self.hands)
        self.witness = Witness()
        self.dispatcher = self.another("one")

    def another(self, owner: str) -> Dispatcher:
        """A second process, or the same one started again."""
        return Dispatcher(self.db, {"flaky": self.platform}, self.hands, owner, self.witness)

    async def turn_after(self, **time: float) -> None:
        self.hands.passes(**time)
        await self.dispatcher.turn()

    async def state(self, delivery: Delivery) -> State:
        return (await entry(self.db, delivery)).state


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with hall(tmp_path, "a", "b", "c") as db:
        yield Bench(db)


# -- order ----------------------------------------------------------------------------------------


async def test_a_week_goes_out_in_order_with_its_thread_and_pin(bench: Bench) -> None:
    await planned(bench.db, *reversed(week("a")))
    assert await bench.dispatcher.turn() == 6
    platform = bench.platform
    assert platform.texts("a") == ["a part 0", "a part 1", "a part 2", "talk"]
    talk = platform.posts[-1] if platform.posts[-1].text == "talk" else platform.posts[-2]
    assert platform.texts("a", thread=talk.id) == ["a opener"]
    assert [ref.id for ref in platform.pins] == [platform.posts[0].id]


async def test_channels_do_not_wait_for_each_other_but_each_is_posted_to_singly(
    bench: Bench,
) -> None:
    await planned(bench.db, *week("a"), *week("b"), *week("c"))
    bench.platform.plan(Fault.BUSY)
    # A turn ends after TURN_S, done or not: on a slow machine the week takes more than one.
    while await bench.dispatcher.turn():
        pass
    finished = [c for c in "abc" if len(bench.platform.texts(c)) == 4]
    assert len(finished) == 2
    assert bench.platform.most_at_once == 1


async def test_nothing_goes_out_before_it_is_due(bench: Bench) -> None:
    bench.hands.passes(seconds=-1)
    await planned(bench.db, message("a"))
    assert await bench.dispatcher.turn() == 0
    await bench.turn_after(seconds=1)
    assert bench.platform.texts("a") == ["hello"]


async def test_a_private_message_goes_to_its_member(bench: Bench) -> None:
    await planned(bench.db, message("a", member="mia"))
    await bench.dispatcher.turn()
    assert [post.to.member for post in bench.platform.posts] == ["mia"]


async def test_a_thread_that_was_refused_does_not_cost_its_posts(bench: Bench) -> None:
    post = message("a", "post")
    talk = thread("a", post.id)
    opener = message("a", "opener", purpose="opener", after=talk.id)
    await planned(bench.db, post, talk, opener)
    bench.platform.plan(Fault.NONE, Fault.REJECTED)
    await bench.dispatcher.turn()
    assert bench.platform.texts("a") == ["post", "opener"]


async def test_a_post_that_somebody_deleted_costs_its_thread_and_stops_nothing(
    bench: Bench,
) -> None:
    post = message("a", "post")
    talk = thread("a", post.id)
    opener = message("a", "opener", purpose="opener", after=talk.id)
    await planned(bench.db, post)
    await bench.dispatcher.turn()
    bench.platform.deleted.add(bench.platform.posts[0].id)
    await planned(bench.db, talk, opener)

    await bench.dispatcher.turn()

    assert await bench.state(talk) is State.SKIPPED
    assert bench.platform.texts("a") == ["post", "opener"]
    assert bench.witness.outcomes(Refused) == []


async def test_a_deed_without_its_post_is_skipped(bench: Bench) -> None:
    post = message("a")
    await planned(bench.db, post, pin("a", post.id))
    bench.platform.plan(Fault.REJECTED)
    await bench.dispatcher.turn()
    row = await entry(bench.db, pin("a", post.id))
    assert (row.state, row.reason) == (State.SKIPPED, ledger.INCOMPLETE)


# -- every fault ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [Fault.LOST_REPLY, Fault.LOST_REQUEST, Fault.BROKEN, Fault.BUSY, Fault.SILENT]
)
@pytest.mark.parametrize("at", range(6))
async def test_a_week_is_posted_once_whatever_one_request_meets(
    bench: Bench, fault: Fault, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault is Fault.SILENT:
        monkeypatch.setattr(dispatching, "SEND_S", 0.02)
    await planned(bench.db, *week("a"))
    bench.platform.plan(*[Fault.NONE] * at, fault)
    for seconds in (0, *dispatching.RETRY_AFTER_S):
        await bench.turn_after(seconds=seconds)
    assert bench.platform.doubled == []
    assert bench.platform.texts("a") == ["a part 0", "a part 1", "a part 2", "talk"]
    assert len(bench.platform.posts) == 5
    assert len(bench.platform.pins) == 1
    assert {await bench.state(d) for d in week("a")} == {State.SENT}


async def test_a_lost_reply_is_found_and_not_sent_again(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    bench.platform.plan(Fault.LOST_REPLY)
    await bench.dispatcher.turn()
    assert await bench.state(message("a")) is State.PENDING
    await bench.turn_after(seconds=30)
    row = await entry(bench.db, message("a"))
    assert row.ref is not None
    assert row.ref.id == bench.platform.posts[0].id
    assert (bench.platform.asked("send"), bench.platform.asked("find")) == (1, 1)


async def test_patience_is_had_for_as_long_as_was_asked(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    bench.platform.plan(Fault.BUSY)
    await bench.dispatcher.turn()
    await bench.turn_after(seconds=4)
    assert bench.platform.asked("send") == 1
    await bench.turn_after(seconds=1)
    assert bench.platform.texts("a") == ["hello"]
    assert bench.platform.asked("find") == 0, "nothing can be there"


async def test_a_rejected_message_is_not_sent_again(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    bench.platform.plan(Fault.REJECTED)
    await bench.dispatcher.turn()
    await bench.turn_after(days=7)
    assert bench.platform.asked("send") == 1
    assert (await entry(bench.db, message("a"))).reason == "rejected: invalid form body"


@pytest.mark.parametrize("at", range(3))
async def test_a_rejected_part_takes_the_rest_along_until_a_person_sends_it_again(
    bench: Bench, at: int
) -> None:
    *parts, _, talk, opener = week("a")
    await planned(bench.db, *parts, talk, opener)
    bench.platform.plan(*[Fault.NONE] * at, Fault.REJECTED)
    await bench.turn_after(seconds=0)
    await bench.turn_after(days=1)
    assert bench.platform.texts("a") == [f"a part {number}" for number in range(at)]
    assert len(bench.platform.posts) == at

    now = bench.hands()
    for _ in range(2):  # the second word comes too late to change anything
        await bench.db.run(
            lambda t: ledger.resolve(t, parts[at].space, parts[at].id, there=False, now=now)
        )
    await bench.turn_after(seconds=1)
    assert bench.platform.texts("a") == ["a part 0", "a part 1", "a part 2", "talk"]
    assert len(bench.platform.posts) == 5
    assert bench.platform.doubled == []


async def test_no_clear_answer_again_and_again_is_a_question_for_a_person(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    bench.platform.plan(*[Fault.LOST_REQUEST] * 20)
    for seconds in (0, *dispatching.RETRY_AFTER_S):
        assert await bench.state(message("a")) is State.PENDING
        await bench.turn_after(seconds=seconds)
    assert await bench.state(message("a")) is State.UNCERTAIN
    assert bench.witness.outcomes(Uncertain) == [Uncertain(dispatching.UNCLEAR)]


async def test_however_many_processes_died_over_it_nobody_is_asked(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    for number in range(2 * dispatching.MOST_SENDS):
        owner, now = f"dead {number}", bench.hands()
        claim = partial(ledger.claim, owner=owner, now=now, lease=dispatching.LEASE, most=1)
        assert len(await bench.db.run(claim)) == 1
        bench.hands.passes(seconds=dispatching.LEASE.total_seconds())
    bench.platform.plan(Fault.NONE, Fault.LOST_REPLY)

    await bench.dispatcher.turn()
    await bench.turn_after(seconds=dispatching.RETRY_AFTER_S[0])

    assert await bench.state(message("a")) is State.SENT
    assert bench.platform.texts("a") == ["hello"]


@pytest.mark.parametrize("last", [Fault.LOST_REPLY, Fault.LOST_REQUEST])
async def test_after_the_last_send_it_is_only_looked_for(bench: Bench, last: Fault) -> None:
    await planned(bench.db, message("a"))
    lost = [Fault.NONE, Fault.LOST_REQUEST]
    bench.platform.plan(*lost[1:], *lost * (dispatching.MOST_SENDS - 2), Fault.NONE, last)
    for seconds in (0, *dispatching.RETRY_AFTER_S):
        await bench.turn_after(seconds=seconds)

    arrived = last is Fault.LOST_REPLY
    assert await bench.state(message("a")) is (State.SENT if arrived else State.UNCERTAIN)
    assert bench.platform.asked("send") == dispatching.MOST_SENDS
    assert bench.platform.texts("a") == (["hello"] if arrived else [])


async def test_a_space_whose_platform_is_not_set_up_waits(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    without = Dispatcher(bench.db, {}, bench.hands, "none", bench.witness)
    await without.turn()
    await bench.turn_after(seconds=300)
    assert bench.platform.texts("a") == ["hello"]


# -- refusal --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.FORBIDDEN, Fault.GONE])
async def test_a_refusal_blocks_the_run_and_nothing_is_lost(bench: Bench, fault: Fault) -> None:
    await planned(bench.db, *(message("a", f"part {n}", n) for n in range(3)))
    bench.platform.plan(Fault.NONE, fault)
    await bench.dispatcher.turn()
    await bench.turn_after(days=30)
    assert bench.platform.texts("a") == ["part 0"]
    assert len(bench.witness.outcomes(Refused)) == 1
    await bench.db.run(lambda t: set_status(t, "a", Status.ACTIVE))  # [Check again]
    await bench.dispatcher.turn()
    assert bench.platform.texts("a") == ["part 0", "part 1", "part 2"]
    assert bench.platform.asked("find") == 0


async def test_a_refused_run_asks_the_platform_once_and_not_in_a_loop(bench: Bench) -> None:
    await planned(bench.db, *week("a"), message("a", purpose="note"))
    bench.platform.open_channels = False
    for _ in range(50):
        await bench.turn_after(seconds=1)
    assert bench.platform.asked("send") == 1


@pytest.mark.parametrize(
    ("fault", "failed"),
    [
        (Fault.CLOSED, Failed("closed", closed=True)),
        (Fault.GONE, Failed("gone", closed=True)),
        (Fault.FORBIDDEN, Failed("missing right: Send Messages")),
    ],
)
async def test_a_closed_inbox_fails_alone_and_blocks_no_run(
    bench: Bench, fault: Fault, failed: Failed
) -> None:
    """Nor is one closed because the app lacks a right."""
    note = message("a", purpose="note", member="mia")
    await planned(bench.db, note)
    bench.platform.plan(fault)
    await bench.dispatcher.turn()
    assert bench.witness.heard == [(note.id, failed)]


async def test_a_pin_that_is_not_allowed_stops_nothing(bench: Bench) -> None:
    post = message("a")
    await planned(bench.db, post, pin("a", post.id))
    bench.platform.plan(Fault.NONE, Fault.FORBIDDEN)
    await bench.dispatcher.turn()
    assert bench.witness.outcomes(Refused) == []
    assert (await entry(bench.db, pin("a", post.id))).reason == "missing right: Send Messages"


# -- uncertain ------------------------------------------------------------------------------------


async def uncertain(bench: Bench, fault: Fault) -> Delivery:
    """A delivery whose fate nobody can look up."""
    delivery = message("a")
    await planned(bench.db, delivery)
    bench.platform.plan(fault)
    bench.platform.readable = False
    await bench.dispatcher.turn()
    await bench.turn_after(seconds=30)
    assert await bench.state(delivery) is State.UNCERTAIN
    assert bench.witness.outcomes(Uncertain) == [Uncertain(dispatching.CANNOT_LOOK)]
    return delivery


async def resolve(bench: Bench, delivery: Delivery, *, there: bool) -> None:
    now = bench.hands()
    resolved = await bench.db.run(
        lambda t: ledger.resolve(t, SPACE, delivery.id, there=there, now=now)
    )
    assert resolved is not None
    assert resolved.id == delivery.id


async def test_it_is_there_sends_nothing_more(bench: Bench) -> None:
    delivery = await uncertain(bench, Fault.LOST_REPLY)
    await resolve(bench, delivery, there=True)
    await bench.turn_after(days=1)
    assert bench.platform.texts("a") == ["hello"]


async def test_post_again_sends_although_nobody_can_look(bench: Bench) -> None:
    delivery = await uncertain(bench, Fault.LOST_REQUEST)
    await resolve(bench, delivery, there=False)
    await bench.dispatcher.turn()
    assert bench.platform.texts("a") == ["hello"]
    assert await bench.state(delivery) is State.SENT


async def test_post_again_looks_first_where_one_can_look_by_now(bench: Bench) -> None:
    delivery = await uncertain(bench, Fault.LOST_REPLY)
    bench.platform.readable = True
    await resolve(bench, delivery, there=False)
    await bench.dispatcher.turn()
    assert bench.platform.texts("a") == ["hello"]
    assert await bench.state(delivery) is State.SENT


async def test_post_again_that_crashes_asks_again(bench: Bench) -> None:
    delivery = await uncertain(bench, Fault.LOST_REQUEST)
    await resolve(bench, delivery, there=False)
    now = bench.hands()
    await bench.db.run(lambda t: ledger.claim(t, "crashed", now, dispatching.LEASE, 1))
    await bench.turn_after(seconds=120)
    assert bench.platform.texts("a") == []
    assert await bench.state(delivery) is State.UNCERTAIN


# -- several owners, stopping, closing ------------------------------------------------------------


async def test_two_dispatchers_on_one_database_post_each_message_once(bench: Bench) -> None:
    await planned(bench.db, *week("a"), *week("b"), *week("c"))
    await asyncio.gather(bench.dispatcher.turn(), bench.another("two").turn())
    assert bench.platform.doubled == []
    assert len(bench.platform.posts) == 15


async def test_a_sender_that_lost_its_lease_does_not_settle(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    released = asyncio.Event()
    send = bench.platform.send

    async def slow(*args: object) -> object:
        ref = await send(*args)  # type: ignore[arg-type]
        await released.wait()
        return ref

    bench.platform.send = slow  # type: ignore[method-assign,assignment]
    slow_turn = asyncio.create_task(bench.dispatcher.turn())
    while not bench.platform.posts:  # noqa: ASYNC110  (the platform has no event to wait for)
        await asyncio.sleep(0)
    bench.hands.passes(seconds=120)
    bench.platform.send = send  # type: ignore[method-assign]
    await bench.another("two").turn()
    settled = await entry(bench.db, message("a"))
    released.set()
    await slow_turn
    assert await entry(bench.db, message("a")) == settled
    assert (len(bench.platform.posts), len(bench.witness.heard)) == (1, 1)


async def test_a_stopped_run_sends_nothing_new_but_recognises_what_is_out(bench: Bench) -> None:
    await planned(bench.db, message("a"), message("b"))
    bench.platform.plan(Fault.LOST_REQUEST, Fault.LOST_REPLY)
    await bench.dispatcher.turn()
    for run in "ab":
        await bench.db.run(lambda t, run=run: set_status(t, run, Status.STOPPED))  # type: ignore[misc]
    await bench.turn_after(seconds=30)
    states = {await bench.state(message("a")), await bench.state(message("b"))}
    assert states == {State.SKIPPED, State.SENT}
    assert len(bench.platform.posts) == 1


async def test_closing_waits_for_what_is_under_way(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    turn = asyncio.create_task(bench.dispatcher.turn())
    while not bench.platform.requests:  # noqa: ASYNC110
        await asyncio.sleep(0)
    turn.cancel()
    await bench.dispatcher.close()
    assert await bench.state(message("a")) is State.SENT


async def test_closing_drops_what_takes_too_long_and_the_next_process_finds_it(
    bench: Bench,
) -> None:
    await planned(bench.db, message("a"))
    bench.platform.plan(Fault.SILENT)
    turn = asyncio.create_task(bench.dispatcher.turn())
    while not bench.platform.posts:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await bench.dispatcher.close(within_s=0)
    await turn
    assert await bench.state(message("a")) is State.SENDING
    bench.hands.passes(seconds=120)
    await bench.another("next").turn()
    assert await bench.state(message("a")) is State.SENT
    assert bench.platform.texts("a") == ["hello"]


async def test_a_closed_dispatcher_claims_nothing(bench: Bench) -> None:
    await planned(bench.db, message("a"))
    await bench.dispatcher.close()
    assert await bench.dispatcher.turn() == 0


async def test_a_slow_channel_holds_up_neither_the_tick_nor_other_channels(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "TURN_S", 0.02)
    monkeypatch.setattr(dispatching, "LOOK_AGAIN_S", 0.01)
    await planned(bench.db, message("a"))
    bench.platform.plan(Fault.SILENT)
    assert await bench.dispatcher.turn() == 1
    await planned(bench.db, message("b"), message("a", purpose="note"))
    async with asyncio.timeout(10):
        while not bench.platform.texts("b"):
            await bench.dispatcher.turn()
    await bench.dispatcher.close(within_s=0)
    assert [post.to.channel for post in bench.platform.posts] == ["a", "b"]


# -- progress follows delivery --------------------------------------------------------------------


async def test_what_follows_and_the_settling_happen_together_or_not_at_all(
    bench: Bench,
) -> None:
    await planned(bench.db, message("a"))

    def breaks(t: Transaction, claimed: Claimed, outcome: Outcome, now: object) -> None:
        raise LookupError("no such lesson")

    broken = Dispatcher(bench.db, {"flaky": bench.platform}, bench.hands, "broken", breaks)
    await broken.turn()
    assert await bench.state(message("a")) is State.SENDING
    await bench.turn_after(seconds=120)
    assert await bench.state(message("a")) is State.SENT
    assert bench.platform.texts("a") == ["hello"]


async def test_everybody_who_listens_hears_each_try_once(bench: Bench) -> None:
    await planned(bench.db, *week("a"))
    await bench.dispatcher.turn()
    heard = [key for key, _ in bench.witness.heard]
    assert sorted(heard) == sorted(delivery.id for delivery in week("a"))
