"""The process that the campaign kills: the real service on the terminal hall, eight busy members.

Knows nothing of being killed. What happened is told on the standard output, a JSON line each,
and only once it is true. Invariant: an answer is told of after its reply was given, never before.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

from adapters.terminal.messenger import SPACE, TerminalAdapter
from bot import ledger
from bot.app import App, running
from bot.clock import MovableClock
from bot.settings import Settings
from lessons.actions import (
    Action,
    AskAnswer,
    BeSure,
    ConfirmStart,
    OpenChallenge,
    Pressed,
    ShowProgress,
    Submitted,
    Typed,
    Vote,
    Want,
    What,
)
from lessons.posts import Control, Reply

MEMBERS = 8
GUESSES = ("1", "2", "250")
"""What a member types, one after another; the last one passes (see `chapter` in kill_nine.py)."""

ANSWERS_BETWEEN_SLOTS = 25
SLOTS_IN_A_LIFE = 5
TICK_S = 0.02
NEWEST = 8


def tell(**what: object) -> None:
    """One line in one write, so that a kill leaves whole lines."""
    os.write(1, json.dumps(what).encode() + b"\n")


class People:
    """The hall's people, doing what they can do through the port and nothing else."""

    def __init__(self, app: App, hall: TerminalAdapter) -> None:
        self.app = app
        self.hall = hall
        self.answered = 0
        self._actions = count(1)

    async def do(self, who: str, what: What) -> Reply:
        """The last reply to one action."""
        action = Action(
            id=f"{os.getpid()}-{next(self._actions)}",
            space=SPACE,
            channel="study",
            member=who,
            moderator=who == "mia",
            language="en",
            moment=self.app.clock(),
            what=what,
        )
        replies = [reply async for reply in self.app.service.handle(action)]
        return replies[-1]

    async def press(self, who: str, control: Control) -> Reply:
        return await self.do(who, Pressed(control.id))

    # -- Mia --------------------------------------------------------------------------------------

    async def start_the_series(self) -> None:
        """Once; on a hall where it runs already there is nothing to confirm."""
        proposal = await self.do("mia", Typed("series", "start", ("drill",)))
        start = offered(proposal, ConfirmStart)
        if start is not None:
            await self.press("mia", start)

    # -- members ----------------------------------------------------------------------------------

    async def study(self, who: str) -> None:
        """Vote, answer challenges, ask for others: for ever."""
        while True:
            await self._vote(who)
            opened = await self.do(who, Typed("study", "challenge"))
            ask = offered(opened, AskAnswer)
            if ask is None and (another := offered(opened, OpenChallenge)) is not None:
                ask = offered(await self.press(who, another), AskAnswer)
            if ask is None:
                await asyncio.sleep(TICK_S)  # the first chapter is not out yet
            else:
                await self._answer(who, ask)

    async def _answer(self, who: str, ask: Control | None) -> None:
        for guess in GUESSES:
            if ask is None or not isinstance(ask.want, AskAnswer):
                return
            form = (await self.press(who, ask)).form
            if form is None:
                return
            given = {form.fields[0].id: guess}
            verdict = await self.do(who, Submitted(form.control.id, given))
            if verdict.form is not None or offered(verdict, AskAnswer, ShowProgress) is None:
                raise RuntimeError(f"no verdict for {who}")
            self.answered += 1
            tell(answer=[ask.want.variant, ask.want.number, guess])
            ask = offered(verdict, AskAnswer)

    async def _vote(self, who: str) -> None:
        """With a button of the newest post that has any, as long as that vote is open."""
        newest = [m.part.controls for m in self.hall.messages()[-NEWEST:]]
        votes = [
            (control, control.want)
            for controls in newest
            for control in controls
            if isinstance(control.want, Vote)
        ]
        if not votes:
            return
        control, want = votes[-1]
        if offered(await self.press(who, control), BeSure) is not None:
            self.answered += 1
            tell(vote=[want.chapter, who, want.option, want.round])


def offered(reply: Reply, *wants: type[Want]) -> Control | None:
    """The first button of a reply that stands for one of these wants."""
    controls: Sequence[Control] = () if reply.post is None else reply.post.controls
    return next((one for one in controls if isinstance(one.want, wants)), None)


async def pass_the_weeks(app: App, clock: MovableClock, people: People) -> None:
    """Move the clock from slot to slot while the members answer; tick all the time."""
    for slots in count():
        wanted = people.answered + ANSWERS_BETWEEN_SLOTS
        while slots and (people.answered < wanted or slots > SLOTS_IN_A_LIFE):
            await app.tick()
            await asyncio.sleep(TICK_S)
        due = await app.next_due()
        if due is not None:
            # Told before it is done: a process started later must not turn the clock back.
            tell(clock=max(due, clock()).isoformat())
            clock.move_to(max(due, clock()))
        await app.tick()


async def finish(app: App, clock: MovableClock) -> None:
    """Nobody answers any more: what is still owed goes out, as late as it has to."""
    for _ in range(100):
        await app.tick()
        due = await app.db.run(ledger.next_due)
        if due is None:
            return
        clock.move_to(max(due, clock()))
    raise RuntimeError("what is owed never came to an end")


async def main(home: Path, begin: datetime, *, last: bool) -> None:
    """One life on the hall in `home`, with the clock at `begin`."""
    settings = Settings(home=str(home), series_path=(str(home / "series"),))
    clock = MovableClock(begin)
    adapter = TerminalAdapter(settings.hall, clock=clock)
    async with running(settings, [adapter], clock) as app:
        tell(alive=os.getpid())
        if last:
            await finish(app, clock)
            tell(clock=clock().isoformat())
            return
        people = People(app, adapter)
        await people.start_the_series()
        async with asyncio.TaskGroup() as hall:
            hall.create_task(pass_the_weeks(app, clock, people))
            for number in range(MEMBERS):
                hall.create_task(people.study(f"member {number}"))


if __name__ == "__main__":
    asyncio.run(
        main(
            Path(sys.argv[1]),
            datetime.fromisoformat(sys.argv[2]),
            last=sys.argv[3:] == ["last"],
        )
    )
