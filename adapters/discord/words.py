"""What Discord's side of the study hall says by itself, and what Discord calls its rights.

Knows no lesson. Invariant: every word that a person may read and that no reply brought is here.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

WORDS: Final = MappingProxyType(
    {
        "alt": "Picture: {alt}",
        "alt_goes_on": "{alt} (goes on below the picture)",
        "again": "That took me too long, and nothing was counted. Please press it again.",
        "only_in_servers": "I work in servers only: there I know which series you mean.",
        "not_everyone": "I never call everybody. Choose a role that people gave themselves.",
        "role_closed": (
            "Nobody would be told: that role can't be mentioned. Allow it in the role's settings"
            " (anyone may @mention this role), or choose another."
        ),
        "went_wrong": (
            "Something went wrong on my side. Please try again: nothing is counted twice."
        ),
        "place": "Place {number}",
        "place_first": "First",
        "place_last": "Last",
        "choose": "Choose one",
        "choose_for": "{item}: choose one",
        "choose_several": "Choose one or more",
        "send_answer": "Send answer",
        "lock_in": "Lock in",
        "locked": "{label} **{text}**",
        "number_like": "such as 1.95",
        "your_answer": "Your answer",
        "text_of": "{letter}. {text}",
        "thread": "talk",
        "post": "Study hall",
    }
)

RIGHTS: Final = MappingProxyType(
    {
        "view_channel": "View channel",
        "send_messages": "Send messages",
        "send_messages_in_threads": "Send messages in threads",
        "create_public_threads": "Create public threads",
        "embed_links": "Embed links",
        "attach_files": "Attach files",
        "read_message_history": "Read message history",
    }
)
"""By discord.py's name, what Discord's settings call each right that is asked for."""


def word(key: str, **pieces: str | int) -> str:
    """The words of a key, filled."""
    return WORDS[key].format(**pieces)
