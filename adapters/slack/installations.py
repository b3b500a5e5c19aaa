"""Which workspaces the app is in, and the token of each.

Knows no lesson. Invariant: a token leaves this file only as what `token` returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final, Protocol, TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.port import CannotConnect, Shelf, TryLater, Unreachable
from adapters.slack.words import RIGHTS

log = logging.getLogger(__name__)

Clients: TypeAlias = Callable[[str], AsyncWebClient]
"""A client for a token; for "", one that gives its secrets with each request."""

OUT_OF_REACH: Final = (OSError, aiohttp.ClientError, SlackClientError)
"""What a request ends with that Slack did not answer as it should."""

REFUSALS: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""Slack's words for a token that will never be good again."""

AGAIN_S: Final = 30.0


class Workspaces(Protocol):
    """The workspaces of an app; a team is Slack's id of one, such as T0123."""

    async def open(self, shelf: Shelf, client: Clients) -> None:
        """Called once, before anything else. Raises CannotConnect if the token is refused."""

    async def token(self, team: str) -> str:
        """The bot token that is good now. Raises Unreachable if there is none, or TryLater."""

    async def bot_user(self, team: str) -> str:
        """The app's own user there, "U...". Raises as `token` does."""

    async def teams(self) -> Sequence[str]:
        """All that are known; those that can't be looked at now are not among them."""

    async def forget(self, team: str) -> None:
        """The app was removed there, or its token revoked: nothing of it is kept."""


def refusal(failed: Exception) -> str:
    """Slack's word for why it did not do what it was asked; "" if it gave none."""
    if not isinstance(failed, SlackApiError):
        return ""
    told = failed.response
    word = told.get("error") if hasattr(told, "get") else None
    return word if isinstance(word, str) else ""


# -- one workspace --------------------------------------------------------------------------------


class OneWorkspace:
    """The one whose token stands in the settings; Slack says which it is."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._client: AsyncWebClient | None = None
        self._team = self._bot_user = ""
        self._gone = False
        self._asking = asyncio.Lock()

    def __repr__(self) -> str:
        return f"OneWorkspace({self._team or 'not known yet'})"

    async def open(self, shelf: Shelf, client: Clients) -> None:
        """Ask which workspace it is; where Slack can't be reached, that is asked again later."""
        self._client = client(self._token)
        try:
            await self._known()
        except TryLater:
            log.warning("Slack can't be reached, so its workspace is asked for later")
        except Unreachable:
            raise CannotConnect(
                "Slack: the bot token is not valid. Copy it anew from the app's settings (Install"
                " App, Bot User OAuth Token) into STUDYHALL_SLACK_BOT_TOKEN."
            ) from None

    async def token(self, team: str) -> str:
        """The token of the settings. Raises Unreachable for every other workspace."""
        await self._known()
        if team != self._team:
            raise Unreachable(missing=RIGHTS["installed"])
        return self._token

    async def bot_user(self, team: str) -> str:
        """The app's own user."""
        await self.token(team)
        return self._bot_user

    async def teams(self) -> Sequence[str]:
        """The one, once it is known."""
        try:
            await self._known()
        except (TryLater, Unreachable):
            return ()
        return (self._team,)

    async def forget(self, team: str) -> None:
        """The token is used no more; a new one comes with a new start."""
        if team == self._team:
            self._gone = True

    async def _known(self) -> None:
        """Raises Unreachable if the token is refused, TryLater if Slack can't be asked."""
        if self._gone:
            raise Unreachable(missing=RIGHTS["installed"])
        if self._team:
            return
        async with self._asking:
            if not self._team:
                await self._ask()

    async def _ask(self) -> None:
        if self._client is None:
            raise TryLater(AGAIN_S)
        try:
            told = await self._client.auth_test()
        except OUT_OF_REACH as failed:
            if refusal(failed) in REFUSALS:
                raise Unreachable(missing=RIGHTS["installed"]) from None
            raise TryLater(AGAIN_S) from None
        team, user = told.get("team_id"), told.get("user_id")
        if not isinstance(team, str) or not isinstance(user, str):
            raise TryLater(AGAIN_S)
        self._bot_user, self._team = user, team
