"""Crashes and faults, everywhere and in any combination: no post is lost, doubled or out of order.

Knows what people must be able to read in the end; how it comes there is the dispatcher's.
Invariant: the same search finds a fault that a test has planted, so its silence means something.
"""

from __future__ import annotations

import asyncio
import tempfile
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import dispatcher as dispatching
from bot import ledger
from bot.delivery import Claimed, Sent, State
from bot.dispatcher import Dispatcher
from bot.store.database import Database
from bot.store.queries import QUERIES
from bot.store.sql import Query
from lessons.posts import Pin
from lessons.runs import Status
from tests.rigs.flaky import Fault, FlakyPlatform
from tests.rigs.hall import SPACE, Hands, Witness, entry, hall, planned, run_of, set_status, week
from tests.rigs.mortal import live

NAMES = ("a", "b")


class World:
    """Two runs with a week to post, a platform, and processes that come and go."""

    def __init__(self, db: Database, faults: list[Fault]) -> None:
        self.db = db
        self.hands = Hands()
        self.platform = FlakyPlatform(self.hands, faults)
        self.witness = Witness()
        self._owners = count(1)

    async def life(self, dies_at: int | None = None) -> int:
        """The next process; how many steps it took."""
        owner = f"process {next(self._owners)}"
        life = await live(self.db, self.platform, self.hands, self.witness, owner, dies_at)
        return life.steps

    async def moderate(self) -> None:
        """Mia mends what was blocked and says truly whether an uncertain post is there."""
        now = self.hands()
        for name in NAMES:
            for row in await self.db.run(lambda t, name=name: ledger.open_of_run(t, SPACE, name)):  # type: ignore[misc]
                if row.state is State.UNCERTAIN:
                    key = row.delivery.id
                    there = any(post.key == key for post in self.platform.posts)
                    await self.db.run(
                        lambda t, key=key, there=there: ledger.resolve(  # type: ignore[misc]
                            t, SPACE, key, there=there, now=now
                        )
                    )
            run = await self.db.run(lambda t, name=name: run_of(t, name))  # type: ignore[misc]
            if run.status is Status.BLOCKED:
                await self.db.run(lambda t, name=name: set_status(t, name, Status.ACTIVE))  # type: ignore[misc]

    async def calm_down(self) -> None:
        """Nothing more goes wrong; hours pass until all that was planned is over."""
        self.platform.plan()
        self.platform.readable = True
        for _ in range(8):
            self.hands.passes(hours=2)
            await self.life()
            await self.moderate()

    async def complaints(self) -> list[str]:
        """Everything that people would complain about."""
        posts = self.platform.posts
        found = [f"doubled: {p.text}" for p in posts if p.key in self.platform.doubled]
        for name in NAMES:
            numbers = [p.text for p in posts if p.text.startswith(f"{name} part")]
            if numbers != sorted(numbers):
                found.append(f"out of order: {numbers}")
            for delivery in week(name):
                state = (await entry(self.db, delivery)).state
                there = any(post.key == delivery.id for post in posts)
                if state not in (State.SENT, State.FAILED, State.SKIPPED):
                    found.append(f"never done: {delivery.purpose} {delivery.part} is {state}")
                elif not isinstance(delivery.content, Pin) and there is not (state is State.SENT):
                    found.append(f"{state}, but there: {there}: {delivery.purpose} {delivery.part}")
        return found


async def killed_at_every_step(folder: Path) -> list[str]:
    """A process is killed at its k-th step, and another one finishes the work; for every k."""
    found: list[str] = []
    for dies_at in count():
        home = folder / str(dies_at)
        async with hall(home, *NAMES) as db:
            world = World(db, [])
            await planned(db, *week("a"), *week("b"))
            steps = await world.life(dies_at)
            await world.calm_down()
            found += [f"killed at {dies_at}: {what}" for what in await world.complaints()]
        if steps < dies_at or found:
            return found
    raise AssertionError("unreachable")


async def met_by_every_request(folder: Path, fault: Fault) -> list[str]:
    """The k-th request meets the fault, for every k of a week's posts."""
    found: list[str] = []
    for at in range(2 * len(week("a"))):
        async with hall(folder / str(at), *NAMES) as db:
            world = World(db, [Fault.NONE] * at + [fault])
            await planned(db, *week("a"), *week("b"))
            await world.life()
            await world.calm_down()
            found += [f"{fault} at {at}: {what}" for what in await world.complaints()]
    return found


async def test_a_process_may_be_killed_at_every_step(tmp_path: Path) -> None:
    assert await killed_at_every_step(tmp_path) == []


@given(
    faults=st.lists(st.sampled_from([f for f in Fault if f is not Fault.SILENT]), max_size=24),
    lives=st.lists(
        st.tuples(
            st.one_of(st.none(), st.integers(0, 60)),  # dies at this step
            st.sampled_from([0, 1, 5, 30, 119, 120, 300, 3_600]),  # seconds until the next one
            st.booleans(),  # can the history be read
            st.booleans(),  # does the moderator answer
        ),
        max_size=6,
    ),
)
@settings(max_examples=100, deadline=None)
def test_crashes_and_faults_in_any_order_lose_and_double_nothing(
    faults: list[Fault], lives: list[tuple[int | None, int, bool, bool]]
) -> None:
    async def scenario(folder: Path) -> list[str]:
        async with hall(folder, *NAMES) as db:
            world = World(db, faults)
            await planned(db, *week("a"), *week("b"))
            for dies_at, seconds, readable, answers in lives:
                world.platform.readable = readable
                await world.life(dies_at)
                assert world.platform.doubled == []
                world.hands.passes(seconds=seconds)
                if answers:
                    await world.moderate()
            await world.calm_down()
            return await world.complaints()

    with tempfile.TemporaryDirectory() as folder:
        assert asyncio.run(scenario(Path(folder))) == []


# -- planted faults -------------------------------------------------------------------------------


async def never_looks(*_: object) -> None:
    return None


def believes(self: Dispatcher, claimed: Claimed) -> Sent:
    return Sent(None)


def plant(patch: pytest.MonkeyPatch, name: str, words: str, instead: str) -> None:
    """Puts something else into a query of the ledger."""
    query = QUERIES[name]
    assert words in query.text
    changed = Query(name, query.text.replace(words, instead), query.reason)
    patch.setattr(ledger, "QUERIES", {**QUERIES, name: changed})


async def test_a_dispatcher_that_does_not_look_first_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "_look", never_looks)
    found = await killed_at_every_step(tmp_path)
    assert any("doubled" in what for what in found)


async def test_a_dispatcher_that_believes_an_unclear_answer_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dispatcher, "_unclear", believes)
    found = await met_by_every_request(tmp_path, Fault.LOST_REQUEST)
    assert any("sent, but there: False" in what for what in found)


async def test_a_ledger_that_never_takes_up_an_ended_lease_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = "(d.state = 'pending' OR d.lease_until_ms <= :now_ms)"
    plant(monkeypatch, "claimable_deliveries", ended, "d.state = 'pending'")
    found = await killed_at_every_step(tmp_path)
    assert any("never done" in what for what in found)


async def test_a_ledger_that_lets_a_part_overtake_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch, "claimable_deliveries", "earlier.part < d.part", "FALSE")
    found = await met_by_every_request(tmp_path, Fault.BUSY)
    assert any("out of order" in what for what in found)
