"""Placing, reading and cancelling orders by API."""

import threading

import pytest
from django.db import connection

from orders.models import Command, Market
from tests.stories import Caller, balances, caller, fund, make_market, person, place, settle

ORDERS = "/api/v1/orders"
BUY = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}


@pytest.fixture
def market(settings) -> Market:
    """Nobody waits for the engine here: a test says when it works."""
    settings.ORDER_WAIT_MS = 0
    return make_market()


@pytest.fixture
def alice(market) -> Caller:
    fund(person("alice"), "USDT", "10000")
    return caller(person("alice"))


def problem(answer) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


@pytest.mark.django_db
def test_an_accepted_order_is_pending_and_shows_what_was_asked(alice):
    answer = alice.post(ORDERS, BUY | {"client_order_id": "a-1"})

    order = answer.json()
    assert answer.status_code == 202
    assert order == {
        "id": str(Command.objects.get().pk),
        "client_order_id": "a-1",
        "market": "BTC-USDT",
        "side": "buy",
        "type": "limit",
        "time_in_force": "gtc",
        "price": "20000.00000000",
        "quantity": "0.10000000",
        "quote_budget": None,
        "trigger_price": None,
        "trail": None,
        "trail_percent": None,
        "display_quantity": None,
        "max_slippage": None,
        "price_cap": None,
        "post_only": "no",
        "self_trade": "cancel_taker",
        "expires_at": None,
        "list_id": None,
        "filled": "0.00000000",
        "filled_quote": "0.00000000",
        "remaining": "0.10000000",
        "average_price": None,
        "status": "pending",
        "reason": None,
        "created_at": order["created_at"],
        "updated_at": order["created_at"],
        "fills": [],
    }


@pytest.mark.django_db
def test_a_pending_order_is_listed_as_pending_only(alice):
    order = alice.post(ORDERS, BUY).json()
    del order["fills"]

    def listed(status: str):
        return alice.get(f"{ORDERS}?status={status}").json()["results"]

    assert listed("pending") == [order]
    assert listed("open") == listed("closed") == listed("all") == []
    settle()
    assert listed("pending") == listed("closed") == []
    assert [row["id"] for row in listed("open")] == [order["id"]]
    assert listed("all") == listed("open")


@pytest.mark.django_db
def test_a_market_buy_spends_a_budget_and_shows_its_average_price(alice, market):
    fund(person("bob"), "BTC", "1")
    place(person("bob"), market, "sell", "0.1", at="20000")
    place(person("bob"), market, "sell", "0.2", at="20001")
    terms = {
        "market": "BTC-USDT",
        "side": "buy",
        "type": "market",
        "quote_budget": "3000.1",
    }

    placed = alice.post(ORDERS, terms).json()
    settle()

    order = alice.get(f"{ORDERS}/{placed['id']}").json()
    assert (placed["quantity"], placed["quote_budget"]) == (None, "3000.10000000")
    assert order["filled"] == "0.15000000"
    assert order["filled_quote"] == "3000.05000000"
    # 3000.05 / 0.15 = 20000.3333…, cut off.
    assert order["average_price"] == "20000.33333333"
    assert [fill["price"] for fill in order["fills"]] == [
        "20000.00000000",
        "20001.00000000",
    ]
    assert (order["status"], order["remaining"]) == ("filled", None)


@pytest.mark.django_db
def test_sending_an_order_again_answers_with_the_first_one(alice):
    first = alice.post(ORDERS, BUY | {"client_order_id": "a-1"})
    settle()

    again = alice.post(ORDERS, BUY | {"client_order_id": "a-1"})
    Market.objects.update(state="halted")
    once_more = alice.post(ORDERS, BUY | {"client_order_id": "a-1"})

    assert (first.status_code, again.status_code, once_more.status_code) == (202, 201, 201)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["status"] == "open"
    assert once_more.json() == again.json()
    assert Command.objects.count() == 1


@pytest.mark.django_db
def test_a_client_order_id_is_not_for_two_orders(alice):
    alice.post(ORDERS, BUY | {"client_order_id": "a-1"})

    other = alice.post(ORDERS, BUY | {"client_order_id": "a-1", "quantity": "0.2"})

    assert problem(other) == (409, "client_order_id_reused")
    assert Command.objects.count() == 1


@pytest.mark.django_db
def test_two_people_may_use_the_same_client_order_id(alice):
    first = alice.post(ORDERS, BUY | {"client_order_id": "a-1"})
    other = caller(person("bob")).post(ORDERS, BUY | {"client_order_id": "a-1"})

    assert first.json()["id"] != other.json()["id"]


@pytest.mark.django_db
def test_an_order_beyond_ones_funds_is_told_as_such_and_kept(alice):
    terms = BUY | {"quantity": "1", "client_order_id": "too-much"}
    placed = alice.post(ORDERS, terms).json()
    settle()

    answer = alice.post(ORDERS, terms)

    kept = alice.get(f"{ORDERS}/{placed['id']}").json()
    assert problem(answer) == (422, "insufficient_funds")
    assert answer.json()["order"] == kept
    assert (kept["status"], kept["reason"]) == ("rejected", "insufficient_funds")
    assert balances(person("alice")) == {"BTC": ("0", "0"), "USDT": ("10000", "0")}


@pytest.mark.django_db
def test_an_order_that_met_a_halt_is_told_as_such(alice, market):
    terms = BUY | {"client_order_id": "late"}
    alice.post(ORDERS, terms)
    Market.objects.update(state="halted")
    settle()

    assert problem(alice.post(ORDERS, terms)) == (422, "market_not_open")
    assert problem(alice.post(ORDERS, BUY)) == (422, "market_not_open")
    assert Command.objects.count() == 1


@pytest.mark.django_db
def test_a_cancel_is_accepted_and_then_done(alice):
    address = f"{ORDERS}/{alice.post(ORDERS, BUY).json()['id']}"
    settle()

    accepted = alice.delete(address)
    settle()
    again = alice.delete(address)

    assert (accepted.status_code, accepted.json()["status"]) == (202, "open")
    assert alice.get(address).json()["status"] == "cancelled"
    assert problem(again) == (409, "order_not_open")
    assert Command.objects.count() == 2


@pytest.mark.django_db
def test_a_list_goes_on_where_its_page_ended(alice, market):
    placed = [alice.post(ORDERS, BUY).json()["id"] for _ in range(5)]
    settle()
    make_market("ETH-USDT")

    first = alice.get(f"{ORDERS}?limit=2&market=BTC-USDT").json()
    alice.post(ORDERS, BUY)
    settle()
    second = alice.get(f"{ORDERS}?limit=2&cursor={first['next_cursor']}").json()
    third = alice.get(f"{ORDERS}?limit=2&cursor={second['next_cursor']}").json()

    pages = [[row["id"] for row in page["results"]] for page in (first, second, third)]
    assert pages == [placed[4:2:-1], placed[2:0:-1], placed[:1]]
    assert third["next_cursor"] is None
    assert alice.get(f"{ORDERS}?market=ETH-USDT").json()["results"] == []


def test_an_answer_waits_for_the_engine(committed_db, settings):
    settings.ORDER_WAIT_MS = 5_000
    make_market()
    fund(person("alice"), "USDT", "10000")
    alice = caller(person("alice"))
    stop = threading.Event()

    def engine() -> None:
        while not stop.wait(0.005):
            settle()
        connection.close()

    thread = threading.Thread(target=engine)
    thread.start()
    try:
        placed = alice.post(ORDERS, BUY)
        too_much = alice.post(ORDERS, BUY | {"quantity": "1"})
        cancelled = alice.delete(f"{ORDERS}/{placed.json()['id']}")
    finally:
        stop.set()
        thread.join()

    assert (placed.status_code, placed.json()["status"]) == (201, "open")
    assert problem(too_much) == (422, "insufficient_funds")
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")


@pytest.mark.django_db
def test_who_prefers_not_to_wait_does_not(alice, settings):
    settings.ORDER_WAIT_MS = 600_000

    answer = alice.post(ORDERS, BUY, HTTP_PREFER="respond-async")

    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
