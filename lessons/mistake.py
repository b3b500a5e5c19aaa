"""What an author got wrong: where, what, and what to do about it.

Knows neither Markdown nor TOML; whoever reads an author's text makes these.
Invariant: `line` counts from 1 in the author's own file, so an editor can jump to it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake; `str` is the line that `studyhall check` prints."""

    path: str
    line: int
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}; {self.todo}"
