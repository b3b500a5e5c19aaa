"""An adapter beside a small Slack, in a workspace with a channel and with people in it.

Knows no service: the host keeps what comes in. Invariant: everything goes over real lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.port import Address
from adapters.slack.installations import OneWorkspace, space_of
from adapters.slack.messenger import SlackAdapter, Transport
from lessons.actions import Join
from lessons.document import Document, Paragraph, Plot, Text
from lessons.figure import Figure
from lessons.posts import Control, Part, Post, Reply, control
from tests.rigs.host import KeptHost, KeptShelf
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack
from tests.rigs.loopback_slack_things import Message
from tests.rigs.loopback_slack_world import BASIC, READING


class NoLine:
    """No way in: for what goes out alone."""

    async def start(self, adapter: SlackAdapter) -> None:
        pass

    async def stop(self) -> None:
        pass


@dataclass
class Bench:
    """A workspace with the channel `study`, in which Ada and the app are."""

    slack: LoopbackSlack
    adapter: SlackAdapter
    host: KeptHost
    team: str
    study: str
    ada: str

    @property
    def at(self) -> Address:
        return Address(space_of(self.team), self.study)

    @property
    def shelf(self) -> KeptShelf:
        return self.host.shelf("slack")

    def there(self) -> list[str]:
        """The words of what stands in the channel."""
        return [one.words for one in self.slack.messages(self.study)]

    async def posted(self, one: Part | None = None, key: str = "key-1") -> Message:
        """A part that was sent to the channel, as it stands there."""
        await self.adapter.send(self.at, one or join_post(self.team), key)
        return self.slack.messages(self.study)[-1]


@asynccontextmanager
async def open_bench(
    line: Callable[[LoopbackSlack], Transport] = lambda slack: NoLine(),
    scopes: tuple[str, ...] = (*BASIC, *READING),
    *,
    pace_s: float = 0.0,
    shelves: dict[str, KeptShelf] | None = None,
) -> AsyncIterator[Bench]:
    """The adapter is open. What is sent to the small Slack is judged in the end."""
    async with loopback_slack() as slack:
        team = slack.team("Study circle", scopes)
        ada = slack.user(team, "ada")
        study = slack.channel(team, "study", ada)
        one = OneWorkspace(slack.token(team))
        adapter = SlackAdapter(one, line(slack), api=slack.api, pace_s=pace_s)
        host = KeptHost(shelves)
        await adapter.open(host)
        try:
            yield Bench(slack, adapter, host, team, study, ada)
        finally:
            await adapter.close()


def part(words: str = "Guess first.", *controls: Control, ping: str = "") -> Part:
    return Part(Document((Paragraph((Text(words),)),)), words, controls, ping=ping)


def join_post(team: str) -> Part:
    return part("Hello.", control(space_of(team), "Join", Join("r")))


def curve(host: KeptHost, digest: str = "d", words: str = "Falling.") -> Part:
    """A part with a picture that the host can draw."""
    host.figures[digest] = Figure("t", words, ())
    return Part(Document((Plot(digest, words), Paragraph((Text("Look."),)))), "A curve.")


def reply(words: str, *controls: Control, edit: bool = False, **more: Any) -> Reply:
    return Reply(Post(Document((Paragraph((Text(words),)),)), words, controls), edit=edit, **more)
