"""The ledger: what is to be posted, what is under way, what became of it.

Knows no platform and no event loop; every function is a step of the caller's transaction.
Invariant: an identity has one row, and only the holder of its lease moves it out of 'sending'.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import assert_never

import msgspec

from adapters.port import PostRef
from bot.delivery import (
    Claimed,
    Delivery,
    Entry,
    Failed,
    Lane,
    Later,
    Outcome,
    Refused,
    Sent,
    Skipped,
    State,
    Uncertain,
)
from bot.store.database import Row, Transaction, Value
from bot.store.instants import from_ms, maybe_from_ms, to_ms
from bot.store.queries import QUERIES
from bot.store.settings import REMINDER
from lessons.posts import Deed, Part, decode_part, encode_part

__all__ = [
    "Claimed",
    "Delivery",
    "Entry",
    "Failed",
    "Lane",
    "Later",
    "Outcome",
    "Refused",
    "Sent",
    "Skipped",
    "State",
    "Uncertain",
    "claim",
    "entries_of_post",
    "entries_of_run",
    "entry_by_id",
    "hold_refused",
    "is_reminder",
    "next_due",
    "open_of_run",
    "plan",
    "redirect",
    "resolve",
    "settle",
    "skip",
    "skip_reminders",
    "skip_reminders_of",
    "skip_restored",
    "skip_run",
    "waiting_count",
]

_deeds: msgspec.json.Decoder[Deed] = msgspec.json.Decoder(Deed)
_refs = msgspec.json.Decoder(PostRef)

AGAIN = "again"
"""Reason of a pending row that a moderator said is not there: send it even if nobody can look."""

REFUSED = "refused"
"""Reason of a pending row that its channel did not let us post."""

REFUSED_AGAIN = timedelta(hours=1)
"""A refused row of a run that is over, and so can't be blocked, is tried this seldom."""

STOPPED = "stopped"
INCOMPLETE = "incomplete"
RESTORED = "restored"
LATE = "late"
UNWANTED = "unwanted"
"""Why a row was skipped: its run was stopped; an earlier part of its post was refused; it came
from a backup that was put back; a reminder whose day is over, or that nobody wants any more."""

REMINDERS = f"{REMINDER} %"

# -- what is planned ------------------------------------------------------------------------------


def plan(t: Transaction, deliveries: Iterable[Delivery]) -> int:
    """Add what is not planned yet and say how many that were; the others stay as they are."""
    return t.many(QUERIES["plan_delivery"], [_planned(delivery) for delivery in deliveries])


# -- what is under way ----------------------------------------------------------------------------


def claim(
    t: Transaction,
    owner: str,
    now: datetime,
    lease: timedelta,
    most: int,
    busy: Collection[Lane] = (),
) -> list[Claimed]:
    """Take up to `most` deliveries that are due, at most one per lane; longest due first.

    A part waits until all earlier parts of its post are over, and what names an `after` until
    that is. An `after` that failed or was skipped holds nothing up: a part that was meant for a
    thread then goes to the channel, for a thread that can't be opened must not cost the post.

    A blocked run keeps its channel posts here (private ones still go: they tell the moderators).
    A paused run does not: a pause stops slots, and what a slot has planned still goes out.

    `busy` are the lanes this process still posts to; they are left alone even if somebody moved
    the clock meanwhile and a lease looks as if it had ended.
    """
    claimed: list[Claimed] = []
    while len(claimed) < most:
        room = most - len(claimed)
        rows = t.all(QUERIES["claimable_deliveries"], now_ms=to_ms(now), most=room + len(busy))
        # What is taken makes its lane busy, so the next round finds other lanes or nothing.
        firsts: dict[Lane, Row] = {}
        for row in rows:
            firsts.setdefault((row["space"], row["channel"], row["member"]), row)
        free = [row for lane, row in firsts.items() if lane not in busy][:room]
        if not free:
            break
        claimed += [_claim_one(t, row, owner, now, lease) for row in free]
    return claimed


def _claim_one(t: Transaction, row: Row, owner: str, now: datetime, lease: timedelta) -> Claimed:
    lease_until_ms = to_ms(now + lease)
    t.run(
        QUERIES["claim_delivery"],
        delivery=row["delivery"],
        owner=owner,
        lease_until_ms=lease_until_ms,
        now_ms=to_ms(now),
    )
    return Claimed(
        delivery=_delivery(row),
        owner=owner,
        lease_until=from_ms(lease_until_ms),
        tries=row["tries"] + 1,
        unclear=row["unclear"],
        first_try=from_ms(row["tried_at_ms"]) if row["tries"] else now,
        vouched=row["reason"] == AGAIN,
        stopped=row["run_status"] == STOPPED,
        opener=_ref(row["after_ref"]),
    )


# -- what became of it ----------------------------------------------------------------------------


def settle(t: Transaction, claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Write down what became of a try. False, and nothing is changed, if the lease was lost.

    A part that failed takes the rest of its post with it, the thread below it included: all that
    is skipped as "incomplete", so that no post goes out without its beginning. `resolve` brings
    all of it back.
    """
    again = AGAIN if claimed.vouched else ""
    match outcome:
        case Sent(ref):
            row = _settling(State.SENT, ref=ref)
        case Later(due, reason, clean):
            kept = (again or reason) if clean else reason
            row = _settling(State.PENDING, kept, due=due, untried=clean, unclear=not clean)
        case Refused():
            row = _settling(State.PENDING, again or REFUSED, due=now, untried=True)
        case Failed(reason):
            row = _settling(State.FAILED, reason)
        case Uncertain(reason):
            row = _settling(State.UNCERTAIN, reason)
        case Skipped(reason):
            row = _settling(State.SKIPPED, reason)
        case _:
            assert_never(outcome)
    over = row["state"] not in (State.PENDING, State.UNCERTAIN)
    settled_at_ms = to_ms(now) if over else None
    touched = t.run(
        QUERIES["settle_delivery"],
        delivery=claimed.delivery.id,
        owner=claimed.owner,
        lease_until_ms=to_ms(claimed.lease_until),
        settled_at_ms=settled_at_ms,
        **row,
    )
    if touched and isinstance(outcome, Failed) and isinstance(claimed.delivery.content, Part):
        _skip_the_rest(t, claimed.delivery, now)
    return touched == 1


def hold_refused(t: Transaction, claimed: Claimed, now: datetime) -> None:
    """Keep what was refused from being tried in a loop; called once all who listen were told.

    If they blocked the run, that holds it, and it goes on as soon as the run does. If the run is
    over and can't be blocked, it is tried every REFUSED_AGAIN. If the run was moved meanwhile,
    it goes to the new channel.
    """
    t.run(
        QUERIES["hold_refused"],
        delivery=claimed.delivery.id,
        again_at_ms=to_ms(now + REFUSED_AGAIN),
    )


def _settling(
    state: State,
    reason: str = "",
    *,
    due: datetime | None = None,
    untried: bool = False,
    unclear: bool = False,
    ref: PostRef | None = None,
) -> dict[str, Value]:
    return {
        "state": state.value,
        "reason": reason,
        "due_at_ms": None if due is None else to_ms(due),
        "untried": int(untried),
        "unclear": int(unclear),
        "ref": None if ref is None else msgspec.json.encode(ref).decode(),
    }


def _skip_the_rest(t: Transaction, failed: Delivery, now: datetime) -> None:
    post: dict[str, Value] = {
        "space": failed.space,
        "run": failed.run,
        "chapter": failed.chapter,
        "beat": failed.beat,
        "purpose": failed.purpose,
        "issue": failed.issue,
        "reason": INCOMPLETE,
        "settled_at_ms": to_ms(now),
    }
    t.run(QUERIES["skip_later_parts"], part=failed.part, **post)
    t.run(QUERIES["skip_dependants"], **post)


# -- what people decide ---------------------------------------------------------------------------


def resolve(
    t: Transaction, space: str, delivery: str, *, there: bool, now: datetime
) -> Delivery | None:
    """A moderator's word on an uncertain delivery, or on a failed one that it goes out after all.

    None if there is none by that id any more. `there`: it counts as sent, without a reference;
    the caller then does what follows from a post being out. Otherwise it is sent again, with
    what was skipped because it failed. It keeps its marker, and where the history can be read
    after all that is still looked at first: a post that is found is not doubled.
    """
    touched = t.run(
        QUERIES["resolve_delivery"],
        space=space,
        delivery=delivery,
        state=State.SENT if there else State.PENDING,
        reason="" if there else AGAIN,
        due_at_ms=None if there else to_ms(now),
        settled_at_ms=to_ms(now) if there else None,
    )
    entry = entry_by_id(t, space, delivery) if touched else None
    if entry is None:
        return None
    if not there:
        again = entry.delivery
        t.run(
            QUERIES["revive_incomplete"],
            space=space,
            run=again.run,
            chapter=again.chapter,
            beat=again.beat,
            issue=again.issue,
            due_at_ms=to_ms(now),
        )
    return entry.delivery


def skip(t: Transaction, space: str, delivery: str, reason: str, now: datetime) -> bool:
    """Give up one delivery. False if it is over already or under way."""
    touched = t.run(
        QUERIES["skip_delivery"],
        space=space,
        delivery=delivery,
        reason=reason,
        settled_at_ms=to_ms(now),
    )
    return touched == 1


def skip_run(t: Transaction, space: str, run: str, reason: str, now: datetime) -> int:
    """Give up all that a run still owes and say how many that were; STOPPED when it ends.

    What is under way settles by itself; if it has to be tried again, a stopped run skips it.
    """
    return t.run(
        QUERIES["skip_run_deliveries"],
        space=space,
        run=run,
        reason=reason,
        settled_at_ms=to_ms(now),
    )


def skip_restored(t: Transaction, now: datetime) -> int:
    """After a restore: give up all that an old copy still wanted to post, and say how many."""
    return t.run(QUERIES["skip_restored"], reason=RESTORED, now_ms=to_ms(now))


def redirect(t: Transaction, space: str, run: str, channel: str) -> int:
    """Send what waits for a run's channel to another one, and say how many that were.

    What may have reached the old channel is posted in the new one all the same: whoever moves
    a run wants to see it there.
    """
    return t.run(QUERIES["redirect_run_deliveries"], space=space, run=run, channel=channel)


def is_reminder(delivery: Delivery) -> bool:
    """Whether it reminds a member of something."""
    return bool(delivery.member) and delivery.purpose == f"{REMINDER} {delivery.member}"


def skip_reminders(t: Transaction, before: datetime, now: datetime, most: int) -> int:
    """Give up reminders that were planned up to `before`, or whose run does not go on.

    Says how many. One that somebody is sending at the moment is left to them.
    """
    stale = t.all(
        QUERIES["stale_reminders"],
        now_ms=to_ms(now),
        before_ms=to_ms(before),
        reminders=REMINDERS,
        most=most,
    )
    skipped: list[dict[str, Value]] = [
        {"delivery": row["delivery"], "reason": LATE, "settled_at_ms": to_ms(now)} for row in stale
    ]
    return t.many(QUERIES["skip_reminder"], skipped)


def skip_reminders_of(t: Transaction, space: str, member: str, now: datetime, run: str = "") -> int:
    """Give up a member's reminders, of one run or of all, that nobody is sending yet."""
    return t.run(
        QUERIES["skip_reminders_of_member"],
        space=space,
        member=member,
        run=run,
        reason=UNWANTED,
        settled_at_ms=to_ms(now),
        reminders=REMINDERS,
    )


# -- what can be asked ----------------------------------------------------------------------------


def entry_by_id(t: Transaction, space: str, delivery: str) -> Entry | None:
    """One row, if it is the space's own."""
    row = t.one(QUERIES["delivery_by_id"], space=space, delivery=delivery)
    return None if row is None else _entry(row)


def entries_of_run(t: Transaction, space: str, run: str, most: int = 50) -> list[Entry]:
    """The run's ledger, newest plans first."""
    rows = t.all(QUERIES["deliveries_of_run"], space=space, run=run, most=most)
    return [_entry(row) for row in rows]


def open_of_run(t: Transaction, space: str, run: str) -> list[Entry]:
    """What the run still owes: pending, under way or uncertain, in the order of its plans."""
    return [_entry(row) for row in t.all(QUERIES["open_deliveries_of_run"], space=space, run=run)]


def entries_of_post(
    t: Transaction, space: str, run: str, chapter: str, beat: str, purpose: str
) -> list[Entry]:
    """The newest issue of a post, part by part; empty if it was never planned."""
    rows = t.all(
        QUERIES["deliveries_of_post"],
        space=space,
        run=run,
        chapter=chapter,
        beat=beat,
        purpose=purpose,
    )
    return [_entry(row) for row in rows]


def waiting_count(t: Transaction, space: str, run: str) -> int:
    """How many messages the run still owes its channel."""
    row = t.one(QUERIES["waiting_count"], space=space, run=run)
    return 0 if row is None else int(row["waiting"])


def next_due(t: Transaction) -> datetime | None:
    """When the next thing is to be tried, of any run that is not blocked; it may be past."""
    row = t.one(QUERIES["next_delivery_due"])
    return None if row is None else maybe_from_ms(row["due_at_ms"])


# -- rows -----------------------------------------------------------------------------------------


def _planned(delivery: Delivery) -> dict[str, Value]:
    content = delivery.content
    is_part = isinstance(content, Part)
    return {
        "delivery": delivery.id,
        "space": delivery.space,
        "run": delivery.run,
        "chapter": delivery.chapter,
        "beat": delivery.beat,
        "purpose": delivery.purpose,
        "part": delivery.part,
        "issue": delivery.issue,
        "kind": "part" if is_part else "deed",
        "channel": delivery.channel,
        "member": delivery.member,
        "after": delivery.after,
        "body": encode_part(content) if isinstance(content, Part) else _encode_deed(content),
        "planned_at_ms": to_ms(delivery.planned),
        "due_at_ms": to_ms(delivery.due),
    }


def _encode_deed(deed: Deed) -> str:
    return msgspec.json.encode(deed).decode()


def _delivery(row: Row) -> Delivery:
    body = row["body"]
    return Delivery(
        space=row["space"],
        run=row["run"],
        chapter=row["chapter"],
        beat=row["beat"],
        purpose=row["purpose"],
        part=row["part"],
        issue=row["issue"],
        content=decode_part(body) if row["kind"] == "part" else _deeds.decode(body),
        channel=row["channel"],
        planned=from_ms(row["planned_at_ms"]),
        due=from_ms(row["due_at_ms"]),
        member=row["member"],
        after=row["after"],
    )


def _ref(text: str | None) -> PostRef | None:
    return None if text is None else _refs.decode(text)


def _entry(row: Row) -> Entry:
    return Entry(
        delivery=_delivery(row),
        state=State(row["state"]),
        reason=row["reason"],
        tries=row["tries"],
        ref=_ref(row["ref"]),
        settled=maybe_from_ms(row["settled_at_ms"]),
    )
