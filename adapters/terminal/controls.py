"""Which number on the screen is which button, for each person at the keyboard.

Knows no service. Invariant: a number means what the person last saw under it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.posts import Control, Form


class Board:
    """The buttons and the open form that one person has in front of them."""

    def __init__(self) -> None:
        self._numbers: dict[int, Control] = {}
        self._last = 0
        self.form: Form | None = None

    def show(self, controls: Sequence[Control]) -> int:
        """Put these on the screen under fresh numbers; returns the first one.

        A button that is on the screen already keeps no older number: what is numbered higher was
        shown later.
        """
        first = self._last + 1
        for number, control in enumerate(controls, start=first):
            self._numbers[number] = control
            self._last = number
        return first

    def pressed(self, number: int) -> Control | None:
        """The button of that number."""
        return self._numbers.get(number)
