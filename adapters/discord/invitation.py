"""The link by which a moderator brings the app into a server, with the least rights it needs.

Knows no network. Invariant: no privileged intent and no right beyond the needed ones is asked for.
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import urlencode

from adapters.discord.markdown import is_id
from adapters.discord.rights import NEEDED

AUTHORIZE = "https://discord.com/oauth2/authorize"


class NoToken(ValueError):
    """What was given is no bot token."""


def application_of(token: str) -> str:
    """The app's id, which is the first part of its token. Raises NoToken."""
    first = token.strip().partition(".")[0]
    try:
        name = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        name = ""
    if not is_id(name):
        raise NoToken
    return name


def link(application: str) -> str:
    """Where to go to invite the app."""
    asked = {
        "client_id": application,
        "scope": "bot applications.commands",
        "permissions": str(NEEDED.value),
    }
    return f"{AUTHORIZE}?{urlencode(asked)}"
