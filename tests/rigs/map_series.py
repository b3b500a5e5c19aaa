"""A series of two short chapters as text: every way of answering that dialogues need.

Knows no run. Invariant: it has no mistakes, and nothing in it takes a worker longer than a blink,
but for the one challenge that is really trained.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lessons.build import build
from lessons.curriculum import Series

SLUG = "reading-maps"

HEADER = """title = "Reading maps"
blurb = "How to look at a map until it tells you something."
license = "CC BY 4.0"
attribution = "Written for a test."
"""

FIRST = """+++
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
shuffle = false
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
traps = [{ value = 25000, within = 1, reason = "Those are centimetres, not metres." }]
hints = ["How many centimetres is it?", "A metre has a hundred of them."]
explanation = "25 000 centimetres are 250 metres."
```

```challenge
id = "small-to-large"
kind = "order"
prompt = "Begin with the smallest piece of the world."
items = ["1 : 1 000", "1 : 25 000", "1 : 1 000 000"]
explanation = "The larger the number, the more fits on."
```

```challenge
id = "north"
kind = "choice"
prompt = "Where is north?"
answer = "Where the legend says"
explanation = "Up is a habit."
[[options]]
text = "Up"
feedback = "On most maps, and not on all."
[[options]]
text = "Where the legend says"
```

```challenge
id = "trained"
kind = "config"
prompt = "Find settings that tell two spirals apart."
job = "spirals"
goal = 0.9
explanation = "The same steps, but each weight at its own pace."
[[settings]]
id = "optimiser"
label = "Optimiser"
values = ["sgd", "adam"]
```
"""

SECOND = """+++
title = "What it costs to fold"
takeaway = "No sheet is flat for long."
discuss = "Which fold bothers you most?"
+++
**In short**
- The world is round.
- Paper is not.
- Something gives.

## One card
Peel an orange.

## Another card
Press it flat.

## After the vote {reveal}
It tears.

```question
id = "flat-world"
kind = "choice"
prompt = "Can a flat map keep all angles and all areas?"
answer = "No"
explanation = "An orange peel tears or stretches."
[[options]]
text = "Yes"
feedback = "One of the two, never both."
[[options]]
text = "No"
```

```challenge
id = "equator"
kind = "numeric"
prompt = "How many degrees is once around?"
answer = 360
tolerance = { absolute = 0.5 }
explanation = "A full circle."
```

```challenge
id = "quarter"
kind = "numeric"
prompt = "How many degrees from the equator to a pole?"
answer = 90
tolerance = { absolute = 0.5 }
explanation = "A quarter of a circle."
```
"""


FILES = {"series.toml": HEADER, "01-left-out.md": FIRST, "02-folding.md": SECOND}


def map_series(**changed: object) -> Series:
    """The series, with attributes changed: `map_series(slug="other", title="Other")`."""
    built = build(SLUG, FILES, {})
    assert built.series is not None, built.mistakes
    return replace(built.series, **changed)  # type: ignore[arg-type]


def put_series(folder: Path) -> None:
    """The same as files, as an author has them."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
