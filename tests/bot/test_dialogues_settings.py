"""What members say of how they want it: their time zone, reminders, or to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.port import Facts, TryLater
from lessons import actions
from lessons.document import Moment, Paragraph, walk
from lessons.posts import Reply
from tests.rigs.dialogue import CHAPTER_1, SPACE, Hall, labels, says, words

OTHER = "flaky:other"
COLUMNS = "zone, told, reminders, hour, alone"


@pytest.fixture
async def asked(running: Hall) -> Hall:
    """Ada takes part and looks at her settings."""
    await running.say("ada", "/study join")
    await running.say("ada", "/study settings")
    return running


async def kept(hall: Hall, who: str = "ada") -> list[tuple[object, ...]]:
    query = f"SELECT {COLUMNS} FROM settings WHERE space = :space AND member = :who"
    return [*await hall.rows(query, space=hall.space, who=who)]


def zones(reply: Reply) -> set[str]:
    """The zones in which a reply shows its moments."""
    assert reply.post is not None
    paragraphs = (b for b in walk(reply.post.document.blocks) if isinstance(b, Paragraph))
    return {one.zone for each in paragraphs for one in each.content if isinstance(one, Moment)}


async def test_who_never_said_anything_is_not_reminded_and_follows_the_series(asked: Hall) -> None:
    reply = asked.seen["ada"]

    assert says(reply, "settings_zone_series")
    assert "Europe/Berlin" in words(reply)
    assert says(reply, "settings_reminders_off")
    assert labels(reply) == ["Change", "Remind me", "Leave me alone", "Privacy"]
    assert await asked.count("settings") == 0


async def test_settings_can_be_had_before_anything_has_started(hall: Hall) -> None:
    assert says(await hall.say("ada", "/study settings"), "settings_zone_series")


async def test_the_form_opens_filled_in_as_it_is_now(asked: Hall) -> None:
    form = (await asked.press("ada", "Change")).form
    assert form is not None

    zone, reminders, hour = form.fields
    assert getattr(zone, "value", "") == "Europe/Berlin"
    assert getattr(reminders, "chosen", "") == "a"
    assert getattr(hour, "chosen", "") == "d"


async def test_what_stands_in_the_form_is_saved_and_shown(asked: Hall) -> None:
    await asked.press("ada", "Change")
    reply = await asked.submit("ada", "Asia/Tokyo", "b", "e")

    assert reply.edit
    assert says(reply, "settings_saved")
    assert says(reply, "settings_zone_own")
    assert "20:00" in words(reply)
    assert await kept(asked) == [("Asia/Tokyo", "", 1, 20, 0)]


async def test_answers_may_be_typed_in_words_and_what_is_left_empty_stays(asked: Hall) -> None:
    await asked.press("ada", "Change")
    await asked.submit("ada", " Asia/Tokyo ", "At most one a week", "8:00")
    await asked.press("ada", "Change")
    await asked.submit("ada", "", "", "")

    assert await kept(asked) == [("Asia/Tokyo", "", 1, 8, 0)]


async def test_a_zone_that_does_not_exist_is_met_with_the_nearest_and_changes_nothing(
    asked: Hall,
) -> None:
    await asked.press("ada", "Change")
    reply = await asked.submit("ada", "tokio", "b", "a")

    assert reply.form is not None
    assert reply.errors[0].field == "zone"
    assert "Asia/Tokyo" in words(reply)
    assert await kept(asked) == []
    await asked.submit("ada", "Asia/Tokyo", "b", "a")
    assert await kept(asked) == [("Asia/Tokyo", "", 1, 8, 0)]


@pytest.mark.parametrize("nonsense", ["x" * 5_000, "../../etc/passwd", "é\x00", "Europe/", "\n"])
async def test_nonsense_for_a_zone_is_not_repeated_at_length(asked: Hall, nonsense: str) -> None:
    await asked.press("ada", "Change")
    reply = await asked.submit("ada", nonsense, "z", "z")

    assert len(words(reply)) < 400
    assert await kept(asked) == []


async def test_an_option_that_there_is_not_is_named_and_changes_nothing(asked: Hall) -> None:
    await asked.press("ada", "Change")
    reply = await asked.submit("ada", "Asia/Tokyo", "b", "25:00")

    assert [error.field for error in reply.errors] == ["hour"]
    assert await kept(asked) == []


async def test_the_zone_that_stands_there_anyway_is_no_choice_of_one_s_own(asked: Hall) -> None:
    await asked.press("ada", "Change")
    assert says(await asked.submit("ada", "Europe/Berlin", "a", "d"), "settings_zone_series")

    assert await kept(asked) == [("", "", 0, 18, 0)]


# -- what the platform says -----------------------------------------------------------------------


async def test_the_platform_s_word_on_the_zone_is_taken(asked: Hall) -> None:
    asked.stage.people["ada"] = Facts(True, "Ada", zone="America/Lima")
    reply = await asked.say("ada", "/study settings")

    assert says(reply, "settings_zone_told")
    assert await kept(asked) == [("", "America/Lima", 0, 18, 0)]


@pytest.mark.parametrize("named", ["", "Nowhere/Land"])
async def test_a_zone_that_the_platform_does_not_know_or_nobody_else_does_is_not_kept(
    asked: Hall, named: str
) -> None:
    asked.stage.people["ada"] = Facts(True, "Ada", zone=named)
    assert says(await asked.say("ada", "/study settings"), "settings_zone_series")

    assert await kept(asked) == []


async def test_a_platform_that_does_not_answer_keeps_nobody_from_their_settings(
    asked: Hall,
) -> None:
    asked.stage.looks_in_vain = TryLater(5)

    assert says(await asked.say("ada", "/study settings"), "settings_zone_series")


async def test_moments_in_private_are_shown_in_the_member_s_zone(asked: Hall) -> None:
    assert zones(await asked.say("ada", "/study join")) == {"Europe/Berlin"}
    await asked.say("ada", "/study settings")
    await asked.press("ada", "Change")
    await asked.submit("ada", "Asia/Tokyo", "a", "d")

    assert zones(await asked.say("ada", "/study join")) == {"Asia/Tokyo"}
    assert zones(await asked.say("ben", "/study join")) == {"Europe/Berlin"}


# -- reminders, and quiet -------------------------------------------------------------------------


async def test_reminders_begin_and_end_with_a_press(asked: Hall) -> None:
    begun = await asked.press("ada", "Remind me")
    assert says(begun, "reminders_begin")
    assert labels(begun) == ["Change", "Stop reminders", "Leave me alone", "Privacy"]
    assert await asked.count("settings", "look_at_ms IS NOT NULL") == 1

    assert says(await asked.press("ada", "Stop reminders"), "reminders_end")
    assert await asked.count("settings", "look_at_ms IS NOT NULL") == 0


async def test_the_next_look_is_at_the_hour_of_the_member_s_clock(asked: Hall) -> None:
    await asked.press("ada", "Change")
    await asked.submit("ada", "Asia/Tokyo", "b", "e")

    (look,) = await asked.rows("SELECT look_at_ms FROM settings")
    # It is 16:10 on Monday in Tokyo, seven hours before Berlin's clock.
    evening = datetime(2026, 9, 28, 11, tzinfo=UTC)
    assert look == (round(evening.timestamp() * 1000),)


async def test_who_is_left_alone_takes_part_as_before(asked: Hall) -> None:
    await asked.press("ada", "Remind me")
    alone = await asked.press("ada", "Leave me alone")
    assert says(alone, "settings_alone")
    assert labels(alone) == ["Change", "Remind me", "You may write to me", "Privacy"]
    assert await kept(asked) == [("", "", 0, 18, 1)]

    await asked.until(CHAPTER_1)
    asked.seen.clear()
    assert says(await asked.press("ada", "Yes"), "vote_locked")
    await asked.say("ada", "/study settings")
    assert says(await asked.press("ada", "You may write to me"), "alone_end")
    assert await kept(asked) == [("", "", 0, 18, 0)]


async def test_who_is_left_alone_is_told_what_still_reaches_them(asked: Hall) -> None:
    alone = words(await asked.press("ada", "Leave me alone"))
    await asked.say("mia", "/series moderators ada")
    asked.shelf.clear()
    for seconds in range(3):  # the chapter's post can't be made
        await asked.until(CHAPTER_1 + timedelta(seconds=seconds))

    named, stuck = asked.stage.read(member="ada")
    assert says(named, "you_are_named")
    assert says(stuck, "stuck_gone")
    assert "a series that you started or moderate" in alone


async def test_settings_are_of_one_space_and_one_member(asked: Hall) -> None:
    await asked.press("ada", "Remind me")
    other = asked.in_space(OTHER)
    await other.start()

    assert says(await other.say("ada", "/study settings"), "settings_reminders_off")
    assert says(await asked.say("ben", "/study settings"), "settings_reminders_off")
    for want in (actions.Remind(on=False), actions.ChangeSettings()):
        await other.shown(want)
        await other.want("ada", want)
    assert await kept(asked) == [("", "", 1, 18, 0)]
    assert await asked.count("settings", f"space <> '{SPACE}'") == 1
