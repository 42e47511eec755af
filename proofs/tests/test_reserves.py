"""Reserves count when the address's own key has signed for them, and not before."""

from dataclasses import replace

import pytest

from kernel.units import Atoms
from proofs.errors import MayNotTakeProof, ReserveCountedTwice, ReserveNotSigned
from proofs.models import Reserve
from proofs.selectors import coverage_of
from proofs.services import enter_reserves
from proofs.tests.proving import ADDRESS, claim, entered, frank, taken, tree_of
from tests.staff import member
from tests.stories import NOON

pytestmark = pytest.mark.django_db


def test_signed_reserves_give_the_ratio_rounded_down():
    proof = entered(taken(), "0.50000001")

    coverage = coverage_of(tree_of(proof))

    assert (coverage.liabilities, coverage.reserves, coverage.percent) == (
        75_000_000,
        50_000_001,
        "66.66",
    )


def test_where_nobody_has_signed_there_is_no_ratio():
    proof = entered(taken())

    assert coverage_of(tree_of(proof, "USDT")).percent == ""
    assert coverage_of(tree_of(proof, "ETH")).percent == ""


def test_what_was_signed_is_kept_word_by_word():
    proof = entered(taken())

    reserve, tree = Reserve.objects.get(), tree_of(proof)

    assert (reserve.scheme, reserve.address, reserve.amount) == (
        "bitcoin",
        ADDRESS,
        60_000_000,
    )
    assert reserve.message == (
        f"Fairbook proof {proof.pk}, BTC root {tree.root}: {ADDRESS} holds 0.60000000 BTC "
        "as of block 900000"
    )


FORGED = {
    "another amount": {"amount": Atoms(60_000_001)},
    "another time": {"as_of": "block 900001"},
    "another address": {"address": "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMG"},
    "another asset": {"asset": "ETH"},
    "an unknown asset": {"asset": "DOGE"},
    "another scheme": {"scheme": "ethereum"},
    "an unknown scheme": {"scheme": "monero"},
    "no signature": {"signature": ""},
}


@pytest.mark.parametrize("other", FORGED.values(), ids=FORGED)
def test_what_the_key_has_not_said_is_refused_with_all_that_came_with_it(other):
    proof = taken()
    right = claim(proof)

    with pytest.raises(ReserveNotSigned, match=r"^Line 2: "):
        enter_reserves(
            proof_id=proof.pk,
            claims=[right, replace(right, **other)],
            actor=frank(),
            now=NOON,
        )

    assert Reserve.objects.count() == 0


def test_a_signature_for_one_proof_does_not_count_for_another():
    first, second = taken("one"), taken("two")

    with pytest.raises(ReserveNotSigned):
        enter_reserves(proof_id=second.pk, claims=[claim(first)], actor=frank(), now=NOON)

    assert Reserve.objects.count() == 0


def test_an_address_counts_once():
    proof = entered(taken())

    with pytest.raises(ReserveCountedTwice):
        entered(proof, "0.7")

    assert [it.amount for it in Reserve.objects.all()] == [60_000_000]


def test_without_the_right_no_reserves_are_entered():
    proof = taken()

    with pytest.raises(MayNotTakeProof):
        enter_reserves(
            proof_id=proof.pk, claims=[claim(proof)], actor=member("mallory"), now=NOON
        )

    assert Reserve.objects.count() == 0
