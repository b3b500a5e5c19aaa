"""A week in a browser, as the storyboard tells it.

Invariant: only what a person can see and press is used.
"""

from __future__ import annotations

import math

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.rigs.browser import live, next_slot, press

GUESS = "It halves, or better"
RIGHT = "It falls, by less than half"


def loaded(page: Page) -> int:
    """How many pictures stand on the page; fails for one that is not really there."""
    images = page.locator("figure img")
    count = images.count()
    for number in range(count):
        image = images.nth(number)
        image.scroll_into_view_if_needed()
        page.wait_for_function(
            "(one) => one.complete && one.naturalWidth > 0", arg=image.element_handle()
        )
        assert len(image.get_attribute("alt") or "") > 20
    return count


def test_from_the_start_of_a_series_to_a_right_answer_and_the_progress(visit: Visit) -> None:
    mia, ada = visit("mia"), visit("ada")
    live(ada)
    expect(ada.locator("#empty")).to_be_visible()

    # The moderator sees the first dates before anything happens, and confirms.
    press(mia, "Show me the dates")
    proposal = mia.locator("#entries .entry").first
    expect(proposal).to_contain_text("An eye for deep learning")
    expect(proposal.locator("time")).to_have_count(3)
    expect(ada.locator("#feed .message")).to_have_count(0)
    press(mia, "Start", "#entries")
    expect(ada.locator("#feed .message")).to_contain_text(["An eye for deep learning"])
    press(ada, "Join", "#feed")
    expect(ada.locator("#entries .entry").first).to_contain_text("You're in")

    # The clock moves, the chapter is there for everybody, with its pictures.
    next_slot(mia, "Guess, look, be surprised")
    chapter = ada.locator("#feed .message", has_text="Before you read on")
    expect(chapter).to_be_visible()
    expect(mia.locator("#feed .message h3", has_text="Guess, look")).to_be_in_viewport()
    assert loaded(ada) >= 1

    # Read: the cards are private and turn in their place.
    press(ada, "Read the cards", "#feed")
    card = ada.locator("#entries .entry").first
    expect(card.get_by_role("button", name="Next")).to_be_visible()
    first = card.inner_text()
    press(ada, "Next", "#entries")
    expect(card).not_to_have_text(first)
    expect(ada.locator("#entries .entry", has_text="card")).to_have_count(1)

    # Vote, say how sure, see what happened.
    press(ada, GUESS, "#feed")
    expect(ada.locator("#entries .entry").first).to_contain_text("Locked in")
    press(ada, "Certain", "#entries")
    expect(chapter).to_contain_text("1 vote so far")
    press(ada, "Show me what happened", "#entries")
    reveal = ada.locator("#entries .entry").first
    expect(reveal).to_contain_text(f'What happened: "{RIGHT}"')
    expect(reveal).to_contain_text("In this run the loss started at")
    assert loaded(ada) >= 2

    # A challenge: malformed, wrong with its reason, a hint, right.
    press(ada, "My challenges", "#feed")
    challenge = ada.locator("#entries .entry").first
    expect(challenge).to_contain_text("Challenge 1 of 4")
    k = int(challenge.locator("p strong").first.inner_text())
    press(ada, "Answer", "#entries")
    answer(ada, "abc")
    expect(ada.locator("[aria-invalid=true]")).to_be_focused()
    expect(challenge).to_contain_text("did not count")
    answer(ada, f"{1 / k:.4f}")
    expect(challenge).to_contain_text("Not yet")
    expect(challenge).to_contain_text(f"1/{k}")
    press(ada, "Hint", "#entries", exact=False)
    expect(ada.locator("#entries")).to_contain_text("surprise")
    press(ada, "Try again", "#entries")
    answer(ada, f"{math.log(k):.3f}")
    expect(ada.locator("#entries .entry").first).to_contain_text("Yes")

    # Her progress, and nothing of it on anybody else's page.
    press(ada, "My progress")
    expect(ada.locator("#entries .entry").first).to_contain_text("1 of 4")
    expect(mia.locator("#entries")).not_to_contain_text("Locked in")


def answer(page: Page, text: str) -> None:
    field = page.locator("form.answer input[type=text]")
    field.fill(text)
    page.locator("form.answer button.primary").click()
