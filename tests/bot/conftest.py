"""What the tests of the running service share: one worker process for all, a hall for each.

Knows no test. Invariant: a hall's file lies in the test's own folder.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.workshop import Workshop
from lessons.curriculum import Series
from tests.rigs.dialogue import Hall, open_hall
from tests.rigs.map_series import map_series


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    """The worker takes half a second to start, and keeps nothing of what it made."""
    made = Workshop()
    yield made
    asyncio.run(made.close())


@pytest.fixture(scope="session")
def maps() -> Series:
    """The small series, built once."""
    return map_series()


@pytest.fixture
async def hall(tmp_path: Path, workshop: Workshop, maps: Series) -> AsyncIterator[Hall]:
    """A hall in which nothing has been started."""
    async with open_hall(tmp_path, workshop, {maps.slug: maps}) as opened:
        yield opened


@pytest.fixture
async def running(hall: Hall) -> Hall:
    """A hall in which mia has started the small series, an hour before its first chapter."""
    await hall.start()
    return hall
