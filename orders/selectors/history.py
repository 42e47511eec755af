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
        cursor.execute(_LAGS, [SLICE_MIN])
        return [HistoryLag(*row) for row in cursor.fetchall()]


_LAGS: Final = """
    WITH log AS (
        SELECT 'orders' AS name, 0 AS first, 9223372036854775807 AS beyond,
               (SELECT max(id) FROM orders_command) AS last
        UNION ALL
        SELECT 'fills:' || m.id, m.id << 40, m.id + 1 << 40,
               (SELECT max(id) FROM orders_trade
                WHERE id > m.id << 40 AND id < m.id + 1 << 40)
        FROM orders_market m
    ), lag AS (
        SELECT name, beyond, position, greatest(last - position, 0) AS rows FROM (
            SELECT log.*, greatest(c.position, first) AS position
            FROM log LEFT JOIN orders_historycursor c USING (name)
        ) AS at
    )
    SELECT name, coalesce(rows, 0), CASE WHEN rows >= %s THEN greatest(
        clock_timestamp() - CASE name
            WHEN 'orders' THEN (SELECT created_at FROM orders_command
                                WHERE id > lag.position ORDER BY id LIMIT 1)
            ELSE (SELECT created_at FROM orders_trade
                  WHERE id > lag.position AND id < beyond ORDER BY id LIMIT 1)
        END, interval '0') ELSE interval '0' END
    FROM lag ORDER BY name DESC
"""
