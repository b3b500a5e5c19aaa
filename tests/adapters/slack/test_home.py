"""The app's own page, and what is a member's own: settings, reminders, privacy."""

from __future__ import annotations

from tests.rigs.slack_hall import CHAPTER, Town
from tests.rigs.slack_people import fields_of, read


async def test_the_home_says_what_there_is_and_one_can_join_there(town: Town) -> None:
    assert "No series is running here yet" in await town.opens_home("ada")
    await town.starts()
    assert "An eye for deep learning" in await town.opens_home("ada")
    home = town.slack.home(town.people["ada"])
    assert home is not None
    await town.presses("ada", "1 · Join: An eye for deep learning", home)

    assert "You're in" in town.read("ada")
    assert "Your series here" in town.home("ada"), "it shows at once what has become of it"


async def test_everything_of_the_home_is_shown_in_a_window(town: Town) -> None:
    await town.starts()
    await town.presses("ada", "Join")
    await town.until(CHAPTER)
    await town.opens_home("ada")
    shown = {
        "What is due": "First a guess",
        "Read": "Card 1 of 5",
        "My challenges": "Challenge 1 of 4",
        "Settings": "Time zone: Europe/Berlin, as your profile says",
        "Privacy": "What I keep of you here",
    }
    home = town.slack.home(town.people["ada"])
    assert home is not None
    assert home.labels == list(shown)
    for label, words in shown.items():
        await town.presses("ada", label, home)
        assert words in read(town.window("ada")), label
        await town.closes("ada")


async def test_the_home_is_there_in_words_before_its_picture_is_drawn(town: Town) -> None:
    await town.starts()
    await town.presses("ada", "Join")
    await town.until(CHAPTER)
    await town.opens_home("ada")
    await town.opens_home("ada")

    shown = [one.body["view"] for one in town.slack.log if one.method == "views.publish"]
    pictures = [[b for b in view["blocks"] if b["type"] == "image"] for view in shown]
    assert list(map(len, pictures)) == [0, 1, 1]
    assert "week 1: 0 of 4 challenges passed" in str(shown[0]["blocks"])


async def test_settings_are_kept_and_what_is_left_as_it_is_stays(town: Town) -> None:
    await town.says("ada", "/study settings")
    form = town.window("ada")
    assert len(fields_of(form)) == 3
    sent = await town.submits("ada", by_label={})
    assert sent.sent, "nothing has to be filled in"
    assert "Time zone: Europe/Berlin" in town.read("ada")

    await town.says("ada", "/study settings")
    await town.submits(
        "ada", by_label={"Time zone": "Asia/Tokyo", "Reminders": "At most one a week"}
    )
    assert "Asia/Tokyo" in town.read("ada")
    await town.says("ada", "/study settings")
    assert "Reminders: " in town.read("ada")
    assert "Reminders: off" not in town.read("ada")
    assert "Time zone: Asia/Tokyo" in town.read("ada")

    wrong = await town.submits("ada", by_label={"Time zone": "Asia/Tokio"})
    assert "Asia/Tokyo" in " ".join(wrong.errors.values())


async def test_what_is_kept_can_be_seen_taken_along_and_deleted(town: Town) -> None:
    await town.starts()
    await town.presses("ada", "Join")
    await town.says("ada", "/study privacy")
    await town.presses("ada", "Show what you keep")
    assert "An eye for deep learning in" in town.read("ada")
    await town.presses("ada", "Export")
    assert '"series"' in town.read("ada")

    await town.says("ada", "/study privacy")
    await town.presses("ada", "Delete everything about me")
    assert "Start" not in town.labels("ada")
    sure = next(label for label in town.labels("ada") if "elete" in label)
    await town.presses("ada", sure)
    await town.says("ada", "/study home")
    assert "Your series here" not in town.read("ada")


async def test_the_home_behind_a_window_shows_what_was_done_in_it(town: Town) -> None:
    await town.starts()
    await town.presses("ada", "Join")
    assert "Your series here" in await town.opens_home("ada")
    home = town.slack.home(town.people["ada"])
    assert home is not None

    await town.presses("ada", "Privacy", home)
    await town.presses("ada", "Delete everything about me")
    await town.presses("ada", "Delete it all")

    assert "Everything that I kept of you here is deleted" in town.read("ada")
    assert "Your series here" not in town.home("ada")


async def test_the_home_behind_a_form_is_made_anew_when_the_form_was_sent(town: Town) -> None:
    await town.starts()
    await town.presses("ada", "Join")
    await town.opens_home("ada")
    home = town.slack.home(town.people["ada"])
    assert home is not None
    await town.presses("ada", "Settings", home)
    before = len(town.slack.calls("views.publish"))
    sent = await town.submits("ada", by_label={"Time zone": "Asia/Tokyo"})

    assert sent.sent
    assert "Asia/Tokyo" in town.read("ada")
    assert len(town.slack.calls("views.publish")) > before
