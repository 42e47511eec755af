"""The clock takes a proof once a week, and a person publishes it."""

import pytest

from proofs.models import Proof
from proofs.tasks import take_weekly_proof
from proofs.tests.proving import funded

pytestmark = pytest.mark.django_db


def test_a_week_is_proven_once():
    funded()

    take_weekly_proof()
    take_weekly_proof()

    proof = Proof.objects.get()
    assert proof.key.startswith("scheduled:")
    assert proof.taken_by is None
    assert not hasattr(proof, "decision")


def test_every_proof_has_chance_of_its_own():
    funded()
    take_weekly_proof()

    assert len(bytes.fromhex(Proof.objects.get().seed)) == 32


def test_before_anything_is_sealed_nothing_is_taken():
    take_weekly_proof()

    assert Proof.objects.count() == 0
