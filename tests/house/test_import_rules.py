"""The rules of the house hold, and each of the five is seen to fail when it is broken on purpose.

Knows the rules only by their names in pyproject.toml.
Invariant: the tree under test is a copy; nothing is ever written beside the real code.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LAYERS = "bot -> adapters -> lessons, never back"
STRANGERS = "adapters do not know each other"
HOMES = "each driver has one home"
PURE = "lessons knows no clock, disk, network, event loop or hidden randomness"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the packages and of the rules about them."""
    for package in ("adapters", "bot", "lessons"):
        ignored = shutil.ignore_patterns("__pycache__", ".*", "series")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def move_in(house: Path, intruders: Mapping[str, str]) -> None:
    for path, code in intruders.items():
        (house / path).parent.mkdir(parents=True, exist_ok=True)
        (house / path).write_text(code + "\n", encoding="utf-8")


def broken_contracts(house: Path) -> dict[str, str]:
    """What import-linter says against each contract that does not hold, by the contract's name."""
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-logo", "--no-cache"],
        cwd=house,
        env={"NO_COLOR": "1", "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts: " in done.stdout, done.stdout + done.stderr
    summary, _, complaints = done.stdout.partition("Broken contracts")
    names = re.findall(r"^(.+) BROKEN", summary, flags=re.MULTILINE)
    assert (done.returncode != 0) == bool(names)
    # Each complaint stands under the name of its contract, underlined.
    pieces = re.split(r"^(.+)\n-+$", complaints, flags=re.MULTILINE)
    said = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    return {name: said[name] for name in names}


def ruff(house: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "."],
        cwd=house,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_house_keeps_its_rules(house: Path) -> None:
    assert broken_contracts(house) == {}
    assert "TID251" not in ruff(house)


@pytest.mark.parametrize("above", ["adapters", "bot"])
def test_rule_1_lessons_know_no_platform_and_no_service(house: Path, above: str) -> None:
    move_in(house, {"lessons/intruder.py": f"import {above}"})

    assert f"lessons.intruder -> {above} (l.1)" in broken_contracts(house)[LAYERS]


def test_rule_2_adapters_do_not_know_the_service(house: Path) -> None:
    move_in(house, {"adapters/terminal/intruder.py": "from bot import store"})

    assert "adapters.terminal.intruder -> bot.store (l.1)" in broken_contracts(house)[LAYERS]


def test_rule_3_an_adapter_does_not_know_another(house: Path) -> None:
    move_in(
        house,
        {
            "adapters/second/__init__.py": "",
            "adapters/second/intruder.py": "import adapters.port\nimport adapters.terminal",
        },
    )

    broken = broken_contracts(house)

    assert list(broken) == [STRANGERS]  # the port is what they share: line 1 is no offence
    assert "adapters.second.intruder -> adapters.terminal (l.2)" in broken[STRANGERS]
    assert "adapters.port" not in broken[STRANGERS]


def test_rule_4_a_driver_stays_in_its_home(house: Path) -> None:
    strangers = {
        "adapters/terminal/intruder.py": (
            "aiohttp",
            "apscheduler",
            "discord",
            "htpy",
            "matplotlib",
            "sqlite3",
        ),
        "bot/intruder.py": (
            "aiohttp",
            "aiosqlite",
            "markdown_it",
            "numpy",
            "psycopg",
            "rich",
            "PIL",
        ),
        "lessons/intruder.py": ("fsrs", "markdown_it", "numpy", "rich", "slack_bolt", "slack_sdk"),
    }
    move_in(
        house,
        {path: "\n".join(f"import {name}" for name in names) for path, names in strangers.items()},
    )

    complaint = broken_contracts(house)[HOMES]

    for path, names in strangers.items():
        module = path.removesuffix(".py").replace("/", ".")
        for line, name in enumerate(names, 1):
            assert f"{module} -> {name} (l.{line})" in complaint


def test_rule_5_lessons_import_nothing_impure(house: Path) -> None:
    impure = ("time", "os", "pathlib", "socket", "urllib.request", "asyncio", "random", "secrets")
    move_in(house, {"lessons/intruder.py": "\n".join(f"import {name}" for name in impure)})

    complaint = broken_contracts(house)[PURE]

    for line, name in enumerate(impure, 1):
        assert f"lessons.intruder -> {name.partition('.')[0]} (l.{line})" in complaint


@pytest.mark.parametrize(
    ("code", "complaint"),
    [
        ("from datetime import datetime\n\nNOW = datetime.now(None)", "3:7: TID251"),
        ("import datetime\n\nTODAY = datetime.date.today()", "3:9: TID251"),
        ("import numpy as np\n\nRNG = np.random.default_rng(7)", "3:7: TID251"),
        ("import numpy as np\n\nnp.random.seed(7)", "3:1: TID251"),
        ("import numpy as np\n\nDRAWN = np.random.normal()", "3:9: NPY002"),
        ('with open("series.toml") as file:\n    TEXT = file.read()', "1:6: PTH123"),
    ],
)
def test_rule_5_lessons_name_nothing_impure(house: Path, code: str, complaint: str) -> None:
    move_in(house, {"lessons/kinds/intruder.py": code})

    assert f"lessons/kinds/intruder.py:{complaint}" in ruff(house)
