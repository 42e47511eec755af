"""What the database refuses of proofs, by raw SQL. README.md lists the rules."""

import pytest

from proofs.models import Proof, ProofTree, TreePage
from proofs.services import publish_proof
from proofs.tests.proving import entered, frank, published, taken
from tests.attempts import is_append_only, refused, run, the_owner
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db

PROOF = (
    "INSERT INTO proofs_proof (key, transfer, seal, sha256, at, seed, taken_at) "
    "VALUES (%s, 1, 1, %s, now(), %s, now())"
)
TREE = (
    "INSERT INTO proofs_prooftree (id, proof_id, asset_id, scale, total, root, leaves) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
SHARE = (
    "INSERT INTO proofs_treeshare (tree_id, user_id, amount, leaves) "
    "VALUES (%s, %s, %s, '{}')"
)
RESERVE = (
    "INSERT INTO proofs_reserve (tree_id, scheme, address, amount, as_of, message, "
    "signature, entered_by_id, entered_at) "
    "VALUES (%s, 'bitcoin', %s, %s, 'now', 'm', 's', %s, now())"
)
DECISION = (
    "INSERT INTO proofs_proofdecision (proof_id, published, by_id, reason, at) "
    "VALUES (%s, %s, %s, %s, now())"
)
#: What a commit checks, checked now.
COMMIT = "SET CONSTRAINTS ALL IMMEDIATE"
HASH = "ab" * 32


def btc(proof: Proof) -> ProofTree:
    return proof.trees.get(asset__code="BTC")


def insert_tree(proof: Proof, **other: object) -> None:
    facts = {
        "number": 900,
        "proof": proof.pk,
        "asset": asset("DOGE").pk,
        "scale": 8,
        "total": 0,
        "root": HASH,
        "leaves": 2,
    } | other
    run(TREE, *facts.values())


def rows(table: str) -> list[tuple]:
    return run(f"SELECT * FROM {table} ORDER BY id")


@pytest.mark.parametrize(
    "table", ["proof", "prooftree", "treepage", "treeshare", "reserve", "proofdecision"]
)
def test_what_was_proven_is_for_ever(table):
    proof = entered(taken())
    publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)

    is_append_only(f"proofs_{table}")


def test_a_proof_is_taken_once_under_its_key():
    taken("monday")
    before = rows("proofs_proof")

    with refused("proof_is_taken_once"):
        run(PROOF, "monday", HASH, HASH)

    assert rows("proofs_proof") == before


@pytest.mark.parametrize("wrong", ["", "ab", "AB" * 32, "zz" * 32])
def test_a_proofs_hashes_are_hex(wrong):
    with refused("proof_hashes_are_hex"):
        run(PROOF, "one", wrong, HASH)
    with refused("proof_hashes_are_hex"):
        run(PROOF, "two", HASH, wrong)

    assert rows("proofs_proof") == []


def test_a_proof_has_one_tree_of_an_asset():
    proof = taken()

    with refused("proof_has_an_asset_once"):
        insert_tree(proof, asset=btc(proof).asset_id)


@pytest.mark.parametrize("wrong", [{"total": -1}, {"leaves": 1}, {"scale": 10}], ids=str)
def test_a_tree_fits_the_format(wrong):
    with refused("tree_fits_the_format"):
        insert_tree(taken(), **wrong)


def test_a_trees_root_is_hex():
    with refused("tree_root_is_hex"):
        insert_tree(taken(), root="zz" * 32)


def test_a_page_of_a_tree_is_kept_once():
    page = TreePage.objects.filter(tree=btc(taken())).get()

    with refused("tree_page_is_unique"):
        run(
            "INSERT INTO proofs_treepage (tree_id, number, nodes) VALUES (%s, 0, '')",
            page.tree_id,
        )


def test_a_tree_says_of_a_customer_once_what_they_are_owed():
    tree = btc(taken())

    with refused("tree_share_is_unique"):
        run(SHARE, tree.pk, person("alice").pk, 1)
    with refused("tree_share_is_of_something"):
        run(SHARE, tree.pk, person("carol").pk, 0)


def test_a_tree_adds_up():
    proof = taken()
    run(COMMIT)
    # What would do: no page, no share, another root, another sum.
    nodes = bytes.fromhex(HASH) + (5).to_bytes(8, "little")

    for total, page, share in ((5, None, 5), (5, nodes, 4), (4, nodes, 4)):
        with refused("does not add up"):
            insert_tree(proof, total=total)
            if page:
                run(
                    "INSERT INTO proofs_treepage (tree_id, number, nodes) "
                    "VALUES (900, 0, decode(%s, 'hex'))",
                    nodes.hex(),
                )
            run(SHARE, 900, person("alice").pk, share)
            run(COMMIT)

    assert proof.trees.count() == 3


def test_a_share_counts_rounded_up_to_the_trees_unit():
    proof = taken()
    run(COMMIT)
    fine = asset("FINE", scale=18)
    nodes = bytes.fromhex(HASH) + (2).to_bytes(8, "little")

    run("SET CONSTRAINTS ALL DEFERRED")
    insert_tree(proof, asset=fine.pk, scale=9, total=2)
    run(
        "INSERT INTO proofs_treepage (tree_id, number, nodes) "
        "VALUES (900, 0, decode(%s, 'hex'))",
        nodes.hex(),
    )
    run(SHARE, 900, person("alice").pk, 1_000_000_001)
    run(COMMIT)

    assert proof.trees.get(pk=900).total == 2


def test_reserves_are_of_something_and_count_an_address_once():
    proof = entered(taken())
    reserve = btc(proof).reserves.get()
    before = rows("proofs_reserve")

    with refused("reserve_counts_an_address_once"):
        run(RESERVE, reserve.tree_id, reserve.address, 5, frank().pk)
    with refused("reserve_is_of_something"):
        run(RESERVE, reserve.tree_id, "another", 0, frank().pk)

    assert rows("proofs_reserve") == before


def test_nothing_is_added_to_a_proof_that_is_decided_on():
    proof = published()
    tree = btc(proof)

    with the_owner(), refused("is decided on"):
        insert_tree(proof)
    with the_owner(), refused("is decided on"):
        run(RESERVE, tree.pk, "address", 5, frank().pk)

    assert rows("proofs_reserve") == []
    assert proof.trees.count() == 3


def test_nothing_is_added_to_a_tree_whose_proof_is_decided_on():
    tree = btc(published())
    before = rows("proofs_treepage"), rows("proofs_treeshare")

    with the_owner(), refused("is decided on"):
        run(
            "INSERT INTO proofs_treepage (tree_id, number, nodes) VALUES (%s, 9, '')",
            tree.pk,
        )
    with the_owner(), refused("is decided on"):
        run(
            "INSERT INTO proofs_treeshare (tree_id, user_id, amount, leaves) "
            "VALUES (%s, %s, 5, '{0}')",
            tree.pk,
            frank().pk,
        )

    assert (rows("proofs_treepage"), rows("proofs_treeshare")) == before


def test_a_proof_is_decided_on_once():
    proof = published()

    with refused("proofs_proofdecision_proof_id_key"):
        run(DECISION, proof.pk, False, frank().pk, "why")


@pytest.mark.parametrize("reason", ["", "  "])
def test_who_discards_a_proof_says_why(reason):
    proof = taken()

    with refused("discarded_proof_has_its_reason"):
        run(DECISION, proof.pk, False, frank().pk, reason)

    assert rows("proofs_proofdecision") == []
