"""One browser for each file of this folder, and a hall of its own for each test.

No longer than a file: while it is open, an event loop runs, and tests of others want their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.rigs.browser import Server, Visitors, open_browser

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """People with their pages. Any error in any of them fails the test."""
    made = Visitors(browser)
    yield made
    made.close()
    assert made.wrong == []


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A try-out in which nothing has been started."""
    made = Server(tmp_path / "machine")
    made.start()
    yield made
    made.end()


@pytest.fixture
def visit(server: Server, visitors: Visitors) -> Visit:
    """`visit("ada")`: her page of #study, in a browser of its own."""

    def opened(person: str, **settings: object) -> Page:
        return visitors.open(f"{server.address}/as/{person}/study", **settings)

    return opened
