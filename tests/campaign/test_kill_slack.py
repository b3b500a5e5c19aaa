"""The Slack campaign in short, and proof that it would notice a post that comes twice."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.campaign.kill_slack import closing_line, play


async def test_a_few_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    read, asked = await asyncio.gather(
        play(tmp_path / "read", 2, 5, 1, reads=True),
        play(tmp_path / "asked", 2, 5, 1, reads=False),
    )

    assert read.wrong + asked.wrong == []
    assert (read.kills, asked.kills) == (2, 2)
    assert set(read.units) == {"single", "parts", "thread", "private"}
    assert (read.duplicates, read.missing, read.asked, read.uncertain) == (0, 0, 0, 0)
    assert (asked.duplicates, asked.missing) == (0, 0)
    assert not closing_line([read, asked], 5).startswith("WRONG")


async def test_a_client_that_repeats_what_had_no_answer_is_found_out(tmp_path: Path) -> None:
    books = await play(tmp_path / "home", 0, 5, 1, reads=True, fault="retries", lost=4)

    assert books.duplicates > 0
    assert closing_line([books], 5).startswith("WRONG")
