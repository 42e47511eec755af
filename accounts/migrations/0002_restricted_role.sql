-- What it protects: the running application owns nothing. It acts as fairbook_app, which
-- may read and write rows, but may not change tables, triggers or grants; append-only
-- tables take more rights away from it in their own migrations.
-- Proved by ledger/tests/test_database_rules.py.

-- Roles belong to the cluster, not to the database: another database may have made it.
DO $$ BEGIN
    CREATE ROLE fairbook_app NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

GRANT USAGE ON SCHEMA public TO fairbook_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO fairbook_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO fairbook_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO fairbook_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO fairbook_app;

-- reverse
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE USAGE, SELECT ON SEQUENCES FROM fairbook_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    REVOKE SELECT, INSERT, UPDATE, DELETE ON TABLES FROM fairbook_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM fairbook_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM fairbook_app;
REVOKE USAGE ON SCHEMA public FROM fairbook_app;
