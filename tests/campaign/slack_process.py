"""The process that the Slack campaign kills: a service that posts to a Slack on loopback.

Knows the running service as a whole. Usage: slack_process.py API APP_TOKEN BOT_TOKEN HOME BEGUN
SPEED [retries]; the clock runs SPEED times as fast as the machine's, from BEGUN on, in every
process alike. With `retries`, requests go out by Slack's client as it comes: the fault that the
campaign must notice.
"""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.installations import OneWorkspace
from adapters.slack.messenger import SlackAdapter
from adapters.slack.socket_mode import SocketMode
from adapters.slack.wire import PACE_S, Wire
from bot.app import running
from bot.settings import Settings

PAUSE_S = 0.02


def as_it_comes(wire: Wire, token: str, *, patient: bool = True) -> AsyncWebClient:
    """A client that repeats by itself what had no answer."""
    return AsyncWebClient(token or None, base_url=wire._api, session=wire.session)


async def serve(
    api: str, app_token: str, bot_token: str, home: str, begun: float, speed: float
) -> None:
    def clock() -> datetime:
        now = time.time()
        return datetime.fromtimestamp(begun, UTC) + timedelta(seconds=(now - begun) * speed)

    adapter = SlackAdapter(
        OneWorkspace(bot_token),
        SocketMode(app_token),
        clock=clock,
        api=api,
        pace_s=PACE_S / speed,
    )
    async with running(Settings(home=home), [adapter], clock) as app:
        while True:
            await app.tick()
            await asyncio.sleep(PAUSE_S)


if __name__ == "__main__":
    api, app_token, bot_token, home, begun, speed, *faults = sys.argv[1:]
    if "retries" in faults:
        Wire.client = as_it_comes  # type: ignore[assignment,method-assign]
    asyncio.run(serve(api, app_token, bot_token, home, float(begun), float(speed)))
