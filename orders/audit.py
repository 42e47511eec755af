"""The invariants of orders and trades; `manage.py audit` looks for their violations.

Numbers in the queries are those of orders.commands and ledger.transfers.
"""

from kernel.invariants import Invariant

INVARIANTS = (
    Invariant(
        "O1",
        "what is held for orders is what the open orders need, to the atom",
        """
        WITH need AS (
            SELECT o.user_id,
                   CASE o.side WHEN 1 THEN m.quote_id ELSE m.base_id END AS asset_id,
                   sum((o.quantity - o.filled)::numeric * CASE o.side
                       WHEN 1 THEN o.price::numeric * m.tick_value ELSE m.lot_size END
                   ) AS atoms
            FROM orders_order o JOIN orders_market m ON m.id = o.market_id
            WHERE o.status = 1 GROUP BY 1, 2
        )
        SELECT format('user %s asset %s: held %s, needed %s',
                      coalesce(n.user_id, a.owner_id), coalesce(n.asset_id, a.asset_id),
                      a.balance, n.atoms)
        FROM need n FULL JOIN (SELECT * FROM ledger_account WHERE kind = 'held') a
          ON a.owner_id = n.user_id AND a.asset_id = n.asset_id
        WHERE coalesce(a.balance, 0) <> coalesce(n.atoms, 0)
        """,
    ),
    Invariant(
        "O2",
        "an order has filled what its trades say, no more than it asked",
        """
        WITH fill AS (
            SELECT order_id, sum(quantity) AS lots, sum(quote_amount) AS quote FROM (
                SELECT maker_order_id AS order_id, quantity, quote_amount FROM orders_trade
                UNION ALL
                SELECT taker_order_id, quantity, quote_amount FROM orders_trade
            ) f GROUP BY order_id
        )
        SELECT format('order %s: filled %s/%s, trades say %s/%s',
                      coalesce(o.id, f.order_id), o.filled, o.filled_quote, f.lots, f.quote)
        FROM orders_order o FULL JOIN fill f ON f.order_id = o.id
        WHERE o.id IS NULL OR o.filled <> coalesce(f.lots, 0)
           OR o.filled_quote <> coalesce(f.quote, 0) OR o.filled > o.quantity
           OR (o.status = 2) <> (o.filled = o.quantity AND o.filled > 0 AND o.status <> 3)
        """,
    ),
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
          AND NOT EXISTS (SELECT FROM orders_trade t WHERE t.id = x.ref)
        """,
    ),
    Invariant(
        "O4",
        "a trade is at the maker's price, and no worse than the taker's limit",
        """
        SELECT format('trade %s at %s: maker %s, taker %s', t.id, t.price, m.price, k.price)
        FROM orders_trade t JOIN orders_order m ON m.id = t.maker_order_id
        JOIN orders_order k ON k.id = t.taker_order_id
        WHERE t.price <> m.price
           OR (k.type = 2 AND k.side = 1 AND t.price > k.price)
           OR (k.type = 2 AND k.side = 2 AND t.price < k.price)
        """,
    ),
    Invariant(
        "O5",
        "no book is crossed",
        """
        SELECT format('market %s: bid %s, ask %s', market_id, bid, ask) FROM (
            SELECT market_id, max(price) FILTER (WHERE side = 1) AS bid,
                   min(price) FILTER (WHERE side = 2) AS ask
            FROM orders_order WHERE status = 1 GROUP BY market_id
        ) best WHERE bid >= ask
        """,
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
    ),
    Invariant(
        "O13",
        "what an order sets aside comes from its own user, in what it spends",
        """
        SELECT format('transfer %s: order %s of user %s', t.id, o.id, o.user_id)
        FROM ledger_transfer t JOIN orders_order o ON o.id = t.ref
        JOIN orders_market m ON m.id = o.market_id
        JOIN ledger_account d ON d.id = t.debit_id
        JOIN ledger_account c ON c.id = t.credit_id
        WHERE t.code IN (1, 2) AND (d.owner_id <> o.user_id OR c.owner_id <> o.user_id
           OR t.asset_id <> CASE o.side WHEN 1 THEN m.quote_id ELSE m.base_id END)
        """,
    ),
)
