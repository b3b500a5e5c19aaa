"""What is new for a page: who applies all of it in order sees what a fresh page shows."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from adapters.port import Address, PostRef
from adapters.web.messenger import MOST_LETTERS, SPACE
from adapters.web.pane import MOST
from adapters.web.sight import RECENT
from adapters.web.words import word
from lessons.actions import Leave
from lessons.document import Document
from lessons.fields import NumberField
from lessons.posts import Form, OpenThread, Reply, control
from tests.rigs.page_text import Element, read
from tests.rigs.web import Hall, part, post

STUDY = Address(SPACE, "study")
SEND = control(SPACE, "Send", Leave())
FORM = Form(SEND, "How many?", Document(), (NumberField("n", "Number"),))


@dataclass
class Page:
    """A page in a browser as its script keeps it: pieces by id, replaced as news comes."""

    hall: Hall
    person: str
    since: str = ""
    feed: dict[str, Element] = field(default_factory=dict)
    pane: list[Element] = field(default_factory=list)

    async def load(self) -> None:
        page = await self.hall.page(f"/as/{self.person}/study?all=1")
        self.since = page.one("body")["data-version"]
        self.feed = {one["id"]: one for one in page.one(id="feed").all("article")}
        self.pane = _top(page.one(id="entries"), "section")

    async def press(self, *fields: tuple[str, str]) -> dict[str, Any]:
        token = self.hall.adapter.keys.token(self.person)
        sent = [("token", token), ("since", self.since), *fields]
        answer = await self.hall.post(f"/as/{self.person}/study/act", sent)
        told: dict[str, Any] = json.loads(await answer.text())
        return told

    def put(self, news: dict[str, Any]) -> None:
        assert not news.get("reload")
        for piece in news.get("feed", ()):
            self.feed[piece["id"]] = read(piece["html"]).one("article")
        if "pane" in news:
            known = {one["id"]: one for one in self.pane}
            for piece in news["pane"]:
                if piece.get("html"):
                    known[piece["id"]] = read(piece["html"]).one("section")
            self.pane = [known[piece["id"]] for piece in news["pane"]]

    async def hear(self) -> None:
        """What its stream tells next."""
        address = f"/as/{self.person}/study/events?since={self.since}"
        async with self.hall.browser.get(self.hall.address + address) as answer:
            name = (await answer.content.readuntil(b"\n")).decode().removeprefix("id: ").strip()
            told = await answer.content.readuntil(b"\n")
        self.put(json.loads(told.decode().removeprefix("data: ")))
        self.since = name


def _top(page: Element, tag: str) -> list[Element]:
    return [one for one in page.inside if isinstance(one, Element) and one.tag == tag]


def shown(elements: list[Element]) -> list[tuple[str, str]]:
    return [(one["id"], one.words()) for one in elements]


@pytest.mark.parametrize("seed", range(6))
async def test_a_page_that_applies_all_news_shows_what_a_fresh_one_does(
    hall: Hall, seed: int
) -> None:
    draw = random.Random(seed)
    pages = [Page(hall, "ada"), Page(hall, "ada"), Page(hall, "ben")]
    for page in pages:
        await page.load()
    refs: list[PostRef] = []
    for step in range(40):
        page = draw.choice(pages)
        await _something(hall, draw, page, refs, step)
        if draw.random() < 0.5:
            await draw.choice(pages).hear()
    for page in pages:
        await page.hear()
        fresh = Page(hall, page.person)
        await fresh.load()
        assert shown(list(page.feed.values())) == shown(list(fresh.feed.values()))
        assert shown(page.pane) == shown(fresh.pane)


async def _something(
    hall: Hall, draw: random.Random, page: Page, refs: list[PostRef], step: int
) -> None:
    """One thing that happens in a hall."""
    member = draw.choice(["", "", page.person])
    match draw.choice(["send", "edit", "press", "form", "close", "away", "talk"]):
        case "send":
            to = Address(SPACE, "study", member=member)
            refs.append(await hall.adapter.send(to, part(f"Post {step}", SEND), f"s{step}"))
        case "edit" if refs:
            await hall.adapter.edit(draw.choice(refs), part(f"Changed {step}"))
        case "press":
            hall.host.replies = [Reply(post=post(f"Answer {step}"), edit=draw.random() < 0.5)]
            on = draw.choice([one["id"] for one in page.pane] or [""])
            page.put(await page.press(("press", f"{on}:{SEND.id}")))
        case "form" if page.pane:
            hall.host.replies = [Reply(form=FORM)]
            page.put(await page.press(("press", f"{page.pane[0]['id']}:{SEND.id}")))
        case "close" if page.pane:
            page.put(await page.press(("close", page.pane[0]["id"])))
        case "away" if page.pane:
            page.put(await page.press(("away", draw.choice(page.pane)["id"])))
        case "talk":
            posts = [ref for ref in refs if not ref.address.member]
            if posts:
                ref = draw.choice(posts)
                thread = await hall.adapter.do(OpenThread("Talk"), ref, f"t{ref.id}")
                assert thread is not None
                page.put(await page.press(("say", thread.id), (f"words.{thread.id}", f"Hi {step}")))


async def test_an_empty_hall_says_what_comes_and_who_can_make_it_come(hall: Hall) -> None:
    for person, words in (("mia", "empty_moderator"), ("ada", "empty_member")):
        page = await hall.page(f"/as/{person}/study")
        told = page.one(id="empty")
        assert "hidden" not in told.attributes
        assert word(words) in told.words()
    await hall.adapter.send(STUDY, part("Here."), "1")
    assert "hidden" in (await hall.page("/as/ada/study")).one(id="empty").attributes


async def test_of_many_posts_the_newest_are_shown_and_a_link_shows_all(hall: Hall) -> None:
    for number in range(RECENT + 5):
        await hall.adapter.send(STUDY, part(f"Post {number}."), str(number))
    page = await hall.page("/as/ada/study")
    assert len(page.one(id="feed").all("article")) == RECENT
    assert "Post 4." not in page.words()
    (link,) = [a for a in page.all("a") if a.words() == word("earlier_posts")]
    everything = await hall.page(link["href"])
    assert len(everything.one(id="feed").all("article")) == RECENT + 5


async def test_the_pane_keeps_the_newest_answers_and_letters(hall: Hall) -> None:
    for number in range(MOST_LETTERS + 3):
        to = Address(SPACE, "study", member="ada")
        await hall.adapter.send(to, part(f"Letter {number}."), str(number))
    hall.host.replies = [Reply(post=post("Answer."))]
    page = Page(hall, "ada")
    await page.load()
    for _ in range(MOST + 3):
        await page.press(("typed", "study next"))
    await page.load()

    assert len(page.pane) == MOST + MOST_LETTERS
    assert "Letter 2." not in str(shown(page.pane))


async def test_the_panel_is_for_moderators_and_offers_a_start_while_nothing_runs(
    hall: Hall,
) -> None:
    hall.host.replies = [Reply(post=post("Nothing runs here."))]
    assert not (await hall.page("/as/ada/study")).all(id="panel")
    panel = (await hall.page("/as/mia/study")).one(id="panel")
    assert word("panel_start") in panel.words()
    hall.host.replies = [Reply(post=post("Week 1 of 16.", SEND))]
    panel = (await hall.page("/as/mia/study")).one(id="panel")
    assert word("panel_start") not in panel.words()
    assert "Week 1 of 16." in panel.words()


async def test_a_pane_of_an_older_version_begins_anew(tmp_path: Path) -> None:
    async with Hall(tmp_path) as hall:
        await hall.host.shelf("web").put("pane:ada", '{"entries": "as they once were"}')
        page = Page(hall, "ada")
        await page.load()
        assert page.pane == []
