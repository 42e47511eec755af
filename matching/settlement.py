"""The consequences of a batch, written in its transaction: all of them or none."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from kernel import pgcopy
from ledger.models import Entry
from ledger.services import copy_transfers
from matching import events
from matching.book import PRIORITY_BITS, BookOrder
from matching.engine import Engine
from matching.outcome import Outcome
from orders.commands import PLAIN, SEQUENCE_BITS
from orders.services import (
    pack_event,
    pack_order,
    pack_prevented,
    pack_special_order,
    pack_trade,
    record_alterations,
    record_changes,
    record_market_change,
    record_order_events,
    record_orders,
    record_prevented_matches,
    record_special_orders,
    record_trades,
)


def settle(
    *,
    engine: Engine,
    outcomes: Mapping[int, Outcome],
    sequences: dict[int, int],
    now: datetime,
) -> None:
    """Write what the engine found: money, trades, orders, stories, events.

    The database moves the balances when the transfers arrive and refuses the batch if an
    account would fall below its floor.

    sequences  market id -> its last event sequence; moved on by one where something
               happened
    """
    for market_id, outcome in outcomes.items():
        if not (outcome.orders or outcome.changes or outcome.events):
            continue
        sequences[market_id] += 1
        _write_money(market_id, outcome, sequences[market_id], engine, now)
        _write_trades(market_id, outcome, now)
        _write_orders(market_id, outcome, now)
        _write_stories(market_id, outcome, now)
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


def _write_trades(market_id: int, outcome: Outcome, now: datetime) -> None:
    if not outcome.trades:
        return
    time = pgcopy.timestamp(now)
    record_trades(
        rows=[
            pack_trade(
                trade.id, market_id, trade.price, trade.quantity, trade.quote_amount,
                trade.taker_side, trade.maker_order, trade.taker_order,
                trade.maker_user, trade.taker_user, trade.maker_fee, trade.taker_fee,
                trade.auction, time,
            )
            for trade in outcome.trades
        ]
    )  # fmt: skip


def _write_orders(market_id: int, outcome: Outcome, now: datetime) -> None:
    time, seen_first = pgcopy.timestamp(now), outcome.placed
    plain, special, changed, altered = [], [], [], []
    for order in outcome.orders.values():
        filled = order.quantity - order.remaining - order.hidden
        if order.id not in seen_first:
            change = order.id, filled, order.filled_quote, order.status, order.reason
            if order.altered:
                altered.append(
                    (*change, order.price, order.quantity, *_special(order)[:-1])
                )
            else:
                changed.append(change)
        elif (
            order.extra is PLAIN
            and order.priority == order.id << PRIORITY_BITS
            and not (order.cap or order.list_id)
        ):
            # Spelled out: it is what a batch consists of, and this is half as much work.
            plain.append(
                pack_order(
                    order.id, market_id, order.user, order.side, order.type, order.price,
                    order.quantity, order.budget, filled, order.filled_quote,
                    order.status, order.reason, order.maker_ppm, order.taker_ppm,
                    order.created, time,
                )
            )  # fmt: skip
        else:
            special.append(
                pack_special_order(values=_values(order, time), special=_special(order))
            )
        order.altered = False  # its record says so, once this is committed
    if plain:
        record_orders(rows=plain)
    if special:
        record_special_orders(rows=special)
    record_changes(changes=changed, now=now)
    record_alterations(changes=altered, now=now)


def _values(order: BookOrder, time: int) -> tuple[int, ...]:
    """Values of orders.services.pen.ORDER_COLUMNS."""
    return (
        order.id, order.market, order.user, order.side, order.type, order.price,
        order.quantity, order.budget, order.filled, order.filled_quote, order.status,
        order.reason, order.maker_ppm, order.taker_ppm, order.created, time,
    )  # fmt: skip


def _special(order: BookOrder) -> tuple[int, int, int, int, int, int]:
    """Values of orders.services.pen.SPECIAL_COLUMNS; 0 for what the order does not have.

    The list that an order belongs to never changes.
    """
    born = order.priority == order.id << PRIORITY_BITS
    return (
        order.hidden, 0 if born else order.priority, order.trigger, order.cap,
        order.armed_trade, order.list_id,
    )  # fmt: skip


def _write_stories(market_id: int, outcome: Outcome, now: datetime) -> None:
    """What few batches have: stories of orders, prevented matches, a market's changes."""
    time = pgcopy.timestamp(now)
    if outcome.events:
        record_order_events(
            rows=[
                pack_event(
                    event.order, event.command, event.kind, event.reason, event.limit,
                    event.actual, time,
                )
                for event in outcome.events
            ]
        )  # fmt: skip
    if outcome.prevented:
        record_prevented_matches(
            rows=[
                pack_prevented(
                    market_id, match.user, match.taker_order, match.maker_order,
                    match.price, match.quantity, match.mode, time,
                )
                for match in outcome.prevented
            ]
        )  # fmt: skip
    for change in outcome.changes:
        record_market_change(
            market_id=market_id,
            state=change.state,
            until=change.until,
            settings=change.settings,
            user_id=change.user,
            command_id=change.command,
            reason=change.reason,
            now=now,
        )


def _write_events(
    market_id: int, outcome: Outcome, sequence: int, engine: Engine, now: datetime
) -> None:
    payload = events.encode(
        outcome, engine.books[market_id], time_ms=int(now.timestamp() * 1000)
    )
    reference, refresh = engine.references[market_id]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matching_eventbatch (id, payload, created_at) VALUES (%s, %s, %s)",
            [market_id << SEQUENCE_BITS | sequence, payload, now],
        )
        cursor.execute(
            "INSERT INTO matching_marketsequence "
            "(market_id, trades, events, reference, refresh) VALUES (%s, %s, %s, %s, %s) "
            "ON CONFLICT (market_id) DO UPDATE SET trades = EXCLUDED.trades, "
            "events = EXCLUDED.events, reference = EXCLUDED.reference, "
            "refresh = EXCLUDED.refresh",
            [market_id, engine.trades[market_id], sequence, reference, refresh],
        )
