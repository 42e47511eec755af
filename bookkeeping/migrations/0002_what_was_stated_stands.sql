-- What it protects: what was stated of rates and wallets stands; a count is of a wallet.
-- Reports find the rates of an instant and what amounts were worth by them.
-- Proved by bookkeeping/tests/test_database_rules.py and bookkeeping/tests/test_rates.py.

CREATE TRIGGER rates_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_rate FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER counts_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_walletcount FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION bookkeeping_expect_wallet() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM ledger_account WHERE id = NEW.account_id AND kind = 'custody';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is not a custody account', NEW.account_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER counts_are_of_wallets BEFORE INSERT ON bookkeeping_walletcount
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_expect_wallet();

REVOKE UPDATE, DELETE, TRUNCATE ON bookkeeping_rate, bookkeeping_walletcount
    FROM fairbook_app;

-- For every asset that has one, the latest rate in a currency at or before an instant; the
-- currency itself at par.
CREATE FUNCTION bookkeeping_rates(currency bigint, moment timestamptz)
RETURNS TABLE (asset_id bigint, price bigint, at timestamptz, source text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT asset.id, stated.price, stated.at, stated.source::text
    FROM ledger_asset AS asset CROSS JOIN LATERAL (
        SELECT rate.price, rate.at, rate.source FROM bookkeeping_rate AS rate
        WHERE rate.asset_id = asset.id AND rate.currency_id = $1 AND rate.at <= $2
        ORDER BY rate.at DESC, rate.id DESC LIMIT 1
    ) AS stated
    WHERE asset.id <> $1
    UNION ALL
    SELECT $1, 10000000000, $2, 'par'
$$;

-- In atoms of the currency; half an atom counts as one, below zero as above.
CREATE FUNCTION bookkeeping_value(
    amount numeric, scale int, price numeric, currency_scale int) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT sign(amount) * div(
        2 * abs(amount) * price * power(10::numeric, currency_scale)
            + power(10::numeric, scale + 10),
        2 * power(10::numeric, scale + 10))
$$;

-- reverse
DROP FUNCTION bookkeeping_value(numeric, int, numeric, int);
DROP FUNCTION bookkeeping_rates(bigint, timestamptz);
GRANT UPDATE, DELETE ON bookkeeping_rate, bookkeeping_walletcount TO fairbook_app;
DROP TRIGGER counts_are_of_wallets ON bookkeeping_walletcount;
DROP FUNCTION bookkeeping_expect_wallet();
DROP TRIGGER counts_are_append_only ON bookkeeping_walletcount;
DROP TRIGGER rates_are_append_only ON bookkeeping_rate;
