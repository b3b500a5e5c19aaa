"""A preview in the terminal.

Knows no page. Invariant: it is drawn by the same renderer as the study hall there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from adapters.terminal.messenger import SPACE
from adapters.terminal.screen import Screen, terminal
from bot.hall import CHANNEL
from bot.local import known_zone
from bot.preview import Asked, NoChapter, library_of, scenes
from lessons.document import Document
from lessons.figure import Figure, digest
from lessons.posts import Part, Post, Reply
from lessons.preview import READER, Shown


def show(asked: Asked) -> int:
    """Print the chapter; 0, or 1 with words if there is none like that or its text is wrong."""
    try:
        found = scenes(asked, library_of(asked), SPACE)
    except NoChapter as none:
        sys.stdout.write(f"{none}\n")
        return 1
    screen = terminal(known_zone)
    for scene in found:
        screen.scene(scene.title)
        for shown in scene.shown:
            _show(screen, shown)
    return 0


def _show(screen: Screen, shown: Shown) -> None:
    match shown:
        case Post(document, text, controls, figures):
            by_digest: Mapping[str, Figure] = {digest(figure): figure for figure in figures}
            screen.message(READER, Part(document, text, controls), f"#{CHANNEL}", by_digest)
        case Reply():
            screen.reply(READER, READER, shown)
        case Document():
            screen.document(shown, {})
