"""Discord behind the port: posts, edits, threads, and what became of them.

Knows no lesson. Invariant: a message is sent once for each call, with its delivery's mark in it;
what can't be known is Ambiguous, never guessed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, assert_never

import discord

from adapters.discord import controls, looking, rights
from adapters.discord.limits import FILES, THREAD_NAME, fits
from adapters.discord.markdown import Inlines, is_id
from adapters.discord.messages import Outgoing, compose
from adapters.discord.render import Drawing, Image, Piece
from adapters.discord.wire import NO_TAG, Denied, NoMessage, Wire
from adapters.discord.words import RIGHTS, word
from adapters.pictures import drawn
from adapters.port import (
    Address,
    CannotLook,
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
from lessons.document import Document
from lessons.letters import on_one_line
from lessons.posts import Deed, OpenThread, Part, Pin

log = logging.getLogger(__name__)

NAME: Final = "discord"
SERVERS: Final = 200
MOST_KNOWN: Final = 5_000
BIGGEST: Final = 10 * 1024 * 1024
"""Bytes that Discord takes as one file of an app."""

MEMBER: Final = "/guilds/{guild_id}/members/{user_id}"
WEEK_MINUTES: Final = 10_080
CLOSE_S: Final = 8.0


class Transport(Protocol):
    """How interactions and events come in."""

    async def start(self, adapter: DiscordAdapter) -> None:
        """Log in and begin to take in. Raises CannotConnect."""

    async def stop(self) -> None:
        """Take in nothing more."""


@dataclass(frozen=True, slots=True)
class _Channel:
    """What is known of a channel and does not change."""

    id: str
    kind: int
    guild: str


def space_of(guild: object) -> str:
    """The space of a server."""
    return f"{NAME}:{guild}"


def guild_of(space: str) -> str:
    """The server of a space."""
    return space.partition(":")[2]


class DiscordAdapter:
    """Discord, through one client. `client` is not logged in yet; `transport` does that."""

    name = NAME
    cards_in_thread = False

    def __init__(
        self,
        client: discord.Client,
        transport: Transport,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.client = client
        self.wire = Wire(client)
        self.clock = clock
        self.commands: dict[str, str] = {}
        self._transport = transport
        self._host: Host | None = None
        self._known: dict[str, _Channel] = {}
        self._inboxes: dict[str, str] = {}
        self._attached: dict[str, dict[str, str]] = {}

    # -- the port ---------------------------------------------------------------------------------

    def repeats(self, deed: Deed) -> bool:
        """Pinning makes nothing that could be found or doubled."""
        return isinstance(deed, Pin)

    def fits(self, document: Document) -> bool:
        """Whether this fits in one message, controls and all."""
        return fits(document)

    async def open(self, host: Host) -> None:
        """Log in and take in what people do. Raises CannotConnect."""
        self._host = host
        await self._transport.start(self)

    async def close(self) -> None:
        """Stop taking in, finish what is under way. May be repeated."""
        await self._transport.stop()
        await self.wire.close(CLOSE_S)

    @property
    def host(self) -> Host:
        """The service behind it."""
        if self._host is None:
            raise RuntimeError("the adapter is not open yet")
        return self._host

    @property
    def shelf(self) -> Shelf:
        """Its own small records."""
        return self.host.shelf(NAME)

    @property
    def drawing(self) -> Drawing:
        """How documents are written here."""
        return Drawing(Inlines(self.commands))

    async def send(self, to: Address, part: Part, key: DeliveryKey) -> PostRef:
        """Post one message; in a forum, where no thread is named, a post with it."""
        mark = mark_of(key)
        place = await self._place(to)
        guild = guild_of(to.space) if to.member else ""
        out = await self._outgoing(part, mark, guild)
        if place.kind in (rights.FORUM, rights.MEDIA):
            return await self._send_to_forum(to, part, mark, out)
        body = {**out.body, "nonce": mark, "enforce_nonce": True}
        try:
            made = await self._explained(
                to,
                self.wire.send(
                    "POST",
                    "/channels/{channel_id}/messages",
                    {"channel_id": place.id},
                    body,
                    out.uploads,
                    making=mark,
                ),
            )
        except NoMessage as deleted:
            # Discord knows the nonce, and its message is gone: whoever deleted it meant to.
            raise Rejected("it was posted before, and somebody has deleted it") from deleted
        self._remember(made)
        return PostRef(to, f"{mark}.{made['id']}")

    async def _send_to_forum(self, to: Address, part: Part, mark: str, out: Outgoing) -> PostRef:
        body = {
            "name": on_one_line(part.text, THREAD_NAME) or word("post"),
            "auto_archive_duration": WEEK_MINUTES,
            "message": out.body,
        }
        if (tag := await self._tag(to)) is not None:
            body["applied_tags"] = [tag]
        made = await self._explained(
            to,
            self.wire.send(
                "POST",
                "/channels/{channel_id}/threads",
                {"channel_id": to.channel},
                body,
                out.uploads,
                {"use_nested_fields": 1},
                making=mark,
            ),
        )
        thread = str(made["id"])
        return PostRef(Address(to.space, to.channel, thread=thread), f"{mark}.{thread}")

    async def _tag(self, to: Address) -> str | None:
        """What a forum wants of each of its posts, if anything. It may have changed since."""
        told = await self._explained(
            to, self.wire.get("/channels/{channel_id}", {"channel_id": to.channel})
        )
        if not rights.asks_for_tag(told):
            return None
        usable = rights.usable_tags(told)
        if not usable:
            raise Unreachable(missing=NO_TAG)
        return usable[0]

    async def edit(self, ref: PostRef, part: Part) -> None:
        """Replace what a message says; pictures that stay are not sent again."""
        mark, message = _read(ref)
        place = await self._place(ref.address)
        ids = {"channel_id": place.id, "message_id": message}
        there = self._attached.get(message)
        path = "/channels/{channel_id}/messages/{message_id}"
        if there is None:
            there = _attachments(await self._explained(ref.address, self.wire.get(path, ids)))
        guild = guild_of(ref.address.space) if ref.address.member else ""
        out = await self._outgoing(part, mark, guild, there)
        made = await self._explained(
            ref.address, self.wire.send("PATCH", path, ids, out.body, out.uploads)
        )
        self._remember(made)

    async def find(self, to: Address, key: DeliveryKey, since: datetime) -> PostRef | None:
        """The message, forum post or thread that carries the key."""
        mark = mark_of(key)
        started = await self.shelf.get(_thread_record(to.space, key))
        if started is not None:
            return await self._thread_of(to, started)
        place = await self._place(to)
        try:
            found = await self._found(to, place, mark, since)
            if found is None and not to.member:
                await self._sees_the_past(to)
        except Denied as denied:
            raise CannotLook(str(denied)) from denied
        return found

    async def do(self, deed: Deed, on: PostRef, key: DeliveryKey) -> PostRef | None:
        """Open a thread under a message, or pin it."""
        _, message = _read(on)
        place = await self._place(on.address)
        match deed:
            case OpenThread(name):
                return await self._open_thread(on.address, place, message, name, key)
            case Pin():
                path = "/channels/{channel_id}/messages/pins/{message_id}"
                ids = {"channel_id": place.id, "message_id": message}
                await self._explained(on.address, self.wire.send("PUT", path, ids))
                return None
            case _:
                assert_never(deed)

    async def look(self, at: Address) -> Facts:
        """What there is to know of a channel and the app's rights in it, or of a member."""
        try:
            if at.member:
                return await self._look_at_member(at)
            return await self._look_at_channel(at)
        except Unreachable:
            return Facts(exists=False, name=at.member or at.channel)
        except Denied:
            return Facts(True, at.channel, (RIGHTS["view_channel"],))

    # -- where ------------------------------------------------------------------------------------

    async def _place(self, to: Address) -> _Channel:
        """The channel to post in. Raises Unreachable if it is none of that server's."""
        if to.member:
            return _Channel(await self._inbox(to.member), rights.DIRECT, "")
        place = await self._channel(to.thread or to.channel)
        if place.guild != guild_of(to.space):
            raise Unreachable(gone=True)
        return place

    async def _channel(self, name: str) -> _Channel:
        known = self._known.get(name)
        if known is None:
            if not is_id(name):
                raise Unreachable(gone=True)
            try:
                told = await self.wire.get("/channels/{channel_id}", {"channel_id": name})
            except Denied as denied:
                raise Unreachable(missing=RIGHTS["view_channel"]) from denied
            known = _Channel(name, int(told["type"]), str(told.get("guild_id", "")))
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[name] = known
        return known

    async def _inbox(self, member: str) -> str:
        """The channel in which that person is told something in private."""
        known = self._inboxes.get(member)
        if known is None:
            if not is_id(member):
                raise Unreachable(gone=True)
            body = {"recipient_id": member}
            told = await self._plain(self.wire.send("POST", "/users/@me/channels", {}, body))
            known = str(told["id"])
            if len(self._inboxes) >= MOST_KNOWN:
                self._inboxes.clear()
            self._inboxes[member] = known
        return known

    async def _plain(self, request: Any) -> Any:
        try:
            return await request
        except Denied as denied:
            raise Unreachable() from denied

    async def _explained(self, at: Address, request: Any) -> Any:
        """The answer; where Discord only says no, which right is missing."""
        try:
            return await request
        except Denied as denied:
            if at.member:
                raise Unreachable() from denied
            facts = await self.look(at)
            if not facts.exists:
                raise Unreachable(gone=True) from denied
            if not facts.missing:
                log.warning("Discord says no, and no right is missing: %s", denied)
            raise Unreachable(missing=", ".join(facts.missing)) from denied

    async def _look_at_channel(self, at: Address) -> Facts:
        if not is_id(at.channel):
            raise Unreachable(gone=True)
        told = await self.wire.get("/channels/{channel_id}", {"channel_id": at.channel})
        guild = guild_of(at.space)
        kind = int(told["type"])
        if str(told.get("guild_id", "")) != guild or kind not in rights.POSTABLE:
            raise Unreachable(gone=True)
        mine = await self.rights_of(guild, str(self.me), told["permission_overwrites"])
        missing = rights.missing(mine)
        if kind == rights.FORUM and rights.asks_for_tag(told) and not rights.usable_tags(told):
            missing += (NO_TAG,)
        return Facts(True, str(told["name"]), missing, forum=kind == rights.FORUM)

    async def rights_of(
        self, guild: str, member: str, overwrites: list[dict[str, Any]] | None = None
    ) -> discord.Permissions:
        """What somebody may do in a server, or in a channel with these overwrites."""
        server, roles, who = await asyncio.gather(
            self.wire.get("/guilds/{guild_id}", {"guild_id": guild}),
            self.wire.get("/guilds/{guild_id}/roles", {"guild_id": guild}),
            self.wire.get(MEMBER, {"guild_id": guild, "user_id": member}),
        )
        return rights.computed(guild, str(server["owner_id"]), who, roles, overwrites or ())

    async def tell_servers(self) -> None:
        """Tell the service which servers the app is in."""
        here: list[str] = []
        params: dict[str, Any] = {"limit": SERVERS}
        while True:
            page = await self.wire.get("/users/@me/guilds", {}, params)
            here += [space_of(server["id"]) for server in page]
            if len(page) < SERVERS:
                break
            params["after"] = page[-1]["id"]
        await self.host.spaces_here(NAME, here)

    @property
    def me(self) -> int:
        """The id of the app's own user."""
        if self.client.user is None:
            raise TryLater(CLOSE_S)
        return self.client.user.id

    async def _look_at_member(self, at: Address) -> Facts:
        if not is_id(at.member):
            raise Unreachable(gone=True)
        told = await self.wire.get(MEMBER, {"guild_id": guild_of(at.space), "user_id": at.member})
        user = told["user"]
        if user.get("bot"):
            return Facts(False, str(user["username"]))  # it presses nothing
        name = told.get("nick") or user.get("global_name") or user["username"]
        return Facts(True, str(name))

    # -- what it says -----------------------------------------------------------------------------

    async def _outgoing(
        self, part: Part, mark: str, guild: str, there: Mapping[str, str] | None = None
    ) -> Outgoing:
        pieces = self.drawing.pieces(part.document)
        below = controls.rows(part.controls, mark, guild)
        return compose(
            pieces,
            await self.pictures(pieces),
            below,
            mark=mark,
            ping=part.ping,
            there=there,
        )

    async def pictures(self, pieces: list[Piece]) -> dict[Image, bytes | None]:
        """The pictures among the pieces; None for one that can't be had, or is too big."""
        images = list(dict.fromkeys(piece for piece in pieces if isinstance(piece, Image)))
        shown = await asyncio.gather(*map(self._picture, images))
        return dict(zip(images[:FILES], shown, strict=False))

    async def _picture(self, image: Image) -> bytes | None:
        try:
            shown = await drawn(self.host, image)
        except Exception:
            log.exception("a picture can't be drawn; its words stand in its place")
            return None
        return shown if shown and len(shown) <= BIGGEST else None

    def _remember(self, message: Mapping[str, Any]) -> None:
        """Which files a message has, so that an edit need not ask."""
        if len(self._attached) >= MOST_KNOWN:
            self._attached.clear()
        self._attached[str(message["id"])] = _attachments(message)

    # -- what was posted --------------------------------------------------------------------------

    async def _found(
        self, to: Address, place: _Channel, mark: str, since: datetime
    ) -> PostRef | None:
        if place.kind in (rights.FORUM, rights.MEDIA):
            guild = guild_of(to.space)
            name = await looking.in_forum(self.wire, guild, to.channel, str(self.me), mark, since)
            at = Address(to.space, to.channel, thread=name)
            return PostRef(at, f"{mark}.{name}") if name else None
        name = await looking.in_channel(self.wire, place.id, mark, since)
        return PostRef(to, f"{mark}.{name}") if name else None

    async def _sees_the_past(self, to: Address) -> None:
        """Raises CannotLook without the right to: Discord then shows an empty history."""
        facts = await self.look(Address(to.space, to.channel))
        if RIGHTS["read_message_history"] in facts.missing:
            raise CannotLook("the history is hidden from the app")

    async def _open_thread(
        self, at: Address, place: _Channel, message: str, name: str, key: DeliveryKey
    ) -> PostRef:
        """A thread has its message's id, so where it was begun is where it is looked for."""
        if at.thread:
            return PostRef(at, at.thread)  # a forum post is a thread already
        await self.shelf.put(_thread_record(at.space, key), message)
        body = {
            "name": on_one_line(name, THREAD_NAME) or word("thread"),
            "auto_archive_duration": WEEK_MINUTES,
        }
        try:
            await self._explained(
                at,
                self.wire.send(
                    "POST",
                    "/channels/{channel_id}/messages/{message_id}/threads",
                    {"channel_id": place.id, "message_id": message},
                    body,
                    making=f"thread {message}",
                ),
            )
        except Rejected:
            there = await self._thread_of(at, message)
            if there is None:
                raise
            return there
        return _thread(at, message)

    async def _thread_of(self, at: Address, message: str) -> PostRef | None:
        try:
            told = await self.wire.get("/channels/{channel_id}", {"channel_id": message})
        except (Unreachable, Denied):
            return None
        return _thread(at, message) if str(told.get("parent_id")) == at.channel else None


def _thread(at: Address, message: str) -> PostRef:
    return PostRef(Address(at.space, at.channel, thread=message), message)


def _thread_record(space: str, key: DeliveryKey) -> str:
    return f"thread:{guild_of(space)}:{key}"


def _read(ref: PostRef) -> tuple[str, str]:
    """The mark and the message of a reference. Raises Unreachable if it is none of ours."""
    mark, dot, message = ref.id.partition(".")
    if not dot or not is_id(message):
        raise Unreachable(gone=True)
    return mark, message


def _attachments(message: Mapping[str, Any]) -> dict[str, str]:
    return {str(one["filename"]): str(one["id"]) for one in message.get("attachments", ())}
