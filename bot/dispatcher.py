"""Moves deliveries from the ledger to a platform, each once and in order per address.

Knows nothing of lessons: a delivery is a key, an address and a part or a deed.
Invariant: a row becomes sent only after the platform has shown us the message (or a person has).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from adapters.port import (
    Adapter,
    Address,
    Ambiguous,
    CannotLook,
    Facts,
    PostRef,
    Rejected,
    TryLater,
    Unreachable,
)
from bot import ledger
from bot.clock import Clock
from bot.delivery import Claimed, Failed, Later, Outcome, Refused, Sent, Skipped, Uncertain
from bot.store.database import Database, Transaction
from lessons.posts import Deed, Part, Pin

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=120)
SEND_S: Final = 30.0
LOOK_S: Final = 30.0
"""Looking and sending together take half the lease at most, so it can't end under a sender."""

RETRY_AFTER_S: Final = (30, 60, 300, 900, 3_600, 60)
"""After each try that had no clear answer; after one more, a moderator is asked.

A process that dies gives no answer at all: restarts, however many, must not bother anybody."""

MOST_SENDS: Final = len(RETRY_AFTER_S)
"""The last try only looks: what the one before it left must not become a question."""

LATER_AT_LEAST_S: Final = 1.0
NO_ADAPTER_S: Final = 300.0
LOOK_BACK: Final = timedelta(minutes=5)
"""The search begins this much before the first try: the platform's clock is not ours."""

WIDTH: Final = 16
"""Messages under way at once, each to another channel or member."""

LOOK_AGAIN_S: Final = 0.5
TURN_S: Final = 10.0
CLOSE_S: Final = 35.0

NOTHING_THERE: Final = "nothing to do it to"
UNCLEAR: Final = "no clear answer"
CANNOT_LOOK: Final = "the history can't be read"


class Settled(Protocol):
    """What follows from a delivery; called in the transaction that settles it, once per try."""

    def __call__(
        self, t: Transaction, claimed: Claimed, outcome: Outcome, now: datetime, /
    ) -> None: ...


class Dispatcher:
    """Claims, sends and settles. `owner` must be new for every start of a process."""

    def __init__(
        self,
        db: Database,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        owner: str,
        settled: Settled,
    ) -> None:
        self._db = db
        self._adapters = adapters
        self._clock = clock
        self._owner = owner
        self._settled = settled
        self._under_way: dict[asyncio.Task[None], Claimed] = {}
        self._closing = False

    async def turn(self) -> int:
        """Send all that is due and say how many tries that took.

        Returns when nothing is due or under way, and in any case after TURN_S: what is slow
        goes on by itself and does not hold up the tick. If it is cancelled, so does what it
        had begun; only what it was just about to claim waits for its lease to end.
        """
        begun = 0
        until = asyncio.get_running_loop().time() + TURN_S
        while not self._closing and asyncio.get_running_loop().time() < until:
            claimed = await self._claim(WIDTH - len(self._under_way))
            begun += len(claimed)
            for one in claimed:
                self._begin(one)
            if not self._under_way:
                break
            # Not until all are done: a slow channel must not keep the others waiting.
            await asyncio.wait(
                tuple(self._under_way), timeout=LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
        return begun

    async def close(self, within_s: float = CLOSE_S) -> None:
        """Begin nothing more and wait for what is under way; what takes longer is dropped.

        A message whose fate is then unknown keeps its lease: the next process looks for it.
        """
        self._closing = True
        if self._under_way:
            _, late = await asyncio.wait(tuple(self._under_way), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _claim(self, most: int) -> list[Claimed]:
        now = self._clock()
        busy = {claimed.lane for claimed in self._under_way.values()}
        return await self._db.run(
            lambda t: ledger.claim(t, self._owner, now, LEASE, most, busy) if most > 0 else []
        )

    def _begin(self, claimed: Claimed) -> None:
        task = asyncio.create_task(self._work(claimed))
        self._under_way[task] = claimed
        task.add_done_callback(lambda done: self._under_way.pop(done, None))

    async def _work(self, claimed: Claimed) -> None:
        try:
            outcome = await self._try(claimed)
            if not await self._settle(claimed, outcome):
                log.warning("a delivery was settled by another owner", extra=_about(claimed))
        except Exception:
            # Nothing is lost: its lease ends, and then it is looked for before it is sent.
            log.exception("a delivery could not be settled", extra=_about(claimed))

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> bool:
        now = self._clock()

        def settle(t: Transaction) -> bool:
            if not ledger.settle(t, claimed, outcome, now):
                return False
            self._settled(t, claimed, outcome, now)
            if isinstance(outcome, Refused):
                ledger.hold_refused(t, claimed, now)
            return True

        return await self._db.run(settle)

    # -- one try ----------------------------------------------------------------------------------

    async def _try(self, claimed: Claimed) -> Outcome:
        """Never raises but for cancellation: whatever goes wrong has an outcome."""
        adapter = self._adapters.get(claimed.delivery.space.partition(":")[0])
        if adapter is None:
            log.error("no adapter for a space", extra=_about(claimed))
            return self._later(NO_ADAPTER_S, "no adapter")
        try:
            return await _deliver(adapter, claimed)
        except TryLater as busy:
            return self._later(max(busy.after_s, LATER_AT_LEAST_S), "busy")
        except Unreachable as closed:
            return _refused(claimed, closed)
        except Rejected as refused:
            log.error("a message was rejected: %s", refused.detail, extra=_about(claimed))
            return Failed(f"rejected: {refused.detail}")
        except CannotLook:
            return Uncertain(CANNOT_LOOK)
        except (Ambiguous, TimeoutError):
            return self._unclear(claimed)
        except Exception:
            log.exception("an adapter failed", extra=_about(claimed))
            return self._unclear(claimed)

    def _later(self, after_s: float, reason: str) -> Later:
        return Later(self._clock() + timedelta(seconds=after_s), reason, clean=True)

    def _unclear(self, claimed: Claimed) -> Outcome:
        """It may be there. The next try looks first; a person is asked when that did not help."""
        if claimed.unclear < len(RETRY_AFTER_S):
            due = self._clock() + timedelta(seconds=RETRY_AFTER_S[claimed.unclear])
            return Later(due, UNCLEAR, clean=False)
        # Nobody needs to be asked about a pin.
        return Failed(UNCLEAR) if isinstance(claimed.delivery.content, Pin) else Uncertain(UNCLEAR)


async def _deliver(adapter: Adapter, claimed: Claimed) -> Outcome:
    match claimed.delivery.content:
        case Part() as part:
            return await _send(adapter, claimed, part)
        case deed:
            return await _do(adapter, claimed, deed)


async def _send(adapter: Adapter, claimed: Claimed, part: Part) -> Outcome:
    """Into the thread that it is meant for; to the channel if somebody has deleted that."""
    to = _address(claimed)
    try:
        return await _send_to(adapter, claimed, part, to)
    except Unreachable as closed:
        if not (closed.gone and to.thread):
            raise
    return await _send_to(adapter, claimed, part, Address(to.space, to.channel))


async def _send_to(adapter: Adapter, claimed: Claimed, part: Part, to: Address) -> Outcome:
    there = await _look(adapter, claimed, to)
    if there is not None:
        return Sent(there)
    if claimed.stopped:
        return Skipped(ledger.STOPPED)
    async with asyncio.timeout(SEND_S):
        return Sent(await adapter.send(to, part, claimed.delivery.id))


async def _do(adapter: Adapter, claimed: Claimed, deed: Deed) -> Outcome:
    on = _opener(claimed)
    if on is None:
        return Skipped(NOTHING_THERE)
    there = None if adapter.repeats(deed) else await _look(adapter, claimed, on.address)
    if there is not None:
        return Sent(there)
    if claimed.stopped:
        return Skipped(ledger.STOPPED)
    try:
        async with asyncio.timeout(SEND_S):
            return Sent(await adapter.do(deed, on, claimed.delivery.id))
    except Unreachable as closed:
        # Either the channel is gone, or the message alone, which somebody has deleted.
        if not closed.gone or not (await _facts(adapter, on.address)).exists:
            raise
    return Skipped(NOTHING_THERE)


async def _facts(adapter: Adapter, at: Address) -> Facts:
    async with asyncio.timeout(LOOK_S):
        return await adapter.look(Address(at.space, at.channel))


async def _look(adapter: Adapter, claimed: Claimed, to: Address) -> PostRef | None:
    """What an earlier try left. A moderator's word stands in for a history that can't be read."""
    if claimed.tries == 1:
        return None
    try:
        async with asyncio.timeout(LOOK_S):
            found = await adapter.find(to, claimed.delivery.id, claimed.first_try - LOOK_BACK)
    except CannotLook:
        if claimed.vouched:
            return None
        raise
    asked = claimed.vouched or claimed.stopped
    if found is None and claimed.unclear >= MOST_SENDS and not asked:
        raise Ambiguous
    return found


def _address(claimed: Claimed) -> Address:
    """The member, the thread that it comes after or in, or the channel itself."""
    delivery = claimed.delivery
    if delivery.member:
        return Address(delivery.space, delivery.channel, member=delivery.member)
    opener = _opener(claimed)
    thread = "" if opener is None else opener.address.thread
    return Address(delivery.space, delivery.channel, thread=thread)


def _opener(claimed: Claimed) -> PostRef | None:
    """What it comes after, unless the run has left that channel since."""
    opener = claimed.opener
    if opener is None or opener.address.channel != claimed.delivery.channel:
        return None
    return opener


def _refused(claimed: Claimed, closed: Unreachable) -> Outcome:
    """Only a channel that can't be posted to stops a run; a closed inbox or a pin does not.

    A right that the app lacks is no word of whom it writes to.
    """
    delivery = claimed.delivery
    if delivery.member or isinstance(delivery.content, Pin):
        return Failed(str(closed), closed=bool(delivery.member) and not closed.missing)
    return Refused(closed.missing, closed.gone)


def _about(claimed: Claimed) -> dict[str, str | int]:
    delivery = claimed.delivery
    return {"delivery": delivery.id, "run": delivery.run, "tries": claimed.tries}
