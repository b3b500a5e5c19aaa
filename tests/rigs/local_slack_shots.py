"""Looks at people's screens during a week in a Slack on this machine, and keeps pictures.

local-slack's own page draws neither rich text nor uploaded pictures, so what it keeps is drawn by
slack_drawn and photographed with this machine's Chromium. Knows no part of the service.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.async_api import Page, ViewportSize, async_playwright

from tests.rigs import slack_drawn
from tests.rigs.browser import chromium
from tests.rigs.local_slack import BOT_TOKEN, LocalSlack
from tests.rigs.local_slack_disguises import user_id
from tests.rigs.slack_sight import Message, View

WIDE = ViewportSize(width=1280, height=900)


@dataclass
class Camera:
    """Takes a picture of a message with what stands around it, of a window or of a Home."""

    slack: LocalSlack
    page: Page
    folder: Path
    files: dict[str, str] = field(default_factory=dict)

    async def look(
        self,
        name: str,
        who: str,
        at: Message | View,
        errors: Mapping[str, str] | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """What this person sees now, as NAME.png."""
        await self._load_files(at)
        if isinstance(at, Message):
            shown = [one for one in await self.slack.messages() if self._sees(who, one, at)]
            for one in shown:
                await self._load_files(one)
            drawn = slack_drawn.channel("Thread" if _inside(at) else "# study", shown, self._file)
        elif at.body.get("type") == "home":
            drawn = slack_drawn.home(at, self._file)
        else:
            drawn = slack_drawn.window(at, self._file, errors or {}, typed or {})
        await self.page.set_content(drawn, wait_until="load")
        await self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)

    def _sees(self, who: str, one: Message, at: Message) -> bool:
        if one.only_for not in (None, user_id(who)):
            return False
        if _inside(at):
            return at.thread in (one.thread, one.ts)
        return not _inside(one) and float(one.ts) >= float(at.ts)

    async def _load_files(self, at: Message | View) -> None:
        for block in at.blocks:
            file = block.get("slack_file", {}).get("id")
            if file is not None and file not in self.files:
                self.files[file] = await self._loaded(file)

    async def _loaded(self, file: str) -> str:
        door = self.slack.door
        address = f"{door.upstream}/api/files.info"
        async with door.http.get(address, params={"file": file}) as said:
            place = (await said.json())["file"]["url_private"]
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        async with door.http.get(place, headers=headers) as said:
            assert said.status == 200, (place, said.status)
            return f"data:image/png;base64,{base64.b64encode(await said.read()).decode()}"

    def _file(self, file: str) -> str:
        return self.files[file]


def _inside(one: Message) -> bool:
    return one.thread not in (None, one.ts)


@asynccontextmanager
async def looking(slack: LocalSlack, folder: Path) -> AsyncIterator[Camera]:
    """A camera whose pictures are kept in this folder."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox"]
        )
        try:
            yield Camera(slack, await browser.new_page(viewport=WIDE), folder)
        finally:
            await browser.close()
