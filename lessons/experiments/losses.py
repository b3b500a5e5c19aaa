"""Losses: what a net's output costs against the target, and which way that cost climbs.

Knows nothing of nets or training: outputs and targets in, a number and its slope out.
Invariant: `gradient` has the shape of the output and is the exact derivative of `value`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from lessons.experiments.arrays import Floats, Targets, sigmoid


class Cost(NamedTuple):
    """A mean cost, and its derivative with respect to each output (same shape as the output)."""

    value: float
    gradient: Floats


Loss: TypeAlias = Callable[[Floats, Targets], Cost]


def cross_entropy(output: Floats, target: Targets) -> Cost:
    """Mean of -ln softmax(output)[target], in nats: ln k for a net that guesses among k classes.

    output (n, k) logits, target (n,) integer classes in 0..k-1. Goodfellow, Bengio and Courville,
    Deep Learning (2016), 6.2.2.3; each row's maximum is taken off first, so no power overflows.
    Raises ValueError or TypeError if shapes or labels don't fit.
    """
    n, k = _table(output)
    _check_labels(target, n, k)
    rows, labels = np.arange(n), target.astype(np.intp, copy=False)
    logits = output - output.max(axis=1, keepdims=True)
    gradient = np.exp(logits)
    totals = gradient.sum(axis=1, keepdims=True)
    value = float((np.log(totals[:, 0]) - logits[rows, labels]).mean())
    gradient /= totals
    gradient[rows, labels] -= 1.0
    gradient /= n
    return Cost(value, gradient)


def logistic(output: Floats, target: Targets) -> Cost:
    """Mean of -ln of the chance given to the true class, in nats; class 1 gets sigmoid(output).

    output (n, 1) logits, target (n,) integers 0 or 1. Equals ln(1 + exp(z)) - z * target, written
    so that large |z| neither overflows nor rounds to zero.
    Raises ValueError or TypeError if shapes or labels don't fit.
    """
    n, k = _table(output)
    if k != 1:
        raise ValueError(f"the logistic loss needs outputs of shape (n, 1), not {output.shape}")
    _check_labels(target, n, 2)
    truth = target[:, None]
    costs = np.maximum(output, 0.0) - output * truth + np.log1p(np.exp(-np.abs(output)))
    return Cost(float(costs.mean()), (sigmoid(output) - truth) / n)


def squared(output: Floats, target: Targets) -> Cost:
    """Mean over all entries of (output - target)^2, in the target's unit squared.

    output (n, k); target of the same shape, or (n,) if k = 1. Raises ValueError otherwise.
    The constant that it likes best is the mean.
    """
    miss = output - _like(output, target)
    return Cost(float((miss * miss).mean()), 2.0 * miss / miss.size)


def absolute(output: Floats, target: Targets) -> Cost:
    """Mean over all entries of |output - target|, in the target's unit.

    output (n, k); target of the same shape, or (n,) if k = 1. Raises ValueError otherwise.
    The constant that it likes best is the median. At a miss of exactly 0 the slope is taken as 0.
    """
    miss = output - _like(output, target)
    return Cost(float(np.abs(miss).mean()), np.sign(miss) / miss.size)


def _table(output: Floats) -> tuple[int, int]:
    if output.ndim != 2 or output.size == 0:
        raise ValueError(f"outputs must have shape (n, k) with n, k >= 1, not {output.shape}")
    return output.shape[0], output.shape[1]


def _check_labels(target: Targets, n: int, k: int) -> None:
    if target.shape != (n,):
        raise ValueError(f"{n} outputs need class labels of shape ({n},), not {target.shape}")
    if target.dtype.kind not in "iu":
        raise TypeError(f"class labels must be integers, not {target.dtype}")
    low, high = int(target.min()), int(target.max())
    if low < 0 or high >= k:
        raise ValueError(f"class labels must lie in 0..{k - 1}, but they run from {low} to {high}")


def _like(output: Floats, target: Targets) -> Targets:
    # A bare (n,) against (n, 1) would broadcast to (n, n) in silence, so the shape is made to fit.
    n, k = _table(output)
    if k == 1 and target.shape == (n,):
        return target[:, None]
    if target.shape != output.shape:
        raise ValueError(f"outputs {output.shape} and targets {target.shape} differ in shape")
    return target
