"""`studyhall invite` and `studyhall doctor`: what they say of a Discord on loopback."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord import commands
from adapters.discord.doctor import Finding, examine
from adapters.discord.endpoint import PATH
from adapters.discord.gateway import Client, Gateway
from adapters.discord.invitation import NoToken, application_of, link
from adapters.discord.messenger import DiscordAdapter, space_of
from adapters.discord.rights import NEEDED, computed, missing
from adapters.port import Address
from bot import doctor
from bot.cli import main
from bot.settings import BadSettings, Settings, load
from bot.store import peek
from tests.rigs.loopback_discord import LoopbackDiscord, loopback_discord
from tests.rigs.loopback_discord_world import TOKEN
from tests.rigs.simcord_hall import open_town

APP = "123456789012345678"
SHAPED = base64.urlsafe_b64encode(APP.encode()).decode().rstrip("=") + ".abcdef." + "x" * 30


@pytest.fixture
async def world() -> AsyncIterator[LoopbackDiscord]:
    async with loopback_discord() as world:
        world.guild("Study circle")
        world.commands = commands.payload()
        yield world


async def told(
    channels: tuple[Address, ...] = (),
    token: str = TOKEN,
    transport: str = "gateway",
    public_key: str = "",
) -> list[Finding]:
    client = Client()
    adapter = DiscordAdapter(client, Gateway(client, token))
    return await examine(adapter, token, transport, public_key, channels)


def wrong(found: list[Finding]) -> str:
    return "\n".join(finding.words for finding in found if not finding.well)


async def test_all_is_well(world: LoopbackDiscord) -> None:
    (guild,) = world.guilds
    study = Address(space_of(guild), world.channel(guild, "study"))
    found = await told((study,))
    assert wrong(found) == ""
    assert "Channel #study: all rights are there." in [finding.words for finding in found]


async def test_a_wrong_token_says_where_to_get_another(world: LoopbackDiscord) -> None:
    assert "Copy it anew from the developer portal" in wrong(await told(token="wrong"))


async def test_commands_that_are_not_registered_are_counted(world: LoopbackDiscord) -> None:
    world.commands = []
    assert "are not registered yet" in wrong(await told())


async def test_rights_that_are_missing_and_channels_that_are_gone_are_named(
    world: LoopbackDiscord,
) -> None:
    (guild,) = world.guilds
    study = Address(space_of(guild), world.channel(guild, "study"))
    world.take_right(study.channel, "attach_files")
    found = wrong(await told((study, Address(study.space, "100000000000000001"))))
    assert "Channel #study: missing Attach files." in found
    assert "it is gone. Move its series with /series move." in found


async def test_a_transport_that_does_not_fit_the_apps_settings_is_found(
    world: LoopbackDiscord,
) -> None:
    world.endpoint = f"https://study.example.org{PATH}"
    assert "nothing comes through the gateway" in wrong(await told())
    assert "is not this app's Public Key" in wrong(await told((), TOKEN, "http", "1" * 64))
    assert wrong(await told((), TOKEN, "http", world.verify_key)) == ""
    world.endpoint = None
    assert "does not post to this app" in wrong(await told((), TOKEN, "http", "1" * 64))


async def test_intents_that_are_switched_on_for_nothing_are_told(world: LoopbackDiscord) -> None:
    world.app_flags = 1 << 18
    found = await told()
    assert any("Studyhall needs none: switch them off" in finding.words for finding in found)


async def test_the_command_says_it_line_by_line(
    world: LoopbackDiscord, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await doctor.doctor(Settings(home=str(tmp_path), discord_token=TOKEN)) == 0
    assert capsys.readouterr().out.startswith("well   Token: it is the one of studyhall.")
    assert await doctor.doctor(Settings(home=str(tmp_path), discord_token="wrong")) == 1
    assert capsys.readouterr().out.startswith("WRONG  Token:")


async def test_channels_in_use_are_read_from_a_home_that_is_named_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_town(tmp_path / "home") as town:
        await town.says("mia", "series start")
        await town.presses("mia", "Start")
        channel = (town.space, str(town.study.id))
    monkeypatch.chdir(tmp_path)

    assert peek.channels_in_use(Settings(home="home").database, "discord") == [channel]


def test_the_invitation_asks_for_the_least(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDYHALL_DISCORD_TOKEN", SHAPED)
    assert main(["invite", "--home", str(tmp_path)]) == 0
    assert capsys.readouterr().out == (
        "https://discord.com/oauth2/authorize?client_id=123456789012345678"
        "&scope=bot+applications.commands&permissions=309237763072\n"
    )
    assert NEEDED.value == 309_237_763_072
    assert not NEEDED.administrator
    assert link(application_of(SHAPED)).endswith("309237763072")


@pytest.mark.parametrize("token", ["", "abc", "é.b.c", "....", "AAAA.b.c"])
def test_what_is_no_token_invites_nobody(
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(NoToken):
        application_of(token)
    monkeypatch.setenv("STUDYHALL_DISCORD_TOKEN", token)
    for command in ("invite", "doctor") if not token else ("invite",):
        assert main([command, "--home", str(tmp_path)]) == 1
        assert "STUDYHALL_DISCORD_TOKEN" in capsys.readouterr().err


def test_http_without_a_key_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="STUDYHALL_DISCORD_PUBLIC_KEY is needed"):
        load({"STUDYHALL_DISCORD_TRANSPORT": "http"}, tmp_path)


def test_rights_are_computed_as_discord_does() -> None:
    member = {"user": {"id": "2"}, "roles": ["10"]}
    roles = [
        {"id": "1", "permissions": str(NEEDED.value)},
        {"id": "10", "permissions": "0"},
        {"id": "11", "permissions": str(1 << 3)},
    ]

    def over(name: str, *, deny: int = 0, allow: int = 0) -> dict[str, str]:
        return {"id": name, "deny": str(deny), "allow": str(allow)}

    send = 1 << 11
    assert missing(computed("1", "9", member, roles)) == ()
    assert missing(computed("1", "9", member, roles, [over("1", deny=send)])) == ("Send messages",)
    again = [over("1", deny=send), over("10", allow=send)]
    assert missing(computed("1", "9", member, roles, again)) == ()
    mine = [over("10", allow=send), over("2", deny=send)]
    assert missing(computed("1", "9", member, roles, mine)) == ("Send messages",)
    hidden = [over("1", deny=1 << 10)]
    assert missing(computed("1", "9", member, roles, hidden)) == ("View channel",)
    assert missing(computed("1", "2", member, roles, hidden)) == ()
    admin = {"user": {"id": "2"}, "roles": ["11"]}
    assert missing(computed("1", "9", admin, roles, hidden)) == ()
