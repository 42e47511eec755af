-- What it protects: before a month is closed for good all invariants were looked at after
-- its end, and not only those that every minute's audit looks at.
-- Proved by bookkeeping/tests/test_checklist.py.

-- What must be so before a month is closed. The first day that counts is that of the first
-- transfer. What lies in suspense is no obstacle to a closing whose proposal explains it.
CREATE OR REPLACE FUNCTION bookkeeping_checklist(
    month_begins timestamptz, month_ends timestamptz)
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
        SELECT outcome, format('%s, begun %s', outcome, to_char(
            started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) AS said
        FROM ledger_auditrun ORDER BY id DESC LIMIT 1
    ), full_audit AS (
        SELECT outcome, started_at, format('%s, begun %s', outcome, to_char(
            started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')) AS said
        FROM ledger_auditrun WHERE kind = 'full' ORDER BY id DESC LIMIT 1
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
    SELECT 'the last audit is clean',
        coalesce((SELECT outcome = 'clean' FROM audit), false),
        coalesce((SELECT said FROM audit), 'none yet')
    UNION ALL
    SELECT 'the last audit of everything is clean and newer than its end',
        coalesce((SELECT outcome = 'clean' AND started_at >= month_ends FROM full_audit),
            false),
        coalesce((SELECT said FROM full_audit), 'none yet')
    UNION ALL
    SELECT 'no break is open', count(*) = 0,
        coalesce('breaks ' || string_agg(id::text, ', ' ORDER BY id), '')
    FROM unsettled
    UNION ALL
    SELECT 'its transfers are sealed', count(*) = 0,
        CASE count(*) WHEN 0 THEN '' ELSE format('%s are not yet', count(*)) END
    FROM unsealed
$$;

-- reverse
CREATE OR REPLACE FUNCTION bookkeeping_checklist(
    month_begins timestamptz, month_ends timestamptz)
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
