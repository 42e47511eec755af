-- What it protects: neither a node nor a customer's part is added to a tree once it is
-- decided what becomes of its proof.
-- Proved by proofs/tests/test_database_rules.py.

-- Pages and parts come by the thousand, so a statement is looked at once. SECURITY DEFINER:
-- locking needs a right that the application's role does not have.
CREATE FUNCTION proofs_expect_trees_undecided() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    proofs bigint[] := ARRAY(
        SELECT DISTINCT tree.proof_id FROM proofs_prooftree tree
        WHERE tree.id IN (SELECT tree_id FROM inserted));
BEGIN
    PERFORM FROM proofs_proof WHERE id = ANY (proofs) ORDER BY id FOR SHARE;
    PERFORM FROM proofs_proofdecision WHERE proof_id = ANY (proofs);
    IF FOUND THEN
        RAISE EXCEPTION 'the tree''s proof is decided on: nothing is added to it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tree_pages_precede_the_decision AFTER INSERT ON proofs_treepage
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION proofs_expect_trees_undecided();
CREATE TRIGGER tree_shares_precede_the_decision AFTER INSERT ON proofs_treeshare
    REFERENCING NEW TABLE AS inserted
    FOR EACH STATEMENT EXECUTE FUNCTION proofs_expect_trees_undecided();

-- reverse
DROP TRIGGER tree_shares_precede_the_decision ON proofs_treeshare;
DROP TRIGGER tree_pages_precede_the_decision ON proofs_treepage;
DROP FUNCTION proofs_expect_trees_undecided();
