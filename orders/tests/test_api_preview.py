"""The dry run by API: what would happen, and that nothing does."""

import pytest

from ledger.models import Account, Entry, Transfer
from orders.models import Command, Market, Order, OrderEvent
from tests.stories import balances, person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
BUY = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20010",
    "quantity": "0.5",
}
TABLES = (Account, Command, Entry, Order, OrderEvent, Transfer)


@pytest.fixture
def book(market, alice, bob) -> None:
    """Bob sells 0.1 at 20000 and at 20010 each."""
    place(person("bob"), market, "sell", "0.1", at="20000")
    place(person("bob"), market, "sell", "0.1", at="20010")
    settle()


def try_out(client, body: dict) -> dict:
    """The answer to a dry run, which wrote nothing."""
    before = [table.objects.count() for table in TABLES]
    answer = client.post(ORDERS, body | {"validate_only": True})
    assert answer.status_code == 200, answer.content
    assert [table.objects.count() for table in TABLES] == before
    return answer.json()


@pytest.mark.usefixtures("book")
def test_a_dry_run_tells_fills_fee_slippage_and_balances(alice):
    assert try_out(alice, BUY) == {
        "accepted": True,
        "refusal": None,
        "status": "partially_filled",
        "reason": None,
        "price": "20010.00000000",
        "fills": [
            {"price": "20000.00000000", "quantity": "0.10000000"},
            {"price": "20010.00000000", "quantity": "0.10000000"},
        ],
        "filled": "0.20000000",
        "filled_quote": "4001.00000000",
        "average_price": "20005.00000000",
        "slippage": "0.0250",
        "remaining": "0.30000000",
        "would_rest": True,
        "own_orders": False,
        "fee": "0.00040000",
        "fee_asset": "BTC",
        "hold": "6003.00000000",
        "hold_asset": "USDT",
        "balances_after": {
            "BTC": {"available": "10.19960000", "held": "0.00000000"},
            "USDT": {"available": "89996.00000000", "held": "6003.00000000"},
        },
    }


@pytest.mark.usefixtures("book", "engine_at_work")
def test_what_a_dry_run_told_comes_true(alice):
    forecast = try_out(alice, BUY)
    order = alice.post(ORDERS, BUY).json()

    same = ("status", "filled", "filled_quote", "average_price", "remaining")
    assert {name: order[name] for name in same} == {name: forecast[name] for name in same}
    assert balances(person("alice")) == {
        "BTC": ("10.1996", "0"),
        "USDT": ("89996", "6003"),
    }


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (
            {"quantity": "6"},
            {
                "code": "insufficient_funds",
                "limit": "100000.00000000",
                "actual": "120060.00000000",
                "unit": "quote",
            },
        ),
        (
            {"post_only": "reject"},
            {
                "code": "post_only_would_take",
                "limit": "20000.00000000",
                "actual": "20010.00000000",
                "unit": "price",
            },
        ),
        (
            {"quantity": "2000"},
            {
                "code": "quantity_out_of_range",
                "limit": "1000.00000000",
                "actual": "2000.00000000",
            },
        ),
    ],
)
@pytest.mark.usefixtures("book")
def test_a_dry_run_tells_why_the_order_would_be_refused(alice, change, refusal):
    told = try_out(alice, BUY | change)

    assert told["accepted"] is False
    assert {k: v for k, v in told["refusal"].items() if k not in ("title", "detail")} == (
        refusal
    )
    assert told.keys() == {"accepted", "refusal"}


@pytest.mark.usefixtures("book")
def test_a_dry_run_in_a_halted_market_is_refused(alice):
    Market.objects.update(state="halted")

    assert try_out(alice, BUY)["refusal"]["code"] == "market_not_open"


@pytest.mark.usefixtures("book")
def test_a_dry_run_knows_that_a_client_order_id_is_used_up(alice):
    mine = BUY | {"client_order_id": "mine"}
    alice.post(ORDERS, mine)

    assert try_out(alice, mine)["accepted"] is True
    assert try_out(alice, mine | {"quantity": "0.4"}) == {
        "accepted": False,
        "refusal": {
            "code": "client_order_id_reused",
            "title": "This client order id belongs to another order of yours.",
            "detail": "This client order id belongs to another order of yours.",
            "client_order_id": "mine",
        },
    }


@pytest.mark.usefixtures("book")
def test_a_malformed_dry_run_is_a_problem(alice):
    answer = alice.post(ORDERS, BUY | {"price": "0.001", "validate_only": True})

    assert (answer.status_code, answer.json()["code"]) == (400, "price_off_tick")


@pytest.mark.usefixtures("book")
def test_a_dry_run_passes_over_ones_own_orders_and_says_so(bob):
    told = try_out(bob, BUY)

    assert (told["filled"], told["own_orders"]) == ("0.00000000", True)


@pytest.mark.usefixtures("engine_at_work")
def test_a_dry_run_sees_of_an_iceberg_what_is_shown(alice, bob):
    bob.post(ORDERS, BUY | {"side": "sell", "display_quantity": "0.05"})

    assert try_out(alice, BUY)["filled"] == "0.05000000"


@pytest.mark.usefixtures("book", "engine_at_work")
def test_a_dry_run_knows_the_band_around_the_reference_price(alice, market):
    alice.post(ORDERS, BUY | {"price": "20000", "quantity": "0.01"})
    Market.objects.filter(pk=market.pk).update(band_ppm=100)

    told = try_out(alice, BUY | {"price": "20100"})

    assert told["refusal"]["code"] == "price_band_exceeded"
    assert told["refusal"]["limit"] == "20002.00000000"


def test_a_stranger_tries_nothing(alice, client):
    assert client.post(ORDERS, BUY | {"validate_only": True}).status_code == 401
