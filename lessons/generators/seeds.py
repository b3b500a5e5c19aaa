"""From names to a seed, and from a seed to a Generator: the one place where either is made.

Knows no challenge. The seed is an argument, so nothing here is hidden randomness.
Invariant: the same five names give the same seed on every machine and in every version.
"""

from __future__ import annotations

import hashlib

import numpy as np


def seed_of(run: str, chapter: str, challenge: str, member: str, issue: int) -> int:
    """The seed of one member's variant, 0 to 2**63 - 1, from sha256 of the five names.

    `member` is "" for the shared question, so that all get the same. "Another one" raises `issue`.
    """
    # Each name is written with its length, so that no two lists of names read the same.
    text = "".join(f"{len(name)}:{name}," for name in (run, chapter, challenge, member, str(issue)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1


def rng_of(seed: int) -> np.random.Generator:
    """A fresh Generator of that seed."""
    return np.random.Generator(np.random.PCG64(seed))  # noqa: TID251 - this is where seeds come in
