"""A series of one chapter in which everything is that a page can be asked to show.

Knows no page. Invariant: it has no mistakes; every kind of field and of block stands in it.
"""

from __future__ import annotations

from pathlib import Path

SLUG = "every-kind"

HEADER = """title = "Every kind of thing"
blurb = "A series in which everything comes up once."
license = "CC BY 4.0"
attribution = "Written for a test."
"""

CHAPTER = r"""+++
title = "All of it"
takeaway = "What is on a page can be looked at."
discuss = "Which of it did you read first?"
+++
**In short**
- A word, a number, a picture.
- Each in its place.
- And a way round each.

## A table and a formula
| Sheet | Scale |
|---|---:|
| Town | 1 : 10 000 |
| County | 1 : 250 000 |

The loss of a guess is

$$
\ell = -\sum_i y_i \, \log p_i
$$

> Said by somebody who had looked at it for a long time, and then for a little longer.

## Code that is wider than a phone
```python
weights = [[0.25, -0.125, 0.5, 0.75], [0.125, 0.5, -0.25, 0.0625], [1.0, 2.0, 3.0, 4.0]]
```

A name that cannot be broken: `lessons.experiments.optimisers.learning_rate_schedule`, and
<https://example.org/a/rather/long/address/that/nobody/would/ever/want/to/type/by/hand>.

## After the vote {reveal}
It was the **second**.

```question
id = "which"
kind = "choice"
prompt = "Which comes first?"
answer = "The second"
shuffle = false
explanation = "Because it was written so."
[[options]]
text = "The first, so called by everybody who has ever counted anything at all"
feedback = "It only sounds like it."
[[options]]
text = "The second"
```

```challenge
id = "ticks"
kind = "multi"
prompt = "Which of these are numbers?"
answer = ["Two", "Seven"]
explanation = "The others are trees."
[[options]]
text = "Two"
[[options]]
text = "Birch"
feedback = "A birch is a tree."
[[options]]
text = "Seven"
[[options]]
text = "A beech, or a tree whose name is a good deal longer than a line is wide"
feedback = "A beech is a tree."
```

```challenge
id = "pairs"
kind = "match"
prompt = "What goes with what?"
explanation = "A day is light, a night is dark."
[[pairs]]
item = "Day"
option = "Light"
[[pairs]]
item = "Night"
option = "Dark"
[[options]]
text = "Light"
feedback = "That is the other half of it."
[[options]]
text = "Dark"
feedback = "That is the other half of it."
```

```challenge
id = "line"
kind = "order"
prompt = "From the smallest to the largest."
items = ["Pea", "Plum", "Pumpkin"]
explanation = "A pumpkin is large."
```

```challenge
id = "settings"
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

```challenge
id = "linked"
kind = "steps"
prompt = "A net does not learn. What now?"
explanation = "Look first, then conclude."
[[steps]]
prompt = "Which test tells the most, for the least time?"
answer = "Overfit one batch"
[[steps.options]]
text = "Overfit one batch"
[[steps.options]]
text = "Buy a larger machine"
feedback = "A fault only gets faster there."
[[steps]]
prompt = "It can't even do that. So it is ..."
answer = "A fault in the code"
[[steps.options]]
text = "A fault in the code"
[[steps.options]]
text = "Too little data"
feedback = "One batch is little on purpose."
```

```challenge
id = "number"
kind = "numeric"
prompt = "How many metres are a kilometre?"
answer = 1000
tolerance = { absolute = 0.5 }
hints = ["More than a hundred."]
explanation = "Kilo means a thousand."
```
"""


def write(folder: Path) -> Path:
    """The series as a folder below that one; its path."""
    place = folder / SLUG
    place.mkdir(parents=True)
    (place / "series.toml").write_text(HEADER, "utf-8")
    (place / "01-all-of-it.md").write_text(CHAPTER, "utf-8")
    return place
