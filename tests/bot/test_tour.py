"""The tour: a whole week, and the numbers it prints are those of its database.

Knows what is printed and what is stored, and holds the one against the other.
Invariant: nothing that is compared here was computed by the tour itself.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot import service
from bot.cli import main

BEATS = ("Week 1 · Guess, look, be surprised", "Week 1 · How you voted", "Week 1 in short")

NUMBERS = {"first-loss", "three-guesses"}
"""Challenges whose key is a number; in the others the key moves with the letters."""


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def played(home: Path, seed: int, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["try", "--tour", "--seed", str(seed), "--home", str(home)]) == 0
    return capsys.readouterr().out


def stored(home: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(home / "studyhall.sqlite3")) as database:
        return database.execute(query).fetchall()


def words(text: str) -> str:
    return " ".join(text.split())


def test_the_week_is_whole_and_its_numbers_are_those_of_the_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = played(tmp_path, 7, capsys)

    week, _, account = shown.partition("What the database kept, read back")
    at = [week.index(beat) for beat in BEATS]
    assert at == sorted(at)
    for name in ("Ada", "Ben", "Chi", "Mia"):
        assert f"only {name} ─" in week

    variants = stored(tmp_path, "SELECT member, challenge, issue, body FROM variant")
    assert len(variants) >= 8
    for member, challenge, issue, body in variants:
        row = f"{str(member).title() or 'all'} {challenge} #{issue} "
        assert row in words(account)
        for number in json.loads(str(body))["params"].values():
            if isinstance(number, float):
                assert f"{number:.3g}" in account
    tried = stored(tmp_path, "SELECT member, challenge, issue, tries, hints FROM variant")
    for member, challenge, issue, tries, hints in tried:
        row = f"{str(member).title()} {challenge} #{issue} {tries} {hints} "
        assert not member or row in words(account)
    votes = stored(tmp_path, "SELECT member, round, choice, confidence FROM vote")
    for member, which, choice, sure in votes:
        assert f"{str(member).title()} {which} {choice} {sure} " in words(account)
    states = stored(tmp_path, "SELECT state FROM delivery")
    assert states == [("sent",)] * 6
    assert "Ledger: 5 messages and 1 thread" in account
    assert "Posts: 5 sent" in words(week)


def test_enough_vote_for_bars_to_be_shown_and_after_the_talk_they_vote_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = played(tmp_path, 7, capsys)

    first, second = (
        {choice for (choice,) in stored(tmp_path, f"SELECT choice FROM vote WHERE round = {which}")}
        for which in (1, 2)
    )
    assert len(first) == 3
    assert second < first
    voters = "SELECT round, COUNT(*) FROM vote GROUP BY round ORDER BY round"
    assert stored(tmp_path, voters) == [(1, 5), (2, 4)]
    told = words(shown.partition("how the vote went")[2])
    assert "you are split. Talk for two minutes in the thread, then vote again." in told
    assert "First vote: 40 % right, 5 votes." in told
    assert "After the talk: 75 % right." in told


def test_two_seeds_give_other_numbers_and_other_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        played(tmp_path / str(seed), seed, capsys)
    query = "SELECT member, challenge, issue, body FROM variant WHERE member <> ''"
    one, two = (
        {row[:3]: json.loads(str(row[3])) for row in stored(tmp_path / str(seed), query)}
        for seed in (1, 2)
    )
    assert one.keys() == two.keys()
    for name in one:
        assert one[name]["seed"] != two[name]["seed"]
    assert all(
        any(one[name][what] != two[name][what] for name in one if name[1] == challenge)
        for challenge in {name[1] for name in one}
        for what in ("params", "key" if challenge in NUMBERS else "options")
    )


def test_the_same_seed_gives_the_same_week_however_long_answers_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PATIENCE_S", 3600.0)
    quick = played(tmp_path / "a", 3, capsys)
    monkeypatch.setattr(service, "PATIENCE_S", 0.0)
    assert played(tmp_path / "b", 3, capsys) == quick


def test_a_home_with_a_study_hall_in_it_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played(tmp_path, 1, capsys)
    before = stored(tmp_path, "SELECT * FROM delivery")

    assert main(["try", "--tour", "--home", str(tmp_path)]) == 1

    assert "nothing in it was changed" in words(capsys.readouterr().out)
    assert stored(tmp_path, "SELECT * FROM delivery") == before
