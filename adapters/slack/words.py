"""What Slack's side of the study hall says by itself, and what Slack calls its rights.

Knows no lesson. Invariant: every word that a person may read and that no reply brought is here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

WORDS: Final = MappingProxyType(
    {
        "alt": "Picture: {alt}",
        "alt_goes_on": "{alt} (goes on below the picture)",
        "picture": "A picture",
        "again": "That took me too long, and nothing was counted. Please press it again.",
        "went_wrong": (
            "Something went wrong on my side. Please try again: nothing is counted twice."
        ),
        "not_everyone": "I never call everybody. Choose a group that people joined themselves.",
        "title": "Study hall",
        "loading": "One moment, please …",
        "close": "Close",
        "send_answer": "Send answer",
        "lock_in": "Lock in",
        "locked": "{label} ",
        "your_answer": "Your answer",
        "number_like": "such as 1.95",
        "choose": "Choose one",
        "choose_for": "{item}: choose one",
        "place": "Place {number}",
        "place_first": "First",
        "place_last": "Last",
        "text_of": "{letter}. {text}",
        "goes_on": "Go on reading",
        "goes_back": "Back",
        "post": "Study hall",
        "menu_intro": "What would you like to do? Everything here can also be typed: {command}.",
        "menu_members": "For you",
        "menu_moderators": "For moderators",
        "menu_go": "Go",
        "left_empty": "May be left empty",
        "needed": "This is needed.",
    }
)

RIGHTS: Final = MappingProxyType(
    {
        "member": "being in the channel (type /invite @Studyhall there)",
        "archived": "a channel that is not archived",
        "posting": "the right to post in that channel (its settings keep apps or members out)",
        "installed": "being installed in this workspace (a workspace admin can install me again)",
        "scope": 'the scope "{scope}" (reinstall the app with its newest manifest)',
    }
)
"""What stands between the app and a channel, in words that say what to do."""


def word(key: str, **pieces: str | int) -> str:
    """The words of a key, filled."""
    return WORDS[key].format(**pieces)
