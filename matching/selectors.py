"""What the worker and the followers of the event log read."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connection

from kernel import pgcopy
from ledger.models import AccountKind
from matching.book import BookOrder
from matching.models import EventBatch, MarketSequence
from matching.spot import Wallet
from orders.commands import SEQUENCE_BITS, Cancel, Command, CommandKind, OrderStatus, Place


def commands_after(*, shard: int, position: int, limit: int) -> list[tuple[Command, int]]:
    """The next commands of a shard, by arrival, with their times as pgcopy.timestamp."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    # The engine's largest read: rows in binary cost half of what they cost as text.
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(_COMMANDS_AFTER, [position, shard, limit], binary=True)
        return [
            (
                Place(*row[:12])
                if row[12] == _PLACE
                else Cancel(row[0], row[1], row[2], row[13]),
                pgcopy.timestamp(row[14]),
            )
            for row in cursor.fetchall()
        ]


_PLACE = CommandKind.PLACE.value
# The first twelve columns are the fields of Place, the first three those of Cancel.
_COMMANDS_AFTER = (
    "SELECT id, market_id, user_id, side, type, time_in_force, self_trade, price, "
    "quantity, budget, maker_ppm, taker_ppm, kind, order_id, created_at "
    "FROM orders_command "
    "WHERE id > %s AND shard = %s ORDER BY id LIMIT %s"
)


def open_orders(*, shard: int) -> list[tuple[int, BookOrder]]:
    """(market, order) of every open order of a shard, in order of priority."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.market_id, o.id, o.user_id, o.side, o.type, o.price, o.quantity, "
            "o.budget, o.maker_ppm, o.taker_ppm, o.filled, o.filled_quote "
            "FROM orders_order o JOIN orders_market m ON m.id = o.market_id "
            "WHERE o.status = %s AND m.shard = %s ORDER BY o.id",
            [OrderStatus.OPEN, shard],
        )
        return [(row[0], _resting(row)) for row in cursor.fetchall()]


def _resting(row: tuple[int, ...]) -> BookOrder:
    order = BookOrder(
        id=row[1],
        user=row[2],
        side=row[3],
        type=row[4],
        price=row[5],
        quantity=row[6],
        budget=row[7],
        maker_ppm=row[8],
        taker_ppm=row[9],
        created=0,  # its record has the time
    )
    order.remaining -= row[10]
    order.filled_quote = row[11]
    return order


def wallets_of(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Wallet]:
    """The trading accounts of (user, asset) pairs; pairs without them are left out."""
    users, assets = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.owner_id, a.asset_id, a.id, h.id "
            "FROM unnest(%s::bigint[], %s::bigint[]) AS p(owner_id, asset_id) "
            "JOIN ledger_account a ON a.owner_id = p.owner_id AND a.asset_id = p.asset_id "
            "AND a.kind = %s AND a.label = '' "
            "JOIN ledger_account h ON h.owner_id = p.owner_id AND h.asset_id = p.asset_id "
            "AND h.kind = %s AND h.label = ''",
            [list(users), list(assets), AccountKind.AVAILABLE, AccountKind.HELD],
        )
        return {(row[0], row[1]): Wallet(row[2], row[3]) for row in cursor.fetchall()}


def events_after(*, market_id: int, sequence: int, limit: int = 500) -> list[EventBatch]:
    """The event batches of a market that follow `sequence`, in their order."""
    first = (market_id << SEQUENCE_BITS) + sequence
    end = market_id + 1 << SEQUENCE_BITS
    rows = EventBatch.objects.filter(id__gt=first, id__lt=end)
    return list(rows.order_by("id")[:limit])


def last_event_time(*, sequences: Mapping[int, int]) -> datetime:
    """When the last batch of these markets was settled; long ago when there was none.

    sequences  market id -> its last event sequence
    """
    ids = [market << SEQUENCE_BITS | number for market, number in sequences.items()]
    times = EventBatch.objects.filter(pk__in=ids).values_list("created_at", flat=True)
    return max(times, default=datetime.min.replace(tzinfo=UTC))


def event_sequence(*, market_id: int) -> int:
    """The number of the market's last event batch."""
    row = MarketSequence.objects.filter(market_id=market_id).first()
    return row.events if row else 0
