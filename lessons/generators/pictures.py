"""Figures that several chapters draw: a loss curve, a toy data set, decision maps side by side.

Knows no key and no question; it gets results of experiments and makes marks and words of them.
Invariant: every number in a figure or in its alt text was measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lessons.experiments import mlp
from lessons.experiments.arrays import Floats
from lessons.experiments.maps import as_field, decision_map
from lessons.experiments.mlp import Net
from lessons.experiments.toy import Toy
from lessons.figure import Figure, Line, Panel, Points
from lessons.numbers import say_number

EVERY = 5  # of 600 steps: 121 points are more than any screen shows
MAP_CELLS = 24
PANEL_NAMES = "ABCDEFGH"


def curve(losses: Floats, label: str = "loss") -> Line:
    """The losses as a line over steps, every fifth and the last."""
    steps = sorted({*range(0, len(losses), EVERY), len(losses) - 1})
    return Line(label, tuple(map(float, steps)), tuple(round(float(losses[at]), 4) for at in steps))


def marks(losses: Floats, steps: Sequence[int], label: str) -> Points:
    """The curve's own points at these steps."""
    return Points(
        label,
        tuple(map(float, steps)),
        tuple(round(float(losses[at]), 4) for at in steps),
        marker="ring",
    )


def loss_figure(
    title: str,
    losses: Floats,
    steps: Sequence[int],
    alt: str = "",
    x_high: float | None = None,
) -> Figure:
    """One real loss curve with the points at `steps` marked, and those numbers in words.

    `x_high` beyond the last step leaves room for what is still to be guessed.
    """
    told = "; ".join(f"{say_number(float(losses[at]))} at step {at}" for at in steps)
    panel = Panel(
        (curve(losses), marks(losses, steps, "measured")),
        x_label="step",
        y_label="loss",
        x_high=x_high,
        y_low=0.0,
    )
    words = f"A loss curve over {len(losses) - 1} steps: {told}. {alt}".strip()
    return Figure(title, words, (panel,))


def scatter(toy: Toy) -> tuple[Points, Points]:
    """Both classes of a toy data set: rings for class 0, crosses for class 1."""
    ring, cross = (toy.x[toy.y == label].round(3) for label in (0, 1))
    return (
        Points("rings", tuple(map(float, ring[:, 0])), tuple(map(float, ring[:, 1])), "ring"),
        Points("crosses", tuple(map(float, cross[:, 0])), tuple(map(float, cross[:, 1])), "cross"),
    )


def strangers(toy: Toy) -> int:
    """How many points have a point of the other class as their nearest neighbour."""
    gaps = np.sum((toy.x[:, None, :] - toy.x[None, :, :]) ** 2, axis=2)
    np.fill_diagonal(gaps, np.inf)
    return int(np.sum(toy.y[gaps.argmin(axis=1)] != toy.y))


def moons_in_words(toy: Toy) -> str:
    """Two crescents in words: how many dots, and how far they mix."""
    mixed = strangers(toy)
    verb = "stands" if mixed == 1 else "stand"
    return (
        f"{int(np.sum(toy.y == 0))} rings bend over the top and {int(np.sum(toy.y == 1))} crosses "
        f"bend under them, the tip of each crescent inside the other; {mixed} of {len(toy.y)} dots "
        f"{verb} closest to a dot of the other kind"
    )


def map_panel(name: str, net: Net) -> Panel:
    """The net's decision map; dark where it is sure of a cross."""
    asked = decision_map(net, rows=MAP_CELLS, columns=MAP_CELLS)
    return Panel((as_field(asked, "how sure of a cross"),), title=name)


def map_in_words(net: Net, toy: Toy) -> str:
    """What the map looks like: how decided it is, and how many of the dots it gets right."""
    sure = decision_map(net, rows=MAP_CELLS, columns=MAP_CELLS).values
    decided = float(np.mean(np.abs(2 * sure - 1)))
    right = round(mlp.accuracy(net, toy.x, toy.y) * len(toy.y))
    tone = "grey almost everywhere" if decided < 0.25 else "soft" if decided < 0.8 else "sharp"
    return (
        f"{tone}, {round(100 * decided)} % decided on average, "
        f"with {right} of {len(toy.y)} dots on their own side"
    )
