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
        WITH command AS (
            SELECT c.*, c.id <= s.position AS is_due, s.time,
                   (extract(epoch FROM c.created_at) * 1000000)::bigint - 946684800000000
                   AS created
            FROM orders_command c JOIN matching_cursor s ON s.shard = c.shard
        ), passed_over AS (
            SELECT command_id FROM orders_marketchange
            WHERE user_id IS NULL AND reason = 'internal_error'
        ), live AS (
            SELECT * FROM orders_order WHERE status IN (1, 5, 6)
        )
        SELECT format('command %s: %s', c.id,
                      CASE WHEN o.id IS NULL THEN 'lost' ELSE 'early' END)
        FROM command c LEFT JOIN orders_order o ON o.id = c.id
        WHERE c.kind = 1 AND (o.id IS NULL) = c.is_due
        UNION ALL
        SELECT format('order %s: no command', o.id) FROM orders_order o
        WHERE NOT EXISTS (SELECT FROM orders_command c WHERE c.id = o.id AND c.kind = 1
                          AND c.user_id = o.user_id AND c.market_id = o.market_id)
        UNION ALL
        SELECT format('command %s: order %s lives on', c.id, o.id)
        FROM command c JOIN live o ON o.id = c.order_id AND o.id < c.id
             AND o.user_id = c.user_id AND o.market_id = c.market_id
        WHERE c.kind = 2 AND c.is_due
          AND NOT EXISTS (SELECT FROM orders_orderevent e WHERE e.order_id = o.id
                          AND e.command_id = c.id AND e.kind = 9)
        UNION ALL
        SELECT format('command %s: order %s is as it was', c.id, o.id)
        FROM command c JOIN live o ON o.id = c.order_id AND o.id < c.id
             AND o.user_id = c.user_id AND o.market_id = c.market_id
        WHERE c.kind = 3 AND c.is_due
          AND (c.price NOT IN (0, o.price) OR c.quantity NOT IN (0, o.quantity)
               OR c.trigger_price <> o.trigger_price)
          AND NOT EXISTS (SELECT FROM orders_orderevent e  -- or it was changed again
                          WHERE e.order_id = o.id AND e.command_id >= c.id)
        UNION ALL
        SELECT format('command %s: order %s lives on', c.id, o.id)
        FROM command c JOIN live o ON o.user_id = c.user_id AND o.id < c.id
             AND o.market_id = c.market_id AND c.side IN (0, o.side)
        JOIN orders_market m ON m.id = c.market_id
        WHERE c.kind = 4 AND c.is_due
          AND c.id NOT IN (SELECT command_id FROM passed_over)
          AND coalesce((SELECT h.state FROM orders_marketchange h
                        WHERE h.market_id = c.market_id AND h.command_id <= c.id
                        ORDER BY h.id DESC LIMIT 1), m.state) <> 'halted'
        UNION ALL
        SELECT format('command %s: %s', c.id,
                      CASE WHEN c.is_due THEN 'lost' ELSE 'early' END)
        FROM command c
        WHERE c.kind = 5 AND c.is_due <> EXISTS (SELECT FROM orders_marketchange h
                                                 WHERE h.command_id = c.id)
        UNION ALL
        SELECT format('command %s: the engine does not know its time', c.id)
        FROM command c
        WHERE c.kind = 6 AND c.is_due AND c.created > c.time
          AND c.id NOT IN (SELECT command_id FROM passed_over)
        UNION ALL
        SELECT format('event %s: early', e.id)
        FROM orders_orderevent e JOIN command c ON c.id = e.command_id WHERE NOT c.is_due
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
    Invariant(
        "O21",
        "no order outlives the time at which it expires, by its engine's clock",
        """
        WITH dated AS (
            SELECT o.*, c.expires_at, s.time,
                   (extract(epoch FROM c.expires_at) * 1000000)::bigint - 946684800000000
                   AS expires
            FROM orders_command c JOIN orders_order o ON o.id = c.id
            JOIN matching_cursor s ON s.shard = c.shard
            WHERE c.expires_at IS NOT NULL
        )
        SELECT format('order %s: %s', id,
                      CASE WHEN status = 3 THEN 'it expired too early' ELSE 'it is due' END)
        FROM dated WHERE (status IN (1, 5, 6) AND expires <= time)
                      OR (status = 3 AND reason = 9 AND expires > time)
        UNION ALL
        SELECT format('trade %s: after the end of order %s', t.id, o.id)
        FROM dated o JOIN orders_trade t
          ON (t.maker_user_id = o.user_id AND t.maker_order_id = o.id)
        JOIN orders_command c ON c.id = t.taker_order_id AND c.created_at >= o.expires_at
        UNION ALL
        SELECT format('trade %s: after the end of order %s', t.id, o.id)
        FROM dated o JOIN orders_trade t
          ON (t.taker_user_id = o.user_id AND t.taker_order_id = o.id)
        JOIN orders_command c ON c.id = t.maker_order_id AND c.created_at >= o.expires_at
        """,
    ),
)
