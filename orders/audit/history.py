"""The invariants of the lists of history; no facts, so that the full audit alone looks."""

from kernel.invariants import Invariant

INVARIANTS = (
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
