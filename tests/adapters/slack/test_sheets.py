"""What a window is called."""

from __future__ import annotations

import pytest

from adapters.slack.sheets import entitled
from lessons.document import Document
from lessons.markdown import blocks


def titled(source: str) -> tuple[str, int]:
    title, rest = entitled(blocks(source))
    return title, len(rest.blocks)


@pytest.mark.parametrize("source", ["**Card 1 of 5**", "*Card 1 of 5*", "## Card 1 of 5"])
def test_the_line_that_names_a_document_is_its_windows_title(source: str) -> None:
    assert titled(f"{source}\n\nOne.\n\nTwo.") == ("Card 1 of 5", 2)


@pytest.mark.parametrize(
    "source",
    [
        "One.\n\nTwo.",
        "**One** and more.\n\nTwo.",
        "## A title of twenty-five signs\n\nTwo.",
        "## The `loss`\n\nTwo.",
        "**[Here](https://a.b)**\n\nTwo.",
    ],
)
def test_any_other_line_stays_where_it_is(source: str) -> None:
    assert titled(source) == ("", 2)


def test_a_window_is_never_empty_for_the_sake_of_its_title() -> None:
    assert titled("**Noted.**") == ("", 1)
    assert entitled(Document()) == ("", Document())
