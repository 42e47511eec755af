-- What it protects: an order's story, its prevented matches and a market's changes are for
-- ever; an order that is open (1), armed (5) or waiting (6) can change, an ended one not.
-- Proved by orders/tests/test_database_rules_of_special_orders.py.
CREATE TRIGGER order_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON orders_orderevent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER prevented_matches_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON orders_preventedmatch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER market_changes_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON orders_marketchange FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE
    ON orders_orderevent, orders_preventedmatch, orders_marketchange FROM fairbook_app;

DROP TRIGGER ended_orders_stay_ended ON orders_order;
CREATE TRIGGER ended_orders_stay_ended BEFORE UPDATE ON orders_order
    FOR EACH ROW WHEN (OLD.status NOT IN (1, 5, 6))
    EXECUTE FUNCTION orders_refuse_revival();

-- reverse
DROP TRIGGER ended_orders_stay_ended ON orders_order;
CREATE TRIGGER ended_orders_stay_ended BEFORE UPDATE ON orders_order
    FOR EACH ROW WHEN (OLD.status <> 1) EXECUTE FUNCTION orders_refuse_revival();
GRANT UPDATE, DELETE ON orders_orderevent, orders_preventedmatch, orders_marketchange
    TO fairbook_app;
DROP TRIGGER market_changes_are_append_only ON orders_marketchange;
DROP TRIGGER prevented_matches_are_append_only ON orders_preventedmatch;
DROP TRIGGER order_events_are_append_only ON orders_orderevent;
