"""What members are told of what is kept of them, and of its end.

Knows no store. Invariant: nothing is deleted without a second press that says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from lessons import actions
from lessons.document import ChannelName, Code, Document, Listing
from lessons.kept import Kept, KeptRun
from lessons.posts import Control, Reply
from lessons.replies.membership import count
from lessons.replies.voice import Voice, heading, private


def overview(voice: Voice) -> Reply:
    """In general, with a button for each thing that can be done about it."""
    said = heading(voice.label("privacy_title"), level=3) + voice.say("privacy")
    return private(said, *_buttons(voice))


def _buttons(voice: Voice) -> list[Control]:
    return [
        voice.button("show_kept", actions.ShowKept(), "primary"),
        voice.button("export", actions.ExportMine()),
        voice.button("delete_mine", actions.DeleteMine(), "danger"),
    ]


def shown(voice: Voice, kept: Kept, titles: Mapping[str, str]) -> Reply:
    """Counts in plain words, run by run."""
    lines = [_run(voice, run, titles.get(run.run, run.series)) for run in kept.runs]
    if kept.settings is not None:
        lines.append(voice.say("kept_settings"))
    if kept.records:
        lines.append(voice.say("kept_records", records=count(voice, "records", len(kept.records))))
    if not lines:
        return private(voice.say("kept_nothing"))
    listed = Document((Listing(tuple(line.blocks for line in lines)),))
    return private(voice.say("kept") + listed, *_buttons(voice)[1:])


def _run(voice: Voice, run: KeptRun, title: str) -> Document:
    channel = ChannelName(run.channel)
    if not run.theirs:
        return voice.say("kept_started", series=title, channel=channel)
    said = voice.say(
        "kept_run",
        series=title,
        channel=channel,
        votes=count(voice, "votes", len(run.votes)),
        challenges=count(voice, "challenges", len(run.challenges)),
        answers=count(voice, "answers", run.answers),
        done=count(voice, "chapters_done", run.done),
        letters=count(voice, "letters", len(run.letters)),
    )
    if run.joined_at is not None:
        said += voice.say("kept_since", when=voice.moment(run.joined_at))
    if run.left_at is not None:
        said += voice.say("kept_left", when=voice.moment(run.left_at))
    if run.moderates and not run.started:
        said += voice.say("kept_moderates")
    return said + voice.say("kept_started_too") if run.started else said


def export(voice: Voice, json: str) -> Reply:
    """All of it for a machine; platforms show it in as many parts as it takes."""
    return private(voice.say("exported") + Document((Code(json, "json"),)))


def confirm(voice: Voice, started: tuple[str, ...]) -> Reply:
    said = voice.say("delete_sure") + _started(voice, started)
    return private(
        said,
        voice.button("delete_yes", actions.DeleteMine(sure=True), "danger"),
        voice.button("keep_it", actions.Cancel()),
    )


def deleted(voice: Voice, started: tuple[str, ...]) -> Reply:
    return private(voice.say("deleted") + _started(voice, started))


def _started(voice: Voice, started: tuple[str, ...]) -> Document:
    if not started:
        return Document()
    return voice.say("delete_started", series=", ".join(started))
