"""Requests to Slack through its own client, each made once, and how they can fail.

Knows no lesson and no message's shape. Invariant: only what Slack says it did not do (its rate
limit) is repeated by itself; whether anything else happened is found out by looking.
"""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env
from slack_sdk.web.async_client import AsyncWebClient

from adapters.port import Ambiguous, Rejected, TryLater, Unreachable
from adapters.slack.markdown import Json
from adapters.slack.words import RIGHTS

API: Final = "https://slack.com/api/"
ANSWER_S: Final = 20.0
NO_LINE_S: Final = 10.0
PACE_S: Final = 1.0
"""Slack takes about one post a second in a channel."""

PATIENCE_S: Final = 5.0
"""So long a post waits for its turn here; after that it is tried again later, unsent."""

BUSY_S: Final = 30.0
MOST_S: Final = 3_600.0
REPEATS: Final = 2
SHORT_S: Final = 5.0
"""So long a wait is slept through, by whom nothing else can be done; a longer one is told."""

NOT_IN: Final = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})
ARCHIVED: Final = frozenset({"is_archived", "is_inactive"})
CLOSED: Final = frozenset(
    {
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "access_denied",
        "no_permission",
        "ekm_access_denied",
        "messages_tab_disabled",
    }
)
REMOVED: Final = frozenset({"account_inactive", "token_revoked"})
CUT_OFF: Final = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_expired",
        "team_access_not_granted",
        "no_permission_to_team",
        "enterprise_is_restricted",
    }
)
"""Slack's words for a token that it does not take, or not here."""

NEVER_AGAIN: Final = CUT_OFF | REMOVED
"""A token that will never be good again, whatever the reason."""

NO_SCOPE: Final = "missing_scope"
NO_MESSAGE: Final = frozenset(
    {"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"}
)
NO_PERSON: Final = frozenset(
    {"user_not_found", "user_disabled", "user_not_visible", "users_not_found", "cannot_dm_bot"}
)
BUSY: Final = frozenset({"ratelimited", "rate_limited", "team_added_to_org", "org_login_required"})
UNCLEAR: Final = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
TOO_LATE: Final = frozenset(
    {
        "expired_trigger_id",
        "exchanged_trigger_id",
        "trigger_expired",
        "trigger_exchanged",
        "invalid_trigger_id",
        "view_not_found",
        "not_found",
        "hash_conflict",
        "expired_url",
        "used_url",
    }
)


class NoScope(Unreachable):
    """The app was not given the right to ask this."""

    def __init__(self, scope: str) -> None:
        super().__init__(missing=RIGHTS["scope"].format(scope=scope))


class Removed(Unreachable):
    """The app was removed from the workspace, or its token taken away there."""


class Expired(Exception):
    """What the person had before them is closed, or they pressed it too long ago."""


class _Patience(AsyncRateLimitErrorRetryHandler):
    """Waits when Slack asks for it, if that is not for long: somebody waits for the answer.

    Slack's own waits as long as it is told to, and only by whole seconds.
    """

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        limited = response is not None and response.status_code == 429
        return limited and response is not None and _patience(response.headers) <= SHORT_S

    async def prepare_for_next_attempt_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> None:
        state.next_attempt_requested = True
        await asyncio.sleep(_patience(response.headers) if response is not None else 0)
        state.increment_current_attempt()


class Tokens(Protocol):
    """Who has the tokens."""

    async def token(self, team: str) -> str:
        """The app's token in this workspace. Raises Unreachable."""


class Wire:
    """What goes to Slack, for every workspace."""

    def __init__(self, tokens: Tokens, api: str = API, pace_s: float = PACE_S) -> None:
        self._tokens = tokens
        self._pace_s = pace_s
        self._posting: set[asyncio.Task[Mapping[str, Any]]] = set()
        self._api = api
        self._session: aiohttp.ClientSession | None = None
        self._clients: dict[tuple[str, bool], AsyncWebClient] = {}
        self._free_at: dict[tuple[str, str], float] = {}
        self._closed = False

    # -- clients ----------------------------------------------------------------------------------

    def client(self, token: str, *, patient: bool = True) -> AsyncWebClient:
        """Slack's client with this token; it repeats nothing but what was refused for its rate.

        One that is not `patient` leaves that to who asked.
        """
        handlers = [_Patience(max_retry_count=REPEATS)] if patient else []
        return AsyncWebClient(
            token or None, base_url=self._api, session=self.session, retry_handlers=[*handlers]
        )

    @property
    def session(self) -> aiohttp.ClientSession:
        """The lines that all requests share."""
        if self._closed:
            raise TryLater(NO_LINE_S)
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_S))
        return self._session

    def forget(self, team: str) -> None:
        """The app is no longer in that workspace: its token is kept no longer than it is good."""
        for patient in (True, False):
            self._clients.pop((team, patient), None)

    async def close(self, within_s: float) -> None:
        """Send nothing more, and wait for the posts under way."""
        self._closed = True
        if self._posting:
            await asyncio.wait(tuple(self._posting), timeout=within_s)
        if self._session is not None:
            await self._session.close()

    async def _client(self, team: str, *, patient: bool = True) -> AsyncWebClient:
        if self._closed:
            raise TryLater(NO_LINE_S)
        token = await self._tokens.token(team)
        known = self._clients.get((team, patient))
        if known is None or known.token != token or known.session is not self.session:
            known = self._clients[team, patient] = self.client(token, patient=patient)
        return known

    # -- requests ---------------------------------------------------------------------------------

    async def ask(
        self, team: str, method: str, wanted: Mapping[str, str | int], *, patient: bool = True
    ) -> Mapping[str, Any]:
        """What Slack says. Raises the failures of the port."""
        client = await self._client(team, patient=patient)
        return await _answer(client.api_call(method, http_verb="GET", params=dict(wanted)))

    async def tell(self, team: str, method: str, body: Json) -> Mapping[str, Any]:
        """Have something done. Raises the failures of the port, and Expired."""
        client = await self._client(team)
        return await _answer(client.api_call(method, json=body))

    async def post(self, team: str, method: str, body: Json) -> Mapping[str, Any]:
        """Have something done in a channel, when it is its turn. Raises the failures of the port.

        What Slack refuses for its rate is for the caller to try again: a ledger waits better.
        """
        client = await self._client(team, patient=False)
        await self._turn(team, str(body["channel"]))
        if self._closed:
            raise TryLater(NO_LINE_S)
        posting = asyncio.create_task(_answer(client.api_call(method, json=body)))
        self._posting.add(posting)
        posting.add_done_callback(self._posted)
        # Who no longer waits does not break it off: whether it arrived would be unknown.
        return await asyncio.shield(posting)

    def _posted(self, posting: asyncio.Task[Mapping[str, Any]]) -> None:
        self._posting.discard(posting)
        if not posting.cancelled():
            posting.exception()

    async def _turn(self, team: str, channel: str) -> None:
        """One a second: the place in the queue is taken before anything is waited for."""
        now = asyncio.get_running_loop().time()
        free_at = max(self._free_at.get((team, channel), now), now)
        if free_at - now > PATIENCE_S:
            raise TryLater(free_at - now)
        self._free_at[team, channel] = free_at + self._pace_s
        for place in [one for one, at in self._free_at.items() if at < now]:
            del self._free_at[place]
        await asyncio.sleep(free_at - now)

    async def respond(self, url: str, body: Json) -> None:
        """Answer where something was typed or pressed. Raises Expired, and the port's failures."""
        session, proxy = self.session, load_http_proxy_from_env()  # as Slack's own client does
        for again in range(REPEATS, -1, -1):
            try:
                async with session.post(url, json=body, proxy=proxy) as answer:
                    told = await answer.text()
            except Exception as failed:
                raise _failure(failed) from failed
            failure = _unanswered(answer.status, answer.headers, told)
            if failure is None:
                return
            if not (again and isinstance(failure, TryLater) and failure.after_s <= SHORT_S):
                raise failure
            await asyncio.sleep(failure.after_s)

    async def upload(self, team: str, name: str, content: bytes, alt: str) -> str:
        """The id of a file that nobody sees until a message shows it."""
        client = await self._client(team)
        made = await _answer(
            client.files_upload_v2(filename=name, title=name, content=content, alt_txt=alt)
        )
        files = made.get("files")
        if not files:
            raise Ambiguous("no file came back")
        return str(files[0]["id"])

    async def ticket(self, app_token: str) -> str:
        """The address of a new line of Socket Mode; it is good once. Raises the port's failures."""
        client = self.client(app_token, patient=False)
        told = await _answer(client.apps_connections_open(app_token=app_token))
        return str(told.get("url", ""))


async def _answer(request: Any) -> Mapping[str, Any]:
    try:
        response = await request
    except Exception as failed:  # of what can't be read, the client raises whatever comes
        raise _failure(failed) from failed
    told = response.data
    if not isinstance(told, Mapping):
        raise Ambiguous("the answer can't be read")
    return told


def _failure(failed: Exception) -> Exception:
    """What it means for the port. Its own words may name an address that is a secret."""
    match failed:
        case SlackApiError():
            return _refusal(failed)
        case aiohttp.ClientConnectorError():
            return TryLater(NO_LINE_S)
        case _:
            return Ambiguous(type(failed).__name__)


def _refusal(failed: SlackApiError) -> Exception:
    response = failed.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0)
    headers = getattr(response, "headers", None) or {}
    told = getattr(response, "data", None)
    said = told if isinstance(told, Mapping) else {}
    error = str(said.get("error", ""))
    if status == 429 or error in BUSY:
        return TryLater(_patience(headers))
    if status >= 500 or not error or error in UNCLEAR:
        return Ambiguous(error or f"answered {status}")
    return _named(error, said)


def _named(error: str, said: Mapping[str, Any]) -> Exception:
    if error in TOO_LATE:
        return Expired(error)
    if error in NOT_IN:
        return Unreachable(missing=RIGHTS["member"])
    if error in ARCHIVED:
        return Unreachable(missing=RIGHTS["archived"])
    if error in CLOSED:
        return Unreachable(missing=RIGHTS["posting"])
    if error in REMOVED:
        return Removed(missing=RIGHTS["installed"])
    if error in CUT_OFF:
        return Unreachable(missing=RIGHTS["installed"])
    if error == NO_SCOPE:
        return NoScope(str(said.get("needed", "")))
    if error in NO_MESSAGE:
        return Unreachable(gone=True)
    if error in NO_PERSON:
        return Unreachable()
    more = (said.get("response_metadata") or {}).get("messages") or said.get("errors") or ()
    return Rejected("; ".join([error, *map(str, more)]))


def _unanswered(status: int, headers: Mapping[str, Any], body: str) -> Exception | None:
    """Why an answer was not taken, whose refusals come as a word or as JSON; None if it was."""
    said = _read(body)
    error = str(said.get("error", ""))
    if status == 429 or error in BUSY:
        return TryLater(_patience(headers))
    if status >= 500 or error in UNCLEAR:
        return Ambiguous(error or f"answered {status}")
    if status in (404, 410):
        return Expired(error)
    if error:
        return _named(error, said)
    return None if status == 200 else Rejected(f"{status}: {body[:200]}")


def _read(body: str) -> Mapping[str, Any]:
    words = body.strip()
    if re.fullmatch(r"[a-z]+(_[a-z]+)+", words):
        return {"error": words}
    try:
        said = json.loads(words)
    except ValueError:
        return {}
    return said if isinstance(said, Mapping) and not said.get("ok", False) else {}


def _patience(headers: Mapping[str, Any]) -> float:
    """How long Slack asks to wait. The client's own replies have a list for each header."""
    for name, value in headers.items():
        if name.lower() == "retry-after":
            try:
                asked = float(value[0] if isinstance(value, list) else value)
            except ValueError:
                break
            return min(max(asked, 0.0), MOST_S) if math.isfinite(asked) else BUSY_S
    return BUSY_S
