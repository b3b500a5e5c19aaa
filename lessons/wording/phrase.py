"""How a sentence is made: a template of a language, filled with typed pieces.

Knows no sentence itself; those stand in `en.py`, one table per language.
Invariant: what is filled in is never read as Markdown, so a title or a name can't format or ping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Final, TypeAlias, assert_never

from lessons import document as tree
from lessons.document import Block, Document, Inline
from lessons.markdown import blocks
from lessons.wording import en

Piece: TypeAlias = str | int | float | Inline | Document

LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = {"en": en.SENTENCES}

_PLACE = re.compile(r"\{([a-z_]+)\}")


def language_or_english(wanted: str) -> str:
    """The nearest language that has words: "en-GB" gives "en", an unknown one "en"."""
    short = wanted.split("-")[0].lower()
    return short if short in LANGUAGES else "en"


def say(language: str, key: str, **pieces: Piece) -> Document:
    """The sentence `key` with its places filled.

    A piece that is a Document may only fill a paragraph of its own. Raises KeyError for an
    unknown key or a place that no piece fills; a test calls every key of every language.
    """
    template = _template(language_or_english(language), key)
    return Document(tuple(made for block in template.blocks for made in _block(block, pieces)))


def label(language: str, key: str, **pieces: str | int) -> str:
    """The words of a button or a title: plain text, no formatting."""
    text = LANGUAGES[language_or_english(language)][key]
    return _PLACE.sub(lambda place: str(pieces[place[1]]), text)


@lru_cache(maxsize=1024)
def _template(language: str, key: str) -> Document:
    return blocks(LANGUAGES[language][key])


def _block(block: Block, pieces: Mapping[str, Piece]) -> tuple[Block, ...]:
    match block:
        case tree.Paragraph(content):
            alone = _whole_paragraph(content, pieces)
            return alone.blocks if alone else (tree.Paragraph(_inlines(content, pieces)),)
        case tree.Heading(level, content):
            return (tree.Heading(level, _inlines(content, pieces)),)
        case tree.Listing(items, start):
            filled = tuple(
                tuple(made for inner in item for made in _block(inner, pieces)) for item in items
            )
            return (tree.Listing(filled, start),)
        case tree.Quote(inner):
            return (tree.Quote(tuple(made for one in inner for made in _block(one, pieces))),)
        case tree.Code() | tree.Table() | tree.Picture() | tree.Plot() | tree.Maths() | tree.Rule():
            return (block,)
        case _:
            assert_never(block)


def _whole_paragraph(content: tuple[Inline, ...], pieces: Mapping[str, Piece]) -> Document | None:
    match content:
        case (tree.Text(text),) if place := _PLACE.fullmatch(text):
            piece = pieces[place[1]]
            return piece if isinstance(piece, Document) else None
        case _:
            return None


def _inlines(content: tuple[Inline, ...], pieces: Mapping[str, Piece]) -> tuple[Inline, ...]:
    """Filled; neighbouring texts become one, as in a tree that Markdown makes."""
    joined: list[Inline] = []
    for made in chain.from_iterable(_inline(piece, pieces) for piece in content):
        before = joined[-1] if joined else None
        if isinstance(made, tree.Text) and isinstance(before, tree.Text):
            joined[-1] = tree.Text(before.text + made.text)
        else:
            joined.append(made)
    return tuple(joined)


def _inline(piece: Inline, pieces: Mapping[str, Piece]) -> tuple[Inline, ...]:
    match piece:
        case tree.Text(text):
            return _fill(text, pieces)
        case tree.Strong(content):
            return (tree.Strong(_inlines(content, pieces)),)
        case tree.Emphasis(content):
            return (tree.Emphasis(_inlines(content, pieces)),)
        case tree.Link(content, url):
            return (tree.Link(_inlines(content, pieces), url),)
        case _:
            return (piece,)


def _fill(text: str, pieces: Mapping[str, Piece]) -> tuple[Inline, ...]:
    made: list[Inline] = []
    end = 0
    for place in _PLACE.finditer(text):
        before = text[end : place.start()]
        if before:
            made.append(tree.Text(before))
        made.append(_as_inline(place[1], pieces[place[1]]))
        end = place.end()
    if text[end:]:
        made.append(tree.Text(text[end:]))
    return tuple(made)


def _as_inline(name: str, piece: Piece) -> Inline:
    if isinstance(piece, Document):
        raise TypeError(f"{{{name}}} is a document; give it a paragraph of its own")
    if isinstance(piece, str | int | float):
        return tree.Text(str(piece))
    return piece
