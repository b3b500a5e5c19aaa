"""What stands in a window: a post, a form, or a challenge with its form below what it asks.

Knows no request and no service. Invariant: everything of a reply is in its sheets; what one window
can't take is left for private messages, never dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adapters.slack import controls, views
from adapters.slack.limits import TITLE, VIEW_BLOCKS, fits_view
from adapters.slack.markdown import Json, text
from adapters.slack.messages import Files, blocks_of
from adapters.slack.render import Drawing, Piece, Rich, dense, is_plain, section
from adapters.slack.views import Memory
from adapters.slack.words import word
from lessons.document import Document, Emphasis, Heading, Paragraph, Strong, plain_inline
from lessons.fields import due, filled
from lessons.posts import Control, Form, Part, Post, parts_of


@dataclass(frozen=True, slots=True)
class Sheet:
    """The pieces of a window, what can be filled in and pressed below them, and what it knows."""

    pieces: tuple[Piece, ...]
    memory: Memory
    below: tuple[Json, ...] = ()
    submit: str = ""
    title: str = ""

    def view(self, files: Files) -> Json:
        """As Slack takes it. Raises Rejected if it is too much for one window."""
        room = VIEW_BLOCKS - len(self.below)
        blocks = blocks_of(self.pieces, files)
        if len(blocks) > room:
            # A picture may take two blocks, and stands between two texts.
            blocks = blocks_of(dense(self.pieces, room // 3 - 1), files)
        blocks += self.below
        return views.window(blocks, self.memory, submit=self.submit, title=self.title)


def asking(post: Post) -> Control | None:
    """The control that asks for the form that belongs to a post, if there is just one."""
    found = [one for one in post.controls if one.answers == "form"]
    return found[0] if len(found) == 1 else None


def of_post(post: Post, form: Form | None, memory: Memory) -> tuple[Sheet, tuple[Part, ...]]:
    """A post, with its form below it if it has one; and what of it one window does not take."""
    first, *more = parts_of(post, fits_view)
    drawing = Drawing(private=True)
    title, document = entitled(first.document)
    pieces = drawing.pieces(document)
    if form is None:
        sheet = Sheet(tuple(pieces), memory, tuple(controls.rows(post.controls)), title=title)
        return sheet, tuple(more)
    if not set(form.intro.blocks) <= set(post.document.blocks):
        pieces += drawing.pieces(form.intro)
    ask = asking(post)
    others = [one for one in post.controls if one is not ask]
    return _with_fields(pieces, others, form, memory, title), tuple(more)


def of_form(form: Form, memory: Memory) -> Sheet:
    """A form by itself, with what of it is locked."""
    title, intro = entitled(form.intro)
    pieces = Drawing(private=True).pieces(intro)
    for field in form.fields:
        chosen = memory.locked.get(field.id)
        texts = [one.text for one in getattr(field, "options", ()) if one.letter == chosen]
        if texts:
            said = [*text(word("locked", label=field.label)), *text(texts[0], ("bold",))]
            pieces.append(Rich((section(said),)))
    return _with_fields(pieces, (), form, memory, title)


def _with_fields(
    pieces: Sequence[Piece], others: Sequence[Control], form: Form, memory: Memory, title: str
) -> Sheet:
    asked = due(form.fields, memory.locked)
    more = len(memory.locked) + len(asked) < len(form.fields)
    return Sheet(
        tuple(pieces),
        memory,
        (*controls.inputs(form.control.id, asked, filled(form.fields)), *controls.rows(others)),
        word("lock_in") if more else form.control.label or word("send_answer"),
        title or form.title,
    )


def entitled(document: Document) -> tuple[str, Document]:
    """The line that names a document, and the rest: a window says its name at the top already.

    "" if there is no such line, or if it is too long for a title or more than plain words.
    """
    first, *rest = document.blocks or (None,)
    match first:
        case Heading(_, content) | Paragraph((Strong(content) | Emphasis(content),)):
            title = " ".join(plain_inline(content).split())
            if rest and 0 < len(title) <= TITLE and all(map(is_plain, content)):
                return title, Document(tuple(rest))
    return "", document
