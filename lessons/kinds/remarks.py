"""What kinds say by themselves, beside the words of the author: labels, directions, counts.

Knows no key beyond what it is handed, and never says more of it than the sentence needs.
Invariant: every sentence takes a language; one that is not translated yet comes in English.
"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.document import Paragraph
from lessons.markdown import blocks, parse
from lessons.numbers import say_number


def _in(language: str, *, en: str, **translated: str) -> str:
    return translated.get(language, en)


# -- what a field is called -----------------------------------------------------------------------


def one_choice(language: str) -> str:
    return _in(language, en="Your choice")


def one_picture(language: str) -> str:
    return _in(language, en="Which picture")


def all_right_ones(language: str) -> str:
    return _in(language, en="All that are right")


def one_number(language: str) -> str:
    return _in(language, en="Your number")


def first_to_last(language: str) -> str:
    return _in(language, en="From first to last")


def what_with_what(language: str) -> str:
    return _in(language, en="What goes with what")


# -- verdicts -------------------------------------------------------------------------------------


def right(language: str) -> str:
    return _in(language, en="**Yes.**")


def right_number(value: float, given: float, language: str) -> str:
    if say_number(value) == say_number(given):
        return _in(language, en=f"**Yes: {say_number(value)}.**")
    return _in(
        language,
        en=f"**Yes:** the exact answer is {say_number(value)}, and your {say_number(given)} "
        "is near enough.",
    )


def too_high(close: bool, language: str) -> str:
    if close:
        return _in(language, en="Close, but a little too high.")
    return _in(language, en="Too high.")


def too_low(close: bool, language: str) -> str:
    if close:
        return _in(language, en="Close, but a little too low.")
    return _in(language, en="Too low.")


def wrong_sign(language: str) -> str:
    return _in(language, en="The size fits, the sign does not.")


def hundredfold(language: str) -> str:
    return _in(
        language,
        en="That is off by a factor of exactly 100: a share and a percentage got swapped.",
    )


def not_this_one(language: str) -> str:
    """For a wrong option whose author wrote no reason."""
    return _in(language, en="Not this one.")


def still_missing(count: int, language: str) -> str:
    if count == 1:
        return _in(language, en="What you ticked is right; one more belongs to it.")
    return _in(language, en=f"What you ticked is right; {count} more belong to it.")


def reversed_order(language: str) -> str:
    return _in(language, en="The order is right, but the wrong way round.")


def in_order(count: int, total: int, first: str, second: str, language: str) -> str:
    """`first` and `second` stand in the wrong order; which way is right is left to the reader."""
    return _in(
        language,
        en=f"{count} of {total} stand in the right order to each other. "
        f"Look again at **{first}** and **{second}**.",
    )


def one_slip(language: str) -> str:
    return _in(language, en="One slip, which is close enough to pass.")


def pairs_right(count: int, total: int, item: str, language: str) -> str:
    return _in(language, en=f"{count} of {total} pairs are right. Look again at **{item}**.")


def labelled(label: str, remark: str) -> str:
    return followed(f"**{label}:**", remark)


# -- own words beside the author's ----------------------------------------------------------------


def followed(words: str, authored: str) -> str:
    """Own words, and then the author's: in one paragraph if theirs begin with one.

    A picture, a formula, code or a table stays what it is only on lines of its own.
    """
    begun = blocks(authored).blocks[:1]
    if not begun:
        return words
    if isinstance(begun[0], Paragraph) and not parse(f"{words} {authored}")[1]:
        return f"{words} {authored}"
    return f"{words}\n\n{authored}"


def listed(signs: Sequence[str], told: Sequence[str]) -> str:
    """Each on its line behind its sign; one below the other if one is more than a paragraph."""
    if all(_is_paragraph(each) for each in told):
        return "\n".join(f"{sign} {each}" for sign, each in zip(signs, told, strict=True))
    return "\n\n".join(
        each if sign == "-" else followed(f"**{sign}**", each)
        for sign, each in zip(signs, told, strict=True)
    )


def _is_paragraph(text: str) -> bool:
    return [type(block) for block in blocks(text).blocks] == [Paragraph]


def reached(result: float, goal: float, language: str) -> str:
    return _in(
        language,
        en=f"**Trained:** it reached {say_number(result)}; the goal was {say_number(goal)}.",
    )


def fell_short(result: float, goal: float, language: str) -> str:
    return _in(
        language,
        en=f"Trained: it reached {say_number(result)}, and the goal is {say_number(goal)}. "
        "Change one thing and see which way it moves.",
    )


def blew_up(language: str) -> str:
    return _in(
        language,
        en="Trained, and it blew up: the numbers grew until they were no numbers any more. "
        "That mostly means steps that are too large.",
    )
