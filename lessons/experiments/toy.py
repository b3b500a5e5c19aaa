"""Two-dimensional toy data: small pictures of a problem that a net can be watched learning.

Knows nothing of nets.
Invariant: class sizes differ by at most one, and the points come in random order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from lessons.experiments.arrays import Floats, Ints, sealed, sealed_labels

# Coordinates have no unit: a clean shape lies in [-1, 1] x [-1, 1], and `noise` is the standard
# deviation of the Gaussian jitter that is then added to both coordinates. It is in the same unit
# for every shape, so that "the same noise" looks the same.
ToyMaker: TypeAlias = Callable[[np.random.Generator, int, float], "Toy"]


@dataclass(frozen=True, slots=True, eq=False)
class Toy:
    """Labelled points: x is (n, 2) float64, y is (n,) int64 from 0; read-only copies of what came.

    Raises ValueError if the shapes don't fit together, TypeError if y is not made of integers.
    """

    x: Floats
    y: Ints

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", sealed(self.x))
        object.__setattr__(self, "y", sealed_labels(self.y))
        if self.x.ndim != 2 or self.x.shape[1] != 2:
            raise ValueError(f"x must have shape (n, 2), not {self.x.shape}")
        if self.y.shape != (len(self.x),):
            raise ValueError(f"y must have shape ({len(self.x)},) as x has, not {self.y.shape}")


def moons(rng: np.random.Generator, n: int, noise: float = 0.08) -> Toy:
    """Two half circles of radius 2/3 that reach into each other; class 0 is the upper one.

    Their centres are (-1/3, -1/6) and (1/3, 1/6); without noise |x| <= 1 and |y| <= 1/2.
    """
    y = _labels(n, 2)
    angle = rng.uniform(0.0, math.pi, n)
    side = 1.0 - 2.0 * y
    x = np.column_stack(
        (side * (np.cos(angle) * 2 / 3 - 1 / 3), side * (np.sin(angle) * 2 / 3 - 1 / 6))
    )
    return _jittered(rng, x, y, noise)


def rings(rng: np.random.Generator, n: int, noise: float = 0.05, inner: float = 0.5) -> Toy:
    """Two circles around the origin: class 0 of radius `inner` (in (0, 1)), class 1 of radius 1."""
    if not 0.0 < inner < 1.0:
        raise ValueError(f"inner is a radius between 0 and 1, not {inner}")
    y = _labels(n, 2)
    radius = np.where(y == 0, inner, 1.0)
    return _jittered(rng, _polar(radius, rng.uniform(0.0, 2 * math.pi, n)), y, noise)


def spirals(rng: np.random.Generator, n: int, noise: float = 0.03, turns: float = 1.0) -> Toy:
    """Two arms that wind `turns` times around the origin, from radius 0.1 out to 1.

    A point of radius r on the arm of class c stands at angle 2 pi turns r + pi c.
    Radii are drawn so that points lie about evenly along the arms, not crowded in the middle.
    """
    if not (math.isfinite(turns) and turns > 0.0):
        raise ValueError(f"turns must be a positive number, not {turns}")
    y = _labels(n, 2)
    radius = np.sqrt(rng.uniform(0.1**2, 1.0, n))
    return _jittered(rng, _polar(radius, 2 * math.pi * turns * radius + math.pi * y), y, noise)


def xor(rng: np.random.Generator, n: int, noise: float = 0.0) -> Toy:
    """The four quadrants of a square as a chessboard: class 1 where the signs of x differ.

    Each quadrant gets a quarter of the points, give or take one. Noise can carry a point across
    a border, and the point keeps its label.
    """
    y = _labels(n, 2)
    right = np.where(np.arange(n) // 2 % 2 == 0, 1.0, -1.0)
    above = np.where(y == 0, right, -right)
    x = (1.0 - rng.random((n, 2))) * np.column_stack((right, above))
    return _jittered(rng, x, y, noise)


def blobs(rng: np.random.Generator, n: int, noise: float = 0.1, classes: int = 3) -> Toy:
    """`classes` (2 or more) round clouds; class c stands at angle 2 pi c / classes, radius 0.7."""
    if classes < 2:
        raise ValueError(f"classes must be at least 2, not {classes}")
    y = _labels(n, classes)
    return _jittered(rng, _polar(np.full(n, 0.7), 2 * math.pi * y / classes), y, noise)


def split(rng: np.random.Generator, toy: Toy, fraction: float) -> tuple[Toy, Toy]:
    """Two parts that share no point and lose none: (`fraction` of each class, the rest).

    Each class gives round(fraction * its size) points to the first part, so balance is kept.
    Raises ValueError if either part would be empty.
    """
    if not 0.0 < fraction < 1.0:
        raise ValueError(f"fraction must lie between 0 and 1, not {fraction}")
    order = rng.permutation(len(toy.y))
    labels = toy.y[order]
    first = np.zeros(len(order), dtype=np.bool_)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        first[members[: round(fraction * len(members))]] = True
    if first.all() or not first.any():
        raise ValueError(f"a fraction of {fraction} of {len(order)} points leaves one part empty")
    one, other = order[first], order[~first]
    return Toy(toy.x[one], toy.y[one]), Toy(toy.x[other], toy.y[other])


def _labels(n: int, classes: int) -> Ints:
    if n < classes:
        raise ValueError(f"{classes} classes need at least {classes} points, not {n}")
    return np.arange(n, dtype=np.int64) % classes


def _polar(radius: Floats, angle: Floats) -> Floats:
    return np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))


def _jittered(rng: np.random.Generator, x: Floats, y: Ints, noise: float) -> Toy:
    if not (math.isfinite(noise) and noise >= 0.0):
        raise ValueError(f"noise must be a finite number of at least 0, not {noise}")
    order = rng.permutation(len(y))
    return Toy((x + noise * rng.standard_normal(x.shape))[order], y[order])
