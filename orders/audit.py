"""The invariants of orders and trades; `manage.py audit` looks for their violations.

Numbers in the queries are those of orders.commands and ledger.transfers.
"""

from kernel.invariants import Invariant
from kernel.sealed import SealedLog

INVARIANTS = (
    Invariant(
        "O1",
        "what is held for orders is what the live orders need, to the atom",
        """
        WITH leg AS (
            SELECT o.user_id, coalesce(o.list_id, o.id) AS list_id,
                   CASE o.side WHEN 1 THEN m.quote_id ELSE m.base_id END AS asset_id,
                   CASE WHEN o.side = 2
                        THEN (o.quantity - o.filled)::numeric * m.lot_size
                        WHEN o.budget > 0 THEN o.budget - o.filled_quote
                        ELSE (o.quantity - o.filled)::numeric * m.tick_value
                             * CASE o.price WHEN 0 THEN o.cap ELSE o.price END
                   END AS atoms
            FROM orders_order o JOIN orders_market m ON m.id = o.market_id
            WHERE o.status IN (1, 5)
        ), need AS (  -- the legs of an OCO share what the dearer one needs
            SELECT user_id, asset_id, sum(atoms) AS atoms FROM (
                SELECT user_id, asset_id, max(atoms) AS atoms FROM leg
                GROUP BY user_id, asset_id, list_id
            ) list GROUP BY user_id, asset_id
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
           OR o.filled_quote <> coalesce(f.quote, 0)
           OR o.filled + coalesce(o.hidden, 0) > o.quantity
           OR (o.status = 2 AND (o.filled < o.quantity OR o.filled = 0))
           OR (o.status <> 2 AND o.filled = o.quantity AND o.budget = 0)
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
    ),
    Invariant(
        "O5",
        "no book of an open market is crossed",
        """
        SELECT format('market %s: bid %s, ask %s', market_id, bid, ask) FROM (
            SELECT market_id, max(price) FILTER (WHERE side = 1) AS bid,
                   min(price) FILTER (WHERE side = 2) AS ask
            FROM orders_order WHERE status = 1 GROUP BY market_id
        ) best JOIN orders_market m ON m.id = market_id AND m.state = 'open'
        WHERE bid >= ask
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
    Invariant(
        "O16",
        "a list is whole, and of its two exits one at most is filled or lives on alone",
        """
        WITH list AS (
            SELECT o.*, c.unit,
                   row_number() OVER (PARTITION BY o.list_id ORDER BY o.id DESC) AS back,
                   count(*) OVER (PARTITION BY o.list_id) AS legs
            FROM orders_order o LEFT JOIN orders_command c ON c.id = o.list_id
            WHERE o.list_id IS NOT NULL
        )
        SELECT format('order %s: list %s has %s legs', id, list_id, legs) FROM list
        WHERE unit IS NULL OR unit NOT IN (2, 3) OR legs <> unit
        UNION ALL
        SELECT format('order %s: it is not as order %s of its list', b.id, a.id)
        FROM list a JOIN list b ON b.list_id = a.list_id AND b.back = 1
        WHERE a.back = 2 AND (
            a.user_id <> b.user_id OR a.market_id <> b.market_id OR a.side <> b.side
            OR (a.filled > 0 AND b.filled > 0)
            OR (a.filled > 0 AND b.status IN (1, 5, 6))
            OR (b.filled > 0 AND a.status IN (1, 5, 6))
            OR (a.status NOT IN (1, 6) AND b.status IN (5, 6))
            OR (a.status = 1 AND a.filled = 0 AND b.status <> 5)
            OR (a.status = 6) <> (b.status = 6))
        UNION ALL
        SELECT format('order %s: it came before its entry had ended', b.id)
        FROM list a JOIN list b ON b.list_id = a.list_id AND b.back < 3
        WHERE a.back = 3 AND a.status IN (1, 5) AND b.status IN (1, 2, 5)
        """,
    ),
    Invariant(
        "O17",
        "an event is of an order and of a command that came with it or later",
        """
        SELECT format('event %s: order %s, command %s', e.id, e.order_id, e.command_id)
        FROM orders_orderevent e
        LEFT JOIN orders_order o ON o.id = e.order_id
        LEFT JOIN orders_command c ON c.id = e.command_id
        WHERE o.id IS NULL OR c.id IS NULL OR c.id < coalesce(o.list_id, o.id)
           OR (e.kind = 1 AND (o.status <> 4 OR o.reason <> e.reason))
           OR (e.kind = 2 AND (o.status <> 3 OR o.reason <> e.reason))
           OR (e.kind IN (5, 6, 7, 8) AND (c.kind <> 3 OR c.order_id <> o.id))
           OR (e.kind = 9 AND (c.kind <> 2 OR c.order_id <> o.id))
        """,
    ),
    Invariant(
        "O18",
        "the last change of a market is how it is; what the staff asked for is theirs",
        """
        SELECT format('market %s: %s, its last change says %s', m.symbol, m.state, c.state)
        FROM orders_market m JOIN LATERAL (
            SELECT state, until FROM orders_marketchange WHERE market_id = m.id
            ORDER BY id DESC LIMIT 1) c ON true
        WHERE m.state <> c.state OR m.until IS DISTINCT FROM c.until
        UNION ALL
        SELECT format('change %s: user %s, command %s', h.id, h.user_id, h.command_id)
        FROM orders_marketchange h LEFT JOIN orders_command c ON c.id = h.command_id
        WHERE c.id IS NULL
           OR (h.user_id IS NOT NULL AND (c.kind <> 5 OR c.user_id <> h.user_id
                                          OR c.market_id <> h.market_id))
        """,
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
    ),
    Invariant(
        "O20",
        "nobody trades with themselves who did not ask to, but in an auction",
        """
        SELECT format('trade %s: user %s with themselves', t.id, t.taker_user_id)
        FROM orders_trade t JOIN orders_command c ON c.id = t.taker_order_id
        WHERE t.maker_user_id = t.taker_user_id AND NOT t.auction AND c.self_trade <> 1
        """,
    ),
    Invariant(
        "O22",
        "the lists of users have every order up to their cursor, once",
        """
        WITH listed AS (
            SELECT user_id, unnest(ids) AS id FROM orders_ordersofuser
        ), recorded AS (
            SELECT user_id, id FROM orders_command WHERE kind = 1 AND id <= (
                SELECT position FROM orders_historycursor WHERE name = 'orders')
        )
        (SELECT format('user %s: order %s is listed too often', user_id, id)
         FROM (SELECT * FROM listed EXCEPT ALL SELECT * FROM recorded) many)
        UNION ALL
        (SELECT format('user %s: order %s is not listed', user_id, id)
         FROM (SELECT * FROM recorded EXCEPT ALL SELECT * FROM listed) few)
        """,
    ),
    Invariant(
        "O23",
        "the lists of users have every trade up to their cursors, once for each of the two",
        """
        WITH listed AS (
            SELECT user_id, market_id, unnest(ids) AS id FROM orders_fillsofuser
        ), recorded AS (
            SELECT user_id, market_id, id FROM orders_trade t
            JOIN orders_historycursor c ON c.name = 'fills:' || t.market_id
            CROSS JOIN LATERAL (
                SELECT t.maker_user_id UNION SELECT t.taker_user_id
            ) AS half (user_id) WHERE t.id <= c.position
        )
        (SELECT format('user %s: trade %s is listed too often', user_id, id)
         FROM (SELECT * FROM listed EXCEPT ALL SELECT * FROM recorded) many)
        UNION ALL
        (SELECT format('user %s: trade %s is not listed', user_id, id)
         FROM (SELECT * FROM recorded EXCEPT ALL SELECT * FROM listed) few)
        """,
    ),
)

#: Which of the tables are sealed, and what of them; what became of an order follows.
SEALED = (
    SealedLog(
        "commands",
        "orders_command",
        (
            "market_id", "shard", "kind", "user_id", "side", "type", "time_in_force",
            "price", "quantity", "budget", "order_id", "client_order_id", "maker_ppm",
            "taker_ppm", "self_trade", "post_only", "trigger_price", "trail", "trail_ppm",
            "display", "slippage_ppm", "expires_at", "unit", "position", "follow",
            "settings", "created_at",
        ),
    ),
    # A market's trades are numbered for themselves, and so are a chain for themselves.
    SealedLog(
        "trades",
        "orders_trade",
        (
            "market_id", "price", "quantity", "quote_amount", "taker_side",
            "maker_order_id", "taker_order_id", "maker_user_id", "taker_user_id",
            "maker_fee", "taker_fee", "auction", "created_at",
        ),
        streams="SELECT id FROM orders_market",
    ),
    SealedLog(
        "market_changes",
        "orders_marketchange",
        (
            "market_id", "user_id", "command_id", "state", "until", "settings", "reason",
            "created_at",
        ),
    ),
)  # fmt: skip
