"""The report of realised gains, on what happened to Alice."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bookkeeping.services import record_rate
from bookkeeping.tests.closings import sealed
from deposits.services import confirm_deposit, enter_deposit
from kernel import clock
from kernel.decimals import parse_decimal
from kernel.units import Atoms
from ledger.models import AccountKind
from ledger.models import Transfer as TransferRow
from reports.errors import InvalidParameter, MissingParameter
from reports.tests.stories import EVENING, at, column, table
from tests.staff import member
from tests.stories import asset, make_market, person, place, settle
from withdrawals.services import (
    approve_withdrawal,
    mark_withdrawal_paid,
    request_withdrawal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def market():
    return make_market()


@pytest.fixture
def when(monkeypatch):
    """Whatever is asked of the market happens at this hour."""

    def be(hour: int) -> None:
        monkeypatch.setattr(clock, "now", lambda: at(hour))

    return be


def arrives(who: str, amount: str, code: str, now: datetime) -> None:
    carol = member("carol", "deposits.enter_deposit")
    dave = member("dave", "deposits.confirm_deposit")
    held = asset(code)
    entered = enter_deposit(
        user_id=person(who).pk,
        asset_id=held.pk,
        amount=Atoms(parse_decimal(amount, scale=held.scale)),
        reference=f"tx-{who}-{amount}-{code}",
        actor=carol,
        now=now,
    )
    confirm_deposit(deposit_id=entered.pk, actor=dave, now=now)


def trades(market: Any, maker: str, side: str, amount: str, price: str, taker: str) -> None:
    other = "sell" if side == "buy" else "buy"
    place(person(maker), market, side, amount, at=price)
    place(person(taker), market, other, amount, at=price)
    settle()


def worth(code: str, price: str, hour: int, currency: str = "USDT") -> None:
    record_rate(
        asset_id=asset(code).pk,
        currency_id=asset(currency).pk,
        at=at(hour),
        price=parse_decimal(price, scale=10),
        source="a test",
        actor=None,
        now=EVENING,
    )


def told(*names: str, currency: str = "USDT", **said: str) -> list[tuple[str, ...]]:
    rows = table("realised_gains", user="alice@example.com", currency=currency, **said)
    return column(rows, *names)


@pytest.fixture
def two_buys_and_a_sale(market, when):
    """Alice buys 1 BTC at 100 and 1 at 300, and sells 1.5 at 400; she pays as a taker.

    A taker's fee is 0.2 % of what is received: of each BTC 0.002, of 600 USDT 1.2.
    """
    arrives("alice", "1000", "USDT", at(8))
    arrives("bob", "5", "BTC", at(8))
    arrives("bob", "5000", "USDT", at(8))
    for hour, side, amount, price in (
        (9, "sell", "1", "100"),
        (10, "sell", "1", "300"),
        (11, "buy", "1.5", "400"),
    ):
        when(hour)
        trades(market, "bob", side, amount, price, taker="alice")
    return market


GAIN = ("went", "quantity", "came_at", "proceeds", "cost", "gain", "fee", "fee_asset")


def test_the_oldest_goes_first_and_fees_are_in_cost_and_proceeds(two_buys_and_a_sale):
    # 0.998 BTC have cost 100 USDT. Of the second 0.998, 0.502 go: 300 × 502 / 998.
    # 600 - 1.2 USDT come in, shared by quantity.
    assert told(*GAIN) == [
        (
            "sold", "0.99800000", "2026-11-21T09:00:00.000000Z",
            "398.40160000", "100.00000000", "298.40160000", "1.20000000", "USDT",
        ),
        (
            "sold", "0.50200000", "2026-11-21T10:00:00.000000Z",
            "200.39840000", "150.90180360", "49.49659640", "", "",
        ),
    ]  # fmt: skip


def test_by_average_every_atom_has_cost_the_same(two_buys_and_a_sale):
    # 400 USDT for 1.996 BTC, of which 1.5 go.
    assert told(*GAIN, method="average") == [
        (
            "sold", "1.50000000", "", "598.80000000", "300.60120240", "298.19879760",
            "1.20000000", "USDT",
        )
    ]  # fmt: skip


def test_what_happened_before_the_period_counts_and_is_not_told(two_buys_and_a_sale, when):
    when(12)
    arrives("alice", "1", "BTC", at(12))
    request_withdrawal(
        user_id=person("alice").pk, asset_id=asset("BTC").pk, amount=Atoms(1),
        address="a", client_withdrawal_id=None, now=at(12),
    )  # fmt: skip

    assert len(told("went", to="2026-11-21T11:00:00Z")) == 0
    assert len(told("went", from_="2026-11-21T11:00:00Z")) == 2
    assert told("went", from_="2026-11-21T11:00:01Z") == []


def test_what_was_sealed_before_the_period_counts_too(two_buys_and_a_sale, when):
    """A seal lets a report begin later, but what is sold has come before."""
    sealed()
    of_all = told(*GAIN)

    of_the_sale = told(*GAIN, from_="2026-11-21T11:00:00Z")
    when(12)
    trades(two_buys_and_a_sale, "bob", "buy", "0.1", "400", taker="alice")
    of_later = told("quantity", "came_at", from_="2026-11-21T12:00:00Z")

    assert of_the_sale == of_all
    assert of_later == [("0.10000000", "2026-11-21T10:00:00.000000Z")]


def test_what_is_set_aside_has_not_gone(market, when):
    arrives("alice", "1", "BTC", at(8))
    when(9)
    place(person("alice"), market, "sell", "0.4", at="100")
    settle()

    assert told("went") == []


def test_a_deposit_has_cost_what_it_was_worth_when_it_came(market, when):
    worth("BTC", "100", 7)
    worth("BTC", "999", 9)
    arrives("alice", "1", "BTC", at(8))
    arrives("bob", "1000", "USDT", at(8))
    when(10)
    trades(market, "bob", "buy", "0.5", "300", taker="alice")

    assert told("basis", "cost", "proceeds", "gain") == [
        ("rate", "50.00000000", "149.70000000", "99.70000000")
    ]


def test_a_deposit_without_a_rate_has_cost_nothing_and_says_so(market, when):
    arrives("alice", "1", "BTC", at(8))
    arrives("bob", "1000", "USDT", at(8))
    when(10)
    trades(market, "bob", "buy", "0.5", "300", taker="alice")

    assert told("basis", "cost", "gain") == [("no rate", "0.00000000", "149.70000000")]


def test_a_trade_in_another_currency_is_worth_what_its_quote_was(market, when):
    asset("EUR", 2)
    worth("USDT", "0.9", 7, currency="EUR")
    arrives("alice", "1000", "USDT", at(8))
    arrives("bob", "1", "BTC", at(8))
    when(10)
    trades(market, "bob", "sell", "1", "100.05", taker="alice")

    # 100.05 USDT are worth 90.045 EUR, rounded to 90.05: what they had cost, too, but that
    # it is a share of what the thousand had cost, rounded down.
    assert told("asset", "went", "proceeds", "cost", "gain", currency="EUR") == [
        ("USDT", "sold", "90.05", "90.04", "0.01")
    ]


def test_a_trade_that_cannot_be_valued_gains_nothing_that_we_know(market, when):
    asset("EUR", 2)
    arrives("alice", "1000", "USDT", at(8))
    arrives("bob", "1", "BTC", at(8))
    when(10)
    trades(market, "bob", "sell", "1", "100", taker="alice")

    assert told("asset", "proceeds", "cost", "gain", "valued_by", currency="EUR") == [
        ("USDT", "", "0.00", "", "no rate")
    ]


def test_a_withdrawal_takes_its_cost_along(market):
    worth("BTC", "100", 7)
    arrives("alice", "1", "BTC", at(8))
    entry = TransferRow.objects.get(credit__kind=AccountKind.AVAILABLE)
    asked = request_withdrawal(
        user_id=person("alice").pk, asset_id=asset("BTC").pk,
        amount=Atoms(parse_decimal("0.25", scale=8)), address="a",
        client_withdrawal_id=None, now=at(9),
    )  # fmt: skip
    _pay(asked, at(10))

    assert told("went", "reference", "came_by", "quantity", "cost", "gain") == [
        (
            "left", f"withdrawal {asked.pk}", f"deposit {entry.ref}", "0.25000000",
            "25.00000000", "0.00000000",
        )
    ]  # fmt: skip


def _pay(asked: Any, now: datetime) -> None:
    carol = member("carol", "withdrawals.decide_withdrawal")
    approve_withdrawal(withdrawal_id=asked.pk, actor=carol, digest=asked.digest, now=now)
    mark_withdrawal_paid(
        withdrawal_id=asked.pk, actor=carol, txid="t", now=now + timedelta(minutes=1)
    )


def test_a_clock_that_was_behind_sells_nothing_before_it_came(market, when):
    """The deposit was booked first, and is dated after the trade that spends it."""
    arrives("alice", "1", "BTC", at(10))
    arrives("bob", "1000", "USDT", at(8))
    when(9)
    trades(market, "bob", "buy", "0.5", "300", taker="alice")

    assert told("quantity", "came_at", as_of="2026-11-21T09:30Z") == [
        ("0.50000000", "2026-11-21T10:00:00.000000Z")
    ]


def test_who_never_had_anything_gained_nothing(market):
    person("alice")

    assert told("went") == []


def test_it_asks_whose_gains_and_in_which_currency(market):
    person("alice")

    with pytest.raises(MissingParameter):
        table("realised_gains", user="alice@example.com")
    with pytest.raises(MissingParameter):
        table("realised_gains", currency="USDT")
    with pytest.raises(InvalidParameter):
        told("went", method="lifo")
