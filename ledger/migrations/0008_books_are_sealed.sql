-- What it protects: seals and snapshots are for ever, and a seal continues its chain; what
-- the books said at any past moment can be told quickly, and is what all transfers say.
-- Proved by ledger/tests/test_seal_rules.py and ledger/tests/test_standings.py.

CREATE TRIGGER seals_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER snapshots_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_snapshot FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER snapshot_balances_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_snapshotbalance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_seal, ledger_snapshot, ledger_snapshotbalance
    FROM fairbook_app;

-- The text that a seal's hash is made of; docs/seals.md.
CREATE FUNCTION ledger_seal_text(seal ledger_seal) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT concat_ws('|', seal.log, seal.number, seal.first, seal.last, seal.rows,
        to_char(seal.earliest AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        to_char(seal.latest AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        seal.content, seal.previous)
$$;

CREATE FUNCTION ledger_continue_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    before ledger_seal;
BEGIN
    SELECT * INTO before FROM ledger_seal WHERE log = NEW.log
    ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(before.number, 0) + 1
        OR NEW.previous <> coalesce(before.sha256, repeat('0', 64))
        OR (before.last IS NOT NULL AND NEW.first <> before.last + 1)
        OR NEW.sha256 <> encode(sha256(convert_to(ledger_seal_text(NEW), 'UTF8')), 'hex')
    THEN
        RAISE EXCEPTION 'a seal continues its chain' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seals_continue_their_chain BEFORE INSERT ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION ledger_continue_chain();

-- Ranges of ids lie along ranges of times, nearly; this finds the few that do not.
CREATE INDEX seal_by_ids_and_times ON ledger_seal
    USING gist (int8range(first, last, '[]'), tstzrange(earliest, latest, '[]'))
    WHERE log = 'transfers';
-- A snapshot's rows lie together; audits look at one after the other.
CREATE INDEX snapshot_balance_by_last ON ledger_snapshotbalance USING brin (last);

-- The ids of transfers on which a cut and a snapshot that stands at `base` may disagree:
-- those that may have to be added, and those that may have to be taken away again.
CREATE FUNCTION ledger_spans(cut_at timestamptz, cut_id bigint, base bigint)
RETURNS TABLE (sign int, lo bigint, hi bigint)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH sealed AS (
        SELECT coalesce(max(last), 0) AS last FROM ledger_seal WHERE log = 'transfers'
    ), span AS (
        SELECT 1 AS sign, range_agg(int8range(s.first, s.last, '[]')) AS ids
        FROM ledger_seal s WHERE s.log = 'transfers'
        AND int8range(s.first, s.last, '[]') && CASE WHEN cut_id < base THEN 'empty'
            ELSE int8range(base, cut_id, '(]') END
        AND tstzrange(s.earliest, s.latest, '[]') && tstzrange(NULL, cut_at, '[]')
        UNION ALL
        SELECT 1, int8multirange(int8range(sealed.last, cut_id, '(]'))
        FROM sealed WHERE cut_id IS NULL OR cut_id > sealed.last
        UNION ALL
        SELECT -1, range_agg(int8range(s.first, s.last, '[]'))
        FROM ledger_seal s WHERE s.log = 'transfers' AND cut_at IS NOT NULL
        AND int8range(s.first, s.last, '[]') && int8range(NULL, base, '[]')
        AND tstzrange(s.earliest, s.latest, '[]') && tstzrange(cut_at, NULL, '()')
        UNION ALL
        SELECT -1, int8multirange(int8range(least(cut_id, base), base, '(]'))
    ), joined AS (
        SELECT sign, range_agg(ids) AS ids FROM span WHERE ids IS NOT NULL GROUP BY sign
    )
    SELECT sign, CASE sign WHEN 1 THEN greatest(lower(r), base + 1) ELSE lower(r) END,
        least(upper(r) - 1, CASE sign WHEN 1 THEN cut_id ELSE base END)
    FROM joined, unnest(ids) AS r
$$;

-- Where the snapshot stands that leaves the least to add or take away; 0: there is none.
-- Any would do.
CREATE FUNCTION ledger_nearest_snapshot(cut_at timestamptz, cut_id bigint)
RETURNS bigint LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH cut AS (
        SELECT least(cut_id, CASE WHEN cut_at IS NOT NULL THEN coalesce((
            SELECT last FROM ledger_seal WHERE log = 'transfers' AND latest <= cut_at
            ORDER BY latest DESC, last DESC LIMIT 1), 0) END, 9223372036854775807) AS id
    )
    SELECT last FROM (
        SELECT 0 AS last
        UNION ALL (SELECT last FROM ledger_snapshot WHERE last <= (SELECT id FROM cut)
            ORDER BY last DESC LIMIT 1)
        UNION ALL (SELECT last FROM ledger_snapshot WHERE last > (SELECT id FROM cut)
            ORDER BY last LIMIT 1)
    ) AS near ORDER BY abs(last - (SELECT id FROM cut)), last LIMIT 1
$$;

-- What each account had turned over as of a cut: all transfers created at or before
-- `cut_at` whose ids are not beyond `cut_id`; NULL is no limit. Of all accounts, or of one
-- owner's. An account may come in several parts.
CREATE FUNCTION ledger_parts(cut_at timestamptz, cut_id bigint, cut_owner bigint)
RETURNS TABLE (account_id bigint, debits numeric, credits numeric)
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    base bigint;
    span record;
BEGIN
    -- The largest of all is no limit either.
    cut_id := CASE WHEN cut_id < 9223372036854775807 THEN greatest(cut_id, 0) END;
    base := ledger_nearest_snapshot(cut_at, cut_id);
    RETURN QUERY
        SELECT a.id, b.debits, b.credits
        FROM ledger_account a CROSS JOIN LATERAL (
            SELECT debits, credits FROM ledger_snapshotbalance
            WHERE account_id = a.id AND last <= base ORDER BY last DESC LIMIT 1) b
        WHERE cut_owner IS NULL OR a.owner_id = cut_owner;
    FOR span IN SELECT * FROM ledger_spans(cut_at, cut_id, base) LOOP
        IF cut_owner IS NOT NULL THEN
            RETURN QUERY SELECT * FROM ledger_owned_parts(
                cut_at, cut_id, cut_owner, span.sign, span.lo, span.hi);
        ELSE
            -- A side for itself is dearer to read and cheaper to sum, and is both by several.
            RETURN QUERY
                SELECT t.debit_id, sum(t.amount) * span.sign, 0::numeric
                FROM ledger_transfer t
                WHERE t.id >= span.lo AND t.id <= coalesce(span.hi, 9223372036854775807)
                AND ((cut_at IS NULL OR t.created_at <= cut_at)
                    AND (cut_id IS NULL OR t.id <= cut_id)) = (span.sign = 1)
                GROUP BY t.debit_id
                UNION ALL
                SELECT t.credit_id, 0, sum(t.amount) * span.sign
                FROM ledger_transfer t
                WHERE t.id >= span.lo AND t.id <= coalesce(span.hi, 9223372036854775807)
                AND ((cut_at IS NULL OR t.created_at <= cut_at)
                    AND (cut_id IS NULL OR t.id <= cut_id)) = (span.sign = 1)
                GROUP BY t.credit_id;
        END IF;
    END LOOP;
END $$;

-- The same of one owner's accounts: by the lists of their movements, and beyond these by
-- looking (ADR 0018).
CREATE FUNCTION ledger_owned_parts(
    cut_at timestamptz, cut_id bigint, cut_owner bigint, sign int, lo bigint, hi bigint)
RETURNS TABLE (account_id bigint, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH mine AS (
        SELECT id FROM ledger_account WHERE owner_id = cut_owner
    ), listed AS (
        SELECT coalesce(max(position), 0) AS until FROM ledger_movementcursor
    ), found AS (
        SELECT mine.id AS account_id, t.*
        FROM mine
        JOIN ledger_movementsofaccount l ON l.account_id = mine.id
            AND l.first <= coalesce(hi, 9223372036854775807)
            AND l.first >= coalesce((
                SELECT max(first) FROM ledger_movementsofaccount
                WHERE account_id = mine.id AND first <= lo), 0)
        CROSS JOIN unnest(l.ids) AS i (id)
        CROSS JOIN LATERAL (SELECT * FROM ledger_transfer WHERE id = i.id OFFSET 0) AS t
        WHERE i.id >= lo AND (hi IS NULL OR i.id <= hi)
        UNION ALL
        SELECT mine.id, t.*
        FROM ledger_transfer t JOIN mine ON mine.id IN (t.debit_id, t.credit_id)
        WHERE t.id > (SELECT until FROM listed) AND t.id >= lo AND (hi IS NULL OR t.id <= hi)
    )
    SELECT account_id,
        sum(CASE WHEN debit_id = account_id THEN amount ELSE 0 END) * sign,
        sum(CASE WHEN credit_id = account_id THEN amount ELSE 0 END) * sign
    FROM found
    WHERE ((cut_at IS NULL OR created_at <= cut_at) AND (cut_id IS NULL OR id <= cut_id))
        = (sign = 1)
    GROUP BY account_id
$$;

-- The turnover of every account that had any, as of a cut, in atoms. Reports begin here.
CREATE FUNCTION ledger_standings(
    cut_at timestamptz, cut_id bigint, cut_owner bigint DEFAULT NULL)
RETURNS TABLE (account_id bigint, debits numeric, credits numeric)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT account_id, sum(debits), sum(credits)
    FROM ledger_parts(cut_at, cut_id, cut_owner) GROUP BY account_id
    HAVING sum(debits) <> 0 OR sum(credits) <> 0
$$;

-- reverse
DROP FUNCTION ledger_standings(timestamptz, bigint, bigint);
DROP FUNCTION ledger_parts(timestamptz, bigint, bigint);
DROP FUNCTION ledger_owned_parts(timestamptz, bigint, bigint, int, bigint, bigint);
DROP FUNCTION ledger_nearest_snapshot(timestamptz, bigint);
DROP FUNCTION ledger_spans(timestamptz, bigint, bigint);
DROP INDEX snapshot_balance_by_last;
DROP INDEX seal_by_ids_and_times;
DROP TRIGGER seals_continue_their_chain ON ledger_seal;
DROP FUNCTION ledger_continue_chain();
DROP FUNCTION ledger_seal_text(ledger_seal);
DROP TRIGGER snapshot_balances_are_append_only ON ledger_snapshotbalance;
DROP TRIGGER snapshots_are_append_only ON ledger_snapshot;
DROP TRIGGER seals_are_append_only ON ledger_seal;
