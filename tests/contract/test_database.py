"""What every database behind the store must promise, whatever its driver.

Knows no file and no server; accidents are arranged by the rig.
Invariant: nothing here depends on how long anything takes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.store.database import Database, Transaction
from bot.store.errors import (
    ConstraintBroken,
    DatabaseClosed,
    DiskFull,
    Misuse,
    StatementFailed,
)
from bot.store.sql import Query
from tests.rigs.database import ADD, ADD_UNDER, CHANGE, CHANGE_BACK, READ, READ_ALL, Rig

BIG = "x" * 200_000


def adding(number: int, text: str = "") -> Callable[[Transaction], int]:
    return lambda t: t.run(ADD, id=number, text=text)


def stored(t: Transaction) -> list[int]:
    return [row["id"] for row in t.all(READ_ALL)]


class Gate:
    """Holds the database's thread inside a function until the test lets go."""

    def __init__(self) -> None:
        self._entered = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._open = threading.Event()

    def wait(self, t: Transaction) -> None:
        self._loop.call_soon_threadsafe(self._entered.set)
        if not self._open.wait(timeout=30):
            raise TimeoutError("the test never opened its gate")

    async def entered(self) -> None:
        await self._entered.wait()

    def open(self) -> None:
        self._open.set()


@pytest.fixture
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()


# -- one function ---------------------------------------------------------------------------------


async def test_a_function_gets_its_answer_and_its_rows_stay(rig: Rig) -> None:
    database = await rig.open()
    assert await database.run(adding(1, "one")) == 1
    await database.close()
    again = await rig.open()
    row = await again.run(lambda t: t.one(READ, id=1))
    assert row is not None
    assert dict(row) == {"id": 1, "text": "one"}


async def test_one_gives_none_for_no_row(database: Database) -> None:
    assert await database.run(lambda t: t.one(READ, id=9)) is None


async def test_one_refuses_several_rows_and_undoes_the_function(database: Database) -> None:
    def careless(t: Transaction) -> None:
        t.run(ADD, id=1, text="")
        t.run(ADD, id=2, text="")
        t.one(READ_ALL)

    with pytest.raises(Misuse, match="read_all gave 2 rows"):
        await database.run(careless)
    assert await database.run(stored) == []


async def test_run_counts_the_rows_it_touched(database: Database) -> None:
    def count(t: Transaction) -> tuple[int, int]:
        added = t.many(ADD, ({"id": n, "text": ""} for n in range(5)))
        return added, t.run(CHANGE, id=2, text="new")

    assert await database.run(count) == (5, 3)


async def test_many_of_nothing_touches_nothing(database: Database) -> None:
    assert await database.run(lambda t: t.many(ADD, [])) == 0


async def test_a_change_can_answer_with_its_rows(database: Database) -> None:
    await database.run(adding(1, "old"))
    row = await database.run(lambda t: t.one(CHANGE_BACK, id=1, text="new"))
    assert row is not None
    assert row["text"] == "new"
    assert await database.run(lambda t: t.run(CHANGE_BACK, id=1, text="newer")) == 1


async def test_run_and_many_refuse_a_query_that_only_reads(database: Database) -> None:
    with pytest.raises(Misuse, match="only reads"):
        await database.run(lambda t: t.run(READ_ALL))
    with pytest.raises(Misuse, match="only reads"):
        await database.run(lambda t: t.many(READ, [{"id": 1}]))


@pytest.mark.parametrize(
    ("values", "said"),
    [({}, "missing id, unknown none"), ({"id": 1, "spcae": 2}, "missing none, unknown spcae")],
)
async def test_values_must_be_exactly_those_of_the_query(
    database: Database, values: dict[str, int], said: str
) -> None:
    with pytest.raises(Misuse, match=said):
        await database.run(lambda t: t.one(READ, **values))


async def test_a_broken_rule_of_the_schema_has_its_own_error(database: Database) -> None:
    await database.run(adding(1))
    with pytest.raises(ConstraintBroken) as same_key:
        await database.run(adding(1))
    assert same_key.value.query == "add"
    with pytest.raises(ConstraintBroken):
        await database.run(lambda t: t.run(ADD_UNDER, id=2, parent=77))


@pytest.mark.parametrize("value", [1 << 80, "\ud800"])
async def test_a_value_no_column_can_hold_is_refused(database: Database, value: int | str) -> None:
    with pytest.raises(StatementFailed):
        await database.run(lambda t: t.run(ADD, id=value, text=value))


async def test_a_statement_that_makes_no_sense_names_its_query(database: Database) -> None:
    lost = Query("lost", "SELECT nothing FROM nowhere", "A mistake.")
    with pytest.raises(StatementFailed, match="Query lost failed"):
        await database.run(lambda t: t.all(lost))


async def test_a_function_that_swallows_a_failed_statement_is_undone(database: Database) -> None:
    await database.run(adding(1))

    def hopeful(t: Transaction) -> str:
        t.run(ADD, id=2, text="half")
        try:
            t.run(ADD, id=1, text="again")
        except ConstraintBroken:
            return "all is well"
        return "never"

    with pytest.raises(ConstraintBroken):
        await database.run(hopeful)
    assert await database.run(stored) == [1]


async def test_nothing_can_be_run_after_a_failed_statement(database: Database) -> None:
    seen: list[Exception] = []

    def stubborn(t: Transaction) -> None:
        for number in (1, 1, 2):
            try:
                t.run(ADD, id=number, text="")
            except ConstraintBroken as wrong:
                seen.append(wrong)

    with pytest.raises(ConstraintBroken):
        await database.run(stubborn)
    assert len(seen) == 2
    assert await database.run(stored) == []


async def test_a_transaction_is_of_no_use_after_its_function(database: Database) -> None:
    kept: list[Transaction] = []
    await database.run(kept.append)
    with pytest.raises(Misuse, match="after its function"):
        await database.run(lambda t: kept[0].run(ADD, id=1, text=""))
    with pytest.raises(Misuse, match="after its function"):
        kept[0].all(READ_ALL)
    assert await database.run(stored) == []


async def test_run_inside_a_function_is_refused(database: Database) -> None:
    def nested(t: Transaction) -> None:
        t.run(ADD, id=1, text="")
        database.run(adding(2)).cancel()

    with pytest.raises(Misuse, match="inside a function use its Transaction"):
        await database.run(nested)
    assert await database.run(stored) == []


async def test_a_coroutine_function_is_refused(database: Database) -> None:
    async def modern(t: Transaction) -> None:
        t.run(ADD, id=1, text="")

    with pytest.raises(Misuse, match="plain function"):
        await (await database.run(modern))
    assert await database.run(stored) == []


async def test_run_on_another_event_loop_is_refused(database: Database) -> None:
    async def elsewhere() -> None:
        await database.run(stored)

    with pytest.raises(Misuse, match="event loop"):
        await asyncio.to_thread(asyncio.run, elsewhere())


# -- many functions -------------------------------------------------------------------------------


async def test_functions_run_in_the_order_of_the_calls(database: Database) -> None:
    order: list[int] = []

    async def caller(number: int) -> None:
        await database.run(lambda t: order.append(number))

    await asyncio.gather(*(caller(number) for number in range(1_000)))
    assert order == list(range(1_000))


async def test_a_function_sees_what_those_before_it_did(database: Database, gate: Gate) -> None:
    first = database.run(gate.wait)
    added = [database.run(adding(number)) for number in range(3)]
    seen = database.run(stored)
    gate.open()
    await asyncio.gather(first, *added)
    assert await seen == [0, 1, 2]


async def test_a_failing_neighbour_undoes_only_itself(database: Database, gate: Gate) -> None:
    def failing(t: Transaction) -> None:
        t.run(ADD, id=2, text="half done")
        t.run(CHANGE, id=0, text="spoilt")
        raise ValueError("mine alone")

    held = database.run(gate.wait)
    calls: list[asyncio.Future[Any]] = [
        database.run(adding(1, "before")),
        database.run(failing),
        database.run(adding(1, "twice")),
        database.run(adding(3, "after")),
    ]
    gate.open()
    before, failed, twice, after = await asyncio.gather(*calls, return_exceptions=True)
    await held
    assert (before, after) == (1, 1)
    assert isinstance(failed, ValueError)
    assert isinstance(twice, ConstraintBroken)
    rows = await database.run(lambda t: [(row["id"], row["text"]) for row in t.all(READ_ALL)])
    assert rows == [(1, "before"), (3, "after")]


async def test_a_neighbour_that_raises_stop_iteration_keeps_no_answer_back(
    database: Database, gate: Gate
) -> None:
    held = database.run(gate.wait)
    stopped = database.run(lambda t: next(iter(())))
    after = database.run(adding(1))
    gate.open()
    await held
    with pytest.raises(RuntimeError, match="StopIteration"):
        await stopped
    assert await after == 1


async def test_more_callers_than_a_batch_takes_are_all_answered(database: Database) -> None:
    answers = await asyncio.gather(*(database.run(adding(number)) for number in range(2_000)))
    assert answers == [1] * 2_000
    assert await database.run(stored) == list(range(2_000))


# -- cancelled callers ----------------------------------------------------------------------------


async def test_a_caller_cancelled_before_its_turn_leaves_nothing(
    database: Database, gate: Gate
) -> None:
    held = database.run(gate.wait)
    await gate.entered()

    async def caller() -> None:
        await database.run(adding(1))

    task = asyncio.create_task(caller())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()
    await held
    assert await database.run(stored) == []


async def test_a_function_whose_caller_is_cancelled_meanwhile_is_run_whole(
    database: Database, gate: Gate
) -> None:
    def two_rows(t: Transaction) -> None:
        t.run(ADD, id=1, text="")
        gate.wait(t)
        t.run(ADD, id=2, text="")

    async def caller() -> None:
        await database.run(two_rows)

    task = asyncio.create_task(caller())
    await gate.entered()
    neighbour = database.run(adding(3))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()
    assert await neighbour == 1
    assert await database.run(stored) == [1, 2, 3]


async def test_cancelled_callers_leave_no_transaction_open_for_the_next(
    database: Database,
) -> None:
    def failing(t: Transaction) -> None:
        t.run(ADD, id=1_000, text="never")
        raise ValueError

    for number in range(50):
        calls: list[asyncio.Future[Any]] = [
            database.run(failing),
            database.run(adding(number)),
        ]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    assert 1_000 not in await database.run(stored)
    assert await database.run(adding(2_000)) == 1


# -- the event loop, closing, a full disk ---------------------------------------------------------


async def test_a_slow_function_does_not_hold_up_the_event_loop(
    database: Database, gate: Gate
) -> None:
    slow = database.run(gate.wait)
    await gate.entered()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not slow.done()
    gate.open()
    await slow


async def test_what_waits_is_run_before_the_database_closes(database: Database, gate: Gate) -> None:
    held = database.run(gate.wait)
    waiting = [database.run(adding(number)) for number in range(3)]
    closing = asyncio.create_task(database.close())
    await gate.entered()
    gate.open()
    await closing
    await held
    assert await asyncio.gather(*waiting) == [1, 1, 1]


async def test_a_closed_database_runs_nothing_and_may_be_closed_again(database: Database) -> None:
    await asyncio.gather(database.close(), database.close())
    await database.close()
    with pytest.raises(DatabaseClosed):
        await database.run(stored)


async def test_a_cancelled_close_still_closes(rig: Rig, gate: Gate) -> None:
    database = await rig.open()
    held = database.run(gate.wait)
    await gate.entered()
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing
    gate.open()
    await held
    await database.close()
    assert await (await rig.open()).run(stored) == []


async def test_a_full_disk_is_a_typed_error_and_passes(rig: Rig) -> None:
    database = await rig.open()
    await database.run(adding(1))
    await rig.fill_disk(database)
    for number in (2, 3):
        with pytest.raises(DiskFull):
            await database.run(adding(number, BIG))
    assert await database.run(stored) == [1]
    await rig.free_disk(database)
    assert await database.run(adding(4, BIG)) == 1
    assert await database.run(stored) == [1, 4]


async def test_on_a_full_disk_every_answer_tells_the_truth(rig: Rig, gate: Gate) -> None:
    database = await rig.open()
    await database.run(adding(1))
    await rig.fill_disk(database)
    held = database.run(gate.wait)
    await gate.entered()
    reading = database.run(stored)
    small = {number: database.run(adding(number)) for number in (2, 3)}
    seen = database.run(stored)
    big = database.run(adding(4, BIG))
    small |= {number: database.run(adding(number)) for number in (5, 6)}
    gate.open()
    await held
    with pytest.raises(DiskFull):
        await big
    assert await reading == [1]
    kept = {1}
    for number, call in small.items():
        try:
            await call
        except DiskFull:
            continue
        kept.add(number)
    assert set(await database.run(stored)) == kept
    try:
        assert set(await seen) <= kept
    except DiskFull:
        assert not kept & {2, 3}
