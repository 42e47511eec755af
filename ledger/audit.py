"""The invariants of the books; `manage.py audit` looks for their violations."""

from kernel.invariants import ALWAYS, Invariant
from kernel.sealed import NO_TIME, Behind, SealedLog

GUARDS = (
    "transfers_move_balances",
    "transfers_are_append_only",
    "entries_are_append_only",
    "accounts_are_never_deleted",
    "accounts_open_empty",
    "balances_are_moved_by_transfers",
    "accounts_keep_their_identity",
    "transfers_pass_bookkeeping",
    "entries_are_of_open_periods",
    "adjustment_entries_are_approved",
)
#: Which database this is, as SQL. One restored from a dump is another, and so is one of a
#: newer server: both word the same rules otherwise.
DATABASE = """(
    SELECT concat_ws(' ', system_identifier, oid, split_part(version(), '.', 1))
    FROM pg_control_system(), pg_database WHERE datname = current_database())"""
#: What came since the last audit, and what may belong to it: a row beyond a mark may have
#: come with transfers that are not.
NEW = "SELECT * FROM ledger_transfer WHERE id > $transfer"
NEARBY = "SELECT * FROM ledger_transfer WHERE id > $transfer_before"

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
        recent={"ledger_transfer": NEW},
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
        recent=ALWAYS,
    ),
    Invariant(
        "L3",
        "every balance is the sum of its transfers",
        """
        WITH moved AS (
            SELECT account_id, sum(credit) AS credit FROM (
                SELECT debit_id AS account_id, -amount AS credit FROM ledger_transfer
                UNION ALL
                SELECT credit_id, amount FROM ledger_transfer
            ) leg GROUP BY account_id
        )
        SELECT format('account %s: its balance exceeds its transfers by %s', a.id,
                      a.balance - folded)
        FROM ledger_account a LEFT JOIN moved m ON m.account_id = a.id,
        LATERAL (SELECT coalesce(CASE a.normal_side WHEN 'C' THEN m.credit
                                 ELSE -m.credit END, 0) AS folded) f
        WHERE a.balance <> folded
        """,
        # What the transfers came to at the last audit, and those since then.
        recent="""
        WITH moved AS (
            SELECT account_id, sum(credit) AS credit FROM (
                SELECT debit_id AS account_id, -amount AS credit FROM ledger_transfer
                WHERE id > $transfer
                UNION ALL
                SELECT credit_id, amount FROM ledger_transfer WHERE id > $transfer
            ) leg GROUP BY account_id
        )
        SELECT format('account %s: its balance exceeds its transfers by %s', a.id,
                      a.balance - folded)
        FROM ledger_account a LEFT JOIN moved m ON m.account_id = a.id
        LEFT JOIN ledger_auditedbalance b ON b.account_id = a.id,
        LATERAL (SELECT coalesce(b.balance, 0) + coalesce(
            CASE a.normal_side WHEN 'C' THEN m.credit ELSE -m.credit END, 0) AS folded) f
        WHERE a.balance <> folded
        UNION ALL
        SELECT format('account %s: it is gone, with %s', b.account_id, b.balance)
        FROM ledger_auditedbalance b
        WHERE NOT EXISTS (SELECT FROM ledger_account a WHERE a.id = b.account_id)
        """,
    ),
    Invariant(
        "L4",
        "the guards of the database are in place",
        f"""
        SELECT format('trigger %s: it is missing', guard)
        FROM unnest(ARRAY['{"', '".join(GUARDS)}']) AS guard
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgname = guard)
        UNION ALL
        SELECT format('trigger %s of %s: it is disabled', g.tgname, g.tgrelid::regclass)
        FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
        WHERE g.tgenabled <> 'O' AND c.relnamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('constraint %s of %s: it is not validated', conname,
                      conrelid::regclass)
        FROM pg_constraint
        WHERE NOT convalidated AND connamespace = 'public'::regnamespace
        UNION ALL
        SELECT format('index %s: it is not valid', indexrelid::regclass)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE NOT (indisvalid AND indisready) AND indisunique
          AND c.relnamespace = 'public'::regnamespace
          AND NOT EXISTS (  -- REINDEX CONCURRENTLY makes the same anew beside it
            SELECT FROM pg_index same WHERE same.indrelid = i.indrelid
            AND same.indisunique AND same.indisvalid AND same.indisready
            AND same.indkey::text = i.indkey::text
            AND same.indnullsnotdistinct = i.indnullsnotdistinct
            AND pg_get_expr(same.indexprs, same.indrelid)
                IS NOT DISTINCT FROM pg_get_expr(i.indexprs, i.indrelid)
            AND pg_get_expr(same.indpred, same.indrelid)
                IS NOT DISTINCT FROM pg_get_expr(i.indpred, i.indrelid))
        """,  # noqa: S608  own names only
        recent=ALWAYS,
    ),
    Invariant(
        "L5",
        "no account is below its floor",
        """
        SELECT format('account %s: %s', id, balance)
        FROM ledger_account WHERE balance < floor
        """,
        recent=ALWAYS,
    ),
    Invariant(
        "L7",
        "every transfer belongs to an entry, and every entry moved something",
        """
        SELECT format('transfer %s: no entry %s', id, entry_id) FROM ledger_transfer t
        WHERE NOT EXISTS (SELECT FROM public.ledger_entry e WHERE e.id = t.entry_id)
        UNION ALL
        SELECT format('entry %s: no transfers', id) FROM ledger_entry e
        WHERE NOT EXISTS (SELECT FROM ledger_transfer t WHERE t.entry_id = e.id)
        """,
        recent={
            "ledger_transfer": NEARBY,
            # Those of trading batches are numbered as the batches of their markets.
            "ledger_entry": """
                SELECT * FROM ledger_entry WHERE id > $entry AND id < 1::bigint << 40
                UNION ALL
                SELECT e.* FROM ($markets) AS mark,
                LATERAL (SELECT * FROM ledger_entry
                         WHERE id > mark.event AND id < mark.stop) e
            """,
        },
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
    Invariant(
        "L11",
        "what a customer is given is the house's to give, and nobody pays for another",
        """
        SELECT format('transfer %s: %s may go below zero, and gave to a customer',
                      t.id, d.kind)
        FROM ledger_transfer t
        JOIN ledger_account d ON d.id = t.debit_id AND d.owner_id IS NULL
        JOIN ledger_account c ON c.id = t.credit_id AND c.owner_id IS NOT NULL
        WHERE d.normal_side = 'C' AND d.floor < 0
        UNION ALL
        SELECT format('transfer %s: from user %s to user %s without a trade',
                      t.id, d.owner_id, c.owner_id)
        FROM ledger_transfer t
        JOIN ledger_account d ON d.id = t.debit_id
        JOIN ledger_account c ON c.id = t.credit_id
        WHERE d.owner_id <> c.owner_id AND t.code NOT IN (20, 21, 80, 90)
        """,
        recent={"ledger_transfer": NEW},
    ),
    Invariant(
        "L16",
        "the rules of the database change by migrations only",
        f"""
        SELECT 'rules of the database: they are not those that the last audit found'
        FROM (SELECT * FROM ledger_auditrun WHERE outcome <> 'failed'
              ORDER BY id DESC LIMIT 1) last
        WHERE marks ->> 'migrations' = (SELECT max(id)::text FROM django_migrations)
          AND marks ->> 'database' = {DATABASE}
          AND marks ->> 'rules' <> (SELECT ledger_rules())
        """,  # noqa: S608  own words only
        recent=ALWAYS,
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
    # Whose a balance is, and what it is counted in, counts as much as how much it is.
    SealedLog(
        "accounts",
        "ledger_account",
        ("owner_id", "asset_id", "kind", "label", "normal_side", "floor", "opened_at"),
        time="opened_at",
    ),
    SealedLog("assets", "ledger_asset", ("code", "scale"), time=NO_TIME),
)
