"""Where a text may be cut so that what a reader sees as one letter stays one.

Knows the rules that matter for European and Asian scripts and for emoji, not all of Unicode's.
Invariant: cutting at every boundary and joining the pieces gives the text again.
"""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)  # behind the black flag: the flags of Scotland, Wales ...
_REGIONS = range(0x1F1E6, 0x1F200)  # two of them are the flag of a country
_JAMO = range(0x1100, 0x1200)  # two or three of them are a syllable of Korean


def boundaries(text: str) -> list[int]:
    """The places between two letters of the text, in order; neither 0 nor its length."""
    found: list[int] = []
    regions = 0
    for place in range(1, len(text)):
        left, right = text[place - 1], text[place]
        regions = regions + 1 if ord(left) in _REGIONS else 0
        half_a_flag = regions % 2 == 1 and ord(right) in _REGIONS
        if not half_a_flag and not _cling(left, right):
            found.append(place)
    return found


def on_one_line(text: str, most: int) -> str:
    """The text on one line, and no longer than that; one that had to be cut ends in dots."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    kept = max((place for place in boundaries(line[:most]) if place < most), default=most - 1)
    return line[:kept].rstrip() + "…"


def _cling(left: str, right: str) -> bool:
    if left.isascii() and right.isascii():
        return left == "\r" and right == "\n"
    code = ord(right)
    return (
        _JOINER in (left, right)
        or unicodedata.category(right).startswith("M")
        or code in _SKIN_TONES
        or code in _TAGS
        or (ord(left) in _JAMO and code in _JAMO)
        or (0xD800 <= ord(left) < 0xDC00 <= code < 0xE000)
    )
