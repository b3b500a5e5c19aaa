"""The manifest: what Slack's description of manifests allows, and nothing that is not used."""

from __future__ import annotations

import json
import os
import re
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from adapters.slack.manifest import (
    CHANNEL_EVENTS,
    EVENTS,
    EVENTS_PATH,
    NEEDED,
    OAUTH_PATH,
    OPTIONAL,
    NoHost,
    manifest,
    scopes,
)
from bot.cli import main
from lessons.commands import COMMANDS
from tests.rigs.specs import needs_specs, specs

ROOT = Path(__file__).parents[3]
HOST = "study.example.org"
ALL = [
    manifest("socket" if socket else "http", HOST, history=history, one_workspace=one)
    for socket, history, one in product((True, False), repeat=3)
]

METHODS = {
    "auth.test": "",
    "apps.connections_open": "",
    "chat.getPermalink": "",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.history": "channels:history",
    "conversations.info": "channels:read",
    "conversations.open": "im:write",
    "conversations.replies": "channels:history",
    "files.upload_v2": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.completeUploadExternal": "files:write",
    "oauth.v2.access": "",
    "pins.add": "pins:write",
    "users.info": "users:read",
    "views.open": "",
    "views.publish": "",
    "views.push": "",
    "views.update": "",
}
"""What Slack's documentation asks for each method that may be called."""

GROUPS = "(?:chat|views|users|files|conversations|auth|apps|pins|reactions|bookmarks|usergroups)"


def schema() -> Any:
    needs_specs()
    folder = specs()
    assert folder is not None
    return json.loads((folder / "slack-manifest.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("made", ALL)
def test_it_is_a_manifest(made: dict[str, Any]) -> None:
    jsonschema.Draft7Validator(schema()).validate(made)


def test_the_description_of_manifests_finds_a_mistake() -> None:
    wrong = manifest("socket")
    wrong["features"]["slash_commands"][0]["name"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema()).validate(wrong)


@pytest.mark.parametrize("made", ALL)
def test_every_command_of_the_table_can_be_typed_and_no_other(made: dict[str, Any]) -> None:
    typed = {one["command"]: one for one in made["features"]["slash_commands"]}
    assert set(typed) == {f"/{command.group}" for command in COMMANDS}
    for group, one in typed.items():
        hinted = {hint.split()[0] for hint in one["usage_hint"].split(" | ")}
        assert hinted == {command.name for command in COMMANDS if f"/{command.group}" == group}
        assert one["should_escape"] is True
        assert len(one["usage_hint"]) < 150


def test_the_least_rights_are_asked_for_and_the_others_can_be_refused() -> None:
    assert manifest("socket")["oauth_config"]["scopes"] == {
        "bot": ["chat:write", "commands", "files:write", "im:write", "users:read"],
    }
    asked = manifest("socket", history=True)["oauth_config"]["scopes"]
    assert asked == {"bot": sorted((*NEEDED, *OPTIONAL)), "bot_optional": sorted(OPTIONAL)}
    assert set(scopes(history=False)) == set(NEEDED)
    assert set(scopes(history=True)) == set(NEEDED + OPTIONAL)


def test_no_method_is_called_that_no_right_is_asked_for() -> None:
    used = set()
    for path in (ROOT / "adapters" / "slack").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(rf'"({GROUPS}\.[\w.]+)"', text))
        for name in re.findall(rf"\.({GROUPS}_\w+)\(", text):
            used.add(name.replace("_", ".", 1))
    assert used <= METHODS.keys(), used - METHODS.keys()
    # No series pins anything yet; who wants it adds the right, and is told so.
    assert {METHODS[method] for method in used} - {"", "pins:write"} <= {*NEEDED, *OPTIONAL}


def test_messages_are_never_subscribed_to() -> None:
    for made in ALL:
        events = made["settings"]["event_subscriptions"]["bot_events"]
        assert not [name for name in events if name.startswith("message")]
        assert set(EVENTS) <= set(events) <= {*EVENTS, *CHANNEL_EVENTS}
    assert set(manifest("socket")["settings"]["event_subscriptions"]["bot_events"]) == set(EVENTS)


def test_over_a_socket_no_address_is_told() -> None:
    made = manifest("socket")
    assert "https" not in json.dumps(made)
    assert made["settings"]["socket_mode_enabled"] is True
    assert made["settings"]["token_rotation_enabled"] is False


def test_over_http_everything_is_posted_to_the_one_address() -> None:
    made = manifest("http", HOST)
    events = f"https://{HOST}{EVENTS_PATH}"
    settings = made["settings"]

    assert settings["event_subscriptions"]["request_url"] == events
    assert settings["interactivity"]["request_url"] == events
    assert "message_menu_options_url" not in settings["interactivity"]
    assert {one["url"] for one in made["features"]["slash_commands"]} == {events}
    assert made["oauth_config"]["redirect_urls"] == [f"https://{HOST}{OAUTH_PATH}"]
    assert settings["socket_mode_enabled"] is False
    assert settings["token_rotation_enabled"] is True
    assert settings["org_deploy_enabled"] is False


def test_one_workspace_over_http_has_a_token_that_does_not_end() -> None:
    made = manifest("http", HOST, one_workspace=True)
    assert made["settings"]["token_rotation_enabled"] is False
    assert "redirect_urls" not in made["oauth_config"]


@pytest.mark.parametrize("host", ["", "a b", "http://x", "x/y", "-x", "x.org?y", "größe.de"])
def test_a_host_that_is_none_is_refused(host: str) -> None:
    with pytest.raises(NoHost):
        manifest("http", host)


def test_a_host_may_be_written_as_an_address() -> None:
    assert manifest("http", "https://Study.example.org/") == manifest("http", HOST)


# -- the command line -----------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("STUDYHALL_")]:
        if name != "STUDYHALL_SPECS":
            monkeypatch.delenv(name)
    monkeypatch.setenv("STUDYHALL_HOME", str(tmp_path / "home"))


def test_the_command_prints_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack"]) == 0
    assert json.loads(capsys.readouterr().out) == manifest("socket")
    assert main(["manifest", "slack", "--transport", "http", "--host", HOST]) == 0
    assert json.loads(capsys.readouterr().out) == manifest("http", HOST)
    one = ["manifest", "slack", "--transport", "http", "--host", HOST, "--one-workspace"]
    assert main(one) == 0
    assert json.loads(capsys.readouterr().out) == manifest("http", HOST, one_workspace=True)


def test_the_setting_asks_for_the_optional_rights_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDYHALL_SLACK_HISTORY", "true")
    assert main(["manifest", "slack"]) == 0
    assert json.loads(capsys.readouterr().out) == manifest("socket", history=True)


def test_without_a_host_it_is_said_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "slack", "--transport", "http"]) == 1
    assert "--host study.example.org" in capsys.readouterr().err
