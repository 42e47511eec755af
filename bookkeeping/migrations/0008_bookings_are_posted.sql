-- What it protects: what the house books by itself, two people have agreed on; it is posted
-- once, as it was approved, between the accounts that its kind says; nobody has a hand in
-- what they are given.
-- Proved by bookkeeping/tests/test_booking_rules.py.

CREATE TRIGGER bookings_begin_proposed BEFORE INSERT ON bookkeeping_housebooking
    FOR EACH ROW WHEN (NEW.state <> 'proposed' OR NEW.transfer_id IS NOT NULL)
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER bookings_move_by_events BEFORE UPDATE ON bookkeeping_housebooking
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER bookings_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON bookkeeping_housebooking FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER booking_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_housebookingevent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Between which accounts a booking of each kind goes, as bookkeeping/rules.py says.
CREATE FUNCTION bookkeeping_booking_accounts()
RETURNS TABLE (kind text, debit_kind text, credit_kind text)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('capital in', 'custody', 'capital'),
        ('capital out', 'capital', 'custody'),
        ('network fee', 'network_fees', 'custody'),
        ('promotion funded', 'capital', 'promotions'),
        ('promotion paid', 'promotions', 'available'),
        ('unknown arrival', 'custody', 'suspense'),
        ('suspense assigned', 'suspense', 'available'),
        ('suspense returned', 'suspense', 'custody')
$$;

-- The row is locked by the update, so of two events at the same time the second finds
-- another state. SECURITY DEFINER: the application's role may not update it itself.
CREATE FUNCTION bookkeeping_apply_booking_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE bookkeeping_housebooking
    SET state = NEW.after, decided_by_id = NEW.actor_id, decided_at = NEW.created_at
    WHERE id = NEW.booking_id AND state = NEW.before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'booking % is not %', NEW.booking_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_move_bookings AFTER INSERT ON bookkeeping_housebookingevent
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_apply_booking_event();

-- At commit, what was approved is in the books.
CREATE FUNCTION bookkeeping_expect_posting() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookkeeping_housebooking
        WHERE id = NEW.booking_id AND transfer_id IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'booking % is approved and not in the books', NEW.booking_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER booking_approvals_are_posted
    AFTER INSERT ON bookkeeping_housebookingevent DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.after = 'approved')
    EXECUTE FUNCTION bookkeeping_expect_posting();

-- As before, and: what is posted for a booking is what was approved, once.
CREATE OR REPLACE FUNCTION bookkeeping_admit_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    closed timestamptz;
    obstacle text;
    linked bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'money moves in transactions that read what is committed'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('bookkeeping_period'));
    SELECT max(ends) INTO closed FROM bookkeeping_period
        WHERE state IN ('soft closed', 'hard closed');
    PERFORM FROM inserted
        WHERE created_at < closed OR code = 90 OR entry_id < 1099511627776 LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT min(bookkeeping_closed_at(created_at)) INTO obstacle
    FROM (SELECT DISTINCT created_at FROM inserted WHERE created_at < closed) AS dated;
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'the books are closed: %', obstacle
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
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
    UPDATE bookkeeping_housebooking AS booking SET transfer_id = posted.id
    FROM inserted AS posted
    JOIN ledger_entry AS entry ON entry.id = posted.entry_id AND entry.kind = 'house'
    JOIN ledger_account AS debit ON debit.id = posted.debit_id
    JOIN ledger_account AS credit ON credit.id = posted.credit_id
    WHERE entry.key = format('booking:%s', booking.id) AND posted.code = 80
        AND posted.ref = booking.id AND booking.state = 'approved'
        AND booking.transfer_id IS NULL AND posted.asset_id = booking.asset_id
        AND posted.amount = booking.amount
        AND (booking.kind, debit.kind, credit.kind) IN (
            SELECT kind, debit_kind, credit_kind FROM bookkeeping_booking_accounts())
        AND debit.owner_id IS NULL
        AND credit.owner_id IS NOT DISTINCT FROM booking.user_id;
    GET DIAGNOSTICS linked = ROW_COUNT;
    IF linked <> (
        SELECT count(*) FROM inserted JOIN ledger_entry AS entry ON entry.id = entry_id
        WHERE entry.key LIKE 'booking:%') THEN
        RAISE EXCEPTION 'a booking of the house is posted once, as it was approved'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- The application's role reads and inserts. Locking a row needs the right to update one
-- column; a trigger above refuses to do it.
REVOKE UPDATE, DELETE, TRUNCATE ON bookkeeping_housebooking, bookkeeping_housebookingevent
    FROM fairbook_app;
GRANT UPDATE (id) ON bookkeeping_housebooking TO fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON bookkeeping_housebooking, bookkeeping_housebookingevent
    TO fairbook_app;
CREATE OR REPLACE FUNCTION bookkeeping_admit_transfers() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    closed timestamptz;
    obstacle text;
    linked bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'money moves in transactions that read what is committed'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtext('bookkeeping_period'));
    SELECT max(ends) INTO closed FROM bookkeeping_period
        WHERE state IN ('soft closed', 'hard closed');
    PERFORM FROM inserted
        WHERE created_at < closed OR code = 90 OR entry_id < 1099511627776 LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    SELECT min(bookkeeping_closed_at(created_at)) INTO obstacle
    FROM (SELECT DISTINCT created_at FROM inserted WHERE created_at < closed) AS dated;
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'the books are closed: %', obstacle
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
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
DROP TRIGGER booking_approvals_are_posted ON bookkeeping_housebookingevent;
DROP FUNCTION bookkeeping_expect_posting();
DROP TRIGGER events_move_bookings ON bookkeeping_housebookingevent;
DROP FUNCTION bookkeeping_apply_booking_event();
DROP FUNCTION bookkeeping_booking_accounts();
DROP TRIGGER booking_events_are_append_only ON bookkeeping_housebookingevent;
DROP TRIGGER bookings_are_never_deleted ON bookkeeping_housebooking;
DROP TRIGGER bookings_move_by_events ON bookkeeping_housebooking;
DROP TRIGGER bookings_begin_proposed ON bookkeeping_housebooking;
