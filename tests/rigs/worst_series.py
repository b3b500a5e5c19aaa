"""The worst weeks that an author may write: longest texts, huge code and tables, every script.

Knows no platform. Invariant: each document is one that an author may write.
"""

from __future__ import annotations

from collections.abc import Iterator

from lessons.document import Document, Paragraph, Picture, Plot, Text
from lessons.markdown import blocks

WORD = "Donaudampfschifffahrtsgesellschaftskapitän"


def chapters() -> Iterator[Document]:
    """Posts as documents, each the worst in a way of its own."""
    yield blocks("A sentence that goes on. " * 2_000)
    yield blocks("深い学習の直感を養う。" * 1_500)
    yield blocks("👩‍🔬🇩🇪 " * 3_000)
    yield blocks("**bold *and slanted* `code` [linked](https://example.org/a_b)** " * 400)
    yield blocks("```python\n" + "x = [[0.25, -0.125], [0.125, 0.5]]\n" * 1_500 + "```")
    yield blocks("```\n" + "``` `` ` \\ * _ ~ | > # - " * 400 + "\n```\n")
    yield blocks(
        "| Sheet | Scale | Why |\n|---|---:|---|\n"
        + "| Town of somewhere | 1 : 10 000 | it is small and near, and so it is large |\n" * 300
    )
    yield blocks("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 1_500)
    yield blocks("".join(f"- item {n} {WORD}\n  - and below it {WORD}\n" for n in range(300)))
    yield blocks("".join(f"{n}. item\n" for n in range(1, 900)))
    yield blocks("> " + "Said by somebody. " * 1_000 + "\n>\n> ```\n> code\n> ```\n")
    signs = "@everyone @here <@1> <@&1> <#1> </a:1> <t:1> \\ * _ ~ | ` # - > [a](b) "
    yield Document((Paragraph((Text(signs * 300),)),))
    yield blocks("".join(f"$$\n\\frac{{{n}}}{{2}}\n$$\n\nText {n}.\n\n" for n in range(40)))
    pictures = [Picture(f"images/{n}.png", "W" * 1_000) for n in range(15)]
    plots = [Plot(f"{n:032x}", "Ein Bild. " * 140) for n in range(15)]
    yield Document((*pictures, *plots))
    mixed = [
        block
        for n in range(12)
        for block in (Paragraph((Text(f"{WORD} " * 20),)), Plot(f"{n:032x}", "Falling. " * 100))
    ]
    yield Document(tuple(mixed))
    yield blocks("".join(f"## Heading {n} {'W' * 70}\n\nText.\n\n" for n in range(200)))
