"""Documents as HTML: nothing lost, nothing taken for markup, nothing that steers the screen."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import htpy as h
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.render import SAFE, TOP, Drawing, harmless, one_line
from adapters.web.words import word
from bot.local import known_zone
from lessons.document import (
    Block,
    Code,
    Document,
    Heading,
    Link,
    Listing,
    Maths,
    MemberName,
    Moment,
    Paragraph,
    Picture,
    Plot,
    Table,
    Text,
)
from tests.lessons.strategies import documents
from tests.rigs.page_text import Element, read

NOON = round(datetime(2026, 10, 5, 12, tzinfo=UTC).timestamp() * 1000)


def page(*blocks: Block, draw: Drawing | None = None) -> Element:
    drawing = draw or Drawing(known_zone, names={"u1": "Ada"}, maths=lambda tex: "/maths/x.png")
    return read("".join(h.div[drawing.document(Document(blocks))].iter_chunks()))


def text(words: str) -> Paragraph:
    return Paragraph((Text(words),))


@given(documents())
@settings(deadline=None)
def test_any_document_is_well_formed_and_brings_no_markup_of_its_own(document: Document) -> None:
    drawn = page(*document.blocks)
    known = {
        "div", "p", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "table",
        "thead", "tbody", "tr", "th", "td", "figure", "img", "details", "summary", "hr", "strong",
        "em", "a", "br", "time", "bdi", "kbd",
    }  # fmt: skip
    for element in drawn.all():
        assert element.tag in known
        assert not any(name.startswith("on") for name in element.attributes)
        if element.tag == "a":
            assert element["href"].startswith(SAFE)


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</p></div>",
        "&lt;b&gt;",
        "{{ 7 * 7 }}",
        "<!-- -->",
        "]]>",
    ],
)
def test_markup_in_words_stays_words(hostile: str) -> None:
    drawn = page(
        text(hostile),
        Code(hostile, hostile),
        Picture("a/b.png", hostile),
        Heading(1, (Text(hostile),)),
        Table(((Text(hostile),),), ()),
    )
    assert not drawn.all("script")
    assert [img["src"] for img in drawn.all("img")] == ["/images/a/b.png"]
    assert drawn.words().count(hostile) >= 4


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//example.org", "vbscript:x", " https://x"]
)
def test_a_link_that_is_no_address_is_words(url: str) -> None:
    drawn = page(Paragraph((Link((Text("press me"),), url),)))

    assert not drawn.all("a")
    assert "press me" in drawn.words()
    assert " ".join(url.split()) in drawn.words()


def test_a_link_leads_out_without_telling_from_where() -> None:
    (link,) = page(Paragraph((Link((Text("read"),), "https://example.org/a?b=1&c=2"),))).all("a")

    assert link["href"] == "https://example.org/a?b=1&c=2"
    assert "noopener" in link["rel"]


@given(st.text())
def test_no_sign_steers_the_screen_or_turns_the_line(words: str) -> None:
    for char in harmless(words):
        assert char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Co")
        assert char not in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert "\n" not in one_line(words)


def test_headings_begin_below_the_page_s_own_and_keep_their_steps() -> None:
    drawn = page(Heading(2, (Text("One"),)), Heading(3, (Text("Two"),)))

    assert [one.tag for one in drawn.all() if re.fullmatch("h[1-6]", one.tag)] == [
        f"h{TOP}",
        f"h{TOP + 1}",
    ]


def test_pictures_say_in_words_what_they_show_to_everybody() -> None:
    for block, source in (
        (Picture("eye/a.png", "A net."), "/images/eye/a.png"),
        (Plot("ab" * 16, "A net."), f"/pictures/{'ab' * 16}.png"),
    ):
        drawn = page(block)
        assert drawn.one("img")["src"] == source
        assert drawn.one("img")["alt"] == "A net."
        told = drawn.one("details").words().split("\n")
        assert [line for line in told if line] == [word("alt"), "A net."]


def test_a_formula_is_a_picture_with_its_source_and_words_where_it_can_not_be_drawn() -> None:
    drawn = page(Maths(r"\frac{1}{2}")).one("img")
    assert (drawn["src"], drawn["alt"]) == ("/maths/x.png", r"\frac{1}{2}")

    plain = page(Maths(r"\frac{1}{2}"), draw=Drawing(known_zone))
    assert not plain.all("img")
    assert r"\frac{1}{2}" in plain.words()


def test_what_scrolls_sideways_can_be_reached_with_keys_and_has_a_name() -> None:
    drawn = page(Code("x = 1", "python"), Table(((Text("a"),),), (((Text("1"),),),)))
    scrolling = drawn.all(tabindex="0")

    assert len(scrolling) == 2
    assert all(one["aria-label"] and one["role"] == "region" for one in scrolling)


def test_moments_stand_in_their_zone_and_say_utc_if_that_is_unknown() -> None:
    known = page(Paragraph((Moment(NOON, "Europe/Berlin"),))).one("time")
    assert known.words() == "Mon 5 Oct 14:00"
    assert known["datetime"] == "2026-10-05T12:00:00+00:00"
    assert page(Paragraph((Moment(NOON, "Nowhere"),))).words().strip() == "Mon 5 Oct 12:00 UTC"


def test_people_are_called_by_their_names_and_strangers_by_their_ids() -> None:
    drawn = page(Paragraph((MemberName("u1"), Text(" and "), MemberName("u2"))))

    assert drawn.words().strip() == "@Ada and @u2"


def test_a_line_of_a_list_is_no_paragraph_of_its_own() -> None:
    drawn = page(Listing(((text("one"),), (text("two"), text("more"))), start=3))

    assert drawn.one("ol")["start"] == "3"
    assert len(drawn.all("p")) == 2
