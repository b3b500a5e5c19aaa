"""A workspace to be in: a small Slack around a whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs import every_kind
from tests.rigs.slack_hall import Town, open_town


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace in which nothing is going on yet; the shipped series is on the shelf."""
    async with open_town(tmp_path / "home") as town:
        yield town


@pytest.fixture(params=["socket", "http"])
async def town_by(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Town]:
    """The same, by each way in."""
    async with open_town(tmp_path / "home", way=request.param) as town:
        yield town


@pytest.fixture
async def every_kind_town(tmp_path: Path) -> AsyncIterator[Town]:
    """The same with a series in which every kind of challenge comes up."""
    place = every_kind.write(tmp_path)
    async with open_town(tmp_path / "home", (str(place),)) as town:
        yield town
