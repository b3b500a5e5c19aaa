"""What is shipped: the distribution, the locks, and the files that convention demands.

Knows nothing of what the code does. Invariant: what a clone needs to run is in the wheel, and
nothing that only its developers need.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """The distribution, built from a copy so that no leftovers of it lie in the tree."""
    copy = tmp_path_factory.mktemp("source")
    ignored = shutil.ignore_patterns("__pycache__", ".*", "build", "dist", "*.egg-info")
    shutil.copytree(ROOT, copy, ignore=ignored, dirs_exist_ok=True)
    options = "--quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist"
    command = [sys.executable, "-m", "pip", "wheel", *options.split(), "."]
    subprocess.run(command, cwd=copy, check=True)
    (built,) = (copy / "dist").glob("studyhall-*.whl")
    return ZipFile(built)


def in_the_tree(*patterns: str) -> set[str]:
    found = {path.relative_to(ROOT) for pattern in patterns for path in ROOT.glob(pattern)}
    return {path.as_posix() for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_all_code_and_all_that_the_code_reads(wheel: ZipFile) -> None:
    wanted = in_the_tree("adapters/**/*.py", "bot/**/*.py", "lessons/**/*.py", "bot/**/*.sql")
    series = {
        path
        for path in in_the_tree("lessons/series/**/*")
        if (ROOT / path).is_file() and not Path(path).name.startswith(".")
    }
    assert any(path.endswith("/series.toml") for path in series)

    assert wanted | series <= set(wheel.namelist())


def test_the_wheel_holds_nothing_else(wheel: ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    metadata = {top for top in tops if top.endswith(".dist-info")}

    assert tops - metadata == {"adapters", "bot", "lessons"}
    assert len(metadata) == 1
    assert not [name for name in wheel.namelist() if "test" in Path(name).name]


def test_the_wheel_installs_the_command_and_the_licence(wheel: ZipFile) -> None:
    by_name = {
        Path(name).name: wheel.read(name).decode()
        for name in wheel.namelist()
        if ".dist-info/" in name
    }

    assert "studyhall = bot.cli:main" in by_name["entry_points.txt"]
    assert "Copyright (c) 2026 The Studyhall authors" in by_name["LICENSE"]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_versions_and_hashes_and_no_host_or_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")

    pin = r"[a-z0-9-]+==[0-9][0-9a-z.]*(?: ; [^\\\n]+)?"
    one_hash = r" \\\n    --hash=sha256:[0-9a-f]{64}"
    assert re.sub(rf"{pin}(?:{one_hash})+\n", "", text) == ""


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, flags=re.MULTILINE))


def test_what_is_tested_is_what_runs() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_every_requirement_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for_tests = [each for each in project["dependency-groups"]["dev"] if isinstance(each, str)]

    def names(requirements: list[str]) -> set[str]:
        plain = (re.split(r"[<>=!~\[ ;]", each)[0].lower() for each in requirements)
        return {re.sub(r"[-_.]+", "-", each) for each in plain}

    assert names(needed) <= pins("requirements.lock").keys()
    assert names(needed + for_tests) <= pins("requirements-dev.lock").keys()


def test_the_image_is_built_from_files_that_are_sent_to_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    sent = {line.removeprefix("!") for line in ignore if line.startswith("!")}
    copied = re.findall(r"^COPY ((?!--).+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert "*" in ignore
    assert {name for names in copied for name in names.split()} == sent
    assert all((ROOT / name).exists() for name in sent)


def test_secrets_and_data_are_kept_out_of_the_repository() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()

    assert {".env", ".venv/", "/var/"} <= set(ignored)
