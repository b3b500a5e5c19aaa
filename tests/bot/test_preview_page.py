"""The preview of an author: made anew from the files, with what is wrong in them."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import aiohttp
import pytest

from bot.preview import Asked, NoChapter
from bot.preview_page import previewing
from bot.settings import Settings
from tests.rigs import every_kind
from tests.rigs.page_text import Element, read


def settings(tmp_path: Path, port: int = 0) -> Settings:
    return Settings(home=str(tmp_path / "home"), web=f"127.0.0.1:{port}")


async def looked(browser: aiohttp.ClientSession, address: str) -> Element:
    async with browser.get(address) as answer:
        assert answer.status == 200
        return read(await answer.text())


async def test_it_shows_posts_cards_challenges_and_all_their_pictures(tmp_path: Path) -> None:
    async with (
        previewing(settings(tmp_path), Asked("1", challenges=True)) as link,
        aiohttp.ClientSession() as browser,
    ):
        page = await looked(browser, link)
        assert "Guess, look, be surprised" in page.words()
        images = [one["src"] for one in page.all("img") if "icon" not in one["src"]]
        assert len(images) > 3
        for source in images:
            async with browser.get(link.rstrip("/") + source) as answer:
                assert answer.status == 200
                assert (await answer.read())[:4] == b"\x89PNG"
    assert not (tmp_path / "home").exists()


async def test_a_formula_is_drawn_and_one_that_nobody_asked_for_is_not_there(
    tmp_path: Path,
) -> None:
    place = every_kind.write(tmp_path)
    async with (
        previewing(settings(tmp_path), Asked("1", path=place)) as link,
        aiohttp.ClientSession() as browser,
    ):
        page = await looked(browser, link)
        (source,) = [one["src"] for one in page.all("img") if "/maths/" in one["src"]]
        async with browser.get(link.rstrip("/") + source) as answer:
            assert (await answer.read())[:4] == b"\x89PNG"
        for path in (f"maths/{'0' * 32}.png", f"pictures/{'0' * 32}.png", "images/none.png", "x"):
            async with browser.get(link + path) as answer:
                assert answer.status == 404


async def test_a_saved_file_wakes_the_page_and_its_mistakes_are_shown(tmp_path: Path) -> None:
    place = every_kind.write(tmp_path)
    chapter = place / "01-all-of-it.md"
    async with (
        previewing(settings(tmp_path), Asked("1", path=place)) as link,
        aiohttp.ClientSession() as browser,
        browser.get(f"{link}events?since=1") as stream,
    ):
        chapter.write_text(chapter.read_text("utf-8").replace("= 1000", "= true"), "utf-8")
        line = await asyncio.wait_for(stream.content.readuntil(b"data: {}"), 60)
        assert b"id: " in line
        page = await looked(browser, link)
        assert "01-all-of-it.md" in page.one(class_="wrong").words()


async def test_beside_an_open_hall_it_takes_another_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with (
            previewing(settings(tmp_path, port), Asked("1")) as link,
            aiohttp.ClientSession() as browser,
        ):
            assert f":{port}" not in link
            assert (await looked(browser, link)).words()


async def test_a_file_with_mistakes_opens_all_the_same_but_a_wrong_name_does_not(
    tmp_path: Path,
) -> None:
    place = every_kind.write(tmp_path)
    chapter = place / "01-all-of-it.md"
    text = chapter.read_text("utf-8")
    chapter.write_text(text.replace('takeaway = "What', 'takeaway = 7 "What'), "utf-8")
    async with (
        previewing(settings(tmp_path), Asked("1", path=place)) as link,
        aiohttp.ClientSession() as browser,
    ):
        assert (await looked(browser, link)).one(class_="wrong").words()
    with pytest.raises(NoChapter):
        async with previewing(settings(tmp_path), Asked("1", path=tmp_path / "nowhere")):
            pass
    chapter.write_text(text, "utf-8")
    with pytest.raises(NoChapter, match="all-of-it"):
        async with previewing(settings(tmp_path), Asked("2", path=place)):
            pass
