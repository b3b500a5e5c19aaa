"""Answers made to test a variant: right, nearly right, known to be wrong, and malformed.

Knows no kind; each kind makes its own probes and `lessons.kinds.faults` tries them.
Invariant: a probe says what must happen to it, so a variant that grades otherwise is broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from lessons.fields import Raw

Fate: TypeAlias = Literal["passes", "fails", "trapped", "malformed", "runs"]
"""passes: full score. fails: does not pass, but gets feedback. trapped: fails, and the mistake is
known by name. malformed: a FormatError. runs: NeedsRun."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Raw answers as a form would send them, and their fate."""

    name: str
    raw: Raw
    fate: Fate
