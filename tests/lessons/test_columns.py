"""Tables in columns: aligned by what is seen, and none that would be too wide."""

from __future__ import annotations

from lessons.columns import in_columns
from lessons.document import Strong, Text


def row(*cells: str) -> list[tuple[Text, ...]]:
    return [(Text(cell),) for cell in cells]


def test_columns_begin_below_their_headings_wide_and_combining_letters_too() -> None:
    told = in_columns(row("net", "loss"), [row("深", "0.5"), row("e\u0301", "0.25")], 20)
    assert told == "net  loss\n───  ────\n深   0.5\ne\u0301    0.25"


def test_a_table_that_would_be_too_wide_is_none() -> None:
    assert in_columns(row("abc", "de"), [], 7) == "abc  de\n───  ──"
    assert in_columns(row("abc", "de"), [], 6) is None


def test_emphasis_is_told_plainly_and_a_short_row_ends_early() -> None:
    told = in_columns([(Strong((Text("a b"),)),), (Text("c"),)], [row("1")], 20)
    assert told == "a b  c\n───  ─\n1"
