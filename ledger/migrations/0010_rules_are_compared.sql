-- What it protects: a rule of the database that somebody took away, or made toothless, for
-- however short a time an audit saw it. Not the right to do so: the owner has it.
-- Proved by exchange/tests/test_audit_runs.py.

-- One digest over all triggers, constraints, functions and rights, for audits to compare.
CREATE FUNCTION ledger_rules() RETURNS text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT md5(string_agg(rule, E'\n' ORDER BY rule COLLATE "C")) FROM (
        SELECT concat_ws(' ', tgrelid::regclass, tgenabled, pg_get_triggerdef(oid)) AS rule
        FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL
        SELECT concat_ws(' ', oid::regprocedure, prosecdef, proconfig, prosrc)
        FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
        UNION ALL
        SELECT concat_ws(' ', oid::regclass, relacl) FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S', 'v')
        UNION ALL
        SELECT concat_ws(' ', attrelid::regclass, attname, attacl) FROM pg_attribute
        JOIN pg_class c ON c.oid = attrelid
        WHERE attacl IS NOT NULL AND relnamespace = 'public'::regnamespace
    ) AS all_of_them
$$;

-- reverse
DROP FUNCTION ledger_rules();
