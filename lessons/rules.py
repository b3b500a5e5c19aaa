"""Rules for what an author wrote that hold anywhere: lengths, addresses, names, texts.

Knows no chapter. Invariant: a rule yields what is wrong at its key, and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lessons.document import Picture, walk
from lessons.markdown import parse, parse_inline
from lessons.mistake import Mistake
from lessons.strict_toml import choices, nearest
from lessons.toml_lines import KeyPath, Lines

MAX_TITLE = 80  # a thread is called "Week 12: <title>", and Discord takes 100 characters
MAX_SENTENCE = 300
MAX_TEXT = 900  # a prompt, a hint, a reason: no longer than a card
MAX_ADDRESS = 1_000  # it is shown whole, and one that is longer than a message can't be cut
MAX_ID = 60
MAX_IMAGE_BYTES = 8 * 1024 * 1024  # Discord takes 10 MiB
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif")

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:[/?#][^\s<>\"]*)?")


def words(lines: Lines, key: KeyPath, text: str, most: int) -> Iterator[Mistake]:
    """One line, not empty, of at most `most` characters."""
    name = key[-1]
    if not text.strip():
        yield lines.mistake(key, f'"{name}" is empty', "write it, or take the key out")
    elif "\n" in text:
        yield lines.mistake(key, f'"{name}" has more than one line', "write it on one line")
    elif len(text) > most:
        what = f'"{name}" has {len(text)} characters'
        yield lines.mistake(key, what, f"shorten it to at most {most}")
    yield from inline(lines, key, text)


def inline(lines: Lines, key: KeyPath, text: str) -> Iterator[Mistake]:
    """Markdown without blocks in a TOML text."""
    yield from parse_inline(text, path=lines.path, line=lines.text_line(*key))[1]


def markdown(lines: Lines, key: KeyPath, text: str, images: Mapping[str, int]) -> Iterator[Mistake]:
    """Markdown in a TOML text; its mistakes are placed in the lines of the file."""
    first_line = lines.text_line(*key)
    if len(text) > MAX_TEXT:
        what = f'"{key[0]}" has a text of {len(text)} characters'
        yield lines.mistake(key, what, f"shorten it to at most {MAX_TEXT}")
    document, found = parse(text, path=lines.path, first_line=first_line)
    yield from found
    for block in walk(document.blocks):
        if isinstance(block, Picture):
            yield from picture(lines.path, first_line + row_of(block, text), block, images)


def row_of(shown: Picture, text: str) -> int:
    """The row of the text that shows the picture, from 0."""
    rows = text.split("\n")
    return next((row for row, line in enumerate(rows) if f"]({shown.path}" in line), 0)


def picture(path: str, line: int, shown: Picture, images: Mapping[str, int]) -> Iterator[Mistake]:
    """A picture file that is there, and that every platform takes."""
    if shown.path not in images:
        by_name = {path.rpartition("/")[2]: path for path in images}
        meant = nearest(shown.path.rpartition("/")[2], tuple(by_name))
        todo = (
            f'did you mean "{by_name[meant]}"?' if meant else "put the file into the folder images"
        )
        yield Mistake(path, line, f"there is no picture {shown.path}", todo)
        return
    if not shown.path.lower().endswith(IMAGE_ENDINGS):
        what = f"not every platform shows {shown.path}"
        yield Mistake(path, line, what, "save it as png, jpg or gif")
    if images[shown.path] > MAX_IMAGE_BYTES:
        what = f"{shown.path} is larger than {MAX_IMAGE_BYTES // 1024 // 1024} MiB"
        yield Mistake(path, line, what, "make it smaller; platforms refuse large files")


def address(lines: Lines, key: KeyPath, url: str) -> Iterator[Mistake]:
    """An address that a browser opens, or nothing at all."""
    if url and not _URL.fullmatch(url):
        what = f'"{url}" is not a web address'
        yield lines.mistake(key, what, "start it with https:// and leave out blanks")
    elif len(url) > MAX_ADDRESS:
        what = f"the address has {len(url)} characters"
        yield lines.mistake(key, what, f"use one of at most {MAX_ADDRESS}")


def instead(name: str, names: tuple[str, ...]) -> str:
    """What to write instead of a name that does not exist."""
    meant = nearest(name, names)
    return f'did you mean "{meant}"?' if meant else f"use {choices(names)}"


def slug(lines: Lines, key: KeyPath, name: str) -> Iterator[Mistake]:
    """A name for the store: small letters, digits and single hyphens."""
    if not SLUG.fullmatch(name):
        todo = f'use small letters, digits and hyphens, such as "{as_slug(name)}"'
        yield lines.mistake(key, f'"{name}" cannot be an id', todo)
    elif len(name) > MAX_ID:
        yield lines.mistake(
            key, f"the id has {len(name)} characters", f"shorten it to at most {MAX_ID}"
        )


def as_slug(name: str) -> str:
    """The nearest name that `slug` takes."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:MAX_ID].strip("-") or "first-loss"
