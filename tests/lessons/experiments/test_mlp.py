"""A net computes what its layers say, and backpropagation agrees with measured slopes."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest

from lessons.experiments import losses, mlp
from lessons.experiments.arrays import Floats, Targets
from lessons.experiments.losses import Loss
from lessons.experiments.mlp import Activation, Net, Scheme

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LOSSES: tuple[tuple[Loss, int], ...] = (
    (losses.cross_entropy, 3),
    (losses.logistic, 1),
    (losses.squared, 2),
    (losses.absolute, 2),
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("loss", "outputs"), LOSSES)
@pytest.mark.parametrize("hidden", [(), (4,), (5, 4, 3)])
def test_backpropagation_agrees_with_finite_differences(
    activation: Activation, loss: Loss, outputs: int, hidden: tuple[int, ...]
) -> None:
    source = rng(11)
    shaped = mlp.init(source, (2, *hidden, outputs), activation, "he")
    # Random biases too, or an error in their slopes could hide behind zeros.
    net = Net(shaped.sizes, activation, source.normal(0.0, 0.7, shaped.parameters.shape))
    x = source.standard_normal((6, 2))
    y: Targets = source.standard_normal((6, outputs))
    if loss in (losses.cross_entropy, losses.logistic):
        y = source.integers(0, max(outputs, 2), 6)

    slope = mlp.gradients(net, x, y, loss)

    measured = np.empty_like(net.parameters)
    for place in range(len(measured)):
        nudge = np.zeros_like(measured)
        nudge[place] = 1e-6
        rise = _loss(net, net.parameters + nudge, x, y, loss)
        fall = _loss(net, net.parameters - nudge, x, y, loss)
        measured[place] = (rise - fall) / 2e-6
    assert slope.loss == loss(mlp.forward(net, x), y).value
    assert np.abs(measured).max() > 0.01
    assert slope.gradient == pytest.approx(measured, rel=1e-5, abs=1e-8)


def test_a_forward_pass_equals_the_sum_done_by_hand() -> None:
    # Hidden: 1*x1 + 3*x2 + 0.5 and 2*x1 + 4*x2 - 20. Output: 2 of one, 5 of the other, + 0.25.
    net = Net((2, 2, 1), "relu", np.array([1.0, 2.0, 3.0, 4.0, 0.5, -20.0, 2.0, 5.0, 0.25]))
    assert mlp.forward(net, np.array([[1.0, 2.0]])).tolist() == [[2 * 7.5 + 0.25]]
    assert mlp.forward(net, np.array([[1.0, 5.0]])).tolist() == [[2 * 16.5 + 5 * 2.0 + 0.25]]


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", [0.0, 0.0, 2.0]),
        ("tanh", [math.tanh(-1), 0.0, math.tanh(2)]),
        ("sigmoid", [1 / (1 + math.e), 0.5, 1 / (1 + math.exp(-2))]),
        ("linear", [-1.0, 0.0, 2.0]),
    ],
)
def test_activations_bend_hidden_layers_only(activation: Activation, expected: list[float]) -> None:
    x = np.array([[-1.0], [0.0], [2.0]])
    hidden = Net((1, 1, 1), activation, np.array([1.0, 0.0, 1.0, 0.0]))
    alone = Net((1, 1), activation, np.array([1.0, 0.0]))
    assert mlp.forward(hidden, x)[:, 0] == pytest.approx(expected, rel=1e-12)
    assert mlp.forward(alone, x)[:, 0].tolist() == [-1.0, 0.0, 2.0]


def test_layers_are_consecutive_views_that_cover_the_whole_vector() -> None:
    flat = np.arange(17.0)
    first, second = mlp.layers((2, 3, 2), flat)
    assert (first.weights.tolist(), first.biases.tolist()) == ([[0, 1, 2], [3, 4, 5]], [6, 7, 8])
    assert (second.weights.shape, second.biases.tolist()) == ((3, 2), [15, 16])
    first.weights[0, 0] = -9.0
    assert flat[0] == -9.0


@pytest.mark.parametrize(
    ("scheme", "deviation", "limit"),
    [
        ("he", math.sqrt(2 / 100), math.inf),
        ("glorot", math.sqrt(2 / 400), math.sqrt(6 / 400)),
        ("fan-in", math.sqrt(1 / 300), 0.1),
        ("zeros", 0.0, 0.0),
    ],
)
def test_schemes_draw_weights_of_the_stated_spread(
    scheme: Scheme, deviation: float, limit: float
) -> None:
    (layer,) = mlp.layers((100, 300), mlp.init(rng(), (100, 300), "tanh", scheme).parameters)
    assert layer.weights.std() == pytest.approx(deviation, rel=0.02)
    assert np.abs(layer.weights).max() <= limit
    assert not layer.biases.any()


def test_gain_multiplies_the_weights() -> None:
    one, ten = (mlp.init(rng(), (2, 8, 2), gain=gain).parameters for gain in (1.0, 10.0))
    assert np.array_equal(ten, 10.0 * one)


def test_small_even_starts_cost_about_a_pure_guess() -> None:
    for seed in range(20):
        source = rng(seed)
        net = mlp.init(source, (2, 16, 16, 2), "relu", "fan-in")
        x, y = source.uniform(-1.0, 1.0, (200, 2)), np.arange(200) % 2
        start = losses.cross_entropy(mlp.forward(net, x), y).value
        assert start == pytest.approx(math.log(2), abs=0.08)


@pytest.mark.parametrize("outputs", [1, 2, 4])
def test_chances_are_probabilities_and_predict_takes_the_largest(outputs: int) -> None:
    net = mlp.init(rng(), (2, 8, outputs), "tanh", "he", gain=3.0)
    x = rng(1).standard_normal((50, 2))
    sure = mlp.chances(net, x)
    assert sure.shape == (50, max(outputs, 2))
    assert sure.sum(axis=1) == pytest.approx(1.0, rel=1e-12)
    assert sure.min() >= 0.0
    assert np.array_equal(mlp.predict(net, x), sure.argmax(axis=1))
    assert len(set(mlp.predict(net, x).tolist())) > 1


def test_accuracy_is_the_share_of_right_answers() -> None:
    net = Net((1, 1), "linear", np.array([1.0, 0.0]))
    x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    assert mlp.accuracy(net, x, np.array([0, 1, 1, 1])) == 0.75


def test_a_net_cannot_be_changed_and_does_not_freeze_its_source() -> None:
    source = np.zeros(3)
    net = Net((2, 1), "linear", source)
    source[0] = 1.0
    assert net.parameters[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        net.parameters[0] = 1.0


@pytest.mark.parametrize("scheme", [scheme for scheme in SCHEMES if scheme != "zeros"])
def test_the_seed_decides_a_fresh_net_to_the_last_bit(scheme: Scheme) -> None:
    nets = [mlp.init(rng(seed), (2, 4, 2), "relu", scheme) for seed in (1, 1, 2)]
    first, again, other = (net.parameters.tobytes() for net in nets)
    assert first == again
    assert first != other


def test_nets_refuse_what_does_not_fit_and_say_why() -> None:
    with pytest.raises(ValueError, match=r"at least two widths, each at least 1, not \(2,\)"):
        mlp.init(rng(), (2,))
    with pytest.raises(ValueError, match=r"each at least 1, not \(2, 0, 1\)"):
        mlp.init(rng(), (2, 0, 1))
    with pytest.raises(ValueError, match="gain must be a positive number, not 0"):
        mlp.init(rng(), (2, 1), gain=0)
    with pytest.raises(ValueError, match=r"activation must be one of .*'tanh'.* not 'relo'"):
        mlp.init(rng(), (2, 1), "relo")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"scheme must be one of .*'he'.* not 'she'"):
        mlp.init(rng(), (2, 1), "relu", "she")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"needs parameters of shape \(3,\), not \(4,\)"):
        Net((2, 1), "relu", np.zeros(4))
    net = mlp.init(rng(), (2, 1))
    with pytest.raises(ValueError, match=r"inputs must have shape \(n, 2\), not \(5, 3\)"):
        mlp.forward(net, np.zeros((5, 3)))
    with pytest.raises(ValueError, match="5 rows need as many labels"):
        mlp.accuracy(net, np.zeros((5, 2)), np.zeros(4, dtype=np.int64))


def _loss(net: Net, parameters: Floats, x: Floats, y: Targets, loss: Loss) -> float:
    return loss(mlp.forward(Net(net.sizes, net.activation, parameters), x), y).value
