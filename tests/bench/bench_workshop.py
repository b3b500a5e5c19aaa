"""Measures how late the event loop is, and how fast answers are, while variants are made.

The same service does nothing, answers, has variants posed and drawn, and does both, in turns.
Invariant: every variant is a new one, so each is really trained and each picture really drawn.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from importlib import resources
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot.store.database import Database
from bot.store.members import Place
from bot.turn import VariantPiece
from bot.workshop import Workshop
from lessons.challenge import Variant
from lessons.figure import Figure
from tests.bench.bench_service import SPACE, Hall, furnish, measure

CALLERS = 64
BEAT_S = 0.002
"""So often the loop is asked to come back; how much later it does is its lag."""

VARIANTS = 200


@dataclass
class Way:
    """What was measured one way: every lag, in ms, and the answers per second of each window."""

    lags: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    made: int = 0
    drawn: int = 0


@contextlib.asynccontextmanager
async def watched(way: Way) -> AsyncIterator[None]:
    """Note the lag of this event loop."""

    async def watch() -> None:
        while True:
            asked = time.perf_counter()
            await asyncio.sleep(BEAT_S)
            way.lags.append((time.perf_counter() - asked - BEAT_S) * 1_000)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


@dataclass
class Maker:
    """Has variants of every challenge of the chapter posed and drawn, one member after another."""

    hall: Hall
    people: count[int] = field(default_factory=lambda: count(1_000_000))

    async def make(self, way: Way, number: int) -> None:
        """`number` variants and, where they show one, their pictures: as they are made ahead."""
        service = self.hall.service
        series = next(iter(service.series().values()))
        chapter = series.chapters[0]
        place = Place(SPACE, "bench", chapter.slug)
        for turn in range(number):
            spec = chapter.challenges[turn % len(chapter.challenges)]
            piece = VariantPiece(place, spec, f"guest-{next(self.people)}", 1, "en")
            made = await service.make_ahead(piece)
            way.made += 1
            if isinstance(made, Variant) and isinstance(made.figure, Figure):
                await service.pictures.figure(made.figure, ahead=True)
                way.drawn += 1


async def window(hall: Hall, way: Way, seconds: float) -> None:
    """One window of answers, and their rate."""
    async with watched(way):
        way.rates.append((await measure(hall, CALLERS, seconds)).per_s)


async def bench(folder: Path, rounds: int, seconds: float) -> dict[str, Way]:
    """Each way in turn, `rounds` times; the variants are spread over the rounds."""
    ways = {name: Way() for name in ("nothing", "answers", "making", "answers + making")}
    workshop = Workshop()
    migrations = resources.files("bot.store") / "migrations"
    async with await Database.open(folder / "hall.sqlite3", migrations, now_ms=lambda: 0) as db:
        hall = await furnish(db, workshop, folder, CALLERS)
        maker = Maker(hall)
        await maker.make(Way(), 4)  # the worker is warm
        await measure(hall, CALLERS, seconds)
        each = VARIANTS // rounds
        for turn in range(rounds):
            for name in list(ways)[turn % 4 :] + list(ways)[: turn % 4]:
                way = ways[name]
                match name:
                    case "nothing":
                        async with watched(way):
                            await asyncio.sleep(seconds)
                    case "answers":
                        await window(hall, way, seconds)
                    case "making":
                        async with watched(way):
                            await maker.make(way, each)
                    case _:
                        making = asyncio.create_task(maker.make(way, each))
                        while not making.done():
                            await window(hall, way, seconds)
                        await making
    await workshop.close()
    return ways


def report(ways: dict[str, Way], rounds: int) -> Table:
    """One line for each way."""
    title = f"Lag of the event loop (ms) and answers, {rounds} rounds, {CALLERS} callers"
    table = Table(title=title)
    for heading in ("while", "p50", "p99", "max", "answers/s", "of it", "made", "drawn"):
        table.add_column(heading, justify="right" if heading != "while" else "left", no_wrap=True)
    alone = statistics.median(ways["answers"].rates)
    for name, way in ways.items():
        lags = sorted(way.lags)
        rate = statistics.median(way.rates) if way.rates else 0.0
        table.add_row(
            name,
            f"{lags[len(lags) // 2]:.1f}",
            f"{lags[int(len(lags) * 0.99)]:.1f}",
            f"{lags[-1]:.0f}",
            f"{rate:,.0f}" if rate else "",
            f"{rate / alone:.0%}" if rate else "",
            f"{way.made}" if way.made else "",
            f"{way.drawn}" if way.made else "",
        )
    return table


def main() -> None:
    """Print the table; takes a minute or two."""
    parser = argparse.ArgumentParser(description="Loop lag and answers while variants are made.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of one measurement")
    parser.add_argument("--folder", type=Path, help="where to put the file (a real disk)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        ways = asyncio.run(bench(Path(folder), asked.rounds, asked.seconds))
    Console().print(report(ways, asked.rounds))


if __name__ == "__main__":
    main()
