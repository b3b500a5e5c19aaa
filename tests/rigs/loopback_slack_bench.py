"""A small Slack and a small app of bolt's, to see what the one promises the other.

Knows no adapter. Invariant: what the app was told is kept, in order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack, until
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_world import BASIC, READING

MARK = {"event_type": "studyhall_delivery", "event_payload": {"id": "abc"}}
BUTTONS: list[Json] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Guess & see"}},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "join",
                "text": {"type": "plain_text", "text": "Join"},
                "value": "r1",
            }
        ],
    },
]


def form(title: str = "Ask") -> Json:
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": [
            {
                "type": "input",
                "block_id": "loss",
                "label": {"type": "plain_text", "text": "Loss"},
                "element": {"type": "number_input", "action_id": "n", "is_decimal_allowed": True},
            },
            {
                "type": "input",
                "block_id": "net",
                "label": {"type": "plain_text", "text": "Net"},
                "element": {
                    "type": "external_select",
                    "action_id": "net",
                    "min_query_length": 0,
                },
            },
        ],
    }


@dataclass
class Bench:
    """A workspace with a channel, Ada in it, and a small app of bolt's."""

    slack: LoopbackSlack
    app: AsyncApp
    client: AsyncWebClient
    team: str
    study: str
    ada: str
    heard: list[Any] = field(default_factory=list)


def app_of(slack: LoopbackSlack, bench: Bench) -> None:
    app = bench.app

    @app.command("/study")
    async def study(ack: Any, command: Json, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=command["trigger_id"], view=form())
        bench.heard.append(command)
        await ack("Here you are.")

    @app.action("join")
    async def join(ack: Any, body: Json, respond: Any) -> None:
        bench.heard.append(body)
        await ack()
        await respond("You are in.", replace_original=False)

    @app.options("net")
    async def nets(ack: Any, payload: Json) -> None:
        words = [word for word in ("AlexNet", "LeNet") if payload["value"] in word]
        told = [{"text": {"type": "plain_text", "text": word}, "value": word} for word in words]
        await ack(options=told)

    @app.view("ask")
    async def asked(ack: Any, view: Json) -> None:
        bench.heard.append(view)
        if view["state"]["values"]["loss"]["n"]["value"] == "3":
            await ack(response_action="errors", errors={"loss": "Too high."})
        else:
            await ack(response_action="update", view=form("Right"))

    @app.event("app_home_opened")
    async def home(body: Json, event: Json, client: AsyncWebClient) -> None:
        bench.heard.append(body)
        await client.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": BUTTONS[:1]}
        )


@asynccontextmanager
async def open_bench(scopes: tuple[str, ...] = (*BASIC, *READING)) -> AsyncIterator[Bench]:
    async with loopback_slack() as slack:
        team = slack.team("Study circle", scopes)
        ada = slack.user(team, "ada")
        study = slack.channel(team, "study", ada)
        client = AsyncWebClient(slack.token(team), base_url=slack.api, retry_handlers=[])
        app = AsyncApp(
            client=client,
            signing_secret=slack.signing_secret,
            process_before_response=True,
        )
        bench = Bench(slack, app, client, team, study, ada)
        app_of(slack, bench)
        yield bench


@asynccontextmanager
async def connected(bench: Bench) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app has one more connection of Socket Mode."""
    before = len(bench.slack.line.connections)
    handler = AsyncSocketModeHandler(bench.app, bench.slack.app_token, ping_interval=0.5)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await until(lambda: len(bench.slack.line.connections) == before + 1)
    yield handler
    await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def endpoint(bench: Bench) -> AsyncIterator[Bench]:
    """The same app, reached by signed requests."""
    server = web.Application()

    async def events(request: web.Request) -> web.Response:
        return await to_aiohttp_response(
            await bench.app.async_dispatch(await to_bolt_request(request))
        )

    server.router.add_post("/slack/events", events)
    runner = web.AppRunner(server, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bench.slack.line.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    try:
        yield bench
    finally:
        await runner.cleanup()


async def refused(calling: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await calling
    return str(caught.value.response["error"])
