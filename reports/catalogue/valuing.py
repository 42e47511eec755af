"""Amounts in a reporting currency, by the rates that bookkeeping keeps.

A value is rounded half up to an atom of the currency and says by which rate, from when and
from where. Where there is no rate there is no value: nothing is made up.

The queries that use these pieces call what they value `line`; it has an asset_id and the
asset's scale.
"""

from typing import Final

from reports.catalogue.words import instant
from reports.table import Column, Params

#: Rates at one instant, as tables for SQL: `WITH … AS (…)` begins with them.
RATES: Final = """currency AS (
        SELECT id, scale AS atom FROM ledger_asset WHERE code = %(currency)s
    ), rate AS (
        SELECT rate.* FROM currency
        CROSS JOIN LATERAL bookkeeping_rates(currency.id, %(told_at)s) rate
    )"""
_JOINED: Final = "LEFT JOIN rate ON rate.asset_id = line.asset_id CROSS JOIN currency"
#: The rate, from when and from where.
_STAMP: Final = (
    "CASE WHEN rate.price IS NULL THEN '' ELSE ledger_decimal(rate.price, 10) END, "
    + instant("rate.at")
    + ", coalesce(rate.source, '')"
)


def valued(params: Params, *amounts: str) -> tuple[str, str]:
    """What a currency adds to a query: more columns, and what is joined to `line`.

    amounts  SQL of atoms of the line's asset
    """
    if params.currency is None:
        return "", ""
    values = "".join(f", {_value(it)}" for it in amounts)
    return f"{values}, {_STAMP}", _JOINED


def _value(sql: str) -> str:
    return (
        f"CASE WHEN rate.price IS NULL OR {sql} IS NULL THEN '' ELSE ledger_decimal("
        f"bookkeeping_value({sql}, line.scale, rate.price, currency.atom), "
        "currency.atom) END"
    )


def value_columns(params: Params, *values: tuple[str, str]) -> list[Column]:
    """The columns to it, of values by (name, title) and of their rate."""
    if params.currency is None:
        return []
    code = params.currency
    return [
        *(
            Column(name, f"{title}, {code}", "value", is_summed=True)
            for name, title in values
        ),
        Column("rate", f"Rate, {code}", "rate"),
        Column("rate_at", "Rate from", "instant"),
        Column("rate_source", "Rate's source"),
    ]
