"""Where a user's orders and fills are is indexed behind the hot path (ADR 0018).

Each call adds one slice, in a transaction of its own that no batch waits for. Who reads
finds what is not indexed yet by himself, so a call that does not come costs only time.
"""

from typing import Final

from django.db import connection, transaction

from orders.commands import SEQUENCE_BITS, CommandKind
from orders.models import FillsOfUser, HistoryCursor, Market, OrdersOfUser
from orders.models.history import SLICE_MIN, STRETCH

#: So many rows at once take a core a tenth of a second at most.
ORDERS_MAX: Final = 40_000
FILLS_MAX: Final = 20_000


@transaction.atomic
def index_orders(*, least: int = SLICE_MIN, most: int = ORDERS_MAX) -> int:
    """Add the next slice of orders to the lists of their users.

    They are taken from the log of commands, which become visible in the order of their
    ids (ADR 0005): what the cursor has passed is complete. Two at once do not both.

    least, most  commands; where fewer wait, nothing is done
    returns      how many commands the cursor has passed
    """
    return _add_slice("orders", _ADD_ORDERS, "orders_command", range(1 << 63), least, most)


def index_fills(*, least: int = SLICE_MIN, most: int = FILLS_MAX) -> int:
    """Add the next slice of each market's trades to the lists of those who made them.

    One engine writes a market's trades, batch after batch, and numbers them without a gap:
    what the cursor has passed is complete. Two at once do not both.

    least, most  trades of a market; where fewer wait, nothing is done
    returns      how many trades the cursors have passed
    """
    markets = Market.objects.order_by("id").values_list("id", flat=True)
    return sum(_index_fills(market_id, least, most) for market_id in markets)


@transaction.atomic
def _index_fills(market_id: int, least: int, most: int) -> int:
    ids = range(market_id << SEQUENCE_BITS, market_id + 1 << SEQUENCE_BITS)
    return _add_slice(f"fills:{market_id}", _ADD_FILLS, "orders_trade", ids, least, most)


@transaction.atomic
def forget_history() -> None:
    """Empty the lists and begin anew; answers stay what they are and take longer."""
    # The cursors first: who adds a slice holds one of them.
    HistoryCursor.objects.all().delete()
    OrdersOfUser.objects.all().delete()
    FillsOfUser.objects.all().delete()


def _add_slice(name: str, add: str, table: str, ids: range, least: int, most: int) -> int:
    """Add what waits beyond a cursor, and move it there.

    Where too few wait, nothing is locked or written: the house looks every second.

    ids  those that the cursor goes through, without the first
    """
    cursor = HistoryCursor.objects.filter(name=name).first() or HistoryCursor(name=name)
    after = max(cursor.position, ids.start)
    with connection.cursor() as database:
        database.execute(
            f"SELECT count(*), max(id) FROM (SELECT id FROM {table} "  # noqa: S608  own words
            "WHERE id > %s AND id <= %s ORDER BY id LIMIT %s) AS waiting",
            [after, ids.stop - 1, most],
        )
        count, last = database.fetchone()
        if count < max(least, 1) or not _hold(cursor):
            return 0
        database.execute(add, {"after": after, "last": last, "size": STRETCH})
    cursor.position = last
    cursor.save(update_fields=["position"])
    return int(count)


def _hold(cursor: HistoryCursor) -> bool:
    """Lock a cursor; False when somebody else has it, or has moved it meanwhile."""
    # A new one begins at 0: what this one stood at may just have been forgotten.
    begun = HistoryCursor(name=cursor.name)
    HistoryCursor.objects.bulk_create([begun], ignore_conflicts=True)
    cursors = HistoryCursor.objects.select_for_update(skip_locked=True)
    return cursors.filter(pk=cursor.pk, position=cursor.position).first() is not None


_ADD_ORDERS: Final = f"""
    INSERT INTO orders_ordersofuser (user_id, first, ids)
    SELECT user_id, ids[n], ids[n : n + %(size)s - 1] FROM (
        SELECT user_id, array_agg(id ORDER BY id) AS ids FROM orders_command
        WHERE id > %(after)s AND id <= %(last)s AND kind = {CommandKind.PLACE:d}
        GROUP BY user_id
    ) AS mine CROSS JOIN generate_series(1, cardinality(ids), %(size)s) AS n
"""  # noqa: S608  own words only
# The times of a market's trades rise with their numbers, so the first one's is the least.
_ADD_FILLS: Final = """
    INSERT INTO orders_fillsofuser (user_id, market_id, since, first, ids)
    SELECT user_id, market_id, CASE n WHEN 1 THEN since ELSE (
               SELECT created_at FROM orders_trade WHERE id = ids[n]) END,
           ids[n], ids[n : n + %(size)s - 1]
    FROM (
        SELECT user_id, market_id, min(created_at) AS since,
               array_agg(id ORDER BY id) AS ids
        FROM (
            SELECT id, market_id, created_at, unnest(
                CASE WHEN maker_user_id = taker_user_id THEN ARRAY[maker_user_id]
                     ELSE ARRAY[maker_user_id, taker_user_id] END) AS user_id
            FROM orders_trade WHERE id > %(after)s AND id <= %(last)s
        ) AS side GROUP BY user_id, market_id
    ) AS mine CROSS JOIN generate_series(1, cardinality(ids), %(size)s) AS n
"""
