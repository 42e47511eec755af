"""Decimal strings are added up exactly."""

from reports.selectors.adding import summed
from reports.table import Column

COLUMNS = [
    Column("asset", "Asset"),
    Column("amount", "Amount", "amount", is_summed=True),
    Column("note", "Note"),
    Column("gain", "Gain", "value", is_summed=True),
]


def test_sums_are_exact_per_group_and_of_all():
    rows = [
        ("ETH", "0.000000000000000001", "x", "-0.10"),
        ("BTC", "1.5", "x", "0.30"),
        ("ETH", "9223372036854775807.000000000000000001", "x", "-0.25"),
    ]

    assert summed(rows, COLUMNS, "asset") == [
        ("BTC", "1.5", "0.30"),
        ("ETH", "9223372036854775807.000000000000000002", "-0.35"),
        (None, "9223372036854775808.500000000000000002", "-0.05"),
    ]


def test_where_there_is_nothing_to_add_there_is_no_sum():
    rows = [("BTC", "", "", "1"), ("BTC", "", "", "")]

    assert summed(rows, COLUMNS, "asset") == [("BTC", None, "1"), (None, None, "1")]
    assert summed([], COLUMNS, "asset") == []
