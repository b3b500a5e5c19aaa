"""Optimisers take the steps of their papers, recounted here one number at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lessons.experiments import optimisers
from lessons.experiments.arrays import Floats
from lessons.experiments.optimisers import Adam, Memory, Momentum, Optimiser, Sgd

OPTIMISERS: tuple[Optimiser, ...] = (Sgd(0.1), Momentum(0.1, 0.8), Adam(0.1))
START = (1.5, -0.3, 0.0)


def walked(optimiser: Optimiser, gradients: Floats) -> list[list[float]]:
    """The parameters after each step from START."""
    parameters = np.array(START)
    memory = optimisers.blank(parameters)
    path = []
    for gradient in gradients:
        parameters, memory = optimisers.step(optimiser, parameters, gradient, memory)
        path.append(parameters.tolist())
    return path


def drawn(steps: int) -> Floats:
    return np.random.default_rng(8).standard_normal((steps, len(START)))


@pytest.mark.parametrize(
    ("rate", "beta1", "beta2", "epsilon"),
    [(0.001, 0.9, 0.999, 1e-8), (0.3, 0.5, 0.8, 0.1), (0.05, 0.0, 0.0, 1e-3)],
)
def test_adam_follows_algorithm_1_of_kingma_and_ba(
    rate: float, beta1: float, beta2: float, epsilon: float
) -> None:
    gradients = drawn(50)
    path = walked(Adam(rate, beta1, beta2, epsilon), gradients)
    for column, theta in enumerate(START):
        m = v = 0.0
        for t in range(1, 51):
            g = float(gradients[t - 1, column])
            m = beta1 * m + (1 - beta1) * g
            v = beta2 * v + (1 - beta2) * g**2
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            theta = theta - rate * m_hat / (math.sqrt(v_hat) + epsilon)
            assert path[t - 1][column] == pytest.approx(theta, rel=1e-12, abs=1e-14)


def test_adam_first_moves_by_its_rate_whatever_the_size_of_the_gradient() -> None:
    (after,) = walked(Adam(0.01), np.array([[1e-3, -1.0, 1e6]]))
    moved = np.array(START) - after
    assert moved == pytest.approx([0.01, -0.01, 0.01], rel=1e-4)


def test_momentum_adds_up_past_gradients() -> None:
    gradients = drawn(20)
    path = walked(Momentum(0.1, 0.8), gradients)
    for column, place in enumerate(START):
        for t in range(20):
            velocity = sum(0.8 ** (t - k) * float(gradients[k, column]) for k in range(t + 1))
            place -= 0.1 * velocity
            assert path[t][column] == pytest.approx(place, rel=1e-9, abs=1e-12)


def test_plain_descent_only_looks_at_the_present_gradient() -> None:
    path = walked(Sgd(0.5), np.array([[1.0, 0.0, -2.0], [0.0, 1.0, 0.0]]))
    assert path == [[1.0, -0.3, 1.0], [1.0, -0.8, 1.0]]


def test_momentum_of_zero_is_plain_descent() -> None:
    assert walked(Momentum(0.2, 0.0), drawn(10)) == walked(Sgd(0.2), drawn(10))


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_a_step_writes_to_nothing_that_came_in(optimiser: Optimiser) -> None:
    parameters, gradient = np.array(START), np.array([1.0, 2.0, 3.0])
    memory = optimisers.blank(parameters)
    for array in (parameters, gradient, memory.first, memory.second):
        array.flags.writeable = False
    after = optimisers.step(optimiser, parameters, gradient, memory)
    assert after.memory.taken == 1
    assert memory.taken == 0
    assert not np.array_equal(after.parameters, parameters)


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_every_optimiser_finds_the_bottom_of_a_bowl(optimiser: Optimiser) -> None:
    bottom = np.array([0.2, -1.0, 3.0])
    parameters = np.array(START)
    memory = optimisers.blank(parameters)
    for _ in range(400):
        parameters, memory = optimisers.step(optimiser, parameters, parameters - bottom, memory)
    assert parameters == pytest.approx(bottom, abs=1e-3)


def test_optimisers_refuse_senseless_settings_and_say_why() -> None:
    with pytest.raises(ValueError, match="rate must be a positive number, not 0"):
        Sgd(0)
    with pytest.raises(ValueError, match="rate must be a positive number, not inf"):
        Momentum(math.inf)
    with pytest.raises(ValueError, match=r"momentum must be at least 0 and below 1, not 1\.0"):
        Momentum(0.1, 1.0)
    with pytest.raises(ValueError, match="beta1 must be at least 0 and below 1, not -1"):
        Adam(0.1, beta1=-1)
    with pytest.raises(ValueError, match="beta2 must be at least 0 and below 1, not nan"):
        Adam(0.1, beta2=math.nan)
    with pytest.raises(ValueError, match="epsilon must be a positive number, not 0"):
        Adam(0.1, epsilon=0)
    three, four = np.zeros(3), np.zeros(4)
    with pytest.raises(ValueError, match=r"gradient \(4,\) .* differ in shape"):
        optimisers.step(Sgd(0.1), three, four, optimisers.blank(three))
    with pytest.raises(ValueError, match=r"memory \(3,\), \(4,\) differ in shape"):
        optimisers.step(Sgd(0.1), three, three, Memory(0, three, four))
