"""Losses cost what their formulas say, and their gradients are the exact slopes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lessons.experiments import losses
from lessons.experiments.arrays import Floats, Targets
from lessons.experiments.losses import Loss

CASES: tuple[tuple[Loss, int, str], ...] = (
    (losses.cross_entropy, 4, "classes"),
    (losses.logistic, 1, "classes"),
    (losses.squared, 1, "numbers"),
    (losses.squared, 3, "numbers"),
    (losses.absolute, 1, "numbers"),
    (losses.absolute, 3, "numbers"),
)


def drawn(seed: int, k: int, kind: str) -> tuple[Floats, Targets]:
    rng = np.random.default_rng(seed)
    output = 2.0 * rng.standard_normal((7, k))
    if kind == "classes":
        return output, rng.integers(0, max(k, 2), 7)
    return output, rng.standard_normal((7, k))


@pytest.mark.parametrize(("loss", "k", "kind"), CASES)
@pytest.mark.parametrize("seed", range(5))
def test_the_gradient_is_the_slope_of_the_value(loss: Loss, k: int, kind: str, seed: int) -> None:
    output, target = drawn(seed, k, kind)
    measured = np.empty_like(output)
    for place in np.ndindex(*output.shape):
        nudge = np.zeros_like(output)
        nudge[place] = 1e-6
        rise = loss(output + nudge, target).value - loss(output - nudge, target).value
        measured[place] = rise / 2e-6
    assert loss(output, target).gradient == pytest.approx(measured, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("k", range(2, 21))
def test_a_guessing_classifier_costs_ln_k_nats(k: int) -> None:
    target = np.arange(3 * k) % k
    for level in (0.0, 7.5, -300.0):
        cost = losses.cross_entropy(np.full((3 * k, k), level), target)
        assert cost.value == pytest.approx(math.log(k), rel=1e-12)


def test_cross_entropy_equals_a_plain_recount() -> None:
    output, target = drawn(3, 4, "classes")
    total = 0.0
    for row, label in zip(output.tolist(), target.tolist(), strict=True):
        total -= math.log(math.exp(row[label]) / sum(map(math.exp, row)))
    assert losses.cross_entropy(output, target).value == pytest.approx(total / 7, rel=1e-12)


def test_logistic_equals_cross_entropy_over_two_logits() -> None:
    output, target = drawn(5, 1, "classes")
    twin = losses.cross_entropy(np.hstack((np.zeros_like(output), output)), target)
    cost = losses.logistic(output, target)
    assert cost.value == pytest.approx(twin.value, rel=1e-12)
    assert cost.gradient[:, 0] == pytest.approx(twin.gradient[:, 1], rel=1e-9)


def test_huge_logits_cost_their_distance_and_raise_no_warning() -> None:
    wrong = losses.cross_entropy(np.array([[1e4, -1e4]]), np.array([1]))
    assert wrong.value == 2e4
    assert wrong.gradient.tolist() == [[1.0, -1.0]]
    sure = losses.logistic(np.array([[1e4], [-1e4]]), np.array([0, 1]))
    assert sure.value == 1e4
    assert sure.gradient.tolist() == [[0.5], [-0.5]]
    assert losses.logistic(np.array([[50.0]]), np.array([1])).value == pytest.approx(math.exp(-50))


def test_squared_and_absolute_average_over_all_entries() -> None:
    output, target = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [6.0, 4.0]])
    assert losses.squared(output, target).value == (4 + 9) / 4
    assert losses.absolute(output, target).value == (2 + 3) / 4
    assert losses.absolute(output, target).gradient.tolist() == [[0.0, 0.25], [-0.25, 0.0]]


def test_squared_likes_the_mean_and_absolute_the_median() -> None:
    target = np.array([1.0, 2.0, 3.0, 4.0, 40.0])
    for loss, best in ((losses.squared, 10.0), (losses.absolute, 3.0)):
        guesses = np.arange(0.0, 41.0)
        costs = [loss(np.full((5, 1), guess), target).value for guess in guesses]
        assert guesses[int(np.argmin(costs))] == best


def test_flat_targets_are_not_spread_over_a_square() -> None:
    output, flat = np.array([[1.0], [5.0]]), np.array([2.0, 5.0])
    assert losses.squared(output, flat).value == 0.5
    assert losses.squared(output, flat).gradient.shape == (2, 1)


def test_losses_refuse_what_does_not_fit_and_say_why() -> None:
    two = np.zeros((3, 2))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1, but they run from 0 to 2"):
        losses.cross_entropy(two, np.array([0, 1, 2]))
    with pytest.raises(ValueError, match="they run from -1 to 1"):
        losses.cross_entropy(two, np.array([0, 1, -1]))
    with pytest.raises(TypeError, match="class labels must be integers, not float64"):
        losses.cross_entropy(two, np.array([0.0, 1.0, 1.0]))
    with pytest.raises(
        ValueError, match=r"3 outputs need class labels of shape \(3,\), not \(2,\)"
    ):
        losses.cross_entropy(two, np.array([0, 1]))
    with pytest.raises(ValueError, match=r"needs outputs of shape \(n, 1\), not \(3, 2\)"):
        losses.logistic(two, np.array([0, 1, 1]))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1"):
        losses.logistic(np.zeros((1, 1)), np.array([2]))
    with pytest.raises(ValueError, match=r"outputs \(3, 2\) and targets \(3,\) differ in shape"):
        losses.squared(two, np.zeros(3))
    with pytest.raises(ValueError, match=r"outputs must have shape \(n, k\).* not \(0, 2\)"):
        losses.absolute(np.zeros((0, 2)), np.zeros((0, 2)))
