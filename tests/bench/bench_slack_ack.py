"""How soon Slack's request over HTTP is acknowledged, from its first byte to our last.

Knows the way in and Bolt, not the service: the listener only acknowledges, as ours do, and the rest
is left to a lazy function. The signature, the guard and Bolt's dispatch are all in it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections import Counter

import aiohttp
from aiohttp import web

from adapters.slack.endpoint import PATH, Endpoint
from bot.listener import listening
from tests.adapters.slack.test_endpoint import SECRET, Adapter, Bench, action, listeners, payload
from tests.rigs.host import KeptHost

GOAL_MS = 2.0


class Timed:
    """The same pages, and how long each request was in them."""

    def __init__(self, pages: Endpoint) -> None:
        (route,) = pages.routes()
        self._handler = route.handler
        self.took: list[float] = []

    def routes(self) -> list[web.RouteDef]:
        return [web.post(PATH, self._receive)]

    def hang_up(self) -> None:
        pass

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        answer: web.StreamResponse = await self._handler(request)
        self.took.append(time.perf_counter() - begun)
        return answer


def press(number: int) -> dict[str, object]:
    """A button of a chapter's post, which Slack sends along."""
    block = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 200}}
    return {**action(str(number)), "message": {"ts": "1.2", "blocks": [block] * 30}}


async def measure(presses: int) -> None:
    way_in, ran = Endpoint(SECRET), Counter[str]()
    await way_in.start(Adapter(listeners(ran), KeptHost()))
    timed = Timed(way_in)
    around: list[float] = []
    async with (
        listening("127.0.0.1", 0, [timed]) as port,
        aiohttp.ClientSession() as browser,
    ):
        bench = Bench(f"http://127.0.0.1:{port}", browser, ran)
        for number in range(presses):
            body = payload(press(number))
            begun = time.perf_counter()
            status, _ = await bench.post(body)
            around.append(time.perf_counter() - begun)
            assert status == 200
    assert len(ran) == presses
    for name, times in (("in the process", timed.took), ("with loopback", around)):
        cut = statistics.quantiles(times, n=100)
        print(f"{name:<14} p50 {cut[49] * 1e3:5.2f} ms   p99 {cut[98] * 1e3:5.2f} ms")
    print(f"goal: acknowledged within {GOAL_MS:g} ms (median)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=1_000)
    asyncio.run(measure(parser.parse_args().presses))


if __name__ == "__main__":
    main()
