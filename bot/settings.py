"""The configuration: environment over studyhall.toml over defaults.

Knows no component. Invariant: a setting that is misspelt or of the wrong type stops the start.
"""

from __future__ import annotations

import base64
import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import msgspec

from bot.library import UnknownZone, zone

FILE: Final = "studyhall.toml"
PREFIX: Final = "STUDYHALL_"
LISTS: Final = {"series_path": ":", "web_names": ","}
"""Settings that hold several values, and what stands between them in a variable."""


SLACK_API: Final = "https://slack.com/api/"
NEW_KEY: Final = (
    "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)


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
    slack_transport: Literal["socket", "http"] = "socket"
    slack_bot_token: str = ""
    slack_app_token: str = ""
    slack_connections: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    slack_signing_secret: str = ""
    slack_client_id: str = ""
    slack_client_secret: str = ""
    slack_token_key: str = ""
    slack_history: bool = False
    slack_api: str = SLACK_API

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

    @property
    def slack(self) -> bool:
        """Whether anything was said of Slack."""
        return bool(
            self.slack_transport == "http"
            or self.slack_bot_token
            or self.slack_app_token
            or self.slack_signing_secret
            or self.slack_client_id
            or self.slack_client_secret
        )

    @property
    def slack_keys(self) -> tuple[str, ...]:
        """What tokens are encrypted with; the first encrypts, the others only open."""
        return tuple(filter(None, map(str.strip, self.slack_token_key.split(","))))


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
        # Not strict: a variable is text, also where a number is meant.
        settings = msgspec.convert(given, Settings, strict=False)
        zone(settings.zone)
        _check_address(settings)
        _check_discord(settings)
        _check_slack(settings)
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


def _check_slack(settings: Settings) -> None:
    _check_slack_api(settings.slack_api)
    for key in settings.slack_keys:
        if not _is_key(key):
            raise BadSettings(
                f"{PREFIX}SLACK_TOKEN_KEY holds something that is no key (its value is not shown "
                f"here). A new one is printed by: {NEW_KEY}. Several are separated by commas, the "
                "newest first."
            )
    if settings.slack:
        _check_slack_token(settings, "bot", "xoxb-", "OAuth & Permissions, Bot User OAuth Token")
        _check_slack_token(settings, "app", "xapp-", "Basic Information, App-Level Tokens")
        if settings.slack_transport == "socket":
            _check_slack_socket(settings)
        else:
            _check_slack_http(settings)


def _check_slack_api(api: str) -> None:
    parts = urlsplit(api)
    safe = parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost")
    if parts.scheme not in ("http", "https") or not parts.hostname or not safe:
        raise BadSettings(
            f"{PREFIX}SLACK_API is {api}, and tokens are sent only to an address that begins with "
            f"https:// (or to this machine). Leave it out for {SLACK_API}"
        )


def _is_key(key: str) -> bool:
    try:
        return len(key) == 44 and len(base64.b64decode(key, b"-_", validate=True)) == 32
    except ValueError:
        return False


def _check_slack_token(settings: Settings, kind: str, begin: str, where: str) -> None:
    token = settings.slack_bot_token if kind == "bot" else settings.slack_app_token
    if token and not token.startswith(begin):
        raise BadSettings(
            f"{PREFIX}SLACK_{kind.upper()}_TOKEN does not begin with {begin}, so it is another "
            f"kind of token. The right one is in the app's settings under {where}."
        )


def _check_slack_socket(settings: Settings) -> None:
    if not settings.slack_bot_token:
        raise BadSettings(
            f"{PREFIX}SLACK_BOT_TOKEN is needed: the Bot User OAuth Token (xoxb-...), in the app's "
            f"settings under OAuth & Permissions. For Slack over HTTP, set "
            f"{PREFIX}SLACK_TRANSPORT=http."
        )
    if not settings.slack_app_token:
        raise BadSettings(
            f"{PREFIX}SLACK_APP_TOKEN is needed for Socket Mode: an App-Level Token (xapp-...) "
            "with the scope connections:write, in the app's settings under Basic Information. For "
            f"Slack over HTTP, set {PREFIX}SLACK_TRANSPORT=http."
        )


def _check_slack_http(settings: Settings) -> None:
    if not settings.slack_signing_secret:
        raise BadSettings(
            f"{PREFIX}SLACK_TRANSPORT is http, so {PREFIX}SLACK_SIGNING_SECRET is needed: the "
            "Signing Secret, in the app's settings under Basic Information."
        )
    many = {
        "CLIENT_ID": settings.slack_client_id,
        "CLIENT_SECRET": settings.slack_client_secret,
        "TOKEN_KEY": settings.slack_token_key,
    }
    missing = [f"{PREFIX}SLACK_{name}" for name, value in many.items() if not value]
    if settings.slack_bot_token:
        if settings.slack_client_id or settings.slack_client_secret:
            raise BadSettings(
                f"{PREFIX}SLACK_BOT_TOKEN is for one workspace, {PREFIX}SLACK_CLIENT_ID and "
                f"{PREFIX}SLACK_CLIENT_SECRET are for many: take one or the others away."
            )
    elif missing:
        raise BadSettings(
            f"{PREFIX}SLACK_TRANSPORT is http, so {PREFIX}SLACK_BOT_TOKEN is needed for one "
            f"workspace; or, for many that install the app by themselves, "
            f"{' and '.join(missing)}. A key is printed by: {NEW_KEY}"
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
