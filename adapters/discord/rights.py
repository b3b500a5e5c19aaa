"""What the app may do in a channel, computed as Discord does, and what it needs.

Knows no request: roles, overwrites and members come in as Discord's JSON.
Source: Discord's developer documentation, "Permissions", section on overwrites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import discord

from adapters.discord.words import RIGHTS

FORUM: Final = 15
MEDIA: Final = 16
POSTABLE: Final = frozenset({0, 5, FORUM})
"""Types of channels a series can run in: text, announcements, forum."""

DIRECT: Final = 1

REQUIRE_TAG: Final = 1 << 4
"""Flag of a forum."""

NEEDED: Final = discord.Permissions(**dict.fromkeys(RIGHTS, True))
"""What the invitation asks for, and what `/series start` looks for; never more."""


def computed(
    guild: str,
    owner: str,
    member: Mapping[str, Any],
    roles: Iterable[Mapping[str, Any]],
    overwrites: Iterable[Mapping[str, Any]] = (),
) -> discord.Permissions:
    """The rights of a member in a channel with these overwrites (or in the server, without)."""
    name = str(member["user"]["id"])
    if name == owner:
        return discord.Permissions.all()
    own = {guild, *map(str, member.get("roles", ()))}
    value = 0
    for role in roles:
        if str(role["id"]) in own:
            value |= int(role["permissions"])
    rights = discord.Permissions(value)
    if rights.administrator:
        return discord.Permissions.all()
    by_id = {str(one["id"]): one for one in overwrites}
    everyone = by_id.get(guild)
    if everyone is not None:
        value = _applied(value, int(everyone["deny"]), int(everyone["allow"]))
    mine = [one for name, one in by_id.items() if name in own - {guild}]
    deny = allow = 0
    for one in mine:
        deny |= int(one["deny"])
        allow |= int(one["allow"])
    value = _applied(value, deny, allow)
    personal = by_id.get(name)
    if personal is not None:
        value = _applied(value, int(personal["deny"]), int(personal["allow"]))
    return discord.Permissions(value)


def _applied(value: int, deny: int, allow: int) -> int:
    return (value & ~deny) | allow


def missing(rights: discord.Permissions) -> tuple[str, ...]:
    """What of the needed rights is not there, as Discord's settings call it.

    Who can't see a channel can do nothing in it, so then that alone is named.
    """
    if not rights.view_channel:
        return (RIGHTS["view_channel"],)
    return tuple(name for right, name in RIGHTS.items() if not getattr(rights, right))


def moderates(rights: discord.Permissions) -> bool:
    """Who may manage the server moderates its series."""
    return rights.administrator or rights.manage_guild


def asks_for_tag(forum: Mapping[str, Any]) -> bool:
    """Whether every post in this forum needs a tag."""
    return bool(int(forum.get("flags") or 0) & REQUIRE_TAG)


def usable_tags(forum: Mapping[str, Any]) -> tuple[str, ...]:
    """The tags that the app may give its posts: those that are not for moderators alone."""
    tags = forum.get("available_tags") or ()
    return tuple(str(tag["id"]) for tag in tags if not tag.get("moderated"))
