"""A week of the shipped series in a Slack on this machine, for tests and to be read.

    python -m tests.rigs.local_slack_week --transport socket|http [--shots FOLDER]

prints what each person does and sees, step by step, and what there was of it in the end.
Knows no part of the service: everything is typed, pressed, filled in and read in Slack.
Invariant: one week is played once, and whoever looks at it later changes nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent
from typing import Protocol, get_args

from tests.rigs.isolated import ALONE, alone, raise_loopback, way_in
from tests.rigs.local_slack import Submitted, Transport
from tests.rigs.local_slack_hall import Scene, Town, open_town
from tests.rigs.slack_sight import Message, View, labels, read, words

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)
DISCUSS = CHAPTER + timedelta(days=3)
RECAP = CHAPTER + timedelta(days=6)
OPTIONS = (
    "It halves, or better",
    "It falls, by less than half",
    "It barely moves (less than 5 %)",
    "It goes up",
)
FIRST_VOTE = {"ada": 1, "ben": 1, "cid": 0, "dan": 0, "eve": 2}
SECOND_VOTE = {"ben": 1, "cid": 1, "dan": 0, "eve": 1}
NUMBER = "Your number"
WAYS: Mapping[Transport, str] = {"socket": "Socket Mode", "http": "HTTP"}


class Eye(Protocol):
    """Who looks at this person's screen at certain moments."""

    async def look(
        self,
        name: str,
        who: str,
        at: Message | View,
        errors: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> None: ...


class NoEye:
    async def look(
        self,
        name: str,
        who: str,
        at: Message | View,
        errors: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        pass


@dataclass
class Week:
    """What was said at which moment, by name; and what stood in the channel in the end."""

    town: Town
    eye: Eye = field(default_factory=NoEye)
    said: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Submitted] = field(default_factory=dict)
    before: dict[str, list[Message]] = field(default_factory=dict)
    """The channel, after each of the moments at which the service speaks by itself."""

    thread: list[Message] = field(default_factory=list)
    restarts: int = 0

    async def play(self) -> Week:
        """From the moderator's first word to the day the app is removed."""
        await self.begins()
        await self.is_posted()
        await self.is_voted_on()
        await self.is_practised()
        await self.is_restarted()
        await self.is_at_home()
        await self.is_talked_about()
        await self.is_summed_up()
        await self.is_over()
        return self

    # -- the days ---------------------------------------------------------------------------------

    async def begins(self) -> None:
        """Monday morning: the moderator looks at the dates and starts; somebody joins."""
        town = self.town
        self.said["nothing yet"] = "".join(words(one.blocks) for one in await town.channel())
        self.said["proposed"] = await town.types("mia", "/series start")
        await self.eye.look("start-window", "mia", town.window("mia"))
        await self._news("proposed")
        self.said["started"] = await town.presses("mia", "Start")
        await town.closes("mia")
        await town.tick()
        await self._news("invited")
        self.said["joined"] = await town.presses("ada", "Join")

    async def is_posted(self) -> None:
        """Monday 17:00: the chapter, its cards in the thread."""
        await self.town.until(CHAPTER)
        await self._news("posted")
        post = await self.post
        self.thread = await self.town.thread(post)
        await self.eye.look("chapter", "ada", post)
        await self.eye.look("thread", "ada", self.thread[0])

    async def is_voted_on(self) -> None:
        """Each votes, and says how sure they are; the count follows."""
        post = await self.post
        for who, option in FIRST_VOTE.items():
            self.said[f"{who} voted"] = await self.town.presses(who, OPTIONS[option], post)
        await self.eye.look("vote", "ada", post)
        self.said["sure"] = await self.town.presses("ada", "Certain")
        await self.town.until(CHAPTER + timedelta(seconds=30))
        await self._news("counted")

    async def is_practised(self) -> None:
        """A challenge in a window: no number, a wrong one, a hint, the right one, another one."""
        town = self.town
        self.said["challenge"] = await town.presses("ada", "My challenges", await self.post)
        await self.eye.look("challenge", "ada", town.window("ada"))
        self.sent["no number"] = await town.sends("ada", {NUMBER: "abc"})
        errors = self.sent["no number"].errors
        typed = dict.fromkeys(errors, "abc")
        await self.eye.look("format-error", "ada", town.window("ada"), errors, typed)
        kinds = kinds_in(self.said["challenge"])
        self.sent["wrong"] = await town.sends("ada", {NUMBER: f"{1 / kinds:.3f}"})
        self.said["wrong"] = read(town.window("ada"))
        await self.eye.look("feedback", "ada", town.window("ada"))
        self.said["hint"] = await town.presses("ada", "Hint (1 of 3)")
        self.sent["right"] = await town.sends("ada", {NUMBER: f"{math.log(kinds):.3f}"})
        self.said["right"] = read(town.window("ada"))
        await self.eye.look("right", "ada", town.window("ada"))
        self.said["another"] = await town.presses("ada", "Another one, new numbers")

    async def is_restarted(self) -> None:
        """The process ends and begins again, while a window is open and posts have buttons."""
        town, kinds = self.town, kinds_in(self.said["another"])
        await town.restart()
        self.restarts += 1
        self.sent["after the restart"] = await town.sends("ada", {NUMBER: f"{math.log(kinds):.3f}"})
        self.said["after the restart"] = read(town.window("ada"))
        await town.closes("ada")
        self.said["an old button"] = await town.presses("ben", OPTIONS[1], await self.post)
        self.said["cards"] = await town.presses("ben", "Read the cards", await self.post)
        self.said["next card"] = await town.presses("ben", "Next")
        await town.closes("ben")

    async def is_at_home(self) -> None:
        """The menu, progress, and the Home."""
        town = self.town
        self.said["menu"] = await town.calls_the_menu("ada")
        await self.eye.look("menu", "ada", town.window("ada"))
        await town.closes("ada")
        self.said["misspelt"] = await town.types("ada", "/study progres")
        self.said["progress"] = await town.types("ada", "/study progress")
        await self.eye.look("progress", "ada", town.window("ada"))
        await town.closes("ada")
        self.said["home"] = await town.opens_home("ada")
        while "(" not in self.said["home"]:  # a slow machine draws longer than the app waits
            await asyncio.sleep(1)
            self.said["home"] = await town.opens_home("ada")
        home = town.slack.home("ada")
        assert home is not None
        await self.eye.look("home", "ada", home)
        self.said["settings"] = await town.presses("ada", "Settings", home)
        await self.eye.look("settings", "ada", town.window("ada"))
        await town.closes("ada")

    async def is_talked_about(self) -> None:
        """Thursday: how they voted, and the second vote."""
        await self.town.until(DISCUSS)
        await self._news("discussed")
        discussed = (await self.town.channel())[-1]
        await self.eye.look("discuss", "ada", discussed)
        for who, option in SECOND_VOTE.items():
            again = await self.town.presses(who, OPTIONS[option], discussed)
            self.said[f"{who} voted again"] = again

    async def is_summed_up(self) -> None:
        """Sunday: the recap."""
        await self.town.until(RECAP)
        await self._news("summed up")
        await self.eye.look("recap", "ada", (await self.town.channel())[-1])

    async def is_over(self) -> None:
        """A second series begins, and the app is removed before its first chapter."""
        town = self.town
        await town.types("mia", "/series start")
        await town.presses("mia", "Start")
        await town.closes("mia")
        await town.tick()
        await self._news("started again")
        await town.is_removed()
        await town.until(RECAP + timedelta(days=8))
        await self._news("removed")

    # -- what there was ---------------------------------------------------------------------------

    @property
    async def post(self) -> Message:
        """The chapter's."""
        return await self.town.post("Week 1 ·")

    async def _news(self, moment: str) -> None:
        self.before[moment] = await self.town.channel()

    def told(self) -> str:
        """In one line, what there was and whether Slack would have taken it."""
        door = self.town.slack.door
        calls = Counter(one.method for one in door.sent)
        posts = [len(self.before["summed up"]), len(self.thread)]
        whispers = calls["response_url"] + calls["chat.postEphemeral"]
        answers = len(self.sent)
        votes = [len(FIRST_VOTE), len(SECOND_VOTE)]
        return (
            f"A week over {WAYS[self.town.slack.transport]}: 1 start, {posts[0]} posts and "
            f"{posts[1]} in the thread, {calls['files.completeUploadExternal']} pictures, "
            f"{votes[0]} votes and {votes[1]} after the talk, {calls['views.open']} windows, "
            f"{answers} answers (1 no number, 1 wrong), {whispers} private words, "
            f"the Home {calls['views.publish']} times, {self.restarts} restart, recap; "
            f"{len(set(door.complaints))} complaints"
        )


def kinds_in(asked: str) -> int:
    """Of the first challenge: how many classes there are."""
    found = re.search(r"is to tell (\d+) ", asked)
    assert found is not None, asked
    return int(found[1])


def buttons(message: Message) -> list[str]:
    return labels(message.blocks)


# -- to be read -----------------------------------------------------------------------------------


def printed(scene: Scene) -> None:
    """A scene as somebody reads it."""
    who = f"{scene.who.title()} {scene.did}" if scene.who else f"-- {scene.did}"
    print(f"\n{who}\n{indent(scene.seen, '    | ', lambda _: True)}", flush=True)


async def show(transport: Transport, shots: Path | None) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            town = await stack.enter_async_context(open_town(Path(folder), transport))
            town.watching = printed
            week = Week(town)
            if shots is not None:
                from tests.rigs.local_slack_shots import looking

                week.eye = await stack.enter_async_context(looking(town.slack, shots))
            await week.play()
            return week.told()


def main(told: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--transport", choices=get_args(Transport), default="socket")
    parser.add_argument("--shots", type=Path, help="a folder for pictures of what people see")
    given = parser.parse_args(told)
    if not alone():
        way = way_in()
        if way is None:
            print("This machine lets nobody make a network of their own (unshare -rn).")
            return 1
        again = [*way, sys.executable, "-m", "tests.rigs.local_slack_week", *told]
        return subprocess.run(again, env=os.environ | {ALONE: os.devnull}, check=False).returncode
    raise_loopback()
    print(f"\n{asyncio.run(show(given.transport, given.shots))}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
