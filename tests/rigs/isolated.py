"""Tests that run in a network of their own, where nothing is but this machine's loopback.

For servers that bind every interface. `pytestmark = pytest.mark.isolated` is all a file needs:
its tests are run together in one other pytest, which `unshare` starts, and each is reported here
as if it had run here. Knows no test. Where such networks are forbidden, they are skipped with the
reason; in CI that is a failure. Invariant: without a network of its own, no such test runs.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.lacking import lacking

ROOT = Path(__file__).parents[2]
ALONE = "STUDYHALL_ALONE"
"""Set inside: the file that takes the reports."""

WITHIN_S = 600.0
# As root in a namespace of one's own; and where only real root may make a network.
WAYS = (("unshare", "-rn"), ("unshare", "-n"))


def alone() -> bool:
    """Whether this process is in a network of its own."""
    return ALONE in os.environ


@cache
def way_in() -> tuple[str, ...] | None:
    """What starts a command in a network of its own, if this machine allows that."""
    for way in WAYS:
        try:
            tried = subprocess.run([*way, "true"], capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if tried.returncode == 0:
            return way
    return None


def raise_loopback() -> None:
    """`ip link set lo up`, without that command."""
    set_flags, up = 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))


# -- out here -------------------------------------------------------------------------------------


class Inside(Exception):
    """What the test said where it ran."""


class Isolated(pytest.Item):
    """Stands for a test that runs in there."""

    def __init__(self, *, stands_for: pytest.Item, **more: Any) -> None:
        super().__init__(**more)
        self.stands_for = stands_for
        self.add_marker("isolated")

    def runtest(self) -> None:
        if way_in() is None:
            lacking(
                "this machine lets nobody make a network of their own (unshare -rn), "
                "and what this test starts would listen to everybody"
            )
        together = [
            one.nodeid
            for one in self.session.items
            if isinstance(one, Isolated) and one.path == self.path
        ]
        measured = bool(self.config.getoption("cov_source", None))
        for report in _reports(self.config, tuple(together), measured).get(self.nodeid, []):
            self.add_report_section("call", "there", report.capstdout + report.capstderr)
            if report.skipped and hasattr(report, "wasxfail"):
                pytest.xfail(report.wasxfail)
            if report.skipped:
                where = report.longrepr
                pytest.skip(str(where[2]) if isinstance(where, tuple) else str(where))
            if report.failed:
                raise Inside(report.longreprtext)
            if report.when == "teardown":
                return
        raise Inside("the process in there ended before this test did")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Inside):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> Any:
        return self.stands_for.reportinfo()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not alone():
        items[:] = list(_replaced(items))


def _replaced(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    for one in items:
        if one.get_closest_marker("isolated") is None:
            yield one
        else:
            assert one.parent is not None
            yield Isolated.from_parent(one.parent, name=one.name, stands_for=one)


_seen: dict[tuple[str, ...], dict[str, list[pytest.TestReport]]] = {}


def _reports(
    config: pytest.Config, names: tuple[str, ...], measured: bool
) -> dict[str, list[pytest.TestReport]]:
    """What became of these tests, by name; they are run at the first question."""
    if names in _seen:
        return _seen[names]
    by_coverage = ("-m", "coverage", "run", "--parallel-mode") if measured else ()
    quiet = ("--quiet", "--no-header", "-p", "no:cacheprovider", "-p", __name__)
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as kept:
        ended = subprocess.run(
            [*(way_in() or ()), sys.executable, *by_coverage, "-m", "pytest", *quiet, *names],
            cwd=config.rootpath,
            env=os.environ | {ALONE: kept.name, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
        )
        found: dict[str, list[pytest.TestReport]] = {}
        for line in kept:
            hook = config.hook.pytest_report_from_serializable
            report = hook(config=config, data=json.loads(line))
            found.setdefault(report.nodeid, []).append(report)
    if not found:
        raise Inside(f"no test ran in there:\n{ended.stdout}\n{ended.stderr}")
    _seen[names] = found
    return found


# -- in there -------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "isolated: runs in a network of its own")
    if alone():
        raise_loopback()
        config.pluginmanager.register(_Reporter(config))


class _Reporter:
    def __init__(self, config: pytest.Config) -> None:
        self.config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        hook = self.config.hook.pytest_report_to_serializable
        told = hook(config=self.config, report=report)
        with Path(os.environ[ALONE]).open("a", encoding="utf-8") as kept:
            kept.write(f"{json.dumps(told)}\n")
