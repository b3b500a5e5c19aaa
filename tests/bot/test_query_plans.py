"""No query of the service reads a whole table that grows with the number of people."""

from __future__ import annotations

import re

import pytest

from bot.store.queries import QUERIES
from tests.rigs.dialogue import Hall

SCANNED = {
    "count_active": "its outer query counts what the inner one found by index",
    "departed_before": "a handful of rows, once an hour",
    "published_items": "asked when series are read, not when somebody waits",
}
"""Queries that may read all of a table or an index, and why that is no harm."""


WHOLE_SPACE = {
    "forget_controls": "once a member; nothing else says whom a button is about",
    "purge_controls": "all of a space is deleted",
    "purge_settings": "all of a space is deleted",
}
"""Queries that may read all that a space's people left in a table, and why that is no harm."""

OF_PEOPLE = "enrolment|vote|progress|variant|attempt|delivery|control|settings"


@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_a_query_reads_no_more_of_a_space_than_it_was_asked_for(
    hall: Hall, name: str
) -> None:
    steps = await _plan(hall, name)

    whole = [step for step in steps if re.match(rf"SEARCH ({OF_PEOPLE}) .*\(space=\?\)$", step)]
    assert bool(whole) == (name in WHOLE_SPACE), steps


@pytest.mark.parametrize("name", sorted(QUERIES))
async def test_a_query_finds_its_rows_by_an_index(hall: Hall, name: str) -> None:
    steps = await _plan(hall, name)

    scans = [step for step in steps if re.match(r"SCAN (?!CONSTANT|\(subquery)", step)]
    assert bool(scans) == (name in SCANNED), steps


@pytest.mark.parametrize(
    "name",
    [
        "runs_due",
        "stale_vote_counts",
        "claimable_deliveries",
        "looks_due",
        "stale_reminders",
    ],
)
async def test_what_is_asked_every_second_reads_only_what_is_due(hall: Hall, name: str) -> None:
    first = (await _plan(hall, name))[0]

    assert re.search(
        r"USING (COVERING )?INDEX (run_due|lesson_votes_behind|delivery_open|settings_look)", first
    )


@pytest.mark.parametrize(
    "name",
    [
        "voted_chapters",
        "progress_of_member",
        "runs_of_member",
        "runs_of_moderator",
        "runs_with_member",
        "attempts_of_member",
        "votes_to_count_again",
        "variants_of_member",
        "letters_of_member",
        "skip_reminders_of_member",
        "forget_variants",
        "forget_letters",
    ],
)
async def test_a_members_own_rows_are_not_looked_for_among_everybodys(
    hall: Hall, name: str
) -> None:
    assert any("_of_member" in step for step in await _plan(hall, name))


async def _plan(hall: Hall, name: str) -> list[str]:
    query = QUERIES[name]
    rows = await hall.db.run(
        lambda t: [
            dict(row)
            for row in t._cursor.execute(
                f"EXPLAIN QUERY PLAN {query.text}", dict.fromkeys(query.parameters)
            ).fetchall()
        ]
    )
    return [str(row["detail"]) for row in rows]
