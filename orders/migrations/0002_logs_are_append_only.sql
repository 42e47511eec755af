-- What it protects: commands become visible in the order of their ids, so that a reader
-- that stands at id n never misses a lower one that commits late; commands and trades are
-- for ever; no trade rounds; no notional overflows.
-- Proved by orders/tests/test_database_rules.py.

-- An identity value is drawn when a row is inserted but becomes visible when its
-- transaction commits, so a reader could see 8 before 7. This lock is taken before the
-- first value is drawn and is released after the commit has become visible. It also
-- rings the engine: NOTIFY is delivered at commit, once per transaction.
CREATE FUNCTION orders_queue_commands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('orders_command'));
    PERFORM pg_notify('commands', '');
    RETURN NULL;
END $$;
CREATE TRIGGER commands_queue BEFORE INSERT ON orders_command
    FOR EACH STATEMENT EXECUTE FUNCTION orders_queue_commands();

CREATE TRIGGER commands_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON orders_command FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trades_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON orders_trade FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER orders_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON orders_order FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON orders_command, orders_trade FROM fairbook_app;
REVOKE DELETE, TRUNCATE ON orders_order, orders_market FROM fairbook_app;

-- An order that has ended stays as it is.
CREATE FUNCTION orders_refuse_revival() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'order % has ended', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER ended_orders_stay_ended BEFORE UPDATE ON orders_order
    FOR EACH ROW WHEN (OLD.status <> 1) EXECUTE FUNCTION orders_refuse_revival();

ALTER TABLE orders_market
    ADD CONSTRAINT market_never_rounds
        CHECK (tick_size::numeric * lot_size = tick_value::numeric * base_unit),
    ADD CONSTRAINT market_never_overflows
        CHECK (price_max::numeric * quantity_max * tick_value <= 9223372036854775807
           AND quantity_max::numeric * lot_size <= 9223372036854775807);
ALTER TABLE orders_trade ADD CONSTRAINT trade_id_names_its_market CHECK (id >> 40 = market_id);
ALTER TABLE orders_order SET (fillfactor = 85);

-- reverse
ALTER TABLE orders_order RESET (fillfactor);
ALTER TABLE orders_trade DROP CONSTRAINT trade_id_names_its_market;
ALTER TABLE orders_market DROP CONSTRAINT market_never_overflows,
    DROP CONSTRAINT market_never_rounds;
DROP TRIGGER ended_orders_stay_ended ON orders_order;
DROP FUNCTION orders_refuse_revival();
GRANT DELETE ON orders_order, orders_market TO fairbook_app;
GRANT UPDATE, DELETE ON orders_command, orders_trade TO fairbook_app;
DROP TRIGGER orders_are_never_deleted ON orders_order;
DROP TRIGGER trades_are_append_only ON orders_trade;
DROP TRIGGER commands_are_append_only ON orders_command;
DROP TRIGGER commands_queue ON orders_command;
DROP FUNCTION orders_queue_commands();
