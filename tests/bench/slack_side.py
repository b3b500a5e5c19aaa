"""A small Slack in a process of its own, in which many people press the same button at once.

Knows no adapter. It is told what to do line by line, in JSON, and answers so: `{"press": 1000,
"at_once": 8, "line": 1}`, with a "line" of Socket Mode by its number or an "endpoint".
Invariant: who presses is new, and waits for the app's answer before the next one begins.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.rigs import loopback_slack_hooks as hooks
from tests.rigs.loopback_slack import LoopbackSlack
from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_things import Message
from tests.rigs.loopback_slack_world import World


@dataclass
class Crowd:
    """People who press, and when each saw the answer."""

    slack: LoopbackSlack
    team: str
    study: str
    waiting: dict[str, asyncio.Event] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    shown: Json = field(default_factory=dict)

    def note(self, world: World, name: str, body: Json) -> None:
        """Somebody sees an answer."""
        user = world.hooks[name].user
        self.seen[user], self.shown = time.perf_counter(), body
        hooks_answer(world, name, body)
        if user in self.waiting:
            self.waiting[user].set()

    async def press(self, number: int, at_once: int, line: int, endpoint: str) -> Json:
        """So many, so many at once: how long each waited for the acknowledgement and answer."""
        self.slack.line.endpoint = endpoint
        for connection in self.slack.line.connections:
            connection.leaving = connection.number != line
        message, action_id = self._button()
        turn = asyncio.Semaphore(at_once)
        acks: list[float] = []
        took: list[float] = []

        async def one(user: str) -> None:
            async with turn:
                self.waiting[user] = asyncio.Event()
                begun = time.perf_counter()
                ack = await self.slack.people.press(user, message, action_id)
                assert ack.ok, ack.why
                acks.append(ack.latency_s)
                await self.waiting[user].wait()
                took.append(self.seen[user] - begun)

        users = [self.slack.user(self.team, f"ada-{n}") for n in range(number)]
        self.slack.log.clear()
        await asyncio.gather(*map(one, users))
        calls = Counter(request.method for request in self.slack.log)
        self._forget(users)
        return {"acks": acks, "took": took, "calls": calls, "shown": self.shown}

    def _button(self) -> tuple[Message, str]:
        """The first button of the newest post that has any."""
        for post in reversed(self.slack.messages(self.study)):
            rows = [block for block in post.blocks if block["type"] == "actions"]
            if rows and not post.only_for and not post.thread_ts:
                return post, str(rows[0]["elements"][0]["action_id"])
        raise LookupError("nothing can be pressed")

    def _forget(self, users: list[str]) -> None:
        """A round leaves nothing that makes the next one slower."""
        slack = self.slack
        slack.posts[self.study] = [one for one in slack.posts[self.study] if not one.only_for]
        for kept in (slack.hooks, slack.triggers, self.waiting, self.seen):
            kept.clear()
        slack.line.acks.clear()
        for user in users:
            del slack.users[user]


hooks_answer = hooks.answer


async def serve() -> None:
    async with LoopbackSlack() as slack:
        team = slack.team("Study circle")
        study = slack.channel(team, "study", mia := slack.user(team, "mia", is_admin=True))
        crowd = Crowd(slack, team, study)
        hooks.answer = crowd.note
        tell(
            {
                "api": slack.api,
                "app_token": slack.app_token,
                "token": slack.token(team),
                "secret": slack.signing_secret,
                "team": team,
                "study": study,
                "mia": mia,
            }
        )
        while asked := await asyncio.to_thread(sys.stdin.readline):
            wanted = json.loads(asked)
            answer = await crowd.press(
                wanted["press"], wanted["at_once"], wanted["line"], wanted["endpoint"]
            )
            assert not slack.complaints, slack.complaints
            tell(answer)


def tell(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve())
