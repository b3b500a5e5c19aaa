"""What people do in a small Slack, and what they see of the app's answer.

Knows how Slack's payloads look, and nothing of how they travel. Invariant: nobody uses what is
not before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.rigs import loopback_slack_blocks as kit
from tests.rigs import loopback_slack_views as views
from tests.rigs.loopback_slack_blocks import VALUE_OF, Json
from tests.rigs.loopback_slack_chat import written
from tests.rigs.loopback_slack_events import Events
from tests.rigs.loopback_slack_line import Ack, Line
from tests.rigs.loopback_slack_things import Hook, Message, Refusal, View, values_of
from tests.rigs.loopback_slack_world import World

Where: TypeAlias = Message | View
Value: TypeAlias = str | Sequence[str] | None


@dataclass
class Submitted:
    """What came of a submission. `sent` is False if Slack itself held it back."""

    sent: bool
    ok: bool
    errors: dict[str, str] = field(default_factory=dict)
    action: str = ""
    view: View | None = None
    ack: Ack | None = None


class People(Events):
    """Verbs of people; each returns when the app has acknowledged, or has failed to."""

    def __init__(self, world: World, line: Line, base: str) -> None:
        super().__init__(world, line)
        self.base = base
        self.escapes = True
        """Commands have `should_escape`: who and what is named comes with its id."""
        self.offered: dict[tuple[str, str], list[Json]] = {}

    # -- commands and shortcuts -------------------------------------------------------------------

    async def command(self, user: str, channel: str, typed: str) -> Ack:
        """Somebody types "/study next"; what the app says at once is seen at once."""
        name, _, text = typed.partition(" ")
        team, place = self.world.teams[self.world.users[user].team], self.world.channels[channel]
        hook = self._hook("commands", channel, user)
        sent = {
            "token": self.world.verification_token,
            "team_id": team.id,
            "team_domain": team.domain,
            "channel_id": channel,
            "channel_name": "privategroup" if place.kind == "private" else place.name,
            "user_id": user,
            "user_name": self.world.users[user].name,
            "command": name,
            "text": self._escape(team.id, text.strip()) if self.escapes else text.strip(),
            "api_app_id": self.world.app_id,
            "is_enterprise_install": "false",
            "response_url": hook,
            "trigger_id": self.world.trigger(user),
        }
        ack = await self.line.interact("slash_commands", sent)
        if ack.ok and ack.payload:
            body = {"text": ack.payload} if isinstance(ack.payload, str) else ack.payload
            if body.get("text") or body.get("blocks"):
                self._answer(channel, user, body)
        return ack

    def _escape(self, team: str, text: str) -> str:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        users = {one.name: one.id for one in self.world.users.values() if one.team == team}
        channels = {one.name: one.id for one in self.world.channels.values() if one.team == team}

        def named(match: re.Match[str]) -> str:
            sign, name = match[1], match[2]
            found = (users if sign == "@" else channels).get(name)
            return f"<{sign}{found}|{name}>" if found else match[0]

        return re.sub(r"(?<!\S)([@#])([\w.-]+)", named, text)

    def _answer(self, channel: str, user: str, body: Json) -> None:
        message = written(self.world, self.world.channels[channel], body)
        if body.get("response_type") != "in_channel":
            message.only_for, message.metadata = user, None
        self._sign(message, channel)
        self.world.posts[channel].append(message)

    def _sign(self, message: Message, channel: str) -> None:
        team = self.world.teams[self.world.channels[channel].team]
        message.user, message.bot_id = team.bot_user, team.bot_id
        message.app_id = self.world.app_id

    async def shortcut(self, user: str, callback_id: str) -> Ack:
        """Somebody picks a global shortcut."""
        sent = {
            **self._interaction("shortcut", user),
            "action_ts": self.world.ts(),
            "callback_id": callback_id,
            "trigger_id": self.world.trigger(user),
        }
        return await self.line.interact("interactive", sent)

    async def message_shortcut(self, user: str, message: Message, callback_id: str) -> Ack:
        """Somebody picks a shortcut of a message's menu."""
        sent = {
            **self._interaction("message_action", user),
            "action_ts": self.world.ts(),
            "callback_id": callback_id,
            "trigger_id": self.world.trigger(user),
            "response_url": self._hook("app", message.channel, user, message),
            "message_ts": message.ts,
            "channel": self._channel(message.channel),
            "message": message.payload(),
        }
        return await self.line.interact("interactive", sent)

    # -- messages, modals and Home ----------------------------------------------------------------

    async def press(self, user: str, where: Where, called: str) -> Ack:
        """A button, by its action_id or its label."""
        block, element = self._seen(user, where, called)
        action = {
            "type": element["type"],
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "text": element.get("text"),
            "action_ts": self.world.ts(),
        }
        action |= {name: element[name] for name in ("value", "style", "url") if name in element}
        return await self._act(user, where, action)

    async def choose(self, user: str, where: Where, called: str, value: Value) -> Ack | None:
        """Choose, tick, pick or type; None if that alone tells the app nothing (a field of a form).

        Options go by value or text; of several that can be chosen, `value` is all that are.
        """
        block, element = self._seen(user, where, called)
        action = {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "action_ts": self.world.ts(),
            **({"placeholder": element["placeholder"]} if "placeholder" in element else {}),
        }
        if element["type"] == "overflow":
            assert isinstance(value, str)
            picked = kit.option(kit.options_of(element), value)
            return await self._act(
                user, where, {**action, "type": "overflow", "selected_option": picked}
            )
        held = self._hold(where, block, element, value)
        if block["type"] == "input" and not block.get("dispatch_action"):
            return None
        return await self._act(user, where, {**action, **held})

    def _hold(self, where: Where, block: Json, element: Json, value: Value) -> Json:
        """Keep what somebody filled in, as `state.values` has it."""
        name = VALUE_OF[element["type"]]
        options = kit.options_of(element)
        if element["type"].endswith("external_select"):
            key = (_id(where), element["action_id"])
            options = self.offered.get(key, [])
        held: Any = value
        if name == "selected_option" and value is not None:
            assert isinstance(value, str)
            held = kit.option(options, value)
        elif name == "selected_options":
            several = [value] if isinstance(value, str) else value or []
            held = [kit.option(options, one) for one in several]
        told = {"type": element["type"], name: held}
        where.state.setdefault(block["block_id"], {})[element["action_id"]] = told
        return told

    async def _act(self, user: str, where: Where, action: Json) -> Ack:
        sent = self._interaction("block_actions", user)
        if isinstance(where, View):
            sent |= {
                "container": {"type": "view", "view_id": where.id},
                "trigger_id": self.world.trigger(user, where.id),
                "view": where.payload(),
            }
        else:
            container: Json = {
                "type": "message",
                "message_ts": where.ts,
                "channel_id": where.channel,
                "is_ephemeral": bool(where.only_for),
            }
            if where.thread_ts:
                container["thread_ts"] = where.thread_ts
            sent |= {
                "container": container,
                "trigger_id": self.world.trigger(user),
                "channel": self._channel(where.channel),
                "state": {"values": values_of(where.blocks, where.state)},
                "response_url": self._hook("actions", where.channel, user, where),
            }
            if not where.only_for:
                sent["message"] = where.payload()
        return await self.line.interact("interactive", {**sent, "actions": [action]})

    async def suggest(self, user: str, where: Where, called: str, typed: str) -> list[Json]:
        """What the app offers for what was typed into a select; it can be chosen from then on."""
        block, element = self._seen(user, where, called)
        sent = {
            **self._interaction("block_suggestion", user),
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "value": typed,
        }
        if isinstance(where, View):
            sent |= {
                "container": {"type": "view", "view_id": where.id},
                "view": where.payload(),
            }
        else:
            sent |= {
                "container": {
                    "type": "message",
                    "message_ts": where.ts,
                    "channel_id": where.channel,
                    "is_ephemeral": bool(where.only_for),
                },
                "channel": self._channel(where.channel),
                "message": where.payload(),
            }
        ack = await self.line.interact("interactive", sent)
        options = kit.options_of(ack.payload) if ack.ok and isinstance(ack.payload, dict) else []
        faults = [fault for one in options for fault in kit.option_faults(one)]
        if len(options) > 100 or faults:
            self.world.complaints.append(f"{len(options)} options were offered; {faults}")
        self.offered[_id(where), element["action_id"]] = options
        return options

    # -- modals alone -----------------------------------------------------------------------------

    async def submit(
        self, user: str, view: View | None = None, values: Mapping[str, Value] | None = None
    ) -> Submitted:
        """Fill in fields, by block_id, action_id or label, and send the form in."""
        view = view or self.world.modal(user)
        assert view is not None, "no modal is open"
        for called, value in (values or {}).items():
            block, element = self._seen(user, view, called)
            self._hold(view, block, element, value)
        self._in_sight(user, view)
        assert view.body.get("submit") or view.blocks, "this modal can't be sent"
        missing = views.held_back(view)
        if missing:
            return Submitted(False, False, missing, view=view)
        sent = {
            **self._interaction("view_submission", user),
            "trigger_id": self.world.trigger(user, view.id),
            "view": view.payload(),
            "response_urls": [],
        }
        ack = await self.line.interact("interactive", sent)
        if not ack.ok:
            return Submitted(True, False, view=view, ack=ack)
        return self._apply(user, view, ack)

    def _apply(self, user: str, view: View, ack: Ack) -> Submitted:
        told = ack.payload if isinstance(ack.payload, dict) else {}
        action = str(told.get("response_action", ""))
        try:
            match action:
                case "":
                    views.close(self.world, view)
                case "clear":
                    views.clear(self.world, user)
                case "update":
                    body = views.check_view(self.world, told.get("view"), "modal")
                    views.renew(self.world, view, body)
                case "push":
                    body = views.check_view(self.world, told.get("view"), "modal")
                    views.push(self.world, view, body)
                case "errors":
                    errors = {str(name): str(why) for name, why in told["errors"].items()}
                    fields = {one["block_id"] for one in view.blocks if one["type"] == "input"}
                    if not errors or not errors.keys() <= fields:
                        self.world.complaints.append(f"errors of no field: {errors}")
                        return Submitted(True, False, errors, action, view, ack)
                    return Submitted(True, True, errors, action, view, ack)
                case _:
                    self.world.complaints.append(f"unknown response_action {action!r}")
        except Refusal:
            return Submitted(True, False, {}, action, view, ack)
        return Submitted(True, True, {}, action, self.world.modal(user), ack)

    async def close(self, user: str, view: View | None = None) -> Ack | None:
        """Somebody closes the modal; the app hears of it if it has asked to."""
        view = view or self.world.modal(user)
        assert view is not None, "no modal is open"
        self._in_sight(user, view)
        everything = bool(view.body.get("clear_on_close"))
        payload = view.payload()
        if everything:
            views.clear(self.world, user)
        else:
            views.close(self.world, view)
        if not view.body.get("notify_on_close"):
            return None
        sent = {
            **self._interaction("view_closed", user),
            "view": payload,
            "is_cleared": everything,
        }
        return await self.line.interact("interactive", sent)

    # -- what payloads have in common -------------------------------------------------------------

    def _interaction(self, kind: str, user: str) -> Json:
        member = self.world.users[user]
        team = self.world.teams[member.team]
        return {
            "type": kind,
            "user": {
                "id": user,
                "username": member.name,
                "name": member.name,
                "team_id": member.team,
            },
            "api_app_id": self.world.app_id,
            "token": self.world.verification_token,
            "team": {"id": team.id, "domain": team.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _channel(self, channel: str) -> Json:
        return {"id": channel, "name": self.world.channels[channel].name}

    def _hook(self, kind: str, channel: str, user: str, on: Message | None = None) -> str:
        name = self.world.new_id("H")
        self.world.hooks[name] = Hook(name, channel, user, self.world.now(), on)
        return f"{self.base}/{kind}/{self.world.users[user].team}/{name}"

    def _seen(self, user: str, where: Where, called: str) -> tuple[Json, Json]:
        self._in_sight(user, where)
        return kit.find_element(where.blocks, called)

    def _in_sight(self, user: str, where: Where) -> None:
        if isinstance(where, View):
            seen = where is self.world.modal(user) or where is self.world.homes.get(user)
        else:
            seen = any(one is where for one in self.world.messages(where.channel, user))
        if not seen:
            raise LookupError(f"{user} does not see {_id(where)}")


def _id(where: Where) -> str:
    return where.id if isinstance(where, View) else where.ts
