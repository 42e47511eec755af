"""What was earned and spent: fees by day, market and asset, against their accounts."""

from datetime import timedelta

import pytest

from bookkeeping.services import record_rate
from kernel.units import Atoms
from ledger.models import Account, AccountKind, Entry
from ledger.models import Transfer as TransferRow
from ledger.services import open_account, post_entry
from ledger.transfers import Transfer, TransferCode
from reports.tests.stories import Story, at, atoms, column, table, take_back, tell, told
from tests.stories import asset

pytestmark = pytest.mark.django_db
NEXT_DAY = at(12) + timedelta(days=1)


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return tell(monkeypatch)


def fees(code: str) -> Account:
    return Account.objects.get(kind="fees", asset__code=code)


def book(debit: Account, credit: Account, amount: int) -> None:
    """A booking of the house, a day later."""
    post_entry(
        kind=Entry.Kind.HOUSE,
        key=f"house:{debit.pk}:{credit.pk}",
        transfers=[
            Transfer(
                debit.pk, credit.pk, debit.asset_id, Atoms(amount), TransferCode.HOUSE, 1
            )
        ],
        now=NEXT_DAY,
    )


def test_fees_are_told_by_day_market_and_asset(story):
    assert told("income_statement") == [
        "2026-11-21 | Fees | BTC-USDT | BTC | fees BTC BTC-USDT | 1 | 0.00040000 |  | ",
        "2026-11-21 | Fees | BTC-USDT | USDT | fees USDT BTC-USDT | 1 | 6 |  | ",
    ]


def test_the_income_is_the_turnover_of_the_fee_accounts(story):
    income = {row["asset"]: row["income"] for row in table("income_statement")}

    turnover = {row["asset"]: row["credits"] for row in table("accounts", kind="fees")}
    of_the_trades = table("trades")[0]
    assert income == turnover
    assert income == {
        "BTC": of_the_trades["buyer_fee"],
        "USDT": of_the_trades["seller_fee"],
    }


def test_what_is_spent_on_networks_is_an_expense_of_its_day(story):
    network = open_account(asset_id=asset("BTC").pk, kind=AccountKind.NETWORK_FEES)
    custody = Account.objects.get(kind="custody", asset__code="BTC")
    book(network, custody, 7_000)

    rows = table("income_statement", now=NEXT_DAY, from_="2026-11-22", asset="BTC")

    assert column(rows, "day", "line", "market", "income", "expense", "carried") == [
        ("2026-11-22", "Network fees", "", "", "0.00007000", "")
    ]


def test_what_is_taken_back_counts_against_the_day_on_which_it_was(story):
    take_back(TransferRow.objects.get(credit=fees("USDT")), now=NEXT_DAY)

    rows = table("income_statement", now=NEXT_DAY, asset="USDT")

    assert column(rows, "day", "income") == [
        ("2026-11-21", "6.00000000"),
        ("2026-11-22", "-6.00000000"),
    ]
    [account] = table("accounts", now=NEXT_DAY, kind="fees", asset="USDT")
    assert sum(atoms(row["income"]) for row in rows) == atoms(account["balance"])


def test_what_is_carried_to_the_capital_is_no_loss(story):
    capital = open_account(asset_id=asset("USDT").pk, kind=AccountKind.CAPITAL)
    book(fees("USDT"), capital, 600_000_000)

    rows = table("income_statement", now=NEXT_DAY, asset="USDT")

    assert column(rows, "day", "income", "carried") == [
        ("2026-11-21", "6.00000000", ""),
        ("2026-11-22", "", "6.00000000"),
    ]


def test_each_day_is_valued_by_its_own_rate(story):
    for day, units in ((21, 30_000), (22, 50_000)):
        record_rate(
            asset_id=asset("BTC").pk,
            currency_id=asset("USDT").pk,
            at=at(20).replace(day=day),
            price=units * 10**10,
            source=f"newspaper of day {day}",
            actor=None,
            now=at(20).replace(day=day),
        )
    network = open_account(asset_id=asset("BTC").pk, kind=AccountKind.NETWORK_FEES)
    book(network, Account.objects.get(kind="custody", asset__code="BTC"), 10**6)

    rows = table(
        "income_statement", now=NEXT_DAY.replace(hour=23), currency="USDT", asset="BTC"
    )

    assert column(rows, "day", "income_value", "expense_value", "rate", "rate_source") == [
        ("2026-11-21", "12.00000000", "", "30000.0000000000", "newspaper of day 21"),
        ("2026-11-22", "", "500.00000000", "50000.0000000000", "newspaper of day 22"),
    ]


def test_a_market_or_a_period_without_fees_has_no_rows(story):
    assert table("income_statement", to="2026-11-20") == []
    assert table("income_statement", from_="2026-11-21T12:00:00.000001Z") == []
