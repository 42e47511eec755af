"""Decimal strings become integers without loss, or are refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.decimals import format_decimal, parse_decimal
from kernel.errors import InvalidAmount
from kernel.units import BIGINT_MAX

scales = st.integers(0, 18)
units = st.integers(0, BIGINT_MAX)


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("0", 8, 0),
        ("1", 0, 1),
        ("1", 8, 100_000_000),
        ("0.25", 2, 25),
        ("0.00000001", 8, 1),
        ("17.50000000", 2, 1750),
        ("9223372036854775807", 0, BIGINT_MAX),
        ("92233720368.54775807", 8, BIGINT_MAX),
        ("0.000000000000000001", 18, 1),
    ],
)
def test_a_plain_decimal_is_a_count_of_its_smallest_unit(text, scale, expected):
    assert parse_decimal(text, scale=scale) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 ", " 1", "1\n", "+1", "-1", "-0", "01", "00", "1.", ".5", "1..5",
        "1.5.0", "1e3", "1E3", "1_000", "1,000", "0x10", "NaN", "Infinity", "-inf",
        "１２", "١٢", "1٫5", "9" * 20, "1." + "0" * 19, "1.0\x00", "1/2",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidAmount):
        parse_decimal(text, scale=8)


@pytest.mark.parametrize(
    "value", [1, 1.5, True, None, b"1", ["1"], {"amount": "1"}, Decimal(1)]
)
def test_what_is_not_a_string_is_refused(value):
    with pytest.raises(InvalidAmount, match="decimal strings"):
        parse_decimal(value, scale=8)


def test_more_decimals_than_the_unit_has_are_refused_not_rounded():
    with pytest.raises(InvalidAmount, match="At most 8 decimals"):
        parse_decimal("0.123456789", scale=8)


def test_zeros_beyond_the_unit_are_harmless():
    assert parse_decimal("0.120000000000", scale=2) == 12


@pytest.mark.parametrize(
    ("text", "scale"), [("9223372036854775808", 0), ("92233720368.54775808", 8)]
)
def test_what_does_not_fit_a_bigint_is_refused(text, scale):
    with pytest.raises(InvalidAmount, match="too large"):
        parse_decimal(text, scale=scale)


@pytest.mark.parametrize(
    ("count", "scale", "expected"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (1750, 2, "17.50"),
        (-5, 2, "-0.05"),
        (-1750, 0, "-1750"),
        (1, 18, "0.000000000000000001"),
    ],
)
def test_a_count_is_written_with_all_its_decimals(count, scale, expected):
    assert format_decimal(count, scale=scale) == expected


@given(units, scales)
def test_what_is_written_is_read_back(count, scale):
    assert parse_decimal(format_decimal(count, scale=scale), scale=scale) == count


@given(st.integers(-BIGINT_MAX, BIGINT_MAX), scales)
def test_writing_agrees_with_decimal(count, scale):
    assert Decimal(format_decimal(count, scale=scale)) == Decimal(count).scaleb(-scale)


@given(st.from_regex(r"[0-9.eE+\-_ ]{0,24}", fullmatch=True) | st.text(max_size=24), scales)
def test_reading_agrees_with_a_naive_twin(text, scale):
    expected = naive_parse(text, scale)

    try:
        assert parse_decimal(text, scale=scale) == expected
    except InvalidAmount:
        assert expected is None


def naive_parse(text: str, scale: int) -> int | None:
    """The rules said once more, step by step, on Python's own Decimal."""
    whole, point, fraction = text.partition(".")
    if not whole or set(whole + fraction) - set("0123456789") or (point and not fraction):
        return None
    if len(whole) > 1 and whole.startswith("0"):
        return None
    if len(whole) > 19 or len(fraction) > 18:
        return None
    count = Decimal(text).scaleb(scale)
    if count != count.to_integral_value() or count > BIGINT_MAX:
        return None
    return int(count)
