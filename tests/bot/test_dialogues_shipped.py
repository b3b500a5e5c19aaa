"""The first week of the series that is shipped, as one member lives through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from bot.library import Library
from bot.workshop import Workshop
from lessons.actions import Submitted
from lessons.challenge import decode_variant
from lessons.document import Plot
from lessons.fields import Raw
from lessons.figure import digest
from lessons.kinds import kind_of
from lessons.posts import Reply
from tests.rigs.dialogue import (
    CHAPTER_1,
    DISCUSS_1,
    RECAP_1,
    Hall,
    labels,
    open_hall,
    says,
    words,
)

RIGHT = "It falls, by less than half"


@pytest.fixture(scope="module")
def library() -> Library:
    read = Library()
    read.load()
    return read


@pytest.fixture
async def shipped(tmp_path: Path, workshop: Workshop, library: Library) -> AsyncIterator[Hall]:
    """The shipped series, its first chapter out."""
    async with open_hall(tmp_path, workshop, library.series) as hall:
        await hall.start()
        await hall.until(CHAPTER_1)
        yield hall


async def test_every_picture_in_a_reply_comes_with_its_alt_text_and_is_kept(shipped: Hall) -> None:
    seen = [await shipped.say("ada", "/study lesson")]
    while "Next" in labels(seen[-1]):
        seen.append(await shipped.press("ada", "Next"))
    seen.append(await shipped.say("ada", "/study challenge"))
    for _ in range(3):
        seen.append(await shipped.press("ada", "Skip"))

    plots = [plot for reply in seen for plot in _plots(reply)]
    assert len(plots) >= 3
    for plot in plots:
        kept = await shipped.service.figure(plot.digest)
        assert kept is not None
        assert (digest(kept), kept.alt) == (plot.digest, plot.alt)


async def test_all_four_challenges_take_wrong_and_right_answers_from_start_to_end(
    shipped: Hall,
) -> None:
    await shipped.say("ada", "/study challenge")
    for place in range(1, 5):
        probes = await _probes(shipped, place)
        assert says(await _send(shipped, probes["malformed"]), "did_not_count")
        wrong = await _send(shipped, probes["trapped"])
        assert "Try again" in labels(wrong)
        right = await _send(shipped, probes["passes"])
        assert "Another one, new numbers" in labels(right)
        if place < 4:
            await shipped.press("ada", "Next challenge")

    assert says(right, "chapter_all")
    assert await shipped.rows("SELECT tries FROM progress") == [(8,)]


async def test_the_week_of_the_shipped_series_says_what_the_run_proved(shipped: Hall) -> None:
    post = shipped.stage.read()[1]
    assert "Before you read on" in post
    for number in range(6):
        shipped.seen.clear()
        await shipped.press(f"m{number}", RIGHT if number % 2 else "It halves, or better")
        await shipped.press(f"m{number}", "Certain")
    told = await shipped.press("m5", "Show me what happened")
    assert says(told, "reveal_right")
    assert _plots(told)

    await shipped.until(DISCUSS_1)
    assert says(shipped.stage.read()[-1], "discuss_talk")
    await shipped.until(RECAP_1)
    recap = shipped.stage.read()[-1]
    assert "50 %" in recap
    assert says(recap, "recap_last")
    assert says(await shipped.say("mia", "/series status"), "status_finished")


async def test_the_same_members_get_the_same_numbers_and_others_get_others(
    shipped: Hall,
) -> None:
    asked = {}
    for who in ("ada", "ben", "cem", "dot"):
        asked[who] = words(await shipped.say(who, "/study challenge"))
        assert words(await shipped.say(who, "/study challenge")) == asked[who]

    assert len(set(asked.values())) > 1


def _plots(reply: Reply) -> list[Plot]:
    return [b for b in reply.post.document.blocks if isinstance(b, Plot)] if reply.post else []


async def _probes(hall: Hall, place: int) -> dict[str, Raw]:
    """Answers to ada's own variant, by what must become of them."""
    challenge = next(iter(hall.shelf.values())).chapters[0].challenges[place - 1].id
    ((body,),) = await hall.rows(
        "SELECT body FROM variant WHERE member = 'ada' AND challenge = :id", id=challenge
    )
    assert isinstance(body, str)
    variant = decode_variant(body)
    probes = kind_of(variant.kind).selftest(variant, np.random.default_rng(1))
    return {probe.fate: probe.raw for probe in probes}


async def _send(hall: Hall, raw: Raw) -> Reply:
    """Fill ada's form; one that came back with errors is still open."""
    if hall.seen["ada"].form is None:
        await hall.press("ada", "Answer" if "Answer" in labels(hall.seen["ada"]) else "Try again")
    form = hall.seen["ada"].form
    assert form is not None
    return await hall.act("ada", Submitted(form.control.id, raw))
