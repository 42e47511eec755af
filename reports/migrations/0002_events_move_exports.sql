-- What it protects: an export moves only by an event, which says when, by whom and why; what
-- was asked never changes; who took which file is known for ever.
-- Proved by reports/tests/test_database_rules.py.

-- Inserting an event is what moves the export. The row is locked by the update, so of two
-- events at the same time the second finds another state. SECURITY DEFINER: the
-- application's role may not update exports itself.
CREATE FUNCTION reports_apply_event() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE reports_export
    SET state = NEW.after, moved_at = NEW.created_at,
        manifest = coalesce(NEW.manifest, manifest),
        file = CASE WHEN NEW.file = '' THEN file ELSE NEW.file END
    WHERE id = NEW.export_id AND state = NEW.before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'export % is not %', NEW.export_id, NEW.before
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER events_move_exports AFTER INSERT ON reports_export_event
    FOR EACH ROW EXECUTE FUNCTION reports_apply_event();

CREATE FUNCTION reports_refuse_write() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an export begins queued, keeps its facts, and moves only by an event'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER exports_begin_queued BEFORE INSERT ON reports_export
    FOR EACH ROW WHEN (NEW.state <> 'queued') EXECUTE FUNCTION reports_refuse_write();
CREATE TRIGGER exports_move_by_events BEFORE UPDATE ON reports_export
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION reports_refuse_write();
CREATE TRIGGER exports_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON reports_export FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER export_events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON reports_export_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON reports_export, reports_export_event FROM fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON reports_export, reports_export_event TO fairbook_app;
DROP TRIGGER export_events_are_append_only ON reports_export_event;
DROP TRIGGER exports_are_never_deleted ON reports_export;
DROP TRIGGER exports_move_by_events ON reports_export;
DROP TRIGGER exports_begin_queued ON reports_export;
DROP FUNCTION reports_refuse_write();
DROP TRIGGER events_move_exports ON reports_export_event;
DROP FUNCTION reports_apply_event();
