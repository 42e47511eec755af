-- What it protects: a withdrawal moves only by an event, which says who and why; its terms
-- never change; an approval is bound to them; the money follows every state, in the same
-- transaction; withdrawals and events are for ever.
-- Proved by withdrawals/tests/test_database_rules.py.

-- The same text as Withdrawal.digest hashes.
CREATE FUNCTION withdrawals_digest(asked withdrawals_withdrawal) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(convert_to(
        concat_ws('|', asked.id, asked.user_id, asset.code, asked.amount, asked.address),
        'UTF8')), 'hex')
    FROM ledger_asset AS asset WHERE asset.id = asked.asset_id
$$;

-- Inserting an event is what moves the withdrawal. The row is locked by the update, so of
-- two events at the same time the second finds another state. SECURITY DEFINER: the
-- application's role may not update withdrawals itself.
CREATE FUNCTION withdrawals_apply_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked withdrawals_withdrawal;
    approved text;
BEGIN
    UPDATE withdrawals_withdrawal SET
        state = NEW.after,
        decided_by_id = CASE WHEN NEW.after IN ('approved', 'rejected')
                             THEN NEW.actor_id ELSE decided_by_id END,
        decided_at = CASE WHEN NEW.after IN ('approved', 'rejected')
                          THEN NEW.created_at ELSE decided_at END,
        txid = NEW.txid,
        updated_at = NEW.created_at
    WHERE id = NEW.withdrawal_id AND state = NEW.before
    RETURNING * INTO asked;

    IF asked.id IS NULL THEN
        RAISE EXCEPTION 'withdrawal % is not %', NEW.withdrawal_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.after = 'cancelled') <> (NEW.actor_id = asked.user_id) THEN
        RAISE EXCEPTION 'a withdrawal is cancelled by its requester, and all else is done by others'
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT digest INTO approved FROM withdrawals_event
        WHERE withdrawal_id = NEW.withdrawal_id AND after = 'approved';
    IF approved <> withdrawals_digest(asked) THEN
        RAISE EXCEPTION 'the terms of withdrawal % are not what was approved', asked.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_move_withdrawals AFTER INSERT ON withdrawals_event
    FOR EACH ROW EXECUTE FUNCTION withdrawals_apply_event();

CREATE FUNCTION withdrawals_refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a withdrawal begins requested, keeps its terms, and moves only by an event'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER withdrawals_begin_requested BEFORE INSERT ON withdrawals_withdrawal
    FOR EACH ROW WHEN (NEW.state <> 'requested') EXECUTE FUNCTION withdrawals_refuse_write();
CREATE TRIGGER withdrawals_move_by_events BEFORE UPDATE ON withdrawals_withdrawal
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION withdrawals_refuse_write();
CREATE TRIGGER withdrawals_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON withdrawals_withdrawal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER withdrawal_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON withdrawals_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit, the books must hold the entry that belongs to the state.
CREATE FUNCTION withdrawals_expect_entry(withdrawal bigint, purpose text) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM ledger_entry WHERE key = format('withdrawal:%s:%s', withdrawal, purpose);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the books have no entry withdrawal:%:%', withdrawal, purpose
            USING ERRCODE = 'check_violation';
    END IF;
END $$;
CREATE FUNCTION withdrawals_expect_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM withdrawals_expect_entry(NEW.id, 'hold');
    RETURN NULL;
END $$;
CREATE FUNCTION withdrawals_expect_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM withdrawals_expect_entry(
        NEW.withdrawal_id, CASE NEW.after WHEN 'paid' THEN 'paid' ELSE 'released' END);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER withdrawals_are_held AFTER INSERT ON withdrawals_withdrawal
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION withdrawals_expect_hold();
CREATE CONSTRAINT TRIGGER withdrawal_ends_are_posted AFTER INSERT ON withdrawals_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.after IN ('paid', 'failed', 'rejected', 'cancelled'))
    EXECUTE FUNCTION withdrawals_expect_outcome();

-- The application's role reads and inserts. Locking a row needs the right to update one
-- column; a trigger above refuses to do it.
REVOKE UPDATE, DELETE, TRUNCATE ON withdrawals_withdrawal, withdrawals_event FROM fairbook_app;
GRANT UPDATE (id) ON withdrawals_withdrawal TO fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON withdrawals_withdrawal, withdrawals_event TO fairbook_app;
DROP TRIGGER withdrawal_ends_are_posted ON withdrawals_event;
DROP TRIGGER withdrawals_are_held ON withdrawals_withdrawal;
DROP FUNCTION withdrawals_expect_outcome();
DROP FUNCTION withdrawals_expect_hold();
DROP FUNCTION withdrawals_expect_entry(bigint, text);
DROP TRIGGER withdrawal_events_are_append_only ON withdrawals_event;
DROP TRIGGER withdrawals_are_never_deleted ON withdrawals_withdrawal;
DROP TRIGGER withdrawals_move_by_events ON withdrawals_withdrawal;
DROP TRIGGER withdrawals_begin_requested ON withdrawals_withdrawal;
DROP FUNCTION withdrawals_refuse_write();
DROP TRIGGER events_move_withdrawals ON withdrawals_event;
DROP FUNCTION withdrawals_apply_event();
DROP FUNCTION withdrawals_digest(withdrawals_withdrawal);
