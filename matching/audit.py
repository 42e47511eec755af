"""The invariants of the engines and their logs; `manage.py audit` looks for violations."""

from kernel.invariants import Invariant
from orders.audit.scopes import EVENTS, TOUCHED, TRADES

BATCHES = """
    SELECT e.* FROM ($markets) AS mark,
    LATERAL (SELECT * FROM matching_eventbatch
             WHERE id > mark.event AND id < mark.stop) e
"""

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
        recent=f"""
        WITH trade AS ({TRADES}), batch AS ({BATCHES}), came AS (
            SELECT s.market_id, s.trades AS trades_now, s.events AS events_now,
                   mark.trades AS trades_then, mark.events AS events_then
            FROM matching_marketsequence s JOIN ($markets) AS mark USING (market_id)
        )
        SELECT format('market %s: %s new trades, last %s, recorded %s after %s',
                      market_id, count, last, trades_now, trades_then)
        FROM came, LATERAL (
            SELECT count(*) AS count,
                   coalesce(max(id & ((1::bigint << 40) - 1)), trades_then) AS last
            FROM trade WHERE trade.market_id = came.market_id) t
        WHERE count <> trades_now - trades_then OR last <> trades_now
        UNION ALL
        SELECT format('market %s: %s new event batches, last %s, recorded %s after %s',
                      market_id, count, last, events_now, events_then)
        FROM came, LATERAL (
            SELECT count(*) AS count,
                   coalesce(max(id & ((1::bigint << 40) - 1)), events_then) AS last
            FROM batch WHERE id >> 40 = came.market_id) e
        WHERE count <> events_now - events_then OR last <> events_now
        """,  # noqa: S608  own words only
    ),
    Invariant(
        "O9",
        "every command up to the cursor had its effect, none beyond it",
        """
        WITH command AS NOT MATERIALIZED (
            SELECT c.*, c.id <= s.position AS is_due, s.time,
                   (extract(epoch FROM c.created_at) * 1000000)::bigint - 946684800000000
                   AS created
            FROM orders_command c JOIN matching_cursor s ON s.shard = c.shard
        ), passed_over AS (
            SELECT command_id FROM orders_marketchange
            WHERE user_id IS NULL AND reason = 'internal_error'
        ), live AS (
            SELECT * FROM public.orders_order WHERE status IN (1, 5, 6)
        )
        SELECT format('command %s: %s', c.id,
                      CASE WHEN o.id IS NULL THEN 'lost' ELSE 'early' END)
        FROM command c LEFT JOIN public.orders_order o ON o.id = c.id
        WHERE c.kind = 1 AND (o.id IS NULL) = c.is_due
        UNION ALL
        SELECT format('order %s: no command', o.id) FROM orders_order o
        WHERE NOT EXISTS (SELECT FROM public.orders_command c
                          WHERE c.id = o.id AND c.kind = 1
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
        # What was beyond the cursors at the last audit may have had its effect since. Each
        # shard has its own: what it had done by then, its new events do not tell.
        recent={
            "orders_command": """
                SELECT c.* FROM orders_command c
                JOIN ($shards) AS mark ON mark.shard = c.shard AND c.id > mark.position
                WHERE c.id > $position
            """,
            "orders_order": "SELECT * FROM orders_order WHERE id > $position",
            "orders_orderevent": EVENTS,
        },
    ),
    Invariant(
        "O11",
        "an order that was cancelled has no later fill",
        """
        WITH half AS (
            SELECT id, maker_order_id AS order_id, created_at FROM orders_trade
            UNION ALL SELECT id, taker_order_id, created_at FROM orders_trade
        )
        SELECT format('trade %s: after the end of order %s', t.id, o.id)
        FROM half t JOIN orders_order o ON o.id = t.order_id
        WHERE o.status = 3 AND t.created_at > o.updated_at
        """,
        recent={"orders_trade": TRADES},
    ),
    Invariant(
        "O14",
        "a market's events and trades follow each other in time, as one engine writes them",
        """
        SELECT format('event batch %s: earlier than the one before', id) FROM (
            SELECT id, created_at, lag(created_at) OVER
                       (PARTITION BY id >> 40 ORDER BY id) AS before
            FROM matching_eventbatch) e WHERE created_at < before
        UNION ALL
        SELECT format('trade %s: earlier than the one before', id) FROM (
            SELECT id, created_at, lag(created_at) OVER
                       (PARTITION BY id >> 40 ORDER BY id) AS before
            FROM orders_trade) t WHERE created_at < before
        """,
        recent={"orders_trade": TRADES, "matching_eventbatch": BATCHES},
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
        JOIN public.orders_command c
          ON c.id = t.taker_order_id AND c.created_at >= o.expires_at
        UNION ALL
        SELECT format('trade %s: after the end of order %s', t.id, o.id)
        FROM dated o JOIN orders_trade t
          ON (t.taker_user_id = o.user_id AND t.taker_order_id = o.id)
        JOIN public.orders_command c
          ON c.id = t.maker_order_id AND c.created_at >= o.expires_at
        """,
        recent={
            "orders_trade": TRADES,
            "orders_order": f"""
                SELECT * FROM orders_order WHERE status IN (1, 5, 6)
                UNION {TOUCHED}
            """,  # noqa: S608  own words only
        },
    ),
)
