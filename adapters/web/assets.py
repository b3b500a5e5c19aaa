"""The style, the script and the icon, each under an address that changes with its content.

Knows no page. Invariant: what lies under an address never changes, so browsers keep it.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Final

TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@cache
def body(name: str) -> bytes:
    """The file's content. Reads the disk the first time. Raises FileNotFoundError."""
    return (resources.files("adapters.web") / "static" / name).read_bytes()


@cache
def address(name: str) -> str:
    """Where the page finds it: "/static/<digest>/page.css"."""
    return f"/static/{hashlib.sha256(body(name)).hexdigest()[:12]}/{name}"


NAMES: Final = ("page.css", "page.js", "preview.js", "icon.svg")


def load() -> None:
    """Read all of them now, so that nobody waits for the disk later."""
    for name in NAMES:
        address(name)
