"""Settings: environment over file over defaults, and a mistake stops the start with words.

Knows no machine: environments are dictionaries, homes are temporary folders.
Invariant: no test reads the environment that runs it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import FILE, NEW_KEY, BadSettings, Settings, default_home, load


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


# -- Slack ----------------------------------------------------------------------------------------

KEY = "zSpTq5Lb0s7D8nIuZbPpX9m1V9fTg6r5c3k2a1y0w8Q="
SOCKET = {"STUDYHALL_SLACK_BOT_TOKEN": "xoxb-1", "STUDYHALL_SLACK_APP_TOKEN": "xapp-1"}
ONE = {
    "STUDYHALL_SLACK_TRANSPORT": "http",
    "STUDYHALL_SLACK_BOT_TOKEN": "xoxb-1",
    "STUDYHALL_SLACK_SIGNING_SECRET": "s",
}
MANY = {
    "STUDYHALL_SLACK_TRANSPORT": "http",
    "STUDYHALL_SLACK_SIGNING_SECRET": "s",
    "STUDYHALL_SLACK_CLIENT_ID": "1.2",
    "STUDYHALL_SLACK_CLIENT_SECRET": "c",
    "STUDYHALL_SLACK_TOKEN_KEY": KEY,
}


def test_without_any_word_of_it_there_is_no_slack(tmp_path: Path) -> None:
    found = load({"STUDYHALL_SLACK_CONNECTIONS": "2", "STUDYHALL_SLACK_HISTORY": "true"}, tmp_path)
    assert not found.slack
    assert (found.slack_transport, found.slack_api) == ("socket", "https://slack.com/api/")


@pytest.mark.parametrize("told", [SOCKET, ONE, MANY])
def test_slack_has_three_ways_in(tmp_path: Path, told: dict[str, str]) -> None:
    assert load(told, tmp_path).slack


@pytest.mark.parametrize(
    ("told", "left_out"),
    [(told, name) for told in (SOCKET, ONE, MANY) for name in told],
)
def test_each_way_into_slack_says_what_it_lacks(
    tmp_path: Path, told: dict[str, str], left_out: str
) -> None:
    with pytest.raises(BadSettings, match="STUDYHALL_SLACK_"):
        load({name: value for name, value in told.items() if name != left_out}, tmp_path)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({**SOCKET, "STUDYHALL_SLACK_BOT_TOKEN": "xoxp-1"}, r"BOT_TOKEN does not begin with xoxb-"),
        ({**SOCKET, "STUDYHALL_SLACK_APP_TOKEN": "xoxb-1"}, r"APP_TOKEN does not begin with xapp-"),
        ({**SOCKET, "STUDYHALL_SLACK_CONNECTIONS": "0"}, "slack_connections"),
        ({**SOCKET, "STUDYHALL_SLACK_CONNECTIONS": "11"}, "slack_connections"),
        ({**SOCKET, "STUDYHALL_SLACK_CONNECTIONS": "two"}, "slack_connections"),
        ({**SOCKET, "STUDYHALL_SLACK_HISTORY": "perhaps"}, "slack_history"),
        ({**SOCKET, "STUDYHALL_SLACK_TRANSPORT": "pigeon"}, "slack_transport"),
        ({**SOCKET, "STUDYHALL_SLACK_API": "http://slack.com/api/"}, "https://"),
        ({**SOCKET, "STUDYHALL_SLACK_API": "slack.com"}, "https://"),
        ({**MANY, "STUDYHALL_SLACK_BOT_TOKEN": "xoxb-1"}, "for one workspace"),
        ({**MANY, "STUDYHALL_SLACK_TOKEN_KEY": "secretive"}, "python3 -c"),
        ({**MANY, "STUDYHALL_SLACK_TOKEN_KEY": KEY[:-1]}, "python3 -c"),
        ({**MANY, "STUDYHALL_SLACK_TOKEN_KEY": f"{KEY},\u00e9"}, "python3 -c"),
    ],
)
def test_a_setting_of_slack_that_can_not_be_right_stops_the_start(
    tmp_path: Path, told: dict[str, str], words: str
) -> None:
    with pytest.raises(BadSettings, match=words) as caught:
        load(told, tmp_path)
    assert "secretive" not in str(caught.value)


def test_keys_are_separated_by_commas_and_numbers_are_read_from_text(tmp_path: Path) -> None:
    told = {**MANY, "STUDYHALL_SLACK_TOKEN_KEY": f" {KEY}, {KEY},"}
    assert load(told, tmp_path).slack_keys == (KEY, KEY)
    assert load({**SOCKET, "STUDYHALL_SLACK_CONNECTIONS": "2"}, tmp_path).slack_connections == 2
    write(tmp_path, "slack_connections = 3\nslack_history = true\n")
    assert load(SOCKET, tmp_path).slack_connections == 3
    assert load(SOCKET, tmp_path).slack_history


def test_the_printed_command_makes_a_key_that_is_taken(tmp_path: Path) -> None:
    made = subprocess.run(
        ["bash", "-c", NEW_KEY.replace("python3", sys.executable)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    told = {**MANY, "STUDYHALL_SLACK_TOKEN_KEY": made.stdout.strip()}
    assert load(told, tmp_path).slack_keys == (made.stdout.strip(),)


def test_slack_on_this_machine_needs_no_encryption(tmp_path: Path) -> None:
    told = {**SOCKET, "STUDYHALL_SLACK_API": "http://127.0.0.1:8000/api/"}
    assert load(told, tmp_path).slack_api == "http://127.0.0.1:8000/api/"
