"""How a workspace installs the app by itself: there, Slack asks a person, and back with a token.

Knows no lesson. Invariant: a token comes only to whom began here less than ten minutes ago, in the
same browser, once. The steps themselves are Bolt's. Source: Slack's developer documentation,
"Installing with OAuth".
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import html
import logging
import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec
from aiohttp import web
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import (
    AsyncCallbackOptions,
    AsyncFailureArgs,
    AsyncSuccessArgs,
)
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from adapters.port import DeliveryFailure, Shelf
from adapters.slack.installations import OUT_OF_REACH, Installed, machine_clock
from adapters.slack.manifest import OAUTH_PATH
from adapters.slack.vault import Kept
from adapters.slack.words import PAGES

log = logging.getLogger(__name__)

INSTALL: Final = "/slack/install"
AUTHORIZE: Final = "https://slack.com/oauth/v2/authorize"

STATE_S: Final = 600
MOST_STATES: Final = 500
STATES: Final = "oauth_states"
COOKIE: Final = "studyhall_slack"

_TEAM: Final = re.compile(r"[TE][A-Z0-9]{1,30}", re.ASCII)


class States(AsyncOAuthStateStore):
    """What was begun and has not ended; on the shelf only a digest of it, and until when."""

    def __init__(self, shelf: Callable[[], Shelf], clock: Callable[[], datetime]) -> None:
        self._shelf = shelf
        self._clock = clock
        self._changing = asyncio.Lock()

    @property
    def logger(self) -> logging.Logger:
        """Where Bolt may tell of it."""
        return log

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new one; the oldest goes if there are too many."""
        state = secrets.token_urlsafe(32)
        async with self._changing:
            begun = await self._alive()
            begun[_digest(state)] = self._now() + STATE_S
            newest = sorted(begun.items(), key=lambda one: one[1])[-MOST_STATES:]
            await self._shelf().put(STATES, msgspec.json.encode(dict(newest)).decode())
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether it was begun here, not long ago, and has not ended yet; it has now."""
        async with self._changing:
            begun = await self._alive()
            if begun.pop(_digest(state), None) is None:
                return False
            await self._shelf().put(STATES, msgspec.json.encode(begun).decode() if begun else None)
        return True

    async def _alive(self) -> dict[str, int]:
        """One record for all of them: whoever asks for many costs one row each time."""
        kept = await self._shelf().get(STATES)
        try:
            begun = msgspec.json.decode(kept or "{}", type=dict[str, int])
        except msgspec.MsgspecError:
            begun = {}
        return {digest: ends for digest, ends in begun.items() if ends > self._now()}

    def _now(self) -> int:
        return int(self._clock().timestamp())


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()[:32]


class WholeOrganisation(BoltError):
    """It was installed for all workspaces of an organisation, and here each is one of its own."""


class BoltStore(AsyncInstallationStore):
    """Where Bolt's steps leave what came of an installation. It never asks: who may is `wire`."""

    def __init__(self, workspaces: Installed) -> None:
        self._workspaces = workspaces

    @property
    def logger(self) -> logging.Logger:
        """Where Bolt may tell of it."""
        return log

    async def async_save(self, installation: Installation) -> None:
        """Keep what came of an installation. Raises BoltError if something is missing in it."""
        if installation.is_enterprise_install or not installation.team_id:
            raise WholeOrganisation
        if not installation.bot_token or not installation.bot_user_id:
            raise BoltError("there is no bot token in it")
        await self._workspaces.keep(
            Kept(
                team=installation.team_id,
                token=installation.bot_token,
                bot_user=installation.bot_user_id,
                refresh=installation.bot_refresh_token or "",
                ends_at=installation.bot_token_expires_at or 0,
            )
        )


class _Cookie(OAuthStateUtils):
    """Bolt's, sent only to these paths, and from elsewhere only when a person follows a link."""

    def build_set_cookie_for_new_state(self, state: str) -> str:
        lasts = f"Max-Age={self.expiration_seconds}"
        return f"{self.cookie_name}={state}; Secure; HttpOnly; SameSite=Lax; Path=/slack; {lasts}"

    def build_set_cookie_for_deletion(self) -> str:
        return f"{self.cookie_name}=; Secure; HttpOnly; SameSite=Lax; Path=/slack; Max-Age=0"


# -- the routes -----------------------------------------------------------------------------------


async def _nothing() -> None:
    return None


class OAuth:
    """Two routes: where an installation begins, and where Slack sends the person back to."""

    def __init__(
        self,
        workspaces: Installed,
        scopes: Sequence[str],
        *,
        authorize: str = AUTHORIZE,
        clock: Callable[[], datetime] = machine_clock,
    ) -> None:
        self.workspaces = workspaces
        self.installed: Callable[[], Awaitable[None]] = _nothing
        self._scopes = tuple(scopes)
        self._authorize = authorize
        self._states = States(lambda: workspaces.shelf, clock)
        self._cookie = _Cookie(cookie_name=COOKIE, expiration_seconds=STATE_S)

    def routes(self) -> list[web.RouteDef]:
        """A HEAD is a look at a link, and begins nothing."""
        return [
            web.get(INSTALL, self._begin, allow_head=False),
            web.get(OAUTH_PATH, self._end, allow_head=False),
        ]

    async def _begin(self, request: web.Request) -> web.StreamResponse:
        team = request.query.get("team", "")
        query = {"team": team} if _TEAM.fullmatch(team) else {}
        try:
            flow = self._flow()
            asked = AsyncBoltRequest(body="", query=query)
            return answered(await flow.handle_installation(asked), safe=True)
        except DeliveryFailure:
            return page("not_open")
        except Exception:
            log.exception("an installation could not begin")
            return page("not_kept")

    async def _end(self, request: web.Request) -> web.StreamResponse:
        try:
            asked = AsyncBoltRequest(
                body="",
                query=request.rel_url.raw_query_string,
                headers={"cookie": request.headers.get("Cookie", "")},
            )
            return answered(await self._flow().handle_callback(asked), safe=True)
        except DeliveryFailure:
            return page("not_open")
        except OUT_OF_REACH as away:
            log.warning("Slack could not be asked for a token: %s", type(away).__name__)
            return page("slack_away")
        except Exception:
            log.exception("an installation could not be kept")
            return page("not_kept")

    def _flow(self) -> AsyncOAuthFlow:
        """Bolt's steps. They need a client, which is there once the app is open."""
        settings = AsyncOAuthSettings(
            client_id=self.workspaces.client_id,
            client_secret=self.workspaces.client_secret,
            scopes=self._scopes,
            user_scopes=(),
            install_path=INSTALL,
            redirect_uri_path=OAUTH_PATH,
            install_page_rendering_enabled=False,
            callback_options=AsyncCallbackOptions(success=self._worked, failure=self._failed),
            authorization_url=self._authorize,
            installation_store=BoltStore(self.workspaces),
            installation_store_bot_only=True,
            state_store=self._states,
            state_cookie_name=COOKIE,
            state_expiration_seconds=STATE_S,
            logger=_QUIET,
        )
        settings.state_utils = self._cookie
        return AsyncOAuthFlow(client=self.workspaces.client(), logger=_QUIET, settings=settings)

    async def _worked(self, done: AsyncSuccessArgs) -> BoltResponse:
        """A workspace that was left and came back is not deleted when its time comes."""
        log.info("installed in workspace %s", done.installation.team_id)
        try:
            await self.installed()
        except Exception:
            # It is kept, and the workspaces are counted again before long.
            log.exception("the service could not be told of a new workspace")
        return self._page("installed")

    async def _failed(self, failed: AsyncFailureArgs) -> BoltResponse:
        known = failed.reason if failed.reason in BOLTS_REASONS else "refused"
        if isinstance(failed.error, WholeOrganisation):
            known = "whole_organisation"
        log.info("an installation ended with %r", failed.reason[:40])
        return self._page(known)

    def _page(self, key: str) -> BoltResponse:
        status, text = drawn(key)
        forgotten = self._cookie.build_set_cookie_for_deletion()
        headers: dict[str, str | Sequence[str]] = {"Content-Type": _HTML, "Set-Cookie": forgotten}
        return BoltResponse(status=status, body=text, headers=headers)


BOLTS_REASONS: Final = frozenset(
    {
        "access_denied",
        "invalid_browser",
        "invalid_code",
        "invalid_state",
        "missing_code",
        "storage_error",
    }
)
"""Ends that have a page of their own; an error in the address may be anything."""

_QUIET: Final = logging.getLogger(f"{__name__}.steps")
"""Bolt logs the code that a token is given for; what happened is logged here."""

_QUIET.setLevel(logging.CRITICAL)


# -- pages ----------------------------------------------------------------------------------------

_HTML: Final = "text/html; charset=utf-8"
_STYLE: Final = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1.5rem}"
    "@media(prefers-color-scheme:dark){body{background:#1b1b1f;color:#eee}a{color:#9cf}}"
)
_DIGEST: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_SAFE: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def drawn(key: str) -> tuple[int, str]:
    """The status and the page of a way in which an installation can end."""
    told = PAGES[key]
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in told.lines)
    again = f'<p><a href="{INSTALL}">{html.escape(told.again)}</a></p>' if told.again else ""
    title = html.escape(told.title)
    return told.status, (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{lines}{again}</main></body></html>"
    )


def page(key: str) -> web.Response:
    """The same, as an answer."""
    status, text = drawn(key)
    return web.Response(status=status, text=text, headers={"Content-Type": _HTML, **_SAFE})


def answered(told: BoltResponse, *, safe: bool = False) -> web.Response:
    """Bolt's answer; `safe` for what a browser shows."""
    made = web.Response(status=told.status, body=told.body.encode(), headers=_SAFE if safe else {})
    made.headers.popall("Content-Type", None)
    for name, values in told.headers.items():
        for value in values:
            made.headers.add(name, value)
    return made
