"""Draw, look at the signature, draw again: how every generator comes to a sound variant.

Knows no challenge. Invariant: it ends, after at most `CAP` draws and one from a checked seed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from lessons.generators.seeds import rng_of

CAP = 40

T = TypeVar("T")


def drawn(
    rng: np.random.Generator, attempt: Callable[[np.random.Generator], T | None], checked: int
) -> tuple[T, int]:
    """What `attempt` accepts, and at which draw; `CAP` + 1 stands for the seed `checked`.

    An attempt gives None when what it drew lacks its signature.
    Raises ValueError if the checked seed lacks it too, which a test of each generator rules out.
    """
    for draw in range(1, CAP + 1):
        if (accepted := attempt(rng)) is not None:
            return accepted, draw
    if (fallback := attempt(rng_of(checked))) is not None:
        return fallback, CAP + 1
    raise ValueError(f"the checked seed {checked} does not show the signature")
