"""The one letter that a member may get unasked: that a chapter is still open, if they want that.

Knows no store. Invariant: it says how to end it.
"""

from __future__ import annotations

from datetime import datetime

from lessons import actions
from lessons.actions import RunId
from lessons.curriculum import Chapter
from lessons.posts import Post
from lessons.replies.membership import count
from lessons.replies.voice import Voice, post


def reminder(
    voice: Voice, run: RunId, series: str, chapter: Chapter, missing: int, closing: datetime
) -> Post:
    """So many challenges are missing; `closing` is when the week has its recap."""
    return post(
        voice.say(
            "reminder",
            number=chapter.number,
            series=series,
            title=chapter.title,
            challenges=count(voice, "challenges", missing),
            when=voice.moment(closing),
        ),
        voice.button("my_challenges", actions.Challenges(run, chapter.slug), "primary"),
        voice.button("stop_reminders", actions.Remind(on=False)),
    )
