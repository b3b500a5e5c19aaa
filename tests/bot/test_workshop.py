"""The worker process: same piece, same result; it may die, take too long, or lose its service."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot import workshop as of_workshop
from bot.store.members import Place
from bot.turn import DrawingPiece, PreviewPiece, VariantPiece
from bot.workshop import (
    CouldNotMake,
    TookTooLong,
    WorkerDied,
    Workshop,
    WorkshopClosed,
    WorkshopFull,
)
from lessons.challenge import NeedsRun, NumberKey, Variant
from lessons.curriculum import Series
from lessons.figure import Figure
from lessons.kinds.spec import Spec
from tests.rigs.chores import (
    deaf,
    die,
    held,
    niceness,
    note,
    spin,
    stranger,
    stuck_the_first_time,
    who,
)

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
    stuck = asyncio.create_task(own._work(False, stuck_the_first_time, str(mark)))
    waiting = [asyncio.create_task(own._work(False, who)) for _ in range(5)]
    killed = await asyncio.to_thread(_written, mark)
    os.kill(killed, signal.SIGKILL)

    second = await stuck
    assert second != killed
    assert await asyncio.gather(*waiting) == [second] * 5


async def test_what_kills_every_worker_is_given_up_and_the_next_piece_is_made(
    own: Workshop,
) -> None:
    with pytest.raises(WorkerDied):
        await own._work(False, die)

    assert isinstance(await own.make(VariantPiece(PLACE, FIRST_LOSS, "ada", 1, "en")), Variant)


async def test_what_takes_too_long_is_dropped_and_costs_no_one_else_their_turn() -> None:
    short = Workshop(limit_s=0.2)
    try:
        worker = await short._work(False, who)
        spinning = asyncio.create_task(short._work(False, spin))
        behind = [asyncio.create_task(short._work(False, who)) for _ in range(3)]
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
    worker = await made._work(False, who)
    await made.close()

    await asyncio.to_thread(_gone, worker)


# -- who comes first ------------------------------------------------------------------------------


class Held:
    """A worker kept busy until it is let go; nothing that is asked for meanwhile can begin."""

    def __init__(self, shop: Workshop, folder: Path) -> None:
        self._mark, self._gate = folder / "held", folder / "gate"
        self._book = folder / "book"
        self._shop = shop
        os.mkfifo(self._gate)
        self._busy = asyncio.create_task(shop._work(False, held, str(self._mark), str(self._gate)))

    async def begun(self) -> int:
        return await asyncio.to_thread(_written, self._mark)

    async def let_go(self) -> int:
        await asyncio.to_thread(self._gate.write_text, "")
        return await self._busy

    async def ask(self, word: str, *, ahead: bool = False) -> asyncio.Task[None]:
        """A piece that notes when it was made, standing in line."""
        asked = asyncio.create_task(self._shop._work(ahead, note, word, str(self._book)))
        await asyncio.sleep(0)  # a task begins in the loop's next round
        return asked

    def noted(self) -> list[str]:
        return self._book.read_text().split() if self._book.exists() else []


async def test_what_a_person_waits_for_goes_before_what_is_made_ahead(
    own: Workshop, tmp_path: Path
) -> None:
    busy = Held(own, tmp_path)
    await busy.begun()
    asked = [
        await busy.ask("ahead-1", ahead=True),
        await busy.ask("ada"),
        await busy.ask("ahead-2", ahead=True),
        await busy.ask("ben"),
    ]
    await busy.let_go()
    await asyncio.gather(*asked)

    assert busy.noted() == ["ada", "ben", "ahead-1", "ahead-2"]


async def test_what_nobody_waits_for_any_more_is_not_made(own: Workshop, tmp_path: Path) -> None:
    busy = Held(own, tmp_path)
    await busy.begun()
    gone, stays = await busy.ask("gone"), await busy.ask("stays")
    gone.cancel()
    await asyncio.wait([gone])
    await busy.let_go()
    await stays

    assert busy.noted() == ["stays"]


@pytest.mark.parametrize("ahead", [False, True])
async def test_a_full_workshop_takes_nothing_more_until_somebody_gives_up(
    tmp_path: Path, ahead: bool
) -> None:
    small = Workshop(most_waiting=2, most_ahead=2)
    try:
        busy = Held(small, tmp_path)
        await busy.begun()
        first = await busy.ask("first", ahead=ahead)
        second = await busy.ask("second", ahead=ahead)
        with pytest.raises(WorkshopFull):
            await small._work(ahead, who)
        other = await busy.ask("other", ahead=not ahead)  # the lanes don't fill each other
        first.cancel()
        await asyncio.wait([first])
        third = await busy.ask("third", ahead=ahead)
        await busy.let_go()
        await asyncio.gather(second, third, other)
        assert set(busy.noted()) == {"second", "third", "other"}
    finally:
        await small.close()


async def test_two_workers_do_two_pieces_at_once(tmp_path: Path) -> None:
    pair = Workshop(workers=2)
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    try:
        busy = [Held(pair, folder) for folder in folders]
        assert len({await one.begun() for one in busy}) == 2
        await asyncio.gather(*(one.let_go() for one in busy))
    finally:
        await pair.close()


async def test_a_worker_stands_back_behind_the_service(own: Workshop) -> None:
    assert await own._work(False, niceness) >= of_workshop.NICENESS


# -- errors, ends and beginnings ------------------------------------------------------------------


async def test_an_error_that_only_the_worker_knows_comes_back_in_words(own: Workshop) -> None:
    with pytest.raises(CouldNotMake, match="from afar") as raised:
        await own._work(False, stranger)
    assert "In the worker" in raised.value.__notes__[0]


async def test_a_worker_that_hears_no_alarm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_workshop, "GRACE_S", 0.2)
    short = Workshop(limit_s=0.2)
    try:
        worker = await short._work(False, who)
        with pytest.raises(TookTooLong):
            await short._work(False, deaf)
        await asyncio.to_thread(_gone, worker)
        assert await short._work(False, who) != worker
    finally:
        await short.close()


async def test_an_idle_workshop_gives_its_memory_back_and_opens_again() -> None:
    resting = Workshop(idle_s=0.01)
    try:
        first = await resting._work(False, who)
        await asyncio.to_thread(_gone, first)
        second = await resting._work(False, who)
        assert second != first
    finally:
        await resting.close()


async def test_a_worker_that_died_while_idle_is_replaced(own: Workshop) -> None:
    first = await own._work(False, who)
    os.kill(first, signal.SIGKILL)
    await asyncio.to_thread(_gone, first)

    assert await own._work(False, who) != first


async def test_closing_does_not_wait_for_the_piece_under_way(tmp_path: Path) -> None:
    made = Workshop()
    busy = Held(made, tmp_path)
    worker = await busy.begun()
    waiting = await busy.ask("never")
    await made.close()

    results = await asyncio.gather(busy._busy, waiting, return_exceptions=True)
    assert [type(one) for one in results] == [WorkshopClosed, WorkshopClosed]
    assert busy.noted() == []
    await asyncio.to_thread(_gone, worker)
    with pytest.raises(WorkshopClosed):
        await made._work(False, who)
    await made.close()


async def test_an_unused_workshop_has_nothing_to_close() -> None:
    await Workshop().close()


SERVICE = """
import asyncio
from bot.workshop import Workshop
from tests.rigs.chores import who

async def main():
    workshop = Workshop()
    print(await workshop._work(False, who), flush=True)
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


TWO_IN_TURN = """
import asyncio
from multiprocessing import forkserver
from bot.workshop import Workshop
from tests.rigs.chores import who

async def main():
    for _ in range(2):
        first, second = Workshop(), Workshop()
        await asyncio.gather(first._work(False, who), second._work(False, who))
        forking = forkserver._forkserver._forkserver_pid
        await first.close()
        print(forking, forkserver._forkserver._forkserver_pid)
        await second.close()
        print(forkserver._forkserver._forkserver_pid)

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_what_workers_are_forked_from_stays_while_a_workshop_is_open_and_then_ends(
    tmp_path: Path,
) -> None:
    script = tmp_path / "service.py"
    script.write_text(TWO_IN_TURN)
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
        text=True,
        timeout=60,
    )
    (one, still_one), (none,), (two, still_two), (none_again,) = map(
        str.split, told.stdout.splitlines()
    )
    assert (none, none_again) == ("None", "None")
    assert one == still_one != two == still_two
    for forking in (one, two):
        assert _ended(int(forking))


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
