"""Decision maps: how sure a net is of one class at every place of a plane.

Knows no figure style and no data; it asks the net at the centre of each cell of a grid.
Invariant: values[row, column] is a probability, with rows from bottom to top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lessons.experiments.arrays import Floats, sealed
from lessons.experiments.mlp import Net, chances
from lessons.figure import Field


class Extent(NamedTuple):
    """The rectangle that a map covers, edge to edge, in the units of the data."""

    left: float
    right: float
    bottom: float
    top: float


TOY_EXTENT = Extent(-1.2, 1.2, -1.2, 1.2)


@dataclass(frozen=True, slots=True, eq=False)
class DecisionMap:
    """values (rows, columns), read-only; row 0 is the bottom one, column 0 the left one."""

    values: Floats
    extent: Extent


def decision_map(
    net: Net,
    extent: Extent = TOY_EXTENT,
    rows: int = 40,
    columns: int = 40,
    label: int = 1,
    decimals: int = 2,
) -> DecisionMap:
    """The probability of class `label` at the centre of each cell, rounded to `decimals`.

    Raises ValueError if the net doesn't take two inputs or lacks that class, if the grid has
    no cell, if the extent is empty, or if the net's answer is not a number.
    """
    left, right, bottom, top = extent
    classes = max(net.sizes[-1], 2)
    if net.sizes[0] != 2:
        raise ValueError(f"a map needs a net of two inputs, not {net.sizes[0]}")
    if not 0 <= label < classes:
        raise ValueError(f"the net knows classes 0..{classes - 1}, not {label}")
    if rows < 1 or columns < 1:
        raise ValueError(f"a map needs at least one row and one column, not {rows} x {columns}")
    if not (all(map(math.isfinite, extent)) and left < right and bottom < top):
        raise ValueError(f"left must be below right and bottom below top, not {tuple(extent)}")

    across, up = np.meshgrid(_centres(left, right, columns), _centres(bottom, top, rows))
    with np.errstate(all="ignore"):
        sure = chances(net, np.column_stack((across.ravel(), up.ravel())))[:, label]
    if not np.isfinite(sure).all():
        raise ValueError("the net's answers are not finite numbers; did its training diverge?")
    return DecisionMap(sealed(sure.reshape(rows, columns).round(decimals)), extent)


def as_field(decision_map: DecisionMap, label: str) -> Field:
    """The map as a mark of a figure, under the name `label`."""
    values = tuple(tuple(map(float, row)) for row in decision_map.values)
    return Field(label, values, *decision_map.extent)


def _centres(low: float, high: float, cells: int) -> Floats:
    centres: Floats = low + (high - low) * (np.arange(cells) + 0.5) / cells
    return centres
