"""`studyhall preview` in a browser: it follows what is saved, mistakes included."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.rigs import every_kind
from tests.rigs.browser import Server, Visitors, axe


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_preview_follows_the_file(tmp_path: Path, visitors: Visitors, scheme: str) -> None:
    place = every_kind.write(tmp_path / "shelf")
    chapter = place / "01-all-of-it.md"
    text = chapter.read_text("utf-8")
    server = Server(
        tmp_path / "desk", command=("preview", "1", "--path", str(place), "--challenges")
    )
    server.start()
    try:
        page = visitors.open(server.address, color_scheme=scheme)
        expect(page.locator("#state")).to_have_attribute("data-state", "live")
        expect(page.locator("main")).to_contain_text("A table and a formula")
        assert page.locator(".scene").count() > 4
        assert page.locator(".still button:enabled").count() == 0
        page.evaluate(axe())
        told = page.evaluate("axe.run()")
        grave = [
            one["id"] for one in told["violations"] if one["impact"] in ("serious", "critical")
        ]
        assert grave == []

        chapter.write_text(text.replace("A table and a formula", "A sheet and a sum"), "utf-8")
        expect(page.locator("main")).to_contain_text("A sheet and a sum")
        expect(page.locator("main")).not_to_contain_text("A table and a formula")

        chapter.write_text(text.replace("answer = 1000", 'answer = "many"'), "utf-8")
        expect(page.locator(".wrong")).to_contain_text("01-all-of-it.md")
        chapter.write_text(text, "utf-8")
        expect(page.locator("main")).to_contain_text("A table and a formula")
        expect(page.locator(".wrong")).to_have_count(0)
        visitors.close()  # a page that is still open would note that the server is gone
    finally:
        assert server.end() == 0
