"""What Slack's side of the study hall says by itself, and what Slack calls its rights.

Knows no lesson. Invariant: every word that a person may read and that no reply brought is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

WORDS: Final = MappingProxyType(
    {
        "alt": "Picture: {alt}",
        "alt_goes_on": "{alt} (goes on below the picture)",
        "picture": "A picture",
        "again": "That took me too long, and nothing was counted. Please try it again.",
        "went_wrong": (
            "Something went wrong on my side. Please try again: nothing is counted twice."
        ),
        "no_way_in": (
            "I can't work in this workspace just now. If that stays, a workspace admin can install"
            " me again."
        ),
        "no_group": (
            "Nobody would be told: that is no user group. Write its name with the @ that Slack"
            " suggests, as in role:@readers."
        ),
        "title": "Study hall",
        "loading": "One moment, please …",
        "close": "Close",
        "send_answer": "Send answer",
        "lock_in": "Lock in",
        "locked": "{label} ",
        "your_answer": "Your answer",
        "number_like": "such as 1.95",
        "choose": "Choose one",
        "place": "Place {number}",
        "place_first": "First",
        "place_last": "Last",
        "text_of": "{letter}. {text}",
        "post": "Study hall",
        "menu_intro": "What would you like to do? You can also type what stands below each.",
        "menu_members": "For you",
        "menu_moderators": "For moderators",
        "menu_go": "Go",
        "channel": "The channel",
        "private_place": "these private messages",
        "needed": "This is needed.",
        "app_name": "Studyhall",
        "app_description": "Keeps a study group going: a weekly series with small challenges.",
        "app_long_description": (
            "A moderator starts a series in a channel. From then on, every week the channel gets a"
            " chapter excerpt with one picture and one question that everybody votes on before the"
            " answer is shown, and each member gets small challenges with numbers of their own. A"
            " wrong answer is met with the reason why it is wrong. Nobody is raced, ranked or"
            " spammed: the app posts only in channels it was invited to, calls nobody, and reads"
            " no messages."
        ),
        "shortcut": "Ask the study hall",
        "shortcut_description": "Everything that can be done, to choose from.",
    }
)

RIGHTS: Final = MappingProxyType(
    {
        "member": "being in the channel (type /invite @Studyhall there)",
        "archived": "a channel that is not archived",
        "posting": "the right to post in that channel (its settings keep apps or members out)",
        "installed": "being installed in this workspace (a workspace admin can install me again)",
        "readable": "a token that I can read (whoever runs me finds in the log what to do)",
        "renewed": "a token that Slack renews (a workspace admin can install me again)",
        "scope": 'the scope "{scope}" (reinstall the app with its newest manifest)',
    }
)
"""What stands between the app and a channel, in words that say what to do."""


def word(key: str, **pieces: str | int) -> str:
    """The words of a key, filled."""
    return WORDS[key].format(**pieces)


# -- installing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """What a browser shows when an installation ended; `again` is the link to begin anew."""

    status: int
    title: str
    lines: tuple[str, ...]
    again: str = ""


_AGAIN: Final = "Begin again"

PAGES: Final[Mapping[str, Page]] = MappingProxyType(
    {
        "installed": Page(
            200,
            "The study hall is in your workspace",
            (
                "Two steps are left, both in Slack.",
                "Go to the channel that is to have the series, and type: /invite @Studyhall",
                "Then type there: /series start. You are shown the next dates, and nothing is"
                " posted before you press Start.",
                "Members find everything under Studyhall, in the list of apps. You can close this"
                " page.",
            ),
        ),
        "access_denied": Page(
            403,
            "Nothing was installed",
            (
                "You, or whoever looks after apps in your workspace, said no, and that is fine:"
                " nothing was changed.",
                "If your workspace wants an admin to allow apps first, ask one, and begin again"
                " then.",
            ),
            _AGAIN,
        ),
        "invalid_browser": Page(
            400,
            "This was begun elsewhere",
            (
                "An installation ends in the browser in which it began, and this one does not know"
                " of it. That happens with two windows at once, with a reloaded page, or where"
                " cookies are refused.",
                "Nothing was installed.",
            ),
            _AGAIN,
        ),
        "invalid_state": Page(
            400,
            "That took too long",
            (
                "An installation has ten minutes, and each can be ended once.",
                "Nothing was changed by this page.",
            ),
            _AGAIN,
        ),
        "missing_code": Page(
            400,
            "Slack did not say what to do",
            ("Something was missing in the address. Nothing was installed.",),
            _AGAIN,
        ),
        "invalid_code": Page(
            400,
            "Slack did not confirm it",
            (
                "Slack did not give a token for this installation, so nothing was installed.",
                "If that happens again, whoever runs the study hall should look at its log and at"
                " the app's client secret.",
            ),
            _AGAIN,
        ),
        "refused": Page(
            400,
            "Slack said no",
            ("Slack ended the installation. Nothing was installed.",),
            _AGAIN,
        ),
        "whole_organisation": Page(
            400,
            "Please choose one workspace",
            (
                "This was an installation for a whole organisation, and a study hall lives in"
                " single workspaces. Nothing was kept.",
                "Remove it from the organisation, begin again, and choose a workspace.",
            ),
            _AGAIN,
        ),
        "storage_error": Page(
            400,
            "Slack gave no bot token",
            (
                "The installation lacked what the study hall works with, so nothing was kept.",
                "Whoever runs the study hall should compare the app with its manifest.",
            ),
            _AGAIN,
        ),
        "slack_away": Page(
            503,
            "Slack can't be reached",
            ("Nothing was installed. Please try again in a few minutes.",),
            _AGAIN,
        ),
        "not_kept": Page(
            503,
            "That could not be kept",
            (
                "Something went wrong on the study hall's side, and it is in its log. Nothing is"
                " used that was not kept.",
                "Please try again in a few minutes.",
            ),
            _AGAIN,
        ),
        "not_open": Page(
            503,
            "The study hall is just opening",
            ("Please try again in a moment.",),
            _AGAIN,
        ),
    }
)
