"""What `studyhall check PATH` prints, and its exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

import lessons.generators
from bot.checking import check
from bot.library import shipped_series
from tests.lessons.series_text import CHAPTER, FIRST, HEADER

TWENTY = Path(__file__).parent / "twenty-mistakes"


def write(folder: Path, **changed: str) -> Path:
    """The small series in a folder."""
    folder.mkdir()
    (folder / "series.toml").write_text(changed.get("header", HEADER))
    (folder / FIRST).write_text(changed.get("chapter", CHAPTER))
    return folder


def test_twenty_kinds_of_mistakes_are_all_reported_each_with_what_to_do() -> None:
    report = check(TWENTY)
    assert report.lines == (
        '01-first-look.md:2: unknown key "titel" in the front matter; did you mean "title"?',
        '01-first-look.md:5: "short" must be true or false, not text; write short = true',
        "01-first-look.md:7: 2 bullets in short; write exactly three",
        '01-first-look.md:11: the card "What is left out" has 941 characters; '
        "shorten it to at most 900, or make two of it",
        "01-first-look.md:15: raw HTML: <br>; "
        "use Markdown, or put it between `backticks` to show it",
        "01-first-look.md:17: a picture has no alt text; "
        "say between the brackets what one sees: ![a curve that falls](...)",
        "01-first-look.md:20: a footnote [^1]; say it in the text, or write \\[ for a bracket",
        "01-first-look.md:22: there is no picture images/harbor.png; "
        'did you mean "images/harbour.png"?',
        "02-scale.md:23: a value that is not TOML in this question; "
        'put text in "quotes"; numbers, true and false stand alone',
        '02-scale.md:26: the id "centimetre" is taken: 01-first-look.md:39; '
        "choose another; ids are unique in a series",
        '02-scale.md:36: there is no kind "numerical"; did you mean "numeric"?',
        '02-scale.md:49: there is no generator "w01.first_los"; did you mean "w01.first_loss"?',
        "02-scale.md:58: a bare tolerance of 0.05 can be read in two ways; "
        "write { absolute = 0.05 } or { relative = 0.03 }",
        '03-north.md:24: the answer "North" is not one of the options; '
        "copy the right option's text, letter by letter",
        '03-north.md:27: "The east, which is where the s..." has 80 characters; '
        "shorten it to at most 75",
        '03-north.md:30: the wrong option "The south" has no feedback; '
        "say why it is wrong, in `feedback`",
        "03-north.md:51: the challenge block is opened but not closed; "
        "write ``` on a line of its own where it ends",
        "05-blank-spots.md:1: this is chapter 5, but there is no chapter 4; "
        "renumber the files without a gap",
        "05-blank-spots.md:52: text after a challenge belongs to no card; "
        "move it up into a card, or give it a heading of its own",
        'series.toml:1: "license" is missing in series.toml; add license = "..."',
        "20 mistakes in 5 files",
    )
    assert report.exit_code == 1


def test_a_series_without_mistakes_is_counted(tmp_path: Path) -> None:
    report = check(write(tmp_path / "maps"))
    assert report.lines == (
        "No mistakes: 1 series, 1 chapter, 1 question, 2 challenges (numeric 1, order 1)",
    )
    assert report.exit_code == 0


def test_the_shipped_series_passes() -> None:
    report = check(shipped_series())
    assert report.exit_code == 0, report.lines


def test_a_folder_of_series_is_checked_whole_and_says_which(tmp_path: Path) -> None:
    write(tmp_path / "maps")
    write(tmp_path / "more-maps", header=HEADER.replace("license", "licence"))
    (tmp_path / "not-a-series").mkdir()
    report = check(tmp_path)
    assert report.lines == (
        'more-maps/series.toml:3: unknown key "licence" in series.toml; did you mean "license"?',
        "1 mistake in 1 file",
    )
    assert report.exit_code == 1


def test_a_path_that_is_no_series_has_an_exit_code_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("hello")
    for path, words in (
        (tmp_path, "there is no series here; a series is a folder with a series.toml"),
        (tmp_path / "notes.md", "this is a file; give the folder of the series"),
        (tmp_path / "gone", "there is no such folder; give the folder of a series"),
    ):
        report = check(path)
        assert report.lines == (f"{path}: {words}",)
        assert report.exit_code == 2


def test_a_generator_that_breaks_is_a_mistake_at_its_challenge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(rng: object) -> object:
        raise ValueError("no draw in 40")

    made = lessons.generators.Generator("order", broken)  # type: ignore[arg-type]
    monkeypatch.setattr(
        lessons.generators, "GENERATORS", {**lessons.generators.GENERATORS, "x.broken": made}
    )
    monkeypatch.setattr("lessons.items.GENERATORS", lessons.generators.GENERATORS)
    items = 'items = ["1 : 1 000", "1 : 25 000", "1 : 1 000 000"]'
    folder = write(tmp_path / "maps", chapter=CHAPTER.replace(items, 'generator = "x.broken"'))
    report = check(folder)
    assert report.lines == (
        f'{FIRST}:43: "small-to-large" cannot be posed with seed 1 (no draw in 40); '
        "correct the block, or its generator",
        "1 mistake in 1 file",
    )
