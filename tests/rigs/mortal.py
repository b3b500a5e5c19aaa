"""A dispatcher's process that can be killed between any two things it does.

Knows the port and the database only as things that are called.
Invariant: after death nothing more of that process happens; what was on its way arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar, cast

from adapters.port import Adapter, Address, DeliveryKey, PostRef
from bot.dispatcher import Dispatcher, Settled
from bot.store.database import Database, Transaction
from lessons.posts import Deed, Part
from tests.rigs.flaky import FlakyPlatform
from tests.rigs.hall import Hands

T = TypeVar("T")


class Killed(BaseException):
    """What a dead process meets wherever it goes on; nobody may catch it as an error."""


class Life:
    """Counts what a process does, and ends at the given count. None lives to the end."""

    def __init__(self, dies_at: int | None = None) -> None:
        self._dies_at = dies_at
        self.steps = 0

    @property
    def dead(self) -> bool:
        return self._dies_at is not None and self.steps >= self._dies_at

    def step(self) -> None:
        """Before and after everything that has an effect outside of the process."""
        if self.dead:
            raise Killed
        self.steps += 1


class MortalDatabase:
    """The database as a mortal process uses it."""

    def __init__(self, db: Database, life: Life) -> None:
        self._db = db
        self._life = life

    async def run(self, fn: Callable[[Transaction], T]) -> T:
        self._life.step()
        answer = await self._db.run(fn)
        self._life.step()
        return answer


class MortalAdapter:
    """The platform as a mortal process uses it: what the dispatcher needs of the port."""

    def __init__(self, platform: FlakyPlatform, life: Life) -> None:
        self._platform = platform
        self._life = life

    def repeats(self, deed: Deed) -> bool:
        return self._platform.repeats(deed)

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        self._life.step()
        ref = await self._platform.send(to, part, key)
        self._life.step()
        return ref

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        self._life.step()
        ref = await self._platform.do(deed, on, key)
        self._life.step()
        return ref

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        self._life.step()
        ref = await self._platform.find(to, key, since)
        self._life.step()
        return ref


async def live(
    db: Database,
    platform: FlakyPlatform,
    hands: Hands,
    settled: Settled,
    owner: str,
    dies_at: int | None = None,
) -> Life:
    """One process takes its turn, and may be killed in the middle of it."""
    life = Life(dies_at)
    adapters = cast(Mapping[str, Adapter], {"flaky": MortalAdapter(platform, life)})
    mortal = cast(Database, MortalDatabase(db, life))
    dispatcher = Dispatcher(mortal, adapters, hands, owner, settled)
    try:
        await dispatcher.turn()
    except Killed:
        pass
    finally:
        await dispatcher.close()
    return life
