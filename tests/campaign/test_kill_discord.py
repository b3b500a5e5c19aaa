"""The Discord campaign in short, and proof that it would notice a post that comes twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.campaign.kill_discord import Books, closing_line, play


def played(home: Path, kills: int, *, blind: bool = False) -> Books:
    return asyncio.run(play(home, kills, seed=5, number=2, blind=blind))


def test_four_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    books = played(tmp_path / "home", 4)

    assert books.wrong == []
    assert (books.kills, books.duplicates) == (4, 0)
    assert set(books.units) == {"single", "parts", "thread", "forum"}
    assert "0 duplicate POSTs" in closing_line(books, 5)


def test_a_service_that_does_not_look_first_is_found_out(tmp_path: Path) -> None:
    books = played(tmp_path / "home", 8, blind=True)

    assert books.duplicates > 0
    assert closing_line(books, 5).startswith("WRONG")
