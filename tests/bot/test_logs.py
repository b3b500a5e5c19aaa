"""Log lines: readable, one JSON object each, and never with a token in them.

Knows no service. Invariant: what looks like a token is put together at run time, so that no
scanner finds one in this file.
"""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from bot.logs import HumanFormatter, JsonFormatter, redact, set_up

FORMATTERS = {"human": HumanFormatter(), "json": JsonFormatter()}

SECRET = "s3cr3t" + "Value" + "9"
TOKENS = {
    "slack bot": "-".join(("xo" + "xb", "1" * 12, "2" * 12, "a1B2" * 6)),
    "slack user": "-".join(("xo" + "xp", "1" * 12, "a1B2" * 6)),
    "slack app": "-".join(("xa" + "pp", "1", "A" * 10, "3" * 12, "f0" * 20)),
    "slack refresh": "-".join(("xo" + "xe", "1", "My0xLTEyMz" * 4)),
    "slack bot that ends": ".".join(("xo" + "xe", "-".join(("xo" + "xb", "1", "MS0yLTEyMz" * 4)))),
    "slack signature": "=".join(("v0", "a1b2c3d4" * 8)),
    "discord bot": ".".join(("M" + "Tk4" * 8, "Gh" + "1" * 4, "x_-y" * 8)),
    "discord bot of a longer id": ".".join(("O" + "Tk4" * 9, "Gh" + "1" * 4, "x_-y" * 9)),
}
SENTENCES = {
    "bearer": "Authorization: Bearer " + SECRET,
    "bot header": "Authorization: Bot " + SECRET,
    "token": "token=" + SECRET,
    "token in a page's address": "http://127.0.0.1:8000/?token=" + SECRET,
    "signing secret": "signing_secret: " + SECRET,
    "json": '{"client_secret": "' + SECRET + '"}',
    "repr": "{'password': '" + SECRET + "'}",
    "upper case": "SLACK_BOT_TOKEN=" + SECRET,
    "answer to an interaction": "POST /interactions/1234/" + SECRET + "/callback",
    "later answer": "PATCH https://discord.example/api/v10/webhooks/1234/" + SECRET,
    "slack client": "{'client_id': '1.2', 'client_secret': '" + SECRET + "'}",
    "slack refresh token": '"refresh_token": "' + SECRET + '"',
    "slack token key": "STUDYHALL_SLACK_TOKEN_KEY=" + SECRET,
    "slack trigger": "{'trigger_id': '" + SECRET + "'}",
    "slack answer": "POST https://hooks.slack.com/actions/T1/2/" + SECRET,
    "slack socket": "wss://wss-primary.slack.com/link/?ticket=" + SECRET + "&app_id=1",
    "database": "postgresql://mia:" + SECRET + "@db:5432/hall",
}


def record(message: str, *args: object, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "bot.x", "levelname": "WARNING", "created": 1_780_000_000.25}
    )
    made.msg, made.args = message, args
    made.__dict__.update(extra)
    return made


def failed(message: str) -> logging.LogRecord:
    made = record("it failed")
    try:
        raise RuntimeError(message)
    except RuntimeError:
        made.exc_info = sys.exc_info()
    return made


@pytest.mark.parametrize("style", FORMATTERS)
@pytest.mark.parametrize("kind", TOKENS)
def test_no_token_leaves_in_a_message_an_argument_an_extra_or_a_trace(
    kind: str, style: str
) -> None:
    token = TOKENS[kind]
    for each in (
        record(f"connecting with {token} now"),
        record("connecting with %s now", token),
        record("connecting", header={"key": [token]}),
        failed(f"refused: {token}"),
    ):
        line = FORMATTERS[style].format(each)
        assert token not in line
        assert token[6:] not in line
        assert "***" in line


@pytest.mark.parametrize("style", FORMATTERS)
@pytest.mark.parametrize("kind", SENTENCES)
def test_what_is_called_a_secret_is_taken_out(kind: str, style: str) -> None:
    for each in (record(SENTENCES[kind]), failed(SENTENCES[kind])):
        line = FORMATTERS[style].format(each)
        assert SECRET not in line
        assert "***" in line


@pytest.mark.parametrize("style", FORMATTERS)
@pytest.mark.parametrize("name", ["token", "signing_secret", "password", "client_secret"])
def test_an_extra_that_is_named_like_a_secret_is_taken_out(name: str, style: str) -> None:
    line = FORMATTERS[style].format(record("started", **{name: SECRET}))
    assert SECRET not in line
    assert name in line


def test_a_line_stays_json_whatever_is_taken_out_of_it() -> None:
    for sentence in (*SENTENCES.values(), *TOKENS.values()):
        fields = json.loads(FORMATTERS["json"].format(record(sentence, extra_one=sentence)))
        assert fields["logger"] == "bot.x"
        assert SECRET not in str(fields)


@pytest.mark.parametrize(
    "text",
    [
        "the run 9f2c51d0a7b34e68 posts to http://localhost:8000/week/1",
        "a token was missing",
        "week-1-of-an-eye-for-deep-learning.03-maps.md",
        "control 0f" + "a1" * 11,
    ],
)
def test_ordinary_words_are_let_alone(text: str) -> None:
    assert redact(text) == text


def test_a_human_line_has_time_level_place_message_and_extras() -> None:
    line = FORMATTERS["human"].format(record("posted %d", 3, run="r1"))
    assert line == "20:26:40 warning bot.x: posted 3 run=r1"


def test_a_json_line_is_one_object_with_the_extras_as_fields() -> None:
    line = FORMATTERS["json"].format(record("two\nlines", run="r1", odd=object))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields["at"] == "2026-05-28T20:26:40.250+00:00"
    assert (fields["level"], fields["message"], fields["run"]) == ("warning", "two\nlines", "r1")
    assert "args" not in fields


@pytest.mark.parametrize("style", FORMATTERS)
def test_an_exception_is_told_with_its_trace(style: str) -> None:
    line = FORMATTERS[style].format(failed("the disk is full"))
    assert "RuntimeError: the disk is full" in line
    assert "Traceback" in line


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, afterwards as it was."""
    root, scheduler = logging.getLogger(), logging.getLogger("apscheduler")
    handlers, level, quiet = root.handlers[:], root.level, scheduler.level
    yield root
    root.handlers[:], root.level = handlers, level
    root.setLevel(level)
    scheduler.setLevel(quiet)


def test_every_logger_writes_to_the_one_stream(root: logging.Logger) -> None:
    stream = io.StringIO()
    set_up("json", "info", stream)
    logging.getLogger("bot.tick").info("hello", extra={"run": "r1"})
    logging.getLogger("bot.tick").debug("not this")
    logging.getLogger("apscheduler.executors").info("nor this, once a second")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["run"] == "r1"


def test_what_people_type_in_discord_is_not_logged_at_any_level(root: logging.Logger) -> None:
    stream = io.StringIO()
    set_up("human", "debug", stream)
    logging.getLogger("discord.gateway").debug("WebSocket Event: {'nick': 'Ada'}")
    logging.getLogger("discord.http").warning("We are being rate limited.")

    assert "Ada" not in stream.getvalue()
    assert "rate limited" in stream.getvalue()


def test_what_people_type_in_slack_is_not_logged_whatever_level_bolt_gives_its_loggers(
    root: logging.Logger,
) -> None:
    stream = io.StringIO()
    set_up("human", "debug", stream)
    for name in ("slack_bolt.AsyncApp", "slack_sdk.web.async_base_client"):
        talkative = logging.getLogger(name)
        before, talkative.level = talkative.level, logging.DEBUG
        talkative.debug("Received the following response - body: {'real_name': 'Ada'}")
        talkative.warning("We are being rate limited.")
        talkative.setLevel(before)

    assert "Ada" not in stream.getvalue()
    assert stream.getvalue().count("rate limited") == 2


def test_without_a_stream_lines_go_to_the_standard_error_of_that_moment(
    root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    set_up("human", "warning")
    logging.getLogger("bot.tick").warning("careful")
    assert stream.getvalue().endswith("bot.tick: careful\n")
