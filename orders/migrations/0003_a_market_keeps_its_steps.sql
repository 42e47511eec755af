-- What it protects: prices and quantities of all orders and trades are counts of the
-- market's ticks and lots, so changed steps would change what was agreed. A market also
-- keeps its shard: its commands stand in that shard's part of the log.
-- Proved by orders/tests/test_database_rules.py.
CREATE FUNCTION orders_refuse_market_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a market keeps its assets, steps and shard for ever'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER markets_keep_their_steps AFTER UPDATE OF id, symbol, base_id, quote_id,
    base_unit, tick_size, lot_size, tick_value, shard
    ON orders_market FOR EACH STATEMENT EXECUTE FUNCTION orders_refuse_market_change();
CREATE TRIGGER markets_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON orders_market FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- reverse
DROP TRIGGER markets_are_never_deleted ON orders_market;
DROP TRIGGER markets_keep_their_steps ON orders_market;
DROP FUNCTION orders_refuse_market_change();
