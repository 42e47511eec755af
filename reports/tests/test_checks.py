"""What has to be looked into: wallets against the ledger, and money that nobody owns."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bookkeeping.models import WalletCount
from deposits.services import enter_deposit, refuse_deposit
from kernel.units import Atoms
from ledger.models import Account, AccountKind, Entry
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from reports.tests.stories import EVENING, Story, at, column, deposit, table, tell
from tests.stories import asset

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


# Wallets ----------------------------------------------------------------------------------


def count(story: Story, units: int, now: datetime) -> Any:
    """Somebody looks into the wallet and sees so many whole dollars."""
    return WalletCount.objects.create(
        account=Account.objects.get(kind="custody", asset__code="USDT"),
        at=now,
        amount=units * 10**8,
        source="the explorer",
        entered_by=story.carol,
        created_at=now,
    )


def wallet(**said: Any) -> tuple[str, ...]:
    rows = table("reconciliation", asset="USDT", **said)
    [told] = column(rows, "verdict", "balance", "counted", "ledger", "difference")
    return told


def test_a_wallet_that_nobody_counted_is_not_counted(story):
    assert wallet() == ("not counted", "9900.00000000", "", "", "")


def test_a_count_is_compared_with_the_ledger_of_its_own_instant(story):
    count(story, 10_000, at(10))

    assert wallet() == (
        "agrees", "9900.00000000", "10000.00000000", "10000.00000000", "0.00000000",
    )  # fmt: skip


def test_a_difference_is_told_with_how_long_it_has_lasted(story):
    count(story, 10_000, at(10))
    count(story, 9_990, at(11))
    count(story, 9_890, at(16))

    [row] = table("reconciliation", asset="USDT", now=at(16) + timedelta(days=3))

    assert column([row], "verdict", "difference", "since", "days", "source") == [
        ("differs", "-10.00000000", "2026-11-21T11:00:00.000000Z", "3", "the explorer")
    ]


def test_what_was_entered_and_not_confirmed_may_explain_a_difference(story):
    enter_deposit(
        user_id=story.bob.pk,
        asset_id=asset("USDT").pk,
        amount=Atoms(7 * 10**8),
        reference="tx-new",
        actor=story.carol,
        now=at(16),
    )
    count(story, 9_907, at(17))

    [row] = table("reconciliation", asset="USDT")

    assert (row["verdict"], row["difference"], row["arriving"], row["leaving"]) == (
        "in flight", "7.00000000", "7.00000000", "0.00000000",
    )  # fmt: skip


def test_what_was_approved_and_not_paid_may_explain_a_difference(story):
    count(story, 9_900, at(13, 45))

    [row] = table("reconciliation", asset="USDT")

    assert (row["verdict"], row["difference"], row["arriving"], row["leaving"]) == (
        "in flight", "-100.00000000", "0.00000000", "100.00000000",
    )  # fmt: skip


def test_a_report_of_the_past_knows_no_later_count(story):
    count(story, 10_000, at(10))
    count(story, 1, at(17))

    assert wallet(as_of="2026-11-21T16:00Z")[0] == "agrees"


def test_what_is_booked_after_a_count_does_not_matter_to_it(story):
    count(story, 9_900, at(16))
    deposit(story, story.bob, "USDT", "5", "tx-late", now=at(17))

    assert wallet() == (
        "agrees", "9905.00000000", "9900.00000000", "9900.00000000", "0.00000000",
    )  # fmt: skip


# Suspense ---------------------------------------------------------------------------------


def suspend(units: int, now: datetime, *, back: bool = False) -> None:
    """Money comes to suspense, or leaves it again."""
    held = asset("USDT")
    custody = open_account(asset_id=held.pk, kind=AccountKind.CUSTODY, label="main")
    suspense = open_account(asset_id=held.pk, kind=AccountKind.SUSPENSE)
    sides = (suspense, custody) if back else (custody, suspense)
    post_entry(
        kind=Entry.Kind.HOUSE,
        key=f"suspense:{now.isoformat()}:{back}",
        transfers=[
            Transfer(
                sides[0].pk, sides[1].pk, held.pk, Atoms(units * 10**8),
                TransferCode.HOUSE, 1,
            )
        ],
        now=now,
    )  # fmt: skip


def test_nothing_in_suspense_is_nothing_to_report(story):
    assert table("suspense") == []


def test_suspense_is_told_item_by_item_and_what_left_was_there_first(story):
    suspend(10, EVENING - timedelta(days=100))
    suspend(20, EVENING - timedelta(days=40))
    suspend(15, EVENING - timedelta(days=39), back=True)
    suspend(5, EVENING - timedelta(hours=2))

    rows = table("suspense")

    assert column(rows, "account", "days", "age", "amount", "open") == [
        ("Suspense", "40", "up to 90 days", "20.00000000", "15.00000000"),
        ("Suspense", "0", "today", "5.00000000", "5.00000000"),
    ]


def test_suspense_of_a_past_day_is_as_old_as_it_was(story):
    suspend(10, EVENING - timedelta(days=100))
    suspend(10, EVENING - timedelta(days=1), back=True)

    rows = table("suspense", as_of="2026-11-01T18:00Z")

    assert column(rows, "days", "age", "open") == [("80", "up to 90 days", "10.00000000")]
    assert table("suspense") == []


def test_what_was_refused_later_was_still_expected_before(story):
    entered = enter_deposit(
        user_id=story.bob.pk,
        asset_id=asset("USDT").pk,
        amount=Atoms(7 * 10**8),
        reference="tx-wrong",
        actor=story.carol,
        now=at(16),
    )
    count(story, 9_900, at(17))
    before = table("reconciliation", as_of="2026-11-21T17:00Z")
    refuse_deposit(
        deposit_id=entered.pk, actor=story.dave, reason="never came", now=at(17, 30)
    )

    assert table("reconciliation", as_of="2026-11-21T17:00Z") == before
    arriving = [it["arriving"] for it in (*before, *table("reconciliation"))]
    assert [it for it in arriving if it] == ["7.00000000", "0.00000000"]
