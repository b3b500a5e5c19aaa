"""`studyhall doctor`: what it says of a Slack on loopback."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from adapters.slack.doctor import MOST_LOOKED_AT, Finding, clients, examine, examine_installed
from adapters.slack.installations import key_of
from adapters.slack.manifest import OPTIONAL
from adapters.slack.vault import Kept, Vault
from bot import doctor
from bot.app import running
from bot.clock import machine_clock
from bot.hall import adapter_for
from bot.settings import Settings
from tests.rigs.slack_door import NEEDED, SlackDoor, slack_door

OLD, KEY = (Fernet.generate_key().decode() for _ in range(2))
APP = "xapp-1-good"


@pytest.fixture
async def door() -> AsyncIterator[SlackDoor]:
    async with slack_door() as door:
        door.scopes = (*NEEDED, *OPTIONAL)
        yield door


async def told(door: SlackDoor, token: str = "", app: str = APP) -> list[Finding]:
    return await examine(clients(f"{door.address}/api/"), token or door.token("T1"), app, "socket")


def wrong(found: list[Finding]) -> str:
    return "\n".join(finding.words for finding in found if not finding.well)


def words(found: list[Finding]) -> str:
    return "\n".join(finding.words for finding in found)


async def test_all_is_well(door: SlackDoor) -> None:
    found = await told(door)
    assert wrong(found) == ""
    assert [finding.words for finding in found] == [
        "Token: it is the one of studyhall in T1 & co.",
        "Rights: all that are needed are there.",
        "Transport: socket, and a line can be opened.",
    ]


async def test_a_wrong_token_says_where_to_get_another(door: SlackDoor) -> None:
    found = wrong(await told(door, "xoxb-wrong-token"))
    assert "STUDYHALL_SLACK_BOT_TOKEN" in found
    assert "xoxb-wrong" not in found


async def test_an_app_token_that_opens_no_line_says_what_to_do(door: SlackDoor) -> None:
    found = wrong(await told(door, app="xapp-1-wrong"))
    assert "connections:write" in found
    assert "xapp-1-wrong" not in found


async def test_rights_that_are_missing_are_named_and_others_only_told(door: SlackDoor) -> None:
    door.scopes = ("chat:write", "commands", "files:write", "im:write", "channels:history", "admin")
    found = await told(door)
    assert "missing users:read." in wrong(found)
    assert "left out: channels:read, groups:history, groups:read, im:history." in words(found)
    assert "nothing needs: admin." in words(found)

    door.scopes = NEEDED
    assert wrong(await told(door)) == ""
    door.scopes = ()
    assert wrong(await told(door)) == ""


@pytest.mark.parametrize("trouble", ["lost", "nonsense", "fatal_error"])
async def test_a_slack_that_can_not_be_reached_is_told_as_that(
    door: SlackDoor, trouble: str
) -> None:
    door.troubles = [trouble] * 2
    assert "did not answer as it should" in wrong(await told(door))


async def test_workspaces_that_installed_it_are_looked_at(door: SlackDoor) -> None:
    now = int(time.time())
    kept = {
        "T1": Kept("T1", door.token("T1"), "U1", ends_at=now + 9_999),
        "T2": Kept("T2", "xoxb-revoked", "U2"),
        "T3": Kept("T3", "xoxb-ended", "U3", ends_at=now - 1),
    }
    records = {key_of(team): Vault([KEY]).sealed(one) for team, one in kept.items()}
    records[key_of("T4")] = Vault([OLD]).sealed(Kept("T4", "xoxb-4", "U4"))
    ask = clients(f"{door.address}/api/")
    found = await examine_installed(ask, [KEY], records)

    assert "Workspaces: 4 installed the app." in words(found)
    assert "Workspace T1: Token: it is the one of studyhall" in words(found)
    assert "Workspace T3: its token has ended" in words(found)
    bad = wrong(found).splitlines()
    assert [line[:13] for line in bad] == ["Workspace T2:", "Workspace T4:"]
    assert "Install the app there again" in bad[0]
    assert "STUDYHALL_SLACK_BOT_TOKEN" not in bad[0]
    assert "STUDYHALL_SLACK_TOKEN_KEY" in bad[1]
    assert "xoxb-" not in words(found)
    assert wrong(await examine_installed(ask, ["short"], records)).startswith("Slack: ")


async def test_of_very_many_workspaces_some_are_looked_at(door: SlackDoor) -> None:
    vault = Vault([KEY])
    records = {
        key_of(f"T{number}"): vault.sealed(Kept(f"T{number}", "x", "U", ends_at=1))
        for number in range(200)
    }
    found = await examine_installed(clients(door.address), [KEY], records)
    assert len(found) == MOST_LOOKED_AT + 3
    assert found[-1].words == "The others were not looked at."


async def test_a_workspace_about_which_there_is_much_to_say_counts_once(door: SlackDoor) -> None:
    vault, now = Vault([KEY]), int(time.time())
    teams = [f"T{number}" for number in range(MOST_LOOKED_AT)]
    records = {
        key_of(team): vault.sealed(Kept(team, door.token(team), "U", ends_at=now + 9_999))
        for team in teams
    }
    found = await examine_installed(clients(f"{door.address}/api/"), [KEY], records)
    assert all(f"Workspace {team}: Token: it is" in words(found) for team in teams)
    assert "not looked at" not in words(found)


# -- the command ----------------------------------------------------------------------------------


async def test_the_command_says_it_line_by_line(
    door: SlackDoor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        home=str(tmp_path),
        slack_bot_token=door.token("T1"),
        slack_app_token=APP,
        slack_api=f"{door.address}/api/",
    )
    assert await doctor.doctor(settings) == 0
    assert capsys.readouterr().out.startswith("well   Token: it is the one of studyhall in T1")


async def test_with_many_workspaces_the_command_reads_the_shelf_of_a_running_service(
    door: SlackDoor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        home=str(tmp_path),
        slack_transport="http",
        slack_signing_secret="s",
        slack_client_id="1.2",
        slack_client_secret="c",
        slack_token_key=KEY,
        slack_api=f"{door.address}/api/",
    )
    assert await doctor.doctor(settings) == 0
    assert "none installed the app yet" in capsys.readouterr().out
    async with running(settings, [adapter_for(settings, machine_clock)]) as app:
        shelf = app.service.shelf("slack")
        await shelf.put("oauth_state:x", "1")
        await shelf.put(key_of("T1"), Vault([KEY]).sealed(Kept("T1", door.token("T1"), "U1")))
        assert await doctor.doctor(settings) == 0
    assert "Workspaces: 1 installed the app." in capsys.readouterr().out


async def test_without_any_platform_it_says_how_to_get_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await doctor.doctor(Settings(home=str(tmp_path))) == 1
    told = capsys.readouterr().err
    assert "STUDYHALL_DISCORD_TOKEN" in told
    assert "STUDYHALL_SLACK_BOT_TOKEN" in told
