"""The small Slack of the tests keeps what it promises to the real client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from tests.rigs.loopback_slack import loopback_slack
from tests.rigs.loopback_slack_bench import (
    BUTTONS,
    MARK,
    Bench,
    form,
    open_bench,
    refused,
)
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_faults import Fault, What
from tests.rigs.loopback_slack_world import BASIC


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


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


# -- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["lost", "reset", "500", "502", "503"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_reply_that_is_lost_was_posted_if_it_was_to_be(
    bench: Bench, what: What, done: bool
) -> None:
    bench.slack.plan.faults.append(Fault(what, done=done))

    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await bench.client.chat_postMessage(channel=bench.study, text="Guess first.")

    assert [one.words for one in bench.slack.messages(bench.study)] == ["Guess first."] * done
    assert bench.slack.made() == [done]
    await bench.client.chat_postMessage(channel=bench.study, text="Guess first.")


async def test_a_message_keeps_its_mark_when_it_is_changed_but_not_its_blocks(
    bench: Bench,
) -> None:
    posted = await bench.client.chat_postMessage(
        channel=bench.study, text="Join?", blocks=BUTTONS, metadata=MARK
    )
    (message,) = bench.slack.messages(bench.study)

    await bench.client.chat_update(channel=bench.study, ts=posted["ts"], text="Over & out")

    assert (message.text, message.blocks, message.metadata) == ("Over &amp; out", [], MARK)
    theirs = bench.slack.say(bench.study, bench.ada, "Hi")
    change = bench.client.chat_update(channel=bench.study, ts=theirs.ts, text="Ho")
    assert await refused(change) == "cant_update_message"


async def test_what_cannot_be_read_is_a_complaint(bench: Bench) -> None:
    with pytest.raises(SlackApiError):
        await bench.client.api_call("views.open", data={"view": "{no json"})
    assert bench.slack.complaints
    bench.slack.complaints.clear()
    assert await refused(bench.client.api_call("chat.scheduleMessage")) == "unknown_method"
    assert bench.slack.complaints == ["unknown_method: chat.scheduleMessage"]
    bench.slack.complaints.clear()


async def test_whoever_is_too_fast_is_told_when_to_come_back(bench: Bench) -> None:
    bench.slack.posts_per_s = 1.0
    await bench.client.chat_postMessage(channel=bench.study, text="One.")

    with pytest.raises(SlackApiError) as caught:
        await bench.client.chat_postMessage(channel=bench.study, text="Two.")

    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    bench.slack.skip(1)
    await bench.client.chat_postMessage(channel=bench.study, text="Two.")


async def test_an_app_of_a_stranger_may_read_once_a_minute(bench: Bench) -> None:
    bench.slack.reads_per_min = 1
    await bench.client.conversations_history(channel=bench.study)

    with pytest.raises(SlackApiError) as caught:
        await bench.client.conversations_history(channel=bench.study)

    assert caught.value.response.headers["Retry-After"] == "60"
    bench.slack.skip(60)
    await bench.client.conversations_history(channel=bench.study)


async def test_places_where_nothing_can_be_posted_say_why(bench: Bench) -> None:
    slack = bench.slack
    shut = slack.channel(bench.team, "old")
    slack.channels[shut].archived = True
    away = slack.channel(bench.team, "away", joined=False)
    secret = slack.channel(bench.team, "secret", joined=False, private=True)
    for channel, error in (
        (shut, "is_archived"),
        (away, "not_in_channel"),
        (secret, "channel_not_found"),
        ("C404", "channel_not_found"),
    ):
        assert await refused(bench.client.chat_postMessage(channel=channel, text="x")) == error


async def test_a_picture_is_shown_when_it_was_uploaded_and_is_ready(bench: Bench) -> None:
    bench.slack.files_not_ready = 1
    told = await bench.client.files_upload_v2(filename="p.png", content=b"png", alt_txt="Loss")
    shown = [{"type": "image", "alt_text": "Loss", "slack_file": {"id": told["file"]["id"]}}]
    unknown = [{"type": "image", "alt_text": "Loss", "slack_file": {"id": "F404"}}]

    def post(blocks: list[Json]) -> Any:
        return bench.client.chat_postMessage(channel=bench.study, text="Loss", blocks=blocks)

    assert await refused(post(unknown)) == "invalid_blocks"
    assert await refused(post(shown)) == "invalid_blocks"
    assert (await post(shown))["ok"]


# -- coming in and going out ----------------------------------------------------------------------


async def test_a_revoked_token_is_good_for_nothing(bench: Bench) -> None:
    bench.slack.revoke(bench.team)
    assert await refused(bench.client.auth_test()) == "token_revoked"
    assert await refused(AsyncWebClient("xoxb-?", base_url=bench.slack.api).auth_test()) == (
        "invalid_auth"
    )


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning:slack_sdk")
async def test_oauth_gives_a_token_for_a_code_and_a_new_one_for_a_refresh_token() -> None:
    async with loopback_slack() as slack:
        slack.rotation = True
        team = slack.team("Far away", installed=False)
        slack.installer = (team, slack.user(team, "bob"))
        asked = {
            "client_id": slack.client_id,
            "scope": ",".join(BASIC),
            "redirect_uri": "http://127.0.0.1:1/slack/oauth",
            "state": "s1",
        }
        async with (
            aiohttp.ClientSession() as session,
            session.get(
                f"{slack.base}/oauth/v2/authorize", params=asked, allow_redirects=False
            ) as answer,
        ):
            back = URL(answer.headers["Location"])
        assert back.query["state"] == "s1"
        client = AsyncWebClient(base_url=slack.api)
        who = {"client_id": slack.client_id, "client_secret": slack.client_secret}

        first = await client.oauth_v2_access(**who, code=back.query["code"])
        again = client.oauth_v2_access(**who, code=back.query["code"])

        assert await refused(again) == "invalid_code"
        assert (first["team"]["id"], first["scope"]) == (team, ",".join(BASIC))
        refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = await client.oauth_v2_access(**who, **refresh)
        assert await refused(client.oauth_v2_access(**who, **refresh)) == "invalid_refresh_token"
        slack.skip(first["expires_in"] - 60)
        assert (await client.auth_test(token=first["access_token"]))["ok"]
        slack.skip(120)
        assert await refused(client.auth_test(token=first["access_token"])) == "token_expired"
        assert second["access_token"] != first["access_token"]
