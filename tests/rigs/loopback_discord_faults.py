"""What goes wrong in a small Discord, when it is told to misbehave.

Knows no world. Invariant: a fault says whether the request was done before it went wrong.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

What: TypeAlias = Literal[
    "400", "403", "404", "429", "500", "502", "503", "reset", "close", "slow", "banned"
]


@dataclass
class Fault:
    """What goes wrong `times` times with matching requests, `done` or not done before it does.

    What is slow is always done: before or after it was slow.
    """

    what: What
    path: str = r".*/(messages|threads)$"
    method: str = "POST"
    done: bool = False
    times: int = 1
    after_s: float = 0.3
    code: int = 0


class Plan:
    """What is to go wrong, in order; besides a `share` of all posts, by `chance`."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.share = 0.0
        self.chance = random.Random(1)

    def next(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and re.fullmatch(fault.path, path):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        making = method == "POST" and re.fullmatch(r".*/(messages|threads)", path)
        if making and self.chance.random() < self.share:
            what: What = self.chance.choice(["500", "502", "503", "reset", "close", "429"])
            return Fault(what, done=what != "429" and self.chance.random() < 0.6)
        return None
