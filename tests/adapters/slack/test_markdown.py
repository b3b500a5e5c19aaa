"""Words as elements of Slack's rich text: their styles, their links, and whom they name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.markdown import (
    URL,
    Inlines,
    escaped,
    is_channel,
    is_group,
    is_member,
    is_stamp,
    typed,
)
from lessons.document import (
    ChannelName,
    CodeSpan,
    CommandName,
    Emphasis,
    Inline,
    LineBreak,
    Link,
    MemberName,
    Moment,
    Strong,
    Text,
)
from tests.lessons.strategies import HOSTILE

WORDS = Text("now")


def drawn(*content: Inline, private: bool = False) -> list[dict[str, object]]:
    return Inlines(private=private).line(content)


def test_styles_add_up_however_deep_they_stand() -> None:
    inner = Strong((Text("a"), Emphasis((Text("b"), CodeSpan("c")))))
    assert drawn(inner) == [
        {"type": "text", "text": "a", "style": {"bold": True}},
        {"type": "text", "text": "b", "style": {"bold": True, "italic": True}},
        {"type": "text", "text": "c", "style": {"bold": True, "code": True, "italic": True}},
    ]


@pytest.mark.parametrize("words", HOSTILE)
def test_what_looks_like_markup_stays_the_letters_that_it_is(words: str) -> None:
    assert drawn(Text(words)) == [{"type": "text", "text": words}]


def test_no_words_are_no_element() -> None:
    assert drawn(Text(""), Strong((Text(""),)), CodeSpan("")) == []


def test_a_break_is_a_break_and_a_command_is_code() -> None:
    assert drawn(LineBreak(), CommandName("/study next")) == [
        {"type": "text", "text": "\n"},
        {"type": "text", "text": "/study next", "style": {"code": True}},
    ]


def test_a_moment_is_told_to_each_reader_in_their_zone() -> None:
    assert drawn(Moment(1_790_607_600_999)) == [
        {
            "type": "date",
            "timestamp": 1_790_607_600,
            "format": "{date_long_pretty}, {time}",
            "fallback": "2026-09-28 15:00 UTC",
        }
    ]


def test_a_link_keeps_its_words_and_their_style() -> None:
    link = Link((Strong((Emphasis((WORDS,)),)),), "https://example.org/?a=b&c")
    assert drawn(link) == [
        {
            "type": "link",
            "url": "https://example.org/?a=b&c",
            "text": "now",
            "style": {"bold": True, "italic": True},
        }
    ]


@pytest.mark.parametrize(
    "url", ["ftp://example.org", "javascript:alert(1)", "https://a b", "https://a|b", "mailto:x@y"]
)
def test_an_address_that_can_not_be_followed_stands_there_to_read(url: str) -> None:
    told = drawn(Link((WORDS,), url))
    assert "".join(str(one["text"]) for one in told) == f"now ({url})"
    assert {one["type"] for one in told} == {"text"}


def test_an_address_that_is_too_long_stands_there_to_read() -> None:
    url = "https://example.org/" + "a" * URL
    assert {one["type"] for one in drawn(Link((WORDS,), url))} == {"text"}


def test_a_person_is_named_live_only_to_one_person_alone() -> None:
    person = MemberName("U0123ABC")
    assert drawn(person, private=True) == [{"type": "user", "user_id": "U0123ABC"}]
    assert drawn(person) == [{"type": "text", "text": "@U0123ABC"}]
    assert drawn(MemberName("<!here>"), private=True) == [{"type": "text", "text": "@<!here>"}]


def test_a_channel_is_named_by_its_id_by_its_name_or_as_a_conversation() -> None:
    assert drawn(ChannelName("C0123ABC")) == [{"type": "channel", "channel_id": "C0123ABC"}]
    assert drawn(ChannelName("study")) == [{"type": "text", "text": "#study"}]
    assert drawn(ChannelName("#study")) == [{"type": "text", "text": "#study"}]
    assert drawn(ChannelName("D0123ABC")) == [{"type": "text", "text": "these private messages"}]


def test_ids_are_told_apart_by_their_first_letter() -> None:
    ids = ("C0123", "G0123", "U0123", "W0123", "S0123", "c0123", "C01 23", "", "1700000000.000100")
    assert [one for one in ids if is_channel(one)] == ["C0123", "G0123"]
    assert [one for one in ids if is_member(one)] == ["U0123", "W0123"]
    assert [one for one in ids if is_group(one)] == ["S0123"]
    assert [one for one in ids if is_stamp(one)] == ["1700000000.000100"]


def test_what_is_typed_names_people_channels_and_groups_by_id() -> None:
    line = (
        "start <#C0123|study> <@U0123|ada> <!subteam^S0123|@readers> <#C0456> &lt;b&gt; &amp;amp;"
    )
    assert typed(line) == "start C0123 U0123 S0123 C0456 <b> &amp;"
    assert typed("<!channel> <!here|here>") == "<!channel> <!here|here>"


@given(st.text())
def test_what_is_escaped_is_read_as_it_was(words: str) -> None:
    made = escaped(words)
    assert "<" not in made
    assert ">" not in made
    assert typed(made) == words
