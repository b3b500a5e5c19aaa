"""Which workspaces the app is in, and the token of each.

Knows no lesson. Invariant: a token leaves this file only as what `token` returns.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol, TypeAlias

import aiohttp
import msgspec
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.port import CannotConnect, Shelf, TryLater, Unreachable
from adapters.slack.vault import Kept, Unreadable, Vault
from adapters.slack.wire import BUSY, NEVER_AGAIN, UNCLEAR
from adapters.slack.words import RIGHTS

log = logging.getLogger(__name__)

NAME: Final = "slack"

Clients: TypeAlias = Callable[[str], AsyncWebClient]
"""A client for a token; for "", one that gives its secrets with each request."""

OUT_OF_REACH: Final = (
    *(OSError, aiohttp.ClientError, SlackClientError),
    *(AttributeError, ValueError),  # of a page that is no JSON, from whoever stands in between
)
"""What a request ends with that Slack did not answer as it should."""

AGAIN_S: Final = 30.0


def space_of(team: str) -> str:
    """The space of a workspace."""
    return f"{NAME}:{team}"


class Workspaces(Protocol):
    """The workspaces of an app; a team is Slack's id of one, such as T0123."""

    async def open(self, shelf: Shelf, client: Clients) -> None:
        """Called once, before anything else. Raises CannotConnect if the token is refused."""

    async def token(self, team: str) -> str:
        """The bot token that is good now. Raises Unreachable if there is none, or TryLater."""

    async def bot_user(self, team: str) -> str:
        """The app's own user there, "U...". Raises as `token` does."""

    async def teams(self) -> Sequence[str]:
        """All of them, also those whose token can't be read. Raises TryLater where that can't be
        known now, Unreachable if it never will be."""

    async def forget(self, team: str) -> None:
        """The app was removed there, or its token revoked: nothing of it is kept."""

    async def finish(self, within_s: float) -> None:
        """Nothing more will be asked for; what is under way is still kept, if it ends in time."""


def refusal(failed: Exception) -> str:
    """Slack's word for why it did not do what it was asked; "" if it gave none."""
    if not isinstance(failed, SlackApiError):
        return ""
    told = getattr(failed.response, "data", failed.response)
    word = told.get("error") if isinstance(told, Mapping) else None
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
        """The one; none after it was forgotten."""
        if self._gone:
            return ()
        await self._known()
        return (self._team,)

    async def forget(self, team: str) -> None:
        """The token is used no more; a new one comes with a new start."""
        if team == self._team:
            self._gone = True

    async def finish(self, within_s: float) -> None:
        """This token is never renewed."""

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
            if refusal(failed) in NEVER_AGAIN:
                raise Unreachable(missing=RIGHTS["installed"]) from None
            raise TryLater(AGAIN_S) from None
        team, user = told.get("team_id"), told.get("user_id")
        if not isinstance(team, str) or not isinstance(user, str):
            raise TryLater(AGAIN_S)
        self._bot_user, self._team = user, team


# -- many workspaces ------------------------------------------------------------------------------

BEGIN: Final = "installation:"

EARLY_S: Final = 2 * 3_600
"""So long before its end a token is renewed."""

PATIENCE_S: Final = 1.0
"""So long is a new token waited for while the old one is still good: somebody may be waiting."""

PASSING: Final = UNCLEAR | BUSY
"""Slack's words for a trouble of its own."""

RENEW_S: Final = 20.0
RETRY_S: Final = 60
"""Between two tries to renew a token."""


def key_of(team: str) -> str:
    """Under which record a workspace is kept; it goes with all that is known of the space."""
    return f"{BEGIN}{team}:bot"


def machine_clock() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


class Installed:
    """The workspaces that installed the app by themselves; their tokens end and are renewed."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        keys: Sequence[str],
        clock: Callable[[], datetime] = machine_clock,
    ) -> None:
        """Raises CannotConnect for a key that is none."""
        self.client_id = client_id
        self.client_secret = client_secret
        self._vault = Vault(keys)
        self._clock = clock
        self._shelf: Shelf | None = None
        self._client: Clients | None = None
        self._known: dict[str, Kept] = {}
        self._unsaved: dict[str, Kept] = {}
        self._unreadable: set[str] = set()
        self._renewing: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, tuple[int, str]] = {}
        self._writing = asyncio.Lock()

    @property
    def shelf(self) -> Shelf:
        """Where records are kept, once it is open."""
        if self._shelf is None:
            raise TryLater(AGAIN_S)
        return self._shelf

    def client(self, token: str = "") -> AsyncWebClient:
        """A client, once it is open."""
        if self._client is None:
            raise TryLater(AGAIN_S)
        return self._client(token)

    async def open(self, shelf: Shelf, client: Clients) -> None:
        """Encrypt again what an old key encrypted, so that the old one can be taken away."""
        self._shelf, self._client = shelf, client
        again = 0
        for key, sealed in (await shelf.all(BEGIN)).items():
            if not self._vault.is_current(sealed):
                again += await self._sealed_again(team_of_key(key), sealed)
        if again:
            log.info("tokens of %d workspaces are encrypted with the first key now", again)

    async def _sealed_again(self, team: str, sealed: str) -> bool:
        async with self._writing:
            try:
                kept = self._vault.opened(team, sealed)
            except Unreadable:
                self._tell_unreadable(team)
                return False
            await self.shelf.put(key_of(team), self._vault.sealed(kept))
        return True

    async def token(self, team: str) -> str:
        """The token that is good now; it is renewed in time, once for all who wait for it."""
        kept = await self.kept(team)
        left = self._left(kept)
        if left > EARLY_S:
            return kept.token
        renewing = self._begin_to_renew(team)
        if renewing is not None:
            await asyncio.wait({renewing}, timeout=PATIENCE_S if left > RETRY_S else RENEW_S)
            kept = await self.kept(team)
        if self._left(kept) > 0:
            return kept.token
        again_at, missing = self._failed.get(team, (0, ""))
        if missing:
            raise Unreachable(missing=missing)
        raise TryLater(max(again_at - self._now(), AGAIN_S))

    async def bot_user(self, team: str) -> str:
        """The app's own user there."""
        return (await self.kept(team)).bot_user

    async def teams(self) -> Sequence[str]:
        """All that have a record, readable or not."""
        return tuple(team_of_key(key) for key in await self.shelf.all(BEGIN))

    async def forget(self, team: str) -> None:
        """Take the tokens away, also from a renewal that is under way."""
        async with self._writing:
            self._unsaved.pop(team, None)
            self._known.pop(team, None)
            self._failed.pop(team, None)
            await self.shelf.put(key_of(team), None)

    async def finish(self, within_s: float) -> None:
        """Wait for renewals under way: what Slack gave is lost if it is not kept."""
        if self._renewing:
            await asyncio.wait(set(self._renewing.values()), timeout=within_s)

    # -- records ----------------------------------------------------------------------------------

    async def kept(self, team: str) -> Kept:
        """What is known of a workspace. Raises Unreachable."""
        if (known := self._known.get(team)) is not None:
            return known
        async with self._writing:  # or what is taken away meanwhile would be known again
            if (known := self._known.get(team)) is not None:
                return known
            sealed = await self.shelf.get(key_of(team))
            if sealed is None:
                raise Unreachable(missing=RIGHTS["installed"])
            try:
                known = self._known[team] = self._vault.opened(team, sealed)
            except Unreadable:
                self._tell_unreadable(team)
                raise Unreachable(missing=RIGHTS["readable"]) from None
        return known

    async def keep(self, kept: Kept) -> None:
        """The app was installed there, for the first time or again."""
        async with self._writing:
            self._known.pop(kept.team, None)
            self._unsaved.pop(kept.team, None)
            self._failed.pop(kept.team, None)
            self._unreadable.discard(kept.team)
            await self.shelf.put(key_of(kept.team), self._vault.sealed(kept))

    def _tell_unreadable(self, team: str) -> None:
        if team not in self._unreadable:
            self._unreadable.add(team)
            log.error(
                "the token of workspace %s can't be read: STUDYHALL_SLACK_TOKEN_KEY lacks the key"
                " that it was encrypted with, or its record is damaged. Put the old key behind the"
                " new one, or install the app in that workspace again.",
                team,
            )

    # -- renewing ---------------------------------------------------------------------------------

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _left(self, kept: Kept) -> float:
        return kept.ends_at - self._now() if kept.ends_at else float("inf")

    def _begin_to_renew(self, team: str) -> asyncio.Task[None] | None:
        """The renewal under way, or a new one; a task, so that nobody who leaves ends it."""
        if team not in self._renewing:
            if self._now() < self._failed.get(team, (0, ""))[0]:
                return None
            task = asyncio.create_task(self._renew(team))
            self._renewing[team] = task
            task.add_done_callback(lambda _: self._renewing.pop(team, None))
        return self._renewing[team]

    async def _renew(self, team: str) -> None:
        try:
            self._known.pop(team, None)  # another process may have been first
            old = await self.kept(team)
            if self._left(old) > EARLY_S:
                return
            await self._replace(old, self._unsaved.get(team) or await self._exchanged(old))
            self._failed.pop(team, None)
        except (TryLater, Unreachable) as failed:
            self._note_failure(team, failed)
        except Exception as failed:
            log.exception("the new token of workspace %s could not be kept yet", team)
            self._note_failure(team, failed)

    def _note_failure(self, team: str, failed: Exception) -> None:
        missing = failed.missing if isinstance(failed, Unreachable) else ""
        self._failed[team] = (self._now() + RETRY_S, missing)

    async def _replace(self, old: Kept, new: Kept) -> None:
        """Keep it, then use it: Slack gives it only once."""
        async with self._writing:
            if self._known.get(old.team) != old:
                return  # removed, or installed anew, while Slack was asked
            self._unsaved[old.team] = new
            await self.shelf.put(key_of(old.team), self._vault.sealed(new))
            self._known[old.team] = self._unsaved.pop(old.team)

    async def _exchanged(self, old: Kept) -> Kept:
        """Raises Unreachable if Slack refuses, TryLater if it can't be asked."""
        try:
            told = await self.client().oauth_v2_access(
                client_id=self.client_id,
                client_secret=self.client_secret,
                grant_type="refresh_token",
                refresh_token=old.refresh,
            )
        except OUT_OF_REACH as failed:
            why = refusal(failed)
            if not why or why in PASSING:
                log.warning("the token of workspace %s could not be renewed yet", old.team)
                raise TryLater(RETRY_S) from None
            log.error(
                "Slack does not renew the token of workspace %s: %s. If that stays, look at"
                " STUDYHALL_SLACK_CLIENT_ID and STUDYHALL_SLACK_CLIENT_SECRET, or install the app"
                " there again.",
                old.team,
                why,
            )
            raise Unreachable(missing=RIGHTS["renewed"]) from None
        token, lasts = told.get("access_token"), told.get("expires_in")
        if told.get("token_type") != "bot" or not isinstance(token, str):
            raise TryLater(RETRY_S)
        return msgspec.structs.replace(
            old,
            token=token,
            refresh=str(told.get("refresh_token") or old.refresh),
            ends_at=self._now() + lasts if isinstance(lasts, int) else 0,
        )


def team_of_key(key: str) -> str:
    """Which workspace a record is about."""
    return key.removeprefix(BEGIN).partition(":")[0]
