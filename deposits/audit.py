"""The invariants of deposits; `manage.py audit` looks for their violations."""

from kernel.invariants import Invariant

INVARIANTS = (
    Invariant(
        "W1",
        "every credited deposit is in the books once, with its amount, and no other is",
        """
        WITH booked AS (
            SELECT e.key, t.ref, t.asset_id, a.owner_id, sum(t.amount) AS amount
            FROM ledger_transfer t
            JOIN ledger_entry e ON e.id = t.entry_id
            JOIN ledger_account a ON a.id = t.credit_id
            WHERE t.code = 40 GROUP BY e.key, t.ref, t.asset_id, a.owner_id
        ), credited AS (
            SELECT format('deposit:%s', id) AS key, id AS ref, asset_id,
                   user_id AS owner_id, amount::numeric
            FROM deposits_deposit WHERE state = 'credited'
        )
        SELECT format('%s of user %s, asset %s, amount %s: only among the deposits',
                      key, owner_id, asset_id, amount)
        FROM (TABLE credited EXCEPT TABLE booked) missing
        UNION ALL
        SELECT format('%s of user %s, asset %s, amount %s: only in the books',
                      key, owner_id, asset_id, amount)
        FROM (TABLE booked EXCEPT TABLE credited) surplus
        """,
    ),
)
