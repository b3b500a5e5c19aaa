"""One space can't see or touch what is another's, whatever ids it gets hold of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest

from bot.store import challenges, content, members, moderators, runs
from bot.store.database import Transaction, Value
from bot.store.members import Place
from bot.store.settings import settings
from lessons import actions
from lessons.actions import AnyWant, Pressed, Submitted
from lessons.posts import control
from tests.rigs.dialogue import CHAPTER_1, Hall, change, says, words

OTHER = "flaky:other"
PUBLIC = {"ProposeStart", "ConfirmStart", "Cancel", "Help"}
"""Wants that name nothing of anybody's."""
OWN = {
    "ShowHome",
    "ShowPrivacy",
    "ShowKept",
    "ExportMine",
    "DeleteMine",
    "ShowSettings",
    "AskSettings",
    "ChangeSettings",
    "Remind",
    "LeaveAlone",
}
"""Wants that are about whoever has them, in the space where they are pressed."""


@pytest.fixture
async def lived_in(running: Hall) -> Hall:
    """A space in which something of every kind has happened."""
    await running.until(CHAPTER_1)
    await running.press("ada", "Yes")
    await running.press("ada", "Certain")
    await running.say("ada", "/study challenge")
    await running.answer("ada", "7")
    await running.press("ada", "Hint (1 of 2)")
    await running.say("mia", "/series moderators nin")
    await running.say("ada", "/study settings")
    await running.press("ada", "Remind me")
    return running


def wants(run: str, variant: str, delivery: str) -> Iterator[AnyWant]:
    """Every want that names something, naming the first space's."""
    chapter = "left-out"
    yield actions.Join(run)
    yield actions.Leave(run)
    yield actions.Leave(run, sure=True)
    yield actions.Explain(run)
    yield actions.ReadLesson(run, chapter)
    yield actions.Vote(run, chapter, "it-depends")
    yield actions.BeSure(run, chapter, "hunch")
    yield actions.Reveal(run, chapter)
    yield actions.Challenges(run, chapter)
    yield actions.OpenChallenge(run, chapter, "centimetre")
    yield actions.OpenChallenge(run, chapter, "centimetre", variant)
    yield actions.AskAnswer(variant, 1)
    yield actions.AskAnswer(variant, 2)
    yield actions.Try(variant, 1)
    yield actions.Try(variant, 2)
    yield actions.TakeHint(variant, 0)
    yield actions.TakeHint(variant, 1)
    yield actions.SkipChallenge(variant)
    yield actions.ShowProgress(run)
    yield actions.WhatNext(run)
    yield actions.ShowStatus(run)
    yield actions.Preview(run)
    yield actions.PostNow(run)
    yield actions.Pause(run)
    yield actions.Resume(run)
    yield actions.SkipChapter(run, "folding")
    yield actions.MoveRun(run, "elsewhere")
    yield actions.StopRun(run)
    yield actions.StopRun(run, sure=True)
    yield actions.Resend(run, chapter)
    yield actions.Moderators(run)
    yield actions.Moderators(run, "ben")
    yield actions.RemoveModerator(run, "nin")
    yield actions.RemoveModerator(run, "nin", sure=True)
    yield actions.Settle(delivery, there=True)
    yield actions.Settle(delivery, there=False)
    yield actions.CheckAgain(run)


async def test_no_want_reaches_into_another_space(lived_in: Hall) -> None:
    run, variant, delivery = await _ids(lived_in)
    other = lived_in.in_space(OTHER)
    before = await _rows(lived_in, lived_in.space)

    for want in wants(run, variant, delivery):
        button = await other.shown(want)
        # "mia" moderates here too, "ada" is a member here too, and "nin" was named where the want
        # is from: rights do not help.
        for what in (Pressed(button.id), Submitted(button.id, {"number": "250"})):
            for who in ("mia", "ada", "nin"):
                reply = await other.act(who, what)
                assert (
                    says(reply, "moved_on")
                    or says(reply, "settled_before")
                    or (who != "mia" and says(reply, "moderators_only"))
                ), f"{want} was answered with {words(reply)!r}"

    assert await _rows(lived_in, lived_in.space) == before
    assert set(await _rows(lived_in, OTHER)) <= {"control"}


def test_every_kind_of_want_is_tried() -> None:
    tried = {type(want).__name__ for want in wants("", "", "")}

    assert tried | PUBLIC | OWN == {kind.__name__ for kind in get_args(AnyWant)}


async def test_a_button_of_one_space_means_nothing_in_another(lived_in: Hall) -> None:
    buttons = [str(one) for (one,) in await lived_in.rows("SELECT control FROM control")]
    other = lived_in.in_space(OTHER)
    before = await _rows(lived_in, lived_in.space)

    assert len(buttons) > 10
    for button in buttons:
        assert says(await other.act("mia", Pressed(button)), "moved_on")
    assert await _rows(lived_in, lived_in.space) == before


@pytest.mark.parametrize(
    "command", ["status", "pause", "post-now", "stop", "skip", "preview", "moderators"]
)
async def test_a_command_finds_no_run_of_another_space_with_a_channel_of_that_name(
    lived_in: Hall, command: str
) -> None:
    before = await _rows(lived_in, lived_in.space)

    assert says(await lived_in.in_space(OTHER).say("mia", f"/series {command}"), "no_run_moderator")
    assert await _rows(lived_in, lived_in.space) == before


async def test_two_spaces_can_run_one_series_in_channels_of_one_name(lived_in: Hall) -> None:
    other = lived_in.in_space(OTHER)
    await other.start()

    assert (await other.run()).id != (await lived_in.run()).id
    assert says(await other.say("ada", "/study progress"), "progress_none")


async def test_no_typed_query_gives_anything_to_another_space(lived_in: Hall) -> None:
    run, variant, _ = await _ids(lived_in)
    place = Place(OTHER, run, "left-out")
    shown = control(lived_in.space, "Join", actions.Join(run))
    questions: list[Callable[[Transaction], object]] = [
        lambda t: runs.run_by_id(t, OTHER, run),
        lambda t: runs.run_in_channel(t, OTHER, "study"),
        lambda t: runs.runs_of_member(t, OTHER, "ada"),
        lambda t: runs.runs_of_moderator(t, OTHER, "nin"),
        lambda t: runs.runs_started_by(t, OTHER, "mia"),
        lambda t: runs.runs_of_space(t, OTHER),
        lambda t: runs.lessons_of_run(t, OTHER, run),
        lambda t: runs.lesson_by_chapter(t, OTHER, run, "left-out"),
        lambda t: runs.count_posts(t, OTHER, run),
        lambda t: moderators.of_run(t, OTHER, run),
        lambda t: moderators.is_named(t, OTHER, run, "nin"),
        lambda t: moderators.remove(t, OTHER, run, "nin"),
        lambda t: members.enrolment(t, OTHER, run, "ada"),
        lambda t: members.count_enrolled(t, OTHER, run),
        lambda t: members.count_active(t, OTHER, run, CHAPTER_1),
        lambda t: members.ballots(t, place, "ada"),
        lambda t: members.count_votes(t, place, 1),
        lambda t: members.voted_chapters(t, OTHER, run, "ada"),
        lambda t: members.progress(t, place, "ada").tries,
        lambda t: members.progress_of_member(t, OTHER, run, "ada"),
        lambda t: challenges.variant_by_id(t, OTHER, variant, "ada"),
        lambda t: challenges.newest_variant(t, place, "centimetre", "ada"),
        lambda t: challenges.attempt(t, OTHER, variant, 1),
        lambda t: sum(challenges.own_numbers(t, place)),
        lambda t: challenges.most_fooled(t, place),
        lambda t: content.want_of(t, OTHER, shown.id),
        lambda t: settings(t, OTHER, "ada").reminders,
    ]

    assert [await lived_in.db.run(question) or None for question in questions] == [None] * 27


async def _ids(hall: Hall) -> tuple[str, str, str]:
    ((variant,),) = await hall.rows("SELECT variant FROM variant WHERE member = 'ada'")
    await hall.db.run(change("UPDATE delivery SET state = 'uncertain' WHERE purpose = 'opener'"))
    ((delivery,),) = await hall.rows("SELECT delivery FROM delivery WHERE state = 'uncertain'")
    return (await hall.run()).id, str(variant), str(delivery)


async def _rows(hall: Hall, space: str) -> dict[str, list[tuple[Value, ...]]]:
    """All rows of a space, by table; tables without any are left out."""
    tables = await hall.rows(
        "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND c.name = 'space' ORDER BY m.name"
    )
    assert len(tables) == 12
    found = {
        table: await hall.rows(f"SELECT * FROM {table} WHERE space = :space", space=space)
        for table in (str(name) for (name,) in tables)
    }
    return {table: rows for table, rows in found.items() if rows}
