"""What a customer is told: every movement of what is theirs."""

from typing import Final

from reports.catalogue.movements import MOVED
from reports.catalogue.words import (
    IN_PERIOD,
    REFERENCE,
    WHAT,
    amount,
    instant,
    is_asked,
    text,
)
from reports.table import Column, Params, Query, Report


def _columns(_: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("at", "At", "instant"),
        Column("what", "What", "text", "transfer", "transfer_id"),
        Column("reference", "Of", "text", "reference"),
        Column("market", "Market"),
        Column("price", "Price", "rate"),
        Column("outside", "Reference outside"),
        Column("available", "Available", "amount", is_summed=True),
        Column("held", "Held for orders", "amount", is_summed=True),
        Column("withdrawing", "Being withdrawn", "amount", is_summed=True),
        Column("change", "Change", "amount", is_summed=True),
        Column("balance", "Balance", "amount"),
        Column("transfer_id", "Transfer", "id", "transfer"),
        Column("entry_id", "Entry", "id", "entry", on_page=False),
    ]


def _change(kind: str) -> str:
    """What a transfer did to the customer's account of a kind; NULL for nothing."""
    return (
        f"CASE WHEN credit.kind = '{kind}' THEN t.amount "
        f"WHEN debit.kind = '{kind}' THEN -t.amount END"
    )


_STATEMENT: Final = f"""WITH own AS (
        SELECT account.id, account.kind, asset_id, asset.code, asset.scale
        FROM ledger_account account JOIN ledger_asset asset ON asset.id = asset_id
        WHERE owner_id = %(user)s AND {is_asked("asset.code", "asset", "text")}
    ), {MOVED}, opening AS (
        SELECT code, sum(credits - debits) AS balance
        FROM ledger_standings(%(before)s, %(last)s, %(user)s) s
        JOIN own ON own.id = s.account_id GROUP BY code
    ), closing AS (
        SELECT code, scale, sum(credits - debits) AS balance
        FROM ledger_standings(%(at)s, %(last)s, %(user)s) s
        JOIN own ON own.id = s.account_id GROUP BY code, scale
    ), line AS (
        SELECT t.*, coalesce(credit.code, debit.code) AS asset,
            coalesce(credit.scale, debit.scale) AS scale,
            {_change("available")} AS available, {_change("held")} AS held,
            {_change("withdrawing")} AS withdrawing,
            CASE WHEN credit.id IS NULL THEN -t.amount
                WHEN debit.id IS NULL THEN t.amount ELSE 0 END AS change
        FROM moved t
        LEFT JOIN own debit ON debit.id = t.debit_id
        LEFT JOIN own credit ON credit.id = t.credit_id
        WHERE {IN_PERIOD}
    ), told AS (
        SELECT t.asset, 1 AS place, t.created_at, t.id, {instant("t.created_at")} AS at,
            {WHAT} AS what, {text(REFERENCE)} AS reference,
            {text("market.symbol")} AS market,
            {amount("trade.price::numeric * market.tick_size", "quote.scale")} AS price,
            coalesce(deposit.reference, CASE t.code WHEN 62 THEN withdrawal.txid
                ELSE withdrawal.address END, '') AS outside,
            t.scale, t.available, t.held, t.withdrawing, t.change,
            coalesce(opening.balance, 0) + sum(t.change) OVER (
                PARTITION BY t.asset ORDER BY t.created_at, t.id ROWS UNBOUNDED PRECEDING
            ) AS balance, t.id::text AS transfer_id, t.entry_id::text
        FROM line t LEFT JOIN opening ON opening.code = t.asset
        LEFT JOIN orders_trade trade ON t.code BETWEEN 20 AND 39 AND trade.id = t.ref
        LEFT JOIN orders_market market ON market.id = trade.market_id
        LEFT JOIN ledger_asset quote ON quote.id = market.quote_id
        LEFT JOIN deposits_deposit deposit
            ON t.code BETWEEN 40 AND 59 AND deposit.id = t.ref
        LEFT JOIN withdrawals_withdrawal withdrawal
            ON t.code BETWEEN 60 AND 79 AND withdrawal.id = t.ref
    )
    SELECT asset, at, what, reference, market, price, outside, {amount("available")},
        {amount("held")}, {amount("withdrawing")}, {amount("change")}, {amount("balance")},
        transfer_id, entry_id
    FROM (
        SELECT code AS asset, 0 AS place, NULL::timestamptz AS created_at, 0::bigint AS id,
            '' AS at, 'opening balance' AS what, '' AS reference, '' AS market, '' AS price,
            '' AS outside, scale, NULL::bigint AS available, NULL::bigint AS held,
            NULL::bigint AS withdrawing, NULL::bigint AS change,
            coalesce(opening.balance, 0) AS balance, '' AS transfer_id, '' AS entry_id
        FROM closing LEFT JOIN opening USING (code)
        UNION ALL TABLE told
        UNION ALL
        SELECT code, 2, NULL, 0, '', 'closing balance', '', '', '', '', scale, NULL, NULL,
            NULL, NULL, balance, '', ''
        FROM closing
    ) AS line ORDER BY asset, place, created_at, id"""  # noqa: S608  our own words

CUSTOMER_STATEMENT: Final = Report(
    name="customer_statement",
    title="Statement of a customer",
    explains="Asset by asset: what a customer had, every movement with the trade, the fee, "
    "the deposit or the withdrawal behind it, and what it left.",
    takes=("user", "from", "to", "as_of", "asset"),
    needs=("user",),
    columns=_columns,
    query=lambda params: Query(_STATEMENT, params.arguments),
)
