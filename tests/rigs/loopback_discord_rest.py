"""The REST routes of a small Discord, and what it answers of itself, servers and interactions.

Knows no HTTP: a request comes in decoded. Invariant: no two routes fit the same request.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

from tests.rigs import loopback_discord_chat as chat
from tests.rigs.loopback_discord_world import Json, Refusal, World, snowflake


def me(world: World, *_: Any) -> tuple[int, Any, bool]:
    return 200, world.bot, False


def servers(world: World, _b: Any, _f: Any, query: Any) -> tuple[int, Any, bool]:
    after, limit = int(query.get("after", 0)), int(query.get("limit", 200))
    found = [one for name, one in sorted(world.guilds.items()) if int(name) > after]
    return 200, [{"id": one["id"], "name": one["name"]} for one in found[:limit]], False


def application(world: World, *_: Any) -> tuple[int, Any, bool]:
    told: Json = {
        "id": world.app_id,
        "name": "Studyhall",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": world.verify_key,
        "owner": world.bot,
        "team": None,
        "flags": world.app_flags,
        "summary": "",
        "rpc_origins": [],
        "hook": True,
        "interactions_endpoint_url": world.endpoint,
    }
    return 200, told, False


def gateway_url(world: World, *_: Any) -> tuple[int, Any, bool]:
    limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    url = f"ws://127.0.0.1:{world.port}/gateway"
    return 200, {"url": url, "shards": 1, "session_start_limit": limit}, False


def put_commands(world: World, body: Any, *_: Any, **__: str) -> tuple[int, Any, bool]:
    world.registered += 1
    world.commands = [
        {**one, "id": snowflake(), "application_id": world.app_id, "version": "1"} for one in body
    ]
    return 200, world.commands, False


def get_commands(world: World, *_: Any, **__: str) -> tuple[int, Any, bool]:
    return 200, world.commands, False


def get_guild(world: World, *_: Any, guild: str) -> tuple[int, Any, bool]:
    found = world.known_guild(guild)
    return 200, {key: found[key] for key in ("id", "name", "owner_id", "roles")}, False


def get_roles(world: World, *_: Any, guild: str) -> tuple[int, Any, bool]:
    return 200, world.known_guild(guild)["roles"], False


def get_member(world: World, *_: Any, guild: str, user: str) -> tuple[int, Any, bool]:
    found = world.known_guild(guild)["members"].get(user)
    if found is None:
        raise Refusal(404, 10007, "Unknown Member")
    return 200, found, False


def respond(
    world: World, body: Json, files: list[tuple[str, bytes]], _q: Any, interaction: str, token: str
) -> tuple[int, Any, bool]:
    if token not in world.interactions:
        raise Refusal(404, 10062, "Unknown interaction")
    if world.interactions[token]:
        raise Refusal(400, 40060, "Interaction has already been acknowledged.")
    world.interactions[token].append(body)
    world.answered[token] = time.monotonic()
    callback = {"id": interaction, "type": 3, "response_message_id": snowflake()}
    return 200, {"interaction": callback}, False


def followed(
    world: World, body: Json, files: list[tuple[str, bytes]], _q: Any, token: str, **_: str
) -> tuple[int, Any, bool]:
    if token not in world.interactions:
        raise Refusal(404, 10015, "Unknown Webhook")
    world.interactions[token].append({"type": "later", "data": body})
    return 200, {"id": snowflake()}, False


Handler: TypeAlias = Callable[..., tuple[int, Any, bool]]

_C, _M, _G = r"/channels/(?P<channel>\d+)", r"/messages/(?P<message>\d+)", r"/guilds/(?P<guild>\d+)"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/users/@me", me),
    ("GET", "/users/@me/guilds", servers),
    ("GET", "/(oauth2/)?applications/@me", application),
    ("GET", "/gateway(/bot)?", gateway_url),
    ("PUT", r"/applications/(?P<application>\d+)/commands", put_commands),
    ("GET", r"/applications/(?P<application>\d+)/commands", get_commands),
    ("GET", _G, get_guild),
    ("GET", _G + "/roles", get_roles),
    ("GET", _G + r"/members/(?P<user>\d+)", get_member),
    ("GET", _G + "/threads/active", chat.active),
    ("GET", _C, chat.get_channel),
    ("POST", "/users/@me/channels", chat.dm),
    ("POST", _C + "/messages", chat.post),
    ("GET", _C + "/messages", chat.history),
    ("PUT", _C + r"/messages/pins/(?P<message>\d+)", chat.pin),
    ("GET", _C + _M, chat.get_message),
    ("PATCH", _C + _M, chat.edit),
    ("POST", _C + _M + "/threads", chat.thread),
    ("POST", _C + "/threads", chat.forum),
    ("GET", _C + "/threads/archived/public", chat.archived),
    (
        "POST",
        r"/interactions/(?P<interaction>\d+)/(?P<token>[^/]+)/callback",
        respond,
    ),
    (
        "PATCH",
        r"/webhooks/(?P<app>\d+)/(?P<token>[^/]+)/messages/@original",
        followed,
    ),
    ("POST", r"/webhooks/(?P<app>\d+)/(?P<token>[^/]+)", followed),
)
