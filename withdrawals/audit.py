"""The invariants of withdrawals; `manage.py audit` looks for their violations."""

from kernel.invariants import ALWAYS, Invariant
from kernel.sealed import SealedLog

INVARIANTS = (
    Invariant(
        "W3",
        "every withdrawal is held once, and ends either paid or returned, with its amount",
        """
        WITH booked AS (
            SELECT e.key, t.ref, t.asset_id, a.owner_id, t.code, sum(t.amount) AS amount
            FROM ledger_transfer t
            JOIN ledger_entry e ON e.id = t.entry_id
            JOIN ledger_account a
                ON a.id = CASE t.code WHEN 60 THEN t.credit_id ELSE t.debit_id END
            WHERE t.code IN (60, 61, 62)
            GROUP BY e.key, t.ref, t.asset_id, a.owner_id, t.code
        ), expected AS (
            SELECT format('withdrawal:%s:%s', w.id, m.purpose) AS key, w.id AS ref,
                   w.asset_id, w.user_id AS owner_id, m.code, w.amount::numeric
            FROM withdrawals_withdrawal w
            JOIN (VALUES
                ('hold', 60, NULL), ('paid', 62, 'paid'), ('released', 61, 'failed'),
                ('released', 61, 'rejected'), ('released', 61, 'cancelled')
            ) AS m (purpose, code, state) ON m.state IS NULL OR m.state = w.state
        )
        SELECT format('%s of user %s, asset %s, amount %s: not in the books',
                      key, owner_id, asset_id, amount)
        FROM (TABLE expected EXCEPT TABLE booked) missing
        UNION ALL
        SELECT format('%s of user %s, asset %s, amount %s: only in the books',
                      key, owner_id, asset_id, amount)
        FROM (TABLE booked EXCEPT TABLE expected) surplus
        """,
        # A hold is booked with its withdrawal, an end with its event.
        recent="""
        WITH booked AS (
            SELECT e.key, t.ref, t.asset_id, a.owner_id, t.code, sum(t.amount) AS amount
            FROM ledger_transfer t
            JOIN ledger_entry e ON e.id = t.entry_id
            JOIN ledger_account a
                ON a.id = CASE t.code WHEN 60 THEN t.credit_id ELSE t.debit_id END
            WHERE t.code IN (60, 61, 62) AND t.id > $transfer_before
            GROUP BY e.key, t.ref, t.asset_id, a.owner_id, t.code
        ), step AS (
            SELECT w.*, w.id > $withdrawal AS is_new, EXISTS (
                SELECT FROM withdrawals_event e
                WHERE e.withdrawal_id = w.id AND e.after = w.state
                  AND e.id > $withdrawal_event) AS has_moved
            FROM withdrawals_withdrawal w
            WHERE w.id > $withdrawal
               OR w.id IN (SELECT withdrawal_id FROM withdrawals_event
                           WHERE id > $withdrawal_event)
               OR w.id IN (SELECT ref FROM booked)
        ), expected AS (
            SELECT format('withdrawal:%s:%s', w.id, m.purpose) AS key, w.id AS ref,
                   w.asset_id, w.user_id AS owner_id, m.code, w.amount::numeric,
                   CASE m.code WHEN 60 THEN is_new ELSE has_moved END AS is_due
            FROM step w
            JOIN (VALUES
                ('hold', 60, NULL), ('paid', 62, 'paid'), ('released', 61, 'failed'),
                ('released', 61, 'rejected'), ('released', 61, 'cancelled')
            ) AS m (purpose, code, state) ON m.state IS NULL OR m.state = w.state
        )
        SELECT format('%s of user %s, asset %s, amount %s: not in the books',
                      key, owner_id, asset_id, amount)
        FROM (SELECT key, ref, asset_id, owner_id, code, amount FROM expected WHERE is_due
              EXCEPT TABLE booked) missing
        UNION ALL
        SELECT format('%s of user %s, asset %s, amount %s: only in the books',
                      key, owner_id, asset_id, amount)
        FROM (TABLE booked EXCEPT SELECT key, ref, asset_id, owner_id, code, amount
              FROM expected) surplus
        """,
    ),
    Invariant(
        "W6",
        "who approved a withdrawal is not who requested it, and approved these very terms",
        """
        SELECT format('withdrawal %s: approved by user %s', w.id, e.actor_id)
        FROM withdrawals_withdrawal w
        JOIN withdrawals_event e ON e.withdrawal_id = w.id AND e.after = 'approved'
        WHERE e.actor_id = w.user_id OR e.digest <> withdrawals_digest(w)
        UNION ALL
        SELECT format('withdrawal %s: it is %s without an approval', w.id, w.state)
        FROM withdrawals_withdrawal w
        WHERE w.state IN ('approved', 'paid', 'failed') AND NOT EXISTS (
            SELECT FROM withdrawals_event e
            WHERE e.withdrawal_id = w.id AND e.after = 'approved')
        """,
        recent=ALWAYS,
    ),
    Invariant(
        "W10",
        "what users are withdrawing is the sum of their open withdrawals",
        """
        WITH asked AS (
            SELECT user_id, asset_id, sum(amount) AS amount FROM withdrawals_withdrawal
            WHERE state IN ('requested', 'approved') GROUP BY user_id, asset_id
        ), kept AS (
            SELECT owner_id AS user_id, asset_id, balance AS amount FROM ledger_account
            WHERE kind = 'withdrawing'
        )
        SELECT format('user %s, asset %s: %s in open withdrawals, %s in the account',
                      user_id, asset_id,
                      coalesce(asked.amount, 0), coalesce(kept.amount, 0))
        FROM asked FULL JOIN kept USING (user_id, asset_id)
        WHERE coalesce(asked.amount, 0) <> coalesce(kept.amount, 0)
        """,
        recent=ALWAYS,
    ),
)

#: What was asked for, and what was done with it; a withdrawal's state follows from that.
SEALED = (
    SealedLog(
        "withdrawals",
        "withdrawals_withdrawal",
        ("user_id", "asset_id", "amount", "address", "client_withdrawal_id", "created_at"),
    ),
    SealedLog(
        "withdrawal_events",
        "withdrawals_event",
        (
            "withdrawal_id", "before", "after", "actor_id", "reason", "txid", "digest",
            "created_at",
        ),
    ),
)  # fmt: skip
