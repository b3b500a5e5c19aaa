"""Every post, form and reply of a series keeps within every platform's limits: the shipped one and
the worst one that may be written.

Knows the walk, the adapters' bodies and the checkers. What an author may write stands in
tests/rigs/worst_series.py, what people do with it in tests/rigs/walk.py. A series is played once,
for all platforms.
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
from tests.rigs import discord_bodies, discord_payloads, slack_bodies, slack_limits, slack_payloads
from tests.rigs.dialogue import Hall, open_hall, says
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
"""What is registered once with Discord, and is the same for every series."""

OF_NO_SERIES_SLACK = {
    "elements of a context",
    "text in a context",
    "fields of a section",
    "text of a field",
    "text of a markdown block",
    "characters of all markdown blocks",
    "rows of a table",
    "columns of a table",
    "address of a picture",
    "title of a picture",
    "value of a button",
    "address of a button",
    "title of a question back",
    "text of a question back",
    "yes of a question back",
    "no of a question back",
    "hint of an input",
    "suggestions",
    "groups of a select",
    "label of a group",
    "options of a group",
    "description of an option",
    "address of an option",
    "entries of an overflow menu",
}
"""What the checker knows of Slack's blocks and the adapter makes none of, whatever the series.

Pictures are uploaded files, suggestions the options of a select, and buttons known by their id.
"""


@dataclass
class HeldByDiscord:
    """A series' requests, held against both checkers.

    The project's own looks at every one. The API description says of a text only how long it may
    be, and takes its time: it looks at the longest request of each shape.
    """

    shown: Shown
    worst: discord_payloads.Worst = field(default_factory=discord_payloads.Worst)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        longest: dict[str, tuple[int, discord_bodies.Request]] = {}
        for method, path, body in discord_bodies.of_shown(self.shown):
            self.faults += discord_payloads.limits(method, path, body, self.worst)
            size = len(json.dumps(body))
            shape = json.dumps([path, _shape(body)])
            if size > longest.get(shape, (0, None))[0]:
                longest[shape] = size, (method, path, body)
        for _, request in longest.values():
            self.faults += discord_payloads.faults(*request, self.worst)

    @staticmethod
    def table(shipped: discord_payloads.Worst, worst: discord_payloads.Worst) -> str:
        return discord_payloads.side_by_side(shipped=shipped, worst=worst)


@dataclass
class HeldBySlack:
    """A series' requests, every one of them held against structure, lengths and the rules."""

    shown: Shown
    worst: slack_limits.Worst = field(default_factory=slack_limits.Worst)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for method, body in slack_bodies.of_shown(self.shown):
            group = (slack_bodies.GROUP,)
            self.faults += slack_payloads.faults(method, body, self.worst, expected=group)

    @staticmethod
    def table(shipped: slack_limits.Worst, worst: slack_limits.Worst) -> str:
        return slack_limits.side_by_side(shipped=shipped, worst=worst)


Held = HeldByDiscord | HeldBySlack
PLATFORMS = {"discord": HeldByDiscord, "slack": HeldBySlack}


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
def shows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Shown]:
    """The shipped series and the worst one, played."""
    library, worst = Library(), worst_series()
    library.load()
    shelves = {"shipped": library.series, "worst": {worst.slug: worst}}
    return {
        name: asyncio.run(everything_shown(tmp_path_factory.mktemp(name), shelf))
        for name, shelf in shelves.items()
    }


@pytest.fixture(scope="module", params=PLATFORMS)
def held(request: pytest.FixtureRequest, shows: Mapping[str, Shown]) -> Mapping[str, Held]:
    platform = PLATFORMS[request.param]
    return {name: platform(shown) for name, shown in shows.items()}


def test_the_worst_series_is_as_long_as_it_may_be() -> None:
    for chapter in worst_series().chapters:
        assert len(chapter.title) == MAX_TITLE
        assert len(chapter.takeaway) == len(chapter.discuss) == MAX_SENTENCE
        assert len(chapter.challenges) == CHALLENGES.stop - 1
        assert len(chapter.cards) == CARDS.stop - 1
        assert len(chapter.question.id) == MAX_ID
        assert [len(option.text) for option in chapter.question.options] == [75] * MAX_OPTIONS
        assert MAX_TEXT - 12 < len(chapter.question.prompt) <= MAX_TEXT


@pytest.mark.parametrize("name", ["shipped", "worst"])
def test_every_post_form_and_reply_is_within_every_limit(
    name: str, held: Mapping[str, Held]
) -> None:
    assert held[name].faults == []


@pytest.mark.parametrize("name", ["shipped", "worst"])
def test_the_walk_leaves_no_want_out_and_nothing_goes_wrong_on_it(
    name: str, shows: Mapping[str, Shown]
) -> None:
    assert shows[name].answered == set(get_args(AnyWant))
    assert [reply for reply in shows[name].replies if says(reply, "went_wrong")] == []


def test_the_table_says_what_is_allowed_and_what_the_worst_was(
    held: Mapping[str, Held], capsys: pytest.CaptureFixture[str]
) -> None:
    shipped, worst = held["shipped"], held["worst"]
    table = worst.table(shipped.worst, worst.worst)  # type: ignore[arg-type]
    with capsys.disabled():
        print(f"\n{table}")
    if isinstance(worst, HeldByDiscord):
        assert set(worst.worst.seen) >= set(discord_payloads.ALLOWED) - OF_NO_SERIES
        assert re.search(r"characters of a message's text +4000 +\d+ +\d+", table)
    else:
        assert set(worst.worst.seen) >= set(slack_limits.allowed()) - OF_NO_SERIES_SLACK
        assert re.search(r"characters of a message's blocks +9999 +\d+ +\d+", table)
