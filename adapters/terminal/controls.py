"""Which number on the screen is which button, and which form is open, for each person.

Knows no service. Invariant: a number means what the person saw under it, and is never given twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.fields import Field, due
from lessons.posts import Control, Form


class Board:
    """The buttons and the open form that one person has in front of them.

    `draft` holds the answers that are locked while later fields of the form are still to come.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, Control] = {}
        self._last = 0
        self.form: Form | None = None
        self.draft: dict[str, str | tuple[str, ...]] = {}

    def show(self, controls: Sequence[Control]) -> int:
        """Put these on the screen under fresh numbers; returns the first one."""
        first = self._last + 1
        for number, control in enumerate(controls, start=first):
            self._numbers[number] = control
            self._last = number
        return first

    def pressed(self, number: int) -> Control | None:
        """The button of that number."""
        return self._numbers.get(number)

    def named(self, label: str) -> Control | None:
        """The newest button with that label, written large or small."""
        wanted = " ".join(label.split()).casefold()
        found = (c for c in reversed(self._numbers.values()) if c.label.casefold() == wanted)
        return next(found, None)

    def open(self, form: Form | None) -> None:
        """This form is open now, and empty; None closes the one that was."""
        self.form = form
        self.draft = {}

    def asked(self) -> tuple[Field, ...]:
        """The fields that the next line answers: those whose turn it is."""
        if self.form is None:
            return ()
        return due(self.form.fields, self.draft)

    def later(self) -> bool:
        """Whether the form has fields beyond those that are asked now."""
        fields = () if self.form is None else self.form.fields
        return len(self.draft) + len(self.asked()) < len(fields)
