"""Every kind of challenge, answered with Discord's own inputs."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

from tests.rigs import every_kind
from tests.rigs.simcord_hall import (
    Town,
    components_of,
    fields_of,
    labels,
    open_town,
    selects,
    words,
)

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)


async def begin(town: Town, series: str, who: str = "ada") -> None:
    """The first chapter is out, and somebody looks at its first challenge."""
    await town.says("mia", "series start", series=series)
    await town.presses("mia", "Start")
    await town.until(CHAPTER)
    await town.says(who, "study challenge")


async def go_to(town: Town, who: str, wanted: str) -> None:
    """Skip on to the challenge that says this."""
    for _ in range(8):
        if wanted in town.read(who):
            return
        await town.presses(who, "Skip")
    raise AssertionError(town.read(who))


def picks(town: Town, who: str) -> list[Any]:
    return selects(components_of(town.messages[who]))


def letter_of(select: Any, text: str) -> str:
    return next(str(o["value"]) for o in select["options"] if str(o["label"]).endswith(text))


async def test_a_number_in_a_form_its_mistakes_hints_and_another_one(town: Town) -> None:
    await begin(town, "an-eye-for-deep-learning")
    card = town.messages["ada"].id
    opened = await town.presses("ada", "Answer")
    assert opened.modal["title"] == "Challenge 1"
    assert "What loss does it show" in opened.modal["components"][0]["content"]

    await town.fills_in("ada", "abc")
    assert "I need a number" in town.read("ada")
    assert "That did not count as a try" in town.read("ada")
    assert town.messages["ada"].id == card

    await town.presses("ada", "Hint (1 of 3)")
    assert "Hint 1." in town.read("ada")
    assert town.messages["ada"].id == card
    await town.presses("ada", "Answer")
    await town.fills_in("ada", "1000")
    assert "Not yet" in town.read("ada")
    assert "Try again" in labels(components_of(town.messages["ada"]))

    classes = int(town.read("ada").split("**")[3])
    await town.presses("ada", "Try again")
    await town.fills_in("ada", f"{log(classes):.2f}".replace(".", ","))
    assert "Yes" in town.read("ada")
    assert "Another one, new numbers" in labels(components_of(town.messages["ada"]))
    assert town.messages["ada"].id == card
    await town.presses("ada", "Another one, new numbers")
    assert "Challenge 1 of 4" in town.read("ada")
    assert "Answer" in labels(components_of(town.messages["ada"]))


async def test_three_numbers_with_a_picture_and_the_real_curve_over_the_guess(town: Town) -> None:
    await begin(town, "an-eye-for-deep-learning")
    await go_to(town, "ada", "Guess its loss")
    assert town.messages["ada"].attachments
    opened = await town.presses("ada", "Answer")
    assert len(list(fields_of(opened.modal))) == 3
    await town.fills_in("ada", "0.69", "0.3", "0.1")
    assert "Not" in town.read("ada") or "Yes" in town.read("ada") or "of it" in town.read("ada")


async def test_several_choices_are_ticked_in_a_form(every_kind_town: Town) -> None:
    town = every_kind_town
    await begin(town, "every-kind")
    await go_to(town, "ada", "Which of these are numbers?")
    opened = await town.presses("ada", "Answer")
    (field,) = fields_of(opened.modal)
    assert field["type"] == 22
    right = [o["value"] for o in field["options"] if o["label"] in ("Two", "Seven")]
    await town.fills_in("ada", right)
    assert "The others are trees" in town.read("ada")


async def test_an_order_is_chosen_place_by_place_and_survives_a_restart(
    every_kind_town: Town,
) -> None:
    town = every_kind_town
    await begin(town, "every-kind")
    await go_to(town, "ada", "From the smallest to the largest")
    await town.presses("ada", "Answer")
    places = picks(town, "ada")
    assert [one["placeholder"] for one in places] == ["First", "Place 2", "Last"]

    await town.chooses("ada", places[0]["custom_id"], letter_of(places[0], "Pea"))
    send = labels(components_of(town.messages["ada"]))[-1]
    await town.presses("ada", send)
    assert "Name every letter once" in town.read("ada")
    places = picks(town, "ada")
    chosen = [o["label"] for o in places[0]["options"] if o.get("default")]
    assert [one.endswith("Pea") for one in chosen] == [True]

    await town.restart()
    for place, item in zip(places[1:], ("Plum", "Pumpkin"), strict=True):
        await town.chooses("ada", place["custom_id"], letter_of(place, item))
    await town.presses("ada", send)
    assert "A pumpkin is large" in town.read("ada")
    assert selects(components_of(town.messages["ada"])) == []
    assert await town.adapter.shelf.all("draft:") == {}


async def test_pairs_are_matched_with_a_select_for_each(every_kind_town: Town) -> None:
    town = every_kind_town
    await begin(town, "every-kind")
    await go_to(town, "ada", "What goes with what?")
    await town.presses("ada", "Answer")
    places = picks(town, "ada")
    said = town.read("ada")
    for place, item in zip(places, sorted(("Day", "Night"), key=said.index), strict=True):
        fitting = {"Day": "Light", "Night": "Dark"}[item]
        await town.chooses("ada", place["custom_id"], letter_of(place, fitting))
    await town.presses("ada", labels(components_of(town.messages["ada"]))[-1])
    assert "A day is light" in town.read("ada")


async def test_linked_steps_come_one_by_one_and_what_is_locked_in_stays(
    every_kind_town: Town,
) -> None:
    town = every_kind_town
    await begin(town, "every-kind")
    await go_to(town, "ada", "A net does not learn")
    await town.presses("ada", "Answer")
    await town.presses("ada", "Lock in")
    assert "Nothing is chosen yet" in town.read("ada")
    (first,) = picks(town, "ada")
    await town.chooses("ada", first["custom_id"], letter_of(first, "Overfit one batch"))
    await town.presses("ada", "Lock in")
    assert "Which test tells the most, for the least time? **Overfit one batch**" in (
        town.read("ada").replace("\\", "")
    )
    (second,) = picks(town, "ada")
    assert second["custom_id"] != first["custom_id"]

    await town.chooses("ada", second["custom_id"], letter_of(second, "Too little data"))
    await town.presses("ada", labels(components_of(town.messages["ada"]))[-1])

    assert "One batch is little on purpose" in town.read("ada")
    assert await town.adapter.shelf.all("draft:") == {}


async def test_steps_too_long_for_one_message_stand_by_themselves_below_their_prompt(
    tmp_path: Path,
) -> None:
    place = every_kind.write(tmp_path)
    chapter = place / "01-all-of-it.md"
    text = chapter.read_text("utf-8")
    for end in ("What now?", "for the least time?", "So it is ..."):
        text = text.replace(end, "|" * 800)
    chapter.write_text(text, "utf-8")
    async with open_town(tmp_path / "home", (str(place),)) as town:
        await begin(town, "every-kind")
        await go_to(town, "ada", "A net does not learn")
        card = town.messages["ada"].id
        await town.presses("ada", "Answer")
        form = town.messages["ada"].id
        assert form != card
        for text in ("Overfit one batch", "Too little data"):
            (pick,) = picks(town, "ada")
            await town.chooses("ada", pick["custom_id"], letter_of(pick, text))
            await town.presses("ada", labels(components_of(town.messages["ada"]))[-1])
            assert town.messages["ada"].id == form
        assert "One batch is little on purpose" in town.read("ada")


async def test_settings_are_chosen_in_a_form_and_really_trained(every_kind_town: Town) -> None:
    town = every_kind_town
    await begin(town, "every-kind")
    await go_to(town, "ada", "Find settings")
    opened = await town.presses("ada", "Answer")
    (field,) = fields_of(opened.modal)
    assert field["type"] == 21
    await town.fills_in("ada", next(o["value"] for o in field["options"] if o["label"] == "adam"))
    await town.env.settle()
    assert "Trained:" in town.read("ada")


async def test_a_choice_of_pictures_is_a_form_with_its_letters(town: Town) -> None:
    await begin(town, "an-eye-for-deep-learning")
    await go_to(town, "ada", "Four maps of what it believes")
    assert len(town.messages["ada"].attachments) == 1
    opened = await town.presses("ada", "Answer")
    (field,) = fields_of(opened.modal)
    assert field["type"] == 21
    assert len(field["options"]) == 4

    await town.fills_in("ada", field["options"][0]["value"])

    said = town.read("ada")
    assert ("Yes" in said) != ("Not yet" in said)


async def test_two_answers_to_one_try_count_once(town: Town) -> None:
    await begin(town, "an-eye-for-deep-learning")
    challenge = town.messages["ada"]
    first = await town.presses("ada", "Answer", challenge)
    second = await town.presses("ada", "Answer", challenge)
    town.seen["ada"] = first
    await town.fills_in("ada", "1000")
    once = town.read("ada")
    town.seen["ada"] = second
    await town.fills_in("ada", "2000")
    assert town.read("ada") == once
    await town.says("ada", "study progress")
    assert "1 try" in town.read("ada")


async def test_a_vote_its_confidence_and_what_happened(town: Town) -> None:
    await begin(town, "an-eye-for-deep-learning")
    post = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
    await town.presses("ada", "It goes up", post)
    await town.presses("ada", "Just a hunch")
    assert "hunch" in town.read("ada")
    await town.presses("ada", labels(components_of(town.messages["ada"]))[0])
    assert town.messages["ada"].attachments
