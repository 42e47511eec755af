"""The command log, replayed from empty into fresh books, must give what is recorded.

Money is not replayed: an order that was rejected for funds never reached the book, and its
recorded rejection says so. Everything else follows from the log alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db import connection

from matching.engine import Engine, Outcome
from matching.models import Cursor
from matching.selectors import commands_after
from matching.spot import Wallet, WalletPair
from orders.commands import MarketState, OrderStatus, Place
from orders.models import Market, Order, Trade

CHUNK = 5_000
TRADE_FIELDS = (
    "id", "price", "quantity", "quote_amount", "taker_side", "maker_order_id",
    "taker_order_id", "maker_user_id", "taker_user_id", "maker_fee", "taker_fee",
)  # fmt: skip


class _Plenty(dict[int, WalletPair]):
    """Wallets with more in them than any order can cost."""

    def __missing__(self, user: int) -> WalletPair:
        first = 4 * len(self) + 10
        self[user] = pair = Wallet(first, first + 1), Wallet(first + 2, first + 3)
        return pair


def differences(*, shard: int) -> Iterator[str]:
    """Replay a shard up to its cursor; one line for each thing that is not as recorded."""
    # What a halted market refused is recorded as rejected; what it took, it took open.
    markets = {
        market.pk: replace(market.rules, state=MarketState.OPEN)
        for market in Market.objects.filter(shard=shard).select_related("base", "quote")
    }
    engine = Engine(markets, dict.fromkeys(markets, (0, 1)), {})
    plenty = _Plenty()
    wallets = dict.fromkeys(markets, plenty)
    balances = defaultdict[int, int](lambda: 1 << 100)
    cursor = Cursor.objects.filter(shard=shard).first()
    position, end = 0, cursor.position if cursor else 0
    while position < end:
        rows = commands_after(shard=shard, position=position, limit=CHUNK)
        rows = [row for row in rows if row[0].id <= end]
        if not rows:
            break
        position = rows[-1][0].id
        rejected = _rejected([c.id for c, _ in rows if isinstance(c, Place)])
        played = [row for row in rows if row[0].id not in rejected]
        for outcome in engine.run(played, wallets, balances).values():
            yield from _compare_trades(outcome)
            yield from _compare_orders(outcome)
    yield from _compare_books(engine, shard)


def _rejected(ids: list[int]) -> set[int]:
    orders = Order.objects.filter(pk__in=ids, status=OrderStatus.REJECTED)
    return set(orders.values_list("pk", flat=True))


def _compare_trades(outcome: Outcome) -> Iterator[str]:
    ids = [trade.id for trade in outcome.trades]
    recorded = {
        row[0]: row for row in Trade.objects.filter(pk__in=ids).values_list(*TRADE_FIELDS)
    }
    for trade in outcome.trades:
        replayed = tuple(getattr(trade, name) for name in trade.__dataclass_fields__)
        if recorded.get(trade.id) != replayed:
            yield _difference("trade", trade.id, recorded.get(trade.id), replayed)


def _compare_orders(outcome: Outcome) -> Iterator[str]:
    """Those that have ended; the open ones are compared with the books in the end."""
    ended = {o.id: o for o in outcome.orders.values() if o.status != OrderStatus.OPEN}
    fields = ("pk", "quantity", "filled", "filled_quote", "status", "reason")
    recorded = {
        row[0]: row[1:] for row in Order.objects.filter(pk__in=ended).values_list(*fields)
    }
    for order in ended.values():
        filled = order.quantity - order.remaining
        replayed = (order.quantity, filled, order.filled_quote, order.status, order.reason)
        if recorded.get(order.id) != replayed:
            yield _difference("order", order.id, recorded.get(order.id), replayed)


def _difference(what: str, number: int, recorded: object, replayed: object) -> str:
    return f"{what} {number}: recorded {recorded}, replayed {replayed}"


def _compare_books(engine: Engine, shard: int) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, o.market_id, o.side, o.price, o.quantity - o.filled "
            "FROM orders_order o JOIN orders_market m ON m.id = o.market_id "
            "WHERE o.status = %s AND m.shard = %s",
            [OrderStatus.OPEN, shard],
        )
        recorded: set[tuple[Any, ...]] = set(cursor.fetchall())
    replayed = {
        (order.id, market, order.side, order.price, order.remaining)
        for market, book in engine.books.items()
        for order in book.orders.values()
    }
    for row in sorted(recorded - replayed):
        yield f"order {row[0]} is open, but not in the replayed book: {row[1:]}"
    for row in sorted(replayed - recorded):
        yield f"order {row[0]} is in the replayed book, but not open as such: {row[1:]}"
    last = {market: engine.trades[market] for market in engine.trades}
    for market, number in last.items():
        count = Trade.objects.filter(market_id=market).count()
        if count != number:
            yield f"market {market}: {count} trades recorded, {number} replayed"
