"""What people do in the small Slack of the tests reaches a real app, as it would from Slack."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from tests.rigs.loopback_slack import until
from tests.rigs.loopback_slack_bench import (
    BUTTONS,
    Bench,
    connected,
    endpoint,
    open_bench,
    refused,
)
from tests.rigs.loopback_slack_control import Remote


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


@pytest.fixture
async def socket(bench: Bench) -> AsyncIterator[Bench]:
    """The same, and the app is connected by Socket Mode."""
    async with connected(bench):
        yield bench


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
    async with connected(socket):
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


async def test_an_app_that_is_cut_off_or_asked_to_refresh_connects_anew(socket: Bench) -> None:
    line = socket.slack.line
    await line.disconnect("refresh_requested")
    await until(lambda: line.opened == 2 and len(line.connections) == 1)
    line.drop()
    await until(lambda: line.opened == 3 and len(line.connections) == 1)
    assert (await socket.slack.people.open_home(socket.ada)).ok


async def test_a_line_that_has_gone_quiet_still_looks_alive(socket: Bench) -> None:
    line = socket.slack.line
    line.ack_within_s, line.retry_after_s = 0.1, ()
    line.go_mute()

    ack = await socket.slack.people.open_home(socket.ada)
    await asyncio.sleep(1.5)

    assert ack.why == "operation_timeout"
    assert (line.opened, len(line.connections)) == (1, 1)
    line.go_mute(pongs=False)
    await until(lambda: line.opened == 2)
    assert (await socket.slack.people.open_home(socket.ada)).ok


async def test_a_response_url_is_good_five_times(socket: Bench) -> None:
    await socket.client.chat_postMessage(channel=socket.study, text="Join?", blocks=BUTTONS)
    message = socket.slack.messages(socket.study)[-1]
    ack = await socket.slack.people.press(socket.ada, message, "join")
    answers = []
    async with aiohttp.ClientSession() as session:
        for number in range(5):
            told = {"text": f"{number}", "replace_original": number == 3}
            async with session.post(ack.sent["response_url"], json=told) as answer:
                answers.append(answer.status)

    assert answers == [200, 200, 200, 200, 404]
    assert message.text == "3"


async def test_whoever_removes_the_app_lets_it_know(socket: Bench) -> None:
    line = socket.slack.line
    line.ack_within_s, line.retry_after_s = 0.3, ()
    await socket.client.apps_uninstall(
        client_id=socket.slack.client_id, client_secret=socket.slack.client_secret
    )
    await until(lambda: len(line.acks) == 2)
    kinds = {ack.sent["event"]["type"] for ack in line.acks}
    assert kinds == {"app_uninstalled", "tokens_revoked"}
    assert await refused(socket.client.auth_test()) == "account_inactive"


# -- over HTTP ------------------------------------------------------------------------------------


async def test_over_http_everything_is_signed_and_events_come_again(bench: Bench) -> None:
    line, people = bench.slack.line, bench.slack.people
    async with endpoint(bench):
        assert await line.verify_url()
        assert (await line.check_tls()).ok
        assert (await people.command(bench.ada, bench.study, "/study next")).ok
        assert (await people.submit(bench.ada, values={"loss": "3"})).errors == {
            "net": "Please complete this required field."
        }
        modal = bench.slack.modal(bench.ada)
        assert modal is not None
        await people.suggest(bench.ada, modal, "net", "")
        sent = await people.submit(bench.ada, values={"loss": "3", "net": "LeNet"})
        assert sent.errors == {"loss": "Too high."}
        told = await people.open_home(bench.ada)
        await line.again(told)
        assert bench.heard[-1] == bench.heard[-2]
        body = b"{}"
        forged = line.signed(body, secret="another")
        assert (await line.post(body, forged))[0] == 401
    line.retry_after_s = (0.0,)
    gone = await people.open_home(bench.ada)
    assert (gone.why, gone.tries) == ("no_connection", 2)


# -- alone ----------------------------------------------------------------------------------------


async def test_it_runs_in_a_process_of_its_own() -> None:
    alone = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.rigs.loopback_slack", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert alone.stdout is not None
        async with asyncio.timeout(60):
            told = json.loads(await alone.stdout.readline())
        remote = Remote(told["base"])
        team = await remote("team", "Study circle")
        study = await remote("channel", team, "study")
        await remote.fault(what="lost", done=True)
        client = AsyncWebClient(
            await remote("token", team), base_url=told["api"], retry_handlers=[]
        )
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=study, text="Guess first.")
        assert [one["words"] for one in await remote("messages", study)] == ["Guess first."]
        assert [one["error"] for one in await remote("log")] == ["lost"]
    finally:
        alone.terminate()
        await alone.wait()
