"""The whole of a week with the keyboard alone, and where the focus stands after each press."""

from __future__ import annotations

import math

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.rigs.browser import live, next_slot, press, start_series

MOST_TABS = 120


def to(page: Page, target: Locator) -> None:
    """Press Tab until the target is focused. Fails when it can't be reached, or not seen there."""
    # Of several windows only the one in front has the keyboard.
    page.bring_to_front()
    for _ in range(MOST_TABS):
        if target.count() and target.first.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target.first).to_be_focused()
    style = target.first.evaluate("(one) => getComputedStyle(one).outlineStyle")
    assert style != "none", "one cannot see where the focus is"


def enter(page: Page, label: str, within: str = "body") -> None:
    to(page, page.locator(within).get_by_role("button", name=label, exact=True))
    page.keyboard.press("Enter")


def test_the_skip_links_lead_past_the_top(visit: Visit) -> None:
    mia = visit("mia")
    start_series(mia)
    next_slot(mia, "Before you read on")
    ada = visit("ada")
    live(ada)
    ada.bring_to_front()
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("link", name="To the newest post")).to_be_focused()
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("link", name="To what only you see")).to_be_focused()
    ada.keyboard.press("Enter")
    ada.keyboard.press("Tab")
    expect(ada.get_by_role("button", name="What's next?")).to_be_focused()
    # One more back, and the newest post is not far: its thread is the last thing before.
    ada.keyboard.press("Shift+Tab")
    assert ada.evaluate("document.querySelector('#feed').contains(document.activeElement)")


def test_a_week_without_a_mouse(visit: Visit) -> None:
    mia, ada = visit("mia"), visit("ada")
    live(ada)
    enter(mia, "Show me the dates")
    expect(mia.locator("#entries .entry").first).to_be_focused()
    enter(mia, "Start", "#entries")
    expect(ada.locator("#feed .message").first).to_be_visible()
    to(mia, mia.locator("#clock button.primary"))
    mia.keyboard.press("Enter")
    expect(ada.locator("#feed")).to_contain_text("Before you read on")

    # Each press leads to its answer; Tab goes on from there.
    enter(ada, "It halves, or better", "#feed")
    expect(ada.locator("#entries .entry").first).to_be_focused()
    enter(ada, "Certain", "#entries")
    enter(ada, "Show me what happened", "#entries")
    expect(ada.locator("#entries")).to_contain_text("What happened")

    # A form opens with the focus in its first field, and Enter sends it.
    enter(ada, "My challenges", "#pane")
    challenge = ada.locator("#entries .entry").first
    expect(challenge).to_contain_text("Challenge 1 of 4")
    k = int(challenge.locator("p strong").first.inner_text())
    enter(ada, "Answer", "#entries")
    field = ada.locator("form.answer input[type=text]")
    expect(field).to_be_focused()
    ada.keyboard.type("no idea")
    ada.keyboard.press("Enter")
    expect(ada.locator("[aria-invalid=true]")).to_be_focused()
    ada.keyboard.press("ControlOrMeta+a")
    ada.keyboard.type(f"{math.log(k):.3f}")
    ada.keyboard.press("Enter")
    expect(challenge).to_contain_text("Yes")

    # Out of the thread and into it, without leaving the page.
    to(ada, ada.locator("#feed .thread summary").last)
    ada.keyboard.press("Enter")
    to(ada, ada.locator(".say textarea").last)
    ada.keyboard.type("ln k, of course")
    ada.keyboard.press("Control+Enter")
    expect(mia.locator("#feed .thread").last).to_contain_text("ln k, of course")

    # What is read can be put away, and the focus is not lost with it.
    before = ada.locator("#entries .entry").count()
    to(ada, ada.locator("#entries .away"))
    ada.keyboard.press("Enter")
    expect(ada.locator("#entries .entry")).to_have_count(before - 1)
    assert ada.evaluate("document.activeElement !== document.body")


def test_an_order_is_made_line_by_line_and_a_choice_with_arrows(visit: Visit) -> None:
    mia = visit("mia")
    start_series(mia)
    next_slot(mia, "Before you read on")
    ada = visit("ada")
    live(ada)
    press(ada, "My challenges", "#feed")
    for place in (2, 3):
        press(ada, "Skip", "#entries")
        expect(ada.locator("#entries .entry").first).to_contain_text(f"Challenge {place} of 4")
    press(ada, "Answer", "#entries")
    radios = ada.locator("form.answer input[type=radio]")
    expect(radios.first).to_be_focused()
    ada.keyboard.press("ArrowDown")
    expect(radios.nth(1)).to_be_focused()
    expect(radios.nth(1)).to_be_checked()
    press(ada, "Not now", "#entries")
    press(ada, "Skip", "#entries")
    expect(ada.locator("#entries .entry").first).to_contain_text("Challenge 4 of 4")
    press(ada, "Answer", "#entries")
    lines = ada.locator("ol.order li")
    first = lines.first.locator("span").inner_text()
    down = ada.get_by_role("button", name=f"Move down: {first}", exact=True)
    to(ada, down)
    ada.keyboard.press("Enter")
    expect(lines.nth(1).locator("span")).to_have_text(first)
    expect(down).to_be_focused()
    for _ in range(lines.count() - 2):
        ada.keyboard.press("Enter")
    # At the end there is no further down, so the focus goes to the way back up.
    expect(lines.last.locator("span")).to_have_text(first)
    expect(ada.get_by_role("button", name=f"Move up: {first}", exact=True)).to_be_focused()


def test_on_a_phone_escape_and_back_close_the_sheet(visit: Visit) -> None:
    page = visit("ada", viewport={"width": 390, "height": 844})
    live(page)
    sheet, opener = page.locator("#pane"), page.locator("#to-pane")
    for way in ("escape", "back"):
        to(page, opener)
        page.keyboard.press("Enter")
        expect(sheet).to_be_visible()
        expect(sheet).to_be_focused()
        if way == "escape":
            page.keyboard.press("Escape")
        else:
            to(page, page.locator("#back"))
            page.keyboard.press("Enter")
        expect(sheet).to_be_hidden()
        expect(opener).to_be_focused()
