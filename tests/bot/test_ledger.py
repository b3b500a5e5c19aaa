"""The ledger: what is planned once, claimed in order, settled by its owner alone, and decided.

Knows no platform; the tests claim and settle by hand, on a real database file.
Invariant: every rule of bot/ledger.py is shown by one example of it.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.port import Address, PostRef
from bot import ledger
from bot.delivery import (
    Claimed,
    Delivery,
    Failed,
    Later,
    Outcome,
    Refused,
    Sent,
    Skipped,
    State,
    Uncertain,
)
from bot.store import runs
from bot.store.database import Database
from lessons.runs import Status
from tests.rigs.hall import (
    MONDAY,
    SPACE,
    entry,
    hall,
    message,
    new_run,
    planned,
    run_of,
    set_status,
    thread,
    week,
)

LEASE = timedelta(minutes=2)
REF = PostRef(Address(SPACE, "a"), "m1")


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with hall(tmp_path, "a", "b") as database:
        yield database


async def claim(
    db: Database, owner: str = "one", *, after_s: float = 0, most: int = 10
) -> list[Claimed]:
    now = MONDAY + timedelta(seconds=after_s)
    return await db.run(lambda t: ledger.claim(t, owner, now, LEASE, most))


async def settle(db: Database, claimed: Claimed, outcome: Outcome, *, after_s: float = 0) -> bool:
    now = MONDAY + timedelta(seconds=after_s)
    return await db.run(lambda t: ledger.settle(t, claimed, outcome, now))


async def claim_one(db: Database, owner: str = "one", *, after_s: float = 0) -> Claimed:
    [claimed] = await claim(db, owner, after_s=after_s)
    return claimed


async def claim_part(db: Database, delivery: Delivery) -> Claimed:
    """Claims until it is that one's turn; what comes before is sent."""
    claimed = await claim_one(db)
    while claimed.delivery != delivery:
        await settle(db, claimed, Sent(REF))
        claimed = await claim_one(db)
    return claimed


async def claimed_purposes(db: Database) -> list[str]:
    return [claimed.delivery.purpose for claimed in await claim(db)]


# -- planning -------------------------------------------------------------------------------------


async def test_an_identity_is_planned_once(db: Database) -> None:
    first = await planned(db, message("a", "as planned"))
    again = await planned(db, message("a", "planned later", due=MONDAY + timedelta(days=1)))
    assert (first, again) == (1, 0)
    assert (await entry(db, message("a"))).delivery == message("a", "as planned")


async def test_a_new_issue_is_another_delivery(db: Database) -> None:
    assert await planned(db, message("a"), message("a", issue=2)) == 2


async def test_a_delivery_comes_back_from_the_store_as_it_was_planned(db: Database) -> None:
    deliveries = [*week("a"), message("a", purpose="note", member="mia")]
    await planned(db, *deliveries)
    stored = await db.run(lambda t: ledger.open_of_run(t, SPACE, "a"))
    assert {e.delivery.id: e.delivery for e in stored} == {d.id: d for d in deliveries}


def test_the_marker_says_nothing_and_differs_for_every_identity() -> None:
    base = message("a")
    others = [
        replace(base, space="flaky:other"),
        replace(base, run="b"),
        replace(base, chapter="second"),
        replace(base, beat="recap"),
        replace(base, purpose="note"),
        replace(base, part=1),
        replace(base, issue=2),
        replace(base, chapter="firstchapter", beat=""),
    ]
    ids = {delivery.id for delivery in [base, *others]}
    assert len(ids) == 9
    assert all(re.fullmatch("[0-9a-f]{24}", key) for key in ids)


# -- claiming -------------------------------------------------------------------------------------


async def test_nothing_is_claimed_before_it_is_due(db: Database) -> None:
    await planned(db, message("a", due=MONDAY + timedelta(seconds=60)))
    assert await claim(db, after_s=59) == []
    assert len(await claim(db, after_s=60)) == 1


async def test_a_part_waits_for_the_parts_before_it(db: Database) -> None:
    await planned(db, message("a", number=1), message("a", number=0))
    first = await claim_one(db)
    assert first.delivery.part == 0
    assert await claim(db) == []
    await settle(db, first, Sent(REF))
    assert (await claim_one(db)).delivery.part == 1


async def test_parts_of_another_issue_wait_for_nobody(db: Database) -> None:
    await planned(db, message("a", number=0))
    await settle(db, await claim_one(db), Uncertain("?"))
    await planned(db, message("a", number=1), message("a", number=1, issue=2))
    assert (await claim_one(db)).delivery.issue == 2


async def test_one_channel_is_posted_to_by_one_message_at_a_time(db: Database) -> None:
    await planned(db, message("a"), message("a", purpose="note"), message("b"))
    claimed = await claim(db)
    assert sorted(c.delivery.run for c in claimed) == ["a", "b"]
    assert await claim(db, "two") == []


async def test_a_private_message_does_not_wait_for_the_channel(db: Database) -> None:
    await planned(db, message("a"), message("a", purpose="note", member="mia"))
    assert len(await claim(db)) == 2


async def test_no_more_is_claimed_than_asked_for(db: Database) -> None:
    await planned(db, *(message("a", purpose=f"to {n}", member=f"m{n}") for n in range(5)))
    assert len(await claim(db, most=2)) == 2
    assert len(await claim(db, most=2)) == 2
    assert len(await claim(db, most=2)) == 1


async def test_lanes_that_are_busy_are_left_alone_even_if_the_clock_was_moved(
    db: Database,
) -> None:
    await planned(db, message("a"), message("b"))
    busy = {c.lane for c in await claim(db)}
    now = MONDAY + timedelta(days=7)
    assert await db.run(lambda t: ledger.claim(t, "one", now, LEASE, 10, busy)) == []


async def test_what_comes_after_waits_and_gets_the_reference(db: Database) -> None:
    post = message("a")
    talk = thread("a", post.id)
    await planned(db, post, talk, message("a", purpose="opener", after=talk.id))
    await settle(db, await claim_one(db), Sent(REF))
    deed = await claim_one(db)
    assert (deed.delivery, deed.opener) == (talk, REF)
    opened = PostRef(REF.address, "thread-1")
    await settle(db, deed, Sent(opened))
    assert (await claim_one(db)).opener == opened


@pytest.mark.parametrize("outcome", [Failed("no"), Skipped("no"), Sent(None)])
async def test_a_post_is_not_lost_with_its_thread(db: Database, outcome: Outcome) -> None:
    talk = thread("a", "not planned")
    await planned(db, talk, message("a", purpose="opener", after=talk.id))
    await settle(db, await claim_one(db), outcome)
    opener = await claim_one(db)
    assert (opener.delivery.purpose, opener.opener) == ("opener", None)


async def test_what_comes_after_something_uncertain_waits(db: Database) -> None:
    post = message("a")
    await planned(db, post, thread("a", post.id))
    await settle(db, await claim_one(db), Uncertain("?"))
    assert await claim(db, after_s=1_000_000) == []


async def test_a_blocked_run_keeps_its_posts_but_its_moderators_are_told(db: Database) -> None:
    await planned(db, message("a"), message("a", purpose="note", member="mia"))
    await db.run(lambda t: set_status(t, "a", Status.BLOCKED))
    assert await claimed_purposes(db) == ["note"]
    await db.run(lambda t: set_status(t, "a", Status.ACTIVE))
    assert await claimed_purposes(db) == ["post"]


@pytest.mark.parametrize("status", [Status.PAUSED, Status.FINISHED])
async def test_what_was_planned_before_a_pause_or_the_end_still_goes(
    db: Database, status: Status
) -> None:
    await planned(db, message("a"))
    await db.run(lambda t: set_status(t, "a", status))
    assert (await claim_one(db)).stopped is False


# -- leases ---------------------------------------------------------------------------------------


async def test_an_ended_lease_is_taken_up_as_a_second_try(db: Database) -> None:
    await planned(db, message("a"))
    lost = await claim_one(db, "crashed")
    assert await claim(db, "next", after_s=119) == []
    found = await claim_one(db, "next", after_s=120)
    assert (lost.tries, found.tries, found.first_try) == (1, 2, MONDAY)


async def test_a_stale_owner_changes_nothing(db: Database) -> None:
    await planned(db, message("a"))
    stale = await claim_one(db, "slow")
    await claim_one(db, "next", after_s=120)
    before = await entry(db, message("a"))
    outcomes: list[Outcome] = [Sent(REF), Failed("no"), Uncertain("?"), Skipped("no")]
    for outcome in [*outcomes, Later(MONDAY, "", clean=True), Refused("", gone=True)]:
        assert not await settle(db, stale, outcome, after_s=121)
    assert await entry(db, message("a")) == before


async def test_an_earlier_try_of_the_same_owner_is_stale_too(db: Database) -> None:
    await planned(db, message("a"))
    stale = await claim_one(db, "one")
    fresh = await claim_one(db, "one", after_s=120)
    assert not await settle(db, stale, Sent(REF), after_s=121)
    assert await settle(db, fresh, Sent(REF), after_s=121)


async def test_what_is_settled_is_settled_once(db: Database) -> None:
    await planned(db, message("a"))
    claimed = await claim_one(db)
    assert await settle(db, claimed, Sent(REF))
    assert not await settle(db, claimed, Failed("too late"))
    assert (await entry(db, message("a"))).state is State.SENT


# -- settling -------------------------------------------------------------------------------------


async def test_sent_keeps_the_reference_and_the_moment(db: Database) -> None:
    await planned(db, message("a"))
    await settle(db, await claim_one(db), Sent(REF), after_s=3)
    row = await entry(db, message("a"))
    assert (row.state, row.ref, row.settled) == (State.SENT, REF, MONDAY + timedelta(seconds=3))


async def test_a_try_that_left_nothing_is_not_counted(db: Database) -> None:
    await planned(db, message("a"))
    later = MONDAY + timedelta(seconds=30)
    await settle(db, await claim_one(db), Later(later, "busy", clean=True))
    assert await claim(db, after_s=29) == []
    again = await claim_one(db, after_s=30)
    assert (again.tries, again.first_try) == (1, later)


async def test_a_try_that_may_have_left_something_is_counted_from_its_first_moment(
    db: Database,
) -> None:
    await planned(db, message("a"))
    later = MONDAY + timedelta(seconds=30)
    await settle(db, await claim_one(db), Later(later, "unclear", clean=False))
    await settle(db, await claim_one(db, after_s=30), Later(later, "busy", clean=True))
    again = await claim_one(db, after_s=30)
    assert (again.tries, again.first_try) == (2, MONDAY)


async def test_a_refused_part_takes_the_rest_of_its_post_with_it(db: Database) -> None:
    parts = [message("a", number=n) for n in range(3)]
    await planned(db, *parts, message("a", purpose="note", number=3))
    await settle(db, (await claim(db, most=1))[0], Sent(REF))
    await settle(db, await claim_part(db, parts[1]), Failed("rejected"))
    assert (await claim_one(db)).delivery.purpose == "note", "other posts still go"
    rows = [await entry(db, p) for p in parts]
    assert [(r.state, r.reason) for r in rows] == [
        (State.SENT, ""),
        (State.FAILED, "rejected"),
        (State.SKIPPED, ledger.INCOMPLETE),
    ]


async def test_a_refused_delivery_goes_on_with_its_run(db: Database) -> None:
    await planned(db, message("a"))
    refused = await claim_one(db)
    await settle(db, refused, Refused("Send Messages", gone=False))
    await db.run(lambda t: set_status(t, "a", Status.BLOCKED))
    await db.run(lambda t: ledger.hold_refused(t, refused, MONDAY))
    assert await claim(db, after_s=1_000_000) == []
    assert (await entry(db, message("a"))).reason == ledger.REFUSED
    await db.run(lambda t: set_status(t, "a", Status.ACTIVE))
    assert (await claim_one(db)).tries == 1


async def test_a_refused_delivery_of_a_run_that_is_over_is_tried_seldom(db: Database) -> None:
    await planned(db, message("a"))
    await db.run(lambda t: set_status(t, "a", Status.FINISHED))
    refused = await claim_one(db)
    await settle(db, refused, Refused("", gone=True))
    await db.run(lambda t: ledger.hold_refused(t, refused, MONDAY))
    assert await claim(db, after_s=3_599) == []
    assert len(await claim(db, after_s=3_600)) == 1


async def test_what_the_old_channel_refuses_follows_a_run_that_was_moved(db: Database) -> None:
    await planned(db, message("a"))
    refused = await claim_one(db)
    await db.run(lambda t: runs.save_run(t, replace(run_of(t, "a"), channel="elsewhere")))
    await settle(db, refused, Refused("", gone=True))
    await db.run(lambda t: ledger.hold_refused(t, refused, MONDAY))
    assert (await claim_one(db)).delivery.channel == "elsewhere"


# -- what people decide ---------------------------------------------------------------------------


async def uncertain(db: Database) -> Delivery:
    await planned(db, message("a"))
    await settle(db, await claim_one(db), Uncertain("the history can't be read"))
    return message("a")


async def test_it_is_there_counts_as_sent(db: Database) -> None:
    delivery = await uncertain(db)
    resolved = await db.run(lambda t: ledger.resolve(t, SPACE, delivery.id, there=True, now=MONDAY))
    row = await entry(db, delivery)
    assert (resolved, row.state, row.ref) == (delivery, State.SENT, None)


async def test_post_again_keeps_the_marker_and_the_memory_of_the_first_try(db: Database) -> None:
    delivery = await uncertain(db)
    now = MONDAY + timedelta(hours=5)
    await db.run(lambda t: ledger.resolve(t, SPACE, delivery.id, there=False, now=now))
    again = await claim_one(db, after_s=18_000)
    assert again.delivery.id == delivery.id
    assert (again.tries, again.vouched, again.first_try) == (2, True, MONDAY)


async def test_a_moderators_word_is_good_for_one_try(db: Database) -> None:
    delivery = await uncertain(db)
    await db.run(lambda t: ledger.resolve(t, SPACE, delivery.id, there=False, now=MONDAY))
    busy = await claim_one(db)
    await settle(db, busy, Later(MONDAY, "busy", clean=True))
    assert (await claim_one(db)).vouched, "nothing was tried yet"
    assert not (await claim_one(db, after_s=120)).vouched, "that one may have posted"


async def test_a_word_on_what_is_not_uncertain_changes_nothing(db: Database) -> None:
    delivery = await uncertain(db)
    await db.run(lambda t: ledger.resolve(t, SPACE, delivery.id, there=True, now=MONDAY))
    again = await db.run(lambda t: ledger.resolve(t, SPACE, delivery.id, there=False, now=MONDAY))
    assert again is None
    assert (await entry(db, delivery)).state is State.SENT


async def test_a_skipped_part_lets_the_next_one_go(db: Database) -> None:
    await planned(db, message("a", number=0), message("a", number=1))
    assert await db.run(
        lambda t: ledger.skip(t, SPACE, message("a", number=0).id, "not wanted", MONDAY)
    )
    assert (await claim_one(db)).delivery.part == 1


async def test_what_is_under_way_or_over_cannot_be_skipped(db: Database) -> None:
    await planned(db, message("a"))
    claimed = await claim_one(db)
    assert not await db.run(lambda t: ledger.skip(t, SPACE, message("a").id, "no", MONDAY))
    await settle(db, claimed, Sent(REF))
    assert not await db.run(lambda t: ledger.skip(t, SPACE, message("a").id, "no", MONDAY))


async def test_stopping_gives_up_what_was_not_sent_and_no_other_run(db: Database) -> None:
    await planned(db, *week("a"))
    await settle(db, await claim_one(db), Sent(REF))
    await planned(db, *week("b"))
    assert await db.run(lambda t: ledger.skip_run(t, SPACE, "a", ledger.STOPPED, MONDAY)) == 5
    states: list[str] = [
        e.state for e in await db.run(lambda t: ledger.entries_of_run(t, SPACE, "a"))
    ]
    assert sorted(states) == [State.SENT] + [State.SKIPPED] * 5
    assert len(await db.run(lambda t: ledger.open_of_run(t, SPACE, "b"))) == 6


async def test_what_was_under_way_when_its_run_was_stopped_comes_back_as_stopped(
    db: Database,
) -> None:
    await planned(db, message("a"))
    claimed = await claim_one(db)
    await db.run(lambda t: set_status(t, "a", Status.STOPPED))
    await settle(db, claimed, Later(MONDAY, "unclear", clean=False))
    assert (await claim_one(db)).stopped


async def test_a_moved_run_takes_along_what_waits(db: Database) -> None:
    await planned(db, message("a"), message("a", purpose="note", member="mia"))
    assert await db.run(lambda t: ledger.redirect(t, SPACE, "a", "new")) == 1
    assert (await entry(db, message("a"))).delivery.channel == "new"
    again = await db.run(lambda t: ledger.redirect(t, SPACE, "a", "new"))
    assert again == 0


# -- what can be asked ----------------------------------------------------------------------------


async def test_waiting_counts_messages_for_the_channel_only(db: Database) -> None:
    await planned(db, *week("a"), message("a", purpose="note", member="mia"), message("b"))
    assert await db.run(lambda t: ledger.waiting_count(t, SPACE, "a")) == 4


async def test_a_post_is_shown_in_its_newest_issue(db: Database) -> None:
    await planned(db, message("a", "old"), message("a", "new", issue=2))
    entries = await db.run(
        lambda t: ledger.entries_of_post(t, SPACE, "a", "first", "chapter", "post")
    )
    assert [e.delivery for e in entries] == [message("a", "new", issue=2)]


async def test_the_next_thing_to_try_is_a_due_row_or_the_end_of_a_lease(db: Database) -> None:
    assert await db.run(ledger.next_due) is None
    await planned(db, message("a", due=MONDAY + timedelta(hours=1)), message("b"))
    assert await db.run(ledger.next_due) == MONDAY
    await claim(db)
    assert await db.run(ledger.next_due) == MONDAY + LEASE


async def test_another_space_finds_and_changes_nothing(db: Database) -> None:
    other = "flaky:other"
    await db.run(lambda t: runs.insert_run(t, new_run("a", other)))
    delivery = await uncertain(db)
    await planned(db, message("a", purpose="note"))
    before = await db.run(lambda t: ledger.entries_of_run(t, SPACE, "a"))
    answers = await db.run(
        lambda t: (
            ledger.resolve(t, other, delivery.id, there=True, now=MONDAY),
            ledger.skip(t, other, delivery.id, "no", MONDAY),
            ledger.skip_run(t, other, "a", "no", MONDAY),
            ledger.redirect(t, other, "a", "new"),
            ledger.entry_by_id(t, other, delivery.id),
            ledger.entries_of_run(t, other, "a"),
            ledger.open_of_run(t, other, "a"),
            ledger.entries_of_post(t, other, "a", "first", "chapter", "post"),
            ledger.waiting_count(t, other, "a"),
        )
    )
    assert answers == (None, False, 0, 0, None, [], [], [], 0)
    assert await db.run(lambda t: ledger.entries_of_run(t, SPACE, "a")) == before
