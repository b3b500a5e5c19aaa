"""Pages that are open for the length of a test, and things to show on them.

Knows no service: what is answered is what a test put there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs.web import Hall


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """A try-out: everybody may be anybody, the clock can be moved."""
    async with Hall(tmp_path) as opened:
        yield opened


@pytest.fixture
async def kept_hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """A hall that is really kept: nobody is anybody without the link with the key."""
    async with Hall(tmp_path, trying=False, key_needed=True) as opened:
        yield opened
