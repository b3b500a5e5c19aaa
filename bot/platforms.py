"""The registry of chat platforms: from the settings, the adapters that are switched on.

Knows every chat adapter and nothing of the service. Invariant: a platform without its token is
not there at all: nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from adapters.port import Adapter
from bot.listener import Pages
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Platform:
    """An adapter, and what it serves over HTTP, if anything."""

    adapter: Adapter
    pages: Pages | None = None


def switched_on(settings: Settings, clock: Callable[[], datetime]) -> tuple[Platform, ...]:
    """Every platform that has a token. Raises CannotConnect for a key that is none."""
    return (_discord(settings, clock),) if settings.discord_token else ()


def _discord(settings: Settings, clock: Callable[[], datetime]) -> Platform:
    from adapters.discord.endpoint import Endpoint
    from adapters.discord.gateway import Client, Gateway
    from adapters.discord.messenger import DiscordAdapter

    client = Client(events=settings.discord_events)
    if settings.discord_transport == "gateway":
        gateway = Gateway(client, settings.discord_token)
        return Platform(DiscordAdapter(client, gateway, clock=clock))
    endpoint = Endpoint(client, settings.discord_token, settings.discord_public_key)
    return Platform(DiscordAdapter(client, endpoint, clock=clock), endpoint)
