"""Every post, form and reply of a series keeps within Discord's limits: the shipped one, the worst.

Knows the walk, the adapter's bodies and the checkers. What an author may write stands in
tests/rigs/worst_series.py, what people do with it in tests/rigs/walk.py.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest

from bot.library import Library
from bot.workshop import Workshop
from lessons.actions import AnyWant
from lessons.chapter import CARDS, CHALLENGES
from lessons.curriculum import Series
from lessons.kinds.checks import MAX_OPTIONS
from lessons.rules import MAX_ID, MAX_SENTENCE, MAX_TEXT, MAX_TITLE
from tests.rigs.dialogue import Hall, open_hall, says
from tests.rigs.discord_bodies import Request, of_shown
from tests.rigs.discord_payloads import ALLOWED, Worst, faults, limits, side_by_side
from tests.rigs.walk import walk
from tests.rigs.walk_trouble import crowd, trouble
from tests.rigs.walker import Shown
from tests.rigs.worst_series import worst_series

OF_NO_SERIES = {
    "label of a suggestion",
    "name of a command",
    "options of a command",
    "description of a command",
    "characters of a command",
    "choices of an option",
}
"""What is registered once, and is the same for every series."""


@dataclass
class Held:
    """A series' requests, held against both checkers.

    The project's own looks at every one. The API description says of a text only how long it may
    be, and takes its time: it looks at the longest request of each shape.
    """

    shown: Shown
    worst: Worst = field(default_factory=Worst)
    faults: list[str] = field(default_factory=list)
    _longest: dict[str, tuple[int, Request]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for method, path, body in of_shown(self.shown):
            self.faults += limits(method, path, body, self.worst)
            size = len(json.dumps(body))
            shape = json.dumps([path, _shape(body)])
            if size > self._longest.get(shape, (0, None))[0]:
                self._longest[shape] = size, (method, path, body)
        for _, request in self._longest.values():
            self.faults += faults(*request, self.worst)


def _shape(body: Any) -> Any:
    """The body without its words: what stands in it where, and which texts are empty."""
    match body:
        case dict():
            return {key: _shape(value) for key, value in body.items()}
        case list():
            return [_shape(each) for each in body]
        case str():
            return bool(body)
        case _:
            return body if isinstance(body, bool) or body is None else _number(body)


def _number(number: float) -> float:
    """Types and styles tell shapes apart, ids do not."""
    return number if number < 1 << 20 else -1


async def everything_shown(folder: Path, shelf: Mapping[str, Series]) -> Shown:
    """A series from its start to its end, with all the trouble there may be, and very often."""
    shown = Shown()
    workshop = Workshop()
    plays: tuple[Callable[[Hall], Awaitable[Shown]], ...] = (walk, trouble, crowd)
    for number, play in enumerate(plays):
        (folder / str(number)).mkdir()
        async with open_hall(folder / str(number), workshop, shelf) as hall:
            shown |= await play(hall)
    await workshop.close()
    return shown


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Held:
    library = Library()
    library.load()
    folder = tmp_path_factory.mktemp("shipped")
    return Held(asyncio.run(everything_shown(folder, library.series)))


@pytest.fixture(scope="module")
def worst(tmp_path_factory: pytest.TempPathFactory) -> Held:
    series = worst_series()
    folder = tmp_path_factory.mktemp("worst")
    return Held(asyncio.run(everything_shown(folder, {series.slug: series})))


def test_the_worst_series_is_as_long_as_it_may_be() -> None:
    for chapter in worst_series().chapters:
        assert len(chapter.title) == MAX_TITLE
        assert len(chapter.takeaway) == len(chapter.discuss) == MAX_SENTENCE
        assert len(chapter.challenges) == CHALLENGES.stop - 1
        assert len(chapter.cards) == CARDS.stop - 1
        assert len(chapter.question.id) == MAX_ID
        assert [len(option.text) for option in chapter.question.options] == [75] * MAX_OPTIONS
        assert MAX_TEXT - 12 < len(chapter.question.prompt) <= MAX_TEXT


def test_every_post_form_and_reply_of_the_shipped_series_is_within_every_limit(
    shipped: Held,
) -> None:
    assert shipped.faults == []


def test_every_post_form_and_reply_of_the_worst_series_is_within_every_limit(worst: Held) -> None:
    assert worst.faults == []


@pytest.mark.parametrize("name", ["shipped", "worst"])
def test_the_walk_leaves_no_want_out_and_nothing_goes_wrong_on_it(
    name: str, request: pytest.FixtureRequest
) -> None:
    shown = request.getfixturevalue(name).shown

    assert shown.answered == set(get_args(AnyWant))
    assert [reply for reply in shown.replies if says(reply, "went_wrong")] == []


def test_the_table_says_what_is_allowed_and_what_the_worst_was(
    shipped: Held, worst: Held, capsys: pytest.CaptureFixture[str]
) -> None:
    table = side_by_side(shipped=shipped.worst, worst=worst.worst)
    with capsys.disabled():
        print(f"\n{table}")
    assert set(worst.worst.seen) >= set(ALLOWED) - OF_NO_SERIES
    assert re.search(r"characters of a message's text +4000 +\d+ +\d+", table)
