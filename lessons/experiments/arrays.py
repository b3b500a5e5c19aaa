"""The arrays that experiments pass around, and the two squashing functions that they share.

Knows nothing of nets, losses or toy data.
Invariant: what `sealed` returns can't be written to, and nobody else holds it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Targets: TypeAlias = Ints | Floats


def sealed(values: ArrayLike) -> Floats:
    """A read-only float64 copy of `values`, in C order."""
    copy = np.array(values, dtype=np.float64, order="C")
    copy.flags.writeable = False
    return copy


def sealed_labels(values: ArrayLike) -> Ints:
    """A read-only int64 copy of `values`. Raises TypeError if they are not whole-number types."""
    copy = np.array(values)
    if copy.dtype.kind not in "iu":
        raise TypeError(f"labels must be integers, not {copy.dtype}")
    labels: Ints = copy.astype(np.int64)
    labels.flags.writeable = False
    return labels


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-z)) elementwise, same shape; written with tanh, which can't overflow."""
    chances: Floats = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return chances


def softmax(logits: Floats) -> Floats:
    """exp(z) / sum exp(z) over the last axis, same shape; rows sum to 1 and can't overflow."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return chances
