"""Buttons and fields, what comes back from them, and in whose place it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import controls
from lessons.actions import AskAnswer, Cancel, Join, Pause, Preview, Try, Vote
from lessons.document import Document
from lessons.fields import (
    ChoiceField,
    ChoicesField,
    Field,
    MatchField,
    NumberField,
    OrderField,
    Raw,
    TextField,
    shown,
)
from lessons.posts import FieldError, control
from tests.rigs.slack_desk import Desk, line, open_desk, saying
from tests.rigs.slack_people import read

ID = "0123456789abcdef01234567"
LONG = "W" * 76


def made(want: Join | Pause | Preview | AskAnswer | Vote | Try) -> str:
    (row,) = controls.rows([control("slack:T1", "x", want)])
    return str(row["elements"][0]["action_id"])


def elements(*fields: Field, filled: Raw | None = None) -> list[dict[str, Any]]:
    blocks = controls.inputs(ID, fields, filled)
    return [block["element"] for block in blocks if block["type"] == "input"]


# -- buttons --------------------------------------------------------------------------------------


def test_a_button_says_what_comes_of_it_and_which_it_is() -> None:
    for want, answers, window in (
        (Pause(), "message", False),
        (Preview(), "message", True),
        (Try("v", 1), "edit", True),
        (AskAnswer("v", 1), "form", True),
    ):
        press = controls.read(made(want))
        assert press is not None
        assert (press.answers, press.window) == (answers, window)
        assert press.control == control("slack:T1", "y", want).id


@given(st.text())
def test_what_is_no_button_of_ours_is_none(action_id: str) -> None:
    assert controls.read(action_id) is None


def test_the_same_button_twice_has_two_ids_and_is_one() -> None:
    twice = [control("slack:T1", "Join", Join())] * 2
    (row,) = controls.rows(twice)
    first, second = (str(one["action_id"]) for one in row["elements"])
    assert first != second
    assert controls.read(first) is not None
    assert controls.read(first) == controls.read(second)


def test_what_is_to_choose_from_stands_in_rows_of_its_own() -> None:
    votes = [control("slack:T1", f"{n}", Vote("r", "c", f"o{n}"), "choice") for n in range(7)]
    rows = controls.rows([control("slack:T1", "Join", Join(), "primary"), *votes])
    assert [len(row["elements"]) for row in rows] == [5, 2, 1]
    assert "style" not in rows[0]["elements"][0]
    assert rows[2]["elements"][0]["style"] == "primary"


def test_a_long_label_ends_with_a_sign_that_it_goes_on() -> None:
    label = controls.button(LONG, "s:x")["text"]["text"]
    assert (len(label), label[-1]) == (75, "…")
    assert controls.button(" ", "s:x")["text"]["text"] == "…"


# -- fields ---------------------------------------------------------------------------------------


def test_each_field_is_what_slack_has_for_it() -> None:
    few, many = shown(("a", "b")), shown(tuple(f"option {n}" for n in range(11)))
    kinds = {
        "plain_text_input": (NumberField("n", "N"), TextField("t", "T")),
        "radio_buttons": (ChoiceField("c", "C", few),),
        "checkboxes": (ChoicesField("c", "C", few),),
        "static_select": (
            ChoiceField("c", "C", many),
            OrderField("o", "O", few),
            MatchField("m", "M", ("x", "y"), few),
        ),
        "multi_static_select": (ChoicesField("c", "C", many),),
    }
    for kind, fields in kinds.items():
        for field in fields:
            assert {one["type"] for one in elements(field)} == {kind}


def test_what_stands_in_a_field_already_is_kept() -> None:
    fields = (TextField("t", "T"), ChoiceField("c", "C", shown(("a", "b"))))
    text, choice = elements(*fields, filled={"t": "Europe/Berlin", "c": "b"})
    assert text["initial_value"] == "Europe/Berlin"
    assert choice["initial_option"] == choice["options"][1]
    assert not {"initial_value", "initial_option"} & {*elements(*fields)[0], *elements(*fields)[1]}


def test_a_field_without_a_label_is_called_your_answer() -> None:
    assert controls.inputs(ID, (NumberField("n", " "),))[0]["label"]["text"] == "Your answer"


def test_options_too_long_for_slack_stand_above_by_letter_in_full() -> None:
    legend, field = controls.inputs(ID, (ChoiceField("c", "C", shown((LONG, "b"))),))
    assert f"A. {LONG}\nB. b" in str(legend["elements"][0]["elements"][0]["text"])
    texts = [one["text"]["text"] for one in field["element"]["options"]]
    assert texts[0].startswith("A. WWW")
    assert texts[1] == "B. b"
    assert max(map(len, texts)) <= 75


def test_places_are_named_and_what_is_ordered_stands_above_them() -> None:
    legend, *fields = controls.inputs(ID, (OrderField("o", "In order", shown(("a", "b", "c"))),))
    assert [one["label"]["text"] for one in fields] == ["First", "Place 2", "Last"]
    assert legend["elements"][0]["elements"][0]["text"] == "In order"


# -- what comes back ------------------------------------------------------------------------------


def state(fields: tuple[Field, ...], *values: dict[str, object]) -> dict[str, object]:
    blocks = [one["block_id"] for one in controls.inputs(ID, fields) if one["type"] == "input"]
    return {b: {controls.INPUT: v} for b, v in zip(blocks, values, strict=True)}


def test_answers_are_read_by_field_and_place() -> None:
    fields = (
        NumberField("n", "N"),
        ChoiceField("c", "C", shown(("a", "b"))),
        ChoicesField("s", "S", shown(("a", "b"))),
        OrderField("o", "O", shown(("a", "b"))),
    )
    given = state(
        fields,
        {"value": "1,95"},
        {"selected_option": {"value": "b"}},
        {"selected_options": [{"value": "a"}, {"value": "b"}]},
        {"selected_option": {"value": "b"}},
        {"selected_option": None},
    )
    assert controls.answers(given) == {"n": "1,95", "c": "b", "s": ("a", "b"), "o": ("b", "")}


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"x": {}},
        {"f:01234567:-:n": None},
        {"f:01234567:999:n": {}},
        {"f:0123:-:n": {"s:i": {}}},
    ],
)
def test_what_is_no_field_of_ours_is_left_aside(state: dict[str, object]) -> None:
    assert controls.answers(state) == {}


def test_an_empty_field_comes_back_empty() -> None:
    assert controls.answers({"f:01234567:-:n": {"s:i": {"value": None}}}) == {"n": ""}
    assert controls.answers({"f:01234567:-:n": {}}) == {"n": ""}


def test_what_is_wrong_is_said_at_a_block_that_is_there() -> None:
    fields = (NumberField("n", "N"), OrderField("o", "O", shown(("a", "b"))))
    errors = [(FieldError(name, Document()), f"wrong {name}") for name in ("n", "o")]
    faults = controls.faults(ID, errors, fields)
    there = [one["block_id"] for one in controls.inputs(ID, fields) if one["type"] == "input"]
    assert faults == {there[0]: "wrong n", there[1]: "wrong o"}


def test_what_is_wrong_is_on_one_line() -> None:
    errors = [(FieldError("n", Document()), "No number.\n\nThat did not count.")]
    (said,) = controls.faults(ID, errors, [NumberField("n", "N")]).values()
    assert said == "No number. That did not count."


def test_another_try_has_other_blocks_so_that_nothing_is_carried_over() -> None:
    assert controls.block_id("a" * 24, "n") != controls.block_id("b" * 24, "n")


# -- in whose place it comes ----------------------------------------------------------------------


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_desk() as desk:
        yield desk


async def asked_whether_they_are_sure(desk: Desk) -> None:
    """Ada has words for her alone before her, with a button whose answer takes their place."""
    message = await desk.post(desk.button("Pause", Pause()))
    desk.answers(saying("Are you sure?", desk.button("Never mind", Cancel())))
    await desk.presses("ada", "Pause", message)


async def test_an_answer_takes_the_place_of_what_was_asked_of_one_person(desk: Desk) -> None:
    await asked_whether_they_are_sure(desk)
    desk.answers(saying("Nothing was changed.", edit=True))
    await desk.presses("ada", "Never mind")

    assert [read(one) for one in desk.private("ada")] == ["Nothing was changed."]


async def test_of_a_long_answer_only_the_beginning_takes_that_place(desk: Desk) -> None:
    await asked_whether_they_are_sure(desk)
    long = [line(f"Paragraph {n}. " + "Look at it again. " * 60) for n in range(12)]
    desk.answers(saying("A long story.", more=long, edit=True))
    await desk.presses("ada", "Never mind")

    told = [read(one) for one in desk.private("ada")]
    assert len(told) > 2
    assert "Are you sure?" not in "".join(told)
    for n in range(12):
        assert sum(f"Paragraph {n}." in one for one in told) == 1


async def test_a_refusal_leaves_what_was_pressed_and_its_buttons(desk: Desk) -> None:
    await asked_whether_they_are_sure(desk)
    desk.answers(saying("That is for moderators."))
    await desk.presses("ada", "Never mind")

    asked, refused = desk.private("ada")
    assert (asked.labels, read(refused)) == (["Never mind"], "That is for moderators.")


async def test_no_answer_to_one_person_takes_the_place_of_a_public_post(desk: Desk) -> None:
    message = await desk.post(desk.button("Never mind", Cancel()))
    before = read(message)
    desk.answers(saying("Nothing was changed.", edit=True))
    await desk.presses("ada", "Never mind", message)

    assert (read(message), message.labels) == (before, ["Never mind"])
    assert [read(one) for one in desk.private("ada")] == ["Nothing was changed."]
