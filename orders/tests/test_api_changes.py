"""Orders are amended, replaced and taken back by API; one, or all of them."""

from datetime import timedelta

import pytest
from django.db import connection

from kernel import clock
from orders.commands import MarketState
from orders.models import CancelAfter, Command, Market, Order
from orders.services import configure_market
from tests.stories import balances, fund, make_market, person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
BUY = {
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}


@pytest.fixture
def order(alice) -> dict:
    """Alice would buy 0.1 BTC at 20000."""
    placed = alice.post(ORDERS, BUY).json()
    settle()
    return alice.get(f"{ORDERS}/{placed['id']}").json()


@pytest.fixture(autouse=True)
def _engine(engine_at_work) -> None:
    pass


def terms(order: dict) -> tuple[str, str, str, str]:
    return order["price"], order["quantity"], order["remaining"], order["status"]


def refused(answer) -> dict:
    assert answer["Content-Type"] == "application/problem+json"
    told = {"status": answer.status_code} | answer.json()
    names = ("status", "code", "limit", "actual", "unit", "field", "index")
    return {name: told[name] for name in names if name in told}


# Amend ----------------------------------------------------------------------------------


def test_an_amended_order_shows_its_new_terms(alice, order):
    answer = alice.patch(f"{ORDERS}/{order['id']}", {"price": "21000", "quantity": "0.2"})

    assert answer.status_code == 200
    assert terms(answer.json()) == ("21000.00000000", "0.20000000", "0.20000000", "open")
    assert answer.json() == alice.get(f"{ORDERS}/{order['id']}").json()
    assert balances(person("alice"))["USDT"] == ("95800", "4200")


def test_an_engine_that_works_while_one_looks_is_not_answered_with_old_terms(alice, order):
    def settle_before_the_story(execute, sql, params, many, context):
        if 'FROM "orders_orderevent"' in sql:
            settle()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(settle_before_the_story):
        answer = alice.patch(f"{ORDERS}/{order['id']}", {"price": "21000"})

    assert answer.status_code == 200
    assert terms(answer.json()) == ("21000.00000000", "0.10000000", "0.10000000", "open")


def test_an_amended_order_may_trade_at_once(alice, bob, order):
    bob.post(ORDERS, BUY | {"side": "sell", "price": "20500", "quantity": "0.04"})

    answer = alice.patch(f"{ORDERS}/{order['id']}", {"price": "20500"}).json()

    assert terms(answer)[2:] == ("0.06000000", "partially_filled")
    assert [fill["price"] for fill in answer["fills"]] == ["20500.00000000"]


def test_an_amendment_that_changes_nothing_is_answered_at_once(alice, order, settings):
    settings.ORDER_WAIT_MS = 0

    answer = alice.patch(f"{ORDERS}/{order['id']}", {"quantity": "0.1"})

    assert (answer.status_code, answer.json()) == (200, order)


def test_an_amendment_waits_no_longer_than_asked(alice, order):
    answer = alice.patch(
        f"{ORDERS}/{order['id']}", {"price": "21000"}, HTTP_PREFER="respond-async"
    )

    assert (answer.status_code, answer.json()) == (202, order)


def test_an_amendment_beyond_ones_funds_is_refused_and_the_order_stays(alice, order):
    answer = alice.patch(f"{ORDERS}/{order['id']}", {"quantity": "6"})

    assert refused(answer) == {
        "status": 422,
        "code": "insufficient_funds",
        "limit": "98000.00000000",
        "actual": "118000.00000000",
        "unit": "quote",
    }
    assert terms(answer.json()["order"]) == terms(order)


def test_less_than_what_is_filled_is_refused(alice, bob, order):
    bob.post(ORDERS, BUY | {"side": "sell", "quantity": "0.04"})

    answer = alice.patch(f"{ORDERS}/{order['id']}", {"quantity": "0.03"})

    assert refused(answer) == {
        "status": 422,
        "code": "amend_below_filled",
        "limit": "0.04000000",
        "actual": "0.03000000",
        "unit": "quantity",
    }


def test_an_order_that_ends_before_its_amendment_is_not_amended(alice, bob, order):
    # Bob's order is before the amendment in the log, and the engine has seen neither.
    place(person("bob"), Market.objects.get(), "sell", "0.1", at="20000")

    answer = alice.patch(f"{ORDERS}/{order['id']}", {"price": "19000"})

    assert refused(answer) == {"status": 409, "code": "order_not_open"}
    assert answer.json()["order"]["status"] == "filled"


def test_an_armed_order_gets_a_new_trigger(alice, bob):
    place(person("bob"), Market.objects.get(), "sell", "0.01", at="20000")
    place(person("alice"), Market.objects.get(), "buy", "0.01", at="20000")
    body = {"market": "BTC-USDT", "side": "sell", "quantity": "0.1"}
    stop = alice.post(ORDERS, body | {"type": "stop", "trigger_price": "19000"}).json()

    answer = alice.patch(f"{ORDERS}/{stop['id']}", {"trigger_price": "18000"}).json()

    assert (answer["trigger_price"], answer["status"]) == ("18000.00000000", "armed")


BAD_AMENDMENTS = {
    "nothing": ({}, 400, "invalid_request"),
    "an unknown field": ({"side": "sell"}, 400, "unknown_field"),
    "a price off the tick": ({"price": "20000.001"}, 400, "price_off_tick"),
    "a quantity off the lot": ({"quantity": "0.000001"}, 400, "quantity_off_lot"),
    "a number": ({"price": 20000}, 400, "invalid_amount"),
    "no quantity": ({"quantity": "0"}, 400, "invalid_amount"),
    "a price beyond the market's": ({"price": "99999999"}, 422, "price_out_of_range"),
    "too much": ({"quantity": "1001"}, 422, "quantity_out_of_range"),
    "too little": ({"price": "0.01", "quantity": "0.00001"}, 422, "notional_out_of_range"),
    "a trigger of a limit": ({"trigger_price": "1"}, 422, "order_not_amendable"),
}


@pytest.mark.parametrize(
    ("body", "status", "code"), BAD_AMENDMENTS.values(), ids=BAD_AMENDMENTS
)
def test_a_bad_amendment_changes_nothing(alice, order, body, status, code):
    answer = alice.patch(f"{ORDERS}/{order['id']}", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Command.objects.count() == 1


# Replace --------------------------------------------------------------------------------

NEW = {"side": "buy", "type": "limit", "price": "19000", "quantity": "0.3"}


def test_an_order_is_replaced_by_another(alice, order):
    answer = alice.post(f"{ORDERS}/{order['id']}/replace", NEW)

    told = answer.json()
    assert answer.status_code == 201
    assert (told["cancelled"]["id"], told["cancelled"]["status"]) == (
        order["id"],
        "cancelled",
    )
    assert terms(told["placed"]) == ("19000.00000000", "0.30000000", "0.30000000", "open")


def test_a_replacement_that_is_refused_leaves_the_old_order(alice, order):
    answer = alice.post(f"{ORDERS}/{order['id']}/replace", NEW | {"quantity": "6"})

    assert refused(answer) == {
        "status": 422,
        "code": "insufficient_funds",
        "limit": "98000.00000000",
        "actual": "112000.00000000",
        "unit": "quote",
    }
    assert answer.json()["order"]["status"] == "rejected"
    assert terms(alice.get(f"{ORDERS}/{order['id']}").json()) == terms(order)


def test_an_order_that_ended_first_is_not_replaced(alice, bob, order):
    place(person("bob"), Market.objects.get(), "sell", "0.1", at="20000")

    answer = alice.post(f"{ORDERS}/{order['id']}/replace", NEW)

    assert refused(answer) == {"status": 409, "code": "order_not_open"}
    assert answer.json()["order"]["status"] == "rejected"
    assert answer.json()["order"]["reason"] == "unit_refused"


def test_a_replacement_sent_again_replaces_nothing(alice, order):
    body = NEW | {"client_order_id": "second"}
    first = alice.post(f"{ORDERS}/{order['id']}/replace", body)

    again = alice.post(f"{ORDERS}/{order['id']}/replace", body)

    assert (again.status_code, again.json()) == (201, first.json())
    assert Order.objects.count() == 2


# Cancel ---------------------------------------------------------------------------------


def test_nothing_is_cancelled_while_the_market_is_halted(alice, order):
    Market.objects.update(state="halted")

    answer = alice.delete(f"{ORDERS}/{order['id']}")

    assert refused(answer) == {"status": 422, "code": "market_not_open"}
    assert Command.objects.count() == 1


def test_a_cancel_that_meets_a_halt_is_refused(alice, market, order):
    # The halt is before the cancel in the log, and the engine has seen neither.
    configure_market(
        market_id=market.pk,
        user_id=None,
        settings={"state": MarketState.HALTED},
        reason="an example",
        now=clock.now(),
    )

    answer = alice.delete(f"{ORDERS}/{order['id']}")

    assert refused(answer) == {"status": 422, "code": "market_not_open"}
    assert answer.json()["order"]["status"] == "open"
    timeline = alice.get(f"{ORDERS}/{order['id']}/timeline").json()["entries"]
    assert (timeline[-1]["what"], timeline[-1]["reason"]) == (
        "cancel_refused",
        "market_not_open",
    )


def test_all_orders_are_cancelled_or_those_of_a_market_or_a_side(alice, order):
    fund(person("alice"), "ETH", "1")
    make_market("ETH-USDT")
    sale = alice.post(ORDERS, BUY | {"side": "sell", "price": "30000"}).json()["id"]
    ether = alice.post(ORDERS, BUY | {"market": "ETH-USDT", "price": "1000"}).json()["id"]

    sales = alice.delete(f"{ORDERS}?side=sell")
    others = alice.delete(f"{ORDERS}?market=ETH-USDT")
    rest = alice.delete(ORDERS)
    none = alice.delete(ORDERS)

    assert [answer.status_code for answer in (sales, others, rest, none)] == [200] * 4
    assert [answer.json() for answer in (sales, others, rest, none)] == [
        {"cancelled": [sale], "undecided": [], "refused": []},
        {"cancelled": [ether], "undecided": [], "refused": []},
        {"cancelled": [order["id"]], "undecided": [], "refused": []},
        {"cancelled": [], "undecided": [], "refused": []},
    ]
    assert alice.get(f"{ORDERS}/{sale}").json()["reason"] == "cancelled_all"


def test_who_does_not_wait_is_told_what_is_undecided(alice, order):
    answer = alice.delete(ORDERS, HTTP_PREFER="respond-async")

    assert answer.status_code == 202
    assert answer.json() == {"cancelled": [], "undecided": [order["id"]], "refused": []}


def test_what_is_in_a_halted_market_is_not_cancelled_with_the_rest(alice, order):
    fund(person("alice"), "ETH", "1")
    make_market("ETH-USDT")
    ether = alice.post(ORDERS, BUY | {"market": "ETH-USDT", "price": "1000"}).json()["id"]
    Market.objects.filter(symbol="BTC-USDT").update(state="halted")

    of_all, of_it = alice.delete(ORDERS), alice.delete(f"{ORDERS}?market=BTC-USDT")

    assert (of_all.status_code, of_all.json()) == (
        200,
        {"cancelled": [ether], "undecided": [], "refused": [order["id"]]},
    )
    assert refused(of_it) == {"status": 422, "code": "market_not_open"}


def test_nobody_cancels_all_orders_of_another(alice, bob, order):
    assert bob.delete(ORDERS).json() == {"cancelled": [], "undecided": [], "refused": []}
    assert alice.get(f"{ORDERS}/{order['id']}").json() == order


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("side=both", 400, "invalid_request"),
        ("side=", 400, "invalid_request"),
        ("market=NOPE-USDT", 404, "unknown_market"),
        ("symbol=BTC-USDT", 400, "unknown_field"),
        ("side=buy&side=sell", 400, "invalid_request"),
    ],
)
def test_a_bad_query_cancels_nothing(alice, order, query, status, code):
    answer = alice.delete(f"{ORDERS}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert Command.objects.count() == 1


# The dead man's switch ------------------------------------------------------------------


def test_the_switch_is_set_and_taken_off(alice):
    on = alice.post(f"{ORDERS}/cancel-after", {"seconds": 30})
    switch = CancelAfter.objects.get()
    off = alice.post(f"{ORDERS}/cancel-after", {"seconds": 0})

    assert on.status_code == off.status_code == 200
    assert on.json() == {"deadline": switch.deadline.isoformat().replace("+00:00", "Z")}
    assert off.json() == {"deadline": None}
    assert not CancelAfter.objects.exists()


def test_the_switch_is_set_anew_by_each_call(alice):
    alice.post(f"{ORDERS}/cancel-after", {"seconds": 30})
    first = CancelAfter.objects.get().deadline
    alice.post(f"{ORDERS}/cancel-after", {"seconds": 86_400})

    assert CancelAfter.objects.get().deadline - first > timedelta(hours=23)


@pytest.mark.parametrize("seconds", [-1, 86_401, "30", 1.5, True, None, [30], 10**18])
def test_a_bad_time_sets_no_switch(alice, seconds):
    answer = alice.post(f"{ORDERS}/cancel-after", {"seconds": seconds})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert not CancelAfter.objects.exists()
