"""Orders of every type by API: what is sent, what is answered, what is refused."""

import pytest

from orders.models import Command, Market, Order
from orders.serializers import examples
from tests.stories import NOON, person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
SELL = {"market": "BTC-USDT", "side": "sell", "quantity": "0.1"}
BUY = {"market": "BTC-USDT", "side": "buy", "quantity": "0.1"}


def of(order: dict, *names: str) -> dict:
    return {name: order[name] for name in names}


def problem(answer) -> dict:
    assert answer["Content-Type"] == "application/problem+json"
    told = {"status": answer.status_code} | answer.json()
    return {
        name: told[name]
        for name in ("status", "code", "limit", "actual", "unit")
        if name in told
    }


@pytest.fixture
def last_price(market, bob, alice):
    """Bob and Alice have traded at 20000."""
    place(person("bob"), market, "sell", "0.01", at="20000")
    place(person("alice"), market, "buy", "0.01", at="20000")
    settle()


@pytest.mark.usefixtures("engine_at_work")
@pytest.mark.parametrize("name", examples.ORDERS)
def test_every_example_of_the_document_is_an_order(alice, bob, market, last_price, name):
    body = examples.MARKET | examples.ORDERS[name]
    place(person("bob"), market, "buy", "1", at="60000")
    settle()

    answer = alice.post(ORDERS, body)

    assert answer.status_code == (200 if "validate_only" in body else 201), answer.content


@pytest.mark.usefixtures("engine_at_work")
def test_a_stop_is_armed_and_shows_its_cap(alice, last_price):
    order = alice.post(
        ORDERS, SELL | {"type": "stop", "trigger_price": "19000", "max_slippage": "0.01"}
    ).json()

    assert of(order, "status", "price", "trigger_price", "max_slippage", "remaining") == {
        "status": "armed",
        "price": None,
        "trigger_price": "19000.00000000",
        "max_slippage": "0.010000",
        "remaining": "0.10000000",
    }
    listed = alice.get(f"{ORDERS}?status=open").json()["results"]
    assert [row["id"] for row in listed] == [order["id"]]
    assert alice.get(f"{ORDERS}?status=closed").json()["results"][0]["status"] == "filled"


@pytest.mark.usefixtures("engine_at_work")
def test_a_stop_to_buy_shows_the_worst_price_that_it_is_backed_for(alice, last_price):
    order = alice.post(
        ORDERS, BUY | {"type": "stop", "trigger_price": "21000", "max_slippage": "0.01"}
    ).json()

    assert (order["status"], order["price_cap"]) == ("armed", "21210.00000000")


@pytest.mark.usefixtures("engine_at_work")
def test_a_trailing_stop_shows_where_its_trigger_is(alice, bob, market, last_price):
    by_part = alice.post(ORDERS, SELL | {"type": "trailing_stop", "trail_percent": "1.5"})
    by_amount = alice.post(ORDERS, SELL | {"type": "trailing_stop", "trail": "100"})

    told = [
        of(it.json(), "trail", "trail_percent", "status") for it in (by_part, by_amount)
    ]
    assert told == [
        {"trail": None, "trail_percent": "1.5000", "status": "armed"},
        {"trail": "100.00000000", "trail_percent": None, "status": "armed"},
    ]
    assert by_part.json()["trigger_price"] == "19700.00000000"
    assert by_amount.json()["trigger_price"] == "19900.00000000"


@pytest.mark.usefixtures("engine_at_work")
def test_an_iceberg_shows_others_a_part_only(alice, bob):
    order = alice.post(
        ORDERS, SELL | {"type": "limit", "price": "30000", "display_quantity": "0.02"}
    ).json()

    depth = bob.get("/api/v1/markets/BTC-USDT/depth").json()
    assert order["display_quantity"] == "0.02000000"
    assert order["remaining"] == "0.10000000"
    assert depth["asks"] == [["30000.00000000", "0.02000000"]]


@pytest.mark.usefixtures("engine_at_work")
def test_a_post_only_order_that_slides_shows_its_new_price(alice, bob):
    bob.post(ORDERS, SELL | {"type": "limit", "price": "30000"})

    order = alice.post(
        ORDERS, BUY | {"type": "limit", "price": "30500", "post_only": "slide"}
    ).json()

    assert of(order, "price", "post_only", "status") == {
        "price": "29999.99000000",
        "post_only": "slide",
        "status": "open",
    }


@pytest.mark.usefixtures("engine_at_work")
def test_an_order_until_a_time_shows_it(alice, market):
    until = "2027-01-01T01:00:00+01:00"
    body = BUY | {"type": "limit", "price": "20000", "time_in_force": "gtd"}

    order = alice.post(ORDERS, body | {"expires_at": until}).json()

    assert of(order, "time_in_force", "expires_at") == {
        "time_in_force": "gtd",
        "expires_at": "2027-01-01T00:00:00Z",
    }


@pytest.mark.usefixtures("engine_at_work")
def test_an_order_that_does_not_trade_at_once_ends_with_its_reason(alice):
    body = BUY | {"type": "limit", "price": "20000"}

    ioc = alice.post(ORDERS, body | {"time_in_force": "ioc"}).json()
    fok = alice.post(ORDERS, body | {"time_in_force": "fok"}).json()

    assert of(ioc, "status", "reason") == {"status": "cancelled", "reason": "ioc_remainder"}
    assert of(fok, "status", "reason") == {
        "status": "cancelled",
        "reason": "fok_not_filled",
    }


# What the engine refuses ----------------------------------------------------------------


@pytest.mark.usefixtures("engine_at_work")
def test_a_refusal_tells_what_was_there_and_what_was_needed(alice):
    answer = alice.post(ORDERS, BUY | {"type": "limit", "price": "2000000"})

    assert problem(answer) == {
        "status": 422,
        "code": "insufficient_funds",
        "limit": "100000.00000000",
        "actual": "200000.00000000",
        "unit": "quote",
    }
    order = answer.json()["order"]
    assert of(order, "status", "reason") == {
        "status": "rejected",
        "reason": "insufficient_funds",
    }
    assert order == alice.get(f"{ORDERS}/{order['id']}").json()


@pytest.mark.usefixtures("engine_at_work")
def test_a_post_only_order_that_would_take_is_refused_with_the_best_price(alice, bob):
    bob.post(ORDERS, SELL | {"type": "limit", "price": "30000"})

    answer = alice.post(
        ORDERS, BUY | {"type": "limit", "price": "30500", "post_only": "reject"}
    )

    assert problem(answer) == {
        "status": 422,
        "code": "post_only_would_take",
        "limit": "30000.00000000",
        "actual": "30500.00000000",
        "unit": "price",
    }


@pytest.mark.usefixtures("engine_at_work")
def test_one_order_more_than_the_market_allows_is_refused(alice, market):
    Market.objects.filter(pk=market.pk).update(max_open_orders=1)
    body = BUY | {"type": "limit", "price": "20000"}
    alice.post(ORDERS, body)

    assert problem(alice.post(ORDERS, body)) == {
        "status": 422,
        "code": "too_many_orders",
        "limit": "1",
        "actual": "1",
        "unit": "count",
    }


@pytest.mark.usefixtures("engine_at_work")
def test_a_price_beyond_the_band_is_refused_with_its_edge(alice, market, last_price):
    Market.objects.filter(pk=market.pk).update(band_ppm=50_000)

    answer = alice.post(ORDERS, BUY | {"type": "limit", "price": "21000.01"})

    assert problem(answer) == {
        "status": 422,
        "code": "price_band_exceeded",
        "limit": "21000.00000000",
        "actual": "21000.01000000",
        "unit": "price",
    }


@pytest.mark.usefixtures("engine_at_work")
def test_a_trailing_stop_before_the_first_trade_is_refused(alice):
    answer = alice.post(ORDERS, SELL | {"type": "trailing_stop", "trail": "100"})

    assert problem(answer) == {"status": 422, "code": "no_last_price"}


# What is refused at the door ------------------------------------------------------------

LIMIT = BUY | {"type": "limit", "price": "20000"}
STOP = SELL | {"type": "stop", "trigger_price": "19000"}
TRAILING = SELL | {"type": "trailing_stop"}
BAD = {
    "a stop without a trigger": (SELL | {"type": "stop"}, 400, "order_shape_invalid"),
    "a stop with a price": (STOP | {"price": "1"}, 400, "order_shape_invalid"),
    "a limit with a trigger": (LIMIT | {"trigger_price": "1"}, 400, "order_shape_invalid"),
    "a trigger off the tick": (STOP | {"trigger_price": "1.001"}, 400, "price_off_tick"),
    "a trigger that is a number": (STOP | {"trigger_price": 19000}, 400, "invalid_amount"),
    "two trails": (
        TRAILING | {"trail": "1", "trail_percent": "1"},
        400,
        "order_shape_invalid",
    ),
    "a trail off the tick": (TRAILING | {"trail": "0.001"}, 400, "price_off_tick"),
    "half of the price": (TRAILING | {"trail_percent": "50"}, 422, "trail_out_of_range"),
    "a finer percent": (TRAILING | {"trail_percent": "0.00001"}, 400, "invalid_amount"),
    "a percent sign": (TRAILING | {"trail_percent": "1%"}, 400, "invalid_amount"),
    "all of it shown": (LIMIT | {"display_quantity": "0.1"}, 422, "display_out_of_range"),
    "too little shown": (
        LIMIT | {"display_quantity": "0.00001"},
        422,
        "display_out_of_range",
    ),
    "an iceberg off the lot": (
        LIMIT | {"display_quantity": "0.000001"},
        400,
        "quantity_off_lot",
    ),
    "more than the price": (STOP | {"max_slippage": "1.1"}, 422, "slippage_out_of_range"),
    "a finer slippage": (STOP | {"max_slippage": "0.0000001"}, 400, "invalid_amount"),
    "a limit with slippage": (LIMIT | {"max_slippage": "0.1"}, 400, "order_shape_invalid"),
    "no such post-only": (LIMIT | {"post_only": "yes"}, 400, "invalid_request"),
    "a true post-only": (LIMIT | {"post_only": True}, 400, "invalid_request"),
    "post-only at once": (
        LIMIT | {"post_only": "reject", "time_in_force": "ioc"},
        400,
        "order_shape_invalid",
    ),
    "no such prevention": (LIMIT | {"self_trade": "both"}, 400, "invalid_request"),
    "no prevention": (LIMIT | {"self_trade": "none"}, 422, "self_trade_not_allowed"),
    "gtd without a time": (LIMIT | {"time_in_force": "gtd"}, 400, "order_shape_invalid"),
    "a time without gtd": (
        LIMIT | {"expires_at": "2027-01-01T00:00:00Z"},
        400,
        "order_shape_invalid",
    ),
    "a time without an offset": (
        LIMIT | {"time_in_force": "gtd", "expires_at": "2027-01-01T00:00:00"},
        400,
        "invalid_request",
    ),
    "a time that there is not": (
        LIMIT | {"time_in_force": "gtd", "expires_at": "2027-02-30T00:00:00Z"},
        400,
        "invalid_request",
    ),
    "a time before all": (
        LIMIT | {"time_in_force": "gtd", "expires_at": "0001-01-01T00:00:00+14:00"},
        400,
        "invalid_request",
    ),
    "a time as a number": (
        LIMIT | {"time_in_force": "gtd", "expires_at": 1_800_000_000},
        400,
        "invalid_request",
    ),
    "a time that is over": (
        LIMIT | {"time_in_force": "gtd", "expires_at": NOON.replace(year=2020).isoformat()},
        422,
        "expiry_out_of_range",
    ),
    "a time in a far year": (
        LIMIT | {"time_in_force": "gtd", "expires_at": "9999-01-01T00:00:00Z"},
        422,
        "expiry_out_of_range",
    ),
    "a budget to sell at a stop": (
        {"market": "BTC-USDT", "side": "sell", "type": "stop", "trigger_price": "1"}
        | {"quote_budget": "100"},
        400,
        "order_shape_invalid",
    ),
    "a dry run in words": (LIMIT | {"validate_only": "true"}, 400, "invalid_request"),
    "a dry run of one": (LIMIT | {"validate_only": 1}, 400, "invalid_request"),
}


@pytest.mark.parametrize(("body", "status", "code"), BAD.values(), ids=BAD)
def test_a_bad_special_order_is_no_order(alice, body, status, code):
    answer = alice.post(ORDERS, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert (Command.objects.count(), Order.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"price": "0.000000001"}, "price"),
        ({"price": "1.001"}, "price"),
        ({"trigger_price": "9" * 17}, "trigger_price"),
        ({"quantity": "0.0000001"}, "quantity"),
    ],
)
def test_an_amount_that_cannot_be_read_is_refused_by_its_name(alice, change, field):
    order = STOP | {"type": "stop_limit", "price": "19000"}

    assert alice.post(ORDERS, order | change).json()["field"] == field
