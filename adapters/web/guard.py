"""Who may talk to the page: by which name, from which page, with which key, how much at once.

Knows no lesson and no person's doings. A page on this machine can be reached by every page that
is open in the same browser, so nothing is taken on trust. Invariant: what is refused changes
nothing.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from aiohttp import web

from adapters.web.words import word

Role: TypeAlias = Literal["try", "member", "moderator"]
ROLES: Final[tuple[Role, ...]] = ("try", "member", "moderator")

MOST_BYTES: Final = 64 * 1024
"""A form with every field filled to the brim is smaller."""

LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
            " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "X-Content-Type-Options": "nosniff",
        # Without any referrer a browser sends "null" as the origin of a form that no script posts.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
)


class Refused(Exception):
    """The answer to a request that is not taken: its status, and words for a person."""

    def __init__(self, status: int, title: str, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.title = title
        self.words = words


@dataclass(frozen=True, slots=True)
class Pass:
    """What a visitor's cookie says: their role, and who they are once they have a name."""

    role: Role
    person: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything that is signed here, from one secret that outlives the process."""

    secret: bytes

    def key(self, role: Role) -> str:
        """What stands in the link that lets somebody in."""
        return self._sign("key", role)

    def role_of(self, key: str) -> Role | None:
        """The role that a key opens."""
        return next((role for role in ROLES if _same(self.key(role), key)), None)

    def cookie(self, given: Pass) -> str:
        """The pass as a signed cookie."""
        return f"{given.role}.{given.person}.{self._sign('pass', given.role, given.person)}"

    def read(self, cookie: str) -> Pass | None:
        """The pass that was signed; None for anything else."""
        role, _, rest = cookie.partition(".")
        person, _, signed = rest.rpartition(".")
        known = next((one for one in ROLES if one == role), None)
        if known is None or not _same(self._sign("pass", role, person), signed):
            return None
        return Pass(known, person)

    def token(self, person: str) -> str:
        """What every form of that person carries, and no other page can know."""
        return self._sign("form", person)

    def check_token(self, person: str, given: str) -> None:
        """Raises Refused for the token of another person, another hall or none."""
        if not _same(self.token(person), given):
            raise Refused(403, word("refused_title"), word("stale_form"))

    @property
    def hall(self) -> str:
        """Names this hall, so that a page of another one notices."""
        return self._sign("hall")[:8]

    def _sign(self, *words: str) -> str:
        message = "\n".join(words).encode()
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:32]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


@dataclass(frozen=True, slots=True)
class Guard:
    """`names` are the host names under which the page may be opened, beside this machine's own."""

    names: frozenset[str]

    def check(self, request: web.Request) -> None:
        """Raises Refused for a foreign name, a foreign page or a body that is far too large."""
        self._host(request)
        self._origin(request)
        if (request.content_length or 0) > MOST_BYTES:
            raise Refused(413, word("refused_title"), word("too_large"))

    def _host(self, request: web.Request) -> None:
        """A name that merely points to this machine is how foreign pages get in (rebinding)."""
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or _name(hosts[0]) not in self.names | LOCAL:
            known = ", ".join(sorted(self.names | LOCAL))
            raise Refused(421, word("refused_title"), word("wrong_host", names=known))

    def _origin(self, request: web.Request) -> None:
        """Whatever says that it comes from another page is refused, and who posts has to say.

        Only a plain visit may come from elsewhere: somebody has followed a link.
        """
        origin = request.headers.get("Origin")
        reading = request.method in ("GET", "HEAD")
        if origin is None:
            ours = reading
        else:
            scheme, _, place = origin.lower().partition("://")
            ours = scheme in ("http", "https") and place == request.headers["Host"].lower()
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        visiting = reading and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if not ours or (site not in ("same-origin", "none") and not visiting):
            raise Refused(403, word("refused_title"), word("wrong_origin"))


def _name(host: str) -> str:
    """The name in a Host header, without the port; "" if it can't be read."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""
