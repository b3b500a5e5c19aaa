"""What browsers ask for becomes actions and pages; every road in is guarded here.

Knows no lesson. Invariant: nothing is done before the name, the origin, the key and the form's
token were checked, and every answer carries the headers that keep other pages out.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote

import msgspec
from aiohttp import web

from adapters.local.people import MODERATORS
from adapters.port import Unreachable
from adapters.web import commands, controls, pages, stream
from adapters.web.guard import HEADERS, Guard, Pass, Refused, Role
from adapters.web.messenger import LONGEST_NAME, MOST_PEOPLE, NoRoom, WebAdapter
from adapters.web.pages import SAID, Visit
from adapters.web.render import one_line
from adapters.web.serving import (
    FOR_GOOD,
    IMAGE_TYPES,
    NEVER,
    Handler,
    Pairs,
    asset,
    bad_request,
    by_script,
    fields_of,
    first,
    guarded,
    html,
    image,
    not_found,
    see_other,
)
from adapters.web.sight import News, Seen, Sight, Watcher
from adapters.web.words import word
from lessons.actions import Pressed, Submitted
from lessons.fields import due as fields_due

log = logging.getLogger(__name__)

FIRST_CHANNEL: Final = "study"
MOVES: Final = ("3600", "86400")


class Pages:
    """The routes of the page. `key_needed`: nobody gets in without the link with the key."""

    def __init__(self, adapter: WebAdapter, guard: Guard, *, key_needed: bool) -> None:
        self._adapter = adapter
        self._guard = guard
        self._key_needed = key_needed or adapter.hall is None
        self._sight = Sight(adapter)

    def _guarded(self, handler: Handler) -> Handler:
        return guarded(self._guard, handler)

    def routes(self) -> Sequence[web.RouteDef]:
        """What the listener serves. Those of a try-out exist only in one."""
        own = "/as/{person}" if self._adapter.hall is not None else "/me"
        here = own + "/{channel}"
        routes = [
            web.get("/", self._guarded(self._root)),
            web.get(here, self._guarded(self._page)),
            web.get(here + "/events", self._guarded(self._events)),
            web.post(here + "/act", self._guarded(self._act)),
            web.get("/pictures/{digest:[0-9a-f]{32}}.png", self._guarded(self._picture)),
            web.get("/maths/{digest:[0-9a-f]{32}}.png", self._guarded(self._formula)),
            web.get("/images/{path:.+}", self._guarded(self._series_image)),
            web.get("/static/{digest}/{name}", self._guarded(asset)),
        ]
        if self._adapter.hall is not None:
            routes.append(web.post(here + "/clock", self._guarded(self._clock)))
        else:
            routes.append(web.post("/door", self._guarded(self._door)))
        routes.append(web.route("*", "/{path:.*}", self._guarded(self._nothing)))
        return routes

    def hang_up(self) -> None:
        """Let all open pages go."""
        self._adapter.streams.hang_up()

    def links(self, address: str) -> dict[str, str]:
        """By role, the address under which somebody can come in."""
        if not self._key_needed:
            return {"try": f"{address}/"}
        outside: tuple[Role, ...] = ("moderator", "member")
        roles: tuple[Role, ...] = ("try",) if self._adapter.hall is not None else outside
        keys = self._adapter.keys
        return {role: f"{address}/?key={keys.key(role)}" for role in roles}

    # -- who it is ---------------------------------------------------------------------------------

    def _pass(self, request: web.Request) -> Pass:
        """Who has the key; in a try-out on this machine, everybody."""
        if not self._key_needed:
            return Pass("try")
        given = self._adapter.keys.read(request.cookies.get(_cookie(request), ""))
        if given is None or (given.role == "try") != (self._adapter.hall is not None):
            raise Refused(403, word("no_key_title"), word("no_key"))
        return given

    def _visit(self, request: web.Request) -> Visit:
        """Who is at which channel. Raises Refused, or _NoName for who has a key and no name."""
        given = self._pass(request)
        channel = request.match_info["channel"]
        if self._adapter.hall is not None:
            person = request.match_info["person"]
            moderator = person in MODERATORS
            base = f"/as/{person}"
        else:
            person, moderator, base = given.person, given.role == "moderator", "/me"
        if channel not in self._adapter.channels:
            raise not_found()
        if person not in self._adapter.people:
            raise not_found() if self._adapter.hall is not None else _NoName
        name = self._adapter.people[person]
        token = self._adapter.keys.token(person)
        return Visit(person, name, moderator, channel, base, token)

    # -- pages ------------------------------------------------------------------------------------

    async def _root(self, request: web.Request) -> web.StreamResponse:
        """To the channel; with a key in the address, a pass for it first."""
        key = request.query.get("key")
        base = "/as/mia" if self._adapter.hall is not None else "/me"
        onward = see_other(f"{base}/{FIRST_CHANNEL}")
        if key is None:
            self._pass(request)
            return onward
        role = self._adapter.keys.role_of(key)
        if role is None:
            raise Refused(403, word("no_key_title"), word("no_key"))
        before = self._adapter.keys.read(request.cookies.get(_cookie(request), ""))
        self._give(onward, request, Pass(role, before.person if before else ""))
        return onward

    def _give(self, response: web.Response, request: web.Request, given: Pass) -> None:
        response.set_cookie(
            _cookie(request),
            self._adapter.keys.cookie(given),
            max_age=365 * 24 * 3600,
            httponly=True,
            samesite="Lax",
            secure=request.secure,
        )

    async def _page(self, request: web.Request) -> web.StreamResponse:
        try:
            visit = self._visit(request)
        except _NoName:
            token = self._adapter.keys.token("")
            return html(pages.door("/door", token))
        everything = bool(request.query.get("all"))
        return html(await self._sight.page(visit, everything=everything))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        visit = self._visit(request)
        watcher = Watcher(self._sight, visit, _seen(request.query.get("since", "")))

        async def news() -> bytes:
            told = await watcher.news()
            return stream.event(str(watcher.seen), _json(told)) if told else b""

        response = web.StreamResponse(
            headers={**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": NEVER}
        )
        try:
            await self._adapter.streams.serve(request, response, visit.person, news)
        except stream.Full:
            raise Refused(503, word("refused_title"), word("too_many")) from None
        except Exception:
            if not response.prepared:
                raise
            log.exception("a page is not kept up to date any more; it will come back")
        return response

    async def _door(self, request: web.Request) -> web.StreamResponse:
        given = self._pass(request)
        posted = await fields_of(request)
        self._adapter.keys.check_token("", first(posted, "token"))
        name = one_line(first(posted, "name"))
        token = self._adapter.keys.token("")
        if not 0 < len(name) <= LONGEST_NAME:
            return html(pages.door("/door", token, word("door_name")))
        try:
            person = given.person or await self._adapter.come_in(name)
        except NoRoom:
            return html(pages.door("/door", token, word("door_full", number=MOST_PEOPLE)))
        onward = see_other(f"/me/{FIRST_CHANNEL}")
        self._give(onward, request, Pass(given.role, person))
        return onward

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        raise not_found()

    # -- what people do ---------------------------------------------------------------------------

    async def _posted(self, request: web.Request) -> tuple[Visit, Pairs, Seen | None]:
        """Who sent a form, its fields, and where the page stands if its script sent it."""
        visit = self._visit(request)
        posted = await fields_of(request)
        self._adapter.keys.check_token(visit.person, first(posted, "token"))
        return visit, posted, _seen(first(posted, "since")) if by_script(request) else None

    async def _act(self, request: web.Request) -> web.StreamResponse:
        visit, posted, seen = await self._posted(request)
        shown = await self._do(visit, posted)
        return await self._answer(visit, seen, shown)

    async def _do(self, visit: Visit, posted: Pairs) -> str:
        """Exactly one thing, by the button that was pressed; returns the entry to look at."""
        adapter = self._adapter
        names = {name for name, _ in posted}
        if "press" in names:
            on, _, control = first(posted, "press").partition(":")
            return await adapter.act(visit, Pressed(control), on)
        if "say" in names:
            thread = first(posted, "say")
            return await self._say(visit, thread, first(posted, f"words.{thread}"))
        if "away" in names:
            await adapter.put_away(visit, first(posted, "away"))
            return ""
        if "close" in names:
            await adapter.close_form(visit, first(posted, "close"))
            return first(posted, "close")
        if "submit" in names:
            return await self._submit(visit, posted)
        if "typed" in names:
            return await adapter.act(visit, commands.typed(first(posted, "typed"), posted))
        raise bad_request()

    async def _say(self, visit: Visit, thread: str, text: str) -> str:
        if not text.strip():
            raise Refused(422, word("refused_title"), word("said_empty"))
        if len(text) > SAID:
            told = word("said_long", length=len(text), most=SAID)
            raise Refused(422, word("refused_title"), told)
        try:
            await self._adapter.say(visit, thread, text)
        except Unreachable:
            raise not_found() from None
        return thread

    async def _submit(self, visit: Visit, posted: Pairs) -> str:
        """A form came back: a line was moved, a step was locked in, or all of it is answered."""
        on, control = first(posted, "on"), first(posted, "submit")
        answers = controls.answers(posted)
        pane = await self._adapter.pane(visit.person)
        entry = pane.entries.get(on)
        opened = entry.opened if entry is not None else None
        if opened is None or opened.form.control.id != control:
            # The form is of another time: whatever it was about, the service knows what became
            # of it, and says so.
            return await self._adapter.act(visit, Submitted(control, answers), on)
        asked = {field.id for field in fields_due(opened.form.fields, opened.locked)}
        given = {field: answers.get(field, "") for field in asked}
        if move := first(posted, "move"):
            await self._adapter.refill(visit, on, controls.moved(given, move), opened.locked)
            return on
        locked = {**opened.locked, **given}
        if all(given.values()) and len(locked) < len(opened.form.fields):
            await self._adapter.refill(visit, on, {}, locked)
            return on
        return await self._adapter.act(visit, Submitted(control, locked), on)

    async def _clock(self, request: web.Request) -> web.StreamResponse:
        visit, posted, seen = await self._posted(request)
        hall = self._adapter.hall
        if hall is None:
            raise not_found()
        move = first(posted, "move")
        if move == "next":
            due = await hall.next_slot()
        elif move in MOVES:
            due = self._adapter.now() + timedelta(seconds=int(move))
        else:
            raise bad_request()
        if due is not None:
            await hall.move_to(due)
        self._adapter.streams.wake()
        return await self._answer(visit, seen, "")

    async def _answer(self, visit: Visit, seen: Seen | None, shown: str) -> web.StreamResponse:
        """To a script what is new for its page; to a browser without one the page again."""
        if seen is None:
            return see_other(f"{visit.here}#{quote(shown or 'newest')}")
        news = await Watcher(self._sight, visit, seen).news(shown)
        return web.json_response(text=_json(news))

    # -- pictures and files -----------------------------------------------------------------------

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        self._pass(request)
        digest = request.match_info["digest"]
        return image(await self._adapter.host.picture(digest), "image/png", FOR_GOOD)

    async def _formula(self, request: web.Request) -> web.StreamResponse:
        self._pass(request)
        tex = self._sight.formula(request.match_info["digest"])
        drawn = None if tex is None else await self._adapter.host.maths(tex)
        return image(drawn, "image/png", FOR_GOOD)

    async def _series_image(self, request: web.Request) -> web.StreamResponse:
        self._pass(request)
        path = request.match_info["path"]
        kind = IMAGE_TYPES.get(path.rpartition(".")[2].lower())
        if kind is None:
            raise not_found()
        return image(await self._adapter.host.image(path), kind, "no-cache")


# -- pieces ---------------------------------------------------------------------------------------


class _NoName(Exception):
    """Somebody with a key who has not said what to call them."""


def _cookie(request: web.Request) -> str:
    """Cookies know no ports, and another hall may be on the next one."""
    return f"studyhall-{request.url.port}"


def _seen(text: str) -> Seen:
    """Where a page stands; Refused, before anything is done, if it doesn't say so."""
    seen = Seen.read(text)
    if seen is None:
        raise bad_request()
    return seen


def _json(news: News) -> str:
    return msgspec.json.encode(news).decode()
