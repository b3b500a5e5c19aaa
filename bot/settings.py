"""The configuration: environment over studyhall.toml over defaults.

Knows no component. Invariant: a setting that is misspelt or of the wrong type stops the start.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from bot.library import UnknownZone, zone

FILE: Final = "studyhall.toml"
PREFIX: Final = "STUDYHALL_"
LISTS: Final = {"series_path": ":", "web_names": ","}
"""Settings that hold several values, and what stands between them in a variable."""


class BadSettings(ValueError):
    """What is wrong in which setting, and where it was read."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that can be set. Names are the keys of the file and, in capitals, of the
    environment: `log` is STUDYHALL_LOG."""

    home: str
    log: Literal["human", "json"] = "human"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    series_path: tuple[str, ...] = ()
    zone: str = "UTC"
    web: str = "127.0.0.1:8484"
    web_names: tuple[str, ...] = ()
    discord_token: str = ""
    discord_transport: Literal["gateway", "http"] = "gateway"
    discord_public_key: str = ""
    discord_events: Literal["guilds", "none"] = "guilds"

    @property
    def database(self) -> Path:
        """The store's file."""
        return Path(self.home) / "studyhall.sqlite3"

    @property
    def hall(self) -> Path:
        """What the local study hall's channels keep."""
        return Path(self.home) / "hall"

    @property
    def page(self) -> Path:
        """What the channels of the web page keep."""
        return Path(self.home) / "page"

    @property
    def pictures(self) -> Path:
        """Pictures that were drawn; they can be thrown away at any time."""
        return Path(self.home) / "pictures"

    @property
    def web_address(self) -> tuple[str, int]:
        """Where the page listens. Raises ValueError if `web` is no address."""
        host, _, port = self.web.rpartition(":")
        if not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
            raise ValueError(self.web)
        return host.removeprefix("[").removesuffix("]"), int(port)

    @property
    def web_hosts(self) -> frozenset[str]:
        """The names under which the page may be opened: those told, and its own address."""
        host, _ = self.web_address
        return frozenset(name.lower() for name in (*self.web_names, host))


def load(environment: Mapping[str, str], home: Path | None = None) -> Settings:
    """The settings of this environment. `home` wins over STUDYHALL_HOME.

    Reads studyhall.toml in the home folder if there is one. Raises BadSettings.
    """
    folder = home or Path(environment.get(f"{PREFIX}HOME") or default_home(environment))
    try:
        folder = folder.expanduser()
    except RuntimeError as nobody:
        raise BadSettings(f"{PREFIX}HOME is {folder}, and there is no such user.") from nobody
    given = {**_file(folder / FILE), **_environment(environment), "home": str(folder)}
    try:
        settings = msgspec.convert(given, Settings)
        zone(settings.zone)
        _check_address(settings)
        _check_discord(settings)
    except UnknownZone as unknown:
        meant = f" Did you mean {' or '.join(unknown.nearest)}?" if unknown.nearest else ""
        raise BadSettings(
            f"{PREFIX}ZONE (or zone in {folder / FILE}) is {unknown.name}, and there is no such "
            f"time zone.{meant}"
        ) from None
    except msgspec.ValidationError as wrong:
        known = ", ".join(field for field in Settings.__struct_fields__ if field != "home")
        raise BadSettings(
            f"The settings can't be used: {wrong}. Look at {folder / FILE} and at the variables "
            f"that begin with {PREFIX}; known settings: {known}."
        ) from wrong
    return settings


def _check_address(settings: Settings) -> None:
    try:
        _ = settings.web_address
    except ValueError as wrong:
        raise BadSettings(
            f"{PREFIX}WEB is {wrong}, and that is no address. Write a host and a port, such as "
            "127.0.0.1:8484."
        ) from None


def _check_discord(settings: Settings) -> None:
    if settings.discord_transport == "http" and not settings.discord_public_key:
        raise BadSettings(
            f"{PREFIX}DISCORD_TRANSPORT is http, so {PREFIX}DISCORD_PUBLIC_KEY is needed: the "
            "Public Key on the app's first page in Discord's developer portal."
        )


def default_home(environment: Mapping[str, str]) -> Path:
    """Where the program keeps its things if nobody says: the user's data folder (XDG)."""
    data = environment.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "studyhall"


def _file(path: Path) -> dict[str, object]:
    try:
        if not path.is_file():
            return {}
        with path.open("rb") as file:
            given = tomllib.load(file)
    except OSError as closed:
        raise BadSettings(f"{path} can't be read: {closed.strerror}.") from closed
    except ValueError as wrong:  # bad TOML, or bytes that are no UTF-8
        raise BadSettings(f"{path} is not valid TOML: {wrong}.") from wrong
    if "home" in given:
        raise BadSettings(f"{path} lies in the home folder and can't name it: use {PREFIX}HOME.")
    return given


def _environment(environment: Mapping[str, str]) -> dict[str, object]:
    """Only names of settings are taken; other programs may use the same prefix.

    A name that is nearly a setting's is a slip. An empty variable is as good as none.
    """
    known = [name.upper() for name in Settings.__struct_fields__]
    for variable in environment:
        name = variable.removeprefix(PREFIX)
        if name != variable and name not in known:
            meant = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            if meant:
                raise BadSettings(
                    f"There is no setting {variable}. Did you mean {PREFIX}{meant[0]}?"
                )
    given: dict[str, object] = {}
    for name in Settings.__struct_fields__:
        value = environment.get(f"{PREFIX}{name.upper()}")
        if not value or name == "home":
            continue
        between = LISTS.get(name)
        given[name] = tuple(filter(None, value.split(between))) if between else value
    return given
