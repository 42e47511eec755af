"""The audit finds what the database would not have let happen."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from deposits.audit import INVARIANTS
from deposits.models import Deposit
from deposits.services import confirm_deposit
from deposits.tests.arrivals import arrived, dave
from tests.attempts import run, the_owner
from tests.stories import NOON, person

pytestmark = pytest.mark.django_db


def violations() -> list[str]:
    return [line for rule in INVARIANTS for line in search(rule.sql)]


def search(sql: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [line for (line,) in cursor.fetchall()]


@contextmanager
def no_guards() -> Iterator[None]:
    with the_owner():
        run("SET session_replication_role = replica")
        try:
            yield
        finally:
            run("SET session_replication_role = DEFAULT")


@pytest.fixture
def credited() -> Deposit:
    arrived(reference="waits")
    deposit = arrived(amount="0.5", reference="credited")
    return confirm_deposit(deposit_id=deposit.pk, actor=dave(), now=NOON)


def test_nothing_is_found_where_nothing_is_wrong(credited):
    assert violations() == []


def test_a_credit_without_its_entry_is_found(credited):
    waits = Deposit.objects.get(reference="waits")

    with no_guards():
        run(
            "UPDATE deposits_deposit SET state = 'credited', decided_by_id = %s, "
            "decided_at = %s WHERE id = %s",
            dave().pk,
            NOON,
            waits.pk,
        )

    assert violations() == [
        f"deposit:{waits.pk} of user {waits.user_id}, asset {waits.asset_id}, "
        "amount 50000000: only among the deposits"
    ]


@pytest.mark.parametrize("change", ["amount = amount + 1", "user_id = %s"])
def test_a_credit_of_another_amount_or_to_somebody_else_is_found(credited, change):
    parameters = [person("bob").pk] if "%s" in change else []

    with no_guards():
        run(f"UPDATE deposits_deposit SET {change} WHERE state = 'credited'", *parameters)

    assert len(violations()) == 2  # the one expected and the one booked


def test_a_credit_of_what_nobody_confirmed_is_found(credited):
    with no_guards():
        run("UPDATE deposits_deposit SET state = 'refused' WHERE state = 'credited'")

    assert violations() == [
        f"deposit:{credited.pk} of user {credited.user_id}, asset {credited.asset_id}, "
        "amount 50000000: only in the books"
    ]
