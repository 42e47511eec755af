"""Registers: deposits and withdrawals, and trades."""

from typing import Final

from orders.commands import SEQUENCE_BITS
from reports.catalogue.words import amount, instant, is_asked, text
from reports.table import Column, Params, Query, Report

# Deposits and withdrawals -----------------------------------------------------------------


def _passage_columns(_: Params) -> list[Column]:
    return [
        Column("asset", "Asset"),
        Column("asked_at", "Entered or requested at", "instant"),
        Column("thing", "Of", "text", "reference"),
        Column("user_id", "User id", "id", "user"),
        Column("user", "User", "text", "user", "user_id"),
        Column("state", "State"),
        Column("amount", "Amount", "amount"),
        Column("deposited", "Deposited in the period", "amount", is_summed=True),
        Column("withdrawn", "Paid out in the period", "amount", is_summed=True),
        Column("transaction", "Transaction id"),
        Column("address", "Address"),
        Column("asked_by", "Entered or requested by, id", "id", "user"),
        Column("asker", "Entered or requested by", "text", "user", "asked_by"),
        Column("decided_at", "Decided at", "instant"),
        Column("decided_by", "Decided by, id", "id", "user"),
        Column("decider", "Decided by", "text", "user", "decided_by"),
        Column("settled_at", "Credited or paid at", "instant"),
        Column("settled_by", "Credited or paid by, id", "id", "user"),
        Column("settler", "Credited or paid by", "text", "user", "settled_by"),
    ]


# What state it was in at the cut, the events tell; the rows themselves say what it is now.
_PASSAGES: Final = f"""WITH event AS (
        SELECT 'deposit' AS kind, deposit_id AS about, id, after, actor_id, created_at,
            '' AS txid
        FROM deposits_event WHERE created_at <= %(told_at)s
        UNION ALL
        SELECT 'withdrawal', withdrawal_id, id, after, actor_id, created_at, txid
        FROM withdrawals_event WHERE created_at <= %(told_at)s
    ), told AS (
        SELECT kind, about, max(created_at) AS moved_at, max(txid) AS txid,
            (array_agg(after ORDER BY id DESC))[1] AS state,
            max(created_at) FILTER (WHERE after IN ('credited', 'paid')) AS settled_at,
            max(actor_id) FILTER (WHERE after IN ('credited', 'paid')) AS settled_by,
            min(created_at) FILTER (WHERE after <> 'cancelled') AS decided_at,
            (array_agg(actor_id ORDER BY id) FILTER (WHERE after <> 'cancelled'))[1]
                AS decided_by
        FROM event GROUP BY kind, about
    ), line AS (
        SELECT 'deposit' AS kind, id, user_id, asset_id, amount, reference, '' AS address,
            entered_by_id AS asked_by, created_at, 'entered' AS state
        FROM deposits_deposit WHERE created_at <= %(told_at)s
        UNION ALL
        SELECT 'withdrawal', id, user_id, asset_id, amount, '', address, user_id,
            created_at, 'requested'
        FROM withdrawals_withdrawal WHERE created_at <= %(told_at)s
    )
    SELECT asset.code, {instant("line.created_at")}, line.kind || ' ' || line.id,
        line.user_id::text, owner.email, coalesce(told.state, line.state),
        {amount("line.amount")},
        CASE WHEN line.kind = 'deposit' AND settled_at >= %(since)s
            THEN {amount("line.amount")} ELSE '' END,
        CASE WHEN line.kind = 'withdrawal' AND settled_at >= %(since)s
            THEN {amount("line.amount")} ELSE '' END,
        CASE line.kind WHEN 'deposit' THEN line.reference ELSE {text("told.txid")} END,
        line.address, line.asked_by::text, asker.email, {instant("told.decided_at")},
        {text("told.decided_by")}, {text("decider.email")}, {instant("told.settled_at")},
        {text("told.settled_by")}, {text("settler.email")}
    FROM line JOIN ledger_asset asset ON asset.id = line.asset_id
    JOIN accounts_user owner ON owner.id = line.user_id
    JOIN accounts_user asker ON asker.id = line.asked_by
    LEFT JOIN told ON told.kind = line.kind AND told.about = line.id
    LEFT JOIN accounts_user decider ON decider.id = told.decided_by
    LEFT JOIN accounts_user settler ON settler.id = told.settled_by
    WHERE greatest(line.created_at, told.moved_at) >= %(since)s
    AND {is_asked("asset.code", "asset", "text")}
    AND {is_asked("line.user_id", "user", "bigint")}
    ORDER BY asset.code, line.created_at, line.kind, line.id"""  # noqa: S608  our own words

DEPOSITS_WITHDRAWALS: Final = Report(
    name="deposits_withdrawals",
    title="Deposits and withdrawals",
    explains="Every deposit and withdrawal that was entered, requested or moved on in a "
    "period: in which state it was at its end, by which transaction, and who decided.",
    takes=("from", "to", "as_of", "asset", "user"),
    columns=_passage_columns,
    query=lambda params: Query(_PASSAGES, params.arguments),
)


# Trades -----------------------------------------------------------------------------------


def _trade_columns(_: Params) -> list[Column]:
    return [
        Column("market", "Market"),
        Column("at", "At", "instant"),
        Column("trade_id", "Trade", "id", "trade"),
        Column("number", "Number", "count"),
        Column("base", "Base"),
        Column("quantity", "Quantity", "amount", is_summed=True),
        Column("price", "Price", "rate"),
        Column("quote", "Quote"),
        Column("worth", "Worth", "amount", is_summed=True),
        Column("buyer_id", "Buyer", "id", "user"),
        Column("seller_id", "Seller", "id", "user"),
        Column("buyer_fee", "Buyer's fee, base", "amount", is_summed=True),
        Column("seller_fee", "Seller's fee, quote", "amount", is_summed=True),
        Column("taker", "Taker"),
        Column("buy_order", "Order to buy", "id", "order"),
        Column("sell_order", "Order to sell", "id", "order"),
        Column("made_in", "Made in"),
    ]


def _of(buyer: str, seller: str) -> str:
    """The taker's or the maker's, by who bought."""
    return f"CASE t.taker_side WHEN 1 THEN t.{buyer} ELSE t.{seller} END"


_TRADES: Final = f"""
    SELECT market.symbol, {instant("t.created_at")}, t.id::text,
        (t.id & ((1::bigint << {SEQUENCE_BITS}) - 1))::text,
        base.code, {amount("t.quantity::numeric * market.lot_size", "base.scale")},
        {amount("t.price::numeric * market.tick_size", "quote.scale")},
        quote.code, {amount("t.quote_amount", "quote.scale")},
        ({_of("taker_user_id", "maker_user_id")})::text,
        ({_of("maker_user_id", "taker_user_id")})::text,
        {amount(_of("taker_fee", "maker_fee"), "base.scale")},
        {amount(_of("maker_fee", "taker_fee"), "quote.scale")},
        CASE t.taker_side WHEN 1 THEN 'buyer' ELSE 'seller' END,
        ({_of("taker_order_id", "maker_order_id")})::text,
        ({_of("maker_order_id", "taker_order_id")})::text,
        CASE WHEN t.auction THEN 'auction' ELSE 'book' END
    FROM orders_trade t JOIN orders_market market ON market.id = t.market_id
    JOIN ledger_asset base ON base.id = market.base_id
    JOIN ledger_asset quote ON quote.id = market.quote_id
    WHERE t.created_at BETWEEN %(since)s AND %(told_at)s
    AND {is_asked("market.symbol", "market", "text")}
    AND (%(user)s::bigint IS NULL OR %(user)s IN (t.maker_user_id, t.taker_user_id))
    ORDER BY t.id"""  # noqa: S608  our own words

TRADES: Final = Report(
    name="trades",
    title="Trades",
    explains="Every trade of a period, market by market: price, quantity, who bought and "
    "who sold, what each paid in fees, and the orders behind it.",
    takes=("from", "to", "as_of", "market", "user"),
    columns=_trade_columns,
    query=lambda params: Query(_TRADES, params.arguments),
    per="market",
)
