"""What one person has in front of them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.pane import MOST, Opened, Pane, without_figures
from lessons.actions import Leave
from lessons.document import Document
from lessons.fields import NumberField, OrderField, shown
from lessons.figure import Figure
from lessons.posts import FieldError, Form, control
from tests.rigs.web import part

SEND = control("web:hall", "Send", Leave())
FORM = Form(
    SEND, "A form", Document(), (NumberField("n", "?"), OrderField("o", "?", shown(("a", "b"))))
)
OPENED = Opened(FORM, "c1", {"n": "4", "o": ("b", "a")}, {"n": "4"}, (FieldError("n", Document()),))

steps = st.lists(
    st.tuples(st.sampled_from(["put", "open", "close", "away"]), st.integers(1, 5)), max_size=40
)


def after(pane: Pane, doing: list[tuple[str, int]]) -> None:
    for what, number in doing:
        name = f"p{number}"
        match what:
            case "put":
                pane.put(name, part(f"{name}, {pane.rev}"), 0)
            case "open":
                pane.open(name, OPENED)
            case "close":
                pane.open(name, None)
            case "away":
                pane.put_away(name)


@given(steps, steps)
def test_an_entry_that_reads_differently_has_a_higher_number(
    first: list[tuple[str, int]], then: list[tuple[str, int]]
) -> None:
    pane = Pane()
    after(pane, first)
    before, rev = dict(pane.entries), pane.rev
    after(pane, then)
    for name, entry in pane.entries.items():
        if entry != before.get(name):
            assert entry.rev > rev
        else:
            assert entry.rev <= rev


@given(steps)
def test_a_pane_comes_back_from_the_shelf_as_it_was(doing: list[tuple[str, int]]) -> None:
    pane = Pane()
    after(pane, doing)
    assert Pane.decode(pane.encode()) == pane


def test_the_newest_stands_first_and_the_oldest_falls_off() -> None:
    pane = Pane()
    names = [pane.new_id() for _ in range(MOST + 3)]
    for name in names:
        pane.put(name, part(name), 0)

    shown_now = [entry.id for entry in pane.newest_first()]
    assert shown_now == names[::-1][:MOST]
    assert len(set(names)) == len(names)


def test_what_is_answered_again_comes_to_the_front() -> None:
    pane = Pane()
    for name in ("p1", "p2"):
        pane.put(name, part(name), 0)
    pane.put("p1", part("again"), 0)

    assert [entry.id for entry in pane.newest_first()] == ["p1", "p2"]


def test_a_form_is_kept_without_its_pictures() -> None:
    drawn = Figure("a", "b", ())
    kept = without_figures(Form(SEND, "t", Document(), FORM.fields, (drawn,)))

    assert kept.figures == ()
    assert (kept.title, kept.fields, kept.control) == ("t", FORM.fields, SEND)


@pytest.mark.parametrize("text", ["", "[]", "null", '{"entries": 1}', "{"])
def test_what_is_no_pane_is_refused(text: str) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        Pane.decode(text)
