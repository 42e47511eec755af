"""The invariants of trades.

Numbers in the queries are those of orders.commands and ledger.transfers.
"""

from kernel.invariants import Invariant
from orders.audit.scopes import TRADES

INVARIANTS = (
    Invariant(
        "O3",
        "a trade has two orders of one market and opposite sides, and moved its money",
        """
        SELECT format('trade %s: its orders do not fit', t.id)
        FROM orders_trade t
        LEFT JOIN orders_order m ON m.id = t.maker_order_id
        LEFT JOIN orders_order k ON k.id = t.taker_order_id
        WHERE m.id IS NULL OR k.id IS NULL OR m.id = k.id OR m.side = k.side
           OR k.side <> t.taker_side
           OR m.market_id <> t.market_id OR k.market_id <> t.market_id
           OR m.user_id <> t.maker_user_id OR k.user_id <> t.taker_user_id
        UNION ALL
        SELECT format('trade %s: moved %s quote and %s base, fees %s',
                      t.id, x.quote, x.base, x.fees)
        FROM orders_trade t JOIN orders_market m ON m.id = t.market_id
        LEFT JOIN (
            SELECT ref, sum(amount) FILTER (WHERE code = 20) AS quote,
                   sum(amount) FILTER (WHERE code = 21) AS base,
                   coalesce(sum(amount) FILTER (WHERE code = 22), 0) AS fees
            FROM ledger_transfer WHERE code IN (20, 21, 22) GROUP BY ref
        ) x ON x.ref = t.id
        WHERE x.quote IS DISTINCT FROM t.quote_amount
           OR x.base IS DISTINCT FROM t.quantity * m.lot_size
           OR x.fees IS DISTINCT FROM t.maker_fee + t.taker_fee
        UNION ALL
        SELECT format('transfer %s: no trade %s', x.id, x.ref) FROM ledger_transfer x
        WHERE x.code IN (20, 21, 22)
          AND NOT EXISTS (SELECT FROM public.orders_trade t WHERE t.id = x.ref)
        """,
        recent={
            "orders_trade": TRADES,
            "ledger_transfer": "SELECT * FROM ledger_transfer WHERE id > $transfer",
        },
    ),
    Invariant(
        "O4",
        "a trade is at the maker's price, or within both limits in an auction",
        """
        WITH fill AS (
            SELECT id, price, maker_order_id AS order_id, NOT auction AS exact
            FROM orders_trade
            UNION ALL SELECT id, price, taker_order_id, false FROM orders_trade
        ), bound AS (
            SELECT id, side, coalesce(nullif(price, 0), cap) AS price FROM orders_order
        )
        SELECT format('trade %s at %s: order %s at %s', f.id, f.price, o.id, o.price)
        FROM fill f JOIN bound o ON o.id = f.order_id
        WHERE ((o.side = 1 AND f.price > o.price) OR (o.side = 2 AND f.price < o.price)
               OR (f.exact AND f.price <> o.price))
          AND NOT EXISTS (SELECT FROM orders_orderevent e  -- it had another price then
                          WHERE e.order_id = o.id AND e.kind = 5)
        """,
        recent={"orders_trade": TRADES},
    ),
    Invariant(
        "O6",
        "fees are what the rates stamped on the orders say, rounded up",
        """
        SELECT format('trade %s: fees %s, %s', t.id, t.maker_fee, t.taker_fee)
        FROM orders_trade t JOIN orders_market m ON m.id = t.market_id
        JOIN orders_order maker ON maker.id = t.maker_order_id
        JOIN orders_order taker ON taker.id = t.taker_order_id,
        LATERAL (SELECT t.quantity::numeric * m.lot_size AS base,
                        t.quote_amount::numeric AS quote) g
        WHERE t.taker_fee <> ceil(CASE t.taker_side WHEN 1 THEN base ELSE quote END
                                  * taker.taker_ppm / 1000000)
           OR t.maker_fee <> ceil(CASE t.taker_side WHEN 1 THEN quote ELSE base END
                                  * maker.maker_ppm / 1000000)
        """,
        recent={"orders_trade": TRADES},
    ),
    Invariant(
        "O15",
        "no trade is made while its market is halted or takes nothing but cancels",
        """
        WITH closed AS (
            SELECT DISTINCT market_id FROM orders_marketchange
            WHERE state IN ('halted', 'cancel_only')
        )
        SELECT format('trade %s: its market was %s', t.id, h.state)
        FROM orders_trade t JOIN closed USING (market_id),
        LATERAL (SELECT state FROM orders_marketchange c
                 WHERE c.market_id = t.market_id AND c.created_at < t.created_at
                 ORDER BY id DESC LIMIT 1) h
        WHERE h.state IN ('halted', 'cancel_only') AND NOT EXISTS (
            SELECT FROM orders_marketchange c  -- it opened in the same batch
            WHERE c.market_id = t.market_id AND c.created_at = t.created_at
              AND c.state NOT IN ('halted', 'cancel_only'))
        """,
        recent={"orders_trade": TRADES},
    ),
    Invariant(
        "O19",
        "a prevented match is of two orders of its user, which did not trade",
        """
        SELECT format('prevented match %s: orders %s and %s', p.id, p.taker_order_id,
                      p.maker_order_id)
        FROM orders_preventedmatch p
        LEFT JOIN orders_order k ON k.id = p.taker_order_id AND k.user_id = p.user_id
             AND k.market_id = p.market_id
        LEFT JOIN orders_order m ON m.id = p.maker_order_id AND m.user_id = p.user_id
             AND m.market_id = p.market_id
        LEFT JOIN orders_command c ON c.id = p.taker_order_id
        WHERE k.id IS NULL OR m.id IS NULL OR k.side = m.side OR c.self_trade <> p.mode
           OR EXISTS (SELECT FROM orders_trade t
                      WHERE t.maker_user_id = p.user_id AND t.taker_order_id = k.id
                        AND t.maker_order_id = m.id AND NOT t.auction)
        """,
        recent={
            "orders_trade": TRADES,
            "orders_preventedmatch": "SELECT * FROM orders_preventedmatch "
            "WHERE id > $prevented",
        },
    ),
    Invariant(
        "O20",
        "nobody trades with themselves who did not ask to, but in an auction",
        """
        SELECT format('trade %s: user %s with themselves', t.id, t.taker_user_id)
        FROM orders_trade t JOIN orders_command c ON c.id = t.taker_order_id
        WHERE t.maker_user_id = t.taker_user_id AND NOT t.auction AND c.self_trade <> 1
        """,
        recent={"orders_trade": TRADES},
    ),
)
