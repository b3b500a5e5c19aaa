"""What is typed becomes one want, or a kind word about what was probably meant.

Knows no platform. Invariant: every command of the table is understood, in any case of letters.
"""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from lessons import actions
from lessons.actions import AnyWant, Typed, decode_want, encode_want
from lessons.commands import (
    COMMANDS,
    Command,
    NotUnderstood,
    answers_of,
    for_moderators,
    understand,
)
from lessons.timetable import Weekday, default_timetable

BY_PATH = {command.path: command for command in COMMANDS}
EXAMPLES: dict[str, object] = {
    "timetable": default_timetable(Weekday.MONDAY, 17, 0),
    "level": "fairly",
    "by_hand": False,
    "there": True,
    "on": True,
    "alone": True,
    "number": 1,
    "seen": 1,
}


def a_want(kind: type[AnyWant]) -> AnyWant:
    """A want of that kind, with something in each field that it needs."""
    needed = [f.name for f in msgspec.structs.fields(kind) if f.required]
    made = {name: EXAMPLES.get(name, "x") for name in needed}
    return msgspec.convert({"type": kind.__name__, **made}, kind)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_every_command_is_understood_in_any_case(command: Command) -> None:
    options = {option.name: "x" for option in command.options if option.required}
    for name in (command.name, command.name.upper()):
        want = understand(Typed(command.group.title(), name, options=options))
        assert type(want) is command.want


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.path)
def test_every_option_fills_a_field_of_its_want(command: Command) -> None:
    fields = {field.name for field in msgspec.structs.fields(command.want)}
    assert {option.name for option in command.options} <= fields


def test_no_path_stands_twice_and_series_commands_are_for_moderators() -> None:
    assert len(BY_PATH) == len(COMMANDS)
    for command in COMMANDS:
        assert command.moderators_only == for_moderators(a_want(command.want)), command.path


def test_words_fill_the_options_in_order_and_the_last_takes_what_is_left() -> None:
    assert understand(Typed("study", "lesson", ("2",))) == actions.ReadLesson(chapter="2")
    words = ("maps", "monday", "17:00", "UTC", "hand", "2", "study", "what", "is", "left")
    assert understand(Typed("series", "start", words)) == actions.ProposeStart(
        "maps", "monday", "17:00", "UTC", "hand", "2", "study", "what is left"
    )


def test_named_options_win_over_words() -> None:
    typed = Typed("study", "lesson", ("2",), {"chapter": "3"})
    assert understand(typed) == actions.ReadLesson(chapter="3")


def test_a_word_that_was_quoted_stays_one() -> None:
    typed = Typed("series", "start", ("my maps", "sunday"))
    assert understand(typed) == actions.ProposeStart(series="my maps", day="sunday")


def test_words_for_a_command_that_takes_none_are_not_dropped_in_silence() -> None:
    typed = Typed("study", "join", ("please",))
    assert understand(typed) == NotUnderstood("/study join", "/study join")


def test_an_unknown_option_is_not_dropped_in_silence() -> None:
    typed = Typed("study", "lesson", (), {"page": "3"})
    assert understand(typed) == NotUnderstood("/study lesson", "/study lesson")


@pytest.mark.parametrize("given", [{}, {"channel": ""}])
def test_a_required_option_must_be_there(given: dict[str, str]) -> None:
    assert understand(Typed("series", "move", (), given)) == NotUnderstood(
        "/series move", "/series move"
    )
    assert understand(Typed("series", "move", ("attic",))) == actions.MoveRun(channel="attic")


@pytest.mark.parametrize(
    ("group", "name", "meant"),
    [
        ("study", "leson", "/study lesson"),
        ("study", "Chalenge", "/study challenge"),
        ("series", "postnow", "/series post-now"),
        ("serie", "status", "/series status"),
        ("study", "start", "/series start"),
        ("study", "xyzzyplugh", ""),
        ("frobnicate", "", ""),
    ],
)
def test_a_misspelt_command_is_told_the_nearest_one(group: str, name: str, meant: str) -> None:
    found = understand(Typed(group, name))
    assert isinstance(found, NotUnderstood)
    assert found.nearest == meant


@pytest.mark.parametrize(
    ("group", "name"), [("study", "help"), ("series", "help"), ("Series", "Help"), ("help", "")]
)
def test_help_may_be_asked_for_anywhere(group: str, name: str) -> None:
    assert understand(Typed(group, name)) == actions.Help()


def test_the_way_a_command_is_typed_shows_what_may_be_left_out() -> None:
    assert BY_PATH["/study lesson"].usage == "/study lesson [chapter]"
    assert BY_PATH["/series move"].usage == "/series move channel"
    assert BY_PATH["/study join"].usage == "/study join"


@pytest.mark.parametrize("kind", get_args(AnyWant), ids=lambda kind: kind.__name__)
def test_every_want_survives_being_stored_and_says_what_it_answers(kind: type[AnyWant]) -> None:
    want = a_want(kind)
    assert decode_want(encode_want(want)) == want
    assert answers_of(want) in ("message", "edit", "form")


def test_opening_a_lesson_is_a_message_and_turning_a_card_an_edit() -> None:
    assert answers_of(actions.ReadLesson("run", "one")) == "message"
    assert answers_of(actions.ReadLesson("run", "one", 0, turned=True)) == "edit"
    assert answers_of(actions.AskAnswer("v", 1)) == "form"
    assert answers_of(actions.Vote("run", "one", "a")) == "message"


def test_what_changes_a_run_is_for_moderators_alone() -> None:
    member = {kind for kind in get_args(AnyWant) if not for_moderators(a_want(kind))}
    assert {actions.Join, actions.Vote, actions.Try, actions.Cancel, actions.Help} <= member
    assert not member & {actions.PostNow, actions.StopRun, actions.Settle, actions.CheckAgain}
