"""Every state of the page, in each width and colour: nothing serious, nothing sideways.

With STUDYHALL_SHOTS naming a folder, a picture of each state is left there to be looked at.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import Visit
from tests.rigs import every_kind
from tests.rigs.browser import Server, Visitors, axe, live, next_slot, press


class Look(NamedTuple):
    """How big the page is, and in which colours."""

    name: str
    scheme: Literal["light", "dark"]
    size: ViewportSize

    def put(self, page: Page) -> None:
        page.emulate_media(color_scheme=self.scheme)
        page.set_viewport_size(self.size)


DESK, PHONE, SMALL_PHONE = (
    ViewportSize(width=width, height=height)
    for width, height in ((1280, 900), (390, 844), (320, 640))
)
STILL = {"reduced_motion": "reduce"}
DEVICES: dict[str, dict[str, Any]] = {
    "desk": STILL,
    "phone": {**STILL, "is_mobile": True, "has_touch": True},
}
LOOKS = {
    "desk": (Look("desk-light", "light", DESK), Look("desk-dark", "dark", DESK)),
    "phone": (Look("phone-light", "light", PHONE), Look("phone-dark", "dark", SMALL_PHONE)),
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = {"serious", "critical"}


@dataclass
class Looks:
    """Looks at a page in a state: what axe says, what sticks out, and a picture on request."""

    device: str
    script: str
    found: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def at(self, page: Page, state: str) -> None:
        """In each look of this device. The walk goes on in the last of them, the narrowest."""
        self.seen.append(state)
        self.shoot(page, state)
        # A button that is just scrolled under the header is not a small one.
        page.evaluate("scrollTo(0, 0), document.getElementById('pane')?.scrollTo(0, 0)")
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.script)
        for look in LOOKS[self.device]:
            look.put(page)
            told = page.evaluate(
                "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })", RULES
            )
            for one in told["violations"]:
                if one["impact"] in GRAVE:
                    where = "; ".join(node["html"][:120] for node in one["nodes"][:3])
                    self._note(look, state, f"{one['id']} ({one['impact']}): {where}")
            # Not innerWidth: a phone's grows with what is too wide for it.
            wide = page.evaluate("document.documentElement.scrollWidth") - look.size["width"]
            if wide > 0:
                self._note(look, state, f"{wide} px wider than the screen")

    def _note(self, look: Look, state: str, what: str) -> None:
        self.found.append(f"{state}, {look.name}: {what}")

    def shoot(self, page: Page, state: str) -> None:
        folder = os.environ.get("STUDYHALL_SHOTS", "")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            for look in LOOKS[self.device]:
                look.put(page)
                page.screenshot(path=f"{folder}/{len(self.seen):02}-{state}-{look.name}.png")


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def looks(device: str) -> Looks:
    return Looks(device, axe())


def arriving(device: str) -> dict[str, Any]:
    """The settings of a browser in the first look."""
    first = LOOKS[device][0]
    return {**DEVICES[device], "viewport": first.size, "color_scheme": first.scheme}


def to_feed(page: Page) -> None:
    """On a phone the channel lies under what only one person sees."""
    if page.locator("#back").is_visible():
        page.locator("#back").click()
        expect(page.locator("#pane")).to_be_hidden()


def to_pane(page: Page) -> None:
    if not page.locator("#pane").is_visible():
        page.locator("#to-pane").click()
        expect(page.locator("#pane")).to_be_visible()


def in_feed(page: Page, label: str) -> None:
    to_feed(page)
    _answered(page, label, "#feed")


def in_pane(page: Page, label: str, within: str = "#entries", *, exact: bool = True) -> None:
    to_pane(page)
    _answered(page, label, within, exact=exact)


def _answered(page: Page, label: str, within: str, *, exact: bool = True) -> None:
    """Press, and wait until what only this person sees reads differently and is in view.

    The page's line may bring the new words before the press is answered; on a phone, only the
    answer opens the pane.
    """
    first = page.locator("#entries .entry").first
    before = first.get_attribute("data-rev") if first.count() else ""
    press(page, label, within, exact=exact)
    expect(first).not_to_have_attribute("data-rev", before or "")
    expect(page.locator("#pane")).to_be_visible()


# -- the shipped week -----------------------------------------------------------------------------


def test_a_week(visit: Visit, device: str, looks: Looks) -> None:
    """Feed, cards, vote, form, feedback, progress and the moderator's panel."""
    page = visit("mia", **arriving(device))
    live(page)
    looks.at(page, "empty")
    to_pane(page)
    looks.at(page, "empty-panel")
    in_pane(page, "Show me the dates", "#panel")
    looks.at(page, "proposal")
    in_pane(page, "Start")
    page.get_by_role("button", name="Next slot").and_(page.locator(":enabled")).wait_for()
    to_feed(page)
    next_slot(page, "Before you read on")
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    looks.at(page, "feed")
    page.locator("#feed .message").last.locator(".choices").scroll_into_view_if_needed()
    looks.at(page, "feed-vote")

    in_feed(page, "Join")
    in_feed(page, "Read the cards")
    looks.at(page, "cards")
    in_feed(page, "It halves, or better")
    expect(page.locator("#entries")).to_contain_text("Locked in")
    looks.at(page, "voted")
    in_pane(page, "Certain")
    in_pane(page, "Show me what happened")
    expect(page.locator("#entries")).to_contain_text("What happened")
    page.wait_for_function("() => [...document.images].every((one) => one.complete)")
    looks.at(page, "reveal")

    in_feed(page, "My challenges")
    challenge = page.locator("#entries .entry").first
    in_pane(page, "Answer")
    looks.at(page, "form")
    page.locator("form.answer input[type=text]").fill("abc")
    in_pane(page, "Send", exact=False)
    expect(page.locator("[aria-invalid=true]")).to_be_focused()
    looks.at(page, "form-error")
    page.locator("form.answer input[type=text]").fill("0.01")
    in_pane(page, "Send", exact=False)
    expect(challenge).to_contain_text("Not yet")
    looks.at(page, "wrong")
    in_pane(page, "Hint", exact=False)
    looks.at(page, "hint")
    in_feed(page, "My challenges")
    for place in (2, 3, 4):
        in_pane(page, "Skip")
        expect(challenge).to_contain_text(f"Challenge {place} of 4")
        page.wait_for_function("() => [...document.images].every((one) => one.complete)")
        looks.at(page, f"challenge-{place}")
        in_pane(page, "Answer")
        looks.at(page, f"form-{place}")
        in_pane(page, "Not now")

    in_pane(page, "My progress", "#pane")
    looks.at(page, "progress")
    in_pane(page, "Help", "#pane")
    looks.at(page, "help")
    page.locator("#panel-more > summary").click()
    in_pane(page, "Status", "#panel")
    # In one go: the panel is drawn anew now and then, and what was found may be gone by then.
    page.evaluate("document.querySelector('#panel').scrollIntoView()")
    looks.at(page, "panel")
    assert looks.found == []


# -- everything that can be shown -----------------------------------------------------------------


def test_every_kind_of_form_and_block(
    tmp_path: Path, visitors: Visitors, device: str, looks: Looks
) -> None:
    """Also the thread, the end of a series, a line that is cut and a page that is not there."""
    place = every_kind.write(tmp_path / "shelf")
    server = Server(tmp_path / "other", settings={"STUDYHALL_SERIES_PATH": str(place)})
    server.start()
    try:
        _walk(server, visitors, device, looks)
    finally:
        server.end()
    assert looks.found == []


def _walk(server: Server, visitors: Visitors, device: str, looks: Looks) -> None:
    page = visitors.open(f"{server.address}/as/mia/study", **arriving(device))
    live(page)
    to_pane(page)
    page.locator("#panel .start").get_by_label("Series").fill(every_kind.SLUG)
    in_pane(page, "Show me the dates", "#panel")
    in_pane(page, "Start")
    page.get_by_role("button", name="Next slot").and_(page.locator(":enabled")).wait_for()
    to_feed(page)
    next_slot(page, "Which comes first?")
    in_feed(page, "Join")
    in_feed(page, "Read the cards")
    for card in (1, 2):
        looks.at(page, f"card-{card}")
        in_pane(page, "Next")
    looks.at(page, "card-last")

    to_feed(page)
    page.locator("#feed .thread summary").last.click()
    page.locator(".say textarea").last.fill("A word of mine that is longer than any other " * 3)
    press(page, "Send", "#feed .message:last-child .say")
    page.locator("#feed .thread li").last.wait_for()
    looks.at(page, "thread")

    in_feed(page, "My challenges")
    for kind in ("ticks", "pairs", "line", "settings", "linked", "number"):
        in_pane(page, "Answer")
        looks.at(page, f"form-{kind}")
        in_pane(page, "Lock in" if kind == "linked" else "Send", exact=False)
        looks.at(page, f"sent-{kind}")
        if page.locator("form.answer").count():
            in_pane(page, "Not now")
        if kind != "number":
            in_pane(page, "Skip")

    to_feed(page)
    next_slot(page, "How you voted")
    next_slot(page, "in short")
    looks.at(page, "finished")

    server.end()
    expect(page.locator("#state")).to_have_attribute("data-state", "offline")
    looks.at(page, "offline")
    press(page, "+1 day", "#clock")
    expect(page.get_by_role("alert")).to_be_visible()
    looks.at(page, "not-sent")
    server.start()
    live(page)
    page.goto(f"{server.address}/nowhere")
    looks.at(page, "not-found")
    visitors.wrong.clear()
