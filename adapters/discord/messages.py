"""Pieces, pictures and buttons as the body of one Discord message, marked so that it is found.

Knows no request and no service. Invariant: every body forbids all pings but the one role that was
asked for, and a message that carries a mark is recognised by it whatever it consists of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from adapters.discord import controls, limits
from adapters.discord.controls import Draft
from adapters.discord.limits import Json
from adapters.discord.markdown import is_id
from adapters.discord.render import Drawing, Image, Piece, Words, below, in_words
from adapters.discord.wire import Upload
from adapters.port import Rejected
from lessons.posts import FieldError, Form

CONTAINER, TEXT, GALLERY = 17, 10, 12
V2: Final = 1 << 15
EPHEMERAL: Final = 1 << 6
ACCENT: Final = 0x2F6F8F
"""The colour of a post's edge; it says nothing."""

_FIRST_ID: Final = 1 << 28
_SECOND_ID: Final = 1 << 29


def _ids_of(mark: str) -> tuple[int, int]:
    """The mark as ids of two components: 56 bits, for messages with no button and no picture."""
    return _FIRST_ID + int(mark[:7], 16), _SECOND_ID + int(mark[7:14], 16)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A body and its files. `kept` names attachments of the message it replaces."""

    body: Json
    uploads: tuple[Upload, ...] = ()


def compose(
    pieces: Sequence[Piece],
    pictures: Mapping[Image, bytes | None],
    below_them: Sequence[Json] = (),
    *,
    mark: str = "",
    ping: str = "",
    private: bool = False,
    there: Mapping[str, str] | None = None,
) -> Outgoing:
    """One message. `there` has ids of attachments by name that need not be sent again.

    With a `mark` it is a post: framed, and found by the mark. Raises Rejected if it is too much.
    """
    shown: list[Json] = []
    attachments: dict[str, Json] = {}
    uploads: list[Upload] = []
    for piece in pieces:
        if isinstance(piece, Words) or pictures.get(piece) is None:
            if text := in_words(piece).strip("\n"):
                shown.append({"type": TEXT, "content": text})
            continue
        name = f"{mark}-{piece.name}" if mark else piece.name
        description = piece.description
        media: Json = {"media": {"url": f"attachment://{name}"}}
        if description:
            media["description"] = description
        shown.append({"type": GALLERY, "items": [media]})
        if small := below(piece):
            shown.append({"type": TEXT, "content": small})
        if name in attachments:
            continue
        if there and name in there:
            attachments[name] = {"id": there[name]}
            continue
        attachments[name] = {"id": len(uploads), "filename": name}
        if description:
            attachments[name]["description"] = description
        uploads.append(Upload(name, pictures[piece] or b"", description))
    body: Json = {
        "components": _framed([*shown, *below_them], mark) if mark else [*shown, *below_them],
        "flags": V2 | (EPHEMERAL if private else 0),
        "attachments": list(attachments.values()),
        "allowed_mentions": {"parse": []},
    }
    if is_id(ping):
        body["components"].insert(0, {"type": TEXT, "content": f"<@&{ping}>"})
        body["allowed_mentions"]["roles"] = [ping]
    if faults := limits.check(body):
        raise Rejected("; ".join(faults))
    return Outgoing(body, tuple(uploads))


def compose_form(
    form: Form,
    draft: Draft,
    drawing: Drawing,
    pictures: Mapping[Image, bytes | None],
    errors: Sequence[FieldError] = (),
    *,
    there: Mapping[str, str] | None = None,
) -> tuple[Outgoing, bool]:
    """A form over selects, and whether its prompt is in the same message.

    Where both are too much for one, or will be when more is locked, the form stands by itself.
    Raises Rejected if that is too much.
    """
    pieces = drawing.pieces(form.intro)
    below = controls.standing(form, draft, drawing, errors)
    later = controls.standing(form, controls.fullest(form), drawing)
    try:
        compose(pieces, pictures, later, private=True)
        return compose(pieces, pictures, below, private=True, there=there), True
    except Rejected:
        alone = controls.standing(form, draft, drawing, errors, brief=True)
        return compose([], {}, alone, private=True), False


def _framed(components: list[Json], mark: str) -> list[Json]:
    outer, inner = _ids_of(mark)
    first = {**components[0], "id": inner} if components else None
    inside = [first, *components[1:]] if first else []
    return [{"type": CONTAINER, "id": outer, "accent_color": ACCENT, "components": inside}]


def carries(message: Mapping[str, Any], mark: str) -> bool:
    """Whether a message that Discord gave back carries this mark."""
    if any(str(one.get("filename", "")).startswith(mark) for one in message["attachments"]):
        return True
    ids = set()
    for one in limits.everything(message.get("components", ())):
        ids.add(one.get("id"))
        if controls.mark_in(str(one.get("custom_id", ""))) == mark:
            return True
    return ids.issuperset(_ids_of(mark))
