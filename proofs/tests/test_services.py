"""A proof is taken of the sealed books, shown when it is published, and never changed."""

import pytest

from kernel.units import Atoms
from ledger.models import AccountKind, Entry, Seal
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from proofs.errors import (
    LiabilitiesTooLarge,
    MayNotPublishProof,
    MayNotTakeProof,
    NothingSealed,
    ProofDecided,
    ProofDisagrees,
    ProofReasonMissing,
    UnknownProof,
)
from proofs.models import ProofDecision
from proofs.selectors import (
    coverage_of,
    disagreements,
    owed_at,
    own_part,
    published_proof,
    tree_file,
)
from proofs.services import (
    RIGHT_TO_TAKE,
    discard_proof,
    enter_reserves,
    publish_proof,
    take_proof,
)
from proofs.tests.proving import (
    SEED,
    entered,
    frank,
    funded,
    published,
    seal_the_books,
    taken,
    tree_of,
)
from proofs.tests.validator import validated
from proofs.tree import account_nonce
from tests.attempts import no_guards, run
from tests.staff import member
from tests.stories import NOON, asset, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db


def everything() -> list[list[tuple]]:
    tables = ["proof", "prooftree", "treepage", "treeshare", "reserve", "proofdecision"]
    return [run(f"SELECT * FROM proofs_{table} ORDER BY id") for table in tables]


# Taking -----------------------------------------------------------------------------------


def test_a_proof_says_what_was_owed_after_the_last_sealed_transfer():
    funded()
    seal = Seal.objects.latest("number")
    fund(person("alice"), "BTC", "100")

    proof = taken()

    assert (proof.transfer, proof.seal, proof.sha256, proof.at) == (
        seal.last,
        seal.number,
        seal.sha256,
        seal.latest,
    )
    trees = proof.trees.order_by("asset__code")
    assert [(it.asset.code, it.scale, it.total, it.leaves) for it in trees] == [
        ("BTC", 8, 75_000_000, 4),
        ("ETH", 8, 0, 2),
        ("USDT", 8, 3_000_000_000_000, 2),
    ]


def test_what_is_held_and_withdrawing_is_owed_too():
    market, alice, bob = make_market(), person("alice"), person("bob")
    fund(alice, "BTC", "2")
    fund(bob, "USDT", "60000")
    place(alice, market, "sell", "1.5", at="60000")
    place(bob, market, "buy", "0.5", at="60000")
    settle()
    seal = seal_the_books()

    owed = owed_at(transfer=seal.last)

    btc, usdt = asset("BTC").pk, asset("USDT").pk
    fee = 100_000  # 0.2 % of 0.5 BTC, for the taker
    assert owed[btc] == {alice.pk: 150_000_000, bob.pk: 50_000_000 - fee}
    assert owed[usdt] == {alice.pk: 2_997_000_000_000, bob.pk: 3_000_000_000_000}


def test_the_same_books_and_seed_give_the_same_trees():
    first, second = taken("one"), taken("two")
    other = taken("three", seed=bytes(32))

    assert list(disagreements(proof=first)) == []
    assert list(disagreements(proof=second)) == []
    assert tree_of(first).total == tree_of(other).total
    assert len({tree_of(it).root for it in (first, second, other)}) == 3


def test_a_repetition_returns_the_first_proof():
    first = taken("monday")
    before = everything()

    again = taken("monday", seed=bytes(32))

    assert again == first
    assert everything() == before


def test_without_the_right_nothing_is_taken():
    funded()

    with pytest.raises(MayNotTakeProof):
        taken(actor=member("mallory"))

    assert everything() == [[]] * 6


def test_where_nothing_is_sealed_there_is_nothing_to_prove():
    with pytest.raises(NothingSealed):
        take_proof(key="k", seed=SEED, actor=frank(), now=NOON)

    assert everything() == [[]] * 6


def credit(code: str, scale: int, *amounts: int) -> list[int]:
    """Credit so many customers with atoms, out of as many wallets."""
    held, owners = asset(code, scale=scale), []
    for number, amount in enumerate(amounts):
        owner = person(f"{code}{number}".lower())
        custody = open_account(
            asset_id=held.pk, kind=AccountKind.CUSTODY, label=f"w{number}"
        )
        available = open_account(
            asset_id=held.pk, kind=AccountKind.AVAILABLE, owner_id=owner.pk
        )
        post_entry(
            kind=Entry.Kind.HOUSE,
            key=f"{code}:{number}",
            transfers=[
                Transfer(
                    custody.pk,
                    available.pk,
                    held.pk,
                    Atoms(amount),
                    TransferCode.HOUSE,
                    number,
                )
            ],
            now=NOON,
        )
        owners.append(owner.pk)
    seal_the_books()
    return owners


def test_a_fine_asset_is_stated_more_coarsely_and_nobody_is_owed_less_for_it():
    first, second = credit("FINE", 18, 1, 5_000_000_001)

    proof = published()

    tree = tree_of(proof, "FINE")
    assert (tree.scale, tree.total) == (9, 1 + 6)
    assert list(tree.shares.order_by("amount").values_list("user_id", "amount")) == [
        (first, 1),
        (second, 5_000_000_001),
    ]
    assert coverage_of(tree).liabilities == 7_000_000_000


def test_more_than_the_format_can_state_is_refused():
    credit("HUGE", 0, 2**63 - 1, 2**63 - 1)

    with pytest.raises(LiabilitiesTooLarge):
        taken()

    assert everything() == [[]] * 6


# Publishing -------------------------------------------------------------------------------


def test_until_it_is_published_nobody_sees_it():
    proof = taken()

    for read in (published_proof, lambda **it: own_part(user_id=1, **it)):
        with pytest.raises(UnknownProof):
            read(proof_id=proof.pk)


def test_a_published_proof_is_seen_by_all():
    proof = taken()

    publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)

    seen = published_proof(proof_id=proof.pk)
    assert (seen.decision.published, seen.decision.by, seen.decision.at) == (
        True,
        frank(),
        NOON,
    )


def test_a_discarded_proof_is_seen_by_nobody():
    proof = taken()

    discard_proof(proof_id=proof.pk, actor=frank(), reason=" too early ", now=NOON)

    assert ProofDecision.objects.get().reason == "too early"
    with pytest.raises(UnknownProof):
        published_proof(proof_id=proof.pk)


@pytest.mark.parametrize("first", ["publish", "discard"])
def test_a_decision_is_final(first):
    proof = taken()
    said = {"proof_id": proof.pk, "actor": frank(), "now": NOON}
    if first == "publish":
        publish_proof(**said)
    else:
        discard_proof(**said, reason="why")
    before = everything()

    with pytest.raises(ProofDecided):
        publish_proof(**said)
    with pytest.raises(ProofDecided):
        discard_proof(**said, reason="why")
    with pytest.raises(ProofDecided):
        entered(proof)

    assert everything() == before


def test_who_may_only_take_may_not_publish_or_discard():
    proof, clerk = taken(), member("clerk", RIGHT_TO_TAKE)
    before = everything()

    with pytest.raises(MayNotPublishProof):
        publish_proof(proof_id=proof.pk, actor=clerk, now=NOON)
    with pytest.raises(MayNotPublishProof):
        discard_proof(proof_id=proof.pk, actor=clerk, reason="why", now=NOON)

    assert everything() == before


def test_a_proof_is_not_discarded_without_a_reason():
    proof = taken()

    with pytest.raises(ProofReasonMissing):
        discard_proof(proof_id=proof.pk, actor=frank(), reason="  ", now=NOON)

    assert ProofDecision.objects.count() == 0


@pytest.mark.parametrize("which", [publish_proof, discard_proof, enter_reserves])
def test_a_proof_that_is_not_there_is_unknown(which):
    more = {discard_proof: {"reason": "why"}, enter_reserves: {"claims": []}}

    with pytest.raises(UnknownProof):
        which(proof_id=999, actor=frank(), now=NOON, **more.get(which, {}))


# What only somebody with every right could do: the guards are off.
TAMPERING = {
    "a transfer is altered": "UPDATE ledger_transfer SET amount = amount - 1",
    "a transfer is lost": "DELETE FROM ledger_transfer "
    "WHERE id = (SELECT max(id) FROM ledger_transfer)",
    "a page is altered": "UPDATE proofs_treepage "
    "SET nodes = overlay(nodes PLACING '\\x00'::bytea FROM 130)",
    "a page is lost": "DELETE FROM proofs_treepage",
    "a share is lost": "DELETE FROM proofs_treeshare",
    "a share is altered": "UPDATE proofs_treeshare SET amount = amount + 1",
    "a leaf is another's": "UPDATE proofs_treeshare SET leaves = '{0}'",
    "a root is altered": "UPDATE proofs_prooftree SET root = repeat('ab', 32)",
    "the seed is altered": "UPDATE proofs_proof SET seed = repeat('ab', 32)",
}


@pytest.mark.parametrize("statement", TAMPERING.values(), ids=TAMPERING)
def test_what_the_books_do_not_say_is_not_published(statement):
    proof = taken()
    with no_guards():
        run(statement)

    with pytest.raises(ProofDisagrees):
        publish_proof(proof_id=proof.pk, actor=frank(), now=NOON)

    assert ProofDecision.objects.count() == 0


# One's own part ---------------------------------------------------------------------------


def test_each_customer_finds_exactly_what_they_had():
    proof = published()
    alice, bob, carol = person("alice"), person("bob"), person("carol")

    def had(user) -> dict[str, int]:
        own = own_part(user_id=user.pk, proof_id=proof.pk)
        assert all(part.value == part.amount for part in own.trees)
        return {part.tree.asset.code: part.amount for part in own.trees}

    assert had(alice) == {"BTC": 50_000_000, "ETH": 0, "USDT": 3_000_000_000_000}
    assert had(bob) == {"BTC": 25_000_000, "ETH": 0, "USDT": 0}
    assert had(carol) == {"BTC": 0, "ETH": 0, "USDT": 0}


def test_an_independent_validator_accepts_the_published_file():
    proof = published()
    tree, alice = tree_of(proof), person("alice")
    own = own_part(user_id=alice.pk, proof_id=proof.pk)

    text = "".join(tree_file(tree))

    found = validated(text, account=alice.pk, account_nonce=own.nonce)
    assert found == (50_000_000, 75_000_000)


def test_what_one_is_given_opens_ones_own_leaves_of_this_proof_only():
    first, second = published("one"), published("two", seed=bytes(32))
    alice, bob = person("alice"), person("bob")
    nonce = own_part(user_id=alice.pk, proof_id=first.pk).nonce

    later = "".join(tree_file(tree_of(second)))
    now = "".join(tree_file(tree_of(first)))
    assert validated(later, account=alice.pk, account_nonce=nonce)[0] == 0
    assert validated(now, account=bob.pk, account_nonce=nonce)[0] == 0
    assert nonce == account_nonce(SEED, alice.pk).hex()
