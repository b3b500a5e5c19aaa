"""Runs a step where clock, disk, network, threads and hidden chance complain instead of working.

Knows no step; tests/house/test_purity.py says which are run.
Invariant: nothing that happens inside `pure` goes unseen because the step swallowed the complaint.

Three watchers, because none sees everything. An audit hook sees files, sockets, processes and
threads, however they are reached. A profile hook sees every call from Python into C, so also a
clock that a module imported by name before we came (patching `time.time` would miss that, and
`datetime.now` can't be patched at all). numpy's own sources of chance are compiled past both of
them: they are replaced, and the state of the global one is compared.
"""

from __future__ import annotations

import gc
import random
import sys
import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import date
from types import FrameType, ModuleType
from typing import NoReturn
from unittest import mock

import numpy as np


class ImpureError(AssertionError):
    """A step reached for something that is not among its arguments."""


_seen: ContextVar[list[str] | None] = ContextVar("_seen", default=None)

_AUDITED = (
    "fcntl.",
    "glob.",
    "mmap.",
    "open",
    "os.",
    "pathlib.",
    "shutil.",
    "signal.",
    "socket.",
    "sqlite3.",
    "subprocess.",
    "tempfile.",
    "urllib.",
)
_PATHS_AS_TEXT = frozenset({"fspath", "_path_normpath", "_path_splitroot", "_path_splitroot_ex"})
_TIME_AS_TEXT = frozenset({"strptime", "mktime"})
# A bit generator with a seed is as good as its seed; without one it asks os.urandom, which is seen.
_NUMPY_CHANCE = ("default_rng", "seed", "RandomState")


@contextmanager
def pure() -> Iterator[set[str]]:
    """Whatever is done inside is done without clock, disk, network, threads and hidden chance.

    Gives the files of all Python code that is entered meanwhile. Raises ImpureError naming the
    first thing that was reached for, at the place where it is reached for, and once more at the
    end if the step went on regardless. Importing a module is allowed: that reads code, and which
    code is import-linter's business. Not for nesting, and not while another profiler runs.
    """
    _install_audit_hook()
    zoneinfo.ZoneInfo.clear_cache()  # a zone that is known already would open no file
    seen: list[str] = []
    entered: set[str] = set()

    def profile(frame: FrameType, event: str, called: object) -> None:
        if event == "call":
            entered.add(frame.f_code.co_filename)
        elif event == "c_call" and (what := _impurity(called)) and not _importing(frame):
            _complain(what)

    with ExitStack() as after:
        for name in _NUMPY_CHANCE:
            after.enter_context(mock.patch.object(np.random, name, _refusing(f"numpy {name}")))
        chance = _global_chance()
        if gc.isenabled():
            gc.disable()  # a collection would run other tests' finalisers in here
            after.callback(gc.enable)
        token = _seen.set(seen)
        after.callback(_seen.reset, token)
        after.callback(sys.setprofile, sys.getprofile())
        sys.setprofile(profile)
        yield entered
    if chance != _global_chance():
        seen.append("numpy's or Python's global random state")
    if seen:
        raise ImpureError(f"a step reached for {seen[0]}")


def _complain(what: str) -> NoReturn:
    """Note it for the end of `pure`, and stop the step here, where the traceback is of use."""
    seen = _seen.get()
    if seen is not None:
        seen.append(what)
    raise ImpureError(f"a step reached for {what}")


def _refusing(what: str) -> object:
    def refuse(*_: object, **__: object) -> NoReturn:
        _complain(what)

    return refuse


def _global_chance() -> tuple[object, ...]:
    numpys = np.random.get_state(legacy=False)  # noqa: NPY002 - it is looked at, not drawn from
    return numpys["state"]["key"].tobytes(), numpys["state"]["pos"], random.getstate()


# -- calls from Python into C -------------------------------------------------------------------


def _impurity(called: object) -> str:
    """What this built-in function reaches for, or nothing."""
    name: str = getattr(called, "__name__", "")
    match getattr(called, "__self__", None):
        case ModuleType(__name__="time") if name not in _TIME_AS_TEXT:
            return f"the clock: time.{name}"
        case ModuleType(__name__="posix" | "nt") if name not in _PATHS_AS_TEXT:
            return f"the system: os.{name}"
        case ModuleType(__name__="_thread") if name.startswith("start_"):
            return f"threads: {name}"
        case type() as kind if issubclass(kind, date) and name in {"now", "today", "utcnow"}:
            return f"the clock: {kind.__name__}.{name}"
        case random.Random():
            return f"chance: random.{name}"
        case _:
            return ""


# -- what the interpreter itself reports --------------------------------------------------------

_hooked = False


def _install_audit_hook() -> None:
    """Once for the life of the process, as it can't be removed; it looks at `_seen`."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True


def _audit(event: str, args: tuple[object, ...]) -> None:
    if _seen.get() is None or not event.startswith(_AUDITED):
        return
    if not _importing(sys._getframe()):
        _complain(f"{event}{args[:1]!r}")


def _importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        frame = frame.f_back
    return False
