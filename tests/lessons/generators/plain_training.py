"""Training written a second time, layer by layer, to recount what the generators measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lessons.experiments import mlp
from lessons.experiments.mlp import Net
from lessons.experiments.toy import Toy

Array = NDArray[np.float64]


@dataclass
class Plain:
    """Weights and biases of a tanh net that ends in a softmax."""

    weights: list[Array]
    biases: list[Array]

    def chances(self, x: Array) -> Array:
        return self._passes(x)[-1]

    def slopes(self, toy: Toy) -> tuple[float, list[Array], list[Array]]:
        """The loss, and its slopes by the weights and the biases of each layer."""
        passes = self._passes(toy.x)
        loss = float(-np.mean(np.log(passes[-1][np.arange(len(toy.y)), toy.y])))
        back = (passes[-1] - np.eye(2)[toy.y]) / len(toy.y)
        weights, biases = [], []
        for depth in reversed(range(len(self.weights))):
            weights.append(np.einsum("ni,nj->ij", passes[depth], back))
            biases.append(back.sum(axis=0))
            back = np.einsum("nj,ij->ni", back, self.weights[depth]) * (1 - passes[depth] ** 2)
        return loss, weights[::-1], biases[::-1]

    def _passes(self, x: Array) -> list[Array]:
        passes = [x]
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            passes.append(np.tanh(passes[-1] @ weights + biases))
        powers = np.exp(passes[-1] @ self.weights[-1] + self.biases[-1])
        return [*passes, powers / powers.sum(axis=1, keepdims=True)]


def plain(net: Net) -> Plain:
    layers = mlp.layers(net.sizes, net.parameters)
    return Plain(
        [layer.weights.copy() for layer in layers], [layer.biases.copy() for layer in layers]
    )


def descend(net: Net, toy: Toy, rate: float, steps: int) -> list[float]:
    """The losses before and after each of `steps` steps of plain gradient descent."""
    mine = plain(net)
    losses = []
    for _ in range(steps + 1):
        loss, weights, biases = mine.slopes(toy)
        losses.append(loss)
        for depth in range(len(weights)):
            mine.weights[depth] -= rate * weights[depth]
            mine.biases[depth] -= rate * biases[depth]
    return losses


def adam(net: Net, toy: Toy, rate: float, steps: int) -> Plain:
    """The net after `steps` steps of Adam with its usual constants."""
    mine = plain(net)
    parameters = [*mine.weights, *mine.biases]
    means = [np.zeros_like(one) for one in parameters]
    squares = [np.zeros_like(one) for one in parameters]
    for step in range(1, steps + 1):
        _, weights, biases = mine.slopes(toy)
        for place, slope in enumerate([*weights, *biases]):
            means[place] = 0.9 * means[place] + 0.1 * slope
            squares[place] = 0.999 * squares[place] + 0.001 * slope**2
            mean = means[place] / (1 - 0.9**step)
            square = squares[place] / (1 - 0.999**step)
            parameters[place] -= rate * mean / (np.sqrt(square) + 1e-8)
    return mine
