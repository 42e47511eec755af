"""The invariants of deposits; `manage.py audit` looks for their violations."""

from kernel.invariants import ALWAYS, Invariant
from kernel.sealed import SealedLog

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
        FROM (TABLE booked EXCEPT (
            SELECT format('deposit:%s', id), id, asset_id, user_id, amount::numeric
            FROM public.deposits_deposit WHERE state = 'credited')) surplus
        """,
        recent={
            "ledger_transfer": "SELECT * FROM ledger_transfer WHERE id > $transfer_before",
            "deposits_deposit": """
                SELECT * FROM deposits_deposit WHERE id IN (
                    SELECT deposit_id FROM deposits_event WHERE id > $deposit_event)
            """,
        },
    ),
    Invariant(
        "W2",
        "nothing is credited before somebody else than who entered it has confirmed it",
        """
        SELECT format('deposit %s: %s by user %s, entered by user %s', d.id, d.state,
                      d.decided_by_id, d.entered_by_id)
        FROM deposits_deposit d WHERE d.state = 'credited' AND (
            d.decided_by_id IN (d.entered_by_id, d.user_id) OR d.entered_by_id = d.user_id)
        """,
        recent=ALWAYS,
    ),
)

#: What was entered, and what was done with it; a deposit's state follows from its events.
SEALED = (
    SealedLog(
        "deposits",
        "deposits_deposit",
        ("user_id", "asset_id", "amount", "reference", "entered_by_id", "created_at"),
    ),
    SealedLog(
        "deposit_events",
        "deposits_event",
        ("deposit_id", "before", "after", "actor_id", "reason", "created_at"),
    ),
)
