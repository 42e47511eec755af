"""Several requests at once by API: each for itself, or all or none."""

import pytest

from orders.models import Command, Market
from tests.stories import person, place, settle

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
BATCH = f"{ORDERS}/batch"
PLACE = {
    "op": "place",
    "market": "BTC-USDT",
    "side": "buy",
    "type": "limit",
    "price": "20000",
    "quantity": "0.1",
}


@pytest.fixture(autouse=True)
def _engine(engine_at_work) -> None:
    pass


@pytest.fixture
def order(alice) -> dict:
    """Alice would buy 0.1 BTC at 20000."""
    body = {name: value for name, value in PLACE.items() if name != "op"}
    return alice.post(ORDERS, body).json()


def cancel(order: dict) -> dict:
    return {"op": "cancel", "order_id": order["id"]}


def amend(order: dict, **new: str) -> dict:
    return {"op": "amend", "order_id": order["id"]} | new


def told(answer) -> list[tuple[int, str]]:
    """(status, what became of the order or the problem's code) of each item."""
    assert answer.status_code == 200, answer.content
    return [
        (it["status"], it["order"]["status"] if "order" in it else it["problem"]["code"])
        for it in answer.json()["results"]
    ]


def test_each_item_is_answered_for_itself(alice, order):
    second = alice.post(ORDERS, {k: v for k, v in PLACE.items() if k != "op"}).json()
    items = [
        PLACE,
        PLACE | {"price": "20000.001"},
        PLACE | {"quantity": "1000"},
        PLACE | {"quantity": "2000"},
        PLACE | {"market": "NOPE-USDT"},
        amend(order, price="19000"),
        amend(order, quantity="100"),
        cancel(second),
        cancel({"id": "999"}),
    ]

    answer = alice.post(BATCH, {"items": items})

    assert told(answer) == [
        (201, "open"),
        (400, "price_off_tick"),
        (422, "insufficient_funds"),
        (422, "quantity_out_of_range"),
        (404, "unknown_market"),
        (200, "open"),
        (422, "insufficient_funds"),
        (200, "cancelled"),
        (404, "unknown_order"),
    ]
    results = answer.json()["results"]
    assert results[5]["order"]["price"] == "19000.00000000"
    assert results[2]["problem"]["order"]["status"] == "rejected"
    assert results[2]["problem"]["status"] == 422


def test_a_batch_of_nothing_but_mistakes_writes_nothing(alice):
    answer = alice.post(BATCH, {"items": [PLACE | {"price": "0.001"}, cancel({"id": "9"})]})

    assert told(answer) == [(400, "price_off_tick"), (404, "unknown_order")]
    assert Command.objects.count() == 0


def test_a_batch_takes_a_hundred_items(alice):
    items = [PLACE | {"quantity": "0.001"}] * 100

    assert told(alice.post(BATCH, {"items": items})) == [(201, "open")] * 100


def test_who_does_not_wait_is_told_what_is_undecided(alice, order):
    items = [PLACE, amend(order, price="19000"), cancel(order)]

    answer = alice.post(BATCH, {"items": items}, HTTP_PREFER="respond-async")

    assert told(answer) == [(202, "pending"), (202, "open"), (202, "open")]


def test_all_or_none_is_carried_out_together(alice, order):
    items = [cancel(order), PLACE, PLACE | {"side": "sell", "price": "30000"}]

    answer = alice.post(BATCH, {"all_or_none": True, "items": items})

    assert told(answer) == [(200, "cancelled"), (201, "open"), (201, "open")]


def test_what_the_engine_refuses_of_all_or_none_is_told_by_its_index(alice, order):
    items = [PLACE, amend(order, price="19000"), PLACE | {"quantity": "6"}]

    answer = alice.post(BATCH, {"all_or_none": True, "items": items})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["index"]) == (
        422,
        "insufficient_funds",
        2,
    )
    stays = alice.get(f"{ORDERS}/{order['id']}").json()
    assert stays | {"updated_at": order["updated_at"]} == order
    others = alice.get(f"{ORDERS}?status=closed").json()["results"]
    assert [it["reason"] for it in others] == ["insufficient_funds", "unit_refused"]


def test_an_order_that_ended_first_refuses_all_or_none(alice, bob, order):
    place(person("bob"), Market.objects.get(), "sell", "0.1", at="20000")

    answer = alice.post(BATCH, {"all_or_none": True, "items": [PLACE, cancel(order)]})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["index"]) == (
        409,
        "order_not_open",
        1,
    )


@pytest.mark.parametrize(
    ("bad", "status", "code"),
    [
        (PLACE | {"price": "20000.001"}, 400, "price_off_tick"),
        (PLACE | {"time_in_force": "ioc"}, 400, "list_shape_invalid"),
        (PLACE | {"market": "NOPE-USDT"}, 404, "unknown_market"),
        ({"op": "cancel", "order_id": "999"}, 404, "unknown_order"),
        (PLACE | {"quantity": "2000"}, 422, "quantity_out_of_range"),
    ],
)
def test_a_mistake_in_all_or_none_is_told_by_its_index(alice, bad, status, code):
    answer = alice.post(BATCH, {"all_or_none": True, "items": [PLACE, bad]})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["index"]) == (status, code, 1)
    assert Command.objects.count() == 0


def test_anothers_order_is_unknown_in_a_batch_too(alice, bob, order):
    answer = bob.post(BATCH, {"items": [cancel(order), amend(order, price="1")]})

    assert told(answer) == [(404, "unknown_order")] * 2
    settle()
    assert alice.get(f"{ORDERS}/{order['id']}").json() == order


BAD = {
    "nothing": ({}, "invalid_request"),
    "no items": ({"items": []}, "invalid_request"),
    "too many items": (
        {"items": [{"op": "cancel", "order_id": "1"}] * 101},
        "invalid_request",
    ),
    "items that are an object": ({"items": {"0": PLACE}}, "invalid_request"),
    "an item that is a string": ({"items": ["place"]}, "invalid_request"),
    "an item of nothing": ({"items": [{}]}, "invalid_request"),
    "an unknown operation": ({"items": [{"op": "steal"}]}, "invalid_request"),
    "an operation that is a list": ({"items": [{"op": ["place"]}]}, "invalid_request"),
    "a cancel with a price": (
        {"items": [{"op": "cancel", "order_id": "1", "price": "1"}]},
        "unknown_field",
    ),
    "an amend of nothing": (
        {"items": [{"op": "amend", "order_id": "1"}]},
        "invalid_request",
    ),
    "an id that is a number": (
        {"items": [{"op": "cancel", "order_id": 1}]},
        "invalid_request",
    ),
    "an id that is none": (
        {"items": [{"op": "cancel", "order_id": "-1"}]},
        "invalid_request",
    ),
    "a dry run": ({"items": [PLACE | {"validate_only": True}]}, "unknown_field"),
    "a bad amount": ({"items": [PLACE | {"price": "1e3"}]}, "invalid_amount"),
    "all or none in words": ({"items": [PLACE], "all_or_none": "yes"}, "invalid_request"),
}


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD)
def test_a_bad_batch_is_no_batch(alice, body, code):
    answer = alice.post(BATCH, body)

    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.content
    assert Command.objects.count() == 0


def test_an_id_beyond_all_is_unknown(alice):
    items = [{"op": "cancel", "order_id": "9" * 19}]

    assert told(alice.post(BATCH, {"items": items})) == [(404, "unknown_order")]
