"""A decision map shows the net's own probabilities, the right way up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lessons.experiments import losses, maps, mlp, toy, training
from lessons.experiments.maps import Extent
from lessons.experiments.mlp import Net
from lessons.experiments.optimisers import Adam
from lessons.figure import Field


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_rows_run_upwards_and_columns_to_the_right() -> None:
    upwards = Net((2, 1), "linear", np.array([0.0, 50.0, 0.0]))
    rightwards = Net((2, 1), "linear", np.array([50.0, 0.0, 0.0]))
    up = maps.decision_map(upwards, rows=2, columns=3).values
    right = maps.decision_map(rightwards, rows=3, columns=2).values
    assert up.tolist() == [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]
    assert right.tolist() == [[0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]


@pytest.mark.parametrize(("outputs", "label"), [(1, 0), (1, 1), (2, 1), (3, 2)])
def test_a_cell_holds_the_rounded_chance_at_its_centre(outputs: int, label: int) -> None:
    net = mlp.init(rng(), (2, 6, outputs), "tanh", "he", gain=2.0)
    drawn = maps.decision_map(net, Extent(-1.0, 3.0, 0.0, 2.0), rows=4, columns=8, label=label)
    assert drawn.values.shape == (4, 8)
    for row, y in enumerate((0.25, 0.75, 1.25, 1.75)):
        for column in range(8):
            sure = mlp.chances(net, np.array([[-0.75 + 0.5 * column, y]]))[0, label]
            assert abs(drawn.values[row, column] - sure) <= 0.005 + 1e-12
            assert round(100 * drawn.values[row, column]) / 100 == drawn.values[row, column]


def test_a_trained_net_paints_the_ring_it_learned() -> None:
    source = rng(1)
    rings = toy.rings(source, 200)
    net = mlp.init(source, (2, 16, 2), "tanh")
    run = training.train(source, net, rings, losses.cross_entropy, Adam(0.05), 300)
    drawn = maps.decision_map(run.net).values
    assert drawn.shape == (40, 40)
    assert drawn[18:22, 18:22].max() < 0.1
    assert min(drawn[0].min(), drawn[-1].min(), drawn[:, 0].min(), drawn[:, -1].min()) > 0.9


def test_a_map_becomes_a_field_of_a_figure_with_the_same_numbers() -> None:
    drawn = maps.decision_map(mlp.init(rng(), (2, 4, 2)), Extent(-1, 1, -2, 2), rows=3, columns=5)
    field = maps.as_field(drawn, "chance of class 1")
    values = tuple(tuple(row) for row in drawn.values.tolist())
    assert field == Field("chance of class 1", values, -1, 1, -2, 2)


def test_a_map_cannot_be_changed() -> None:
    drawn = maps.decision_map(mlp.init(rng(), (2, 2)))
    with pytest.raises(ValueError, match="read-only"):
        drawn.values[0, 0] = 1.0


def test_maps_refuse_what_cannot_be_drawn_and_say_why() -> None:
    net = mlp.init(rng(), (2, 2))
    with pytest.raises(ValueError, match="a map needs a net of two inputs, not 3"):
        maps.decision_map(mlp.init(rng(), (3, 2)))
    with pytest.raises(ValueError, match=r"the net knows classes 0\.\.1, not 2"):
        maps.decision_map(net, label=2)
    with pytest.raises(ValueError, match="at least one row and one column, not 0 x 40"):
        maps.decision_map(net, rows=0)
    with pytest.raises(ValueError, match="left must be below right and bottom below top"):
        maps.decision_map(net, Extent(1.0, -1.0, 0.0, 1.0))
    with pytest.raises(ValueError, match="left must be below right"):
        maps.decision_map(net, Extent(-math.inf, 1.0, 0.0, 1.0))
    with pytest.raises(ValueError, match="did its training diverge"):
        maps.decision_map(Net((2, 2), "linear", np.full(6, math.inf)))
