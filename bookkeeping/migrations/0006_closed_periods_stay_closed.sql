-- What it protects: nothing is booked into a closed period, by nobody; a period moves only
-- by an event, which says who and why; a month is closed for good by two people, when all
-- of its checklist is met, with the trial balance that both have seen, which is kept.
-- Proved by bookkeeping/tests/test_period_rules.py, bookkeeping/tests/test_periods.py and
-- ledger/tests/test_guards.py.

ALTER TABLE bookkeeping_period ADD CONSTRAINT period_is_a_whole_day_or_month CHECK (
    begins AT TIME ZONE 'UTC' = date_trunc(kind, begins AT TIME ZONE 'UTC')
    AND ends AT TIME ZONE 'UTC' = (begins AT TIME ZONE 'UTC') + CASE kind
        WHEN 'day' THEN interval '1 day' WHEN 'month' THEN interval '1 month' END);

CREATE TRIGGER periods_begin_open BEFORE INSERT ON bookkeeping_period
    FOR EACH ROW WHEN (NEW.state <> 'open') EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER periods_move_by_events BEFORE UPDATE ON bookkeeping_period
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse_write();
CREATE TRIGGER periods_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON bookkeeping_period FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER period_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_periodevent FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER frozen_balances_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON bookkeeping_frozenbalance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER frozen_balances_come_with_the_closing BEFORE INSERT
    ON bookkeeping_frozenbalance FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse_write();

-- What is closed -----------------------------------------------------------------------------

-- The closed period that an instant lies in; NULL when the books are open there.
CREATE FUNCTION bookkeeping_closed_at(moment timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT kind || ' ' || to_char(begins AT TIME ZONE 'UTC',
        CASE kind WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM' END)
    FROM bookkeeping_period
    WHERE state IN ('soft closed', 'hard closed') AND ends > moment
        AND (begins <= moment OR state = 'hard closed')
    ORDER BY state, ends LIMIT 1
$$;

-- The trial balance at an instant that is not in it, as one text hashed: by account, lines
-- of account|debits|credits.
CREATE FUNCTION bookkeeping_trial_digest(upto timestamptz) RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(
        format(E'%s|%s|%s\n', account_id, debits, credits), '' ORDER BY account_id), ''),
        'UTF8')), 'hex')
    FROM ledger_standings(upto - interval '1 microsecond', NULL)
$$;

-- What must be so before a month is closed. The first day that counts is that of the first
-- transfer. What lies in suspense is no obstacle to a closing whose proposal explains it.
CREATE FUNCTION bookkeeping_checklist(month_begins timestamptz, month_ends timestamptz)
RETURNS TABLE (item text, is_met boolean, detail text)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH first_transfer AS (
        SELECT created_at FROM ledger_transfer ORDER BY id LIMIT 1
    ), open_day AS (
        SELECT day FROM generate_series(
            greatest(month_begins, date_trunc('day', coalesce(
                (SELECT created_at FROM first_transfer), month_begins), 'UTC')),
            month_ends - interval '1 day', interval '1 day') AS day
        WHERE NOT EXISTS (SELECT FROM bookkeeping_period WHERE kind = 'day'
            AND begins = day AND state = 'soft closed')
    ), audit AS (
        SELECT outcome, started_at FROM ledger_auditrun ORDER BY id DESC LIMIT 1
    ), unsettled AS (
        SELECT id FROM ledger_break WHERE state <> 'resolved'
    ), unsealed AS (
        SELECT id FROM ledger_transfer
        WHERE id > (SELECT coalesce(max(last), 0) FROM ledger_seal WHERE log = 'transfers')
            AND created_at < month_ends
    )
    SELECT 'it is over', month_ends <= clock_timestamp(), ''
    UNION ALL
    SELECT 'all its days are closed', count(*) = 0,
        coalesce('open: ' || string_agg(
            to_char(day AT TIME ZONE 'UTC', 'YYYY-MM-DD'), ', ' ORDER BY day), '')
    FROM open_day
    UNION ALL
    SELECT 'the last audit is clean and newer than its end',
        coalesce((SELECT outcome = 'clean' AND started_at >= month_ends FROM audit), false),
        coalesce((SELECT format('%s, begun %s', outcome, to_char(
            started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) FROM audit), 'none yet')
    UNION ALL
    SELECT 'no break is open', count(*) = 0,
        coalesce('breaks ' || string_agg(id::text, ', ' ORDER BY id), '')
    FROM unsettled
    UNION ALL
    SELECT 'its transfers are sealed', count(*) = 0,
        CASE count(*) WHEN 0 THEN '' ELSE format('%s are not yet', count(*)) END
    FROM unsealed
$$;

-- What lies in suspense at an instant that is not in it, for people.
CREATE FUNCTION bookkeeping_suspense(upto timestamptz)
RETURNS TABLE (account_id bigint, balance numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT account.id, stood.credits - stood.debits
    FROM ledger_standings(upto - interval '1 microsecond', NULL) AS stood
    JOIN ledger_account AS account ON account.id = stood.account_id
    WHERE account.kind = 'suspense' AND stood.credits <> stood.debits
$$;

-- How a period moves -------------------------------------------------------------------------

-- Whoever has written transfers shares a lock until the end of the transaction
-- (bookkeeping_admit_transfers). Closing takes it for itself: who came first is waited for
-- and is in the closed period, who comes after sees that it is closed. What takes long comes
-- before, and only what is sealed meanwhile is relied on. SECURITY DEFINER: the
-- application's role may do none of this itself.
CREATE FUNCTION bookkeeping_apply_period_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    moved bookkeeping_period;
    sealed bigint;
BEGIN
    UPDATE bookkeeping_period SET
        state = NEW.after,
        changed_at = NEW.created_at,
        proposed_by_id = CASE NEW.after WHEN 'proposed' THEN NEW.actor_id
                                        WHEN 'hard closed' THEN proposed_by_id END,
        closed_by_id = CASE WHEN NEW.after IN ('soft closed', 'hard closed')
                            THEN NEW.actor_id END,
        digest = NEW.digest
    WHERE id = NEW.period_id AND state = NEW.before
    RETURNING * INTO moved;
    IF moved.id IS NULL THEN
        RAISE EXCEPTION 'period % is not %', NEW.period_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM bookkeeping_period
        WHERE state = 'hard closed' AND ends >= moved.ends AND id <> moved.id;
    IF FOUND THEN
        RAISE EXCEPTION 'period % is closed for good', moved.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.after = 'soft closed' AND moved.ends > clock_timestamp() THEN
        RAISE EXCEPTION 'period % is not over', moved.id USING ERRCODE = 'check_violation';
    END IF;
    SELECT coalesce(max(last), 0) INTO sealed FROM ledger_seal WHERE log = 'transfers';
    IF moved.kind = 'month' AND NEW.after <> 'open' THEN
        PERFORM bookkeeping_expect_checklist(moved, NEW);
    END IF;
    IF NEW.after = 'hard closed' THEN
        PERFORM bookkeeping_freeze(moved);
    END IF;
    IF NEW.after IN ('soft closed', 'hard closed') THEN
        PERFORM pg_advisory_xact_lock(hashtext('bookkeeping_period'));
    END IF;
    PERFORM FROM ledger_transfer WHERE NEW.after = 'hard closed'
        AND id > sealed AND created_at < moved.ends;
    IF FOUND THEN
        RAISE EXCEPTION 'something was booked into period % meanwhile', moved.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION bookkeeping_expect_checklist(
    closing bookkeeping_period, step bookkeeping_periodevent) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    obstacle text;
BEGIN
    SELECT string_agg(concat_ws(': ', item, nullif(detail, '')), '; ') INTO obstacle
    FROM bookkeeping_checklist(closing.begins, closing.ends) WHERE NOT is_met;
    IF obstacle IS NOT NULL THEN
        RAISE EXCEPTION 'not met: %', obstacle USING ERRCODE = 'check_violation';
    END IF;
    IF step.digest <> bookkeeping_trial_digest(closing.ends) THEN
        RAISE EXCEPTION 'the trial balance is not the one that was seen'
            USING ERRCODE = 'check_violation';
    END IF;
    IF step.after = 'proposed' AND step.reason !~ '\S' THEN
        PERFORM FROM bookkeeping_suspense(closing.ends);
        IF FOUND THEN
            RAISE EXCEPTION 'what lies in suspense is not explained'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    PERFORM FROM bookkeeping_periodevent AS seen
        WHERE step.after = 'hard closed' AND seen.period_id = closing.id
        AND seen.after = 'proposed' AND seen.id = (
            SELECT max(id) FROM bookkeeping_periodevent
            WHERE period_id = closing.id AND after = 'proposed')
        AND seen.digest <> step.digest;
    IF FOUND THEN
        RAISE EXCEPTION 'the trial balance is not the one that was proposed'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION bookkeeping_freeze(closing bookkeeping_period) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO bookkeeping_frozenbalance (period_id, account_id, debits, credits)
    SELECT closing.id, account_id, debits, credits
    FROM ledger_standings(closing.ends - interval '1 microsecond', NULL)
    ORDER BY account_id;
    UPDATE bookkeeping_period SET seal_id = (
        SELECT id FROM ledger_seal WHERE log = 'transfers' AND earliest < closing.ends
        ORDER BY number DESC LIMIT 1)
    WHERE id = closing.id;
END $$;

CREATE TRIGGER events_move_periods AFTER INSERT ON bookkeeping_periodevent
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_apply_period_event();

-- The books ----------------------------------------------------------------------------------

CREATE FUNCTION bookkeeping_expect_open_period() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    closed text := bookkeeping_closed_at(NEW.created_at);
BEGIN
    IF closed IS NOT NULL THEN
        RAISE EXCEPTION 'the books are closed: %', closed
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER entries_are_of_open_periods AFTER INSERT ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_expect_open_period();

-- Reports of a closed month show what they showed: nobody restates what things were worth.
CREATE FUNCTION bookkeeping_expect_open_month() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM bookkeeping_period WHERE state = 'hard closed' AND ends >= NEW.at;
    IF FOUND THEN
        RAISE EXCEPTION 'the books are closed: nothing is stated of % any more', NEW.at
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rates_are_of_open_months BEFORE INSERT ON bookkeeping_rate
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_expect_open_month();
CREATE TRIGGER counts_are_of_open_months BEFORE INSERT ON bookkeeping_walletcount
    FOR EACH ROW EXECUTE FUNCTION bookkeeping_expect_open_month();

-- One look at the rows of a batch: is any dated before the end of something closed, or not
-- the engine's, whose entries have the numbers of event batches (market << 40 | number)? A
-- transaction that sees an old picture of the database would not see what was closed
-- meanwhile, so such ones move no money.
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

REVOKE UPDATE, DELETE, TRUNCATE ON bookkeeping_period, bookkeeping_periodevent,
    bookkeeping_frozenbalance FROM fairbook_app;
REVOKE INSERT ON bookkeeping_frozenbalance FROM fairbook_app;
GRANT UPDATE (id) ON bookkeeping_period TO fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON bookkeeping_period, bookkeeping_periodevent,
    bookkeeping_frozenbalance TO fairbook_app;
GRANT INSERT ON bookkeeping_frozenbalance TO fairbook_app;
CREATE OR REPLACE FUNCTION bookkeeping_admit_transfers() RETURNS trigger
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
DROP TRIGGER counts_are_of_open_months ON bookkeeping_walletcount;
DROP TRIGGER rates_are_of_open_months ON bookkeeping_rate;
DROP FUNCTION bookkeeping_expect_open_month();
DROP TRIGGER entries_are_of_open_periods ON ledger_entry;
DROP FUNCTION bookkeeping_expect_open_period();
DROP TRIGGER events_move_periods ON bookkeeping_periodevent;
DROP FUNCTION bookkeeping_apply_period_event();
DROP FUNCTION bookkeeping_freeze(bookkeeping_period);
DROP FUNCTION bookkeeping_expect_checklist(bookkeeping_period, bookkeeping_periodevent);
DROP FUNCTION bookkeeping_suspense(timestamptz);
DROP FUNCTION bookkeeping_checklist(timestamptz, timestamptz);
DROP FUNCTION bookkeeping_trial_digest(timestamptz);
DROP FUNCTION bookkeeping_closed_at(timestamptz);
DROP TRIGGER frozen_balances_come_with_the_closing ON bookkeeping_frozenbalance;
DROP TRIGGER frozen_balances_are_append_only ON bookkeeping_frozenbalance;
DROP TRIGGER period_events_are_append_only ON bookkeeping_periodevent;
DROP TRIGGER periods_are_never_deleted ON bookkeeping_period;
DROP TRIGGER periods_move_by_events ON bookkeeping_period;
DROP TRIGGER periods_begin_open ON bookkeeping_period;
ALTER TABLE bookkeeping_period DROP CONSTRAINT period_is_a_whole_day_or_month;
