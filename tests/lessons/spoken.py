"""What tests of replies share: a voice, a small series of two chapters, and ways to read a reply.

Knows no platform: a reply is read as words, labels and wants.
Invariant: `RIGHT_WORDS` stand in the question and must reach nobody before they voted.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import msgspec

from lessons.actions import AnyWant
from lessons.curriculum import Chapter, Series
from lessons.document import Document, plain
from lessons.figure import Bars, Figure, Panel
from lessons.generators import pose
from lessons.posts import Control, Post, Reply
from lessons.replies.voice import Voice
from tests.lessons.series_text import CHAPTER as TEXT
from tests.lessons.series_text import FIRST, built

NOW = datetime(2026, 6, 1, 15, tzinfo=UTC)  # a Monday, 17:00 in Berlin
VOICE = Voice("en", "local:here", "Europe/Berlin")
RUN = "run"
HOSTILE = "**x** <!channel> @everyone [a](https://b.example) `c` # d"

RIGHT_WORDS = ("More on it is harder to read.", "Both have their day.")
_FIRST = TEXT.replace(
    'text = "It depends"\n', 'text = "It depends"\nfeedback = "Both have their day."\n'
)
_SECOND = _FIRST.replace("What is left out", "What it costs to fold")
for _old, _new in (("better-map", "fold"), ("centimetre", "crease"), ("small-to-large", "sheets")):
    _SECOND = _SECOND.replace(_old, _new)


def _series() -> Series:
    series = built({FIRST: _FIRST, "02-folded.md": _SECOND}).series
    assert series is not None
    return series


SERIES: Series = _series()
CHAPTER: Chapter = SERIES.chapters[0]
FOLDED: Chapter = SERIES.chapters[1]


def figure(name: str) -> Figure:
    return Figure(name, f"{name}, in words.", (Panel((Bars(("a",), (1.0,)),)),))


QUESTION = msgspec.structs.replace(
    pose(CHAPTER.question, 7), figure=figure("Asked"), reveal=figure("Revealed")
)


def post_of(said: Reply | Post) -> Post:
    post = said if isinstance(said, Post) else said.post
    assert post is not None
    return post


def words(said: Reply | Post | Document) -> str:
    """All words, and a check that none stick or gape."""
    text = plain(said if isinstance(said, Document) else post_of(said).document)
    assert "  " not in text, text
    assert not re.search(r"\b1 (votes|tries|hints|posts|weeks|slots|hours)\b", text), text
    assert not re.search(r"\s[.,;!?](\s|$)", text), text
    assert not re.search(r"[{}]|\*\*|\bNone\b", text), text
    return text


def controls(said: Reply | Post) -> list[Control]:
    return list(post_of(said).controls)


def labels(said: Reply | Post) -> list[str]:
    return [control.label for control in controls(said)]


def wants(said: Reply | Post) -> list[AnyWant]:
    return [control.want for control in controls(said)]


def everything(said: Reply | Post) -> str:
    """All that leaves the engine with it, as one text."""
    return msgspec.json.encode(said).decode()
