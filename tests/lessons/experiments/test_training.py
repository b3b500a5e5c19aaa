"""A training run learns, records what it says it records, and can be repeated bit by bit."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from lessons.experiments import losses, mlp, optimisers, toy, training
from lessons.experiments.arrays import Floats, Targets
from lessons.experiments.mlp import Activation, Net
from lessons.experiments.optimisers import Adam, Momentum, Optimiser, Sgd
from lessons.experiments.training import Run


@dataclass(frozen=True)
class Table:
    x: Floats
    y: Targets


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def moons_run(seed: int, optimiser: Optimiser, steps: int, batch_size: int | None = None) -> Run:
    source = rng(seed)
    examples = toy.moons(source, 100, 0.1)
    net = mlp.init(source, (2, 8, 2), "tanh", "glorot")
    return training.train(
        source,
        net,
        examples,
        losses.cross_entropy,
        optimiser,
        steps,
        batch_size,
        snapshots=(0, 10, steps),
        validation=toy.moons(source, 40, 0.1),
    )


@pytest.mark.parametrize("optimiser", [Sgd(0.5), Momentum(0.1), Adam(0.02)])
@pytest.mark.parametrize("batch_size", [None, 20])
def test_training_lowers_the_loss_on_moons(optimiser: Optimiser, batch_size: int | None) -> None:
    for seed in range(20):
        run = moons_run(seed, optimiser, 120, batch_size)
        assert run.losses[-1] < 0.6 * run.losses[0]
        assert run.validation is not None
        assert run.validation[-1] < run.validation[0]
        assert not run.diverged


@pytest.mark.parametrize("batch_size", [None, 16])
def test_the_same_seed_repeats_a_run_to_the_last_bit(batch_size: int | None) -> None:
    first, again, other = (moons_run(seed, Adam(0.02), 60, batch_size) for seed in (3, 3, 4))
    assert _bits(first) == _bits(again)
    assert all(one != two for one, two in zip(_bits(first), _bits(other), strict=True))


def test_mini_batches_depend_on_the_generator_and_full_batches_do_not_touch_it() -> None:
    examples = toy.rings(rng(), 60)
    net = mlp.init(rng(), (2, 6, 2))

    def losses_with(seed: int, batch_size: int | None) -> bytes:
        loss, optimiser = losses.cross_entropy, Sgd(0.1)
        return training.train(
            rng(seed), net, examples, loss, optimiser, 20, batch_size
        ).losses.tobytes()

    assert losses_with(1, 10) != losses_with(2, 10)
    assert losses_with(1, None) == losses_with(2, None) == losses_with(3, 60)
    source = rng(5)
    training.train(source, net, examples, losses.cross_entropy, Sgd(0.1), 5)
    assert source.random() == rng(5).random()


@pytest.mark.parametrize("batch_size", [None, 16])
def test_losses_are_those_of_all_examples_before_the_first_and_after_each_update(
    batch_size: int | None,
) -> None:
    source = rng(2)
    examples, held_out = toy.split(source, toy.moons(source, 120, 0.1), 0.75)
    net = mlp.init(source, (2, 5, 2), "relu", "he")
    run = training.train(
        source,
        net,
        examples,
        losses.cross_entropy,
        Adam(0.02),
        30,
        batch_size,
        snapshots=range(31),
        validation=held_out,
    )
    assert run.losses.shape == (31,)
    assert run.validation is not None
    assert [step for step, _ in run.snapshots] == list(range(31))
    assert np.array_equal(run.at(0).parameters, net.parameters)
    for step, then in run.snapshots:
        for record, part in ((run.losses, examples), (run.validation, held_out)):
            cost = losses.cross_entropy(mlp.forward(then, part.x), part.y)
            assert record[step] == cost.value
    assert run.net.parameters.tobytes() == run.at(30).parameters.tobytes()
    assert run.taken == 30


def test_a_full_batch_run_is_the_optimiser_applied_to_the_gradient_again_and_again() -> None:
    examples, net = toy.xor(rng(), 40), mlp.init(rng(), (2, 4, 2))
    run = training.train(
        rng(), net, examples, losses.cross_entropy, Momentum(0.2), 5, snapshots=[5]
    )
    parameters, memory = net.parameters, optimisers.blank(net.parameters)
    for _ in range(5):
        now = Net(net.sizes, net.activation, parameters)
        slope = mlp.gradients(now, examples.x, examples.y, losses.cross_entropy)
        parameters, memory = optimisers.step(Momentum(0.2), parameters, slope.gradient, memory)
    assert run.net.parameters.tobytes() == parameters.tobytes()


def test_each_epoch_uses_every_example_exactly_once() -> None:
    # A single bias under the absolute loss with targets far above: each step's gradient is -1
    # whatever the batch, so the loss hook can count which targets each batch held.
    targets = 1000.0 + np.arange(10.0)
    seen: list[list[float]] = []

    def counting(output: Floats, target: Targets) -> losses.Cost:
        if len(target) < 10:
            seen.append(target.tolist())
        return losses.absolute(output, target)

    net = Net((1, 1), "linear", np.zeros(2))
    table = Table(np.zeros((10, 1)), targets)
    training.train(rng(), net, table, counting, Sgd(0.1), 11, batch_size=4)
    assert [len(batch) for batch in seen] == [4, 4, 2] * 4
    epochs = [seen[start] + seen[start + 1] + seen[start + 2] for start in range(0, 12, 3)]
    assert all(sorted(epoch) == targets.tolist() for epoch in epochs)
    assert epochs[0] != epochs[1]


@pytest.mark.parametrize("sizes", [(2, 2), (2, 16, 16, 2)])
def test_without_a_fold_no_depth_learns_xor(sizes: tuple[int, ...]) -> None:
    for seed in range(5):
        assert 0.4 <= _xor_accuracy(seed, sizes, "linear") <= 0.75


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_one_hidden_layer_learns_xor(activation: Activation) -> None:
    for seed in range(5):
        assert _xor_accuracy(seed, (2, 16, 2), activation) >= 0.95


def test_a_linear_net_under_the_squared_loss_finds_the_least_squares_line() -> None:
    source = rng(6)
    x = source.uniform(-1.0, 1.0, (50, 2))
    y = x @ np.array([2.0, -1.0]) + 0.5 + source.normal(0.0, 0.1, 50)
    net = mlp.init(source, (2, 1), "linear")
    run = training.train(source, net, Table(x, y), losses.squared, Sgd(0.3), 400)
    best = np.linalg.lstsq(np.column_stack((x, np.ones(50))), y, rcond=None)[0]
    assert run.net.parameters == pytest.approx(best, abs=1e-6)


def test_a_diverging_run_stops_at_its_last_finite_loss_and_says_so() -> None:
    source = rng(1)
    x = source.standard_normal((30, 2))
    net = mlp.init(source, (2, 8, 1), "relu", "he")
    run = training.train(
        source,
        net,
        Table(x, x[:, :1]),
        losses.squared,
        Sgd(50.0),
        200,
        snapshots=(0, 1, 200),
        validation=Table(x, x[:, :1]),
    )
    assert run.diverged
    assert 0 < run.taken < 200
    assert run.validation is not None
    assert len(run.validation) == len(run.losses)
    assert run.losses[-1] > 1e6 * run.losses[0]
    for recorded in (run.losses, run.validation, run.net.parameters):
        assert np.isfinite(recorded).all()
    assert [step for step, _ in run.snapshots] == [0, 1]
    cost = losses.squared(mlp.forward(run.net, x), x[:, :1])
    assert cost.value == run.losses[-1]


def test_infinite_parameters_behind_a_finite_loss_count_as_diverged() -> None:
    # tanh of an infinite sum is 1, so this loss stays finite while the parameters don't.
    net = Net((1, 1, 1), "tanh", np.array([1.0, 0.0, 1.0, 0.0]))
    table = Table(np.ones((2, 1)), np.array([3.0, 3.0]))

    def steep(output: Floats, target: Targets) -> losses.Cost:
        return losses.Cost(1.0, np.full_like(output, -1e308))

    run = training.train(rng(), net, table, steep, Sgd(10.0), 5)
    assert run.diverged
    assert run.taken == 0


def test_no_steps_leave_the_untrained_net_and_its_loss() -> None:
    examples, net = toy.moons(rng(), 50), mlp.init(rng(), (2, 4, 2), scheme="zeros")
    run = training.train(rng(), net, examples, losses.cross_entropy, Sgd(0.1), 0)
    assert run.losses.tolist() == pytest.approx([math.log(2)])
    assert run.net is net
    assert run.validation is None
    assert [step for step, _ in run.snapshots] == [0]


def test_a_run_says_which_snapshots_it_kept() -> None:
    run = moons_run(0, Sgd(0.1), 20)
    with pytest.raises(ValueError, match=r"no snapshot of step 7; kept: \[0, 10, 20\]"):
        run.at(7)


def test_training_refuses_what_does_not_fit_and_says_why() -> None:
    examples, net = toy.moons(rng(), 10), mlp.init(rng(), (2, 2))

    def attempt(
        table: training.Examples = examples,
        steps: int = 1,
        batch_size: int | None = None,
        snapshots: tuple[int, ...] = (),
        validation: training.Examples | None = None,
        start: Net = net,
    ) -> None:
        loss, optimiser = losses.cross_entropy, Sgd(0.1)
        training.train(
            rng(), start, table, loss, optimiser, steps, batch_size, snapshots, validation
        )

    good = Table(examples.x, examples.y)
    with pytest.raises(ValueError, match="steps must be at least 0, not -1"):
        attempt(steps=-1)
    with pytest.raises(ValueError, match="batch_size must be at least 1, or None for all, not 0"):
        attempt(batch_size=0)
    with pytest.raises(
        ValueError, match=r"snapshots are numbers of updates from 0 up, not \(-1,\)"
    ):
        attempt(snapshots=(-1,))
    with pytest.raises(ValueError, match="there are no training examples"):
        attempt(Table(np.zeros((0, 2)), np.zeros(0, dtype=np.int64)))
    with pytest.raises(ValueError, match="training examples have 10 inputs but 9 targets"):
        attempt(replace(good, y=examples.y[:9]))
    with pytest.raises(ValueError, match="validation examples hold a number that is not finite"):
        attempt(validation=replace(good, x=np.full((10, 2), math.nan)))
    with pytest.raises(ValueError, match=r"inputs must have shape \(n, 2\), not \(10, 3\)"):
        attempt(replace(good, x=np.zeros((10, 3))))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1"):
        attempt(replace(good, y=examples.y + 1))
    with pytest.raises(TypeError, match="class labels must be integers"):
        attempt(replace(good, y=examples.y.astype(np.float64)))
    with pytest.raises(ValueError, match="untrained net's loss or parameters are not finite"):
        attempt(start=Net((2, 2), "relu", np.full(6, math.inf)))


def _xor_accuracy(seed: int, sizes: tuple[int, ...], activation: Activation) -> float:
    source = rng(seed)
    examples = toy.xor(source, 200)
    net = mlp.init(source, sizes, activation, "glorot")
    run = training.train(source, net, examples, losses.cross_entropy, Adam(0.03), 300)
    return mlp.accuracy(run.net, examples.x, examples.y)


def _bits(run: Run) -> tuple[bytes, ...]:
    assert run.validation is not None
    nets = b"".join(net.parameters.tobytes() for _, net in run.snapshots)
    return run.losses.tobytes(), run.validation.tobytes(), nets, run.net.parameters.tobytes()
