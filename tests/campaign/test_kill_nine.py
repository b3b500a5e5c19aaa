"""The campaign in short: two kills in every run of the tests, and proof that its books would tell.

Knows kill_nine.py alone.
Invariant: each thing the campaign claims to find is found once it is made to happen.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest

from tests.campaign.kill_nine import Books, campaign, check, closing_line


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Books]:
    """A hall whose process was killed twice and then came to its end."""
    home = tmp_path_factory.mktemp("hall")
    return home, campaign(home, kills=2, seed=9)


def test_two_kills_lose_double_and_damage_nothing(played: tuple[Path, Books]) -> None:
    _, books = played
    assert books.wrong == []
    assert (books.kills, books.fewest_between_kills >= 50) == (2, True)
    assert books.posts > 3
    assert "0 lost" in closing_line(books, 9)


def lose_an_answer(home: Path) -> None:
    _execute(home, "DELETE FROM attempt WHERE rowid = (SELECT MIN(rowid) FROM attempt)")


def change_an_answer(home: Path) -> None:
    _execute(home, "UPDATE attempt SET answer = '{}'")


def lose_a_vote(home: Path) -> None:
    _execute(home, "DELETE FROM vote WHERE rowid = (SELECT MIN(rowid) FROM vote)")


def lose_a_post(home: Path) -> None:
    lines = _transcript(home).read_text().splitlines(keepends=True)
    _transcript(home).write_text("".join(lines[1:]))


def double_a_post(home: Path) -> None:
    text = _transcript(home).read_text()
    _transcript(home).write_text(text + text.splitlines(keepends=True)[0])


def leave_one_unsent(home: Path) -> None:
    _execute(home, "UPDATE delivery SET state = 'pending' WHERE purpose = 'post'")


def lose_a_slot(home: Path) -> None:
    _execute(home, "DELETE FROM delivery WHERE beat = 'recap' OR beat = 'discuss'")


def tear_a_page(home: Path) -> None:
    path = home / "studyhall.sqlite3"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(root, size)] = db.execute(
            "SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = 'attempt'"
        ).fetchall()
    with path.open("r+b") as file:
        file.seek((root - 1) * size + 8)
        file.write(b"\xff" * 64)


@pytest.fixture
def spoilt(played: tuple[Path, Books], tmp_path: Path) -> tuple[Path, Books]:
    """A copy to be spoilt, with books in which nothing is wrong yet."""
    home, books = played
    for path in [home / "studyhall.sqlite3", _transcript(home)]:
        copy = tmp_path / path.relative_to(home)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(path.read_bytes())
    return tmp_path, deepcopy(books)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lose_an_answer, "lost: answer"),
        (change_an_answer, "changed: answer"),
        (lose_a_vote, "lost: vote"),
        (lose_a_post, "missing: "),
        (double_a_post, "doubled: "),
        (leave_one_unsent, "not sent at the end: post"),
        (lose_a_slot, "slots passed, told were"),
        (tear_a_page, "the database is damaged"),
    ],
)
def test_the_books_notice(
    spoilt: tuple[Path, Books], spoil: Callable[[Path], None], complaint: str
) -> None:
    home, books = spoilt
    spoil(home)
    check(home, books, at_the_end=True)
    assert any(complaint in wrong for wrong in books.wrong)
    assert closing_line(books, 9).startswith("WRONG")


def _transcript(home: Path) -> Path:
    return home / "hall" / "transcript.jsonl"


def _execute(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "studyhall.sqlite3")) as db, db:
        assert db.execute(statement).rowcount > 0
