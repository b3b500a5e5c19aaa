"""Reads the folder of one series from the disk, and nothing that is not in it.

Knows no TOML and no Markdown. Invariant: a file is read only if it is a plain file of bounded
size that really lies inside the folder; everything else is reported.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lessons.build import HEADER, Built, build
from lessons.mistake import Mistake

MAX_FILE_BYTES = 1024 * 1024
MAX_FILES = 400
IMAGES = "images"

_TEXT_ENDINGS = (".md", ".markdown", ".txt", ".toml")
# What authors keep beside a series and what is no chapter of it.
_BESIDE = ("readme", "license", "licence", "notes", "changelog", "contributing")


@dataclass(frozen=True, slots=True)
class Folder:
    """The texts and picture sizes of a series' folder, as `lessons.build.build` takes them."""

    files: Mapping[str, str]
    images: Mapping[str, int]
    mistakes: tuple[Mistake, ...]


def is_series(folder: Path) -> bool:
    """Whether it looks like a series: it has a series.toml, or a file numbered like a chapter.

    So does a folder that can't be looked into: whoever reads it then says that.
    """
    if not folder.is_dir():
        return False
    try:
        if (folder / HEADER).exists():
            return True
        return any(path.suffix == ".md" and path.name[:2].isdigit() for path in folder.iterdir())
    except PermissionError:
        return True


def series_in(place: Path) -> tuple[Path, ...]:
    """The series folder that `place` is, or those directly in it, by name. Empty if none."""
    if is_series(place):
        return (place,)
    if not place.is_dir():
        return ()
    return tuple(path for path in sorted(place.iterdir()) if is_series(path))


def read_folder(folder: Path) -> Folder:
    """Read the folder of a series. Blocks on the disk: not for the event loop.

    Line ends become a newline character alone. A file that can't be read is a mistake of that
    file; a folder that can't be listed raises OSError.
    """
    files: dict[str, str] = {}
    images: dict[str, int] = {}
    mistakes: list[Mistake] = []
    root = folder.resolve()
    paths = [path for path in sorted(folder.iterdir()) if _wanted(path)]
    pictures = folder / IMAGES
    if pictures.is_dir():
        paths += [path for path in sorted(pictures.iterdir()) if not path.name.startswith(".")]
    if len(paths) > MAX_FILES:
        todo = f"a series has at most {MAX_FILES}; take out what does not belong to it"
        mistakes.append(Mistake(HEADER, 1, f"the folder has {len(paths)} files", todo))
        paths = paths[:MAX_FILES]
    for path in paths:
        name = path.relative_to(folder).as_posix()
        refused = list(_refused(path, name, root))
        mistakes += refused
        if refused:
            continue
        if path.parent == pictures:
            images[name] = path.stat().st_size
            continue
        text = _text(path, name)
        if isinstance(text, Mistake):
            mistakes.append(text)
        else:
            files[name] = text
    return Folder(files, images, tuple(mistakes))


def build_folder(folder: Path, slug: str) -> Built:
    """Read and build the series in a folder; all mistakes of both, in order.

    Blocks like `read_folder`, and raises what it raises.
    """
    read = read_folder(folder)
    built = build(slug, read.files, read.images)
    if not read.mistakes:
        return built
    # What could not be read is not missing as well.
    unread = {mistake.path for mistake in read.mistakes}
    others = {each for each in built.mistakes if not (each.path in unread and each.line == 1)}
    wrong = sorted({*read.mistakes, *others}, key=lambda each: (each.path, each.line, each.what))
    return Built(None, tuple(wrong), built.places)


def _wanted(path: Path) -> bool:
    """A file that is, or was meant to be, a chapter or the header."""
    if path.name.startswith(".") or path.stem.lower() in _BESIDE:
        return False
    return path.suffix.lower() in _TEXT_ENDINGS and not path.is_dir()


def _refused(path: Path, name: str, root: Path) -> Iterator[Mistake]:
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        yield Mistake(name, 1, "the link leads nowhere", "put the file itself here")
        return
    if not real.is_relative_to(root):
        todo = "put a copy of the file itself here"
        yield Mistake(name, 1, "the link leads out of the series' folder", todo)
    elif not real.is_file():
        yield Mistake(name, 1, "this is not a plain file", "put a file here")


def _text(path: Path, name: str) -> str | Mistake:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        return Mistake(name, 1, f"the file can't be read ({reason})", "check its permissions")
    if len(content) > MAX_FILE_BYTES:
        what = f"the file is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB"
        return Mistake(name, 1, what, "a chapter is a few pages; put pictures into images")
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        what = "the file begins with a byte-order mark"
        return Mistake(name, 1, what, 'save it as "UTF-8" without BOM')
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Mistake(name, line, "this line is not UTF-8", 'save the file as "UTF-8"')
    return text.replace("\r\n", "\n").replace("\r", "\n")
