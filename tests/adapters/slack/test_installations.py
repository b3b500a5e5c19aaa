"""Workspaces and their tokens: encrypted where they are kept, renewed in time, gone when told.

Invariant: no test looks into a workspace; what is kept is read from the shelf.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer
from cryptography.fernet import Fernet

from adapters.port import CannotConnect, TryLater, Unreachable
from adapters.slack.installations import (
    BEGIN,
    RETRY_S,
    Installed,
    OneWorkspace,
    Workspaces,
    key_of,
)
from adapters.slack.vault import Kept, Unreadable, Vault
from adapters.slack.wire import Wire
from adapters.slack.words import RIGHTS
from tests.rigs.host import KeptShelf
from tests.rigs.slack_door import CLIENT_ID, CLIENT_SECRET, LASTS_S, SlackDoor, slack_door, until

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
TEAM = "T0123"


@dataclass
class Hall:
    """A shelf that outlives the workspaces on it, and a clock that stands still."""

    door: SlackDoor
    shelf: KeptShelf = field(default_factory=KeptShelf)
    now: datetime = datetime(2026, 11, 2, 9, tzinfo=UTC)

    async def installed(self, *keys: str, secret: str = CLIENT_SECRET) -> Installed:
        made = Installed(CLIENT_ID, secret, keys or (NEW,), lambda: self.now)
        await made.open(self.shelf, self.door.client)
        return made

    def kept(self, team: str = TEAM, lasts_s: int = LASTS_S) -> Kept:
        """A workspace as it is after its installation; 0 for a token that does not end."""
        ends_at = int(self.now.timestamp()) + lasts_s if lasts_s else 0
        refresh = self.door.refresh(team) if lasts_s else ""
        token = self.door.token(team)
        return Kept(team, token, f"U{team}", refresh=refresh, ends_at=ends_at)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    async with slack_door() as door:
        yield Hall(door)


# -- one workspace --------------------------------------------------------------------------------


async def test_one_workspace_learns_from_slack_which_it_is(hall: Hall) -> None:
    token = hall.door.token(TEAM)
    workspaces: Workspaces = OneWorkspace(token)
    await workspaces.open(hall.shelf, hall.door.client)

    assert await workspaces.token(TEAM) == token
    assert await workspaces.bot_user(TEAM) == f"U{TEAM}"
    assert await workspaces.teams() == (TEAM,)
    with pytest.raises(Unreachable):
        await workspaces.token("T9")
    assert token not in repr(workspaces)


async def test_a_token_that_slack_refuses_stops_the_start_and_says_where_to_get_another(
    hall: Hall,
) -> None:
    with pytest.raises(CannotConnect, match="STUDYHALL_SLACK_BOT_TOKEN"):
        await OneWorkspace("xoxb-wrong").open(hall.shelf, hall.door.client)


@pytest.mark.parametrize("word", ["account_inactive", "token_revoked", "token_expired"])
async def test_a_token_that_was_good_once_stops_the_start_as_well(hall: Hall, word: str) -> None:
    hall.door.troubles = [word]
    with pytest.raises(CannotConnect, match="STUDYHALL_SLACK_BOT_TOKEN"):
        await OneWorkspace(hall.door.token(TEAM)).open(hall.shelf, hall.door.client)


@pytest.mark.parametrize("trouble", ["lost", "nonsense", "fatal_error"])
async def test_an_outage_of_slack_does_not_keep_it_from_starting(hall: Hall, trouble: str) -> None:
    workspaces = OneWorkspace(hall.door.token(TEAM))
    hall.door.troubles = [trouble] * 3
    await workspaces.open(hall.shelf, hall.door.client)

    with pytest.raises(TryLater):
        await workspaces.token(TEAM)
    with pytest.raises(TryLater):  # or it would look as if the app had been removed everywhere
        await workspaces.teams()
    assert await workspaces.teams() == (TEAM,)


async def test_one_workspace_that_is_forgotten_is_used_no_more(hall: Hall) -> None:
    workspaces = OneWorkspace(hall.door.token(TEAM))
    await workspaces.open(hall.shelf, hall.door.client)
    await workspaces.forget("T9")
    assert await workspaces.teams() == (TEAM,)
    await workspaces.forget(TEAM)

    assert await workspaces.teams() == ()
    with pytest.raises(Unreachable):
        await workspaces.token(TEAM)


async def test_before_it_is_open_nothing_is_known(hall: Hall) -> None:
    for workspaces in (OneWorkspace("xoxb-1"), Installed(CLIENT_ID, CLIENT_SECRET, (NEW,))):
        with pytest.raises(TryLater):
            await workspaces.token(TEAM)
    with pytest.raises(TryLater):
        Installed(CLIENT_ID, CLIENT_SECRET, (NEW,)).client()


# -- what lies on the disk ------------------------------------------------------------------------


async def test_what_is_kept_is_found_after_a_restart(hall: Hall) -> None:
    kept = hall.kept()
    await (await hall.installed()).keep(kept)
    again = await hall.installed()

    assert await again.token(TEAM) == kept.token
    assert await again.bot_user(TEAM) == f"U{TEAM}"
    assert await again.teams() == (TEAM,)
    with pytest.raises(Unreachable, match="installed in this workspace"):
        await again.token("T9")


async def test_the_record_has_the_workspace_between_colons_and_no_token_in_it(hall: Hall) -> None:
    kept = hall.kept()
    workspaces = await hall.installed()
    await workspaces.keep(kept)

    ((key, value),) = (await hall.shelf.all()).items()
    assert f":{TEAM}:" in key
    for secret in (kept.token, kept.refresh, TEAM, CLIENT_SECRET):
        assert secret not in value
    for shown in (repr(kept), str(kept), repr(workspaces), f"{[kept]}"):
        assert kept.token not in shown
        assert kept.refresh not in shown
        assert CLIENT_SECRET not in shown


async def test_a_new_key_is_put_before_the_old_one_which_can_then_go(hall: Hall) -> None:
    kept = hall.kept()
    await (await hall.installed(OLD)).keep(kept)
    before = await hall.shelf.get(key_of(TEAM))
    assert await (await hall.installed(NEW, OLD)).token(TEAM) == kept.token

    assert await hall.shelf.get(key_of(TEAM)) != before
    assert await (await hall.installed(NEW)).token(TEAM) == kept.token


@pytest.mark.parametrize("damage", ["wrong key", "cut", "empty", "of another", "not ascii"])
async def test_a_record_that_no_key_opens_is_told_once_and_stops_nothing(
    hall: Hall, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    await (await hall.installed()).keep(hall.kept("T2"))
    sealed = Vault([OLD if damage == "wrong key" else NEW]).sealed(hall.kept())
    damaged = {"cut": sealed[:-9], "empty": "", "not ascii": "gAAAA\u00e9"}.get(damage, sealed)
    if damage == "of another":
        damaged = await hall.shelf.get(key_of("T2")) or ""
    await hall.shelf.put(key_of(TEAM), damaged)

    workspaces = await hall.installed()
    for _ in range(3):
        with pytest.raises(Unreachable) as caught:
            await workspaces.token(TEAM)
    assert caught.value.missing == RIGHTS["readable"]
    assert set(await workspaces.teams()) == {TEAM, "T2"}
    assert await workspaces.token("T2")
    errors = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "STUDYHALL_SLACK_TOKEN_KEY" in errors[0].getMessage()

    await workspaces.keep(hall.kept())  # installing it again mends it
    assert await workspaces.token(TEAM)


@pytest.mark.parametrize("keys", [(), ("",), ("short",), (NEW, "\u00e9" * 44)])
def test_a_key_that_is_none_stops_the_start(keys: tuple[str, ...]) -> None:
    with pytest.raises(CannotConnect, match="STUDYHALL_SLACK_TOKEN_KEY"):
        Installed(CLIENT_ID, CLIENT_SECRET, keys)


def test_what_is_sealed_for_one_workspace_does_not_open_for_another() -> None:
    vault = Vault([NEW])
    with pytest.raises(Unreadable):
        vault.opened("T2", vault.sealed(Kept(TEAM, "xoxb-1", "U1")))


# -- renewing -------------------------------------------------------------------------------------


async def test_a_token_that_does_not_end_is_never_renewed(hall: Hall) -> None:
    kept = hall.kept(lasts_s=0)
    workspaces = await hall.installed()
    await workspaces.keep(kept)
    hall.later(10 * 365 * 86_400)
    assert await workspaces.token(TEAM) == kept.token
    assert hall.door.asked == []


async def test_a_token_is_renewed_when_less_than_two_hours_are_left(hall: Hall) -> None:
    kept = hall.kept()
    workspaces = await hall.installed()
    await workspaces.keep(kept)
    hall.later(LASTS_S - 7_201)
    assert await workspaces.token(TEAM) == kept.token
    hall.later(2)
    new = await workspaces.token(TEAM)

    assert new != kept.token
    assert await (await hall.installed()).token(TEAM) == new  # it was kept
    assert hall.door.asked == ["oauth.v2.access"]
    hall.later(LASTS_S - 7_000)
    assert await workspaces.token(TEAM) not in (new, kept.token)  # with the new refresh token


async def test_what_is_asked_after_a_renewal_is_asked_with_the_new_token(hall: Hall) -> None:
    asked: list[str] = []

    async def slack(request: web.BaseRequest) -> web.Response:
        asked.append(request.headers["Authorization"])
        return web.json_response({"ok": True})

    workspaces, old = await hall.installed(), hall.kept()
    await workspaces.keep(old)
    async with RawTestServer(slack) as server:
        wire = Wire(workspaces, str(server.make_url("/api/")))
        await wire.ask(TEAM, "auth.test", {})
        hall.later(LASTS_S)
        await wire.ask(TEAM, "auth.test", {})
        await wire.close(1)

    new = await workspaces.token(TEAM)
    assert new != old.token
    assert asked == [f"Bearer {old.token}", f"Bearer {new}"]


async def test_all_who_ask_at_once_share_one_renewal(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    await workspaces.keep(hall.kept("T2"))
    hall.later(LASTS_S + 1)
    asked = [workspaces.token(team) for team in (TEAM, "T2") for _ in range(20)]
    got = await asyncio.gather(*asked)

    assert len(set(got)) == 2
    assert hall.door.asked == ["oauth.v2.access"] * 2


async def test_whoever_leaves_does_not_take_the_new_token_with_them(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    hall.later(LASTS_S + 1)
    leaving = asyncio.create_task(workspaces.token(TEAM))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    await workspaces.finish(5.0)

    assert await (await hall.installed()).token(TEAM)
    assert hall.door.refreshes  # the second one, which Slack gave


@pytest.mark.parametrize("trouble", ["lost", "nonsense", "fatal_error", "invalid_refresh_token"])
async def test_the_old_token_is_used_while_it_is_good_and_the_new_one_can_not_be_had(
    hall: Hall, trouble: str
) -> None:
    kept = hall.kept()
    workspaces = await hall.installed()
    await workspaces.keep(kept)
    hall.door.troubles = [trouble]
    hall.later(LASTS_S - 3_600)

    assert [await workspaces.token(TEAM) for _ in range(5)] == [kept.token] * 5
    assert len(hall.door.asked) == 1
    hall.later(RETRY_S)
    assert await workspaces.token(TEAM) != kept.token


async def test_a_token_that_ended_and_that_slack_does_not_renew_says_what_helps(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    hall.door.refreshes.clear()
    hall.later(LASTS_S)
    for _ in range(2):
        with pytest.raises(Unreachable) as caught:
            await workspaces.token(TEAM)
        assert caught.value.missing == RIGHTS["renewed"]
    assert len(hall.door.asked) == 1


async def test_a_token_that_ended_while_slack_is_away_is_a_matter_of_patience(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    hall.door.troubles = ["lost"]
    hall.later(LASTS_S)
    with pytest.raises(TryLater):
        await workspaces.token(TEAM)
    hall.later(RETRY_S)
    assert await workspaces.token(TEAM)


async def test_a_wrong_client_secret_is_told_in_the_log(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    workspaces = await hall.installed(secret="f" * 32)
    await workspaces.keep(hall.kept())
    hall.later(LASTS_S)
    with pytest.raises(Unreachable):
        await workspaces.token(TEAM)
    assert "bad_client_secret" in caplog.text
    assert "STUDYHALL_SLACK_CLIENT_SECRET" in caplog.text
    assert "f" * 32 not in caplog.text


class FullShelf(KeptShelf):
    """A disk that is full for a while."""

    full = False

    async def put(self, key: str, value: str | None) -> None:
        if self.full:
            raise OSError("no space left")
        await super().put(key, value)


async def test_a_new_token_that_can_not_be_kept_is_not_used_and_not_lost(hall: Hall) -> None:
    shelf = hall.shelf = FullShelf()
    kept = hall.kept()
    workspaces = await hall.installed()
    await workspaces.keep(kept)
    hall.later(LASTS_S - 3_600)
    shelf.full = True
    assert await workspaces.token(TEAM) == kept.token
    shelf.full = False
    hall.later(RETRY_S)
    new = await workspaces.token(TEAM)

    assert new != kept.token
    assert hall.door.asked == ["oauth.v2.access"]
    assert await (await hall.installed()).token(TEAM) == new


async def test_another_process_that_renewed_first_is_found_on_the_shelf(hall: Hall) -> None:
    first, second = await hall.installed(), await hall.installed()
    await first.keep(hall.kept())
    await second.token(TEAM)
    hall.later(LASTS_S)
    assert await first.token(TEAM) == await second.token(TEAM)
    assert len(hall.door.asked) == 1


# -- removed --------------------------------------------------------------------------------------


async def test_what_is_forgotten_is_gone_at_once(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    await workspaces.keep(hall.kept("T2"))
    await workspaces.token(TEAM)
    await workspaces.forget(TEAM)

    with pytest.raises(Unreachable):
        await workspaces.token(TEAM)
    assert list(await hall.shelf.all(BEGIN)) == [key_of("T2")]


async def test_a_renewal_under_way_does_not_bring_back_what_was_forgotten(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    hall.later(LASTS_S)
    hall.door.ajar.clear()
    asking = asyncio.create_task(workspaces.token(TEAM))
    await until(lambda: bool(hall.door.asked))
    await workspaces.forget(TEAM)
    hall.door.ajar.set()
    with pytest.raises(Unreachable):
        await asking
    assert await hall.shelf.all() == {}


async def test_a_renewal_under_way_gives_way_to_a_new_installation(hall: Hall) -> None:
    workspaces = await hall.installed()
    await workspaces.keep(hall.kept())
    hall.later(LASTS_S)
    hall.door.ajar.clear()
    asking = asyncio.create_task(workspaces.token(TEAM))
    await until(lambda: bool(hall.door.asked))
    anew = hall.kept()
    await workspaces.keep(anew)
    hall.door.ajar.set()
    assert await asking == anew.token
