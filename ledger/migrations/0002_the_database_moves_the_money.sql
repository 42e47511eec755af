-- What it protects: a balance changes only by a transfer; transfers and entries are for
-- ever; the application can neither write a balance nor take the guards away.
-- Proved by ledger/tests/test_database_rules.py.

-- Inserting transfers is what moves the money. Netted per (account, asset), so that a
-- batch of thousands updates each account once. SECURITY DEFINER: the application's role
-- may not update balances itself.
CREATE FUNCTION ledger_move_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    named bigint;
    moved bigint;
BEGIN
    WITH leg AS (
        SELECT debit_id AS account_id, asset_id, amount AS debit, 0 AS credit FROM inserted
        UNION ALL
        SELECT credit_id, asset_id, 0, amount FROM inserted
    ), net AS (
        SELECT account_id, asset_id, sum(debit) AS debit, sum(credit) AS credit
        FROM leg GROUP BY account_id, asset_id
    ), updated AS (
        UPDATE ledger_account AS account
        SET balance = account.balance
            + CASE account.normal_side WHEN 'C' THEN net.credit - net.debit
                                       ELSE net.debit - net.credit END
        FROM net
        WHERE account.id = net.account_id AND account.asset_id = net.asset_id
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM net), (SELECT count(*) FROM updated) INTO named, moved;
    IF named <> moved THEN
        RAISE EXCEPTION 'a transfer names an unknown account or one of another asset'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transfers_move_balances AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_move_balances();

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a reversing entry instead', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER transfers_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_transfer FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER entries_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An account opens empty, and only the trigger above (depth 1) may touch its balance.
CREATE FUNCTION refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a balance changes only by a transfer'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER accounts_open_empty BEFORE INSERT ON ledger_account
    FOR EACH ROW WHEN (NEW.balance <> 0) EXECUTE FUNCTION refuse_balance();
CREATE TRIGGER balances_are_moved_by_transfers BEFORE UPDATE OF balance ON ledger_account
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_balance();

CREATE FUNCTION refuse_account_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an account keeps its owner, asset, kind, side and floor for ever'
        USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER accounts_keep_their_identity
    BEFORE UPDATE OF id, owner_id, asset_id, kind, label, normal_side, floor, opened_at
    ON ledger_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_account_change();

-- The application's role: it reads and inserts. Locking rows needs the right to update
-- one column; the id, which the trigger above protects, is the harmless one.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_transfer, ledger_entry, ledger_account
    FROM fairbook_app;
GRANT UPDATE (id) ON ledger_account TO fairbook_app;
ALTER TABLE ledger_account SET (fillfactor = 70);

-- reverse
ALTER TABLE ledger_account RESET (fillfactor);
GRANT UPDATE, DELETE ON ledger_transfer, ledger_entry, ledger_account TO fairbook_app;
DROP TRIGGER accounts_keep_their_identity ON ledger_account;
DROP TRIGGER balances_are_moved_by_transfers ON ledger_account;
DROP TRIGGER accounts_open_empty ON ledger_account;
DROP TRIGGER accounts_are_never_deleted ON ledger_account;
DROP TRIGGER entries_are_append_only ON ledger_entry;
DROP TRIGGER transfers_are_append_only ON ledger_transfer;
DROP TRIGGER transfers_move_balances ON ledger_transfer;
DROP FUNCTION refuse_account_change();
DROP FUNCTION refuse_balance();
DROP FUNCTION refuse_change();
DROP FUNCTION ledger_move_balances();
