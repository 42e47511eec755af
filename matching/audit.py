"""The invariants of the engines and their logs; `manage.py audit` looks for violations."""

from kernel.invariants import Invariant

INVARIANTS = (
    Invariant(
        "O7",
        "trades and events are numbered without a gap in each market",
        """
        SELECT format('market %s: %s trades, last %s, recorded %s',
                      s.market_id, count, last, s.trades)
        FROM matching_marketsequence s, LATERAL (
            SELECT count(*) AS count, coalesce(max(id & ((1::bigint << 40) - 1)), 0) AS last
            FROM orders_trade WHERE market_id = s.market_id) t
        WHERE count <> last OR last <> s.trades
        UNION ALL
        SELECT format('market %s: %s event batches, last %s, recorded %s',
                      s.market_id, count, last, s.events)
        FROM matching_marketsequence s, LATERAL (
            SELECT count(*) AS count, coalesce(max(id & ((1::bigint << 40) - 1)), 0) AS last
            FROM matching_eventbatch WHERE id >> 40 = s.market_id) e
        WHERE count <> last OR last <> s.events
        """,
    ),
    Invariant(
        "O9",
        "every command up to the cursor had its effect, none beyond it",
        """
        SELECT format('command %s: %s', c.id,
                      CASE WHEN o.id IS NULL THEN 'lost' ELSE 'early' END)
        FROM orders_command c JOIN matching_cursor s ON s.shard = c.shard
        LEFT JOIN orders_order o ON o.id = c.id
        WHERE c.kind = 1 AND (o.id IS NULL) = (c.id <= s.position)
        UNION ALL
        SELECT format('order %s: no command', o.id) FROM orders_order o
        WHERE NOT EXISTS (SELECT FROM orders_command c WHERE c.id = o.id AND c.kind = 1
                          AND c.user_id = o.user_id AND c.market_id = o.market_id)
        """,
    ),
    Invariant(
        "O11",
        "an order that was cancelled has no later fill",
        """
        SELECT format('trade %s: after the end of order %s', t.id, o.id)
        FROM orders_trade t
        JOIN orders_order o ON o.id IN (t.maker_order_id, t.taker_order_id)
        WHERE o.status = 3 AND t.created_at > o.updated_at
        """,
    ),
)
