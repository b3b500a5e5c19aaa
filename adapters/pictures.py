"""Pictures that are uploaded to a platform beside a message: which one, its name, its words.

Knows no platform. Invariant: the same picture always has the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from adapters.port import Host

Source: TypeAlias = Literal["figure", "image", "maths"]


@dataclass(frozen=True, slots=True)
class Image:
    """A picture to upload: the figure of a digest, a file of the series or a formula."""

    source: Source
    what: str
    alt: str

    @property
    def name(self) -> str:
        """The same picture always has the same name, so that it need not be sent again."""
        digest = hashlib.sha256(f"{self.source}\n{self.what}".encode()).hexdigest()[:16]
        suffix = self.what.rpartition(".")[2].lower() if self.source == "image" else "png"
        return f"{digest}.{suffix if suffix in ('png', 'jpg', 'jpeg', 'gif') else 'png'}"

    def told(self, most: int, goes_on: Callable[[str], str]) -> tuple[str, str]:
        """What stands for the picture in at most so many characters, and what is left of it.

        `goes_on` says of a text that it goes on elsewhere, in a few characters more.
        """
        alt = self.alt.strip()
        if len(alt) <= most:
            return alt, ""
        room = most - len(goes_on(""))
        cut = alt.rfind(" ", 0, room) + 1 or room
        return goes_on(alt[:cut].rstrip()), alt[cut:]


async def drawn(host: Host, image: Image) -> bytes | None:
    """The picture itself; None if there is none. Raises what drawing it ends with."""
    match image.source:
        case "figure":
            return await host.picture(image.what)
        case "image":
            return await host.image(image.what)
        case "maths":
            return await host.maths(image.what)
        case _:
            assert_never(image.source)
