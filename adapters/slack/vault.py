"""Encryption of tokens where they are kept, with keys that can be changed.

Knows no record and no request. Invariant: nothing that was opened shows in a repr.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from adapters.port import CannotConnect


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of an installation; all of it is encrypted where it is kept."""

    team: str
    token: str
    bot_user: str
    refresh: str = ""
    ends_at: int = 0
    """Seconds UTC; 0 for a token that does not end."""

    def __repr__(self) -> str:
        return f"Kept({self.team})"


class Unreadable(Exception):
    """No key opens what is kept of a workspace, or it is damaged."""


class Vault:
    """Encrypts with the first key and opens with any of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        try:
            ciphers = [Fernet(key) for key in keys]
            self._first, self._any = ciphers[0], MultiFernet(ciphers)
        except (ValueError, IndexError):
            raise CannotConnect(
                "Slack: STUDYHALL_SLACK_TOKEN_KEY holds no key that tokens can be encrypted with."
            ) from None

    def sealed(self, kept: Kept) -> str:
        """What may lie on a disk."""
        return self._first.encrypt(msgspec.json.encode(kept)).decode("ascii")

    def opened(self, team: str, sealed: str) -> Kept:
        """What was sealed for this team. Raises Unreadable."""
        try:
            kept = msgspec.json.decode(self._any.decrypt(sealed), type=Kept)
        except (InvalidToken, ValueError, msgspec.MsgspecError):
            raise Unreadable from None
        if kept.team != team:
            raise Unreadable
        return kept

    def is_current(self, sealed: str) -> bool:
        """Whether the first key opens it."""
        try:
            self._first.decrypt(sealed)
        except (InvalidToken, ValueError):
            return False
        return True
