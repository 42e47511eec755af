"""What the database refuses of statements, by raw SQL. README.md lists the rules."""

import pytest

from bookkeeping.tests.offices import fay, worth
from ledger.models import AccountKind
from ledger.services import open_account
from tests.attempts import is_append_only, refused, run, the_owner
from tests.stories import asset, person

pytestmark = pytest.mark.django_db
RATE = (
    "INSERT INTO bookkeeping_rate (asset_id, currency_id, at, price, source, created_at) "
    "VALUES (%s, %s, %s, %s, %s, '2026-11-21')"
)
COUNT = (
    "INSERT INTO bookkeeping_walletcount "
    "(account_id, at, amount, source, entered_by_id, created_at) "
    "VALUES (%s, %s, %s, %s, %s, '2026-11-21')"
)


def insert_rate(**other: object) -> None:
    facts = {
        "asset": asset("BTC").pk,
        "currency": asset("USDT").pk,
        "at": "2026-11-20",
        "price": 1,
        "source": "fixing",
    } | other
    run(RATE, *facts.values())


def insert_count(**other: object) -> None:
    custody = open_account(asset_id=asset("BTC").pk, kind=AccountKind.CUSTODY, label="main")
    facts = {
        "account": custody.pk,
        "at": "2026-11-20",
        "amount": 1,
        "source": "explorer",
        "entered_by": fay().pk,
    } | other
    run(COUNT, *facts.values())


# Rates ----------------------------------------------------------------------------------


def test_rates_are_for_ever():
    worth("60000")

    is_append_only("bookkeeping_rate")


def test_a_rate_is_more_than_zero():
    for price in (0, -1):
        with refused("rate_price_positive"):
            insert_rate(price=price)


def test_an_asset_has_no_rate_in_itself():
    with refused("rate_is_between_two_assets"):
        insert_rate(currency=asset("BTC").pk)


def test_a_rate_has_its_source():
    for source in ("", "  "):
        with refused("rate_has_its_source"):
            insert_rate(source=source)


def test_a_rate_is_not_of_the_future():
    with refused("rate_is_not_of_the_future"):
        insert_rate(at="2026-11-22")


def test_a_source_states_one_rate_of_an_instant():
    insert_rate(price=1)

    with refused("rate_is_stated_once"):
        insert_rate(price=2)


# Counts ---------------------------------------------------------------------------------


def test_counts_are_for_ever():
    insert_count()

    is_append_only("bookkeeping_walletcount")


def test_a_count_is_not_negative():
    with refused("count_is_not_negative"):
        insert_count(amount=-1)


def test_a_count_has_its_source():
    with refused("count_has_its_source"):
        insert_count(source=" ")


def test_a_count_is_not_of_the_future():
    with refused("count_is_not_of_the_future"):
        insert_count(at="2026-11-22")


def test_a_source_states_one_count_of_an_instant():
    insert_count(amount=1)

    with refused("count_is_stated_once"):
        insert_count(amount=2)


def test_a_count_is_of_a_wallet():
    alices = open_account(
        asset_id=asset("BTC").pk, kind=AccountKind.AVAILABLE, owner_id=person("alice").pk
    )

    with the_owner(), refused(f"account {alices.pk} is not a custody account"):
        insert_count(account=alices.pk)
