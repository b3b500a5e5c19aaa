"""What the Slack campaign has posted: a workspace with people, and deliveries of every kind.

Knows the ledger and a Slack on loopback. Invariant: how often something is there is counted in
that Slack, by its mark.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path

from adapters.port import mark_of
from adapters.slack.messages import carries
from bot import ledger
from bot.delivery import Delivery
from bot.store import runs
from bot.store.database import Database
from lessons.actions import Join, Settle
from lessons.document import Document, Paragraph, Text
from lessons.posts import Control, OpenThread, Part, control, control_id
from lessons.runs import Run
from tests.rigs import hall
from tests.rigs.loopback_slack import LoopbackSlack
from tests.rigs.loopback_slack_world import BASIC, READING

KINDS = ("single", "parts", "thread", "private")
LANES = 2


@dataclass
class Unit:
    """What one slot plans: a few deliveries that belong together."""

    kind: str
    deliveries: list[Delivery]


@dataclass(frozen=True)
class Stage:
    """A workspace with people, and everything that is planned for them."""

    world: LoopbackSlack
    team: str
    mia: str
    units: list[Unit]
    asked: dict[str, Settle]
    """By control, what a moderator may be asked about the deliveries."""


def part(words: str, *below: Control) -> Part:
    return Part(Document((Paragraph((Text(words),)),)), words, below)


def unit(run: Run, number: int, kind: str, member: str, due: datetime) -> Unit:
    """Deliveries of a kind: a message, several parts, a message with its thread, a letter."""

    def row(
        purpose: str, content: Part | OpenThread, n: int = 0, after: str = "", to: str = ""
    ) -> Delivery:
        return Delivery(
            run.space, run.id, f"c{number}", "chapter", purpose, n, 1, content, run.channel,
            due, due, member=to, after=after or None,
        )  # fmt: skip

    join = control(run.space, "Join", Join(run.id))
    if kind == "private":
        return Unit(kind, [row(f"letter {member}", part(f"letter {number}", join), to=member)])
    first = row("post", part(f"{kind} {number}", *((join,) if number % 2 else ())))
    if kind == "single":
        return Unit(kind, [first])
    if kind == "parts":
        return Unit(kind, [first, *(row("post", part(f"part {number}.{n}"), n) for n in (1, 2))])
    deed = row("thread", OpenThread(f"talk {number}"), after=first.id)
    cards = [row("cards", part(f"card {number}.{n}"), n, after=deed.id) for n in (0, 1)]
    return Unit(kind, [first, deed, *cards])


async def plan(home: Path, world: LoopbackSlack, number: int, at: datetime, reads: bool) -> Stage:
    """So many units of each kind, in channels of their own, so that several are under way."""
    team = world.team("Study circle", (*BASIC, *READING) if reads else BASIC)
    mia = world.user(team, "mia", is_admin=True)
    made: list[Unit] = []
    migrations = resources.files("bot.store") / "migrations"
    database = home / "studyhall.sqlite3"
    async with await Database.open(database, migrations, now_ms=lambda: 0) as db:
        for kind in KINDS:
            for lane in range(LANES):
                ada = world.user(team, f"ada-{kind}-{lane}")
                channel = world.channel(team, f"{kind}-{lane}", mia, ada)
                run = replace(hall.new_run(channel, f"slack:{team}"), started_by=mia)
                await db.run(lambda t, run=run: runs.insert_run(t, run))  # type: ignore[misc]
                for n in range(number):
                    new = unit(run, n, kind, ada, at + timedelta(milliseconds=n))
                    made.append(new)
                    rows = new.deliveries
                    await db.run(lambda t, rows=rows: ledger.plan(t, rows))  # type: ignore[misc]
    space = f"slack:{team}"
    asked = {
        control_id(space, want): want
        for one in made
        for delivery in one.deliveries
        for want in (Settle(delivery.id, there=True), Settle(delivery.id, there=False))
    }
    return Stage(world, team, mia, made, asked)


def times(world: LoopbackSlack, delivery: str) -> int:
    """How often a delivery is there."""
    mark = mark_of(delivery)
    everything = (message for posts in world.posts.values() for message in posts)
    return sum(carries({"metadata": message.metadata}, mark) for message in everything)
