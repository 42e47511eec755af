"""Rates and wallet counts: what is stated, what is found, what amounts are worth."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as some

from bookkeeping.errors import (
    MayNotCountWallet,
    MayNotRecordRate,
    StatementInvalid,
    StatementReused,
    UnknownWallet,
)
from bookkeeping.models import Rate, WalletCount
from bookkeeping.selectors import count_at, rate_at, value_of
from bookkeeping.services import count_wallet, record_rate
from bookkeeping.tests.offices import HOUR, fay, fred, worth
from kernel.units import BIGINT_MAX, Atoms
from ledger.models import Account, AccountKind
from ledger.services import open_account
from tests.attempts import run
from tests.staff import member
from tests.stories import NOON, asset, person

pytestmark = pytest.mark.django_db


def found(at, code: str = "BTC") -> str | None:
    rate = rate_at(asset_id=asset(code).pk, currency_id=asset("USDT").pk, at=at)
    return rate and rate.price_text


def rates_by_sql(at) -> dict[str, tuple[int, str]]:
    rows = run(
        "SELECT a.code, r.price, r.source FROM bookkeeping_rates(%s, %s) r "
        "JOIN ledger_asset a ON a.id = r.asset_id",
        asset("USDT").pk,
        at,
    )
    return {code: (price, source) for code, price, source in rows}


def wallet() -> Account:
    return open_account(asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label="main")


def counted(amount: int = 5, **other):
    facts = {
        "account_id": wallet().pk,
        "at": NOON,
        "amount": Atoms(amount),
        "source": "explorer",
        "actor": fay(),
        "now": NOON,
    }
    return count_wallet(**(facts | other))


# Rates ----------------------------------------------------------------------------------


def test_the_latest_rate_at_or_before_the_instant_counts():
    worth("60000", at=NOON)
    worth("61000", at=NOON + HOUR)

    assert found(NOON - HOUR) is None
    assert found(NOON) == "60000.0000000000"
    assert found(NOON + HOUR) == "61000.0000000000"
    assert found(NOON + 9 * HOUR) == "61000.0000000000"


def test_of_two_statements_about_one_instant_the_later_one_counts():
    worth("6000", source="the fixing")
    worth("60000", source="the fixing, corrected: a digit was missing")

    assert found(NOON) == "60000.0000000000"
    assert Rate.objects.count() == 2


def test_the_database_finds_the_same_rates_and_the_currency_at_par():
    worth("60000", at=NOON)
    worth("61000", at=NOON + HOUR)
    worth("3000", "ETH", at=NOON)

    assert rates_by_sql(NOON - HOUR) == {"USDT": (10**10, "par")}
    assert rates_by_sql(NOON + HOUR) == {
        "BTC": (61_000 * 10**10, "the fixing"),
        "ETH": (3_000 * 10**10, "the fixing"),
        "USDT": (10**10, "par"),
    }


def test_the_same_statement_again_is_the_first_one():
    assert worth("60000") == worth("60000")
    assert Rate.objects.count() == 1


def test_a_source_does_not_say_two_things_of_one_instant():
    worth("60000")

    with pytest.raises(StatementReused):
        worth("60001")

    assert [rate.price_text for rate in Rate.objects.all()] == ["60000.0000000000"]


@pytest.mark.parametrize(
    "other",
    [
        {"price": 0},
        {"price": -1},
        {"price": BIGINT_MAX + 1},
        {"source": " "},
        {"source": "s" * 201},
        {"at": NOON + HOUR},
    ],
    ids=str,
)
def test_a_rate_is_of_something_has_its_source_and_is_not_of_the_future(other):
    facts = {"at": NOON, "price": 1, "source": "s", "actor": fay(), "now": NOON}

    with pytest.raises(StatementInvalid):
        record_rate(
            asset_id=asset("BTC").pk, currency_id=asset("USDT").pk, **(facts | other)
        )

    assert not Rate.objects.exists()


def test_an_asset_has_no_rate_in_itself():
    btc = asset("BTC").pk

    with pytest.raises(StatementInvalid):
        record_rate(
            asset_id=btc,
            currency_id=btc,
            at=NOON,
            price=1,
            source="s",
            actor=None,
            now=NOON,
        )

    assert not Rate.objects.exists()


def test_who_has_no_right_states_no_rate_and_no_count():
    erin = member("erin", "bookkeeping.view_rate")

    with pytest.raises(MayNotRecordRate):
        record_rate(
            asset_id=asset("BTC").pk,
            currency_id=asset("USDT").pk,
            at=NOON,
            price=1,
            source="s",
            actor=erin,
            now=NOON,
        )
    with pytest.raises(MayNotCountWallet):
        counted(actor=erin)

    assert not Rate.objects.exists()
    assert not WalletCount.objects.exists()


# Values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "scale", "price", "currency_scale", "value"),
    [
        (150_000_000, 8, 60_000 * 10**10, 8, 90_000 * 10**8),
        (1, 8, 10**10, 8, 1),
        (1, 8, 5 * 10**9, 8, 1),  # half an atom counts as one
        (-1, 8, 5 * 10**9, 8, -1),
        (1, 8, 5 * 10**9 - 1, 8, 0),
        (10**18, 18, 3_000 * 10**10, 2, 300_000),
        (3, 0, 1, 0, 0),
        (0, 8, 10**10, 8, 0),
    ],
)
def test_a_value_is_in_whole_atoms_of_the_currency(
    amount, scale, price, currency_scale, value
):
    assert (
        value_of(amount=amount, scale=scale, price=price, currency_scale=currency_scale)
        == value
    )


@given(
    some.integers(-BIGINT_MAX * 10, BIGINT_MAX * 10),
    some.integers(0, 18),
    some.integers(1, BIGINT_MAX),
    some.integers(0, 18),
)
def test_the_database_says_the_same_of_every_value(amount, scale, price, currency_scale):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bookkeeping_value(%s::numeric, %s, %s::numeric, %s)::text",
            [str(amount), scale, str(price), currency_scale],
        )
        [said] = cursor.fetchone()

    assert said == str(
        value_of(amount=amount, scale=scale, price=price, currency_scale=currency_scale)
    )


# Wallets --------------------------------------------------------------------------------


def test_the_latest_count_at_or_before_the_instant_counts():
    counted(5)
    counted(0, at=NOON + HOUR, now=NOON + HOUR, actor=fred())

    assert count_at(account_id=wallet().pk, at=NOON - HOUR) is None
    assert count_at(account_id=wallet().pk, at=NOON).amount == 5
    assert count_at(account_id=wallet().pk, at=NOON + HOUR).amount == 0


def test_the_same_count_again_is_the_first_one_and_another_is_refused():
    first = counted(5)

    assert counted(5) == first
    with pytest.raises(StatementReused):
        counted(6)

    assert [count.amount for count in WalletCount.objects.all()] == [5]


def test_only_wallets_are_counted():
    alices = open_account(
        asset_id=asset("BTC").pk, kind=AccountKind.AVAILABLE, owner_id=person("alice").pk
    )

    for account_id in (alices.pk, 999_999):
        with pytest.raises(UnknownWallet):
            counted(account_id=account_id)

    assert not WalletCount.objects.exists()


@pytest.mark.parametrize(
    "other", [{"amount": Atoms(-1)}, {"source": ""}, {"at": NOON + HOUR}], ids=str
)
def test_a_count_is_of_something_has_its_source_and_is_not_of_the_future(other):
    with pytest.raises(StatementInvalid):
        counted(**other)

    assert not WalletCount.objects.exists()
