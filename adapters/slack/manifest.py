"""The app as Slack is told of it: commands, events and rights, for both ways in, from one source.

Knows no network. Invariant: no right, event or command beyond those that the code uses.
Source: Slack's developer documentation, "App manifest reference".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final, Literal, TypeAlias

from adapters.slack.words import word
from lessons.commands import COMMANDS, Command
from lessons.wording.phrase import label

Json: TypeAlias = dict[str, Any]
Transport: TypeAlias = Literal["socket", "http"]

EVENTS_PATH: Final = "/slack/events"
OAUTH_PATH: Final = "/slack/oauth"
SHORTCUT: Final = "ask_the_study_hall"
COLOUR: Final = "#1d3b53"

NEEDED: Final = ("chat:write", "commands", "files:write", "im:write", "users:read")
"""Posting, being called, pictures, letters to moderators, and people's time zones."""

OPTIONAL: Final = (
    "channels:history",
    "channels:read",
    "groups:history",
    "groups:read",
    "im:history",
)
"""Finding a post whose reply was lost, knowing whether a channel can be posted to, and hearing that
one was deleted."""

EVENTS: Final = ("app_home_opened", "app_uninstalled", "tokens_revoked")
CHANNEL_EVENTS: Final = ("channel_deleted", "group_deleted")
"""Slack tells of these only to apps that may read about channels."""

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::\d{1,5})?", re.ASCII)


class NoHost(ValueError):
    """What was given is no host name that Slack could post to."""


def scopes(*, history: bool) -> tuple[str, ...]:
    """What an installation asks for."""
    return (*NEEDED, *OPTIONAL) if history else NEEDED


def manifest(
    transport: Transport, host: str = "", *, history: bool = False, one_workspace: bool = False
) -> Json:
    """What to paste where Slack asks for a manifest.

    `history` asks for what is otherwise optional; with `one_workspace` nobody else can install
    the app over HTTP, and its token does not end. Raises NoHost.
    """
    web = f"https://{_checked(host)}" if transport == "http" else ""
    oauth = transport == "http" and not one_workspace
    return {
        "display_information": {
            "name": word("app_name"),
            "description": word("app_description"),
            "long_description": word("app_long_description"),
            "background_color": COLOUR,
        },
        "features": {
            # Letters come there, and nobody reads what would be written back.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": word("app_name"), "always_online": True},
            "shortcuts": [
                {
                    "name": word("shortcut"),
                    "type": "global",
                    "callback_id": SHORTCUT,
                    "description": word("shortcut_description"),
                }
            ],
            "slash_commands": [_command(group, members, web) for group, members in _groups()],
        },
        "oauth_config": {
            **({"redirect_urls": [web + OAUTH_PATH]} if oauth else {}),
            "scopes": _scopes(history),
        },
        "settings": {
            "event_subscriptions": {
                **({"request_url": web + EVENTS_PATH} if web else {}),
                "bot_events": sorted((*EVENTS, *(CHANNEL_EVENTS if history else ()))),
            },
            "interactivity": {
                "is_enabled": True,
                **({"request_url": web + EVENTS_PATH} if web else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": transport == "socket",
            "token_rotation_enabled": oauth,
        },
    }


def _checked(host: str) -> str:
    name = host.removeprefix("https://").removesuffix("/")
    if not _HOST.fullmatch(name):
        raise NoHost(host)
    return name.lower()


def _scopes(history: bool) -> Json:
    """Slack wants what is optional among all rights, too."""
    asked: Json = {"bot": sorted(scopes(history=history))}
    return {**asked, "bot_optional": sorted(OPTIONAL)} if history else asked


def _groups() -> list[tuple[str, list[Command]]]:
    names = dict.fromkeys(command.group for command in COMMANDS)
    return [(name, [one for one in COMMANDS if one.group == name]) for name in names]


def _command(group: str, members: Sequence[Command], web: str) -> Json:
    return {
        "command": f"/{group}",
        **({"url": web + EVENTS_PATH} if web else {}),
        "description": label("en", f"group_{group}"),
        "usage_hint": " | ".join(map(_hint, members)),
        # Channels and people are told by their ids, which nobody can type wrongly.
        "should_escape": True,
    }


def _hint(command: Command) -> str:
    """The line in which Slack shows this is short: several options are asked for in a form."""
    if len(command.options) > 1:
        return f"{command.name} …"
    return command.usage.removeprefix(f"/{command.group} ")
