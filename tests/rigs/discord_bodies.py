"""What people are shown, as the bodies that Discord gets: made by the adapter, sent by nobody.

Knows the adapter's renderer and no request. Invariant: each is made as the adapter makes it, with
everything at its longest: known commands, pictures that are there, and pictures that are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeAlias

from adapters.discord import controls, limits
from adapters.discord.controls import Draft
from adapters.discord.markdown import Inlines
from adapters.discord.messages import compose, compose_form
from adapters.discord.render import Drawing, Image
from adapters.port import mark_of
from lessons.commands import COMMANDS
from lessons.document import Document
from lessons.fields import ChoiceField, ChoicesField, Field, MatchField, OrderField
from lessons.letters import on_one_line
from lessons.posts import Control, FieldError, Form, Part, Post, Reply, parts_of
from tests.rigs.walker import Shown

Body: TypeAlias = dict[str, Any]
Request: TypeAlias = tuple[str, str, Body]
"""Method, path and body."""

Look: TypeAlias = tuple[object, ...]

PIXEL: Final = b"\x89PNG"
ROLE: Final = "1" * 20
GUILD: Final = "9" * 20
CHANNEL: Final = "/channels/123456789012345678"
ANSWER: Final = "/interactions/123456789012345678/token/callback"
FOLLOW_UP: Final = "/webhooks/123456789012345678/token"
MESSAGE, EDIT, SUGGESTIONS, FORM = 4, 7, 8, 9

DRAWING: Final = Drawing(Inlines({command.path: "9" * 20 for command in COMMANDS}))


def pictures(document: Document, *, drawn: bool = True) -> dict[Image, bytes | None]:
    """The pictures of a document; `drawn`: they can be had."""
    found = [piece for piece in DRAWING.pieces(document) if isinstance(piece, Image)]
    return dict.fromkeys(found, PIXEL if drawn else None)


def body_of(part: Part, key: str, *, ping: str = ROLE, drawn: bool = True) -> Body:
    """The body of a post; a role is told of it."""
    mark = mark_of(key)
    made = compose(
        DRAWING.pieces(part.document),
        pictures(part.document, drawn=drawn),
        controls.rows(part.controls, mark, GUILD),
        mark=mark,
        ping=ping,
    )
    return {**made.body, "nonce": mark, "enforce_nonce": True}


def asked(form: Form, draft: Draft, errors: tuple[FieldError, ...] = ()) -> Body:
    """The body by which a form comes: a modal, or a message over selects."""
    if controls.opens(form):
        return {"type": FORM, "data": controls.modal(form, DRAWING)}
    shown, whole = compose_form(form, draft, DRAWING, pictures(form.intro), errors)
    return {"type": EDIT if whole else MESSAGE, "data": shown.body}


# -- everything ------------------------------------------------------------------------------------


def of_shown(shown: Shown) -> Iterator[Request]:
    """Whatever was shown, as requests; what looks the same but for its buttons' ids, once."""
    for part in {_look(part.document, part.controls): part for part in shown.posts}.values():
        yield from of_post(part)
    for reply in {_look_of(reply): reply for reply in shown.replies}.values():
        yield from of_reply(reply)
    for name in shown.threads:
        body: Body = {"name": on_one_line(name, limits.THREAD_NAME)}
        yield "POST", f"{CHANNEL}/messages/123456789012345678/threads", body
    for offered in shown.suggestions:
        choices = [{"name": one.label, "value": one.value} for one in offered]
        yield "POST", ANSWER, {"type": SUGGESTIONS, "data": {"choices": choices}}


def _look(document: Document, buttons: Iterable[Control]) -> Look:
    """What a person sees; ids all have one length."""
    return document, tuple((one.label, one.style, one.answers) for one in buttons)


def _look_of(reply: Reply) -> Look:
    post, form = reply.post, reply.form
    return (
        reply.edit,
        post and _look(post.document, post.controls),
        form and (form.title, form.intro, form.fields, reply.errors),
    )


def of_post(whole: Part) -> Iterator[Request]:
    """A post as the ledger cuts it; in a forum its first part is a post with a name."""
    said = Post(whole.document, whole.text, whole.controls)
    for place, part in enumerate(parts_of(said, limits.fits)):
        for drawn in (True, False) if pictures(part.document) else (True,):
            body = body_of(part, "key", ping=ROLE if place == 0 else "", drawn=drawn)
            yield "POST", f"{CHANNEL}/messages", body
            if place == 0:
                name = on_one_line(part.text, limits.THREAD_NAME)
                message = {k: v for k, v in body.items() if k not in ("nonce", "enforce_nonce")}
                yield "POST", f"{CHANNEL}/threads", {"name": name, "message": message}


def of_reply(reply: Reply) -> Iterator[Request]:
    """What one person gets: a message in as many parts as it takes, a form, or what was wrong."""
    if reply.form is not None:
        for draft in drafts(reply.form):
            yield "POST", ANSWER, asked(reply.form, draft, reply.errors)
    if reply.post is None:
        return
    for place, part in enumerate(parts_of(reply.post, limits.fits)):
        below = controls.rows(part.controls)
        for drawn in (True, False) if pictures(part.document) else (True,):
            shown = pictures(part.document, drawn=drawn)
            body = compose(DRAWING.pieces(part.document), shown, below, private=True).body
            if place == 0:
                kind = EDIT if reply.edit else MESSAGE
                yield "POST", ANSWER, {"type": kind, "data": body}
            else:
                yield "POST", FOLLOW_UP, body


def drafts(form: Form) -> Iterator[Draft]:
    """A form over selects with nothing, half and all of it chosen; linked fields one by one."""
    if controls.opens(form):
        yield {}
        return
    whole = [chosen for one in form.fields for chosen in _chosen(one)]
    for count in sorted({0, 1, 2, len(whole) // 2, len(whole)}):
        yield dict(whole[:count])


def _chosen(one: Field) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    match one:
        case ChoiceField(id=name, options=options):
            yield (name, "-"), (options[0].letter,)
        case ChoicesField(id=name, options=options):
            yield (name, "*"), tuple(option.letter for option in options)
        case OrderField(id=name, items=items):
            yield from (((name, str(n)), (item.letter,)) for n, item in enumerate(items))
        case MatchField(id=name, items=items, options=options):
            yield from (((name, str(n)), (options[0].letter,)) for n in range(len(items)))
        case _:
            return
