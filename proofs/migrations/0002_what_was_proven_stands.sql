-- What it protects: a proof, its trees and its reserves are for ever; a tree's root is what
-- it says and the sum of what it owes each customer; nothing is added to a proof once it is
-- decided what becomes of it.
-- Proved by proofs/tests/test_database_rules.py.

CREATE TRIGGER proofs_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_proof FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER trees_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_prooftree FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_pages_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_treepage FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tree_shares_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_treeshare FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER reserves_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_reserve FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE
    ON proofs_proofdecision FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Hashes do not shrink: pages are kept as they are, so that a slice is read without the rest.
ALTER TABLE proofs_treepage ALTER COLUMN nodes SET STORAGE EXTERNAL;

-- At commit: the first node is the root that is told, its sum the total, and the total what
-- the customers' parts come to, each rounded up to the tree's unit.
CREATE FUNCTION proofs_expect_sum() RETURNS trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    root bytea;
    told bytea;
    owed numeric;
BEGIN
    SELECT substring(nodes FOR 40) INTO root
    FROM proofs_treepage WHERE tree_id = NEW.id AND number = 0;
    SELECT decode(NEW.root, 'hex') || string_agg(
        substring(int8send(NEW.total) FROM place FOR 1), '' ORDER BY place DESC)
    INTO told FROM generate_series(1, 8) AS place;
    SELECT coalesce(sum(ceil(share.amount / power(10::numeric, asset.scale - NEW.scale))), 0)
    INTO owed
    FROM proofs_treeshare share, ledger_asset asset
    WHERE share.tree_id = NEW.id AND asset.id = NEW.asset_id;
    IF root IS DISTINCT FROM told OR owed <> NEW.total THEN
        RAISE EXCEPTION 'tree % does not add up', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER trees_add_up AFTER INSERT ON proofs_prooftree
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION proofs_expect_sum();

-- Nothing is added to a proof that is decided on. The proof's row is locked by the decision
-- and by what would be added, so that one of them sees the other. SECURITY DEFINER: locking
-- needs a right that the application's role does not have.
CREATE FUNCTION proofs_expect_undecided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    proof bigint;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'proofs_prooftree' THEN proof := NEW.proof_id;
        ELSE SELECT proof_id INTO proof FROM proofs_prooftree WHERE id = NEW.tree_id;
    END CASE;
    PERFORM FROM proofs_proof WHERE id = proof FOR SHARE;
    PERFORM FROM proofs_proofdecision WHERE proof_id = proof;
    IF FOUND THEN
        RAISE EXCEPTION 'proof % is decided on: nothing is added to it', proof
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER trees_precede_the_decision BEFORE INSERT ON proofs_prooftree
    FOR EACH ROW EXECUTE FUNCTION proofs_expect_undecided();
CREATE TRIGGER reserves_precede_the_decision BEFORE INSERT ON proofs_reserve
    FOR EACH ROW EXECUTE FUNCTION proofs_expect_undecided();

CREATE FUNCTION proofs_lock_proof() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM proofs_proof WHERE id = NEW.proof_id FOR UPDATE;
    RETURN NEW;
END $$;
CREATE TRIGGER decisions_lock_their_proof BEFORE INSERT ON proofs_proofdecision
    FOR EACH ROW EXECUTE FUNCTION proofs_lock_proof();

REVOKE UPDATE, DELETE, TRUNCATE ON proofs_proof, proofs_prooftree, proofs_treepage,
    proofs_treeshare, proofs_reserve, proofs_proofdecision FROM fairbook_app;

-- reverse
GRANT UPDATE, DELETE ON proofs_proof, proofs_prooftree, proofs_treepage,
    proofs_treeshare, proofs_reserve, proofs_proofdecision TO fairbook_app;
DROP TRIGGER decisions_lock_their_proof ON proofs_proofdecision;
DROP FUNCTION proofs_lock_proof();
DROP TRIGGER reserves_precede_the_decision ON proofs_reserve;
DROP TRIGGER trees_precede_the_decision ON proofs_prooftree;
DROP FUNCTION proofs_expect_undecided();
DROP TRIGGER trees_add_up ON proofs_prooftree;
DROP FUNCTION proofs_expect_sum();
DROP TRIGGER decisions_are_append_only ON proofs_proofdecision;
DROP TRIGGER reserves_are_append_only ON proofs_reserve;
DROP TRIGGER tree_shares_are_append_only ON proofs_treeshare;
DROP TRIGGER tree_pages_are_append_only ON proofs_treepage;
DROP TRIGGER trees_are_append_only ON proofs_prooftree;
DROP TRIGGER proofs_are_append_only ON proofs_proof;
