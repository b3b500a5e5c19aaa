"""What is wrong between this machine and Slack: tokens, rights, the way in.

Knows no lesson; it changes nothing. Invariant: every finding says what to do about it, and no
finding shows a token.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from slack_sdk.web.async_client import AsyncWebClient

from adapters.port import CannotConnect
from adapters.slack.installations import (
    OUT_OF_REACH,
    Clients,
    machine_clock,
    refusal,
    team_of_key,
)
from adapters.slack.manifest import EVENTS_PATH, NEEDED, OPTIONAL, Transport
from adapters.slack.oauth import INSTALL
from adapters.slack.vault import Kept, Unreadable, Vault
from adapters.slack.wire import NEVER_AGAIN

MOST_LOOKED_AT: Final = 25

INSTALL_AT: Final = f"https://YOUR-HOST{INSTALL}"
COPY_ANEW: Final = (
    "Copy it anew from the app's settings (OAuth & Permissions, Bot User OAuth Token) into"
    " STUDYHALL_SLACK_BOT_TOKEN."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    words: str


def clients(api: str) -> Clients:
    """Clients that ask once and say what came of it."""
    return lambda token: AsyncWebClient(token=token, base_url=api, retry_handlers=[])


async def examine(
    client: Clients, bot_token: str, app_token: str, transport: Transport
) -> list[Finding]:
    """Look at everything, where the app is in one workspace."""
    found = await _token(client(bot_token), COPY_ANEW)
    if transport == "socket":
        found.append(await _socket(client(app_token)))
    else:
        found.append(_http())
    return found


async def examine_installed(
    client: Clients,
    keys: Sequence[str],
    records: Mapping[str, str],
    clock: Callable[[], datetime] = machine_clock,
) -> list[Finding]:
    """The same, where workspaces install the app by themselves; `records` are the shelf's."""
    try:
        vault = Vault(keys)
    except CannotConnect as wrong:
        return [Finding(False, str(wrong))]
    found = [_http(), _count(len(records))]
    for key, sealed in itertools.islice(records.items(), MOST_LOOKED_AT):
        team = team_of_key(key)
        try:
            kept = vault.opened(team, sealed)
        except Unreadable:
            words = (
                f"Workspace {team}: its token can't be read. Put the key that it was encrypted with"
                " behind the newest in STUDYHALL_SLACK_TOKEN_KEY, or install the app there again."
            )
            found.append(Finding(False, words))
            continue
        found += await _workspace(client, kept, clock)
    if len(records) > MOST_LOOKED_AT:
        found.append(Finding(True, "The others were not looked at."))
    return found


async def _workspace(client: Clients, kept: Kept, clock: Callable[[], datetime]) -> list[Finding]:
    if kept.ends_at and kept.ends_at <= clock().timestamp():
        words = f"Workspace {kept.team}: its token has ended; `studyhall run` renews it."
        return [Finding(True, words)]
    told = await _token(client(kept.token), f"Install the app there again: {INSTALL_AT}")
    return [Finding(one.well, f"Workspace {kept.team}: {one.words}") for one in told]


def _http() -> Finding:
    words = (
        f"Transport: http. Slack must be able to post to https://YOUR-HOST{EVENTS_PATH}, which"
        " can't be seen from here."
    )
    return Finding(True, words)


def _count(number: int) -> Finding:
    if number:
        return Finding(True, f"Workspaces: {number} installed the app.")
    words = f"Workspaces: none installed the app yet. Open {INSTALL_AT} to begin."
    return Finding(True, words)


async def _token(client: AsyncWebClient, remedy: str) -> list[Finding]:
    """What a token is good for; `remedy` is what to do where Slack does not take it."""
    try:
        told = await client.auth_test()
    except OUT_OF_REACH as failed:
        why = refusal(failed)
        if why in NEVER_AGAIN:
            return [Finding(False, f"Token: Slack does not take it ({why}). {remedy}")]
        return [Finding(False, _away(failed))]
    name, team = told.get("user"), told.get("team")
    found = [Finding(True, f"Token: it is the one of {name} in {team}.")]
    granted = str(told.headers.get("x-oauth-scopes", ""))
    return found + _scopes({one.strip() for one in granted.split(",") if one.strip()})


def _away(failed: Exception) -> str:
    told = refusal(failed) or type(failed).__name__
    return f"Slack did not answer as it should: {told}. Is it reachable from here?"


def _scopes(granted: set[str]) -> list[Finding]:
    if not granted:
        return [Finding(True, "Rights: Slack does not say which ones there are.")]
    missing = sorted(set(NEEDED) - granted)
    found = [Finding(True, "Rights: all that are needed are there.")]
    if missing:
        words = (
            f"Rights: missing {', '.join(missing)}. Paste the manifest that `studyhall manifest"
            " slack` prints into the app's settings, then install the app again."
        )
        found = [Finding(False, words)]
    optional = sorted(set(OPTIONAL) - granted)
    if optional:
        words = (
            f"Rights that can be left out: {', '.join(optional)}. Without them a post whose reply"
            " was lost is not looked for, and a moderator is asked."
        )
        found.append(Finding(True, words))
    more = sorted(granted - {*NEEDED, *OPTIONAL})
    if more:
        words = f"Rights that nothing needs: {', '.join(more)}. They can be taken away."
        found.append(Finding(True, words))
    return found


async def _socket(client: AsyncWebClient) -> Finding:
    try:
        await client.apps_connections_open(app_token=str(client.token))
    except OUT_OF_REACH as failed:
        why = refusal(failed)
        if not why:
            return Finding(False, f"Transport: {_away(failed)}")
        words = (
            f"Transport: no line can be opened ({why}). In the app's settings, switch Socket Mode"
            " on, make an App-Level Token with the scope connections:write, and copy it into"
            " STUDYHALL_SLACK_APP_TOKEN."
        )
        return Finding(False, words)
    return Finding(True, "Transport: socket, and a line can be opened.")
