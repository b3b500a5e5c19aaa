"""What comes in: acknowledged at once, answered once, and kindly when it is odd."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.port import TryLater
from adapters.seen import Seen
from adapters.slack import bolt, intake
from adapters.slack.installations import space_of
from adapters.slack.manifest import SHORTCUT
from adapters.slack.socket_mode import SocketMode, Watch
from adapters.slack.views import Memory, memory
from adapters.slack.words import word
from lessons.actions import Action, AskAnswer, Pressed, Submitted, Typed
from lessons.document import Document, Paragraph, Text
from lessons.fields import NumberField
from lessons.posts import FieldError, Form, Reply, control
from tests.rigs.loopback_slack import until
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_line import Ack
from tests.rigs.loopback_slack_things import Message, View
from tests.rigs.slack_line import Bench, join_post, open_bench, part, reply

QUICK = Watch(ping_s=5, linger_s=0.0, steady_s=0.0, again_s=(0.05,))
WRONG = word("went_wrong")

SENT = {"type": "modal", "id": "V0", "callback_id": "s:window"}
"""A window whose form was sent, without what was filled in."""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench(lambda slack: SocketMode(slack.app_token, watch=QUICK)) as bench:
        bench.slack.line.retry_after_s = (0.0,)
        await bench.posted(join_post(bench.team))
        bench.host.replies = [reply("You're in.")]
        yield bench


def post(bench: Bench) -> Message:
    return bench.slack.messages(bench.study)[0]


async def press(bench: Bench) -> Ack:
    return await bench.slack.people.press(bench.ada, post(bench), "Join")


async def send(bench: Bench, sent: Json, sort: str = "interactive") -> Ack:
    """A payload as it is."""
    return await bench.slack.line.interact(sort, sent)  # type: ignore[arg-type]


async def pressed(bench: Bench, action_id: str = "s:p:mh:" + "0" * 24, **more: Any) -> Json:
    """The payload of a press; what is None is left out."""
    sent = {
        **bench.slack.people._interaction("block_actions", bench.ada),
        "container": {"type": "message", "channel_id": bench.study, "is_ephemeral": False},
        "trigger_id": bench.slack.trigger(bench.ada),
        "channel": {"id": bench.study},
        "response_url": bench.slack.people._hook("actions", bench.study, bench.ada, post(bench)),
        "message": post(bench).payload(),
        "actions": [{"type": "button", "action_id": action_id, "action_ts": bench.slack.ts()}],
        **more,
    }
    return {name: value for name, value in sent.items() if value is not None}


def form(bench: Bench) -> Form:
    asks = control(space_of(bench.team), "Answer", AskAnswer("v", 1))
    return Form(asks, "Your guess", Document(()), (NumberField("n", "How many?"),))


async def opened(bench: Bench, *replies: Reply) -> View:
    """A window that a button has opened, with the last of these replies in it."""
    bench.host.replies = list(replies) or [Reply(form=form(bench))]
    asks = control(space_of(bench.team), "Answer", AskAnswer("v", 1))
    await bench.adapter.send(bench.at, part("How many?", asks), "key-ask")
    message = bench.slack.messages(bench.study)[-1]
    assert (await bench.slack.people.press(bench.ada, message, "Answer")).ok
    await until(lambda: bench.slack.modal(bench.ada) is not None)
    await until(lambda: word("loading") not in _modal(bench).words)
    return _modal(bench)


def _modal(bench: Bench) -> View:
    view = bench.slack.modal(bench.ada)
    assert view is not None
    return view


def raises(bench: Bench, failed: Exception) -> None:
    async def handle(action: Action) -> AsyncIterator[Reply]:
        bench.host.actions.append(action)
        for one in bench.host.replies[:0]:
            yield one
        raise failed

    bench.host.handle = handle  # type: ignore[method-assign]


# -- at once --------------------------------------------------------------------------------------


async def test_a_press_is_acknowledged_at_once_while_the_service_thinks(bench: Bench) -> None:
    bench.host.holds_s = 0.5

    ack = await press(bench)

    assert ack.ok
    assert ack.latency_s < 0.4
    assert len(bench.there()) == 1
    await until(lambda: bench.there()[1:] == ["You're in."])
    assert bench.slack.messages(bench.study)[-1].only_for == bench.ada


async def test_a_command_and_a_shortcut_are_acknowledged_at_once(bench: Bench) -> None:
    bench.host.holds_s = 0.5
    typed = await bench.slack.people.command(bench.ada, bench.study, "/study progress")
    asked = await bench.slack.people.shortcut(bench.ada, SHORTCUT)
    home = await bench.slack.people.open_home(bench.ada)

    assert all(ack.ok and ack.latency_s < 0.4 for ack in (typed, asked, home))
    assert [type(one.what) for one in bench.host.actions] == [Typed, Typed]


async def test_a_form_that_takes_long_says_so_and_is_answered_in_the_window(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.responder.SOON_S", 0.1)
    view = await opened(bench)
    bench.host.replies, bench.host.holds_s = [reply("Right.")], 0.4

    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "7"})

    assert (sent.ok, sent.action) == (True, "update")
    assert word("loading") in view.words
    await until(lambda: "Right." in view.words)
    assert isinstance(bench.host.actions[-1].what, Submitted)


# -- once -----------------------------------------------------------------------------------------


async def test_what_slack_sends_twice_is_taken_once(bench: Bench) -> None:
    for ack in (
        await press(bench),
        await bench.slack.people.command(bench.ada, bench.study, "/study progress"),
        await bench.slack.people.shortcut(bench.ada, SHORTCUT),
        await bench.slack.people.open_home(bench.ada),
    ):
        assert (await bench.slack.line.again(ack)).ok
    await asyncio.sleep(0.1)

    assert len(bench.host.actions) == 3
    assert len(bench.slack.calls("views.open")) == 2


async def test_a_form_that_is_sent_twice_is_taken_once_and_answered_again(bench: Bench) -> None:
    await opened(bench)
    bench.host.replies = [reply("Right.")]
    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "7"})
    assert sent.ack is not None
    before = len(bench.host.actions)

    again = await bench.slack.line.again(sent.ack)

    assert again.payload == sent.ack.payload
    assert again.payload["response_action"] == "update"
    assert len(bench.host.actions) == before


async def test_what_was_seen_is_kept_within_a_measure(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bolt, "MOST_SENT", 2)
    taken = intake.Intake(bench.adapter)
    monkeypatch.setattr(taken, "_seen", Seen(5))
    assert [taken.first_time(f"{number}") for number in (1, 2, 2, 3)] == [True, True, False, True]
    for number in range(20):
        taken.first_time(f"more {number}")
    assert [taken.first_time(name) for name in ("more 15", "more 19", "1")] == [False, False, True]

    monkeypatch.setattr(bench.adapter, "intake", taken)
    listeners = bolt._Listeners(bench.adapter)

    async def submitted(at: Any, view: Any) -> Json:
        return {}

    monkeypatch.setattr(bench.adapter.intake, "submitted", submitted)
    said: list[Json] = []

    async def ack(**told: Any) -> None:
        said.append(told)

    for number in range(6):
        body = {"user": {"id": "U1"}, "trigger_id": f"{number}", "view": {"id": "V1"}}
        await listeners.submitted(ack, body, _context(bench.team))
    assert (len(said), len(listeners._sent)) == (6, 2)


def _context(team: str) -> Any:
    return type("Context", (), {"team_id": team})()


# -- odd ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "action_id", ["", "join", "s:p:zz:0", "s:x", "s:m:study:no-such-thing", "s:p:mh:nothex", "s:i"]
)
async def test_a_button_that_nobody_knows_is_answered_kindly(bench: Bench, action_id: str) -> None:
    assert (await send(bench, await pressed(bench, action_id))).ok
    await asyncio.sleep(0.1)

    if action_id == "s:i":
        assert bench.host.actions == []
    elif action_id.startswith("s:m:"):
        assert bench.slack.modal(bench.ada) is not None
    else:
        assert [one.what for one in bench.host.actions] == [Pressed("")]
        await until(lambda: "You're in." in bench.there())


@pytest.mark.parametrize(
    "odd",
    [
        {"message": None},
        {"response_url": None},
        {"channel": None},
        {"container": None},
        {"trigger_id": None},
        {"channel": {"id": "G0LBMPIM"}, "container": None},
        {"actions": []},
        {"actions": None},
        {"actions": [{}]},
        {"user": None},
        {"user": {}},
        {"team": None},
        {"view": {}, "channel": None},
        {"view": {"type": "modal"}},
        {"view": {"type": "modal", "id": "V0", "private_metadata": "{["}},
        {"view": {"type": "modal", "id": "V0", "private_metadata": 5}},
        {"view": {"type": "home", "id": "V0"}},
    ],
    ids=str,
)
async def test_an_odd_press_is_acknowledged_and_the_next_one_answered(
    bench: Bench, odd: Json
) -> None:
    assert (await send(bench, await pressed(bench, **odd))).ok
    await asyncio.sleep(0.05)

    bench.host.replies = [reply("Still here.")]
    await press(bench)
    await until(lambda: "Still here." in bench.there())
    bench.slack.complaints.clear()


async def test_a_press_without_an_address_for_its_answer_is_answered_all_the_same(
    bench: Bench,
) -> None:
    await send(bench, await pressed(bench, response_url=None))

    await until(lambda: bench.there()[1:] == ["You're in."])
    assert bench.slack.messages(bench.study)[-1].only_for == bench.ada
    assert len(bench.slack.calls("chat.postEphemeral")) == 1


@pytest.mark.parametrize("kept", ["", "{[", "[]", "5", '{"locked": 5}', '{"form": null}', "null"])
async def test_a_window_of_another_version_is_read_as_far_as_it_can_be(
    bench: Bench, kept: str
) -> None:
    assert isinstance(memory({"private_metadata": kept}), Memory)
    await opened(bench)
    view = _modal(bench)
    view.body["private_metadata"] = kept
    bench.host.replies = [reply("That is out of date.")]

    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "7"})

    assert sent.ok
    assert "out of date" in view.words


@pytest.mark.parametrize(
    "odd",
    [
        {"view": None},
        {"view": {}},
        {"view": {**SENT, "callback_id": "other", "state": {"values": []}}},
        {"view": {**SENT, "state": {"values": {"f": 5}}}},
        {"view": {**SENT, "state": {"values": {"f:00000000:-:n": {"s:i": 5}}}}},
        {"user": None, "view": SENT},
    ],
    ids=str,
)
async def test_a_form_that_can_not_be_read_is_answered_kindly(bench: Bench, odd: Json) -> None:
    sent = {
        **bench.slack.people._interaction("view_submission", bench.ada),
        "trigger_id": bench.slack.trigger(bench.ada),
        **odd,
    }
    ack = await send(bench, {name: value for name, value in sent.items() if value is not None})

    assert ack.ok
    assert ack.latency_s < 1
    assert ack.payload["response_action"] == "update"
    assert "Traceback" not in str(ack.payload)


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "view_closed", "view": {"id": "V0", "callback_id": "s:window"}},
        {"type": "block_suggestion", "action_id": "x", "block_id": "b", "value": ""},
        {"type": "shortcut", "callback_id": "another", "trigger_id": "1.2.3"},
        {"type": "message_action", "callback_id": "another", "trigger_id": "1.2.3"},
    ],
    ids=lambda sent: str(sent["type"]),
)
async def test_what_nothing_follows_from_is_acknowledged(bench: Bench, sent: Json) -> None:
    whole = {**bench.slack.people._interaction(sent["type"], bench.ada), **sent}

    assert (await send(bench, whole)).ok
    assert bench.host.actions == []


async def test_a_command_that_is_not_ours_is_acknowledged(bench: Bench) -> None:
    assert (await bench.slack.people.command(bench.ada, bench.study, "/other thing")).ok


async def test_who_comes_from_a_workspace_without_a_token_is_told_so(bench: Bench) -> None:
    await bench.adapter.removed_from(bench.team)

    ack = await bench.slack.people.command(bench.ada, bench.study, "/study progress")

    assert ack.ok
    await until(lambda: word("no_way_in") in bench.there())
    assert bench.host.actions == []


# -- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", [ZeroDivisionError("a secret"), TryLater(30)])
async def test_a_press_that_fails_is_answered_kindly(bench: Bench, failed: Exception) -> None:
    raises(bench, failed)

    assert (await press(bench)).ok

    await until(lambda: bench.there()[1:] == [WRONG])


@pytest.mark.parametrize("failed", [ZeroDivisionError("a secret"), TryLater(30)])
async def test_a_window_that_fails_says_so(bench: Bench, failed: Exception) -> None:
    view = await opened(bench)
    raises(bench, failed)

    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "7"})

    assert sent.ok
    assert WRONG in view.words


async def test_a_window_that_nothing_came_for_says_so(bench: Bench) -> None:
    view = await opened(bench, Reply())

    assert WRONG in view.words


async def test_a_home_that_fails_says_so(bench: Bench) -> None:
    raises(bench, ZeroDivisionError("a secret"))

    assert (await bench.slack.people.open_home(bench.ada)).ok

    await until(lambda: bench.slack.home(bench.ada) is not None)
    assert WRONG in getattr(bench.slack.home(bench.ada), "words", "")


async def test_a_window_that_slack_does_not_open_is_told_where_it_was_asked_for(
    bench: Bench,
) -> None:
    bench.slack.plan.faults.append(Fault("error", method=r"views\.open", error="internal_error"))
    await bench.slack.people.command(bench.ada, bench.study, "/study progress")
    await until(lambda: bench.there()[1:] == [WRONG])

    bench.slack.plan.faults.append(
        Fault("error", method=r"views\.open", error="expired_trigger_id")
    )
    await bench.slack.people.command(bench.ada, bench.study, "/study progress")
    await until(lambda: bench.there()[1:] == [WRONG, word("again")])
    assert bench.host.actions == []


async def test_a_window_that_was_closed_meanwhile_is_left_alone(bench: Bench) -> None:
    bench.host.holds_s = 0.2
    await bench.slack.people.shortcut(bench.ada, SHORTCUT)
    await until(lambda: bench.slack.modal(bench.ada) is not None)
    await bench.slack.people.close(bench.ada)

    await press(bench)
    await until(lambda: "You're in." in bench.there())


async def test_a_fault_in_a_field_is_said_at_the_field(bench: Bench) -> None:
    await opened(bench)
    wrong = FieldError("n", Document((Paragraph((Text("A number, please."),)),)))
    bench.host.replies = [Reply(form=form(bench), errors=(wrong,))]

    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "many"})

    assert (sent.action, list(sent.errors.values())) == ("errors", ["A number, please."])


async def test_a_fault_in_a_field_that_the_window_does_not_have_is_said_in_words(
    bench: Bench,
) -> None:
    """Its form is of another version; Slack would show nothing at all."""
    view = await opened(bench)
    wrong = FieldError("other", Document((Paragraph((Text("A number, please."),)),)))
    told = reply("A number, please.").post
    bench.host.replies = [Reply(told, form=form(bench), errors=(wrong,))]

    sent = await bench.slack.people.submit(bench.ada, values={"How many?": "many"})

    assert sent.action == "update"
    assert "A number, please." in view.words


# -- answers in the channel -----------------------------------------------------------------------


async def test_an_address_is_good_for_five_answers_and_the_rest_come_by_themselves(
    bench: Bench,
) -> None:
    bench.host.replies = [reply(f"Answer {number}.") for number in range(7)]

    await press(bench)

    await until(lambda: len(bench.there()) == 8)
    assert bench.there()[1:] == [f"Answer {number}." for number in range(7)]
    assert len(bench.slack.calls("response_url")) == 5
    assert len(bench.slack.calls("chat.postEphemeral")) == 2
    assert {one.only_for for one in bench.slack.messages(bench.study)[1:]} == {bench.ada}


async def test_an_answer_whose_address_has_expired_comes_by_itself(bench: Bench) -> None:
    bench.host.holds_s = 0.1
    await press(bench)
    bench.slack.skip(1_801)

    await until(lambda: bench.there()[1:] == ["You're in."])
    assert len(bench.slack.calls("chat.postEphemeral")) == 1


async def test_what_was_pressed_in_a_thread_is_answered_in_it(bench: Bench) -> None:
    bench.host.replies = [reply(f"Answer {number}.") for number in range(6)]
    sent = await pressed(bench)
    sent["container"]["thread_ts"] = post(bench).ts

    await send(bench, sent)

    await until(lambda: len(bench.slack.calls("chat.postEphemeral")) == 1)
    assert bench.slack.calls("chat.postEphemeral")[0].body["thread_ts"] == post(bench).ts


# -- the end, and what is told to nobody ----------------------------------------------------------


async def test_what_takes_longer_than_the_end_waits_is_broken_off(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    taken = intake.Intake(bench.adapter)
    ended: list[str] = []

    async def slowly() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("broken off")

    taken.begin(slowly(), "1")
    await asyncio.sleep(0)
    await taken.finish(0.02)

    assert ended == ["broken off"]
    assert not taken._under_way


async def test_a_window_whose_answer_is_broken_off_says_so(bench: Bench) -> None:
    bench.host.holds_s = 60.0
    await bench.slack.people.command(bench.ada, bench.study, "/study progress")
    await until(lambda: bench.slack.modal(bench.ada) is not None)
    assert word("loading") in _modal(bench).words
    await until(lambda: bool(bench.host.actions))

    await bench.adapter.intake.finish(0.02)

    assert WRONG in _modal(bench).words


async def test_nothing_that_people_write_is_logged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("slack_sdk", "slack_bolt", "aiohttp", "asyncio"):
        caplog.set_level(logging.INFO, name)
    await opened(bench)
    secret = "1234567"
    bench.host.replies = [reply("Right.")]
    await bench.slack.people.submit(bench.ada, values={"How many?": secret})
    await bench.slack.people.command(bench.ada, bench.study, f"/study {secret}")
    await bench.slack.people.command(bench.ada, bench.study, f"/other {secret}")
    raises(bench, ZeroDivisionError())
    await bench.slack.people.command(bench.ada, bench.study, f"/study {secret}")
    await until(lambda: WRONG in bench.there())
    (line,) = bench.slack.line.connections
    await line.socket.send_str(f'{{"{secret}')
    await asyncio.sleep(0.05)

    assert secret not in caplog.text
    for hidden in (bench.slack.token(bench.team), bench.slack.app_token, "ticket="):
        assert hidden not in caplog.text
