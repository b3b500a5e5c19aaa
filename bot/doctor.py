"""`studyhall doctor`, `invite` and `manifest`: what stands between this machine and the platforms.

Knows every chat adapter. Invariant: nothing is changed, here or there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Literal, Protocol

from bot.settings import Settings
from bot.store import peek

WITHOUT = (
    "STUDYHALL_DISCORD_TOKEN is not set. Make an app in Discord's developer portal, copy its bot's"
    " token, and set it: the README says how, step by step.\n"
)
NOT_ONE = "STUDYHALL_DISCORD_TOKEN is no bot token: copy it anew from the developer portal.\n"
NO_PLATFORM = (
    "No platform is switched on. For Discord, set STUDYHALL_DISCORD_TOKEN; for Slack,"
    " STUDYHALL_SLACK_BOT_TOKEN and STUDYHALL_SLACK_APP_TOKEN. The README says where to get them,"
    " step by step.\n"
)
NO_HOST = (
    "Over http, Slack needs a host name to post to: name it with --host study.example.org. It must"
    " speak TLS.\n"
)


def invite(settings: Settings) -> int:
    """Print the link that brings the app into a server."""
    from adapters.discord.invitation import NoToken, application_of, link

    if not settings.discord_token:
        sys.stderr.write(WITHOUT)
        return 1
    try:
        application = application_of(settings.discord_token)
    except NoToken:
        sys.stderr.write(NOT_ONE)
        return 1
    sys.stdout.write(f"{link(application)}\n")
    return 0


def print_manifest(
    settings: Settings, transport: Literal["socket", "http"], host: str, one_workspace: bool
) -> int:
    """Print what Slack asks for when an app is made."""
    from adapters.slack.manifest import NoHost, manifest

    try:
        made = manifest(
            transport, host, history=settings.slack_history, one_workspace=one_workspace
        )
    except NoHost:
        sys.stderr.write(NO_HOST)
        return 1
    sys.stdout.write(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    return 0


class Finding(Protocol):
    """One thing that was looked at on a platform."""

    @property
    def well(self) -> bool: ...

    @property
    def words(self) -> str: ...


async def doctor(settings: Settings) -> int:
    """Look at everything that the platforms need; 1 if something is wrong."""
    looked: dict[str, Sequence[Finding]] = {}
    if settings.discord_token:
        looked["Discord"] = await _discord(settings)
    if settings.slack:
        looked["Slack"] = await _slack(settings)
    if not looked:
        sys.stderr.write(NO_PLATFORM)
        return 1
    for platform, found in looked.items():
        if len(looked) > 1:
            sys.stdout.write(f"{platform}\n")
        for finding in found:
            sys.stdout.write(f"{'well ' if finding.well else 'WRONG'}  {finding.words}\n")
    return 0 if all(finding.well for found in looked.values() for finding in found) else 1


async def _discord(settings: Settings) -> Sequence[Finding]:
    from adapters.discord.doctor import examine
    from adapters.discord.gateway import Client, Gateway
    from adapters.discord.messenger import NAME, DiscordAdapter
    from adapters.port import Address

    client = Client(events=settings.discord_events)
    adapter = DiscordAdapter(client, Gateway(client, settings.discord_token))
    return await examine(
        adapter,
        settings.discord_token,
        settings.discord_transport,
        settings.discord_public_key,
        [Address(*pair) for pair in peek.channels_in_use(settings.database, NAME)],
    )


async def _slack(settings: Settings) -> Sequence[Finding]:
    from adapters.slack.doctor import clients, examine, examine_installed
    from adapters.slack.installations import BEGIN

    client = clients(settings.slack_api)
    if settings.slack_bot_token:
        return await examine(
            client, settings.slack_bot_token, settings.slack_app_token, settings.slack_transport
        )
    kept = peek.records(settings.database, "slack", BEGIN)
    return await examine_installed(client, settings.slack_keys, kept)
