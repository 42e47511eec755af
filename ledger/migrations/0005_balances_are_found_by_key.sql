-- What it protects: as before, a balance changes only by a transfer, and a transfer moves
-- both its balances or is refused; in a time that does not grow with the number of
-- accounts. What is joined to the accounts is an array, whose length the planner takes for
-- small, so that they are found by key; the sums of a batch it took for many, and read all
-- accounts for every batch.
-- Proved by ledger/tests/test_database_rules.py.

CREATE OR REPLACE FUNCTION ledger_move_balances() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    accounts bigint[];
    assets bigint[];
    credits bigint[];
    moved bigint;
BEGIN
    SELECT array_agg(account_id), array_agg(asset_id), array_agg(credit)
    INTO accounts, assets, credits
    FROM (
        SELECT account_id, asset_id, sum(credit)::bigint AS credit
        FROM (
            SELECT debit_id AS account_id, asset_id, -amount AS credit FROM inserted
            UNION ALL
            SELECT credit_id, asset_id, amount FROM inserted
        ) AS leg
        GROUP BY account_id, asset_id
    ) AS net;
    UPDATE ledger_account AS account
    SET balance = account.balance
        + CASE account.normal_side WHEN 'C' THEN net.credit ELSE -net.credit END
    FROM unnest(accounts, assets, credits) AS net(account_id, asset_id, credit)
    WHERE account.id = net.account_id AND account.asset_id = net.asset_id;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved <> coalesce(cardinality(accounts), 0) THEN
        RAISE EXCEPTION 'a transfer names an unknown account or one of another asset'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- reverse
CREATE OR REPLACE FUNCTION ledger_move_balances() RETURNS trigger
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
