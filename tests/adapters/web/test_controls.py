"""Forms: what is asked, what is locked, what is wrong, and what a browser sends back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web import controls
from adapters.web.controls import FIELD, answers, moved
from adapters.web.render import Drawing
from adapters.web.words import word
from lessons.actions import Join, Leave
from lessons.document import Document, Paragraph, Text
from lessons.fields import (
    ChoiceField,
    ChoicesField,
    Field,
    MatchField,
    NumberField,
    OrderField,
    Raw,
    TextField,
    due,
    shown,
)
from lessons.posts import FieldError, Form, control
from tests.rigs.page_text import Element, read

COLOURS = shown(("red", "green", "blue"))
SEND = control("web:hall", "Send", Leave())
JOIN = control("web:hall", "Join", Join(), "primary")
WRONG = "Please give a number."

ONE_OF_EACH: tuple[Field, ...] = (
    ChoiceField("guess", "Which one?", COLOURS),
    ChoicesField("all", "Which ones?", COLOURS),
    NumberField("number", "How many?"),
    TextField("words", "In your words?"),
    OrderField("order", "In which order?", COLOURS),
    MatchField("pairs", "What goes with what?", ("sky", "grass"), COLOURS),
)
PREDICT: tuple[Field, ...] = (
    ChoiceField("what", "What happens?", COLOURS),
    ChoiceField("why", "Why?", COLOURS, after="what"),
)


def form(
    *fields: Field,
    values: Raw | None = None,
    locked: Raw | None = None,
    errors: tuple[FieldError, ...] = (),
) -> Element:
    drawn = controls.form(
        Form(SEND, "A form", Document(), fields),
        "p1",
        Drawing(lambda name: None),
        action="/as/ada/study/act",
        token="t",
        values=values or {},
        locked=locked or {},
        errors=errors,
    )
    return read("".join(drawn.iter_chunks()))


def wrong(field: str) -> FieldError:
    return FieldError(field, Document((Paragraph((Text(WRONG),)),)))


def as_sent(page: Element) -> list[tuple[str, str]]:
    """What a browser would send for the form as it is drawn."""
    sent = []
    for field in page.all():
        if field.tag == "input" and (
            field["type"] not in ("radio", "checkbox") or "checked" in field.attributes
        ):
            sent.append((field["name"], field["value"]))
        if field.tag == "select":
            chosen = [one for one in field.all("option") if "selected" in one.attributes]
            sent.append((field["name"], (chosen or field.all("option"))[0]["value"]))
    return sent


# -- what is drawn --------------------------------------------------------------------------------


def test_every_field_has_a_label_and_its_options() -> None:
    page = form(*ONE_OF_EACH)
    words = page.words()
    for field in ONE_OF_EACH:
        assert field.label in words
    assert words.count("red") >= 5
    named = {label["for"] for label in page.all("label")}
    for entry in page.all("input", type="text") + page.all("select"):
        assert entry["id"] in named
    ids = [element["id"] for element in page.all() if element["id"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("field", ONE_OF_EACH, ids=lambda field: field.id)
def test_what_was_given_stands_in_the_field_again(field: Field) -> None:
    given: dict[str, str | tuple[str, ...]] = {
        "guess": "b",
        "all": ("a", "c"),
        "number": "-1,5",
        "words": 'a "b" <c>',
        "order": ("c", "a", "b"),
        "pairs": ("b", "c"),
    }
    page = form(field, values={field.id: given[field.id]})

    assert answers(as_sent(page)) == {field.id: given[field.id]}


@pytest.mark.parametrize("field", ONE_OF_EACH, ids=lambda field: field.id)
def test_what_is_wrong_stands_at_the_field_and_the_field_points_to_it(field: Field) -> None:
    page = form(*ONE_OF_EACH, errors=(wrong(field.id),))
    (marked,) = page.all(aria_invalid="true")
    told = page.one(id=marked["aria-describedby"])

    assert WRONG in told.words()
    assert page.words().count(WRONG) == 1


def test_the_second_step_is_not_asked_before_the_first_is_locked() -> None:
    first = form(*PREDICT)
    assert "Why?" not in first.words()
    assert word("form_next") in first.words()

    second = form(*PREDICT, locked={"what": "b"})
    assert word("locked", what="green") in second.words()
    assert "Why?" in second.words()
    assert SEND.label in second.words()
    assert FIELD + "what" not in dict(as_sent(second))


def test_due_are_those_whose_turn_it_is() -> None:
    asked = Form(SEND, "", Document(), PREDICT)
    assert [field.id for field in due(asked.fields, {})] == ["what"]
    assert [field.id for field in due(asked.fields, {"what": "a"})] == ["why"]
    assert due(asked.fields, {"what": "a", "why": "b"}) == ()


def test_the_ends_of_an_order_can_not_be_moved_further() -> None:
    page = form(ONE_OF_EACH[4], values={"order": ("c", "a", "b")})
    lines = page.all("li")
    assert [line.one("span").words() for line in lines] == ["blue", "red", "green"]
    disabled = [
        (line.one("span").words(), button["value"].rpartition(":")[2])
        for line in lines
        for button in line.all("button")
        if "disabled" in button.attributes
    ]
    assert disabled == [("blue", "up"), ("green", "down")]


def test_options_have_no_sign_of_which_is_right() -> None:
    page = form(ChoiceField("guess", "Which?", COLOURS))
    values = [field["value"] for field in page.all("input", type="radio")]
    assert values == ["a", "b", "c"]


def test_choices_stand_apart_from_other_buttons() -> None:
    vote = control("web:hall", "It falls", Join(), "choice")
    html = "".join(
        "".join(one.iter_chunks())  # type: ignore[union-attr]
        for one in controls.buttons((vote, JOIN, SEND), "m1")  # type: ignore[union-attr]
        if one
    )
    page = read(html)
    assert [one.words() for one in page.one(class_="choices").all("button")] == ["It falls"]
    assert [one.words() for one in page.one(class_="controls").all("button")] == ["Join", "Send"]
    assert page.all("button")[1]["value"] == f"m1:{JOIN.id}"
    assert controls.buttons((), "m1") == [None, None]


# -- what comes back ------------------------------------------------------------------------------


def test_a_field_s_values_stay_in_the_order_of_the_page() -> None:
    sent = [("token", "t"), ("field.o", "c"), ("field.n", "4"), ("field.o", "a"), ("field.", "x")]

    assert answers(sent) == {"o": ("c", "a"), "n": "4", "": "x"}


def test_a_field_can_not_pass_for_one_of_the_page_s_own() -> None:
    names = [name for name, _ in as_sent(form(TextField("token", "?"), TextField("submit", "?")))]

    assert names.count("token") == 1
    assert names.count("submit") == 1


@pytest.mark.parametrize(
    ("move", "then"),
    [
        ("o:b:up", ("b", "a", "c")),
        ("o:b:down", ("a", "c", "b")),
        ("o:a:up", ("a", "b", "c")),
        ("o:c:down", ("a", "b", "c")),
        ("o:x:up", ("a", "b", "c")),
        ("other:b:up", ("a", "b", "c")),
        ("", ("a", "b", "c")),
        ("o", ("a", "b", "c")),
    ],
)
def test_a_line_moves_one_place(move: str, then: tuple[str, ...]) -> None:
    assert moved({"o": ("a", "b", "c"), "n": "1"}, move) == {"o": then, "n": "1"}


@given(st.permutations("abcd"), st.sampled_from("abcd"), st.sampled_from(["up", "down"]))
def test_moving_there_and_back_changes_nothing(order: list[str], letter: str, way: str) -> None:
    lines = tuple(order)
    there = moved({"o": lines}, f"o:{letter}:{way}")
    back = moved(there, f"o:{letter}:{'down' if way == 'up' else 'up'}")
    assert sorted(there["o"]) == sorted(lines)
    if there["o"] != lines:
        assert back["o"] == lines
