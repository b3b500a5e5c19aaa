"""Measures the page as a process: how soon it serves, what it weighs, what memory it takes.

Knows it from outside, over HTTP and from /proc, so Linux only. Invariant: memory is read while
pages are open and while the worker is training and drawing, never at rest alone.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from tests.rigs.browser import Server

STREAMS = 100
LOADS = 200


@dataclass
class Found:
    """What was measured; each list has one value per round."""

    starts_s: list[float] = field(default_factory=list)
    loads_ms: list[float] = field(default_factory=list)
    weights: dict[str, int] = field(default_factory=dict)
    main_rss: dict[str, list[float]] = field(default_factory=dict)
    tree_pss: dict[str, list[float]] = field(default_factory=dict)

    def memory(self, when: str, server: Server) -> None:
        """Note the memory of the process and of all that it started, in MB."""
        pid = server.process.pid
        self.main_rss.setdefault(when, []).append(_kb(pid, "status", "VmRSS") / 1_000)
        tree = sum(_kb(one, "smaps_rollup", "Pss") for one in _tree(pid))
        self.tree_pss.setdefault(when, []).append(tree / 1_000)


def _kb(pid: int, file: str, name: str) -> int:
    text = Path(f"/proc/{pid}/{file}").read_text("ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) if found else 0


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text("ascii").split():
            yield from _tree(int(child))


class Visitor:
    """Somebody without a browser: reads pages, sends forms, holds pages open."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self._server = server
        self._session = session

    async def get(self, path: str) -> bytes:
        """What is there, as it travels."""
        async with self._session.get(self._server.address + path) as answer:
            assert answer.status == 200, (path, answer.status)
            return await answer.read()

    async def page(self, person: str) -> str:
        """That person's page of the channel."""
        return (await self.get(f"/as/{person}/study")).decode()

    async def until(self, person: str, words: str) -> None:
        """Wait until that person's page says so."""
        for _ in range(1_000):
            if words in await self.page(person):
                return
        raise AssertionError(words)

    async def send(self, person: str, where: str, **fields: str) -> str:
        """A form of that person's page, as a browser without script sends it."""
        found = re.search(r'name="token" value="([0-9a-f]+)"', await self.page(person))
        assert found is not None
        async with self._session.post(
            f"{self._server.address}/as/{person}/study/{where}",
            data={"token": found[1], **fields},
            headers={"Origin": self._server.address},
        ) as answer:
            return await answer.text()

    async def press(self, person: str, label: str) -> str:
        """The first button of that label on that person's page."""
        page = await self.page(person)
        buttons = re.findall(r'<button[^>]*name="press"[^>]*value="([^"]+)"[^>]*>([^<]*)<', page)
        value = next(value for value, said in buttons if said.startswith(label))
        return await self.send(person, "act", press=value)


async def measure(server: Server, found: Found) -> None:
    """One round on a server of its own."""
    begun = time.perf_counter()
    await asyncio.to_thread(server.start)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        visitor = Visitor(server, session)
        await visitor.get("/as/ada/study")
        found.starts_s.append(time.perf_counter() - begun)
        found.memory("just opened", server)

        options = {"option.day": "monday", "option.time": "17:00", "option.zone": "UTC"}
        await visitor.send("mia", "act", typed="series start", **options)
        await visitor.press("mia", "Start")
        await visitor.send("mia", "clock", move="next")
        await visitor.until("ada", "Before you read on")
        streams = [
            await session.get(f"{server.address}/as/ada/study/events?since={_version(page)}")
            for page in [await visitor.page("ada")] * STREAMS
        ]
        _weigh(found, {"page": await visitor.get("/as/ada/study")})
        for source in set(re.findall(r'(?:src|href)="(/(?:static|pictures)/[^"]+)"',
                                     await visitor.page("ada"))):  # fmt: skip
            _weigh(found, {source.rsplit("/", 1)[-1]: await visitor.get(source)})
        for _ in range(LOADS):
            asked = time.perf_counter()
            await visitor.page("ada")
            found.loads_ms.append((time.perf_counter() - asked) * 1_000)
        found.memory(f"{STREAMS} pages open", server)

        for person in ("ada", "ben", "chi", "dan", "eve"):
            await visitor.send(person, "act", typed="study join")
            for _ in range(4):
                await visitor.send(person, "act", typed="study challenge")
                await visitor.press(person, "Skip")
        await asyncio.sleep(1.0)
        found.memory("variants posed and drawn", server)
        for stream in streams:
            stream.close()


def _version(page: str) -> str:
    version = re.search(r'data-version="([^"]+)"', page)
    assert version is not None
    return version[1]


def _weigh(found: Found, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        kind = "pictures" if name.endswith(".png") else name
        found.weights[kind] = max(found.weights.get(kind, 0), len(content))


def report(found: Found, rounds: int) -> Table:
    """Medians over the rounds."""
    table = Table(title=f"The page of a try-out, medians of {rounds} rounds")
    table.add_column("what")
    table.add_column("measured", justify="right")
    loads = sorted(found.loads_ms)
    table.add_row("command to served page, s", f"{statistics.median(found.starts_s):.2f}")
    middle, late = loads[len(loads) // 2], loads[int(len(loads) * 0.99)]
    table.add_row("page loaded, p50 / p99 ms", f"{middle:.1f} / {late:.1f}")
    for name, size in sorted(found.weights.items()):
        table.add_row(f"{name}, bytes at most", f"{size:,}")
    for when, sizes in found.main_rss.items():
        table.add_row(
            f"{when}: main RSS / tree PSS, MB",
            f"{statistics.median(sizes):.0f} / {statistics.median(found.tree_pss[when]):.0f}",
        )
    return table


def main() -> None:
    """Print the table; takes about ten seconds a round."""
    parser = argparse.ArgumentParser(description="Start, weight and memory of the page.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where to put the files (a real disk)")
    asked = parser.parse_args()
    if not Path("/proc/self/smaps_rollup").exists():
        raise SystemExit("This needs Linux: memory is read from /proc.")
    found = Found()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for turn in range(asked.rounds):
            server = Server(Path(folder) / str(turn))
            try:
                asyncio.run(measure(server, found))
            finally:
                server.end()
    Console().print(report(found, asked.rounds))


if __name__ == "__main__":
    main()
