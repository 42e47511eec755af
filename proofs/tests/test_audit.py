"""The audit finds what was done to proofs behind the guards."""

import pytest
from django.db import connection

from kernel.invariants import Invariant, Scope
from proofs.audit import INVARIANTS
from proofs.services import publish_proof
from proofs.tests.proving import entered, frank, taken
from tests.attempts import no_guards, run
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db
RULES = {rule.id: rule for rule in INVARIANTS}


def violations() -> dict[str, list[str]]:
    """What each rule has to say, those left out that hold."""
    found = {id_: sorted(lines_of(rule)) for id_, rule in RULES.items()}
    return {id_: lines for id_, lines in found.items() if lines}


def lines_of(rule: Invariant) -> list[str]:
    if rule.check:
        return list(rule.check(Scope(full=True)))
    with connection.cursor() as cursor:
        cursor.execute(rule.sql)
        return [line for [line] in cursor.fetchall()]


@pytest.fixture
def proof():
    made = entered(taken())
    publish_proof(proof_id=made.pk, actor=frank(), now=NOON)
    assert violations() == {}
    return made


def test_without_proofs_all_rules_hold():
    assert violations() == {}


def test_a_customer_who_was_left_out_is_found(proof):
    bob, btc = person("bob"), asset("BTC")
    with no_guards():
        run("DELETE FROM proofs_treeshare WHERE user_id = %s", bob.pk)

    found = violations()

    assert found["P1"] == [
        f"proof {proof.pk}: asset {btc.pk}: user {bob.pk}, 25000000: only in the books"
    ]
    assert set(found) == {"P1", "P2", "P3"}


def test_a_customer_who_was_made_up_is_found(proof):
    mallory, tree = person("mallory"), proof.trees.get(asset__code="ETH")
    with no_guards():
        run(
            "INSERT INTO proofs_treeshare (tree_id, user_id, amount, leaves) "
            "VALUES (%s, %s, 5, '{0}')",
            tree.pk,
            mallory.pk,
        )

    assert violations()["P1"] == [
        f"proof {proof.pk}: asset {tree.asset_id}: user {mallory.pk}, 5: only in the proof"
    ]


def test_books_that_were_altered_afterwards_are_found(proof):
    with no_guards():
        run(
            "UPDATE ledger_transfer SET amount = amount - 1 "
            "WHERE id = (SELECT max(id) FROM ledger_transfer)"
        )
        run("DELETE FROM ledger_snapshotbalance")
        run("DELETE FROM ledger_snapshot")

    assert len(violations()["P1"]) == 2


def test_another_root_or_total_is_found(proof):
    tree = proof.trees.get(asset__code="BTC")
    with no_guards():
        run("UPDATE proofs_prooftree SET total = total - 1 WHERE id = %s", tree.pk)

    assert violations() == {
        "P2": [f"tree {tree.pk}: asset {tree.asset_id}: it does not add up"]
    }


def test_an_altered_node_or_another_owner_of_a_leaf_is_found(proof):
    tree = proof.trees.get(asset__code="BTC")
    with no_guards():
        run(
            "UPDATE proofs_treepage SET nodes = overlay(nodes PLACING '\\x00'::bytea "
            "FROM 130) WHERE tree_id = %s",
            tree.pk,
        )
        run("UPDATE proofs_treeshare SET leaves = '{0}' WHERE tree_id = %s", tree.pk)

    assert violations() == {
        "P3": [
            f"tree {tree.pk}: asset {tree.asset_id}: its nodes are not what it grew",
            f"tree {tree.pk}: asset {tree.asset_id}: leaves are not whose they were",
        ]
    }


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE proofs_reserve SET amount = amount * 2",
        "UPDATE proofs_reserve SET address = '1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH'",
        "UPDATE proofs_reserve SET message = message || '.'",
        "UPDATE proofs_reserve SET signature = ''",
    ],
)
def test_reserves_that_nobody_signed_are_found(proof, statement):
    with no_guards():
        run(statement)

    [line] = violations()["P4"]
    assert line.startswith("reserve ")
