"""The one listener: opened last, closed first, and clear words when its port is taken."""

from __future__ import annotations

import asyncio
import io
import socket
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.cli import main
from bot.listener import MOST_BYTES, CannotListen, listening

HOST = "127.0.0.1"


class Saying:
    """One route that answers with a word, and one that goes on until it is told to hang up."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.ended = asyncio.Event()

    def routes(self) -> Sequence[web.RouteDef]:
        return [
            web.get(f"/{self.word}", self._answer),
            web.get(f"/{self.word}/on", self._on),
            web.post(f"/{self.word}", self._take),
        ]

    def hang_up(self) -> None:
        self.ended.set()

    async def _answer(self, request: web.Request) -> web.Response:
        return web.Response(text=self.word)

    async def _take(self, request: web.Request) -> web.Response:
        return web.Response(text=str(len(await request.read())))

    async def _on(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await self.ended.wait()
        return response


async def test_all_adapters_share_the_port() -> None:
    one, two = Saying("one"), Saying("two")
    async with listening(HOST, 0, [one, two]) as port, aiohttp.ClientSession() as browser:
        for said in ("one", "two"):
            async with browser.get(f"http://{HOST}:{port}/{said}") as answer:
                assert await answer.text() == said


async def test_closing_ends_what_would_go_on_for_ever() -> None:
    one = Saying("one")
    async with aiohttp.ClientSession() as browser:
        async with listening(HOST, 0, [one]) as port:
            answer = await browser.get(f"http://{HOST}:{port}/one/on")
            assert not one.ended.is_set()
        assert one.ended.is_set()
        assert await answer.read() == b""
        with pytest.raises(aiohttp.ClientConnectionError):
            await browser.get(f"http://{HOST}:{port}/one")


async def test_no_route_reads_more_than_the_listener_allows() -> None:
    async with listening(HOST, 0, [Saying("one")]) as port, aiohttp.ClientSession() as browser:
        address = f"http://{HOST}:{port}/one"
        async with browser.post(address, data=io.BytesIO(b"." * (MOST_BYTES // 2))) as answer:
            assert await answer.text() == str(MOST_BYTES // 2)
        async with browser.post(address, data=io.BytesIO(b"." * (MOST_BYTES + 1))) as answer:
            assert answer.status == 413


@pytest.mark.parametrize("host", [HOST, "203.0.113.7"])
async def test_a_place_where_nobody_can_listen_is_named_with_the_way_out(host: str) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as wrong:
            async with listening(host, port, []):
                pass
    assert f"{host}:{port}" in str(wrong.value)
    assert "STUDYHALL_WEB" in str(wrong.value)


def test_a_port_that_is_taken_ends_the_command_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDYHALL_HOME", str(tmp_path))
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        monkeypatch.setenv("STUDYHALL_WEB", f"{HOST}:{taken.getsockname()[1]}")
        assert main(["try"]) == 1
    assert "name another one with STUDYHALL_WEB" in capsys.readouterr().err
