"""The lessons keep their promise: arguments in, values out, and nothing else is touched.

Knows one example of each step, not whether its answer is right; tests/lessons knows that.
Invariant: every kind of impurity that `pure` is there for is caught here, on purpose.
"""

from __future__ import annotations

import ast
import os
import random
import secrets
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from time import monotonic as imported_by_name
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import lessons
from tests.house.steps import STEPS, Step
from tests.rigs.purity import ImpureError, pure

LESSONS = Path(lessons.__file__).parent


@cache
def taken(step: Step) -> frozenset[Path]:
    """Takes a step under watch, once for all tests; the files of the code that was entered."""
    run = step.prepare()
    with pure() as entered:
        run()
    return frozenset(map(Path, entered))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_takes_arguments_and_returns_values_and_that_is_all(step: Step) -> None:
    taken(step)


def test_no_module_of_the_lessons_is_left_out() -> None:
    entered = {path for step in STEPS for path in taken(step)}
    with_something_to_run = {
        path
        for path in LESSONS.rglob("*.py")
        if any(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(path.read_text())))
    }

    assert {path.name for path in with_something_to_run - entered} == set()


IMPURE: list[tuple[str, Callable[[], object]]] = [
    ("the clock: time.time", lambda: time.time()),
    ("the clock: time.monotonic", lambda: imported_by_name()),
    ("the clock: time.sleep", lambda: time.sleep(0)),
    ("the clock: datetime.now", lambda: datetime.now(UTC)),
    ("the clock: datetime.utcnow", lambda: datetime.utcnow()),  # noqa: DTZ003 - to be caught
    ("the clock: date.today", lambda: date.today()),  # noqa: DTZ011 - to be caught
    ("open", lambda: Path(os.devnull).read_text()),
    ("os.listdir", lambda: os.listdir()),  # noqa: PTH208 - to be caught
    ("the system: os.stat", lambda: Path().exists()),
    ("(open|os.stat)", lambda: ZoneInfo("Europe/Berlin")),
    ("socket.__new__", lambda: socket.socket()),
    ("socket.getaddrinfo", lambda: socket.getaddrinfo("localhost", 80)),
    ("subprocess.Popen", lambda: subprocess.run(["true"])),
    ("threads: start_", lambda: threading.Thread(target=int).start()),
    ("chance: random.random", lambda: random.random()),
    ("chance: random.getrandbits", lambda: random.randint(1, 6)),
    ("the system: os.urandom", lambda: secrets.token_hex()),
    ("the system: os.urandom", lambda: uuid.uuid4()),
    ("the system: os.urandom", lambda: np.random.Generator(np.random.PCG64())),
    ("numpy default_rng", lambda: np.random.default_rng(7)),
    ("numpy seed", lambda: np.random.seed(7)),  # noqa: NPY002 - to be caught
    ("global random state", lambda: np.random.normal()),  # noqa: NPY002 - to be caught
]


@pytest.mark.parametrize(("what", "impure"), IMPURE)
def test_an_impure_step_is_caught(what: str, impure: Callable[[], object]) -> None:
    with pytest.raises(ImpureError, match=f"reached for .*{what}"), pure():
        impure()


def test_a_step_that_swallows_the_complaint_is_caught_all_the_same() -> None:
    def carry_on() -> float:
        try:
            return time.time()
        except Exception:
            return 0.0

    with pytest.raises(ImpureError, match=r"time\.time"), pure():
        carry_on()


def test_a_zone_that_was_made_before_is_still_not_a_step_s_to_make() -> None:
    kept = ZoneInfo("Europe/Berlin")
    with pytest.raises(ImpureError), pure():
        ZoneInfo(str(kept))


def test_arithmetic_with_what_came_in_is_pure() -> None:
    rng = np.random.default_rng(7)
    now, zone = datetime(2026, 3, 29, 0, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin")
    with pure():
        assert now.astimezone(zone).hour == 1
        assert datetime.fromisoformat("2026-03-29T00:30:00+00:00") == now
        assert datetime.strptime("29.3.2026 +0000", "%d.%m.%Y %z").date() == now.date()
        assert rng.normal(size=3).shape == (3,)
        rng.shuffle([1, 2, 3])


def test_after_a_step_the_world_works_again() -> None:
    with pytest.raises(ImpureError), pure():
        time.time()

    assert time.time() > 0
    assert datetime.now(UTC) > datetime(2026, 1, 1, tzinfo=UTC)
    assert np.random.default_rng(7).integers(9) < 9
    assert Path(os.devnull).read_text() == ""
