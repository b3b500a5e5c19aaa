"""The small Slack of the tests keeps what it promises to the real clients."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
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


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


@pytest.fixture
async def socket(bench: Bench) -> AsyncIterator[Bench]:
    """The same, and the app is connected by Socket Mode."""
    handler = AsyncSocketModeHandler(bench.app, bench.slack.app_token, ping_interval=0.5)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await until(lambda: bool(bench.slack.line.connections))
    yield bench
    await handler.close_async()  # type: ignore[no-untyped-call]


async def refused(calling: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await calling
    return str(caught.value.response["error"])


# -- people, over Socket Mode ---------------------------------------------------------------------


async def test_a_command_opens_a_modal_and_what_is_sent_in_is_judged(socket: Bench) -> None:
    people, slack = socket.slack.people, socket.slack

    ack = await people.command(socket.ada, socket.study, "/study next @ada <b>")

    assert ack.ok
    assert socket.heard[0]["text"] == f"next <@{socket.ada}|ada> &lt;b&gt;"
    assert slack.messages(socket.study)[-1].words == "Here you are."
    assert slack.messages(socket.study, slack.user(socket.team, "bob")) == []
    modal = slack.modal(socket.ada)
    assert modal is not None
    held = await people.submit(socket.ada, values={"Loss": "much"})
    assert not held.sent
    assert set(held.errors) == {"loss", "net"}
    options = await people.suggest(socket.ada, modal, "net", "Le")
    assert [one["value"] for one in options] == ["LeNet"]
    wrong = await people.submit(socket.ada, values={"Loss": "3", "Net": "LeNet"})
    assert wrong.errors == {"loss": "Too high."}
    right = await people.submit(socket.ada, values={"loss": "2.3"})
    assert (right.action, right.view) == ("update", modal)
    assert modal.words.startswith("Right")
    values = socket.heard[-1]["state"]["values"]
    assert values["loss"]["n"] == {"type": "number_input", "value": "2.3"}
    assert values["net"]["net"]["selected_option"]["value"] == "LeNet"


async def test_a_press_under_a_message_is_answered_to_the_one_who_pressed(socket: Bench) -> None:
    await socket.client.chat_postMessage(channel=socket.study, text="Join?", blocks=BUTTONS)
    message = socket.slack.messages(socket.study)[-1]
    assert message.words == "Guess & see Join"

    ack = await socket.slack.people.press(socket.ada, message, "Join")

    assert ack.ok
    told = socket.heard[0]
    assert told["actions"][0]["value"] == "r1"
    assert told["message"]["ts"] == message.ts
    answer = socket.slack.messages(socket.study, socket.ada)[-1]
    assert (answer.words, answer.only_for) == ("You are in.", socket.ada)


async def test_home_is_published_when_it_is_opened(socket: Bench) -> None:
    await socket.slack.people.open_home(socket.ada)

    home = socket.slack.home(socket.ada)
    assert home is not None
    assert home.words == "Guess & see"


async def test_each_envelope_goes_down_one_line_and_comes_again_until_it_is_acknowledged(
    socket: Bench,
) -> None:
    line = socket.slack.line
    other = AsyncSocketModeHandler(socket.app, socket.slack.app_token, ping_interval=0.5)
    await other.connect_async()  # type: ignore[no-untyped-call]
    await until(lambda: len(line.connections) == 2)
    for _ in range(4):
        await socket.slack.people.open_home(socket.ada)
    assert [one.envelopes for one in line.connections] == [2, 2]
    assert len(socket.heard) == 4
    line.ack_within_s, line.retry_after_s = 0.2, (0.0, 0.05)
    line.connections[0].mute = True

    ack = await socket.slack.people.open_home(socket.ada)

    assert (ack.ok, ack.tries) == (True, 2)
    assert [one.why for one in line.failed] == ["operation_timeout"]
    assert line.acks[-1].sent["event_id"] == line.acks[-2].sent["event_id"]
    await other.close_async()  # type: ignore[no-untyped-call]


async def test_an_app_that_is_cut_off_or_asked_to_refresh_connects_anew(socket: Bench) -> None:
    line = socket.slack.line
    await line.disconnect("refresh_requested")
    await until(lambda: line.opened == 2 and len(line.connections) == 1)
    line.drop()
    await until(lambda: line.opened == 3 and len(line.connections) == 1)
    assert (await socket.slack.people.open_home(socket.ada)).ok


# -- what is posted -------------------------------------------------------------------------------


async def test_a_trigger_opens_one_view_within_three_seconds(bench: Bench) -> None:
    slack = bench.slack
    once, late = slack.trigger(bench.ada), slack.trigger(bench.ada)

    opened = await bench.client.views_open(trigger_id=once, view=form())

    assert opened["view"]["id"] == getattr(slack.modal(bench.ada), "id", "")
    again = bench.client.views_open(trigger_id=once, view=form())
    assert await refused(again) == "exchanged_trigger_id"
    slack.skip(3.1)
    assert await refused(bench.client.views_open(trigger_id=late, view=form())) == (
        "expired_trigger_id"
    )


async def test_history_comes_fifteen_a_page_with_metadata_if_it_is_asked_for(bench: Bench) -> None:
    posted = [
        str(
            (
                await bench.client.chat_postMessage(
                    channel=bench.study, text=f"{number}", metadata=MARK
                )
            )["ts"]
        )
        for number in range(20)
    ]

    first = await bench.client.conversations_history(
        channel=bench.study, limit=100, include_all_metadata=True
    )
    cursor = first["response_metadata"]["next_cursor"]
    second = await bench.client.conversations_history(channel=bench.study, cursor=cursor)

    assert [one["ts"] for one in first["messages"]] == posted[:4:-1]
    assert first["messages"][0]["metadata"] == MARK
    assert [one["ts"] for one in second["messages"]] == posted[4::-1]
    assert "metadata" not in second["messages"][0]
    assert not second["has_more"]


async def test_what_was_not_granted_is_named(bench: Bench) -> None:
    bench.slack.scopes(bench.team, *BASIC)

    with pytest.raises(SlackApiError) as caught:
        await bench.client.conversations_history(channel=bench.study)

    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:history"
    assert caught.value.response["provided"] == ",".join(BASIC)
