"""Figures that several chapters draw: a loss curve, a toy data set, decision maps side by side.

Knows no key and no question; it gets results of experiments and makes marks and words of them.
Invariant: every number in a figure or in its alt text was measured.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

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


def overlap_in_words(toy: Toy) -> str:
    """How two crescents lie to each other, as an eye sees it; the loss they lead to is not said."""
    mixed = strangers(toy) / len(toy.y)
    if mixed < 0.02:
        return "two thin crescents, clear of each other"
    if mixed < 0.13:
        return "two crescents that touch, with a few dots astray"
    if mixed < 0.26:
        return "two thick crescents whose edges run into each other"
    return "two clouds across each other, the crescents hard to make out"


def map_panel(name: str, net: Net, second: str) -> Panel:
    """The net's decision map; dark where it is sure of the second class, which `second` names."""
    asked = decision_map(net, rows=MAP_CELLS, columns=MAP_CELLS)
    return Panel((as_field(asked, f"how sure of {second}"),), title=name)


def map_in_words(net: Net) -> str:
    """What the map looks like: how hard its shades are, and how often one meets its border."""
    sure = decision_map(net, rows=MAP_CELLS, columns=MAP_CELLS).values
    decided = float(np.mean(np.abs(2 * sure - 1)))
    if decided < 0.25:
        return "grey nearly all over, with no border to speak of"
    tone = "soft shades" if decided < 0.8 else "hard edges between light and dark"
    met = crossings(sure)
    if met <= 1:
        return f"{tone}; one plain border, with the dark half {_dark_half(sure)}"
    return f"{tone}; a border that bends, so that a straight walk across meets it up to {met} times"


def crossings(sure: Floats) -> int:
    """How often one changes sides on a straight walk across the map, at most.

    Tried along the quarter, half and three-quarter lines, both ways: 1 for a straight border.
    """
    dark = sure > 0.5
    walks = [*dark[_quarters(len(dark))], *dark.T[_quarters(len(dark.T))]]
    return max(int(np.sum(walk[1:] != walk[:-1])) for walk in walks)


def _quarters(cells: int) -> list[int]:
    return [cells // 4, cells // 2, 3 * cells // 4]


def _dark_half(sure: Floats) -> str:
    rows, columns = sure.shape
    up = float(np.mean(sure[rows // 2 :]) - np.mean(sure[: rows // 2]))
    across = float(np.mean(sure[:, columns // 2 :]) - np.mean(sure[:, : columns // 2]))
    if abs(across) >= abs(up):
        return "on the right" if across > 0 else "on the left"
    return "above" if up > 0 else "below"
