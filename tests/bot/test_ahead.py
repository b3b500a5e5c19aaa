"""What is made before anybody asks: the numbers of members, and the pictures of what was posted.

Knows no plotting. Invariant: nothing that is made ahead can be told from what is made on request.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot import ahead as of_ahead
from bot.ahead import Ahead
from bot.library import Library
from bot.turn import Piece
from bot.workshop import Workshop, WorkshopFull
from lessons.challenge import Variant
from lessons.curriculum import Series
from lessons.document import Plot
from lessons.figure import Figure
from tests.rigs.dialogue import CHAPTER_1, CHAPTER_2, Hall, labels, open_hall

PEOPLE = ("ada", "ben", "cem")


class Bench(Workshop):
    """The real workshop, which also notes what it was asked to make, and can be told to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Piece, bool]] = []
        self.drawn: list[bool] = []
        self.fails: dict[str, Exception] = {}
        self.waits = asyncio.Event()
        self.waits.set()
        self.begun = asyncio.Event()

    async def make(self, piece: Piece, *, ahead: bool = False) -> Variant | Figure:
        self.asked.append((piece, ahead))
        self.begun.set()
        await self.waits.wait()
        member = getattr(piece, "member", "")
        if member in self.fails:
            raise self.fails[member]
        return await super().make(piece, ahead=ahead)

    async def picture(self, encoded: bytes, *, ahead: bool = False) -> bytes:
        self.drawn.append(ahead)
        return await super().picture(encoded, ahead=ahead)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    await made.close()


@pytest.fixture
async def hall(tmp_path: Path, bench: Bench) -> AsyncIterator[Hall]:
    """Three members of the small series, whose first chapter comes at `CHAPTER_1`."""
    async with open_hall(tmp_path, bench) as opened:
        await opened.start()
        for who in PEOPLE:
            await opened.say(who, "/study join")
        bench.asked.clear()
        yield opened


async def own_numbers(hall: Hall) -> Sequence[tuple[object, ...]]:
    """Whose variants are stored: (member, challenge), those that everybody shares left out."""
    return await hall.rows(
        "SELECT member, challenge FROM variant WHERE member <> '' ORDER BY member, challenge"
    )


def challenges_of(series: Series, number: int = 0) -> list[str]:
    return sorted(spec.id for spec in series.chapters[number].challenges)


async def test_nothing_is_made_before_the_chapter_is_posted(hall: Hall, bench: Bench) -> None:
    await Ahead(hall.service)()

    assert bench.asked == []


async def test_every_member_has_numbers_before_they_ask_and_is_shown_those(
    hall: Hall, bench: Bench
) -> None:
    await hall.until(CHAPTER_1)
    ahead = Ahead(hall.service)
    bench.asked.clear()
    await ahead()

    (series,) = hall.shelf.values()
    wanted = [(who, challenge) for who in PEOPLE for challenge in challenges_of(series)]
    assert await own_numbers(hall) == wanted
    assert all(behind for _, behind in bench.asked)

    bench.asked.clear()
    await hall.say("ada", "/study challenge")
    await ahead()
    assert bench.asked == []


async def test_who_left_gets_none_and_who_joins_gets_theirs_in_the_next_round(hall: Hall) -> None:
    await hall.until(CHAPTER_1)
    await hall.say("ben", "/study leave")
    await hall.press("ben", "Leave")
    ahead = Ahead(hall.service)
    await ahead()
    assert {who for who, _ in await own_numbers(hall)} == {"ada", "cem"}

    await hall.say("dot", "/study join")
    await ahead()
    assert {who for who, _ in await own_numbers(hall)} == {"ada", "cem", "dot"}


async def test_only_the_newest_chapter_is_prepared(hall: Hall) -> None:
    await hall.until(CHAPTER_1)
    await hall.until(CHAPTER_2)
    await Ahead(hall.service)()

    chapters = await hall.rows("SELECT DISTINCT chapter FROM variant WHERE member <> ''")
    (series,) = hall.shelf.values()
    assert chapters == [(series.chapters[1].slug,)]


async def test_a_piece_that_can_not_be_made_stops_no_other_and_is_left_to_who_asks(
    hall: Hall, bench: Bench
) -> None:
    await hall.until(CHAPTER_1)
    bench.fails["ben"] = RuntimeError("no luck")
    ahead = Ahead(hall.service)
    await ahead()
    assert {who for who, _ in await own_numbers(hall)} == {"ada", "cem"}

    bench.asked.clear()
    await ahead()
    assert bench.asked == []

    bench.fails.clear()
    await hall.say("ben", "/study challenge")
    assert {who for who, _ in await own_numbers(hall)} == set(PEOPLE)


async def test_a_full_workshop_ends_the_round_and_the_next_one_goes_on(
    hall: Hall, bench: Bench
) -> None:
    await hall.until(CHAPTER_1)
    bench.fails["ada"] = WorkshopFull()
    bench.asked.clear()
    ahead = Ahead(hall.service)
    await ahead()
    assert len(bench.asked) == 1

    bench.fails.clear()
    await ahead()
    assert {who for who, _ in await own_numbers(hall)} == set(PEOPLE)


async def test_closing_ends_a_round_at_once_and_begins_no_other(hall: Hall, bench: Bench) -> None:
    await hall.until(CHAPTER_1)
    bench.waits.clear()
    bench.begun.clear()
    ahead = Ahead(hall.service)
    under_way = asyncio.create_task(ahead())
    await asyncio.wait_for(bench.begun.wait(), 10)

    ahead.close()
    await asyncio.wait_for(under_way, 5)
    bench.asked.clear()
    await ahead()
    assert bench.asked == []
    assert await own_numbers(hall) == []


async def test_runs_take_turns(hall: Hall, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_ahead, "RUNS", 1)
    other = hall.in_space("flaky:other")
    await other.start()
    await other.say("zoe", "/study join")
    await hall.until(CHAPTER_1)
    ahead = Ahead(hall.service)

    await ahead()
    first = {who for who, _ in await own_numbers(hall)}
    await ahead()
    both = {who for who, _ in await own_numbers(hall)}
    assert first in ({"zoe"}, set(PEOPLE))
    assert both == {"zoe", *PEOPLE}


async def test_the_pictures_of_the_shipped_week_lie_ready(tmp_path: Path, bench: Bench) -> None:
    library = Library()
    library.load()
    async with open_hall(tmp_path, bench, library.series) as hall:
        await hall.start()
        await hall.say("ada", "/study join")
        await hall.until(CHAPTER_1)
        await Ahead(hall.service)()
        assert bench.drawn
        assert all(bench.drawn)

        shown = [await hall.say("ada", "/study lesson")]
        while "Next" in labels(shown[-1]):
            shown.append(await hall.press("ada", "Next"))
        shown.append(await hall.say("ada", "/study challenge"))
        for _ in range(3):
            shown.append(await hall.press("ada", "Skip"))
        blocks = [block for one in shown if one.post for block in one.post.document.blocks]
        plots = {block.digest for block in blocks if isinstance(block, Plot)}
        assert len(plots) >= 3
        for name in plots:
            assert await hall.service.pictures.known(name) is not None
