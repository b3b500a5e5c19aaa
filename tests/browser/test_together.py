"""Several people at one time: what is counted, what is private, and what a restart leaves."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.rigs.browser import Server, Visitors, live, next_slot, press, start_series

CHAPTER = "Before you read on"


@pytest.fixture
def mia(visit: Visit) -> Page:
    """The moderator's page, the first chapter posted."""
    page = visit("mia")
    start_series(page)
    next_slot(page, CHAPTER)
    return page


def counted(page: Page, words: str) -> None:
    """A count is brought up to date every ten seconds at most."""
    post = page.locator("#feed .message", has_text=CHAPTER)
    expect(post).to_contain_text(words)


def test_two_people_see_each_other_s_votes_counted_and_never_what_they_were(
    mia: Page, visit: Visit
) -> None:
    ada, ben = visit("ada"), visit("ben")
    for page in (ada, ben):
        live(page)
        counted(page, "0 votes so far")
    # Pressed in one breath: neither waits for the other's answer.
    ada.locator("#feed .choices button").nth(0).dispatch_event("click")
    ben.locator("#feed .choices button").nth(1).dispatch_event("click")
    for page in (ada, ben, mia):
        counted(page, "2 votes so far")
    expect(ada.locator("#entries")).to_contain_text("Locked in")
    expect(mia.locator("#entries")).not_to_contain_text("Locked in")
    for page in (ada, ben):
        other = ben if page is ada else ada
        mine = page.locator("#entries .entry").first.inner_text()
        assert mine not in other.locator("#entries").inner_text()

    # To think again is not to vote twice.
    ada.locator("#feed .choices button").nth(2).click()
    expect(ada.locator("#entries .entry").first).to_contain_text("Changed to")
    press(ada, "Certain", "#entries")
    counted(ben, "2 votes so far")


def test_what_is_said_in_a_thread_is_there_for_all_at_once(mia: Page, visit: Visit) -> None:
    ada, ben = visit("ada"), visit("ben")
    for page in (ada, ben):
        live(page)
        page.locator("#feed .thread summary").first.click()
    ada.locator(".say textarea").first.fill("I say it halves.")
    ben.locator(".say textarea").first.fill("Wait, I am still wri")
    ada.locator(".say textarea").first.press("Control+Enter")

    expect(ben.locator("#feed .thread").first).to_contain_text("I say it halves.")
    expect(ben.locator("#feed .thread").first).to_contain_text("Ada")
    # What Ben is writing stays, and the thread stays open.
    expect(ben.locator(".say textarea").first).to_have_value("Wait, I am still wri")
    expect(ben.locator(".say textarea").first).to_be_focused()
    expect(ada.locator(".say textarea").first).to_have_value("")


def test_two_pages_of_one_person_are_one(mia: Page, visit: Visit, visitors: Visitors) -> None:
    one = visit("ada")
    two = visitors.beside(one.context, one.url)
    live(one)
    live(two)
    press(one, "My challenges", "#feed")
    expect(two.locator("#entries .entry").first).to_contain_text("Challenge 1 of 4")
    press(two, "Skip", "#entries")
    expect(one.locator("#entries .entry").first).to_contain_text("Challenge 2 of 4")


def test_a_button_that_is_new_while_it_is_pressed_is_pressed_all_the_same(
    mia: Page, visit: Visit
) -> None:
    ada, ben = visit("ada"), visit("ben")
    for page in (ada, ben):
        live(page)
    ben.locator("#feed .thread summary").first.click()
    ben.locator(".say textarea").first.fill("I say it halves.")
    vote = ada.locator("#feed .choices button").first
    vote.hover()
    ada.mouse.down()
    ben.locator(".say textarea").first.press("Control+Enter")
    expect(ben.locator("#feed .thread").first).to_contain_text("I say it halves.")
    ada.wait_for_timeout(500)  # long enough for the news to come to her as well
    ada.mouse.up()
    expect(ada.locator("#entries")).to_contain_text("Locked in")
    expect(ada.locator("#feed .thread").first).to_contain_text("I say it halves.")


def test_a_double_click_counts_once(mia: Page, visit: Visit) -> None:
    ada = visit("ada")
    live(ada)
    ada.locator("#feed .choices button").first.dblclick()
    counted(mia, "1 vote so far")
    expect(ada.locator("#entries .entry")).to_have_count(1)


# -- a restart in the middle ----------------------------------------------------------------------


@pytest.mark.parametrize("way", ["killed", "ended"])
def test_after_a_restart_everything_is_there_and_open_pages_come_back(
    mia: Page, visit: Visit, server: Server, visitors: Visitors, way: str
) -> None:
    ada, ben = visit("ada"), visit("ben")
    ada.locator("#feed .choices button").first.click()
    press(ada, "Certain", "#entries")
    press(ada, "My challenges", "#feed")
    press(ada, "Answer", "#entries")
    field = ada.locator("form.answer input[type=text]")
    field.fill("0.0")
    counted(ben, "1 vote so far")
    feed = ada.locator("#feed").inner_text()

    if way == "killed":
        server.kill()
    else:
        assert server.end() == 0
    for page in (ada, ben, mia):
        expect(page.locator("#state")).to_have_attribute("data-state", "offline")
        expect(page.locator("#state")).to_contain_text("Nothing is lost")
    ada.locator("form.answer button.primary").click()
    expect(ada.get_by_role("alert")).to_contain_text("Nothing was counted")
    visitors.wrong.clear()  # the browser reports every line that was refused meanwhile

    server.start()
    for page in (ada, ben, mia):
        live(page)
    visitors.wrong.clear()
    assert ada.locator("#feed").inner_text() == feed
    expect(field).to_have_value("0.0")
    ada.locator("form.answer button.primary").click()
    expect(ada.locator("#entries .entry").first).to_contain_text("Not yet")
    counted(ben, "1 vote so far")
    ben.locator("#feed .choices button").nth(1).click()
    counted(ada, "2 votes so far")

    # A page that is opened only now shows the same, and the clock stands where it stood.
    fresh = visit("ada")
    assert fresh.locator("#feed").inner_text() == ada.locator("#feed").inner_text()
    expect(fresh.locator("#entries .entry").first).to_contain_text("Not yet")
    assert fresh.locator("#clock .now time").first.inner_text() == (
        mia.locator("#clock .now time").first.inner_text()
    )


def test_a_page_that_was_hidden_catches_up_when_it_is_looked_at_again(
    mia: Page, visit: Visit
) -> None:
    ada, ben = visit("ada"), visit("ben")
    live(ada)
    _hide(ada, hidden=True)
    ben.locator("#feed .choices button").first.click()
    counted(mia, "1 vote so far")
    counted(ada, "0 votes so far")
    _hide(ada, hidden=False)
    counted(ada, "1 vote so far")


def _hide(page: Page, *, hidden: bool) -> None:
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_many_people_press_at_once_and_each_is_answered(
    mia: Page, server: Server, visit: Visit
) -> None:
    """The same three people from many browsers: every press is answered, each counted once."""
    pages = [visit(person) for person in ("ada", "ben", "chi") for _ in range(2)]
    for number, page in enumerate(pages):
        page.locator("#feed .choices button").nth(number % 3).dispatch_event("click")
    for page in pages:
        expect(page.locator("#entries .entry").first).to_contain_text("How sure")
        counted(page, "3 votes so far")


def test_what_somebody_is_filling_in_stays_when_the_piece_around_it_is_new(visit: Visit) -> None:
    mia = visit("mia")
    live(mia)
    panel = mia.locator("#panel .start")
    panel.get_by_label("First chapter").fill("1")
    panel.get_by_label("Time", exact=True).fill("09:30")
    panel.get_by_label("Day").select_option("Friday")
    mia.locator("#panel").evaluate("(one) => { one.dataset.mark = 'old'; }")
    press(mia, "+1 hour", "#clock")
    expect(mia.locator("#panel[data-mark]")).to_have_count(0)
    expect(panel.get_by_label("First chapter")).to_have_value("1")
    expect(panel.get_by_label("Time", exact=True)).to_have_value("09:30")
    expect(panel.get_by_label("Day")).to_have_value("friday")


def test_a_power_cut_does_not_turn_the_clock_back(
    mia: Page, visit: Visit, server: Server, visitors: Visitors
) -> None:
    """Otherwise what is answered after it would stand below what was answered before."""
    ada = visit("ada")
    ada.wait_for_timeout(2_500)  # the clock ticks on from where it was moved to
    ada.locator("#feed .choices button").first.click()
    expect(ada.locator("#entries .entry").first).to_contain_text("Locked in")
    server.kill()
    server.start()
    again = visit("ada")
    press(again, "My challenges", "#feed")
    expect(again.locator("#entries .entry").first).to_contain_text("Challenge 1 of 4")
    live(ada)
    live(mia)
    visitors.wrong.clear()  # lines that were refused meanwhile
