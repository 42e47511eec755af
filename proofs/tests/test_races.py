"""Of a decision and an addition at the same moment, one sees the other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction

from proofs.models import Reserve
from proofs.tests.proving import frank, taken
from proofs.tests.test_database_rules import DECISION, RESERVE
from tests.attempts import run

pytestmark = pytest.mark.usefixtures("committed_db")


def test_an_addition_waits_for_a_decision():
    proof, by = taken(), frank().pk
    tree = proof.trees.get(asset__code="BTC")

    def add() -> str:
        try:
            run("SET lock_timeout = '200ms'")
            run(RESERVE, tree.pk, "address", 5, by)
        except DatabaseError as refused:
            return str(refused)
        finally:
            connection.close()
        return "added"

    with ThreadPoolExecutor(1) as another:
        with transaction.atomic():
            run(DECISION, proof.pk, True, by, "")
            meanwhile = another.submit(add).result()
        afterwards = another.submit(add).result()

    assert "lock timeout" in meanwhile
    assert "is decided on" in afterwards
    assert Reserve.objects.count() == 0
