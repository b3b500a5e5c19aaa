"""The worker process: same piece, same result; it may die, take too long, or lose its service."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from bot.store.members import Place
from bot.turn import DrawingPiece, PreviewPiece, VariantPiece
from bot.workshop import TookTooLong, Workshop
from lessons.challenge import NeedsRun, NumberKey, Variant
from lessons.curriculum import Series
from lessons.figure import Figure
from lessons.kinds.spec import Spec
from tests.rigs.chores import die, spin, stuck_the_first_time, who

PLACE = Place("flaky:hall", "run", "first")
FIRST_LOSS = Spec(id="first-loss", kind="numeric", generator="w01.first_loss")
PATIENCE_S = 20


@pytest.fixture
async def own() -> AsyncIterator[Workshop]:
    """A workshop that may come to harm."""
    made = Workshop()
    yield made
    await made.close()


async def test_the_same_piece_gives_the_same_result_in_any_worker(
    workshop: Workshop, own: Workshop
) -> None:
    piece = VariantPiece(PLACE, FIRST_LOSS, "ada", 1, "en")

    made = await workshop.make(piece)
    assert isinstance(made, Variant)
    assert isinstance(made.key, NumberKey)
    assert await workshop.make(piece) == made
    assert await own.make(piece) == made


async def test_members_issues_and_runs_have_seeds_of_their_own(workshop: Workshop) -> None:
    pieces = [
        VariantPiece(Place("flaky:hall", run, "first"), FIRST_LOSS, member, issue, "en")
        for run in ("run", "walk")
        for member in ("ada", "ben")
        for issue in (1, 2)
    ]

    seeds = {made.seed for p in pieces if isinstance(made := await workshop.make(p), Variant)}
    assert len(seeds) == len(pieces)


async def test_a_drawing_and_a_preview_are_pieces_too(workshop: Workshop, maps: Series) -> None:
    assert isinstance(await workshop.make(DrawingPiece("w01.pulse", 35)), Figure)
    chapter = maps.chapters[0]
    preview = PreviewPiece(maps.content_hash, chapter.slug, chapter.question, "en")
    assert isinstance(await workshop.make(preview), Variant)


async def test_what_a_generator_raises_comes_back(workshop: Workshop) -> None:
    with pytest.raises(KeyError, match=r"w01\.gone"):
        await workshop.make(DrawingPiece("w01.gone", 1))


async def test_a_worker_that_is_killed_is_replaced_and_its_work_done_again(
    own: Workshop, tmp_path: Path
) -> None:
    mark = tmp_path / "begun"
    stuck = asyncio.create_task(own._work(stuck_the_first_time, str(mark)))
    waiting = [asyncio.create_task(own._work(who)) for _ in range(5)]
    killed = await asyncio.to_thread(_written, mark)
    os.kill(killed, signal.SIGKILL)

    second = await stuck
    assert second != killed
    assert await asyncio.gather(*waiting) == [second] * 5


async def test_what_kills_every_worker_is_given_up_and_the_next_piece_is_made(
    own: Workshop,
) -> None:
    with pytest.raises(BrokenProcessPool):
        await own._work(die)

    assert isinstance(await own.make(VariantPiece(PLACE, FIRST_LOSS, "ada", 1, "en")), Variant)


async def test_what_takes_too_long_is_dropped_and_costs_no_one_else_their_turn() -> None:
    short = Workshop(limit_s=0.2)
    try:
        worker = await short._work(who)
        spinning = asyncio.create_task(short._work(spin))
        behind = [asyncio.create_task(short._work(who)) for _ in range(3)]
        with pytest.raises(TookTooLong):
            await spinning
        assert await asyncio.gather(*behind) == [worker] * 3
    finally:
        await short.close()


async def test_the_event_loop_goes_on_while_the_worker_starts_and_trains(own: Workshop) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    counting = asyncio.create_task(count())
    assert await own.run(NeedsRun("spirals", 1, ())) > 0.5
    counting.cancel()
    assert turns > 20


async def test_closing_ends_the_worker(tmp_path: Path) -> None:
    made = Workshop()
    worker = await made._work(who)
    await made.close()

    await asyncio.to_thread(_gone, worker)


SERVICE = """
import asyncio, sys
from bot.workshop import Workshop
from tests.rigs.chores import who

async def main():
    workshop = Workshop()
    print(await workshop._work(who), flush=True)
    await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_worker_ends_when_its_service_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "service.py"
    script.write_text(SERVICE)
    root = str(Path(__file__).parents[2])
    service = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
    )
    assert service.stdout is not None
    with service, service.stdout:
        try:
            worker = int(service.stdout.readline())
            assert not _ended(worker)
        finally:
            service.kill()
    _gone(worker)


def _written(mark: Path) -> int:
    _until(lambda: mark.exists() and mark.read_text() != "")
    return int(mark.read_text())


def _gone(process: int) -> None:
    _until(lambda: _ended(process))


def _until(true: Callable[[], bool]) -> None:
    """Another process can't set an event of ours, so it is looked at again and again."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def _ended(process: int) -> bool:
    """Gone, or only kept in the table until its foster parent notices."""
    try:
        os.kill(process, 0)
        status = Path(f"/proc/{process}/stat")
        return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
