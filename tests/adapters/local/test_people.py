"""People of this machine are named as they are called."""

from __future__ import annotations

import pytest

from adapters.local.people import by_id
from lessons.actions import Typed

PEOPLE = {"p1": "Ben", "p2": "Mia B", "p3": "Sam", "p4": "sam", "sam": "Zoe"}


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("Ben",), "p1"),
        (("@ben",), "p1"),
        (("p1",), "p1"),
        (("mia", "b"), "p2"),
        (("nobody",), "nobody"),
        (("Sam",), "Sam"),  # which of the two?
        (("sam",), "sam"),  # an id comes before a name
    ],
)
def test_who_is_named_as_they_are_called_is_meant(words: tuple[str, ...], meant: str) -> None:
    asked = Typed("Series", "Moderators", (), {"member": meant})

    assert by_id(Typed("Series", "Moderators", words), PEOPLE) == asked
    named = Typed("Series", "Moderators", (), {"member": " ".join(words)})
    assert by_id(named, PEOPLE) == asked


@pytest.mark.parametrize(
    "typed",
    [
        Typed("series", "moderators"),
        Typed("series", "start", ("ben",)),
        Typed("study", "lesson", ("Ben",)),
        Typed("no", "such", ("Ben",)),
    ],
)
def test_what_names_nobody_stays_as_it_is(typed: Typed) -> None:
    assert by_id(typed, PEOPLE) is typed
