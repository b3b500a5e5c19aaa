"""Week 1, guess, look, be surprised: forecasting a net's loss. (Maps and floors: `w01_looks`.)

Knows no member; a numpy Generator comes in and a whole Variant goes out.
Invariant: every curve and map was trained here, and every key was read off the result.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec
import numpy as np

from lessons.challenge import (
    Answer,
    ChosenKey,
    NumberKey,
    NumbersKey,
    Option,
    Tolerance,
    Trap,
    Variant,
)
from lessons.experiments import mlp, toy
from lessons.experiments.arrays import Floats
from lessons.experiments.losses import cross_entropy
from lessons.experiments.optimisers import Sgd
from lessons.experiments.toy import Toy
from lessons.experiments.training import Run, train
from lessons.figure import Figure, Panel, Points
from lessons.generators import pictures
from lessons.generators.drawing import drawn
from lessons.kinds.numeric import clear_traps
from lessons.numbers import say_number

STEPS = 600
HALF = STEPS // 2
DOTS = 120
KNOWING_NOTHING = math.log(2)  # the loss of an even guess between two classes, in nats

# Seeds whose first draw shows the signature; the tests prove it.
CHECKED_PULSE, CHECKED_MOONS, CHECKED_DOUBLING = 16, 1, 16


@dataclass(frozen=True, slots=True)
class Moons:
    """A member's moons, and what training the same small net on them left behind."""

    toy: Toy
    noise: float
    run: Run

    @property
    def losses(self) -> Floats:
        return self.run.losses


def moons(rng: np.random.Generator, noise: float, rate: float) -> Moons:
    """Train a 2-8-2 tanh net on 120 moons: 600 steps of plain gradient descent, all dots each."""
    data = toy.moons(rng, DOTS, noise)
    net = mlp.init(rng, (2, 8, 2), "tanh", "fan-in")
    return Moons(data, noise, train(rng, net, data, cross_entropy, Sgd(rate), STEPS, snapshots=()))


# -- the picture of the second card ---------------------------------------------------------------


_EARLY_FALL = 60  # a tenth of the steps


def pulse(rng: np.random.Generator) -> Figure:
    """One real loss curve of 600 steps with its three landmarks: start, fall and floor.

    Signature: it is calm, and a tenth of the steps brings 60 to 75 % of the fall.
    """
    losses, _ = drawn(rng, _pulse, CHECKED_PULSE)
    fallen = _share(losses, _EARLY_FALL)
    alt = f"{fallen} % of the whole fall happened in the first {_EARLY_FALL} steps."
    return pictures.loss_figure("The pulse of a training run", losses, (0, _EARLY_FALL, STEPS), alt)


def _pulse(rng: np.random.Generator) -> Floats | None:
    losses = moons(rng, noise=0.2, rate=0.7).losses
    typical = _is_calm(losses) and 60 <= _share(losses, _EARLY_FALL) <= 75
    return losses if typical else None


def _is_calm(losses: Floats) -> bool:
    """It starts within .06 of ln 2 and never rises.

    A run whose steps are so long that the loss jumps up now and then is chaotic: the last digit
    of a sum decides where it ends, so it can't be recounted and there is nothing to forecast.
    """
    return starts_fresh(float(losses[0])) and bool(np.all(np.diff(losses) <= 0.0))


def starts_fresh(loss: float) -> bool:
    """Whether a first loss between two classes is what the chapter says of it: ln 2, within .06."""
    return abs(loss - KNOWING_NOTHING) <= 0.06


# -- three: start, middle and end of a curve ------------------------------------------------------

_MIDDLE_WITHIN, _END_WITHIN = 0.12, 0.1
_START_WITHIN = 0.08


def three_guesses(rng: np.random.Generator) -> Variant:
    """Where does the loss start, where is it half way, where does it stop, on YOUR moons?

    Signature: it is calm, which includes a start near ln 2 = .693, and at step 300 it is down to
    .1 above half of its start or less.
    """
    mine, draws = drawn(rng, _typical_moons, CHECKED_MOONS)
    start, middle, end = (float(mine.losses[at]) for at in (0, HALF, STEPS))
    steady = (start + end) / 2
    return Variant(
        kind="three",
        prompt=(
            f"These are **your** {DOTS} dots. A small fresh net is about to learn which are rings "
            f"and which are crosses, in {STEPS} steps. Guess its loss: before the first step, "
            f"after {HALF} and after {STEPS}."
        ),
        key=NumbersKey(
            ("Before the first step", f"After {HALF} steps", f"After {STEPS} steps"),
            (
                _number(start, _START_WITHIN, _start_traps()),
                _number(middle, _MIDDLE_WITHIN, _middle_traps(steady)),
                _number(end, _END_WITHIN, _end_traps(start)),
            ),
        ),
        explanation=(
            f"It started at **{say_number(start)}**; an even guess between two costs ln 2 = 0.693, "
            "and a fresh net starts near that, a little above or below. Half way it stood at "
            f"**{say_number(middle)}**, and it ended at **{say_number(end)}**. "
            f"{_share(mine.losses, HALF)} % of the fall was over by half time. Where it ends "
            "depends on how far your two crescents mix."
        ),
        figure=Figure(
            "Your moons",
            f"Your dots: {pictures.moons_in_words(mine.toy)}.",
            (Panel(pictures.scatter(mine.toy)),),
        ),
        reveal=pictures.loss_figure("What your net did", mine.losses, (0, HALF, STEPS)),
        params={"noise": mine.noise, "start": start, "middle": middle, "end": end, "draws": draws},
    )


def _typical_moons(rng: np.random.Generator) -> Moons | None:
    mine = moons(rng, noise=round(float(rng.uniform(0.08, 0.3)), 2), rate=0.5)
    if mine.run.diverged:
        return None
    start, middle = float(mine.losses[0]), float(mine.losses[HALF])
    falls = middle <= start / 2 + 0.1
    return mine if falls and _is_calm(mine.losses) else None


def _number(value: float, within: float, traps: tuple[Trap, ...]) -> NumberKey:
    tolerance = Tolerance(absolute=within)
    return NumberKey(value, tolerance, clear_traps(value, tolerance, traps))


def _start_traps() -> tuple[Trap, ...]:
    return (
        Trap(
            0.5,
            0.02,
            "Half is the share it gets *right* by guessing. The loss counts what a guess costs, "
            "and that is the natural logarithm of 2.",
        ),
        Trap(1.0, 0.05, "It is not that lost: an even guess between two costs less than 1."),
        Trap(0.0, 0.05, "Loss 0 means sure and right, every time. It has not looked at a dot yet."),
    )


def _middle_traps(steady: float) -> tuple[Trap, ...]:
    return (
        Trap(
            steady,
            0.03,
            "That is half way down a straight line. Learning is quick at first, while the easy "
            "dots are there to be had, and slow later.",
        ),
    )


def _end_traps(start: float) -> tuple[Trap, ...]:
    return (
        Trap(
            0.0,
            0.02,
            "To reach 0 it would have to be sure and right about every dot, also about those "
            "that stand in the wrong crescent.",
        ),
        Trap(start, 0.05, "That is where it started; it does learn something."),
    )


def _share(losses: Floats, step: int) -> int:
    """How much of the whole fall was over at `step`, in per cent."""
    return round(100 * float((losses[0] - losses[step]) / (losses[0] - losses[-1])))


def over_guesses(variant: Variant, answer: Answer) -> Figure:
    """The real curve of a `three_guesses` variant with the member's three guesses on it.

    Raises ValueError if the variant has no reveal figure or the answer is not three numbers.
    """
    guesses = [float(value) for value in answer.values]
    if variant.reveal is None or len(guesses) != 3:
        raise ValueError("three guesses need a reveal figure and three numbers")
    panel, *others = variant.reveal.panels
    guessed = Points("you", (0.0, float(HALF), float(STEPS)), tuple(guesses), marker="cross")
    told = ", ".join(say_number(guess) for guess in guesses)
    return Figure(
        variant.reveal.title,
        f"{variant.reveal.alt} Your guesses at the same steps: {told}.",
        (_with(panel, guessed), *others),
    )


def _with(panel: Panel, points: Points) -> Panel:
    return msgspec.structs.replace(panel, marks=(*panel.marks, points))


# -- numeric: the first loss ----------------------------------------------------------------------

_THINGS = (
    "kinds of bird",
    "brands of tea",
    "shades of blue",
    "bus lines",
    "handwritten letters",
    "sorts of apple",
    "road signs",
    "dances",
)


def first_loss(rng: np.random.Generator) -> Variant:
    """What loss does an untrained classifier of k classes start at?  (ln k, in nats)"""
    classes = int(rng.integers(2, 21))
    things = _THINGS[int(rng.integers(len(_THINGS)))]
    value, tolerance = math.log(classes), Tolerance(absolute=0.05)
    return Variant(
        kind="numeric",
        prompt=(
            f"A fresh net is to tell **{classes}** {things} apart, all equally common. "
            "What loss does it show before the first step?"
        ),
        key=NumberKey(value, tolerance, clear_traps(value, tolerance, _first_traps(classes))),
        explanation=(
            f"ln {classes} = **{say_number(value)}**: a net that knows nothing gives each class "
            f"1/{classes}, and that is what such a guess costs. A first loss far from ln k means "
            "that something is wrong before training began. Keep this one for week 10."
        ),
        params={"classes": classes, "things": things},
    )


def _first_traps(classes: int) -> tuple[Trap, ...]:
    return (
        Trap(
            1 / classes,
            0.01,
            f"1/{classes} is the chance of being right. The loss is what that guess **costs**: "
            f"the surprise at a one-in-{classes} event.",
        ),
        Trap(
            math.log2(classes),
            0.05,
            "That is the surprise in bits, with the logarithm to base 2. Loss is counted with the "
            "natural one, ln.",
        ),
        Trap(
            math.log10(classes),
            0.02,
            "That is the logarithm to base 10. Loss is counted with the natural one, ln.",
        ),
        Trap(
            1 - 1 / classes,
            0.01,
            "That is the chance of being wrong. The loss asks how surprised the net is by the "
            "truth, not how often it is wrong.",
        ),
        Trap(
            float(classes),
            0.1,
            "That is the number of classes. The cost grows much more slowly: twice as many "
            "classes add 0.693, however many there are.",
        ),
        Trap(
            -math.log(classes),
            0.05,
            "That is the logarithm of the chance. The loss is the same with the sign turned "
            "round, so that bigger is worse.",
        ),
        Trap(0.0, 0.02, "Loss 0 means sure and right. A fresh net is neither."),
        Trap(
            math.log(2),
            0.02,
            f"That is ln 2, what an even guess between two costs. Here there are {classes}.",
        ),
        Trap(1.0, 0.02, "A loss is not a share: 1 is no ceiling, and nothing special here."),
    )


# -- choice, shared: twice the steps --------------------------------------------------------------

_TWICE = (
    Option("halves", "It halves, or better"),
    Option("less-than-half", "It falls, by less than half"),
    Option("barely", "It barely moves (less than 5 %)"),
    Option("rises", "It goes up"),
)


def twice_the_steps(rng: np.random.Generator) -> Variant:
    """Train a net for 300 steps, and the same net for 600: is half of the loss gone?

    Signature: it is calm, and at 600 it is .6 to .9 of what it was at 300.
    The words are the chapter's; here are the run, its numbers and the option that they prove.
    """
    mine, draws = drawn(rng, _typical_doubling, CHECKED_DOUBLING)
    once, twice = float(mine.losses[HALF]), float(mine.losses[STEPS])
    return Variant(
        kind="choice",
        prompt=(
            f"We train a small net for {HALF} steps; the picture shows how its loss came down. "
            f"Then we train the same net for {STEPS}. What becomes of the loss it had at {HALF}?"
        ),
        key=ChosenKey(doubling(once, twice)),
        explanation=(
            f"In this run the loss started at {say_number(float(mine.losses[0]))}. The first "
            f"{HALF} steps brought it to **{say_number(once)}**, the next {HALF} to "
            f"**{say_number(twice)}**: {round(100 * (1 - twice / once))} % less."
        ),
        options=_TWICE,
        figure=pictures.loss_figure(
            f"The first {HALF} steps brought the loss down to {say_number(once)}",
            mine.losses[: HALF + 1],
            (0, HALF),
            alt=f"The axis goes on to step {STEPS}; that part is left for you to guess.",
            x_high=float(STEPS),
        ),
        reveal=pictures.loss_figure("Twice the steps", mine.losses, (0, HALF, STEPS)),
        params={"once": once, "twice": twice, "noise": mine.noise, "draws": draws},
    )


def doubling(once: float, twice: float) -> str:
    """The id of the option that two measured losses prove right."""
    ratio = twice / once
    if ratio > 1.0:
        return "rises"
    if ratio > 0.95:
        return "barely"
    return "less-than-half" if ratio > 0.5 else "halves"


def _typical_doubling(rng: np.random.Generator) -> Moons | None:
    mine = moons(rng, noise=0.2, rate=0.7)
    if mine.run.diverged:
        return None
    clear = 0.6 <= mine.losses[STEPS] / mine.losses[HALF] <= 0.9
    return mine if clear and _is_calm(mine.losses) else None
