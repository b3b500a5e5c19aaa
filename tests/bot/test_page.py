"""The service behind its page: who comes in how, what a restart keeps, what is never imported."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.page import OpenPage, serving
from bot.settings import Settings
from tests.rigs.page_text import Element, read


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def settings(home: Path, web: str = "127.0.0.1:0", **given: object) -> Settings:
    return Settings(home=str(home), web=web, zone="Europe/Berlin", **given)  # type: ignore[arg-type]


async def looked(browser: aiohttp.ClientSession, address: str) -> Element:
    async with browser.get(address) as answer:
        assert answer.status == 200
        return read(await answer.text())


def link(page: OpenPage) -> str:
    (only,) = page.links.values()
    return only


async def test_a_try_out_opens_without_a_key_on_this_machine_alone(tmp_path: Path) -> None:
    async with (
        serving(settings(tmp_path), trying=True) as page,
        aiohttp.ClientSession() as browser,
    ):
        assert list(page.links) == ["try"]
        assert urlsplit(link(page)).hostname == "127.0.0.1"
        shown = await looked(browser, link(page))
        assert shown.one(id="clock")
        assert "Nothing has been posted here yet." in shown.words()


@pytest.mark.parametrize("trying", [True, False])
@pytest.mark.parametrize(
    "web",
    [
        "0.0.0.0:0",
        pytest.param("[::]:0", marks=pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")),
    ],
)
async def test_where_others_can_reach_it_every_link_has_a_key(
    tmp_path: Path, web: str, trying: bool
) -> None:
    async with (
        serving(settings(tmp_path, web), trying=trying) as page,
        aiohttp.ClientSession() as browser,
    ):
        for address in page.links.values():
            assert len(parse_qs(urlsplit(address).query)["key"][0]) >= 32
            bare = address.split("?")[0]
            async with browser.get(bare) as answer:
                assert answer.status == 403


async def test_run_on_this_machine_gives_a_link_to_moderate_and_one_to_join(
    tmp_path: Path,
) -> None:
    async with serving(settings(tmp_path), trying=False) as page:
        assert list(page.links) == ["moderator", "member"]
        assert len(set(page.links.values())) == 2


async def test_the_links_and_the_clock_are_the_same_after_a_restart(tmp_path: Path) -> None:
    async with serving(settings(tmp_path), trying=True) as page, aiohttp.ClientSession() as browser:
        shown = await looked(browser, link(page))
        token = shown.one(id="clock").one(name="token")["value"]
        address = link(page)
        origin = address.rstrip("/").split("?")[0]
        async with browser.post(
            f"{origin}/as/mia/study/clock",
            data={"token": token, "move": "86400"},
            headers={"Origin": origin},
        ) as answer:
            assert answer.status == 200
            moved = read(await answer.text()).one(id="clock").one("time")["datetime"]
    async with serving(settings(tmp_path), trying=True) as page, aiohttp.ClientSession() as browser:
        again = await looked(browser, link(page))
        shown_again = datetime.fromisoformat(again.one(id="clock").one("time")["datetime"])
        # It went on meanwhile, as clocks do, and it did not fall back by the day.
        assert timedelta(0) <= shown_again - datetime.fromisoformat(moved) < timedelta(hours=1)


async def test_the_links_go_to_the_terminal_and_never_to_the_log(tmp_path: Path) -> None:
    """Who reads the log need not be somebody who may moderate."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run",
        env={"STUDYHALL_HOME": str(tmp_path), "STUDYHALL_WEB": "127.0.0.1:0",
             "PYTHONPATH": str(Path(__file__).parents[2]), "STUDYHALL_LOG": "json"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    first = await asyncio.wait_for(process.stdout.readline(), 60)
    process.terminate()
    _, log = await asyncio.wait_for(process.communicate(), 60)
    key = first.decode().strip().split("key=")[1]
    assert "running" in log.decode()
    assert key not in log.decode()
    assert process.returncode == 0


def test_the_main_process_never_imports_what_draws() -> None:
    """matplotlib is 40 MB of memory that only the workers need."""
    code = (
        "import sys, bot.cli, bot.page, bot.preview_page;"
        "print([one for one in ('matplotlib', 'PIL') if one in sys.modules])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert told.stdout.strip() == "[]"
