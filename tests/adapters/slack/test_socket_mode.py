"""Socket Mode on loopback: lines that break, doors that stay shut, and news of workspaces."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

from adapters.port import Address, CannotConnect
from adapters.slack.installations import OneWorkspace
from adapters.slack.manifest import CHANNEL_EVENTS, EVENTS
from adapters.slack.messenger import SlackAdapter
from adapters.slack.socket_mode import SocketMode, Watch
from lessons.actions import Pressed
from tests.rigs.host import KeptHost
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack, until
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_line import Ack
from tests.rigs.slack_line import Bench, join_post, open_bench, reply

QUICK = Watch(ping_s=0.4, open_s=1.0, linger_s=0.2, steady_s=0.0, again_s=(0.02, 0.05))


@asynccontextmanager
async def on_line(lines: int = 1, watch: Watch = QUICK) -> AsyncIterator[Bench]:
    """The adapter is on so many lines, and its first post is out."""

    def line(slack: LoopbackSlack) -> SocketMode:
        return SocketMode(slack.app_token, lines, watch)

    async with open_bench(line) as bench:
        await until(lambda: len(bench.slack.line.connections) == lines)
        bench.slack.line.retry_after_s = (0.0, 0.0)
        await bench.posted(join_post(bench.team))
        bench.host.replies = [reply("You're in.")]
        yield bench


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with on_line() as bench:
        yield bench


async def press(bench: Bench) -> Ack:
    return await bench.slack.people.press(bench.ada, bench.slack.messages(bench.study)[0], "Join")


async def answered(bench: Bench, most: int) -> None:
    """So many answers have come, and no more."""
    await until(lambda: len(bench.there()) == 1 + most)
    await asyncio.sleep(0.05)
    assert bench.there()[1:] == ["You're in."] * most


# -- connecting -----------------------------------------------------------------------------------


async def test_it_connects_and_what_is_pressed_is_answered(bench: Bench) -> None:
    assert (await press(bench)).ok

    await answered(bench, 1)
    assert [type(one.what) for one in bench.host.actions] == [Pressed]
    assert bench.host.here == [(bench.at.space,)]


@pytest.mark.parametrize("token", ["xapp-wrong", "xoxb"])
async def test_an_app_token_that_is_refused_stops_the_start_and_says_what_to_do(
    token: str,
) -> None:
    async with loopback_slack() as slack:
        team = slack.team("Study circle")
        bot = slack.token(team)
        app_token = bot if token == "xoxb" else token
        adapter = SlackAdapter(OneWorkspace(bot), SocketMode(app_token), api=slack.api)
        with pytest.raises(CannotConnect, match="connections:write"):
            await adapter.open(KeptHost())
        await adapter.close()
        await adapter.close()


@pytest.mark.parametrize("error", ["missing_scope", "token_revoked", "account_inactive"])
async def test_a_refusal_for_good_is_told_from_one_of_the_moment(error: str) -> None:
    async with loopback_slack() as slack:
        slack.plan.faults.append(Fault("error", method=r"apps\.connections\.open", error=error))
        bot = slack.token(slack.team("Study circle"))
        adapter = SlackAdapter(OneWorkspace(bot), SocketMode(slack.app_token), api=slack.api)
        with pytest.raises(CannotConnect, match="STUDYHALL_SLACK_APP_TOKEN"):
            await adapter.open(KeptHost())
        await adapter.close()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("500", method=r"apps\.connections\.open", times=3),
        Fault("reset", method=r"apps\.connections\.open", times=3),
        Fault("garbage", method=r"apps\.connections\.open", times=3),
        Fault("429", method=r"apps\.connections\.open", after_s=0, times=3),
        Fault("error", method=r"apps\.connections\.open", error="internal_error", times=3),
        Fault("error", method=r"apps\.connections\.open", error="access_denied", times=3),
        Fault("503", method=r"auth\.test", times=1),
    ],
    ids=lambda fault: f"{fault.what}-{fault.error}-{fault.method[:4]}",
)
async def test_a_slack_that_is_away_at_the_start_is_waited_for(fault: Fault) -> None:
    async with loopback_slack() as slack:
        slack.plan.faults.append(Fault(**vars(fault)))
        team = slack.team("Study circle")
        line = SocketMode(slack.app_token, watch=QUICK)
        adapter = SlackAdapter(OneWorkspace(slack.token(team)), line, api=slack.api)
        host = KeptHost()
        await adapter.open(host)
        await until(lambda: len(slack.line.connections) == 1 and bool(host.here))
        assert slack.plan.faults == []
        assert host.ended == []
        await adapter.close()


async def test_a_wait_that_slack_asks_for_at_the_start_is_kept() -> None:
    async with loopback_slack() as slack:
        slack.plan.faults.append(
            Fault("429", method=r"apps\.connections\.open", after_s=3_600, times=9)
        )
        team = slack.team("Study circle")
        line = SocketMode(slack.app_token, watch=QUICK)
        adapter = SlackAdapter(OneWorkspace(slack.token(team)), line, api=slack.api)
        await adapter.open(KeptHost())
        await asyncio.sleep(0.3)  # a few times as long as it waits where nothing is asked for
        assert len(slack.calls("apps.connections.open")) == 1
        await adapter.close()


async def test_nobody_home_at_the_start_is_waited_for() -> None:
    away = LoopbackSlack()
    async with away:
        port = away.port
    team = away.team("Study circle")
    line = SocketMode(away.app_token, watch=QUICK)
    adapter = SlackAdapter(OneWorkspace(away.token(team)), line, api=away.api)
    await adapter.open(KeptHost())
    back = LoopbackSlack(port=port)
    back.app_token, back.teams, back.grants, back.users = (
        away.app_token,
        away.teams,
        away.grants,
        away.users,
    )
    async with back:
        await until(lambda: len(back.line.connections) == 1)
        await adapter.close()


async def test_a_ticket_that_is_no_good_is_not_tried_again(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tickets = bench.slack.line.tickets
    opened, given = bench.slack.line.opened, []

    class Lost(set[str]):
        def __contains__(self, ticket: object) -> bool:
            given.append(ticket)
            return len(given) > 2 and super().__contains__(ticket)

    bench.slack.line.tickets = Lost(tickets)
    bench.slack.line.drop()

    await until(lambda: bench.slack.line.opened == opened + 1)

    assert len(set(given)) == 3
    assert all(str(ticket) not in caplog.text for ticket in given)


# -- lines that break -----------------------------------------------------------------------------


async def test_a_line_that_is_dropped_comes_back(bench: Bench) -> None:
    bench.slack.line.drop()
    await until(lambda: bench.slack.line.opened == 2)

    assert (await press(bench)).ok
    await answered(bench, 1)
    assert len(bench.slack.line.connections) == 1


async def test_a_silent_line_whose_pings_are_not_answered_is_replaced(bench: Bench) -> None:
    bench.slack.line.go_mute(pongs=False)

    await until(lambda: bench.slack.line.opened == 2)

    assert (await press(bench)).ok


async def test_a_silent_line_whose_pings_are_answered_is_replaced() -> None:
    watch = Watch(ping_s=0.2, idle_s=0.6, linger_s=0.1, steady_s=0, again_s=(0.02,))
    async with on_line(watch=watch) as bench:
        bench.slack.line.go_mute()
        opened = bench.slack.line.opened
        await until(lambda: bench.slack.line.opened > opened)
        await until(lambda: all(not one.mute for one in bench.slack.line.connections))

        assert (await press(bench)).ok
        await answered(bench, 1)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_line_that_is_to_be_replaced_misses_nothing(
    bench: Bench, reason: Literal["warning", "refresh_requested"]
) -> None:
    before = bench.slack.line.connections[0]
    await bench.slack.line.disconnect(reason)
    if reason == "warning":
        assert (await press(bench)).ok  # on the line that is still there
    await until(lambda: len(bench.slack.line.connections) == 2)
    await until(lambda: bench.slack.line.connections != [before] and before.socket.closed)

    assert (await press(bench)).ok
    await answered(bench, 2 if reason == "warning" else 1)
    assert len(bench.slack.line.connections) == 1


async def test_a_line_that_can_not_be_replaced_yet_is_kept(bench: Bench) -> None:
    fault = Fault("500", method=r"apps\.connections\.open", times=8)
    bench.slack.plan.faults.append(fault)
    await bench.slack.line.disconnect("warning")

    assert (await press(bench)).ok
    assert bench.slack.line.opened == 1

    await until(lambda: bench.slack.line.opened == 2)


async def test_lines_that_do_not_hold_are_not_opened_without_end() -> None:
    watch = Watch(ping_s=1, linger_s=0, steady_s=30, again_s=(0.05, 60))
    async with on_line(watch=watch) as bench:
        for number in (2, 3):
            bench.slack.line.drop()
            if number == 2:
                await until(lambda: bench.slack.line.opened == 2)
        await asyncio.sleep(0.2)

        assert bench.slack.line.opened == 2


async def test_of_two_lines_each_brings_something_and_it_is_answered_once() -> None:
    async with on_line(2) as bench:
        for _ in range(6):
            assert (await press(bench)).ok

        await answered(bench, 6)
        assert [one.envelopes for one in bench.slack.line.connections] == [3, 3]


async def test_of_two_lines_one_may_break_and_nothing_is_lost() -> None:
    async with on_line(2, Watch(ping_s=1, steady_s=0, again_s=(30,))) as bench:
        first = bench.slack.line.connections[0]
        transport = first.request.transport
        bench.slack.plan.faults.append(Fault("500", method=r"apps\.connections\.open"))
        assert transport is not None
        transport.abort()
        await until(lambda: len(bench.slack.line.connections) == 1)

        for _ in range(3):
            assert (await press(bench)).ok
        await answered(bench, 3)


async def test_an_app_token_that_is_refused_later_ends_the_service_with_what_to_do(
    bench: Bench,
) -> None:
    fault = Fault("error", method=r"apps\.connections\.open", error="token_revoked")
    bench.slack.plan.faults.append(fault)
    await bench.slack.line.disconnect("link_disabled")

    await until(lambda: bool(bench.host.ended))

    assert "STUDYHALL_SLACK_APP_TOKEN" in bench.host.ended[0]


async def test_what_can_not_be_read_keeps_nobody_from_what_can(bench: Bench) -> None:
    (line,) = bench.slack.line.connections
    for odd in ("", "{not json", "[]", '"words"', '{"type": "new"}', '{"envelope_id": "e"}'):
        await line.socket.send_str(odd)

    assert (await press(bench)).ok
    assert bench.slack.line.opened == 1


# -- what is sent again ---------------------------------------------------------------------------


async def test_what_is_sent_again_is_done_once(bench: Bench) -> None:
    ack = await press(bench)
    assert (await bench.slack.line.again(ack)).ok
    typed = await bench.slack.people.command(bench.ada, bench.study, "/study progress")
    assert (await bench.slack.line.again(typed)).ok
    home = await bench.slack.people.open_home(bench.ada)
    assert (await bench.slack.line.again(home)).ok

    await until(lambda: bench.slack.home(bench.ada) is not None)
    await answered(bench, 1)
    assert len(bench.host.actions) == 3
    assert len(bench.slack.calls("views.open")) == 1
    assert len(bench.slack.calls("views.publish")) == 1


# -- the end --------------------------------------------------------------------------------------


async def test_the_end_waits_for_what_is_under_way(bench: Bench) -> None:
    bench.host.holds_s = 0.3
    assert (await press(bench)).ok

    await bench.adapter.close()

    assert bench.there()[1:] == ["You're in."]
    assert bench.slack.line.connections == []


async def test_the_end_leaves_nothing_that_runs_on(bench: Bench) -> None:
    await bench.slack.line.disconnect("warning")
    await until(lambda: len(bench.slack.line.connections) == 2)

    await bench.adapter.close()
    await bench.adapter.close()

    await until(lambda: bench.slack.line.connections == [])
    names = {getattr(one.get_coro(), "__qualname__", "") for one in asyncio.all_tasks()}
    assert not any(name.startswith(("Connection.", "Line.", "Intake.")) for name in names)


# -- news -----------------------------------------------------------------------------------------


async def test_a_workspace_that_removed_the_app_is_gone_and_told_once_each(bench: Bench) -> None:
    acks = await bench.slack.people.uninstall(bench.team)

    assert all(ack.ok and ack.tries == 1 for ack in acks)
    await until(lambda: bool(bench.host.gone))
    await asyncio.sleep(0.05)
    assert set(bench.host.gone) == {bench.at.space}
    assert (await bench.slack.line.again(acks[0])).ok


@pytest.mark.parametrize(
    ("tokens", "gone"),
    [({"bot": ["U0BOT"]}, 1), ({"oauth": ["U0ADA"]}, 0), ({"bot": []}, 0), (None, 0)],
)
async def test_only_the_apps_own_token_counts(bench: Bench, tokens: Any, gone: int) -> None:
    event = {"type": "tokens_revoked", "tokens": tokens}
    assert (await bench.slack.people.event(bench.team, event)).tries == 1

    await until(lambda: not bench.adapter.intake.busy)
    assert len(bench.host.gone) == gone


async def test_a_channel_that_was_deleted_is_told(bench: Bench) -> None:
    ack = await bench.slack.people.delete_channel(bench.study)

    await until(lambda: bench.host.gone == [Address(bench.at.space, bench.study)])
    await bench.slack.line.again(ack)
    await asyncio.sleep(0.05)
    assert len(bench.host.gone) == 1


@pytest.mark.parametrize("kind", [*EVENTS, *CHANNEL_EVENTS])
async def test_whatever_the_manifest_subscribes_to_is_listened_to(
    bench: Bench, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    ack = await bench.slack.people.event(bench.team, {"type": kind})

    assert (ack.ok, ack.tries) == (True, 1)
    assert "nothing follows" not in caplog.text


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_home_opened", "user": "U0ADA", "tab": "messages"},
        {"type": "channel_archive", "channel": "C0STUDY", "user": "U0ADA"},
        {"type": "channel_unarchive", "channel": "C0STUDY"},
        {"type": "group_archive", "channel": "C0STUDY"},
        {"type": "member_left_channel", "channel": "C0STUDY", "user": "U0BOT"},
        {"type": "message", "channel": "D0INBOX", "text": "Hi", "channel_type": "im"},
        {"type": "something_new"},
        {"type": "channel_deleted"},
        {"type": "app_home_opened"},
    ],
    ids=lambda event: str(event["type"]),
)
async def test_every_event_is_acknowledged_whatever_it_is(
    bench: Bench, event: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ack = await bench.slack.people.event(bench.team, event)

    assert (ack.ok, ack.tries) == (True, 1)
    await until(lambda: not bench.adapter.intake.busy)
    assert bench.host.gone == []
    assert bench.host.actions == []
    assert "Traceback" not in caplog.text
