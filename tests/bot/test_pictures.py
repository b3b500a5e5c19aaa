"""The pictures' cache: drawn once, whole or drawn again, and never in anybody's way.

Knows no plotting. Invariant: what is given out is a whole picture.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import pictures as of_pictures
from bot.pictures import Pictures
from bot.workshop import Workshop, WorkshopClosed
from lessons.figure import Figure, Line, Panel, digest, encode

PNG = b"\x89PNG\r\n\x1a\n"


def figure(name: str) -> Figure:
    return Figure(name, "a curve", (Panel((Line("loss", (0.0, 1.0), (1.0, 0.0)),)),))


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


class Easel(Workshop):
    """The real workshop, which also notes what it was asked to draw."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[bytes | str, bool]] = []
        self.begun = asyncio.Event()

    async def picture(self, encoded: bytes, *, ahead: bool = False) -> bytes:
        self.asked.append((encoded, ahead))
        self.begun.set()
        return await super().picture(encoded, ahead=ahead)

    async def maths(self, tex: str, *, ahead: bool = False) -> bytes:
        self.asked.append((tex, ahead))
        return await super().maths(tex, ahead=ahead)


@pytest.fixture
async def easel() -> AsyncIterator[Easel]:
    made = Easel()
    yield made
    await made.close()


async def test_a_figure_is_drawn_once_and_read_from_then_on(tmp_path: Path, easel: Easel) -> None:
    pictures = Pictures(tmp_path / "pictures", easel)
    first = await pictures.figure(figure("one"))
    again = await Pictures(tmp_path / "pictures", easel).figure(figure("one"))

    assert first == again
    assert first.startswith(PNG)
    assert easel.asked == [(encode(figure("one")), False)]
    assert await pictures.known(digest(figure("one"))) == first
    assert await pictures.known(digest(figure("two"))) is None


async def test_many_who_ask_at_once_wait_for_one_drawing(tmp_path: Path, easel: Easel) -> None:
    pictures = Pictures(tmp_path, easel)
    drawn = await asyncio.gather(*(pictures.figure(figure("one")) for _ in range(20)))

    assert len(set(drawn)) == 1
    assert len(easel.asked) == 1


async def test_who_gives_up_does_not_take_the_picture_from_who_waits(
    tmp_path: Path, easel: Easel
) -> None:
    pictures = Pictures(tmp_path, easel)
    hasty, patient = (asyncio.create_task(pictures.figure(figure("one"))) for _ in range(2))
    await easel.begun.wait()
    hasty.cancel()

    assert (await patient).startswith(PNG)
    assert hasty.cancelled() or hasty.cancelling()


async def test_a_name_from_outside_that_is_no_digest_finds_nothing(
    tmp_path: Path, easel: Easel
) -> None:
    (tmp_path / "secret-1.png").write_bytes(PNG)
    pictures = Pictures(tmp_path / "pictures", easel)
    for name in ("../secret", "..", "", "0" * 31, "G" * 32, "0" * 32 + "/../x"):
        assert await pictures.known(name) is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
async def test_a_damaged_file_is_drawn_again(tmp_path: Path, easel: Easel, damage: str) -> None:
    pictures = Pictures(tmp_path, easel)
    whole = await pictures.figure(figure("one"))
    (kept,) = files(tmp_path)
    broken = {"cut": whole[:-7], "flipped": whole[:60] + b"\0" + whole[61:], "empty": b""}[damage]
    assert broken != whole
    kept.write_bytes(broken)

    assert await pictures.known(digest(figure("one"))) is None
    assert await pictures.figure(figure("one")) == whole
    assert kept.read_bytes() == whole


async def test_a_folder_that_can_not_be_written_costs_only_time(
    tmp_path: Path, easel: Easel, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "pictures").write_text("this is no folder")
    pictures = Pictures(tmp_path / "pictures", easel)
    with caplog.at_level(logging.WARNING):
        assert (await pictures.figure(figure("one"))).startswith(PNG)
        assert (await pictures.figure(figure("two"))).startswith(PNG)
    assert sum("kept" in one.message for one in caplog.records) == 1

    (tmp_path / "pictures").unlink()
    kept = await pictures.figure(figure("three"))
    assert await pictures.known(digest(figure("three"))) == kept


async def test_a_folder_thrown_away_meanwhile_is_made_again(tmp_path: Path, easel: Easel) -> None:
    folder = tmp_path / "pictures"
    pictures = Pictures(folder, easel)
    await pictures.figure(figure("one"))
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()

    await pictures.figure(figure("two"))
    await pictures.figure(figure("three"))
    assert await pictures.known(digest(figure("three"))) is not None


async def test_pictures_of_another_style_go_and_strangers_stay(
    tmp_path: Path, easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Pictures(tmp_path, easel).figure(figure("one"))
    half = tmp_path / f"{digest(figure('one'))}-{of_pictures.STYLE}.png.halfway"
    half.write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("mine")

    monkeypatch.setattr(of_pictures, "STYLE", of_pictures.STYLE + 1)
    anew = Pictures(tmp_path, easel)
    await anew.figure(figure("one"))

    kept = {path.name for path in files(tmp_path)}
    assert kept == {"notes.txt", f"{digest(figure('one'))}-{of_pictures.STYLE}.png"}
    assert len(easel.asked) == 2


async def test_what_somebody_waits_for_does_not_stand_behind_the_same_picture_made_ahead(
    tmp_path: Path, easel: Easel
) -> None:
    pictures = Pictures(tmp_path, easel)
    ahead = asyncio.create_task(pictures.figure(figure("one"), ahead=True))
    await easel.begun.wait()
    now = await pictures.figure(figure("one"))

    assert [urgent for _, urgent in easel.asked] == [True, False]
    assert await ahead == now


async def test_a_formula_is_drawn_once_and_one_that_can_not_be_read_is_tried_once(
    tmp_path: Path, easel: Easel
) -> None:
    pictures = Pictures(tmp_path, easel)
    drawn = await pictures.maths(r"\frac{a}{b}")
    assert drawn is not None
    assert drawn.startswith(PNG)
    assert await pictures.maths(r"\frac{a}{b}") == drawn
    assert await pictures.maths(r"\frac{a}") is None
    assert await pictures.maths(r"\frac{a}") is None
    assert [what for what, _ in easel.asked] == [r"\frac{a}{b}", r"\frac{a}"]


async def test_a_closed_workshop_is_said_to_be_one(tmp_path: Path, easel: Easel) -> None:
    await easel.close()
    with pytest.raises(WorkshopClosed):
        await Pictures(tmp_path, easel).figure(figure("one"))
