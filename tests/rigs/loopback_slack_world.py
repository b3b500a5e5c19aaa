"""A small Slack's world: workspaces, people, channels, what was posted and what was granted.

Knows no app and no request. Invariant: a message's ts is unique, and later ones are greater.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from tests.rigs.loopback_slack_things import (
    Channel,
    Code,
    File,
    Grant,
    Hook,
    Message,
    Refusal,
    Team,
    Trigger,
    User,
    View,
)

BASIC = ("commands", "chat:write", "im:write", "files:write", "users:read")
READING = ("channels:history", "groups:history", "im:history", "channels:read")
TRIGGER_S = 3.0
ROTATION_S = 43_200.0


class World:
    """Everything that lasts. Times are Unix seconds, by `clock` and what was skipped."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.skipped_s = 0.0
        self.app_id = "A0STUDYHALL"
        self.app_name = "studyhall"
        self.client_id = "1111111111.2222222222"
        self.client_secret = "loopback-client-secret"
        self.signing_secret = "loopback-signing-secret"
        self.verification_token = "loopback-verification"
        self.app_token = "xapp-1-A0STUDYHALL-3333333333-loopback"
        self.teams: dict[str, Team] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.posts: dict[str, list[Message]] = {}
        self.grants: dict[str, Grant] = {}
        self.views: dict[str, View] = {}
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.hooks: dict[str, Hook] = {}
        self.files: dict[str, File] = {}
        self.codes: dict[str, Code] = {}
        self.installer: tuple[str, str] | None = None
        """The workspace and the person at OAuth's page; None: whoever comes there refuses."""
        self.complaints: list[str] = []
        """What no well-behaved app would have sent; `loopback_slack` fails the test for it."""
        self.rotation = False
        """Whether tokens are of the kind that expires."""
        self.page = 15
        self.history_from_latest = False
        """With `oldest` alone, Slack is reported to begin next to it; True begins at the end."""
        self.files_not_ready = 0
        """So many messages that show a file are refused before it can be shown."""
        self.posts_per_s = 0.0
        """Above 0: more posts a second than this in one channel are answered with 429."""
        self.reads_per_min = 0
        """Above 0: a team's history and replies are read no more often than this."""
        self.trigger_s = TRIGGER_S
        """So long a window can be opened for what somebody did."""
        self.reads: list[tuple[str, str, float]] = []
        self._ids = itertools.count(1)
        self._last_us = 0

    # -- making it --------------------------------------------------------------------------------

    def team(self, name: str, scopes: tuple[str, ...] = BASIC, *, installed: bool = True) -> str:
        """A workspace, into which the app was installed with these scopes."""
        made = self.new_id("T")
        self.teams[made] = Team(made, name, "".join(c for c in name.lower() if c.isalnum()))
        if installed:
            self.install(made, scopes)
        return made

    def install(self, team: str, scopes: tuple[str, ...] = BASIC) -> Grant:
        """The app comes in, or comes in again; a new token unless one without an end is good."""
        place = self.teams[team]
        if not place.bot_user:
            place.bot_user = self.user(team, self.app_name, is_bot=True)
            place.bot_id = self.new_id("B")
        for grant in self.grants.values():
            if grant.team == team and not grant.trouble and grant.expires_at is None:
                grant.scopes = tuple(dict.fromkeys((*grant.scopes, *scopes)))
                return grant
        return self.grant(team, scopes)

    def grant(self, team: str, scopes: tuple[str, ...]) -> Grant:
        number = self.new_id("")
        made = Grant(f"xoxb-{team}-{number}", team, scopes)
        if self.rotation:
            made.token = f"xoxe.xoxb-1-{team}-{number}"
            made.refresh = f"xoxe-1-{team}-{number}"
            made.expires_at = self.now() + ROTATION_S
        self.grants[made.token] = made
        return made

    def token(self, team: str) -> str:
        """The newest bot token there."""
        return [grant.token for grant in self.grants.values() if grant.team == team][-1]

    def scopes(self, team: str, *scopes: str) -> None:
        """From now on exactly these are granted there."""
        for grant in self.grants.values():
            if grant.team == team:
                grant.scopes = scopes

    def revoke(self, team: str, trouble: str = "token_revoked") -> None:
        """No token of that workspace is good any more; nobody is told."""
        for grant in self.grants.values():
            if grant.team == team:
                grant.trouble = grant.trouble or trouble

    def user(self, team: str, name: str, *, is_admin: bool = False, is_bot: bool = False) -> str:
        """Somebody new; other facts can be set on `users[...]`."""
        made = self.new_id("U")
        self.users[made] = User(made, team, name, name.title(), is_admin=is_admin, is_bot=is_bot)
        return made

    def channel(
        self, team: str, name: str, *members: str, private: bool = False, joined: bool = True
    ) -> str:
        """A channel with these people, and with the app if it has `joined`."""
        made = self.new_id("C")
        inside = {*members, *((self.teams[team].bot_user,) if joined else ())}
        self.channels[made] = Channel(made, team, name, "private" if private else "public", inside)
        self.posts[made] = []
        return made

    def dm(self, user: str) -> str:
        """The conversation of somebody with the app."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user:
                return channel.id
        made = self.new_id("D")
        team = self.users[user].team
        inside = {user, self.teams[team].bot_user}
        self.channels[made] = Channel(made, team, "directmessage", "im", inside, user=user)
        self.posts[made] = []
        return made

    def say(self, channel: str, user: str, text: str, thread_ts: str = "") -> Message:
        """Somebody posts something."""
        team = self.channels[channel].team
        message = Message(channel, self.ts(), user, text, thread_ts=thread_ts, team=team)
        self.posts[channel].append(message)
        return message

    # -- looking at it ----------------------------------------------------------------------------

    def messages(self, channel: str, user: str = "") -> list[Message]:
        """What is to be read there, the oldest first; ephemeral ones for all, or for `user`."""
        return [
            one
            for one in self.posts.get(channel, [])
            if not one.deleted and (not one.only_for or not user or one.only_for == user)
        ]

    def thread(self, message: Message) -> list[Message]:
        """The replies to a message."""
        return [one for one in self.messages(message.channel) if one.thread_ts == message.ts]

    def modal(self, user: str) -> View | None:
        """The view that somebody has before them."""
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        return self.homes.get(user)

    # -- time and names ---------------------------------------------------------------------------

    def now(self) -> float:
        return self.clock() + self.skipped_s

    def skip(self, seconds: float) -> None:
        """So much time passes at once."""
        self.skipped_s += seconds

    def ts(self) -> str:
        self._last_us = max(self._last_us + 1, round(self.now() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06}"

    def new_id(self, kind: str) -> str:
        return f"{kind}0LB{next(self._ids):07X}"

    def trigger(self, user: str, view: str = "") -> str:
        made = f"{next(self._ids)}.{next(self._ids)}.{next(self._ids):032x}"
        self.triggers[made] = Trigger(made, self.users[user].team, user, self.now(), view)
        return made

    def take_trigger(self, name: str, team: str) -> Trigger:
        """Use a trigger up."""
        trigger = self.triggers.get(name)
        if trigger is None or trigger.team != team:
            raise Refusal("invalid_trigger_id")
        if trigger.used:
            raise Refusal("exchanged_trigger_id")
        if self.now() - trigger.made_at > self.trigger_s:
            raise Refusal("expired_trigger_id")
        trigger.used = True
        return trigger
