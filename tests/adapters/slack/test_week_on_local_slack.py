"""A week of the shipped series in a Slack on this machine, by Socket Mode and by HTTP.

Knows no part of the service: the week is played once for each way in, from the moderator's first
word to the day the app is removed, and the tests read what people saw.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.rigs.local_slack import Transport
from tests.rigs.local_slack_hall import open_town
from tests.rigs.local_slack_week import OPTIONS, Week, buttons
from tests.rigs.slack_sight import Message, words

pytestmark = pytest.mark.isolated


@pytest.fixture(scope="module", params=["socket", "http"])
def week(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Week:
    """The whole week, played by that way in; all that was sent is what Slack would take."""

    async def played(folder: Path, transport: Transport) -> Week:
        async with open_town(folder, transport) as town:
            return await Week(town).play()

    return asyncio.run(played(tmp_path_factory.mktemp("week"), request.param))


def said_by(posts: list[Message]) -> list[str]:
    return [words(one.blocks) for one in posts]


def test_a_moderator_sees_the_dates_in_a_window_before_anything_is_posted(week: Week) -> None:
    proposed = week.said["proposed"]

    assert proposed.startswith("== Start a series here? ==\n")
    assert [line for line in proposed.splitlines() if ": " in line][:3] == [
        "2026-09-28 15:00 UTC: chapter 1",
        "2026-10-01 15:00 UTC: how the vote went",
        "2026-10-04 15:00 UTC: recap",
    ]
    assert proposed.splitlines()[-3:] == ["[Start]", "[Preview chapter 1]", "[Cancel]"]
    assert week.before["proposed"] == []
    assert "is set" in week.said["started"]


def test_the_channel_is_invited_and_who_joins_is_told_in_private(week: Week) -> None:
    (invitation,) = week.before["invited"]

    assert buttons(invitation) == ["Join", "What is this?"]
    assert "You're in" in week.said["joined"]


def test_the_chapter_comes_with_a_picture_a_question_and_its_cards_in_the_thread(
    week: Week,
) -> None:
    post = week.before["posted"][-1]

    assert "Week 1 · Guess, look, be surprised" in words(post.blocks)
    assert buttons(post) == [*OPTIONS, "Read the cards", "My challenges"]
    assert "(A loss curve over 300 steps:" in words(post.blocks)
    assert "Picture: A loss curve over 300 steps:" in post.text
    cards = said_by(week.thread)
    assert len(cards) == 5
    assert cards[0].startswith("Bridges came before mechanics")
    assert cards[-1].startswith("The place to talk")


def test_a_vote_is_answered_in_private_and_the_channel_learns_only_how_many(week: Week) -> None:
    assert 'Locked in: "It falls, by less than half"' in week.said["ada voted"]
    assert "[Just a hunch]\n[Fairly]\n[Certain]" in week.said["ada voted"]
    assert "you are certain" in week.said["sure"]
    assert "0 votes so far" in words(week.before["posted"][-1].blocks)
    assert "5 votes so far" in words(week.before["counted"][-1].blocks)
    assert len(week.before["counted"]) == len(week.before["posted"])


def test_what_is_no_number_is_said_at_the_field_and_is_no_try(week: Week) -> None:
    (wrong,) = week.sent["no number"].errors.values()

    assert wrong.startswith("I need a number, like 1.95")
    assert "That did not count as a try." in wrong


def test_a_wrong_answer_brings_its_reason_then_a_hint_then_the_right_one_another(
    week: Week,
) -> None:
    assert "Challenge 1 of 4" in week.said["challenge"]
    assert week.sent["wrong"].errors == {}
    assert "Not yet." in week.said["wrong"]
    assert "is the chance of being right" in week.said["wrong"]
    assert "Hint 1." in week.said["hint"]
    assert "Yes: " in week.said["right"]
    assert "[Another one, new numbers]" in week.said["right"]
    assert "Challenge 1 of 4" in week.said["another"]
    views = [week.sent[name].view for name in ("no number", "wrong", "right")]
    assert len({view.id for view in views if view is not None}) == 1


def test_an_open_window_and_old_buttons_outlive_the_process(week: Week) -> None:
    assert "Yes: " in week.said["after the restart"]
    assert 'Locked in: "It falls, by less than half"' in week.said["an old button"]
    assert "Card 1 of 5" in week.said["cards"]
    assert "Card 2 of 5" in week.said["next card"]
    assert len(week.before["discussed"]) == len(week.before["counted"]) + 1


def test_nobody_has_to_remember_words(week: Week) -> None:
    assert "`/study progress`\n[Go]" in week.said["menu"]
    assert "[For moderators]" in week.said["menu"]
    assert "Did you mean /study progress?" in week.said["misspelt"]
    assert "1 of 4 challenges" in week.said["progress"]


def test_the_home_shows_my_series_with_a_picture_and_what_is_due(week: Week) -> None:
    home = week.said["home"]

    assert home.startswith("Your series here\nAn eye for deep learning · #C0STUDY\n")
    assert "one challenge to go, and it is done." in home
    assert "(An eye for deep learning: week 1: 1 of 4 challenges passed, voted.)" in home
    assert home.endswith("[What is due]\n[Read]\n[My challenges]\n[Settings]\n[Privacy]")
    assert week.said["settings"].startswith("== Your settings here ==")


def test_the_group_votes_talks_and_votes_again(week: Week) -> None:
    discussed = week.before["discussed"][-1]

    assert "How you voted" in words(discussed.blocks)
    assert "(How you voted: It halves, or better: 2;" in words(discussed.blocks)
    assert buttons(discussed) == [*OPTIONS, "My challenges"]
    assert "Locked in" in week.said["cid voted again"]


def test_the_recap_sums_the_week_up(week: Week) -> None:
    recap = words(week.before["summed up"][-1].blocks)

    assert "Week 1 in short" in recap
    assert "First vote: 40 % right, 5 votes." in recap
    assert "After the talk: 75 % right." in recap
    assert "5 of 5 were here this week." in recap
    assert len(week.before["summed up"]) == 4


def test_nothing_is_posted_after_the_app_was_removed(week: Week) -> None:
    before, after = week.before["started again"], week.before["removed"]

    assert [one.ts for one in after] == [one.ts for one in before]


def test_what_was_played_can_be_told_in_a_line(week: Week) -> None:
    assert week.told().startswith(
        ("A week over Socket Mode: 1 start, 4 posts", "A week over HTTP:")
    )
    assert week.told().endswith("recap; 0 complaints")


async def test_what_slack_did_not_sign_gets_no_answer_from_the_whole_service(
    tmp_path: Path,
) -> None:
    async with open_town(tmp_path, "http") as town, aiohttp.ClientSession() as stranger:
        assert town.slack.door.app is not None
        told = {"command": "/series", "text": "start", "user_id": "U0MIA", "team_id": "T0HALL"}
        async with stranger.post(town.slack.door.app, data=told) as said:
            assert said.status == 401
        assert not await town.slack.messages()
