"""A study hall as its own process, and a real browser that looks at it.

Knows no page's inside. Where a test needs what this machine lacks - Chromium, axe-core - it is
skipped with the reason; in CI it fails. Invariant: whatever is started here is ended here.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Response, expect, sync_playwright

from tests.rigs.lacking import lacking

ROOT = Path(__file__).parents[2]
WITHIN_S = 40.0
PATIENCE_MS = 30_000  # a busy machine is slow; a page that waits for ever still fails
expect.set_options(timeout=PATIENCE_MS)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """The browser of this machine."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        lacking("there is no Chromium on this machine: on Debian, apt install chromium")
    return found


def axe() -> str:
    """The text of axe-core, which checks pages for what keeps people out."""
    place = os.environ.get("STUDYHALL_AXE", "")
    if not place or not Path(place).is_file():
        lacking("STUDYHALL_AXE does not name axe.min.js; npm install axe-core brings it")
    return Path(place).read_text("utf-8")


@contextlib.contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a window."""
    place = chromium()
    with sync_playwright() as playwright:
        # Who builds in a container is root there, and Chromium's own sandbox then does not start;
        # it is only shown pages of this machine.
        browser = playwright.chromium.launch(executable_path=place, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@dataclass
class Server:
    """`studyhall try`, or another command that serves a page, as a process of its own."""

    home: Path
    command: tuple[str, ...] = ("try",)
    host: str = "127.0.0.1"
    port: int = field(default_factory=free_port)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has written so far."""
        return (self.home / "log.txt").read_text("utf-8")

    def start(self) -> None:
        """Start it, and wait until somebody can come in."""
        self.home.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if "STUDYHALL" not in name}
        told = {
            "STUDYHALL_HOME": str(self.home / "hall"),
            "STUDYHALL_WEB": f"{self.host}:{self.port}",
            "PYTHONPATH": str(ROOT),
            **self.settings,
        }
        with (self.home / "log.txt").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", *self.command],
                env={**kept, **told},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.05)
        self.end()
        raise AssertionError(f"the page did not open:\n{self.log}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(WITHIN_S)

    def end(self) -> int:
        """End it as an operator does; its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@dataclass
class Visitors:
    """Opens pages, and notes what went wrong in any of them."""

    browser: Browser
    wrong: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, address: str, **settings: Any) -> Page:
        """A page in a browser of its own. `settings` are those of a Playwright context."""
        told = {"viewport": {"width": 1280, "height": 900}, "timezone_id": "Europe/Berlin"}
        context = self.browser.new_context(**{**told, **settings})
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        return self.beside(context, address)

    def beside(self, context: BrowserContext, address: str) -> Page:
        """Another page of the same browser."""
        page = context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("response", self._answered)
        page.goto(address)
        return page

    def _note(self, kind: str, words: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(f"{kind}: {words}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.wrong.append(f"{answer.status}: {answer.url}")

    def close(self) -> None:
        for context in self.contexts:
            context.close()


# -- what people do -------------------------------------------------------------------------------


def press(page: Page, label: str, within: str = "body", *, exact: bool = True) -> None:
    """Press the first button of that name, as soon as it can be seen."""
    page.locator(within).get_by_role("button", name=label, exact=exact).first.click()


def live(page: Page) -> None:
    """Wait until the page hears what is new."""
    page.locator("#state[data-state=live]").wait_for()


def start_series(mia: Page) -> None:
    """As the moderator: see the dates, confirm."""
    press(mia, "Show me the dates")
    press(mia, "Start", "#entries")
    mia.get_by_role("button", name="Next slot").and_(mia.locator(":enabled")).wait_for()


def next_slot(page: Page, title: str) -> None:
    """Move the clock, and wait for the post with that in its words."""
    press(page, "Next slot", "#clock", exact=False)
    page.locator("#feed .message", has_text=title).last.wait_for()
