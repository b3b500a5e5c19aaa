"""The body of one message: its text for who hears it, its mark, and the one group it may call."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Rejected, mark_of
from adapters.slack.limits import FALLBACK
from adapters.slack.messages import (
    blocks_of,
    carries,
    compose,
    metadata,
    spoken,
    without_word_of_links,
)
from adapters.slack.render import Drawing, Head, Image, Line, Rich, section
from lessons.document import ChannelName, Document, Paragraph, Text
from lessons.markdown import blocks
from tests.rigs.slack_payloads import faults


def rich(words: str) -> Rich:
    return Rich((section([{"type": "text", "text": words}]),))


def test_the_text_says_all_that_can_be_seen() -> None:
    pieces = Drawing().pieces(blocks("# Week 1\n\nGuess & look.\n\n- one\n- two\n\n---\n\nEnd."))
    assert spoken("", pieces) == "Week 1\nGuess &amp; look.\n• one\n• two\nEnd."


def test_the_beginning_is_not_said_twice() -> None:
    assert spoken("Guess, look …", [rich("Guess, look, be surprised.")]) == (
        "Guess, look, be surprised."
    )
    assert spoken("Vote first.", [rich("Which?")]) == "Vote first.\nWhich?"
    assert spoken("", [Line()]) == "Study hall"


def test_a_channel_is_read_out_by_its_name() -> None:
    pieces = Drawing().pieces(Document((Paragraph((Text("In "), ChannelName("C0LB000000C"))),)))
    assert spoken("In #C0LB000000C.", pieces) == "In <#C0LB000000C>.\nIn <#C0LB000000C>"
    # Words that only look like one stay words.
    assert spoken("", [rich("#COMMUNITY and <#C0LB000000C>")]) == (
        "#COMMUNITY and &lt;#C0LB000000C&gt;"
    )


@given(st.text(alphabet="a &<>深", max_size=3 * FALLBACK), st.text(max_size=200))
def test_the_text_ends_within_its_limit_and_cuts_no_sign_in_two(words: str, first: str) -> None:
    text = spoken(first, [rich(words or " ")])
    assert 0 < len(text) <= FALLBACK
    assert re.search(r"&(?!(amp|lt|gt);)", text) is None
    assert "<" not in text


def test_a_message_is_found_by_its_mark_alone() -> None:
    mark = mark_of("run/1/chapter")
    assert re.fullmatch("[0-9a-f]{24}", mark)
    assert carries({"metadata": metadata(mark)}, mark)
    assert not carries({"metadata": metadata(mark_of("run/2/chapter"))}, mark)
    other = {"event_type": "somebody_elses", "event_payload": {"id": mark}}
    assert not carries({"metadata": other}, mark)
    assert not carries({}, mark)


def test_the_one_group_that_was_asked_for_is_called_and_nothing_else_is_one() -> None:
    body = compose([rich("Week 1.")], {}, ping="S0123ABC")
    assert body["blocks"][0]["elements"][0]["elements"] == [
        {"type": "usergroup", "usergroup_id": "S0123ABC"}
    ]
    assert faults("chat.postMessage", {"channel": "C1", **body}, expected=["S0123ABC"]) == []
    for nobody in ("", "here", "!channel", "U0123ABC"):
        assert len(compose([rich("Week 1.")], {}, ping=nobody)["blocks"]) == 1


def test_what_is_too_much_for_a_message_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Rejected, match="51 blocks"):
        compose([Line()] * 50 + [rich("a")], {})
    with pytest.raises(Rejected, match="characters"):
        compose([rich("a" * 9_000)], {})
    with pytest.raises(Rejected, match="nothing in it"):
        compose([], {})


def test_a_picture_is_its_file_or_its_words() -> None:
    image = Image("figure", "0" * 64, "A curve. " * 400)
    there, rest = blocks_of([image], {image: "F0123"})
    assert (there["type"], there["slack_file"]) == ("image", {"id": "F0123"})
    assert rest["type"] == "rich_text"
    (words,) = blocks_of([image], {image: None})
    assert words["type"] == "rich_text"
    assert blocks_of([Head("Week 1")], {})[0]["type"] == "header"


def test_methods_that_show_no_previews_are_told_nothing_of_them() -> None:
    body = without_word_of_links(compose([rich("a")], {}))
    assert faults("chat.update", {"channel": "C1", "ts": "1.1", **body}) == []
