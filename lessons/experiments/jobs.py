"""Jobs: what a `config` challenge really trains, by name, with bounded settings.

Knows no challenge: a Generator and settings in, a share from 0 to 1 out, or nan if it blew up.
Invariant: every setting that a job accepts keeps it under a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from lessons.experiments import mlp, toy
from lessons.experiments.losses import cross_entropy
from lessons.experiments.optimisers import Adam, Momentum, Optimiser, Sgd
from lessons.experiments.training import train

Settings: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """`run(rng, settings)` does the work; `fault(name, value)` says what is wrong, or ""."""

    run: Callable[[np.random.Generator, Settings], float]
    fault: Callable[[str, str], str]


SPIRAL_POINTS = 120
SPIRAL_STEPS = 400
WIDTHS = ("2", "4", "8", "16", "32")
OPTIMISERS = ("sgd", "momentum", "adam")
LARGEST_RATE = 10.0


def spirals(rng: np.random.Generator, settings: Settings) -> float:
    """Accuracy on fresh points of two spirals after 400 full-batch steps of a 2-w-w-2 tanh net.

    Settings, each optional: `rate` (0 < rate <= 10), `width`, `optimiser`.
    Returns nan if the training diverged.
    """
    width = int(settings.get("width", "16"))
    optimiser = _optimiser(settings.get("optimiser", "adam"), float(settings.get("rate", "0.01")))
    shown, fresh = toy.spirals(rng, SPIRAL_POINTS), toy.spirals(rng, SPIRAL_POINTS)
    net = mlp.init(rng, (2, width, width, 2), "tanh", "glorot")
    run = train(rng, net, shown, cross_entropy, optimiser, SPIRAL_STEPS, snapshots=())
    return math.nan if run.diverged else mlp.accuracy(run.net, fresh.x, fresh.y)


def _optimiser(name: str, rate: float) -> Optimiser:
    match name:
        case "sgd":
            return Sgd(rate)
        case "momentum":
            return Momentum(rate)
        case "adam":
            return Adam(rate)
        case _:
            raise ValueError(f"no optimiser {name!r}")


def _spirals_fault(name: str, value: str) -> str:
    match name:
        case "width":
            return "" if value in WIDTHS else f'width "{value}" is not one of {", ".join(WIDTHS)}'
        case "optimiser":
            known = ", ".join(OPTIMISERS)
            return "" if value in OPTIMISERS else f'optimiser "{value}" is not one of {known}'
        case "rate":
            return "" if _is_rate(value) else f'rate "{value}" is not above 0 and up to 10'
        case _:
            return f'spirals has no setting "{name}"; it takes rate, width and optimiser'


def _is_rate(value: str) -> bool:
    try:
        return 0.0 < float(value) <= LARGEST_RATE
    except ValueError:
        return False


JOBS: Mapping[str, Job] = MappingProxyType({"spirals": Job(spirals, _spirals_fault)})


def run(name: str, rng: np.random.Generator, settings: Settings) -> float:
    """What the job brings for these settings: 0 to 1, or nan.

    Raises KeyError for an unknown job, ValueError for a setting that it does not take.
    """
    job = JOBS[name]
    for setting, value in settings.items():
        if fault := job.fault(setting, value):
            raise ValueError(fault)
    return job.run(rng, settings)
