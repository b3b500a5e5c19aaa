"""The registry of chat platforms: from the settings, the adapters that are switched on.

Knows every chat adapter and nothing of the service. Invariant: a platform without its token is
not there at all: nothing of it is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

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
    made = []
    if settings.discord_token:
        made.append(_discord(settings, clock))
    if settings.slack:
        made.append(_slack(settings, clock))
    return tuple(made)


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


def _slack(settings: Settings, clock: Callable[[], datetime]) -> Platform:
    from adapters.slack.endpoint import Endpoint
    from adapters.slack.installations import Installed, OneWorkspace, Workspaces
    from adapters.slack.manifest import scopes
    from adapters.slack.messenger import SlackAdapter
    from adapters.slack.oauth import OAuth
    from adapters.slack.socket_mode import SocketMode

    api, workspaces = settings.slack_api, OneWorkspace(settings.slack_bot_token)
    if settings.slack_transport == "socket":
        socket = SocketMode(settings.slack_app_token, settings.slack_connections)
        return Platform(SlackAdapter(workspaces, socket, clock=clock, api=api))
    many: Workspaces = workspaces
    oauth = None
    if not settings.slack_bot_token:
        many = installed = Installed(
            settings.slack_client_id, settings.slack_client_secret, settings.slack_keys, clock
        )
        asked = scopes(history=settings.slack_history)
        where = urljoin(api, "/oauth/v2/authorize")
        oauth = OAuth(installed, asked, authorize=where, clock=clock)
    endpoint = Endpoint(settings.slack_signing_secret, oauth)
    return Platform(SlackAdapter(many, endpoint, clock=clock, api=api), endpoint)
