"""The series on the shelf and the time zones: what is read from disk once, and again when told.

Knows no run and no store. Nothing here may be called on the event loop but `series`, `mistakes`
and `zone` of a name used before. Invariant: a series once good stays until a good one replaces it.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.folder import build_folder, read_folder, series_in
from lessons.build import HEADER, changed_ids
from lessons.curriculum import Series
from lessons.mistake import Mistake
from lessons.rules import MAX_IMAGE_BYTES


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one reading found: the series by slug, the folder of each, and what was wrong.

    The paths of the mistakes begin with the series' folder, so that a moderator can find them.
    """

    series: Mapping[str, Series]
    folders: Mapping[str, Path]
    mistakes: tuple[Mistake, ...]


Published: TypeAlias = Mapping[str, Collection[str]]
"""Of each series the ids that members have met, as `lessons.build.item_ids` writes them."""

_NOTHING: Published = MappingProxyType({})
_EMPTY = Shelf(MappingProxyType({}), MappingProxyType({}), ())


class Library:
    """The shipped series, and those of `series_path`: each a series' folder or a folder of such."""

    def __init__(self, series_path: tuple[Path, ...] = (), *, shipped: bool = True) -> None:
        self.places = (*((shipped_series(),) if shipped else ()), *series_path)
        self._shelf = _EMPTY

    @property
    def series(self) -> Mapping[str, Series]:
        """The series by slug, as of the last reading. Never blocks."""
        return self._shelf.series

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """What the last reading complained about. Never blocks."""
        return self._shelf.mistakes

    def reload(self, published: Published = _NOTHING) -> Shelf:
        """Read everything again, and put it on the shelf in one step.

        A new text that has lost an id that was `published` is a mistake like any other.

        A series whose new text has mistakes keeps its last good version, and so does one whose
        folder can't be read or is gone; each with a mistake that says so. Blocks on the disk and
        builds for up to a second: call it in a thread.
        """
        self._shelf = _read(self.places, self._shelf, published)
        return self._shelf

    load = reload

    def picture(self, name: str) -> bytes:
        """The bytes of a picture file by the path that its Picture has: `eye/images/pulse.png`.

        Blocks on the disk: call it in a thread. Raises KeyError if there is no such series, or no
        picture of that path in its folder now.
        """
        slug, _, path = name.partition("/")
        folder = self._shelf.folders[slug]
        if path not in read_folder(folder).images:
            raise KeyError(name)
        with (folder / path).open("rb") as file:
            return file.read(MAX_IMAGE_BYTES)


def shipped_series() -> Path:
    """The folder of the series that come with the program."""
    # The package is installed as plain files; a zip archive would not hold the pictures' paths.
    return Path(str(resources.files("lessons"))) / "series"


def _read(places: tuple[Path, ...], before: Shelf, published: Published) -> Shelf:
    series: dict[str, Series] = {}
    folders: dict[str, Path] = {}
    mistakes: list[Mistake] = []
    for folder in _series_folders(places, mistakes):
        slug = folder.resolve().name
        if slug in folders:
            if folders[slug].resolve() != folder.resolve():
                what = f'the series "{slug}" is on the shelf already, from {folders[slug]}'
                todo = "rename one of the two folders"
                mistakes.append(Mistake(f"{folder}/{HEADER}", 1, what, todo))
            continue
        folders[slug] = folder
        read = _build(slug, folder, published.get(slug, ()), mistakes)
        good = read or before.series.get(slug)
        if good is not None:
            series[slug] = good
    for slug in before.series.keys() - folders.keys():
        series[slug], folders[slug] = before.series[slug], before.folders[slug]
        what = "the folder is gone; its last good version goes on until the next start"
        mistakes.append(Mistake(f"{folders[slug]}/{HEADER}", 1, what, "put the folder back"))
    return Shelf(MappingProxyType(series), MappingProxyType(folders), tuple(mistakes))


def _series_folders(places: tuple[Path, ...], mistakes: list[Mistake]) -> Iterator[Path]:
    for place in places:
        try:
            found = series_in(place)
        except OSError as error:
            mistakes.append(_unreadable(place, error))
            continue
        if not found:
            todo = "give a series' folder, or a folder of such folders"
            mistakes.append(Mistake(str(place), 1, "there is no series here", todo))
        yield from found


def _build(
    slug: str, folder: Path, published: Collection[str], mistakes: list[Mistake]
) -> Series | None:
    try:
        built = build_folder(folder, slug)
    except OSError as error:
        mistakes.append(_unreadable(folder, error))
        return None
    lost = changed_ids(published, built.series) if built.series else ()
    mistakes += (
        Mistake(f"{folder}/{each.path}", each.line, each.what, each.todo)
        for each in (*built.mistakes, *lost)
    )
    return None if lost else built.series


def _unreadable(place: Path, error: OSError) -> Mistake:
    reason = (error.strerror or "unknown").lower()
    todo = "check that I may read it"
    return Mistake(str(place), 1, f"the folder can't be read ({reason})", todo)


# -- time zones --------------------------------------------------------------------------------


class UnknownZone(ValueError):
    """No time zone has that name. `nearest` are names that were probably meant, best first."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        super().__init__(f"unknown time zone {name!r}")
        self.name = name
        self.nearest = nearest


@functools.cache
def zone_names() -> tuple[str, ...]:
    """The names of all time zones, from the tzdata package."""
    return tuple(resources.files("tzdata").joinpath("zones").read_text("ascii").split())


@functools.cache
def zone(name: str) -> ZoneInfo:
    """The time zone of that name, always from the tzdata package; the same object every time.

    `ZoneInfo(name)` would take the machine's own rules first, and two machines that plan the same
    run must agree. `reset_tzpath(to=())` would change that for the whole process, and for
    nobody who had asked before; reading the file ourselves depends on no order. The price: such
    a zone can't be pickled or deep-copied, so hand names, not zones, to another process.
    Opens a file the first time a name is used. Raises UnknownZone.
    """
    if name not in zone_names():
        raise UnknownZone(name, _nearest_zones(name))
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


def _nearest_zones(name: str) -> tuple[str, ...]:
    """Names that look alike, or whose city does; "berlin" is enough for Europe/Berlin."""
    folded = "_".join(name.casefold().split())[:60]
    by_words: dict[str, list[str]] = {}
    for known in zone_names():
        for words in {known.casefold(), known.casefold().rpartition("/")[2]}:
            by_words.setdefault(words, []).append(known)
    close = difflib.get_close_matches(folded, by_words, n=3, cutoff=0.7)
    return tuple(dict.fromkeys(known for words in close for known in by_words[words]))[:3]
