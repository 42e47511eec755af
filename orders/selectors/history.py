"""How far the lists of history are behind the records (ADR 0018)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import connection

from orders.models.history import SLICE_MIN


@dataclass(frozen=True, slots=True)
class HistoryLag:
    """One cursor, and what waits beyond it.

    name  as models.HistoryCursor.name
    rows  how many ids it is behind
    age   of the first row that waits; 0 while fewer wait than are worth a slice
    """

    name: str
    rows: int
    age: timedelta


def history_lags() -> list[HistoryLag]:
    """Of the orders, and of the fills of each market."""
    with connection.cursor() as cursor:
        cursor.execute(_LAGS, {"least": SLICE_MIN})
        return [HistoryLag(*row) for row in cursor.fetchall()]


# The first row that waits tells the age, if there are as many as a slice has at least.
_LAGS: Final = """
    WITH orders AS (
        SELECT coalesce(max(position), 0) AS position,
               (SELECT max(id) FROM orders_command) AS last
        FROM orders_historycursor WHERE name = 'orders'
    ), fills AS (
        SELECT 'fills:' || m.id AS name, m.id + 1 << 40 AS beyond,
               greatest(c.position, m.id << 40) AS position,
               (SELECT max(id) FROM orders_trade
                WHERE id > m.id << 40 AND id < m.id + 1 << 40) AS last
        FROM orders_market m
        LEFT JOIN orders_historycursor c ON c.name = 'fills:' || m.id
    ), lags AS (
        SELECT 'orders' AS name, position, last, (
            SELECT created_at FROM orders_command WHERE id > orders.position
            ORDER BY id LIMIT 1
        ) AS since, EXISTS (
            SELECT FROM orders_command WHERE id > orders.position OFFSET %(least)s - 1
        ) AS is_slice FROM orders
        UNION ALL
        SELECT name, position, last, (
            SELECT created_at FROM orders_trade WHERE id > position AND id < beyond
            ORDER BY id LIMIT 1
        ), EXISTS (
            SELECT FROM orders_trade WHERE id > position AND id < beyond
            OFFSET %(least)s - 1
        ) FROM fills
    )
    SELECT name, greatest(last - position, 0), CASE WHEN is_slice
        THEN greatest(clock_timestamp() - since, interval '0') ELSE interval '0' END
    FROM lags ORDER BY name DESC
"""
