"""Open pages: they hear what is new, come back after a pause, and are never too many.

Knows no service. Invariant: whatever pages do or don't read, the hall goes on.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any

import pytest

from adapters.port import Address
from adapters.web import stream
from adapters.web.messenger import SPACE
from adapters.web.words import word
from lessons.posts import Reply
from tests.rigs.web import Hall, part, post

STUDY = Address(SPACE, "study")
WITHIN_S = 20.0


class Line:
    """An open stream, read as it comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0

    async def headers(self) -> None:
        first = await asyncio.wait_for(self._reader.readline(), WITHIN_S)
        self.status = int(first.split()[1])
        while (await asyncio.wait_for(self._reader.readline(), WITHIN_S)).strip():
            pass

    async def news(self) -> dict[str, Any]:
        """The next event; signs of life are passed over."""
        while True:
            read = await asyncio.wait_for(self._reader.readline(), WITHIN_S)
            if not read:
                raise EOFError
            if read.startswith(b"data: "):
                told: dict[str, Any] = json.loads(read.removeprefix(b"data: "))
                return told

    async def ended(self) -> bool:
        """Whether the other side hangs up."""
        await asyncio.wait_for(self._reader.read(), WITHIN_S)
        return self._reader.at_eof()

    async def hang_up(self) -> None:
        self._writer.close()


class Lines:
    """Opens streams, and hangs up all that are still open at the end."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._writers: list[asyncio.StreamWriter] = []

    async def __call__(self, person: str = "ada", since: str = "") -> Line:
        hall = self._hall
        reader, writer = await asyncio.open_connection("127.0.0.1", hall.port, limit=2**20)
        self._writers.append(writer)
        at = since or f"{hall.adapter.keys.hall}.{hall.adapter.transcript.version}.0"
        writer.write(
            f"GET /as/{person}/study/events?since={at} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{hall.port}\r\n\r\n".encode()
        )
        line = Line(reader, writer)
        await line.headers()
        return line

    async def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*(w.wait_closed() for w in self._writers), return_exceptions=True)
        self._writers.clear()


@pytest.fixture
async def lines(hall: Hall) -> AsyncIterator[Lines]:
    made = Lines(hall)
    yield made
    await made.hang_up()


async def until_open(hall: Hall, number: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while len(hall.adapter.streams) != number:  # noqa: ASYNC110 - nothing tells of an end
            await asyncio.sleep(0.01)


# -- 1,000 open streams ---------------------------------------------------------------------------


async def test_of_1_000_open_streams_those_with_room_are_served_and_the_others_told(
    hall: Hall,
    lines: Lines,
) -> None:
    opened: list[Line] = []
    for _ in range(20):
        opened += await asyncio.gather(*(lines() for _ in range(50)))
    served = [line for line in opened if line.status == HTTPStatus.OK]
    assert len(served) == stream.MOST == len(hall.adapter.streams)
    assert {line.status for line in opened} == {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}

    # The page itself goes on, also for those whose page is not kept up to date.
    assert (await hall.page("/as/ben/study")).one(id="feed")
    fields = {"token": hall.adapter.keys.token("ben"), "typed": "study next"}
    answer = await hall.post("/as/ben/study/act", fields, script=False)
    assert answer.status == HTTPStatus.SEE_OTHER

    await hall.adapter.send(STUDY, part("News for all."), "1")
    for news in await asyncio.gather(*(told_of_feed(line) for line in served)):
        assert "News for all." in news
    await lines.hang_up()
    await until_open(hall, 0)
    assert (await lines()).status == HTTPStatus.OK


async def told_of_feed(line: Line) -> str:
    while True:
        news = await line.news()
        if "feed" in news:
            return str(news["feed"])


async def test_a_page_without_room_says_so(hall: Hall, lines: Lines) -> None:
    hall.adapter.streams._most = 1
    await lines()
    async with hall.browser.get(
        hall.address + f"/as/ada/study/events?since={hall.adapter.keys.hall}.0.0"
    ) as answer:
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert word("too_many") in await answer.text()


# -- what a page hears ----------------------------------------------------------------------------


async def test_a_page_hears_at_once_what_it_missed(hall: Hall, lines: Lines) -> None:
    before = f"{hall.adapter.keys.hall}.0.0"
    await hall.adapter.send(STUDY, part("While you were away."), "1")
    line = await lines(since=before)

    assert "While you were away." in await told_of_feed(line)


async def test_what_only_one_person_sees_is_told_to_nobody_else(hall: Hall, lines: Lines) -> None:
    hall.host.replies = [Reply(post=post("For your eyes only."))]
    ada, ben = await lines("ada"), await lines("ben")
    fields = {"token": hall.adapter.keys.token("ada"), "typed": "study next"}
    await hall.post("/as/ada/study/act", fields, script=False)
    while "pane" not in (news := await ada.news()):
        pass
    assert "For your eyes only." in str(news["pane"])

    await hall.adapter.send(STUDY, part("For all."), "1")
    heard = [await ben.news()]
    while "feed" not in heard[-1]:
        heard.append(await ben.news())
    assert "eyes only" not in str(heard)


async def test_two_pages_of_one_person_show_the_same(hall: Hall, lines: Lines) -> None:
    hall.host.replies = [Reply(post=post("An answer."))]
    pages = [await lines("ada") for _ in range(2)]
    fields = {"token": hall.adapter.keys.token("ada"), "typed": "study next"}
    await hall.post("/as/ada/study/act", fields, script=False)
    for page in pages:
        while "pane" not in (news := await page.news()):
            pass
        assert "An answer." in str(news["pane"])


async def test_a_page_of_another_hall_is_told_to_load_itself_again(
    hall: Hall, lines: Lines
) -> None:
    line = await lines(since="0123abcd.99.99")

    assert (await line.news()) == {"reload": True}


async def test_a_page_that_knows_more_than_there_is_loads_itself_again(
    hall: Hall, lines: Lines
) -> None:
    """The store was put back to an older state."""
    line = await lines(since=f"{hall.adapter.keys.hall}.99.0")

    assert (await line.news()) == {"reload": True}


@pytest.mark.parametrize("since", ["x", "..", "1.2", "a.b.c", "h.-1.0", "h.1.1e9", "h.9" * 99])
async def test_a_place_that_can_not_be_read_is_refused(
    hall: Hall, lines: Lines, since: str
) -> None:
    assert (await lines(since=since)).status == HTTPStatus.BAD_REQUEST


# -- ends -----------------------------------------------------------------------------------------


async def test_closing_the_hall_lets_all_pages_go(hall: Hall, lines: Lines) -> None:
    opened = [await lines() for _ in range(20)]
    hall.pages.hang_up()
    assert all(await asyncio.gather(*(line.ended() for line in opened)))
    assert (await lines()).status == HTTPStatus.SERVICE_UNAVAILABLE


async def test_a_page_that_goes_is_forgotten_soon_though_nothing_is_new(
    hall: Hall, lines: Lines
) -> None:
    line = await lines()
    await until_open(hall, 1)
    await line.hang_up()

    await until_open(hall, 0)


async def test_a_page_that_does_not_read_is_let_go_and_holds_up_no_other(
    hall: Hall, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE_S", 0.2)
    deaf = socket.create_connection(("127.0.0.1", hall.port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    at = f"{hall.adapter.keys.hall}.0.0"
    deaf.sendall(
        f"GET /as/ada/study/events?since={at} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    )
    await until_open(hall, 1)
    reading = await lines()
    for number in range(150):  # what the system holds for a deaf page differs between machines
        if len(hall.adapter.streams) == 1:
            break
        await hall.adapter.send(STUDY, part(f"{number} " + "x" * 60_000), str(number))
        assert f"{number} x" in await told_of_feed(reading)

    await until_open(hall, 1)
    await hall.adapter.send(STUDY, part("Still there?"), "last")
    assert "Still there?" in await told_of_feed(reading)
    deaf.close()


async def test_a_quiet_page_hears_that_the_line_is_alive(
    hall: Hall, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STILL_HERE_S", 0.05)
    line = await lines()
    await line.news()  # the clock and the panel, as the page stands

    read = await asyncio.wait_for(line._reader.readuntil(b": still here\n"), WITHIN_S)
    assert read.endswith(b": still here\n")
