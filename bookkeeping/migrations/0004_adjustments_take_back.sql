-- What it protects: an adjustment moves only by an event, which says who and why; it takes
-- back exactly the transfers that one person named and another approved, each once, and
-- does nothing else; what orders and withdrawals count on is not taken back; nobody has a
-- hand in an adjustment of their own accounts.
-- Proved by bookkeeping/tests/test_adjustment_rules.py and ledger/tests/test_guards.py.

CREATE FUNCTION bookkeeping_refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% begins at its beginning, keeps its facts, and moves only by an event',
        TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

-- Adjustments ------------------------------------------------------------------------------

CREATE TRIGGER adjustments_begin_proposed BEFORE INSERT ON bookkeeping_adjustment
    FOR EACH ROW WHEN (NEW.state <> 'proposed')
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER adjustments_move_by_events BEFORE UPDATE ON bookkeeping_adjustment
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER adjustments_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON bookkeeping_adjustment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit, all transfers that it announces have been named.
CREATE FUNCTION bookkeeping_expect_lines() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.size <> (SELECT count(*) FROM bookkeeping_adjustmentline
                    WHERE adjustment_id = NEW.id) THEN
        RAISE EXCEPTION 'adjustment % does not name its % transfers', NEW.id, NEW.size
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adjustments_name_their_transfers
    AFTER INSERT ON bookkeeping_adjustment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_expect_lines();

-- Lines ------------------------------------------------------------------------------------

CREATE FUNCTION bookkeeping_admit_line() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    proposed bookkeeping_adjustment;
    taken ledger_transfer;
BEGIN
    SELECT * INTO proposed FROM bookkeeping_adjustment WHERE id = NEW.adjustment_id;
    SELECT * INTO taken FROM ledger_transfer WHERE id = NEW.transfer_id;
    IF taken.entry_id IS DISTINCT FROM proposed.entry_id THEN
        RAISE EXCEPTION 'transfer % is not of entry %', NEW.transfer_id, proposed.entry_id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT NEW.stands OR NEW.reversal_id IS NOT NULL OR proposed.size <= (
        SELECT count(*) FROM bookkeeping_adjustmentline
        WHERE adjustment_id = NEW.adjustment_id) THEN
        RAISE EXCEPTION 'nothing is added to adjustment % any more', NEW.adjustment_id
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM ledger_account WHERE id IN (taken.debit_id, taken.credit_id)
        AND kind IN ('held', 'withdrawing');
    IF FOUND THEN
        RAISE EXCEPTION 'orders and withdrawals count on what transfer % moved', taken.id
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM ledger_account WHERE id IN (taken.debit_id, taken.credit_id)
        AND owner_id = proposed.proposed_by_id;
    IF FOUND THEN
        RAISE EXCEPTION 'nobody has a hand in an adjustment of their own accounts'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER adjustment_lines_are_reversible BEFORE INSERT ON bookkeeping_adjustmentline
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_admit_line();
CREATE TRIGGER adjustment_lines_follow_events BEFORE UPDATE ON bookkeeping_adjustmentline
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER adjustment_lines_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON bookkeeping_adjustmentline FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Events -----------------------------------------------------------------------------------

-- The row is locked by the update, so of two events at the same time the second finds
-- another state. SECURITY DEFINER: the application's role may not update it itself.
CREATE FUNCTION bookkeeping_apply_adjustment_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bookkeeping_adjustment
    SET state = NEW.after, decided_by_id = NEW.actor_id, decided_at = NEW.created_at
    WHERE id = NEW.adjustment_id AND state = NEW.before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'adjustment % is not %', NEW.adjustment_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM bookkeeping_adjustmentline line
        JOIN ledger_transfer taken ON taken.id = line.transfer_id
        JOIN ledger_account account ON account.id IN (taken.debit_id, taken.credit_id)
        WHERE line.adjustment_id = NEW.adjustment_id AND account.owner_id = NEW.actor_id;
    IF FOUND THEN
        RAISE EXCEPTION 'nobody has a hand in an adjustment of their own accounts'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.after = 'rejected' THEN
        UPDATE bookkeeping_adjustmentline SET stands = false
        WHERE adjustment_id = NEW.adjustment_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_move_adjustments AFTER INSERT ON bookkeeping_adjustmentevent
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_apply_adjustment_event();
CREATE TRIGGER adjustment_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_adjustmentevent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit, everything that was approved has been taken back.
CREATE FUNCTION bookkeeping_expect_reversals() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookkeeping_adjustmentline
        WHERE adjustment_id = NEW.adjustment_id AND reversal_id IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'adjustment % is approved and not in the books', NEW.adjustment_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER adjustment_approvals_are_posted
    AFTER INSERT ON bookkeeping_adjustmentevent DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.after = 'approved')
    EXECUTE FUNCTION bookkeeping_expect_reversals();

-- The books --------------------------------------------------------------------------------

CREATE FUNCTION bookkeeping_expect_approval() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookkeeping_adjustment
        WHERE state = 'approved' AND NEW.key = format('adjustment:%s', id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'entry % is not that of an approved adjustment', NEW.key
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER adjustment_entries_are_approved AFTER INSERT ON ledger_entry
    FOR EACH ROW WHEN (NEW.kind = 'adjustment')
    EXECUTE FUNCTION bookkeeping_expect_approval();

-- One look at the rows of a batch, and no more if they are the engine's, whose entries
-- have the numbers of event batches (market << 40 | number). SECURITY DEFINER: the
-- application's role may not link a line to what took it back.
CREATE FUNCTION bookkeeping_admit_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    linked bigint;
BEGIN
    PERFORM FROM inserted WHERE code = 90 OR entry_id < 1099511627776 LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE bookkeeping_adjustmentline AS line SET reversal_id = mirror.id
    FROM inserted AS mirror
    JOIN ledger_transfer AS taken ON taken.id = mirror.ref
    JOIN ledger_entry AS entry ON entry.id = mirror.entry_id AND entry.kind = 'adjustment'
    JOIN bookkeeping_adjustment AS approved
        ON approved.state = 'approved' AND entry.key = format('adjustment:%s', approved.id)
    WHERE mirror.code = 90 AND line.adjustment_id = approved.id
        AND line.transfer_id = mirror.ref AND line.stands AND line.reversal_id IS NULL
        AND mirror.debit_id = taken.credit_id AND mirror.credit_id = taken.debit_id
        AND mirror.asset_id = taken.asset_id AND mirror.amount = taken.amount;
    GET DIAGNOSTICS linked = ROW_COUNT;
    IF linked <> (SELECT count(*) FROM inserted WHERE code = 90) THEN
        RAISE EXCEPTION 'a reversal takes back, once, what an approved adjustment names'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM inserted JOIN ledger_entry AS entry ON entry.id = inserted.entry_id
        WHERE inserted.code <> 90 AND entry.kind = 'adjustment';
    IF FOUND THEN
        RAISE EXCEPTION 'an adjustment takes back, and does nothing else'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER transfers_pass_bookkeeping AFTER INSERT ON ledger_transfer
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_admit_transfers();

-- The application's role reads and inserts. Locking a row needs the right to update one
-- column; a trigger above refuses to do it.
REVOKE UPDATE, DELETE, TRUNCATE ON bookkeeping_adjustment, bookkeeping_adjustmentline,
    bookkeeping_adjustmentevent FROM fairbook_app;
GRANT UPDATE (id) ON bookkeeping_adjustment TO fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON bookkeeping_adjustment, bookkeeping_adjustmentline,
    bookkeeping_adjustmentevent TO fairbook_app;
DROP TRIGGER transfers_pass_bookkeeping ON ledger_transfer;
DROP FUNCTION bookkeeping_admit_transfers();
DROP TRIGGER adjustment_entries_are_approved ON ledger_entry;
DROP FUNCTION bookkeeping_expect_approval();
DROP TRIGGER adjustment_approvals_are_posted ON bookkeeping_adjustmentevent;
DROP FUNCTION bookkeeping_expect_reversals();
DROP TRIGGER adjustment_events_are_append_only ON bookkeeping_adjustmentevent;
DROP TRIGGER events_move_adjustments ON bookkeeping_adjustmentevent;
DROP FUNCTION bookkeeping_apply_adjustment_event();
DROP TRIGGER adjustment_lines_are_never_deleted ON bookkeeping_adjustmentline;
DROP TRIGGER adjustment_lines_follow_events ON bookkeeping_adjustmentline;
DROP TRIGGER adjustment_lines_are_reversible ON bookkeeping_adjustmentline;
DROP FUNCTION bookkeeping_admit_line();
DROP TRIGGER adjustments_name_their_transfers ON bookkeeping_adjustment;
DROP FUNCTION bookkeeping_expect_lines();
DROP TRIGGER adjustments_are_never_deleted ON bookkeeping_adjustment;
DROP TRIGGER adjustments_move_by_events ON bookkeeping_adjustment;
DROP TRIGGER adjustments_begin_proposed ON bookkeeping_adjustment;
DROP FUNCTION bookkeeping_refuse_write();
