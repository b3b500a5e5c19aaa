"""Loading named queries: what a `.sql` file may hold, and how its mistakes are reported.

Knows no database.
Invariant: every mistake in every file is reported in one go, each as `file:line`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store.errors import BadQueryFile
from bot.store.sql import Query, load

GOOD = """-- Votes, by member.

-- name: save_vote
-- A second vote replaces the first;
-- nobody votes twice.
INSERT INTO vote (space, choice)
-- the space comes first
VALUES (:space, :choice);

-- name: read_vote
-- The button needs it.
SELECT choice, ':not_this' FROM vote /* nor :this */ WHERE space = :space
"""


def test_a_file_gives_its_queries_with_reason_and_parameters(tmp_path: Path) -> None:
    (tmp_path / "votes.sql").write_text(GOOD)
    queries = load(tmp_path)
    assert list(queries) == ["save_vote", "read_vote"]
    save = queries["save_vote"]
    assert save.reason == "A second vote replaces the first; nobody votes twice."
    assert save.text.startswith("INSERT INTO vote")
    assert save.text.endswith(":choice);")
    assert (save.parameters, save.writes) == (frozenset({"space", "choice"}), True)
    read = queries["read_vote"]
    assert (read.parameters, read.writes) == (frozenset({"space"}), False)


def test_other_files_and_other_dialects_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "votes.sql").write_text(GOOD)
    (tmp_path / "votes.postgres.sql").write_text(GOOD)
    (tmp_path / "README.md").write_text("not SQL")
    (tmp_path / "more").mkdir()
    assert len(load(tmp_path)) == 2


def test_what_was_loaded_cannot_be_changed(tmp_path: Path) -> None:
    (tmp_path / "votes.sql").write_text(GOOD)
    queries = load(tmp_path)
    with pytest.raises(TypeError):
        queries["read_vote"] = queries["save_vote"]  # type: ignore[index]
    with pytest.raises(AttributeError):
        queries["read_vote"].text = ""  # type: ignore[misc]


def test_every_mistake_is_reported_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "SELECT 1;\n"
        "-- name: first\n-- Why.\nSELECT 1;\n"
        "-- name: bare\nSELECT 2;\n"
        "-- name: Loud-Name\n-- Why.\nSELECT 3;\n"
        "-- name: steer\n-- Why.\nCOMMIT;\n"
        "-- name: empty\n-- Why.\n"
    )
    (tmp_path / "b.sql").write_text(
        "-- name: first\n-- Why.\nSELECT 4;\n-- name: two\n-- Why.\nSELECT ';'; SELECT 6;\n"
    )
    with pytest.raises(BadQueryFile) as wrong:
        load(tmp_path)
    kinds = "write SELECT, INSERT, UPDATE, DELETE or WITH here"
    assert [mistake.partition(" (")[0] for mistake in wrong.value.mistakes] == [
        "a.sql:1: a statement without a name; put '-- name: ...' above it",
        "a.sql:5: query bare has no reason; add a line '-- why it is needed' under its name",
        "a.sql:7: 'Loud-Name' is no name; use small letters, digits and _ as in "
        "'-- name: save_vote'",
        f"a.sql:10: query steer begins with COMMIT; {kinds}",
        f"a.sql:13: query empty has no statement; {kinds}",
        "b.sql:1: query first is already in a.sql:2; rename one of them",
        "b.sql:4: query two has several statements; give each its own name",
    ]


@pytest.mark.parametrize(
    ("text", "writes"),
    [
        ("SELECT 'UPDATE'", False),
        ("select 1", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("WITH a AS (SELECT 1) DELETE FROM b", True),
        ("DELETE FROM a RETURNING b", True),
        ("-- first\nUPDATE a SET b = 1", True),
    ],
)
def test_a_query_knows_whether_it_writes(text: str, writes: bool) -> None:
    assert Query("any", text, "Why.").writes is writes


@pytest.mark.parametrize("text", ["BEGIN", "SAVEPOINT one", "PRAGMA user_version", "DROP TABLE a"])
def test_a_query_cannot_steer_transactions_or_tables(text: str) -> None:
    with pytest.raises(ValueError, match="begins with"):
        Query("any", text, "Why.")
