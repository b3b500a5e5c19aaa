"""What `studyhall check PATH` says of a folder: every mistake, and whether its challenges work.

Knows no terminal; lines and an exit code come out. Invariant: exit code 0 only if a series was
found, nothing is wrong in it, and every variant that was tried graded its own answers rightly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.folder import build_folder, series_in
from lessons.build import chapter_file
from lessons.chapter import Place
from lessons.curriculum import CardFigure, Series
from lessons.generators import draw, pose, rng_of
from lessons.kinds import KINDS, faults
from lessons.kinds.spec import Spec
from lessons.mistake import Mistake

SEEDS = range(1, 6)
# What a broken generator may raise; it must not hide the other mistakes.
BROKEN = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Report:
    """What to print, and the exit code: 0 fine, 1 mistakes, 2 there is no series to check."""

    lines: tuple[str, ...]
    exit_code: int


def check(path: Path) -> Report:
    """Check the series in a folder, or all the series in a folder of such folders.

    Also poses each challenge for a few seeds and lets it grade answers made for it, so it may
    take a few seconds. Blocks: not for the event loop.
    """
    try:
        folders = series_in(path)
        if not folders:
            return Report((_no_series(path),), 2)
        checked = [_check(folder, inside=folder != path) for folder in folders]
    except OSError as error:
        reason = (error.strerror or "unknown").lower()
        return Report((f"{error.filename or path}: can't be read ({reason})",), 2)
    mistakes = [mistake for _, found in checked for mistake in found]
    if not mistakes:
        return Report((_all_well([series for series, _ in checked if series]),), 0)
    files = {mistake.path for mistake in mistakes}
    summary = f"{_count(len(mistakes), 'mistake')} in {_count(len(files), 'file')}"
    return Report((*map(str, mistakes), summary), 1)


def _no_series(path: Path) -> str:
    if path.is_file():
        return f"{path}: this is a file; give the folder of the series"
    if not path.is_dir():
        return f"{path}: there is no such folder; give the folder of a series"
    return f"{path}: there is no series here; a series is a folder with a series.toml"


def _check(folder: Path, *, inside: bool) -> tuple[Series | None, tuple[Mistake, ...]]:
    built = build_folder(folder, folder.resolve().name)
    mistakes = built.mistakes
    if built.series is not None:
        mistakes = tuple(_unsound(built.series, built.places))
    if inside:
        mistakes = tuple(
            Mistake(f"{folder.name}/{each.path}", each.line, each.what, each.todo)
            for each in mistakes
        )
    return built.series, mistakes


def _unsound(series: Series, places: Mapping[str, Place]) -> Iterator[Mistake]:
    """Challenges that can't be posed, or that grade wrongly; figures that can't be drawn."""
    for chapter in series.chapters:
        for spec in (chapter.question, *chapter.challenges):
            place = places[spec.id]
            for seed in SEEDS:
                if fault := _fault(spec, seed, series.language):
                    yield Mistake(place.path, place.line, *fault)
                    break
        for card in chapter.cards:
            if card.figure and (fault := _undrawn(card.figure)):
                yield Mistake(chapter_file(chapter), 1, *fault)


def _fault(spec: Spec, seed: int, language: str) -> tuple[str, str] | None:
    try:
        found = faults(pose(spec, seed, language), rng_of(seed))
    except BROKEN as error:
        what = f'"{spec.id}" cannot be posed with seed {seed} ({error})'
        return what, "correct the block, or its generator"
    if found:
        return f'"{spec.id}" grades wrongly with seed {seed} ({found[0]})', "correct the block"
    return None


def _undrawn(figure: CardFigure) -> tuple[str, str] | None:
    try:
        draw(figure.generator, figure.seed)
    except BROKEN as error:
        what = f'the figure "{figure.generator}" cannot be drawn with seed {figure.seed} ({error})'
        return what, "take another seed, or correct the generator"
    return None


def _all_well(series: list[Series]) -> str:
    chapters = [chapter for each in series for chapter in each.chapters]
    kinds = Counter(spec.kind for chapter in chapters for spec in chapter.challenges)
    by_kind = ", ".join(f"{kind} {kinds[kind]}" for kind in KINDS if kinds[kind])
    return (
        f"No mistakes: {_count(len(series), 'series', 'series')}, "
        f"{_count(len(chapters), 'chapter')}, {_count(len(chapters), 'question')}, "
        f"{_count(kinds.total(), 'challenge')} ({by_kind})"
    )


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
