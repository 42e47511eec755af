-- What it protects: what happened in a market stays as it was told; an engine never goes
-- back. Proved by matching/tests/test_database_rules.py.
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON matching_eventbatch FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON matching_eventbatch FROM fairbook_app;
REVOKE DELETE, TRUNCATE ON matching_cursor, matching_marketsequence FROM fairbook_app;

CREATE FUNCTION matching_refuse_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a cursor never goes back' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER cursors_go_forwards BEFORE UPDATE ON matching_cursor
    FOR EACH ROW WHEN (NEW.position < OLD.position) EXECUTE FUNCTION matching_refuse_return();

-- reverse
DROP TRIGGER cursors_go_forwards ON matching_cursor;
DROP FUNCTION matching_refuse_return();
GRANT DELETE ON matching_cursor, matching_marketsequence TO fairbook_app;
GRANT UPDATE, DELETE ON matching_eventbatch TO fairbook_app;
DROP TRIGGER events_are_append_only ON matching_eventbatch;
