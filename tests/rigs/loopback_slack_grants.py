"""How a small Slack lets an app in and out: OAuth's page and codes, tokens, rotation, revocation.

Knows no HTTP beyond what was decoded. Invariant: a code and a refresh token are good once.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from tests.rigs.loopback_slack_blocks import Json
from tests.rigs.loopback_slack_chat import Call, Method
from tests.rigs.loopback_slack_things import Code, Grant, Refusal
from tests.rigs.loopback_slack_world import ROTATION_S, World


def authorize(world: World, query: Mapping[str, str]) -> str:
    """Where the page sends the browser: back at once, as `installer` has decided."""
    redirect, state = query.get("redirect_uri", ""), query.get("state", "")
    back: dict[str, str] = {"state": state}
    if query.get("client_id") != world.client_id:
        back["error"] = "invalid_client_id"
    elif world.installer is None:
        back["error"] = "access_denied"
    else:
        team, user = world.installer
        code = world.new_id("code.")
        asked = tuple(one for one in query.get("scope", "").split(",") if one)
        world.codes[code] = Code(team, user, asked, redirect)
        back["code"] = code
    sign = "&" if "?" in redirect else "?"
    return f"{redirect}{sign}{urlencode(back)}"


def access(world: World, body: Json) -> Json:
    """oauth.v2.access: a code, or a refresh token, for a bot token."""
    if body.get("client_id") != world.client_id:
        raise Refusal("invalid_client_id")
    if body.get("client_secret") != world.client_secret:
        raise Refusal("bad_client_secret")
    if body.get("grant_type") == "refresh_token":
        return _granted(world, _rotated(world, str(body.get("refresh_token"))))
    code = world.codes.pop(str(body.get("code")), None)
    if code is None:
        raise Refusal("invalid_code")
    if code.redirect != str(body.get("redirect_uri") or code.redirect):
        raise Refusal("bad_redirect_uri")
    grant = world.install(code.team, code.scopes)
    return {**_granted(world, grant), "authed_user": {"id": code.user}}


def _rotated(world: World, refresh: str) -> Grant:
    for old in world.grants.values():
        if refresh and old.refresh == refresh and not old.trouble:
            old.refresh = ""
            return world.grant(old.team, old.scopes)
    raise Refusal("invalid_refresh_token")


def _granted(world: World, grant: Grant) -> Json:
    team = world.teams[grant.team]
    told: Json = {
        "app_id": world.app_id,
        "access_token": grant.token,
        "token_type": "bot",
        "scope": ",".join(grant.scopes),
        "bot_user_id": team.bot_user,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if grant.refresh:
        told |= {"refresh_token": grant.refresh, "expires_in": int(ROTATION_S)}
    return told


def auth_test(call: Call) -> Json:
    team = call.team
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.world.users[team.bot_user].name,
        "team_id": team.id,
        "user_id": team.bot_user,
        "bot_id": team.bot_id,
        "is_enterprise_install": False,
    }


def auth_revoke(call: Call) -> Json:
    if not call.yes("test"):
        call.grant.trouble = "token_revoked"
    return {"revoked": not call.yes("test")}


def uninstall(call: Call) -> Json:
    if call.body.get("client_id") != call.world.client_id:
        raise Refusal("invalid_client_id")
    if call.body.get("client_secret") != call.world.client_secret:
        raise Refusal("bad_client_secret")
    call.world.revoke(call.team.id, "account_inactive")
    return {}


GRANTS: Mapping[str, Method] = {
    "auth.test": auth_test,
    "auth.revoke": auth_revoke,
    "apps.uninstall": uninstall,
}
