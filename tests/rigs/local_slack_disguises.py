"""What local-slack can't send itself: it carries a command, which becomes something else.

Knows the door's token alone. Invariant: the trigger and the response URL stay those that
local-slack gave, so that what the app does with them works.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from tests.rigs.local_slack_door import Completed
from tests.rigs.slack_sight import Body

TEAM, APP, BOT = "T0HALL", "A0HALL", "U0HALL"
TOLD = ("type", "action_id", "value", "text", "style")


def user_id(name: str) -> str:
    return f"U0{name.upper()}"


def new_token() -> str:
    return uuid.uuid4().hex


def interactive(who: str, told: Body) -> Callable[[Body], Completed]:
    """A command becomes another payload of the same person's, with the same trigger."""

    def disguise(command: Body) -> Completed:
        user = {"id": user_id(who), "username": who, "name": who, "team_id": TEAM}
        return "interactive", {
            "token": command["token"],
            "team": {"id": TEAM, "domain": command["team_domain"]},
            "enterprise": None,
            "is_enterprise_install": False,
            "api_app_id": APP,
            "user": user,
            "trigger_id": command["trigger_id"],
            "action_ts": f"{time.time():.6f}",
            **told,
        }

    return disguise


def happened(event: Body) -> Callable[[Body], Completed]:
    """A command becomes an event of the workspace's."""

    def disguise(command: Body) -> Completed:
        return "events_api", {
            "token": command["token"],
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event": event,
            "event_id": f"Ev{new_token()[:10].upper()}",
            "event_time": int(time.time()),
            "authorizations": [],
        }

    return disguise


def in_a_view(who: str, view: Body, action: Body, values: Body) -> Callable[[Body], Completed]:
    told = {
        "type": "block_actions",
        "container": {"type": "view", "view_id": view["id"]},
        "view": view | {"state": {"values": values}},
        "actions": [action],
    }
    return interactive(who, told)


def in_a_message(action: Body, values: Body) -> Callable[[Body], Completed]:
    def disguise(payload: Body) -> Completed:
        return "interactive", payload | {"actions": [action], "state": {"values": values}}

    return disguise


def submitted(values: Body) -> Callable[[Body], Completed]:
    def disguise(payload: Body) -> Completed:
        payload["view"]["state"] = {"values": values}
        return "interactive", payload

    return disguise
