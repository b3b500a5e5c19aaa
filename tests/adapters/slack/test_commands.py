"""What is typed, and the same without typing: the menu, the shortcut and the forms for commands."""

from __future__ import annotations

import pytest

from adapters.slack import commands
from adapters.slack.words import word
from lessons.commands import COMMANDS
from tests.rigs.loopback_slack_faults import Fault
from tests.rigs.loopback_slack_things import View
from tests.rigs.slack_hall import Town
from tests.rigs.slack_people import fields_of, options_of, read


async def goes(town: Town, who: str, path: str) -> None:
    """A command of the menu, by its button."""
    group, name = path.removeprefix("/").split()
    await town.presses(who, f"s:m:{group}:{name}", town.window(who))


def field(view: View, label: str) -> str:
    """The field with this in its label."""
    return next(str(f["block_id"]) for f in fields_of(view) if label in f["label"]["text"])


async def test_a_misspelt_command_is_answered_with_the_nearest(town: Town) -> None:
    await town.says("ada", "/study chalenge")
    assert "Did you mean /study challenge?" in town.read("ada")
    await town.says("ada", "/series strat")
    assert "Did you mean /series start?" in town.read("ada")
    await town.says("ada", "/study progress for all")
    assert "It is typed like this: /study progress" in town.read("ada")
    assert not town.has_window("ada")


async def test_without_words_and_by_the_shortcut_everything_is_offered(town: Town) -> None:
    await town.says("ada", "/study")
    assert "/study challenge" in town.read("ada")
    assert "Your challenges, with your own numbers" in town.read("ada")
    members = town.read("ada")
    await town.presses("ada", "For moderators")
    assert "/series move" in town.read("ada")
    await town.presses("ada", "For you")
    assert town.read("ada") == members
    await town.closes("ada")

    await town.picks_the_shortcut("ada")
    assert town.read("ada") == members
    await town.says("mia", "/series")
    assert "/series move" in town.read("mia")


async def test_every_command_can_be_gone_to_from_the_menu(town: Town) -> None:
    await town.starts()
    for command in COMMANDS:
        await town.says("mia", f"/{command.group}")
        menu = town.read("mia")
        await goes(town, "mia", command.path)
        assert town.read("mia") != menu, command.path
        assert word("went_wrong") not in town.read("mia"), command.path
        asked = commands.asks(command)
        assert not asked or len(fields_of(town.window("mia"))) == len(asked), command.path
        await town.closes("mia")
        assert town.window("mia").labels[-1] in ("For you", "For moderators"), "closing leads back"
        await town.closes("mia")


@pytest.mark.parametrize("moderators", [False, True])
def test_no_word_of_the_menu_is_cut(moderators: bool) -> None:
    for block in commands.menu(moderators=moderators):
        if block["type"] == "section":
            described, path = block["text"]["text"].split("\n")
            assert block["accessory"]["accessibility_label"] == described
            assert path.strip("`") in {command.path for command in COMMANDS}


async def test_a_series_is_started_by_a_form(town: Town) -> None:
    town.slack.users[town.people["mia"]].tz = "Asia/Tokyo"
    await town.says("mia", "/series")
    await goes(town, "mia", "/series start")
    form = town.window("mia")
    zone = next(f for f in fields_of(form) if "time zone" in f["label"]["text"])
    assert zone["element"]["initial_value"] == "Asia/Tokyo"
    assert all(one["optional"] for one in fields_of(form))

    sent = await town.submits(
        "mia",
        by_label={
            field(form, "series"): "an-eye-for-deep-learning",
            field(form, "day"): "thursday",
            field(form, "time of day"): "18:35",
            field(form, "channel"): town.library,
        },
    )
    assert sent.action == "update"
    assert f"posts in #{town.library} · Asia/Tokyo" in town.read("mia")
    assert "Thursday, Oct 1, 09:35: chapter 1" in town.read("mia")

    await town.presses("mia", "Preview chapter 1")
    assert "A preview, only for you" in town.read("mia")
    await town.closes("mia")
    await town.presses("mia", "Start", form)
    await town.tick()
    assert "starts Thursday" in town.channel_words(town.library)[0]
    assert town.posted() == []


async def test_a_zone_that_can_not_be_asked_for_keeps_no_form_from_opening(town: Town) -> None:
    await town.says("mia", "/series")
    town.slack.plan.faults.append(Fault("503", r"users\.info", times=9))
    await goes(town, "mia", "/series start")

    assert town.slack.calls("users.info")[-1].status == 503
    zone = next(f for f in fields_of(town.window("mia")) if "time zone" in f["label"]["text"])
    assert "initial_value" not in zone["element"]


async def test_what_a_form_was_sent_with_and_is_wrong_is_explained(town: Town) -> None:
    await town.says("mia", "/series")
    await goes(town, "mia", "/series start")
    form = town.window("mia")
    await town.submits("mia", by_label={field(form, "time zone"): "Europe/Berlln"})

    assert "Europe/Berlin" in town.read("mia")


async def test_a_form_that_was_opened_in_no_channel_asks_for_one(town: Town) -> None:
    await town.picks_the_shortcut("mia")
    await town.presses("mia", "For moderators")
    await goes(town, "mia", "/series start")
    form = town.window("mia")
    held = await town.submits("mia", by_label={})
    assert not held.sent
    assert list(held.errors) == [field(form, "channel")]

    await town.submits("mia", by_label={field(form, "channel"): town.study})
    await town.presses("mia", "Start")
    await town.tick()
    assert len(town.posted()) == 1


async def test_options_are_typed_in_order_and_wrong_ones_are_explained(town: Town) -> None:
    await town.says("mia", "/series start an-eye-for-deep-learning thursday 18:30 Asia/Tokyo")
    assert "Thursday, Oct 1, 09:30: chapter 1" in town.read("mia")
    await town.says("mia", "/series start an-eye-for-deep-learning thursday half")
    assert "half" in town.read("mia")
    await town.says("mia", "/series start the-eye-of-deep-learning")
    assert "an-eye-for-deep-learning" in town.read("mia")


async def test_a_channel_is_named_as_people_name_it(town: Town) -> None:
    await town.starts()
    await town.says("mia", "/series move #nowhere")
    assert "I know no channel #nowhere" in town.read("mia")
    await town.says("mia", "/series move #library")
    typed = town.slack.line.acks[-1].sent["text"]
    assert typed == f"move <#{town.library}|library>"
    assert f"is in #{town.library}" in town.read("mia")


async def test_what_a_command_needs_may_be_given_by_name(town: Town) -> None:
    await town.starts()
    town.slack.people.escapes = False  # this is what Slack makes of it
    await town.says("mia", f"/series move channel:<#{town.library}|library>")
    assert f"is in #{town.library}" in town.read("mia")


async def test_capitals_change_nothing(town: Town) -> None:
    await town.says("mia", "/series Start role:@nobodies")
    assert town.read("mia") == word("no_group")


async def test_what_is_answered_in_a_word_or_two_needs_no_window(town: Town) -> None:
    await town.starts()
    await town.says("mia", "/series pause")

    assert "is paused" in town.read("mia")
    assert not town.has_window("mia")


async def test_what_a_command_needs_and_was_not_typed_is_asked_for(town: Town) -> None:
    await town.starts()
    await town.says("mia", "/series move")
    (asked,) = fields_of(town.window("mia"))
    assert asked["element"]["type"] == "conversations_select"
    assert not asked["optional"]
    await town.submits("mia", town.library)

    assert f"is in #{town.library}" in town.read("mia")


async def test_a_chapter_is_chosen_from_what_there_is(town: Town) -> None:
    await town.says("mia", "/series start an-eye-for-deep-learning")
    await town.presses("mia", "Start")
    await town.says("mia", "/series")
    await goes(town, "mia", "/series preview")

    assert list(options_of(town.window("mia"))) == ["1 · Guess, look, be surprised"]
    await town.submits("mia", "1")
    assert "A preview, only for you" in town.read("mia")


async def test_nothing_can_be_started_in_a_private_conversation(town: Town) -> None:
    await town.says("mia", "/series start", town.slack.dm(town.people["mia"]))

    assert "I can't start in these private messages" in town.read("mia")


# -- who may --------------------------------------------------------------------------------------


async def test_members_moderate_what_they_started_and_guests_start_nothing(town: Town) -> None:
    await town.says("guest", "/series start")
    assert "for moderators" in town.read("guest")
    await town.says("ada", "/series start an-eye-for-deep-learning")
    await town.presses("ada", "Start")
    await town.tick()
    assert len(town.posted()) == 1

    await town.says("ben", "/series pause")
    assert "for moderators" in town.read("ben")
    await town.says("ada", "/series pause")
    assert "is paused" in town.read("ada")
    await town.says("mia", "/series resume")
    assert "goes on" in town.read("mia"), "an admin moderates everything"


async def test_who_is_named_moderates_until_they_are_removed(town: Town) -> None:
    await town.starts()
    await town.says("mia", "/series moderators @ada")
    assert town.slack.line.acks[-1].sent["text"] == f"moderators <@{town.people['ada']}|ada>"
    assert f"@{town.people['ada']} moderates" in town.read("mia")
    await town.tick()
    assert town.letters("ada")

    await town.says("ada", "/series status")
    assert "is running in" in town.read("ada")
    await town.presses("mia", "Remove number 2")
    assert f"2. @{town.people['ada']}" not in read(town.window("mia"))
    await town.says("ada", "/series status")
    assert "for moderators" in town.read("ada")


async def test_a_bot_is_not_named(town: Town) -> None:
    await town.starts()
    (team,) = town.slack.teams.values()
    await town.says("mia", "/series moderators @studyhall")
    assert town.slack.line.acks[-1].sent["text"] == f"moderators <@{team.bot_user}|studyhall>"
    assert "moderates" not in town.read("mia")
    await town.says("mia", "/series moderators")
    assert team.bot_user not in read(town.window("mia"))


async def test_a_moderator_is_chosen_in_a_form(town: Town) -> None:
    await town.starts()
    await town.says("mia", "/series")
    await goes(town, "mia", "/series moderators")
    (asked,) = fields_of(town.window("mia"))
    assert asked["element"]["type"] == "users_select"
    await town.submits("mia", town.people["ben"])

    assert f"@{town.people['ben']} moderates" in town.read("mia")


async def test_a_group_that_slack_does_not_know_is_refused_before_anything_is_promised(
    town: Town,
) -> None:
    await town.says("mia", "/series start role:@readers day:friday")
    assert town.read("mia") == word("no_group")


def test_an_option_may_be_named_and_a_group_is_known_by_its_id() -> None:
    line = commands.of_line("/series", "start role:<!subteam^S0123ABC|@readers> eye day:friday")
    assert line is not None
    assert (line.words, line.options) == (("eye",), {"role": "S0123ABC", "day": "friday"})
    assert not commands.refused_group(line)
    other = commands.of_line("/study", "lesson a:b")
    assert other is not None
    assert (other.words, other.options) == (("a:b",), {})
