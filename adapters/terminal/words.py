"""The few words of the terminal itself: its prompt, its own commands, its marks.

Knows no lesson; what the service says comes from `lessons.wording`.
Invariant: all of the interface's own words stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "only": "only {who}",
        "thread": "thread: {name}",
        "picture": "picture: {path}",
        "above": "{title}: the same picture as above.",
        "alt": "In words: {alt}",
        "form": "To answer, {how}. An empty line leaves the form; buttons wait until then.",
        "form_next": "To answer, {how}. It is locked then, and the next step comes.",
        "form_one": "type it",
        "form_letter": "type the letter",
        "form_letters": "type the letters, with spaces",
        "form_order": "type the letters from first to last, like b a c",
        "form_match": "type one letter for each item in order, like b a c",
        "form_numbers": "type the numbers with spaces between them",
        "form_lines": "type one answer after another, with ; between them",
        "not_a_letter": "{given} is not one of the letters. That did not count as a try.",
        "chosen_now": "(now)",
        "left_form": "Left the form; nothing was counted.",
        "welcome": (
            "This is the study hall. You are {who} in #{channel}. Type what you would type in a"
            " chat, like /series start or /study join, or the number of a button."
        ),
        "help": (
            "To begin: /series start, then 1 to press [1] Start, then clock next for the first"
            " chapter, then as ada to read and answer it.\n"
            "\n"
            "number          press that button; its words will do, too\n"
            "/study help     what members can do; /series ... is for moderators\n"
            "as ada          be somebody else: {people}\n"
            "clock next      move the clock to the next slot\n"
            "clock +2d       move the clock by days (d), hours (h) or minutes (m)\n"
            "look            show the channel again\n"
            "reload          read the series again\n"
            "quit            leave; everything is kept"
        ),
        "you_are": "You are {who} now.",
        "nobody": "There is nobody called {who} here. There are: {people}.",
        "no_button": "There is no button {given} on the screen.",
        "clock": "It is {at}.",
        "no_slot": "No post is coming: no series is running here, or it is paused or at its end.",
        "bad_clock": "I can't read {given}. Write clock next, clock +2d, clock +3h or clock +30m.",
        "not_understood": (
            "I don't know that. Type the number or the words of a button, a command like"
            " /study help, or help for what else there is."
        ),
        "reloaded": "The series were read again; nothing is wrong in them.",
        "empty": "Nothing has been posted here yet.",
        "not_empty": (
            "There is a study hall in {home} already, and nothing in it was changed. The tour"
            " needs an empty folder: name another one, or none."
        ),
        "stuck": "The tour did not go as planned: {what}.",
        "bye": "Everything is kept. See you.",
    }
)


def word(key: str, **pieces: str | int) -> str:
    """The words of `key`, filled."""
    return WORDS[key].format(**pieces)
