"""The app is removed from a workspace: its token goes at once, all else after the time of grace."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from adapters.slack.installations import OneWorkspace
from bot import departures
from bot.departures import GRACE
from bot.store.database import Transaction, Value
from tests.rigs.dialogue import ask
from tests.rigs.slack_hall import CHAPTER, Town


def rows_of(t: Transaction, team: str) -> set[str]:
    """The tables in which anything of a workspace stands, in whatever column."""
    found = set()
    for table in t.all(ask("SELECT name FROM sqlite_master WHERE type = 'table'")):
        name = str(table["name"])
        for row in cast(list[tuple[Value, ...]], t.all(ask(f'SELECT * FROM "{name}"'))):
            if any(team in str(value) for value in row):
                found.add(name)
    return found


async def test_late_news_of_a_removal_takes_nothing_from_an_app_that_is_back(town: Town) -> None:
    await town.starts()
    news = town.slack.people.envelope(town.team, {"type": "app_uninstalled"})
    town.clock.at += timedelta(seconds=290)

    assert (await town.slack.line.event(news)).ok
    await town.settled()

    assert await town.adapter.workspaces.teams() == (town.team,)
    then = town.clock() + GRACE
    assert await town.app.db.run(lambda t: departures.purge(t, then)) == 0


async def test_a_removed_app_keeps_no_token_and_after_thirty_days_no_row(town: Town) -> None:
    await town.starts()
    await town.until(CHAPTER)
    await town.presses("ada", "It goes up", town.post_with("Week 1 ·"))
    await town.says("ada", "/study challenge")
    db = town.app.db
    workspaces = town.adapter.workspaces
    assert isinstance(workspaces, OneWorkspace)
    assert {"run", "vote", "variant", "delivery", "shelf"} <= await db.run(
        lambda t: rows_of(t, town.team)
    )

    await town.slack.people.uninstall(town.team)
    await town.settled()

    assert await workspaces.teams() == ()
    left = town.clock()
    soon, then = left + GRACE - timedelta(seconds=1), left + GRACE
    assert await db.run(lambda t: departures.purge(t, soon)) == 0
    assert "vote" in await db.run(lambda t: rows_of(t, town.team))
    assert await db.run(lambda t: departures.purge(t, then)) == 1
    assert await db.run(lambda t: rows_of(t, town.team)) == set()
