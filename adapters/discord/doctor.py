"""What is wrong between this machine and Discord: token, settings of the app, commands, rights.

Knows no lesson; it changes nothing. Invariant: every finding says what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import discord

from adapters.discord import commands
from adapters.discord.endpoint import PATH
from adapters.discord.gateway import explained
from adapters.discord.messenger import DiscordAdapter
from adapters.port import Address, DeliveryFailure

PRIVILEGED: Final = (1 << 12) | (1 << 13) | (1 << 14) | (1 << 15) | (1 << 18) | (1 << 19)
"""Flags of an app for which presences, members or the content of messages are switched on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    well: bool
    words: str


async def examine(
    adapter: DiscordAdapter,
    token: str,
    transport: str,
    public_key: str,
    channels: Iterable[Address],
) -> list[Finding]:
    """Look at everything. The adapter need not be open; its client is closed afterwards."""
    client = adapter.client
    try:
        await client.login(token)
        name = client.user.name if client.user else "?"
        found = [Finding(True, f"Token: it is the one of {name}.")]
        found += await _app(adapter, transport, public_key)
        found += await _registered(adapter)
        found += await _channels(adapter, channels)
    except discord.LoginFailure as wrong:
        return [Finding(False, f"Token: {explained(wrong)}")]
    except (OSError, aiohttp.ClientError, discord.HTTPException) as away:
        return [Finding(False, f"Discord can't be reached from here: {away}")]
    except DeliveryFailure as failed:
        return [Finding(False, f"Discord did not answer as it should: {failed}")]
    finally:
        await client.close()
    return found


async def _app(adapter: DiscordAdapter, transport: str, public_key: str) -> list[Finding]:
    told: Mapping[str, Any] = await adapter.wire.get("/applications/@me", {})
    found = []
    if int(told.get("flags") or 0) & PRIVILEGED:
        words = (
            "Intents: the developer portal has privileged intents switched on. Studyhall needs"
            " none: switch them off (Bot, Privileged Gateway Intents)."
        )
        found.append(Finding(True, words))
    else:
        found.append(Finding(True, "Intents: no privileged one is on, and none is needed."))
    url = str(told.get("interactions_endpoint_url") or "")
    if transport == "gateway" and url:
        words = (
            f"Transport: Discord posts to {url}, so nothing comes through the gateway. Clear"
            " Interactions Endpoint URL in the developer portal, or set"
            " STUDYHALL_DISCORD_TRANSPORT=http."
        )
        found.append(Finding(False, words))
    elif transport == "http" and not url.endswith(PATH):
        words = (
            "Transport: http is set, but Discord does not post to this app. Set Interactions"
            f" Endpoint URL in the developer portal to https://YOUR-HOST{PATH}."
        )
        found.append(Finding(False, words))
    elif transport == "http" and told.get("verify_key") != public_key:
        words = (
            "Transport: STUDYHALL_DISCORD_PUBLIC_KEY is not this app's Public Key, so every"
            " interaction would be refused."
        )
        found.append(Finding(False, words))
    else:
        found.append(Finding(True, f"Transport: {transport}."))
    return found


async def _registered(adapter: DiscordAdapter) -> list[Finding]:
    ids = {"application_id": str(adapter.client.application_id)}
    told = await adapter.wire.get("/applications/{application_id}/commands", ids)
    there = {(one["name"], sub["name"]) for one in told for sub in one.get("options", ())}
    wanted = {(one["name"], sub["name"]) for one in commands.payload() for sub in one["options"]}
    if wanted <= there:
        return [Finding(True, f"Commands: all {len(wanted)} are registered.")]
    words = (
        f"Commands: {len(wanted - there)} of {len(wanted)} are not registered yet. `studyhall run`"
        " registers them when it starts."
    )
    return [Finding(False, words)]


async def _channels(adapter: DiscordAdapter, channels: Iterable[Address]) -> list[Finding]:
    found = []
    for at in channels:
        facts = await adapter.look(at)
        if not facts.exists:
            words = f"Channel {at.channel}: it is gone. Move its series with /series move."
            found.append(Finding(False, words))
        elif facts.missing:
            words = f"Channel #{facts.name}: missing {', '.join(facts.missing)}."
            found.append(Finding(False, f"{words} Give the app's role these rights there."))
        else:
            found.append(Finding(True, f"Channel #{facts.name}: all rights are there."))
    return found or [Finding(True, "Channels: no series is running yet.")]
