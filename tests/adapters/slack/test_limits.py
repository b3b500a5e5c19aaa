"""What goes into one message or window, and that whatever is said to go in, goes in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import sheets
from adapters.slack.limits import (
    OWN_BLOCKS,
    OWN_CHARACTERS,
    OWN_VIEW_CHARACTERS,
    SIGN,
    _blocks,
    _is_small,
    characters,
    check_message,
    fits,
    fits_view,
)
from adapters.slack.messages import compose
from adapters.slack.render import Drawing, Image, Piece
from adapters.slack.views import Memory
from lessons.actions import Try
from lessons.document import Document, Paragraph, Picture, Rule, Text, walk
from lessons.fields import OrderField, shown
from lessons.letters import on_one_line
from lessons.posts import Form, Post, control
from tests.lessons.strategies import documents
from tests.rigs.slack_payloads import faults

LARGEST = Form(
    control("slack:T1", "Send", Try("v", 1)),
    "Challenge 1",
    Document(),
    (OrderField("order", "From first to last", shown(tuple(f"{n}" * 75 for n in range(10)))),),
)


def said(letters: int) -> Document:
    return Document((Paragraph((Text("W" * letters),)),))


def test_words_blocks_and_descriptions_are_all_counted() -> None:
    assert fits(said(OWN_CHARACTERS - 1))
    assert not fits(said(OWN_CHARACTERS + 1))
    assert fits_view(said(OWN_VIEW_CHARACTERS - 1))
    assert not fits_view(said(OWN_VIEW_CHARACTERS + 1))
    assert fits(Document((Rule(),) * OWN_BLOCKS))
    assert not fits(Document((Rule(),) * (OWN_BLOCKS + 1)))
    assert not fits(Document((Picture("a.png", "W" * OWN_CHARACTERS),)))


@given(documents())
def test_what_fits_goes_out_whether_its_pictures_can_be_had_or_not(document: Document) -> None:
    if not fits(document):
        return
    pieces: list[Piece] = [*Drawing().pieces(document)]
    images = [one for one in pieces if isinstance(one, Image)]
    for file in ("F0123", None):
        if pieces:
            compose(pieces, dict.fromkeys(images, file))


@settings(max_examples=50)
@given(documents())
def test_what_fits_in_a_window_goes_in_with_the_largest_form_below(document: Document) -> None:
    if not fits_view(document):
        return
    sheet, rest = sheets.of_post(Post(document, "x"), LARGEST, Memory())
    assert rest == ()
    images = [one for one in sheet.pieces if isinstance(one, Image)]
    view = sheet.view(dict.fromkeys(images, "F0123"))
    assert faults("views.open", {"trigger_id": "1", "view": view}, expected=["U1", "U2"]) == []


@given(st.text(), st.integers(1, 80))
def test_a_shortened_text_is_one_line_and_says_that_it_goes_on(words: str, most: int) -> None:
    line = on_one_line(words, most)
    assert len(line) <= most
    assert "\n" not in line
    assert line == " ".join(words.split()) or line.endswith("…")


@pytest.mark.parametrize("key", ["text", "alt_text", "fallback", "url"])
def test_every_text_that_is_read_or_heard_is_counted(key: str) -> None:
    said = {key: "W" * 5_000}
    body = {"text": "t", "blocks": [{"elements": [said, {"deeper": said}]}]}
    assert check_message(body) == ["10001 characters, 10000 are allowed"]


@given(documents())
def test_what_need_not_be_drawn_would_fit_if_it_were(document: Document) -> None:
    nodes = list(walk(document.blocks))
    if _is_small(document, nodes, OWN_BLOCKS, OWN_CHARACTERS):
        pieces = Drawing(private=True).pieces(document)
        assert sum(map(_blocks, pieces)) <= OWN_BLOCKS
        assert sum(map(characters, pieces)) + SIGN * len(nodes) <= OWN_CHARACTERS
