"""A chapter for its author, as the page will show it; it follows the file that is being written.

Knows no file. Invariant: what is shown here is drawn as in the channel, and nothing on it can be
pressed: there is nobody behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Final, Protocol, assert_never

import htpy as h
from aiohttp import web
from htpy import Element, Node

from adapters.web import assets, controls, stream
from adapters.web.guard import HEADERS, Guard, Refused
from adapters.web.pages import document_page
from adapters.web.render import Drawing
from adapters.web.serving import (
    FOR_GOOD,
    IMAGE_TYPES,
    NEVER,
    Handler,
    asset,
    guarded,
    html,
    image,
    not_found,
)
from adapters.web.words import word
from lessons.document import Document
from lessons.figure import Figure, digest
from lessons.posts import Form, Post, Reply
from lessons.preview import Scene, Shown

SPACE: Final = "web:preview"


@dataclass(frozen=True, slots=True)
class Look:
    """The chapter as it is now, or the `mistakes` that keep it from being shown."""

    title: str
    scenes: tuple[Scene, ...] = ()
    mistakes: str = ""


class Desk(Protocol):
    """What the author's side gives to the page."""

    async def look(self) -> Look:
        """The chapter as it is now."""

    async def picture(self, figure: Figure) -> bytes:
        """A figure as PNG."""

    async def maths(self, tex: str) -> bytes | None:
        """A formula as PNG; None if it can't be read."""

    async def image(self, path: str) -> bytes | None:
        """A picture file of the series; None if there is none."""


@dataclass(slots=True)
class _Drawn:
    """What the addresses on the page stand for."""

    figures: dict[str, Figure] = field(default_factory=dict)
    formulas: dict[str, str] = field(default_factory=dict)


class PreviewPages:
    """The routes of a preview. `changed` is to be called when the chapter should be shown anew."""

    def __init__(self, desk: Desk, guard: Guard, zones: Callable[[str], tzinfo | None]) -> None:
        self._desk = desk
        self._guard = guard
        self._drawn = _Drawn()
        self._streams = stream.Streams()
        self._draw = Drawing(zones, maths=self._formula)
        self._version = 1

    def changed(self) -> None:
        """Every open page loads itself again."""
        self._version += 1
        self._streams.wake()

    def routes(self) -> Sequence[web.RouteDef]:
        """What the listener serves."""
        roads: Mapping[str, Handler] = {
            "/": self._page,
            "/events": self._events,
            "/pictures/{digest:[0-9a-f]{32}}.png": self._picture,
            "/maths/{digest:[0-9a-f]{32}}.png": self._maths,
            "/images/{path:.+}": self._image,
            "/static/{digest}/{name}": asset,
            "/{path:.*}": self._nothing,
        }
        return [web.get(path, guarded(self._guard, road)) for path, road in roads.items()]

    def hang_up(self) -> None:
        """Let all open pages go."""
        self._streams.hang_up()

    # -- roads ------------------------------------------------------------------------------------

    async def _page(self, request: web.Request) -> web.StreamResponse:
        version = self._version  # what changes while this is drawn is news to the page
        look = await self._desk.look()
        return html(_page(look, str(version), [self._scene(scene) for scene in look.scenes]))

    async def _events(self, request: web.Request) -> web.StreamResponse:
        since = request.query.get("since", "")
        response = web.StreamResponse(
            headers={**HEADERS, "Content-Type": "text/event-stream", "Cache-Control": NEVER}
        )
        try:
            await self._streams.serve(request, response, "", self._news(since))
        except stream.Full:
            raise Refused(503, word("refused_title"), word("too_many")) from None
        return response

    def _news(self, since: str) -> Callable[[], Awaitable[bytes]]:
        async def news() -> bytes:
            now = str(self._version)
            return stream.event(now, "{}") if now != since else b""

        return news

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        figure = self._drawn.figures.get(request.match_info["digest"])
        drawn = None if figure is None else await self._desk.picture(figure)
        return image(drawn, "image/png", FOR_GOOD)

    async def _maths(self, request: web.Request) -> web.StreamResponse:
        tex = self._drawn.formulas.get(request.match_info["digest"])
        drawn = None if tex is None else await self._desk.maths(tex)
        return image(drawn, "image/png", FOR_GOOD)

    async def _image(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        kind = IMAGE_TYPES.get(path.rpartition(".")[2].lower())
        if kind is None:
            raise not_found()
        return image(await self._desk.image(path), kind, NEVER)

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        raise not_found()

    # -- drawing ----------------------------------------------------------------------------------

    def _formula(self, tex: str) -> str:
        name = hashlib.sha256(tex.encode()).hexdigest()[:32]
        self._drawn.formulas[name] = tex
        return f"/maths/{name}.png"

    def _scene(self, scene: Scene) -> Element:
        return h.section(".scene")[
            h.h2[scene.title], [self._shown(shown, at) for at, shown in enumerate(scene.shown)]
        ]

    def _shown(self, shown: Shown, at: int) -> Node:
        match shown:
            case Post():
                return h.article(".message")[self._post(shown)]
            case Reply(post, form):
                return h.article(".message.private")[
                    self._post(post) if post else None, self._form(form, at) if form else None
                ]
            case Document():
                return h.article(".message.aside")[h.div(".words")[self._draw.document(shown)]]
            case _:
                assert_never(shown)

    def _post(self, post: Post) -> Node:
        self._keep(post.figures)
        return [
            h.div(".words")[self._draw.document(post.document)],
            h.fieldset(".still", disabled=True)[controls.buttons(post.controls, "preview")]
            if post.controls
            else None,
        ]

    def _form(self, form: Form, at: int) -> Node:
        self._keep(form.figures)
        return [
            h.p(".by")[h.strong[form.title]],
            h.fieldset(".still", disabled=True)[
                controls.form(
                    form,
                    f"{form.control.id}-{at}",
                    self._draw,
                    action="/",
                    token="",
                    values={},
                    locked={},
                )
            ],
        ]

    def _keep(self, figures: Sequence[Figure]) -> None:
        self._drawn.figures.update({digest(figure): figure for figure in figures})


def _page(look: Look, version: str, scenes: Sequence[Node]) -> str:
    title = word("preview_title", title=look.title)
    body = [
        h.header(".top")[
            h.p(".brand")[
                h.img(src=assets.address("icon.svg"), alt="", width=24, height=24), word("brand")
            ],
            h.p(".hint")[word("preview_live")],
            h.p(".state", id="state", role="status")[word("connecting")],
        ],
        h.main(".preview")[
            h.h1[title],
            h.div(".wrong")[h.h2[word("preview_mistakes")], _mistakes(look.mistakes)]
            if look.mistakes
            else None,
            scenes,
        ],
    ]
    return document_page(title, body, "preview.js", data_version=version, data_stream="/events")


def _mistakes(text: str) -> Element:
    return h.ul[[h.li[h.code[line]] for line in text.splitlines() if line.strip()]]
