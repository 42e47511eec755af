"""The invariants of the books; `manage.py audit` looks for their violations."""

from kernel.invariants import Invariant
from kernel.sealed import Behind, SealedLog

GUARDS = (
    "transfers_move_balances",
    "transfers_are_append_only",
    "entries_are_append_only",
    "accounts_are_never_deleted",
    "accounts_open_empty",
    "balances_are_moved_by_transfers",
    "accounts_keep_their_identity",
)

INVARIANTS = (
    Invariant(
        "L1",
        "a transfer is one debit and one credit of one asset",
        """
        SELECT format('transfer %s: assets %s, %s, %s',
                      t.id, t.asset_id, d.asset_id, c.asset_id)
        FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.id = t.debit_id
        LEFT JOIN ledger_account c ON c.id = t.credit_id
        WHERE d.asset_id IS DISTINCT FROM t.asset_id
           OR c.asset_id IS DISTINCT FROM t.asset_id
           OR t.amount <= 0 OR t.debit_id = t.credit_id
        """,
    ),
    Invariant(
        "L2",
        "per asset, what the house holds equals what it owes and has earned",
        """
        SELECT format('asset %s: debits exceed credits by %s', asset_id, sum(
            CASE normal_side WHEN 'D' THEN balance ELSE -balance END))
        FROM ledger_account GROUP BY asset_id
        HAVING sum(CASE normal_side WHEN 'D' THEN balance ELSE -balance END) <> 0
        """,
    ),
    Invariant(
        "L3",
        "every balance is the sum of its transfers",
        """
        WITH moved AS (
            SELECT account_id, sum(debit) AS debit, sum(credit) AS credit FROM (
                SELECT debit_id AS account_id, amount AS debit, 0 AS credit
                FROM ledger_transfer
                UNION ALL
                SELECT credit_id, 0, amount FROM ledger_transfer
            ) leg GROUP BY account_id
        )
        SELECT format('account %s: balance %s, transfers say %s', a.id, a.balance, folded)
        FROM ledger_account a LEFT JOIN moved m ON m.account_id = a.id,
        LATERAL (SELECT coalesce(CASE a.normal_side WHEN 'C' THEN m.credit - m.debit
                                 ELSE m.debit - m.credit END, 0) AS folded) f
        WHERE a.balance <> folded
        """,
    ),
    Invariant(
        "L4",
        "the guards that make the books append-only are in place",
        f"""
        SELECT format('trigger %s is missing or disabled', guard)
        FROM unnest(ARRAY['{"', '".join(GUARDS)}']) AS guard
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = guard AND tgenabled = 'O')
        """,  # noqa: S608  own names only
    ),
    Invariant(
        "L5",
        "no account is below its floor",
        """
        SELECT format('account %s: %s', id, balance)
        FROM ledger_account WHERE balance < floor
        """,
    ),
    Invariant(
        "L7",
        "every transfer belongs to an entry, and every entry moved something",
        """
        SELECT format('transfer %s: no entry %s', id, entry_id) FROM ledger_transfer t
        WHERE NOT EXISTS (SELECT FROM ledger_entry e WHERE e.id = t.entry_id)
        UNION ALL
        SELECT format('entry %s: no transfers', id) FROM ledger_entry e
        WHERE NOT EXISTS (SELECT FROM ledger_transfer t WHERE t.entry_id = e.id)
        """,
    ),
    Invariant(
        "L8",
        "the lists of accounts have every transfer up to their cursor, once on each side",
        """
        WITH listed AS (
            SELECT account_id, unnest(ids) AS id FROM ledger_movementsofaccount
        ), recorded AS (
            SELECT unnest(ARRAY[debit_id, credit_id]) AS account_id, id
            FROM ledger_transfer
            WHERE id <= (SELECT max(position) FROM ledger_movementcursor)
        )
        (SELECT format('account %s: transfer %s is listed too often', account_id, id)
         FROM (SELECT * FROM listed EXCEPT ALL SELECT * FROM recorded) many)
        UNION ALL
        (SELECT format('account %s: transfer %s is not listed', account_id, id)
         FROM (SELECT * FROM recorded EXCEPT ALL SELECT * FROM listed) few)
        """,
    ),
)

#: Which of the books' tables are sealed, and what of them. Balances follow from transfers.
SEALED = (
    SealedLog(
        "transfers",
        "ledger_transfer",
        (
            "entry_id",
            "debit_id",
            "credit_id",
            "asset_id",
            "amount",
            "code",
            "ref",
            "created_at",
        ),
        behind=Behind(
            "ledger_entry",
            ("kind", "key", "digest", "reference", "memo", "created_at", "created_by_id"),
            named_by="entry_id",
        ),
    ),
    # Whose a balance is, counts as much as how much it is.
    SealedLog(
        "accounts",
        "ledger_account",
        ("owner_id", "asset_id", "kind", "label", "normal_side", "floor", "opened_at"),
        time="opened_at",
    ),
)
