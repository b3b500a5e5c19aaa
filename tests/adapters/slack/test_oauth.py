"""Installing by OAuth: only who began here, in the same browser, ends it, and every end is kind.

Knows no workspace of Slack's: the one on loopback gives the tokens.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet
from yarl import URL

from adapters.slack.endpoint import Endpoint
from adapters.slack.installations import BEGIN, Installed, key_of
from adapters.slack.manifest import OAUTH_PATH
from adapters.slack.oauth import COOKIE, INSTALL, MOST_STATES, STATES, OAuth
from adapters.slack.words import PAGES
from bot.listener import listening
from tests.adapters.slack.test_endpoint import SECRET, Adapter, listeners
from tests.rigs.host import KeptShelf
from tests.rigs.slack_door import CLIENT_ID, CLIENT_SECRET, SlackDoor, slack_door

KEY = Fernet.generate_key().decode()
TEAM = "T0123"


@dataclass
class Visit:
    """A browser that asks; cookies are passed on by hand, as they are for https alone."""

    door: SlackDoor
    workspaces: Installed
    browser: aiohttp.ClientSession
    adapter: Adapter
    shelf: KeptShelf
    address: str = ""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    async def begin(self, query: str = "") -> tuple[str, str]:
        """The state and the cookie that it begins with."""
        status, headers, _ = await self.ask(INSTALL + query)
        assert status == 302
        (state,) = parse_qs(urlsplit(headers["Location"]).query)["state"]
        return state, headers["Set-Cookie"].partition(";")[0]

    async def ask(
        self, path: str, cookie: str = "", **query: str
    ) -> tuple[int, dict[str, str], str]:
        async with self.browser.get(
            self.address + path,
            params=query,
            headers={"Cookie": cookie} if cookie else {},
            allow_redirects=False,
        ) as answer:
            return answer.status, dict(answer.headers), await answer.text()

    async def end(self, cookie: str = "", **query: str) -> tuple[int, str]:
        """The status, and which page it is."""
        status, headers, text = await self.ask(OAUTH_PATH, cookie, **query)
        assert headers["Content-Type"] == "text/html; charset=utf-8"
        assert headers["Cache-Control"] == "no-store"
        assert "script" not in text
        key = self.shown(text)
        assert status == PAGES[key].status
        return status, key

    def shown(self, text: str) -> str:
        """Which page this is."""
        (title,) = re.findall("<h1>(.*)</h1>", text)
        (key,) = [key for key, page in PAGES.items() if page.title == html.unescape(title)]
        return key


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    async with slack_door() as door, aiohttp.ClientSession() as browser:
        adapter = Adapter(listeners(Counter()))
        shelf = KeptShelf()
        workspaces = Installed(CLIENT_ID, CLIENT_SECRET, (KEY,), lambda: made.now)
        made = Visit(door, workspaces, browser, adapter, shelf)
        oauth = OAuth(workspaces, door.scopes, clock=lambda: made.now)
        way_in = Endpoint(SECRET, oauth)
        async with listening("127.0.0.1", 0, [way_in]) as port:
            made.address = f"http://127.0.0.1:{port}"
            await workspaces.open(shelf, door.client)
            await way_in.start(adapter)
            yield made
            await way_in.stop()


# -- the way through ------------------------------------------------------------------------------


async def test_a_workspace_installs_the_app_and_is_told_what_comes_next(visit: Visit) -> None:
    state, cookie = await visit.begin()
    code = visit.door.code(TEAM)
    status, headers, text = await visit.ask(OAUTH_PATH, cookie, code=code, state=state)

    assert status == 200
    assert "/invite @Studyhall" in text
    assert "/series start" in text
    assert "Max-Age=0" in headers["Set-Cookie"]
    token = await visit.workspaces.token(TEAM)
    assert visit.door.good[token] == TEAM
    assert await visit.workspaces.bot_user(TEAM) == f"U{TEAM}"
    assert token not in str(await visit.shelf.all())
    assert visit.adapter.told == 1  # one that comes back is not deleted


async def test_what_was_kept_is_installed_whether_or_not_the_service_could_be_told(
    visit: Visit,
) -> None:
    visit.adapter.trouble = RuntimeError("the store is away")
    state, cookie = await visit.begin()
    assert (await visit.end(cookie, state=state, code=visit.door.code(TEAM)))[1] == "installed"
    assert visit.door.good[await visit.workspaces.token(TEAM)] == TEAM


async def test_it_asks_slack_for_the_least_and_remembers_the_browser(visit: Visit) -> None:
    status, headers, _ = await visit.ask(INSTALL)
    asked = urlsplit(headers["Location"])
    query = parse_qs(asked.query)

    assert status == 302
    assert (asked.netloc, asked.path) == ("slack.com", "/oauth/v2/authorize")
    assert query["scope"] == [",".join(visit.door.scopes)]
    assert query["client_id"] == [CLIENT_ID]
    assert "user_scope" not in query
    assert CLIENT_SECRET not in headers["Location"]
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/slack", "Max-Age=600"):
        assert word in headers["Set-Cookie"]


async def test_a_workspace_may_be_named_and_nothing_else(visit: Visit) -> None:
    for asked, named in (("T0123", ["T0123"]), ("T1&scope=admin", None), ("x\r\nA: b", None)):
        status, headers, _ = await visit.ask(INSTALL, team=asked)
        query = parse_qs(urlsplit(headers["Location"]).query)
        assert (status, query.get("team")) == (302, named)
        assert query["scope"] == [",".join(visit.door.scopes)]


async def test_installing_again_replaces_the_token(visit: Visit) -> None:
    tokens = []
    for _ in range(2):
        state, cookie = await visit.begin()
        assert (await visit.end(cookie, code=visit.door.code(TEAM), state=state))[0] == 200
        tokens.append(await visit.workspaces.token(TEAM))
    assert len(set(tokens)) == 2
    assert list(await visit.shelf.all(BEGIN)) == [key_of(TEAM)]


async def test_a_token_that_does_not_end_is_taken_too(visit: Visit) -> None:
    visit.door.rotates = False
    state, cookie = await visit.begin()
    await visit.end(cookie, code=visit.door.code(TEAM), state=state)
    visit.now += timedelta(days=999)
    assert visit.door.good[await visit.workspaces.token(TEAM)] == TEAM


# -- every other end ------------------------------------------------------------------------------


async def test_whoever_says_no_is_told_that_nothing_happened(visit: Visit) -> None:
    state, cookie = await visit.begin()
    assert await visit.end(cookie, error="access_denied", state=state) == (403, "access_denied")


@pytest.mark.parametrize("error", ["", "invalid_scope", "<b>x</b>", "x" * 5_000, "installed"])
async def test_another_error_of_slack_is_not_repeated_to_the_browser(
    visit: Visit, error: str
) -> None:
    _, _, text = await visit.ask(OAUTH_PATH, error=error)
    assert "<b>" not in text
    assert await visit.end(error=error) == (400, "refused")


async def test_a_state_is_good_once(visit: Visit) -> None:
    state, cookie = await visit.begin()
    await visit.end(cookie, code=visit.door.code(TEAM), state=state)
    again = await visit.end(cookie, code=visit.door.code(TEAM), state=state)
    assert again == (400, "invalid_state")


async def test_a_state_is_good_for_ten_minutes(visit: Visit) -> None:
    state, cookie = await visit.begin()
    visit.now += timedelta(minutes=10)
    assert (await visit.end(cookie, code="x", state=state))[1] == "invalid_state"


async def test_a_state_that_nobody_gave_is_refused(visit: Visit) -> None:
    found = await visit.end(f"{COOKIE}=made-up", code=visit.door.code(TEAM), state="made-up")
    assert found == (400, "invalid_state")
    assert await visit.shelf.all(BEGIN) == {}


async def test_it_ends_only_in_the_browser_in_which_it_began(visit: Visit) -> None:
    state, _ = await visit.begin()
    _, other = await visit.begin()
    for cookie in ("", other, f"{COOKIE}=", f"x={state}"):
        found = await visit.end(cookie, code=visit.door.code(TEAM), state=state)
        assert found == (400, "invalid_browser")
    assert visit.door.asked == []


@pytest.mark.parametrize(
    "query",
    [
        "",
        "state=",
        "state=%FF%FE&code=%00",
        "code=x",
        "&".join(f"a{number}=1" for number in range(200)),
    ],
)
async def test_a_link_that_is_none_gets_a_kind_page(visit: Visit, query: str) -> None:
    address = URL(f"{visit.address}{OAUTH_PATH}?{query}", encoded=True)
    async with visit.browser.get(address) as answer:
        assert answer.status == 400
        assert visit.shown(await answer.text()) == "invalid_browser"


async def test_without_a_code_or_with_one_that_slack_does_not_know_nothing_is_installed(
    visit: Visit,
) -> None:
    state, cookie = await visit.begin()
    assert (await visit.end(cookie, state=state))[1] == "missing_code"
    state, cookie = await visit.begin()
    assert (await visit.end(cookie, state=state, code="made-up"))[1] == "invalid_code"
    assert await visit.shelf.all(BEGIN) == {}
    assert visit.adapter.told == 0


@pytest.mark.parametrize(("trouble", "key"), [("lost", "slack_away"), ("nonsense", "invalid_code")])
async def test_an_outage_of_slack_installs_nothing(visit: Visit, trouble: str, key: str) -> None:
    state, cookie = await visit.begin()
    visit.door.troubles = [trouble] * 3
    assert (await visit.end(cookie, state=state, code=visit.door.code(TEAM)))[1] == key
    assert await visit.shelf.all(BEGIN) == {}


async def test_a_whole_organisation_is_asked_to_choose_a_workspace(visit: Visit) -> None:
    visit.door.whole_organisation = True
    state, cookie = await visit.begin()
    found = await visit.end(cookie, state=state, code=visit.door.code(TEAM))
    assert found == (400, "whole_organisation")
    assert await visit.shelf.all(BEGIN) == {}


async def test_an_installation_without_a_bot_is_none(visit: Visit) -> None:
    visit.door.bot_token = False
    state, cookie = await visit.begin()
    found = await visit.end(cookie, state=state, code=visit.door.code(TEAM))
    assert found == (400, "storage_error")


async def test_what_can_not_be_kept_is_told_and_not_used(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    state, cookie = await visit.begin()

    async def full(key: str, value: str | None) -> None:
        if value is not None:
            raise OSError("no space left")

    monkeypatch.setattr(visit.shelf, "put", full)
    found = await visit.end(cookie, state=state, code=visit.door.code(TEAM))
    assert found[0] == 503
    assert await visit.workspaces.teams() == ()
    assert (await visit.ask(INSTALL))[0] == 503


async def test_nothing_secret_is_logged(visit: Visit, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    state, cookie = await visit.begin()
    code = visit.door.code(TEAM)
    await visit.end(cookie, state=state, code=code)
    other, cookie = await visit.begin()
    await visit.end(cookie, state=other, code="a-code-that-is-not-known")

    assert f"installed in workspace {TEAM}" in caplog.text
    assert state not in str(await visit.shelf.all())
    for secret in (state, code, other, "a-code-that", CLIENT_SECRET, "xoxb-", "xoxe-"):
        assert secret not in caplog.text


# -- the shelf ------------------------------------------------------------------------------------


async def begun(visit: Visit) -> dict[str, int]:
    found: dict[str, int] = json.loads(await visit.shelf.get(STATES) or "{}")
    return found


async def test_there_are_never_too_many_begun_ones_and_the_newest_are_kept(visit: Visit) -> None:
    first, old = await visit.begin()
    visit.now += timedelta(seconds=1)
    ends = int(visit.now.timestamp()) + 600
    many = {f"{number}": ends for number in range(MOST_STATES - 1)}
    await visit.shelf.put(STATES, json.dumps({**await begun(visit), **many}))
    visit.now += timedelta(seconds=1)
    state, cookie = await visit.begin()

    assert len(await begun(visit)) == MOST_STATES
    assert (await visit.end(old, state=first, code="x"))[1] == "invalid_state"
    assert (await visit.end(cookie, state=state, code="x"))[1] == "invalid_code"

    visit.now += timedelta(seconds=601)
    await visit.begin()
    assert len(await begun(visit)) == 1


async def test_begun_ones_that_can_not_be_read_are_begun_anew(visit: Visit) -> None:
    await visit.shelf.put(STATES, "damaged")
    state, cookie = await visit.begin()
    assert (await visit.end(cookie, state=state, code=visit.door.code(TEAM)))[1] == "installed"
    assert await visit.shelf.get(STATES) is None


async def test_a_look_at_the_link_begins_nothing(visit: Visit) -> None:
    async with visit.browser.head(visit.address + INSTALL) as answer:
        assert answer.status == 405
    assert await visit.shelf.get(STATES) is None


async def test_before_it_is_open_a_browser_is_asked_for_patience() -> None:
    workspaces = Installed(CLIENT_ID, CLIENT_SECRET, (KEY,))
    way_in = Endpoint(SECRET, OAuth(workspaces, ()))
    async with (
        listening("127.0.0.1", 0, [way_in]) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as browser,
    ):
        for path in (INSTALL, OAUTH_PATH):
            async with browser.get(path) as answer:
                assert answer.status == 503
                assert "just opening" in await answer.text()
