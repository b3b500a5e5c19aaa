"""What the page does while it waits, when nothing comes, and for somebody without script."""

from __future__ import annotations

import math
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Response, Route, expect

from lessons.challenge import decode_variant
from lessons.kinds import kind_of
from tests.browser.conftest import Visit
from tests.rigs.browser import Server, Visitors, live, next_slot, press, start_series

MOST_BYTES = 80_000
"""The page without its pictures: HTML, style, script and icon, as they travel."""

MOST_PICTURE_BYTES = 60_000
DRAWN = "(one) => one.complete && one.naturalWidth > 0"


def test_a_press_shows_that_it_is_under_way_and_a_second_one_does_nothing(visit: Visit) -> None:
    mia = visit("mia")
    held: list[Route] = []
    mia.route("**/act", lambda route: held.append(route))
    button = mia.get_by_role("button", name="Help", exact=True)
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.click()
    mia.wait_for_timeout(300)
    assert len(held) == 1
    held[0].continue_()
    expect(mia.locator("#entries .entry")).to_have_count(1)
    expect(button).not_to_have_attribute("aria-busy", "true")


def test_a_press_that_does_not_arrive_says_so_and_can_be_repeated(
    visit: Visit, visitors: Visitors
) -> None:
    mia = visit("mia")
    live(mia)
    mia.route("**/act", lambda route: route.abort())
    press(mia, "Help")
    expect(mia.get_by_role("alert")).to_contain_text("Nothing was counted")
    mia.unroute("**/act")
    press(mia, "Help")
    expect(mia.locator("#entries .entry")).to_have_count(1)
    expect(mia.get_by_role("alert")).to_have_count(0)
    assert [one for one in visitors.wrong if "ERR_FAILED" not in one] == []
    visitors.wrong.clear()


def test_a_picture_that_does_not_come_is_there_in_words(visit: Visit, visitors: Visitors) -> None:
    mia = visit("mia")
    start_series(mia)
    next_slot(mia, "Before you read on")
    ada = visit("ada")
    ada.route("**/*.png", lambda route: route.abort())
    ada.reload()
    ada.locator("#feed .message").last.get_by_text("In words").click()
    expect(ada.locator("#feed .alt p").last).to_contain_text("loss")
    assert [one for one in visitors.wrong if "ERR_FAILED" not in one] == []
    visitors.wrong.clear()


def test_new_below_is_said_until_it_is_seen(visit: Visit) -> None:
    mia, ada = visit("mia"), visit("ada", viewport={"width": 1280, "height": 400})
    live(ada)
    start_series(mia)
    next_slot(mia, "Before you read on")
    ada.locator("#feed .message").last.wait_for()
    ada.evaluate("scrollTo(0, 0)")
    next_slot(mia, "How you voted")
    expect(ada.locator("#new-below")).to_be_visible()
    ada.locator("#feed .message").last.scroll_into_view_if_needed()
    expect(ada.locator("#new-below")).to_be_hidden()


def test_a_member_s_guesses_are_drawn_over_the_real_curve(
    visit: Visit, server: Server, visitors: Visitors
) -> None:
    """Drawn from this answer, so there is no such picture before it."""
    mia = visit("mia")
    start_series(mia)
    next_slot(mia, "Before you read on")
    ada = visit("ada")
    live(ada)
    press(ada, "My challenges", "#feed")
    press(ada, "Skip", "#entries")
    challenge = ada.locator("#entries .entry").first
    expect(challenge).to_contain_text("Challenge 2 of 4")
    press(ada, "Answer", "#entries")
    fields = ada.locator("form.answer input[type=text]")
    expect(fields).to_have_count(3)
    for field, value in zip(fields.all(), right_guesses(server), strict=True):
        field.fill(value)
    press(ada, "Send", "#entries")
    expect(challenge).to_contain_text("Yes")
    picture = challenge.locator("figure img")
    expect(picture).to_have_attribute("alt", re.compile("Your guesses at the same steps"))
    ada.wait_for_function(DRAWN, arg=picture.element_handle())

    # It can also be drawn again, once the cache is thrown away.
    server.end()
    shutil.rmtree(server.home / "hall" / "pictures")
    server.start()
    again = visit("ada").locator("#entries .entry").first.locator("figure img")
    again.wait_for()
    again.page.wait_for_function(DRAWN, arg=again.element_handle())
    live(ada)
    live(mia)
    visitors.wrong.clear()  # lines that were refused meanwhile


def right_guesses(server: Server) -> list[str]:
    """Three numbers that pass, from Ada's own variant in the store."""
    with closing(sqlite3.connect(server.home / "hall" / "studyhall.sqlite3")) as db:
        ((body,),) = db.execute(
            "SELECT body FROM variant WHERE member = 'ada' AND challenge = 'three-guesses'"
        )
    variant = decode_variant(body)
    probes = kind_of(variant.kind).selftest(variant, np.random.default_rng(1))
    (right,) = [probe.raw for probe in probes if probe.fate == "passes"][:1]
    return [str(value) for value in right.values()]


def test_a_page_is_light_and_comes_from_here_alone(visit: Visit, server: Server) -> None:
    mia = visit("mia")
    start_series(mia)
    next_slot(mia, "Before you read on")
    got: dict[str, int] = {}

    def note(answer: Response) -> None:
        if not answer.url.split("?")[0].endswith("/events"):
            got[answer.url] = answer.request.sizes()["responseBodySize"]

    fresh = visit("ada")
    fresh.context.clear_cookies()
    fresh.goto("about:blank")
    fresh.on("response", note)
    fresh.goto(f"{server.address}/as/ada/study", wait_until="load")
    live(fresh)
    assert {urlsplit(url).netloc for url in got} == {urlsplit(server.address).netloc}
    pictures = {url: size for url, size in got.items() if "/pictures/" in url}
    assert pictures
    assert max(pictures.values()) <= MOST_PICTURE_BYTES
    rest = sum(got.values()) - sum(pictures.values())
    assert 1_000 < rest <= MOST_BYTES, got


# -- without script -------------------------------------------------------------------------------


def first(page: Page, label: str, within: str = "body", *, exact: bool = True) -> None:
    """Press; the browser loads the page that comes back."""
    press(page, label, within, exact=exact)
    page.wait_for_load_state()


def test_a_week_without_script(visit: Visit) -> None:
    mia = visit("mia", java_script_enabled=False)
    mia.locator("#panel").get_by_label("Time zone").first.fill("Europe/Berlin")
    first(mia, "Show me the dates", "#panel")
    first(mia, "Start", "#entries")
    first(mia, "Next slot", "#clock", exact=False)

    ada = visit("ada", java_script_enabled=False)
    expect(ada.locator("#feed")).to_contain_text("Before you read on")
    first(ada, "Join", "#feed")
    first(ada, "It halves, or better", "#feed")
    first(ada, "Certain", "#entries")
    first(ada, "Show me what happened", "#entries")
    expect(ada.locator("#entries .entry").first).to_contain_text("What happened")

    first(ada, "My challenges", "#pane")
    challenge = ada.locator("#entries .entry").first
    k = int(challenge.locator("p strong").first.inner_text())
    first(ada, "Answer", "#entries")
    field = ada.locator("form.answer input[type=text]")
    field.fill("much")
    first(ada, "Send", "#entries")
    expect(ada.locator(".wrong")).to_contain_text("did not count")
    expect(field).to_have_value("much")
    field.fill(f"{1 / k:.4f}")
    first(ada, "Send", "#entries")
    expect(ada.locator("#entries .entry").first).to_contain_text("Not yet")
    first(ada, "Hint", "#entries", exact=False)
    first(ada, "Try again", "#entries")
    field.fill(f"{math.log(k):.3f}")
    first(ada, "Send", "#entries")
    expect(ada.locator("#entries .entry").first).to_contain_text("Yes")

    # An order is made by posts, and what was moved stays moved.
    first(ada, "My challenges", "#pane")
    for _ in range(2):
        first(ada, "Skip", "#entries")
    expect(ada.locator("#entries .entry").first).to_contain_text("Challenge 4 of 4")
    first(ada, "Answer", "#entries")
    lines = ada.locator("ol.order li > span")
    before = lines.all_inner_texts()
    first(ada, f"Move down: {before[0]}", "#entries")
    assert lines.all_inner_texts() == [before[1], before[0], *before[2:]]
    first(ada, "Send", "#entries")
    sent = ada.locator("#entries .entry").first
    expect(sent).not_to_contain_text("Not now")
    passed = 2 if "Yes." in sent.inner_text() else 1  # one order in many is right by chance

    ada.locator("#feed .thread summary").last.click()
    ada.locator(".say textarea").last.fill("Without script, too.")
    ada.locator(".say").last.get_by_role("button", name="Send").click()
    expect(ada.locator("#feed .thread").last).to_contain_text("Without script, too.")
    first(ada, "My progress", "#pane")
    expect(ada.locator("#entries .entry").first).to_contain_text(f"{passed} of 4")


# -- a hall that is not a try-out -----------------------------------------------------------------


@pytest.fixture
def open_hall(tmp_path: Path) -> Iterator[Server]:
    """`studyhall run` with its page, as it is on a server that others reach."""
    made = Server(tmp_path / "hosted", command=("run",), host="0.0.0.0")
    made.start()
    yield made
    made.end()


def test_with_a_key_people_come_in_under_a_name_and_only_then(
    open_hall: Server, visitors: Visitors
) -> None:
    links = [line.split()[-1] for line in open_hall.log.splitlines() if "?key=" in line]
    moderating, joining = links
    stranger = visitors.open(open_hall.address)
    expect(stranger.locator("h1")).to_contain_text("A key is needed")
    visitors.wrong.clear()

    ada = visitors.open(joining)
    ada.get_by_label("What shall the others call you?").fill("Ada")
    ada.get_by_role("button", name="Come in").click()
    live(ada)
    expect(ada.locator(".me")).to_contain_text("Ada")
    expect(ada.locator("#panel, #clock, .people")).to_have_count(0)

    mia = visitors.open(moderating)
    mia.get_by_label("What shall the others call you?").fill("Mia")
    mia.get_by_role("button", name="Come in").click()
    live(mia)
    expect(mia.locator("#clock, .people")).to_have_count(0)
    press(mia, "Show me the dates")
    press(mia, "Start", "#entries")
    press(mia, "Post now", "#panel")
    expect(ada.locator("#feed")).to_contain_text("Before you read on")

    # The key is in the cookie now, not in the address, and a restart does not take it away.
    assert "key" not in ada.url
    open_hall.end()
    visitors.wrong.clear()
    open_hall.start()
    live(ada)
    visitors.wrong.clear()
    press(ada, "My challenges", "#feed")
    expect(ada.locator("#entries .entry").first).to_contain_text("Challenge 1 of 4")
