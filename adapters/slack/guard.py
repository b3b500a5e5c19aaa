"""What stands before Bolt where requests come by HTTP: who sent it, what it is, whether it is new.

Knows no route and no listener. Invariant: whatever comes, the answer is a value and no exception.
Source: Slack's developer documentation, "Verifying requests from Slack".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

Json: TypeAlias = dict[str, Any]

OLD_S: Final = 300
"""A signature of an older moment is one that somebody kept."""

DEEPEST: Final = 64
MOST_FIELDS: Final = 100

_STAMP: Final = re.compile(r"\d{9,11}", re.ASCII)
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class Guard:
    """Knows what Slack signs with; it never shows it."""

    def __init__(self, signing_secret: str) -> None:
        self._secret = signing_secret.encode()

    def __repr__(self) -> str:
        return "Guard()"

    def genuine(self, stamp: str, signature: str, body: bytes, now: datetime) -> bool:
        """Whether Slack signed this body, and not long ago."""
        if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
            return False
        if abs(now.timestamp() - int(stamp)) > OLD_S:
            return False
        return hmac.compare_digest(self.signature(stamp, body), signature.encode("ascii"))

    def signature(self, stamp: str, body: bytes) -> bytes:
        """What Slack would send with this body."""
        told = hmac.new(self._secret, b"v0:%b:%b" % (stamp.encode("ascii"), body), hashlib.sha256)
        return b"v0=" + told.hexdigest().encode("ascii")


# -- what it is -----------------------------------------------------------------------------------


def is_ssl_check(body: bytes) -> bool:
    """Slack sees now and then whether the certificate is good; it need not sign that."""
    return _form(body).get("ssl_check") == "1" if len(body) < 1_000 else False


def read(body: bytes) -> Json | None:
    """An event, a payload of a form, or a command; None for everything else.

    Bolt's own reading takes a command with the word "payload" in it for a form without one.
    """
    if body[:1] == b"{":
        told = _json(body)
    else:
        form = _form(body)
        told = _json(form["payload"]) if "payload" in form else form if "command" in form else None
    if told is None or not _sound(told) or not _shaped(told):
        return None
    # Bolt looks into what is there, and takes nothing for something.
    return {name: value for name, value in told.items() if value is not None or name in _EITHER}


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        return {}
    return dict(pairs)


def _json(text: bytes | str) -> Json | None:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _sound(told: object) -> bool:
    """Neither too deep for what copies it nor with half a character that can't be written down."""
    level: list[object] = [told]
    for _ in range(DEEPEST):
        below: list[object] = []
        for one in level:
            match one:
                case dict():
                    below.extend(one)
                    below.extend(one.values())
                case list():
                    below.extend(one)
                case str() if not one.isascii():
                    try:
                        one.encode()
                    except UnicodeEncodeError:
                        return False
        if not below:
            return True
        level = below
    return False


_TEXTS: Final = frozenset(
    {
        "action_id",
        "api_app_id",
        "block_id",
        "callback_id",
        "channel_id",
        "command",
        "enterprise_id",
        "event_id",
        "id",
        "response_url",
        "team_id",
        "trigger_id",
        "ts",
        "type",
        "user_id",
    }
)
_OBJECTS: Final = frozenset(
    {
        "assistant_thread",
        "container",
        "event",
        "function_data",
        "item",
        "message",
        "previous_message",
        "state",
        "view",
    }
)
_EITHER: Final = frozenset({"channel", "enterprise", "team", "user"})
_LISTS: Final = frozenset({"actions", "authorizations", "response_urls"})


def _shaped(told: Json) -> bool:
    """Whether what Bolt looks at without asking is of the kind that Slack sends."""
    return all(value is None or _as_sent(name, value) for name, value in told.items())


def _as_sent(name: str, value: object) -> bool:
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _OBJECTS:
        return _named(value)
    if name in _EITHER:
        return isinstance(value, str) or _named(value)
    if name in _LISTS:
        pressed = bool(value) or name != "actions"  # Bolt takes the first for granted
        return isinstance(value, list) and pressed and all(map(_named, value))
    return True


def _named(told: object) -> bool:
    return isinstance(told, dict) and all(
        told[name] is None or isinstance(told[name], str) for name in _TEXTS & told.keys()
    )
