"""`studyhall doctor`, `invite` and `manifest`: what stands between this machine and the platforms.

Knows every chat adapter. Invariant: nothing is changed, here or there.
"""

from __future__ import annotations

import json
import sys
from typing import Literal

from bot.settings import Settings
from bot.store import peek

WITHOUT = (
    "STUDYHALL_DISCORD_TOKEN is not set. Make an app in Discord's developer portal, copy its bot's"
    " token, and set it: the README says how, step by step.\n"
)
NOT_ONE = "STUDYHALL_DISCORD_TOKEN is no bot token: copy it anew from the developer portal.\n"
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


async def doctor(settings: Settings) -> int:
    """Look at everything that a platform needs; 1 if something is wrong."""
    if not settings.discord_token:
        sys.stderr.write(WITHOUT)
        return 1
    from adapters.discord.doctor import examine
    from adapters.discord.gateway import Client, Gateway
    from adapters.discord.messenger import NAME, DiscordAdapter
    from adapters.port import Address

    client = Client(events=settings.discord_events)
    adapter = DiscordAdapter(client, Gateway(client, settings.discord_token))
    found = await examine(
        adapter,
        settings.discord_token,
        settings.discord_transport,
        settings.discord_public_key,
        [Address(*pair) for pair in peek.channels_in_use(settings.database, NAME)],
    )
    for finding in found:
        sys.stdout.write(f"{'well ' if finding.well else 'WRONG'}  {finding.words}\n")
    return 0 if all(finding.well for finding in found) else 1
