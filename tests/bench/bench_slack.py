"""A vote in Slack, from the envelope into the store and back, beside a bare Bolt handler.

Compared is what one button costs our process. Both apps are connected by Socket Mode, ours over a
line of its own and the bare one with slack_sdk's client, to one small Slack in a process of its
own, and take turns. Both get the same payload, of somebody new who votes in a chapter's post. Both
acknowledge it and then make one request, to the response_url, over a session that stays open, with
the same body: the private answer to a vote. Ours finds out which run and which question were meant,
enrols the member and stores the vote first; the bare one stores nothing and sends what it was given
once. Medians of alternating rounds; CPU is that of the process, all threads included.

Then the same votes come over HTTP: how soon each request is acknowledged, from its arrival in the
process to the end of its handler.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.endpoint import Endpoint
from adapters.slack.installations import OneWorkspace
from adapters.slack.manifest import EVENTS_PATH
from adapters.slack.messenger import SlackAdapter
from adapters.slack.socket_mode import SocketMode
from bot.app import App, running
from bot.listener import listening
from bot.settings import Settings
from lessons.actions import Action, Pressed, Typed, What
from tests.rigs.dialogue import ask
from tests.rigs.hall import Hands

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 32
GOAL = 1.8
GOAL_MS = 2.0
MONDAY = datetime(2026, 9, 28, 7, tzinfo=UTC)
CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)
VOTES = ask("SELECT COUNT(*) AS n FROM vote")
OPEN = ask("SELECT chapter FROM lesson WHERE posted_at_ms IS NOT NULL")
OURS, BARE = 1, 2
"""The lines, in the order in which they were opened."""


class BothWays:
    """Socket Mode and HTTP at once, for the same adapter."""

    def __init__(self, socket: SocketMode, endpoint: Endpoint) -> None:
        self._ways = (socket, endpoint)

    async def start(self, adapter: SlackAdapter) -> None:
        for way in self._ways:
            await way.start(adapter)

    async def stop(self) -> None:
        for way in self._ways:
            await way.stop()


class Side:
    """The process in which people press."""

    def __init__(self, process: asyncio.subprocess.Process, told: dict[str, str]) -> None:
        self._process = process
        self.told = told

    async def press(self, number: int, line: int, endpoint: str = "") -> Round:
        """A round of presses, and what it cost this process."""
        wanted = {"press": number, "at_once": AT_ONCE, "line": line, "endpoint": endpoint}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        before = time.process_time()
        stdin.write(json.dumps(wanted).encode() + b"\n")
        said = await stdout.readline()
        spent = time.process_time() - before
        told = json.loads(said)
        return Round(spent / number, told["took"], told["acks"], told["calls"], told["shown"])


@dataclass
class Round:
    """CPU seconds an answer; how long each took, and each acknowledgement; what was sent."""

    cpu_s: float
    took: list[float]
    acks: list[float]
    calls: dict[str, int]
    shown: dict[str, Any]


@dataclass
class Found:
    """All rounds of one kind."""

    cpu_s: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)

    def add(self, one: Round, number: int) -> None:
        assert one.calls == {"response_url": number}, one.calls
        self.cpu_s.append(one.cpu_s)
        self.took += one.took
        self.acks += one.acks


@asynccontextmanager
async def side() -> AsyncIterator[Side]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.slack_side", cwd=ROOT, limit=2**24,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Side(process, json.loads(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def bare(told: dict[str, str], shown: dict[str, Any]) -> AsyncIterator[None]:
    """An app as Bolt's guide has it, but for the session, which it does not open each time."""
    client = AsyncWebClient(told["token"], base_url=told["api"])
    app = AsyncApp(client=client)
    async with aiohttp.ClientSession() as session:

        @app.action(re.compile("^s:"))
        async def pressed(ack: Any, body: dict[str, Any]) -> None:
            await ack()
            await AsyncWebhookClient(body["response_url"], session=session).send_dict(shown)

        line = AsyncSocketModeHandler(app, told["app_token"])
        await line.connect_async()  # type: ignore[no-untyped-call]
        try:
            yield
        finally:
            await line.close_async()  # type: ignore[no-untyped-call]


async def until_the_chapter(app: App, clock: Hands, told: dict[str, str]) -> None:
    """A series is started, and its first chapter is posted."""

    async def does(what: What) -> Any:
        space = f"slack:{told['team']}"
        action = Action("1", space, told["study"], told["mia"], True, "en", clock(), what)
        return [one async for one in app.service.handle(action)][-1]

    proposed = await does(Typed("series", "start"))
    await does(Pressed(proposed.post.controls[0].id))
    await app.tick()
    clock.at = CHAPTER
    for _ in range(300):
        await app.tick()
        if await app.db.run(lambda t: t.one(OPEN)):
            return
        clock.passes(seconds=1)  # its picture is drawn and taken in first
        await asyncio.sleep(0.1)
    raise TimeoutError("the chapter was not posted")


async def measure(rounds: int, number: int) -> None:
    clock = Hands(MONDAY)
    with tempfile.TemporaryDirectory() as home:
        async with side() as people:
            told = people.told
            timed = Timed(endpoint := Endpoint(told["secret"]))
            adapter = SlackAdapter(
                OneWorkspace(told["token"]),
                BothWays(SocketMode(told["app_token"]), endpoint),
                clock=clock,
                api=told["api"],
                pace_s=0,
            )
            settings = Settings(home=home, zone="Europe/Berlin")
            async with (
                running(settings, [adapter], clock) as app,
                listening("127.0.0.1", 0, [timed]) as port,
            ):
                await until_the_chapter(app, clock, told)
                clock.at = datetime.now(UTC)  # requests over HTTP say when they were made
                await by_socket(people, rounds, number)
                await by_http(people, timed, port, number)
                votes = await app.db.run(lambda t: t.one(VOTES))
                assert votes is not None
                print(f"votes in the store: {votes['n']} of {(rounds + 3) * number}")
                assert votes["n"] == (rounds + 3) * number


async def by_socket(people: Side, rounds: int, number: int) -> None:
    """Ours and the bare one in turn; the first round of each only warms up."""
    shown = (await people.press(number, OURS)).shown
    found = {"ours": Found(), "bare": Found()}
    async with bare(people.told, shown):
        assert (await people.press(number, BARE)).shown == shown
        for _ in range(rounds):
            for name, line in (("ours", OURS), ("bare", BARE)):
                found[name].add(await people.press(number, line), number)
    print(f"Socket Mode, {rounds} rounds of {number} votes each, {AT_ONCE} at once")
    for name, one in found.items():
        spent = statistics.median(one.cpu_s) * 1e6
        print(f"{name:<6} {_spread(one.took)}   CPU {spent:6.0f} us an answer")
        print(f"{'':<6} {_spread(one.acks)}   until it was acknowledged")
    ratio = statistics.median(found["ours"].cpu_s) / statistics.median(found["bare"].cpu_s)
    print(f"CPU, ours against bare: x {ratio:.2f} (goal: at most {GOAL})")


class Timed:
    """The same pages, and how long each request was in them."""

    def __init__(self, pages: Endpoint) -> None:
        (route,) = pages.routes()
        self._handler = route.handler
        self.took: list[float] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post(EVENTS_PATH, self._receive)]

    def hang_up(self) -> None:
        pass

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        answer: web.StreamResponse = await self._handler(request)
        self.took.append(time.perf_counter() - begun)
        return answer


async def by_http(people: Side, timed: Timed, port: int, number: int) -> None:
    """Ours alone."""
    endpoint = f"http://127.0.0.1:{port}{EVENTS_PATH}"
    await people.press(number, OURS, endpoint)
    timed.took.clear()
    once = Found()
    once.add(await people.press(number, OURS, endpoint), number)
    print(f"HTTP, {number} votes, {AT_ONCE} at once")
    print(f"{'ours':<6} {_spread(once.took)}   CPU {once.cpu_s[0] * 1e6:6.0f} us an answer")
    print(f"{'':<6} {_spread(timed.took)}   from arrival to acknowledgement")
    print(f"goal: acknowledged within {GOAL_MS:g} ms (median)")


def _spread(times: list[float]) -> str:
    cut = statistics.quantiles(times, n=100)
    return f"p50 {cut[49] * 1e3:6.2f} ms   p99 {cut[98] * 1e3:6.2f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--presses", type=int, default=1_000)
    given = parser.parse_args()
    asyncio.run(measure(given.rounds, given.presses))


if __name__ == "__main__":
    main()
