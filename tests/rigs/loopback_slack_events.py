"""What happens in a small Slack that an app hears of by the Events API.

Knows how Slack's events look, and nothing of how they travel. Invariant: an event that comes again
has the event_id that it had.
"""

from __future__ import annotations

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_line import Ack, Line
from tests.rigs.loopback_slack_world import World


class Events:
    """Each verb returns when the app has acknowledged, or Slack has given up."""

    def __init__(self, world: World, line: Line) -> None:
        self.world, self.line = world, line

    async def open_home(self, user: str, tab: str = "home") -> Ack:
        """Somebody looks at the app's Home, or with "messages" at its conversation."""
        home = self.world.homes.get(user)
        event = {
            "type": "app_home_opened",
            "user": user,
            "channel": self.world.dm(user),
            "tab": tab,
            **({"view": home.payload()} if home and tab == "home" else {}),
        }
        return await self.event(self.world.users[user].team, event)

    async def uninstall(self, team: str) -> list[Ack]:
        """An admin removes the app: its tokens are worth nothing, and it is told twice."""
        self.world.revoke(team, "account_inactive")
        revoked = await self.tokens_revoked(team)
        return [await self.event(team, {"type": "app_uninstalled"}), revoked]

    async def tokens_revoked(self, team: str) -> Ack:
        self.world.revoke(team)
        bot = self.world.teams[team].bot_user
        return await self.event(team, {"type": "tokens_revoked", "tokens": {"bot": [bot]}})

    async def archive(self, channel: str, user: str = "") -> Ack:
        place = self.world.channels[channel]
        place.archived = True
        told = {"type": "channel_archive", "channel": channel, "user": user, "is_moved": 0}
        return await self.event(place.team, told)

    async def delete_channel(self, channel: str) -> Ack:
        team = self.world.channels.pop(channel).team
        return await self.event(team, {"type": "channel_deleted", "channel": channel})

    async def join(self, user: str, channel: str) -> Ack:
        place = self.world.channels[channel]
        place.members.add(user)
        return await self.event(place.team, self._moved("member_joined_channel", user, channel))

    async def leave(self, user: str, channel: str) -> Ack:
        """Somebody leaves, or the app's own user is put out."""
        place = self.world.channels[channel]
        place.members.discard(user)
        return await self.event(place.team, self._moved("member_left_channel", user, channel))

    def _moved(self, kind: str, user: str, channel: str) -> Json:
        place = self.world.channels[channel]
        letter = "C" if place.kind == "public" else "G"
        return {
            "type": kind,
            "user": user,
            "channel": channel,
            "channel_type": letter,
            "team": place.team,
        }

    async def event(self, team: str, event: Json) -> Ack:
        """Any event of a workspace; it comes again until it is acknowledged."""
        return await self.line.event(self.envelope(team, event))

    def envelope(self, team: str, event: Json) -> Json:
        """An event as the Events API sends it."""
        bot = self.world.teams[team].bot_user
        who = {"enterprise_id": None, "team_id": team, "user_id": bot, "is_bot": True}
        return {
            "token": self.world.verification_token,
            "team_id": team,
            "api_app_id": self.world.app_id,
            "event": {"event_ts": self.world.ts(), **event},
            "type": "event_callback",
            "event_id": self.world.new_id("Ev"),
            "event_time": int(self.world.now()),
            "authorizations": [{**who, "is_enterprise_install": False}],
            "is_ext_shared_channel": False,
            "event_context": self.world.new_id("4-"),
        }
