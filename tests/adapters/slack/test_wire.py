"""What goes out to a Slack that misbehaves: once, and with the truth about what became of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer

from adapters.port import (
    Address,
    Ambiguous,
    DeliveryFailure,
    Rejected,
    TryLater,
    Unreachable,
)
from adapters.slack import wire
from adapters.slack.wire import Expired, NoScope, Wire
from adapters.slack.words import RIGHTS
from bot import dispatcher
from tests.rigs.loopback_slack import until
from tests.rigs.loopback_slack_faults import Fault, What
from tests.rigs.slack_line import Bench, open_bench, part

SINCE = datetime(2020, 1, 1, tzinfo=UTC)


class Token:
    """The same everywhere."""

    async def token(self, team: str) -> str:
        return "xoxb-1"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with open_bench() as bench:
        yield bench


def goes_wrong(
    bench: Bench, what: What, method: str = r"chat\.postMessage", **more: object
) -> None:
    bench.slack.plan.faults.append(Fault(what, method=method, **more))  # type: ignore[arg-type]


# -- one request, whatever happens ----------------------------------------------------------------


@pytest.mark.parametrize("what", ["lost", "reset", "500", "502", "503", "garbage"])
@pytest.mark.parametrize("done", [False, True])
async def test_a_reply_that_is_lost_is_ambiguous_and_nothing_is_sent_twice(
    bench: Bench, what: What, done: bool
) -> None:
    goes_wrong(bench, what, done=done)

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.at, part(), "key-1")

    assert bench.slack.made() == [done]
    assert bench.there() == ["Guess first."] * done
    found = await bench.adapter.find(bench.at, "key-1", SINCE)
    assert (found is not None) == done


@pytest.mark.parametrize("done", [False, True])
async def test_a_reply_that_takes_too_long_is_ambiguous(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    monkeypatch.setattr(wire, "ANSWER_S", 0.2)
    await bench.adapter.wire.session.close()  # the next one has the new patience
    goes_wrong(bench, "slow", done=done, after_s=0.5)

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.at, part(), "key-1")
    await asyncio.sleep(0.5)

    assert bench.slack.made() == [True]


def test_a_post_has_its_answer_before_whoever_sends_it_gives_up() -> None:
    assert wire.PATIENCE_S + wire.ANSWER_S < dispatcher.SEND_S


async def test_nobody_home_is_no_message_and_no_doubt(bench: Bench) -> None:
    await bench.slack._runner.cleanup()
    await bench.adapter.wire.session.close()  # a line that is still open may be lost with a request

    with pytest.raises(TryLater):
        await bench.adapter.send(bench.at, part(), "key-1")


async def test_who_gives_up_waiting_does_not_break_a_post_off(bench: Bench) -> None:
    goes_wrong(bench, "slow", done=True, after_s=0.5)
    sending = asyncio.create_task(bench.adapter.send(bench.at, part(), "key-1"))
    await until(lambda: bool(bench.slack.calls("chat.postMessage")))
    sending.cancel()
    await asyncio.wait({sending})

    assert sending.cancelled()
    (posting,) = bench.adapter.wire._posting
    assert (await posting)["ok"]
    assert bench.there() == ["Guess first."]


@pytest.mark.parametrize("text", ["an odd page", '["a list"]', "null", "5", "\udcff"])
async def test_an_answer_that_is_none_is_ambiguous(text: str) -> None:
    async def says(_: web.BaseRequest) -> web.Response:
        kind = "text/plain" if text == "an odd page" else "application/json"
        return web.Response(body=text.encode(errors="surrogateescape"), content_type=kind)

    async with RawTestServer(says) as server:
        there = Wire(Token(), str(server.make_url("/api/")))
        with pytest.raises(Ambiguous):
            await there.post("T1", "chat.postMessage", {"channel": "C1"})
        await there.close(1)


async def test_a_status_of_trouble_leaves_it_unclear_whatever_slack_calls_it() -> None:
    async def says(_: web.BaseRequest) -> web.Response:
        return web.json_response({"ok": False, "error": "something_new"}, status=500)

    async with RawTestServer(says) as server:
        there = Wire(Token(), str(server.make_url("/api/")))
        with pytest.raises(Ambiguous, match="something_new"):
            await there.post("T1", "chat.postMessage", {"channel": "C1"})
        await there.close(1)


# -- patience -------------------------------------------------------------------------------------


async def test_a_post_that_comes_too_soon_is_for_the_ledger_to_repeat(bench: Bench) -> None:
    goes_wrong(bench, "429", after_s=30)
    began = asyncio.get_running_loop().time()

    with pytest.raises(TryLater) as later:
        await bench.adapter.send(bench.at, part(), "key-1")

    assert later.value.after_s == 30
    assert asyncio.get_running_loop().time() - began < 5
    assert bench.slack.made() == [False]
    assert await bench.adapter.send(bench.at, part(), "key-1")


async def test_a_rate_limit_may_come_with_a_good_status(bench: Bench) -> None:
    goes_wrong(bench, "error", error="ratelimited")

    with pytest.raises(TryLater):
        await bench.adapter.send(bench.at, part(), "key-1")

    assert bench.slack.made() == [False]


@pytest.mark.parametrize(("times", "refused"), [(1, False), (2, False), (3, True)])
async def test_what_is_no_post_is_repeated_twice_when_slack_asks_for_it(
    bench: Bench, times: int, refused: bool
) -> None:
    goes_wrong(bench, "429", r"users\.info", times=times, after_s=0)
    asking = bench.adapter.wire.ask(bench.team, "users.info", {"user": bench.ada})

    if refused:
        with pytest.raises(TryLater):
            await asking
    else:
        assert (await asking)["user"]["id"] == bench.ada

    assert len(bench.slack.calls("users.info")) == min(times + 1, 3)


async def test_a_long_wait_is_told_and_not_slept_through(bench: Bench) -> None:
    goes_wrong(bench, "429", r"conversations\.open", after_s=60)
    began = asyncio.get_running_loop().time()

    with pytest.raises(TryLater) as later:
        await bench.adapter.wire.tell(bench.team, "conversations.open", {"users": bench.ada})

    assert later.value.after_s == 60
    assert asyncio.get_running_loop().time() - began < 5
    assert len(bench.slack.calls("conversations.open")) == 1


@pytest.mark.parametrize(
    ("said", "after_s"),
    [("0.01", 0.01), ("soon", 30), ("nan", 30), ("-3", 0), ("1e9", 3_600), (None, 30)],
)
async def test_an_odd_wait_is_read_as_far_as_it_can_be(said: str | None, after_s: float) -> None:
    headers = {} if said is None else {"retry-after": said}
    assert wire._patience(headers) == after_s
    assert wire._patience({name: [value] for name, value in headers.items()}) == after_s


@pytest.mark.parametrize("what", ["lost", "reset", "500", "503"])
async def test_nothing_but_a_rate_limit_is_repeated(bench: Bench, what: What) -> None:
    goes_wrong(bench, what, r"conversations\.open", done=True)

    with pytest.raises(Ambiguous):
        await bench.adapter.wire.tell(bench.team, "conversations.open", {"users": bench.ada})

    assert len(bench.slack.calls("conversations.open")) == 1


# -- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "right"),
    [
        ("not_in_channel", "member"),
        ("channel_not_found", "member"),
        ("is_archived", "archived"),
        ("restricted_action", "posting"),
        ("restricted_action_read_only_channel", "posting"),
        ("ekm_access_denied", "posting"),
        ("token_revoked", "installed"),
        ("token_expired", "installed"),
        ("account_inactive", "installed"),
        ("invalid_auth", "installed"),
        ("not_authed", "installed"),
    ],
)
async def test_what_is_missing_is_named_in_words_that_help(
    bench: Bench, error: str, right: str
) -> None:
    goes_wrong(bench, "error", error=error)

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(bench.at, part(), "key-1")

    assert (refused.value.missing, refused.value.gone) == (RIGHTS[right], False)
    assert bench.slack.made() == [False]


async def test_a_scope_that_is_missing_is_named(bench: Bench) -> None:
    bench.slack.scopes(bench.team, "commands")

    with pytest.raises(NoScope, match='"chat:write"'):
        await bench.adapter.send(bench.at, part(), "key-1")


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"]
)
async def test_a_message_that_is_gone_is_gone(bench: Bench, error: str) -> None:
    ref = await bench.adapter.send(bench.at, part(), "key-1")
    goes_wrong(bench, "error", r"chat\.update", error=error)

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.edit(ref, part("Other."))

    assert (refused.value.missing, refused.value.gone) == ("", True)


@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "cannot_dm_bot"])
async def test_a_person_who_takes_no_letters_is_no_missing_right(bench: Bench, error: str) -> None:
    goes_wrong(bench, "error", r"conversations\.open", error=error)

    with pytest.raises(Unreachable) as refused:
        await bench.adapter.send(Address(bench.at.space, "", member=bench.ada), part(), "key-1")

    assert (refused.value.missing, refused.value.gone) == ("", False)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error", "service_unavailable"])
async def test_a_trouble_of_slacks_own_leaves_it_unclear(bench: Bench, error: str) -> None:
    goes_wrong(bench, "error", error=error)

    with pytest.raises(Ambiguous):
        await bench.adapter.send(bench.at, part(), "key-1")


@pytest.mark.parametrize("error", ["msg_too_long", "something_new"])
async def test_any_other_refusal_is_a_fault_of_ours_with_its_name(bench: Bench, error: str) -> None:
    goes_wrong(bench, "error", error=error)

    with pytest.raises(Rejected, match=error):
        await bench.adapter.send(bench.at, part(), "key-1")


async def test_a_refusal_says_what_slack_says_of_it(bench: Bench) -> None:
    with pytest.raises(Rejected, match=r"invalid_blocks; .*json-pointer"):
        await bench.adapter.wire.post(
            bench.team, "chat.postMessage", {"channel": bench.study, "blocks": [{"type": "map"}]}
        )
    assert bench.slack.complaints
    bench.slack.complaints.clear()


# -- its turn -------------------------------------------------------------------------------------


async def test_a_channel_gets_one_post_a_second_in_order_and_holds_no_other_up() -> None:
    async with open_bench(pace_s=0.2) as bench:
        other = bench.slack.channel(bench.team, "books", bench.ada)
        elsewhere = Address(bench.at.space, other)

        async with asyncio.TaskGroup() as sending:
            for number in range(4):
                sending.create_task(bench.adapter.send(bench.at, part(f"{number}."), f"k{number}"))
            sending.create_task(bench.adapter.send(elsewhere, part("Here."), "other"))

        assert bench.there() == ["0.", "1.", "2.", "3."]
        posts = [one.body["channel"] for one in bench.slack.calls("chat.postMessage")]
        assert other in posts[:2]
        at = [float(one.ts) for one in bench.slack.messages(bench.study)]
        assert at[-1] - at[0] > 0.4  # of 0.6; a busy machine may have heard of the first late


async def test_who_would_wait_too_long_is_told_so_and_nothing_is_sent() -> None:
    async with open_bench(pace_s=60) as bench:
        sent = await asyncio.gather(
            *(bench.adapter.send(bench.at, part(f"{n}."), f"key-{n}") for n in range(8)),
            return_exceptions=True,
        )

        unsent = [one for one in sent if isinstance(one, TryLater)]
        assert len(unsent) == 7
        assert all(wire.PATIENCE_S < one.after_s <= 60 for one in unsent)
        assert bench.slack.made() == [True]


async def test_of_channels_that_are_quiet_nothing_is_kept() -> None:
    async with open_bench(pace_s=0.01) as bench:
        for number in range(20):
            at = Address(bench.at.space, bench.slack.channel(bench.team, f"c{number}", bench.ada))
            await bench.adapter.send(at, part(), f"key-{number}")
        await asyncio.sleep(0.05)
        await bench.adapter.send(bench.at, part(), "key-1")

        assert list(bench.adapter.wire._free_at) == [(bench.team, bench.study)]


async def test_a_token_that_is_good_no_more_is_not_kept(bench: Bench) -> None:
    await bench.adapter.send(bench.at, part(), "key-1")
    await bench.adapter.removed_from(bench.team)

    assert bench.adapter.wire._clients == {}


# -- the end --------------------------------------------------------------------------------------


async def test_nothing_is_sent_after_the_end(bench: Bench) -> None:
    await bench.adapter.close()
    before = len(bench.slack.log)

    with pytest.raises(TryLater):
        await bench.adapter.send(bench.at, part(), "key-1")
    with pytest.raises(TryLater):
        await bench.adapter.look(Address(bench.at.space, "", member=bench.ada))
    with pytest.raises(TryLater):
        await bench.adapter.wire.respond(f"{bench.slack.base}/actions/T/H", {"text": "Hi"})
    with pytest.raises(TryLater):
        bench.adapter.wire.client("xoxb-1")

    assert len(bench.slack.log) == before


async def test_the_end_waits_for_the_posts_under_way(bench: Bench) -> None:
    goes_wrong(bench, "slow", after_s=0.2)
    sending = asyncio.create_task(bench.adapter.send(bench.at, part(), "key-1"))
    await until(lambda: bool(bench.slack.calls("chat.postMessage")))

    await bench.adapter.close()

    assert await sending
    assert bench.there() == ["Guess first."]


async def test_who_waits_for_its_turn_at_the_end_is_not_sent() -> None:
    async with open_bench(pace_s=0.2) as bench:
        await bench.adapter.send(bench.at, part(), "key-1")
        sending = asyncio.create_task(bench.adapter.send(bench.at, part(), "key-2"))
        await asyncio.sleep(0.05)
        await bench.adapter.close()

        with pytest.raises(TryLater):
            await sending
        assert bench.slack.made() == [True]


# -- answers to where something was pressed -------------------------------------------------------


@pytest.fixture
def hook(bench: Bench) -> str:
    return bench.slack.people._hook("commands", bench.study, bench.ada)


HELLO = {"text": "Hi", "response_type": "ephemeral"}


async def test_behind_a_proxy_a_press_is_answered_through_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack's own client asks through it, and Socket Mode is at home in such networks."""
    asked: list[str] = []

    async def through(request: web.BaseRequest) -> web.Response:
        asked.append(str(request.url))
        return web.Response(text="ok")

    async with RawTestServer(through) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", str(proxy.make_url("/")))
        await bench.adapter.wire.respond("http://hooks.slack.invalid/actions/T/1", HELLO)

    assert asked == ["http://hooks.slack.invalid/actions/T/1"]


async def test_an_answer_is_seen_and_its_address_is_good_five_times(
    bench: Bench, hook: str
) -> None:
    for _ in range(5):
        await bench.adapter.wire.respond(hook, HELLO)

    with pytest.raises(Expired):
        await bench.adapter.wire.respond(hook, HELLO)
    assert bench.there() == ["Hi"] * 5


async def test_an_answer_that_comes_too_late_has_expired(bench: Bench, hook: str) -> None:
    bench.slack.skip(1_801)

    with pytest.raises(Expired):
        await bench.adapter.wire.respond(hook, HELLO)
    with pytest.raises(Expired):
        await bench.adapter.wire.respond(f"{bench.slack.base}/actions/T/unknown", HELLO)


@pytest.mark.parametrize("what", ["lost", "reset", "500", "503"])
@pytest.mark.parametrize("done", [False, True])
async def test_an_answer_whose_reply_is_lost_is_not_repeated(
    bench: Bench, hook: str, what: What, done: bool
) -> None:
    goes_wrong(bench, what, "response_url", done=done)

    with pytest.raises(Ambiguous):
        await bench.adapter.wire.respond(hook, HELLO)

    assert len(bench.slack.calls("response_url")) == 1
    assert bench.there() == ["Hi"] * done


async def test_an_answer_is_repeated_when_slack_asks_for_it_within_bounds(
    bench: Bench, hook: str
) -> None:
    goes_wrong(bench, "429", "response_url", after_s=0)
    await bench.adapter.wire.respond(hook, HELLO)
    assert bench.there() == ["Hi"]

    goes_wrong(bench, "429", "response_url", after_s=60)
    with pytest.raises(TryLater) as later:
        await bench.adapter.wire.respond(hook, HELLO)
    assert later.value.after_s == 60


async def test_an_answer_that_slack_does_not_take_says_why(bench: Bench, hook: str) -> None:
    with pytest.raises(Rejected, match="invalid_blocks"):
        await bench.adapter.wire.respond(hook, {"blocks": [{"type": "map"}]})
    bench.slack.complaints.clear()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "ok", type(None)),
        (200, '{"ok":true}', type(None)),
        (200, "", type(None)),
        (200, '{"ok":false,"error":"used_url"}', Expired),
        (404, '{"ok":false,"error":"expired_url"}', Expired),
        (404, "", Expired),
        (410, "gone", Expired),
        (400, "channel_not_found", Unreachable),
        (403, "restricted_action", Unreachable),
        (400, "<html>no</html>", Rejected),
        (429, "", TryLater),
        (200, "rate_limited", TryLater),
        (503, "", Ambiguous),
        (500, "something_new", Ambiguous),
    ],
)
def test_every_answer_to_an_answer_means_something(status: int, body: str, kind: type) -> None:
    assert type(wire._unanswered(status, {}, body)) is kind


# -- what is told to nobody -----------------------------------------------------------------------


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Everything of the adapter's; of the libraries', what is not for finding their own faults."""
    caplog.set_level(logging.DEBUG)
    for name in ("slack_sdk", "slack_bolt", "aiohttp", "asyncio"):
        caplog.set_level(logging.INFO, name)
    return caplog


@pytest.mark.parametrize("what", ["lost", "500", "garbage", "429", "error"])
async def test_neither_words_nor_tokens_nor_addresses_are_logged(
    bench: Bench, hook: str, heard: pytest.LogCaptureFixture, what: What
) -> None:
    for method in (r"chat\.postMessage", "response_url", "upload"):
        goes_wrong(bench, what, method, done=True, after_s=60)
    failures: list[DeliveryFailure] = []
    words = part("Only for those who read it.")
    for sending in (
        bench.adapter.send(bench.at, words, "key-1"),
        bench.adapter.wire.respond(hook, {"text": words.text}),
        bench.adapter.wire.upload(bench.team, "n", b"drawn", words.text),
    ):
        try:
            await sending
        except DeliveryFailure as failed:
            failures.append(failed)
            logging.getLogger("adapters.slack").warning("not taken: %s", failed)

    assert len(failures) >= 2
    for secret in (words.text, bench.slack.token(bench.team), hook.rpartition("/")[2], "upload/v1"):
        assert secret not in heard.text
