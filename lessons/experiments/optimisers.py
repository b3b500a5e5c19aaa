"""Optimisers as pure steps: parameters, gradient and memory in; new parameters and memory out.

Knows nothing of nets: a parameter vector is any flat float64 array (p,).
Invariant: no array that came in is written to.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, assert_never

import numpy as np

from lessons.experiments.arrays import Floats


@dataclass(frozen=True, slots=True)
class Sgd:
    """Plain gradient descent: each step is -rate * gradient."""

    rate: float

    def __post_init__(self) -> None:
        _check_rate(self.rate)


@dataclass(frozen=True, slots=True)
class Momentum:
    """The heavy ball: velocity = momentum * velocity + gradient, step = -rate * velocity.

    Polyak 1964, in the form of Sutskever et al. 2013 with the rate outside the velocity.
    """

    rate: float
    momentum: float = 0.9

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        _check_share("momentum", self.momentum)


@dataclass(frozen=True, slots=True)
class Adam:
    """Steps of about `rate` per parameter, however large its gradient: Kingma and Ba 2015,
    algorithm 1, with the paper's defaults."""

    rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check_rate(self.rate)
        _check_share("beta1", self.beta1)
        _check_share("beta2", self.beta2)
        if not (math.isfinite(self.epsilon) and self.epsilon > 0.0):
            raise ValueError(f"epsilon must be a positive number, not {self.epsilon}")


Optimiser: TypeAlias = Sgd | Momentum | Adam


class Memory(NamedTuple):
    """What an optimiser remembers: steps taken, and running sums (p,) of the gradient
    (Momentum's velocity, Adam's m) and of its square (Adam's v); unused ones stay 0."""

    taken: int
    first: Floats
    second: Floats


class Step(NamedTuple):
    """New parameters (p,), and the memory to hand to the next step."""

    parameters: Floats
    memory: Memory


def blank(parameters: Floats) -> Memory:
    """The memory before the first step over parameters of this shape."""
    return Memory(0, np.zeros_like(parameters), np.zeros_like(parameters))


def step(optimiser: Optimiser, parameters: Floats, gradient: Floats, memory: Memory) -> Step:
    """One step against `gradient`, which has the shape of `parameters`.

    Raises ValueError if the shapes of parameters, gradient and memory differ.
    """
    if not parameters.shape == gradient.shape == memory.first.shape == memory.second.shape:
        raise ValueError(
            f"parameters {parameters.shape}, gradient {gradient.shape} and memory "
            f"{memory.first.shape}, {memory.second.shape} differ in shape"
        )
    taken = memory.taken + 1
    match optimiser:
        case Sgd(rate):
            return Step(parameters - rate * gradient, memory._replace(taken=taken))
        case Momentum(rate, momentum):
            velocity = momentum * memory.first + gradient
            return Step(parameters - rate * velocity, Memory(taken, velocity, memory.second))
        case Adam(rate, beta1, beta2, epsilon):
            first = beta1 * memory.first + (1.0 - beta1) * gradient
            second = beta2 * memory.second + (1.0 - beta2) * (gradient * gradient)
            # Both sums start at 0 and so are too small at first; this undoes it exactly.
            mean = first / (1.0 - beta1**taken)
            square = second / (1.0 - beta2**taken)
            moved = parameters - rate * mean / (np.sqrt(square) + epsilon)
            return Step(moved, Memory(taken, first, second))
        case _:
            assert_never(optimiser)


def _check_rate(rate: float) -> None:
    if not (math.isfinite(rate) and rate > 0.0):
        raise ValueError(f"rate must be a positive number, not {rate}")


def _check_share(name: str, share: float) -> None:
    if not 0.0 <= share < 1.0:
        raise ValueError(f"{name} must be at least 0 and below 1, not {share}")
