"""How a small Slack misbehaves when it is told to, and what it keeps of every request.

Knows no method. Invariant: a fault says whether the request was done before it went wrong.
"""

from __future__ import annotations

import random
import re
import socket
import struct
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tests.rigs.loopback_slack_blocks import Json

What: TypeAlias = Literal["lost", "reset", "500", "502", "503", "429", "slow", "error", "garbage"]

POSTING = ("chat.postMessage",)


@dataclass
class Fault:
    """What goes wrong `times` times with matching requests, `done` or not done before it does.

    `method` is a pattern; uploads are "upload" and response_urls "response_url". `after_s` is how
    slow, or when to come back. What is slow is done: before or after it was slow.
    """

    what: What
    method: str = r"chat\.postMessage"
    done: bool = False
    times: int = 1
    after_s: float = 0.3
    error: str = "internal_error"


@dataclass
class Request:
    """A request as it came in, and how it was answered: "" is ok, else the error or fault."""

    method: str
    body: Json
    token: str
    team: str
    at: float
    error: str = ""
    done: bool = False
    status: int = 200
    ts: str = ""


class Plan:
    """What is to go wrong, in order; besides a `share` of all posts, by `chance`."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.share = 0.0
        self.kinds: tuple[What, ...] = ("lost", "reset", "500", "502", "503", "429")
        self.after_s = 1.0
        self.chance = random.Random(1)

    def next(self, method: str) -> Fault | None:
        """What goes wrong with this request, if anything does."""
        for fault in self.faults:
            if re.fullmatch(fault.method, method):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        if method in POSTING and self.chance.random() < self.share:
            what = self.chance.choice(self.kinds)
            done = what != "429" and self.chance.random() < 0.6
            return Fault(what, done=done, after_s=self.after_s)
        return None


def cut(line: socket.socket) -> None:
    """The peer will see a reset, not an end."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
