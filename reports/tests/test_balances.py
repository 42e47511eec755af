"""What everybody has: the story's balances, row by row, at its end and on the way."""

from typing import Any

import pytest

from bookkeeping.services import record_rate
from bookkeeping.tests.closings import sealed
from ledger.models import Account, Transfer
from reports.tests.stories import (
    EVENING,
    Story,
    at,
    atoms,
    column,
    deposit,
    table,
    tell,
    told,
    zero_sums,
)
from tests.stories import asset

pytestmark = pytest.mark.django_db


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def rate(code: str, units: int, hour: int, source: str = "a newspaper") -> Any:
    """So many whole dollars for one."""
    return record_rate(
        asset_id=asset(code).pk,
        currency_id=asset("USDT").pk,
        at=at(hour),
        price=units * 10**10,
        source=source,
        actor=None,
        now=at(hour),
    )


# Trial balance ----------------------------------------------------------------------------


def test_the_trial_balance_has_all_accounts_and_customers_by_kind(story):
    assert told("trial_balance") == [
        "BTC | Assets | Custody: main | custody BTC main | custody | 1 | 1 | 0 | 1 | ",
        "BTC | Liabilities | Customers, available |  | available | 2 "
        "| 0.50040000 | 1.20000000 |  | 0.69960000",
        "BTC | Liabilities | Customers, held for orders |  | held | 1 "
        "| 0.20000000 | 0.50000000 |  | 0.30000000",
        "BTC | Income | Fees: BTC-USDT | fees BTC BTC-USDT | fees | 1 "
        "| 0 | 0.00040000 |  | 0.00040000",
        "USDT | Assets | Custody: main | custody USDT main | custody | 1 "
        "| 10000 | 100 | 9900 | ",
        "USDT | Liabilities | Customers, available |  | available | 2 "
        "| 6156 | 16000 |  | 9844",
        "USDT | Liabilities | Customers, held for orders |  | held | 1 | 6000 | 6000 |  | ",
        "USDT | Liabilities | Customers, being withdrawn |  | withdrawing | 1 "
        "| 100 | 150 |  | 50",
        "USDT | Income | Fees: BTC-USDT | fees USDT BTC-USDT | fees | 1 | 0 | 6 |  | 6",
    ]


def test_the_trial_balance_adds_up_to_nothing_per_asset_at_any_hour(story):
    for hour in range(8, 18):
        rows = table("trial_balance", as_of=f"2026-11-21T{hour:02}:00Z")

        assert set(zero_sums(rows, "debit", "credit").values()) <= {0}
        assert set(zero_sums(rows, "debits", "credits").values()) <= {0}


def test_the_trial_balance_at_each_transfer_is_the_fold_of_those_up_to_it(story):
    transfers = list(Transfer.objects.order_by("id"))
    turned = {"debits": 0, "credits": 0}

    for transfer in transfers:
        rows = table("trial_balance", as_of=f"transfer:{transfer.pk}")
        turned = {name: turned[name] + transfer.amount for name in turned}
        told_now = {name: sum(atoms(row[name]) for row in rows) for name in turned}
        assert told_now == turned


def test_a_cut_by_time_and_transfer_is_found_in_whichever_seal_it_is(story):
    """A younger seal begins in time, but only with ids beyond those that are asked for."""
    before = Transfer.objects.latest("id")
    sealed()
    deposit(story, story.bob, "USDT", "5", "tx-behind", now=at(19))
    first = Transfer.objects.latest("id")
    deposit(story, story.bob, "USDT", "7", "tx-before", now=at(17))
    sealed()

    rows = table("accounts", as_of=f"2026-11-21T18:00Z,transfer:{first.pk}")

    assert rows == table("accounts", as_of=f"transfer:{before.pk}")
    assert rows != []


def test_the_trial_balance_as_of_noon_knows_nothing_of_the_afternoon(story):
    rows = table("trial_balance", as_of="2026-11-21T12:59:59Z", asset="USDT")

    assert column(rows, "account", "debit", "credit") == [
        ("Custody: main", "10000.00000000", ""),
        ("Customers, available", "", "9994.00000000"),
        ("Customers, held for orders", "", ""),
        ("Fees: BTC-USDT", "", "6.00000000"),
    ]


def test_values_are_told_with_the_rate_its_time_and_its_source(story):
    rate("BTC", 30_000, 12)
    rate("BTC", 40_000, 17, source="tomorrow's newspaper")

    rows = table("trial_balance", currency="USDT", asset="BTC", as_of="2026-11-21T16:00Z")

    stamp = ("30000.0000000000", "2026-11-21T12:00:00.000000Z", "a newspaper")
    assert column(
        rows, "debit_value", "credit_value", "rate", "rate_at", "rate_source"
    ) == [
        ("30000.00000000", "", *stamp),
        ("", "20988.00000000", *stamp),
        ("", "9000.00000000", *stamp),
        ("", "12.00000000", *stamp),
    ]


def test_where_nobody_stated_a_rate_there_is_no_value(story):
    rows = table("trial_balance", currency="USDT", asset="BTC")

    assert {row["debit_value"] + row["credit_value"] + row["rate"] for row in rows} == {""}


# Balance sheet ----------------------------------------------------------------------------


def test_the_balance_sheet_shows_what_there_is_and_whose_it_is(story):
    assert told("balance_sheet") == [
        "BTC | Assets | Custody: main | custody BTC main | custody | 1 | ",
        "BTC | Liabilities | Customers, available |  | available |  | 0.69960000",
        "BTC | Liabilities | Customers, held for orders |  | held |  | 0.30000000",
        "BTC | Equity | Earned: Fees: BTC-USDT | fees BTC BTC-USDT | fees |  | 0.00040000",
        "USDT | Assets | Custody: main | custody USDT main | custody | 9900 | ",
        "USDT | Liabilities | Customers, available |  | available |  | 9844",
        "USDT | Liabilities | Customers, held for orders |  | held |  | 0",
        "USDT | Liabilities | Customers, being withdrawn |  | withdrawing |  | 50",
        "USDT | Equity | Earned: Fees: BTC-USDT | fees USDT BTC-USDT | fees |  | 6",
    ]


def test_both_sides_of_the_balance_sheet_are_equal(story):
    assert zero_sums(table("balance_sheet"), "assets", "owed") == {"BTC": 0, "USDT": 0}


# Accounts and positions -------------------------------------------------------------------


def test_accounts_are_told_one_by_one(story):
    rows = table("accounts", user="alice@example.com")

    assert column(rows, "asset", "kind", "debits", "credits", "balance") == [
        ("BTC", "available", "0.00040000", "0.20000000", "0.19960000"),
        ("USDT", "available", "6150.00000000", "10000.00000000", "3850.00000000"),
        ("USDT", "held", "6000.00000000", "6000.00000000", "0.00000000"),
        ("USDT", "withdrawing", "100.00000000", "150.00000000", "50.00000000"),
    ]


def test_the_balances_of_now_are_those_that_the_database_keeps(story):
    told_now = {row["account_id"]: atoms(row["balance"]) for row in table("accounts")}

    kept = {str(it.pk): it.balance for it in Account.objects.all()}
    assert told_now == {key: kept[key] for key in told_now}
    assert all(balance == 0 for key, balance in kept.items() if key not in told_now)


def test_positions_are_what_each_customer_owns(story):
    rate("BTC", 30_000, 12)

    assert told("positions", currency="USDT") == [
        "BTC | alice | alice@example.com | 0.19960000 | 0 | 0 | 0.19960000 "
        "| 5988 | 30000.0000000000 | 12:00 | a newspaper",
        "BTC | bob | bob@example.com | 0.50000000 | 0.30000000 | 0 | 0.80000000 "
        "| 24000 | 30000.0000000000 | 12:00 | a newspaper",
        "USDT | alice | alice@example.com | 3850 | 0 | 50 | 3900 "
        "| 3900 | 1.0000000000 | 18:00 | par",
        "USDT | bob | bob@example.com | 5994 | 0 | 0 | 5994 "
        "| 5994 | 1.0000000000 | 18:00 | par",
    ]


def test_positions_are_all_that_is_owed_to_customers(story):
    owed = {"BTC": 0, "USDT": 0}
    for row in table("balance_sheet"):
        if row["line"].startswith("Customers"):
            owed[row["asset"]] += atoms(row["owed"])

    owned = {"BTC": 0, "USDT": 0}
    for row in table("positions"):
        owned[row["asset"]] += atoms(row["total"])
    assert owned == owed


def test_before_anything_happened_there_is_nothing_to_report(story):
    for name in ("trial_balance", "balance_sheet", "accounts", "positions"):
        assert table(name, as_of="2026-11-20") == []


def test_what_comes_later_changes_nothing_of_a_moment_that_is_over(story):
    names = ("trial_balance", "balance_sheet", "accounts", "positions")
    before = [table(name, as_of="2026-11-21T18:00Z") for name in names]
    deposit(story, story.bob, "USDT", "5", "tx-later", now=at(19))

    after = [
        table(name, as_of="2026-11-21T18:00Z", now=EVENING.replace(hour=23))
        for name in names
    ]

    assert after == before
