"""What all tests share: the process from which workers are forked, and a network for some alone.

Knows no test. Invariant: every workshop still has workers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.workshop import _forking

pytest_plugins = ["tests.rigs.isolated"]


@pytest.fixture(scope="session", autouse=True)
def forking() -> Iterator[None]:
    """As in a service that rests for a moment, it stays while the next test opens its own hall.

    It would end with each test's workshop, and import all that workers need for each anew, which
    takes longer than most tests. That it does end is shown in a process of its own.
    """
    with _forking:
        yield
