"""A tiny multi-layer perceptron: numbers in, logits out, and the slope of a loss by hand.

Knows nothing of optimisers or data.
Invariant: a net never changes; a step makes a new one.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, assert_never, get_args

import numpy as np

from lessons.experiments.arrays import Floats, Ints, Targets, sealed, sigmoid, softmax
from lessons.experiments.losses import Loss

Activation: TypeAlias = Literal["relu", "tanh", "sigmoid", "linear"]
Scheme: TypeAlias = Literal["he", "glorot", "fan-in", "zeros"]


class Layer(NamedTuple):
    """One layer's share of a flat vector: weights (inputs, outputs) and biases (outputs,)."""

    weights: Floats
    biases: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """Layer widths from input to output, the hidden layers' activation, the flat parameters (p,).

    The last layer is always linear: its outputs are logits, or plain numbers in a regression.
    `parameters` holds each layer's weights row by row, then its biases: one vector, so that an
    optimiser's step is one sum and a snapshot one array. It is kept as a read-only float64 copy.
    Raises ValueError if its length doesn't fit the widths, or the activation is unknown.
    """

    sizes: tuple[int, ...]
    activation: Activation
    parameters: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", sealed(self.parameters))
        if self.activation not in get_args(Activation):
            raise ValueError(
                f"activation must be one of {get_args(Activation)}, not {self.activation!r}"
            )
        needed = parameter_count(self.sizes)
        if self.parameters.shape != (needed,):
            raise ValueError(
                f"a net of widths {self.sizes} needs parameters of shape ({needed},), "
                f"not {self.parameters.shape}"
            )


class Slope(NamedTuple):
    """A loss, and its derivative with respect to each parameter, laid out as in `Net`: (p,)."""

    loss: float
    gradient: Floats


def parameter_count(sizes: tuple[int, ...]) -> int:
    """How many weights and biases a net of these widths has.

    Raises ValueError if there are fewer than two widths, or one is below 1.
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"a net needs at least two widths, each at least 1, not {sizes}")
    return sum((wide + 1) * narrow for wide, narrow in itertools.pairwise(sizes))


def layers(sizes: tuple[int, ...], flat: Floats) -> tuple[Layer, ...]:
    """A flat vector (parameters, or a gradient) as layers; these are views, not copies."""
    found, start = [], 0
    for inputs, outputs in itertools.pairwise(sizes):
        middle = start + inputs * outputs
        end = middle + outputs
        found.append(Layer(flat[start:middle].reshape(inputs, outputs), flat[middle:end]))
        start = end
    return tuple(found)


def init(
    rng: np.random.Generator,
    sizes: tuple[int, ...],
    activation: Activation = "tanh",
    scheme: Scheme = "glorot",
    gain: float = 1.0,
) -> Net:
    """A fresh net: random weights, multiplied by `gain`, and biases of 0.

    he: normal, deviation sqrt(2 / inputs); He et al. 2015, for relu.
    glorot: uniform within sqrt(6 / (inputs + outputs)); Glorot and Bengio 2010, for tanh.
    fan-in: uniform within 1 / sqrt(inputs), which starts classifiers near a pure guess;
    LeCun et al., Efficient BackProp (1998), spread the weights by inputs alone in this way.
    zeros: all alike, so the hidden units can never become different.
    Raises ValueError if a width is below 1, gain isn't positive, or a name is unknown.
    """
    if not (math.isfinite(gain) and gain > 0.0):
        raise ValueError(f"gain must be a positive number, not {gain}")
    if scheme not in get_args(Scheme):
        raise ValueError(f"scheme must be one of {get_args(Scheme)}, not {scheme!r}")
    flat = np.zeros(parameter_count(sizes))
    for layer in layers(sizes, flat):
        layer.weights[:] = gain * _draw(rng, layer.weights.shape, scheme)
    return Net(sizes, activation, flat)


def forward(net: Net, x: Floats) -> Floats:
    """The outputs (n, last width) for inputs (n, first width). Other shapes raise ValueError."""
    return _passes(net, x)[-1]


def gradients(net: Net, x: Floats, y: Targets, loss: Loss) -> Slope:
    """The loss of `net` on inputs (n, first width) and targets, and its gradient (p,).

    Backpropagation as in Rumelhart, Hinton and Williams 1986: one pass forward, which keeps each
    layer's output, and one pass back, which carries d loss / d input of each layer.
    """
    passes = _passes(net, x)
    cost = loss(passes[-1], y)
    flat = np.empty_like(net.parameters)
    back = cost.gradient
    own, slopes = layers(net.sizes, net.parameters), layers(net.sizes, flat)
    for depth in reversed(range(len(own))):
        np.matmul(passes[depth].T, back, out=slopes[depth].weights)
        np.sum(back, axis=0, out=slopes[depth].biases)
        if depth > 0:
            back = back @ own[depth].weights.T
            back = _through(net.activation, passes[depth], back)
    return Slope(cost.value, flat)


def chances(net: Net, x: Floats) -> Floats:
    """The probability that a classifier gives to each class: (n, k), rows sum to 1.

    A net with one output is read as a logistic one and gives two columns.
    """
    logits = forward(net, x)
    if net.sizes[-1] == 1:
        return np.hstack((sigmoid(-logits), sigmoid(logits)))
    return softmax(logits)


def predict(net: Net, x: Floats) -> Ints:
    """The likeliest class of each row, (n,) int64; a tie goes to the lower class."""
    logits = forward(net, x)
    if net.sizes[-1] == 1:
        return (logits[:, 0] > 0.0).astype(np.int64)
    classes: Ints = logits.argmax(axis=1).astype(np.int64)
    return classes


def accuracy(net: Net, x: Floats, y: Ints) -> float:
    """The share of rows (0 to 1) whose likeliest class is the label in y (n,)."""
    if y.shape != (len(x),) or not len(x):
        raise ValueError(f"{len(x)} rows need as many labels and at least one, not {y.shape}")
    return float((predict(net, x) == y).mean())


def _passes(net: Net, x: Floats) -> list[Floats]:
    """The input, then each layer's output after its activation."""
    if x.ndim != 2 or x.shape[1] != net.sizes[0]:
        raise ValueError(f"inputs must have shape (n, {net.sizes[0]}), not {x.shape}")
    found = [x]
    last = len(net.sizes) - 2
    for depth, layer in enumerate(layers(net.sizes, net.parameters)):
        pushed = found[-1] @ layer.weights
        pushed += layer.biases
        found.append(pushed if depth == last else _activate(net.activation, pushed))
    return found


def _activate(activation: Activation, z: Floats) -> Floats:
    match activation:
        case "relu":
            return np.maximum(z, 0.0)
        case "tanh":
            return np.tanh(z)
        case "sigmoid":
            return sigmoid(z)
        case "linear":
            return z
        case _:
            assert_never(activation)


def _through(activation: Activation, a: Floats, back: Floats) -> Floats:
    """The slope before the activation, from the slope `back` after it; every one of the four
    has a derivative that can be read off its own output `a` (relu's at 0 is taken as 0)."""
    match activation:
        case "relu":
            return back * (a > 0.0)
        case "tanh":
            return back * (1.0 - a * a)
        case "sigmoid":
            return back * (a * (1.0 - a))
        case "linear":
            return back
        case _:
            assert_never(activation)


def _draw(rng: np.random.Generator, shape: tuple[int, ...], scheme: Scheme) -> Floats:
    inputs, outputs = shape
    match scheme:
        case "he":
            return math.sqrt(2.0 / inputs) * rng.standard_normal(shape)
        case "glorot":
            limit = math.sqrt(6.0 / (inputs + outputs))
            return rng.uniform(-limit, limit, shape)
        case "fan-in":
            limit = 1.0 / math.sqrt(inputs)
            return rng.uniform(-limit, limit, shape)
        case "zeros":
            return np.zeros(shape)
        case _:
            assert_never(scheme)
