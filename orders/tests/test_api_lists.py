"""OCO and bracket by API."""

import pytest

from orders.models import Command
from orders.serializers import examples
from tests.stories import balances, person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
OCO = {
    "market": "BTC-USDT",
    "side": "sell",
    "quantity": "0.1",
    "limit": {"price": "21000"},
    "stop": {"type": "stop", "trigger_price": "19000"},
}
BRACKET = {
    "market": "BTC-USDT",
    "entry": {"side": "buy", "type": "limit", "price": "20000", "quantity": "0.1"},
    "take_profit": {"price": "21000"},
    "stop_loss": {"trigger_price": "19000"},
}


@pytest.fixture(autouse=True)
def _engine(engine_at_work) -> None:
    pass


@pytest.fixture(autouse=True)
def _last_price(market, alice, bob) -> None:
    """They have traded at 20000."""
    place(person("bob"), market, "sell", "0.01", at="20000")
    place(person("alice"), market, "buy", "0.01", at="20000")
    settle()


def shown(answer) -> list[tuple]:
    return [(it["type"], it["side"], it["status"], it["reason"]) for it in answer["orders"]]


def test_an_oco_has_a_limit_in_the_book_and_an_armed_stop(alice):
    answer = alice.post(f"{ORDERS}/oco", OCO | {"client_order_id": "one"})

    told = answer.json()
    assert answer.status_code == 201
    assert shown(told) == [
        ("limit", "sell", "open", None),
        ("stop", "sell", "armed", None),
    ]
    assert {order["list_id"] for order in told["orders"]} == {told["list_id"]}
    assert [order["client_order_id"] for order in told["orders"]] == ["one", None]
    assert told["list_id"] == told["orders"][0]["id"]
    # Backed once for both.
    assert balances(person("alice"))["BTC"][1] == "0.1"


def test_a_fill_of_one_leg_cancels_the_other(alice, bob, market):
    told = alice.post(f"{ORDERS}/oco", OCO).json()

    place(person("bob"), market, "buy", "0.1", at="21000")
    settle()

    ids = [order["id"] for order in told["orders"]]
    now = {"orders": [alice.get(f"{ORDERS}/{id_}").json() for id_ in ids]}
    assert shown(now) == [
        ("limit", "sell", "filled", None),
        ("stop", "sell", "cancelled", "other_leg"),
    ]


def test_an_oco_sent_again_is_the_first_one(alice):
    body = OCO | {"client_order_id": "one"}
    first = alice.post(f"{ORDERS}/oco", body)

    again = alice.post(f"{ORDERS}/oco", body)
    other = alice.post(f"{ORDERS}/oco", body | {"quantity": "0.2"})

    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "client_order_id_reused")


def test_a_bracket_waits_for_its_entry(alice):
    answer = alice.post(f"{ORDERS}/bracket", BRACKET)

    assert answer.status_code == 201
    assert shown(answer.json()) == [
        ("limit", "buy", "open", None),
        ("limit", "sell", "waiting", None),
        ("stop", "sell", "waiting", None),
    ]


@pytest.mark.parametrize(
    ("stop_loss", "type_"),
    [
        ({"trigger_price": "19000"}, "stop"),
        ({"trigger_price": "19000", "price": "18900"}, "stop_limit"),
        ({"trail": "500"}, "trailing_stop"),
        ({"trail_percent": "2.5"}, "trailing_stop"),
    ],
)
def test_the_stop_of_a_bracket_is_what_its_fields_make_it(alice, stop_loss, type_):
    told = alice.post(f"{ORDERS}/bracket", BRACKET | {"stop_loss": stop_loss}).json()

    assert told["orders"][2]["type"] == type_


def test_a_list_beyond_ones_funds_is_refused_as_a_whole(alice):
    oco = alice.post(f"{ORDERS}/oco", OCO | {"quantity": "11"})
    entry = BRACKET["entry"] | {"quantity": "11"}
    bracket = alice.post(f"{ORDERS}/bracket", BRACKET | {"entry": entry})

    for answer in (oco, bracket):
        assert (answer.status_code, answer.json()["code"]) == (422, "insufficient_funds")
        assert {it["status"] for it in answer.json()["orders"]} == {"rejected"}
    assert (oco.json()["actual"], oco.json()["unit"]) == ("11.00000000", "base")
    assert (bracket.json()["actual"], bracket.json()["unit"]) == (
        "220000.00000000",
        "quote",
    )


def test_who_does_not_wait_is_told_the_list(alice):
    answer = alice.post(f"{ORDERS}/oco", OCO, HTTP_PREFER="respond-async")

    assert answer.status_code == 202
    assert {it["status"] for it in answer.json()["orders"]} == {"pending"}


@pytest.mark.parametrize("name", examples.OCO)
def test_every_example_of_an_oco_is_one(alice, name):
    body = examples.MARKET | examples.OCO[name]

    assert alice.post(f"{ORDERS}/oco", body).status_code == 201


@pytest.mark.parametrize("name", examples.BRACKET)
def test_every_example_of_a_bracket_is_one(alice, bob, name):
    body = examples.MARKET | examples.BRACKET[name]

    assert alice.post(f"{ORDERS}/bracket", body).status_code == 201


BAD = {
    "no stop": ("oco", {"stop": None}, 400, "invalid_request"),
    "a stop that is a list": ("oco", {"stop": []}, 400, "invalid_request"),
    "a stop that takes profit": (
        "oco",
        {"stop": {"type": "take_profit", "trigger_price": "1"}},
        400,
        "invalid_request",
    ),
    "a leg at once": (
        "oco",
        {"limit": {"price": "21000", "time_in_force": "ioc"}},
        400,
        "invalid_request",
    ),
    "an unknown field in a leg": (
        "oco",
        {"limit": {"price": "21000", "quantity": "1"}},
        400,
        "unknown_field",
    ),
    "a bad amount in a leg": ("oco", {"limit": {"price": 21000}}, 400, "invalid_amount"),
    "a leg off the tick": ("oco", {"limit": {"price": "1.001"}}, 400, "price_off_tick"),
    "crossed legs": ("oco", {"limit": {"price": "18000"}}, 422, "list_prices_crossed"),
    "a quantity as a number": ("oco", {"quantity": 1}, 400, "invalid_amount"),
    "no self-trade prevention": (
        "oco",
        {"self_trade": "none"},
        422,
        "self_trade_not_allowed",
    ),
    "a client id with a blank": (
        "oco",
        {"client_order_id": "a b"},
        400,
        "invalid_request",
    ),
    "no entry": ("bracket", {"entry": {}}, 400, "invalid_request"),
    "an entry by budget": (
        "bracket",
        {"entry": {"side": "buy", "type": "market", "quote_budget": "100"}},
        400,
        "list_shape_invalid",
    ),
    "a stop as an entry": (
        "bracket",
        {"entry": BRACKET["entry"] | {"type": "stop_limit", "trigger_price": "19000"}},
        400,
        "list_shape_invalid",
    ),
    "a stop loss of nothing": ("bracket", {"stop_loss": {}}, 400, "order_shape_invalid"),
    "a dry run": ("bracket", {"validate_only": True}, 400, "unknown_field"),
}


@pytest.mark.parametrize(("kind", "change", "status", "code"), BAD.values(), ids=BAD)
def test_a_bad_list_is_no_list(alice, kind, change, status, code):
    before = Command.objects.count()

    body = (OCO if kind == "oco" else BRACKET) | change
    answer = alice.post(f"{ORDERS}/{kind}", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.content
    assert Command.objects.count() == before
