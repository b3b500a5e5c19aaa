"""Who moderates a run: shown, named and removed.

Knows no store and no platform; members are shown by the name they have now, which only a document
can do, so buttons are numbered.
Invariant: whatever was changed, who moderates the run now stands below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lessons import actions
from lessons.actions import AnyWant
from lessons.document import (
    ChannelName,
    CommandName,
    Document,
    Listing,
    MemberName,
    Paragraph,
)
from lessons.posts import Control, Post, Reply
from lessons.replies.membership import MOST_CHOICES
from lessons.replies.voice import Voice, post, private
from lessons.runs import Run

MOST_MODERATORS = MOST_CHOICES
"""Each has a button to be removed with."""

COMMAND = "/series moderators"


@dataclass(frozen=True, slots=True)
class NamingView:
    """A run, those who are named for it, and who asks."""

    run: Run
    title: str
    named: Sequence[str]
    asker: str


def moderators(voice: Voice, view: NamingView) -> Reply:
    """Who moderates the run, and how somebody is named."""
    return _shown(voice, view, Document())


def named(voice: Voice, view: NamingView, member: str) -> Reply:
    """Somebody moderates it from now on; who is told of nothing any more can be named as well."""
    if member == view.asker:
        return _shown(voice, view, voice.say("named_you", series=view.title))
    said = voice.say("named", member=MemberName(member), series=view.title)
    if view.asker in view.named:
        return _shown(voice, view, said)
    me = voice.button("tell_me", actions.Moderators(view.run.id, view.asker))
    return _shown(voice, view, said, voice.say("named_told"), me)


def named_already(voice: Voice, view: NamingView, member: str) -> Reply:
    said = voice.say("named_already", member=MemberName(member), series=view.title)
    return _shown(voice, view, said)


def removed(voice: Voice, view: NamingView, member: str, *, was: bool) -> Reply:
    """Somebody moderates it no more; `was`: until now."""
    if member == view.asker and was:
        return private(voice.say("removed_you", series=view.title), edit=True)
    key = "removed" if was else "removed_before"
    said = voice.say(key, member=MemberName(member), series=view.title)
    return _shown(voice, view, said, edit=True)


def confirm_remove(voice: Voice, view: NamingView) -> Reply:
    """Who removes themself can't take it back."""
    sure = actions.RemoveModerator(view.run.id, view.asker, sure=True)
    return private(
        voice.say("remove_sure", series=view.title),
        voice.button("remove_yes", sure, "danger"),
        voice.button("cancel", actions.Cancel()),
        edit=True,
    )


def _shown(
    voice: Voice,
    view: NamingView,
    said: Document,
    more: Document | None = None,
    *controls: Control,
    edit: bool = False,
) -> Reply:
    run = view.run
    if view.named:
        lines = tuple((Paragraph((MemberName(member),)),) for member in view.named)
        said += voice.say("named_are", series=view.title, channel=ChannelName(run.channel))
        said += Document((Listing(lines, start=1),)) + voice.say("named_tell")
    else:
        said += voice.say(
            "named_none",
            series=view.title,
            channel=ChannelName(run.channel),
            starter=MemberName(run.started_by),
        )
    buttons = [
        voice.named(
            voice.label("remove_number", number=number),
            actions.RemoveModerator(run.id, member),
        )
        for number, member in enumerate(view.named, start=1)
    ]
    said += more if more is not None else voice.say("named_how", command=CommandName(COMMAND))
    return private(said, *controls, *buttons, edit=edit)


# -- when nobody was named ------------------------------------------------------------------------


def unknown(voice: Voice, given: str) -> Reply:
    """What was typed or chosen is no person of this space."""
    return private(voice.say("named_unknown", given=given))


def could_not_find(voice: Voice, again: AnyWant) -> Reply:
    """The platform did not say in time whether there is such a person."""
    return private(voice.say("could_not_find"), voice.button("try_again", again, "primary"))


def enough(voice: Voice, view: NamingView) -> Reply:
    said = voice.say("named_enough", series=view.title, number=len(view.named))
    return _shown(voice, view, said)


# -- what comes unasked, in private ---------------------------------------------------------------


def you_are_named(voice: Voice, run: Run, title: str) -> Post:
    """A letter to who was named, with a way in: commands may be hidden from them.

    It is kept as theirs, so it says nothing of who named them, who may have all deleted one day.
    """
    return post(
        voice.say(
            "you_are_named",
            series=title,
            channel=ChannelName(run.channel),
        ),
        voice.button("status", actions.ShowStatus(run.id), "primary"),
    )
