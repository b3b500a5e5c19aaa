"""What is kept of a member: they see it, take it along, and have it deleted, whole."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store import privacy
from bot.store.database import Value
from bot.store.members import Place
from bot.turn import VariantPiece
from lessons import actions
from lessons.actions import Pressed
from lessons.document import Code
from lessons.posts import Reply
from tests.rigs.dialogue import CHAPTER_1, DISCUSS_1, RECAP_1, SPACE, Hall, labels, says, words

ADA = "u7f3a9c"
"""An id that stands in no text by accident."""

OTHER = "flaky:other"

SATURDAY = datetime(2026, 10, 3, 16, tzinfo=UTC)
"""When members are reminded of the first chapter."""

STAYS = {
    ("run", "started_by"),
    ("moderator", "member"),
    ("delivery", "member"),
    ("delivery", "purpose"),
    ("delivery", "ref"),
}
"""Where the id of who started a run stays: they are the run's contact."""


async def live(hall: Hall, who: str = ADA) -> None:
    """Something of every kind happens to a member, from the first chapter on."""
    await hall.press(who, "Yes")
    await hall.press(who, "Certain")
    await hall.say(who, "/study challenge")
    await hall.answer(who, "25000")
    await hall.press(who, "Hint (1 of 2)")
    await hall.answer(who, "250")
    await hall.say(who, "/study settings")
    await hall.press(who, "Remind me")
    await hall.say("mia", f"/series moderators {who}")
    shelf = hall.service.shelf("flaky")
    own = hall.space.partition(":")[2]
    await shelf.put(f"draft:{own}:{who}:c0ffee:shown", "")
    await shelf.put(f"draft:{own}:{who}", "begun")
    await shelf.put(f"draft:{own}:{who}2:c0ffee:shown", "another's")


@pytest.fixture
async def lived_in(running: Hall) -> Hall:
    await running.until(CHAPTER_1)
    await live(running)
    return running


def exported(reply: Reply) -> Mapping[str, Any]:
    assert reply.post is not None
    (code,) = (block for block in reply.post.document.blocks if isinstance(block, Code))
    found = json.loads(code.text)
    assert isinstance(found, dict)
    return found


async def found_in(hall: Hall, name: str) -> set[tuple[str, str]]:
    """Every table and column in which that name stands, anywhere."""
    columns = await hall.rows(
        "SELECT m.name, c.name AS column_name FROM sqlite_master AS m"
        " JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'"
    )
    found = set()
    for table, column in columns:
        for (value,) in await hall.rows(f'SELECT "{column!s}" AS value FROM "{table!s}"'):
            text = _decoded(value)
            if name in text.replace(f"{name}2", ""):
                found.add((str(table), str(column)))
    return found


def _decoded(value: Value) -> str:
    return zlib.decompress(value).decode() if isinstance(value, bytes) else str(value)


async def delete(hall: Hall, who: str = ADA) -> Reply:
    await hall.say(who, "/study privacy")
    assert says(await hall.press(who, "Delete everything about me"), "delete_sure")
    return await hall.press(who, "Delete it all")


# -- seeing it ------------------------------------------------------------------------------------


async def test_privacy_says_what_is_kept_and_what_can_be_done_about_it(hall: Hall) -> None:
    reply = await hall.say(ADA, "/study privacy")

    assert says(reply, "privacy")
    assert labels(reply) == ["Show what you keep", "Export", "Delete everything about me"]


async def test_who_did_nothing_is_told_that_nothing_is_kept(running: Hall) -> None:
    await running.say(ADA, "/study privacy")
    assert says(await running.press(ADA, "Show what you keep"), "kept_nothing")

    await running.say(ADA, "/study privacy")
    mine = exported(await running.press(ADA, "Export"))
    assert (mine["settings"], mine["runs"], mine["records"]) == (None, [], {})


async def test_what_is_kept_is_shown_in_plain_words(lived_in: Hall) -> None:
    await lived_in.say(ADA, "/study privacy")
    told = words(await lived_in.press(ADA, "Show what you keep"))

    assert (
        "Reading maps in #study: 1 vote, one challenge with your numbers, 2 answers,"
        " 0 chapters done, 1 private message." in told
    )
    assert "You joined on" in told
    assert "Your settings" in told
    assert "2 pieces of half-filled forms" in told


async def test_who_has_left_and_who_has_started_are_told_so(lived_in: Hall) -> None:
    await lived_in.say(ADA, "/study leave")
    await lived_in.press(ADA, "Leave")
    await lived_in.say(ADA, "/study privacy")
    assert says(await lived_in.press(ADA, "Show what you keep"), "kept_left")

    await lived_in.say("mia", "/study privacy")
    assert says(await lived_in.press("mia", "Show what you keep"), "kept_started")
    await lived_in.say("mia", "/study join")
    await lived_in.say("mia", "/study privacy")
    assert says(await lived_in.press("mia", "Show what you keep"), "kept_started_too")


async def test_the_export_is_whole_and_gives_no_key_away(lived_in: Hall) -> None:
    await lived_in.say(ADA, "/study privacy")
    mine = exported(await lived_in.press(ADA, "Export"))

    assert (mine["space"], mine["member"]) == (SPACE, ADA)
    assert mine["settings"]["reminders"] is True
    assert set(mine["records"].values()) == {"", "begun"}
    (run,) = mine["runs"]
    assert (run["series"], run["channel"], run["started"]) == ("reading-maps", "study", False)
    (vote,) = run["votes"]
    assert (vote["choice"], vote["confidence"], vote["round"]) == ("yes", "certain", 1)
    (challenge,) = run["challenges"]
    first, second = challenge["answers"]
    assert (first["answer"], first["passed"], second["passed"]) == ([25000], False, True)
    assert first["mistake"]
    assert first["at"] == "2026-09-28T15:00:00Z"
    (chapter,) = run["chapters"]
    assert (chapter["passed"], chapter["tries"], chapter["hints"]) == (["centimetre"], 2, 1)
    assert "key" not in json.dumps(mine)


async def test_one_member_s_export_has_nothing_of_another(lived_in: Hall) -> None:
    await live(lived_in, "ben")
    await lived_in.say(ADA, "/study privacy")

    assert "ben" not in json.dumps(exported(await lived_in.press(ADA, "Export")))


# -- deleting it ----------------------------------------------------------------------------------


async def test_nothing_is_deleted_before_it_is_confirmed(lived_in: Hall) -> None:
    before = await found_in(lived_in, ADA)
    await lived_in.say(ADA, "/study privacy")
    await lived_in.press(ADA, "Delete everything about me")
    assert says(await lived_in.press(ADA, "Keep it"), "never_mind")

    assert await found_in(lived_in, ADA) == before


async def test_after_it_no_table_knows_the_member_and_the_export_is_empty(lived_in: Hall) -> None:
    await live(lived_in, "ben")
    await lived_in.until(SATURDAY)  # both are reminded
    others = await found_in(lived_in, "ben")
    # A table in which nobody can be found proves nothing.
    assert {"enrolment", "vote", "progress", "variant", "settings", "delivery", "shelf"} <= {
        table for table, _ in await found_in(lived_in, ADA)
    }
    assert await lived_in.count("attempt") == 4

    assert says(await delete(lived_in), "deleted")
    assert await found_in(lived_in, ADA) == set()
    assert await found_in(lived_in, "ben") == others
    assert await lived_in.count("attempt") == 2
    assert f"draft:hall:{ADA}2:c0ffee:shown" in await lived_in.service.shelf("flaky").all()
    await lived_in.say(ADA, "/study privacy")
    mine = exported(await lived_in.press(ADA, "Export"))
    assert (mine["settings"], mine["runs"], mine["records"]) == (None, [], {})


async def test_who_named_somebody_is_nowhere_to_be_found_after_it(lived_in: Hall) -> None:
    await lived_in.say(ADA, "/series moderators ben")
    await lived_in.tick()
    assert says(lived_in.stage.read(member="ben")[-1], "you_are_named")

    await delete(lived_in)
    assert await found_in(lived_in, ADA) == set()


async def test_of_who_started_a_run_that_stays_and_is_told(running: Hall) -> None:
    await running.until(CHAPTER_1)
    await live(running, "mia")
    await running.until(SATURDAY)
    running.shelf.clear()
    for seconds in range(3):  # its recap can't be made, and she is told
        await running.until(RECAP_1.replace(second=seconds))
    letters = "SELECT purpose FROM delivery WHERE member = 'mia' ORDER BY purpose"
    purposes = [str(purpose).split()[0] for (purpose,) in await running.rows(letters)]
    assert purposes == ["late", "reminder", "stuck"]
    reply = await delete(running, "mia")

    assert says(reply, "delete_started")
    found = await found_in(running, "mia")
    assert found <= STAYS
    assert ("moderator", "member") in found, "she alone is named, and goes on being written to"
    mine = await running.db.run(lambda t: privacy.kept(t, SPACE, "mia"))
    assert (mine.settings, mine.records) == (None, {})
    assert not any(run.theirs for run in mine.runs)
    assert [letter.about for run in mine.runs for letter in run.letters] == [
        "the series",
        "the series",
    ]
    assert [run.started for run in mine.runs] == [True]


async def test_the_series_goes_on_and_only_what_counts_votes_is_changed(lived_in: Hall) -> None:
    await lived_in.press("ben", "Yes")
    await lived_in.tick()
    await lived_in.until(CHAPTER_1.replace(minute=1))
    assert "2 votes" in lived_in.stage.read()[1]
    posts = len(lived_in.stage.posts)

    await delete(lived_in)
    await lived_in.until(CHAPTER_1.replace(minute=2))
    assert "1 vote so far" in lived_in.stage.read()[1]
    assert len(lived_in.stage.posts) == posts
    await lived_in.until(DISCUSS_1)
    assert len(lived_in.stage.posts) == posts + 1


async def test_a_vote_that_was_counted_in_front_of_all_is_not_counted_again(
    lived_in: Hall,
) -> None:
    await lived_in.until(DISCUSS_1)
    edits = len(lived_in.stage.edits)
    await delete(lived_in)
    await lived_in.until(DISCUSS_1.replace(minute=1))

    assert len(lived_in.stage.edits) == edits


async def test_who_had_all_deleted_can_begin_again_and_old_buttons_have_moved_on(
    lived_in: Hall,
) -> None:
    await lived_in.say(ADA, "/study challenge")
    old = lived_in.button(ADA, "Answer").id
    await delete(lived_in)

    assert says(await lived_in.act(ADA, Pressed(old)), "moved_on")
    await lived_in.say(ADA, "/study join")
    assert says(lived_in.seen[ADA], "joined")
    assert says(await lived_in.say(ADA, "/study progress"), "row_new")


async def test_deleting_twice_says_the_same_twice(lived_in: Hall) -> None:
    await delete(lived_in)

    assert says(await lived_in.want(ADA, actions.DeleteMine(sure=True)), "deleted")


async def test_what_is_being_made_for_somebody_is_dropped_if_they_have_all_deleted(
    lived_in: Hall,
) -> None:
    run = await lived_in.run()
    spec = lived_in.shelf["reading-maps"].chapters[0].challenges[1]
    piece = VariantPiece(Place(run.space, run.id, "left-out"), spec, ADA, 1, "en")
    await delete(lived_in)
    await lived_in.service.make_ahead(piece)

    assert await found_in(lived_in, ADA) == set()


async def test_in_one_space_nothing_of_another_is_shown_or_deleted(lived_in: Hall) -> None:
    other = lived_in.in_space(OTHER)
    before = await found_in(lived_in, ADA)
    await other.say(ADA, "/study privacy")
    assert says(await other.press(ADA, "Show what you keep"), "kept_nothing")
    await delete(other)

    assert await found_in(lived_in, ADA) == before
