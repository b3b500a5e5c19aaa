"""Numbers as people type them, and as we say them back.

Knows no question and no sentence: what it can't read it names with a code for the wording.
Invariant: what is read is a finite float, and only text that passed an ASCII pattern is converted.
"""

from __future__ import annotations

import math
import re

from lessons.challenge import FormatError

MAX_LENGTH = 40
LARGEST = 1e15

# A phone turns a typed hyphen into any of these; all of them mean minus in front of a digit.
_MINUS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-"))
# What copying from a page or a formatted message leaves at the ends.
_SPACE = " \t\r\n\u00a0\u2007\u2009\u202f"

_PLAIN = re.compile(r"[+-]? ?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_FRACTION = re.compile(r"([+-]? ?[0-9]{1,9}) ?/ ?([0-9]{1,9})")
_PERCENT = re.compile(r"[+-]? ?[0-9]*[.,]?[0-9]+ ?%")
# "1,234" is one and a bit in Berlin and a thousand in Boston; "0,693" can only be the former.
_COMMA_THOUSANDS = re.compile(r"[+-]? ?[1-9][0-9]{0,2},[0-9]{3}")
_GROUPED = re.compile(r"[+-]? ?[0-9]+(?:[.,' _\u00a0\u2009\u202f\u2019][0-9]+)+")
_FORMULA = re.compile(r"[+-]? ?(?:(?:ln|log|log2|log10|exp|sqrt) ?\(? ?[0-9].*|[0-9].*[*^+/()-].*)")


def read_number(field: str, raw: str) -> float | FormatError:
    """The number that `raw` says, or why it can't be read; `field` is passed on in the error.

    Taken: `1.5`, `1,5`, `.5`, `5.`, `-3`, `+3`, `2e-3`, a Unicode minus or dash as the sign,
    blanks around it, and a plain fraction such as `1/7`.
    Refused, each with a code: nothing at all (`number_missing`); several separators or one that
    may stand for thousands, `1,234.5`, `1,234`, `1_000` (`number_ambiguous`); `30 %`, which could
    mean .3 or 30 (`number_percent`); `ln 7` (`number_formula`); a fraction over 0
    (`number_by_zero`); more than 1e15 either way (`number_out_of_range`); all else, with `nan`
    and digits of other scripts (`not_a_number`).
    """
    text = raw.strip(_SPACE)
    if not text:
        return FormatError(field, "number_missing")
    if len(text) > MAX_LENGTH:
        return FormatError(field, "not_a_number", text[:MAX_LENGTH])
    signed = text.translate(_MINUS)
    if fraction := _FRACTION.fullmatch(signed):
        return _ratio(field, text, fraction[1], fraction[2])
    if _PLAIN.fullmatch(signed) and not _COMMA_THOUSANDS.fullmatch(signed):
        return _bounded(field, text, float(signed.replace(" ", "").replace(",", ".")))
    return FormatError(field, _fault(signed), text)


def _ratio(field: str, text: str, above: str, below: str) -> float | FormatError:
    if int(below) == 0:
        return FormatError(field, "number_by_zero", text)
    return int(above.replace(" ", "")) / int(below)


def _bounded(field: str, text: str, value: float) -> float | FormatError:
    if not math.isfinite(value) or abs(value) > LARGEST:
        return FormatError(field, "number_out_of_range", text)
    return value


def _fault(text: str) -> str:
    if _COMMA_THOUSANDS.fullmatch(text) or _GROUPED.fullmatch(text):
        return "number_ambiguous"
    if _PERCENT.fullmatch(text):
        return "number_percent"
    if _FORMULA.fullmatch(text):
        return "number_formula"
    return "not_a_number"


def say_number(value: float) -> str:
    """The number in the fewest digits a person needs: about three that count, no exponent.

    0.6931 -> "0.693", 1.9459 -> "1.946", 24.31 -> "24.3", 1204.0 -> "1204", -0.0 -> "0".
    """
    if not math.isfinite(value):
        return "no number"
    size = abs(value)
    if size == 0:
        return "0"
    whole_digits = math.floor(math.log10(size)) + 1
    decimals = 3 if 1 <= size < 10 else max(0, min(12, 3 - whole_digits))
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
