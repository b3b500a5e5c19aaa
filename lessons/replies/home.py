"""A member's own page: every series they take part in, a picture of it, what is due, where to go.

Knows no store. Invariant: the picture is made from the numbers beside it, and so are its words.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from lessons import actions
from lessons.actions import AnyWant
from lessons.curriculum import Chapter
from lessons.document import ChannelName, Document, Listing, Paragraph, inlines
from lessons.figure import Bars, Figure, Panel
from lessons.posts import Control, Reply
from lessons.replies.membership import ChapterRow, RunName, count
from lessons.replies.voice import LABEL, Voice, heading, plot, private, shortened

MOST_RUNS: Final = 4
"""So many series have their buttons; there is room for these on every platform."""

MOST_BARS: Final = 6
MOST_DRAWN: Final = 3
"""A picture has so many bars, of so many series; what is older is in the words."""

BAR: Final = 60
"""So many characters go above a bar."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A series as one member has it.

    `chapter` is the one that something is due in: the vote, or if `missing` is not 0 so many
    challenges. `following` is when the next chapter comes. `gone`: its texts can't be found.
    """

    name: RunName
    zone: str
    rows: tuple[ChapterRow, ...] = ()
    chapter: Chapter | None = None
    missing: int = 0
    following: datetime | None = None
    over: bool = False
    gone: bool = False

    @property
    def done(self) -> int:
        """Chapters that are done."""
        return sum(row.done for row in self.rows)


def home(voice: Voice, views: tuple[RunView, ...], *, more: int = 0) -> Reply:
    """All of `views`; there are `more` for which there is no room."""
    said = heading(voice.label("home_title"))
    controls: list[Control] = []
    for number, view in enumerate(views, start=1):
        named = f"{number} · " if len(views) > 1 else ""
        said += heading(f"{named}{view.name.series} · ", ChannelName(view.name.channel), level=3)
        said += _standing(replace(voice, zone=view.zone), view)
        controls += _run_buttons(voice, view, named)
    if more:
        said += voice.say("home_more", series=count(voice, "series", more))
    drawn = figure(voice, views)
    return private(
        said + plot(drawn), *controls, *_own(voice), figures=() if drawn is None else (drawn,)
    )


def _standing(voice: Voice, view: RunView) -> Document:
    if view.gone:
        return voice.say("home_gone")
    if not view.rows and view.following is not None:
        return voice.say("first_comes", when=voice.moment(view.following))
    if not view.rows:
        return voice.say("no_date_yet")
    return voice.say("progress_sum", done=view.done, posted=len(view.rows)) + _due(voice, view)


def _due(voice: Voice, view: RunView) -> Document:
    chapter = view.chapter
    if chapter is not None and view.missing:
        missing = count(voice, "challenges", view.missing)
        return voice.say("due", number=chapter.number, title=chapter.title, challenges=missing)
    if chapter is not None:
        return voice.say("home_vote", number=chapter.number, title=chapter.title)
    if view.over:
        return voice.say("home_over")
    if view.following is None:
        return voice.say("nothing_due")
    return voice.say("nothing_due_until", when=voice.moment(view.following))


def _run_buttons(voice: Voice, view: RunView, named: str) -> list[Control]:
    """Where there is something to open. With several series each button has its number."""
    if not view.rows:
        return []
    run = view.name.run
    wanted: list[tuple[str, AnyWant]] = [
        (voice.label("read"), actions.ReadLesson(run)),
        (voice.label("my_challenges"), actions.Challenges(run)),
    ]
    due = voice.named(named + voice.label("what_is_due"), actions.WhatNext(run), "primary")
    others = [voice.named(named + words, want) for words, want in wanted]
    return [due, *others] if view.chapter is not None else others


def _own(voice: Voice) -> list[Control]:
    return [
        voice.button("settings", actions.ShowSettings()),
        voice.button("privacy_button", actions.ShowPrivacy()),
    ]


def nothing_yet(voice: Voice, names: tuple[RunName, ...]) -> Reply:
    """For who takes part in nothing here: what there is, each with [Join]."""
    if not names:
        return private(voice.say("home_empty"), *_own(voice))
    lines = tuple(
        (Paragraph(inlines(f"{name.series} · ", ChannelName(name.channel))),) for name in names
    )
    join = voice.label("join")
    buttons = [
        voice.named(shortened(f"{number} · {join}: {name.series}", LABEL), actions.Join(name.run))
        for number, name in enumerate(names, start=1)
    ]
    listed = Document((Listing(lines, start=1),))
    return private(voice.say("home_join") + listed, *buttons, *_own(voice))


# -- the picture -----------------------------------------------------------------------------------


def figure(voice: Voice, views: tuple[RunView, ...]) -> Figure | None:
    """A bar for each of the newest chapters: how many of its challenges are passed."""
    drawn = [view for view in views if view.rows][:MOST_DRAWN]
    if not drawn:
        return None
    most = MOST_BARS // len(drawn)
    alone = len(drawn) == 1
    panels = tuple(
        _panel(voice, view.rows[-most:], "" if alone else view.name.series) for view in drawn
    )
    told = " ".join(f"{view.name.series}: {_told(voice, view.rows[-most:])}." for view in drawn)
    title = voice.label("progress_title", series=drawn[0].name.series) if alone else ""
    title = title or voice.label("home_figure")
    return Figure(title, told, panels)


def _panel(voice: Voice, rows: tuple[ChapterRow, ...], title: str) -> Panel:
    """One challenge is as long everywhere, however many a chapter has; the last is the newest."""
    full = float(max(row.challenges for row in rows))
    bars = tuple(
        Bars(
            (shortened(_bar(voice, row), BAR),),
            (float(row.passed),),
            unit=f" {voice.label('bar_unit', challenges=row.challenges)}",
            full=full,
        )
        for row in rows
    )
    return Panel(bars, title)


def _bar(voice: Voice, row: ChapterRow) -> str:
    voted = voice.label("voted_yes" if row.voted else "voted_no")
    name = shortened(voice.label("chapter_title", number=row.number, title=row.title), BAR - 15)
    return f"{name} · {voted}"


def _told(voice: Voice, rows: tuple[ChapterRow, ...]) -> str:
    return "; ".join(
        voice.label(
            "bar_told",
            number=row.number,
            passed=row.passed,
            challenges=row.challenges,
            voted=voice.label("voted_yes" if row.voted else "voted_no"),
        )
        for row in rows
    )
