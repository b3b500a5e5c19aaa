"""Slack behind the port: posts, edits, threads, and what became of them.

Knows no lesson. Invariant: a message is sent once for each call, with its delivery's mark in it;
what can't be known is Ambiguous, never guessed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, assert_never

from slack_bolt.app.async_app import AsyncApp

from adapters.port import (
    Address,
    Ambiguous,
    CannotLook,
    DeliveryFailure,
    DeliveryKey,
    Facts,
    Host,
    PostRef,
    Rejected,
    Shelf,
    TryLater,
    Unreachable,
    mark_of,
)
from adapters.slack import controls, rights
from adapters.slack.bolt import bolt_app
from adapters.slack.installations import NAME, Workspaces, space_of
from adapters.slack.intake import Intake
from adapters.slack.limits import fits
from adapters.slack.looking import Search
from adapters.slack.markdown import Json, is_channel, is_member, is_stamp
from adapters.slack.messages import Files, compose, without_word_of_links
from adapters.slack.pictures import Pictures
from adapters.slack.render import Drawing
from adapters.slack.wire import API, PACE_S, Expired, NoScope, Removed, Wire
from adapters.slack.words import RIGHTS
from lessons.document import Document
from lessons.posts import Deed, OpenThread, Part, Pin

log = logging.getLogger(__name__)

MOST_KNOWN: Final = 5_000
CLOSE_S: Final = 8.0
LATER_S: Final = 20.0
FINISH_S: Final = 6.0
COUNT_EVERY_S: Final = 6 * 3_600.0
COUNT_AGAIN_S: Final = 120.0
LEFT: Final = (RIGHTS["archived"], RIGHTS["member"])
"""So Slack says of the private messages with somebody who has left the workspace."""

LATE_S: Final = 20.0
"""An event that is older was sent again, after minutes in which much may have happened."""

KNOWN_S: Final = 300.0
"""So long is believed what Slack said of a person."""


class Transport(Protocol):
    """How interactions and events come in."""

    async def start(self, adapter: SlackAdapter) -> None:
        """Begin to take in. Raises CannotConnect."""

    async def stop(self) -> None:
        """Take in nothing more, and finish what is under way."""


def team_of(space: str) -> str:
    """The workspace of a space."""
    return space.partition(":")[2]


class SlackAdapter:
    """Slack, in every workspace that the app is installed in."""

    name = NAME
    cards_in_thread = True

    def __init__(
        self,
        workspaces: Workspaces,
        transport: Transport,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        api: str = API,
        pace_s: float = PACE_S,
    ) -> None:
        self.workspaces = workspaces
        self.wire = Wire(workspaces, api, pace_s)
        self.pictures = Pictures(self)
        self.clock = clock
        self.intake = Intake(self)
        self._transport = transport
        self._bolt: AsyncApp | None = None
        self._counting: asyncio.Task[None] | None = None
        self._search = Search(self.wire)
        self._host: Host | None = None
        self._inboxes: dict[tuple[str, str], str] = {}
        self._people: dict[tuple[str, str], tuple[float, Facts]] = {}

    # -- the port ---------------------------------------------------------------------------------

    def fits(self, document: Document) -> bool:
        """Whether this fits in one message, controls and all."""
        return fits(document)

    def repeats(self, deed: Deed) -> bool:
        """A thread begins with its first answer, so opening one makes nothing."""
        return True

    async def open(self, host: Host) -> None:
        """Take in what people do. Raises CannotConnect."""
        self._host = host
        await self.workspaces.open(self.shelf, self.wire.client)
        self._bolt = bolt_app(self)
        await self._transport.start(self)
        self._counting = asyncio.create_task(self._count_now_and_then())

    async def close(self) -> None:
        """Stop taking in, finish what is under way. May be repeated."""
        if self._counting is not None:
            self._counting.cancel()
        await self._transport.stop()
        await self.intake.finish(FINISH_S)
        await self.workspaces.finish(FINISH_S)  # and no later: then nothing can be sent any more
        await self.pictures.close()
        await self.wire.close(CLOSE_S)

    @property
    def host(self) -> Host:
        """The service behind it."""
        if self._host is None:
            raise RuntimeError("the adapter is not open yet")
        return self._host

    @property
    def bolt(self) -> AsyncApp:
        """Bolt's app, which both ways in bring to what Slack sends."""
        if self._bolt is None:
            raise RuntimeError("the adapter is not open yet")
        return self._bolt

    @property
    def shelf(self) -> Shelf:
        """Its own small records."""
        return self.host.shelf(NAME)

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        """Post one message."""
        mark = mark_of(key)
        team, channel = await self._place(to)
        where = {"channel": channel, **({"thread_ts": to.thread} if to.thread else {})}
        try:
            made = await self._written(team, "chat.postMessage", where, part, mark, bool(to.member))
        except Unreachable as closed:
            if to.member and closed.missing in LEFT:
                raise Unreachable() from closed
            raise
        return PostRef(to, f"{mark}.{made['ts']}")

    async def edit(self, ref: PostRef, part: Part) -> None:
        """Replace what a message says; pictures that stay are not sent again."""
        mark, stamp = _read(ref)
        team, channel = await self._place(ref.address)
        where = {"channel": channel, "ts": stamp}
        await self._written(team, "chat.update", where, part, mark, bool(ref.address.member))

    async def _written(
        self, team: str, method: str, where: Json, part: Part, mark: str, private: bool
    ) -> Mapping[str, Any]:
        pieces = Drawing(private=private).pieces(part.document)
        below = controls.rows(part.controls)

        async def write(files: Files) -> Mapping[str, Any]:
            body = compose(pieces, files, below, first=part.text, mark=mark, ping=part.ping)
            if method == "chat.update":
                body = without_word_of_links(body)
            return await self.wire.post(team, method, {**where, **body})

        try:
            return await self.pictures.shown(team, pieces, write, waits=True)
        except Expired as gone:
            raise Unreachable(gone=True) from gone

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        """The message that carries the key."""
        mark = mark_of(key)
        if started := await self.shelf.get(_thread_record(team_of(to.space), key)):
            return _thread(to, started, key)
        team, channel = await self._place(to)
        try:
            stamp = await self._search.find(team, channel, to.thread, mark, since)
        except (NoScope, Rejected) as hidden:
            # Some kinds of apps may not read threads at all, and are told so in other words.
            raise CannotLook(str(hidden)) from hidden
        except Unreachable as closed:
            if closed.missing == RIGHTS["posting"]:  # it may post there, but not read
                raise CannotLook(str(closed)) from closed
            raise
        return PostRef(to, f"{mark}.{stamp}") if stamp else None

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        """Name the thread below a message, or pin it, which takes a right not asked for yet."""
        _, stamp = _read(on)
        team, channel = await self._place(on.address)
        match deed:
            case OpenThread():
                # This asks for no right, and says whether somebody has deleted the message.
                asked = {"channel": channel, "message_ts": stamp}
                await self.wire.ask(team, "chat.getPermalink", asked)
                thread = on.address.thread or stamp
                await self.shelf.put(_thread_record(team, key), thread)
                return _thread(on.address, thread, key)
            case Pin():
                try:
                    body = {"channel": channel, "timestamp": stamp}
                    await self.wire.post(team, "pins.add", body)
                except Rejected as refused:
                    if refused.detail != "already_pinned":
                        raise
                return None
            case _:
                assert_never(deed)

    async def look(self, at: Address) -> Facts:
        """What there is to know of a channel and the app's rights in it, or of a member."""
        if at.member:
            return await self._look_at_member(team_of(at.space), at.member)
        return await self._look_at_channel(team_of(at.space), at.channel)

    # -- where ------------------------------------------------------------------------------------

    async def _place(self, to: Address) -> tuple[str, str]:
        """The workspace and the channel to post in."""
        team = team_of(to.space)
        if to.member:
            return team, await self.inbox(team, to.member)
        if not is_channel(to.channel) or (to.thread and not is_stamp(to.thread)):
            raise Unreachable(gone=True)
        if await self.shelf.get(_deleted_record(team, to.channel)) is not None:
            raise Unreachable(gone=True)
        return team, to.channel

    async def inbox(self, team: str, member: str) -> str:
        """The channel in which that person is told something in private."""
        known = self._inboxes.get((team, member))
        if known is None:
            if not is_member(member):
                raise Unreachable(gone=True)
            try:
                told = await self.wire.tell(team, "conversations.open", {"users": member})
            except Rejected as refused:
                raise Unreachable() from refused
            except Ambiguous as unclear:
                # Nobody sees whether it was opened, so what was to be said there is in no doubt.
                raise TryLater(LATER_S) from unclear
            known = str(told["channel"]["id"])
            if len(self._inboxes) >= MOST_KNOWN:
                self._inboxes.clear()
            self._inboxes[team, member] = known
        return known

    async def _look_at_channel(self, team: str, channel: str) -> Facts:
        if not is_channel(channel) or await self.shelf.get(_deleted_record(team, channel)):
            return Facts(exists=False, name=channel)
        try:
            told = await self.wire.ask(team, "conversations.info", {"channel": channel})
        except NoScope:
            # Whether it can be posted to is not for the app to know; the first post will tell.
            return Facts(exists=True, name=channel)
        except Unreachable as closed:
            return Facts(exists=True, name=channel, missing=(closed.missing or RIGHTS["member"],))
        found = told["channel"]
        return Facts(True, str(found.get("name") or channel), rights.missing(found))

    async def _look_at_member(self, team: str, member: str) -> Facts:
        now = asyncio.get_running_loop().time()
        until, known = self._people.get((team, member), (0.0, None))
        if known is not None and now < until:
            return known
        if not is_member(member):
            return Facts(exists=False, name=member)
        try:
            told = await self.wire.ask(team, "users.info", {"user": member})
        except (TryLater, Ambiguous):
            if known is not None:
                return known
            raise
        except Unreachable as closed:
            if closed.missing:
                raise  # that says nothing of them
            return Facts(exists=False, name=member)
        facts = rights.of_person(told["user"], team)
        if len(self._people) >= MOST_KNOWN:
            self._people.clear()
        self._people[team, member] = (now + KNOWN_S, facts)
        return facts

    # -- workspaces -------------------------------------------------------------------------------

    async def tell_workspaces(self) -> None:
        """Tell the service in which workspaces the app is."""
        teams: Sequence[str] = await self.workspaces.teams()
        await self.host.spaces_here(NAME, [space_of(team) for team in teams])

    async def _count_now_and_then(self) -> None:
        """Where no event tells that the app was removed, this finds out."""
        while True:
            wait = COUNT_EVERY_S
            try:
                await self._leave_where_removed()
                await self.tell_workspaces()
            except Exception as failed:
                log.warning("the workspaces could not be counted yet: %s", failed)
                wait = COUNT_AGAIN_S
            await asyncio.sleep(wait)

    async def _leave_where_removed(self) -> None:
        """Slack gives up telling of a removal after minutes, and the process may have stood still
        for longer."""
        for team in await self.workspaces.teams():
            try:
                await self.wire.ask(team, "auth.test", {})
            except Removed:
                await self.removed_from(team)
            except DeliveryFailure as failed:
                log.info("workspace %s did not say whether the app is there: %s", team, failed)

    async def channel_deleted(self, team: str, channel: str) -> None:
        """Slack says of a channel that it is gone only once, when it is deleted."""
        await self.shelf.put(_deleted_record(team, channel), "deleted")
        await self.host.channel_gone(Address(space_of(team), channel))

    async def told_removed(self, team: str, at_s: float | None) -> None:
        """Slack says that the app was removed; where that comes late, it may be back since then."""
        late = at_s is not None and self.clock().timestamp() - at_s > LATE_S
        if late and await self._is_in(team):
            log.info("the app was removed from workspace %s, and is back", team)
            return
        await self.removed_from(team)

    async def _is_in(self, team: str) -> bool:
        try:
            await self.wire.ask(team, "auth.test", {})
        except DeliveryFailure:
            return False
        return True

    async def removed_from(self, team: str) -> None:
        """The app was removed, or its token taken away: that token goes at once."""
        await self.workspaces.forget(team)
        self.wire.forget(team)
        self.pictures.forget(team)
        self._inboxes = {at: box for at, box in self._inboxes.items() if at[0] != team}
        self._people = {at: seen for at, seen in self._people.items() if at[0] != team}
        await self.host.space_gone(space_of(team))


def _thread(at: Address, thread: str, key: DeliveryKey) -> PostRef:
    return PostRef(Address(at.space, at.channel, thread=thread), f"{mark_of(key)}.{thread}")


def _deleted_record(team: str, channel: str) -> str:
    return f"deleted:{team}:{channel}"


def _thread_record(team: str, key: DeliveryKey) -> str:
    return f"thread:{team}:{key}"


def _read(ref: PostRef) -> tuple[str, str]:
    """The mark and the timestamp of a reference. Raises Unreachable if it is none of ours."""
    mark, dot, stamp = ref.id.partition(".")
    if not dot or not stamp:
        raise Unreachable(gone=True)
    return mark, stamp
