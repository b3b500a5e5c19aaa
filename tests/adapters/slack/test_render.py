"""Blocks as Slack shows them: headings, lists, quotes, tables and pictures."""

from __future__ import annotations

import pytest

from adapters.slack.render import ALT, DEEPEST, Drawing, Head, Image, Line, Piece, Rich, instead
from lessons.document import Document
from lessons.markdown import blocks
from tests.rigs.slack_reader import read_blocks


def pieces(source: str) -> list[Piece]:
    return Drawing().pieces(blocks(source))


def parts(source: str) -> list[dict[str, object]]:
    """The parts of all rich texts."""
    return [part for one in pieces(source) if isinstance(one, Rich) for part in one.parts]


def lines(source: str) -> str:
    rich = [one for one in pieces(source) if isinstance(one, Rich)]
    return read_blocks([{"type": "rich_text", "elements": list(one.parts)} for one in rich])


def test_a_large_heading_is_one_and_a_small_one_is_bold() -> None:
    assert pieces("# Week 1") == [Head("Week 1")]
    assert pieces("## Why?") == [Head("Why?")]
    (small,) = parts("### In detail")
    assert small["elements"] == [{"type": "text", "text": "In detail", "style": {"bold": True}}]


@pytest.mark.parametrize("source", ["# " + "W" * 151, "# The `loss` falls", "# [A](https://a.b)"])
def test_a_heading_that_slack_can_not_show_as_one_is_bold_and_whole(source: str) -> None:
    (made,) = pieces(source)
    assert isinstance(made, Rich)


def test_paragraphs_are_one_text_with_an_empty_line_between_them() -> None:
    assert lines("One.\n\nTwo.") == "One.\n\nTwo."
    assert len(pieces("One.\n\nTwo.")) == 1


def test_what_follows_a_small_heading_stands_right_below_it() -> None:
    assert lines("### Why\n\nOne.\n\nTwo.") == "Why\nOne.\n\nTwo."
    assert lines("**Why**\n\nOne.\n\n**Who**\n\nTwo.") == "Why\nOne.\n\nWho\nTwo."
    assert lines("**Why** it is.\n\nOne.") == "Why it is.\n\nOne."


def test_bullets_nest_and_stay_one_list() -> None:
    assert lines("- a\n- b\n  - c\n    - d\n- e") == "• a\n• b\n  • c\n    • d\n• e"
    told = parts("- a\n- b\n  - c")
    assert [(one["style"], one.get("indent", 0)) for one in told] == [("bullet", 0), ("bullet", 1)]


def test_a_list_is_not_deeper_than_slack_draws_it() -> None:
    source = "\n".join("  " * depth + f"- {depth}" for depth in range(9))
    told = parts(source)
    assert max(int(str(one.get("indent", 0))) for one in told) == DEEPEST
    assert [lines(source).count(str(n)) for n in range(9)] == [1] * 9


def test_numbers_are_slacks_where_they_begin_at_one_and_stand_there_where_not() -> None:
    assert [one.get("style") for one in parts("1. a\n2. b")] == ["ordered"]
    assert lines("3. a\n4. b") == "3. a\n\n4. b"
    assert "2. b" in lines("1. a\n   - inner\n2. b")


def test_an_item_keeps_its_paragraphs_and_its_code_follows_it() -> None:
    assert lines("- a\n\n  more\n\n  ```\n  x = 1\n  ```\n- b") == "• a\n  more\nx = 1\n• b"


def test_a_quote_keeps_lists_code_and_headings_in_words() -> None:
    told = parts("> ## Said\n> 1. one\n> 2. two\n>\n> ```\n> x  y\n> ```")
    assert {one["type"] for one in told} == {"rich_text_quote"}
    assert lines("> ## Said\n> 1. one\n> 2. two") == "Said\n1. one\n2. two"


def test_a_narrow_table_stands_in_columns() -> None:
    (made,) = parts("| a | b |\n|---|---|\n| 1 | 深い |")
    assert made["type"] == "rich_text_preformatted"
    assert lines("| a | b |\n|---|---|\n| 1 | 深い |") == "a  b\n─  ────\n1  深い"


def test_a_wide_table_is_told_row_by_row() -> None:
    wide = "w" * 50
    assert lines(f"| a | b |\n|---|---|\n| {wide} | {wide} |\n| 2 |  |") == (
        f"• a: {wide}\n  b: {wide}\n• a: 2\n  b: "
    )


def test_a_table_without_rows_shows_its_headings() -> None:
    assert lines("| " + "a" * 40 + " | " + "b" * 40 + " |\n|---|---|") == f"{'a' * 40} · {'b' * 40}"


def test_a_rule_is_a_line_and_nothing_is_nothing() -> None:
    assert pieces("---") == [Line()]
    assert Drawing().pieces(Document()) == []


# -- pictures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("letters", [1, ALT - 1, ALT, ALT + 1, 3 * ALT])
@pytest.mark.parametrize("letter", ["a", "word "])
def test_a_long_alt_text_goes_on_below_its_picture(letters: int, letter: str) -> None:
    alt = (letter * letters)[:letters].strip()
    image = Image("figure", "0" * 64, alt)

    assert len(image.description) <= ALT
    if len(alt) <= ALT:
        assert (image.description, image.rest) == (alt, "")
    else:
        kept = image.description.removesuffix(" (goes on below the picture)")
        assert f"{kept}{image.rest}".replace(" ", "") == alt.replace(" ", "")


def test_a_picture_without_words_is_called_one() -> None:
    assert Image("image", "quay.png", " ").description == "A picture"


def test_a_picture_has_one_name_for_good_and_keeps_its_kind() -> None:
    assert Image("image", "a/b.JPG", "x").name == Image("image", "a/b.JPG", "y").name
    assert Image("image", "a/b.JPG", "").name.endswith(".jpg")
    assert Image("image", "a/b.svg", "").name.endswith(".png")
    assert Image("figure", "a", "").name != Image("maths", "a", "").name


def test_a_picture_that_can_not_be_had_stands_there_in_words() -> None:
    (shown,) = instead(Image("image", "quay.png", "A quay.")).parts
    assert shown["elements"] == [{"type": "text", "text": "Picture: A quay."}]
    (formula,) = instead(Image("maths", "a^2", "a^2")).parts
    assert formula["type"] == "rich_text_preformatted"
