"""A small series as text, and ways to break it, for tests.

Knows no disk. Invariant: `SERIES` has no mistakes, so what a test reports it broke itself.
"""

from __future__ import annotations

from types import MappingProxyType

from lessons.build import Built, build

HEADER = """title = "Reading maps"
blurb = "How to look at a map until it tells you something."
license = "CC BY 4.0"
attribution = "Written for a test."
"""

CHAPTER = """+++
title = "What is left out"
takeaway = "A map is what somebody left over."
discuss = "What did you look for first?"
+++
**In short**
- A map leaves things out.
- Somebody chose.
- Ask who.

## First card
Nearly everything is gone.

## Second card
Somebody chose.

## After the vote {reveal}
A map at full size is no use.

```question
id = "better-map"
kind = "choice"
prompt = "Is the fuller map the better one?"
answer = "It depends"
explanation = "More on it is harder to read."
[[options]]
text = "Yes"
feedback = "Only if you looked for what was added."
[[options]]
text = "It depends"
```

```challenge
id = "centimetre"
kind = "numeric"
prompt = "On 1 : 25 000, how many metres is a centimetre?"
answer = 250
tolerance = { absolute = 0.5 }
explanation = "25 000 centimetres are 250 metres."
```

```challenge
id = "small-to-large"
kind = "order"
prompt = "Begin with the smallest piece of the world."
items = ["1 : 1 000", "1 : 25 000", "1 : 1 000 000"]
explanation = "The larger the number, the more fits on."
```
"""

FIRST = "01-left-out.md"
SERIES = MappingProxyType({"series.toml": HEADER, FIRST: CHAPTER})


def built(files: dict[str, str], images: dict[str, int] | None = None) -> Built:
    """The small series with these files changed or added."""
    return build("reading-maps", {**SERIES, **files}, images or {})


def said(files: dict[str, str], images: dict[str, int] | None = None) -> list[str]:
    """The mistakes of the small series with these files changed or added."""
    return [str(mistake) for mistake in built(files, images).mistakes]


def said_of(old: str, new: str, images: dict[str, int] | None = None) -> list[str]:
    """The mistakes once `old` is replaced by `new` in the chapter, each without the file's name."""
    assert CHAPTER.count(old) >= 1, old
    return [
        line.removeprefix(f"{FIRST}:")
        for line in said({FIRST: CHAPTER.replace(old, new, 1)}, images)
    ]
