"""Realised gains of a customer: what was sold, what it brought, and what it had cost."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection

from kernel.decimals import format_decimal
from reports.catalogue.movements import MOVED
from reports.catalogue.words import REFERENCE, instant
from reports.gains import Kind, Method, Realised, Step, Stock, realise, stock
from reports.table import EARLIEST, Column, Params, Query, Report, Row, stream


class Fact(NamedTuple):
    """What made an asset come or go.

    at, by     when, as text; and the trade, deposit … with its id
    basis      how its value is known
    fee, paid_in  the customer's fee in that trade: atoms; the code of its asset and scale
    is_told    whether it is of the period
    """

    at: str
    by: str
    basis: str
    fee: int
    paid_in: str
    fee_scale: int
    is_told: bool


#: How a value is known, as the report says it.
TRADED, RATED, UNKNOWN, AVERAGED = "trade", "rate", "no rate", "average"


def _columns(params: Params) -> list[Column]:
    code = params.currency
    return [
        Column("asset", "Asset"),
        Column("at", "Went at", "instant"),
        Column("went", "How it went"),
        Column("reference", "By", "text", "reference"),
        Column("quantity", "Quantity", "amount", is_summed=True),
        Column("proceeds", f"Proceeds, {code}", "value", is_summed=True),
        Column("cost", f"Cost, {code}", "value", is_summed=True),
        Column("gain", f"Gain, {code}", "value", is_summed=True),
        Column("came_at", "Came at", "instant"),
        Column("came_by", "Came by", "text", "reference"),
        Column("basis", "Cost known by"),
        Column("valued_by", "Proceeds known by"),
        Column("fee", "Fee", "amount"),
        Column("fee_asset", "Fee in"),
    ]


def _value(amount: str, scale: str, asset: str, at: str) -> str:
    """Atoms of the currency by the rate that held then; NULL where there is none."""
    return f"""bookkeeping_value({amount}, {scale}, (
        SELECT price FROM bookkeeping_rate rate WHERE rate.asset_id = {asset}
        AND rate.currency_id = currency.id AND rate.at <= {at}
        ORDER BY rate.at DESC, rate.id DESC LIMIT 1), currency.scale)"""  # noqa: S608  our own words


# All that came and went, in the order in which the accounts were locked for it: that of the
# ids. Up to the last transfer of the cut, whatever its clock says, so that nothing goes
# before it came.
_STEPS: Final = f"""WITH own AS (
        SELECT id FROM ledger_account WHERE owner_id = %(user)s
    ), {MOVED}, currency AS (
        SELECT id, scale FROM ledger_asset WHERE code = %(currency)s
    ), leg AS (
        SELECT t.id, t.code, t.ref, t.created_at, t.asset_id,
            CASE WHEN t.credit_id IN (SELECT id FROM own) THEN t.amount ELSE -t.amount END
                AS amount
        FROM moved t
        WHERE (t.debit_id IN (SELECT id FROM own)) <> (t.credit_id IN (SELECT id FROM own))
    ), trade AS (
        SELECT min(t.id) AS id, min(t.code) AS code, t.ref, min(t.created_at) AS created_at,
            market.base_id, market.quote_id,
            coalesce(sum(amount) FILTER (WHERE asset_id = base_id), 0) AS base,
            coalesce(sum(amount) FILTER (WHERE asset_id = quote_id), 0) AS quote,
            coalesce(sum(-amount) FILTER (WHERE code = 22), 0) AS fee,
            max(asset_id) FILTER (WHERE code = 22) AS fee_asset_id
        FROM leg t JOIN orders_market market ON market.id = t.ref >> 40
        WHERE code BETWEEN 20 AND 39 GROUP BY t.ref, base_id, quote_id
    ), priced AS (
        SELECT trade.*, sign(base) * sign(quote) = -1 AS is_exchange,
            CASE WHEN sign(base) * sign(quote) > -1 THEN NULL
                WHEN quote_id = currency.id THEN abs(quote)
                WHEN base_id = currency.id THEN abs(base)
                ELSE coalesce(
                    {_value("abs(quote)", "q.scale", "quote_id", "created_at")},
                    {_value("abs(base)", "b.scale", "base_id", "created_at")}) END AS value,
            CASE WHEN currency.id IN (base_id, quote_id) THEN '{TRADED}' ELSE '{RATED}' END
                AS basis
        FROM trade JOIN ledger_asset b ON b.id = base_id
        JOIN ledger_asset q ON q.id = quote_id CROSS JOIN currency
    ), step AS (
        SELECT id, code, ref, created_at, base_id AS asset_id, base AS amount, value, basis,
            is_exchange, fee, fee_asset_id
        FROM priced
        UNION ALL
        SELECT id, code, ref, created_at, quote_id, quote, value, basis, is_exchange, fee,
            fee_asset_id
        FROM priced
        UNION ALL
        SELECT t.id, t.code, t.ref, t.created_at, t.asset_id, t.amount,
            CASE WHEN t.amount > 0
                THEN {_value("t.amount", "asset.scale", "t.asset_id", "t.created_at")} END,
            '{RATED}', false, 0, NULL
        FROM leg t JOIN ledger_asset asset ON asset.id = t.asset_id CROSS JOIN currency
        WHERE NOT t.code BETWEEN 20 AND 39
    )
    SELECT asset.code, asset.scale, t.amount::numeric, t.value, t.basis, t.is_exchange,
        t.created_at, {instant("t.created_at")}, coalesce({REFERENCE}, 'transfer ' || t.id),
        t.fee::numeric, coalesce(paid.code, ''), coalesce(paid.scale, 0)
    FROM step t JOIN ledger_asset asset ON asset.id = t.asset_id
    LEFT JOIN ledger_asset paid ON paid.id = t.fee_asset_id
    WHERE t.amount <> 0 AND asset.code <> %(currency)s
    AND (%(asset)s::text IS NULL OR asset.code = %(asset)s)
    ORDER BY t.id, asset.code"""  # noqa: S608  our own words


def _made(params: Params) -> Iterator[Row]:
    method = Method(params.method or Method.FIFO)
    unit = _scale_of(params.currency)
    stocks: dict[str, Stock[Fact]] = {}
    # What is parted with in the period may have come long before.
    asked = params.arguments | {"first": 1}
    # Closed whatever happens: an open transaction must not wait for the collector.
    with closing(stream(Query(_STEPS, asked))) as rows:
        for code, scale, *row in rows:
            step = _step(row, params)
            held = stocks.setdefault(code, stock(method))
            # The fee is that of the whole trade: it stands once.
            fee = step.fact.fee
            for part in realise(held, step):
                if step.fact.is_told:
                    yield _row(code, scale, unit, step, part, fee)
                fee = 0


def _step(row: list[Any], params: Params) -> Step[Fact]:
    amount, value, basis, is_exchange, created_at, at, by, fee, paid_in, fee_scale = row
    kind = Kind.GOT if amount > 0 else Kind.SOLD if is_exchange else Kind.LEFT
    known = UNKNOWN if value is None and kind is not Kind.LEFT else basis
    told = _is_told(created_at, params)
    fact = Fact(at, by, known, int(fee), paid_in, fee_scale, told)
    return Step(kind, abs(int(amount)), int(value or 0), fact)


def _is_told(created_at: datetime, params: Params) -> bool:
    until = params.cut.at
    return created_at >= (params.since or EARLIEST) and (
        until is None or created_at <= until
    )


def _row(
    code: str, scale: int, unit: int, step: Step[Fact], part: Realised[Fact], fee: int
) -> Row:
    went, came = part.went, part.came
    is_known = step.kind is Kind.LEFT or went.basis != UNKNOWN
    return (
        code,
        went.at,
        step.kind.value,
        went.by,
        format_decimal(part.quantity, scale=scale),
        format_decimal(part.proceeds, scale=unit) if is_known else "",
        format_decimal(part.cost, scale=unit),
        format_decimal(part.gain, scale=unit) if is_known else "",
        came.at if came else "",
        came.by if came else "",
        came.basis if came else AVERAGED,
        "cost" if step.kind is Kind.LEFT else went.basis,
        format_decimal(fee, scale=went.fee_scale) if fee else "",
        went.paid_in if fee else "",
    )


def _scale_of(code: str | None) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT scale FROM ledger_asset WHERE code = %s", [code])
        return int(cursor.fetchone()[0])


REALISED_GAINS: Final = Report(
    name="realised_gains",
    title="Realised gains of a customer",
    explains="Whatever the customer parted with in a period, what it brought after fees, "
    "and what it had cost with fees: the oldest first (fifo), or by average. A trade is "
    "worth what was paid or received in the currency, otherwise by the rate of then. "
    "What was deposited has cost what it was worth when it came; where no rate is known it "
    "has cost nothing, and says so. What is withdrawn takes its cost along and gains "
    "nothing.",
    takes=("user", "from", "to", "as_of", "asset", "currency", "method"),
    needs=("user", "currency"),
    columns=_columns,
    made=_made,
    valued_by="by the rate of each movement's own moment",
)
