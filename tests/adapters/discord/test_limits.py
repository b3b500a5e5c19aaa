"""Everything that goes to Discord keeps within its limits, for the shipped series and the worst.

Knows the renderer and the limits; the limits stand a second time in tests/rigs/discord_payloads.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import commands, controls, limits
from lessons.actions import AskAnswer, Try, Vote
from lessons.document import Document, Paragraph, Text
from lessons.fields import (
    ChoiceField,
    ChoicesField,
    Field,
    MatchField,
    NumberField,
    OrderField,
    TextField,
    shown,
)
from lessons.markdown import blocks
from lessons.posts import Control, FieldError, Form, Part, Post, control, parts_of
from lessons.split import split
from tests.lessons import strategies
from tests.rigs.discord_bodies import asked, body_of
from tests.rigs.discord_payloads import ALLOWED, Worst, faults
from tests.rigs.every_kind import CHAPTER
from tests.rigs.specs import needs_specs, specs
from tests.rigs.worst_series import chapters

LONGEST = "W" * 75
CJK = "深" * 75
FLAGS = "\U0001f1e9\U0001f1ea" * 37


def buttons(number: int, label: str = LONGEST) -> tuple[Control, ...]:
    votes = [control("discord:1", label, Vote("r", "c", f"o{n}"), "choice") for n in range(number)]
    others = [control("discord:1", label, AskAnswer("v", n), "primary") for n in range(3)]
    return (*votes, *others)


def posted(document: Document, number: int) -> Iterator[dict[str, Any]]:
    """The bodies of a post with that many options to vote for."""
    post = Post(document, "The worst week", buttons(number))
    for n, part in enumerate(parts_of(post, limits.fits)):
        yield body_of(part, f"key-{n}")


def forms() -> Iterator[Form]:
    """Every kind of field, as large as it may be."""
    ten = shown(tuple(f"{n}{LONGEST}"[:75] for n in range(10)))
    words = "Why? " * 30
    prompt = blocks("Which of these, and why? " * 36)
    every: list[tuple[Field, ...]] = [
        (NumberField("number", words),),
        tuple(NumberField(f"n{n}", words) for n in range(5)),
        (TextField("text", words),),
        (ChoiceField("choice", words, ten),),
        (ChoicesField("choices", words, ten),),
        (OrderField("order", words, ten),),
        (MatchField("match", words, tuple(o.text for o in ten), ten),),
        tuple(ChoiceField("s" * 38 + str(n), words, ten) for n in range(8)),
        (ChoiceField("a", words, ten), ChoiceField("b", words, ten, after="a")),
    ]
    for fields in every:
        submit = control("discord:1", LONGEST, Try("v", 1))
        yield Form(submit, "Challenge " * 10, prompt, fields)


def sent(form: Form) -> dict[str, Any]:
    """The body by which a form comes, with something wrong in every field of it."""
    wrong = [FieldError(f.id, blocks("Name each letter once. " * 10)) for f in form.fields]
    return asked(form, {("a", "-"): ("a",)}, tuple(wrong))


WORST = Worst()


def held(method: str, path: str, body: dict[str, Any]) -> None:
    assert faults(method, path, body, WORST) == []


def test_the_worst_series_there_can_be_keeps_within_every_limit() -> None:
    for text in chapters():
        for body in posted(text, 10):
            held("POST", "/channels/123456789012345678/messages", body)


def test_every_form_keeps_within_every_limit() -> None:
    for form in forms():
        held("POST", "/interactions/123456789012345678/token/callback", sent(form))


def test_every_command_keeps_within_every_limit() -> None:
    held("PUT", "/applications/123456789012345678/commands", {"commands": commands.payload()})


@settings(max_examples=60, deadline=None)
@given(document=strategies.documents(), number=st.integers(2, 10))
def test_whatever_is_written_is_cut_into_messages_that_fit(document: Document, number: int) -> None:
    for body in posted(Document(document.blocks * 12), number):
        held("POST", "/channels/123456789012345678/messages", body)


@pytest.mark.parametrize(
    "letters", ["x", "深", "\U0001f1e9\U0001f1ea", "👩‍🔬", "*", "<@1> ", "`", "\\"]
)
def test_long_words_of_any_script_are_cut_and_none_is_lost(letters: str) -> None:
    document = Document((Paragraph((Text(letters * (12_000 // len(letters))),)),))

    parts = split(document, limits.fits)

    assert len(parts) > 1
    for n, one in enumerate(parts):
        held("POST", "/channels/123456789012345678/messages", body_of(Part(one, "w"), f"k{n}"))


def test_every_limit_was_met_and_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    for text in chapters():
        for body in posted(text, 10):
            held("POST", "/channels/123456789012345678/messages", body)
    for form in forms():
        held("POST", "/interactions/123456789012345678/token/callback", sent(form))
    held("PUT", "/applications/123456789012345678/commands", {"commands": commands.payload()})
    held("POST", "/channels/1/messages/1/threads", {"name": "W" * 100, "auto_archive_duration": 60})
    choices = [{"name": "W" * 100, "value": str(n)} for n in range(25)]
    held("POST", "/interactions/1/t/callback", {"type": 8, "data": {"choices": choices}})
    table = WORST.table()
    with capsys.disabled():
        print(f"\n{table}")
    assert set(WORST.seen) == set(ALLOWED)


@pytest.mark.parametrize("label", [LONGEST, CJK, FLAGS, "", " "])
def test_labels_of_any_script_fit(label: str) -> None:
    for row in controls.rows(buttons(10, label)):
        for one in row["components"]:
            assert 1 <= len(one["label"]) <= 80


def test_the_description_of_the_api_is_there_on_a_build_server() -> None:
    needs_specs()
    assert specs() is not None


# -- the checkers themselves ----------------------------------------------------------------------


def good() -> dict[str, Any]:
    return body_of(Part(blocks("Hello, **you**."), "Hello", buttons(2)), "key")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        ({"content": "beside"}, "content beside"),
        ({"flags": 0}, "no flag"),
        ({"flags": (1 << 15) | 64}, "private"),
        ({"allowed_mentions": {"parse": ["everyone"]}}, "pings"),
        ({"nonce": "x" * 26}, "nonce"),
        ({"components": []}, "components in a message"),
        ({"components": [{"type": 10, "content": "x"}] * 41}, "components in a message"),
        ({"components": [{"type": 10, "content": "x" * 4_001}]}, "characters"),
        ({"components": [{"type": 10, "content": "深" * 3_400}]}, "bytes"),
        ({"components": [{"type": 10, "content": " "}]}, "an empty text"),
        ({"components": [{"type": 2, "label": "x", "style": 1, "custom_id": "a"}]}, "at the top"),
        ({"components": [controls.row([])]}, "a row of"),
    ],
)
def test_the_tests_checker_notices(spoil: dict[str, Any], complaint: str) -> None:
    path = "/channels/123456789012345678/messages"
    assert faults("POST", path, good(), Worst()) == []
    assert any(complaint in said for said in faults("POST", path, {**good(), **spoil}, Worst()))


def test_the_adapters_own_checker_refuses_what_is_too_much() -> None:
    body = {"components": [{"type": 10, "content": "x" * 4_001}] * 41}
    assert len(limits.check(body)) >= 3
    assert limits.check(good()) == []


def test_the_series_of_every_kind_is_drawn_whole(tmp_path: Path) -> None:
    assert "Which comes first?" in CHAPTER
