"""What somebody may do in a workspace, and what the app may do in a channel.

Knows no request: people and channels come in as Slack's JSON. Invariant: a guest, a stranger from
a shared channel and an app moderate nothing and start nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.port import Facts
from adapters.slack.words import RIGHTS

ADMINS: Final = ("is_admin", "is_owner", "is_primary_owner")
OUTSIDE: Final = ("deleted", "is_bot", "is_restricted", "is_ultra_restricted", "is_stranger")


def of_person(user: Mapping[str, Any], team: str) -> Facts:
    """A person: their name, their zone, and whether they moderate or may start something there.

    A bot is nobody.
    """
    profile = user.get("profile") or {}
    name = profile.get("display_name") or user.get("real_name") or user.get("name") or user["id"]
    outside = any(user.get(what) for what in OUTSIDE) or not _belongs(user, team)
    return Facts(
        exists=not (user.get("deleted") or user.get("is_bot")),
        name=str(name),
        zone=str(user.get("tz") or ""),
        moderates=not outside and any(user.get(what) for what in ADMINS),
        may_start=not outside,
    )


def _belongs(user: Mapping[str, Any], team: str) -> bool:
    """Whether this is a member of the workspace. With whom a channel is shared is none, and Slack
    calls them strangers only where it is not; an admin is one of their own workspace.

    In an organisation, people belong to several of its workspaces.
    """
    own = user.get("team_id")
    teams = (user.get("enterprise_user") or {}).get("teams") or ()
    return own in (None, "", team) or team in teams


def missing(channel: Mapping[str, Any]) -> tuple[str, ...]:
    """What keeps the app from posting in a channel, as far as Slack says."""
    if channel.get("is_archived"):
        return (RIGHTS["archived"],)
    if channel.get("is_member") is False:
        return (RIGHTS["member"],)
    return ()
