"""Fixtures of the contract suites: one run of each test per database.

Knows no test.
Invariant: what a rig hands out is closed again when the test ends.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Database
from tests.rigs.database import RIGS, Rig


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    rig = RIGS[request.param](tmp_path)
    yield rig
    await rig.close()


@pytest.fixture
async def database(rig: Rig) -> Database:
    return await rig.open()
