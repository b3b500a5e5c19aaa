"""Every kind of challenge, answered in Slack's windows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from math import log

import pytest
import pytest_asyncio

from adapters.slack import responder
from tests.rigs import every_kind
from tests.rigs.loopback_slack_things import View
from tests.rigs.slack_hall import CHAPTER, Town, open_town
from tests.rigs.slack_people import fields_of, options_of, read

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def with_the_first_chapter_out(town: Town, series: str) -> Town:
    await town.starts(series)
    await town.until(CHAPTER)
    return town


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shipped(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """The shipped series; each test is somebody else there."""
    async with open_town(tmp_path_factory.mktemp("home")) as town:
        yield await with_the_first_chapter_out(town, "an-eye-for-deep-learning")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kinds(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A series with one of every kind; each test is somebody else there."""
    folder = tmp_path_factory.mktemp("kinds")
    async with open_town(folder / "home", (str(every_kind.write(folder)),)) as town:
        yield await with_the_first_chapter_out(town, "every-kind")


async def begin(town: Town, who: str, wanted: str = "") -> View:
    """Somebody new looks at their first challenge, and skips to the one that says this."""
    town.arrives(who)
    await town.presses(who, "My challenges", town.post_with("Week 1 ·"))
    for _ in range(8):
        if wanted in town.read(who):
            return town.window(who)
        await town.presses(who, "Skip")
    raise AssertionError(town.read(who))


def chosen(view: View, *texts: str) -> list[str]:
    """The values of these options of the first field, whatever their letters."""
    options = options_of(view)
    return [next(v for text, v in options.items() if text.endswith(end)) for end in texts]


async def test_a_number_its_mistakes_hints_the_right_one_and_another_one(shipped: Town) -> None:
    view = await begin(shipped, "ina")
    assert view.body["title"]["text"] == "Challenge 1 of 4"
    assert "What loss does it show" in shipped.read("ina")
    assert view.labels == ["Your number", "Hint (1 of 3)", "Skip"]

    sent = await shipped.submits("ina", "abc")
    (said,) = sent.errors.values()
    assert "I need a number, like 1.95" in said
    assert "That did not count as a try" in said

    await shipped.presses("ina", "Hint (1 of 3)")
    assert "Hint 1." in shipped.read("ina")
    assert shipped.window("ina") is view
    (kept,) = filter(None, view.state.values())
    assert kept["s:i"]["value"] == "abc", "a hint takes nothing away that was typed"

    await shipped.submits("ina", "1000")
    assert "Not yet" in shipped.read("ina")
    assert "Hint (2 of 3)" in shipped.labels("ina")
    assert shipped.window("ina").state.get(fields_of(view)[0]["block_id"]) is None, (
        "another try begins with an empty field"
    )

    found = re.search(r"among (\d+)|tell (\d+)|of (\d+) kinds", shipped.read("ina"))
    assert found is not None
    classes = int(next(filter(None, found.groups())))
    await shipped.submits("ina", f"{log(classes):.2f}".replace(".", ","))
    assert "Yes" in shipped.read("ina")
    assert {"Next challenge", "Another one, new numbers"} <= set(shipped.labels("ina"))
    assert shipped.window("ina") is view

    await shipped.presses("ina", "Another one, new numbers")
    assert "Challenge 1 of 4" in shipped.read("ina")
    assert "Your number" in shipped.labels("ina")
    await shipped.presses("ina", "Skip")
    assert "Challenge 2 of 4" in shipped.read("ina")
    await shipped.says("ina", "/study progress")
    assert "2 tries, 1 hint" in shipped.read("ina")


async def test_three_numbers_with_a_picture_and_the_real_curve_over_the_guess(
    shipped: Town,
) -> None:
    view = await begin(shipped, "jan", "Guess its loss")
    picture = next(block for block in view.blocks if block["type"] == "image")
    assert picture["alt_text"].startswith("Your dots: ")
    assert len(fields_of(view)) == 3

    await shipped.submits("jan", "0.69", "0.3", "0.1")
    drawn = [block for block in shipped.window("jan").blocks if block["type"] == "image"]
    assert drawn
    assert drawn[0]["slack_file"] != picture["slack_file"]


async def test_a_choice_of_pictures_is_made_by_letter(shipped: Town) -> None:
    view = await begin(shipped, "kim", "Four maps of what it believes")
    (field,) = fields_of(view)
    assert field["element"]["type"] == "radio_buttons"
    assert len(field["element"]["options"]) == 4

    await shipped.submits("kim", field["element"]["options"][0]["value"])

    said = shipped.read("kim")
    assert ("Yes" in said) != ("Not yet" in said)


async def test_several_are_ticked(kinds: Town) -> None:
    view = await begin(kinds, "lea", "Which of these are numbers?")
    (field,) = fields_of(view)
    assert field["element"]["type"] == "checkboxes"

    await kinds.submits("lea", chosen(view, "Two", "Birch"))
    assert "A birch is a tree" in kinds.read("lea")
    await kinds.submits("lea", chosen(kinds.window("lea"), "Two", "Seven"))
    assert "The others are trees" in kinds.read("lea")


async def test_an_order_is_chosen_place_by_place_and_survives_a_restart(kinds: Town) -> None:
    view = await begin(kinds, "max", "From the smallest to the largest")
    assert [field["label"]["text"] for field in fields_of(view)] == ["First", "Place 2", "Last"]
    assert {field["element"]["type"] for field in fields_of(view)} == {"static_select"}

    twice = chosen(view, "Pea", "Pea", "Plum")
    sent = await kinds.submits("max", *twice)
    assert list(sent.errors) == [fields_of(view)[0]["block_id"]]
    assert "Name each letter once" in next(iter(sent.errors.values()))

    await kinds.restart()
    await kinds.submits("max", *chosen(view, "Pea", "Plum", "Pumpkin"))
    assert "A pumpkin is large" in kinds.read("max")


async def test_pairs_are_matched_with_a_select_for_each(kinds: Town) -> None:
    view = await begin(kinds, "nia", "What goes with what?")
    fitting = {"Day": "Light", "Night": "Dark"}
    items = [fitting[field["label"]["text"]] for field in fields_of(view)]

    await kinds.submits("nia", *chosen(view, *items))
    assert "A day is light" in kinds.read("nia")


async def test_linked_steps_come_one_by_one_and_what_is_locked_in_stays(kinds: Town) -> None:
    view = await begin(kinds, "ole", "A net does not learn")
    assert "[Lock in]" in kinds.read("ole")
    held = await kinds.submits("ole", by_label={})
    assert not held.sent, "Slack itself asks for what is not chosen"

    await kinds.submits("ole", *chosen(view, "Overfit one batch"))
    assert "Which test tells the most, for the least time? Overfit one batch" in kinds.read("ole")
    assert len(fields_of(kinds.window("ole"))) == 1
    assert "[Send]" in kinds.read("ole")

    await kinds.restart()
    await kinds.submits("ole", *chosen(kinds.window("ole"), "Too little data"))
    assert "One batch is little on purpose" in kinds.read("ole")


async def test_settings_are_really_trained_while_the_window_says_that_it_takes_a_moment(
    kinds: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await begin(kinds, "pia", "Find settings")
    monkeypatch.setattr(responder, "SOON_S", 0.0)
    (adam,) = chosen(view, "adam")
    people = kinds.slack.people
    sent = await people.submit(kinds.people["pia"], view, {fields_of(view)[0]["block_id"]: adam})
    assert sent.action == "update"
    assert "One moment" in read(view)
    await kinds.settled()

    assert "Trained: it reached" in read(kinds.window("pia"))


async def test_two_answers_to_one_try_count_once(shipped: Town) -> None:
    await begin(shipped, "rob")
    (field,) = fields_of(shipped.window("rob"))
    old = dict(shipped.window("rob").body)
    await shipped.submits("rob", "1000")
    once = shipped.read("rob")
    shipped.window("rob").body = old  # as another device still shows it
    await shipped.submits("rob", by_label={field["block_id"]: "2000"})

    assert shipped.read("rob") == once
    await shipped.says("rob", "/study progress")
    assert "1 try" in shipped.read("rob")


async def test_a_button_of_long_ago_leads_to_where_one_is_now(shipped: Town) -> None:
    await begin(shipped, "sue")
    old = dict(shipped.window("sue").body)
    await shipped.presses("sue", "Skip")
    assert "Challenge 2 of 4" in shipped.read("sue")
    shipped.window("sue").body = old
    await shipped.presses("sue", "Skip")
    assert "Challenge 2 of 4" in shipped.read("sue")
    shipped.window("sue").body = old
    shipped.window("sue").body["blocks"][-1]["elements"][-1]["action_id"] = "s:p:eh:" + "0" * 24
    await shipped.presses("sue", "Skip")

    assert "moved on" in shipped.read("sue")
    assert "My challenges" in shipped.labels("sue")
