"""The audit finds what the database would not have let happen."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from kernel.units import Atoms
from ledger.models import AccountKind, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from tests.attempts import run, the_owner
from tests.stories import NOON
from withdrawals.audit import INVARIANTS
from withdrawals.models import Withdrawal
from withdrawals.services import mark_withdrawal_paid, reject_withdrawal
from withdrawals.tests.wishes import alice_with, approved, carol, dave, wish

pytestmark = pytest.mark.django_db


def violations() -> dict[str, int]:
    """How many violations of each rule are found, of those that are broken."""
    found = {rule.id: len(search(rule.sql)) for rule in INVARIANTS}
    return {rule: count for rule, count in found.items() if count}


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
def asked() -> Withdrawal:
    """Among others: one in every state that money can be in."""
    alice = alice_with("2")
    paid, rejected = approved(alice, "0.1"), wish(alice, "0.1")
    approved(alice, "0.1")
    mark_withdrawal_paid(withdrawal_id=paid.pk, actor=dave(), txid="00ff", now=NOON)
    reject_withdrawal(withdrawal_id=rejected.pk, actor=carol(), reason="x", now=NOON)
    return wish(alice, "0.5")


def test_nothing_is_found_where_nothing_is_wrong(asked):
    assert violations() == {}


@pytest.mark.parametrize("state", ["paid", "rejected", "cancelled", "failed"])
def test_an_end_without_its_entry_is_found(asked, state):
    with no_guards():
        run(
            "UPDATE withdrawals_withdrawal SET state = %s, txid = %s, decided_by_id = %s, "
            "decided_at = %s WHERE id = %s",
            state,
            "00ff" if state == "paid" else "",
            None if state == "cancelled" else carol().pk,
            None if state == "cancelled" else NOON,
            asked.pk,
        )

    unapproved = {"W6": 1} if state in ("paid", "failed") else {}
    assert violations() == {"W3": 1, "W10": 1} | unapproved


def test_a_hold_of_another_amount_is_found(asked):
    with no_guards():
        run("UPDATE withdrawals_withdrawal SET amount = amount + 1 WHERE id = %s", asked.pk)

    assert violations() == {"W3": 2, "W10": 1}  # the one expected and the one booked


def test_money_that_is_returned_twice_is_found(asked):
    kinds = (AccountKind.WITHDRAWING, AccountKind.AVAILABLE)
    accounts = [
        open_account(asset_id=asked.asset_id, kind=kind, owner_id=asked.user_id).pk
        for kind in kinds
    ]
    post_entry(
        kind=Entry.Kind.WITHDRAWAL,
        key=f"withdrawal:{asked.pk}:released",
        transfers=[
            Transfer(
                *accounts,
                asked.asset_id,
                Atoms(asked.amount),
                TransferCode.WITHDRAWAL_RELEASE,
                asked.pk,
            )
        ],
        now=NOON,
    )

    assert violations() == {"W3": 1, "W10": 1}


@pytest.mark.parametrize(
    ("change", "value"), [("actor_id", "user"), ("digest", "0" * 64)], ids=str
)
def test_an_approval_by_the_requester_or_of_other_terms_is_found(asked, change, value):
    agreed = approved(asked.user, "0.1")
    value = agreed.user_id if value == "user" else value

    with no_guards():
        run(
            f"UPDATE withdrawals_event SET {change} = %s WHERE withdrawal_id = %s",
            value,
            agreed.pk,
        )

    assert violations() == {"W6": 1}
