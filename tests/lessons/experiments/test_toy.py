"""Toy data has the shape, balance and geometry that its docstrings promise."""

from __future__ import annotations

import numpy as np
import pytest

from lessons.experiments import toy
from lessons.experiments.toy import Toy, ToyMaker

MAKERS: tuple[ToyMaker, ...] = (toy.moons, toy.rings, toy.spirals, toy.xor, toy.blobs)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("n", [3, 10, 201])
def test_toy_data_is_float_points_with_balanced_integer_labels(make: ToyMaker, n: int) -> None:
    made = make(rng(), n, 0.05)
    assert (made.x.shape, made.x.dtype.name) == ((n, 2), "float64")
    assert (made.y.shape, made.y.dtype.name) == ((n,), "int64")
    sizes = np.bincount(made.y)
    assert sizes.max() - sizes.min() <= 1


@pytest.mark.parametrize("make", MAKERS)
def test_clean_toy_data_lies_in_the_unit_square_and_fills_it(make: ToyMaker) -> None:
    x = make(rng(), 2_000, 0.0).x
    assert np.abs(x).max() <= 1.0 + 1e-12
    assert np.abs(x[:, 0]).max() > 0.69


@pytest.mark.parametrize("make", MAKERS)
def test_noise_is_the_standard_deviation_around_the_clean_shape(make: ToyMaker) -> None:
    clean, noisy = make(rng(4), 5_000, 0.0), make(rng(4), 5_000, 0.2)
    moved = noisy.x - clean.x
    assert np.array_equal(clean.y, noisy.y)
    assert moved.std(axis=0) == pytest.approx([0.2, 0.2], rel=0.05)
    assert moved.mean(axis=0) == pytest.approx([0.0, 0.0], abs=0.02)


@pytest.mark.parametrize("make", MAKERS)
def test_the_seed_decides_toy_data_to_the_last_bit(make: ToyMaker) -> None:
    first, again, other = make(rng(1), 50, 0.1), make(rng(1), 50, 0.1), make(rng(2), 50, 0.1)
    assert first.x.tobytes() == again.x.tobytes()
    assert first.y.tobytes() == again.y.tobytes()
    assert first.x.tobytes() != other.x.tobytes()


@pytest.mark.parametrize("make", MAKERS)
def test_points_come_in_random_order(make: ToyMaker) -> None:
    y = make(rng(), 300, 0.0).y
    repeats = float((y[1:] == y[:-1]).mean())
    assert 0.2 < repeats < 0.65


def test_moons_are_two_half_circles_that_reach_into_each_other() -> None:
    made = toy.moons(rng(), 1_000, 0.0)
    upper, lower = made.x[made.y == 0], made.x[made.y == 1]
    assert np.hypot(*(upper - (-1 / 3, -1 / 6)).T) == pytest.approx(2 / 3)
    assert np.hypot(*(lower - (1 / 3, 1 / 6)).T) == pytest.approx(2 / 3)
    assert upper[:, 1].min() >= -1 / 6
    assert lower[:, 1].max() <= 1 / 6
    assert upper[:, 0].max() > lower[:, 0].min()
    assert np.abs(made.x[:, 1]).max() == pytest.approx(0.5, abs=0.001)


def test_rings_have_the_radii_that_were_asked_for() -> None:
    made = toy.rings(rng(), 400, 0.0, inner=0.3)
    radius = np.hypot(*made.x.T)
    assert radius[made.y == 0] == pytest.approx(0.3)
    assert radius[made.y == 1] == pytest.approx(1.0)
    quadrants = (made.x[:, 0] > 0) * 2 + (made.x[:, 1] > 0)
    assert np.bincount(quadrants).min() > 60


@pytest.mark.parametrize("turns", [0.5, 1.0, 2.0])
def test_spiral_arms_wind_outwards_and_face_each_other(turns: float) -> None:
    made = toy.spirals(rng(), 1_000, 0.0, turns=turns)
    radius = np.hypot(*made.x.T)
    assert 0.1 <= radius.min() < 0.2
    assert 0.95 < radius.max() <= 1.0 + 1e-12
    angle = np.arctan2(made.x[:, 1], made.x[:, 0])
    off = np.exp(1j * (angle - 2 * np.pi * turns * radius - np.pi * made.y))
    assert np.abs(off - 1.0).max() < 1e-9


def test_xor_is_a_chessboard_with_four_equal_fields() -> None:
    made = toy.xor(rng(), 400, 0.0)
    right, above = made.x[:, 0] > 0, made.x[:, 1] > 0
    assert np.array_equal(made.y, (right != above).astype(np.int64))
    assert np.bincount(right * 2 + above).tolist() == [100, 100, 100, 100]


@pytest.mark.parametrize("classes", [2, 3, 7, 20])
def test_blobs_stand_on_a_circle_at_equal_angles(classes: int) -> None:
    made = toy.blobs(rng(), 100 * classes, 0.02, classes=classes)
    centres = np.array([made.x[made.y == label].mean(axis=0) for label in range(classes)])
    angles = 2 * np.pi * np.arange(classes) / classes
    assert centres == pytest.approx(
        0.7 * np.column_stack((np.cos(angles), np.sin(angles))), abs=0.01
    )


def test_split_shares_out_every_point_once_and_keeps_the_balance() -> None:
    whole = toy.moons(rng(), 100, 0.1)
    first, rest = toy.split(rng(1), whole, 0.7)
    assert (np.bincount(first.y).tolist(), np.bincount(rest.y).tolist()) == ([35, 35], [15, 15])
    labelled = {(*point, label) for part in (first, rest) for point, label in _rows(part)}
    assert labelled == {(*point, label) for point, label in _rows(whole)}
    again = toy.split(rng(1), whole, 0.7)[0]
    assert again.x.tobytes() == first.x.tobytes()


def test_toy_data_cannot_be_changed_and_does_not_freeze_its_source() -> None:
    source = np.zeros((4, 2))
    made = Toy(source, np.array([0, 1, 0, 1]))
    source[0, 0] = 5.0
    assert made.x[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        made.x[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        made.y[0] = 1


def test_toy_refuses_what_it_cannot_make_and_says_why() -> None:
    with pytest.raises(ValueError, match="2 classes need at least 2 points, not 1"):
        toy.moons(rng(), 1)
    with pytest.raises(ValueError, match=r"noise must be .* not -0\.1"):
        toy.rings(rng(), 10, -0.1)
    with pytest.raises(ValueError, match=r"noise must be .* not nan"):
        toy.xor(rng(), 10, float("nan"))
    with pytest.raises(ValueError, match="inner is a radius between 0 and 1, not 1"):
        toy.rings(rng(), 10, inner=1)
    with pytest.raises(ValueError, match="turns must be a positive number, not 0"):
        toy.spirals(rng(), 10, turns=0)
    with pytest.raises(ValueError, match="classes must be at least 2, not 1"):
        toy.blobs(rng(), 10, classes=1)
    with pytest.raises(ValueError, match=r"fraction must lie between 0 and 1, not 1\.0"):
        toy.split(rng(), toy.xor(rng(), 10), 1.0)
    with pytest.raises(ValueError, match="leaves one part empty"):
        toy.split(rng(), toy.xor(rng(), 10), 0.01)
    with pytest.raises(ValueError, match=r"x must have shape \(n, 2\), not \(4, 3\)"):
        Toy(np.zeros((4, 3)), np.zeros(4, dtype=np.int64))
    with pytest.raises(ValueError, match=r"y must have shape \(4,\)"):
        Toy(np.zeros((4, 2)), np.zeros(3, dtype=np.int64))
    with pytest.raises(TypeError, match="labels must be integers, not float64"):
        Toy(np.zeros((4, 2)), np.zeros(4))  # type: ignore[arg-type]


def _rows(made: Toy) -> list[tuple[tuple[float, ...], int]]:
    return [(tuple(map(float, x)), int(y)) for x, y in zip(made.x, made.y, strict=True)]
