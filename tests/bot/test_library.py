"""What the shelf takes, what it refuses, and what it keeps when a new version is broken."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from bot.folder import MAX_FILE_BYTES, read_folder
from bot.library import Library, UnknownZone, zone, zone_names
from lessons.build import content_hash
from tests.lessons.series_text import CHAPTER, FIRST, HEADER, SERIES


def write(folder: Path) -> Path:
    """The small series in a folder."""
    folder.mkdir(parents=True)
    (folder / "series.toml").write_text(HEADER)
    (folder / FIRST).write_text(CHAPTER)
    return folder


def said(library: Library) -> list[str]:
    return [str(mistake) for mistake in library.mistakes]


# -- the shelf ---------------------------------------------------------------------------------


def test_the_shipped_series_is_on_the_shelf() -> None:
    library = Library()
    assert "an-eye-for-deep-learning" in library.load().series
    assert said(library) == []


def test_a_series_folder_and_a_folder_of_them_both_work(tmp_path: Path) -> None:
    write(tmp_path / "many" / "maps")
    write(tmp_path / "many" / "charts")
    alone = write(tmp_path / "globes")
    library = Library((tmp_path / "many", alone), shipped=False)
    library.load()
    assert set(library.series) == {"maps", "charts", "globes"}
    assert library.series["maps"].content_hash == content_hash(SERIES)


def test_a_broken_new_version_leaves_the_last_good_one(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    library = Library((folder,), shipped=False)
    good = library.load().series["maps"]
    (folder / FIRST).write_text(CHAPTER.replace("title", "titel", 1))
    library.reload()
    assert library.series["maps"] is good
    assert said(library) == [
        f'{folder}/{FIRST}:2: unknown key "titel" in the front matter; did you mean "title"?'
    ]
    (folder / FIRST).write_text(CHAPTER.replace("What is left out", "Gone"))
    library.reload()
    assert library.series["maps"].chapters[0].title == "Gone"
    assert said(library) == []


def test_a_series_that_never_was_good_is_not_on_the_shelf(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (folder / "series.toml").unlink()
    library = Library((folder,), shipped=False)
    assert dict(library.load().series) == {}
    assert said(library)


def test_a_folder_that_is_gone_leaves_its_series_until_the_next_start(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    library = Library((tmp_path,), shipped=False)
    good = library.load().series["maps"]
    folder.rename(tmp_path / ".away")
    (tmp_path / ".away" / "series.toml").unlink()
    (tmp_path / ".away" / FIRST).unlink()
    library.reload()
    assert library.series["maps"] is good
    assert said(library) == [
        f"{tmp_path}:1: there is no series here; "
        "give a series' folder, or a folder of such folders",
        f"{folder}/series.toml:1: the folder is gone; its last good version goes on until the "
        "next start; put the folder back",
    ]


def test_two_series_of_one_name_are_refused_and_the_first_stays(tmp_path: Path) -> None:
    first = write(tmp_path / "one" / "maps")
    second = write(tmp_path / "two" / "maps")
    library = Library((first, second, first), shipped=False)
    library.load()
    assert set(library.series) == {"maps"}
    assert said(library) == [
        f'{second}/series.toml:1: the series "maps" is on the shelf already, from {first}; '
        "rename one of the two folders"
    ]


def test_a_place_without_a_series_is_named(tmp_path: Path) -> None:
    library = Library((tmp_path / "nowhere",), shipped=False)
    library.load()
    assert said(library) == [
        f"{tmp_path}/nowhere:1: there is no series here; "
        "give a series' folder, or a folder of such folders"
    ]


def test_a_picture_is_read_only_from_its_series(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(b"picture")
    (tmp_path / "secret.png").write_bytes(b"secret")
    library = Library((folder,), shipped=False)
    library.load()
    assert library.picture("maps/images/a.png") == b"picture"
    for path in ("images/b.png", "../secret.png", "images/../../secret.png", FIRST):
        with pytest.raises(KeyError):
            library.picture(f"maps/{path}")
    with pytest.raises(KeyError):
        library.picture("charts/images/a.png")


# -- files -------------------------------------------------------------------------------------


def test_a_link_may_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (tmp_path / "secret.md").write_text("secret")
    (folder / "02-secret.md").symlink_to(tmp_path / "secret.md")
    (folder / "03-nowhere.md").symlink_to(tmp_path / "nowhere.md")
    (folder / "images").symlink_to(tmp_path)
    found = read_folder(folder)
    assert set(found.files) == {"series.toml", FIRST}
    assert found.images == {}
    lines = [str(mistake) for mistake in found.mistakes]
    assert lines[:2] == [
        "02-secret.md:1: the link leads out of the series' folder; "
        "put a copy of the file itself here",
        "03-nowhere.md:1: the link leads nowhere; put the file itself here",
    ]
    assert any(line.startswith("images/secret.md:1: the link leads out") for line in lines)


def test_a_link_within_the_folder_is_followed(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (folder / "images").mkdir()
    (folder / "images" / "a.png").write_bytes(b"1234")
    (folder / "images" / "b.png").symlink_to("a.png")
    assert read_folder(folder).images == {"images/a.png": 4, "images/b.png": 4}


def test_a_file_that_is_no_text_is_refused_with_words(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (folder / "02-large.md").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    (folder / "03-marked.md").write_bytes(b"\xef\xbb\xbf" + CHAPTER.encode())
    (folder / "04-latin.md").write_bytes("one\ntwo\ncaf\xe9\n".encode("latin-1"))
    os.mkfifo(folder / "05-pipe.md")
    found = read_folder(folder)
    assert set(found.files) == {"series.toml", FIRST}
    assert [str(mistake) for mistake in found.mistakes] == [
        "02-large.md:1: the file is larger than 1 MiB; "
        "a chapter is a few pages; put pictures into images",
        '03-marked.md:1: the file begins with a byte-order mark; save it as "UTF-8" without BOM',
        '04-latin.md:3: this line is not UTF-8; save the file as "UTF-8"',
        "05-pipe.md:1: this is not a plain file; put a file here",
    ]


def test_line_ends_of_other_systems_give_the_same_series(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    (folder / FIRST).write_bytes(CHAPTER.replace("\n", "\r\n").encode())
    assert read_folder(folder).files == dict(SERIES)


def test_what_authors_keep_beside_a_series_is_left_alone(tmp_path: Path) -> None:
    folder = write(tmp_path / "maps")
    for name in ("README.md", "LICENSE.txt", "notes.md", ".draft.md", "sketch.svg"):
        (folder / name).write_text("not a chapter")
    assert set(read_folder(folder).files) == {"series.toml", FIRST}


# -- time zones --------------------------------------------------------------------------------


def test_a_zone_comes_from_the_package_whatever_the_machine_has() -> None:
    berlin = zone("Europe/Berlin")
    assert berlin is zone("Europe/Berlin")
    assert berlin.key == "Europe/Berlin"
    assert (
        datetime(2026, 7, 1, tzinfo=berlin).utcoffset()
        != datetime(2026, 1, 1, tzinfo=berlin).utcoffset()
    )


def test_every_zone_of_the_package_opens() -> None:
    assert len(zone_names()) > 500
    assert [zone(name).key for name in zone_names()] == list(zone_names())


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("berlin", "Europe/Berlin"),
        ("Europe/Berln", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("europe/paris", "Europe/Paris"),
    ],
)
def test_a_misspelt_zone_is_answered_with_the_nearest(wrong: str, meant: str) -> None:
    with pytest.raises(UnknownZone) as caught:
        zone(wrong)
    assert caught.value.name == wrong
    assert caught.value.nearest[0] == meant


@pytest.mark.parametrize(
    "wrong", ["", "../../etc/passwd", "/etc/localtime", "x" * 10_000, "Mars\0"]
)
def test_a_zone_that_is_no_name_opens_no_file(wrong: str) -> None:
    with pytest.raises(UnknownZone):
        zone(wrong)


def test_a_folder_that_may_not_be_looked_into_hides_none_of_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "maps")
    closed = tmp_path / "lost+found"
    closed.mkdir()
    looks_into = Path.iterdir

    def iterdir(self: Path) -> Iterator[Path]:
        if self == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return looks_into(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    shelf = Library((tmp_path,), shipped=False).reload()
    assert list(shelf.series) == ["maps"]
    (mistake,) = shelf.mistakes
    assert (mistake.path, mistake.what) == (
        str(closed),
        "the folder can't be read (permission denied)",
    )
