"""An adapter in a small Slack, and a service that says what a test puts there.

Knows no store. Invariant: what people do comes in over a real line, and whatever was sent is
judged in the end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from adapters.port import Address, DeliveryKey
from lessons.actions import AnyWant
from lessons.document import Block, Document, Paragraph, Text
from lessons.posts import Control, Part, Post, Reply, control
from tests.rigs.hall import Hands
from tests.rigs.host import KeptHost
from tests.rigs.loopback_slack import LoopbackSlack, loopback_slack
from tests.rigs.loopback_slack_things import Message
from tests.rigs.slack_people import Workspace

NOW = datetime(2026, 9, 28, 7, 10, tzinfo=UTC)


@dataclass
class Desk(Workspace):
    """A workspace whose app asks `host` what to answer."""

    host: KeptHost = field(default_factory=KeptHost)

    def button(self, label: str, want: AnyWant) -> Control:
        return control(self.space, label, want)

    async def post(self, *controls: Control) -> Message:
        """A message in the channel, with these buttons."""
        part = Part(Document((line("Press here."),)), "Press here.", tuple(controls))
        await self.adapter.send(Address(self.space, self.study), part, DeliveryKey("slack/1"))
        return self.posted()[-1]

    def answers(self, *replies: Reply) -> None:
        """What comes of the next deeds."""
        self.host.replies = list(replies)


def line(words: str) -> Paragraph:
    return Paragraph((Text(words),))


def saying(words: str, *controls: Control, more: Sequence[Block] = (), **facts: Any) -> Reply:
    """A reply of one line."""
    return Reply(Post(Document((line(words), *more)), words, tuple(controls)), **facts)


@asynccontextmanager
async def open_desk(host: Callable[[], KeptHost] = KeptHost) -> AsyncIterator[Desk]:
    """Somebody is there to answer, and has nothing to say yet."""
    clock = Hands(NOW)
    async with loopback_slack(LoopbackSlack(clock=lambda: clock().timestamp())) as slack:
        desk = Desk(slack, clock, host=host())
        async with AsyncExitStack() as life:
            await desk.new_adapter().open(desk.host)
            life.push_async_callback(desk.adapter.close)
            await desk.connected(life)
            yield desk
            complaints = sorted(set(desk.complaints()))
            assert not complaints, "\n".join(complaints)
