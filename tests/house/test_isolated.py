"""Tests in a network of their own see this machine's loopback and nothing else."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.isolated import ROOT, alone
from tests.rigs.lacking import lacking

isolated = pytest.mark.isolated
OUTCOMES = """
import pytest

pytestmark = pytest.mark.isolated

def test_passes():
    pass

def test_fails():
    print("said in there")
    assert [1, 2] == [1, 3]

def test_skips():
    pytest.skip("because of the moon")

@pytest.mark.xfail(reason="known", strict=True)
def test_fails_as_expected():
    assert False

@pytest.fixture
def leaves_a_mess():
    yield
    raise OSError("not tidied")

def test_fails_at_its_end(leaves_a_mess):
    pass
"""


def run(folder: Path, path: str = os.environ["PATH"], **more: str) -> str:
    """What pytest says of these tests."""
    (folder / "test_outcomes.py").write_text(OUTCOMES)
    kept = {key: value for key, value in os.environ.items() if key != "CI"}
    fast = {"PYTHONPATH": str(ROOT), "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    told = ("--color=no", "-rsxf", "-p", "tests.rigs.isolated", "-p", "no:cacheprovider")
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *told, "test_outcomes.py"],
        cwd=folder,
        env=kept | fast | more,
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.stdout + ended.stderr


def test_every_outcome_is_reported_out_here_with_its_reason(tmp_path: Path) -> None:
    told = run(tmp_path)
    if "lets nobody make a network" in told:
        lacking("this machine lets nobody make a network of their own")
    assert "2 failed, 1 passed, 1 skipped, 1 xfailed" in told
    assert ">       assert [1, 2] == [1, 3]" in told
    assert "At index 1 diff: 2 != 3" in told
    assert "said in there" in told
    assert "OSError: not tidied" in told
    assert "because of the moon" in told


def test_where_such_networks_are_forbidden_the_tests_are_skipped_and_fail_in_ci(
    tmp_path: Path,
) -> None:
    nothing = str(tmp_path)
    here = run(tmp_path, nothing)
    assert "5 skipped" in here
    assert "lets nobody make a network of their own" in here
    assert "5 failed" in run(tmp_path, nothing, CI="true")


@isolated
def test_nothing_outside_can_be_reached() -> None:
    assert alone()
    with socket.socket() as out, pytest.raises(OSError, match="unreachable"):
        out.connect(("192.0.2.1", 80))


@isolated
async def test_loopback_is_there_and_a_coroutine_is_a_test_as_anywhere() -> None:
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    assert await reader.read() == b""
    writer.close()
    server.close()
