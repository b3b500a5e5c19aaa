"""Requests to Discord through discord.py's HTTP client, each made once, and how they can fail.

Knows no lesson and no message's shape. Invariant: what makes something is never repeated by
itself: whether it happened is found out by looking, not by trying again.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import discord
from discord.http import Route
from discord.webhook.async_ import async_context

from adapters.discord.limits import Json
from adapters.port import Ambiguous, DeliveryFailure, Rejected, TryLater, Unreachable

log = logging.getLogger(__name__)

NO_LINE_S: Final = 10.0
QUEUE_S: Final = 20.0
"""So long a request may wait for its turn in the library's queue; then it is taken back, unsent."""

BANNED_S: Final = 900.0
"""After 10,000 refused requests in ten minutes Discord bans an address: better to keep quiet."""

EXPIRED: Final = frozenset({10015, 10062, 50027})
ANSWERED: Final = 40060
GONE: Final = frozenset({10003, 10004, 10007, 10013})
UNKNOWN_MESSAGE: Final = 10008
CLOSED_INBOX: Final = 50007
HAS_THREAD: Final = 160004
LOCKED: Final = frozenset({160005, 50083})
NEEDS_TAG: Final = 40067
NO_TAG: Final = "a tag that everybody may use"
AUTOMOD: Final = frozenset({200000, 200001, 240000})


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that goes with a message."""

    name: str
    content: bytes
    description: str


class Denied(DeliveryFailure):
    """Discord does not let the app do this; which right is missing it does not say."""


class NoMessage(Unreachable):
    """The message is not there: somebody has deleted it."""

    def __init__(self) -> None:
        super().__init__(gone=True)


class Expired(Exception):
    """The person's client has given up on this interaction."""


class AnsweredBefore(Exception):
    """This interaction has its first response already."""


@dataclass(slots=True)
class _Attempt:
    """Rides along with a request through aiohttp's trace."""

    making: str
    started: int = 0
    settled: asyncio.Future[DeliveryFailure] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class _Repeated(Exception):
    """The library was about to send again what may have been done."""


def trace() -> aiohttp.TraceConfig:
    """Watches every request of the client; belongs into its `http_trace`."""
    config = aiohttp.TraceConfig()
    config.on_request_start.append(_starting)
    config.on_request_end.append(_ended)
    return config


async def _starting(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestStartParams,
) -> None:
    attempt = context.trace_request_ctx
    if isinstance(attempt, _Attempt):
        attempt.started += 1
        if attempt.making and attempt.started > 1:
            raise _Repeated


async def _ended(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    params: aiohttp.TraceRequestEndParams,
) -> None:
    attempt = context.trace_request_ctx
    if not isinstance(attempt, _Attempt) or not attempt.making or attempt.settled.done():
        return
    status = params.response.status
    if status == 429:
        attempt.settled.set_result(TryLater(_patience(params.response.headers)))
    elif status >= 500:
        attempt.settled.set_result(Ambiguous(f"answered {status}"))


def _patience(headers: Mapping[str, str]) -> float:
    try:
        return max(float(headers.get("Retry-After", "")), 0.0)
    except ValueError:
        return BANNED_S


class Wire:
    """What goes to Discord. Its requests are never cancelled halfway: they end by themselves."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._under_way: set[asyncio.Task[Any]] = set()
        self._making: dict[str, _Attempt] = {}
        self._closed = False

    async def get(
        self, path: str, ids: Mapping[str, str], params: Mapping[str, Any] | None = None
    ) -> Any:
        """What Discord says. Raises the failures of the port."""
        return await self._call("GET", path, ids, params=params)

    async def send(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        body: Any = None,
        uploads: Sequence[Upload] = (),
        params: Mapping[str, Any] | None = None,
        *,
        making: str = "",
    ) -> Any:
        """Have something done. `making` names what it makes: then it is sent a single time.

        Raises Ambiguous while an earlier request that makes the same may still arrive.
        """
        if making and making in self._making:
            raise Ambiguous("an earlier request for it is under way")
        return await self._call(method, path, ids, body, uploads, params, making=making)

    async def close(self, within_s: float) -> None:
        """Send nothing more, and wait for what is under way."""
        self._closed = True
        if self._under_way:
            _, late = await asyncio.wait(tuple(self._under_way), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _call(
        self,
        method: str,
        path: str,
        ids: Mapping[str, str],
        body: Any = None,
        uploads: Sequence[Upload] = (),
        params: Mapping[str, Any] | None = None,
        *,
        making: str = "",
    ) -> Any:
        if self._closed:
            raise TryLater(NO_LINE_S)
        attempt = _Attempt(making)
        options: dict[str, Any] = {"trace_request_ctx": attempt}
        if params is not None:
            options["params"] = params
        if uploads:
            options["files"], options["form"] = _form(body or {}, uploads)
        elif body is not None:
            options["json"] = body
        route = Route(method, path, metadata=None, **ids)
        task = self._begin(self._client.http.request(route, **options))
        if making:
            self._making[making] = attempt
            task.add_done_callback(lambda _: self._made(attempt))
            attempt.settled.add_done_callback(lambda _: self._made(attempt))
        await self._wait(task, attempt)
        if not task.done() and attempt.settled.done():
            raise attempt.settled.result()
        try:
            return task.result()
        except BaseException as failed:
            raise _failure(failed) from failed

    def _made(self, attempt: _Attempt) -> None:
        if self._making.get(attempt.making) is attempt:
            del self._making[attempt.making]

    async def _wait(self, task: asyncio.Task[Any], attempt: _Attempt) -> None:
        """Until it is settled. What is still queued when nobody waits any more must never go out.

        One that has begun is not cancelled: the library's lock for all requests would stay closed
        for good. Raises TryLater if it was taken back.
        """
        settled = {task, attempt.settled}
        try:
            await asyncio.wait(settled, timeout=QUEUE_S, return_when=asyncio.FIRST_COMPLETED)
            if attempt.started or task.done():
                await asyncio.wait(settled, return_when=asyncio.FIRST_COMPLETED)
        finally:
            taken_back = not attempt.started and not task.done()
            if taken_back:
                task.cancel()
        if taken_back:
            raise TryLater(NO_LINE_S)

    def _begin(self, request: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.create_task(request)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # it was told to who waited, if anybody still did

    # -- interactions -----------------------------------------------------------------------------

    async def respond(
        self, interaction: int, token: str, body: Json, uploads: Sequence[Upload] = ()
    ) -> None:
        """The first response. Raises Expired, AnsweredBefore, and the failures of the port."""
        path = "/interactions/{webhook_id}/{webhook_token}/callback"
        await self._webhook("POST", path, interaction, token, body, uploads)

    async def change_response(self, token: str, body: Json, uploads: Sequence[Upload] = ()) -> None:
        """What the first response says now."""
        path = "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
        await self._webhook("PATCH", path, self._application, token, body, uploads)

    async def follow_up(self, token: str, body: Json, uploads: Sequence[Upload] = ()) -> None:
        """One more message, after the first response."""
        path = "/webhooks/{webhook_id}/{webhook_token}"
        await self._webhook("POST", path, self._application, token, body, uploads)

    @property
    def _application(self) -> int:
        application = self._client.application_id
        if application is None:
            raise TryLater(NO_LINE_S)
        return application

    async def _webhook(
        self,
        method: str,
        path: str,
        webhook: int,
        token: str,
        body: Json,
        uploads: Sequence[Upload],
    ) -> None:
        # The library offers this for its own views alone; the version is pinned and this is tested.
        session = self._client.http._HTTPClient__session  # type: ignore[attr-defined]
        route = Route(method, path, webhook_id=webhook, webhook_token=token)
        options: dict[str, Any] = {"payload": body}
        if uploads:
            files, form = _form(body, uploads)
            options = {"files": files, "multipart": form}
        request = async_context.get().request(route, session, **options)
        try:
            await asyncio.shield(self._begin(request))
        except discord.HTTPException as failed:
            if failed.code in EXPIRED:
                raise Expired from failed
            if failed.code == ANSWERED:
                raise AnsweredBefore from failed
            raise _failure(failed) from failed
        except (OSError, aiohttp.ClientError, TimeoutError) as failed:
            raise _failure(failed) from failed


def _form(body: Json, uploads: Sequence[Upload]) -> tuple[list[discord.File], list[dict[str, Any]]]:
    files = [discord.File(io.BytesIO(one.content), one.name) for one in uploads]
    form: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body)}]
    for number, file in enumerate(files):
        form.append(
            {
                "name": f"files[{number}]",
                "value": file.fp,
                "filename": file.filename,
                "content_type": "application/octet-stream",
            }
        )
    return files, form


def _failure(failed: BaseException) -> BaseException:
    """What it means for the port."""
    match failed:
        case DeliveryFailure():
            return failed
        case _Repeated():
            return Ambiguous("it was about to be sent again")
        case discord.RateLimited():
            return TryLater(failed.retry_after)
        case discord.DiscordServerError():
            return Ambiguous(f"answered {failed.status}")
        case discord.HTTPException():
            return _refusal(failed)
        case aiohttp.ClientConnectorError():
            return TryLater(NO_LINE_S)
        case OSError() | aiohttp.ClientError() | TimeoutError():
            return Ambiguous(repr(failed))
        case RuntimeError() if "closed" in str(failed).lower():
            return TryLater(NO_LINE_S)
        case asyncio.CancelledError():
            return Ambiguous("given up")
        case _:
            return failed


def _refusal(failed: discord.HTTPException) -> DeliveryFailure:
    code, status = failed.code, failed.status
    if status in (401, 429):
        log.error("Discord refuses all requests for now: %s", failed.text or status)
        return TryLater(BANNED_S)
    if code in GONE:
        return Unreachable(gone=True)
    if code == UNKNOWN_MESSAGE:
        return NoMessage()
    if code == CLOSED_INBOX:
        return Unreachable()
    if code in LOCKED:
        return Unreachable(missing="a thread that is not locked")
    if code == NEEDS_TAG:
        return Unreachable(missing=NO_TAG)
    if code in AUTOMOD:
        return Unreachable(missing="an AutoMod that lets my posts through")
    if status == 403:
        return Denied(failed.text)
    if status == 404:
        return Unreachable(gone=True)
    return Rejected(f"{status} {code}: {failed.text}")
