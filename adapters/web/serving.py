"""What every road to a page has in common: the guard at its beginning, the headers at its end.

Knows no channel and no person. Invariant: whatever is answered, refusals and failures included,
carries the headers that keep other pages out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeAlias

from aiohttp import web

from adapters.port import DeliveryFailure
from adapters.web import assets, pages
from adapters.web.guard import HEADERS, Guard, Refused
from adapters.web.words import word

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Pairs: TypeAlias = list[tuple[str, str]]

FOR_GOOD: Final = "private, max-age=31536000, immutable"
NEVER: Final = "no-store"

FORM: Final = "application/x-www-form-urlencoded"

IMAGE_TYPES: Final = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
}


def guarded(guard: Guard, handler: Handler) -> Handler:
    """The handler behind the guard; what it raises becomes a page with words."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            guard.check(request)
            response = await handler(request)
        except Refused as refused:
            response = refusal(request, refused)
        except web.HTTPRequestEntityTooLarge:
            large = Refused(413, word("refused_title"), word("too_large"))
            response = refusal(request, large)
        except DeliveryFailure as failed:
            log.warning("a page could not do what it was asked: %s", failed)
            response = refusal(request, unavailable())
        except (ConnectionError, asyncio.CancelledError):
            raise
        except Exception:
            log.exception("a page failed", extra={"path": request.path})
            response = refusal(request, unavailable())
        if not response.prepared:
            _protect(response)
        return response

    return answer


def _protect(response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", NEVER)


def by_script(request: web.Request) -> bool:
    """Whether the page's own script asks; a browser by itself can't send this from elsewhere."""
    return request.headers.get("X-Studyhall") == "1"


def refusal(request: web.Request, refused: Refused) -> web.Response:
    """Why nothing was done, for a script or for a person. The line is not kept for more."""
    if by_script(request):
        response = web.json_response({"wrong": refused.words}, status=refused.status)
    else:
        outside = refused.status in (HTTPStatus.FORBIDDEN, HTTPStatus.MISDIRECTED_REQUEST)
        back = "" if outside else "/"
        text = pages.refusal(refused.title, refused.words, back)
        response = web.Response(text=text, status=refused.status, content_type="text/html")
    response.force_close()
    return response


def not_found() -> Refused:
    """There is nothing at this address."""
    return Refused(404, word("not_found_title"), word("not_found"))


def bad_request() -> Refused:
    """It means nothing here; no page of the hall asks for it."""
    return Refused(400, word("refused_title"), word("bad_request"))


def unavailable() -> Refused:
    """It failed here, through no fault of the page."""
    return Refused(503, word("refused_title"), word("not_sent"))


async def fields_of(request: web.Request) -> Pairs:
    """The fields of a form in their order; Refused for a body that is none of the page's forms."""
    if request.content_type != FORM:
        raise bad_request()
    try:
        fields = await request.post()
    except (UnicodeDecodeError, LookupError, web.RequestPayloadError):
        raise bad_request() from None
    return [(name, value) for name, value in fields.items() if isinstance(value, str)]


def first(fields: Pairs, wanted: str) -> str:
    """The first value of that name, "" if there is none."""
    return next((value for name, value in fields if name == wanted), "")


def html(text: str) -> web.Response:
    """A page."""
    response = web.Response(text=text, content_type="text/html")
    response.enable_compression()
    return response


def see_other(address: str) -> web.Response:
    """Look there instead."""
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address})


def image(body: bytes | None, kind: str, keep: str) -> web.Response:
    """A picture; Refused if there is none."""
    if body is None:
        raise not_found()
    return web.Response(body=body, content_type=kind, headers={"Cache-Control": keep})


async def asset(request: web.Request) -> web.StreamResponse:
    """The style, the script or the icon."""
    name = request.match_info["name"]
    if name not in assets.NAMES or request.path != assets.address(name):
        raise not_found()
    kind = assets.TYPES[name.rpartition(".")[2]]
    response = web.Response(body=assets.body(name), content_type=kind, charset="utf-8")
    response.headers["Cache-Control"] = FOR_GOOD
    response.enable_compression()
    return response
