"""A small Slack that runs in another process, driven from here by the names of its verbs.

Knows no verb: it looks them up. Invariant: what begins with an underscore stays its own affair.
"""

from __future__ import annotations

import inspect
from dataclasses import asdict, is_dataclass
from typing import Any

import aiohttp

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_things import Message
from tests.rigs.loopback_slack_world import World


async def do(slack: World, told: Json) -> Any:
    """`{"do": "people.press", "args": [...], "more": {...}}`; of what is no verb, its value."""
    found: Any = slack
    *path, name = str(told["do"]).split(".")
    assert not any(one.startswith("_") for one in (*path, name)), told["do"]
    for one in path:
        found = getattr(found, one)
    if "set" in told:
        setattr(found, name, told["set"])
        return None
    found = getattr(found, name)
    if not callable(found):
        return found
    args = [_real(slack, one) for one in told.get("args", [])]
    answer = found(*args, **told.get("more", {}))
    return await answer if inspect.isawaitable(answer) else answer


def _real(slack: World, told: Any) -> Any:
    """Messages, views and faults come by their name."""
    if isinstance(told, dict) and "message" in told:
        there = [one for posts in slack.posts.values() for one in posts]
        return next(one for one in there if one.ts == told["message"])
    if isinstance(told, dict) and "view" in told:
        return slack.views[told["view"]]
    if isinstance(told, dict) and "fault" in told:
        return Fault(**told["fault"])
    return told


def plain(thing: object) -> object:
    """For JSON: a dataclass by its fields, a message also by what can be read in it."""
    if isinstance(thing, set):
        return sorted(thing)
    if isinstance(thing, bytes):
        return len(thing)
    assert is_dataclass(thing)
    assert not isinstance(thing, type)
    told = asdict(thing)
    if isinstance(thing, Message):
        told |= {"words": thing.words, "labels": thing.labels, "pings": thing.pings}
    return told


class Remote:
    """`await remote("people.command", ada, study, "/study next")`, in another process."""

    def __init__(self, base: str) -> None:
        self.base = base

    async def __call__(self, verb: str, *args: object, **more: object) -> Any:
        return await self._tell({"do": verb, "args": args, "more": more})

    async def set(self, name: str, value: object) -> None:
        """`await remote.set("plan.share", 0.2)`"""
        await self._tell({"do": name, "set": value})

    async def fault(self, **of: object) -> None:
        await self("plan.faults.append", {"fault": of})

    async def _tell(self, told: Json) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}/_control", json=told) as answer,
        ):
            answer.raise_for_status()
            return await answer.json()
