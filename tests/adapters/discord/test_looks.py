"""How it looks in Discord: rendered by the simulated Discord's preview in the machine's Chromium.

The pictures are kept in the folder that STUDYHALL_SHOTS names, to be looked at.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests.rigs.browser import chromium
from tests.rigs.simcord_hall import Town, components_of, words

CHAPTER = datetime(2026, 9, 28, 15, tzinfo=UTC)
DRAWN = """([words, pictures]) => document.body.innerText.includes(words)
    && document.images.length >= pictures
    && [...document.images].every(image => image.complete && image.naturalWidth > 0)"""
"""Everything is there: what is kept to be looked at is whole."""

SIZE = {"width": 760, "height": 1_000}


def kept(name: str, picture: bytes) -> None:
    folder = os.environ.get("STUDYHALL_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"discord-{name}.png").write_bytes(picture)


async def looked_at(
    town: Town, browser: Browser, who: str, name: str, words: str, pictures: int = 0
) -> None:
    """What a viewer sees of the channel; these words and so many pictures are to be seen."""
    viewer = town.people[who]
    async with town.env.preview(
        town.study, viewers=[viewer], layout="channel", width=760, height=1_000
    ) as preview:
        page = await browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        await page.goto(preview.url)
        await page.wait_for_function(DRAWN, arg=[words, pictures])
        kept(name, await page.screenshot(full_page=True))
        await page.close()


async def test_a_chapter_a_challenge_and_its_feedback_in_discords_look(town: Town) -> None:
    path = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        await town.says("mia", "series start")
        await looked_at(town, browser, "mia", "start", "Start a series here?")
        await town.presses("mia", "Start")
        await town.until(CHAPTER)
        await looked_at(town, browser, "ada", "chapter", "Before you read on", 1)
        post = next(m for m in town.posted() if "Week 1 ·" in words(components_of(m)))
        await town.presses("ada", "It goes up", post)
        await town.says("ada", "study challenge")
        await town.presses("ada", "Skip")
        await looked_at(town, browser, "ada", "challenge", "Challenge 2 of 4", 1)
        await town.presses("ada", "Answer")
        await town.fills_in("ada", "0.69", "0.2", "0.1")
        await looked_at(town, browser, "ada", "feedback", "of the fall was over", 1)
        await browser.close()
