"""Which chapter `studyhall preview` shows: found on the shelf, as it lies on the disk now.

Knows no store and no screen. Invariant: the text that is shown has no mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.library import Library
from lessons.curriculum import Chapter, Series
from lessons.preview import Scene
from lessons.preview import scenes as scenes_of


class NoChapter(Exception):
    """There is no such chapter, or its text is wrong; in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which chapter an author wants to see, and how."""

    chapter: str
    series: str = ""
    path: Path | None = None
    challenges: bool = False
    seed: int = 1


def library_of(asked: Asked) -> Library:
    """The shelf to look on. Not read yet."""
    return Library(() if asked.path is None else (asked.path,), shipped=asked.path is None)


def scenes(asked: Asked, library: Library, space: str) -> tuple[Scene, ...]:
    """The chapter as it lies on the disk now. Blocks: reads files and trains. Raises NoChapter."""
    chapter = find(asked, library)
    return scenes_of(chapter, asked.seed, space, challenges=asked.challenges)


def find(asked: Asked, library: Library) -> Chapter:
    """The chapter that is meant. Reads the shelf again. Raises NoChapter."""
    shelf = library.reload()
    if shelf.mistakes:
        raise NoChapter("\n".join(map(str, shelf.mistakes)))
    offered = [one for one in shelf.series.values() if asked.series in ("", one.slug)]
    found = [
        chapter
        for one in offered
        for chapter in one.chapters
        if asked.chapter in (chapter.slug, str(chapter.number))
    ]
    if len(found) != 1:
        raise NoChapter(_which(asked.chapter, shelf.series.values(), several=len(found) > 1))
    return found[0]


def _which(named: str, shelf: Iterable[Series], *, several: bool) -> str:
    known = "\n".join(
        f"  {one.slug}: {chapter.number} ({chapter.slug})"
        for one in shelf
        for chapter in one.chapters
    )
    what = "Several series have a chapter" if several else "There is no chapter"
    return f"{what} {named}. Name one of these, with --series where there are several:\n{known}"
