"""The command table on the page: every command once, as everywhere."""

from __future__ import annotations

import htpy as h
import pytest

from adapters.web import commands
from adapters.web.commands import Known, typed
from adapters.web.words import WORDS
from lessons.actions import Typed
from lessons.commands import COMMANDS, Command, Option
from lessons.wording.phrase import label
from tests.rigs.page_text import Element, read

KNOWN = Known(("study", "lounge"), {"m1": "Mia", "b2": "Ben\n<b>"})


def shown(node: object) -> Element:
    return read("".join(h.div[node].iter_chunks()))  # type: ignore[index]


@pytest.mark.parametrize("started", [True, False])
def test_every_command_is_on_a_moderator_s_page_once(started: bool) -> None:
    parts = [commands.week(), commands.moderation("/as/mia/study", "t", KNOWN, started=started)]
    if not started:
        parts.append(commands.start("/as/mia/study", "t", KNOWN))
    page = shown(parts)
    offered = sorted(one["value"] for one in page.all(name="typed"))

    assert offered == sorted(f"{one.group} {one.name}" for one in COMMANDS)


def offered(command: Command) -> list[Option]:
    """Nobody has a role on this page."""
    return [option for option in command.options if option.completes != "role"]


def test_every_command_has_words_and_an_explanation() -> None:
    for command in COMMANDS:
        name = f"{command.group}_{command.name}"
        assert WORDS[name]
        assert label("en", f"command_{name}")
        for option in offered(command):
            assert WORDS[f"option_{option.name}"]


def test_a_form_has_a_labelled_field_for_every_option() -> None:
    page = shown(commands.moderation("/as/mia/study", "t", KNOWN, started=True))
    forms = {form.one(name="typed")["value"]: form for form in page.all("form")}
    for command in COMMANDS:
        if not command.moderators_only:
            continue
        form = forms[f"{command.group} {command.name}"]
        fields = [f for f in form.all() if f["name"].startswith(commands.OPTION)]
        assert [f["name"] for f in fields] == [f"option.{one.name}" for one in offered(command)]
        labels = {label_["for"] for label_ in form.all("label")}
        assert {field["id"] for field in fields} == labels
    ids = [element["id"] for element in page.all() if element["id"]]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("line", "options", "meant"),
    [
        ("study next", [], Typed("study", "next")),
        ("/study lesson 2", [], Typed("study", "lesson", ("2",))),
        ("  /Study  Next ", [], Typed("Study", "Next")),
        ("", [], Typed("", "")),
        ("/", [], Typed("", "")),
        (
            "series start",
            [("option.day", "friday"), ("option.time", " 17:00 "), ("option.zone", "")],
            Typed("series", "start", (), {"day": "friday", "time": "17:00"}),
        ),
        ("series stop", [("day", "x"), ("token", "t")], Typed("series", "stop")),
    ],
)
def test_what_a_line_means(line: str, options: list[tuple[str, str]], meant: Typed) -> None:
    assert typed(line, options) == meant


def test_who_shall_moderate_is_chosen_among_the_people_and_nobody_is_at_first() -> None:
    page = shown(commands.moderation("/as/mia/study", "t", KNOWN, started=True))
    (choice,) = [one for one in page.all("select") if one["name"] == "option.member"]

    assert [one["value"] for one in choice.all("option")] == ["", "m1", "b2"]
    assert [one.words() for one in choice.all("option")][1:] == ["Mia", "Ben <b>"]
