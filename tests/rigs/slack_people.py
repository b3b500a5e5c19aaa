"""A workspace of a small Slack with people in it: what they do, what they see, what they were sent.

Knows no service behind the app. Invariant: nobody uses what is not before them, and after every
deed all that it caused has happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from adapters.slack.endpoint import Endpoint
from adapters.slack.installations import OneWorkspace, space_of
from adapters.slack.manifest import EVENTS_PATH, SHORTCUT
from adapters.slack.messenger import SlackAdapter
from adapters.slack.socket_mode import SocketMode
from bot.listener import listening
from tests.rigs.hall import Hands
from tests.rigs.loopback_slack import LoopbackSlack, until
from tests.rigs.loopback_slack_people import Submitted
from tests.rigs.loopback_slack_things import Message, View
from tests.rigs.loopback_slack_world import BASIC, READING
from tests.rigs.slack_limits import Worst
from tests.rigs.slack_payloads import KEYS, faults
from tests.rigs.slack_reader import read_blocks

MEMBERS = ("ada", "ben", "cid", "dan", "eve")

WayIn: TypeAlias = Literal["socket", "http"]
Given: TypeAlias = str | Sequence[str]
Seen: TypeAlias = Message | View


@dataclass
class Workspace:
    """Two channels, an admin, members and a guest. `seen`: by person, what came last."""

    slack: LoopbackSlack
    clock: Hands
    way: WayIn = "socket"
    scopes: tuple[str, ...] = (*BASIC, *READING)
    adapter: SlackAdapter = field(init=False)
    _endpoint: Endpoint = field(init=False)
    team: str = field(init=False)
    study: str = field(init=False)
    library: str = field(init=False)
    people: dict[str, str] = field(default_factory=dict)
    worst: Worst = field(default_factory=Worst)
    seen: dict[str, Seen] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.team = self.slack.team("Study circle", self.scopes)
        self.people["mia"] = self.slack.user(self.team, "mia", is_admin=True)
        self.people |= {name: self.slack.user(self.team, name) for name in (*MEMBERS, "guest")}
        self.slack.users[self.people["guest"]].is_restricted = True
        self.study = self.slack.channel(self.team, "study", *self.people.values())
        self.library = self.slack.channel(self.team, "library", *self.people.values())

    def new_adapter(self) -> SlackAdapter:
        """The app, not connected yet."""
        workspace = OneWorkspace(self.slack.token(self.team))
        self._endpoint = Endpoint(self.slack.signing_secret)
        way = SocketMode(self.slack.app_token) if self.way == "socket" else self._endpoint
        self.adapter = SlackAdapter(workspace, way, clock=self.clock, api=self.slack.api, pace_s=0)
        return self.adapter

    async def connected(self, life: AsyncExitStack) -> None:
        """The app can be reached, as long as it lives."""
        line = self.slack.line
        if self.way == "socket":
            await until(lambda: bool(line.connections))
            return
        port = await life.enter_async_context(listening("127.0.0.1", 0, [self._endpoint]))
        line.endpoint = f"http://127.0.0.1:{port}{EVENTS_PATH}"

    @property
    def space(self) -> str:
        return space_of(self.team)

    def arrives(self, who: str) -> None:
        """Somebody new, in both channels."""
        self.people[who] = self.slack.user(self.team, who)
        for channel in (self.study, self.library):
            self.slack.channels[channel].members.add(self.people[who])

    # -- what people do ---------------------------------------------------------------------------

    async def says(self, who: str, typed: str, channel: str = "") -> None:
        """A slash command: `says("mia", "/series start")`."""
        deed = self.slack.people.command(self.people[who], channel or self.study, typed)
        await self._done(who, deed)

    async def picks_the_shortcut(self, who: str) -> None:
        await self._done(who, self.slack.people.shortcut(self.people[who], SHORTCUT))

    async def presses(self, who: str, label: str, on: Seen | None = None) -> None:
        """A button by its label: there, else where this person saw it last, else in the channel."""
        where = on or self._with(who, label)
        await self._done(who, self.slack.people.press(self.people[who], where, label))

    async def submits(
        self, who: str, *values: Given, by_label: Mapping[str, Given] | None = None
    ) -> Submitted:
        """The form in this person's window, field by field, or by the labels of the fields."""
        view = self.window(who)
        blocks = [str(block["block_id"]) for block in fields_of(view)]
        given = dict(zip(blocks, values, strict=True)) if by_label is None else by_label
        filled = {name: v if isinstance(v, str) else list(v) for name, v in given.items()}
        deed = self.slack.people.submit(self.people[who], view, filled)
        made: Submitted = await self._done(who, deed)
        return made

    async def opens_home(self, who: str) -> str:
        """The app's own page; what stands there."""
        await self._done(who, self.slack.people.open_home(self.people[who]))
        return self.home(who)

    def home(self, who: str) -> str:
        """What this person's page says now."""
        view = self.slack.home(self.people[who])
        assert view is not None, f"nothing was put on the page of {who}"
        return read_blocks(view.blocks)

    async def closes(self, who: str) -> None:
        """The window is closed with its cross."""
        await self.slack.people.close(self.people[who])

    async def _done(self, who: str, deed: Any) -> Any:
        before = {one.ts: one.words for one in self.private(who)}
        made = await deed
        await self.settled()
        if not (made.ok or getattr(made, "sent", True) is False):
            raise AssertionError(f"{who} was not heard: {made}")
        fresh = [one for one in self.private(who) if before.get(one.ts) != one.words]
        open_view = self.slack.modal(self.people[who])
        if fresh:
            self.seen[who] = fresh[-1]
        elif open_view is not None:
            self.seen[who] = open_view
        return made

    async def settled(self) -> None:
        """Nothing that people did is still being answered."""
        await until(lambda: not self.adapter.intake.busy, within_s=60)

    # -- what is seen -----------------------------------------------------------------------------

    def read(self, who: str) -> str:
        """What this person was shown last, a window or words for them alone, with its buttons."""
        shown = self.seen.get(who)
        return "" if shown is None else read(shown)

    def labels(self, who: str) -> list[str]:
        """What this person can press or fill in there."""
        return self.seen[who].labels

    def window(self, who: str) -> View:
        """The window that this person has before them."""
        view = self.slack.modal(self.people[who])
        assert view is not None, f"{who} has no window open; last was: {self.read(who)}"
        return view

    def has_window(self, who: str) -> bool:
        return self.slack.modal(self.people[who]) is not None

    def private(self, who: str) -> list[Message]:
        """What this person alone sees, in channels and in private messages; the oldest first."""
        member = self.people[who]
        found = [
            one
            for name, channel in self.slack.channels.items()
            for one in self.slack.messages(name, member)
            if one.only_for == member or (channel.kind == "im" and channel.user == member)
        ]
        return sorted(found, key=lambda one: float(one.ts))

    def letters(self, who: str) -> list[Message]:
        """The private messages to this person."""
        return self.slack.messages(self.slack.dm(self.people[who]), self.people[who])

    def posted(self, channel: str = "") -> list[Message]:
        """The messages of a channel that stand in no thread, the oldest first."""
        there = self.slack.messages(channel or self.study)
        return [one for one in there if not one.only_for and not one.thread_ts]

    def thread(self, message: Message) -> list[Message]:
        """What was answered below a message."""
        return [one for one in self.slack.thread(message) if not one.only_for]

    def channel_words(self, channel: str = "") -> list[str]:
        return [read(message) for message in self.posted(channel)]

    def post_with(self, words: str, channel: str = "") -> Message:
        """The newest message of a channel that says this."""
        return next(one for one in reversed(self.posted(channel)) if words in read(one))

    def _with(self, who: str, label: str) -> Seen:
        member = self.people[who]
        last, view = self.seen.get(who), self.slack.modal(member)
        public = [*self.posted(), *(one for post in self.posted() for one in self.thread(post))]
        for place in (view, last, *reversed(self.private(who)), *reversed(public)):
            gone = place is None or (isinstance(place, View) and place.closed)
            if place is not None and not gone and label in place.labels:
                return place
        raise AssertionError(f"nobody offers {who} {label!r}: {self.read(who)}")

    # -- what was sent ----------------------------------------------------------------------------

    def complaints(self) -> list[str]:
        """What Slack or this project would not have had of all that was sent."""
        everybody, found = [*self.slack.users], []
        for method, body in self._bodies():
            private = method != "chat.update" and method != "chat.postMessage"
            private = private or str(body.get("channel", "")).startswith("D")
            expected = everybody if private else ()
            said = faults(method, body, self.worst, expected=expected)
            found += [f"{fault} in {json.dumps(body)[:300]}" for fault in said]
        return found

    def _bodies(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for request in self.slack.log:
            if request.method in KEYS:
                yield request.method, request.body
        for ack in self.slack.line.acks:
            if isinstance(ack.payload, dict) and "response_action" in ack.payload:
                yield "response_action", ack.payload


def read(shown: Seen) -> str:
    """All that stands there, a window's title first, buttons in brackets."""
    words = read_blocks(shown.blocks) if shown.blocks else shown.words
    words = words.replace("&amp;", "&")  # so Slack keeps what was sent as a bare one
    if isinstance(shown, Message):
        return words
    submit = shown.body.get("submit")
    title, sends = shown.body["title"]["text"], [f"[{submit['text']}]"] if submit else []
    return "\n".join([f"== {title}", words, *sends])


def fields_of(view: View) -> list[Mapping[str, Any]]:
    """The fields of a form."""
    return [block for block in view.blocks if block["type"] == "input"]


def options_of(view: View, number: int = 0) -> dict[str, str]:
    """By text, the values that may be chosen in a field."""
    options = fields_of(view)[number]["element"]["options"]
    return {str(one["text"]["text"]): str(one["value"]) for one in options}
