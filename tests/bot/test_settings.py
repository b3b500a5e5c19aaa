"""Settings: environment over file over defaults, and a mistake stops the start with words.

Knows no machine: environments are dictionaries, homes are temporary folders.
Invariant: no test reads the environment that runs it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import FILE, BadSettings, Settings, default_home, load


def write(home: Path, text: str) -> None:
    (home / FILE).write_text(text, encoding="utf-8")


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert load({}, tmp_path) == Settings(home=str(tmp_path))
    assert load({}, tmp_path).database == tmp_path / "studyhall.sqlite3"
    assert load({}, tmp_path).hall == tmp_path / "hall"


def test_the_file_wins_over_defaults_and_the_environment_over_the_file(tmp_path: Path) -> None:
    write(tmp_path, 'log = "json"\nzone = "Europe/Berlin"\nlog_level = "debug"\n')
    found = load({"STUDYHALL_ZONE": "Asia/Tokyo"}, tmp_path)
    assert (found.log, found.log_level, found.zone) == ("json", "debug", "Asia/Tokyo")


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    write(tmp_path, 'zone = "Europe/Berlin"\n')
    found = load({"STUDYHALL_ZONE": "", "STUDYHALL_LOG": ""}, tmp_path)
    assert (found.zone, found.log) == ("Europe/Berlin", "human")


def test_the_home_comes_from_the_caller_the_environment_or_the_data_folder(tmp_path: Path) -> None:
    here, there = str(tmp_path / "here"), tmp_path / "there"
    assert load({"STUDYHALL_HOME": here}).home == here
    assert load({"STUDYHALL_HOME": here}, there).home == str(there)
    assert default_home({"XDG_DATA_HOME": "/data"}) == Path("/data/studyhall")
    assert default_home({}).parts[-3:] == (".local", "share", "studyhall")


def test_the_file_lies_in_the_home_and_can_not_name_another(tmp_path: Path) -> None:
    write(tmp_path, 'home = "/somewhere/else"\n')
    with pytest.raises(BadSettings, match="STUDYHALL_HOME"):
        load({}, tmp_path)


def test_the_series_path_is_a_list_in_the_file_and_colons_in_the_environment(
    tmp_path: Path,
) -> None:
    write(tmp_path, 'series_path = ["/a", "/b c"]\n')
    assert load({}, tmp_path).series_path == ("/a", "/b c")
    assert load({"STUDYHALL_SERIES_PATH": "/x::/y z:"}, tmp_path).series_path == ("/x", "/y z")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('zoone = "UTC"', "zoone"),
        ("zone = 3", "zone"),
        ('log = "loud"', "log"),
        ('series_path = "/a"', "series_path"),
        ("zone = ", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_stops_the_start_and_says_where(
    tmp_path: Path, text: str, words: str
) -> None:
    write(tmp_path, text)
    with pytest.raises(BadSettings, match=words) as caught:
        load({}, tmp_path)
    assert str(tmp_path / FILE) in str(caught.value)


def test_a_wrong_variable_stops_the_start_and_the_known_settings_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"log_level.*series_path.*zone"):
        load({"STUDYHALL_LOG_LEVEL": "shout"}, tmp_path)


def test_a_misspelt_variable_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"STUDYHALL_ZOONE.*STUDYHALL_ZONE"):
        load({"STUDYHALL_ZOONE": "UTC"}, tmp_path)


def test_variables_of_tests_and_of_other_programs_are_let_alone(tmp_path: Path) -> None:
    others = {"STUDYHALL_SPECS": "/specs", "STUDYHALLS": "x", "ZONE": "Asia/Tokyo"}
    assert load(others, tmp_path) == Settings(home=str(tmp_path))


def test_a_file_that_is_no_text_is_a_mistake_and_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'zone = "\xff"')
    with pytest.raises(BadSettings, match=FILE):
        load({}, tmp_path)
