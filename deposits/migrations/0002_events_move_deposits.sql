-- What it protects: a deposit moves only by an event, which says who and why; its facts
-- never change; what is credited is in the books, in the same transaction; deposits and
-- events are for ever.
-- Proved by deposits/tests/test_database_rules.py.

-- Inserting an event is what moves the deposit. The row is locked by the update, so of two
-- events at the same time the second finds another state. SECURITY DEFINER: the
-- application's role may not update deposits itself.
CREATE FUNCTION deposits_apply_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE deposits_deposit
    SET state = NEW.after, decided_by_id = NEW.actor_id, decided_at = NEW.created_at
    WHERE id = NEW.deposit_id AND state = NEW.before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'deposit % is not %', NEW.deposit_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_move_deposits AFTER INSERT ON deposits_event
    FOR EACH ROW EXECUTE FUNCTION deposits_apply_event();

CREATE FUNCTION deposits_refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a deposit begins entered, keeps its facts, and moves only by an event'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER deposits_begin_entered BEFORE INSERT ON deposits_deposit
    FOR EACH ROW WHEN (NEW.state <> 'entered') EXECUTE FUNCTION deposits_refuse_write();
CREATE TRIGGER deposits_move_by_events BEFORE UPDATE ON deposits_deposit
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION deposits_refuse_write();
CREATE TRIGGER deposits_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON deposits_deposit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER deposit_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON deposits_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit, the books must hold the entry of what is credited.
CREATE FUNCTION deposits_expect_entry() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM ledger_entry WHERE key = format('deposit:%s', NEW.deposit_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the books have no entry deposit:%', NEW.deposit_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER deposit_credits_are_posted AFTER INSERT ON deposits_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.after = 'credited')
    EXECUTE FUNCTION deposits_expect_entry();

-- The application's role reads and inserts. Locking a row needs the right to update one
-- column; a trigger above refuses to do it.
REVOKE UPDATE, DELETE, TRUNCATE ON deposits_deposit, deposits_event FROM fairbook_app;
GRANT UPDATE (id) ON deposits_deposit TO fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON deposits_deposit, deposits_event TO fairbook_app;
DROP TRIGGER deposit_credits_are_posted ON deposits_event;
DROP FUNCTION deposits_expect_entry();
DROP TRIGGER deposit_events_are_append_only ON deposits_event;
DROP TRIGGER deposits_are_never_deleted ON deposits_deposit;
DROP TRIGGER deposits_move_by_events ON deposits_deposit;
DROP TRIGGER deposits_begin_entered ON deposits_deposit;
DROP FUNCTION deposits_refuse_write();
DROP TRIGGER events_move_deposits ON deposits_event;
DROP FUNCTION deposits_apply_event();
