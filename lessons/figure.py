"""A figure as data: what is drawn and the words that stand for it.

Knows no plotting library; adapters draw it as text, a picture or a page.
Invariant: a figure has alt text, and `digest` depends on nothing but the figure.
"""

from __future__ import annotations

import hashlib
from typing import Literal, TypeAlias

import msgspec

Stroke: TypeAlias = Literal["solid", "dashed", "dotted"]
Marker: TypeAlias = Literal["dot", "cross", "ring", "square"]


class Mark(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """One thing drawn in a panel."""


class Line(Mark, frozen=True):
    """A curve through (x[i], y[i]); both tuples have the same length."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    stroke: Stroke = "solid"


class Points(Mark, frozen=True):
    """Separate points (x[i], y[i]); told apart by marker, never by colour alone."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    marker: Marker = "dot"


class Field(Mark, frozen=True):
    """A number for each cell of a grid, rows from bottom to top: `values[row][column]`, 0 to 1."""

    label: str
    values: tuple[tuple[float, ...], ...]
    left: float
    right: float
    bottom: float
    top: float


class Bars(Mark, frozen=True):
    """One bar per label, with its value beside it. A bar of `full` is as long as there is room;
    where that is None, the largest is."""

    labels: tuple[str, ...]
    values: tuple[float, ...]
    unit: str = ""
    full: float | None = None


AnyMark: TypeAlias = Line | Points | Field | Bars


class Panel(msgspec.Struct, frozen=True, omit_defaults=True):
    """One pair of axes; a limit that is None follows from the marks."""

    marks: tuple[AnyMark, ...]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    x_low: float | None = None
    x_high: float | None = None
    y_low: float | None = None
    y_high: float | None = None


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Panels side by side under one title; `alt` tells a blind member what a sighted one sees."""

    title: str
    alt: str
    panels: tuple[Panel, ...]


_decoder = msgspec.json.Decoder(Figure)


def encode(figure: Figure) -> bytes:
    """Canonical JSON: the same figure gives the same bytes."""
    return msgspec.json.encode(figure, order="deterministic")


def decode(text: bytes) -> Figure:
    """The inverse of `encode`. Raises msgspec.ValidationError if the bytes are no figure."""
    return _decoder.decode(text)


def digest(figure: Figure) -> str:
    """The content address: first 32 hex digits of the SHA-256 of `encode(figure)`."""
    return hashlib.sha256(encode(figure)).hexdigest()[:32]
