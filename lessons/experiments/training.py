"""Trains a net step by step and writes down what can be seen on the way.

Knows nothing of figures, challenges or platforms.
Invariant: every number in a Run is finite; a run that leaves the finite numbers stops before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lessons.experiments import mlp, optimisers
from lessons.experiments.arrays import Floats, Ints, Targets, sealed
from lessons.experiments.losses import Loss
from lessons.experiments.mlp import Net, Slope
from lessons.experiments.optimisers import Optimiser


class Examples(Protocol):
    """Inputs x (n, d) and targets y, (n,) classes or (n,) or (n, k) numbers, as the loss wants."""

    @property
    def x(self) -> Floats: ...
    @property
    def y(self) -> Targets: ...


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What one training run left behind.

    losses[t] is the loss on ALL training examples after t updates, so losses[0] is the untrained
    net's and there are steps + 1 of them (fewer if it diverged); validation likewise, or None.
    snapshots are (t, net after t updates). `net` is the net of the last recorded loss.
    """

    losses: Floats
    validation: Floats | None
    snapshots: tuple[tuple[int, Net], ...]
    net: Net
    diverged: bool

    @property
    def taken(self) -> int:
        """The number of updates behind `net`."""
        return len(self.losses) - 1

    def at(self, step: int) -> Net:
        """The net as it was after `step` updates. Raises ValueError if no snapshot was kept."""
        for kept, net in self.snapshots:
            if kept == step:
                return net
        raise ValueError(
            f"no snapshot of step {step}; kept: {[kept for kept, _ in self.snapshots]}"
        )


def train(
    rng: np.random.Generator,
    net: Net,
    examples: Examples,
    loss: Loss,
    optimiser: Optimiser,
    steps: int,
    batch_size: int | None = None,
    snapshots: Sequence[int] = (0, 100, 600),
    validation: Examples | None = None,
) -> Run:
    """Take `steps` updates of `net` and record the loss before the first and after each one.

    batch_size None, or at least as many as there are examples: every step uses all of them and
    `rng` is not touched. Otherwise each epoch deals the examples into batches in a new random
    order; the last batch of an epoch may be smaller, none is left out.
    Of `snapshots`, those are kept that the run reaches.
    The run stops, marked `diverged`, as soon as a loss or a parameter is not a finite number.

    Raises ValueError if steps < 0, batch_size < 1, a snapshot is negative, there are no
    examples or they are not finite, or shapes don't fit; TypeError if classes are not integers.
    """
    _check(steps, batch_size, snapshots, examples, validation)
    batches = _batches(rng, len(examples.x), batch_size)
    memory = optimisers.blank(net.parameters)
    losses: list[float] = []
    checks: list[float] = []
    kept: list[tuple[int, Net]] = []
    last, diverged = net, False

    # Divergence is a result here, not an accident, so numpy is not to warn about it.
    with np.errstate(all="ignore"):
        for taken in range(steps + 1):
            batch = next(batches)
            slope = _slope(net, examples, batch, loss)
            value = slope.loss if batch is None else _loss(net, examples, loss)
            check = 0.0 if validation is None else _loss(net, validation, loss)
            if not (_finite(value, check) and np.isfinite(net.parameters).all()):
                diverged = True
                break
            last = net
            losses.append(value)
            checks.append(check)
            if taken in snapshots:
                kept.append((taken, net))
            if taken < steps:
                moved = optimisers.step(optimiser, net.parameters, slope.gradient, memory)
                memory = moved.memory
                net = Net(net.sizes, net.activation, moved.parameters)

    if not losses:
        raise ValueError("the untrained net's loss or parameters are not finite numbers")
    return Run(
        losses=sealed(losses),
        validation=None if validation is None else sealed(checks),
        snapshots=tuple(kept),
        net=last,
        diverged=diverged,
    )


def _batches(rng: np.random.Generator, n: int, size: int | None) -> Iterator[Ints | None]:
    """The rows of each step's batch without end; None stands for all of them."""
    if size is None or size >= n:
        while True:
            yield None
    else:
        while True:
            order = rng.permutation(n)
            for start in range(0, n, size):
                yield order[start : start + size]


def _slope(net: Net, examples: Examples, batch: Ints | None, loss: Loss) -> Slope:
    if batch is None:
        return mlp.gradients(net, examples.x, examples.y, loss)
    return mlp.gradients(net, examples.x[batch], examples.y[batch], loss)


def _loss(net: Net, examples: Examples, loss: Loss) -> float:
    return loss(mlp.forward(net, examples.x), examples.y).value


def _finite(*values: float) -> bool:
    return all(math.isfinite(value) for value in values)


def _check(
    steps: int,
    batch_size: int | None,
    snapshots: Sequence[int],
    examples: Examples,
    validation: Examples | None,
) -> None:
    if steps < 0:
        raise ValueError(f"steps must be at least 0, not {steps}")
    if batch_size is not None and batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, or None for all, not {batch_size}")
    if any(step < 0 for step in snapshots):
        raise ValueError(f"snapshots are numbers of updates from 0 up, not {tuple(snapshots)}")
    for name, given in (("training", examples), ("validation", validation)):
        if given is None:
            continue
        if not len(given.x):
            raise ValueError(f"there are no {name} examples")
        if len(given.x) != len(given.y):
            raise ValueError(
                f"the {name} examples have {len(given.x)} inputs but {len(given.y)} targets"
            )
        if not (np.isfinite(given.x).all() and np.isfinite(given.y).all()):
            raise ValueError(f"the {name} examples hold a number that is not finite")
