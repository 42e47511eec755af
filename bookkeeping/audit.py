"""The invariants of bookkeeping; `manage.py audit` looks for their violations."""

from kernel.invariants import ALWAYS, Invariant
from kernel.sealed import Behind, SealedLog

INVARIANTS = (
    Invariant(
        "L12",
        "nothing was booked into a month after it was closed for good",
        """
        WITH newest AS (
            SELECT id, ends, digest FROM bookkeeping_period
            WHERE state = 'hard closed' ORDER BY ends DESC LIMIT 1
        ), frozen AS (
            SELECT period_id, encode(sha256(convert_to(string_agg(
                format(E'%s|%s|%s\\n', account_id, debits, credits), ''
                ORDER BY account_id), 'UTF8')), 'hex') AS digest
            FROM bookkeeping_frozenbalance GROUP BY period_id
        )
        SELECT format('period %s: its transfers are not those that were closed', id)
        FROM newest WHERE digest <> bookkeeping_trial_digest(ends)
        UNION ALL
        SELECT format('period %s: its frozen trial balance is not the one that was closed',
                      p.id)
        FROM bookkeeping_period p LEFT JOIN frozen ON frozen.period_id = p.id
        WHERE p.state = 'hard closed' AND p.digest <> coalesce(frozen.digest,
            encode(sha256(''), 'hex'))
        """,
    ),
    Invariant(
        "B1",
        "what takes a transfer back is what an approved adjustment names, once",
        """
        SELECT format('transfer %s: no approved adjustment takes %s back by it',
                      t.id, t.ref)
        FROM ledger_transfer t WHERE t.code = 90 AND NOT EXISTS (
            SELECT FROM bookkeeping_adjustmentline line
            JOIN bookkeeping_adjustment a ON a.id = line.adjustment_id
            JOIN public.ledger_entry e ON e.id = t.entry_id
            WHERE line.reversal_id = t.id AND line.transfer_id = t.ref AND line.stands
            AND a.state = 'approved' AND e.kind = 'adjustment'
            AND e.key = format('adjustment:%s', a.id))
        """,
        recent={"ledger_transfer": "SELECT * FROM ledger_transfer WHERE id > $transfer"},
    ),
    Invariant(
        "B2",
        "every transfer that an approved adjustment names was taken back exactly",
        """
        SELECT format('adjustment %s: transfer %s is not taken back by %s', a.id,
                      line.transfer_id, coalesce(line.reversal_id::text, 'any'))
        FROM bookkeeping_adjustment a
        JOIN bookkeeping_adjustmentline line ON line.adjustment_id = a.id
        LEFT JOIN ledger_transfer taken ON taken.id = line.transfer_id
        LEFT JOIN ledger_transfer back ON back.id = line.reversal_id AND back.code = 90
        WHERE a.state = 'approved' AND (
            (back.debit_id, back.credit_id, back.asset_id, back.amount, back.ref)
            IS DISTINCT FROM
            (taken.credit_id, taken.debit_id, taken.asset_id, taken.amount, taken.id)
            OR back.id IS NULL)
        """,
        recent=ALWAYS,
    ),
    Invariant(
        "B3",
        "what takes two people in the books was done by two",
        """
        SELECT format('adjustment %s: proposed by user %s, %s by user %s', id,
                      proposed_by_id, state, decided_by_id)
        FROM bookkeeping_adjustment
        WHERE state <> 'proposed' AND decided_by_id IS NOT DISTINCT FROM proposed_by_id
        UNION ALL
        SELECT format('booking %s: proposed by user %s, %s by user %s', id,
                      proposed_by_id, state, decided_by_id)
        FROM bookkeeping_housebooking
        WHERE state <> 'proposed' AND decided_by_id IS NOT DISTINCT FROM proposed_by_id
        UNION ALL
        SELECT format('period %s: proposed by user %s, closed by user %s', id,
                      proposed_by_id, closed_by_id)
        FROM bookkeeping_period
        WHERE state = 'hard closed' AND closed_by_id IS NOT DISTINCT FROM proposed_by_id
        """,
        recent=ALWAYS,
    ),
    Invariant(
        "B4",
        "every booking of the house that was approved is in the books, as it was approved",
        """
        SELECT format('booking %s: transfer %s is not what was approved', booking.id,
                      coalesce(booking.transfer_id::text, 'none'))
        FROM bookkeeping_housebooking AS booking
        LEFT JOIN ledger_transfer AS posted ON posted.id = booking.transfer_id
        LEFT JOIN ledger_account AS debit ON debit.id = posted.debit_id
        LEFT JOIN ledger_account AS credit ON credit.id = posted.credit_id
        WHERE booking.state = 'approved' AND (
            posted.id IS NULL
            OR (posted.code, posted.ref, posted.asset_id, posted.amount)
                IS DISTINCT FROM (80, booking.id, booking.asset_id, booking.amount)
            OR (booking.kind, debit.kind, credit.kind) NOT IN (
                SELECT kind, debit_kind, credit_kind FROM bookkeeping_booking_accounts())
            OR credit.owner_id IS DISTINCT FROM booking.user_id)
        """,
        recent=ALWAYS,
    ),
    Invariant(
        "B5",
        "nothing was booked into a day after it was closed",
        # A seal of what is older than what was sealed long before holds what came late.
        """
        WITH chain AS (
            SELECT first, last, earliest, max(latest) OVER (
                ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM ledger_seal WHERE log = 'transfers'
        )
        SELECT format('period %s: transfer %s came after it was closed', p.id, t.id)
        FROM chain
        JOIN bookkeeping_period p ON p.state IN ('soft closed', 'hard closed')
            AND p.ends > chain.earliest AND p.changed_at < chain.before
        JOIN ledger_transfer t ON t.id BETWEEN chain.first AND chain.last
            AND t.created_at >= p.begins AND t.created_at < p.ends
        WHERE chain.earliest < chain.before - interval '1 minute'
        """,
        recent={
            "ledger_seal": """
                SELECT * FROM ledger_seal
                WHERE log = 'transfers' ORDER BY number DESC LIMIT 60
            """
        },
    ),
)

#: What was stated, and what was done to adjustments and periods, with their terms. Which
#: transfers an adjustment took back is sealed with those that did.
SEALED = (
    SealedLog(
        "rates",
        "bookkeeping_rate",
        (
            "asset_id",
            "currency_id",
            "at",
            "price",
            "source",
            "entered_by_id",
            "created_at",
        ),
    ),
    SealedLog(
        "wallet_counts",
        "bookkeeping_walletcount",
        ("account_id", "at", "amount", "source", "entered_by_id", "created_at"),
    ),
    SealedLog(
        "adjustments",
        "bookkeeping_adjustment",
        ("entry_id", "reason", "size", "proposed_by_id", "created_at"),
    ),
    SealedLog(
        "adjustment_events",
        "bookkeeping_adjustmentevent",
        ("adjustment_id", "before", "after", "actor_id", "reason", "created_at"),
    ),
    SealedLog(
        "house_bookings",
        "bookkeeping_housebooking",
        (
            "kind",
            "asset_id",
            "amount",
            "user_id",
            "reason",
            "reference",
            "proposed_by_id",
            "created_at",
        ),
    ),
    SealedLog(
        "house_booking_events",
        "bookkeeping_housebookingevent",
        ("booking_id", "before", "after", "actor_id", "reason", "created_at"),
    ),
    SealedLog(
        "period_events",
        "bookkeeping_periodevent",
        ("period_id", "before", "after", "actor_id", "reason", "digest", "created_at"),
        behind=Behind("bookkeeping_period", ("kind", "begins", "ends"), "period_id"),
    ),
)
