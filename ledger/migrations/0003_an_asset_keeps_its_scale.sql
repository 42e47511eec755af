-- What it protects: every amount is a count of an asset's units, so a changed scale would
-- multiply what everybody owns. Proved by ledger/tests/test_database_rules.py.
CREATE FUNCTION ledger_refuse_asset_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an asset keeps its code and scale for ever'
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER assets_keep_their_scale AFTER UPDATE OF id, code, scale
    ON ledger_asset FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse_asset_change();
CREATE TRIGGER assets_are_never_deleted BEFORE DELETE OR TRUNCATE
    ON ledger_asset FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_asset FROM fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON ledger_asset TO fairbook_app;
DROP TRIGGER assets_are_never_deleted ON ledger_asset;
DROP TRIGGER assets_keep_their_scale ON ledger_asset;
DROP FUNCTION ledger_refuse_asset_change();
