"""The consequences of a batch, written in its transaction: all of them or none."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from kernel import pgcopy
from ledger.models import Entry
from ledger.services import copy_transfers
from matching import events
from matching.engine import Engine, Outcome
from orders.commands import SEQUENCE_BITS
from orders.services import (
    pack_order,
    pack_trade,
    record_changes,
    record_orders,
    record_trades,
)


def settle(
    *,
    engine: Engine,
    outcomes: Mapping[int, Outcome],
    sequences: dict[int, int],
    now: datetime,
) -> None:
    """Write what the engine found: money, trades, orders, events.

    The database moves the balances when the transfers arrive and refuses the batch if an
    account would fall below its floor.

    sequences  market id -> its last event sequence; moved on by one where something
               happened
    """
    for market_id, outcome in outcomes.items():
        if not outcome.orders:
            continue
        sequences[market_id] += 1
        _write_money(market_id, outcome, sequences[market_id], engine, now)
        _write_records(market_id, outcome, now)
        _write_events(market_id, outcome, sequences[market_id], engine, now)


def _write_money(
    market_id: int, outcome: Outcome, sequence: int, engine: Engine, now: datetime
) -> None:
    if not outcome.transfers:
        return
    entry = Entry.objects.create(
        kind=Entry.Kind.BATCH,
        key=f"batch:{market_id}:{sequence}",
        reference=engine.markets[market_id].symbol,
        created_at=now,
    )
    copy_transfers(entry_id=entry.pk, rows=outcome.transfers, now=now)


def _write_records(market_id: int, outcome: Outcome, now: datetime) -> None:
    time = pgcopy.timestamp(now)
    if outcome.trades:
        record_trades(
            rows=[
                pack_trade(
                    trade.id, market_id, trade.price, trade.quantity, trade.quote_amount,
                    trade.taker_side, trade.maker_order, trade.taker_order,
                    trade.maker_user, trade.taker_user, trade.maker_fee, trade.taker_fee,
                    time,
                )
                for trade in outcome.trades
            ]
        )  # fmt: skip
    placed, changed = [], []
    for order in outcome.orders.values():
        filled = order.quantity - order.remaining
        if order.id in outcome.placed:
            placed.append(
                pack_order(
                    order.id, market_id, order.user, order.side, order.type, order.price,
                    order.quantity, order.budget, filled, order.filled_quote, order.status,
                    order.reason, order.maker_ppm, order.taker_ppm, order.created, time,
                )
            )  # fmt: skip
        else:
            changed.append(
                (order.id, filled, order.filled_quote, order.status, order.reason)
            )
    if placed:
        record_orders(rows=placed)
    record_changes(changes=changed, now=now)


def _write_events(
    market_id: int, outcome: Outcome, sequence: int, engine: Engine, now: datetime
) -> None:
    payload = events.encode(
        outcome, engine.books[market_id], time_ms=int(now.timestamp() * 1000)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matching_eventbatch (id, payload, created_at) VALUES (%s, %s, %s)",
            [market_id << SEQUENCE_BITS | sequence, payload, now],
        )
        cursor.execute(
            "INSERT INTO matching_marketsequence (market_id, trades, events) "
            "VALUES (%s, %s, %s) ON CONFLICT (market_id) "
            "DO UPDATE SET trades = EXCLUDED.trades, events = EXCLUDED.events",
            [market_id, engine.trades[market_id], sequence],
        )
