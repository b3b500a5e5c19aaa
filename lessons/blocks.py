"""The TOML an author writes around a chapter's text, typed: series.toml, front matter, figures.

Knows no file names. Questions and challenges are `lessons.kinds.spec.Spec`.
Invariant: the fields of these structs are all the keys there are.
"""

from __future__ import annotations

import msgspec


class SeriesBlock(msgspec.Struct, frozen=True):
    """series.toml: what the series is, in what language, and whose it is."""

    title: str
    blurb: str
    license: str
    attribution: str
    language: str = "en"
    source_url: str = ""


class FurtherBlock(msgspec.Struct, frozen=True):
    """Something to read or watch next."""

    title: str
    url: str


class FrontBlock(msgspec.Struct, frozen=True):
    """The front matter of a chapter."""

    title: str
    takeaway: str
    discuss: str
    short: bool = False
    follows: str = ""
    further: tuple[FurtherBlock, ...] = ()


class FigureBlock(msgspec.Struct, frozen=True):
    """A figure in a card: which generator draws it, from which seed."""

    generator: str
    seed: int
