"""The command line: what it prints, and the exit codes that scripts go by.

Knows no command's inside. Invariant: 0 is well, 1 found something wrong, 2 was not understood.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import health
from bot.app import running
from bot.cli import main
from bot.clock import machine_clock
from bot.hall import adapter_for
from bot.library import shipped_series
from bot.settings import Settings
from bot.store.errors import DatabaseInUse

COMMANDS = ("try", "check", "preview", "run", "health", "invite", "manifest", "doctor")
SERIES = "an-eye-for-deep-learning"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("STUDYHALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STUDYHALL_HOME", str(tmp_path / "home"))


def test_without_a_command_it_shows_its_help_with_examples(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 2
    shown = capsys.readouterr().out
    assert "studyhall try --tour --seed 7" in shown
    for command in COMMANDS:
        assert f"\n    {command} " in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "example:\n  " in capsys.readouterr().out


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("studyhall ")


def test_a_command_that_does_not_exist_is_not_understood() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["tyr"])
    assert ended.value.code == 2


def test_check_finds_nothing_wrong_in_the_shipped_series(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", str(shipped_series() / SERIES)]) == 0
    assert capsys.readouterr().out.startswith("No mistakes: 1 series, 1 chapter, 1 question, 4 ")


def test_check_ends_with_1_for_mistakes_and_2_for_no_series(tmp_path: Path) -> None:
    assert main(["check", str(Path(__file__).parent / "twenty-mistakes")]) == 1
    assert main(["check", str(tmp_path)]) == 2


def test_preview_shows_the_post_the_cards_and_on_request_the_challenges(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["preview", "1", "--terminal"]) == 0
    shown = capsys.readouterr().out
    assert "Week 1 · Guess, look, be surprised" in shown
    assert "Bridges came before mechanics" in shown
    assert "first-loss (numeric)" not in shown

    assert main(["preview", "guess-look-be-surprised", "--challenges", "--terminal"]) == 0
    assert "first-loss (numeric)" in capsys.readouterr().out


def test_preview_of_a_chapter_that_is_not_there_names_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["preview", "99"]) == 1
    assert f"{SERIES}: 1 (guess-look-be-surprised)" in capsys.readouterr().out


def test_preview_of_a_series_with_mistakes_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Path(__file__).parent / "twenty-mistakes"
    assert main(["preview", "1", "--path", str(wrong), "--terminal"]) == 1
    assert "series.toml:" in capsys.readouterr().out


def test_a_misspelt_setting_stops_the_start_with_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "studyhall.toml").write_text('zoone = "UTC"\n')
    assert main(["health"]) == 1
    told = capsys.readouterr().err
    assert "zoone" in told
    assert "studyhall.toml" in told


def test_health_follows_the_heartbeat(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "home"
    assert main(["health"]) == 1
    assert "Not running" in capsys.readouterr().out

    home.mkdir()
    health.beat(home)
    assert main(["health"]) == 0

    os.utime(home / health.FILE, (1, 1))
    assert main(["health"]) == 1
    assert "Stuck or gone" in capsys.readouterr().out

    health.leave(home)
    assert health.look(home).age_s is None


async def test_a_second_service_on_the_same_home_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    async with running(settings, [adapter_for(settings, machine_clock)]):
        with pytest.raises(DatabaseInUse, match="PostgreSQL for several processes"):
            async with running(settings, [adapter_for(settings, machine_clock)]):
                pass


async def test_a_service_ticks_and_beats_until_it_is_stopped(tmp_path: Path) -> None:
    settings = Settings(home=str(tmp_path / "home"))
    stop = asyncio.Event()
    async with running(settings, [adapter_for(settings, machine_clock)]) as app:
        serving = asyncio.create_task(app.run_until(stop))
        async with asyncio.timeout(20):
            while not health.look(Path(settings.home)).well:  # noqa: ASYNC110 - a file has no event
                await asyncio.sleep(0.01)
        stop.set()
        await serving
    assert health.look(Path(settings.home)).age_s is None


def test_python_m_bot_is_the_same_program() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "--version"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    assert shown.stdout.startswith("studyhall ")


# -- a machine that is not as it should be --------------------------------------------------------


@pytest.mark.parametrize("command", ["try", "run", "health"])
def test_a_home_that_is_no_folder_is_said_in_words(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").write_text("")
    assert main([command]) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"studyhall: {tmp_path / 'home'}")
    assert "STUDYHALL_HOME" in told


def test_a_home_of_nobody_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDYHALL_HOME", "~nobody-of-that-name/hall")
    assert main(["health"]) == 1
    assert "no such user" in capsys.readouterr().err


def test_a_zone_that_does_not_exist_stops_the_start_and_the_likely_one_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDYHALL_ZONE", "berlin")
    assert main(["run"]) == 1
    assert "Did you mean Europe/Berlin?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"), [('home = "/elsewhere"', "use STUDYHALL_HOME"), ("zone = [", "TOML")]
)
def test_a_file_of_settings_that_can_not_be_used_is_named(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "studyhall.toml").write_text(text)
    assert main(["health"]) == 1
    shown = capsys.readouterr().err
    assert "studyhall.toml" in shown
    assert told in shown


def studyhall(tail: str, home: Path) -> subprocess.CompletedProcess[str]:
    """The program as a shell runs it, with whatever the shell does around it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDYHALL_")}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"exec {sys.executable} -m bot {tail}"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=Path(__file__).parents[2],
        env={**kept, "STUDYHALL_HOME": str(home)},
    )


def test_a_reader_who_has_seen_enough_ends_it_without_complaint(tmp_path: Path) -> None:
    shown = studyhall("try --tour | head -n 3", tmp_path)
    assert len(shown.stdout.splitlines()) == 3
    assert shown.stderr == ""


def test_a_hall_without_any_input_ends_at_once(tmp_path: Path) -> None:
    shown = studyhall("try --terminal <&-", tmp_path)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Everything is kept." in shown.stdout
