"""The invariants of orders, of their lists and stories, and of markets.

Numbers in the queries are those of orders.commands and ledger.transfers.
"""

from kernel.invariants import ALWAYS, Invariant
from orders.audit.scopes import EVENTS, TOUCHED, TRADES

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
        SELECT format('user %s asset %s: what is held exceeds what is needed by %s',
                      coalesce(n.user_id, a.owner_id), coalesce(n.asset_id, a.asset_id),
                      coalesce(a.balance, 0) - coalesce(n.atoms, 0))
        FROM need n FULL JOIN (SELECT * FROM ledger_account WHERE kind = 'held') a
          ON a.owner_id = n.user_id AND a.asset_id = n.asset_id
        WHERE coalesce(a.balance, 0) <> coalesce(n.atoms, 0)
        """,
        recent=ALWAYS,
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
        # All trades of a new order are new; an older one has filled at least the new ones.
        recent=f"""
        WITH trade AS ({TRADES}), fill AS (
            SELECT order_id, sum(quantity) AS lots, sum(quote_amount) AS quote FROM (
                SELECT maker_order_id AS order_id, quantity, quote_amount FROM trade
                UNION ALL
                SELECT taker_order_id, quantity, quote_amount FROM trade
            ) f GROUP BY order_id
        ), came AS (
            SELECT id FROM orders_order WHERE id > $command UNION SELECT order_id FROM fill
        )
        SELECT format('order %s: filled %s/%s, trades say %s/%s',
                      came.id, o.filled, o.filled_quote, f.lots, f.quote)
        FROM came LEFT JOIN orders_order o ON o.id = came.id
        LEFT JOIN fill f ON f.order_id = came.id
        WHERE o.id IS NULL OR o.filled < coalesce(f.lots, 0)
           OR o.filled_quote < coalesce(f.quote, 0)
           OR (o.id > $command AND (o.filled <> coalesce(f.lots, 0)
                                    OR o.filled_quote <> coalesce(f.quote, 0)))
           OR o.filled + coalesce(o.hidden, 0) > o.quantity
           OR (o.status = 2 AND (o.filled < o.quantity OR o.filled = 0))
           OR (o.status <> 2 AND o.filled = o.quantity AND o.budget = 0)
        """,  # noqa: S608  own words only
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
        recent=ALWAYS,
    ),
    Invariant(
        "O10",
        "a user's own id of an order is used once",
        """
        SELECT format('command %s: user %s used its id before', c.id, c.user_id)
        FROM orders_command c
        WHERE c.client_order_id IS NOT NULL AND EXISTS (
            SELECT FROM public.orders_command o
            WHERE o.user_id = c.user_id AND o.client_order_id = c.client_order_id
              AND o.id < c.id)
        """,
        recent={"orders_command": "SELECT * FROM orders_command WHERE id > $command"},
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
        recent={"ledger_transfer": "SELECT * FROM ledger_transfer WHERE id > $transfer"},
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
        # The orders of a list were placed together, so their ids follow each other.
        recent={
            "orders_trade": TRADES,
            "touched": TOUCHED,
            "orders_order": """
                SELECT o.* FROM (
                    SELECT DISTINCT list_id + n AS id
                    FROM touched, generate_series(0, 2) n WHERE list_id IS NOT NULL
                ) member JOIN orders_order o USING (id) WHERE o.list_id IS NOT NULL
            """,
        },
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
        recent={"orders_orderevent": EVENTS},
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
        recent=ALWAYS,
    ),
)
