"""Slack over HTTP: what Slack signed runs once, everything else reaches nothing.

Knows no adapter: the listeners are Bolt's own, in an app made here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck

from adapters.seen import Seen
from adapters.slack import endpoint
from adapters.slack.endpoint import MOST_BYTES, Endpoint
from adapters.slack.guard import DEEPEST, Guard, is_ssl_check, read
from adapters.slack.manifest import EVENTS_PATH
from bot.listener import listening
from tests.rigs.slack_door import until

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"


def signed(body: bytes, stamp: str, secret: str = SECRET) -> str:
    """As Slack's documentation says it, written down a second time."""
    base = f"v0:{stamp}:".encode("utf-8", "surrogateescape") + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def form(**fields: str) -> bytes:
    return urlencode(fields).encode()


def payload(told: object) -> bytes:
    return form(payload=json.dumps(told))


def action(value: str = "v") -> dict[str, Any]:
    return {
        "type": "block_actions",
        "team": {"id": "T1", "domain": "study"},
        "user": {"id": "U1", "team_id": "T1"},
        "channel": {"id": "C1"},
        "trigger_id": "1.2.abc",
        "actions": [{"action_id": "press", "block_id": "b", "type": "button", "value": value}],
    }


def event(name: str = "Ev1") -> dict[str, Any]:
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": name,
        "event": {"type": "app_home_opened", "user": "U1", "tab": "home"},
    }


def command(text: str = "next") -> bytes:
    return form(command="/study", text=text, team_id="T1", user_id="U1", channel_id="C1", api="x")


def listeners(ran: Counter[str]) -> AsyncApp:
    """They acknowledge and count."""

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    app = AsyncApp(
        process_before_response=True,
        request_verification_enabled=False,
        authorize=authorize,
        name="study",
    )

    async def pressed(ack: AsyncAck) -> None:
        await ack()

    async def later(action: dict[str, Any]) -> None:
        ran[f"action {action['value']}"] += 1

    async def opened(body: dict[str, Any]) -> None:
        ran[f"event {body['event_id']}"] += 1
        if ran["fails"] > 0:
            ran["fails"] -= 1
            raise RuntimeError("it failed")

    async def typed(ack: AsyncAck, command: dict[str, Any]) -> None:
        ran[f"command {command['text']}"] += 1
        await ack({"response_type": "ephemeral", "text": "Here you are."})

    app.action("press")(ack=pressed, lazy=[later])
    app.event("app_home_opened")(opened)
    app.command("/study")(typed)
    return app


@dataclass
class Adapter:
    """What the way in sees of one."""

    bolt: AsyncApp
    told: int = 0
    trouble: Exception | None = None
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))

    async def tell_workspaces(self) -> None:
        """Counts how often the service is told."""
        self.told += 1
        if self.trouble is not None:
            raise self.trouble


@dataclass
class Bench:
    address: str
    browser: aiohttp.ClientSession
    ran: Counter[str]

    async def post(
        self,
        body: bytes,
        *,
        stamp: str | None = None,
        signature: str | None = None,
        kind: str = FORM,
        **headers: str,
    ) -> tuple[int, bytes]:
        stamp = str(int(time.time())) if stamp is None else stamp
        said = {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signed(body, stamp) if signature is None else signature,
            "Content-Type": kind,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        async with self.browser.post(self.address + EVENTS_PATH, data=body, headers=said) as answer:
            return answer.status, await answer.read()

    async def tell(self, told: object, **how: str) -> tuple[int, bytes]:
        return await self.post(json.dumps(told).encode(), kind="application/json", **how)

    async def raw(self, request: bytes) -> int:
        """What the answer to these bytes is; 0 for a line that is only closed."""
        host, port = self.address.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request)
        async with asyncio.timeout(10):
            line = await reader.readline()
        writer.close()
        return int(line.split()[1]) if line else 0


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    ran: Counter[str] = Counter()
    way_in = Endpoint(SECRET)
    await way_in.start(Adapter(listeners(ran)))
    async with (
        listening("127.0.0.1", 0, [way_in]) as port,
        aiohttp.ClientSession() as browser,
    ):
        yield Bench(f"http://127.0.0.1:{port}", browser, ran)
    await way_in.stop()


# -- what runs ------------------------------------------------------------------------------------


async def test_a_press_is_acknowledged_and_the_rest_goes_on_behind_it(bench: Bench) -> None:
    assert await bench.post(payload(action())) == (200, b"")
    await until(lambda: bench.ran["action v"] == 1)


async def test_a_command_is_answered_in_the_response(bench: Bench) -> None:
    status, body = await bench.post(command())
    assert (status, json.loads(body)["text"]) == (200, "Here you are.")


@pytest.mark.parametrize("text", ["", "payload", "lesson payload=1 & more", "größe <@U1> \u2028"])
async def test_a_command_is_taken_as_it_was_typed(bench: Bench, text: str) -> None:
    assert (await bench.post(command(text)))[0] == 200
    assert bench.ran[f"command {text}"] == 1


async def test_an_event_is_acknowledged(bench: Bench) -> None:
    assert (await bench.tell(event()))[0] == 200
    assert bench.ran["event Ev1"] == 1


async def test_the_address_is_confirmed(bench: Bench) -> None:
    told = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3"}
    for _ in range(2):
        status, body = await bench.tell(told)
        assert (status, json.loads(body)) == (200, {"challenge": told["challenge"]})
    assert (await bench.tell(told, signature="v0=" + "0" * 64))[0] == 401


async def test_the_certificate_may_be_checked_without_a_signature(bench: Bench) -> None:
    assert await bench.post(form(ssl_check="1", token="x"), signature="") == (200, b"")
    assert (await bench.post(form(ssl_check="0", token="x"), signature=""))[0] == 401
    assert (await bench.post(form(ssl_check="1") + b"&" + command(), signature=""))[0] == 200
    assert bench.ran.total() == 0


async def test_what_nobody_listens_to_is_not_found(bench: Bench) -> None:
    assert (await bench.post(form(command="/other", text="")))[0] == 404


# -- who sent it ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        {"signature": ""},
        {"signature": "v0=" + "0" * 64},
        {"signature": "v1=" + "0" * 64},
        {"signature": "v0=" + "0" * 63},
        {"signature": "v0=" + "G" * 64},
        {"signature": "v0=" + "é" * 64},
        {"signature": "v0=" + "\uff11" * 64},
        {"signature": "v0=" + "0" * 4_000},
        {"stamp": ""},
        {"stamp": "soon"},
        {"stamp": "-1"},
        {"stamp": "1e9"},
        {"stamp": "nan"},
        {"stamp": "1" * 20},
        {"stamp": "1" * 5_000},
        {"stamp": "\uff11" * 10},
        {"stamp": "é"},
        {"stamp": str(int(time.time()) - 3_600)},
        {"stamp": str(int(time.time()) + 3_600)},
    ],
)
async def test_what_slack_did_not_sign_now_is_refused(bench: Bench, how: dict[str, str]) -> None:
    assert (await bench.post(payload(action()), **how))[0] == 401
    assert bench.ran.total() == 0


async def test_a_body_that_was_changed_and_a_secret_of_another_are_refused(bench: Bench) -> None:
    stamp = str(int(time.time()))
    right = signed(command(), stamp)
    assert (await bench.post(command("stop"), stamp=stamp, signature=right))[0] == 401
    other = signed(command(), stamp, "0" * 32)
    assert (await bench.post(command(), stamp=stamp, signature=other))[0] == 401
    assert (await bench.post(command(), stamp=str(int(stamp) + 1), signature=right))[0] == 401
    assert bench.ran.total() == 0


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Slack-Signature: v0=\xff\xfe\xfd\r\nX-Slack-Request-Timestamp: 1700000000",
        b"X-Slack-Signature: v0=\xc3\xa9\r\nX-Slack-Request-Timestamp: \xe2\x82\xac",
        b"X-Slack-Signature: a\r\nX-Slack-Signature: b",
        b"X-Slack-Request-Timestamp: 99999999999\r\nX-Slack-Signature: v0=" + b"0" * 64,
        b"Content-Encoding: gzip\r\nX-Slack-Signature: v0=" + b"0" * 64,
        b"Content-Type: text/plain; charset=klingon",
        b"Content-Type: ;;;",
        b"Content-Type: multipart/form-data",
    ],
)
async def test_headers_of_any_bytes_get_a_clean_answer(bench: Bench, headers: bytes) -> None:
    start = b"POST %b HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n" % EVENTS_PATH.encode()
    assert await bench.raw(start + headers + b"\r\n\r\nabcd") in (400, 401, 415)
    assert bench.ran.total() == 0


def test_the_signature_is_the_one_of_slacks_own_example() -> None:
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    stamp = "1531420618"
    told = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    guard = Guard(SECRET)
    then = datetime.fromtimestamp(int(stamp), UTC)

    assert guard.genuine(stamp, told, body, then)
    assert not guard.genuine(stamp, told, body, datetime.fromtimestamp(int(stamp) + 301, UTC))
    assert not guard.genuine(stamp, told, body, datetime.fromtimestamp(int(stamp) - 301, UTC))
    assert SECRET not in repr(guard)


# -- what it is -----------------------------------------------------------------------------------


def deep(levels: int) -> bytes:
    return b'{"type":"event_callback","x":' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"{}{}",
        b'{"type": 3}',
        b'{"type": "block_actions", "team": 5}',
        b'{"type": "block_actions", "user": [1]}',
        b'{"type": "block_actions", "actions": {"0": 1}}',
        b'{"type": "block_actions", "actions": [1]}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "event_callback", "event": "x"}',
        b'{"type": "event_callback", "event": {"type": 7}}',
        b'{"type": "event_callback", "event_id": ["x"]}',
        b'{"type": "event_callback", "event": {"type": "a", "user": 5}}',
        b'{"type": "event_callback", "authorizations": 5}',
        b'{"type": "event_callback", "authorizations": [5]}',
        b'{"type": "x", "a": "\\ud800"}',
        b'{"type": "x", "a": ' + b"9" * 5_000 + b"}",
        deep(DEEPEST),
        deep(50_000),
        b"payload",
        b"payload=",
        b"payload=5",
        b"payload=%7B",
        b"payload=%5B%5D",
        b"payload=%FF%FE",
        b"payload=" + deep(900).replace(b"[", b"%5B").replace(b"]", b"%5D"),
        b"text=hello",
        b"a&b&c",
        b"command=%ZZ%FF",
        b"&".join(b"a%d=1" % number for number in range(500)),
    ],
)
@pytest.mark.parametrize("kind", [FORM, "application/json", "text/plain; charset=nonsense"])
async def test_what_is_signed_but_nothing_of_slacks_is_a_bad_request(
    bench: Bench, body: bytes, kind: str
) -> None:
    assert (await bench.post(body, kind=kind))[0] == 400
    assert bench.ran.total() == 0


WILD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["type", "team", "user", "id", "event", "view", "actions", "channel", "command"]
            ),
            below,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), WILD, st.text(max_size=20))
def test_reading_never_raises(junk: bytes, told: object, text: str) -> None:
    for body in (junk, json.dumps(told).encode(), payload(told), form(payload=text, command=text)):
        is_ssl_check(body)
        found = read(body)
        assert found is None or isinstance(found, dict)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(WILD, min_size=1, max_size=8),
    st.lists(st.tuples(st.text(max_size=12), st.text(max_size=70)), max_size=4),
)
def test_no_body_and_no_header_brings_an_error_of_ours(
    bodies: list[object], headers: list[tuple[str, str]]
) -> None:
    async def ask() -> list[int]:
        way_in, ran = Endpoint(SECRET), Counter[str]()
        await way_in.start(Adapter(listeners(ran)))
        async with (
            listening("127.0.0.1", 0, [way_in]) as port,
            aiohttp.ClientSession() as browser,
        ):
            bench = Bench(f"http://127.0.0.1:{port}", browser, ran)
            found = [(await bench.tell(told))[0] for told in bodies]
            found += [(await bench.post(payload(told)))[0] for told in bodies]
            for stamp, signature in headers:
                sent = {"stamp": _sendable(stamp), "signature": _sendable(signature)}
                found.append((await bench.post(command(), **sent))[0])
            return found

    assert max(asyncio.run(ask())) < 500


def _sendable(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())


# -- how much, and how long -----------------------------------------------------------------------


def _too_long() -> bytes:
    head = f"POST {EVENTS_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MOST_BYTES + 1}\r\n\r\n"
    return head.encode() + b"["


async def test_a_body_that_is_too_large_is_not_read(bench: Bench) -> None:
    assert (await bench.raw(_too_long())) == 413

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"[" * 65_536

    async with bench.browser.post(bench.address + EVENTS_PATH, data=pieces()) as answer:
        assert answer.status == 413


async def test_a_body_that_does_not_end_is_not_waited_for_for_ever(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    half = f"POST {EVENTS_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode()
    monkeypatch.setattr(endpoint, "BODY_S", 0.1)
    assert await bench.raw(half) == 408

    monkeypatch.setattr(endpoint, "BODY_S", 5.0)
    host, port = bench.address.removeprefix("http://").split(":")
    _, leaving = await asyncio.open_connection(host, int(port))
    leaving.write(half)
    await leaving.drain()
    leaving.transport.abort()
    assert (await bench.post(command()))[0] == 200
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


async def test_pieces_that_are_no_pieces_get_a_clean_answer(bench: Bench) -> None:
    start = f"POST {EVENTS_PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert await bench.raw(start + b"zz\r\nabc\r\n0\r\n\r\n") == 400


# -- once -----------------------------------------------------------------------------------------


async def test_the_same_request_again_is_taken_and_does_nothing(bench: Bench) -> None:
    stamp = str(int(time.time()))
    for body in (payload(action()), command()):
        assert [(await bench.post(body, stamp=stamp))[0] for _ in range(3)] == [200] * 3
    await until(lambda: bench.ran.total() == 2)
    assert bench.ran == {"action v": 1, "command next": 1}


async def test_all_at_once_it_still_runs_once(bench: Bench) -> None:
    stamp = str(int(time.time()))
    got = await asyncio.gather(*(bench.post(command(), stamp=stamp) for _ in range(20)))
    assert {status for status, _ in got} == {200}
    assert bench.ran == {"command next": 1}


async def test_an_event_that_slack_sends_again_runs_once(bench: Bench) -> None:
    now = int(time.time())
    for number in range(4):
        again = {"X_Slack_Retry_Num": str(number), "X_Slack_Retry_Reason": "http_timeout"}
        how = again if number else {}
        assert (await bench.tell(event(), stamp=str(now + number), **how))[0] == 200
    assert (await bench.tell(event("Ev2"), stamp=str(now)))[0] == 200
    assert bench.ran == {"event Ev1": 1, "event Ev2": 1}


async def test_an_event_that_came_to_nothing_runs_when_slack_sends_it_again(bench: Bench) -> None:
    bench.ran["fails"] = 1
    now = int(time.time())
    got = [(await bench.tell(event(), stamp=str(now + number)))[0] for number in range(3)]
    assert got == [500, 200, 200]
    assert bench.ran["event Ev1"] == 2


def test_what_was_seen_is_bounded_and_the_newest_is_kept() -> None:
    seen = Seen(most=3)
    assert [seen.all_new(mark) for mark in "abcd"] == [True] * 4
    assert [seen.all_new(mark) for mark in "dcb"] == [False] * 3
    assert seen.all_new("a")
    assert not seen.all_new("new", "a")
    assert seen.all_new("new")  # a refused pair leaves no mark


async def test_no_header_reaches_what_bolt_reads_headers_for(bench: Bench) -> None:
    headers = {"X_Slack_Bolt_Lazy_Only": "1", "X_Slack_Bolt_Lazy_Function_Name": "later"}
    assert (await bench.post(command(), **headers))[0] == 200
    assert bench.ran == {"command next": 1}


# -- open and closed ------------------------------------------------------------------------------


async def test_other_methods_are_none_and_there_is_nothing_to_install(bench: Bench) -> None:
    async with bench.browser.get(bench.address + EVENTS_PATH) as answer:
        assert answer.status == 405
    async with bench.browser.get(bench.address + "/slack/install") as answer:
        assert answer.status == 404


async def test_before_it_is_open_and_after_it_is_closed_slack_is_to_come_again() -> None:
    way_in, ran = Endpoint(SECRET), Counter[str]()
    async with (
        listening("127.0.0.1", 0, [way_in]) as port,
        aiohttp.ClientSession() as browser,
    ):
        bench = Bench(f"http://127.0.0.1:{port}", browser, ran)
        assert (await bench.post(command("1")))[0] == 503
        await way_in.start(Adapter(listeners(ran)))
        assert (await bench.post(command("2")))[0] == 200
        await way_in.stop()
        assert (await bench.post(command("3")))[0] == 503
        way_in.hang_up()
    assert ran == {"command 2": 1}
