"""While the books of an asset are in doubt, nothing of it leaves."""

import pytest

from ledger.models import AuditRun
from ledger.services import Violation, mend_break, record_audit
from tests.staff import member
from tests.stories import NOON, asset
from withdrawals.errors import PayoutsHalted
from withdrawals.models import WithdrawalEvent
from withdrawals.services import (
    approve_withdrawal,
    cancel_withdrawal,
    mark_withdrawal_failed,
    mark_withdrawal_paid,
    reject_withdrawal,
)
from withdrawals.tests.wishes import alice_with, approved, carol, dave, purse, wish

pytestmark = pytest.mark.django_db


def broken(*codes: str) -> int:
    """An audit has found a break that concerns these assets, or all; its number."""
    what = Violation("L3", "account 1: wrong", [asset(code).pk for code in codes])
    run = record_audit(
        kind=AuditRun.Kind.FULL,
        violations=[what],
        checked=1,
        marks={},
        started_at=NOON,
        now=NOON,
    )
    return run.found_breaks.get().pk


@pytest.mark.parametrize("codes", [["BTC"], []], ids=["its asset", "all"])
def test_nothing_is_approved_or_paid_while_a_break_concerns_the_asset(codes):
    alice = alice_with("2")
    asked, agreed = wish(alice, "0.1"), approved(alice, "0.1")
    number, before = broken(*codes), WithdrawalEvent.objects.count()

    with pytest.raises(PayoutsHalted) as refusal:
        approve_withdrawal(
            withdrawal_id=asked.pk, actor=carol(), digest=asked.digest, now=NOON
        )
    with pytest.raises(PayoutsHalted):
        mark_withdrawal_paid(withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON)

    assert refusal.value.extra == {"break_id": str(number)}
    assert (WithdrawalEvent.objects.count(), purse(alice)) == (before, ("1.8", "0.2"))


def test_what_stays_in_the_house_is_decided_on_all_the_same():
    alice = alice_with("2")
    agreed, mine, theirs = approved(alice, "0.1"), wish(alice, "0.1"), wish(alice, "0.1")
    broken()

    mark_withdrawal_failed(withdrawal_id=agreed.pk, actor=dave(), reason="x", now=NOON)
    cancel_withdrawal(user_id=alice.pk, withdrawal_id=mine.pk, now=NOON)
    reject_withdrawal(withdrawal_id=theirs.pk, actor=dave(), reason="x", now=NOON)

    assert purse(alice) == ("2", "0")


def test_a_break_of_another_asset_is_in_nobodys_way():
    agreed = approved(alice_with("2"), "0.1")
    broken("ETH")

    mark_withdrawal_paid(withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON)


def test_payouts_go_on_when_the_break_is_resolved():
    agreed, number = approved(alice_with("2"), "0.1"), broken("BTC")
    erin = member("erin", "ledger.resolve_break")

    mend_break(break_id=number, actor=erin, reason="mended", now=NOON)

    mark_withdrawal_paid(withdrawal_id=agreed.pk, actor=dave(), txid="00ff", now=NOON)
