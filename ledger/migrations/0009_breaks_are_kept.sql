-- What it protects: what an audit found stays found. A run is for ever; a break keeps its
-- facts, opens undecided, is acknowledged once and resolved once, and is never deleted.
-- Proved by ledger/tests/test_break_rules.py.
CREATE TRIGGER audits_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON ledger_auditrun FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER breaks_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON ledger_break FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION ledger_refuse_break_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a break opens undecided, keeps its facts, and is decided on once'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER breaks_begin_open BEFORE INSERT ON ledger_break
    FOR EACH ROW WHEN (NEW.state <> 'open' OR NEW.acknowledged_by_id IS NOT NULL)
    EXECUTE FUNCTION ledger_refuse_break_change();
CREATE TRIGGER breaks_keep_their_facts BEFORE UPDATE ON ledger_break
    FOR EACH ROW WHEN (
        (OLD.id, OLD.invariant, OLD.subject, OLD.what, OLD.assets, OLD.found_id,
         OLD.opened_at)
        IS DISTINCT FROM
        (NEW.id, NEW.invariant, NEW.subject, NEW.what, NEW.assets, NEW.found_id,
         NEW.opened_at)
        OR NEW.seen_id < OLD.seen_id
        OR (OLD.acknowledged_by_id IS NOT NULL AND
            (OLD.acknowledged_by_id, OLD.acknowledged_at, OLD.acknowledged_reason)
            IS DISTINCT FROM
            (NEW.acknowledged_by_id, NEW.acknowledged_at, NEW.acknowledged_reason))
        OR (OLD.state <> 'open' AND NEW.state = 'open')
        OR (OLD.state = 'resolved' AND
            (OLD.state, OLD.acknowledged_by_id, OLD.resolved_by_id, OLD.resolved_at,
             OLD.resolved_reason, OLD.accepted)
            IS DISTINCT FROM
            (NEW.state, NEW.acknowledged_by_id, NEW.resolved_by_id, NEW.resolved_at,
             NEW.resolved_reason, NEW.accepted)))
    EXECUTE FUNCTION ledger_refuse_break_change();

-- The application's role finds and decides; the facts are not its to write again.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_auditrun, ledger_break FROM fairbook_app;
GRANT UPDATE (seen_id, state, acknowledged_by_id, acknowledged_at, acknowledged_reason,
              resolved_by_id, resolved_at, resolved_reason, accepted)
    ON ledger_break TO fairbook_app;

-- reverse
REVOKE UPDATE (seen_id, state, acknowledged_by_id, acknowledged_at, acknowledged_reason,
               resolved_by_id, resolved_at, resolved_reason, accepted)
    ON ledger_break FROM fairbook_app;
GRANT UPDATE, DELETE ON ledger_auditrun, ledger_break TO fairbook_app;
DROP TRIGGER breaks_keep_their_facts ON ledger_break;
DROP TRIGGER breaks_begin_open ON ledger_break;
DROP FUNCTION ledger_refuse_break_change();
DROP TRIGGER breaks_are_never_deleted ON ledger_break;
DROP TRIGGER audits_are_append_only ON ledger_auditrun;
