"""How numbers are read and said."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lessons.challenge import FormatError
from lessons.numbers import LARGEST, read_number, say_number


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1.5", 1.5),
        ("1,5", 1.5),
        ("0,693", 0.693),
        ("1,95", 1.95),
        (" 2\n", 2.0),
        ("\u00a02\u202f", 2.0),
        (".5", 0.5),
        (",5", 0.5),
        ("5.", 5.0),
        ("+3", 3.0),
        ("-3", -3.0),
        ("- 3", -3.0),
        ("\u22123", -3.0),
        ("\u20123", -3.0),
        ("\u20133", -3.0),
        ("2e-3", 0.002),
        ("1,5E2", 150.0),
        ("1/7", 1 / 7),
        ("\u22121 / 4", -0.25),
        ("007", 7.0),
        ("1.234", 1.234),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, value: float) -> None:
    assert read_number("n", typed) == value


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "number_missing"),
        (" \u00a0 ", "number_missing"),
        ("abc", "not_a_number"),
        ("nan", "not_a_number"),
        ("inf", "not_a_number"),
        ("-Infinity", "not_a_number"),
        ("१२", "not_a_number"),
        ("٣", "not_a_number"),
        ("\uff11", "not_a_number"),
        ("²", "not_a_number"),
        ("0x10", "not_a_number"),
        ("--3", "not_a_number"),
        ("1" * 41, "not_a_number"),
        ("1_000", "number_ambiguous"),
        ("1,234.5", "number_ambiguous"),
        ("1.234,5", "number_ambiguous"),
        ("1,234", "number_ambiguous"),
        ("1 234", "number_ambiguous"),
        ("1'234", "number_ambiguous"),
        ("30%", "number_percent"),
        ("12,5 %", "number_percent"),
        ("ln 7", "number_formula"),
        ("log(7)", "number_formula"),
        ("2*3", "number_formula"),
        ("1/0", "number_by_zero"),
        ("1e999", "number_out_of_range"),
        ("-1e16", "number_out_of_range"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(typed: str, code: str) -> None:
    refused = read_number("loss", typed)
    assert isinstance(refused, FormatError)
    assert (refused.field, refused.code) == ("loss", code)


@given(st.text(max_size=60))
def test_any_text_gives_a_finite_number_or_a_format_error(typed: str) -> None:
    read = read_number("n", typed)
    if isinstance(read, float):
        assert math.isfinite(read)
        assert abs(read) <= LARGEST


@given(st.text(alphabet="0123456789.,+-eE/%_ '", max_size=12))
def test_what_is_read_contains_no_separator_twice(typed: str) -> None:
    if isinstance(read_number("n", typed), float):
        assert typed.count(",") + typed.count(".") <= 1
        assert "_" not in typed
        assert "'" not in typed


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_a_comma_and_a_unicode_minus_read_like_point_and_hyphen(value: float) -> None:
    plain = f"{value:.4f}"
    typed = plain.replace(".", ",").replace("-", "\u2212")
    assert read_number("n", typed) == read_number("n", plain) == float(plain)


@given(st.floats(min_value=-1e9, max_value=1e9, allow_nan=False))
def test_a_number_said_is_near_the_number_meant_and_can_be_typed_back(value: float) -> None:
    read = read_number("n", say_number(value))
    assert isinstance(read, float)
    assert abs(read - value) <= max(abs(value) * 0.005, 1e-12)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (math.log(2), "0.693"),
        (math.log(7), "1.946"),
        (24.31, "24.3"),
        (1204.0, "1204"),
        (0.0, "0"),
        (-0.0, "0"),
        (-1.5, "-1.5"),
        (0.01234, "0.0123"),
        (600.0, "600"),
        (math.inf, "no number"),
    ],
)
def test_a_number_is_said_in_few_digits(value: float, said: str) -> None:
    assert say_number(value) == said
