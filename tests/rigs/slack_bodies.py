"""What people are shown, as the bodies that Slack gets: made by the adapter, sent by nobody.

Knows the adapter's renderer and no request. Invariant: each is made as the adapter makes it, with
pictures that are there and pictures that are not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from adapters.port import Suggestion, mark_of
from adapters.slack import commands, controls, sheets, views
from adapters.slack.limits import fits
from adapters.slack.markdown import Json
from adapters.slack.messages import Files, blocks_of, compose
from adapters.slack.render import Drawing, Image, Piece
from adapters.slack.views import Memory
from adapters.slack.words import word
from lessons.actions import ShowPrivacy
from lessons.commands import COMMANDS
from lessons.document import Document
from lessons.fields import ChoiceField, due, linked
from lessons.posts import Control, Form, Part, Post, Reply, parts_of
from tests.rigs.walker import Shown

Request: TypeAlias = tuple[str, dict[str, Any]]
"""Method and body."""

Look: TypeAlias = tuple[object, ...]

GROUP: Final = "S0123456789ABCDEFGHIJ"
CHANNEL: Final = "C0123456789ABCDEFGHIJ"
VIEW: Final = "V0123456789"
FILE: Final = "F0123456789ABCDEFGHIJ"


def files(pieces: Iterable[Piece], *, there: bool = True) -> Files:
    """The pictures among the pieces; `there`: they are uploaded."""
    found = [piece for piece in pieces if isinstance(piece, Image)]
    return dict.fromkeys(found, FILE if there else None)


def of_shown(shown: Shown) -> Iterator[Request]:
    """Whatever was shown, as requests; what looks the same but for its buttons' ids, once."""
    for part in {_look(part.document, part.controls): part for part in shown.posts}.values():
        yield from of_post(part)
    for reply in {_look_of(reply): reply for reply in shown.replies}.values():
        yield from of_reply(reply)
    yield from of_commands(shown.suggestions)


def _look(document: Document, buttons: Iterable[Control]) -> Look:
    """What a person sees; ids all have one length."""
    return document, tuple((one.label, one.style, one.answers) for one in buttons)


def _look_of(reply: Reply) -> Look:
    post, form = reply.post, reply.form
    return (
        post and _look(post.document, post.controls),
        form and (form.title, form.intro, form.fields, reply.errors),
    )


def of_post(whole: Part) -> Iterator[Request]:
    """A post as the ledger cuts it, in a channel or a thread; a group is told of it."""
    said = Post(whole.document, whole.text, whole.controls)
    mark = mark_of("key")
    for place, part in enumerate(parts_of(said, fits)):
        pieces = Drawing().pieces(part.document)
        below = controls.rows(part.controls)
        for shown in _both(pieces):
            body = compose(
                pieces,
                shown,
                below,
                first=part.text,
                mark=mark,
                ping=GROUP if place == 0 else "",
            )
            yield "chat.postMessage", {"channel": CHANNEL, **body}


def of_reply(reply: Reply) -> Iterator[Request]:
    """What one person gets, both as messages in the channel and in a window."""
    if reply.post is not None:
        for part in parts_of(reply.post, fits):
            pieces = Drawing(private=True).pieces(part.document)
            for shown in _both(pieces):
                body = compose(pieces, shown, controls.rows(part.controls), first=part.text)
                how = {"response_type": "ephemeral", "replace_original": reply.edit}
                yield "response_url", {**body, **how}
        if any(isinstance(one.want, ShowPrivacy) for one in reply.post.controls):
            yield from _home(reply.post)
        sheet, rest = sheets.of_post(reply.post, None, Memory(CHANNEL))
        yield from _views(sheet)
        for more in rest:
            yield from of_post(more)
    if reply.form is not None:
        for memory in _memories(reply.form):
            yield from _views(sheets.of_form(reply.form, memory))
            yield from _with_post(reply, memory)


def _home(post: Post) -> Iterator[Request]:
    """What stands on the Home: the only reply from which privacy can be asked for."""
    pieces = Drawing(private=True).pieces(post.document)
    for shown in _both(pieces):
        view = views.home([*blocks_of(pieces, shown), *controls.rows(post.controls)])
        yield "views.publish", {"user_id": "U0123456789", "view": view}


def _with_post(reply: Reply, memory: Memory) -> Iterator[Request]:
    """A form that came back with the post that says what was wrong: both in one window."""
    if reply.post is not None and sheets.asking(reply.post) is not None:
        yield from _views(sheets.of_post(reply.post, reply.form, memory)[0])


def of_commands(suggestions: Collection[Sequence[Suggestion]]) -> Iterator[Request]:
    """The menu, and the form of every command, with the longest that was ever suggested."""
    memory = Memory(CHANNEL)
    for moderators in (False, True):
        yield _view(views.window(commands.menu(moderators=moderators), memory))
    most = max(suggestions, key=len, default=())
    longest = max(suggestions, key=lambda one: max((len(s.label) for s in one), default=0))
    for offered in (most, longest, ()):
        for command in COMMANDS:
            if commands.asks(command):
                by_name = {option.name: offered for option in commands.asks(command)}
                blocks = commands.form(command, by_name, "America/Argentina/ComodRivadavia")
                yield _view(views.window(blocks, memory, submit=word("menu_go")))


def _memories(form: Form) -> Iterator[Memory]:
    """A form with nothing locked; of linked fields also with one after another."""
    asks = form.control.id if linked(form.fields) else ""
    locked: dict[str, str] = {}
    while True:
        yield Memory(CHANNEL, form.control.id, asks, dict(locked))
        asked = due(form.fields, locked) if asks else ()
        if not asked:
            return
        for one in asked:
            if isinstance(one, ChoiceField):
                locked[one.id] = max(one.options, key=lambda option: len(option.text)).letter


def _both(pieces: Sequence[Piece]) -> list[Files]:
    there, away = files(pieces), files(pieces, there=False)
    return [there, away] if there else [there]


def _views(sheet: sheets.Sheet) -> Iterator[Request]:
    for shown in _both(sheet.pieces):
        yield _view(sheet.view(shown))


def _view(view: Json) -> Request:
    return "views.update", {"view_id": VIEW, "view": view}
