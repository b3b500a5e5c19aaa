"""What a typed line means."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.terminal.controls import Board
from adapters.terminal.intake import (
    Line,
    Local,
    Locked,
    MoveClock,
    SwitchTo,
    Unclear,
    answers,
    parse_line,
)
from lessons.actions import Join, Leave, Pressed, Submitted, Typed
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
from lessons.posts import Form, control

JOIN = control("terminal:hall", "Join", Join())
LEAVE = control("terminal:hall", "Leave", Leave())
THREE = shown(("red", "green", "blue"))


def board(*fields: Field) -> Board:
    """Two buttons, and a form if there are fields."""
    made = Board()
    made.show((JOIN, LEAVE))
    if fields:
        made.open(Form(LEAVE, "A form", Document(), fields))
    return made


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("1", Pressed(JOIN.id)),
        ("  2  ", Pressed(LEAVE.id)),
        ("002", Pressed(LEAVE.id)),
        ("3", Unclear("no_button", "3")),
        ("0", Unclear("no_button", "0")),
        ("1234567", Unclear("not_understood", "1234567")),
        ("\u0662", Unclear("not_understood", "\u0662")),  # an Arabic two is no number here
        ("/study next", Typed("study", "next")),
        ("/study lesson 2", Typed("study", "lesson", ("2",))),
        ('/series start "An eye" now', Typed("series", "start", ("An eye", "now"))),
        ("/series note it's late", Typed("series", "note", ("it's", "late"))),
        ('/series note "open', Typed("series", "note", ('"open',))),
        ("/series note back\\", Typed("series", "note", ("back\\",))),
        ("/study", Typed("study", "")),
        ("/", Typed("", "")),
        ("as ada", SwitchTo("ada")),
        ("AS  Ada", SwitchTo("ada")),
        ("as ", Unclear("not_understood", "as")),
        ("as", Unclear("not_understood", "as")),
        ("clock next", MoveClock(None)),
        ("Clock Next", MoveClock(None)),
        ("clock +2d", MoveClock(timedelta(days=2))),
        ("clock +3 h", MoveClock(timedelta(hours=3))),
        ("clock +30m", MoveClock(timedelta(minutes=30))),
        ("clock", Unclear("bad_clock", "clock")),
        ("clock -2d", Unclear("bad_clock", "clock -2d")),
        ("clock 2d", Unclear("bad_clock", "clock 2d")),
        ("clock +99999d", Unclear("bad_clock", "clock +99999d")),
        ("clock +2w", Unclear("bad_clock", "clock +2w")),
        ("help", Local("help")),
        ("LOOK", Local("look")),
        ("reload", Local("reload")),
        ("quit", Local("quit")),
        ("exit", Local("quit")),
        ("quit now", Unclear("not_understood", "quit now")),
        ("", Unclear("not_understood", "")),
        ("hello", Unclear("not_understood", "hello")),
    ],
)
def test_a_line_without_an_open_form(line: str, meant: Line) -> None:
    assert parse_line(line, board()) == meant


NUMBERS = tuple(NumberField(name, name) for name in ("start", "middle", "end"))


@pytest.mark.parametrize(
    ("fields", "line", "raw"),
    [
        ((NumberField("n", "n"),), "1,95", {"n": "1,95"}),
        ((NumberField("n", "n"),), " 1.95 ", {"n": "1.95"}),
        ((NumberField("n", "n"),), "1", {"n": "1"}),
        (NUMBERS, "0.7 0.5 0.3", {"start": "0.7", "middle": "0.5", "end": "0.3"}),
        (NUMBERS, "0,7 0,5 0,3", {"start": "0,7", "middle": "0,5", "end": "0,3"}),
        (NUMBERS, "0.7, 0.5, 0.3", {"start": "0.7", "middle": "0.5", "end": "0.3"}),
        (NUMBERS, "0,7; 0,5; 0,3", {"start": "0,7", "middle": "0,5", "end": "0,3"}),
        (NUMBERS, "0.7,0.5,0.3", {"start": "0.7", "middle": "0.5", "end": "0.3"}),
        (NUMBERS, "0.7 0.5", {"start": "0.7", "middle": "0.5", "end": ""}),
        (NUMBERS, "1 2 3 4", {"start": "1", "middle": "2", "end": "3 4"}),
        ((TextField("t", "t"),), "quit", {"t": "quit"}),
        ((TextField("t", "t"),), "a; b", {"t": "a; b"}),
        ((TextField("t", "t"), NumberField("n", "n")), "a b; 2", {"t": "a b", "n": "2"}),
        ((TextField("t", "t"), NumberField("n", "n")), "a b", {"t": "a b", "n": ""}),
        ((TextField("t", "t"), NumberField("n", "n")), "a; b; 2", {"t": "a", "n": "b 2"}),
        ((ChoiceField("c", "c", THREE),), "b", {"c": "b"}),
        ((ChoiceField("c", "c", THREE),), "help", {"c": "help"}),
        ((ChoicesField("c", "c", THREE),), "a c", {"c": ("a", "c")}),
        ((ChoicesField("c", "c", THREE),), "a,c", {"c": ("a", "c")}),
        ((ChoicesField("c", "c", THREE),), "AC", {"c": ("A", "C")}),
        ((ChoicesField("c", "c", THREE),), "axe", {"c": ("axe",)}),
        ((OrderField("o", "o", THREE),), "bac", {"o": ("b", "a", "c")}),
        ((OrderField("o", "o", THREE),), "b a c", {"o": ("b", "a", "c")}),
        ((MatchField("m", "m", ("x", "y"), THREE),), "c c", {"m": ("c", "c")}),
    ],
)
def test_a_line_answers_the_open_form(fields: tuple[Field, ...], line: str, raw: Raw) -> None:
    assert parse_line(line, board(*fields)) == Submitted(LEAVE.id, raw)


def test_an_empty_line_leaves_the_form() -> None:
    assert parse_line("   ", board(*NUMBERS)) == Local("leave form")


def test_a_command_is_a_command_while_a_form_is_open() -> None:
    assert parse_line("/study help", board(*NUMBERS)) == Typed("study", "help")


STEPS = (
    ChoiceField("step-1", "Which test?", THREE),
    ChoiceField("step-2", "What does it show?", THREE, after="step-1"),
)


def test_a_later_step_is_asked_only_when_the_one_before_is_locked() -> None:
    before = board(*STEPS)
    assert before.asked() == STEPS[:1]
    assert parse_line("b", before) == Locked({"step-1": "b"})
    before.draft |= {"step-1": "b"}
    assert before.asked() == STEPS[1:]
    assert parse_line("c", before) == Submitted(LEAVE.id, {"step-1": "b", "step-2": "c"})


def test_a_step_is_not_locked_with_something_that_is_no_letter_of_it() -> None:
    assert parse_line("z", board(*STEPS)) == Unclear("not_a_letter", "z")


@pytest.mark.parametrize(
    ("field", "line", "stray"),
    [
        (OrderField("o", "o", THREE), "b a z", "z"),
        (ChoiceField("c", "c", THREE), "Z", "Z"),
        (ChoicesField("c", "c", THREE), "a, 1", "1"),
        (MatchField("m", "m", ("x", "y"), THREE), "a y", "y"),
    ],
)
def test_a_letter_that_is_none_of_the_form_s_is_named_alone(
    field: Field, line: str, stray: str
) -> None:
    assert parse_line(line, board(field)) == Unclear("not_a_letter", stray)


def test_an_option_of_one_letter_may_be_typed_as_it_reads() -> None:
    field = ChoiceField("c", "c", shown(("7", "8")))
    assert parse_line("8", board(field)) == Submitted(LEAVE.id, {"c": "8"})


def test_a_form_that_is_opened_again_has_forgotten_its_draft() -> None:
    before = board(*STEPS)
    before.draft |= {"step-1": "b"}
    before.open(before.form)
    assert before.asked() == STEPS[:1]


def test_numbers_of_buttons_go_on_and_old_ones_stay_what_they_were() -> None:
    made = board()
    assert made.show((LEAVE,)) == 3
    assert parse_line("1", made) == Pressed(JOIN.id)
    assert parse_line("3", made) == Pressed(LEAVE.id)


@pytest.mark.parametrize("line", ["Join", "join", "  JOIN "])
def test_the_words_of_a_button_press_it(line: str) -> None:
    assert parse_line(line, board()) == Pressed(JOIN.id)


def test_of_two_buttons_with_the_same_words_the_newer_one_is_meant() -> None:
    made = board()
    made.show((control("terminal:hall", "Join", Join("another")),))
    assert parse_line("join", made) == Pressed(control("terminal:hall", "", Join("another")).id)


def test_the_hall_s_own_words_go_before_those_of_a_button() -> None:
    made = board()
    made.show((control("terminal:hall", "Help", Join()),))
    assert parse_line("help", made) == Local("help")


FORMS: tuple[tuple[Field, ...], ...] = (
    (),
    NUMBERS,
    STEPS,
    (OrderField("o", "o", THREE),),
    (MatchField("m", "m", ("x", "y"), THREE), TextField("t", "t")),
)


@given(st.text(), st.sampled_from(FORMS))
def test_nothing_that_can_be_typed_breaks_it(text: str, fields: tuple[Field, ...]) -> None:
    read = parse_line(text, board(*fields))
    if isinstance(read, Submitted):
        assert list(read.raw) == [field.id for field in fields]


@given(st.text())
def test_no_answer_is_lost_between_the_fields(text: str) -> None:
    fields = (TextField("a", "a"), TextField("b", "b"))
    given = answers(fields, text)
    kept = "".join(str(value) for value in given.values())
    assert kept.replace(" ", "") == "".join(p.strip() for p in text.split(";")).replace(" ", "")
