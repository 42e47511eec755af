-- What it protects: a report shows an amount to the last atom; kernel.decimals says the same
-- in Python. An entry may be an adjustment, and a transfer take another one back.
-- Proved by ledger/tests/test_decimals.py.
CREATE FUNCTION ledger_decimal(amount numeric, scale int) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN scale = 0 THEN trim_scale(amount)::text ELSE
        CASE WHEN amount < 0 THEN '-' ELSE '' END
        || left(lpad(abs(trim_scale(amount))::text, greatest(scale + 1,
            length(abs(trim_scale(amount))::text)), '0'), -scale)
        || '.' || right(lpad(abs(trim_scale(amount))::text, greatest(scale,
            length(abs(trim_scale(amount))::text)), '0'), scale) END
$$;

-- reverse
DROP FUNCTION ledger_decimal(numeric, int);
