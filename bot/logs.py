"""Log lines for people or for machines, without tokens.

Knows no component. Invariant: what looks like a token leaves as `***`, wherever it stands.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, TextIO

_TOKENS: Final = re.compile(
    r"""
      xox[a-z]-[\w-]{8,}                                # Slack bot, user and refresh tokens
    | xapp-[\w-]{8,}                                    # Slack app tokens
    | [MNO][\w-]{22,}\.[\w-]{6,}\.[\w-]{25,}            # Discord bot tokens
    | (?<=hooks\.slack\.com/)[\w/-]{8,}                # where Slack takes answers for half an hour
    | (?<=v0=)[0-9a-f]{64}                             # Slack's signatures
    | (?<=://)[^/\s:@]*:[^/\s@]+(?=@)                   # user:password in an address
    """,
    re.VERBOSE,
)
_CALLED: Final = r"token|token_key|secret|password|authorization|api_?key|ticket|trigger_id"
_NAMED: Final = re.compile(
    rf"""
    ( (?: (?:{_CALLED}) \\*["']?\s*[=:]\s*\\*["']? (?: (?:bearer|bot|basic)\s+ )?
      | \bbearer\s+
      | /(?:interactions|webhooks)/\d+/                # Discord's tokens of interactions
      )
    ) [^\s"',;&\\]{{6,}}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SECRET_NAME: Final = re.compile(rf"(?:{_CALLED})$", re.IGNORECASE)

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def redact(text: str) -> str:
    """The text without anything that looks like a token or is called a secret."""
    return _NAMED.sub(r"\1***", _TOKENS.sub("***", text))


class HumanFormatter(logging.Formatter):
    """One line: time, level, where, what, and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        extra = "".join(f" {name}={value}" for name, value in _extra(record).items())
        line = f"{at:%H:%M:%S} {record.levelname.lower():7} {record.name}: {record.getMessage()}"
        trouble = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        return redact(f"{line}{extra}{trouble}")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
            **_extra(record),
        }
        if record.exc_info:
            fields["trouble"] = redact(self.formatException(record.exc_info))
        return json.dumps(fields, ensure_ascii=False)


TALKATIVE: Final = ("discord", "slack_bolt", "slack_sdk")
"""Their debugging prints what people typed, their names, and tokens."""


def _fit_for_eyes(record: logging.LogRecord) -> bool:
    """Not a level of their loggers: Bolt gives each of its own one, whatever stands above them.

    It costs what a record costs, 5 us, and only where somebody has asked for all debugging.
    """
    return record.levelno >= logging.INFO or not record.name.startswith(TALKATIVE)


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {
        name: _clean(name, value) for name, value in record.__dict__.items() if name not in _PLAIN
    }


def _clean(name: str, value: object) -> object:
    """What JSON can hold, redacted piece by piece: after dumping, quotes would be in the way."""
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping():
            return {str(key): _clean(str(key), each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(name, each) for each in value]
        case _:
            return "***" if _SECRET_NAME.search(name) else redact(str(value))


def set_up(style: Literal["human", "json"], level: str, stream: TextIO | None = None) -> None:
    """Send every logger's lines to `stream`, or to standard error; called by the command line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if style == "json" else HumanFormatter())
    handler.addFilter(_fit_for_eyes)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # APScheduler tells of every single tick at this level.
    logging.getLogger("apscheduler").setLevel(max(logging.WARNING, root.level))
