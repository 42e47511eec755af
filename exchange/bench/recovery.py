"""How long an engine that starts takes until every open order stands in its book."""

import time
from collections.abc import Iterator

from django.db import connection

from exchange.bench.engine import quiet
from exchange.bench.flows import MID
from exchange.bench.rows import Goal, Row, measured
from exchange.bench.setting import Setting, make_setting
from exchange.scratch import scratch_database
from matching.rebuild import build_engine

USERS, PRICES = 1_000, 10_000
#: Of a million open orders.
GOAL = Goal(3, at_most=True)


def recovery_rows(*, database: str, orders: int, runs: int) -> Iterator[Row]:
    """Open orders of 1,000 users at 10,000 prices, read back by an engine that starts.

    database  a name for the scratch database
    orders    the goal is that of a million; fewer have none
    """
    with scratch_database(database):
        setting = make_setting(users=USERS)
        fill(setting, orders=orders)
        seconds = [_rebuild(setting, orders=orders) for _ in range(runs)]
    yield measured(
        f"recovery of {orders:,} open orders",
        seconds,
        "s",
        goal=GOAL if orders >= 1_000_000 else None,
    )


def fill(setting: Setting, *, orders: int) -> None:
    """Let plain orders rest, as if they had been placed and settled."""
    market = setting.market
    with connection.cursor() as cursor:
        cursor.execute(
            _COMMANDS,
            {
                "shard": market.shard,
                "market": market.pk,
                "users": setting.users,
                "mid": MID,
                "prices": PRICES // 2,
                "orders": orders,
            },
        )
        cursor.execute(_ORDERS)
        cursor.execute("ANALYZE orders_command, orders_order")


def _rebuild(setting: Setting, *, orders: int) -> float:
    """Seconds; the collector is off, as it is in an engine."""
    with quiet():
        started = time.perf_counter()
        engine = build_engine(shard=setting.market.shard, time=0)
        seconds = time.perf_counter() - started
    found = sum(map(len, engine.books[setting.market.pk].live.values()))
    if found != orders:
        raise ValueError(f"{found:,} of {orders:,} open orders came back")
    return seconds


# 2^31 / φ, so that neighbours in time are none in price.
_COMMANDS = """
INSERT INTO orders_command (shard, kind, side, type, time_in_force, price, quantity, budget,
    order_id, maker_ppm, taker_ppm, created_at, user_id, market_id, self_trade)
SELECT %(shard)s, 1, 1 + n %% 2, 2, 1,
    %(mid)s + (2 * (n %% 2) - 1) * (1 + n * 1327217885 %% %(prices)s),
    1 + n %% 1000, 0, 0, 1000, 2000, now(),
    (%(users)s::bigint[])[1 + n %% cardinality(%(users)s::bigint[])], %(market)s, 2
FROM generate_series(1, %(orders)s::bigint) n
"""
_ORDERS = """
INSERT INTO orders_order (id, market_id, user_id, side, type, price, quantity, budget,
    filled, filled_quote, status, reason, maker_ppm, taker_ppm, self_trade, created_at,
    updated_at)
SELECT id, market_id, user_id, side, type, price, quantity, 0, 0, 0, 1, 0, maker_ppm,
    taker_ppm, self_trade, created_at, created_at
FROM orders_command ORDER BY id
"""
