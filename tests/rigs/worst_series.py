"""The worst that an author may write: longest texts, huge code and tables, every script.

As documents, and as a series that is built. Knows the rules of `lessons` and no platform.
Invariant: everything is valid, so whoever loosens a rule has a longer text here, or a complaint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from lessons.build import build
from lessons.chapter import CARDS, MAX_CARD
from lessons.curriculum import Series
from lessons.document import Document, Paragraph, Picture, Plot, Text
from lessons.kinds.checks import MAX_OPTION_CHARACTERS, MAX_OPTIONS
from lessons.markdown import MAX_ALT, MAX_MATHS, blocks
from lessons.rules import MAX_ADDRESS, MAX_ID, MAX_SENTENCE, MAX_TEXT, MAX_TITLE

WORD = "Donaudampfschifffahrtsgesellschaftskapitän"

LONGEST_NAME: Final = 255 - len("01-") - len(".md")
"""So long may a file's name be on most disks, and so a chapter's id: no rule has less."""

PICTURE: Final = "images/worst.png"

MARKS = "@everyone @here <@U1> <@&1> `<!channel>` <#C1> \\<!here> :smile: &lt; *a* ~b~ "
SIGNS = "[|~]" * 300
"""Each needs a sign before it where a platform reads Markdown."""

JAPANESE = "深い学習の直感を養う。見て、当てて、驚く。"
EMOJI = "🇩🇪👩‍🔬🏴󠁧󠁢󠁳󠁣󠁴󠁿👍🏽🧑🏿‍🤝‍🧑🏻"

Say: TypeAlias = Callable[[int], str]
"""A text of so many characters, or as near to it as its blocks allow."""


def latin(length: int) -> str:
    """Pings and markup of several platforms, then nothing but signs that have to be escaped."""
    return (MARKS + SIGNS * 2)[:length]


def japanese(length: int) -> str:
    return (JAPANESE * 100)[:length]


def emoji(length: int) -> str:
    """Flags, families and skin tones: four bytes a sign, and cut anywhere."""
    return (EMOJI * 200)[:length]


def plain_words(length: int) -> str:
    return ("A sentence that goes on and on. " * 40)[: length - 1] + "."


# -- blocks --------------------------------------------------------------------------------------


def code(length: int) -> str:
    """Code with fences in it."""
    opening, closing = "~~~~python\n", "\n~~~~"
    lines = "``` x = [[0.25, -0.125]] ` \\ * _\n" * 40
    return opening + lines[: length - len(opening) - len(closing)].rstrip("\n") + closing


def table(length: int) -> str:
    """A wide header over rows of next to nothing: told row by row, it comes with each of them."""
    head = "| " + "h_*" * 20 + " | b |\n|---|---|\n"
    return (head + "| 1 | 2 |\n" * 100)[: length - length % 10].rpartition("\n")[0]


def formulas(length: int) -> str:
    """Words and formulas in turn, as many as there is room for; no two the same."""
    return "\n\n".join(f"a\n\n$$x{n:02}$$" for n in range(length // 12))


def long_formula(length: int) -> str:
    tex = "+".join(["x_{12}"] * 100)[: MAX_MATHS - 1] + "x"
    return f"$$\n{tex}\n$$"


def picture(length: int) -> str:
    frame = f"![]({PICTURE})"
    return f"![{plain_words(min(length - len(frame), MAX_ALT))}]({PICTURE})"


def listed(length: int) -> str:
    return "\n".join(["- a", "  1. b", "     > c"] * 60)[:length].rpartition("\n")[0]


BLOCKS: tuple[Say, ...] = (code, table, formulas, long_formula, picture, listed)


@dataclass
class Turns:
    """Each text another block, so that every place meets every block somewhere."""

    turn: int = 0

    def __call__(self, length: int) -> str:
        self.turn += 1
        return BLOCKS[self.turn % len(BLOCKS)](length)


# -- a chapter -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Style:
    """In what a chapter is written: `line` where one line is asked for, `text` elsewhere."""

    name: str
    line: Say
    text: Say
    cards: Sequence[str]
    prompt: Say

    def label(self, number: int) -> str:
        """Texts for options, no two the same."""
        return f"{number} {self.line(MAX_OPTION_CHARACTERS - len(f'{number} '))}"

    def id(self, word: str) -> str:
        return f"{self.name}-{word}-".ljust(MAX_ID, "w")

    def options(self, long: int, first: int = 0) -> list[dict[str, str]]:
        """Ten options; so many of them with a reason as long as it may be."""
        return [
            {
                "text": self.label(first + n),
                "feedback": self.text(MAX_TEXT) if n < long else "No.",
                "id": f"o{first + n}",
            }
            for n in range(MAX_OPTIONS)
        ]


def styles() -> tuple[Style, ...]:
    def cards(say: Say) -> list[str]:
        alt = say(MAX_ALT).translate(str.maketrans("[]", "()"))
        shown = f"![{alt}]({PICTURE})"
        return [f"{say(MAX_CARD)}\n\n{shown}", *[say(MAX_CARD)] * (CARDS.stop - 2)]

    many = "\n\n".join(f"$${chr(ord('a') + n // 26)}{chr(ord('a') + n % 26)}$$" for n in range(28))
    lines = ("x = [[0.25, -0.125]]  # `` ``` `\n" * 40)[:MAX_CARD].rstrip("\n")
    narrow = "| " + "h_*" * 40 + " |\n|---|\n" + "| 1 |\n" * 20
    wide = f"|{' a |' * 24}\n|{'---|' * 24}\n" + f"|{' 1 |' * 24}\n" * 8
    shapes = [f"~~~~python\n{lines}\n~~~~", narrow, wide, many, long_formula(0)]
    return (
        Style("latin", latin, latin, cards(latin), latin),
        Style("japanese", japanese, japanese, cards(japanese), japanese),
        Style("emoji", emoji, emoji, cards(emoji), emoji),
        Style("blocks", plain_words, Turns(), shapes, formulas),
    )


def chapter(style: Style) -> str:
    """The text of its file."""
    front = {
        "title": style.line(MAX_TITLE),
        "takeaway": style.line(MAX_SENTENCE),
        "discuss": style.line(MAX_SENTENCE),
        "follows": address(MAX_ADDRESS),
        "further": [{"title": style.line(MAX_SENTENCE), "url": address(MAX_ADDRESS)}],
    }
    bullets = "\n".join(f"- {style.line(MAX_SENTENCE)}" for _ in range(3))
    cards = "\n\n".join(
        f"## {style.line(MAX_TITLE)}{' {reveal}' * (n == len(style.cards) - 1)}\n{body}"
        for n, body in enumerate(style.cards)
    )
    question = _block("question", style, "choice", **_choice(style, 2))
    challenges = "\n\n".join(
        _block("challenge", style, kind, **fields) for kind, fields in _challenges(style).items()
    )
    pieces = ("+++", _toml(front), "+++", "**In short**", bullets, "", cards, "", question, "")
    return "\n".join((*pieces, challenges)) + "\n"


def address(length: int) -> str:
    return ("https://example.org/" + "a_b*c~d(e)" * 100)[:length]


def _challenges(style: Style) -> Mapping[str, dict[str, Any]]:
    """One of every kind that is written by hand; a chapter has no room for all explanations."""
    short = {"explanation": "So it is."}
    labels = [style.label(n) for n in range(MAX_OPTIONS)]
    tolerance = {"absolute": 0.5}
    trap = {"value": 3.0, "within": 1.0, "reason": style.text(MAX_TEXT)}
    pairs = [{"item": style.label(20 + n), "option": one} for n, one in enumerate(labels)]
    steps = [
        {"prompt": style.prompt(MAX_TEXT), "answer": labels[0], "options": style.options(1)}
        for _ in range(3)
    ]
    number = {"answer": 123456789012345.0, "tolerance": tolerance, "traps": [trap]}
    numbers = [{"label": one, "answer": 25.0, "traps": [trap]} for one in labels[:3]]
    rates = [f"0.{n + 1:03}".ljust(MAX_OPTION_CHARACTERS, "0") for n in range(MAX_OPTIONS)]
    settings = [
        {"id": "rate", "label": style.line(MAX_SENTENCE), "values": rates},
        {"id": "width", "label": style.line(MAX_SENTENCE), "values": ["2", "4", "8", "16", "32"]},
        {"id": "optimiser", "label": style.label(2), "values": ["sgd", "momentum", "adam"]},
    ]
    return {
        "multi": {"answer": labels[8:], "options": style.options(8)},
        "order": {"items": labels, **short},
        "match": {"pairs": pairs, "options": style.options(2), **short},
        "steps": {"steps": steps},
        "numeric": {**number, "hints": [style.text(MAX_TEXT) for _ in range(2)]},
        "three": {"numbers": numbers, "tolerance": tolerance, **short},
        "config": {"job": "spirals", "goal": 0.9, "settings": settings, **short},
        "choice": {**_choice(style, 1), **short},
    }


def _choice(style: Style, long: int) -> dict[str, Any]:
    return {"answer": style.label(0), "options": style.options(long)}


def _block(word: str, style: Style, kind: str, **fields: Any) -> str:
    said = {
        "id": style.id(f"{word}-{kind}"),
        "kind": kind,
        "prompt": style.prompt(MAX_TEXT),
        "explanation": style.text(MAX_TEXT),
        **fields,
    }
    return f"```{word}\n{_toml(said)}\n```"


def _toml(fields: Mapping[str, Any]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in fields.items())


def _value(value: Any) -> str:
    match value:
        case dict():
            return "{ " + ", ".join(f"{k} = {_value(v)}" for k, v in value.items()) + " }"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def worst_series() -> Series:
    """All of it."""
    title = latin(MAX_TITLE)
    files = {
        "series.toml": _toml(
            {
                "title": title,
                "blurb": latin(MAX_SENTENCE),
                "license": latin(MAX_SENTENCE),
                "attribution": latin(MAX_SENTENCE),
                "source_url": address(MAX_ADDRESS),
            }
        )
    }
    for number, style in enumerate(styles(), start=1):
        name = f"{style.name}-".ljust(LONGEST_NAME, "w")
        files[f"{number:02}-{name}.md"] = chapter(style)
    built = build("w" * MAX_ID, files, {PICTURE: 1})
    assert built.series is not None, "\n".join(map(str, built.mistakes[:20]))
    return built.series


# -- documents ------------------------------------------------------------------------------------


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
