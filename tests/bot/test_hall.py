"""The hall at the keyboard: lines in, what people see out; and the same hall without a keyboard.

Knows no rule of the lessons. Invariant: whatever is typed, the next line is asked for.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from adapters.local.people import PEOPLE
from adapters.terminal.keyboard import Keyboard
from adapters.terminal.screen import Screen
from bot import health
from bot.clock import LAST
from bot.hall import open_hall
from bot.local import CLOCK_FILE, known_zone
from bot.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hall(tmp_path: Path) -> Settings:
    return Settings(home=str(tmp_path / "home"), zone="Europe/Berlin")


async def sit(hall: Settings, *lines: str) -> str:
    """Type these lines in the hall; what the terminal showed."""
    paper = io.StringIO()
    typed = Keyboard(io.StringIO("".join(f"{line}\n" for line in lines)))
    console = Console(file=paper, width=100, color_system=None)
    screen = Screen(console, known_zone, typed, names=PEOPLE)
    assert await open_hall(hall, screen) == 0
    return paper.getvalue()


def after(shown: str, line: str) -> str:
    """What was shown after that line was typed."""
    _, found, rest = shown.partition(f"> {line}\n")
    assert found, f"{line!r} was not typed"
    return rest


async def test_a_week_can_be_lived_by_typing(hall: Settings) -> None:
    shown = await sit(
        hall,
        "/series start",
        "1",
        "as ada",
        "/study join",
        "clock next",
        "/study challenge",
        "clock next",
        "clock next",
        "/study progress",
    )

    assert "is set. The first chapter comes" in after(shown, "1")
    assert "You're in." in after(shown, "/study join")
    week = after(shown, "clock next")
    assert "Week 1 · Guess, look, be surprised" in week
    assert "Challenge 1 of 4" in after(week, "/study challenge")
    assert "Week 1 · How you voted" in after(week, "clock next")
    assert "Week 1 in short" in after(after(week, "clock next"), "clock next")
    assert "Your progress in An eye for deep learning" in after(shown, "/study progress")


async def test_a_moderator_is_named_as_people_are_called(hall: Settings) -> None:
    shown = await sit(
        hall,
        *("/series start", "1", "/series moderators Ben", "/series moderators zoe"),
        *("as ben", "/series status"),
    )

    assert "Ben moderates An eye for deep learning from now on" in shown
    assert "nobody here called zoe" in shown
    assert "is running" in after(shown, "/series status")


async def test_what_was_kept_is_there_in_the_next_sitting(hall: Settings) -> None:
    await sit(hall, "/series start", "1", "as ada", "/study join", "clock next", "quit")
    left = datetime.fromisoformat((Path(hall.home) / CLOCK_FILE).read_text("ascii"))

    shown = await sit(hall, "as ada", "/study join")

    assert left > datetime.now(UTC) + timedelta(minutes=1)
    assert "Week 1 · Guess, look, be surprised" in shown.partition("> as ada")[0]
    assert "You're in already" in after(shown, "/study join")
    assert datetime.fromisoformat((Path(hall.home) / CLOCK_FILE).read_text("ascii")) >= left


async def test_a_form_is_filled_left_and_asked_again(hall: Settings) -> None:
    await sit(hall, "/series start", "1", "as ada", "/study join", "clock next")
    shown = await sit(hall, "as ada", "/study challenge")
    button = after(shown, "/study challenge").partition("] Answer")[0].rpartition("[")[2]

    shown = await sit(hall, "as ada", "/study challenge", button, "abc", "", button, "99999")

    form = after(shown, button)
    assert "Your number: ____" in form.partition("> abc")[0]
    assert "I can't read abc as one" in after(form, "abc")
    assert "nothing was counted" in after(form, "").partition(f"> {button}")[0]
    assert "Not yet." in after(form, "99999")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hello there", "I don't know that. Type the number or the words of a button"),
        ("77", "There is no button 77 on the screen."),
        ("as nobody", "There is nobody called nobody here. There are: mia, ada"),
        ("clock soon", "I can't read clock soon. Write clock next"),
        ("clock next", "No post is coming: no series is running here, or it is paused"),
        ("/study", "/study"),
        ("/nonsense now", "/study help"),
        ("/series start 'unclosed", "'unclosed"),
        ("help", "press that button"),
        ("look", "Nothing has been posted here yet."),
        ("reload", "nothing is wrong in them"),
        ("as ben", "You are Ben now."),
        ("clock +2d", "It is "),
        ("clock +0m", "It is "),
        ("\x1b[2J\x07", "I don't know that."),
    ],
)
async def test_every_line_is_answered_with_words(hall: Settings, line: str, told: str) -> None:
    shown = await sit(hall, line, "quit")

    assert told in shown.partition(" > ")[2].partition("\n")[2]
    assert shown.endswith("Everything is kept. See you.\n")
    assert "\x1b" not in shown
    assert "\x07" not in shown


async def test_the_clock_moves_to_the_end_of_all_dates_and_no_further(hall: Settings) -> None:
    shown = await sit(hall, *["clock +9999d"] * 40, "clock next")

    assert "Tue 31 Dec 01:00" in shown
    assert shown.endswith("Everything is kept. See you.\n")
    kept = Path(hall.home) / CLOCK_FILE
    assert datetime.fromisoformat(kept.read_text("ascii")).date() == LAST.date()
    assert kept.stat().st_mode & 0o777 == 0o600


async def test_a_damaged_transcript_is_named_and_left_alone(hall: Settings) -> None:
    transcript = Path(hall.hall) / "transcript.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text("not json\n")
    paper = io.StringIO()
    screen = Screen(Console(file=paper, width=100), known_zone, Keyboard(io.StringIO()))

    assert await open_hall(hall, screen) == 1

    assert "Line 1 of the transcript" in paper.getvalue()
    assert transcript.read_text() == "not json\n"


# -- processes ------------------------------------------------------------------------------------


def start(home: Path, *command: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STUDYHALL_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *command],
        cwd=ROOT,
        env={
            **kept,
            "STUDYHALL_HOME": str(home),
            "STUDYHALL_LOG": "json",
            "STUDYHALL_WEB": "127.0.0.1:0",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def beating(home: Path) -> None:
    async with asyncio.timeout(60):
        while not health.look(home).well:  # noqa: ASYNC110 - a file has no event
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_running_hall_ends_well_when_it_is_told_to(
    tmp_path: Path, number: signal.Signals
) -> None:
    home = tmp_path / "home"
    process = start(home, "run")
    await beating(home)

    process.send_signal(signal.SIGHUP)
    process.send_signal(number)
    _, told = await asyncio.to_thread(process.communicate, timeout=60)

    assert process.returncode == 0, told
    assert "stopping; what is under way is finished" in told
    assert health.look(home).age_s is None


async def test_a_hall_with_a_waiting_keyboard_ends_when_it_is_told_to(tmp_path: Path) -> None:
    home = tmp_path / "home"
    process = start(home, "try", "--terminal")
    await beating(home)

    process.send_signal(signal.SIGTERM)
    _, told = await asyncio.to_thread(process.communicate, timeout=60)

    assert process.returncode == 0, told
    assert told == ""
